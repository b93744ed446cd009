// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/stop.hpp>       // stop_poll
#include <ductile/core/transport.hpp>  // StopView
#include <ductile/transports/detail/httplib_tap.hpp>

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <thread>

namespace ductile::inline DUCTILE_VERSION::detail {

/// Ends exchanges whose time is over or that are to stop. A blocking client cannot do it itself: between two reads of a slow answer, and
/// while it waits for the first byte, it looks at nothing but its idle limit. And it keeps a head of any size, and chunks' lines, for as
/// long as they come. One thread for a transport, started by its first exchange.
class HttplibWatch {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Verdict { none, total_timeout, too_large, cancelled };

  struct Exchange {
    httplib::Client* client = nullptr;
    Clock::time_point deadline;
    StopView stop;
    HttplibTap* tap = nullptr;  // of the connection
    std::uint64_t most_of_body = 0;
    bool secure = false;
    std::atomic<bool> head_read = false;
    std::atomic<bool> connected = false;  // before that, `stop()` would wait for the connection; its own limit ends that
    std::atomic<Verdict> verdict = Verdict::none;
  };

  HttplibWatch() = default;
  HttplibWatch(const HttplibWatch&) = delete;
  HttplibWatch& operator=(const HttplibWatch&) = delete;
  ~HttplibWatch() {
    {
      const std::lock_guard lock{mutex_};
      ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  /// Watches an exchange for as long as it lives.
  class Guard {
   public:
    Guard(HttplibWatch& watch, Exchange& exchange) : watch_(watch), exchange_(exchange) { watch_.add(exchange_); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    ~Guard() { watch_.remove(exchange_); }

   private:
    HttplibWatch& watch_;
    Exchange& exchange_;
  };

 private:
  static constexpr std::chrono::milliseconds size_poll{100};
  static constexpr std::uint64_t most_of_head = std::uint64_t{1} << 20U;

  [[nodiscard]] static bool is_connected(const Exchange& exchange) {
    if (exchange.connected) return true;
    return !exchange.secure && exchange.tap->bytes_read() > 0;  // a request without a body cannot tell; a handshake is no answer yet
  }

  // Chunks have lines of their own, so that a body may take more on the way than its size.
  [[nodiscard]] static bool reads_too_much(const Exchange& exchange) {
    return exchange.tap->bytes_read() > most_of_head + (exchange.head_read ? 2 * exchange.most_of_body : 0);
  }

  void add(Exchange& exchange) {
    const std::lock_guard lock{mutex_};
    exchanges_.push_back(&exchange);
    if (!thread_.joinable()) thread_ = std::thread{[this] { watch(); }};
    changed_.notify_all();
  }

  // After it the exchange is not touched again.
  void remove(Exchange& exchange) {
    const std::lock_guard lock{mutex_};
    exchanges_.remove(&exchange);
  }

  void watch() {
    std::unique_lock lock{mutex_};
    while (!ending_) {
      const Clock::time_point now = Clock::now();
      Clock::time_point next = now + std::chrono::hours{1};
      for (Exchange* exchange : exchanges_) {
        if (exchange->verdict != Verdict::none) continue;
        const bool stop = exchange->stop.stop_requested();
        const bool over = exchange->deadline <= now;
        const bool connected = is_connected(*exchange);
        const bool too_large = connected && reads_too_much(*exchange);
        if (connected && (stop || over || too_large)) {
          exchange->verdict = stop ? Verdict::cancelled : over ? Verdict::total_timeout : Verdict::too_large;
          exchange->client->stop();
          continue;
        }
        next = std::min(next, stop || over ? now + stop_poll : std::min(exchange->deadline, now + size_poll));
        if (exchange->stop) next = std::min(next, now + stop_poll);
      }
      changed_.wait_until(lock, next);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Exchange*> exchanges_;
  std::thread thread_;
  bool ending_ = false;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
