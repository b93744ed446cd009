// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>                     // QuotaDimension
#include <ductile/core/now.hpp>                      // WallTime
#include <ductile/mock/quota.hpp>                    // QuotaViolation
#include <ductile/mock/quota_errors.hpp>             // QuotaWords
#include <ductile/mock/scene.hpp>                    // Scene
#include <ductile/mock/service.hpp>                  // Settled
#include <ductile/tools/lab/day.hpp>                 // Day, Scenario
#include <ductile/tools/lab/ductile_strategies.hpp>  // play_ablated
#include <ductile/tools/lab/job.hpp>                 // Job
#include <ductile/tools/lab/metrics.hpp>             // Metrics
#include <ductile/tools/lab/model.hpp>               // both_models, Model
#include <ductile/tools/lab/run.hpp>                 // run
#include <ductile/tools/lab/service.hpp>             // Service
#include <ductile/tools/lab/workload.hpp>            // jobs_of
#include <ductile/tools/lab/world.hpp>               // World
#include <ductile/tools/lab/worlds/calm_day.hpp>     // calm_day

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// A service that means what it says: each model serves so many calls in any minute, and shuts its door to who asks for more, for as long
/// as its `RetryInfo` says. Who knocks earlier waits twice as long, from then on.
class StrictService final : public Service {
 public:
  explicit StrictService(std::size_t calls_per_minute) : calls_per_minute_(calls_per_minute) {}

  mock::Settled settle(const Job&, Model model, std::uint32_t, const mock::Scene& scene) override {
    Door& door = doors_[static_cast<std::size_t>(model)];
    const WallTime now = scene.time;
    if (now < door.shut_until) {
      door.penalty = std::min(2 * door.penalty, longest_penalty);
    } else {
      while (!door.served.empty() && door.served.front() + std::chrono::minutes{1} <= now) door.served.pop_front();
      if (door.served.size() < calls_per_minute_) {
        door.served.push_back(now);
        return {.id = "ok-image", .latency = std::chrono::seconds{10}};
      }
      door.penalty = first_penalty;
    }
    door.shut_until = now + door.penalty;
    return {.id = "rpm-paid",
            .quota = mock::QuotaWords{.violations = {{.dimension = QuotaDimension::requests_per_minute,
                                                      .limit = static_cast<std::int64_t>(calls_per_minute_)}},
                                      .hint = door.penalty},
            .latency = std::chrono::milliseconds{100}};
  }

  [[nodiscard]] bool makeable(const Job&, std::uint32_t) const override { return true; }
  [[nodiscard]] std::optional<WallTime> window_end(Model, WallTime) const override { return std::nullopt; }

 private:
  static constexpr std::chrono::seconds first_penalty{120};
  static constexpr std::chrono::seconds longest_penalty{3600};

  struct Door {
    std::deque<WallTime> served{};  // in the last minute
    WallTime shut_until{};
    std::chrono::seconds penalty{};
  };

  std::size_t calls_per_minute_;
  std::array<Door, both_models.size()> doors_{};
};

/// Twelve jobs a minute for two hours, ten minutes each, and two models that serve ten a minute: enough for who comes when he is told to.
[[nodiscard]] inline Metrics enforced_hints(std::uint64_t seed, bool with) {
  constexpr std::int64_t calls_per_minute = 10;
  const Day day = calm_day();
  const Scenario scenario{.name = "enforced-hints",
                          .tier = {.requests_per_minute = calls_per_minute},
                          .until = std::chrono::hours{2},
                          .deadline = std::chrono::minutes{10},
                          .rate = 12};
  World world{scenario, jobs_of(scenario, day.mix, seed), day.midnight, seed, std::make_unique<StrictService>(calls_per_minute)};
  return run(day, world, with ? "with hints" : "without hints",
             [with](World& played) { play_ablated(played, with ? "" : "-hints", false); });
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
