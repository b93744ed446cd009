// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/redact.hpp>  // detail::name_ends_with
#include <ductile/tools/masking/hidden_parts.hpp>
#include <ductile/tools/masking/values.hpp>

#include <cstddef>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools::masking {

/// Whether a name is that of a cookie, or of all of them.
[[nodiscard]] constexpr bool names_cookies(std::string_view name) noexcept {
  return gemini::detail::name_ends_with(name, "cookie") || gemini::detail::name_ends_with(name, "cookies");
}

/// Hides the values of the cookies in the list or object whose bracket stands at `at`: its strings, and the members `value` of what it
/// holds. Gives back where it ends.
inline std::size_t hide_cookies(HiddenParts& parts, std::size_t at) {
  const std::string_view text = parts.text();
  std::size_t depth = 0;
  std::string_view member;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '[' || c == '{') {
      ++depth;
      ++at;
      member = {};
    } else if (c == ']' || c == '}') {
      ++at;
      if (--depth == 0) return at;
    } else if (const auto string = string_at(text, at)) {
      if (mark_behind(text, string->inside.end))
        member = string->inside.of(text);
      else if (depth == 1 || gemini::detail::name_ends_with(member, "value"))
        parts.hide(string->inside);
      at = string->end;
    } else if (const std::size_t end = end_of_name(text, at); end > at) {
      if (mark_behind(text, end)) member = text.substr(at, end - at);
      at = end;
    } else {
      ++at;
    }
  }
  return at;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::masking
