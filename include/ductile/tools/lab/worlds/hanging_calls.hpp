// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>                      // WallTime
#include <ductile/mock/dice.hpp>                     // Dice
#include <ductile/mock/scene.hpp>                    // Scene
#include <ductile/mock/service.hpp>                  // Settled
#include <ductile/tools/lab/day.hpp>                 // Day, Scenario
#include <ductile/tools/lab/day_service.hpp>         // DayService
#include <ductile/tools/lab/ductile_strategies.hpp>  // play_ablated
#include <ductile/tools/lab/job.hpp>                 // Job
#include <ductile/tools/lab/metrics.hpp>             // Metrics
#include <ductile/tools/lab/model.hpp>               // Model
#include <ductile/tools/lab/run.hpp>                 // run
#include <ductile/tools/lab/service.hpp>             // Service
#include <ductile/tools/lab/workload.hpp>            // jobs_of
#include <ductile/tools/lab/world.hpp>               // World
#include <ductile/tools/lab/worlds/calm_day.hpp>     // calm_day

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// A service that never answers some of its calls, and keeps the connection open.
class HangingService final : public Service {
 public:
  HangingService(const Day& day, const Scenario& scenario, std::uint64_t seed, double hanging_share)
      : answering_(day, scenario, seed), dice_(mock::Dice{seed}.with("hangs")), hanging_share_(hanging_share) {}

  mock::Settled settle(const Job& job, Model model, std::uint32_t wording, const mock::Scene& scene) override {
    mock::Settled settled = answering_.settle(job, model, wording, scene);
    if (!dice_.with(settled.call).chance(hanging_share_)) return settled;
    settled.id = "idle-timeout";
    settled.latency = std::chrono::hours{24 * 365};
    return settled;
  }

  [[nodiscard]] bool makeable(const Job& job, std::uint32_t wording) const override { return answering_.makeable(job, wording); }
  [[nodiscard]] std::optional<WallTime> window_end(Model model, WallTime time) const override { return answering_.window_end(model, time); }

 private:
  DayService answering_;
  mock::Dice dice_;
  double hanging_share_;
};

/// A batch with a day's time, eight jobs at once; one call in 25 never ends. Who waits for it has lost a place until tomorrow.
[[nodiscard]] inline Metrics hanging_calls(std::uint64_t seed, bool with) {
  const Day day = calm_day();
  const Scenario scenario{.name = "hanging-calls", .deadline = std::chrono::hours{24}, .jobs = 400, .pool_ductile = 8};
  World world{scenario, jobs_of(scenario, day.mix, seed), day.midnight, seed, std::make_unique<HangingService>(day, scenario, seed, 0.04)};
  return run(day, world, with ? "with attempt timeout" : "without attempt timeout",
             [with](World& played) { play_ablated(played, with ? "-deferral" : "-deferral -timeout", false); });
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
