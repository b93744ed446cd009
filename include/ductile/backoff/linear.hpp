// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/detail/usual_cap.hpp>
#include <ductile/backoff/jitter.hpp>  // Jitter, jittered, jittered_range
#include <ductile/core/now.hpp>        // Duration, Now
#include <ductile/detail/min_max.hpp>

#include <chrono>

namespace ductile::inline DUCTILE_VERSION {

/// Waits that grow by the same step up to a cap, spread by jitter: `min(cap, base + step * (failures - 1))` before it.
///
/// Cost     One random number a wait; nothing on success.
struct Linear {
  Duration base = std::chrono::seconds{1};  ///< The first wait, before jitter. 0 to 1 day.
  Duration step = std::chrono::seconds{1};  ///< Growth from one wait to the next, 0 to 1 day.
  /// The longest wait, from `base` to 1 day. Unless named: 60 s, or ten times the longer of `base` and `step` where that is above 6 s.
  Duration cap = detail::usual_cap(detail::max(base, step));
  Jitter jitter = Jitter::full;
  Duration floor{};  ///< The shortest wait, 0 to `base`. At `base` the first wait has nothing to be spread over.

  /// \param failures How many attempts have failed, from 1. Any number is safe: growth ends at the cap before it can overflow.
  [[nodiscard]] Duration operator()(unsigned failures, Now now) const noexcept {
    return jittered(grown(failures > 0 ? failures - 1 : 0), floor, jitter, now);
  }

  /// Between which spans the wait after so many failures lies.
  [[nodiscard]] constexpr WaitRange range(unsigned failures, WaitRange) const noexcept {
    return jittered_range(grown(failures > 0 ? failures - 1 : 0), floor, jitter);
  }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    using Seconds = std::chrono::duration<double>;
    constexpr Duration day = std::chrono::hours{24};
    rules.require(base >= Duration::zero() && base <= day, "Linear: base must be from 0 to 86400 s", Seconds(base).count());
    rules.require(step >= Duration::zero() && step <= day, "Linear: step must be from 0 to 86400 s", Seconds(step).count());
    rules.require(cap >= base && cap <= day, "Linear: cap must be from base (1 s unless named) to 86400 s", Seconds(cap).count());
    rules.require(floor >= Duration::zero() && floor <= base, "Linear: floor must be from 0 to base (s)", Seconds(floor).count());
  }

 private:
  [[nodiscard]] constexpr Duration grown(unsigned times) const noexcept {
    const double whole = static_cast<double>(base.count()) + static_cast<double>(times) * static_cast<double>(step.count());
    return whole < static_cast<double>(cap.count()) ? Duration{static_cast<Duration::rep>(whole)} : cap;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION
