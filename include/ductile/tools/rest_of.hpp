// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <array>
#include <cstddef>
#include <istream>
#include <string>

namespace ductile::inline DUCTILE_VERSION::tools {

/// What a stream still holds.
///
/// Errors   None of its own: where reading breaks off, `in.bad()` is true after it.
[[nodiscard]] inline std::string rest_of(std::istream& in) {
  std::string text;
  std::array<char, std::size_t{64} * 1024> piece{};
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0) text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
