// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/detail/usual_cap.hpp>
#include <ductile/backoff/jitter.hpp>  // Jitter, jittered, jittered_range
#include <ductile/core/now.hpp>        // Duration, Now

#include <chrono>

namespace ductile::inline DUCTILE_VERSION {

/// Waits that grow by a factor up to a cap, spread by jitter: `min(cap, base * factor^(failures - 1))` before it.
///
/// Cost     One power and one random number a wait; nothing on success.
/// Source   Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): full jitter.
struct Exponential {
  Duration base = std::chrono::seconds{1};  ///< The first wait, before jitter. 0 to 1 day; 0: always at once.
  /// The longest wait, from `base` to 1 day. Unless named: 60 s, or ten times a `base` above 6 s.
  Duration cap = detail::usual_cap(base);
  double factor = 2.0;  ///< Growth from one wait to the next, 1 to 100.
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
    rules.require(base >= Duration::zero() && base <= day, "Exponential: base must be from 0 to 86400 s", Seconds(base).count());
    rules.require(cap >= base && cap <= day, "Exponential: cap must be from base (1 s unless named) to 86400 s", Seconds(cap).count());
    rules.require(factor >= 1.0 && factor <= 100.0, "Exponential: factor must be from 1 to 100", factor);
    rules.require(floor >= Duration::zero() && floor <= base, "Exponential: floor must be from 0 to base (s)", Seconds(floor).count());
  }

 private:
  [[nodiscard]] constexpr Duration grown(unsigned times) const noexcept {
    if (base <= Duration::zero()) return Duration::zero();  // nothing times infinity is no number
    const auto most = static_cast<double>(cap.count());
    double whole = static_cast<double>(base.count());
    double power = factor;
    for (; times > 0 && whole < most; times >>= 1U) {  // by squaring: <cmath> would cost each includer 10 MiB
      if (times % 2 == 1) whole *= power;
      if (power < 1e14) power *= power;  // else any product is beyond a day, and to go on would end in infinity
    }
    return whole < most ? Duration{static_cast<Duration::rep>(whole)} : cap;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION
