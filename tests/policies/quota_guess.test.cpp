// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/exponential.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

// A service that refuses without a word about which window is full, or until when: the ledger goes by its own count.

using namespace ductile;
using namespace std::chrono_literals;
using support::said;
using support::success;

namespace {

template <std::size_t N>
struct Guessing {
  QuotaTracker<N> tracker;
  typename QuotaTracker<N>::State state;
  support::HandClock clock{};
  using Call = typename QuotaTracker<N>::Call;

  explicit Guessing(const QuotaOptions<N>& options) : tracker(options), state(tracker) {}

  Admission admit(Call& call) { return tracker.admit(state, call, clock.now(), Attempt{}); }
  Admission admit() {
    Call call;
    return admit(call);
  }
  // One attempt that may go at once and ends so.
  Reaction attempt_ends(const Verdict& verdict) {
    Call call;
    REQUIRE(admit(call) == Admission::go());
    return tracker.settle(state, call, clock.now(), Attempt{}, verdict);
  }
  void take(int attempts) {
    for (int i = 0; i < attempts; ++i) attempt_ends(success());
  }
  QuotaUsage usage(std::size_t window = 0) { return tracker.usage(state, clock.now())[window]; }
  Time now() { return clock.now()(); }
};

const Verdict no_details = said(Kind::rate_limit);

// What takes `limit` requests a minute, in minutes of its own or in any sixty seconds, and says nothing else.
struct SilentService {
  std::int64_t limit;
  bool sliding = true;
  Time raised_at = end_of_time;
  std::int64_t raised = 0;
  std::vector<Time> taken{};
  std::int64_t refused = 0;

  Simulated<Result<int>> answer(Time now) {
    const Time begin = sliding ? now - 1min + Duration{1} : std::chrono::floor<std::chrono::minutes>(now);
    if (taken.end() - std::lower_bound(taken.begin(), taken.end(), begin) < (now < raised_at ? limit : raised)) {
      taken.push_back(now);
      return {2s, 1};
    }
    ++refused;
    return {100ms, Failure{Kind::rate_limit, Remedy::after_delay, Says::service}};
  }
  [[nodiscard]] Duration ended() const { return taken.back() - Time{}; }
  [[nodiscard]] std::int64_t taken_between(Duration begin, Duration end) const {
    return std::count_if(taken.begin(), taken.end(), [&](Time at) { return at >= Time{begin} && at < Time{end}; });
  }
};

// A call every `apart` until `end`, through what a cautious client has.
void ask_every(Simulation& simulation, SilentService& service, Duration apart, Duration end) {
  Pipeline pipeline{Deadline{24h}, Retry{RetryOptions{.attempts = 50}}, QuotaTracker{}};
  for (Duration at{}; at < end; at += apart)
    static_cast<void>(
        simulation.call(pipeline, [&](const Attempt&) { return service.answer(simulation.now()()); }, [](const Result<int>&) {}, Time{at}));
  simulation.run();
}

}  // namespace

TEST_CASE("The limit of a service that names nothing is found by few refusals, and used", "[policies]") {
  struct Row {
    std::int64_t limit;
    bool sliding;
  };
  for (const auto& [limit, sliding] : {Row{1, true}, Row{3, true}, Row{3, false}, Row{15, true}, Row{15, false}, Row{60, true}}) {
    CAPTURE(limit, sliding);
    Simulation simulation;
    SilentService service{limit, sliding};
    ask_every(simulation, service, Duration{1min} / (2 * limit), 2h);  // twice what it takes
    // One as the limit is met, then one in ten minutes, and who is on his way with it.
    CHECK(service.refused >= 2);
    CHECK(service.refused <= (2 + service.ended() / 10min) * (1 + limit / 8));
    CHECK(service.taken_between(10min, 2h) >= limit * 110 * 9 / 10);
  }
}

TEST_CASE("A limit that was raised is found again", "[policies]") {
  Simulation simulation;
  SilentService service{.limit = 5, .raised_at = Time{1h}, .raised = 60};
  ask_every(simulation, service, 1s, 2h);
  CHECK(service.taken_between(0h, 1h) <= 5 * 61);
  CHECK(service.taken_between(1h + 25min, 2h) >= 60 * 35 * 9 / 10);
}

TEST_CASE("A service that takes nothing for hours is asked some times an hour, and found well", "[policies]") {
  Simulation simulation;
  SilentService service{.limit = 0, .raised_at = Time{5h}, .raised = 60};
  ask_every(simulation, service, 10s, 6h);
  CHECK(service.refused <= 50);  // 1800 calls ask in that time
  CHECK(service.taken_between(5h, 5h + 11min) > 0);
  CHECK(service.taken_between(5h + 15min, 6h) >= 45 * 6);
}

TEST_CASE("A refusal without details teaches how much the window had taken", "[policies]") {
  Guessing quota{learning()};
  quota.take(4);
  quota.clock.pass(20s);
  quota.take(3);
  CHECK(quota.usage().limit == std::nullopt);
  CHECK(quota.attempt_ends(no_details) == Reaction::pass());
  CHECK(quota.usage().limit == 7);
  CHECK(quota.usage().used == 7);
  CHECK(quota.usage().closed_until == std::nullopt);
  CHECK(quota.admit() == Admission::go_at(Time{61s}, Kind::rate_limit, WaitSource::quota));  // as the first four leave the minute
}

TEST_CASE("What is on its way when a service refuses is not taken for taken once it is refused, too", "[policies]") {
  Guessing quota{learning()};
  quota.take(5);
  std::vector<Guessing<6>::Call> out(4);
  for (auto& call : out) REQUIRE(quota.admit(call) == Admission::go());
  for (const std::int64_t limit : {8, 7, 6, 5}) {
    quota.tracker.settle(quota.state, out[static_cast<std::size_t>(8 - limit)], quota.clock.now(), Attempt{}, no_details);
    CHECK(quota.usage().limit == limit);
  }
}

TEST_CASE("After ten spans a guess that holds somebody up grows, twice as much each span, until it is refused", "[policies]") {
  Guessing quota{learning()};
  quota.take(16);
  quota.attempt_ends(no_details);
  // In each span all that it takes, and one more that is held up and gives up.
  const auto fill = [&] {
    quota.clock.pass(61s);
    for (int taken = 0;; ++taken) {
      Guessing<6>::Call call;
      const bool goes = quota.admit(call) == Admission::go();
      quota.tracker.settle(quota.state, call, quota.clock.now(), Attempt{}, goes ? success() : support::abandoned(Sent::no));
      if (!goes) return taken;
    }
  };
  for (const int limit : {16, 16, 16, 16, 16, 16, 16, 16, 16, 18, 22, 30, 46}) {
    CHECK(fill() == limit);
  }
  quota.clock.pass(61s);
  quota.take(20);
  quota.attempt_ends(no_details);
  CHECK(quota.usage().limit == 20);
  for (int span = 1; span < 10; ++span) CHECK(fill() == 20);
  CHECK(fill() == 22);
}

TEST_CASE("A guess that holds nobody up does not grow, and is forgotten after a day", "[policies]") {
  Guessing quota{learning()};
  quota.take(5);
  quota.attempt_ends(no_details);
  quota.clock.pass(3h);
  quota.take(4);
  quota.clock.pass(61s);
  quota.take(4);
  CHECK(quota.usage().limit == 5);
  quota.clock.pass(21h);
  CHECK(quota.usage().limit == std::nullopt);
}

TEST_CASE("Where nothing was taken for a span the next attempts go alone, less and less often", "[policies]") {
  Guessing quota{learning()};
  quota.take(5);
  quota.attempt_ends(no_details);
  quota.clock.pass(61s);
  for (const auto rest : {0s, 15s, 30s, 60s, 120s, 240s, 480s, 600s, 600s}) {
    CAPTURE(rest.count());
    const Time at = quota.now();
    quota.attempt_ends(no_details);
    CHECK(quota.usage().closed_until.value_or(at) == at + rest);
    CHECK(quota.usage().limit == 1);
    quota.clock.pass(rest);
    CHECK(quota.usage().closed_until == std::nullopt);
  }
  // Taken at last: after a span what was known before holds again.
  quota.take(1);
  quota.clock.pass(30s);
  CHECK(quota.admit() == Admission::go_at(quota.now() + 31s, Kind::rate_limit, WaitSource::quota));
  quota.clock.pass(62s);
  (void)quota.admit();
  CHECK(quota.usage().limit == 5);
  // And a later refusal is a first one.
  quota.clock.pass(5min);
  quota.attempt_ends(no_details);
  CHECK(quota.usage().closed_until == std::nullopt);
}

TEST_CASE("Attempts that are all refused together teach no limit", "[policies]") {
  Guessing quota{learning()};
  std::vector<Guessing<6>::Call> out(4);
  for (auto& call : out) REQUIRE(quota.admit(call) == Admission::go());
  for (auto& call : out) quota.tracker.settle(quota.state, call, quota.clock.now(), Attempt{}, no_details);
  CHECK(quota.usage().limit == 1);  // until one was taken, and a span is over
  quota.take(1);
  CHECK(quota.admit().form() == Admission::Form::go_at);
  quota.clock.pass(2min);
  quota.take(1);
  CHECK(quota.usage().limit == std::nullopt);
}

TEST_CASE("A hint that names no window closes the first one until then, up to ten spans", "[policies]") {
  for (const auto& [hint, closed] : {std::pair<Duration, Duration>{20s, 20s}, {24h * 10, 10min}}) {
    Guessing quota{learning()};
    quota.attempt_ends(said(Kind::rate_limit, hint));
    CHECK(quota.usage().closed_until == Time{closed});
  }
  Guessing quota{learning()};
  quota.take(3);
  quota.attempt_ends(said(Kind::rate_limit, 5s));
  CHECK(quota.usage().closed_until == Time{5s});
}

TEST_CASE("What a refusal without a window teaches, by what it is and what the ledger knows", "[policies]") {
  struct Row {
    const char* what;
    Verdict refusal;
    std::optional<std::int64_t> limit;
  };
  Verdict other = no_details;
  other.dimension = QuotaDimension::other;
  for (const auto& [what, refusal, limit] : {
           Row{"a rate limit", no_details, 2},
           Row{"a quota that nobody knows how long is spent", said(Kind::quota, Remedy::after_delay), 2},
           Row{"a quota that is spent for the day", said(Kind::quota, Remedy::next_day), std::nullopt},
           Row{"an account without one", said(Kind::quota, Remedy::never), std::nullopt},
           Row{"a window that is none of these", other, std::nullopt},
           Row{"a service without room", said(Kind::overload), std::nullopt},
       }) {
    CAPTURE(what);
    Guessing ignorant{learning()};
    ignorant.take(2);
    ignorant.attempt_ends(refusal);
    CHECK(ignorant.usage().limit == limit);
    // A ledger that knows a limit, and had room, is surprised instead.
    Guessing knowing{QuotaOptions{.limits = {per_minute(std::nullopt), per_day(50)}}};
    knowing.take(2);
    knowing.attempt_ends(refusal);
    CHECK(knowing.usage().limit == std::nullopt);
  }
}

TEST_CASE("What was guessed is no knowledge by which a later refusal would surprise", "[policies]") {
  Guessing quota{learning()};
  quota.take(5);
  quota.attempt_ends(no_details);
  quota.clock.pass(61s);
  quota.take(2);
  CHECK(quota.attempt_ends(no_details) == Reaction::pass());
  CHECK(quota.usage().limit == 2);
  CHECK(quota.tracker.surprises(quota.state) == 0);
}

TEST_CASE("A guess is made in the first window of a span that does not count money", "[policies]") {
  Guessing days{QuotaOptions{.limits = {per_day(std::nullopt)}}};
  days.take(2);
  days.attempt_ends(no_details);
  CHECK(days.usage().limit == std::nullopt);
  Guessing images{QuotaOptions{
      .limits = {spend_per_ten_minutes(std::nullopt), per_day(std::nullopt), images_per_minute(std::nullopt), per_minute(std::nullopt)},
      .images = 2}};
  images.take(2);
  images.attempt_ends(no_details);
  CHECK(images.usage(0).limit == std::nullopt);
  CHECK(images.usage(1).limit == std::nullopt);
  CHECK(images.usage(2).limit == 4);
  CHECK(images.usage(3).limit == std::nullopt);
}
