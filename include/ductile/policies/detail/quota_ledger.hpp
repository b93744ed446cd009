// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/answer.hpp>                  // Admission
#include <ductile/core/now.hpp>                     // Now, Time, end_of_time, later
#include <ductile/core/quota_window.hpp>            // QuotaWindow
#include <ductile/core/trail.hpp>                   // WaitSource
#include <ductile/core/verdict.hpp>                 // Kind, QuotaDimension, Remedy, Verdict
#include <ductile/policies/detail/quota_count.hpp>  // DayCount, SlidingCount, Tick

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::detail {

// The windows' counts, and what the service has taught about them. Sequential: whoever holds the state's lock works on it. Limits come
// with each question, since policies with other numbers may share the counts.
class QuotaLedger {
 public:
  struct Booking {
    Admission admission;
    Tick tick = 0;  // for which it was charged, when it was admitted
  };

  struct Lesson {
    bool surprising = false;    // the service refused while there was room
    std::optional<Time> opens;  // when the window that it named takes more; none: it named none that is kept here
  };

  static constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max() / 4;

  explicit QuotaLedger(std::span<const QuotaWindow> windows) : tick_(tick_for(windows)) {
    windows_.reserve(windows.size());
    for (const QuotaWindow& window : windows) windows_.emplace_back(window, tick_);
  }

  // Lets time pass. Calls have read their clocks before they get here, and may come out of order.
  void advance(Now now) noexcept {
    now_ = std::max(now_, now());
    for (Window& window : windows_) {
      if (window.sliding) window.sliding->advance(tick_of(now_));
      if (window.day && now_ >= window.day->end()) window.day->read_calendar(now_, now.wall());
      if (window.learnt == 0 && window.closed_until <= now_) window.learnt.reset();  // the account may have been upgraded
    }
  }

  // Charges `costs`, one for each window, at the first moment at which all windows have room, and admits for that moment. What cannot
  // begin before `deadline` is not charged.
  [[nodiscard]] Booking book(std::span<const QuotaWindow> terms, std::span<const std::int32_t> costs, Now now, Time deadline) noexcept {
    Time at = now_;
    Kind why = Kind::ok;
    for (bool again = true; again;) {
      again = false;
      for (std::size_t i = 0; i < windows_.size(); ++i) {
        const Opening opening = first_opening(i, terms[i], costs[i], at, deadline, now);
        if (!opening.open) return {opening.otherwise};
        if (opening.at == at) continue;
        at = opening.at;
        why = terms[i].daily() ? Kind::quota : Kind::rate_limit;
        again = i > 0;  // the windows before this one were asked about an earlier moment
      }
    }
    if (at > now_ && at >= deadline) return {Admission::ask_at(at, why, WaitSource::quota)};
    const Tick tick = tick_of(at);
    charge(costs, tick);
    return {at > now_ ? Admission::go_at(at, why, WaitSource::quota) : Admission::go(), tick};
  }

  // Charges at once, whether or not there is room: for what somebody else has admitted.
  Tick charge_now(std::span<const std::int32_t> costs) noexcept {
    charge(costs, tick_of(now_));
    return tick_of(now_);
  }

  // Corrects what was charged for `tick` in one window.
  void adjust(std::size_t i, Tick tick, std::int64_t amount) noexcept {
    Window& window = windows_[i];
    if (window.sliding) {
      window.sliding->add(tick, amount);
    } else {
      // Of a tick into which midnight fell nobody knows to which day it belongs: more counts for the new one, less for neither.
      const Time began = window.day->began();
      if (amount > 0 ? tick >= tick_of(began) : start_of(tick) >= began) window.day->add(amount);
    }
  }

  // What may be charged at once, by callers who do not ask, until `lease_ends`.
  [[nodiscard]] std::int64_t room(std::size_t i, const QuotaWindow& terms) const noexcept {
    const Window& window = windows_[i];
    if (closed(window) || (window.sliding && window.sliding->queued())) return 0;
    return std::max<std::int64_t>(limit(i, terms) - used(i), 0);
  }

  [[nodiscard]] Time lease_ends() const noexcept {
    Time end = start_of(tick_of(now_) + 1);
    for (const Window& window : windows_)
      if (window.day) end = std::min(end, window.day->end());
    return end;
  }

  // Takes the service's word that a window is full. \param tick For which the refused attempt was charged. \param counts What it still is.
  Lesson learn(std::span<const QuotaWindow> terms, const Verdict& verdict, Tick tick, const QuotaCost& counts) noexcept {
    Lesson lesson;
    bool any_known = false;
    bool all_had_room = true;
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      const bool named = terms[i].dimension == verdict.dimension;
      if (named || verdict.dimension == QuotaDimension::none) {
        const std::int64_t known = limit(i, terms[i]);
        any_known |= known != no_limit;
        all_had_room &= !closed(windows_[i]) && used(i) - amount(counts, terms[i].unit) < known;
      }
      if (!named) continue;
      close(i, terms[i], verdict, tick);
      lesson.opens = std::max(lesson.opens.value_or(Time::min()), opens(windows_[i]));
    }
    lesson.surprising = any_known && all_had_room;
    return lesson;
  }

  // The configured limit, or what the service said when that is lower.
  [[nodiscard]] std::int64_t limit(std::size_t i, const QuotaWindow& terms) const noexcept {
    return std::min(terms.limit.value_or(no_limit), windows_[i].learnt.value_or(no_limit));
  }

  [[nodiscard]] std::int64_t used(std::size_t i) const noexcept {
    return windows_[i].sliding ? windows_[i].sliding->used() : windows_[i].day->used();
  }

  // When a window takes more that the service has called full; none: it is open.
  [[nodiscard]] std::optional<Time> closed_until(std::size_t i) const noexcept {
    return closed(windows_[i]) ? std::optional{opens(windows_[i])} : std::nullopt;
  }

  [[nodiscard]] Tick tick_of(Time time) const noexcept { return time.time_since_epoch() / tick_; }
  [[nodiscard]] Duration tick() const noexcept { return tick_; }
  [[nodiscard]] Time now() const noexcept { return now_; }

 private:
  struct Window {
    Window(const QuotaWindow& window, Duration tick) {
      if (window.daily())
        day.emplace(*window.day);
      else
        sliding.emplace((window.span + tick - Duration{1}) / tick);
    }

    std::optional<SlidingCount> sliding;  // this
    std::optional<DayCount> day;          // or that
    Time closed_until = Time::min();
    std::optional<std::int64_t> learnt;
  };

  struct Opening {
    bool open = true;
    Time at{};
    Admission otherwise = Admission::go();
  };

  [[nodiscard]] static Duration tick_for(std::span<const QuotaWindow> windows) noexcept {
    Duration shortest = std::chrono::minutes{1};
    for (const QuotaWindow& window : windows)
      if (!window.daily()) shortest = std::min(shortest, window.span);
    return (shortest + Duration{59}) / 60;
  }

  [[nodiscard]] Time start_of(Tick tick) const noexcept { return Time{tick * tick_}; }

  [[nodiscard]] bool closed(const Window& window) const noexcept {
    return window.closed_until > now_ || (window.day && window.day->closed());
  }

  [[nodiscard]] static Time opens(const Window& window) noexcept {
    return window.day && window.day->closed() ? std::max(window.day->end(), window.closed_until) : window.closed_until;
  }

  void close(std::size_t i, const QuotaWindow& terms, const Verdict& verdict, Tick tick) noexcept {
    using std::chrono::hours;
    using std::chrono::minutes;
    Window& window = windows_[i];
    if (verdict.limit >= 0) window.learnt = verdict.limit;
    Duration closed_for = verdict.hint > Duration::zero() ? std::min<Duration>(verdict.hint, hours{24}) : terms.span;
    if (window.day) {
      // Around midnight the service may still refuse for the day that is over, or its clock be behind ours: that must not cost a day. And
      // the hint of a day's window is the time to the next minute.
      closed_for = {};
      if (tick <= tick_of(window.day->began()) + minutes{1} / tick_)
        closed_for = minutes{1};
      else
        window.day->close();
    }
    if (limit(i, terms) == 0) closed_for = hours{24};
    window.closed_until = std::max(window.closed_until, later(now_, closed_for));
  }

  // When window `i` has room for `cost`, not before `from`.
  [[nodiscard]] Opening first_opening(std::size_t i, const QuotaWindow& terms, std::int64_t cost, Time from, Time deadline,
                                      Now now) noexcept {
    Window& window = windows_[i];
    const std::int64_t most = limit(i, terms);
    if (most == 0) return refuse(Admission::reject(Kind::quota, end_of_time, "limit-zero"));
    const std::int64_t needed = std::min(cost, most);  // what is larger than its window goes alone
    return window.sliding ? opening_of_span(window, terms, needed, most, from, deadline) : opening_of_day(window, needed, most, from, now);
  }

  [[nodiscard]] Opening opening_of_span(const Window& window, const QuotaWindow& terms, std::int64_t cost, std::int64_t most, Time from,
                                        Time deadline) const noexcept {
    const Time horizon = start_of(window.sliding->horizon());
    const Time at = std::max(from, window.closed_until);
    if (at >= horizon) return refuse(Admission::reject(Kind::rate_limit, at));
    if (const auto tick = window.sliding->earliest(tick_of(at), cost, most)) return {true, std::max(at, start_of(*tick))};
    // The queue is full. Asked again a span later, when it has moved up, unless even its end comes too late.
    return refuse(Admission::ask_at(deadline <= horizon ? horizon : now_ + terms.span, Kind::rate_limit, WaitSource::quota));
  }

  [[nodiscard]] static Opening opening_of_day(Window& window, std::int64_t cost, std::int64_t most, Time from, Now now) noexcept {
    const auto spent = [&] { return window.day->closed() || window.day->used() + cost > most; };
    if (spent()) window.day->read_calendar(now(), now.wall());
    if (spent()) return refuse(Admission::reject(Kind::quota, window.day->end()).with(Remedy::next_day));
    // Reservations do not cross midnight.
    if (from >= window.day->end()) return refuse(Admission::ask_at(window.day->end(), Kind::quota, WaitSource::quota));
    return {true, std::max(from, window.closed_until)};
  }

  [[nodiscard]] static Opening refuse(const Admission& otherwise) noexcept { return {false, {}, otherwise}; }

  void charge(std::span<const std::int32_t> costs, Tick tick) noexcept {
    for (std::size_t i = 0; i < windows_.size(); ++i) {
      Window& window = windows_[i];
      if (window.sliding)
        window.sliding->add(tick, costs[i]);
      else
        window.day->add(costs[i]);
    }
  }

  Duration tick_;
  Time now_{};  // no clock shows an earlier moment
  std::vector<Window> windows_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
