// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Duration, Time

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

/// Trips after so many failures in a row; one success begins anew. Made by `consecutive`.
struct ConsecutiveFailures {
  static constexpr bool counts_successes = false;  // success writes only when failures were seen

  struct Window {
    std::uint32_t failures = 0;
  };

  std::uint32_t failures = 5;  ///< 1 to 1'000'000.

  [[nodiscard]] constexpr bool failed(Window& window, Time) const noexcept { return ++window.failures >= failures; }
  constexpr void succeeded(Window& window, Time) const noexcept { window.failures = 0; }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    rules.require(failures >= 1 && failures <= 1'000'000, "CircuitBreaker: consecutive failures must be from 1 to 1000000", failures);
  }
};

/// Which results a `ratio` looks at.
struct RatioWindow {
  unsigned of = 10;                           ///< The latest results, 1 to 128.
  Duration within = std::chrono::minutes{2};  ///< Older ones are forgotten, 1 ms to 1 day.
  unsigned at_least = 2;                      ///< Fewer failures never trip, 1 to `of`.
};

/// Trips when the failures are at least a share of the latest results. Made by `ratio`.
struct FailureRatio {
  static constexpr bool counts_successes = true;
  static constexpr std::size_t most = 128;

  struct Window {
    struct Result {
      Time at{};
      bool failed = false;
    };
    std::array<Result, most> results{};
    std::uint32_t count = 0;  // how many were ever added
  };

  double share = 0.5;  ///< Above 0, up to 1.
  RatioWindow window{};

  [[nodiscard]] constexpr bool failed(Window& seen, Time at) const noexcept {
    add(seen, at, true);
    unsigned total = 0;
    unsigned bad = 0;
    const std::uint32_t looked_at = seen.count < window.of ? seen.count : window.of;
    for (std::uint32_t i = 1; i <= looked_at; ++i) {
      const auto& result = seen.results[(seen.count - i) % most];
      if (result.at + window.within <= at) break;
      ++total;
      bad += result.failed ? 1U : 0U;
    }
    return bad >= window.at_least && static_cast<double>(bad) >= share * static_cast<double>(total);
  }
  constexpr void succeeded(Window& seen, Time at) const noexcept { add(seen, at, false); }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    rules.require(share > 0.0 && share <= 1.0, "CircuitBreaker: ratio must be above 0, up to 1", share);
    rules.require(window.of >= 1 && window.of <= most, "CircuitBreaker: ratio's of must be from 1 to 128 results", window.of);
    rules.require(window.within >= std::chrono::milliseconds{1} && window.within <= std::chrono::hours{24},
                  "CircuitBreaker: ratio's within must be from 0.001 to 86400 s", std::chrono::duration<double>(window.within).count());
    rules.require(window.at_least >= 1 && window.at_least <= window.of, "CircuitBreaker: ratio's at_least must be from 1 to of",
                  window.at_least);
  }

 private:
  static constexpr void add(Window& seen, Time at, bool failed) noexcept {
    seen.results[seen.count % most] = {at, failed};
    ++seen.count;
    if (seen.count == 2 * most) seen.count = most;  // stays a multiple of the ring's size away from overflow
  }
};

/// Trip after `failures` failures in a row, 1 to 1'000'000.
[[nodiscard]] constexpr ConsecutiveFailures consecutive(std::uint32_t failures) noexcept { return {failures}; }

/// Trip when at least `share` (above 0, up to 1) of the latest results are failures: `ratio(0.6, {.of = 10, .within = 2min})`.
[[nodiscard]] constexpr FailureRatio ratio(double share, RatioWindow window = {}) noexcept { return {share, window}; }

}  // namespace ductile::inline DUCTILE_VERSION
