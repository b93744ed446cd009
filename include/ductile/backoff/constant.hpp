// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Duration, Now

#include <chrono>

namespace ductile::inline DUCTILE_VERSION {

/// The same wait before each attempt. Jitterless: many clients that failed together come back together; prefer `Exponential`.
struct Constant {
  Duration wait = std::chrono::seconds{1};  ///< 0 to 1 day; 0: at once.

  [[nodiscard]] constexpr Duration operator()(unsigned) const noexcept { return wait; }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    rules.require(wait >= Duration::zero() && wait <= std::chrono::hours{24}, "Constant: wait must be from 0 to 86400 s",
                  std::chrono::duration<double>(wait).count());
  }
};

}  // namespace ductile::inline DUCTILE_VERSION
