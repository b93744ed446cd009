// SPDX-License-Identifier: BSL-1.0
//
// Does a pipeline outlast an outage, and how hard is it on the service? A model of the service in three lines, a load in one, and the whole
// test takes no time: it runs in that of the simulation, in one thread, and tells the same story each time.
#include <ductile/ductile.hpp>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

using namespace ductile;
using namespace std::chrono_literals;

// [test]
TEST_CASE("ten calls a second outlast a minute's outage, and hardly ask while it lasts") {
  Pipeline pipeline{Deadline{5min}, Retry{RetryOptions<>{.attempts = 10, .outwait_rejections = true}}, CircuitBreaker{}};
  Simulation simulation;
  int asked = 0, asked_in_vain = 0, served = 0;
  const auto service = [&](const Attempt&) -> Simulated<Result<int>> {
    ++asked;
    if (simulation.now()() >= Time{60s}) return {2s, 1};
    ++asked_in_vain;
    return {100ms, Failure{Kind::overload}};
  };
  for (int i = 0; i < 1200; ++i)
    simulation.call(pipeline, service, [&](const Result<int>& result) { served += result ? 1 : 0; }, Time{i * 100ms});
  simulation.run();
  CHECK(served == 1200);
  CHECK(asked_in_vain < 20);
}
// [/test]
