// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration, forever
#include <ductile/detail/min_max.hpp>

#include <cstdint>
#include <limits>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION {

/// Whether the attempts that a policy is set to make have the time to begin, when all take as long as they may. Made by one that makes
/// several. All words are literals.
struct Fit {
  std::string_view policy{};  ///< "Retry".
  std::string_view parts{};   ///< What it has several of: "attempts".
  std::uint32_t wanted = 0;   ///< How many it is set to make.
  std::uint32_t begun = 0;    ///< How many of them begin before the deadline.
  Duration each{};            ///< How long one may take; zero: nothing says, and it counts as no time.
  Duration waits{};           ///< What its own waits between them come to, at their longest.
  Duration deadline{};        ///< What the call has.
  std::string_view cure{};    ///< What to change: "raise the deadline, or lower attempts".

  [[nodiscard]] constexpr bool all_begin() const noexcept { return begun >= wanted; }
};

namespace detail {
// What no type can hold is as good as unbounded: 292 years.
[[nodiscard]] constexpr Duration sum(Duration one, Duration other) noexcept { return other > forever - one ? forever : one + other; }
[[nodiscard]] constexpr Duration product(Duration span, double times) noexcept {
  const bool fits = times < 1e18 && static_cast<double>(span.count()) * times < 9.2e18;
  return fits ? Duration{span.count() * static_cast<Duration::rep>(times)} : forever;
}
// How many of `wanted` begin before the deadline, one right after the other.
[[nodiscard]] constexpr std::uint32_t begun_before(Duration deadline, Duration each, std::uint32_t wanted) noexcept {
  std::uint32_t begun = 0;
  for (Duration begins{}; begun < wanted && begins < deadline; begins = sum(begins, each)) ++begun;
  return begun;
}
}  // namespace detail

/// What one entry into a pipeline can cost at worst, from one of its layers inwards.
///
/// It rests on the numbers of the policies, and on what everything in ductile rests on: that an attempt ends by its deadline. A policy that
/// changes it has a member `WorstCase worst_case(const WorstCase& inside) const noexcept`, which makes of the worst case of what stands
/// inside that of its own layer; one without leaves it as it is. What nothing bounds is `unbounded`, or `forever`.
struct WorstCase {
  static constexpr double unbounded = std::numeric_limits<double>::infinity();

  double attempts = 1;          ///< Most trips through the transport.
  double amplification = 1;     ///< Trips for each entry, over many of them that all fail.
  double per_attempt = 1;       ///< The same of one attempt: more than 1 where the operation is a pipeline again.
  Duration latency = forever;   ///< How long it takes at most.
  Duration attempt = forever;   ///< How long one attempt takes at most.
  Duration deadline = forever;  ///< How long the layers outside let it take at most. Theirs to say.
  Fit fit{};                    ///< Of the layer's own attempts.

  /// The same, bounded by an end that every attempt inside heeds.
  [[nodiscard]] constexpr WorstCase within(Duration limit) const noexcept {
    WorstCase bounded = *this;
    bounded.latency = detail::min(latency, limit);
    bounded.attempt = detail::min(attempt, limit);
    return bounded;
  }

  /// The same after a wait.
  [[nodiscard]] constexpr WorstCase after(Duration longest) const noexcept {
    WorstCase later = *this;
    later.latency = detail::sum(latency, longest);
    return later;
  }

  /// So many entries, one after the other.
  [[nodiscard]] constexpr WorstCase times(double entries) const noexcept {
    WorstCase all = *this;
    all.attempts *= entries;
    all.amplification *= entries;
    all.latency = detail::product(latency, entries);
    return all;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION
