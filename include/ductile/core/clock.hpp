// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // refuse
#include <ductile/core/gate.hpp>          // BlockingWaiter
#include <ductile/core/now.hpp>           // Now, Time, TimeSource, WallTime
#include <ductile/core/stop.hpp>          // StopToken, stop_poll
#include <ductile/detail/min_max.hpp>
#include <ductile/detail/schedule.hpp>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <thread>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

/// What a blocking call waits on: tells the time and passes it.
///
/// `now()` gives the reading that policies see; `sleep_until(time, stop)` returns at `time` or soon after `stop` is requested;
/// `wait_until(waiter, time, stop)` returns when the waiter is granted, at `time`, or soon after `stop` is requested.
template <class C>
concept Clock = requires(C& clock, Time time, BlockingWaiter& waiter, const NoStop& stop) {
  { clock.now() } noexcept -> std::same_as<Now>;
  clock.sleep_until(time, stop);
  clock.wait_until(waiter, time, stop);
};

/// The computer's own clocks; what a pipeline uses unless told otherwise.
///
/// Threads  Stateless: any number of threads.
/// Cost     A reading is one `steady_clock::now()`. With a stop token a wait wakes every 20 ms to look at it.
class SystemClock {
 public:
  [[nodiscard]] Now now() const noexcept { return Now{}; }

  template <StopToken Stop>
  void sleep_until(Time time, const Stop& stop) const {
    if constexpr (std::same_as<Stop, NoStop>) {
      std::this_thread::sleep_until(time);
    } else {
      for (Time at = Now{}(); at < time && !stop.stop_requested(); at = Now{}())
        std::this_thread::sleep_until(detail::min(time, at + stop_poll));
    }
  }

  template <StopToken Stop>
  void wait_until(BlockingWaiter& waiter, Time time, const Stop& stop) const {
    for (Time at = Now{}(); at < time && !stop.stop_requested(); at = Now{}())
      if (waiter.wait_for(detail::min<Duration>(time - at, stop_poll))) return;
  }
};

/// Time that runs `factor` times as fast as the computer's, from the moment of construction on; to join a mock whose day is over in
/// minutes.
///
/// The wall clock starts at `start` (default: the real time) and runs as fast. With a `seed` its dice are seeded: the same seed gives the
/// same jitter, call after call in one thread. `ScaledClock{1.0, start, seed}` is the computer's own time with seeded dice.
///
/// Errors   `ConfigError` when `factor` is not from 0.001 to 100000.
/// Threads  Any number of threads.
class ScaledClock : private TimeSource {
 public:
  explicit ScaledClock(double factor, WallTime start = Now{}.wall(), std::uint64_t seed = Now{}.random())
      : factor_(factor), wall_start_(start), real_start_(Now{}()), rolls_(seed) {
    if (!(factor >= 0.001 && factor <= 100'000.0)) refuse("ScaledClock: factor must be from 0.001 to 100000", factor);
  }
  ScaledClock(const ScaledClock&) = delete;  // readings point to it
  ScaledClock& operator=(const ScaledClock&) = delete;

  [[nodiscard]] Now now() noexcept { return Now{*this}; }
  [[nodiscard]] double factor() const noexcept { return factor_; }

  /// When it is `scaled`, by the computer's clock; a moment too far ahead for that is the end of time.
  [[nodiscard]] Time real(Time scaled) const noexcept {
    const double ahead = static_cast<double>((scaled - real_start_).count()) / factor_;
    const double most = static_cast<double>((Time::max() - real_start_).count());
    return ahead >= most ? Time::max() : real_start_ + Duration{static_cast<Duration::rep>(ahead)};
  }

  template <StopToken Stop>
  void sleep_until(Time time, const Stop& stop) {
    SystemClock{}.sleep_until(real(time), stop);
  }

  template <StopToken Stop>
  void wait_until(BlockingWaiter& waiter, Time time, const Stop& stop) {
    SystemClock{}.wait_until(waiter, real(time), stop);
  }

 private:
  Time steady() noexcept override { return real_start_ + std::chrono::duration_cast<Duration>((Now{}() - real_start_) * factor_); }
  WallTime wall() noexcept override { return wall_start_ + (steady() - real_start_); }
  // What a SplitMix64 gives one after the other, to whichever thread asks. Relaxed: the number guards no other memory.
  std::uint64_t random() noexcept override { return SplitMix64{rolls_.fetch_add(SplitMix64::step, std::memory_order_relaxed)}(); }

  double factor_;
  WallTime wall_start_;
  Time real_start_;
  std::atomic<std::uint64_t> rolls_;
};

/// Time that stands still until somebody waits, and then is there: for tests. Waiting costs nothing and lasts exactly as long as asked.
///
/// `at(time, action)` plans something for a moment; waits run what falls due on their way. Starts at zero, the wall clock at `start`.
/// Its dice are seeded: the same seed gives the same jitter.
///
/// Threads  One thread.
class VirtualClock : private TimeSource {
 public:
  explicit VirtualClock(WallTime start = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours{12}},
                        std::uint64_t seed = 1) noexcept
      : wall_start_(start), random_(seed) {}
  VirtualClock(const VirtualClock&) = delete;  // readings point to it
  VirtualClock& operator=(const VirtualClock&) = delete;

  [[nodiscard]] Now now() noexcept { return Now{*this}; }

  /// Plans `action` for `time`; runs when a wait or `advance` passes that moment.
  template <std::invocable Action>
  void at(Time time, Action action) {
    planned_.add(detail::max(time, time_), std::move(action));
  }

  /// Lets `span` pass and runs what was planned for it.
  void advance(Duration span) {
    pass_until(time_ + span, [] { return false; });
  }

  template <StopToken Stop>
  void sleep_until(Time time, const Stop& stop) {
    pass_until(time, [&] { return stop.stop_requested(); });
  }

  template <StopToken Stop>
  void wait_until(BlockingWaiter& waiter, Time time, const Stop& stop) {
    pass_until(time, [&] { return waiter.done() || stop.stop_requested(); });
  }

 private:
  Time steady() noexcept override { return time_; }
  WallTime wall() noexcept override { return wall_start_ + time_.time_since_epoch(); }
  std::uint64_t random() noexcept override { return random_(); }

  template <class Enough>
  void pass_until(Time time, Enough enough) {
    while (!enough()) {
      if (!planned_.has_next() || planned_.next() > time) {
        time_ = detail::max(time_, time);
        return;
      }
      time_ = detail::max(time_, planned_.next());
      planned_.take()->happen();
    }
  }

  Time time_{};
  WallTime wall_start_;
  SplitMix64 random_;
  detail::Schedule planned_;
};

}  // namespace ductile::inline DUCTILE_VERSION
