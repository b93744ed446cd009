// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>        // ConfigError
#include <ductile/core/now.hpp>                 // WallTime
#include <ductile/mock/rows.hpp>                // can_answer
#include <ductile/mock/scenario.hpp>            // Episode, find_scenario, Scenario
#include <ductile/mock/service_parameters.hpp>  // ServiceParameters

#include <boost/json.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

// A scenario file:
//
//   {
//     "name": "lunch",                        what it is called in reports
//     "model": "calm" | "day" | {...}         the service's nature; an object changes figures of the day, by the names below
//     "tier": "tier1" | {"name": "mine", "rpm": 60, "tpm": 250000, "ipm": 10, "rpd": 250},
//     "starts_at": "2026-11-24T10:00:00Z",    the service's time at the start; left out: the computer's
//     "withheld_by": 10,                      see Scenario
//     "episodes": [
//       {"answer": "high-demand", "match": {"model": "gemini-3-pro-image", "prompt": "cat"}, "after": 2, "calls": 3, "latency_s": 1.5},
//       {"answer": "overloaded", "from_s": 60, "until_s": 1860}
//     ]
//   }
//
// Every member may be left out. One that is not known is refused: a misspelt one would pass for a scenario in which nothing happens.
namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

[[noreturn]] inline void refuse_scenario(const std::string& what) { throw ConfigError{"scenario: " + what}; }

inline double number(const boost::json::value& value, std::string_view name, double least, double most) {
  double read = std::nan("");
  if (value.is_number()) read = value.to_number<double>();
  if (!(read >= least && read <= most)) {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), "%.*s must be a number from %g to %g", static_cast<int>(name.size()), name.data(), least, most);
    refuse_scenario(std::string{text.data()} + "; it is " + boost::json::serialize(value));
  }
  return read;
}

inline std::string text(const boost::json::value& value, std::string_view name) {
  if (!value.is_string()) refuse_scenario(std::string{name} + " must be a text; it is " + boost::json::serialize(value));
  return std::string{value.as_string()};
}

inline const boost::json::object& object(const boost::json::value& value, std::string_view name) {
  if (!value.is_object()) refuse_scenario(std::string{name} + " must be an object; it is " + boost::json::serialize(value));
  return value.as_object();
}

[[noreturn]] inline void refuse_member(std::string_view where, std::string_view name) {
  refuse_scenario(std::string{where} + " has no member '" + std::string{name} + "'");
}

inline Duration seconds(const boost::json::value& value, std::string_view name) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{number(value, name, 0, 1e8)});
}

inline Span span(const boost::json::value& value, std::string_view name) {
  if (!value.is_array() || value.as_array().size() != 2) refuse_scenario(std::string{name} + " must be [low, high]");
  return {number(value.as_array()[0], name, 0, 1e8), number(value.as_array()[1], name, 0, 1e8)};
}

}  // namespace detail

/// A moment in the form "2026-11-24T10:00:00Z" or "2026-11-24"; none for anything else.
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
  if (!whole || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  return WallTime{sys_days{date}} + hours{hour} + minutes{minute} + std::chrono::seconds{second};
}

/// Changes `parameters` by the members of `given`, which go by the names of the day's model: p503_by_hour, burst_mean_s, safety, ...
/// Members that describe the client's load (size_mix and the like) are passed over.
///
/// Errors   `ConfigError` for a value out of range.
inline void read_parameters(const boost::json::object& given, ServiceParameters& parameters) {
  using detail::number;
  using detail::span;
  const auto chance = [](const boost::json::value& value, std::string_view name) { return number(value, name, 0, 1); };
  for (const auto& [key, value] : given) {
    const std::string_view name = key;
    ServiceParameters& to = parameters;
    if (name == "p503_by_hour") {
      if (!value.is_array() || value.as_array().size() != 24) detail::refuse_scenario("p503_by_hour must be 24 numbers");
      for (std::size_t hour = 0; hour < 24; ++hour) to.overload_by_hour[hour] = chance(value.as_array()[hour], name);
    } else if (name == "flash_503_factor") {
      to.flash_overload_factor = number(value, name, 0, 10);
    } else if (name == "p503_calm") {
      to.overload_calm = chance(value, name);
    } else if (name == "p503_burst") {
      to.overload_burst = chance(value, name);
    } else if (name == "burst_mean_s") {
      to.burst_mean = number(value, name, 1, 1e6);
    } else if (name == "slow_503_share") {
      to.slow_overload_share = chance(value, name);
    } else if (name == "slow_503_s") {
      to.slow_overload = span(value, name);
    } else if (name == "fast_503_s") {
      to.fast_overload = span(value, name);
    } else if (name == "p500_mean") {
      to.internal_mean = chance(value, name);
    } else if (name == "p500_calm") {
      to.internal_calm = chance(value, name);
    } else if (name == "p500_burst") {
      to.internal_burst = chance(value, name);
    } else if (name == "burst500_mean_s") {
      to.internal_burst_mean = number(value, name, 1, 1e6);
    } else if (name == "poison500_share") {
      to.poison_share = chance(value, name);
    } else if (name == "latency_median_s") {
      for (const auto& [kind, median] : detail::object(value, name)) {
        if (kind == "pro")
          to.pro_latency = number(median, "latency_median_s.pro", 0, 1e5);
        else if (kind == "flash")
          to.flash_latency = number(median, "latency_median_s.flash", 0, 1e5);
        else
          detail::refuse_member(name, kind);
      }
    } else if (name == "latency_sigma") {
      to.latency_sigma = number(value, name, 0, 5);
    } else if (name == "overload_latency_factor") {
      to.burst_latency_factor = span(value, name);
    } else if (name == "size_latency" || name == "p504") {
      for (const auto& [size, figure] : detail::object(value, name)) {
        const std::size_t index = size == "1K" ? 0 : size == "2K" ? 1 : size == "4K" ? 2 : 3;
        if (index == 3) detail::refuse_member(name, size);
        if (name == "p504") {
          const Span both = span(figure, name);
          to.deadline_chance[index] = {both.low, both.high};
        } else {
          to.size_latency_factor[index] = number(figure, name, 0, 100);
        }
      }
    } else if (name == "t504_s") {
      to.deadline_after = number(value, name, 0, 1e5);
    } else if (name == "safety") {
      for (const auto& [share, figure] : detail::object(value, name)) {
        if (share == "borderline_share")
          to.borderline_share = chance(figure, share);
        else if (share == "prohibited_share")
          to.prohibited_share = chance(figure, share);
        else if (share == "borderline_block_original")
          to.borderline_blocked = chance(figure, share);
        else if (share == "reword_pass")
          to.reworded_passes = chance(figure, share);
        else
          detail::refuse_member(name, share);
      }
    } else if (name == "permanent") {
      for (const auto& [status, figure] : detail::object(value, name)) {
        if (status == "400")
          to.bad_request_share = chance(figure, "permanent.400");
        else if (status == "403")
          to.permission_share = chance(figure, "permanent.403");
        else if (status == "404")
          to.not_found_share = chance(figure, "permanent.404");
        else
          detail::refuse_member(name, status);
      }
    } else if (name == "retry_info_present") {
      to.retry_info_present = chance(value, name);
    } else if (name == "quota_detail_present") {
      to.quota_detail_present = chance(value, name);
    } else if (name == "daily_hint_misleading_s") {
      to.daily_hint = span(value, name);
    } else if (name == "count_429_rpm") {
      to.count_rejected = value.is_bool() && value.as_bool();
    } else if (name == "count_503_rpd") {
      to.count_overload_in_day = value.is_bool() && value.as_bool();
    } else if (name == "network_s") {
      to.network = span(value, name);
    } else if (name != "size_mix" && name != "tokens_median" && name != "reference_image_share" && name != "reference_image_tokens" &&
               name != "pacific_midnight_utc_h" && name != "quota_window") {
      detail::refuse_member("model", name);
    }
  }
}

/// The tier of a JSON object {"name", "rpm", "tpm", "ipm", "rpd"}; what is left out is unlimited.
[[nodiscard]] inline Tier read_tier(const boost::json::object& given) {
  Tier tier{.name = "custom"};
  for (const auto& [name, value] : given) {
    const auto whole = [&] { return static_cast<std::int64_t>(detail::number(value, name, 0, 1e12)); };
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
  for (const auto& [name, value] : given) {
    const auto whole = [&] { return static_cast<std::uint32_t>(detail::number(value, name, 0, 1e9)); };
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
  if (!can_answer(episode.answer)) detail::refuse_scenario("there is no answer '" + episode.answer + "'");
  return episode;
}

/// The scenario of a JSON text in the form above. {"name": "bad-day"} alone is the scenario of that name.
///
/// Errors   `ConfigError` that names the member, its range and its value.
[[nodiscard]] inline Scenario read_scenario(std::string_view text, std::uint64_t seed) {
  boost::json::error_code error;
  const boost::json::value parsed = boost::json::parse(text, error);
  if (error) detail::refuse_scenario("this is not JSON: " + error.message());
  const boost::json::object& given = detail::object(parsed, "the file");
  if (given.size() == 1 && given.contains("name"))
    if (auto known = find_scenario(detail::text(given.at("name"), "name"), seed)) return *std::move(known);

  Scenario scenario{.name = "custom"};
  for (const auto& [name, value] : given) {
    if (name == "name") {
      scenario.name = detail::text(value, name);
    } else if (name == "model") {
      if (value.is_object()) {
        scenario.model = {};
        read_parameters(value.as_object(), scenario.model);
      } else if (const std::string nature = detail::text(value, name); nature == "day") {
        scenario.model = {};
      } else if (nature != "calm") {
        detail::refuse_scenario("model must be calm, day or an object; it is '" + nature + "'");
      }
    } else if (name == "tier") {
      scenario.tier = value.is_object() ? read_tier(value.as_object()) : tier_named(detail::text(value, name));
    } else if (name == "starts_at") {
      scenario.starts_at = parse_time(detail::text(value, name));
      if (!scenario.starts_at) detail::refuse_scenario("starts_at must look like 2026-11-24T10:00:00Z");
    } else if (name == "withheld_by") {
      scenario.withheld_by = static_cast<std::uint32_t>(detail::number(value, name, 0, 1e6));
    } else if (name == "episodes") {
      if (!value.is_array()) detail::refuse_scenario("episodes must be an array");
      for (const auto& episode : value.as_array()) scenario.episodes.push_back(read_episode(detail::object(episode, "an episode")));
    } else {
      detail::refuse_member("the file", name);
    }
  }
  return scenario;
}

/// The scenario that a command line means: a known name, else the file of that path.
///
/// Errors   `ConfigError` when it is neither, or the file is wrong.
[[nodiscard]] inline Scenario load_scenario(const std::string& name_or_path, std::uint64_t seed) {
  if (auto known = find_scenario(name_or_path, seed)) return *std::move(known);
  std::ifstream file{name_or_path, std::ios::binary};
  if (!file) {
    std::string known;
    for (const std::string_view name : scenario_names()) known.append(known.empty() ? "" : ", ").append(name);
    throw ConfigError{"scenario must be one of " + known + ", or a file that can be read; it is '" + name_or_path + "'"};
  }
  return read_scenario(std::string{std::istreambuf_iterator<char>{file}, {}}, seed);
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
