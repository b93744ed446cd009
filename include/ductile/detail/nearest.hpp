// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::detail {

// The nearest whole number to one that is not below zero and fits. As std::llround, which is no constant expression and needs <cmath>.
[[nodiscard]] constexpr std::int64_t nearest(double value) noexcept {
  const auto whole = static_cast<std::int64_t>(value);
  return value - static_cast<double>(whole) < 0.5 ? whole : whole + 1;
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
