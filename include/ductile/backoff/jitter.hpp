// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Duration, Now
#include <ductile/core/wait_range.hpp>
#include <ductile/detail/min_max.hpp>

#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

/// How a computed wait is spread, so that clients that failed together do not come back together.
enum class Jitter : std::uint8_t {
  none,  ///< Not at all.
  full,  ///< Evenly between the floor and the computed wait: the widest spread, half the wait on average.
  equal  ///< Evenly over the upper half of that: never much shorter than computed, half the spread.
};

namespace detail {
// Evenly from `from` (included) to `to` (excluded), neither of them negative; never beyond, however the product is rounded.
[[nodiscard]] inline Duration evenly(Duration from, Duration to, Now now) noexcept {
  return from + Duration{static_cast<Duration::rep>(now.uniform() * static_cast<double>((to - from).count()))};
}
}  // namespace detail

/// Spreads a wait: `floor + U * (whole - floor)` with full jitter, U being evenly from 0 (included) to 1 (excluded).
///
/// The floor is inside the formula. Clamping from below what was spread before would bring the herd back, at the floor.
///
/// \param whole The longest that comes out, not negative. At or below the floor there is nothing to spread: it is the floor then.
/// \param floor The shortest that comes out, not negative.
/// Cost     One random number; none without jitter.
/// Source   Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): full and equal jitter.
[[nodiscard]] inline Duration jittered(Duration whole, Duration floor, Jitter jitter, Now now) noexcept {
  if (jitter == Jitter::none || whole <= floor) return detail::max(whole, floor);
  return detail::evenly(jitter == Jitter::equal ? floor + (whole - floor) / 2 : floor, whole, now);
}

/// Between which spans `jittered` of the same arguments lies.
[[nodiscard]] constexpr WaitRange jittered_range(Duration whole, Duration floor, Jitter jitter) noexcept {
  if (jitter == Jitter::none || whole <= floor) return {detail::max(whole, floor), detail::max(whole, floor)};
  return {jitter == Jitter::equal ? floor + (whole - floor) / 2 : floor, whole};
}

}  // namespace ductile::inline DUCTILE_VERSION
