// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration

#include <chrono>

namespace ductile::inline DUCTILE_VERSION::mock::detail {

[[nodiscard]] inline Duration from_seconds(double count) noexcept {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{count});
}

[[nodiscard]] inline double in_seconds(Duration span) noexcept { return std::chrono::duration<double>(span).count(); }

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
