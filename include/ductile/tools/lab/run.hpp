// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/bound.hpp>       // bound_of
#include <ductile/tools/lab/day.hpp>         // Day, Scenario
#include <ductile/tools/lab/metrics.hpp>     // Metrics, metrics_of
#include <ductile/tools/lab/strategies.hpp>  // Strategy
#include <ductile/tools/lab/world.hpp>       // World
#include <ductile/tools/problem.hpp>         // trouble

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// Plays in a world where nothing was played yet, and leaves it as it was left.
///
/// Errors   `Problem` when more was delivered than the bound: then the bound or the world is wrong, and no figure is worth anything.
/// Cost     Milliseconds to seconds, by the calls that are made.
[[nodiscard]] inline Metrics run(const Day& day, World& world, std::string_view name, const std::function<void(World&)>& play) {
  play(world);
  const Metrics metrics = metrics_of(world, bound_of(world, day));
  if (metrics.delivered > metrics.bound)
    throw trouble("lab: " + std::string{name} + " in " + world.scenario().name + ", seed " + std::to_string(world.seed()) + ", delivered " +
                  std::to_string(static_cast<std::int64_t>(metrics.delivered)) + " images, and the bound is " +
                  std::to_string(static_cast<std::int64_t>(metrics.bound)));
  return metrics;
}

/// The same in the world of one scenario and one seed.
[[nodiscard]] inline Metrics run(const Day& day, const Scenario& scenario, std::string_view name, const std::function<void(World&)>& play,
                                 std::uint64_t seed) {
  World world{day, scenario, seed};
  return run(day, world, name, play);
}

/// The same with a strategy that is built in.
[[nodiscard]] inline Metrics run(const Day& day, const Scenario& scenario, const Strategy& strategy, std::uint64_t seed) {
  return run(day, scenario, strategy.name, strategy.play, seed);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
