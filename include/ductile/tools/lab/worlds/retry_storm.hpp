// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>  // Exponential
#include <ductile/core/pipeline.hpp>        // Pipeline
#include <ductile/policies/retry.hpp>
#include <ductile/policies/retry_budget.hpp>
#include <ductile/policies/timeout.hpp>           // AttemptTimeout
#include <ductile/tools/lab/day.hpp>              // Day, Outage, Scenario
#include <ductile/tools/lab/metrics.hpp>          // Metrics
#include <ductile/tools/lab/pipeline_client.hpp>  // play_pipeline
#include <ductile/tools/lab/run.hpp>              // run
#include <ductile/tools/lab/world.hpp>            // World
#include <ductile/tools/lab/worlds/calm_day.hpp>  // calm_day

#include <chrono>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// Six jobs a minute, twenty minutes each, at a service that serves twelve a minute and is down for twenty; a call that it turns away costs
/// it a tenth of one that it serves. No breaker: who retries without a budget keeps it down when its own trouble has passed.
[[nodiscard]] inline Metrics retry_storm(std::uint64_t seed, bool with) {
  using namespace std::chrono_literals;
  const Day day = calm_day();
  const Scenario scenario{.name = "retry-storm",
                          .until = 2h,
                          .deadline = 20min,
                          .rate = 6,
                          .outage = Outage{.from = 20min, .until = 40min},
                          .capacity = mock::SharedCapacity{.calls_per_minute = 12, .burst = 3, .rejected_costs = 0.1}};
  const Retry retry{RetryOptions{.attempts = 1000, .backoff = Exponential{.base = 1s, .cap = 1min}}};
  const auto played = [&](const char* name, auto pipeline) {
    return run(day, scenario, name, [&pipeline](World& world) { play_pipeline(world, pipeline); }, seed);
  };
  return with ? played("with a retry budget", Pipeline{RetryBudget{}, retry, AttemptTimeout{2min}})
              : played("without a retry budget", Pipeline{retry, AttemptTimeout{2min}});
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
