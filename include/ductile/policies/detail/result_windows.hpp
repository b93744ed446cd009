// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Duration, Time

#include <array>
#include <cstddef>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::detail {

struct ResultCount {
  std::uint32_t total = 0;
  std::uint32_t bad = 0;

  // Whether the bad ones are at least `share` of all, of which there are some.
  [[nodiscard]] constexpr bool reaches(double share) const noexcept {
    // Divided, not multiplied: then a share that is written as a decimal and the same fraction are one number.
    return static_cast<double>(bad) / static_cast<double>(total) >= share;
  }

  friend constexpr bool operator==(const ResultCount&, const ResultCount&) = default;
};

// The latest results, each with its moment.
class LatestResults {
 public:
  static constexpr std::size_t most = 128;

  constexpr void add(Time at, bool bad) noexcept {
    results_[count_ % most] = {at, bad};
    ++count_;
    if (count_ == 2 * most) count_ = most;  // stays a multiple of the ring's size away from overflow
  }

  // Of the latest `of` those that are younger than `within`.
  [[nodiscard]] constexpr ResultCount latest(std::uint32_t of, Duration within, Time at) const noexcept {
    ResultCount counted;
    const std::uint32_t considered = count_ < of ? count_ : of;
    for (std::uint32_t i = 1; i <= considered; ++i) {
      const Result& result = results_[(count_ - i) % most];
      if (result.at + within <= at) break;
      ++counted.total;
      counted.bad += result.bad ? 1U : 0U;
    }
    return counted;
  }

  friend constexpr bool operator==(const LatestResults&, const LatestResults&) = default;

 private:
  struct Result {
    Time at{};
    bool bad = false;
    friend constexpr bool operator==(const Result&, const Result&) = default;
  };
  std::array<Result, most> results_{};
  std::uint32_t count_ = 0;  // how many were ever added
};

// All results of a span of time, however many, counted in sixteenths of it: what is older than the span is forgotten, at the earliest
// a sixteenth before its time.
class RecentResults {
 public:
  constexpr void add(Time at, bool bad, Duration span) noexcept {
    const std::int64_t part = part_of(at, span);
    Part& now = parts_[static_cast<std::size_t>(part) % parts];
    if (now.number > part) return;  // from before the span
    if (now.number < part) now = {part, {}};
    ++now.count.total;
    now.count.bad += bad ? 1U : 0U;
  }

  [[nodiscard]] constexpr ResultCount recent(Time at, Duration span) const noexcept {
    const std::int64_t now = part_of(at, span);
    ResultCount counted;
    for (const Part& part : parts_) {
      if (part.number + static_cast<std::int64_t>(parts) <= now) continue;
      counted.total += part.count.total;
      counted.bad += part.count.bad;
    }
    return counted;
  }

  friend constexpr bool operator==(const RecentResults&, const RecentResults&) = default;

 private:
  static constexpr std::size_t parts = 16;
  struct Part {
    std::int64_t number = -static_cast<std::int64_t>(parts);
    ResultCount count{};
    friend constexpr bool operator==(const Part&, const Part&) = default;
  };

  static constexpr std::int64_t part_of(Time at, Duration span) noexcept {
    return at.time_since_epoch().count() / (span.count() / static_cast<std::int64_t>(parts));
  }

  std::array<Part, parts> parts_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
