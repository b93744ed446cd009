// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>        // Now, Time, WallTime
#include <ductile/core/quota_day.hpp>  // QuotaDay

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::detail {

// A ledger's smallest step of time, counted from the clock's zero.
using Tick = std::int64_t;

// Counts what falls into any span of a fixed length. The span is divided into at most sixty buckets, and a sum is taken over one bucket
// more than fit into it: so no span, wherever it begins, holds more than was counted for it, and what was used opens again at most one
// bucket late. Reservations can be made for two spans ahead, in the order in which they are asked for.
class SlidingCount {
 public:
  explicit SlidingCount(Tick span) : ticks_((span + most_parts - 1) / most_parts), parts_((span + ticks_ - 1) / ticks_), buckets_(size) {}

  void advance(Tick tick) noexcept {
    const Tick bucket = tick / ticks_;
    const Tick entering = std::min<Tick>(bucket - now_, size);
    for (Tick i = 0; i < entering; ++i) at(bucket + ahead() - i) = 0;
    now_ = std::max(now_, bucket);
    last_ = std::max(last_, now_);
  }

  // In the span that ends now.
  [[nodiscard]] std::int64_t used() const noexcept { return used_until(now_); }

  // Whether somebody waits for a later bucket; who comes now must not overtake.
  [[nodiscard]] bool queued() const noexcept { return last_ > now_; }

  // The first tick, not before `from` and not before anybody who waits, at which `cost` fits under `limit`.
  [[nodiscard]] std::optional<Tick> earliest(Tick from, std::int64_t cost, std::int64_t limit) const noexcept {
    const Tick first = from / ticks_;
    Tick bucket = std::max(first, last_);
    if (bucket > now_ + ahead()) return std::nullopt;
    for (std::int64_t used = used_until(bucket); used + cost > limit; ++bucket) {
      if (bucket == now_ + ahead()) return std::nullopt;
      used += at(bucket + 1) - at(bucket - parts_);
    }
    return bucket == first ? from : bucket * ticks_;
  }

  // The first tick for which no reservation can be made yet.
  [[nodiscard]] Tick horizon() const noexcept { return (now_ + ahead() + 1) * ticks_; }

  // Corrections of what the span has left behind do nothing.
  void add(Tick tick, std::int64_t amount) noexcept {
    const Tick bucket = tick / ticks_;
    if (bucket < now_ - parts_ || bucket > now_ + ahead()) return;
    at(bucket) = std::max<std::int64_t>(at(bucket) + amount, 0);
    if (amount > 0) last_ = std::max(last_, bucket);
    while (last_ > now_ && at(last_) == 0) --last_;
  }

 private:
  static constexpr Tick most_parts = 60;
  static constexpr Tick size = 256;  // a span behind, now, two spans ahead; a power of two

  [[nodiscard]] Tick ahead() const noexcept { return 2 * parts_; }
  [[nodiscard]] std::int64_t& at(Tick bucket) noexcept { return buckets_[static_cast<std::size_t>(bucket) % size]; }
  [[nodiscard]] std::int64_t at(Tick bucket) const noexcept { return buckets_[static_cast<std::size_t>(bucket) % size]; }

  [[nodiscard]] std::int64_t used_until(Tick bucket) const noexcept {
    std::int64_t used = 0;
    for (Tick i = 0; i <= parts_; ++i) used += at(bucket - i);
    return used;
  }

  Tick ticks_;  // of a bucket
  Tick parts_;  // buckets of a span
  Tick now_ = 0;
  Tick last_ = 0;  // the last bucket with a reservation, at least now
  std::vector<std::int64_t> buckets_;
};

// Counts what falls into a day that ends at a midnight. The end is kept on the call's clock, so that the calendar need not be read with
// each question.
class DayCount {
 public:
  explicit DayCount(QuotaDay day) noexcept : day_(day) {}

  // Reads the calendar: where the day ends, and whether another one has begun. Done at the end and whenever the day is about to refuse,
  // for of a computer that slept, or whose clock was set, only the calendar is right.
  void read_calendar(Time at, WallTime wall) noexcept {
    const Duration left = day_.next_midnight(wall) - wall;
    const Time end = at + (left > Duration::zero() ? left : std::chrono::minutes{1});  // a wrong rule must not ask for ever
    if (!end_ || end > *end_ + std::chrono::hours{1}) {                                // less is a correction of the same midnight
      used_ = 0;
      closed_ = false;
      began_ = end_;
    }
    end_ = end;
  }

  [[nodiscard]] std::int64_t used() const noexcept { return used_; }
  void add(std::int64_t amount) noexcept { used_ = std::max<std::int64_t>(used_ + amount, 0); }

  [[nodiscard]] bool closed() const noexcept { return closed_; }
  void close() noexcept { closed_ = true; }

  // The first moment of time before the calendar was read.
  [[nodiscard]] Time end() const noexcept { return end_.value_or(Time::min()); }
  // The midnight at which it began; the first moment of time when the day was met in its course.
  [[nodiscard]] Time began() const noexcept { return began_.value_or(Time::min()); }

 private:
  QuotaDay day_;
  std::int64_t used_ = 0;
  bool closed_ = false;  // by the service's word
  std::optional<Time> end_;
  std::optional<Time> began_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
