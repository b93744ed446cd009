// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // ConfigError
#include <ductile/core/verdict.hpp>       // Duration
#include <ductile/gemini/redact.hpp>      // shortened

#include <boost/json.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

// Values of a scenario file or an admin page's body, refused by name, range and value.
namespace ductile::inline DUCTILE_VERSION::mock::detail {

[[noreturn]] inline void refuse_json(const std::string& what) { throw ConfigError{what}; }

/// A value as it is quoted in a refusal.
inline std::string quoted(const boost::json::value& value) { return gemini::shortened(boost::json::serialize(value), 80); }

inline double number(const boost::json::value& value, std::string_view name, double least, double most) {
  double read = std::nan("");
  if (value.is_number()) read = value.to_number<double>();
  if (!(read >= least && read <= most)) {
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), "%.*s must be a number from %g to %g", static_cast<int>(name.size()), name.data(), least, most);
    refuse_json(std::string{text.data()} + "; it is " + quoted(value));
  }
  return read;
}

inline std::string text(const boost::json::value& value, std::string_view name) {
  if (!value.is_string()) refuse_json(std::string{name} + " must be a text; it is " + quoted(value));
  return std::string{value.as_string()};
}

inline const boost::json::object& object(const boost::json::value& value, std::string_view name) {
  if (!value.is_object()) refuse_json(std::string{name} + " must be an object; it is " + quoted(value));
  return value.as_object();
}

/// A number that counts something.
inline double whole(const boost::json::value& value, std::string_view name, double least, double most) {
  const double read = number(value, name, least, most);
  if (read != std::floor(read)) refuse_json(std::string{name} + " must be a whole number; it is " + quoted(value));
  return read;
}

[[noreturn]] inline void refuse_member(std::string_view where, std::string_view name) {
  refuse_json(std::string{where} + " has no member '" + std::string{name} + "'");
}

inline Duration seconds(const boost::json::value& value, std::string_view name) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{number(value, name, 0, 1e8)});
}

/// The one member that an admin page's body has.
inline const boost::json::value& only_member(const boost::json::value& body, std::string_view name) {
  const boost::json::object& given = object(body, "the body");
  for (const auto& member : given)
    if (member.key() != name) refuse_member("the body", member.key());
  const boost::json::value* const found = given.if_contains(name);
  if (!found) refuse_json("the body must have the member '" + std::string{name} + "'");
  return *found;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
