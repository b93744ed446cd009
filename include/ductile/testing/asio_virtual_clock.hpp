// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Now, Time, TimeSource, WallTime

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

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

  /// For `async_run`, and for operations that take time: `Timer timer{clock, executor}; co_await timer.async_wait(time, use_awaitable)`.
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
    const auto next =
        std::min_element(waits_.begin(), waits_.end(), [](const Wait& left, const Wait& right) { return left.at < right.at; });
    if (next == waits_.end() || next->at > latest || next->at == end_of_time) return false;
    time_ = std::max(time_, next->at);
    Alarm& alarm = *next->alarm;
    waits_.erase(next);
    alarm.ring();
    return true;
  }

 private:
  class Alarm {
   public:
    Alarm() = default;
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    virtual void ring() = 0;

   protected:
    ~Alarm() = default;
  };
  struct Wait {
    Time at;
    Alarm* alarm;
  };

  Time steady() noexcept override { return time_; }
  WallTime wall() noexcept override { return wall_start_ + time_.time_since_epoch(); }
  std::uint64_t random() noexcept override { return random_(); }

  void forget(const Alarm& alarm) {
    std::erase_if(waits_, [&alarm](const Wait& wait) { return wait.alarm == &alarm; });
  }

  Time time_{};
  WallTime wall_start_;
  SplitMix64 random_;
  std::vector<Wait> waits_;  // in the order in which they began
};

// Asio owns the handler, in a wait without end: so the handler goes when its context goes. Ringing ends that wait.
template <class Executor>
class AsioVirtualClock::AsioTimer final : private Alarm {
 public:
  AsioTimer(AsioVirtualClock& clock, const Executor& executor) : clock_(clock), timer_(executor) {}
  ~AsioTimer() { clock_.forget(*this); }

  /// Calls `handler(error_code)` at `time`, or soon after `cancel`. A wait may also be cancelled through the handler's slot.
  template <class Handler>
  void async_wait(Time time, Handler&& handler) {
    clock_.forget(*this);
    timer_.expires_at(end_of_time);
    timer_.async_wait(std::forward<Handler>(handler));
    clock_.waits_.push_back({std::max(time, clock_.time_), this});
  }

  void cancel() {
    clock_.forget(*this);
    timer_.cancel();
  }
  [[nodiscard]] Executor get_executor() noexcept { return timer_.get_executor(); }

 private:
  void ring() override { timer_.cancel(); }

  AsioVirtualClock& clock_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor> timer_;
};

}  // namespace ductile::inline DUCTILE_VERSION
