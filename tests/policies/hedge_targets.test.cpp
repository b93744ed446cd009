// SPDX-License-Identifier: BSL-1.0

// A hedge inside a fallback chain.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"

#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/testing/recording_observer.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

using Answer = Simulated<Result<int>>;

FallbackOptions three_targets() { return {.targets = {{.name = "a"}, {.name = "b"}, {.name = "c"}}}; }

struct Chained {
  explicit Chained(const HedgeOptions& hedge, const FallbackOptions& targets = three_targets())
      : pipeline{Observe{seen}, FallbackChain{targets}, Hedge{hedge}, CountingPolicy{}} {}

  // Targets and lanes in the order in which attempts began: "a0 b1".
  std::optional<Result<int>> call(std::function<Answer(const Attempt&)> answer, const CallOptions& options = {}) {
    std::optional<Result<int>> heard;
    const Time begins = simulation.now()();
    static_cast<void>(simulation.call(
        pipeline, repeatable([&](const Attempt& attempt) {
          went += (went.empty() ? "" : " ") + std::string(1, static_cast<char>('a' + attempt.target)) + std::to_string(attempt.lane);
          return answer(attempt);
        }),
        [&](Result<int> result) {
          heard.emplace(std::move(result));
          took = simulation.now()() - begins;
        },
        begins, options));
    simulation.run();
    return heard;
  }

  RecordingObserver seen;
  Simulation simulation;
  Pipeline<Observe<RecordingObserver>, FallbackChain, Hedge, CountingPolicy> pipeline;
  std::string went;
  Duration took{};
};

// How long an attempt takes at each target.
std::function<Answer(const Attempt&)> takes(std::vector<Duration> by_target) {
  return [by_target = std::move(by_target)](const Attempt& attempt) { return Answer{by_target.at(attempt.target), attempt.target}; };
}

}  // namespace

TEST_CASE("A hedge stays at its target, or goes to the next one where it is told", "[policies]") {
  const bool next_target = GENERATE(false, true);
  Chained chained{{.after = 100ms, .next_target = next_target}};
  const auto heard = chained.call(takes({5s, 200ms, 1ms}));
  REQUIRE(heard);
  CHECK(chained.went == (next_target ? "a0 b1" : "a0 a1"));
  CHECK(chained.took == (next_target ? 300ms : 5s));
  CHECK(heard->value() == (next_target ? 1 : 0));
  CHECK(served_by(*heard) == (next_target ? 1 : 0));
  CHECK(why_not_first(*heard) == (next_target ? Kind::abandoned : Kind::ok));
  CHECK(chained.seen.faults().empty());
  const auto ends = chained.seen.all<OperationEnded>();
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].served_by == (next_target ? 1 : 0));
  CHECK(ends[0].outcome == (next_target ? Outcome::ok_fallback : Outcome::ok));
}

TEST_CASE("Each hedge of a race goes to a target that is not taken, and the last ones stay when none is left", "[policies]") {
  Chained chained{{.after = 100ms, .hedges = 3, .next_target = true}};
  const auto heard = chained.call(takes({5s, 5s, 5s}));
  REQUIRE(heard);
  CHECK(chained.went == "a0 b1 c2 a3");
}

TEST_CASE("A hedge goes to no target that rests or that the call excludes", "[policies]") {
  Chained chained{{.after = 100ms, .next_target = true}};
  SECTION("rests") {
    REQUIRE(chained.call([](const Attempt& attempt) {
      if (attempt.target == 0) return Answer{1ms, Failure{Kind::not_found}};
      if (attempt.target == 1) return Answer{1ms, Failure{Kind::not_found}};
      return Answer{1ms, 7};
    }));
    CHECK(chained.went == "a0 b0 c0");
    chained.went.clear();
    REQUIRE(chained.call(takes({5s, 1ms, 5s})));
    CHECK(chained.went == "c0 c1");
  }
  SECTION("excluded") {
    REQUIRE(chained.call(takes({5s, 1ms, 1ms}), CallOptions{.targets = 0b101}));
    CHECK(chained.went == "a0 c1");
  }
}

TEST_CASE("What a hedge observes it observes for each target", "[policies]") {
  Chained chained{{.after = 100ms, .quantile = 0.5, .next_target = false}};
  const Hedge hedge{HedgeOptions{.after = 100ms, .quantile = 0.5}};
  auto& first = chained.pipeline.state<1>(0);
  auto& second = chained.pipeline.state<1>(1);
  REQUIRE(chained.call(takes({40ms, 70ms, 1ms})));
  REQUIRE(chained.call(takes({40ms, 70ms, 1ms}), CallOptions{.targets = 0b010}));
  CHECK(hedge.after(first) == 40ms);
  CHECK(hedge.after(second) == 70ms);
}

TEST_CASE("A chain goes by what its own target said, however telling the failure elsewhere", "[policies]") {
  Chained chained{{.after = 100ms, .next_target = true}};
  const auto heard = chained.call([](const Attempt& attempt) {
    if (attempt.number == 1) return Answer{300ms, Failure{Kind::not_found}};
    if (attempt.number == 2) return Answer{300ms, Failure{Kind::quota}};
    return Answer{1ms, 7};
  });
  REQUIRE(heard);
  CHECK(chained.went == "a0 b1 b0");
  CHECK(heard->value() == 7);
  CHECK(why_not_first(*heard) == Kind::not_found);
  CHECK(chained.seen.faults().empty());
}

TEST_CASE("How long another target asks to be left alone is no word on the race's own", "[policies]") {
  FallbackOptions options = three_targets();
  options.table.set(Kind::overload, {Next::stop});
  Chained chained{{.after = 100ms, .next_target = true}, options};
  const auto heard = chained.call([](const Attempt& attempt) {
    Verdict overload;
    overload.kind = Kind::overload;
    overload.remedy = Remedy::after_delay;
    overload.hint = 30s;
    return attempt.target == 0 ? Answer{300ms, Failure{Kind::not_found}} : Answer{50ms, Failure{overload}};
  });
  REQUIRE(heard);
  CHECK(heard->error().kind() == Kind::overload);
  CHECK(heard->error().target() == 1);
  CHECK(chained.went == "a0 b1");
  chained.went.clear();
  REQUIRE(chained.call(takes({1ms, 1ms, 1ms})));
  CHECK(chained.went == "a0");
}
