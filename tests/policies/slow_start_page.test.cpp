// SPDX-License-Identifier: BSL-1.0

// What docs/policies/slow-start.md shows.

#include "../support/catch.hpp"
#include "../support/page.hpp"

#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/slow_start.hpp>

#include <chrono>
#include <map>
#include <string>

using namespace std::chrono_literals;

TEST_CASE("The slow start page's timeline is what happens", "[docs]") {
  ductile::Simulation simulation;
  ductile::Pipeline pipeline{ductile::SlowStart{ductile::SlowStartOptions{.begin = 2}}, ductile::CircuitBreaker{}};
  pipeline.state<1>().isolate();
  static_cast<void>(simulation.call(pipeline, [] { return ductile::Simulated{1s, 1}; }, [](const auto&) {}));
  simulation.at(ductile::Time{500ms}, [&] { pipeline.state<1>().reset(); });
  std::map<long, int> gone;
  for (int call = 0; call < 12; ++call)
    static_cast<void>(simulation.call(
        pipeline,
        [&] {
          ++gone[std::chrono::floor<std::chrono::seconds>(simulation.now()().time_since_epoch()).count()];
          return ductile::Simulated{10s, 1};
        },
        [](const auto&) {}, ductile::Time{1s}));
  simulation.run();
  std::string timeline;
  int waiting = 12;
  for (const auto& [second, calls] : gone) {
    waiting -= calls;
    timeline += (second < 10 ? " " : "") + std::to_string(second) + " s  " + std::to_string(calls) + (calls == 1 ? " goes, " : " go, ") +
                std::to_string(waiting) + " wait\n";
  }
  CHECK(support::block_below("slow-start.md", "## What happens") == timeline);
}
