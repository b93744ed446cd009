// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/every_driver.hpp"
#include "../support/inner_call.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/make.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/retry.hpp>
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

namespace {

// A simulation whose calls write down when they begin and end: "a0 b0 -a5 c5" is a and b at second 0, a's end and c's beginning at 5.
template <class... Elements>
struct Scene {
  explicit Scene(Elements... elements) : pipeline{std::move(elements)...} {}

  Simulation::Call call(char name, Duration takes, Duration when = {}, const CallOptions& options = {}) {
    return simulation.call(
        pipeline,
        [this, name, takes](const Attempt&) {
          tell("", name);
          return Simulated{takes, 1};
        },
        [this, name](const Result<int>& result) {
          if (result)
            tell("-", name);
          else
            tell(result.error().kind() == Kind::bulkhead_full ? "full-" : "!", name);
          ends.insert_or_assign(name, result);
        },
        Time{when}, options);
  }

  void tell(const char* what, char name) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(simulation.now()().time_since_epoch()).count();
    story += (story.empty() ? "" : " ") + std::string{what} + name + std::to_string(seconds);
  }

  Pipeline<Elements...> pipeline;
  std::string story;
  std::map<char, Result<int>> ends;
  Simulation simulation;
};
template <class... Elements>
Scene(Elements...) -> Scene<Elements...>;

Bulkhead bulkhead(std::uint32_t in_flight, std::uint32_t waiting, Duration longest_wait = 1h) {
  return Bulkhead{{.in_flight = in_flight, .waiting = waiting, .longest_wait = longest_wait}};
}

}  // namespace

TEST_CASE("Calls beyond in_flight wait in the order in which they came", "[policies]") {
  Scene scene{CountingPolicy{}, bulkhead(2, 10), CountingPolicy{}};
  scene.call('a', 5s);
  scene.call('b', 8s);
  scene.call('c', 1s, 1s);
  scene.call('d', 1s, 2s);
  scene.call('e', 1s, 3s);
  scene.simulation.run_until(Time{4s});
  CHECK(scene.pipeline.template state<1>().in_flight() == 2);
  CHECK(scene.pipeline.template state<1>().waiting() == 3);
  scene.simulation.run();
  CHECK(scene.story == "a0 b0 -a5 c5 -c6 d6 -d7 e7 -b8 -e8");
  CHECK(scene.pipeline.template state<1>().in_flight() == 0);
  CHECK(scene.pipeline.template state<1>().waiting() == 0);
}

TEST_CASE("Nobody overtakes those in line, even in the moment in which a place becomes free", "[policies]") {
  Scene scene{bulkhead(1, 10)};
  scene.call('a', 5s);
  scene.call('b', 5s, 1s);
  scene.call('c', 5s, 5s);  // comes when a ends
  scene.simulation.run();
  CHECK(scene.story == "a0 -a5 b5 -b10 c10 -c15");
}

TEST_CASE("Who finds the line full is rejected at once", "[policies]") {
  const std::uint32_t waiting = GENERATE(0U, 1U, 3U);
  Scene scene{bulkhead(1, waiting), CountingPolicy{}};
  scene.call('a', 1min);
  for (std::uint32_t i = 0; i < waiting; ++i) scene.call(static_cast<char>('b' + i), 1s);
  scene.call('z', 1s, 10s);
  scene.simulation.run();
  CHECK(scene.story.find("full-z10") != std::string::npos);
  const Failure& failure = scene.ends.at('z').error();
  CHECK(failure.kind() == Kind::bulkhead_full);
  CHECK(failure.says() == Says::policy);
  CHECK(failure.remedy() == Remedy::after_delay);
  CHECK(failure.attempts() == 0);
  CHECK(failure.verdict().sent == Sent::no);
  CHECK(scene.ends.size() == waiting + 2);
}

TEST_CASE("Who has waited longest_wait is rejected, and those behind move up", "[policies]") {
  Scene scene{bulkhead(1, 2, 10s), CountingPolicy{}};
  scene.call('a', 12s);
  scene.call('b', 1s, 1s);
  scene.call('c', 1s, 4s);
  scene.call('d', 1s, 11'500ms);  // there is room in the line again
  scene.simulation.run();
  CHECK(scene.story == "a0 full-b11 -a12 c12 -c13 d13 -d14");
  const Failure& failure = scene.ends.at('b').error();
  CHECK(failure.remedy() == Remedy::after_delay);
  CHECK(failure.trail()[0].wait == WaitSource::gate);
  CHECK(failure.trail()[0].wait_ms == 10'000);
  CHECK_FALSE(has(failure.notes(), Note::deadline_would_pass));
}

TEST_CASE("A deadline ends the wait in line, and says so", "[policies]") {
  Scene scene{Deadline{1h}, bulkhead(1, 10)};
  scene.call('a', 1min);
  scene.call('b', 1s, 1s, {.deadline = 20s});
  scene.call('c', 1s, 2s);
  scene.simulation.run();
  CHECK(scene.story == "a0 full-b21 -a60 c60 -c61");
  CHECK(has(scene.ends.at('b').error().notes(), Note::deadline_would_pass));
}

TEST_CASE("Leaving the line loses no place and breaks no order", "[policies]") {
  const char leaver = GENERATE('b', 'c', 'd');
  const auto when = GENERATE(2s, 5s);  // while all wait; in the moment in which b is let in
  Scene scene{CountingPolicy{}, bulkhead(1, 10), CountingPolicy{}};
  std::map<char, Simulation::Call> calls;
  for (const char name : {'a', 'b', 'c', 'd'}) calls.emplace(name, scene.call(name, 5s));
  scene.simulation.at(Time{when}, [&] { calls.at(leaver).cancel(); });
  scene.simulation.run();
  CAPTURE(leaver, when.count(), scene.story);
  std::string begun;
  for (std::size_t i = 0; i + 1 < scene.story.size(); ++i)
    if ((i == 0 || scene.story[i - 1] == ' ') && scene.story[i] != '!' && scene.story[i] != '-') begun += scene.story[i];
  std::string all = "abcd";
  std::erase(all, leaver);
  if (begun.size() == 4) {
    CHECK(leaver == 'b');  // it was let in before it was stopped
    CHECK(when == 5s);
  } else {
    CHECK(begun == all);
  }
  CHECK(scene.pipeline.template state<1>().in_flight() == 0);
  CHECK(scene.pipeline.template state<1>().waiting() == 0);
}

TEST_CASE("A call that waits for its next attempt holds no place", "[policies]") {
  Simulation simulation;
  Pipeline pipeline{Retry{RetryOptions{.backoff = Constant{.wait = 60s}}}, bulkhead(1, 0)};
  int failures = 0;
  std::string story;
  static_cast<void>(simulation.call(
      pipeline, [&]() { return Simulated<Result<int>>{1s, ++failures < 2 ? Result<int>{Failure{Kind::overload}} : Result<int>{1}}; },
      [&](const Result<int>& result) { story += result ? "a" : "!"; }));
  static_cast<void>(simulation.call(
      pipeline, [] { return Simulated{1s, 1}; }, [&](const Result<int>& result) { story += result ? "b" : "!"; }, Time{10s}));
  simulation.run();
  CHECK(story == "ba");
}

TEST_CASE("Each target of a chain has its own places", "[policies]") {
  Pipeline pipeline{FallbackChain{FallbackOptions{.targets = {{.name = "first"}, {.name = "second"}}}}, bulkhead(1, 0)};
  Simulation simulation;
  std::vector<unsigned> served;
  for (int i = 0; i < 3; ++i)
    static_cast<void>(simulation.call(
        pipeline, [] { return Simulated{1s, 1}; }, [&](const Result<int>& result) { served.push_back(result ? served_by(result) : 99); }));
  simulation.run();
  CHECK(served == std::vector<unsigned>{99, 0, 1});  // a full target is passed over; the third call finds both full
}

EVERY_DRIVER("An operation that throws gives its place back", "[policies]") {
  Pipeline pipeline{bulkhead(1, 0), CountingPolicy{}};
  for (int i = 0; i < 3; ++i)
    CHECK_THROWS_AS(driver.run(pipeline, []() -> int { throw std::runtime_error{"operation"}; }), std::runtime_error);
  CHECK(pipeline.state<0>().in_flight() == 0);
  CHECK(driver.run(pipeline, [] { return 1; }).value() == 1);
}

TEST_CASE("A destroyed simulation leaves no place taken and nobody in line", "[policies]") {
  const Bulkhead one = bulkhead(1, 10);
  Bulkhead::State state;
  Pipeline pipeline{CountingPolicy{}, with_state(one, state), CountingPolicy{}};
  {
    Simulation simulation;
    for (int i = 0; i < 4; ++i) static_cast<void>(simulation.call(pipeline, [] { return Simulated{1h, 1}; }, [](const auto&) {}));
    simulation.run_until(Time{1s});
    CHECK(state.in_flight() == 1);
    CHECK(state.waiting() == 3);
  }
  CHECK(state.in_flight() == 0);
  CHECK(state.waiting() == 0);
}

TEST_CASE("Pipelines with different numbers stand in one line", "[policies]") {
  Bulkhead::State state;
  Scene urgent{with_state(bulkhead(2, 10), state)};
  Pipeline batch{with_state(bulkhead(1, 1), state)};
  const auto of_batch = [&](char name, Duration when) {
    return urgent.simulation.call(
        batch,
        [&urgent, name] {
          urgent.tell("", name);
          return Simulated{5s, 1};
        },
        [&urgent, name](const Result<int>& result) { urgent.tell(result ? "-" : "full-", name); }, Time{when});
  };
  SECTION("each is bounded by its own number") {
    of_batch('a', 0s);
    of_batch('b', 1s);
    of_batch('c', 2s);  // the batch's line is full
    urgent.simulation.run();
    CHECK(urgent.story == "a0 full-c2 -a5 b5 -b10");
  }
  SECTION("who came first goes first, though a later one would need less") {
    of_batch('a', 0s);
    of_batch('b', 1s);
    urgent.call('u', 5s, 2s);
    urgent.simulation.run();
    CHECK(urgent.story == "a0 -a5 b5 u5 -b10 -u10");
  }
  SECTION("when the first in line leaves, the next may need less") {
    of_batch('a', 0s);
    auto first = of_batch('b', 1s);
    urgent.call('u', 5s, 2s);
    urgent.simulation.at(Time{3s}, [&] { first.cancel(); });
    urgent.simulation.run();
    CHECK(urgent.story == "a0 full-b3 u3 -a5 -u8");
  }
  CHECK(state.in_flight() == 0);
  CHECK(state.waiting() == 0);
}

EVERY_DRIVER("A wait in line ends by time, by deadline and by a stop", "[policies]") {
  Pipeline pipeline{CountingPolicy{}, bulkhead(1, 1, 10s), CountingPolicy{}};
  SECTION("by time") {
    const InnerCall call = call_while_holding(driver, pipeline);
    CHECK(call.outer->value() == 2);
    CHECK(call.inner->error().kind() == Kind::bulkhead_full);
    CHECK(call.waited == 10s);
  }
  SECTION("by deadline") {
    const InnerCall call = call_while_holding(driver, pipeline, CallOptions{.deadline = 3s});
    CHECK(call.outer->value() == 2);
    CHECK(has(call.inner->error().notes(), Note::deadline_would_pass));
    CHECK(call.waited == 3s);
  }
  SECTION("by a stop") {
    driver.at(Time{4s}, [&] { driver.stop(); });
    const InnerCall call = call_while_holding(driver, pipeline);
    CHECK(call.outer->value() == 2);
    CHECK(call.inner->error().kind() == Kind::cancelled);
    CHECK(call.waited == 4s);
  }
  CHECK(pipeline.state<1>().in_flight() == 0);
  CHECK(pipeline.state<1>().waiting() == 0);
  CHECK(driver.run(pipeline, [] { return 3; }).value() == 3);
}

TEST_CASE("Observers hear of waits in line and of rejections", "[policies]") {
  RecordingObserver seen;
  Scene scene{bulkhead(1, 1, 10s), Observe{seen}};
  scene.call('a', 1min);
  scene.call('b', 1s);
  scene.call('c', 1s);
  scene.simulation.run();
  const auto waits = seen.all<WaitBegan>();
  REQUIRE(waits.size() == 1);
  CHECK(waits[0].source == WaitSource::gate);
  CHECK(waits[0].why == Kind::bulkhead_full);
  CHECK(waits[0].until == Time{10s});
  const auto rejections = seen.all<Rejected>();
  REQUIRE(rejections.size() == 2);
  for (const Rejected& rejection : rejections) {
    CHECK(rejection.why == Kind::bulkhead_full);
    CHECK(rejection.by == Role::bulkhead);
  }
}

TEST_CASE("Bulkhead options out of range are refused by name, range and value", "[policies]") {
  const auto refusal = [](BulkheadOptions options) -> std::string {
    const auto made = make<Bulkhead>(options);
    return made ? "accepted" : made.error().message();
  };
  CHECK(refusal({.in_flight = 0}) == "Bulkhead: in_flight must be from 1 to 1000000; it is 0");
  CHECK(refusal({.in_flight = 1'000'001}) == "Bulkhead: in_flight must be from 1 to 1000000; it is 1000001");
  CHECK(refusal({.waiting = 1'000'001}) == "Bulkhead: waiting must be from 0 to 1000000; it is 1000001");
  CHECK(refusal({.longest_wait = 0s}) == "Bulkhead: longest_wait must be from 0.001 to 86400 s; it is 0");
  CHECK(refusal({.longest_wait = 25h}) == "Bulkhead: longest_wait must be from 0.001 to 86400 s; it is 90000");
  CHECK(refusal({.in_flight = 1'000'000, .waiting = 0, .longest_wait = 1ms}) == "accepted");
  CHECK_THROWS_AS(Bulkhead{BulkheadOptions{.in_flight = 0}}, ConfigError);
  constexpr Bulkhead constant{{.in_flight = 3}};
  STATIC_REQUIRE(constant.options().in_flight == 3);
}
