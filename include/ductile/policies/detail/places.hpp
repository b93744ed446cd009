// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/gate.hpp>  // Gate, Grant, Waiter, WaitingLine

#include <atomic>
#include <cstdint>
#include <mutex>

namespace ductile::inline DUCTILE_VERSION::detail {

// Places for calls in flight, and the line before them: first come, first served. A place is handed over: who is granted has it.
//
// The word counts who is in flight (lower half) and who is in line (upper half). While nobody is in line, one compare-exchange takes a
// place or gives it back. While somebody is, only who holds the lock changes the word: so nobody overtakes, and no place is free that the
// first in line could have.
//
// How many places there are each caller says for himself, so that pipelines with different numbers can share them.
class Places final : public Gate {
 public:
  struct Limits {
    std::uint32_t in_flight = 1;
    std::uint32_t waiting = 0;

    // As the ticket of a waiter.
    [[nodiscard]] constexpr std::uint64_t packed() const noexcept { return std::uint64_t{waiting} << 32U | in_flight; }
    [[nodiscard]] static constexpr Limits unpacked(std::uint64_t ticket) noexcept {
      return {static_cast<std::uint32_t>(ticket), static_cast<std::uint32_t>(ticket >> 32U)};
    }
  };

  Places() = default;
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;

  [[nodiscard]] std::uint32_t in_flight() const noexcept { return in_flight(word_.load(std::memory_order_relaxed)); }
  [[nodiscard]] std::uint32_t waiting() const noexcept { return waiting(word_.load(std::memory_order_relaxed)); }

  // Takes a place if there is one and nobody waits for it. Acquire, and release in `give_back`: who takes a place sees all that was done in
  // it.
  [[nodiscard]] bool take(std::uint32_t most_in_flight) noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    while (waiting(word) == 0 && in_flight(word) < most_in_flight)
      if (word_.compare_exchange_weak(word, word + 1, std::memory_order_acquire, std::memory_order_relaxed)) return true;
    return false;
  }

  void give_back() noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    while (waiting(word) == 0)
      if (word_.compare_exchange_weak(word, word - 1, std::memory_order_release, std::memory_order_relaxed)) return;
    give_to_next();
  }

  // Granted at once when a place has become free; fails at once when the line is full.
  void enter(Waiter& waiter) noexcept override {
    const Limits limits = Limits::unpacked(waiter.ticket());
    const std::lock_guard lock{mutex_};
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
      if (waiting(word) == 0 && in_flight(word) < limits.in_flight) {
        if (word_.compare_exchange_weak(word, word + 1, std::memory_order_acquire, std::memory_order_relaxed)) return waiter.granted({});
      } else if (waiting(word) >= limits.waiting) {
        return waiter.granted({Grant::Status::failed, {}});
      } else if (word_.compare_exchange_weak(word, word + one_waiting, std::memory_order_relaxed)) {
        return line_.add(waiter);
      }
    }
  }

  bool leave(Waiter& waiter) noexcept override {
    const std::lock_guard lock{mutex_};
    if (!line_.remove(waiter)) return false;
    word_.fetch_sub(one_waiting, std::memory_order_relaxed);
    let_in();  // the next one may need less
    return true;
  }

 private:
  static constexpr std::uint64_t one_waiting = std::uint64_t{1} << 32U;

  [[nodiscard]] static std::uint32_t in_flight(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
  [[nodiscard]] static std::uint32_t waiting(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word >> 32U); }

  [[gnu::cold, gnu::noinline]] void give_to_next() noexcept {
    const std::lock_guard lock{mutex_};
    word_.fetch_sub(1, std::memory_order_acq_rel);
    let_in();
  }

  void let_in() noexcept {
    while (Waiter* const first = line_.first()) {
      if (in_flight() >= Limits::unpacked(first->ticket()).in_flight) return;
      line_.remove(*first);
      word_.fetch_add(1 - one_waiting, std::memory_order_acq_rel);
      first->granted({});  // it may be gone afterwards
    }
  }

  alignas(64) std::atomic<std::uint64_t> word_{0};  // alone on its line: every call changes it
  alignas(64) std::mutex mutex_;                    // guards the line, and the word while somebody is in it
  WaitingLine line_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
