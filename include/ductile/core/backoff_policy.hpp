// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Duration, Now

#include <concepts>

namespace ductile::inline DUCTILE_VERSION {

/// Says how long to wait before the next attempt: called, const, with the number of failed attempts so far (1 after the first), and, where
/// it takes them, `Now` (for jitter) and the wait before (for decorrelated jitter). It must not throw. A negative answer counts as none.
///
/// A lambda will do: `[](unsigned failures) { return failures * 100ms; }`.
template <class B>
concept BackoffPolicy = requires(const B& backoff, unsigned failures, Now now, Duration before) {
  { backoff(failures, now, before) } -> std::convertible_to<Duration>;
} || requires(const B& backoff, unsigned failures, Now now) {
  { backoff(failures, now) } -> std::convertible_to<Duration>;
} || requires(const B& backoff, unsigned failures) {
  { backoff(failures) } -> std::convertible_to<Duration>;
};

/// Asks a backoff policy of any of its three forms.
template <BackoffPolicy B>
[[nodiscard]] constexpr Duration backoff_wait(const B& backoff, unsigned failures, Now now, Duration before) noexcept {
  Duration wait{};
  if constexpr (requires { backoff(failures, now, before); })
    wait = backoff(failures, now, before);
  else if constexpr (requires { backoff(failures, now); })
    wait = backoff(failures, now);
  else
    wait = backoff(failures);
  return wait < Duration::zero() ? Duration::zero() : wait;
}

}  // namespace ductile::inline DUCTILE_VERSION
