// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Duration, Now

#include <chrono>
#include <cmath>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

/// How a computed wait is spread, so that clients that failed together do not come back together.
enum class Jitter : std::uint8_t {
  none,  ///< Not at all.
  full   ///< Evenly between the floor and the computed wait.
};

/// Waits that grow by a factor up to a cap, spread by jitter: `floor + U * (min(cap, base * factor^(failures - 1)) - floor)`.
///
/// The floor is inside the formula: clamping a jittered wait from below would bring the herd back at the floor.
///
/// Cost     One power and one random number a wait; nothing on success.
/// Source   Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): full jitter.
struct Exponential {
  Duration base = std::chrono::seconds{1};  ///< The first wait, before jitter. 0 to 1 day.
  Duration cap = std::chrono::seconds{60};  ///< The longest wait. From `base` to 1 day.
  double factor = 2.0;                      ///< Growth from one wait to the next, 1 to 100.
  Jitter jitter = Jitter::full;
  Duration floor{};  ///< The shortest wait, 0 to `base`.

  /// \param failures How many attempts have failed, from 1. Any number is safe: growth ends at the cap before it can overflow.
  [[nodiscard]] Duration operator()(unsigned failures, Now now) const noexcept {
    const double grown = static_cast<double>(base.count()) * std::pow(factor, static_cast<double>(failures > 0 ? failures - 1 : 0));
    // In this form an infinite or undefined product is capped too.
    const Duration whole = grown < static_cast<double>(cap.count()) ? Duration{static_cast<Duration::rep>(grown)} : cap;
    if (jitter == Jitter::none || whole <= floor) return whole < floor ? floor : whole;
    return floor + Duration{static_cast<Duration::rep>(now.uniform() * static_cast<double>((whole - floor).count()))};
  }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    using Seconds = std::chrono::duration<double>;
    constexpr Duration day = std::chrono::hours{24};
    rules.require(base >= Duration::zero() && base <= day, "Exponential: base must be from 0 to 86400 s", Seconds(base).count());
    rules.require(cap >= base && cap <= day, "Exponential: cap must be from base to 86400 s", Seconds(cap).count());
    rules.require(factor >= 1.0 && factor <= 100.0, "Exponential: factor must be from 1 to 100", factor);
    rules.require(floor >= Duration::zero() && floor <= base, "Exponential: floor must be from 0 to base (s)", Seconds(floor).count());
  }
};

}  // namespace ductile::inline DUCTILE_VERSION
