// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <string>

namespace ductile::inline DUCTILE_VERSION::tools {

/// A number as people write it, and JSON takes it: 60, not 6E1; 0.5.
[[nodiscard]] inline std::string number_text(double value) {
  std::array<char, 32> text{};
  if (std::nearbyint(value) == value && std::abs(value) < 1e15)
    std::snprintf(text.data(), text.size(), "%lld", static_cast<long long>(value));
  else
    std::snprintf(text.data(), text.size(), "%.15g", value);
  return text.data();
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
