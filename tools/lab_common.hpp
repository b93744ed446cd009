// SPDX-License-Identifier: BSL-1.0
#pragma once

// What the lab's subcommands have in common.
#include "commands.hpp"

#include <ductile/mock/detail/json_text.hpp>  // compact_json
#include <ductile/mock/json_reading.hpp>      // parsed
#include <ductile/tools/lab/assumption.hpp>   // assume, Assumption
#include <ductile/tools/lab/day.hpp>          // Day, Scenario
#include <ductile/tools/lab/day_json.hpp>     // day_of
#include <ductile/tools/lab/interval.hpp>     // Interval
#include <ductile/tools/lab/strategies.hpp>   // all_strategies, Strategy, strategy_named
#include <ductile/tools/problem.hpp>          // misuse
#include <ductile/tools/whole_file.hpp>       // read_file

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::tools {

inline std::string read_scenarios(const std::string& path) {
  auto text = read_file(path);
  if (!text) throw misuse("--scenarios: the file " + path + " cannot be read");
  return *std::move(text);
}

// The day that a file tells of, with what the command line assumes otherwise.
struct LabDay {
  lab::Day day{};
  std::vector<lab::Assumption> assumed{};
};

inline LabDay read_lab_day(const LabFlags& flags) {
  const std::string what = "the file " + flags.scenarios;
  boost::json::value file = mock::detail::parsed(read_scenarios(flags.scenarios), what);
  LabDay read;
  read.assumed = lab::assume(file, flags.assume);
  read.day = lab::day_of(file, what);
  return read;
}

inline std::string compact(const boost::json::value& value) { return mock::detail::compact_json(value); }

// Before a table: what of the file does not hold in it.
inline void print_assumed(const std::vector<lab::Assumption>& assumed) {
  for (const lab::Assumption& each : assumed)
    fmt::print("Assumed: {} is {}; the file says {}.\n", each.path, compact(each.is), compact(each.was));
}

// Into a line of figures, where something was assumed. Once more through text: 0.0 is 0, and not 0E0.
inline void add_assumed(boost::json::object& line, const std::vector<lab::Assumption>& assumed) {
  if (assumed.empty()) return;
  boost::json::object changed;
  for (const lab::Assumption& each : assumed) changed[each.path] = boost::json::parse(compact(each.is));
  line["assumed"] = std::move(changed);
}

inline const lab::Scenario& scenario_named(const lab::Day& day, const std::string& name) {
  const auto found = day.scenarios.find(name);
  if (found != day.scenarios.end()) return found->second;
  std::string known;
  for (const auto& [each, scenario] : day.scenarios) known += (known.empty() ? "" : ", ") + each;
  throw misuse("--scenario must be one of the file's " + known + "; it is '" + name + "'");
}

// On a terminal or in a log, what a long run is at; at most once in two seconds.
class LabProgress {
 public:
  void tell(std::string_view strategy, std::uint64_t seed) {
    const auto now = std::chrono::steady_clock::now();
    if (now - told_ < std::chrono::seconds{2}) return;
    told_ = now;
    fmt::print(stderr, "ductile lab: {}, seed {}\n", strategy, seed);
  }

 private:
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

// Boost.JSON would write 60 as 6E1, and what is no number of JSON as such. That is null.
inline boost::json::value json_of(double figure) {
  if (!std::isfinite(figure)) return nullptr;
  const auto whole = static_cast<std::int64_t>(figure);
  if (static_cast<double>(whole) == figure) return whole;
  return figure;
}

inline boost::json::value json_of(const lab::Interval& found) {
  return boost::json::array{json_of(found.mean), found.half ? json_of(*found.half) : nullptr};
}

// What stands between the commas of a flag, each once. (CLI11 would pass over what is empty.)
inline std::vector<std::string> lab_names(const std::vector<std::string>& given, const std::string& flag) {
  std::vector<std::string> names;
  for (const std::string& list : given)
    for (std::size_t begin = 0; begin <= list.size();) {
      const std::size_t end = std::min(list.find(',', begin), list.size());
      std::string name = list.substr(begin, end - begin);
      begin = end + 1;
      if (name.empty()) throw misuse(flag + " must have a name between its commas; it is '" + list + "'");
      if (std::ranges::find(names, name) != names.end()) throw misuse(flag + " must name each once; '" + name + "' comes twice");
      names.push_back(std::move(name));
    }
  return names;
}

// Those of the names; all, where there is none.
inline std::vector<const lab::Strategy*> lab_strategies(const std::vector<std::string>& given) {
  std::vector<const lab::Strategy*> chosen;
  for (const std::string& name : lab_names(given, "--strategies")) chosen.push_back(&lab::strategy_named(name, "--strategies"));
  if (chosen.empty())
    for (const lab::Strategy& each : lab::all_strategies) chosen.push_back(&each);
  return chosen;
}

}  // namespace ductile::tools
