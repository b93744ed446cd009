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
#include <utility>
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

// Counts what falls into windows that begin at moments of the calendar: a day's midnight, or each full span. Where the calendar's clock is
// set, or goes on while the call's clock stands still (a computer that sleeps), the calendar is right. Reservations can be made for two
// spans ahead, in the order in which they are asked for; none for another day.
//
// Of the time between two readings nobody knows when the clock was set: what was charged in it counts for the windows before and after.
class FixedCount {
 public:
  explicit FixedCount(QuotaDay day) noexcept : day_(day) {}
  explicit FixedCount(Duration span) noexcept : span_(span) {}

  // Takes a reading of both clocks: which window it is, and where it ends.
  void read_calendar(Time at, WallTime wall) noexcept {
    if (end_ == Time::min()) {
      show(next_boundary(wall), wall);
      end_ = at + (shown_ - wall);
    } else {
      const Time end = at + (shown_ - wall);
      const bool set = std::chrono::abs(end - end_) > readings_apart;
      if (set) lose_waiting();
      const bool keeps_end = queued() && !set;  // those who wait were told it
      const WallTime showed = shown_;
      if (wall < wall_read_ || wall >= shown_) turn(at, wall, end, set);
      end_ = (keeps_end ? end_ : end) + (shown_ - showed);
      if (at >= lost_until_) lost_ = 0;
    }
    read_ = at;
    wall_read_ = wall;
    since_read_ = 0;
  }

  [[nodiscard]] std::int64_t used() const noexcept { return used_in(0); }

  // Charges what belongs to the window that holds `at`, which is not before this one.
  void add(Time at, std::int64_t amount) noexcept { add(at, at, amount); }

  // Corrects what was charged in a tick that lasts from `begin` to `end`. Where nobody knows to which window that belongs more counts for
  // both, less for neither.
  void correct(Time begin, Time end, std::int64_t amount) noexcept {
    if (amount > 0 ? end > began_after_ : begin >= began_by_) add(begin, end, amount);
    if (amount > 0 && begin < began_by_) before_ += amount;
  }

  // Whether somebody waits for a later window; who comes now must not overtake.
  [[nodiscard]] bool queued() const noexcept { return used_[1] != 0 || used_[2] != 0 || lost_ != 0; }

  // The first moment, not before `from` and not before anybody who waits, at which `cost` fits under `limit`.
  [[nodiscard]] std::optional<Time> earliest(Time from, std::int64_t cost, std::int64_t limit) const noexcept {
    if (from >= horizon()) return std::nullopt;
    const std::size_t last = used_[2] != 0 ? 2 : used_[1] != 0 ? 1 : 0;
    const std::size_t first = index(from);
    for (std::size_t i = detail::max(first, last); i < size; ++i)
      if (used_in(i) + cost <= limit) return i == first ? from : last_end() + static_cast<int>(i - 1) * span_;
    return std::nullopt;
  }

  // The first moment for which no reservation can be made yet.
  [[nodiscard]] Time horizon() const noexcept { return last_end() + (size - 1) * span_; }

  [[nodiscard]] bool daily() const noexcept { return day_.has_value(); }

  // By the service's word.
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  void close() noexcept { closed_ = true; }

  // The first moment of time before the calendar was read.
  [[nodiscard]] Time end() const noexcept { return end_; }

  // Whether what was charged in a tick that begins then may be of the window before, or of this one's first minute.
  [[nodiscard]] bool early(Time begin) const noexcept { return begin < began_by_ || begin <= began_ + std::chrono::minutes{1}; }

 private:
  static constexpr int size = 3;  // this window and two ahead

  // By how much the two clocks may differ from what they were, only because they are not read at one moment. No lease lasts so long.
  static constexpr Duration readings_apart = Now::coarse_lag;

  // What was charged at some moment from `begin` to `end`.
  void add(Time begin, Time end, std::int64_t amount) noexcept {
    const std::size_t window = index(begin);
    used_[window] = detail::max<std::int64_t>(used_[window] + amount, 0);
    if (window > 0 || amount <= 0) return;
    if (earlier()) before_ += amount;
    if (end > read_) since_read_ += amount;
    last_ = detail::max(last_, end);
  }

  [[nodiscard]] WallTime next_boundary(WallTime wall) const noexcept {
    if (day_) return day_->next_midnight(wall);
    const Duration since = wall.time_since_epoch() % span_;
    return wall - since + (since < Duration::zero() ? Duration::zero() : span_);
  }

  // Whether the clock was set back into the window before: what is charged then counts for both, so that neither is had twice.
  [[nodiscard]] bool earlier() const noexcept { return shown_ < ends_; }

  void show(WallTime boundary, WallTime wall) noexcept {
    shown_ = boundary > wall ? boundary : wall + std::chrono::minutes{1};  // a wrong rule must not ask for ever
    ends_ = shown_;
  }

  // The calendar has left the window that it showed, or its clock was set back. \param end When that window ended, if no clock was set.
  void turn(Time at, WallTime wall, Time end, bool set) noexcept {
    const WallTime boundary = next_boundary(wall);
    if (boundary <= wall) return show(boundary, wall);
    if (boundary == shown_) return;
    const Time by = detail::max(at, last_ + Duration{1});
    if (boundary == ends_) {  // after it was set back
      shown_ = boundary;
      began_by_ = by;
    } else if (boundary > shown_) {
      const Duration skipped = day_ ? Duration{} : boundary - shown_ - span_;
      begin_another(boundary);
      began_ = end + skipped;
      began_after_ = set ? detail::max(detail::min(end, end_) + skipped, read_) : end_ + skipped;
      began_by_ = set ? by : end_ + skipped;
      if (set && last_ >= end) used_[0] += since_read_;
    } else if (boundary >= before_ends_) {
      if (boundary != before_ends_) before_ = 0;
      before_ += since_read_;
      before_ends_ = shown_ = boundary;
    } else {  // farther back than anybody remembers: what is counted goes on
      used_[0] = detail::max(used_[0], earlier() ? before_ : 0);
      show(boundary, wall);
    }
  }

  void begin_another(WallTime boundary) noexcept {
    if (boundary > ends_) {
      before_ = used_[0];
      before_ends_ = ends_;
      const std::int64_t passed = day_ ? 1 : (boundary - ends_) / span_;
      for (std::int64_t i = 0; i < detail::min<std::int64_t>(passed, size); ++i) used_ = {used_[1], used_[2], 0};
    } else {  // between the two: the clock was far ahead for a while
      used_ = {};
    }
    ends_ = shown_ = boundary;
    closed_ = false;
  }

  // Those who wait go by the call's clock, whatever the other one was set to: they count in each window until the last of theirs is over.
  void lose_waiting() noexcept {
    lost_ += std::exchange(used_[1], 0) + std::exchange(used_[2], 0);
    lost_until_ = detail::max(lost_until_, horizon() + span_);
  }

  [[nodiscard]] std::int64_t used_in(std::size_t window) const noexcept {
    return lost_ + (window == 0 && earlier() ? detail::max(used_[0], before_) : used_[window]);
  }

  // When the latest window ends, by the call's clock.
  [[nodiscard]] Time last_end() const noexcept { return end_ + (ends_ - shown_); }

  [[nodiscard]] std::size_t index(Time at) const noexcept {
    if (day_ || end_ == Time::min() || at < last_end()) return 0;
    return static_cast<std::size_t>(detail::min<std::int64_t>((at - last_end()) / span_ + 1, size - 1));
  }

  std::optional<QuotaDay> day_;             // this
  Duration span_{1};                        // or that
  std::array<std::int64_t, size> used_{};   // of the latest window, and of those after it
  std::int64_t before_ = 0;                 // of the one before
  std::int64_t lost_ = 0;                   // of any of them: what had been reserved when the clock was set
  std::int64_t since_read_ = 0;             // what was charged since the last reading
  WallTime ends_{};                         // the latest window
  WallTime before_ends_ = WallTime::min();  // the one before
  WallTime shown_{};                        // the end of that of the two which the calendar shows
  Time end_ = Time::min();                  // the same moment on the call's clock
  Time read_{};                             // the last reading
  WallTime wall_read_{};
  Time began_ = Time::min();        // by the calendar, wherever the call's clock was then; the first moment of time when met in its course
  Time began_after_ = Time::min();  // by the call's clock: not before this
  Time began_by_ = Time::min();     // and not after that
  Time lost_until_ = Time::min();
  Time last_ = Time::min();  // nothing was charged for a later one
  bool closed_ = false;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
