// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/answer.hpp>        // Admission
#include <ductile/core/now.hpp>           // Now, Time, end_of_time, later
#include <ductile/core/quota_window.hpp>  // QuotaWindow
#include <ductile/core/trail.hpp>         // WaitSource
#include <ductile/core/verdict.hpp>       // Kind, QuotaDimension, Remedy, Verdict
#include <ductile/detail/min_max.hpp>
#include <ductile/policies/detail/fixed_count.hpp>    // FixedCount
#include <ductile/policies/detail/quota_guess.hpp>    // QuotaGuess
#include <ductile/policies/detail/sliding_count.hpp>  // SlidingCount, Tick

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ductile::inline DUCTILE_VERSION::detail {

// The windows' counts, and what the service has taught about them. Sequential: whoever holds the state's lock works on it. Limits come
// with each question, since policies with other numbers may share the counts.
template <std::size_t N>
class QuotaLedger {
 public:
  using Windows = std::array<QuotaWindow, N>;
  using Costs = std::array<std::int64_t, N>;  // one for each window

  struct Booking {
    Admission admission;
    Tick tick = 0;          // for which it was charged, when it was admitted
    bool has_turn = false;  // it was told when to ask again, and is then before those who come now
  };

  struct Lesson {
    bool surprising = false;    // the service refused while there was room
    std::optional<Time> opens;  // when the window that it named takes more; none: it named none that is kept here
  };

  static constexpr std::int64_t no_limit = QuotaGuess::no_limit;

  explicit QuotaLedger(const Windows& windows) : tick_(tick_for(windows)) {
    for (std::size_t i = 0; i < N; ++i) windows_[i].begin(windows[i], tick_);
  }

  // Lets time pass. Calls have read their clocks before they get here, and may come out of order.
  void advance(Now now) noexcept {
    now_ = detail::max(now_, now());
    const Tick tick = tick_of(now_);
    for (Window& window : windows_) {
      if (window.sliding) window.sliding->advance(tick);
      // Once a tick: only the calendar knows that the computer slept, or that its clock was set.
      if (window.fixed && (tick != window.calendar_read || now_ >= window.fixed->end())) read_calendar(window, now);
      if (window.learnt && window.learnt_until <= now_) window.learnt.reset();
      window.guess.forget_what_is_old(now_);
    }
  }

  // Charges `costs`, one for each window, at the first moment at which all windows have room, and admits for that moment. What cannot
  // begin before `deadline` is not charged.
  // \param has_turn This is the caller's turn: nobody who comes now is before it.
  [[nodiscard]] Booking book(const Windows& terms, const Costs& costs, Now now, Time deadline, bool has_turn = false) noexcept {
    Time at = now_;
    Kind why = Kind::ok;
    for (bool again = true; again;) {
      again = false;
      for (std::size_t i = 0; i < N; ++i) {
        const Opening opening = first_opening(i, terms[i], costs[i], at, deadline, now, has_turn);
        if (!opening.open) return {opening.otherwise, 0, has_turn || opening.has_turn};
        if (opening.at == at) continue;
        at = opening.at;
        why = terms[i].daily() ? Kind::quota : Kind::rate_limit;
        again = i > 0;  // the windows before this one were asked about an earlier moment
      }
    }
    if (at > now_ && at >= deadline) return {Admission::ask_at(at, why, WaitSource::quota)};
    charge(costs, at);
    return {at > now_ ? Admission::go_at(at, why, WaitSource::quota) : Admission::go(), tick_of(at)};
  }

  // Charges at once, whether or not there is room: for what somebody else has admitted.
  Tick charge_now(const Costs& costs) noexcept {
    charge(costs, now_);
    return tick_of(now_);
  }

  // Corrects what was charged for `tick` in one window.
  void adjust(std::size_t i, Tick tick, std::int64_t amount) noexcept {
    Window& window = windows_[i];
    if (window.sliding) {
      window.sliding->add(tick, amount);
    } else {
      window.fixed->correct(start_of(tick), start_of(tick + 1), amount);
    }
  }

  // How many attempts may be charged at once, by callers who do not ask, until `lease_ends`.
  [[nodiscard]] std::int64_t room(const Windows& terms, const Costs& costs) const noexcept {
    std::int64_t attempts = no_limit;
    for (std::size_t i = 0; i < N; ++i)
      if (costs[i] > 0) attempts = detail::min(attempts, detail::max<std::int64_t>(limit(i, terms[i]) - used(i), 0) / costs[i]);
    return attempts;
  }

  // Before anything opens or ends by a clock that is as late as `Now::coarse` may be.
  // None where somebody must wait, whatever his attempt costs.
  [[nodiscard]] Time lease_ends(const Windows& terms) const noexcept {
    Time end = start_of(tick_of(now_) + 1);
    for (std::size_t i = 0; i < N; ++i) {
      const Window& window = windows_[i];
      if (closed(window) || (window.sliding ? window.sliding->queued() : window.fixed->queued()) || limit(i, terms[i]) == 0)
        return Time::min();
      if (window.fixed) end = detail::min(end, window.fixed->end());
    }
    return end - Now::coarse_lag;
  }

  // Takes the service's word that a window is full. \param tick For which the refused attempt was charged. \param counts What it still
  // is in a window.
  template <class Counts>
  Lesson learn(const Windows& terms, const Verdict& verdict, Tick tick, Counts counts) noexcept {
    Lesson lesson;
    bool any_known = false;
    bool all_had_room = true;
    for (std::size_t i = 0; i < N; ++i) {
      // Money that is spent for longer than a window is no window of ours.
      const bool balance = verdict.dimension == QuotaDimension::spend && verdict.kind == Kind::quota;
      const bool named = terms[i].dimension == verdict.dimension && !balance;
      if (named || verdict.dimension == QuotaDimension::none) {
        const std::int64_t known = known_limit(i, terms[i]);
        any_known |= known != no_limit;
        all_had_room &= !closed(windows_[i]) && used(i) - counts(terms[i]) < known;
      }
      if (!named) continue;
      close(i, terms[i], verdict, tick);
      lesson.opens = detail::max(lesson.opens.value_or(Time::min()), opens(windows_[i]));
    }
    lesson.surprising = any_known && all_had_room;
    const bool passes = verdict.kind == Kind::rate_limit || verdict.remedy == Remedy::after_delay;
    if (!any_known && verdict.dimension == QuotaDimension::none && passes) guess(terms, verdict, counts);
    return lesson;
  }

  // The limit in force: the configured one, or what the service said or our own count tells when that is lower.
  [[nodiscard]] std::int64_t limit(std::size_t i, const QuotaWindow& terms) const noexcept {
    return detail::min(known_limit(i, terms), windows_[i].guess.limit());
  }

  [[nodiscard]] std::int64_t used(std::size_t i) const noexcept {
    return windows_[i].sliding ? windows_[i].sliding->used() : windows_[i].fixed->used();
  }

  // Whether the service has called any window full.
  [[nodiscard]] bool any_closed() const noexcept {
    bool any = false;
    for (const Window& window : windows_) any = any || closed(window);
    return any;
  }

  // Whether this moment's reservations are more than a window takes: its limit has turned out lower since they were made, or what was
  // settled dearer. What is larger than its window goes alone.
  [[nodiscard]] bool overbooked(const Windows& terms, const Costs& costs) const noexcept {
    bool any = false;
    for (std::size_t i = 0; i < N; ++i) any = any || used(i) > detail::max(limit(i, terms[i]), costs[i]);
    return any;
  }

  // When a window takes more that the service has called full; none: it is open.
  [[nodiscard]] std::optional<Time> closed_until(std::size_t i) const noexcept {
    return closed(windows_[i]) ? std::optional{opens(windows_[i])} : std::nullopt;
  }

  [[nodiscard]] Tick tick_of(Time time) const noexcept { return time.time_since_epoch() / tick_; }
  [[nodiscard]] Duration tick() const noexcept { return tick_; }
  [[nodiscard]] Time now() const noexcept { return now_; }

 private:
  // Those who ask again in one span: since when, how many, and what they need.
  struct Turns {
    Time begin = Time::min();
    Time made{};  // when the first of these, or of those before them, was given
    std::int64_t given = 0;
    std::int64_t cost = 0;
  };

  struct Window {
    void begin(const QuotaWindow& window, Duration tick) {
      if (window.daily())
        fixed.emplace(*window.day);
      else if (window.fixed)
        fixed.emplace(window.span);
      else
        sliding.emplace((window.span + tick - Duration{1}) / tick);
    }

    std::optional<SlidingCount> sliding;  // this
    std::optional<FixedCount> fixed;      // or that
    Tick calendar_read = -1;              // when, of this
    Time closed_until = Time::min();
    std::optional<std::int64_t> learnt;
    Time learnt_until{};
    QuotaGuess guess;
    Turns turns;
  };

  static constexpr int longest_hint = 10;  // spans of its window
  static constexpr int longest_turn = 10;  // likewise

  struct Turn {
    Time at{};
    bool kept = false;  // it is before those who come then
  };

  struct Opening {
    bool open = true;
    Time at{};
    Admission otherwise = Admission::go();
    bool has_turn = false;
  };

  // The configured limit, or what the service said when that is lower.
  [[nodiscard]] std::int64_t known_limit(std::size_t i, const QuotaWindow& terms) const noexcept {
    return detail::min(terms.limit.value_or(no_limit), windows_[i].learnt.value_or(no_limit));
  }

  [[nodiscard]] static Duration tick_for(const Windows& windows) noexcept {
    Duration shortest = std::chrono::minutes{1};
    for (const QuotaWindow& window : windows)
      if (!window.daily()) shortest = detail::min(shortest, window.span);
    return (shortest + Duration{59}) / 60;
  }

  [[nodiscard]] Time start_of(Tick tick) const noexcept { return Time{tick * tick_}; }

  // The first whole tick that does not begin before `time`.
  [[nodiscard]] Time next_tick(Time time) const noexcept {
    const Time start = start_of(tick_of(time));
    return start < time ? start + tick_ : start;
  }

  // Both clocks at one moment: since the call's reading somebody may have waited for the lock.
  void read_calendar(Window& window, Now now) const noexcept {
    const Time at = detail::max(now_, now.afresh()());
    window.fixed->read_calendar(at, now.wall());
    window.calendar_read = tick_of(now_);
  }

  [[nodiscard]] bool closed(const Window& window) const noexcept {
    return window.closed_until > now_ || (window.fixed && window.fixed->closed());
  }

  [[nodiscard]] static Time opens(const Window& window) noexcept {
    return window.fixed && window.fixed->closed() ? detail::max(window.fixed->end(), window.closed_until) : window.closed_until;
  }

  void close(std::size_t i, const QuotaWindow& terms, const Verdict& verdict, Tick tick) noexcept {
    using std::chrono::hours;
    using std::chrono::minutes;
    Window& window = windows_[i];
    if (verdict.limit >= 0 && terms.unit != QuotaUnit::microdollars) {
      window.learnt = verdict.limit;
      window.learnt_until = later(now_, hours{24});  // then the account may have been upgraded: one refusal teaches it again
    }
    // A window is empty after its span; what asks for much more speaks of something else, and one attempt may find out.
    const Duration longest = detail::min<Duration>(longest_hint * terms.span, hours{24});
    Duration closed_for = verdict.hint > Duration::zero() ? detail::min(verdict.hint, longest) : terms.span;
    if (terms.daily()) {
      // Around midnight the service may still refuse for the day that is over, or its clock be behind ours: that must not cost a day. And
      // the hint of a day's window is the time to the next minute.
      closed_for = {};
      if (window.fixed->early(start_of(tick)))
        closed_for = minutes{1};
      else
        window.fixed->close();
    } else if (window.fixed && verdict.hint <= Duration::zero()) {
      closed_for = window.fixed->end() - now_;
    }
    if (limit(i, terms) == 0) closed_for = hours{24};
    window.closed_until = detail::max(window.closed_until, later(now_, closed_for));
  }

  // Nobody knows which window is full. That the first one of a span takes no more than it has taken does for all of them, while attempts
  // are alike.
  template <class Counts>
  void guess(const Windows& terms, const Verdict& verdict, Counts counts) noexcept {
    std::size_t i = 0;
    while (i < N && (terms[i].daily() || terms[i].unit == QuotaUnit::microdollars)) ++i;
    if (i == N) return;
    Window& window = windows_[i];
    const Duration closed_for = window.guess.refused(now_, terms[i].span, used(i) - counts(terms[i]), verdict.hint);
    window.closed_until = detail::max(window.closed_until, later(now_, closed_for));
  }

  // When window `i` has room for `cost`, not before `from`.
  [[nodiscard]] Opening first_opening(std::size_t i, const QuotaWindow& terms, std::int64_t cost, Time from, Time deadline, Now now,
                                      bool has_turn) noexcept {
    Window& window = windows_[i];
    window.guess.grow(now_, terms.span);
    const std::int64_t most = limit(i, terms);
    if (most == 0) return refuse(Admission::reject(Kind::quota, end_of_time, "limit-zero"));
    const std::int64_t needed = detail::min(cost, most);  // what is larger than its window goes alone
    if (terms.daily()) return opening_of_day(window, needed, most, from, now);
    const Opening opening = opening_of_span(window, terms, needed, most, from, deadline, has_turn);
    if (!opening.open || opening.at > from) window.guess.hold_up();
    return opening;
  }

  [[nodiscard]] Opening opening_of_span(Window& window, const QuotaWindow& terms, std::int64_t cost, std::int64_t most, Time from,
                                        Time deadline, bool has_turn) const noexcept {
    const Time horizon = window.sliding ? start_of(window.sliding->horizon()) : window.fixed->horizon();
    const Time at = detail::max(from, window.closed_until);
    if (window.closed_until >= horizon) return refuse(Admission::reject(Kind::rate_limit, at));
    // Another window opens so late that of this one nobody knows yet.
    if (at >= horizon) return refuse(Admission::ask_at(at, Kind::rate_limit, WaitSource::quota));
    // Those who wait for their turn are before those who come now. A line that is shorter than a span they have left.
    const Time longest = has_turn || window.turns.begin <= now_ ? end_of_time : later(now_, terms.span);
    const auto fits = window.sliding ? fits_sliding(*window.sliding, at, cost, most) : fits_fixed(*window.fixed, at, cost, most);
    if (fits && *fits <= longest) return {true, *fits};
    // The queue is full. Asked again at a turn, when it has moved up, unless even its end comes too late. Who had one, and found that
    // others had come before him, asks just before those whose turn is the next, if they have theirs since before this moment.
    const bool is_before_others = has_turn && window.turns.begin > now_ && tick_of(window.turns.made) < tick_of(now_);
    const Turn turn = !fits && deadline <= horizon ? Turn{horizon}
                      : is_before_others           ? Turn{later(now_, span_of_turns(window, terms) - tick_), true}
                                                   : next_turn(window, terms, cost, most, deadline);
    Opening at_turn = refuse(Admission::ask_at(turn.at, Kind::rate_limit, WaitSource::quota));
    at_turn.has_turn = turn.kept;
    return at_turn;
  }

  // In each span as many may ask again as it takes, in the order in which they came: all at one moment would ask in vain, but for a few.
  // Not farther away than `longest_turn` spans, where all others ask, and have no turn then: of those before them some may have given up,
  // and nobody tells the ledger.
  [[nodiscard]] Turn next_turn(Window& window, const QuotaWindow& terms, std::int64_t cost, std::int64_t most,
                               Time deadline) const noexcept {
    Turns turns = window.turns;
    bool kept = true;
    if (turns.begin <= now_) {
      turns = {.begin = later(now_, terms.span), .made = now_};
    } else if (turns.cost + cost > most) {
      const Time next = later(turns.begin, span_of_turns(window, terms));
      kept = next <= later(now_, longest_turn * terms.span);
      if (kept) turns = {.begin = next, .made = turns.made};
    }
    const Time turn = later(turns.begin, Duration{turns.given});  // no two at once: timers may fire in any order then
    if (turn >= deadline) return {now_ + terms.span};
    window.turns = {turns.begin, turns.made, turns.given + 1, turns.cost + cost};
    return {turn, kept};
  }

  [[nodiscard]] Duration span_of_turns(const Window& window, const QuotaWindow& terms) const noexcept {
    return window.sliding ? window.sliding->period() * tick_ : terms.span;
  }

  [[nodiscard]] std::optional<Time> fits_sliding(const SlidingCount& count, Time from, std::int64_t cost,
                                                 std::int64_t most) const noexcept {
    const auto tick = count.earliest(tick_of(from), cost, most);
    return tick ? std::optional{detail::max(from, start_of(*tick))} : std::nullopt;
  }

  // Who waits begins with a tick, so that of the tick in the permit the window is known.
  [[nodiscard]] std::optional<Time> fits_fixed(const FixedCount& count, Time from, std::int64_t cost, std::int64_t most) const noexcept {
    const auto at = count.earliest(from > now_ ? next_tick(from) : from, cost, most);
    return at && *at > now_ ? std::optional{next_tick(*at)} : at;
  }

  [[nodiscard]] Opening opening_of_day(Window& window, std::int64_t cost, std::int64_t most, Time from, Now now) const noexcept {
    const auto spent = [&] { return window.fixed->closed() || window.fixed->used() + cost > most; };
    if (spent()) read_calendar(window, now);
    if (spent()) return refuse(Admission::reject(Kind::quota, window.fixed->end()).with(Remedy::next_day));
    // Reservations do not cross midnight.
    if (from >= window.fixed->end()) return refuse(Admission::ask_at(window.fixed->end(), Kind::quota, WaitSource::quota));
    return {true, detail::max(from, window.closed_until)};
  }

  [[nodiscard]] static Opening refuse(const Admission& otherwise) noexcept { return {false, {}, otherwise}; }

  void charge(const Costs& costs, Time at) noexcept {
    for (std::size_t i = 0; i < N; ++i) {
      Window& window = windows_[i];
      if (window.sliding)
        window.sliding->add(tick_of(at), costs[i]);
      else
        window.fixed->add(at, costs[i]);
    }
  }

  Duration tick_;
  Time now_{};  // no clock shows an earlier moment
  std::array<Window, N> windows_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
