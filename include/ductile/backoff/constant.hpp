// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/jitter.hpp>  // Jitter, jittered, jittered_range
#include <ductile/core/now.hpp>        // Duration, Now

#include <chrono>

namespace ductile::inline DUCTILE_VERSION {

/// The same wait before each attempt. It does not grow: where the other side has no room, prefer `Exponential`.
///
/// Cost     One random number where there is jitter.
struct Constant {
  Duration wait = std::chrono::seconds{1};  ///< 0 to 1 day; 0: at once.
  Jitter jitter = Jitter::none;             ///< Without it clients that failed together come back together.
  Duration floor{};                         ///< The shortest wait that jitter gives, 0 to `wait`.

  [[nodiscard]] Duration operator()(unsigned, Now now) const noexcept { return jittered(wait, floor, jitter, now); }

  /// Between which spans the wait lies.
  [[nodiscard]] constexpr WaitRange range(unsigned, WaitRange) const noexcept { return jittered_range(wait, floor, jitter); }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    using Seconds = std::chrono::duration<double>;
    rules.require(wait >= Duration::zero() && wait <= std::chrono::hours{24}, "Constant: wait must be from 0 to 86400 s",
                  Seconds(wait).count());
    rules.require(floor >= Duration::zero() && floor <= wait, "Constant: floor must be from 0 to wait (s)", Seconds(floor).count());
  }
};

}  // namespace ductile::inline DUCTILE_VERSION
