// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools {

/// A text without the codes by which a terminal colours it ("ESC[31m").
[[nodiscard]] inline std::string without_colours(std::string_view text) {
  constexpr std::string_view begins{"\x1B["};
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    const std::size_t at = text.find(begins);
    plain.append(text.substr(0, at));
    if (at == text.npos) break;
    const std::size_t end = text.find_first_not_of("0123456789;:?", at + begins.size());
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return plain;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
