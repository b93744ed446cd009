// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/every_driver.hpp"
#include "../support/inner_call.hpp"
#include "../support/verdicts.hpp"

#include <ductile/core/make.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/slow_start.hpp>
#include <ductile/policies/timeout.hpp>
#include <ductile/testing/recording_observer.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
using support::at;
using support::said;

namespace {

// A simulation of calls that say how long they take and how they end, through a breaker that one failure opens for ten seconds. It writes
// down when they begin and end, as "a0 !a1 b10": at second 0, failed at 1, at 10; "~" is who was told that the service recovers.
struct Recovery {
  explicit Recovery(const SlowStartOptions& options)
      : pipeline{CountingPolicy{}, SlowStart{options}, CountingPolicy{},
                 CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 10s}}} {}

  Simulation::Call call(char name, Duration when, Duration takes, Kind ends = Kind::ok, const CallOptions& options = {}) {
    return simulation.call(
        pipeline,
        [this, name, takes, ends](const Attempt&) {
          tell("", name);
          return Simulated<Result<int>>{takes, ends == Kind::ok ? Result<int>{1} : Result<int>{Failure{ends}}};
        },
        [this, name](const Result<int>& result) {
          const bool recovering = !result && result.error().id() == FailureId{"circuit-recovering"};
          tell(result ? "-" : recovering ? "~" : "!", name);
          ends_of.insert_or_assign(name, result);
        },
        at(when), options);
  }

  // It fails at second 0, one is rejected at 1, and a probe of a second succeeds from 10 on.
  void fall_ill() {
    call('x', 0s, 0s, Kind::internal);
    call('y', 1s, 0s);
    call('p', 10s, 1s);
    simulation.run_until(at(11s));
    CHECK(story == "x0 !x0 !y1 p10 -p11");
    REQUIRE(state().recovering());
    story.clear();
  }

  void tell(const char* what, char name) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(simulation.now()().time_since_epoch()).count();
    story += (story.empty() ? "" : " ") + std::string{what} + name + std::to_string(seconds);
  }
  SlowStart::State& state() { return pipeline.state<1>(); }
  CircuitBreaker<>::State& breaker() { return pipeline.state<3>(); }

  Pipeline<CountingPolicy, SlowStart, CountingPolicy, CircuitBreaker<>> pipeline;
  std::string story;
  std::map<char, Result<int>> ends_of;
  Simulation simulation;
};

SlowStartOptions beginning_with(double begin) {
  return {.begin = begin, .step = 1.0, .shrink = 0.5, .end = 100.0, .calm = 2min, .longest_wait = 1h};
}

}  // namespace

TEST_CASE("While nothing has fallen ill all calls go at once", "[policies]") {
  Recovery scene{beginning_with(1)};
  for (int i = 0; i < 20; ++i) scene.call(static_cast<char>('a' + i), 0s, 1s);
  scene.simulation.run_until(at(500ms));
  CHECK_FALSE(scene.state().recovering());
  CHECK(scene.state().limit() == 0);
  CHECK(scene.state().in_flight() == 0);  // none of them counts
  scene.simulation.run();
  CHECK(scene.ends_of.size() == 20);
}

TEST_CASE("After an outage calls come back by and by, in the order in which they came", "[policies]") {
  Recovery scene{beginning_with(1)};
  scene.fall_ill();
  CHECK(scene.state().limit() == 2);  // the probe was a round of one
  for (const char name : {'a', 'b', 'c', 'd', 'e', 'f'}) scene.call(name, 12s, 10s);
  scene.simulation.run_until(at(13s));
  CHECK(scene.state().in_flight() == 2);
  CHECK(scene.state().waiting() == 4);
  scene.simulation.run();
  CHECK(scene.story == "a12 b12 -a22 -b22 c22 d22 -c32 -d32 e32 f32 -e42 -f42");
  CHECK(scene.state().in_flight() == 0);
  CHECK(scene.state().waiting() == 0);
}

TEST_CASE("How long attempts took in an earlier recovery says nothing of the next one", "[policies]") {
  Recovery scene{beginning_with(1)};
  scene.fall_ill();
  scene.call('a', 12s, 60s);
  scene.simulation.run_until(at(90s));
  REQUIRE(scene.breaker().isolate());
  scene.call('b', 100s, 0s);
  scene.simulation.run_until(at(100s));
  REQUIRE(scene.breaker().reset());
  scene.call('c', 110s, 30s);
  scene.call('d', 111s, 1s, Kind::ok, {.deadline = 5s});  // stands in line: nobody has ended well, so nobody knows
  scene.simulation.run();
  CHECK(scene.story == "a12 -a72 !b100 c110 !d116 -c140");
}

TEST_CASE("A refusal makes it slower, and never slower than at the begin", "[policies]") {
  struct Case {
    Kind ends;
    std::uint32_t limit;
  };
  const Case one = GENERATE(Case{Kind::ok, 5}, Case{Kind::rate_limit, 2}, Case{Kind::no_image, 4});
  CAPTURE(static_cast<int>(one.ends), one.limit);
  Recovery scene{beginning_with(2)};
  scene.fall_ill();
  for (int i = 0; i < 5; ++i) scene.call(static_cast<char>('a' + i), 12s + i * 1s, 1s);
  scene.simulation.run_until(at(18s));
  REQUIRE(scene.state().limit() == 4);
  scene.call('z', 20s, 1s, one.ends);
  if (one.ends == Kind::ok)
    for (int i = 0; i < 4; ++i) scene.call(static_cast<char>('m' + i), 22s + i * 2s, 1s);
  scene.simulation.run();
  CHECK(scene.state().limit() == one.limit);
  if (one.ends != Kind::rate_limit) return;
  for (int i = 0; i < 3; ++i) scene.call(static_cast<char>('m' + i), 42s + i * 2s, 1s, Kind::rate_limit);
  scene.simulation.run();
  CHECK(scene.state().limit() == 2);
}

TEST_CASE("Recovery is over when so many may be in flight, and all who wait go", "[policies]") {
  SlowStartOptions options = beginning_with(1);
  options.end = 2.5;
  Recovery scene{options};
  scene.fall_ill();
  for (const char name : {'a', 'b', 'c', 'd', 'e', 'f'}) scene.call(name, 12s, 10s);
  scene.simulation.run();
  CHECK(scene.story == "a12 b12 -a22 -b22 c22 d22 e22 f22 -c32 -d32 -e32 -f32");
  CHECK_FALSE(scene.state().recovering());
}

TEST_CASE("Recovery is over when nobody had to wait for a while, and not while somebody waits", "[policies]") {
  Recovery scene{beginning_with(1)};
  scene.fall_ill();  // rejected last at 1 s
  SECTION("nobody waits") {
    scene.call('a', 121s - 1ms, 0s);
    scene.simulation.run();
    CHECK(scene.state().recovering());
    scene.call('b', 121s, 0s);
    scene.simulation.run();
    CHECK_FALSE(scene.state().recovering());
  }
  SECTION("somebody has waited for longer than that") {
    scene.call('a', 12s, 200s);
    scene.call('b', 12s, 200s);
    scene.call('c', 13s, 1s);
    scene.call('d', 13s, 300s);
    scene.call('e', 200s, 1s);  // nobody came for more than two minutes, but c and d wait
    scene.simulation.run_until(at(211s));
    CHECK(scene.story == "a12 b12");
    scene.simulation.run_until(at(212s));
    CHECK(scene.state().recovering());
    scene.call('f', 260s, 1s);  // they waited until 212
    scene.simulation.run_until(at(261s));
    CHECK(scene.state().recovering());
    scene.call('g', 340s, 1s);
    scene.simulation.run();
    CHECK_FALSE(scene.state().recovering());
  }
}

TEST_CASE("When it falls ill anew, those who hang from before hold no place", "[policies]") {
  Recovery scene{beginning_with(1)};
  scene.fall_ill();
  scene.call('a', 12s, 10min);               // hangs
  scene.call('b', 13s, 1s, Kind::internal);  // opens the breaker again
  scene.call('c', 15s, 1s);                  // rejected: a new recovery
  scene.simulation.run_until(at(16s));
  CHECK(scene.story == "a12 b13 !b14 !c15");
  CHECK(scene.state().in_flight() == 0);
  scene.call('d', 24s, 1s);
  scene.call('e', 30s, 5s);
  scene.call('f', 30s, 5s);
  scene.call('g', 30s, 5s);
  scene.simulation.run_until(at(1min));
  CHECK(scene.story == "a12 b13 !b14 !c15 d24 -d25 e30 f30 -e35 -f35 g35 -g40");
  scene.simulation.run();  // the end of a counts in no recovery
  CHECK(scene.state().in_flight() == 0);
}

TEST_CASE("Who would wait longer than it may is told at once, by how long attempts took of late", "[policies]") {
  Recovery scene{beginning_with(1)};
  scene.fall_ill();  // the probe took a second, so the next ones are thought to
  const CallOptions has_two_seconds{.deadline = 2s};
  scene.call('a', 12s, 1min);
  scene.call('b', 12s, 1min);
  for (const char name : {'c', 'd', 'e'}) scene.call(name, 13s, 1s);
  scene.call('f', 14s, 1s, Kind::ok, has_two_seconds);  // the fourth in line, at two at a time: it just fits
  scene.call('g', 14s, 1s, Kind::ok, has_two_seconds);
  scene.call('h', 14s, 1s, Kind::ok, {.deadline = 3s});
  scene.simulation.run_until(at(20s));
  CHECK(scene.story == "a12 b12 ~g14 !f16 !h17");
  CHECK_FALSE(has(scene.ends_of.at('g').error().notes(), Note::deadline_would_pass));
  CHECK(has(scene.ends_of.at('f').error().notes(), Note::deadline_would_pass));
}

TEST_CASE("While nobody knows how long attempts take, all may wait", "[policies]") {
  Recovery scene{beginning_with(1)};
  scene.call('x', 0s, 0s, Kind::internal);
  scene.call('y', 1s, 0s);
  scene.call('p', 10s, 10min);  // the probe hangs
  for (int i = 0; i < 10; ++i) scene.call(static_cast<char>('a' + i), 11s, 1s, Kind::ok, {.deadline = 5s});
  scene.simulation.run_until(at(12s));
  CHECK(scene.state().waiting() == 10);
  scene.simulation.run_until(at(17s));
  CHECK(scene.state().waiting() == 0);
  for (int i = 0; i < 10; ++i) {
    const Failure& failure = scene.ends_of.at(static_cast<char>('a' + i)).error();
    CHECK(failure.kind() == Kind::circuit_open);
    CHECK(has(failure.notes(), Note::deadline_would_pass));
    CHECK(failure.trail()[0].wait == WaitSource::gate);
    CHECK(failure.trail()[0].wait_ms == 5000);
  }
}

TEST_CASE("Who has waited longest_wait is told that the service recovers, with nothing sent", "[policies]") {
  SlowStartOptions options = beginning_with(1);
  options.longest_wait = 5s;
  Recovery scene{options};
  scene.fall_ill();
  scene.call('a', 12s, 1min);
  scene.call('b', 12s, 1min);
  scene.call('c', 13s, 1s);
  scene.simulation.run();
  CHECK(scene.story == "a12 b12 ~c18 -a72 -b72");
  const Failure& failure = scene.ends_of.at('c').error();
  CHECK(failure.kind() == Kind::circuit_open);
  CHECK(failure.says() == Says::policy);
  CHECK(failure.remedy() == Remedy::after_delay);
  CHECK(failure.verdict().sent == Sent::no);
  CHECK(failure.attempts() == 0);
  CHECK_FALSE(failure.earliest_retry_at());
  CHECK_FALSE(has(failure.notes(), Note::deadline_would_pass));
}

TEST_CASE("A call that leaves the line, also in the moment in which it is let in, takes no place with it", "[policies]") {
  const char leaver = GENERATE('c', 'd');
  const auto when = GENERATE(15s, 22s);  // while it waits; when a and b end
  Recovery scene{beginning_with(1)};
  scene.fall_ill();
  std::map<char, Simulation::Call> calls;
  for (const char name : {'a', 'b', 'c', 'd', 'e'}) calls.emplace(name, scene.call(name, 12s, 10s));
  scene.simulation.at(at(when), [&] { calls.at(leaver).cancel(); });
  scene.simulation.run();
  CAPTURE(leaver, when.count(), scene.story);
  CHECK(scene.ends_of.size() == 3 + 5);
  for (const char name : {'a', 'b', 'c', 'd', 'e'}) CHECK(scene.ends_of.at(name).has_value() == (name != leaver));
  CHECK(scene.state().in_flight() == 0);
  CHECK(scene.state().waiting() == 0);
  CHECK(Ledger::global().fault().empty());
}

TEST_CASE("A breaker that is isolated by hand begins a recovery, which starts when it is reset", "[policies]") {
  Recovery scene{beginning_with(1)};
  REQUIRE(scene.breaker().isolate());
  scene.call('a', 0s, 1s);
  scene.call('b', 0s, 1s);
  scene.simulation.run();
  CHECK(scene.story == "!a0 !b0");  // nobody waits for what nobody knows the end of
  CHECK(scene.ends_of.at('b').error().id() == FailureId{"circuit-isolated"});
  CHECK(scene.state().recovering());
  CHECK(scene.state().in_flight() == 0);
  REQUIRE(scene.breaker().reset());
  for (const char name : {'c', 'd', 'e'}) scene.call(name, 1s, 10s);
  scene.simulation.run();
  CHECK(scene.story == "!a0 !b0 c1 -c11 d11 e11 -d21 -e21");
}

TEST_CASE("A destroyed simulation leaves no place of a recovery taken and nobody in line", "[policies]") {
  const SlowStart one{beginning_with(1)};
  SlowStart::State state{one};
  {
    Pipeline pipeline{CountingPolicy{}, with_state(one, state), CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1)}}};
    Simulation simulation;  // destroyed before what its calls go through
    REQUIRE(pipeline.state<2>().isolate());
    static_cast<void>(simulation.call(pipeline, [] { return Simulated{0s, 1}; }, [](const auto&) {}));
    simulation.run();
    REQUIRE(pipeline.state<2>().reset());
    for (int i = 0; i < 4; ++i) static_cast<void>(simulation.call(pipeline, [] { return Simulated{1h, 1}; }, [](const auto&) {}));
    simulation.run_until(at(1s));
    CHECK(state.in_flight() == 1);
    CHECK(state.waiting() == 3);
  }
  CHECK(state.in_flight() == 0);
  CHECK(state.waiting() == 0);
}

TEST_CASE("Each target of a chain recovers by itself, and who finds no place goes to the next", "[policies]") {
  FallbackOptions chain;
  chain.targets = {{.name = "first"}, {.name = "second"}};
  Pipeline pipeline{Deadline{10min}, FallbackChain{chain}, SlowStart{beginning_with(1)},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 10s}}};
  REQUIRE(pipeline.state<3>(0).isolate());
  Simulation simulation;
  std::vector<unsigned> served;
  const auto ask = [&](Duration when) {
    static_cast<void>(simulation.call(
        pipeline, [] { return Simulated{2min, 1}; }, [&](const Result<int>& result) { served.push_back(result ? served_by(result) : 99); },
        at(when)));
  };
  ask(0s);
  simulation.run_until(at(1s));
  CHECK(pipeline.state<2>(0).recovering());
  CHECK_FALSE(pipeline.state<2>(1).recovering());
  REQUIRE(pipeline.state<3>(0).reset());
  ask(2s);
  ask(3s);  // its patience for the first, a twentieth of ten minutes, is over at 33 s
  simulation.run();
  CHECK(served == std::vector<unsigned>{1, 0, 1});
  CHECK(simulation.now()() == at(33s + 2min));
}

EVERY_DRIVER("A wait for a place in a recovery ends by time, by deadline and by a stop", "[policies]") {
  SlowStartOptions options = beginning_with(1);
  options.longest_wait = 10s;
  Pipeline pipeline{CountingPolicy{}, SlowStart{options}, CountingPolicy{}, CircuitBreaker{}};
  REQUIRE(pipeline.state<3>().isolate());
  REQUIRE_FALSE(driver.run(pipeline, [] { return 1; }));
  REQUIRE(pipeline.state<3>().reset());
  SECTION("by time") {
    const InnerCall call = call_while_holding(driver, pipeline);
    CHECK(call.outer->value() == 2);
    CHECK(call.inner->error().verdict().id == FailureId{"circuit-recovering"});
    CHECK(call.waited == 10s);
  }
  SECTION("by deadline") {
    const InnerCall call = call_while_holding(driver, pipeline, CallOptions{.deadline = 3s});
    CHECK(call.outer->value() == 2);
    CHECK(has(call.inner->error().notes(), Note::deadline_would_pass));
    CHECK(call.waited == 3s);
  }
  SECTION("by a stop") {
    driver.at(at(4s), [&] { driver.stop(); });
    const InnerCall call = call_while_holding(driver, pipeline);
    CHECK(call.outer->value() == 2);
    CHECK(call.inner->error().kind() == Kind::cancelled);
    CHECK(call.waited == 4s);
  }
  SECTION("and an operation that throws gives its place back") {
    CHECK_THROWS_AS(driver.run(pipeline, []() -> int { throw std::runtime_error{"operation"}; }), std::runtime_error);
  }
  CHECK(pipeline.state<1>().in_flight() == 0);
  CHECK(pipeline.state<1>().waiting() == 0);
  CHECK(driver.run(pipeline, [] { return 3; }).value() == 3);
}

TEST_CASE("Observers hear who waits for a recovery and who is rejected by it", "[policies]") {
  RecordingObserver seen;
  SlowStartOptions options = beginning_with(1);
  options.longest_wait = 10s;
  Pipeline pipeline{SlowStart{options}, CircuitBreaker{}, Observe{seen}};
  REQUIRE(pipeline.state<1>().isolate());
  Simulation simulation;
  const auto ask = [&] {
    static_cast<void>(simulation.call(pipeline, [] { return Simulated{1min, 1}; }, [](const auto&) {}));
    simulation.run_until(simulation.now()() + 1s);
  };
  ask();
  REQUIRE(pipeline.state<1>().reset());
  ask();
  ask();
  simulation.run();
  const auto waits = seen.all<WaitBegan>();
  REQUIRE(waits.size() == 1);
  CHECK(waits[0].source == WaitSource::gate);
  CHECK(waits[0].by == Role::slow_start);
  CHECK(waits[0].why == Kind::circuit_open);
  const auto rejections = seen.all<Rejected>();
  REQUIRE(rejections.size() == 2);
  CHECK(rejections[0].by == Role::circuit_breaker);
  CHECK(rejections[1].by == Role::slow_start);
}

TEST_CASE("SlowStart options out of range are refused by name, range and value", "[policies]") {
  const auto refusal = [](const SlowStartOptions& options) -> std::string {
    const auto made = make<SlowStart>(options);
    return made ? "accepted" : made.error().message();
  };
  CHECK(refusal({.begin = 0.5}) == "SlowStart: begin must be from 1 to 10000; it is 0.5");
  CHECK(refusal({.begin = 10'001, .end = 20'000}) == "SlowStart: begin must be from 1 to 10000; it is 10001");
  CHECK(refusal({.step = 0}) == "SlowStart: step must be above 0, up to 10000; it is 0");
  CHECK(refusal({.step = 10'001}) == "SlowStart: step must be above 0, up to 10000; it is 10001");
  CHECK(refusal({.shrink = 0.05}) == "SlowStart: shrink must be from 0.1 to 1; it is 0.05");
  CHECK(refusal({.shrink = 1.5}) == "SlowStart: shrink must be from 0.1 to 1; it is 1.5");
  CHECK(refusal({.end = 5}) == "SlowStart: end must be from begin to 1000000; it is 5");
  CHECK(refusal({.end = 2e6}) == "SlowStart: end must be from begin to 1000000; it is 2000000");
  CHECK(refusal({.calm = 0s}) == "SlowStart: calm must be from 0.001 to 86400 s; it is 0");
  CHECK(refusal({.calm = 25h}) == "SlowStart: calm must be from 0.001 to 86400 s; it is 90000");
  CHECK(refusal({.longest_wait = 0s}) == "SlowStart: longest_wait must be from 0.001 to 86400 s; it is 0");
  CHECK(refusal({.longest_wait = 25h}) == "SlowStart: longest_wait must be from 0.001 to 86400 s; it is 90000");
  CHECK(refusal({.begin = 1, .step = 0.01, .shrink = 1, .end = 1, .calm = 1ms, .longest_wait = 24h}) == "accepted");
  CHECK_THROWS_AS(SlowStart{SlowStartOptions{.begin = 0}}, ConfigError);
  constexpr SlowStart constant{{.begin = 3}};
  STATIC_REQUIRE(constant.options().begin == 3);
}
