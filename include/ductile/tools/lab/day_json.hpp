// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // WallTime
#include <ductile/mock/json_reading.hpp>
#include <ductile/mock/service_parameters_json.hpp>  // read_parameters
#include <ductile/mock/tier_json.hpp>                // read_tier
#include <ductile/tools/lab/day.hpp>                 // Day, JobMix, Outage, Scenario
#include <ductile/tools/lab/seconds.hpp>             // from_seconds

#include <boost/json.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

using Json = boost::json::value;
namespace reading = mock::detail;

template <class Names>
void require_members(const boost::json::object& given, const std::string& path, const Names& names) {
  for (const std::string_view name : names)
    if (!given.contains(name)) reading::refuse_json(path + (path.empty() ? "" : ".") + std::string{name} + " is missing");
}

inline const boost::json::object& object_at(const boost::json::object& given, std::string_view name) {
  require_members(given, {}, std::array{name});
  return reading::object(given.at(name), name);
}

inline Duration hours(const Json& value, std::string_view path) { return from_seconds(3600 * reading::number(value, path, 0, 24)); }

inline std::int64_t count(const Json& value, std::string_view path, double least, double most) {
  return static_cast<std::int64_t>(reading::whole(value, path, least, most));
}

// What the file says of the jobs stands among the figures of the service.
inline JobMix read_mix(const boost::json::object& model) {
  require_members(model, "model",
                  std::array<std::string_view, 4>{"size_mix", "tokens_median", "reference_image_share", "reference_image_tokens"});
  const boost::json::object& sizes = reading::object(model.at("size_mix"), "model.size_mix");
  constexpr std::array<std::string_view, 3> known{"1K", "2K", "4K"};
  require_members(sizes, "model.size_mix", known);
  std::map<std::string_view, double> share;
  double sum = 0;
  for (const auto& [size, value] : sizes) {
    if (size != "1K" && size != "2K" && size != "4K") reading::refuse_member("model.size_mix", size, known);
    sum += share[size] = reading::number(value, "model.size_mix." + std::string{size}, 0, 1);
  }
  if (std::abs(sum - 1) > 1e-6) reading::refuse_json("model.size_mix must have shares whose sum is 1; it is " + reading::quoted(sizes));
  return {.share_2k = share["2K"],
          .share_4k = share["4K"],
          .tokens_median = reading::number(model.at("tokens_median"), "model.tokens_median", 1, 1e6),
          .reference_image_share = reading::number(model.at("reference_image_share"), "model.reference_image_share", 0, 1),
          .reference_image_tokens = reading::number(model.at("reference_image_tokens"), "model.reference_image_tokens", 0, 1e6)};
}

// A figure that the file leaves out would be the library's own guess.
inline void require_figures(const boost::json::object& model) {
  for (const auto& figure : reading::model_figures) require_members(model, "model", std::array{figure.name});
  const auto inner = [&model](std::string_view name, std::initializer_list<std::string_view> members) {
    require_members(reading::object(model.at(name), "model." + std::string{name}), "model." + std::string{name}, members);
  };
  inner("latency_median_s", {"pro", "flash"});
  inner("size_latency", {"1K", "2K", "4K"});
  inner("p504", {"1K", "2K", "4K"});
  inner("safety", {"borderline_share", "prohibited_share", "borderline_block_original", "reword_pass"});
  inner("permanent", {"400", "403", "404"});
}

// The quotas' day is California's, whose midnight is at one of two hours.
inline WallTime midnight_of(const boost::json::object& model) {
  using namespace std::chrono;
  const double hour = reading::whole(model.at("pacific_midnight_utc_h"), "model.pacific_midnight_utc_h", 7, 8);
  return sys_days{year{2026} / (hour == 8 ? November : July) / (hour == 8 ? 24 : 21)};
}

struct ScenarioReading {
  Scenario scenario{};
  const std::map<std::string, mock::Tier, std::less<>>& tiers;
  mock::SharedCapacity capacity{};
};

using ScenarioMember = reading::Member<ScenarioReading>;

inline constexpr std::array scenario_members{
    ScenarioMember{
        "what", [](const Json& value, const std::string& path, ScenarioReading& into) { into.scenario.what = reading::text(value, path); }},
    ScenarioMember{"tier",
                   [](const Json& value, const std::string& path, ScenarioReading& into) {
                     const std::string name = reading::text(value, path);
                     const auto found = into.tiers.find(name);
                     if (found == into.tiers.end()) reading::refuse_json(path + ": the file's tiers have no '" + name + "'");
                     into.scenario.tier = found->second;
                   }},
    ScenarioMember{
        "jobs", [](const Json& value, const std::string& path, ScenarioReading& into) { into.scenario.jobs = count(value, path, 1, 1e6); }},
    ScenarioMember{"rate_min", [](const Json& value, const std::string& path,
                                  ScenarioReading& into) { into.scenario.rate = reading::number(value, path, 1e-3, 1e4); }},
    ScenarioMember{"from_h",
                   [](const Json& value, const std::string& path, ScenarioReading& into) { into.scenario.from = hours(value, path); }},
    ScenarioMember{"to_h",
                   [](const Json& value, const std::string& path, ScenarioReading& into) { into.scenario.until = hours(value, path); }},
    ScenarioMember{"clump",
                   [](const Json& value, const std::string& path, ScenarioReading& into) {
                     const mock::Span clump = reading::pair_of(value, path, "[low, high]", 1000);
                     into.scenario.least_clump = count(clump.low, path, 1, 1000);
                     into.scenario.most_clump = count(clump.high, path, clump.low, 1000);
                   }},
    ScenarioMember{"deadline_s",
                   [](const Json& value, const std::string& path, ScenarioReading& into) {
                     into.scenario.deadline = from_seconds(reading::number(value, path, 1, 1e7));
                   }},
    ScenarioMember{"processes", [](const Json& value, const std::string& path,
                                   ScenarioReading& into) { into.scenario.processes = count(value, path, 1, 10'000); }},
    ScenarioMember{
        "pool", [](const Json& value, const std::string& path, ScenarioReading& into) { into.scenario.pool = count(value, path, 1, 1e5); }},
    ScenarioMember{"pool_design", [](const Json& value, const std::string& path,
                                     ScenarioReading& into) { into.scenario.pool_ductile = count(value, path, 1, 1e5); }},
    ScenarioMember{"outage_h",
                   [](const Json& value, const std::string& path, ScenarioReading& into) {
                     const mock::Span outage = reading::pair_of(value, path, "[begin, end]", 24);
                     if (outage.high <= outage.low)
                       reading::refuse_json(path + " must end after its begin; it is " + reading::quoted(value));
                     into.scenario.outage = {from_seconds(3600 * outage.low), from_seconds(3600 * outage.high)};
                   }},
    ScenarioMember{"capacity_min", [](const Json& value, const std::string& path,
                                      ScenarioReading& into) { into.capacity.calls_per_minute = reading::number(value, path, 0, 1e6); }},
    ScenarioMember{"capacity_burst", [](const Json& value, const std::string& path,
                                        ScenarioReading& into) { into.capacity.burst = reading::number(value, path, 1, 1e6); }},
    ScenarioMember{"reject_cost", [](const Json& value, const std::string& path, ScenarioReading& into) {
                     into.capacity.rejected_costs = reading::number(value, path, 0, 1);
                   }}};

inline Scenario read_scenario(const boost::json::object& given, std::string_view name,
                              const std::map<std::string, mock::Tier, std::less<>>& tiers) {
  const std::string path = "scenarios." + std::string{name};
  ScenarioReading read{.tiers = tiers};
  read.scenario.name = name;
  reading::read_members<ScenarioReading>(given, path, scenario_members, read);
  require_members(given, path, std::array<std::string_view, 4>{"tier", "from_h", "to_h", "deadline_s"});
  if (given.contains("jobs") == given.contains("rate_min")) reading::refuse_json(path + " must have one of 'jobs' and 'rate_min'");
  if (read.scenario.until < read.scenario.from) reading::refuse_json(path + ".to_h must not be before from_h");
  if (const auto& outage = read.scenario.outage; outage && (outage->from <= read.scenario.from || outage->until > read.scenario.until))
    reading::refuse_json(path + ".outage_h must begin after from_h and end by to_h; it is " + reading::quoted(given.at("outage_h")));
  if (given.contains("capacity_min")) {
    require_members(given, path, std::array<std::string_view, 2>{"capacity_burst", "reject_cost"});
    read.scenario.capacity = read.capacity;
  }
  return read.scenario;
}

}  // namespace detail

/// What a file of scenarios says: its members `model`, `tiers` and `scenarios`; what else it has is for others (`goals`, `sensitivity`).
///
/// \param what What it is called in refusals, such as "the file day.json".
///
/// Errors   `ConfigError` that names the member by its path, its range and its value, or that it is missing: no figure of the service has a
///          default.
[[nodiscard]] inline Day day_of(const boost::json::value& file, std::string_view what) {
  const boost::json::object& whole = mock::detail::object(file, what);
  const boost::json::object& model = detail::object_at(whole, "model");
  Day day;
  mock::read_parameters(model, "model", day.model);
  detail::require_figures(model);
  day.mix = detail::read_mix(model);
  day.midnight = detail::midnight_of(model);

  std::map<std::string, mock::Tier, std::less<>> tiers;
  for (const auto& [name, limits] : detail::object_at(whole, "tiers")) {
    const std::string path = "tiers." + std::string{name};
    mock::Tier tier = mock::read_tier(mock::detail::object(limits, path), path);
    tier.name = name;
    tiers.insert_or_assign(name, std::move(tier));
  }
  for (const auto& [name, scenario] : detail::object_at(whole, "scenarios"))
    day.scenarios.insert_or_assign(name,
                                   detail::read_scenario(mock::detail::object(scenario, "scenarios." + std::string{name}), name, tiers));
  if (day.scenarios.empty()) mock::detail::refuse_json("scenarios must have one at least; it is {}");
  return day;
}

/// The same, from the text of the file.
///
/// Errors   Also `ConfigError` with line and column where it is not JSON.
[[nodiscard]] inline Day read_day(std::string_view text, std::string_view what = "the file") {
  return day_of(mock::detail::parsed(text, what), what);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
