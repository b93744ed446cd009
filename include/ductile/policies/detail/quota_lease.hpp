// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Time

#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>

namespace ductile::inline DUCTILE_VERSION::detail {

// The attempts that a ledger lends to callers who do not want its lock: a word, from which each takes his attempt while the lease lasts.
// Who holds the lock ends the lease, works on the ledger, and gives a new one.
//
// All attempts of a lease cost the same, so that one number stands for the room in all windows. With a number for each window somebody
// could take from one, find the next one empty, and others would have to wait for what he is about to give back.
//
// The word is the lease's number (upper half) and the attempts that are left (lower half). A caller takes only as long as it has the
// number that he has seen, so that what he read of the terms beside it is of the same lease. The word stands on a cache line of its own;
// the terms are written once a lease and read by all.
//
// Tests put in their own atomics, to run through all interleavings.
template <template <class> class Atomic = std::atomic>
class QuotaLease {
 public:
  static constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();

  // Takes an attempt. \param owner For whose limits and costs the lease must have been made. \return The tick for which it counts; none:
  // nothing was taken.
  [[nodiscard, gnu::always_inline]] std::optional<std::uint32_t> take(Time at, std::uint64_t owner) noexcept {
    const std::uint64_t seen = word_.load(std::memory_order_acquire);
    if (left(seen) == 0) return std::nullopt;
    // Acquire: terms that are newer than the word must come with the knowledge that the word is over.
    if (at.time_since_epoch().count() >= end_.load(std::memory_order_acquire) || owner_.load(std::memory_order_acquire) != owner)
      return std::nullopt;
    const std::uint32_t tick = tick_.load(std::memory_order_acquire);
    // Relaxed: the word guards nothing but itself. Who ends the lease orders what he does after with his own exchange.
    std::uint64_t current = seen;
    while (!word_.compare_exchange_weak(current, current - 1, std::memory_order_relaxed))
      if (number_of(current) != number_of(seen) || left(current) == 0) return std::nullopt;
    return tick;
  }

  // Ends the lease: nobody takes any more. \return How many attempts were taken.
  [[nodiscard]] std::uint32_t end() noexcept {
    ++number_;
    return given_ - left(word_.exchange(word(0), std::memory_order_acq_rel));
  }

  // Gives a new lease.
  void give(std::uint32_t attempts, Time end, std::uint64_t owner, std::uint32_t tick) noexcept {
    end_.store(end.time_since_epoch().count(), std::memory_order_release);
    owner_.store(owner, std::memory_order_release);
    tick_.store(tick, std::memory_order_release);
    given_ = attempts;
    word_.store(word(attempts), std::memory_order_release);
  }

 private:
  [[nodiscard]] static std::uint32_t left(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
  [[nodiscard]] static std::uint32_t number_of(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word >> 32U); }
  [[nodiscard]] std::uint64_t word(std::uint32_t attempts) const noexcept { return std::uint64_t{number_} << 32U | attempts; }

  alignas(64) Atomic<std::uint64_t> word_{0};
  alignas(64) Atomic<Time::rep> end_{std::numeric_limits<Time::rep>::min()};
  Atomic<std::uint64_t> owner_{0};
  Atomic<std::uint32_t> tick_{0};
  alignas(64) std::uint32_t number_ = 0;  // from here on only under the ledger's lock
  std::uint32_t given_ = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
