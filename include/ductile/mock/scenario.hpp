// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>        // ConfigError
#include <ductile/core/now.hpp>                 // WallTime
#include <ductile/core/verdict.hpp>             // Duration
#include <ductile/mock/dice.hpp>                // Dice
#include <ductile/mock/quota.hpp>               // find_tier, Tier
#include <ductile/mock/service_parameters.hpp>  // calm_parameters, ServiceParameters

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// A stretch of the story that is written down instead of drawn: these calls get this answer.
///
/// An episode counts every image call that its `model` and `prompt` let in, whoever answers it, and that came in its span of time. It
/// answers those from the `after`-th on, `calls` of them. The first episode of a scenario that is due answers.
struct Episode {
  std::string answer{};                  ///< A row of the catalogue, or `ok-image` and the like.
  std::string model{};                   ///< Only calls to this model; empty: to all.
  std::string prompt{};                  ///< Only prompts that contain this; empty: all.
  std::uint32_t after = 0;               ///< Calls to let pass first.
  std::optional<std::uint32_t> calls{};  ///< How many it answers; none: all in its span of time.
  Duration from{};                       ///< Since the service's start.
  std::optional<Duration> until{};       ///< Since the service's start; none: for ever.
  std::optional<Duration> latency{};     ///< How long the answer takes; none: seconds, or what the row itself takes.
};

/// What a service is like while it runs: its nature, its quotas, and what is written down.
struct Scenario {
  std::string name = "calm";
  ServiceParameters model = calm_parameters();
  Tier tier{};
  std::optional<WallTime> starts_at{};  ///< The service's time at the start; none: the computer's.
  std::vector<Episode> episodes{};

  /// Keys that share a project, and with it its quotas, each with the project's name. A key that is not named is a project of its own.
  std::map<std::string, std::string, std::less<>> projects{};

  // What the scenario wants of the first `cast` different prompts that are asked for, where the model has it otherwise. For good and by
  // every model; a prompt that was withheld once and drawn on the next try would not do: the advice is not to try again.
  std::uint32_t cast = 24;
  std::uint32_t withheld_by = 0;                    ///< One of so many is withheld: at the latest the last of them. 0: no such wish.
  std::optional<std::uint32_t> hopeless_at_most{};  ///< No more than so many can never be drawn; the others are. None: no such wish.
};

namespace detail {

constexpr WallTime moment(int hour, int minute) {
  return std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours{hour} + std::chrono::minutes{minute};
}

// One of each kind of trouble within the first 24 calls, three calls apart on average and in an order that the seed shuffles. Each passes
// on the next try.
inline std::vector<Episode> one_of_each(std::uint64_t seed) {
  using std::chrono::seconds;
  std::vector<Episode> episodes{{.answer = "ipm"},
                                {.answer = "internal"},
                                {.answer = "high-demand"},
                                {.answer = "idle-timeout"},
                                {.answer = "reset-before-headers"},
                                {.answer = "reset-mid-body", .latency = seconds{12}},
                                {.answer = "bad-gateway-html"},
                                {.answer = "no-image", .latency = seconds{15}}};
  const Dice dice = Dice{seed}.with("script");
  for (std::size_t left = episodes.size(); left > 1; --left)
    std::swap(episodes[left - 1], episodes[static_cast<std::size_t>(dice.with(left).uniform() * static_cast<double>(left))]);
  for (std::uint32_t i = 0; i < episodes.size(); ++i) {
    episodes[i].after = 1 + 3 * i + (dice.with("gap").with(i).chance(0.5) ? 1U : 0U);
    episodes[i].calls = 1;
  }
  return episodes;
}

}  // namespace detail

/// The scenarios that have a name. `seed` decides the order of what is written down.
///
/// - `calm`: answers at once, never fails, no quota.
/// - `bad-day`: from 10:00 UTC of a weekday, the service's worst hours, with the model's own trouble, the quotas of `tier1`, one of
///   each kind of trouble within the first 24 calls, and 1 to 4 of the first 24 prompts that no patience gets drawn.
/// - `outage-30min`: a calm minute of an ordinary night, then half an hour in which every model answers 503.
[[nodiscard]] inline std::optional<Scenario> find_scenario(std::string_view name, std::uint64_t seed) {
  using std::chrono::minutes;
  Scenario scenario;  // by name and field by field: as one braced temporary g++ 12 warns of members that it thinks unset
  if (name == "calm") return scenario;
  if (name == "bad-day") {
    scenario.name = "bad-day";
    scenario.model = ServiceParameters{};
    scenario.tier = find_tier("tier1").value();
    scenario.starts_at = detail::moment(10, 0);
    scenario.episodes = detail::one_of_each(seed);
    scenario.withheld_by = 10;
    scenario.hopeless_at_most = 4;
    return scenario;
  }
  if (name == "outage-30min") {
    scenario.name = "outage-30min";
    scenario.model = ServiceParameters{};
    scenario.starts_at = detail::moment(0, 59);
    scenario.episodes = {{.answer = "high-demand", .from = minutes{1}, .until = minutes{31}}};
    return scenario;
  }
  return std::nullopt;
}

/// The names that `find_scenario` knows.
[[nodiscard]] inline std::vector<std::string_view> scenario_names() { return {"calm", "bad-day", "outage-30min"}; }

}  // namespace ductile::inline DUCTILE_VERSION::mock
