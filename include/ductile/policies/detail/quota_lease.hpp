// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Time

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace ductile::inline DUCTILE_VERSION::detail {

// The room that a ledger lends to callers who do not want its lock: a word for each window, from which they take what they need while the
// lease lasts. Who holds the lock ends the lease, works on the ledger, and gives a new one.
//
// A word is the lease's number (upper half) and the room that is left (lower half). A caller takes from a word only as long as it has
// the number that he has seen, so that what he read of the terms beside it is of the same lease. The words stand on cache lines of their
// own; the terms are written once a lease and read by all.
template <std::size_t N>
class QuotaLease {
 public:
  struct Taken {
    std::size_t windows = 0;  // from how many windows, the first ones, something was taken; N: the caller may go
    std::uint32_t tick = 0;   // for which it counts
  };

  // Takes `costs`. \param owner For whose limits the lease must have been made.
  [[nodiscard, gnu::always_inline]] Taken take(const std::array<std::int32_t, N>& costs, Time at, std::uint64_t owner) noexcept {
    std::array<std::uint64_t, N> seen;
    for (std::size_t i = 0; i < N; ++i) {
      seen[i] = lines_[i].word.load(std::memory_order_acquire);
      if (room(seen[i]) < static_cast<std::uint32_t>(costs[i])) return {};
    }
    // Acquire: terms that are newer than the words must come with the knowledge that the words are over.
    if (at.time_since_epoch().count() >= end_.load(std::memory_order_acquire) || owner_.load(std::memory_order_acquire) != owner) return {};
    const std::uint32_t tick = tick_.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < N; ++i) {
      const std::uint32_t number = number_of(seen[i]);
      while (!lines_[i].word.compare_exchange_weak(seen[i], seen[i] - static_cast<std::uint32_t>(costs[i]), std::memory_order_relaxed))
        if (number_of(seen[i]) != number || room(seen[i]) < static_cast<std::uint32_t>(costs[i])) return {i, tick};
    }
    return {N, tick};
  }

  // Ends the lease: nobody takes any more. \return What was taken from each window.
  [[nodiscard]] std::array<std::int64_t, N> end() noexcept {
    std::array<std::int64_t, N> taken;
    ++number_;
    for (std::size_t i = 0; i < N; ++i)
      taken[i] = std::int64_t{given_[i]} - room(lines_[i].word.exchange(word(0), std::memory_order_acq_rel));
    return taken;
  }

  // Gives a new lease. \param rooms For each window; more than a word holds is as much as it holds.
  void give(const std::array<std::int64_t, N>& rooms, Time end, std::uint64_t owner, std::uint32_t tick) noexcept {
    end_.store(end.time_since_epoch().count(), std::memory_order_release);
    owner_.store(owner, std::memory_order_release);
    tick_.store(tick, std::memory_order_release);
    for (std::size_t i = 0; i < N; ++i) {
      given_[i] = static_cast<std::uint32_t>(std::clamp<std::int64_t>(rooms[i], 0, std::numeric_limits<std::int32_t>::max()));
      lines_[i].word.store(word(given_[i]), std::memory_order_release);
    }
  }

 private:
  struct alignas(64) Line {
    std::atomic<std::uint64_t> word{0};
  };

  [[nodiscard]] static std::uint32_t room(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
  [[nodiscard]] static std::uint32_t number_of(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word >> 32U); }
  [[nodiscard]] std::uint64_t word(std::uint32_t room) const noexcept { return std::uint64_t{number_} << 32U | room; }

  std::array<Line, N> lines_{};
  alignas(64) std::atomic<Time::rep> end_{std::numeric_limits<Time::rep>::min()};
  std::atomic<std::uint64_t> owner_{0};
  std::atomic<std::uint32_t> tick_{0};
  alignas(64) std::uint32_t number_ = 0;  // from here on only under the ledger's lock
  std::array<std::uint32_t, N> given_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
