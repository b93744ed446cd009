// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>             // ConfigError
#include <ductile/core/now.hpp>                      // WallTime
#include <ductile/detail/iso_time.hpp>               // iso_time
#include <ductile/gemini/redact.hpp>                 // shortened
#include <ductile/mock/detail/json_reading.hpp>      // Member, read_members
#include <ductile/mock/rows.hpp>                     // all_answers, can_answer, fault_names
#include <ductile/mock/scenario.hpp>                 // Episode, find_scenario, Scenario
#include <ductile/mock/service_parameters_json.hpp>  // read_parameters, written_parameters
#include <ductile/mock/shared_capacity.hpp>          // SharedCapacity
#include <ductile/mock/switches.hpp>                 // Switches

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
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
#include <system_error>
#include <utility>
#include <vector>

// A scenario file, read and written. docs/mock/scenarios.md has its form, mock/scenario_schema.hpp the same as a JSON Schema. Every member
// may be left out. One that is not known is refused: a misspelt one would pass for a scenario in which nothing happens.
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

namespace detail {

using Json = boost::json::value;

template <class T, std::int64_t T::* member>
constexpr Member<T> limit(std::string_view name) {
  return {
      name,
      [](const Json& value, const std::string& path, T& into) { into.*member = static_cast<std::int64_t>(whole(value, path, 0, 1e12)); },
      [](const T& from) -> Json { return from.*member; }};
}

inline constexpr std::array text_limit_members{limit<TextLimits, &TextLimits::requests_per_minute>("rpm"),
                                               limit<TextLimits, &TextLimits::tokens_per_minute>("tpm"),
                                               limit<TextLimits, &TextLimits::requests_per_day>("rpd")};

inline constexpr std::array tier_members{
    Member<Tier>{"name", [](const Json& value, const std::string& path, Tier& into) { into.name = text(value, path); },
                 [](const Tier& from) -> Json { return boost::json::string(from.name); }},
    limit<Tier, &Tier::requests_per_minute>("rpm"),
    limit<Tier, &Tier::tokens_per_minute>("tpm"),
    limit<Tier, &Tier::images_per_minute>("ipm"),
    limit<Tier, &Tier::requests_per_day>("rpd"),
    limit<Tier, &Tier::tokens_per_day>("tpd"),
    Member<Tier>{"dollars_per_ten_minutes",
                 [](const Json& value, const std::string& path, Tier& into) {
                   into.nanodollars_per_ten_minutes = std::llround(number(value, path, 0, 1e6) * 1e9);
                 },
                 [](const Tier& from) -> Json { return static_cast<double>(from.nanodollars_per_ten_minutes) / 1e9; }},
    Member<Tier>{"text",
                 [](const Json& value, const std::string& path, Tier& into) {
                   read_members<TextLimits>(object(value, path), path, text_limit_members, into.text.emplace());
                 },
                 [](const Tier& from) -> Json {
                   if (!from.text) return nullptr;
                   return written_members<TextLimits>(*from.text, {}, text_limit_members);
                 }}};

}  // namespace detail

/// The tier of that name. \param path What names it, for the refusal.
///
/// Errors   `ConfigError` that names the known ones.
[[nodiscard]] inline Tier tier_named(std::string_view name, std::string_view path = "tier") {
  if (auto tier = find_tier(name)) return *std::move(tier);
  std::string known;
  std::vector<std::string> names;
  for (Tier& tier : known_tiers()) {
    known += (known.empty() ? "" : ", ") + tier.name;
    names.push_back(std::move(tier.name));
  }
  throw ConfigError{std::string{path} + " must be one of " + known + "; it is '" + gemini::shortened(name, 80) + "'" +
                    detail::nearest_of(name, names)};
}

/// The shared capacity of a JSON number, which is the calls a minute, or object {"calls_per_minute", "burst", "rejected_costs"}.
[[nodiscard]] inline SharedCapacity read_shared_capacity(const boost::json::value& value, const std::string& path) {
  using detail::Json;
  SharedCapacity capacity;
  if (!value.is_object()) {
    capacity.calls_per_minute = detail::number(value, path, 0, 1e6);
    return capacity;
  }
  static constexpr std::array members{
      detail::Member<SharedCapacity>{"calls_per_minute",
                                     [](const Json& given, const std::string& where, SharedCapacity& into) {
                                       into.calls_per_minute = detail::number(given, where, 0, 1e6);
                                     }},
      detail::Member<SharedCapacity>{"burst", [](const Json& given, const std::string& where,
                                                 SharedCapacity& into) { into.burst = detail::number(given, where, 1, 1e6); }},
      detail::Member<SharedCapacity>{"rejected_costs", [](const Json& given, const std::string& where, SharedCapacity& into) {
                                       into.rejected_costs = detail::number(given, where, 0, 1);
                                     }}};
  detail::read_members<SharedCapacity>(value.as_object(), path, members, capacity);
  return capacity;
}

namespace detail {

/// The switches by their names, in a scenario and on the admin page.
inline constexpr std::array switch_members{
    Member<Switches>{"count_failures",
                     [](const Json& value, const std::string& path, Switches& into) { into.count_failures = flag(value, path); },
                     [](const Switches& from) -> Json { return from.count_failures; }},
    Member<Switches>{"lying_retry_info",
                     [](const Json& value, const std::string& path, Switches& into) {
                       into.lying_retry_info = value.is_null() ? std::nullopt : std::optional{flag(value, path)};
                     },
                     [](const Switches& from) -> Json { return from.lying_retry_info ? Json(*from.lying_retry_info) : Json(nullptr); }},
    Member<Switches>{"shared_capacity",
                     [](const Json& value, const std::string& path, Switches& into) {
                       into.shared_capacity = value.is_null() ? std::nullopt : std::optional{read_shared_capacity(value, path)};
                     },
                     [](const Switches& from) -> Json {
                       if (!from.shared_capacity) return nullptr;
                       return boost::json::object{{"calls_per_minute", from.shared_capacity->calls_per_minute},
                                                  {"burst", from.shared_capacity->burst},
                                                  {"rejected_costs", from.shared_capacity->rejected_costs}};
                     }}};

inline double count_of_seconds(Duration span) { return std::chrono::duration<double>(span).count(); }

template <std::string Episode::* member>
constexpr Member<Episode> words(std::string_view name) {
  return {name, [](const Json& value, const std::string& path, Episode& into) { into.*member = text(value, path); },
          [](const Episode& from) -> Json { return boost::json::string(from.*member); }};
}

inline std::uint32_t count(const Json& value, const std::string& path) { return static_cast<std::uint32_t>(whole(value, path, 0, 1e9)); }

inline std::string answer_named(const std::string& id, const std::string& path) {
  if (!can_answer(id)) refuse_json(path + ": there is no answer '" + gemini::shortened(id, 80) + "'" + nearest_of(id, all_answers()));
  return id;
}

inline void read_answer(const Json& value, const std::string& path, Episode& into) {
  if (!value.is_object()) {
    if (!value.is_string()) refuse_json(path + " must be an id, or an object of ids with their weights; it is " + quoted(value));
    into.answer = answer_named(std::string{value.as_string()}, path);
    return;
  }
  double sum = 0;
  for (const auto& [id, weight] : value.as_object()) {
    into.mix.push_back({answer_named(std::string{id}, path), number(weight, path + "." + std::string{id}, 0, 1e6)});
    sum += into.mix.back().weight;
  }
  if (!(sum > 0)) refuse_json(path + " must have an answer whose weight is more than 0; it is " + quoted(value));
}

inline Json written_answer(const Episode& from) {
  if (from.mix.empty()) return boost::json::string(from.answer);
  boost::json::object mix;
  for (const WeightedAnswer& each : from.mix) mix[each.answer] = each.weight;
  return mix;
}

inline void read_fault(const Json& value, const std::string& path, Episode& into) {
  into.fault = text(value, path);
  const std::vector<std::string_view> faults = fault_names();
  if (std::find(faults.begin(), faults.end(), into.fault) != faults.end()) return;
  std::string known;
  for (const std::string_view fault : faults) known.append(known.empty() ? "" : ", ").append(fault);
  refuse_json(path + " must be one of " + known + "; it is " + quoted(value) + nearest_of(into.fault, faults));
}

inline void read_latency(const Json& value, const std::string& path, Episode& into) {
  into.latency.reset();
  into.percentiles.reset();
  if (!value.is_object()) {
    into.latency = seconds(value, path);
    return;
  }
  std::vector<LatencyPercentiles::Percentile> percentiles;
  for (const auto& [name, time] : value.as_object()) {
    const std::string_view text = name;
    double percent = 0;
    const auto [end, error] = text.starts_with('p') ? std::from_chars(text.data() + 1, text.data() + text.size(), percent)
                                                    : std::from_chars_result{nullptr, std::errc::invalid_argument};
    if (error != std::errc{} || end != text.data() + text.size() || !(percent >= 0.1 && percent <= 99.9))
      refuse_json(path + " has no member '" + gemini::shortened(text, 80) + "'; percentiles are p0.1 to p99.9, such as p50");
    percentiles.push_back({percent, number(time, path + "." + std::string{text}, 0.001, 1e6)});
  }
  try {
    into.percentiles.emplace(std::move(percentiles));
  } catch (const ConfigError& refusal) {
    refuse_json(path + ": " + refusal.what());
  }
}

inline Json written_latency(const Episode& from) {
  if (!from.percentiles) return from.latency ? Json(count_of_seconds(*from.latency)) : Json(nullptr);
  boost::json::object written;
  for (const auto& each : from.percentiles->percentiles()) {
    std::array<char, 32> name{'p'};
    *std::to_chars(name.data() + 1, name.data() + name.size() - 1, each.percent).ptr = '\0';
    written[name.data()] = each.seconds;
  }
  return written;
}

inline constexpr std::array match_members{
    words<&Episode::model>("model"), words<&Episode::prompt>("prompt"),
    Member<Episode>{"image", [](const Json& value, const std::string& path, Episode& into) { into.image = flag(value, path); },
                    [](const Episode& from) -> Json { return from.image ? Json(*from.image) : Json(nullptr); }},
    words<&Episode::size>("size")};

inline constexpr std::array episode_members{
    Member<Episode>{"answer", &read_answer, &written_answer},
    Member<Episode>{"match",
                    [](const Json& value, const std::string& path, Episode& into) {
                      read_members<Episode>(object(value, path), path, match_members, into);
                    },
                    [](const Episode& from) -> Json { return written_members<Episode>(from, {}, match_members); }},
    Member<Episode>{"chance", [](const Json& value, const std::string& path, Episode& into) { into.chance = number(value, path, 0, 1); },
                    [](const Episode& from) -> Json { return from.chance; }},
    Member<Episode>{"after", [](const Json& value, const std::string& path, Episode& into) { into.after = count(value, path); },
                    [](const Episode& from) -> Json { return from.after; }},
    Member<Episode>{"calls", [](const Json& value, const std::string& path, Episode& into) { into.calls = count(value, path); },
                    [](const Episode& from) -> Json { return from.calls ? Json(*from.calls) : Json(nullptr); }},
    Member<Episode>{"from_s", [](const Json& value, const std::string& path, Episode& into) { into.from = seconds(value, path); },
                    [](const Episode& from) -> Json { return count_of_seconds(from.from); }},
    Member<Episode>{"until_s", [](const Json& value, const std::string& path, Episode& into) { into.until = seconds(value, path); },
                    [](const Episode& from) -> Json { return from.until ? Json(count_of_seconds(*from.until)) : Json(nullptr); }},
    words<&Episode::state>("state"),
    words<&Episode::until_state>("until_state"),
    words<&Episode::next_state>("next_state"),
    Member<Episode>{"fault", &read_fault, [](const Episode& from) -> Json { return boost::json::string(from.fault); }},
    Member<Episode>{"latency_s", &read_latency, &written_latency}};

}  // namespace detail

/// The episode of a JSON object. \param path Where it stands in its file, for refusals.
[[nodiscard]] inline Episode read_episode(const boost::json::object& given, const std::string& path = "episode") {
  Episode episode;
  detail::read_members<Episode>(given, path, detail::episode_members, episode);
  if (episode.answer.empty() && episode.mix.empty()) detail::refuse_json(path + " must have the member 'answer'");
  if (episode.until && *episode.until <= episode.from)
    detail::refuse_json(path + ".until_s must be more than from_s, or the episode never comes; it is " +
                        detail::quoted(detail::count_of_seconds(*episode.until)));
  return episode;
}

/// What `read_episode` reads back.
[[nodiscard]] inline boost::json::object written_episode(const Episode& episode) {
  return detail::written_members<Episode>(episode, {}, detail::episode_members);
}

namespace detail {

/// "calm, bad-day, outage-30min, ..."
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
    refuse_json("name alone must be one of " + known_scenarios() + "; it is " + quoted(*name) +
                nearest_of(scenario.name, scenario_names()) + ", and nothing says what that is like");
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

inline void read_nature(const Json& value, const std::string& path, Scenario& into) {
  into.model = {};
  if (value.is_object()) return read_parameters(value.as_object(), path, into.model);
  const std::string nature = text(value, path);
  if (nature == "calm")
    into.model = calm_parameters();
  else if (nature != "day")
    refuse_json(path + " must be calm, day or an object; it is '" + gemini::shortened(nature, 80) + "'" +
                nearest_of(nature, std::array<std::string_view, 2>{"calm", "day"}));
}

inline Json written_nature(const Scenario& from) {
  if (written_parameters(from.model, calm_parameters()).empty()) return "calm";
  boost::json::object figures = written_parameters(from.model, ServiceParameters{});
  return figures.empty() ? Json("day") : Json(std::move(figures));
}

inline void read_tier(const Json& value, const std::string& path, Scenario& into) {
  if (!value.is_object()) {
    into.tier = tier_named(text(value, path), path);
    return;
  }
  into.tier = Tier{.name = "custom"};
  read_members<Tier>(value.as_object(), path, tier_members, into.tier);
}

inline Json written_tier(const Scenario& from) {
  const auto known = find_tier(from.tier.name);
  if (known && written_members<Tier>(from.tier, *known, tier_members).empty()) return boost::json::string(from.tier.name);
  return written_members<Tier>(from.tier, Tier{.name = "custom"}, tier_members);
}

inline void read_episodes(const Json& value, const std::string& path, Scenario& into) {
  if (!value.is_array()) refuse_json(path + " must be an array; it is " + quoted(value));
  into.episodes.clear();
  for (const auto& episode : value.as_array()) {
    const std::string place = path + "[" + std::to_string(into.episodes.size()) + "]";
    into.episodes.push_back(read_episode(object(episode, place), place));
  }
}

inline Json written_episodes(const Scenario& from) {
  boost::json::array episodes;
  for (const Episode& episode : from.episodes) episodes.push_back(written_episode(episode));
  return episodes;
}

template <std::size_t number>
constexpr Member<Scenario> turned() {
  return {switch_members[number].name,
          [](const Json& value, const std::string& path, Scenario& into) { switch_members[number].read(value, path, into.switches); },
          [](const Scenario& from) -> Json { return switch_members[number].written(from.switches); }};
}

inline constexpr std::array scenario_members{
    // Read before the others, since all the rest changes what they say.
    Member<Scenario>{"name", [](const Json&, const std::string&, Scenario&) {},
                     [](const Scenario& from) -> Json { return boost::json::string(from.name); }},
    Member<Scenario>{"seed", [](const Json&, const std::string&, Scenario&) {},
                     [](const Scenario& from) -> Json { return from.seed ? Json(*from.seed) : Json(nullptr); }},
    Member<Scenario>{"model", &read_nature, &written_nature},
    Member<Scenario>{"tier", &read_tier, &written_tier},
    Member<Scenario>{"starts_at",
                     [](const Json& value, const std::string& path, Scenario& into) {
                       into.starts_at = parse_time(text(value, path));
                       if (!into.starts_at) refuse_json(path + " must look like 2026-11-24T10:00:00Z; it is " + quoted(value));
                     },
                     [](const Scenario& from) -> Json {
                       if (!from.starts_at) return nullptr;
                       return boost::json::string(ductile::detail::iso_time(*from.starts_at));
                     }},
    Member<Scenario>{"projects", [](const Json& value, const std::string& path,
                                    Scenario& into) { into.projects = read_projects(object(value, path)); }},  // never written: keys
    Member<Scenario>{"cast",
                     [](const Json& value, const std::string& path, Scenario& into) {
                       into.cast = static_cast<std::uint32_t>(whole(value, path, 0, 1e4));
                     },
                     [](const Scenario& from) -> Json { return from.cast; }},
    Member<Scenario>{"withheld_by",
                     [](const Json& value, const std::string& path, Scenario& into) {
                       into.withheld_by = static_cast<std::uint32_t>(whole(value, path, 0, 1e4));
                     },
                     [](const Scenario& from) -> Json { return from.withheld_by; }},
    Member<Scenario>{"hopeless_at_most",
                     [](const Json& value, const std::string& path, Scenario& into) {
                       into.hopeless_at_most = static_cast<std::uint32_t>(whole(value, path, 0, 1e4));
                     },
                     [](const Scenario& from) -> Json { return from.hopeless_at_most ? Json(*from.hopeless_at_most) : Json(nullptr); }},
    turned<0>(),
    turned<1>(),
    turned<2>(),
    Member<Scenario>{"state", [](const Json& value, const std::string& path, Scenario& into) { into.state = text(value, path); },
                     [](const Scenario& from) -> Json { return boost::json::string(from.state); }},
    Member<Scenario>{"episodes", &read_episodes, &written_episodes}};

}  // namespace detail

/// The scenario of a JSON object in the form above. The name of a known scenario stands for it, and other members change it.
///
/// \param seed Which day it is, whatever the object says; none: the object's, else 1.
///
/// Errors   `ConfigError` that names the member by its path, its range and its value.
[[nodiscard]] inline Scenario read_scenario(const boost::json::object& given, std::optional<std::uint64_t> seed) {
  std::optional<std::uint64_t> own;
  if (const boost::json::value* const said = given.if_contains("seed"))
    own = static_cast<std::uint64_t>(detail::whole(*said, "seed", 0, 9'007'199'254'740'992));
  if (seed) own = seed;
  Scenario scenario = detail::named_scenario(given, own.value_or(1));
  scenario.seed = own;
  detail::read_members<Scenario>(given, {}, detail::scenario_members, scenario);
  return scenario;
}

/// The same of a JSON text.
[[nodiscard]] inline Scenario read_scenario(std::string_view text, std::optional<std::uint64_t> seed) {
  try {
    return read_scenario(detail::object(detail::parsed(text, "this"), "the file"), seed);
  } catch (const ConfigError& refusal) {
    throw ConfigError{std::string{"scenario: "} + refusal.what()};
  }
}

/// What `read_scenario` reads back, each member written out. Without the projects, whose keys are nobody's business.
[[nodiscard]] inline boost::json::object written_scenario(const Scenario& scenario) {
  boost::json::object written;
  for (const auto& member : detail::scenario_members)
    if (boost::json::value value = member.written ? member.written(scenario) : nullptr; !value.is_null())
      written[member.name] = std::move(value);
  return written;
}

/// The scenario that a command line means: a known name, else the file of that path.
///
/// \param seed Which day it is, whatever the file says; none: the file's, else 1.
///
/// Errors   `ConfigError` when it is neither, or the file is wrong.
[[nodiscard]] inline Scenario load_scenario(const std::string& name_or_path, std::optional<std::uint64_t> seed) {
  if (auto known = find_scenario(name_or_path, seed.value_or(1))) {
    known->seed = seed;
    return *std::move(known);
  }
  std::error_code none;  // what cannot be asked about cannot be read either
  std::ifstream file{name_or_path, std::ios::binary};
  if (!file || !std::filesystem::is_regular_file(name_or_path, none))
    throw ConfigError{"scenario must be one of " + detail::known_scenarios() + ", or a file that can be read; it is '" + name_or_path +
                      "'" + detail::nearest_of(name_or_path, scenario_names())};
  try {
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    return read_scenario(detail::object(detail::parsed(text, "this"), "the file"), seed);
  } catch (const ConfigError& refusal) {
    throw ConfigError{"scenario " + name_or_path + ": " + refusal.what()};
  }
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
