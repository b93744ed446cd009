// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>        // Now, Time, WallTime
#include <ductile/core/quota_day.hpp>  // QuotaDay
#include <ductile/detail/min_max.hpp>

#include <array>
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
    const Tick entering = detail::min<Tick>(bucket - now_, size);
    for (Tick i = 0; i < entering; ++i) at(bucket + ahead() - i) = 0;
    now_ = detail::max(now_, bucket);
    last_ = detail::max(last_, now_);
  }

  // In the span that ends now.
  [[nodiscard]] std::int64_t used() const noexcept { return used_until(now_); }

  // Whether somebody waits for a later bucket; who comes now must not overtake.
  [[nodiscard]] bool queued() const noexcept { return last_ > now_; }

  // The first tick, not before `from` and not before anybody who waits, at which `cost` fits under `limit`.
  [[nodiscard]] std::optional<Tick> earliest(Tick from, std::int64_t cost, std::int64_t limit) const noexcept {
    const Tick first = from / ticks_;
    Tick bucket = detail::max(first, last_);
    if (bucket > now_ + ahead()) return std::nullopt;
    for (std::int64_t used = used_until(bucket); used + cost > limit; ++bucket) {
      if (bucket == now_ + ahead()) return std::nullopt;
      used += at(bucket + 1) - at(bucket - parts_);
    }
    return bucket == first ? from : bucket * ticks_;
  }

  // The first tick for which no reservation can be made yet.
  [[nodiscard]] Tick horizon() const noexcept { return (now_ + ahead() + 1) * ticks_; }

  // After how many ticks what fills the span has opened again.
  [[nodiscard]] Tick period() const noexcept { return (parts_ + 1) * ticks_; }

  // Corrections of what the span has left behind do nothing.
  void add(Tick tick, std::int64_t amount) noexcept {
    const Tick bucket = tick / ticks_;
    if (bucket < now_ - parts_ || bucket > now_ + ahead()) return;
    at(bucket) = detail::max<std::int64_t>(at(bucket) + amount, 0);
    if (amount > 0) last_ = detail::max(last_, bucket);
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

// Counts what falls into windows that begin at moments of the calendar: a day's midnight, or each full span. The end is kept on the call's
// clock, so that the calendar need not be read with each question. Reservations can be made for two spans ahead, in the order in which they
// are asked for; none for another day.
class FixedCount {
 public:
  explicit FixedCount(QuotaDay day) noexcept : day_(day) {}
  explicit FixedCount(Duration span) noexcept : span_(span) {}

  // Reads the calendar: where the window ends, and whether another one has begun. Done at the end and whenever a day is about to refuse,
  // for of a computer that slept, or whose clock was set, only the calendar is right.
  void read_calendar(Time at, WallTime wall) noexcept {
    const Duration left = next_boundary(wall) - wall;
    const Time end = at + (left > Duration::zero() ? left : std::chrono::minutes{1});  // a wrong rule must not ask for ever
    if (!end_ || end > *end_ + correction()) {                                         // less is a correction of the same moment
      const std::int64_t passed = end_ && !day_ ? (end - *end_ + correction()) / span_ : size;
      for (std::int64_t i = 0; i < detail::min<std::int64_t>(passed, size); ++i) used_ = {used_[1], used_[2], 0};
      closed_ = false;
      if (end_) began_ = day_ ? *end_ : end - span_;
    }
    end_ = end;
  }

  // In the window that holds `at`, which is not before this one.
  [[nodiscard]] std::int64_t used(Time at) const noexcept { return used_[index(at)]; }
  [[nodiscard]] std::int64_t used() const noexcept { return used_.front(); }

  // Corrects, or charges, what belongs to the window that holds `at`.
  void add(Time at, std::int64_t amount) noexcept {
    std::int64_t& used = used_[index(at)];
    used = detail::max<std::int64_t>(used + amount, 0);
  }

  // Whether somebody waits for a later window; who comes now must not overtake.
  [[nodiscard]] bool queued() const noexcept { return used_[1] != 0 || used_[2] != 0; }

  // The first moment, not before `from` and not before anybody who waits, at which `cost` fits under `limit`.
  [[nodiscard]] std::optional<Time> earliest(Time from, std::int64_t cost, std::int64_t limit) const noexcept {
    if (from >= horizon()) return std::nullopt;
    const std::size_t last = used_[2] != 0 ? 2 : used_[1] != 0 ? 1 : 0;
    const std::size_t first = index(from);
    for (std::size_t i = detail::max(first, last); i < size; ++i)
      if (used_[i] + cost <= limit) return i == first ? from : end() + static_cast<int>(i - 1) * span_;
    return std::nullopt;
  }

  // The first moment for which no reservation can be made yet.
  [[nodiscard]] Time horizon() const noexcept { return end() + (size - 1) * span_; }

  [[nodiscard]] bool daily() const noexcept { return day_.has_value(); }

  // By the service's word.
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  void close() noexcept { closed_ = true; }

  // The first moment of time before the calendar was read.
  [[nodiscard]] Time end() const noexcept { return end_.value_or(Time::min()); }
  // The moment at which it began; the first moment of time when the window was met in its course.
  [[nodiscard]] Time began() const noexcept { return began_.value_or(Time::min()); }

 private:
  static constexpr int size = 3;  // this window and two ahead

  [[nodiscard]] WallTime next_boundary(WallTime wall) const noexcept {
    if (day_) return day_->next_midnight(wall);
    const Duration since = wall.time_since_epoch() % span_;
    return wall - since + (since < Duration::zero() ? Duration::zero() : span_);
  }

  // By how much the end may move without being another one.
  [[nodiscard]] Duration correction() const noexcept { return day_ ? Duration{std::chrono::hours{1}} : span_ / 2; }

  [[nodiscard]] std::size_t index(Time at) const noexcept {
    if (day_ || !end_ || at < *end_) return 0;
    return static_cast<std::size_t>(detail::min<std::int64_t>((at - *end_) / span_ + 1, size - 1));
  }

  std::optional<QuotaDay> day_;  // this
  Duration span_{1};             // or that
  std::array<std::int64_t, size> used_{};
  bool closed_ = false;
  std::optional<Time> end_;
  std::optional<Time> began_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
