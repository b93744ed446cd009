// SPDX-License-Identifier: BSL-1.0

// What docs/policies/retry-budget.md shows.

#include "../support/catch.hpp"
#include "../support/page.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/retry_budget.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

TEST_CASE("The retry budget page's shared budget compiles and runs", "[docs]") {
  // [shared]
  const ductile::RetryBudget budget;
  ductile::RetryBudget::State of_the_service{budget};  // outlives both pipelines
  ductile::Pipeline reads{with_state(budget, of_the_service), ductile::Retry{}};
  ductile::Pipeline writes{with_state(budget, of_the_service), ductile::Retry{ductile::RetryOptions{.attempts = 2}}};
  // [/shared]
  CHECK(reads.run([] { return 1; }));
  CHECK(writes.run([] { return 1; }));
}

TEST_CASE("The retry budget page's timeline is what happens", "[docs]") {
  ductile::Simulation simulation;
  ductile::Pipeline pipeline{ductile::RetryBudget{ductile::RetryBudgetOptions{.per_call = 0.5, .capacity = 3, .reserve_every = 1min}},
                             ductile::Retry{ductile::RetryOptions{.attempts = 3, .backoff = ductile::Constant{.wait = 2s}}}};
  const auto two = [](auto number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  std::string timeline;
  for (int call = 1; call <= 7; ++call)
    static_cast<void>(simulation.call(
        pipeline,
        [&] {
          const bool works = simulation.now()() >= ductile::Time{55s};
          return ductile::Simulated<ductile::Result<int>>{
              1s, works ? ductile::Result<int>{1} : ductile::Result<int>{ductile::Failure{ductile::Kind::overload}}};
        },
        [&, call](const ductile::Result<int>& result) {
          const auto seconds = std::chrono::floor<std::chrono::seconds>(simulation.now()().time_since_epoch()).count();
          timeline += two(seconds / 60) + ':' + two(seconds % 60) + "  call " + std::to_string(call) + (result ? " succeeds" : " fails") +
                      ", attempts " + std::to_string(result ? trips(result) : result.error().attempts());
          if (!result)
            timeline += has(result.error().notes(), ductile::Note::retry_budget_spent) ? ", the budget is spent" : ", no attempt is left";
          timeline += '\n';
        },
        ductile::Time{(call - 1) * 10s}));
  simulation.run();
  CHECK(support::block_below("retry-budget.md", "## What happens") == timeline);
}
