// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>             // ConfigError
#include <ductile/core/now.hpp>                      // WallTime
#include <ductile/gemini/redact.hpp>                 // shortened
#include <ductile/mock/rows.hpp>                     // can_answer
#include <ductile/mock/scenario.hpp>                 // Episode, find_scenario, Scenario
#include <ductile/mock/service_parameters_json.hpp>  // read_parameters

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// A scenario file:
//
//   {
//     "name": "lunch",                        what it is called in reports; that of a known scenario stands for it, and the rest changes it
//     "model": "calm" | "day" | {...}         the service's nature; an object changes figures of the day, by the names below
//     "tier": "tier1" | {"name": "mine", "rpm": 60, "tpm": 250000, "ipm": 10, "rpd": 250, "tpd": 1e7, "dollars_per_ten_minutes": 5},
//     "starts_at": "2026-11-24T10:00:00Z",    the service's time at the start; left out: the computer's
//     "projects": {"studio": ["key-1", "key-2"]},                these keys share a project; any other key has one of its own
//     "cast": 24, "withheld_by": 10, "hopeless_at_most": 4,      see Scenario
//     "episodes": [
//       {"answer": "high-demand", "match": {"model": "gemini-3-pro-image", "prompt": "cat"}, "after": 2, "calls": 3, "latency_s": 1.5},
//       {"answer": "overloaded", "from_s": 60, "until_s": 1860}
//     ]
//   }
//
// Every member may be left out. One that is not known is refused: a misspelt one would pass for a scenario in which nothing happens.
namespace ductile::inline DUCTILE_VERSION::mock {

/// A moment of the years 1970 to 2199 in the form "2026-11-24T10:00:00Z" or "2026-11-24"; none for anything else.
[[nodiscard]] inline std::optional<WallTime> parse_time(std::string_view text) {
  using namespace std::chrono;
  const std::string copy{text};
  int year_read = 0, hour = 0, minute = 0, second = 0, read = 0;
  unsigned month_read = 0, day_read = 0;
  const auto all = [&] { return read == static_cast<int>(copy.size()); };
  const bool whole =
      (std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2d:%2d:%2dZ%n", &year_read, &month_read, &day_read, &hour, &minute, &second, &read) == 6 &&
       all()) ||
      (hour = minute = second = 0, std::sscanf(copy.c_str(), "%4d-%2u-%2u%n", &year_read, &month_read, &day_read, &read) == 3 && all());
  const year_month_day date{year{year_read}, month{month_read}, day{day_read}};
  if (!whole || !date.ok() || year_read < 1970 || year_read > 2199 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60)
    return std::nullopt;
  return WallTime{sys_days{date}} + hours{hour} + minutes{minute} + std::chrono::seconds{second};
}

/// The tier of a JSON object {"name", "rpm", "tpm", "ipm", "rpd", "tpd", "dollars_per_ten_minutes"}; what is left out is unlimited.
[[nodiscard]] inline Tier read_tier(const boost::json::object& given) {
  Tier tier{.name = "custom"};
  for (const auto& field : given) {
    const auto name = field.key();
    const auto& value = field.value();
    const auto whole = [&] { return static_cast<std::int64_t>(detail::whole(value, name, 0, 1e12)); };
    if (name == "name")
      tier.name = detail::text(value, name);
    else if (name == "rpm")
      tier.requests_per_minute = whole();
    else if (name == "tpm")
      tier.tokens_per_minute = whole();
    else if (name == "ipm")
      tier.images_per_minute = whole();
    else if (name == "rpd")
      tier.requests_per_day = whole();
    else if (name == "tpd")
      tier.tokens_per_day = whole();
    else if (name == "dollars_per_ten_minutes")
      tier.nanodollars_per_ten_minutes = static_cast<std::int64_t>(detail::number(value, name, 0, 1e6) * 1e9);
    else
      detail::refuse_member("tier", name);
  }
  return tier;
}

/// The tier of that name.
///
/// Errors   `ConfigError` that names the known ones.
[[nodiscard]] inline Tier tier_named(std::string_view name) {
  if (auto tier = find_tier(name)) return *std::move(tier);
  std::string known;
  for (const Tier& tier : known_tiers()) known += (known.empty() ? "" : ", ") + tier.name;
  throw ConfigError{"tier must be one of " + known + "; it is '" + std::string{name} + "'"};
}

[[nodiscard]] inline Episode read_episode(const boost::json::object& given) {
  Episode episode;
  for (const auto& field : given) {
    const auto name = field.key();
    const auto& value = field.value();
    const auto whole = [&] { return static_cast<std::uint32_t>(detail::whole(value, name, 0, 1e9)); };
    if (name == "answer") {
      episode.answer = detail::text(value, name);
    } else if (name == "match") {
      for (const auto& [what, pattern] : detail::object(value, name)) {
        if (what == "model")
          episode.model = detail::text(pattern, what);
        else if (what == "prompt")
          episode.prompt = detail::text(pattern, what);
        else
          detail::refuse_member("match", what);
      }
    } else if (name == "after") {
      episode.after = whole();
    } else if (name == "calls") {
      episode.calls = whole();
    } else if (name == "from_s") {
      episode.from = detail::seconds(value, name);
    } else if (name == "until_s") {
      episode.until = detail::seconds(value, name);
    } else if (name == "latency_s") {
      episode.latency = detail::seconds(value, name);
    } else {
      detail::refuse_member("episode", name);
    }
  }
  if (episode.until && *episode.until <= episode.from) detail::refuse_json("until_s must be more than from_s, or the episode never comes");
  if (!can_answer(episode.answer)) detail::refuse_json("there is no answer '" + episode.answer + "'");
  return episode;
}

namespace detail {

/// "calm, bad-day, outage-30min"
[[nodiscard]] inline std::string known_scenarios() {
  std::string known;
  for (const std::string_view name : scenario_names()) known.append(known.empty() ? "" : ", ").append(name);
  return known;
}

/// What a scenario of that object begins with, before its other members change it.
[[nodiscard]] inline Scenario named_scenario(const boost::json::object& given, std::uint64_t seed) {
  Scenario scenario{.name = "custom"};
  const boost::json::value* const name = given.if_contains("name");
  if (!name) return scenario;
  scenario.name = text(*name, "name");
  if (auto known = find_scenario(scenario.name, seed)) return *std::move(known);
  if (given.size() == 1)
    refuse_json("name alone must be one of " + known_scenarios() + "; it is " + quoted(*name) + ", and nothing says what that is like");
  return scenario;
}

/// Keys with their projects. A refusal quotes no key.
[[nodiscard]] inline std::map<std::string, std::string, std::less<>> read_projects(const boost::json::object& given) {
  std::map<std::string, std::string, std::less<>> projects;
  for (const auto& [project, keys] : given) {
    if (!keys.is_array()) refuse_json("projects: '" + gemini::shortened(project, 80) + "' must be an array of keys");
    for (const auto& key : keys.as_array()) {
      if (!key.is_string()) refuse_json("projects: '" + gemini::shortened(project, 80) + "' must hold texts alone");
      projects[std::string{key.as_string()}] = project;
    }
  }
  return projects;
}

}  // namespace detail

/// The scenario of a JSON object in the form above. The name of a known scenario stands for it, and other members change it.
///
/// Errors   `ConfigError` that names the member, its range and its value.
[[nodiscard]] inline Scenario read_scenario(const boost::json::object& given, std::uint64_t seed) {
  Scenario scenario = detail::named_scenario(given, seed);
  for (const auto& [name, value] : given) {
    if (name == "name") {
      continue;
    } else if (name == "model") {
      if (value.is_object()) {
        scenario.model = {};
        read_parameters(value.as_object(), scenario.model);
      } else if (const std::string nature = detail::text(value, name); nature == "day") {
        scenario.model = {};
      } else if (nature == "calm") {
        scenario.model = calm_parameters();
      } else {
        detail::refuse_json("model must be calm, day or an object; it is '" + gemini::shortened(nature, 80) + "'");
      }
    } else if (name == "tier") {
      scenario.tier = value.is_object() ? read_tier(value.as_object()) : tier_named(detail::text(value, name));
    } else if (name == "starts_at") {
      scenario.starts_at = parse_time(detail::text(value, name));
      if (!scenario.starts_at) detail::refuse_json("starts_at must look like 2026-11-24T10:00:00Z; it is " + detail::quoted(value));
    } else if (name == "withheld_by") {
      scenario.withheld_by = static_cast<std::uint32_t>(detail::whole(value, name, 0, 1e4));
    } else if (name == "hopeless_at_most") {
      scenario.hopeless_at_most = static_cast<std::uint32_t>(detail::whole(value, name, 0, 1e4));
    } else if (name == "cast") {
      scenario.cast = static_cast<std::uint32_t>(detail::whole(value, name, 0, 1e4));
    } else if (name == "projects") {
      scenario.projects = detail::read_projects(detail::object(value, name));
    } else if (name == "episodes") {
      if (!value.is_array()) detail::refuse_json("episodes must be an array; it is " + detail::quoted(value));
      scenario.episodes.clear();
      for (const auto& episode : value.as_array()) scenario.episodes.push_back(read_episode(detail::object(episode, "an episode")));
    } else {
      detail::refuse_member("the scenario", name);
    }
  }
  return scenario;
}

/// The same of a JSON text.
[[nodiscard]] inline Scenario read_scenario(std::string_view text, std::uint64_t seed) {
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(text, error);
  if (error) throw ConfigError{"scenario: this is not JSON: " + error.message()};
  try {
    return read_scenario(detail::object(parsed, "the file"), seed);
  } catch (const ConfigError& refusal) {
    throw ConfigError{std::string{"scenario: "} + refusal.what()};
  }
}

/// The scenario that a command line means: a known name, else the file of that path.
///
/// Errors   `ConfigError` when it is neither, or the file is wrong.
[[nodiscard]] inline Scenario load_scenario(const std::string& name_or_path, std::uint64_t seed) {
  if (auto known = find_scenario(name_or_path, seed)) return *std::move(known);
  std::error_code none;  // what cannot be asked about cannot be read either
  std::ifstream file{name_or_path, std::ios::binary};
  if (!file || !std::filesystem::is_regular_file(name_or_path, none))
    throw ConfigError{"scenario must be one of " + detail::known_scenarios() + ", or a file that can be read; it is '" + name_or_path +
                      "'"};
  return read_scenario(std::string{std::istreambuf_iterator<char>{file}, {}}, seed);
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
