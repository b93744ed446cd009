// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/clock.hpp>  // ScaledClock, SystemClock

#include <boost/asio/basic_waitable_timer.hpp>

#include <chrono>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

/// A wait by the computer's steady clock, on an Asio executor.
template <class Executor>
class SystemTimer {
 public:
  SystemTimer(const SystemClock&, const Executor& executor) : timer_(executor) {}

  /// Calls `handler(error_code)` at `time`, or with an error soon after `cancel`. One wait at a time; a new one follows a `cancel`.
  template <class Handler>
  void async_wait(Time time, Handler&& handler) {
    timer_.expires_at(time);
    timer_.async_wait(std::forward<Handler>(handler));
  }

  void cancel() { timer_.cancel(); }
  [[nodiscard]] Executor get_executor() noexcept { return timer_.get_executor(); }

 private:
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor> timer_;
};

/// A wait by a `ScaledClock`.
template <class Executor>
class ScaledTimer {
 public:
  ScaledTimer(const ScaledClock& clock, const Executor& executor) : clock_(clock), timer_(SystemClock{}, executor) {}

  template <class Handler>
  void async_wait(Time time, Handler&& handler) {
    timer_.async_wait(clock_.real(time), std::forward<Handler>(handler));
  }

  void cancel() { timer_.cancel(); }
  [[nodiscard]] Executor get_executor() noexcept { return timer_.get_executor(); }

 private:
  const ScaledClock& clock_;
  SystemTimer<Executor> timer_;
};

/// The timer of a clock: `Clock::AsioTimer<Executor>`, made of the clock and an executor, with the members of `SystemTimer`. Specialise it
/// for a clock that is not yours.
template <class Clock, class Executor>
struct AsioTimerOf {};
template <class Clock, class Executor>
  requires requires { typename Clock::template AsioTimer<Executor>; }
struct AsioTimerOf<Clock, Executor> {
  using type = typename Clock::template AsioTimer<Executor>;
};
template <class Executor>
struct AsioTimerOf<SystemClock, Executor> {
  using type = SystemTimer<Executor>;
};
template <class Executor>
struct AsioTimerOf<ScaledClock, Executor> {
  using type = ScaledTimer<Executor>;
};

}  // namespace ductile::inline DUCTILE_VERSION
