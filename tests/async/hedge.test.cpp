// SPDX-License-Identifier: BSL-1.0

// Hedged calls in virtual time, in both drivers that have them. When a hedge is due is in ../policies/hedge.test.cpp, random races are in
// ../properties/hedge.test.cpp, and races that are cancelled or destroyed in at_every_step.test.cpp.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/story.hpp"
#include "told_operation.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/asio.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/retry_budget.hpp>
#include <ductile/policies/timeout.hpp>
#include <ductile/testing/recording_observer.hpp>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

using P = CountingPolicy;
using Script = std::function<Told(const Attempt&)>;

Told succeeds(Duration takes, int value) { return {takes, value}; }
Told fails(Duration takes, Kind kind) { return {takes, Failure{kind}}; }
// The same for every attempt with that lane, by lanes.
Script by_lane(std::vector<Told> told) {
  return [told = std::move(told)](const Attempt& attempt) { return told.at(attempt.lane); };
}

// One pipeline with everything that a race meets, so that it is compiled once for each driver.
struct Setup {
  HedgeOptions hedge{.after = 100ms};
  std::uint16_t attempts = 1;
  bool outwaits = false;
  RetryBudgetOptions budget{};
  BulkheadOptions places{};
  CircuitBreakerOptions<> breaker{};
  QuotaOptions<1> quota{.limits = {per_minute(1000)}};
  Duration timeout = 60s;
  Duration deadline = 1h;
};

class Observed {
 public:
  explicit Observed(const Setup& setup)
      : pipeline{Observe{seen},
                 Deadline{setup.deadline},
                 RetryBudget{setup.budget},
                 Retry{RetryOptions{.attempts = setup.attempts, .backoff = Constant{50ms}, .outwait_rejections = setup.outwaits}},
                 P{},
                 Hedge{setup.hedge},
                 P{}.telling(settled),
                 Bulkhead{setup.places},
                 CircuitBreaker{setup.breaker},
                 QuotaTracker{setup.quota},
                 AttemptTimeout{setup.timeout}} {}

  // How each attempt that the hedge let in was settled, in the order of their ends.
  [[nodiscard]] std::vector<Kind> ends() const {
    std::vector<Kind> kinds;
    for (const Verdict& verdict : settled) kinds.push_back(verdict.kind);
    return kinds;
  }
  [[nodiscard]] auto& budget() { return pipeline.state<1>(); }
  [[nodiscard]] auto& hedge() { return pipeline.state<4>(); }
  [[nodiscard]] auto& places() { return pipeline.state<6>(); }
  [[nodiscard]] std::int64_t used(Now now) {
    return QuotaTracker{QuotaOptions<1>{.limits = {per_minute(10)}}}.usage(pipeline.state<8>(), now)[0].used;
  }

  RecordingObserver seen;
  std::vector<Verdict> settled;
  Pipeline<Observe<RecordingObserver>, Deadline, RetryBudget, Retry<Constant>, P, Hedge, P, Bulkhead, CircuitBreaker<>, QuotaTracker<1>,
           AttemptTimeout>
      pipeline;
};

struct Heard {
  Result<int> result;
  Duration at;
};

class Asynchronous {
 public:
  template <class Pipe>
  std::optional<Heard> call(Pipe& pipeline, const Script& script, std::optional<Duration> cancel_at = {}) {
    auto operation = repeatable(ToldOperation<Script>{clock_, context_, script});
    asio::cancellation_signal signal;
    std::optional<Heard> heard;
    pipeline.async_run(operation, context_, clock_, asio::bind_cancellation_slot(signal.slot(), [&](Result<int> result) {
                         heard.emplace(Heard{std::move(result), clock_.now()().time_since_epoch()});
                       }));
    if (cancel_at) {
      clock_.run_until(context_, Time{*cancel_at});
      signal.emit(asio::cancellation_type::terminal);
    }
    clock_.run(context_);
    return heard;
  }
  Now now() { return clock_.now(); }

 private:
  AsioVirtualClock clock_;
  asio::io_context context_;
};

class Simulating {
 public:
  template <class Pipe>
  std::optional<Heard> call(Pipe& pipeline, const Script& script, std::optional<Duration> cancel_at = {}) {
    std::optional<Heard> heard;
    auto call =
        simulation_.call(pipeline, repeatable([&script](const Attempt& attempt) {
                           Told told = script(attempt);
                           return Simulated{told.takes, std::move(told.gives)};
                         }),
                         [&](Result<int> result) { heard.emplace(Heard{std::move(result), simulation_.now()().time_since_epoch()}); });
    if (cancel_at) {
      simulation_.run_until(Time{*cancel_at});
      call.cancel();
    }
    simulation_.run();
    return heard;
  }
  Now now() { return simulation_.now(); }

 private:
  Simulation simulation_;
};

std::vector<std::string> trail_of(const Observed& observed) {
  const auto ends = observed.seen.all<OperationEnded>();
  std::vector<std::string> lines;
  if (ends.empty() || !ends.back().trail) return lines;
  const Trail& trail = *ends.back().trail;
  for (std::size_t i = 0; i < trail.kept(); ++i)
    lines.push_back(std::to_string(trail[i].number) + ' ' + std::string{name(trail[i].kind)} + " waited " +
                    std::to_string(trail[i].wait_ms) + ' ' + name(trail[i].wait) + " took " + std::to_string(trail[i].duration_ms));
  return lines;
}

using Lines = std::vector<std::string>;

// Losers end at the same moment, in no order.
Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

using Kinds = std::vector<Kind>;

}  // namespace

TEMPLATE_TEST_CASE("An attempt that is quick has no hedge", "[async]", Asynchronous, Simulating) {
  Observed observed{{}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({succeeds(90ms, 1)}));
  REQUIRE(heard);
  CHECK(heard->result.value() == 1);
  CHECK(heard->at == 90ms);
  CHECK(trips(heard->result) == 1);
  CHECK(observed.ends() == Kinds{Kind::ok});
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("An attempt that succeeds as its hedge is due has none", "[async]", Asynchronous, Simulating) {
  Observed observed{{}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({succeeds(100ms, 1), succeeds(1ms, 2)}));
  REQUIRE(heard);
  CHECK(heard->result.value() == 1);
  CHECK(heard->at == 100ms);
  CHECK(trips(heard->result) == 1);
  CHECK(observed.ends() == Kinds{Kind::ok});
}

TEMPLATE_TEST_CASE("A hedge that is quicker gives its answer, and the first attempt is cancelled and settled", "[async]", Asynchronous,
                   Simulating) {
  Observed observed{{}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({succeeds(5s, 1), succeeds(200ms, 2)}));
  REQUIRE(heard);
  CHECK(heard->result.value() == 2);
  CHECK(heard->at == 300ms);
  CHECK(trips(heard->result) == 2);
  CHECK(observed.ends() == Kinds{Kind::ok, Kind::abandoned});
  CHECK(observed.settled[1].sent == Sent::unknown);
  CHECK(trail_of(observed) == Lines{"2 ok waited 100 hedge took 200", "1 abandoned waited 0 none took 300"});
  CHECK(observed.seen.faults().empty());
  CHECK(observed.seen.story() == Lines{"0 s, call 1: operation began", "0 s, call 1: attempt 1 at target 0 began",
                                       "0.1 s, call 1: attempt 2 at target 0, a hedge, began",
                                       "0.3 s, call 1: attempt 2 at target 0, a hedge, ended after 0.2 s: ok",
                                       "0.3 s, call 1: attempt 1 at target 0 ended after 0.3 s: abandoned",
                                       "0.3 s, call 1: operation ended after 0.3 s: ok_hedged, attempts 2, target 0"});
}

TEMPLATE_TEST_CASE("A first attempt that is quicker than its hedges gives its answer", "[async]", Asynchronous, Simulating) {
  Observed observed{{.hedge = {.after = 100ms, .hedges = 2}}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({succeeds(450ms, 1), succeeds(5s, 2), succeeds(5s, 3), succeeds(5s, 4)}));
  REQUIRE(heard);
  CHECK(heard->result.value() == 1);
  CHECK(heard->at == 450ms);
  CHECK(observed.ends() == Kinds{Kind::ok, Kind::abandoned, Kind::abandoned});
  CHECK(trail_of(observed) ==
        Lines{"1 ok waited 0 none took 450", "2 abandoned waited 100 hedge took 350", "3 abandoned waited 200 hedge took 250"});
  CHECK(observed.seen.faults().empty());
}

TEST_CASE("The call ends when the loser has ended", "[async]") {
  Observed observed{{}};
  const auto heard = Asynchronous{}.call(observed.pipeline, by_lane({Told{5s, 1, 700ms}, succeeds(200ms, 2)}));
  REQUIRE(heard);
  CHECK(heard->result.value() == 2);
  CHECK(heard->at == 1s);
  CHECK(trail_of(observed).back() == "1 abandoned waited 0 none took 1000");
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("An attempt that fails is not hedged, however quickly another would answer", "[async]", Asynchronous, Simulating) {
  Observed observed{{.attempts = 2}};
  const auto heard = TestType{}.call(
      observed.pipeline, [](const Attempt& attempt) { return attempt.number == 1 ? fails(60ms, Kind::overload) : succeeds(10ms, 2); });
  REQUIRE(heard);
  CHECK(heard->at == 120ms);  // with the backoff of 50 ms
  CHECK(observed.ends() == Kinds{Kind::overload, Kind::ok});
  CHECK(trail_of(observed) == Lines{"1 overload waited 0 none took 60", "2 ok waited 50 backoff took 10"});
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("A first attempt that fails while its hedge is under way leaves the race to that", "[async]", Asynchronous, Simulating) {
  Observed observed{{.attempts = 3}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({fails(150ms, Kind::internal), succeeds(300ms, 2)}));
  REQUIRE(heard);
  CHECK(heard->result.value() == 2);
  CHECK(heard->at == 400ms);
  CHECK(observed.ends() == Kinds{Kind::internal, Kind::ok});
}

TEMPLATE_TEST_CASE("When all have failed, the failure that can be acted on is the call's, and of equals the first attempt's", "[async]",
                   Asynchronous, Simulating) {
  const auto [first, hedge, expected] = GENERATE(table<Kind, Kind, Kind>({{Kind::overload, Kind::internal, Kind::overload},
                                                                          {Kind::internal, Kind::overload, Kind::internal},
                                                                          {Kind::overload, Kind::auth, Kind::auth},
                                                                          {Kind::auth, Kind::overload, Kind::auth},
                                                                          {Kind::bad_request, Kind::prohibited, Kind::prohibited}}));
  const bool first_is_later = GENERATE(false, true);
  CAPTURE(first, hedge, first_is_later);
  Observed observed{{}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({fails(first_is_later ? 900ms : 300ms, first), fails(400ms, hedge)}));
  REQUIRE(heard);
  REQUIRE_FALSE(heard->result);
  CHECK(heard->at == (first_is_later && hedge != Kind::prohibited ? 900ms : 500ms));  // a block ends the race
  CHECK(heard->result.error().kind() == expected);
  CHECK(heard->result.error().attempts() == 2);
  CHECK(heard->result.error().trail().size() == 2);
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("A race that fails is tried again as a whole", "[async]", Asynchronous, Simulating) {
  Observed observed{{.attempts = 2}};
  const auto heard = TestType{}.call(observed.pipeline, [](const Attempt& attempt) {
    if (attempt.number <= 2) return fails(200ms, Kind::overload);
    return attempt.lane == 0 ? succeeds(5s, 3) : succeeds(10ms, 4);
  });
  REQUIRE(heard);
  CHECK(heard->result.value() == 4);
  CHECK(heard->at == 460ms);  // 300 both, 50 backoff, 100 until the hedge, 10
  CHECK(trips(heard->result) == 4);
  CHECK(trail_of(observed) == Lines{"1 overload waited 0 none took 200", "2 overload waited 100 hedge took 200",
                                    "4 ok waited 100 hedge took 10", "3 abandoned waited 50 backoff took 110"});
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("A hedge costs a token, and without one the first attempt goes on alone", "[async]", Asynchronous, Simulating) {
  Observed observed{{.hedge = {.after = 100ms, .hedges = 3}, .budget = {.per_call = 0, .capacity = 2, .reserve_every = 0s}}};
  TestType driver;
  const Script slow = [](const Attempt& attempt) { return succeeds(attempt.lane == 0 ? 450ms : 5s, static_cast<int>(attempt.number)); };
  const auto first = driver.call(observed.pipeline, slow);
  REQUIRE(first);
  CHECK(first->at == 450ms);
  CHECK(trips(first->result) == 3);
  CHECK(observed.budget().tokens() == 0);
  const auto second = driver.call(observed.pipeline, slow);
  REQUIRE(second);
  CHECK(second->at == 900ms);
  CHECK(trips(second->result) == 1);
  CHECK(second->result.value() == 1);
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("A hedge that a layer inside refuses costs nothing, and is in the trail", "[async]", Asynchronous, Simulating) {
  Setup setup{.budget = {.per_call = 0, .capacity = 2, .reserve_every = 0s}};
  const bool no_quota = GENERATE(false, true);
  CAPTURE(no_quota);
  if (no_quota)
    setup.quota.limits[0] = per_minute(1);  // the next one would be late by more than the hedge
  else
    setup.places = {.in_flight = 1, .waiting = 0};
  const std::string refusal = std::string{"2 "} + (no_quota ? "rate_limit" : "bulkhead_full") + " waited 100 hedge took 0";
  Observed observed{setup};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({succeeds(450ms, 1), succeeds(1ms, 2)}));
  REQUIRE(heard);
  CHECK(heard->at == 450ms);
  CHECK(heard->result.value() == 1);
  CHECK(trips(heard->result) == 1);
  CHECK(observed.budget().tokens() == 2);
  CHECK(trail_of(observed) == Lines{refusal, "1 ok waited 0 none took 450"});
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("A hedge waits in line no longer than it came after the attempt before", "[async]", Asynchronous, Simulating) {
  Observed observed{{.places = {.in_flight = 1, .waiting = 4}}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({succeeds(450ms, 1), succeeds(1ms, 2)}));
  REQUIRE(heard);
  CHECK(heard->at == 450ms);
  CHECK(trips(heard->result) == 1);
  CHECK(trail_of(observed) == Lines{"2 bulkhead_full waited 200 hedge took 0", "1 ok waited 0 none took 450"});
  CHECK(observed.places().in_flight() == 0);
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("A hedge that waits for a place when the first attempt is over leaves the line, and was never sent", "[async]",
                   Asynchronous, Simulating) {
  Setup setup{.places = {.in_flight = 1, .waiting = 4}};
  setup.quota.limits[0] = per_minute(10);
  Observed observed{setup};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({succeeds(150ms, 1), succeeds(1ms, 2)}));
  REQUIRE(heard);
  CHECK(heard->at == 150ms);
  CHECK(trips(heard->result) == 1);
  CHECK(observed.ends() == Kinds{Kind::ok, Kind::abandoned});
  CHECK(observed.settled[1].sent == Sent::no);
  CHECK(observed.places().in_flight() == 0);
  CHECK(observed.places().waiting() == 0);
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("Quota is charged for a loser that was sent, and not for one that was not", "[async]", Asynchronous, Simulating) {
  Setup setup{.budget = {.per_call = 0, .capacity = 1, .reserve_every = 0s}};
  setup.quota.limits[0] = per_minute(10);
  Observed observed{setup};
  TestType driver;
  REQUIRE(driver.call(observed.pipeline, by_lane({succeeds(5s, 1), succeeds(1ms, 2)})));
  CHECK(observed.used(driver.now()) == 2);
  REQUIRE(driver.call(observed.pipeline, by_lane({succeeds(1s, 1), succeeds(1ms, 2)})));  // the budget refuses what the tracker had let in
  CHECK(observed.used(driver.now()) == 3);
}

TEMPLATE_TEST_CASE("Each attempt of a race has its own time limit and is counted by the breaker", "[async]", Asynchronous, Simulating) {
  Observed observed{{.attempts = 2, .outwaits = true, .breaker = {.trip = consecutive(2), .open_for = 10s}, .timeout = 250ms}};
  const auto heard =
      TestType{}.call(observed.pipeline, [](const Attempt& attempt) { return attempt.number <= 2 ? succeeds(5s, 0) : succeeds(10ms, 3); });
  REQUIRE(heard);
  CHECK(heard->result.value() == 3);
  CHECK(trail_of(observed) == Lines{"1 timeout waited 0 none took 250", "2 timeout waited 100 hedge took 250",
                                    "3 circuit_open waited 50 backoff took 0", "3 ok waited 9950 circuit took 10"});
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("What a layer inside refuses the first attempt rises with its moment to the layers outside", "[async]", Asynchronous,
                   Simulating) {
  Observed observed{{.attempts = 5, .outwaits = true, .breaker = {.trip = consecutive(1), .open_for = 10s}}};
  const auto heard = TestType{}.call(
      observed.pipeline, [](const Attempt& attempt) { return attempt.number == 1 ? fails(10ms, Kind::overload) : succeeds(10ms, 2); });
  REQUIRE(heard);
  CHECK(heard->result.value() == 2);
  CHECK(heard->at == 10'020ms);
  CHECK(trail_of(observed).back() == "2 ok waited 9950 circuit took 10");
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("At the deadline all attempts of a race end, as lost answers", "[async]", Asynchronous, Simulating) {
  Observed observed{{.hedge = {.after = 100ms, .hedges = 2}, .deadline = 250ms}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({succeeds(5s, 1), succeeds(5s, 2), succeeds(5s, 3)}));
  REQUIRE(heard);
  CHECK(heard->at == 250ms);
  CHECK(heard->result.error().kind() == Kind::timeout);
  CHECK(observed.ends() == Kinds{Kind::timeout, Kind::timeout, Kind::timeout});
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("A hedge that would come at the deadline or after it does not come", "[async]", Asynchronous, Simulating) {
  Observed observed{{.deadline = 100ms}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({succeeds(5s, 1), succeeds(5s, 2)}));
  REQUIRE(heard);
  CHECK(heard->at == 100ms);
  CHECK(heard->result.error().attempts() == 1);
}

namespace {

// A chain of targets a, b and c with a hedge to the next one.
struct Chained {
  explicit Chained(const FallbackTable& table)
      : pipeline{Observe{seen},
                 Deadline{1h},
                 FallbackChain{{.targets = {{.name = "a"}, {.name = "b"}, {.name = "c"}}, .table = table}},
                 Retry{RetryOptions{.attempts = 2, .backoff = Constant{50ms}}},
                 Hedge{{.after = 100ms, .hedges = 2, .next_target = true}},
                 P{}} {}

  // Targets and lanes in the order in which attempts began: "a0 b1".
  [[nodiscard]] std::string went() const {
    std::string all;
    for (const auto& [call, at, attempt] : seen.all<AttemptBegan>())
      all += (all.empty() ? "" : " ") + std::string(1, static_cast<char>('a' + attempt.target)) + std::to_string(attempt.lane);
    return all;
  }

  RecordingObserver seen;
  Pipeline<Observe<RecordingObserver>, Deadline, FallbackChain, Retry<Constant>, Hedge, P> pipeline;
};

// What the targets say; where attempts begin, and how the call ends: with a target's answer or a kind.
struct Stopping {
  const char* what;
  std::vector<Told> by_target;
  std::string went;
  Duration at;
  Kind kind;
  unsigned target;
  FallbackTable table = {};
};

}  // namespace

TEMPLATE_TEST_CASE("After a failure that stops the call nothing begins anywhere", "[async]", Asynchronous, Simulating) {
  FallbackTable lenient;
  lenient.set(Kind::safety_output, {Next::target});
  const std::vector<Stopping> cases{{"the first attempt is blocked before another hedge is due",
                                     {fails(150ms, Kind::safety_output), succeeds(5s, 1), succeeds(50ms, 2)},
                                     "a0 b1",
                                     150ms,
                                     Kind::safety_output,
                                     0},
                                    {"the hedge is blocked, and the first attempt would fail with what is tried again",
                                     {fails(300ms, Kind::overload), fails(50ms, Kind::prohibited), succeeds(50ms, 2)},
                                     "a0 b1",
                                     150ms,
                                     Kind::prohibited,
                                     1},
                                    {"the hedge is blocked, and the first attempt would succeed",
                                     {succeeds(300ms, 0), fails(50ms, Kind::safety_prompt), succeeds(50ms, 2)},
                                     "a0 b1",
                                     150ms,
                                     Kind::safety_prompt,
                                     1},
                                    {"a block comes with a success, behind it",
                                     {succeeds(300ms, 0), fails(200ms, Kind::safety_output), succeeds(5s, 2)},
                                     "a0 b1 c2",
                                     300ms,
                                     Kind::ok,
                                     0},
                                    {"a block comes with a success, before it",
                                     {fails(300ms, Kind::safety_output), succeeds(200ms, 1), succeeds(5s, 2)},
                                     "a0 b1 c2",
                                     300ms,
                                     Kind::safety_output,
                                     0},
                                    {"the key is wrong at the first target, and the hedge that is under way succeeds",
                                     {fails(150ms, Kind::auth), succeeds(300ms, 1), succeeds(50ms, 2)},
                                     "a0 b1",
                                     400ms,
                                     Kind::ok,
                                     1},
                                    {"the key is wrong at the hedge's target, and the first attempt succeeds",
                                     {succeeds(300ms, 0), fails(50ms, Kind::auth), succeeds(50ms, 2)},
                                     "a0 b1",
                                     300ms,
                                     Kind::ok,
                                     0},
                                    {"the key is wrong at the hedge's target, and the first attempt fails with what is tried again",
                                     {fails(300ms, Kind::overload), fails(50ms, Kind::auth), succeeds(50ms, 2)},
                                     "a0 b1",
                                     300ms,
                                     Kind::auth,
                                     1},
                                    {"the key is wrong at the first target, and the hedge is blocked",
                                     {fails(150ms, Kind::auth), fails(100ms, Kind::safety_output), succeeds(50ms, 2)},
                                     "a0 b1",
                                     200ms,
                                     Kind::safety_output,
                                     1},
                                    {"the table goes on after a block",
                                     {fails(150ms, Kind::safety_output), succeeds(5s, 1), succeeds(50ms, 2)},
                                     "a0 b1 c2",
                                     250ms,
                                     Kind::ok,
                                     2,
                                     lenient}};
  for (const Stopping& expected : cases) {
    CAPTURE(expected.what);
    Chained chained{expected.table};
    const auto heard = TestType{}.call(chained.pipeline, [&](const Attempt& attempt) { return expected.by_target.at(attempt.target); });
    REQUIRE(heard);
    CHECK(chained.went() == expected.went);
    CHECK(heard->at == expected.at);
    CHECK((heard->result ? Kind::ok : heard->result.error().kind()) == expected.kind);
    CHECK((heard->result ? served_by(heard->result) : heard->result.error().target()) == expected.target);
    CHECK(chained.seen.faults().empty());
  }
}

TEMPLATE_TEST_CASE("Without a chain it is what no repeat cures after which no hedge begins", "[async]", Asynchronous, Simulating) {
  Observed observed{{.hedge = {.after = 100ms, .hedges = 3}, .attempts = 3}};
  TestType driver;
  const auto answered = driver.call(observed.pipeline, by_lane({succeeds(450ms, 1), fails(50ms, Kind::auth)}));
  REQUIRE(answered);
  CHECK(answered->result.value() == 1);
  CHECK(trips(answered->result) == 2);
  const auto failed = driver.call(observed.pipeline, by_lane({fails(450ms, Kind::overload), fails(50ms, Kind::bad_request)}));
  REQUIRE(failed);
  CHECK(failed->at == 900ms);
  CHECK(failed->result.error().kind() == Kind::bad_request);
  CHECK(failed->result.error().attempts() == 2);
  const auto blocked = driver.call(observed.pipeline, by_lane({fails(150ms, Kind::safety_output), succeeds(300ms, 2)}));
  REQUIRE(blocked);
  CHECK(blocked->at == 1050ms);
  CHECK(blocked->result.error().kind() == Kind::safety_output);
  CHECK(blocked->result.error().attempts() == 2);
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("A hedge that waits for a place when a failure stops the call is not sent", "[async]", Asynchronous, Simulating) {
  Observed observed{{.attempts = 3, .places = {.in_flight = 1, .waiting = 4}}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({fails(150ms, Kind::auth), succeeds(1ms, 2)}));
  REQUIRE(heard);
  CHECK(heard->at == 150ms);
  CHECK(heard->result.error().kind() == Kind::auth);
  CHECK(heard->result.error().attempts() == 1);
  CHECK(observed.ends() == Kinds{Kind::auth, Kind::abandoned});
  CHECK(observed.settled[1].sent == Sent::no);
  CHECK(observed.places().in_flight() == 0);
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("A cancelled race ends all of its attempts", "[async]", Asynchronous, Simulating) {
  Observed observed{{.attempts = 5}};
  const auto heard = TestType{}.call(observed.pipeline, by_lane({succeeds(5s, 1), succeeds(5s, 2)}), 150ms);
  REQUIRE(heard);
  CHECK(heard->at == 150ms);
  CHECK(heard->result.error().kind() == Kind::cancelled);
  CHECK(heard->result.error().says() == Says::caller);
  CHECK(heard->result.error().attempts() == 2);
  CHECK(observed.ends() == Kinds{Kind::abandoned, Kind::abandoned});
  CHECK(observed.seen.faults().empty());
}

TEST_CASE("A race that is cancelled as its attempt begins has sent nothing", "[async]") {
  struct Cancelling {
    asio::cancellation_signal& signal;
    void on(const AttemptBegan&) const { signal.emit(asio::cancellation_type::terminal); }
  };
  AsioVirtualClock clock;
  asio::cancellation_signal signal;
  Cancelling cancelling{signal};
  std::vector<Verdict> outside;
  Pipeline pipeline{Observe{cancelling}, P{}.telling(outside), Hedge{{.after = 100ms}}};
  asio::io_context context;
  std::optional<Result<int>> heard;
  int calls = 0;
  ToldOperation operation{clock, context, [&calls](const Attempt&) {
                            ++calls;
                            return succeeds(5s, 1);
                          }};
  pipeline.async_run(repeatable(operation), context, clock,
                     asio::bind_cancellation_slot(signal.slot(), [&heard](Result<int> result) { heard.emplace(std::move(result)); }));
  clock.run(context);
  CHECK(calls == 0);
  REQUIRE(heard);
  CHECK(heard->error().kind() == Kind::cancelled);
  CHECK(heard->error().verdict().sent == Sent::no);
  REQUIRE(heard->error().trail().size() == 1);
  CHECK(heard->error().trail()[0].sent == Sent::no);
  REQUIRE(outside.size() == 1);
  CHECK(outside[0].sent == Sent::no);
}

TEST_CASE("An exception that nobody claims ends the race and the call", "[async]") {
  Observed observed{{.attempts = 5}};
  const auto heard = Asynchronous{}.call(observed.pipeline, [](const Attempt& attempt) {
    if (attempt.lane == 1) throw std::runtime_error{"no socket"};
    return succeeds(5s, 1);
  });
  REQUIRE(heard);
  CHECK(heard->at == 100ms);
  REQUIRE_FALSE(heard->result);
  CHECK(heard->result.error().id() == FailureId{"exception"});
  CHECK(heard->result.error().attempts() == 2);
  CHECK(observed.ends() == Kinds{Kind::abandoned, Kind::abandoned});
  CHECK(observed.seen.faults().empty());
}

TEMPLATE_TEST_CASE("A hedge goes by what was observed", "[async]", Asynchronous, Simulating) {
  Observed observed{{.hedge = {.after = 10s, .quantile = 0.8}}};
  TestType driver;
  for (const Duration takes : {400ms, 200ms, 300ms}) REQUIRE(driver.call(observed.pipeline, by_lane({succeeds(takes, 1)})));
  const Hedge hedge{HedgeOptions{.after = 10s, .quantile = 0.8}};
  REQUIRE(driver.call(observed.pipeline, by_lane({fails(600ms, Kind::internal)})));  // a failure says nothing
  CHECK(hedge.after(observed.hedge()) == 10s);
  REQUIRE(driver.call(observed.pipeline, by_lane({succeeds(100ms, 1)})));
  CHECK(hedge.after(observed.hedge()) == 400ms);
  const auto heard = driver.call(observed.pipeline, by_lane({succeeds(5s, 1), succeeds(10ms, 2)}));
  REQUIRE(heard);
  CHECK(trail_of(observed).front() == "2 ok waited 400 hedge took 10");
  CHECK(hedge.after(observed.hedge()) > 400ms);  // the first attempt took longer
}

TEST_CASE("Random races tell the same story in both drivers", "[async]") {
  SplitMix64 dice{11};
  const auto from = [&](std::uint64_t least, std::uint64_t most) { return least + dice() % (most - least + 1); };
  std::size_t hedges = 0;
  for (int round = 0; round < 300; ++round) {
    CAPTURE(round);
    Setup setup;
    setup.attempts = static_cast<std::uint16_t>(from(1, 3));
    setup.hedge = {.after = std::chrono::milliseconds{from(1, 9) * 10}, .hedges = static_cast<std::uint8_t>(from(1, 4))};
    setup.budget = {.per_call = 0, .capacity = static_cast<std::int32_t>(from(1, 6)), .reserve_every = 0s};
    setup.places = {.in_flight = static_cast<std::uint32_t>(from(1, 4)), .waiting = static_cast<std::uint32_t>(from(0, 2))};
    setup.breaker = {.trip = consecutive(static_cast<unsigned>(from(2, 5))), .open_for = 100ms};
    setup.timeout = std::chrono::milliseconds{from(5, 30) * 10 + 3};
    setup.deadline = std::chrono::milliseconds{from(10, 200) * 10 + 7};
    setup.outwaits = from(0, 1) == 1;
    std::vector<Told> told;
    for (int i = 0; i < 30; ++i) {
      const Duration takes{std::chrono::microseconds{from(0, 300'000)}};
      constexpr std::array failures{Kind::overload, Kind::network, Kind::overload, Kind::network, Kind::auth, Kind::safety_output};
      told.push_back(from(0, 2) == 0 ? succeeds(takes, i) : fails(takes, failures[from(0, failures.size() - 1)]));
    }
    const Script script = [&](const Attempt& attempt) { return told.at(attempt.number - 1); };
    const std::optional<Duration> cancel_at =
        from(0, 3) == 0 ? std::optional<Duration>{std::chrono::milliseconds{from(1, 60) * 10 + 1}} : std::nullopt;
    Observed one{setup};
    Observed other{setup};
    const auto asynchronous = Asynchronous{}.call(one.pipeline, script, cancel_at);
    const auto simulated = Simulating{}.call(other.pipeline, script, cancel_at);
    REQUIRE(asynchronous);
    REQUIRE(simulated);
    REQUIRE(sorted(one.seen.story()) == sorted(other.seen.story()));
    REQUIRE(text(asynchronous->result) == text(simulated->result));
    REQUIRE(one.seen.faults().empty());
    for (const auto& event : one.seen.all<AttemptBegan>()) hedges += event.attempt.lane > 0 ? 1U : 0U;
  }
  CHECK(hedges > 200);
}

namespace {

// Counts what is large, as only calls are: the waits of timers are not.
template <class T>
struct CallCounter {
  using value_type = T;

  CallCounter(int& made_calls, int& live_calls) noexcept : made(&made_calls), live(&live_calls) {}
  template <class U>
  CallCounter(const CallCounter<U>& other) noexcept : made(other.made), live(other.live) {}

  static constexpr bool is_large(std::size_t count) { return count * sizeof(T) > 400; }
  T* allocate(std::size_t count) {
    *made += is_large(count) ? 1 : 0;
    *live += is_large(count) ? 1 : 0;
    return std::allocator<T>{}.allocate(count);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    *live -= is_large(count) ? 1 : 0;
    std::allocator<T>{}.deallocate(memory, count);
  }
  template <class U>
  bool operator==(const CallCounter<U>& other) const noexcept {
    return made == other.made;
  }

  int* made;
  int* live;
};

// The first attempt may go to another context. One pipeline, operation and handler for both of the following cases.
struct HereOrThere {
  template <class Token>
  auto operator()(const Attempt& attempt, Token&& token) {
    return there && attempt.lane == 0 ? (*there)(attempt, std::forward<Token>(token)) : here(attempt, std::forward<Token>(token));
  }
  ToldOperation<Script> here;
  std::optional<ToldOperation<Script>> there;
};

class Plain {
 public:
  void begin(Script script, asio::io_context* there = nullptr) {
    HereOrThere operation{{clock, context, script}, {}};
    if (there) operation.there.emplace(clock, *there, std::move(script));
    pipeline_.async_run(repeatable(operation), context, clock,
                        asio::bind_allocator(CallCounter<int>{made, live}, [this](const Result<int>& result) {
                          value = result ? result.value() : -1;
                          at = clock.now()().time_since_epoch();
                          live_at_end = live;
                        }));
  }

  AsioVirtualClock clock;
  int made = 0;
  int live = 0;
  int live_at_end = -1;
  int value = 0;
  Duration at{};

 private:
  Pipeline<P, Hedge, P> pipeline_{P{}, Hedge{HedgeOptions{.after = 100ms, .hedges = 2}}, P{}};

 public:
  asio::io_context context;  // goes before the pipeline
};

}  // namespace

TEST_CASE("A branch is one allocation from the handler's allocator, given back before the handler is called", "[async]") {
  const auto [first_takes, calls] = GENERATE(table<Duration, int>({{50ms, 2}, {150ms, 3}, {450ms, 4}}));
  CAPTURE(first_takes);
  Plain plain;
  plain.begin(by_lane({succeeds(first_takes, 1), succeeds(1s, 2), succeeds(1s, 3)}));
  CHECK(plain.live == 1);
  plain.clock.run(plain.context);
  CHECK(plain.value == 1);
  CHECK(plain.live_at_end == 0);
  CHECK(plain.made == calls);
}

TEST_CASE("An attempt whose operation goes without a word leaves the race to the others", "[async]") {
  Plain plain;
  auto gone = std::make_unique<asio::io_context>();
  plain.begin(by_lane({succeeds(5s, 1), succeeds(1s, 2), succeeds(1s, 3)}), gone.get());
  plain.clock.run_until(plain.context, Time{500ms});
  gone.reset();
  CHECK(plain.value == 0);
  plain.clock.run(plain.context);
  CHECK(plain.value == 2);
  CHECK(plain.at == 1100ms);
  CHECK(plain.live == 0);
}

TEST_CASE("A race that is won ends also when the other attempt goes without a word", "[async]") {
  Plain plain;
  auto gone = std::make_unique<asio::io_context>();
  plain.begin(by_lane({succeeds(5s, 1), succeeds(1s, 2), succeeds(2s, 3)}), gone.get());
  plain.clock.run_until(plain.context, Time{3s});
  CHECK(plain.value == 0);  // it waits for the end of the first attempt, which nobody runs
  gone.reset();
  CHECK(plain.value == 0);  // not from inside
  plain.clock.run(plain.context);
  CHECK(plain.value == 2);
  CHECK(plain.live == 0);
}
