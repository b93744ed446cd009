// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

// As in <algorithm>, of small values: that header alone takes 8 MiB of a compiler's memory, in every unit that includes ductile.
namespace ductile::inline DUCTILE_VERSION::detail {

template <class T>
[[nodiscard]] constexpr T min(T left, T right) noexcept {
  return right < left ? right : left;
}

template <class T>
[[nodiscard]] constexpr T max(T left, T right) noexcept {
  return left < right ? right : left;
}

template <class T>
[[nodiscard]] constexpr T clamp(T value, T lowest, T highest) noexcept {
  return detail::min(detail::max(value, lowest), highest);
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
