// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>        // Time, WallTime
#include <ductile/core/quota_day.hpp>  // QuotaDay
#include <ductile/detail/min_max.hpp>
#include <ductile/policies/detail/calendar.hpp>  // Calendar

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// Counts what falls into windows of the calendar. Reservations can be made for two spans ahead, in the order in which they are asked for;
// none for another day. Where nobody knows for which of two windows something was charged, it counts for both.
class FixedCount {
 public:
  explicit FixedCount(QuotaDay day) noexcept : calendar_(day) {}
  explicit FixedCount(Duration span) noexcept : calendar_(span) {}

  // Takes a reading of both clocks: which window it is, and where it ends.
  void read_calendar(Time at, WallTime wall) noexcept {
    const Time waited_until = calendar_.begin_ahead(size + 1);
    const Calendar::Reading reading = calendar_.read(at, wall, last_ + Duration{1}, queued());
    if (reading.set) lose_waiting(waited_until);
    turn(reading);
    if (at >= lost_until_) lost_ = 0;
    since_read_ = 0;
  }

  [[nodiscard]] std::int64_t used() const noexcept { return used_in(0); }

  // Charges what belongs to the window that holds `at`, which is not before this one.
  void add(Time at, std::int64_t amount) noexcept { add(at, at, amount); }

  // Corrects what was charged in a tick that lasts from `begin` to `end`. Where nobody knows to which window that belongs more counts for
  // both, less for neither.
  void correct(Time begin, Time end, std::int64_t amount) noexcept {
    const Calendar::Beginning& began = calendar_.began();
    if (amount > 0 ? end > began.after : begin >= began.by) add(begin, end, amount);
    if (amount > 0 && begin < began.by) before_ += amount;
  }

  // Whether somebody waits for a later window; who comes now must not overtake.
  [[nodiscard]] bool queued() const noexcept { return used_[1] != 0 || used_[2] != 0 || lost_ != 0; }

  // The first moment, not before `from` and not before anybody who waits, at which `cost` fits under `limit`.
  [[nodiscard]] std::optional<Time> earliest(Time from, std::int64_t cost, std::int64_t limit) const noexcept {
    if (from >= horizon()) return std::nullopt;
    const std::size_t last = used_[2] != 0 ? 2 : used_[1] != 0 ? 1 : 0;
    const std::size_t first = index(from);
    for (std::size_t i = detail::max(first, last); i < size; ++i)
      if (used_in(i) + cost <= limit) return i == first ? from : calendar_.begin_ahead(static_cast<std::int64_t>(i));
    return std::nullopt;
  }

  // The first moment for which no reservation can be made yet.
  [[nodiscard]] Time horizon() const noexcept { return calendar_.begin_ahead(size); }

  // By the service's word.
  [[nodiscard]] bool closed() const noexcept { return closed_; }
  void close() noexcept { closed_ = true; }

  // The first moment of time before the calendar was read.
  [[nodiscard]] Time end() const noexcept { return calendar_.end(); }

  // Whether what was charged in a tick that begins then may be of the window before, or of this one's first minute.
  [[nodiscard]] bool early(Time begin) const noexcept {
    return begin < calendar_.began().by || begin <= calendar_.began().by_calendar + std::chrono::minutes{1};
  }

 private:
  static constexpr int size = 3;  // this window and two ahead

  void turn(const Calendar::Reading& reading) noexcept {
    switch (reading.turn) {
      case Calendar::Turn::none:
      case Calendar::Turn::returns: return;
      case Calendar::Turn::begins:
        if (reading.passed > 0) before_ = used_[0];
        for (std::int64_t i = 0; i < detail::min<std::int64_t>(reading.passed, size); ++i) used_ = {used_[1], used_[2], 0};
        if (reading.passed == 0) used_ = {};
        if (reading.set) used_[0] += since_read_;
        closed_ = false;
        return;
      case Calendar::Turn::farther: before_ = 0; [[fallthrough]];
      case Calendar::Turn::back: before_ += since_read_; return;
      case Calendar::Turn::farthest: used_[0] = detail::max(used_[0], before_);  // what is counted goes on
    }
  }

  // What was charged at some moment from `begin` to `end`.
  void add(Time begin, Time end, std::int64_t amount) noexcept {
    const std::size_t window = index(begin);
    used_[window] = detail::max<std::int64_t>(used_[window] + amount, 0);
    if (window > 0 || amount <= 0) return;
    if (calendar_.shows_before()) before_ += amount;
    if (end > calendar_.last_reading()) since_read_ += amount;
    last_ = detail::max(last_, end);
  }

  // Those who wait go by the call's clock, whatever the other one was set to: they count in each window until the last of theirs is over.
  void lose_waiting(Time until) noexcept {
    lost_ += std::exchange(used_[1], 0) + std::exchange(used_[2], 0);
    lost_until_ = detail::max(lost_until_, until);
  }

  // After the clock was set back what is charged counts for both windows, so that neither is had twice.
  [[nodiscard]] std::int64_t used_in(std::size_t window) const noexcept {
    return lost_ + (window == 0 && calendar_.shows_before() ? detail::max(used_[0], before_) : used_[window]);
  }

  [[nodiscard]] std::size_t index(Time at) const noexcept {
    return static_cast<std::size_t>(detail::min<std::int64_t>(calendar_.ahead(at), size - 1));
  }

  Calendar calendar_;
  std::array<std::int64_t, size> used_{};  // of the latest window, and of those after it
  std::int64_t before_ = 0;                // of the one before
  std::int64_t since_read_ = 0;            // what was charged since the calendar was read
  Time last_ = Time::min();                // nothing was charged for a later moment of the window that is shown
  std::int64_t lost_ = 0;                  // what had been reserved when the clock was set
  Time lost_until_ = Time::min();
  bool closed_ = false;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
