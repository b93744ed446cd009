// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/redact.hpp>      // shortened
#include <ductile/mock/json_reading.hpp>  // nearest_of, quoted, refuse_json, refuse_member

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// A figure of a file of scenarios that was set otherwise.
struct Assumption {
  std::string path{};        ///< "scenarios.W5.reject_cost", as refusals name it.
  boost::json::value was{};  ///< What the file says.
  boost::json::value is{};   ///< What is assumed instead.
};

namespace detail {

// The parts of a file that say what the day is like; the others say what is wanted of it.
inline constexpr std::array<std::string_view, 3> figures_of_the_day{"model", "tiers", "scenarios"};

inline std::vector<std::string_view> names_in(const boost::json::object& owner) {
  std::vector<std::string_view> names;
  for (const auto& member : owner) names.emplace_back(member.key());
  return names;
}

inline boost::json::object& part_of(boost::json::value& file, std::string_view name) {
  auto* const part = file.is_object() ? file.as_object().if_contains(name) : nullptr;
  if (!part || !part->is_object()) mock::detail::refuse_json("the file has no object '" + std::string{name} + "'");
  return part->as_object();
}

// "p504.4K[1]" after "model": one step further in, which `path` follows.
inline boost::json::value& step(boost::json::value& owner, std::string& path, std::string_view& left) {
  if (left.front() == '[') {
    std::size_t place = 0;
    const std::size_t close = left.find(']');
    const auto [end, error] = std::from_chars(left.data() + 1, left.data() + left.size(), place);
    if (!owner.is_array() || error != std::errc{} || close == left.npos || end != left.data() + close || place >= owner.as_array().size())
      mock::detail::refuse_json(path + " has no place '" + gemini::shortened(left.substr(0, close == left.npos ? close : close + 1), 80) +
                                "'; it is " + mock::detail::quoted(owner));
    path.append(left.substr(0, close + 1));
    left.remove_prefix(close + 1);
    return owner.as_array()[place];
  }
  if (left.front() == '.') left.remove_prefix(1);
  const std::string_view name = left.substr(0, left.find_first_of(".["));
  if (!owner.is_object()) mock::detail::refuse_json(path + " has no members; it is " + mock::detail::quoted(owner));
  auto* const inner = owner.as_object().if_contains(name);
  if (!inner) mock::detail::refuse_member(path, name, names_in(owner.as_object()));
  path.append(".").append(name);
  left.remove_prefix(name.size());
  return *inner;
}

inline Assumption set(boost::json::value& figure, std::string path, const boost::json::value& value) {
  Assumption changed{.path = std::move(path), .was = figure, .is = value};
  figure = value;
  return changed;
}

// A name without a path stands for the service's figure of that name, or for that of each scenario that has one.
inline void assume_by_name(boost::json::value& file, std::string_view name, const boost::json::value& value,
                           std::vector<Assumption>& changed) {
  boost::json::object& model = part_of(file, "model");
  if (auto* const figure = model.if_contains(name)) return changed.push_back(set(*figure, "model." + std::string{name}, value));
  std::vector<std::string_view> known = names_in(model);
  bool found = false;
  for (auto& [scenario, figures] : part_of(file, "scenarios")) {
    if (!figures.is_object()) continue;
    for (const auto& member : figures.as_object()) known.emplace_back(member.key());
    auto* const figure = figures.as_object().if_contains(name);
    if (!figure) continue;
    changed.push_back(set(*figure, "scenarios." + std::string{scenario} + "." + std::string{name}, value));
    found = true;
  }
  if (!found)
    mock::detail::refuse_json("neither the model nor a scenario has a member '" + gemini::shortened(name, 80) + "'" +
                              mock::detail::nearest_of(name, known));
}

inline void assume_by_path(boost::json::value& file, std::string_view path, const boost::json::value& value,
                           std::vector<Assumption>& changed) {
  const std::string_view part = path.substr(0, path.find_first_of(".["));
  std::string_view left = path.substr(part.size());
  for (const std::string_view known : figures_of_the_day)
    if (part == known && !left.empty()) {
      static_cast<void>(part_of(file, part));
      boost::json::value* figure = &file.as_object().at(part);
      std::string walked{part};
      while (!left.empty()) figure = &step(*figure, walked, left);
      return changed.push_back(set(*figure, std::move(walked), value));
    }
  if (left.empty()) return assume_by_name(file, path, value, changed);
  // "p504.4K[1]"
  const std::string whole = "model." + std::string{path};
  assume_by_path(file, whole, value, changed);
}

// JSON where it is such; else a text, so that nobody need quote "sliding".
inline boost::json::value value_of(std::string_view text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  return error ? boost::json::value(text) : value;
}

}  // namespace detail

/// Sets figures of a file of scenarios otherwise.
///
/// \param file As it was read; whether the new values are in range says who reads the day out of it.
/// \param wanted Each `PATH=VALUE`, or the name of one of the file's `sensitivity`. A path is as refusals name it (`model.p504.4K[1]`,
/// `scenarios.W5.reject_cost`); `model.` may be left out, and a name alone means the model's figure or that of each scenario that has it.
/// \return What was changed, in order.
///
/// Errors   `ConfigError` for what the file does not have, with the nearest that it has.
[[nodiscard]] inline std::vector<Assumption> assume(boost::json::value& file, std::span<const std::string> wanted) {
  std::vector<Assumption> changed;
  for (const std::string& each : wanted) {
    if (const std::size_t equals = each.find('='); equals != each.npos) {
      const std::string_view path = std::string_view{each}.substr(0, equals);
      detail::assume_by_path(file, path, detail::value_of(std::string_view{each}.substr(equals + 1)), changed);
      continue;
    }
    const auto* const named = file.is_object() ? file.as_object().if_contains("sensitivity") : nullptr;
    const boost::json::object none;
    const boost::json::object sensitivity = named && named->is_object() ? named->as_object() : none;
    const auto* const chosen = sensitivity.if_contains(each);
    if (!chosen || !chosen->is_object()) {
      std::string known;
      for (const auto& member : sensitivity) known.append(known.empty() ? "'" : ", '").append(member.key()).append("'");
      mock::detail::refuse_json(
          "--assume must be PATH=VALUE, or one of the file's sensitivity: " + (known.empty() ? "it has none" : known) + "; it is '" +
          gemini::shortened(each, 80) + "'" + mock::detail::nearest_of(each, detail::names_in(sensitivity)));
    }
    for (const auto& [name, value] : chosen->as_object()) detail::assume_by_path(file, name, value, changed);
  }
  return changed;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
