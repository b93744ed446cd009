// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>  // Exponential
#include <ductile/core/pipeline.hpp>        // Pipeline
#include <ductile/core/policy.hpp>          // Attempt, NoCall, Now, Reaction, Verdict
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/tools/lab/day.hpp>              // Day, Scenario
#include <ductile/tools/lab/metrics.hpp>          // Metrics
#include <ductile/tools/lab/pipeline_client.hpp>  // play_pipeline
#include <ductile/tools/lab/run.hpp>              // run
#include <ductile/tools/lab/world.hpp>            // World
#include <ductile/tools/lab/worlds/calm_day.hpp>  // calm_day

#include <chrono>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// A bulkhead as it is where the line that gives the place back stands after the call, and an exception passes it by: only a success is
/// settled.
class ForgetfulBulkhead : public Bulkhead {
 public:
  using Bulkhead::Bulkhead;

  [[nodiscard]] Reaction settle(State& state, NoCall& call, Now now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    return verdict.ok() ? Bulkhead::settle(state, call, now, attempt, verdict) : Reaction::pass();
  }
};

/// Twelve jobs a minute for two hours, two minutes each, of which two are under way at a time; there are eight places. One call in twenty
/// fails. Each that is not settled has taken a place for good.
[[nodiscard]] inline Metrics lost_places(std::uint64_t seed, bool with) {
  using namespace std::chrono_literals;
  constexpr double failing_share = 0.05;
  Day day = calm_day();
  day.model.overload_by_hour.fill(failing_share);
  day.model.overload_calm = failing_share;
  const Scenario scenario{.name = "lost-places", .until = 2h, .deadline = 2min, .rate = 12};
  const Retry retry{RetryOptions{.attempts = 5, .backoff = Exponential{.base = 1s, .cap = 30s}}};
  const BulkheadOptions places{.in_flight = 8};
  const auto played = [&](const char* name, auto pipeline) {
    return run(day, scenario, name, [&pipeline](World& world) { play_pipeline(world, pipeline); }, seed);
  };
  return with ? played("with settlement", Pipeline{retry, Bulkhead{places}})
              : played("without settlement", Pipeline{retry, ForgetfulBulkhead{places}});
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
