// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/day.hpp>               // Scenario
#include <ductile/tools/lab/incident.hpp>          // Incident
#include <ductile/tools/lab/incident_service.hpp>  // IncidentService, Sureness
#include <ductile/tools/lab/metrics.hpp>           // Metrics, metrics_of
#include <ductile/tools/lab/strategies.hpp>        // Strategy
#include <ductile/tools/lab/world.hpp>             // World

#include <cstdint>
#include <memory>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// What a strategy would have come to in an incident, with one seed's luck.
struct Replayed {
  Metrics metrics{};  ///< Nobody knows a bound: `ratio` is the share of all jobs.
  Sureness sureness{};
};

/// Plays a strategy in the world that an incident was.
[[nodiscard]] inline Replayed replay(const Incident& incident, const Strategy& strategy, std::uint64_t seed) {
  Replayed replayed;
  const Scenario scenario{.name = "the log", .jobs = static_cast<std::int64_t>(incident.jobs.size())};
  World world{scenario, incident.jobs, incident.midnight, seed, std::make_unique<IncidentService>(incident, seed, replayed.sureness)};
  strategy.play(world);
  replayed.metrics = metrics_of(world, static_cast<std::int64_t>(incident.jobs.size()));
  return replayed;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
