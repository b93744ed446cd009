// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // refuse
#include <ductile/core/now.hpp>           // Time, WallTime
#include <ductile/core/verdict.hpp>       // Duration

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace ductile::inline DUCTILE_VERSION::mock {

/// The service's time: runs `scale` times as fast as the computer's from `start` on, and can be put forward.
///
/// Errors   `ConfigError` when `scale` is not from 0.001 to 100000.
/// Threads  Any number.
class ServiceClock {
 public:
  explicit ServiceClock(WallTime start, double scale = 1) : start_(start), scale_(scale), real_start_(real_now()) {
    if (!(scale >= 0.001 && scale <= 100'000)) refuse("time_scale must be from 0.001 to 100000", scale);
  }

  [[nodiscard]] WallTime start() const noexcept { return start_; }
  [[nodiscard]] double scale() const noexcept { return scale_; }

  [[nodiscard]] WallTime now() const {
    const std::scoped_lock lock{mutex_};
    return reading();
  }

  /// Puts the clock forward; whoever waits for a moment that is past now goes on at once.
  ///
  /// Errors   `ConfigError` when it would show the year 2200: not far from there its nanoseconds no longer fit.
  void advance(Duration span) {
    {
      const std::scoped_lock lock{mutex_};
      const Duration most = std::max(latest - reading(), Duration::zero());
      if (span < Duration::zero() || span > most)
        refuse("seconds must not put the clock back, nor beyond the year 2199", std::chrono::duration<double>(span).count());
      ahead_ += span;
    }
    changed_.notify_all();
  }

  /// Ends every wait, those to come included.
  void stop() {
    {
      const std::scoped_lock lock{mutex_};
      stopped_ = true;
    }
    changed_.notify_all();
  }

  [[nodiscard]] bool stopped() const {
    const std::scoped_lock lock{mutex_};
    return stopped_;
  }

  /// Waits for the moment `time`; false when it ended before, by `stop` or because `give_up()` said so (asked a few times a second).
  template <class GiveUp>
  [[nodiscard]] bool wait_until(WallTime time, const GiveUp& give_up) const {
    std::unique_lock lock{mutex_};
    while (!stopped_ && reading() < time) {
      const std::chrono::duration<double, std::nano> left{static_cast<double>((time - reading()).count()) / scale_ + 1};
      changed_.wait_for(lock, left < look_around ? std::chrono::duration_cast<Duration>(left) : look_around);
      lock.unlock();
      const bool enough = give_up();
      lock.lock();
      if (enough) return false;
    }
    return !stopped_;
  }

 private:
  static constexpr Duration look_around = std::chrono::milliseconds{50};
  static constexpr WallTime latest = std::chrono::sys_days{std::chrono::year{2200} / 1 / 1};

  static Time real_now() { return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()); }

  [[nodiscard]] WallTime reading() const {
    return start_ + ahead_ + std::chrono::duration_cast<Duration>((real_now() - real_start_) * scale_);
  }

  WallTime start_;
  double scale_;
  Time real_start_;
  Duration ahead_{};
  bool stopped_ = false;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
