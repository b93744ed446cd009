// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>
#include <ductile/detail/ascii.hpp>  // is_space

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock::detail {

/// The first name that an object of a JSON text gives to two of its members, as it is written; empty when none does. Of such two a parser
/// takes the last, without a word.
///
/// \param text Well-formed JSON.
[[nodiscard]] inline std::string repeated_member(std::string_view text) {
  std::vector<std::set<std::string_view>> open;  // the names so far of each object, and nothing of an array
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{' || text[at] == '[') open.emplace_back();
    if ((text[at] == '}' || text[at] == ']') && !open.empty()) open.pop_back();
    if (text[at] != '"') continue;
    const std::size_t begin = ++at;
    while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
    std::size_t behind = at + 1;
    while (behind < text.size() && ductile::detail::is_space(text[behind])) ++behind;
    if (behind >= text.size() || text[behind] != ':' || open.empty()) continue;
    const std::string_view name = text.substr(begin, at - begin);
    if (!open.back().insert(name).second) return std::string{name};
  }
  return {};
}

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
