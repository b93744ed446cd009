// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>      // ConfigError
#include <ductile/core/verdict.hpp>           // Duration
#include <ductile/detail/nearest_word.hpp>    // nearest_word
#include <ductile/gemini/redact.hpp>          // shortened
#include <ductile/mock/detail/json_text.hpp>  // compact_json, plain_number
#include <ductile/mock/detail/repeated_member.hpp>
#include <ductile/mock/parse_time.hpp>  // parse_time

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Values of a scenario file, of a lab's day or of an admin page's body, refused by their path ("episodes[2].match.model"), range and value.
namespace ductile::inline DUCTILE_VERSION::mock::detail {

using Json = boost::json::value;

[[noreturn]] inline void refuse_json(const std::string& what) { throw ConfigError{what}; }

/// A value as it is quoted in a refusal.
inline std::string quoted(const boost::json::value& value) { return gemini::shortened(compact_json(value), 80); }

inline double number(const boost::json::value& value, std::string_view name, double least, double most) {
  double read = std::nan("");
  if (value.is_number()) read = value.to_number<double>();
  if (!(read >= least && read <= most))
    refuse_json(std::string{name} + " must be a number from " + plain_number(least) + " to " + plain_number(most) + "; it is " +
                quoted(value));
  return read;
}

inline WallTime moment(const boost::json::value& value, std::string_view name) {
  const std::string_view written = value.is_string() ? std::string_view{value.as_string()} : std::string_view{};
  const auto read = written.find('T') != written.npos ? parse_time(written) : std::nullopt;  // a day alone is no moment
  if (!read) refuse_json(std::string{name} + " must look like 2026-11-24T10:00:00Z, of the years 1970 to 2199; it is " + quoted(value));
  return *read;
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

/// A number that names something, to the last of its digits.
inline std::uint64_t whole_of_64_bits(const boost::json::value& value, std::string_view name) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() >= 0) return static_cast<std::uint64_t>(value.get_int64());
  const double most = 9'007'199'254'740'992;  // beyond it a double is no longer each whole number
  if (value.is_double() && value.get_double() >= 0 && value.get_double() <= most && value.get_double() == std::floor(value.get_double()))
    return static_cast<std::uint64_t>(value.get_double());
  refuse_json(std::string{name} + " must be a whole number from 0 to 18446744073709551615; it is " + quoted(value));
}

/// "; the nearest is 'calls'", where one of `known` is near.
template <class Words>
std::string nearest_of(std::string_view wrong, const Words& known) {
  const std::string_view nearest = ductile::detail::nearest_word(wrong, known);
  return nearest.empty() ? std::string{} : "; the nearest is '" + std::string{nearest} + "'";
}

template <class Words>
[[noreturn]] void refuse_member(std::string_view where, std::string_view name, const Words& known) {
  refuse_json(std::string{where} + " has no member '" + gemini::shortened(name, 80) + "'" + nearest_of(name, known));
}

inline bool flag(const boost::json::value& value, std::string_view name) {
  if (!value.is_bool()) refuse_json(std::string{name} + " must be true or false; it is " + quoted(value));
  return value.as_bool();
}

/// The same where null stands for what is usual.
inline std::optional<bool> flag_or_null(const boost::json::value& value, std::string_view name) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_bool()) refuse_json(std::string{name} + " must be true, false or null; it is " + quoted(value));
  return value.as_bool();
}

inline Duration seconds(const boost::json::value& value, std::string_view name) {
  return std::chrono::round<Duration>(std::chrono::duration<double>{number(value, name, 0, 1e8)});
}

/// The one member that an admin page's body has.
inline const boost::json::value& only_member(const boost::json::value& body, std::string_view name) {
  const boost::json::object& given = object(body, "the body");
  for (const auto& member : given)
    if (member.key() != name) refuse_member("the body", member.key(), std::array{name});
  const boost::json::value* const found = given.if_contains(name);
  if (!found) refuse_json("the body must have the member '" + std::string{name} + "'");
  return *found;
}

/// One member of an object by its name in a file: how it is read and how it is written.
template <class T>
struct Member {
  std::string_view name;
  void (*read)(const boost::json::value& value, const std::string& path, T& into);
  boost::json::value (*written)(const T& from) = nullptr;  ///< Null: nothing to write.
};

/// Reads the members of `given`, which stands at `path` of its file; empty: it is the whole.
template <class T>
void read_members(const boost::json::object& given, const std::string& path, std::span<const Member<T>> members, T& into) {
  for (const auto& [name, value] : given) {
    const auto known = std::find_if(members.begin(), members.end(), [&](const Member<T>& each) { return each.name == name; });
    if (known == members.end()) {
      std::vector<std::string_view> names;
      for (const Member<T>& each : members) names.push_back(each.name);
      refuse_member(path.empty() ? "the scenario" : path, name, names);
    }
    known->read(value, path.empty() ? std::string{name} : path + "." + std::string{name}, into);
  }
}

/// `from` as an object: the members that differ from those of `usual`.
template <class T>
boost::json::object written_members(const T& from, const T& usual, std::span<const Member<T>> members) {
  boost::json::object written;
  for (const Member<T>& each : members) {
    if (!each.written) continue;
    boost::json::value value = each.written(from);
    if (value != each.written(usual)) written[each.name] = std::move(value);
  }
  return written;
}

/// The value of a JSON text, which may begin with a byte order mark.
/// \param what "the file", "the body".
/// \param of_line Which line of it the text is, from 1 on; 0: the whole.
///
/// Errors   `ConfigError` with line and column, or with the name that two members of an object have.
inline boost::json::value parsed(std::string_view text, std::string_view what, std::size_t of_line = 0) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  boost::json::stream_parser parser;
  boost::system::error_code error;
  std::size_t read = parser.write_some(text.data(), text.size(), error);
  if (!error && read < text.size()) error = boost::json::error::extra_data;
  if (!error) parser.finish(error);
  if (!error) {
    if (const std::string name = repeated_member(text); !name.empty())
      refuse_json(std::string{what} + " has the member '" + gemini::shortened(name, 80) + "' twice in one object" +
                  (of_line > 0 ? " in line " + std::to_string(of_line) : std::string{}));
    return parser.release();
  }
  read = std::min(read, text.size());
  const std::string_view before = text.substr(0, read);
  const std::size_t line = std::max<std::size_t>(of_line, 1) + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t column = read - (before.rfind('\n') + 1) + 1;
  refuse_json(std::string{what} + " is not JSON: " + error.message() + " in line " + std::to_string(line) + ", column " +
              std::to_string(column));
}

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
