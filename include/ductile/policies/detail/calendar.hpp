// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>        // Now, Time, WallTime
#include <ductile/core/quota_day.hpp>  // QuotaDay
#include <ductile/detail/min_max.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ductile::inline DUCTILE_VERSION::detail {

// Which of the windows it is that begin at a day's midnight, or at each full span of the calendar, and where it begins and ends on the
// call's clock. The calendar's clock may be set, or go on while the call's stands still (a computer that sleeps): then the calendar is
// right, and when that was, between two readings, nobody knows.
class Calendar {
 public:
  enum class Turn : std::uint8_t {
    none,
    begins,    // a later window than the one that was shown
    returns,   // the latest, after the one before
    back,      // the one before the latest: the clock was set back
    farther,   // another one between the two: likewise
    farthest,  // one that nobody remembers: it is the latest now
  };

  struct Reading {
    Turn turn = Turn::none;
    bool set = false;         // the clock was, since the reading before
    std::int64_t passed = 0;  // windows that have begun after the latest; 0 where one begins: the latest was never due
  };

  // Where the window that is shown began, by the call's clock; the first moment of time where no other was seen.
  struct Beginning {
    Time by_calendar = Time::min();  // wherever the call's clock was then
    Time after = Time::min();        // not before this
    Time by = Time::min();           // and not after that
  };

  explicit Calendar(QuotaDay day) noexcept : day_(day) {}
  explicit Calendar(Duration span) noexcept : span_(span) {}

  // Takes a reading of both clocks. \param later Later than all that was counted for the window that was shown. \param waited_for Somebody
  // was told when it ends: so it does, unless the clock was set.
  Reading read(Time at, WallTime wall, Time later, bool waited_for) noexcept {
    Reading reading;
    if (end_ == Time::min()) {
      show_latest(next_boundary(wall), wall);
      end_ = at + (shown_ - wall);
    } else {
      const WallTime showed = shown_;
      const Time end = at + (showed - wall);
      reading.set = std::chrono::abs(end - end_) > readings_apart;
      if (wall < wall_read_ || wall >= showed) turn(reading, wall, end, detail::max(at, later));
      end_ = (waited_for && !reading.set ? end_ : end) + (shown_ - showed);
    }
    read_ = at;
    wall_read_ = wall;
    return reading;
  }

  [[nodiscard]] Time last_reading() const noexcept { return read_; }

  [[nodiscard]] const Beginning& began() const noexcept { return began_; }

  // The first moment after the window that is shown; of time, before a reading.
  [[nodiscard]] Time end() const noexcept { return end_; }

  // Whether the clock was set back into the window before the latest.
  [[nodiscard]] bool shows_before() const noexcept { return shown_ < latest_; }

  // Of how many windows ahead the one is that holds `at`: 0 for the latest and the one before, and for all of a day's.
  [[nodiscard]] std::int64_t ahead(Time at) const noexcept {
    return day_ || end_ == Time::min() || at < begin_ahead(1) ? 0 : (at - begin_ahead(1)) / span_ + 1;
  }

  // When the window begins that is so many ahead of the latest, at least one.
  [[nodiscard]] Time begin_ahead(std::int64_t windows) const noexcept { return end_ + (latest_ - shown_) + (windows - 1) * span_; }

 private:
  // By how much the two clocks may differ from what they were, only because they are not read at one moment. No lease lasts so long.
  static constexpr Duration readings_apart = Now::coarse_lag;

  [[nodiscard]] WallTime next_boundary(WallTime wall) const noexcept {
    if (day_) return day_->next_midnight(wall);
    const Duration since = wall.time_since_epoch() % span_;
    return wall - since + (since < Duration::zero() ? Duration::zero() : span_);
  }

  void show_latest(WallTime boundary, WallTime wall) noexcept {
    shown_ = boundary > wall ? boundary : wall + std::chrono::minutes{1};  // a wrong rule must not ask for ever
    latest_ = shown_;
  }

  // The calendar has left the window that it showed, or its clock was set back. \param end When that window ended, if no clock was set.
  void turn(Reading& reading, WallTime wall, Time end, Time later) noexcept {
    const WallTime boundary = next_boundary(wall);
    if (boundary <= wall) return show_latest(boundary, wall);
    if (boundary == shown_) return;
    if (boundary == latest_) {
      reading.turn = Turn::returns;
      began_.by = later;
    } else if (boundary > shown_) {
      reading.turn = Turn::begins;
      begin(reading, boundary, end, later);
    } else if (boundary >= before_) {
      reading.turn = boundary == before_ ? Turn::back : Turn::farther;
      before_ = boundary;
    } else {
      reading.turn = Turn::farthest;
      latest_ = boundary;
    }
    shown_ = boundary;
  }

  void begin(Reading& reading, WallTime boundary, Time end, Time later) noexcept {
    const Duration skipped = day_ ? Duration{} : boundary - shown_ - span_;
    began_ = {.by_calendar = end + skipped, .after = end_ + skipped, .by = end_ + skipped};
    if (reading.set) {
      began_.after = detail::max(detail::min(end, end_) + skipped, read_);
      began_.by = later;
    }
    if (boundary > latest_) {
      reading.passed = day_ ? 1 : (boundary - latest_) / span_;
      before_ = latest_;
    }
    latest_ = boundary;
  }

  std::optional<QuotaDay> day_;        // this
  Duration span_{1};                   // or that
  WallTime latest_{};                  // where the latest window ends
  WallTime before_ = WallTime::min();  // where the one before does
  WallTime shown_{};                   // where that of the two ends which the calendar shows
  Time end_ = Time::min();             // the same moment on the call's clock
  Beginning began_;
  Time read_{};  // the last reading
  WallTime wall_read_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
