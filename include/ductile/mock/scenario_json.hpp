// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>             // ConfigError
#include <ductile/core/now.hpp>                      // WallTime
#include <ductile/detail/ascii.hpp>                  // is_digit
#include <ductile/detail/iso_time.hpp>               // iso_time
#include <ductile/detail/nearest_word.hpp>           // letters_between, nearest_word
#include <ductile/gemini/redact.hpp>                 // redacted, shortened
#include <ductile/mock/episode_json.hpp>             // read_episode, written_episode
#include <ductile/mock/json_reading.hpp>             // Member, read_members
#include <ductile/mock/key_check.hpp>                // name_of_key
#include <ductile/mock/models.hpp>                   // find_served_model
#include <ductile/mock/scenario.hpp>                 // Episode, find_scenario, Scenario
#include <ductile/mock/service_parameters_json.hpp>  // read_parameters, written_parameters
#include <ductile/mock/switches_json.hpp>            // switch_members
#include <ductile/mock/tier_json.hpp>                // read_tier, written_tier

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// A scenario file, read and written. docs/mock/scenarios.md has its form, mock/scenario_schema.hpp the same as a JSON Schema. Every member
// may be left out. One that is not known is refused: a misspelt one would pass for a scenario in which nothing happens.
namespace ductile::inline DUCTILE_VERSION::mock {

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
    refuse_json("name alone must be one of " + known_scenarios() + "; it is " + quoted(*name) + ", and nothing says what that is like" +
                nearest_of(scenario.name, scenario_names()));
  return scenario;
}

/// Keys with their projects. A refusal quotes no key. A key may stand there by its name, as it is written.
[[nodiscard]] inline std::map<std::string, std::string, std::less<>> read_projects(const boost::json::object& given) {
  std::map<std::string, std::string, std::less<>> projects;
  std::map<std::string, std::string, std::less<>> projects_by_name;
  std::size_t number = 0;
  for (const auto& [project, keys] : given) {
    // By its place where keys may have been taken for names: the sentence would hold one.
    const std::string which = "projects: number " + std::to_string(++number);
    if (!keys.is_array()) refuse_json(which + " must be an array of keys, after the project's name");
    const std::string path = "projects." + gemini::shortened(gemini::redacted(std::string{project}), 80);
    if (keys.as_array().empty()) refuse_json(path + " must have a key, or nobody belongs to it");
    for (const auto& key : keys.as_array()) {
      if (!key.is_string()) refuse_json(which + " must hold texts alone");
      if (key.as_string().empty()) refuse_json(path + " must hold keys that can be sent; one is empty");
      const std::string written{key.as_string()};
      const std::string_view other = projects_by_name.emplace(name_of_key(written), project).first->second;
      if (other != project) refuse_json(which + ": a key must have one project; one of its keys stands in another, too");
      projects[written] = project;
    }
  }
  return projects;
}

// By their names, in their order: the keys themselves are nobody's business, nor is how they begin.
inline Json written_projects(const Scenario& from) {
  std::map<std::string, std::set<std::string>> names;
  for (const auto& [key, project] : from.projects) names[project].insert(name_of_key(key));
  boost::json::object written;
  for (const auto& [project, keys] : names) {
    auto& list = written.emplace(project, boost::json::array{}).first->value().as_array();
    for (const std::string& key : keys) list.push_back(boost::json::string(key));
  }
  return written;
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
    Member<Scenario>{"$schema", [](const Json& value, const std::string& path, Scenario&) { (void)text(value, path); }},  // for editors
    // Read before the others, since all the rest changes what they say.
    Member<Scenario>{"name", [](const Json&, const std::string&, Scenario&) {},
                     [](const Scenario& from) -> Json { return boost::json::string(from.name); }},
    Member<Scenario>{"seed", [](const Json&, const std::string&, Scenario&) {},
                     [](const Scenario& from) -> Json { return from.seed ? Json(*from.seed) : Json(nullptr); }},
    Member<Scenario>{"model", &read_nature, &written_nature},
    Member<Scenario>{"tier", [](const Json& value, const std::string& path, Scenario& into) { into.tier = read_tier(value, path); },
                     [](const Scenario& from) { return written_tier(from.tier); }},
    Member<Scenario>{"starts_at", [](const Json& value, const std::string& path, Scenario& into) { into.starts_at = moment(value, path); },
                     [](const Scenario& from) -> Json {
                       if (!from.starts_at) return nullptr;
                       return boost::json::string(ductile::detail::iso_time(*from.starts_at));
                     }},
    Member<Scenario>{"projects",
                     [](const Json& value, const std::string&, Scenario& into) {
                       if (!value.is_object())
                         refuse_json(R"(projects must be an object: {"a project": ["its key", "another of its keys"]})");
                       into.projects = read_projects(value.get_object());
                     },
                     &written_projects},
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
    turned<0>(), turned<1>(), turned<2>(),
    Member<Scenario>{"state", [](const Json& value, const std::string& path, Scenario& into) { into.state = text(value, path); },
                     [](const Scenario& from) -> Json { return boost::json::string(from.state); }},
    Member<Scenario>{"episodes", &read_episodes, &written_episodes}};

}  // namespace detail

namespace detail {

/// The states that a scenario speaks of, each as often as it does: in which it begins, and on which an episode depends. With `entered`,
/// those into which one leads, too.
[[nodiscard]] inline std::vector<std::string_view> states_of(const Scenario& scenario, bool entered) {
  std::vector<std::string_view> states{scenario.state};
  for (const Episode& episode : scenario.episodes) {
    states.insert(states.end(), {episode.state, episode.until_state});
    if (entered) states.push_back(episode.next_state);
  }
  std::erase(states, "");
  return states;
}

/// Whether two names of states are told apart by a mark that is meant as it stands: by their digits alone (`phase-1`, `phase-2`), or by a
/// last part of one or two letters (`outage-eu`, `outage-us`).
[[nodiscard]] inline bool differ_in_a_mark(std::string_view left, std::string_view right) {
  const auto without_digits = [](std::string_view name) {
    std::string rest{name};
    std::erase_if(rest, &ductile::detail::is_digit);
    return rest;
  };
  if (without_digits(left) == without_digits(right)) return true;
  const auto before_mark = [](std::string_view name) {
    constexpr std::size_t longest_mark = 2;
    const std::size_t separator = name.find_last_of("-_. ");
    const std::size_t mark = separator == name.npos ? 0 : name.size() - separator - 1;
    return mark >= 1 && mark <= longest_mark ? name.substr(0, separator) : std::string_view{};
  };
  return !before_mark(left).empty() && before_mark(left) == before_mark(right);
}

/// Refuses the name of a state of which nothing is said, where it is nearly one of which something is: up to two letters are wrong, and no
/// more than a quarter of them. Any other such name is a state in which nothing is written down.
inline void refuse_misspelt_state(std::string_view state, const std::string& path, const std::vector<std::string_view>& known) {
  if (state.empty() || std::find(known.begin(), known.end(), state) != known.end()) return;
  const std::string_view nearest = ductile::detail::nearest_word(state, known);
  if (nearest.empty() || differ_in_a_mark(state, nearest)) return;
  const std::size_t most_wrong = std::min<std::size_t>(std::min(state.size(), nearest.size()) / 4, 2);
  if (ductile::detail::letters_between(state, nearest) <= most_wrong)
    refuse_json(path + " must be a state that is spoken of elsewhere, or a name unlike all of these; it is '" +
                gemini::shortened(state, 80) + "'; the nearest is '" + std::string{nearest} + "'");
}

/// The same for each state of a scenario. What an episode leads into must be something that another place waits for; any other state is
/// misspelt only where nothing else speaks of it.
inline void refuse_misspelt_states(const Scenario& scenario) {
  const auto spoken_of = states_of(scenario, true);
  const auto refuse_where_alone = [&spoken_of](std::string_view state, const std::string& path) {
    if (std::count(spoken_of.begin(), spoken_of.end(), state) != 1) return;
    auto others = spoken_of;
    std::erase(others, state);
    refuse_misspelt_state(state, path, others);
  };
  const auto waited_for = states_of(scenario, false);
  for (std::size_t i = 0; i < scenario.episodes.size(); ++i)
    refuse_misspelt_state(scenario.episodes[i].next_state, "episodes[" + std::to_string(i) + "].next_state", waited_for);
  refuse_where_alone(scenario.state, "state");
  for (std::size_t i = 0; i < scenario.episodes.size(); ++i) {
    const std::string path = "episodes[" + std::to_string(i) + "]";
    refuse_where_alone(scenario.episodes[i].state, path + ".state");
    refuse_where_alone(scenario.episodes[i].until_state, path + ".until_state");
  }
}

}  // namespace detail

/// The scenario of a JSON object in the form above. The name of a known scenario stands for it, and other members change it.
///
/// \param seed Which day it is, whatever the object says; none: the object's, else 1.
///
/// Errors   `ConfigError` that names the member by its path, its range and its value.
[[nodiscard]] inline Scenario read_scenario(const boost::json::object& given, std::optional<std::uint64_t> seed) {
  std::optional<std::uint64_t> own;
  if (const boost::json::value* const said = given.if_contains("seed")) own = detail::whole_of_64_bits(*said, "seed");
  if (seed) own = seed;
  Scenario scenario = detail::named_scenario(given, own.value_or(1));
  scenario.seed = own;
  detail::read_members<Scenario>(given, {}, detail::scenario_members, scenario);
  for (std::size_t i = 0; i < scenario.episodes.size(); ++i)
    if (const auto until = scenario.episodes[i].until_moment; until && scenario.starts_at && *until <= *scenario.starts_at)
      detail::refuse_json("episodes[" + std::to_string(i) + "].until must be later than starts_at, or the episode never comes; it is " +
                          ductile::detail::iso_time(*until));
  detail::refuse_misspelt_states(scenario);
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

/// Refuses a scenario with an episode for a project that has no key: neither its own `projects` name it nor `others`.
///
/// Errors   `ConfigError` that names the episode.
inline void refuse_unknown_projects(const Scenario& scenario, const std::map<std::string, std::string, std::less<>>& others) {
  std::vector<std::string_view> known;
  for (const auto* projects : {&scenario.projects, &others})
    for (const auto& [key, project] : *projects) known.push_back(project);
  for (std::size_t i = 0; i < scenario.episodes.size(); ++i) {
    const std::string& wanted = scenario.episodes[i].project;
    if (!wanted.empty() && std::find(known.begin(), known.end(), wanted) == known.end())
      detail::refuse_json("episodes[" + std::to_string(i) + "].match.project must be one of projects; it is '" +
                          gemini::shortened(wanted, 80) + "'" + detail::nearest_of(wanted, known));
  }
}

/// Refuses a scenario with an episode that cannot come where the service's time begins at `start`: it is over by then, or its model is
/// gone.
///
/// Errors   `ConfigError` that names the episode.
inline void refuse_what_never_comes(const Scenario& scenario, WallTime start) {
  for (std::size_t i = 0; i < scenario.episodes.size(); ++i) {
    const Episode& episode = scenario.episodes[i];
    const std::string path = "episodes[" + std::to_string(i) + "]";
    if (episode.until_moment && *episode.until_moment <= start)
      detail::refuse_json(path + ".until must be later than the start (" + ductile::detail::iso_time(start) +
                          "), or the episode never comes; it is " + ductile::detail::iso_time(*episode.until_moment));
    if (const auto model = find_served_model(episode.model); model && model->gone(start))
      detail::refuse_json(path + ".match.model must be one that is served at the start (" + ductile::detail::iso_time(start) +
                          "), or its calls come to no episode; it is '" + episode.model + "'");
  }
}

/// What `read_scenario` reads back, each member written out. Keys stand there by their names, which the mock takes for the keys.
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
