// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/detail/usual_cap.hpp>
#include <ductile/backoff/jitter.hpp>  // evenly
#include <ductile/core/now.hpp>        // Duration, Now
#include <ductile/core/wait_range.hpp>
#include <ductile/detail/min_max.hpp>

#include <chrono>

namespace ductile::inline DUCTILE_VERSION {

/// Waits that grow from the wait before, evenly between `base` and `factor` times that: clients that failed together drift apart with
/// each failure, and none comes back before `base`.
///
/// The cap is inside the formula, `base + U * (min(cap, factor * before) - base)`. In the article it cuts what was spread before, and
/// most clients of a long outage then wait for exactly the cap, together.
///
/// Cost     One random number a wait; nothing on success.
/// Source   Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): decorrelated jitter, with the cap moved.
struct DecorrelatedJitter {
  Duration base = std::chrono::seconds{1};  ///< The shortest wait. 0 to 1 day; 0: always at once.
  /// The longest wait, from `base` to 1 day. At `base` nothing is left to be spread over. Unless named: 60 s, or ten times a
  /// `base` above 6 s.
  Duration cap = detail::usual_cap(base);
  double factor = 3.0;  ///< The longest growth from one wait to the next, 1 to 100; the article's is 3.

  /// \param before The wait before; before the first one zero, which counts as `base`.
  [[nodiscard]] Duration operator()(unsigned, Now now, Duration before) const noexcept {
    const Duration longest = longest_after(before);
    return longest <= base ? base : detail::evenly(base, longest, now);
  }

  /// Between which spans the wait lies. \param before The range of the wait before.
  [[nodiscard]] constexpr WaitRange range(unsigned, WaitRange before) const noexcept {
    return {base, detail::max(base, longest_after(before.longest))};
  }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    using Seconds = std::chrono::duration<double>;
    constexpr Duration day = std::chrono::hours{24};
    rules.require(base >= Duration::zero() && base <= day, "DecorrelatedJitter: base must be from 0 to 86400 s", Seconds(base).count());
    rules.require(cap >= base && cap <= day, "DecorrelatedJitter: cap must be from base (1 s unless named) to 86400 s",
                  Seconds(cap).count());
    rules.require(factor >= 1.0 && factor <= 100.0, "DecorrelatedJitter: factor must be from 1 to 100", factor);
  }

 private:
  [[nodiscard]] constexpr Duration longest_after(Duration before) const noexcept {
    const double grown = factor * static_cast<double>(detail::max(before, base).count());
    return grown < static_cast<double>(cap.count()) ? Duration{static_cast<Duration::rep>(grown)} : cap;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION
