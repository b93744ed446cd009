// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::tools {

/// A stop token that SIGINT and SIGTERM set. The first one asks for an orderly end; a second one ends the program at once, with status 1.
///
/// Threads  `stop_requested` from any thread. `listen` once, before other threads start.
class StopFlag {
 public:
  /// From now on the signals set the flag.
  static void listen() noexcept {
    struct sigaction action{};
    action.sa_handler = &heard;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone (`| head`) is no reason to lose what is under way
  }

  /// As a signal would.
  static void request() noexcept { requested_at_.store(now(), std::memory_order_relaxed); }

  [[nodiscard]] static bool stop_requested() noexcept { return requested_at_.load(std::memory_order_relaxed) != 0; }

  /// Whether so much real time has passed since the first signal.
  [[nodiscard]] static bool passed(Duration grace) noexcept {
    const std::int64_t at = requested_at_.load(std::memory_order_relaxed);
    return at != 0 && Duration{now() - at} >= grace;
  }

 private:
  // steady_clock is clock_gettime here, which a signal handler may call.
  static std::int64_t now() noexcept {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }

  static void heard(int) noexcept {
    if (stop_requested()) _exit(1);
    request();
  }

  static inline std::atomic<std::int64_t> requested_at_{0};
  static_assert(std::atomic<std::int64_t>::is_always_lock_free);
};

/// The stop token of exchanges that are under way: set a little after the flag, so that an answer which is about to arrive, and is paid
/// for, is kept.
struct StopAfterGrace {
  Duration grace = std::chrono::seconds{2};

  [[nodiscard]] bool stop_requested() const noexcept { return StopFlag::passed(grace); }
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
