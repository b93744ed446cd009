// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <boost/json.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock::detail {

// Boost.JSON would write 0.95 as 9.5E-1, and %g 9007199254740992 as 9.0072e+15.
inline std::string plain_number(double number) {
  std::array<char, 32> text{};
  const bool readable = std::abs(number) < 1e16 && (number == 0 || std::abs(number) >= 1e-6);
  const auto format = readable ? std::chars_format::fixed : std::chars_format::general;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number, format).ptr};
}

/// JSON in one line, with the numbers as people write them: 1.7.
inline std::string compact_json(const boost::json::value& value) {
  std::string out;
  if (const auto* object = value.if_object()) {
    for (const auto& [name, member] : *object) out += (out.empty() ? "" : ",") + boost::json::serialize(name) + ":" + compact_json(member);
    return "{" + out + "}";
  }
  if (const auto* array = value.if_array()) {
    bool first = true;
    for (const auto& element : *array) out += (std::exchange(first, false) ? "" : ",") + compact_json(element);
    return "[" + out + "]";
  }
  const auto* number = value.if_double();
  return number ? plain_number(*number) : boost::json::serialize(value);
}

/// JSON as the service prints it: two spaces a level, one member a line, `[]` and `{}` when empty.
inline void print_json(std::string& out, const boost::json::value& value, std::size_t depth = 0) {
  const auto line = [&out](std::size_t level) { out.append(1, '\n').append(2 * level, ' '); };
  if (const auto* object = value.if_object(); object && !object->empty()) {
    out += '{';
    for (const auto& [name, member] : *object) {
      if (out.back() != '{') out += ',';
      line(depth + 1);
      out += boost::json::serialize(name);
      out += ": ";
      print_json(out, member, depth + 1);
    }
    line(depth);
    out += '}';
  } else if (const auto* array = value.if_array(); array && !array->empty()) {
    out += '[';
    for (const auto& element : *array) {
      if (out.back() != '[') out += ',';
      line(depth + 1);
      print_json(out, element, depth + 1);
    }
    line(depth);
    out += ']';
  } else if (const auto* number = value.if_double()) {
    out += plain_number(*number);
  } else {
    out += boost::json::serialize(value);
  }
}

inline std::string json_text(const boost::json::value& value) {
  std::string out;
  print_json(out, value);
  return out += '\n';
}

/// `text` with every `${name}` replaced by what `word(name)` says.
template <class Words>
std::string fill(std::string_view text, const Words& word) {
  std::string out;
  for (;;) {
    const std::size_t open = text.find("${");
    const std::size_t close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) return out.append(text);
    out.append(text, 0, open).append(word(text.substr(open + 2, close - open - 2)));
    text.remove_prefix(close + 1);
  }
}

/// Fills the strings of a JSON value, so that no word can break it.
template <class Words>
void fill(boost::json::value& value, const Words& word) {
  if (auto* object = value.if_object()) {
    for (auto& member : *object) fill(member.value(), word);
  } else if (auto* array = value.if_array()) {
    for (auto& element : *array) fill(element, word);
  } else if (const auto* string = value.if_string(); string && string->find("${") != string->npos) {
    value = boost::json::string(fill(std::string_view{*string}, word));
  }
}

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
