// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/lab/metrics.hpp>
#include <ductile/tools/lab/worlds/all_worlds.hpp>

#include "../support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lab = ductile::tools::lab;

namespace {

// The mean over seeds 1 and 2.
lab::Metrics in_adverse_world(std::string_view name, bool with) {
  const auto* const world = std::ranges::find(lab::all_worlds, name, &lab::AdverseWorld::name);
  REQUIRE(world != lab::all_worlds.end());
  lab::Metrics mean;
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    const lab::Metrics run = world->play(seed, with);
    for (const lab::Metric& metric : lab::all_metrics) mean.*metric.figure += run.*metric.figure / 2;
  }
  return mean;
}

}  // namespace

TEST_CASE("In a world that is against a client the part that is for it decides", "[lab]") {
  struct Figure {
    double lab::Metrics::* figure;
    double with;     // at least so good
    double without;  // no better than that
  };
  struct Case {
    std::string_view world;
    std::string_view what;
    std::vector<Figure> figures;
  };
  for (const Case& each : {
           Case{"hanging-calls",
                "without an attempt timeout its places are lost one after the other",
                {{&lab::Metrics::ratio, 0.99, 0.8}, {&lab::Metrics::busy_per_image_s, 60, 600}}},
           Case{"enforced-hints",
                "who does not read hints is kept out",
                {{&lab::Metrics::ratio, 0.95, 0.5}, {&lab::Metrics::calls_per_image, 1.2, 2.4}}},
           Case{"late-work",
                "who works on after his deadline does so for nobody, and keeps those waiting who come in time",
                {{&lab::Metrics::ratio, 0.9, 0.5}, {&lab::Metrics::calls_per_image, 3, 4.5}, {&lab::Metrics::busy_per_image_s, 20, 26}}},
           Case{"retry-storm",
                "without breaker and budget the retries keep a service down when its own trouble has passed",
                {{&lab::Metrics::ratio, 0.75, 0.5}, {&lab::Metrics::calls_per_image, 2, 50}}},
           Case{"lost-places",
                "a bulkhead that forgets to settle failures stands still after some of them",
                {{&lab::Metrics::ratio, 0.99, 0.3}}},
       }) {
    INFO(each.world << ": " << each.what);
    const lab::Metrics with = in_adverse_world(each.world, true);
    const lab::Metrics without = in_adverse_world(each.world, false);
    for (const Figure& expected : each.figures) {
      const double sign = expected.with > expected.without ? 1 : -1;  // whether more is better
      CHECK(sign * with.*expected.figure > sign * expected.with);
      CHECK(sign * without.*expected.figure < sign * expected.without);
    }
  }
}

TEST_CASE("A world is the same each time", "[lab]") {
  for (const lab::AdverseWorld& world : lab::all_worlds) {
    INFO(world.name);
    const lab::Metrics once = world.play(7, true);
    const lab::Metrics again = world.play(7, true);
    for (const lab::Metric& metric : lab::all_metrics) CHECK(once.*metric.figure == again.*metric.figure);
  }
}
