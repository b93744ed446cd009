// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>           // is_letter
#include <ductile/gemini/classification.hpp>  // Classification, Confidence

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools {

/// Whether a record of a log tells of a failure. What is not recognised is one only under a status of failure; what its own program calls
/// information or debugging only where it is more than a guess ("DEBUG timeout=30").
[[nodiscard]] inline bool tells_failure(std::string_view text, const gemini::Classification& said) noexcept {
  constexpr std::size_t beginning = 80;
  constexpr auto levels = std::to_array<std::string_view>(
      {"INFO", "DEBUG", "TRACE", "level=info", "level=debug", "level\":\"info", "level\":\"debug", "level\": \"info", "level\": \"debug"});
  if (said.ok() || (said.verdict.id.text() == "unknown" && said.http_status < 400)) return false;
  const std::string_view begins = text.substr(0, beginning);
  const auto is_level = [begins](std::string_view level) {
    const std::size_t at = begins.find(level);
    if (at == begins.npos) return false;
    const std::size_t end = at + level.size();
    return (at == 0 || !ductile::detail::is_letter(begins[at - 1])) && (end == begins.size() || !ductile::detail::is_letter(begins[end]));
  };
  return said.confidence != gemini::Confidence::guess || std::ranges::none_of(levels, is_level);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
