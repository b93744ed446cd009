// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration

#include <chrono>
#include <cstdint>
#include <ctime>

namespace ductile::inline DUCTILE_VERSION {

/// A moment of the call's clock. It never goes back; under a scaled or virtual clock it is that clock's moment, not the computer's.
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// A moment of the calendar (UTC), for windows that end at midnight somewhere.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// Later than every moment: the deadline of a call without one.
inline constexpr Time end_of_time{Duration::max()};

/// `time + span`, or `end_of_time` where that would overflow.
[[nodiscard]] constexpr Time later(Time time, Duration span) noexcept { return span > end_of_time - time ? end_of_time : time + span; }

/// A small, fast generator: enough for jitter, and the same on every platform. Not for secrets.
///
/// Source   Steele, Lea, Flood: "Fast splittable pseudorandom number generators" (OOPSLA 2014).
class SplitMix64 {
 public:
  /// What each number adds to the seed: of `n` numbers the last is the first one of `SplitMix64{seed + (n - 1) * step}`.
  static constexpr std::uint64_t step = 0x9e3779b97f4a7c15U;

  constexpr explicit SplitMix64(std::uint64_t seed = 0) noexcept : state_(seed) {}

  constexpr std::uint64_t operator()() noexcept {
    state_ += step;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31U);
  }

 private:
  std::uint64_t state_;
};

/// Where a `Now` reads, when that is not the computer's own clocks.
class TimeSource {
 public:
  virtual Time steady() noexcept = 0;
  virtual WallTime wall() noexcept = 0;
  virtual std::uint64_t random() noexcept = 0;

 protected:
  ~TimeSource() = default;
};

namespace detail {
inline Time steady_time() noexcept { return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()); }
inline WallTime wall_time() noexcept { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

// What the kernel wrote down at its last tick: no reading of hardware, and the same epoch.
inline Time coarse_time() noexcept {
#if defined(__linux__) && defined(CLOCK_MONOTONIC_COARSE)
  std::timespec time;
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return Time{std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec}};
#else
  return steady_time();
#endif
}

// For the compiler: this is never reached.
[[noreturn]] inline void unreachable() noexcept {
#if defined(_MSC_VER) && !defined(__clang__)
  __assume(false);
#else
  __builtin_unreachable();
#endif
}

inline std::uint64_t thread_random() noexcept {
  thread_local SplitMix64 generator{static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) ^
                                    reinterpret_cast<std::uintptr_t>(&generator)};
  return generator();
}

}  // namespace detail

/// Time and chance, given to a policy with each question. Two registers, by value; it costs nothing until it is called.
///
/// In one admission all layers that declare `reads_time` see the same reading. Call it at most once a question.
class Now {
 public:
  constexpr Now() noexcept = default;
  constexpr explicit Now(TimeSource& source) noexcept : source_(&source) {}

  /// The call's clock.
  [[nodiscard, gnu::always_inline]] Time operator()() const noexcept { return reading_ != unread ? reading_ : ask_clock(); }

  /// The same clock, up to `coarse_lag` late and never early, at a fifth of the price: to see whether a moment has *not* come yet. The
  /// shared reading where one was taken; exact where the platform has no such clock.
  [[nodiscard]] Time coarse() const noexcept {
    if (reading_ != unread) return reading_;
    return source_ ? source_->steady() : detail::coarse_time();
  }

  /// A tick of the slowest kernel.
  static constexpr Duration coarse_lag = std::chrono::milliseconds{10};

  /// The calendar, UTC.
  [[nodiscard]] WallTime wall() const noexcept { return source_ ? source_->wall() : detail::wall_time(); }

  /// 64 random bits.
  [[nodiscard]] std::uint64_t random() const noexcept { return source_ ? source_->random() : detail::thread_random(); }

  /// A random number from 0 (included) to 1 (excluded).
  [[nodiscard]] double uniform() const noexcept { return static_cast<double>(random() >> 11U) * 0x1.0p-53; }

  /// This clock with its reading taken now, so that several questions share it.
  [[nodiscard]] Now read() const noexcept {
    Now taken = *this;
    taken.reading_ = (*this)();
    if (taken.reading_ == unread) detail::unreachable();  // no clock is there; so the compiler need not ask again
    return taken;
  }

  /// This clock without a reading taken before.
  [[nodiscard]] Now afresh() const noexcept {
    Now fresh = *this;
    fresh.reading_ = unread;
    return fresh;
  }

  /// Whether a reading was taken.
  [[nodiscard]] bool is_read() const noexcept { return reading_ != unread; }

 private:
  [[nodiscard]] Time ask_clock() const noexcept { return source_ ? source_->steady() : detail::steady_time(); }

  static constexpr Time unread = Time::min();
  TimeSource* source_ = nullptr;
  Time reading_ = unread;
};

}  // namespace ductile::inline DUCTILE_VERSION
