// SPDX-License-Identifier: BSL-1.0

// What docs/policies/bulkhead.md shows.

#include "../support/catch.hpp"
#include "../support/page.hpp"

#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/bulkhead.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

TEST_CASE("The bulkhead page's shared places compile and run", "[docs]") {
  // [shared]
  const ductile::Bulkhead all{ductile::BulkheadOptions{.in_flight = 10}};
  const ductile::Bulkhead fewer{ductile::BulkheadOptions{.in_flight = 8}};  // leaves two places to the others
  ductile::Bulkhead::State of_the_service;                                  // outlives both pipelines
  ductile::Pipeline interactive{with_state(all, of_the_service)};
  ductile::Pipeline nightly{with_state(fewer, of_the_service)};
  // [/shared]
  CHECK(interactive.run([] { return 1; }));
  CHECK(nightly.run([] { return 1; }));
}

TEST_CASE("The bulkhead page's timeline is what happens", "[docs]") {
  ductile::Simulation simulation;
  ductile::Pipeline pipeline{ductile::Bulkhead{ductile::BulkheadOptions{.in_flight = 2, .waiting = 2, .longest_wait = 20s}}};
  std::string timeline;
  const auto tell = [&](int call, const std::string& what) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(simulation.now()().time_since_epoch()).count();
    timeline += (seconds < 10 ? " " : "") + std::to_string(seconds) + " s  call " + std::to_string(call) + ' ' + what + '\n';
  };
  for (int call = 1; call <= 6; ++call)
    static_cast<void>(simulation.call(
        pipeline,
        [&, call] {
          tell(call, "goes");
          return ductile::Simulated{call == 1 ? 12s : 35s, 1};
        },
        [&, call](const ductile::Result<int>& result) {
          if (!result) tell(call, "is rejected: " + std::string{name(result.error().kind())});
        },
        ductile::Time{(call - 1) * 2s}));
  simulation.run();
  CHECK(support::block_below("bulkhead.md", "## What happens") == timeline);
}
