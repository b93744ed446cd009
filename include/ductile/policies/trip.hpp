// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>               // RefusingRules
#include <ductile/core/now.hpp>                        // Duration, Time
#include <ductile/policies/detail/result_windows.hpp>  // LatestResults, RecentResults

#include <chrono>
#include <concepts>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

/// How a call ended that says something of the service: it succeeded, or it failed in a way that the breaker counts.
struct CallEnd {
  Time at{};
  Duration took{};  ///< Since the breaker let it in, for a trip that declares `times_calls`; else zero.
  bool failed = false;
};

/// T says when a circuit breaker opens. Its nested `Window`, empty when made, is what it remembers; `add` puts one more call into it and
/// says whether that opens the breaker. `counts_successes = false` says that a success after successes changes nothing: such calls are then
/// not told, and write nothing that others share. Two more members it may have:
///
/// - `static constexpr bool times_calls = true`: it looks at `CallEnd::took`. The breaker then reads the clock at each admission.
/// - `bool is_ill(const CallEnd&) const noexcept`: whether this call alone, as a probe, speaks against the service. Without it: `failed`.
template <class T>
concept Trips = std::default_initializable<typename T::Window> && requires(const T& trip, typename T::Window& window, const CallEnd& end) {
  { T::counts_successes } -> std::convertible_to<bool>;
  { trip.add(window, end) } noexcept -> std::same_as<bool>;
};

namespace detail {
template <class Trip>
consteval bool times_calls() {
  if constexpr (requires {
                  { Trip::times_calls } -> std::convertible_to<bool>;
                })
    return Trip::times_calls;
  else
    return false;
}

template <class Trip>
[[nodiscard]] constexpr bool is_ill(const Trip& trip, const CallEnd& end) noexcept {
  if constexpr (requires { trip.is_ill(end); })
    return trip.is_ill(end);
  else
    return end.failed;
}
}  // namespace detail

/// Trips after so many failures in a row; one success begins anew. Made by `consecutive`.
struct ConsecutiveFailures {
  static constexpr bool counts_successes = false;  // success writes only when failures were seen

  struct Window {
    std::uint32_t failures = 0;
    friend constexpr bool operator==(const Window&, const Window&) = default;
  };

  std::uint32_t failures = 5;  ///< 1 to 1'000'000.

  [[nodiscard]] constexpr bool add(Window& window, const CallEnd& end) const noexcept {
    window.failures = end.failed ? window.failures + 1 : 0;
    return window.failures >= failures;
  }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    rules.require(failures >= 1 && failures <= 1'000'000, "CircuitBreaker: consecutive failures must be from 1 to 1000000", failures);
  }
};

/// Which calls a `ratio` or `slow_calls` looks at.
struct RatioWindow {
  unsigned of = 10;                           ///< The latest calls, 1 to 128.
  Duration within = std::chrono::minutes{2};  ///< What is as old is forgotten, 1 ms to 1 day.
  unsigned at_least = 2;                      ///< Fewer bad ones never trip, 1 to `of`.

  template <class Rules>
  constexpr void check(Rules& rules) const {
    rules.require(of >= 1 && of <= detail::LatestResults::most, "CircuitBreaker: window.of must be from 1 to 128 results", of);
    rules.require(within >= std::chrono::milliseconds{1} && within <= std::chrono::hours{24},
                  "CircuitBreaker: window.within must be from 0.001 to 86400 s", std::chrono::duration<double>(within).count());
    rules.require(at_least >= 1 && at_least <= of, "CircuitBreaker: window.at_least must be from 1 to window.of", at_least);
  }
};

/// Trips when the failures are at least a share of the latest calls. Made by `ratio`.
struct FailureRatio {
  static constexpr bool counts_successes = true;
  using Window = detail::LatestResults;

  double share = 0.5;  ///< Above 0, up to 1.
  RatioWindow window{};

  [[nodiscard]] constexpr bool add(Window& seen, const CallEnd& end) const noexcept {
    seen.add(end.at, end.failed);
    if (!end.failed) return false;
    const detail::ResultCount latest = seen.latest(window.of, window.within, end.at);
    return latest.bad >= window.at_least && latest.reaches(share);
  }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    rules.require(share > 0.0 && share <= 1.0, "CircuitBreaker: ratio must be above 0, up to 1", share);
    window.check(rules);
  }
};

/// Which calls a `ratio_over_time` looks at.
struct TimeWindow {
  Duration within = std::chrono::seconds{30};  ///< All of this span, 1 ms to 1 day; forgotten in steps of a sixteenth.
  unsigned calls = 20;                         ///< Fewer never trip, 1 to 1'000'000.
};

/// Trips when the failures are at least a share of all calls of a span of time, however many. Made by `ratio_over_time`.
struct FailureRatioOverTime {
  static constexpr bool counts_successes = true;
  using Window = detail::RecentResults;

  double share = 0.5;  ///< Above 0, up to 1.
  TimeWindow window{};

  [[nodiscard]] constexpr bool add(Window& seen, const CallEnd& end) const noexcept {
    seen.add(end.at, end.failed, window.within);
    if (!end.failed) return false;
    const detail::ResultCount recent = seen.recent(end.at, window.within);
    return recent.total >= window.calls && recent.reaches(share);
  }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    rules.require(share > 0.0 && share <= 1.0, "CircuitBreaker: ratio_over_time must be above 0, up to 1", share);
    rules.require(window.within >= std::chrono::milliseconds{1} && window.within <= std::chrono::hours{24},
                  "CircuitBreaker: ratio_over_time's within must be from 0.001 to 86400 s",
                  std::chrono::duration<double>(window.within).count());
    rules.require(window.calls >= 1 && window.calls <= 1'000'000, "CircuitBreaker: ratio_over_time's calls must be from 1 to 1000000",
                  window.calls);
  }
};

/// Trips when at least a share of the latest calls were slow, well or not. Made by `slow_calls`.
///
/// A call is timed from where the breaker lets it in, so what layers inside the breaker make it wait counts: put `QuotaTracker` before it.
struct SlowCalls {
  static constexpr bool counts_successes = true;
  static constexpr bool times_calls = true;
  using Window = detail::LatestResults;

  double share = 0.5;                               ///< Above 0, up to 1.
  Duration slower_than = std::chrono::seconds{60};  ///< A call that took so long is slow, 1 ms to 1 day.
  RatioWindow window{};

  [[nodiscard]] constexpr bool add(Window& seen, const CallEnd& end) const noexcept {
    const bool slow = end.took >= slower_than;
    seen.add(end.at, slow);
    if (!slow) return false;
    const detail::ResultCount latest = seen.latest(window.of, window.within, end.at);
    return latest.bad >= window.at_least && latest.reaches(share);
  }
  [[nodiscard]] constexpr bool is_ill(const CallEnd& end) const noexcept { return end.failed || end.took >= slower_than; }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    rules.require(share > 0.0 && share <= 1.0, "CircuitBreaker: slow_calls must be above 0, up to 1", share);
    rules.require(slower_than >= std::chrono::milliseconds{1} && slower_than <= std::chrono::hours{24},
                  "CircuitBreaker: slow_calls' slower_than must be from 0.001 to 86400 s",
                  std::chrono::duration<double>(slower_than).count());
    window.check(rules);
  }
};

/// Trips when one of two does. Made by `either`.
template <Trips First, Trips Second>
struct EitherTrip {
  static constexpr bool counts_successes = First::counts_successes || Second::counts_successes;
  static constexpr bool times_calls = detail::times_calls<First>() || detail::times_calls<Second>();

  struct Window {
    typename First::Window first{};
    typename Second::Window second{};
    friend constexpr bool operator==(const Window&, const Window&) = default;
  };

  First first{};
  Second second{};

  [[nodiscard]] constexpr bool add(Window& window, const CallEnd& end) const noexcept {
    const bool by_first = first.add(window.first, end);
    const bool by_second = second.add(window.second, end);
    return by_first || by_second;
  }
  [[nodiscard]] constexpr bool is_ill(const CallEnd& end) const noexcept {
    return detail::is_ill(first, end) || detail::is_ill(second, end);
  }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    if constexpr (requires { first.check(rules); }) first.check(rules);
    if constexpr (requires { second.check(rules); }) second.check(rules);
  }
};

/// Trip after `failures` failures in a row, 1 to 1'000'000.
[[nodiscard]] constexpr ConsecutiveFailures consecutive(std::uint32_t failures) noexcept { return {failures}; }

/// Trip when at least `share` (above 0, up to 1) of the latest calls failed: `ratio(0.6, {.of = 10, .within = 2min})`. For a service that
/// is called now and then.
[[nodiscard]] constexpr FailureRatio ratio(double share, RatioWindow window = {}) noexcept { return {share, window}; }

/// Trip when at least `share` (above 0, up to 1) of all calls of a span of time failed: `ratio_over_time(0.5, {.within = 30s, .calls =
/// 20})`. For a service that is called many times a second.
[[nodiscard]] constexpr FailureRatioOverTime ratio_over_time(double share, TimeWindow window = {}) noexcept { return {share, window}; }

/// Trip when at least `share` (above 0, up to 1) of the latest calls took `slower_than` (1 ms to 1 day) or longer:
/// `slow_calls(0.5, 60s, {.of = 10, .within = 5min})`.
[[nodiscard]] constexpr SlowCalls slow_calls(double share, Duration slower_than, RatioWindow window = {}) noexcept {
  return {share, slower_than, window};
}

/// Trip when one of the two does: `either(consecutive(5), slow_calls(0.5, 60s))`.
template <Trips First, Trips Second>
[[nodiscard]] constexpr EitherTrip<First, Second> either(First first, Second second) noexcept {
  return {first, second};
}

}  // namespace ductile::inline DUCTILE_VERSION
