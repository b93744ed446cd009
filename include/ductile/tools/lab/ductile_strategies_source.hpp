// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/quota_groups.hpp>  // QuotaGroups
#include <ductile/core/quota_window.hpp>  // images_per_minute, pacific, per_day, per_minute, spend_per_ten_minutes, tokens_per_day, tokens_per_minute
#include <ductile/core/target.hpp>  // Target
#include <ductile/gemini/resilient_options.hpp>
#include <ductile/policies/trip.hpp>             // ratio
#include <ductile/tools/lab/asking.hpp>          // each_job
#include <ductile/tools/lab/ductile_client.hpp>  // DuctileClient
#include <ductile/tools/lab/ductile_setup.hpp>   // default_setup, DuctileSetup
#include <ductile/tools/lab/ductile_strategies.hpp>
#include <ductile/tools/lab/flow.hpp>          // Flow
#include <ductile/tools/lab/options_text.hpp>  // options_text
#include <ductile/tools/lab/world.hpp>         // model_id, World

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// NOLINTBEGIN(misc-definitions-in-headers): meant for one unit
namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

inline void play(World& world, const DuctileSetup& setup, bool shared) {
  gemini::ResilientOptions options = setup.options;
  gemini::SharedQuota quota{QuotaTracker{options.quota}, QuotaGroups{options.fallback.targets}};
  DuctileSetup each = setup;
  if (shared) each.options.shared_quota = &quota;
  std::deque<DuctileClient> clients;
  for (std::int64_t i = 0; i < world.scenario().processes; ++i) clients.emplace_back(world, each);
  const auto client = [&clients](const Job& job) -> Flow { co_await clients[job.process].generate(job); };
  each_job(world, client, world.scenario().pool_ductile);
}

// Six windows that no refusal names: nothing is ever full.
inline QuotaOptions<6> no_ledger() {
  QuotaOptions<6> options = gemini::ResilientOptions{}.quota;
  std::chrono::minutes span{1};
  for (QuotaWindow& window : options.limits) {
    window = spend_per_ten_minutes(std::nullopt);
    window.span = span++;
  }
  return options;
}

inline QuotaOptions<6> known_limits(const mock::Tier& tier) {
  const auto limit = [](std::int64_t most) { return most < 1'000'000'000 ? std::optional{most} : std::nullopt; };
  QuotaOptions<6> options = gemini::ResilientOptions{}.quota;
  options.limits[0] = per_minute(limit(tier.requests_per_minute));
  options.limits[1] = tokens_per_minute(limit(tier.tokens_per_minute));
  options.limits[2] = images_per_minute(limit(tier.images_per_minute));
  options.limits[3] = per_day(limit(tier.requests_per_day), pacific);
  return options;
}

inline void ablate(std::string_view name, const World& world, DuctileSetup& setup) {
  using namespace std::chrono_literals;
  gemini::ResilientOptions& options = setup.options;
  const SlowStartOptions no_ramp{.begin = 10'000, .end = 10'000};
  if (name == "configured") options.quota = known_limits(world.scenario().tier);
  if (name == "+patience") options.fallback.patience = 0.25;
  if (name == "-patience") options.fallback.patience = options.fallback.patience_when_long = 0;
  if (name == "+downsize") {
    std::vector<Target>& targets = options.fallback.targets;
    targets.push_back(targets.front());
    targets.back().name = "primary-2k";
    targets.back().sizes = {"1K", "2K"};
    targets.back().quota_group = targets.front().quota_group = "primary";
    options.downsize = true;
  }
  if (name == "-tracker") options.quota = no_ledger();
  if (name == "-hints") setup.reads_hints = false;
  if (name == "-day") setup.knows_days = false;
  if (name == "-breaker") {
    options.breaker.trip = ratio(1.0, {.of = 128, .within = 1ms, .at_least = 128});
    options.slow_start = no_ramp;
  }
  if (name == "-suspect") options.breaker.trip.window.at_least = 2;
  if (name == "-fallback") std::erase_if(options.fallback.targets, [](const Target& target) { return target.name == "fallback"; });
  if (name == "-last-chance") options.breaker.last_chance = {};
  if (name == "-ramp") options.slow_start = no_ramp;
  if (name == "-lease") options.breaker.probe_lease = 5min;
  if (name == "-timeout") {
    setup.times_out = false;
    options.attempt_timeout = std::chrono::hours{24 * 365};
  }
  if (name == "+least") options.least_attempt = 10s;
  if (name == "-reword") options.reword.most = 0;
  if (name == "-deferral") options.off_peak.reset();
  if (name == "-squeeze") options.retry.squeeze_to = {};
}

}  // namespace detail

void play_ductile(World& world) { detail::play(world, default_setup(), false); }

void play_ductile_shared(World& world) { detail::play(world, default_setup(), true); }

std::string ductile_options() { return options_text(default_setup().options); }

void play_ablated(World& world, std::string_view ablations, bool shared) {
  DuctileSetup setup = default_setup();
  for (const std::string_view name : ablations_of(ablations)) detail::ablate(name, world, setup);
  detail::play(world, setup, shared);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
// NOLINTEND(misc-definitions-in-headers)
