// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/policies/quota_tracker.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

// All kinds of window at once - sliding, fixed, of money, of what was delivered, of a day - against a list of all charges with their exact
// times. Each admission must keep every window within the limit of whoever asked, whatever was settled, given back or lowered before.

using namespace ductile;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t windows = 6;
using Tracker = QuotaTracker<windows>;
using Amounts = std::array<std::int64_t, windows>;

constexpr QuotaPrices prices{.image = 0.5, .million_tokens = 10.0};
constexpr std::int32_t images = 2;
constexpr std::int32_t tokens = 1000;

QuotaWindow ten_seconds_of_tokens(std::int64_t limit) {
  QuotaWindow window = fixed(tokens_per_minute(limit));
  window.span = 10s;
  return window;
}

QuotaOptions<windows> options_of(const Amounts& limits) {
  return {
      .limits = {per_minute(limits[0]), fixed(images_per_minute(limits[1])), spend_per_ten_minutes(static_cast<double>(limits[2]) / 1e6),
                 counting(QuotaCounts::delivered, per_minute(limits[3])), per_day(limits[4], utc), ten_seconds_of_tokens(limits[5])},
      .images = images,
      .tokens = tokens,
      .prices = prices};
}

Amounts amounts_of(const QuotaWindow (&terms)[windows], const Verdict& verdict) {
  const QuotaCost reserved{.requests = 1, .images = images, .tokens = tokens, .microdollars = prices.of(images, tokens)};
  Amounts amounts{};
  for (std::size_t i = 0; i < windows; ++i) amounts[i] = amount(quota_cost(verdict, reserved, terms[i].counts, prices), terms[i].unit);
  return amounts;
}

struct Charge {
  Time at;
  WallTime wall;
  Amounts amounts;
};

// The most that a window of this kind holds which also holds `at`.
std::int64_t most_around(const std::vector<Charge>& charges, const Charge& asked, const QuotaWindow& terms, std::size_t window) {
  const auto sum_where = [&](auto belongs) {
    std::int64_t sum = 0;
    for (const Charge& charge : charges)
      if (belongs(charge)) sum += charge.amounts[window];
    return sum;
  };
  const auto period = [&](WallTime wall) {
    return terms.daily() ? terms.day->next_midnight(wall) : wall - wall.time_since_epoch() % terms.span;
  };
  if (terms.daily() || terms.fixed) return sum_where([&](const Charge& charge) { return period(charge.wall) == period(asked.wall); });
  std::int64_t most = 0;
  for (const Charge& first : charges)
    if (first.at <= asked.at && first.at + terms.span > asked.at)
      most = std::max(most, sum_where([&](const Charge& charge) { return charge.at >= first.at && charge.at < first.at + terms.span; }));
  return most;
}

struct WindowsOut {
  Tracker::Call call;
  std::size_t charge;
};

struct WindowsTally {
  int went = 0, waited = 0, later = 0, refused = 0;
};

void run_windows(std::uint64_t seed, WindowsTally& tally) {
  SplitMix64 draws{seed};
  const auto below = [&](std::uint64_t bound) { return static_cast<std::int64_t>(draws() % bound); };
  // Up to twenty minutes before midnight UTC, at any millisecond.
  VirtualClock clock{
      WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 24h - 20min + std::chrono::milliseconds{below(900'000)}}, seed};
  const auto some_limits = [&] {
    return Amounts{2 + below(8), 2 + below(20), 1'010'000 * (2 + below(30)), 1 + below(8), 20 + below(60), 1000 + below(5000)};
  };
  const std::array<Amounts, 2> limits{some_limits(), some_limits()};
  const std::array<Tracker, 2> trackers{Tracker{options_of(limits[0])}, Tracker{options_of(limits[1])}};
  Tracker::State state{trackers[0]};
  std::vector<Charge> charges;
  std::vector<WindowsOut> out;

  for (int step = 0; step < 300; ++step) {
    CAPTURE(seed, step);
    const Time now = clock.now()();
    const auto choice = below(100);
    if (choice < 45) {
      const std::size_t who = below(6) == 0 ? 1 : 0;
      const QuotaOptions<windows> options = options_of(limits[who]);
      Attempt attempt;
      if (below(3) == 0) attempt.deadline = now + std::chrono::milliseconds{below(100'000)};
      Tracker::Call call{};
      const Admission answer = trackers[who].admit(state, call, clock.now(), attempt);
      const bool goes = answer.form() == Admission::Form::go;
      if (!goes && answer.form() != Admission::Form::go_at) {
        (answer.form() == Admission::Form::ask_at ? tally.later : tally.refused) += 1;
        REQUIRE(answer.at() > now);
        continue;
      }
      (goes ? tally.went : tally.waited) += 1;
      const Time at = goes ? now : answer.at();
      REQUIRE((goes || (at > now && at < attempt.deadline)));
      charges.push_back({at, clock.now().wall() + (at - now), amounts_of(options.limits, Verdict{})});
      for (std::size_t window = 0; window < windows; ++window) {
        CAPTURE(window, who);
        REQUIRE(most_around(charges, charges.back(), options.limits[window], window) <=
                std::max(limits[who][window], charges.back().amounts[window]));
      }
      out.push_back({call, charges.size() - 1});
    } else if (choice < 75 && !out.empty()) {
      const auto which = below(out.size());
      WindowsOut ended = out[static_cast<std::size_t>(which)];
      out.erase(out.begin() + which);
      Charge& charge = charges[ended.charge];
      Verdict verdict;
      if (charge.at > now || below(6) == 0) {  // who still waits can only give up
        verdict = support::abandoned(Sent::no);
      } else if (below(3) == 0) {
        verdict = support::said(Kind::internal);
        verdict.billed = below(2) == 0 ? Billed::no : Billed::input;
      } else {
        verdict.images = static_cast<std::int8_t>(1 + below(3));
        verdict.tokens = static_cast<std::int32_t>(1 + below(1500));
      }
      charge.amounts = amounts_of(options_of(limits[0]).limits, verdict);
      trackers[0].settle(state, ended.call, clock.now(), Attempt{}, verdict);
    } else {
      const auto pause = below(12);
      clock.advance(pause < 5 ? Duration{0} : std::chrono::milliseconds{pause < 11 ? below(8'000) : below(90'000)});
    }
  }
}

}  // namespace

TEST_CASE("No window of any kind ever holds more than the limit of whoever was admitted to it", "[properties]") {
  WindowsTally tally;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) run_windows(seed, tally);
  // The scripts must have been everywhere.
  CHECK(tally.went > 3'000);
  CHECK(tally.waited > 1'000);
  CHECK(tally.later > 500);
  CHECK(tally.refused > 100);
}

TEST_CASE("A fixed window holds nobody back for more than a tick beyond its beginning, but for those who came before", "[properties]") {
  int waited = 0;
  int behind = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SplitMix64 draws{seed};
    const auto below = [&](std::uint64_t bound) { return static_cast<std::int64_t>(draws() % bound); };
    const std::int64_t limit = 1 + below(6);
    VirtualClock clock{WallTime{std::chrono::milliseconds{below(3'600'000)}}, seed};
    const QuotaTracker tracker{QuotaOptions{.limits = {fixed(per_minute(limit))}}};
    QuotaTracker<1>::State state{tracker};
    std::vector<std::int64_t> used(2000);  // by the minute of the calendar
    std::size_t last = 0;
    Time turns{};  // until then somebody who came before has a turn
    for (int step = 0; step < 200; ++step) {
      CAPTURE(seed, step);
      const Time now = clock.now()();
      const auto wall = clock.now().wall().time_since_epoch();
      const auto this_minute = static_cast<std::size_t>(wall / 1min);
      std::size_t possible = std::max(this_minute, last);
      while (used[possible] == limit) ++possible;
      const Time earliest = possible == this_minute ? now : now + (static_cast<std::int64_t>(possible) * Duration{1min} - wall);
      QuotaTracker<1>::Call call;
      const Admission answer = tracker.admit(state, call, clock.now(), Attempt{});
      if (answer.form() == Admission::Form::ask_at) {
        const bool comes_behind = turns > now && earliest + 1s > now + 1min;
        REQUIRE((comes_behind || possible > this_minute + 2));
        REQUIRE(answer.at() > now);
        REQUIRE(answer.at() <= now + 10min + 1s);
        behind += possible <= this_minute + 2 ? 1 : 0;
        turns = std::max(turns, Time{std::chrono::floor<std::chrono::milliseconds>(answer.at().time_since_epoch())});
      } else {
        REQUIRE(possible <= this_minute + 2);
        const Time at = answer.form() == Admission::Form::go ? now : answer.at();
        REQUIRE((turns <= now || at <= now + 1min));
        REQUIRE(answer.form() == (possible == this_minute ? Admission::Form::go : Admission::Form::go_at));
        REQUIRE(at >= earliest);
        REQUIRE(at < earliest + 1s);
        waited += at > now ? 1 : 0;
        ++used[possible];
        last = possible;
      }
      clock.advance(std::chrono::milliseconds{below(4) == 0 ? below(40'000) : below(3'000)});
    }
  }
  CHECK(waited > 1000);
  CHECK(behind > 1000);
}

// ---- two clocks that drift apart

namespace {

// The call's clock, which stands still while a computer sleeps, and the calendar's, which is set.
class TwoClocks : private TimeSource {
 public:
  explicit TwoClocks(WallTime wall) : wall_(wall) {}
  Now now() noexcept { return Now{*this}; }
  void pass(Duration span) noexcept {
    time_ += span;
    wall_ += span;
  }
  void set(Duration span) noexcept { wall_ += span; }

 private:
  Time steady() noexcept override { return time_; }
  WallTime wall() noexcept override { return wall_; }
  std::uint64_t random() noexcept override { return 0; }

  Time time_{1h};
  WallTime wall_;
};

struct Drifting {
  Duration window;     // of the calendar
  Duration usual;      // pauses
  Duration farthest;   // by which a clock is set
  bool waits = false;  // then it is set forward alone: who has been told when to go cannot be called back
};

// All that was admitted, by the window that the calendar showed.
template <std::size_t N>
int run_drifting(const QuotaOptions<N>& options, const Drifting& drifting, std::uint64_t seed) {
  SplitMix64 draws{seed};
  const auto below = [&](Duration::rep bound) { return static_cast<Duration::rep>(draws() % static_cast<std::uint64_t>(bound)); };
  const auto some = [&](Duration most) { return Duration{1 + below(most.count())}; };
  TwoClocks clock{WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + some(drifting.window)};
  const QuotaTracker<N> tracker{options};
  typename QuotaTracker<N>::State state{tracker};
  struct Charged {
    typename QuotaTracker<N>::Call call;
    std::int64_t window;
    Amounts amounts;
  };
  const QuotaCost reserved{.requests = 1, .images = options.images, .tokens = options.tokens};
  const auto shown = [&] { return clock.now().wall().time_since_epoch() / drifting.window; };
  std::map<std::int64_t, Amounts> used;
  std::vector<Charged> out;
  std::int64_t latest = shown();
  int admitted = 0;
  struct Waiter {
    Time goes;
    Charged charged;
  };
  std::vector<Waiter> waiting;
  const auto charge = [&](const Charged& charged) {
    for (std::size_t i = 0; i < N; ++i) {
      CAPTURE(i);
      used[charged.window][i] += charged.amounts[i];
      REQUIRE(used[charged.window][i] <= *options.limits[i].limit);
    }
    out.push_back(charged);
    ++admitted;
  };
  const auto pass = [&](Duration span) {
    const Time until = clock.now()() + span;
    while (!waiting.empty() && waiting.front().goes <= until) {  // they go in the order in which they were told
      clock.pass(waiting.front().goes - clock.now()());
      waiting.front().charged.window = shown();
      charge(waiting.front().charged);
      waiting.erase(waiting.begin());
    }
    clock.pass(until - clock.now()());
  };
  const auto set = [&](Duration by) {
    const auto seen = [&] {  // the clock is not set twice between two looks
      pass(2s);
      // Nor in the second in which those who wait for a window go, when it has begun.
      while (!waiting.empty() && waiting.front().goes <= clock.now()() + 1s) pass(1s);
      (void)tracker.usage(state, clock.now());
      latest = std::max(latest, shown());
    };
    seen();
    // No farther back than the window before the latest one.
    if ((clock.now().wall() + by).time_since_epoch() / drifting.window >= latest - 1) clock.set(by);
    // What was lent for this second is still of the window that was shown: too much when that comes again, or when others wait.
    pass(by > Duration{} && !drifting.waits ? 1ns : 1s);
  };
  for (int step = 0; step < 400; ++step) {
    CAPTURE(seed, step);
    const auto choice = below(100);
    if (choice < 60) {
      Attempt attempt;
      if (!drifting.waits || below(2) == 0) attempt.deadline = clock.now()();  // now or never
      Charged charged{{}, shown(), {}};
      const Admission answer = tracker.admit(state, charged.call, clock.now(), attempt);
      for (std::size_t i = 0; i < N; ++i) charged.amounts[i] = amount(reserved, options.limits[i].unit);
      latest = std::max(latest, charged.window);
      if (answer == Admission::go()) charge(charged);
      if (answer.form() == Admission::Form::go_at)
        waiting.insert(std::upper_bound(waiting.begin(), waiting.end(), answer.at(),
                                        [](Time time, const Waiter& waiter) { return time < waiter.goes; }),
                       {answer.at(), charged});
    } else if (choice < 80 && !out.empty()) {
      const auto which = below(static_cast<Duration::rep>(out.size()));
      Charged ended = out[static_cast<std::size_t>(which)];
      out.erase(out.begin() + which);
      Verdict verdict;
      if (below(3) == 0)
        verdict = support::abandoned(Sent::no);
      else
        verdict.tokens = static_cast<std::int32_t>(1 + below((drifting.waits ? 1 : 2) * options.tokens));
      for (std::size_t i = 0; i < N; ++i)
        used[ended.window][i] += amount(quota_cost(verdict, reserved), options.limits[i].unit) - ended.amounts[i];
      tracker.settle(state, ended.call, clock.now(), Attempt{}, verdict);
    } else if (choice < 96) {
      pass(below(2) == 0 ? some(300ms) : some(drifting.usual));
    } else {
      set(below(2) == 0 && !drifting.waits ? -some(drifting.farthest) : some(3 * drifting.farthest));
    }
  }
  return admitted;
}

}  // namespace

TEST_CASE("No window of the calendar holds more than its limit, whenever the computer sleeps or its clock is set", "[properties]") {
  int admitted = 0;
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    const auto limit = static_cast<std::int64_t>(5 + seed % 30);
    admitted += run_drifting(QuotaOptions{.limits = {per_day(limit, utc), tokens_per_day(20'000, utc)}},
                             Drifting{.window = 24h, .usual = 90min, .farthest = 20h}, seed);
    admitted += run_drifting(QuotaOptions{.limits = {fixed(per_minute(limit)), fixed(tokens_per_minute(20'000))}},
                             Drifting{.window = 1min, .usual = 6s, .farthest = 50s}, seed);
    admitted += run_drifting(QuotaOptions{.limits = {fixed(per_minute(limit)), fixed(tokens_per_minute(20'000))}},
                             Drifting{.window = 1min, .usual = 6s, .farthest = 50s, .waits = true}, seed);
  }
  CHECK(admitted > 50'000);
}
