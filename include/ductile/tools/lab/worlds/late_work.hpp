// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>  // Exponential
#include <ductile/core/pipeline.hpp>        // Pipeline
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>           // AttemptTimeout
#include <ductile/tools/lab/day.hpp>              // Day, Scenario
#include <ductile/tools/lab/metrics.hpp>          // Metrics
#include <ductile/tools/lab/pipeline_client.hpp>  // Deadlines, play_pipeline
#include <ductile/tools/lab/run.hpp>              // run
#include <ductile/tools/lab/world.hpp>            // World
#include <ductile/tools/lab/worlds/calm_day.hpp>  // calm_day

#include <chrono>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// Four workers for eighteen jobs a minute, a minute each, and twenty minutes of overload in the midst of ninety. Who does not refuse what
/// would come too late works for callers that have gone, long after the overload is over.
[[nodiscard]] inline Metrics late_work(std::uint64_t seed, bool with) {
  using namespace std::chrono_literals;
  const Day day = calm_day();
  const Scenario scenario{
      .name = "late-work", .until = 90min, .deadline = 1min, .rate = 18, .pool = 4, .outage = Outage{.from = 20min, .until = 40min}};
  Pipeline pipeline{Retry{RetryOptions{.attempts = 12, .backoff = Exponential{.base = 1s, .cap = 1min}}}, AttemptTimeout{30s}};
  return run(
      day, scenario, with ? "with deadlines" : "without deadlines",
      [&pipeline, with](World& world) { play_pipeline(world, pipeline, with ? Deadlines::told : Deadlines::kept_secret); }, seed);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
