// SPDX-License-Identifier: BSL-1.0

// What docs/policies/hedge.md shows.

#include "../support/catch.hpp"
#include "../support/page.hpp"

#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/retry_budget.hpp>

#include <chrono>
#include <cstdio>
#include <string>

using namespace std::chrono_literals;

namespace {

// The timeline of the page.
struct Timeline {
  std::string text;

  void on(const ductile::OperationBegan& event) { say(event.at, "call " + std::to_string(event.call) + " begins"); }
  void on(const ductile::AttemptBegan& event) { say(event.at, "  " + which(event.attempt) + " begins"); }
  void on(const ductile::AttemptEnded& event) {
    say(event.at, "  " + which(event.attempt) + " ends: " + std::string{name(event.verdict.kind)});
  }
  void on(const ductile::OperationEnded& event) {
    say(event.at, "call " + std::to_string(event.call) + " ends: " + name(event.outcome) + ", attempts " + std::to_string(event.attempts));
  }

 private:
  static std::string which(const ductile::Attempt& attempt) {
    return (attempt.lane > 0 ? "hedge, attempt " : "attempt ") + std::to_string(attempt.number);
  }
  void say(ductile::Time at, const std::string& what) {
    char time[16];
    std::snprintf(time, sizeof time, "%5.1f s  ", std::chrono::duration<double>(at.time_since_epoch()).count());
    text += time + what + '\n';
  }
};

}  // namespace

TEST_CASE("The hedge page's next target compiles", "[docs]") {
  // [elsewhere]
  ductile::Pipeline pipeline{ductile::FallbackChain{ductile::FallbackOptions{.targets = {{.name = "here"}, {.name = "there"}}}},
                             ductile::Hedge{ductile::HedgeOptions{.after = 500ms, .next_target = true}}};
  // [/elsewhere]
  ductile::Simulation simulation;
  unsigned served = 0;
  static_cast<void>(simulation.call(
      pipeline, ductile::repeatable([](const ductile::Attempt& attempt) { return ductile::Simulated{attempt.target == 0 ? 9s : 1s, 1}; }),
      [&](const ductile::Result<int>& result) { served = served_by(result); }));
  simulation.run();
  CHECK(served == 1);
}

TEST_CASE("The hedge page's timeline is what happens", "[docs]") {
  Timeline timeline;
  ductile::Simulation simulation;
  ductile::Pipeline pipeline{ductile::Observe{timeline},
                             ductile::RetryBudget{ductile::RetryBudgetOptions{.per_call = 0.1, .capacity = 2, .reserve_every = 0s}},
                             ductile::Hedge{ductile::HedgeOptions{.after = 1s, .hedges = 2}}};
  const auto call = [&](ductile::Duration when, ductile::Duration first, ductile::Duration second, ductile::Duration third) {
    static_cast<void>(simulation.call(
        pipeline, ductile::repeatable([=](const ductile::Attempt& attempt) {
          return ductile::Simulated{attempt.lane == 0 ? first : attempt.lane == 1 ? second : third, 1};
        }),
        [](const ductile::Result<int>&) {}, ductile::Time{when}));
  };
  call(0s, 400ms, 0s, 0s);
  call(10s, 8s, 300ms, 0s);
  call(20s, 2500ms, 9s, 9s);
  call(30s, 4s, 300ms, 0s);
  simulation.run();
  CHECK(support::block_below("hedge.md", "## What happens") == timeline.text);
}
