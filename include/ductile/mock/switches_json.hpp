// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/json_reading.hpp>     // Member, read_members
#include <ductile/mock/shared_capacity.hpp>  // SharedCapacity
#include <ductile/mock/switches.hpp>         // Switches

#include <boost/json.hpp>

#include <array>
#include <optional>
#include <string>

namespace ductile::inline DUCTILE_VERSION::mock {

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
                     [](const Json& value, const std::string& path, Switches& into) {
                       into.count_failures = flag_or_null(value, path).value_or(Switches{}.count_failures);
                     },
                     [](const Switches& from) -> Json { return from.count_failures; }},
    Member<Switches>{"lying_retry_info",
                     [](const Json& value, const std::string& path, Switches& into) { into.lying_retry_info = flag_or_null(value, path); },
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

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION::mock
