// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration

#include <chrono>

namespace ductile::inline DUCTILE_VERSION::detail {

// The longest wait of who names none: a minute, since a minute's window has opened by then; where the first wait or the step is long, ten
// times that, so that a wait can grow at all. At most a day. Safe for spans that are out of range, too: these are refused later.
[[nodiscard]] constexpr Duration usual_cap(Duration first) noexcept {
  constexpr Duration minute = std::chrono::minutes{1};
  constexpr Duration day = std::chrono::hours{24};
  if (first <= minute / 10) return minute;
  return first > day / 10 ? day : 10 * first;
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
