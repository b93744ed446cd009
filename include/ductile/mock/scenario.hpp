// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>        // ConfigError
#include <ductile/core/now.hpp>                 // WallTime
#include <ductile/gemini/failures.hpp>          // failures
#include <ductile/mock/dice.hpp>                // Dice
#include <ductile/mock/episode.hpp>             // Episode, WeightedAnswer
#include <ductile/mock/quota.hpp>               // find_tier, Tier
#include <ductile/mock/service_parameters.hpp>  // calm_parameters, ServiceParameters
#include <ductile/mock/switches.hpp>            // Switches

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

  Switches switches{};
  std::optional<std::uint64_t> seed{};  ///< Which day it is; none: that of whoever plays it.
  std::string state{};                  ///< In which the story begins.
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

// The failures of a call for an image in the shares that a guide to them names, over all developers; how many there are to a success it
// does not say. Overload is the image models' own; the 429s are a minute's, since those of a day would go on.
inline Episode mixed_failures() {
  return {.image = true,
          .mix = {{"rate-generic", 30},
                  {"rpm-paid", 20},
                  {"ipm", 15},
                  {"tpm-paid", 5},  // 429: 70
                  {"high-demand", 7},
                  {"overloaded", 5},
                  {"service-unavailable", 2},
                  {"bad-gateway-html", 1},  // 502, 503: 15
                  {"model-no-access", 5},
                  {"billing-disabled", 3},  // 403: 8
                  {"internal", 3},
                  {"invalid-argument-generic", 2},
                  {"deadline-504", 1},
                  {"entity-not-found", 1}},  // the rest: 7
          .chance = 0.5};
}

// The whole table, a call each.
inline std::vector<Episode> every_failure() {
  std::vector<Episode> episodes;
  for (const gemini::FailureRow& row : gemini::failures) {
    Episode episode;
    episode.answer = row.id.text();
    episode.after = static_cast<std::uint32_t>(episodes.size());
    episode.calls = 1;
    episodes.push_back(std::move(episode));
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
/// - `seed-mix`: half of the calls for images fail, and of these 70 % with 429, 15 % with 502 or 503, 8 % with 403, 7 % otherwise; models
///   that only write stay well.
/// - `free-tier`: the quotas of `free` from 08:30 UTC of a weekday, with the model's own trouble.
/// - `retired-model`: gemini-3-pro-image is served for a minute, and then gone for good.
/// - `safety-heavy`: two prompts of five are withheld or prohibited, for good, and one of ten images that could be had is withheld by
/// chance.
/// - `every-error`: the calls get the failures of the table, one each in its order, and then images.
[[nodiscard]] inline std::optional<Scenario> find_scenario(std::string_view name, std::uint64_t seed) {
  using std::chrono::minutes;
  Scenario scenario;  // by name and field by field: as one braced temporary g++ 12 warns of members that it thinks unset
  scenario.name = name;
  if (name == "calm") return scenario;
  if (name == "bad-day") {
    scenario.model = ServiceParameters{};
    scenario.tier = find_tier("tier1").value();
    scenario.starts_at = detail::moment(10, 0);
    scenario.episodes = detail::one_of_each(seed);
    scenario.withheld_by = 10;
    scenario.hopeless_at_most = 4;
    return scenario;
  }
  if (name == "outage-30min") {
    scenario.model = ServiceParameters{};
    scenario.starts_at = detail::moment(0, 59);
    scenario.episodes = {{.answer = "high-demand", .from = minutes{1}, .until = minutes{31}}};
    return scenario;
  }
  if (name == "seed-mix") {
    scenario.episodes = {detail::mixed_failures()};
    return scenario;
  }
  if (name == "free-tier") {
    scenario.model = ServiceParameters{};
    scenario.tier = find_tier("free").value();
    scenario.starts_at = detail::moment(8, 30);
    return scenario;
  }
  if (name == "retired-model") {
    scenario.starts_at = detail::moment(10, 0);
    scenario.episodes = {{.answer = "model-retired-listed", .model = "gemini-3-pro-image", .from = minutes{1}}};
    return scenario;
  }
  if (name == "safety-heavy") {
    scenario.model.borderline_share = 0.3;
    scenario.model.borderline_blocked = 0.85;
    scenario.model.reworded_passes = 0.75;
    scenario.model.prohibited_share = 0.15;
    scenario.episodes = {{.image = true, .mix = {{"image-safety", 3}, {"image-safety-text", 1}, {"safety-finish", 1}}, .chance = 0.1}};
    return scenario;
  }
  if (name == "every-error") {
    scenario.episodes = detail::every_failure();
    return scenario;
  }
  return std::nullopt;
}

/// The names that `find_scenario` knows.
[[nodiscard]] inline std::vector<std::string_view> scenario_names() {
  return {"calm", "bad-day", "outage-30min", "seed-mix", "free-tier", "retired-model", "safety-heavy", "every-error"};
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
