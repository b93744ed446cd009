// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/lab/metrics.hpp>
#include <ductile/tools/lab/worlds/all_worlds.hpp>

#include "../support/catch.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

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

TEST_CASE("Where calls hang, a client without an attempt timeout loses its places one after the other", "[lab]") {
  const lab::Metrics with = in_adverse_world("hanging-calls", true);
  const lab::Metrics without = in_adverse_world("hanging-calls", false);
  CHECK(with.ratio > 0.99);
  CHECK(without.ratio < 0.8);
  CHECK(with.busy_per_image_s < 60);
  CHECK(without.busy_per_image_s > 600);
}

TEST_CASE("Where hints are enforced, a client that does not read them is kept out", "[lab]") {
  const lab::Metrics with = in_adverse_world("enforced-hints", true);
  const lab::Metrics without = in_adverse_world("enforced-hints", false);
  CHECK(with.ratio > 0.95);
  CHECK(without.ratio < 0.5);
  CHECK(with.calls_per_image < 1.2);
  CHECK(without.calls_per_image > 2 * with.calls_per_image);
}

TEST_CASE("Who works on after his deadline does so for nobody, and keeps those waiting who come in time", "[lab]") {
  const lab::Metrics with = in_adverse_world("late-work", true);
  const lab::Metrics without = in_adverse_world("late-work", false);
  CHECK(with.ratio > 0.9);
  CHECK(without.ratio < 0.5);
  CHECK(without.calls_per_image > 1.5 * with.calls_per_image);
  CHECK(without.busy_per_image_s > 1.3 * with.busy_per_image_s);
}

TEST_CASE("Without breaker and budget the retries keep a service down when its own trouble has passed", "[lab]") {
  const lab::Metrics with = in_adverse_world("retry-storm", true);
  const lab::Metrics without = in_adverse_world("retry-storm", false);
  CHECK(with.ratio > 0.75);
  CHECK(without.ratio < 0.5);
  CHECK(with.calls_per_image < 2);
  CHECK(without.calls_per_image > 50);
}

TEST_CASE("A client whose bulkhead forgets to settle failures stands still after some of them", "[lab]") {
  const lab::Metrics with = in_adverse_world("lost-places", true);
  const lab::Metrics without = in_adverse_world("lost-places", false);
  CHECK(with.ratio > 0.99);
  CHECK(without.ratio < 0.3);
}

TEST_CASE("A world is the same each time", "[lab]") {
  for (const lab::AdverseWorld& world : lab::all_worlds) {
    INFO(world.name);
    const lab::Metrics once = world.play(7, true);
    const lab::Metrics again = world.play(7, true);
    for (const lab::Metric& metric : lab::all_metrics) CHECK(once.*metric.figure == again.*metric.figure);
  }
}
