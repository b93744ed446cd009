// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>            // WallTime
#include <ductile/mock/episode.hpp>        // Episode
#include <ductile/mock/request_check.hpp>  // Asked
#include <ductile/mock/scenario.hpp>       // Scenario
#include <ductile/mock/scene.hpp>          // Scene
#include <ductile/mock/service.hpp>        // Service, Settled
#include <ductile/tools/lab/day.hpp>       // Day, Scenario
#include <ductile/tools/lab/job.hpp>       // Job
#include <ductile/tools/lab/model.hpp>     // Model, model_id
#include <ductile/tools/lab/service.hpp>   // Service

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// The scenario as the mock plays it.
[[nodiscard]] inline mock::Scenario service_scenario(const Day& day, const Scenario& scenario) {
  mock::Scenario service;
  service.name = scenario.name;
  service.model = day.model;
  service.tier = scenario.tier;
  service.cast = 0;  // no wish beside the model's own nature
  service.switches.shared_capacity = scenario.capacity;
  if (scenario.outage) {
    mock::Episode outage;
    outage.answer = "high-demand";
    outage.from = scenario.outage->from;
    outage.until = scenario.outage->until;
    outage.as_overload = true;
    service.episodes.push_back(std::move(outage));
  }
  return service;
}

/// The service of a day's model: the mock's own, without a socket.
///
/// Whatever clients ask, in whatever order, the same job at the same model on its n-th call at the same time meets the same fate; only
/// quotas and shared capacity depend on what was asked before.
class DayService final : public Service {
 public:
  DayService(const Day& day, const Scenario& scenario, std::uint64_t seed)
      : service_(service_scenario(day, scenario), seed, day.midnight) {}

  mock::Settled settle(const Job& job, Model, std::uint32_t wording, const mock::Scene& scene) override {
    asked_.size = job.size;
    asked_.tokens = job.tokens;
    return service_.settle(asked_, scene, {.job = job.number, .wording = wording}, project, std::nullopt);
  }

  [[nodiscard]] bool makeable(const Job& job, std::uint32_t wording) const override { return service_.makeable(job.number, wording); }

  [[nodiscard]] std::optional<WallTime> window_end(Model model, WallTime time) const override {
    return service_.quota().window_end(project, model_id(model), time);
  }

 private:
  inline static const std::string project = "lab";

  mock::Service service_;
  mock::Asked asked_{.prompt = {}, .size = {}, .ratio = {}, .service_tier = {}};
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
