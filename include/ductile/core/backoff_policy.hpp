// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>      // Duration, Now
#include <ductile/core/verdict.hpp>  // Kind
#include <ductile/core/wait_range.hpp>
#include <ductile/detail/min_max.hpp>

#include <chrono>
#include <concepts>

namespace ductile::inline DUCTILE_VERSION {

/// Says how long to wait before the next attempt: called, const, with the number of failed attempts so far (1 after the first), and, where
/// it takes them, `Now` (for jitter), the wait before (for decorrelated jitter; zero before the first) and the failure's kind. It must not
/// throw. A negative answer counts as none.
///
/// A lambda will do: `[](unsigned failures) { return failures * 100ms; }`.
template <class B>
concept BackoffPolicy = requires(const B& backoff, unsigned failures, Now now, Duration before, Kind kind) {
  { backoff(failures, now, before, kind) } -> std::convertible_to<Duration>;
} || requires(const B& backoff, unsigned failures, Now now, Duration before) {
  { backoff(failures, now, before) } -> std::convertible_to<Duration>;
} || requires(const B& backoff, unsigned failures, Now now) {
  { backoff(failures, now) } -> std::convertible_to<Duration>;
} || requires(const B& backoff, unsigned failures) {
  { backoff(failures) } -> std::convertible_to<Duration>;
};

/// Asks a backoff policy of any of its four forms.
template <BackoffPolicy B>
[[nodiscard]] constexpr Duration backoff_wait(const B& backoff, unsigned failures, Now now, Duration before,
                                              Kind kind = Kind::other) noexcept {
  Duration wait{};
  if constexpr (requires { backoff(failures, now, before, kind); })
    wait = backoff(failures, now, before, kind);
  else if constexpr (requires { backoff(failures, now, before); })
    wait = backoff(failures, now, before);
  else if constexpr (requires { backoff(failures, now); })
    wait = backoff(failures, now);
  else
    wait = backoff(failures);
  return wait < Duration::zero() ? Duration::zero() : wait;
}

/// Between which spans a backoff's wait lies after so many failures: its answer to `WaitRange range(unsigned failures, WaitRange before)
/// const`, where it has one. One without may wait for any time.
///
/// \param before The range of the wait before; before the first one zero.
template <BackoffPolicy B>
[[nodiscard]] constexpr WaitRange backoff_range(const B& backoff, unsigned failures, WaitRange before) noexcept {
  WaitRange range{};
  if constexpr (requires { WaitRange{backoff.range(failures, before)}; }) range = backoff.range(failures, before);
  constexpr Duration month =
      std::chrono::hours{24 * 30};  // who waits for longer waits for ever; a thousand of them still make a `Duration`
  range.shortest = detail::clamp(range.shortest, Duration::zero(), month);
  range.longest = range.longest <= month ? detail::max(range.longest, range.shortest) : forever;
  return range;
}

namespace detail {

template <class B>
consteval bool explain_backoff() {
  static_assert(
      BackoffPolicy<B>,
      "ductile E0110: the backoff has the wrong form; write Duration operator()(unsigned failures) const, or with more: (unsigned "
      "failures, Now now, Duration before, Kind kind), of which the last ones may be left out (docs/rules/E0110.md)");
  return BackoffPolicy<B>;
}

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION
