// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>  // HttpHeader, HttpRequest
#include <ductile/detail/ascii.hpp>    // is_letter

#include <algorithm>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::detail {

[[nodiscard]] inline bool has_line_end(std::string_view value) noexcept {
  return value.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

// What in the request would end a line of its head before its time, and so could begin one that nobody meant; null when nothing does. Every
// transport asks before anything is sent. (The address is `parse_url`'s to judge.)
[[nodiscard]] inline const char* problem_of_head(const HttpRequest& request) noexcept {
  constexpr auto is_word = [](std::string_view text, std::string_view others) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [others](char c) { return is_letter(c) || others.find(c) != std::string_view::npos; });
  };
  if (!is_word(request.method, "-")) return "method: must be letters";
  for (const HttpHeader& field : request.headers)
    if (!is_word(field.name, "0123456789!#$%&'*+-.^_`|~") || has_line_end(field.value))
      return "headers: a name is not of letters, digits and !#$%&'*+-.^_`|~, or a value has a line end";
  return nullptr;
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
