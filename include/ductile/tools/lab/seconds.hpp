// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration

#include <chrono>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// So many seconds, to the nearest nanosecond.
[[nodiscard]] inline Duration from_seconds(double count) noexcept {
  return std::chrono::round<Duration>(std::chrono::duration<double>{count});
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
