// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // ConfigError
#include <ductile/core/verdict.hpp>       // Duration

#include <boost/json.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

// Values of a scenario file, refused by name, range and value.
namespace ductile::inline DUCTILE_VERSION::mock::detail {

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

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
