// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Now, Time, TimeSource, WallTime
#include <ductile/detail/schedule.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

/// Time for asynchronous calls that stands still until nothing else can be done, and then is at the next moment that somebody waits for:
/// for tests, with `async_run(operation, context, clock, token)` and `clock.run(context)`.
///
/// Starts at zero, the wall clock at `start`. Its dice are seeded: the same seed gives the same jitter.
///
/// Threads  One thread: that of `run`.
class AsioVirtualClock : private TimeSource {
 public:
  explicit AsioVirtualClock(WallTime start = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours{12}},
                            std::uint64_t seed = 1) noexcept
      : wall_start_(start), random_(seed) {}
  AsioVirtualClock(const AsioVirtualClock&) = delete;  // readings and timers point to it
  AsioVirtualClock& operator=(const AsioVirtualClock&) = delete;

  [[nodiscard]] Now now() noexcept { return Now{*this}; }

  /// Plans `action` for `time`; a moment that has passed stands for now. It happens in `run`.
  template <std::invocable Action>
  void at(Time time, Action action) {
    planned_.add(std::max(time, time_), std::move(action));
  }

  /// For `async_run`, and for operations that take time: `AsioTimer<any_io_executor> timer{clock, executor}`, and
  /// `co_await timer.async_wait(time, as_tuple(use_awaitable))`. Its error code says nothing: before `time` it was cancelled.
  template <class Executor>
  class AsioTimer;

  /// Runs what is ready in `context`; then lets time pass to the next moment waited for; until neither is left.
  void run(boost::asio::io_context& context) {
    while (step(context)) {
    }
  }

  /// As `run`, but no further than `time`, what is waited for at that moment included.
  void run_until(boost::asio::io_context& context, Time time) {
    while (step(context, time)) {
    }
    time_ = std::max(time_, time);
  }

  /// Runs one thing: a ready handler, or else the next moment.
  /// \return Whether there was one.
  bool step(boost::asio::io_context& context, Time latest = end_of_time) {
    context.restart();
    if (context.poll_one() != 0) return true;
    if (!planned_.has_next() || planned_.next() > latest) return false;
    time_ = planned_.next();
    planned_.take()->happen();
    return true;
  }

 private:
  Time steady() noexcept override { return time_; }
  WallTime wall() noexcept override { return wall_start_ + time_.time_since_epoch(); }
  std::uint64_t random() noexcept override { return random_(); }

  Time time_{};
  WallTime wall_start_;
  SplitMix64 random_;
  detail::Schedule planned_;
};

// Asio owns the handler, in a wait without end: so the handler goes when its context goes. Ringing ends that wait.
template <class Executor>
class AsioVirtualClock::AsioTimer final {
 public:
  AsioTimer(AsioVirtualClock& clock, const Executor& executor) : clock_(clock), timer_(executor) {}
  AsioTimer(const AsioTimer&) = delete;  // what is planned points to it
  AsioTimer& operator=(const AsioTimer&) = delete;
  ~AsioTimer() { unplan(); }

  /// Completes with an `error_code` at `time`, or soon after `cancel`. A wait may also be cancelled through the handler's slot. With a
  /// token that begins later (`use_awaitable`, `deferred`) begin it before time passes: await it at once.
  template <class Token>
  auto async_wait(Time time, Token&& token) {
    unplan();
    timer_.expires_at(end_of_time);
    if (time != end_of_time)
      planned_ = &clock_.planned_.add(std::max(time, clock_.time_), [this] {
        planned_ = nullptr;
        timer_.cancel();
      });
    return timer_.async_wait(std::forward<Token>(token));
  }

  void cancel() {
    unplan();
    timer_.cancel();
  }
  [[nodiscard]] Executor get_executor() noexcept { return timer_.get_executor(); }

 private:
  void unplan() noexcept {
    if (planned_) planned_->withdraw();
    planned_ = nullptr;
  }

  AsioVirtualClock& clock_;
  detail::Plan* planned_ = nullptr;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor> timer_;
};

}  // namespace ductile::inline DUCTILE_VERSION
