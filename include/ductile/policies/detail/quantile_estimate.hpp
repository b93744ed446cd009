// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/detail/min_max.hpp>
#include <ductile/detail/nearest.hpp>  // nearest

#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>

namespace ductile::inline DUCTILE_VERSION::detail {

// Spans of time as points of a scale on which every octave is equally long, so that a step is a share of the span, whatever its length.
// Straight within an octave.
struct SpanScale {
  static constexpr unsigned octave_bits = 26;
  static constexpr std::uint32_t octave = std::uint32_t{1} << octave_bits;
  static constexpr Duration shortest = std::chrono::milliseconds{1};
  static constexpr Duration longest = std::chrono::hours{1};

  [[nodiscard]] static constexpr std::uint32_t point_of(Duration span) noexcept {
    const auto count = static_cast<std::uint64_t>(detail::clamp(span, shortest, longest).count());
    const auto whole = static_cast<unsigned>(std::bit_width(count)) - 1;
    const std::uint64_t within = whole < octave_bits ? count << (octave_bits - whole) : count >> (whole - octave_bits);
    return static_cast<std::uint32_t>(std::uint64_t{whole} * octave + (within - octave));
  }
  [[nodiscard]] static constexpr Duration span_of(std::uint32_t point) noexcept {
    const unsigned whole = point >> octave_bits;
    const std::uint64_t within = octave | (point & (octave - 1));
    return Duration{static_cast<Duration::rep>(whole < octave_bits ? within >> (octave_bits - whole) : within << (whole - octave_bits))};
  }
};

// How an estimate of one quantile moves. An eighth of an octave all told: the estimate of the 95th percentile is there a hundred calls
// after the service became slower, a thousand after it became faster, and at rest the share of calls beyond it is 5.0 +- 1.8 %.
struct QuantileSteps {
  std::uint32_t up = 0;
  std::uint32_t down = 0;
  std::uint32_t needed = 1;  // samples until the estimate counts

  constexpr explicit QuantileSteps(double quantile) noexcept
      : up(step(quantile)), down(step(1 - quantile)), needed(static_cast<std::uint32_t>(nearest(quantile / (1 - quantile)))) {}

 private:
  static constexpr std::uint32_t step(double share) noexcept { return static_cast<std::uint32_t>(nearest(share * SpanScale::octave / 8)); }
};

// The span below which a share of spans stays, in one word. Of n spans the greatest estimates the quantile n / (n + 1): so the first
// `needed` find the place. From there each span beyond the estimate takes it up, each below takes it down, by steps that are in balance
// where the share is right (Robbins and Monro). It follows a service that changes, which the five markers of P2 do not, and needs neither
// their lock nor the memory and the decay of a histogram.
class QuantileEstimate {
 public:
  QuantileEstimate() = default;
  QuantileEstimate(const QuantileEstimate&) = delete;
  QuantileEstimate& operator=(const QuantileEstimate&) = delete;

  // The estimate; none before there were enough spans.
  [[nodiscard]] std::optional<Duration> value(const QuantileSteps& steps) const noexcept {
    const std::uint64_t word = word_.load(std::memory_order_relaxed);
    if (samples(word) < steps.needed) return std::nullopt;
    return SpanScale::span_of(point(word));
  }

  // `at_least`: nobody waited for its end. What is known of it counts where it lies beyond the estimate, and says nothing below.
  void add(Duration span, bool at_least, const QuantileSteps& steps) noexcept {
    const std::uint32_t sample = SpanScale::point_of(span);
    std::uint64_t word = word_.load(std::memory_order_relaxed);  // relaxed: it guards no other memory
    while (!word_.compare_exchange_weak(word, next(word, sample, at_least, steps), std::memory_order_relaxed)) {
    }
  }

 private:
  static constexpr std::uint32_t lowest = SpanScale::point_of(SpanScale::shortest);
  static constexpr std::uint32_t highest = SpanScale::point_of(SpanScale::longest);

  [[nodiscard]] static constexpr std::uint32_t samples(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word >> 32U); }
  [[nodiscard]] static constexpr std::uint32_t point(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }

  [[nodiscard]] static constexpr std::uint64_t next(std::uint64_t word, std::uint32_t sample, bool at_least,
                                                    const QuantileSteps& steps) noexcept {
    std::uint32_t seen = samples(word);
    std::uint32_t at = point(word);
    if (seen < steps.needed) {
      ++seen;
      at = detail::max(at, sample);
    } else if (sample > at) {
      at = detail::min(at + steps.up, highest);
    } else if (sample < at && !at_least) {
      at = detail::max(at - steps.down, lowest);
    }
    return std::uint64_t{seen} << 32U | at;
  }

  std::atomic<std::uint64_t> word_{0};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
