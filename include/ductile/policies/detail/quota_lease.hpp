// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Time
#include <ductile/detail/min_max.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// The room that a ledger lends to callers who do not want its lock: a word for each window, from which they take what they need while the
// lease lasts. Who holds the lock ends the lease, works on the ledger, and gives a new one.
//
// A word is the lease's number (upper half) and the room that is left (lower half). A caller takes from a word only as long as it has
// the number that he has seen, so that what he read of the terms beside it is of the same lease. The words stand on cache lines of their
// own; the terms are written once a lease and read by all.
//
// Tests put in their own atomics, to run through all interleavings.
template <std::size_t N, template <class> class Atomic = std::atomic>
class QuotaLease {
 public:
  struct Taken {
    std::size_t windows = 0;  // from how many windows, the first ones, something was taken; N: the caller may go
    std::uint32_t tick = 0;   // for which it counts
  };

  // Takes `costs`. \param owner For whose limits the lease must have been made.
  [[nodiscard, gnu::always_inline]] Taken take(const std::array<std::int32_t, N>& costs, Time at, std::uint64_t owner) noexcept {
    return take_each(costs, at, owner, std::make_index_sequence<N>{});
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
      given_[i] = static_cast<std::uint32_t>(detail::clamp<std::int64_t>(rooms[i], 0, std::numeric_limits<std::int32_t>::max()));
      lines_[i].word.store(word(given_[i]), std::memory_order_release);
    }
  }

 private:
  struct alignas(64) Line {
    Atomic<std::uint64_t> word{0};
  };

  // Spelled out for each window: the compiler keeps what a loop would hold in memory in registers.
  template <std::size_t... Is>
  [[nodiscard, gnu::always_inline]] Taken take_each(const std::array<std::int32_t, N>& costs, Time at, std::uint64_t owner,
                                                    std::index_sequence<Is...>) noexcept {
    const std::array<std::uint64_t, N> seen{lines_[Is].word.load(std::memory_order_acquire)...};
    if (((room(seen[Is]) < static_cast<std::uint32_t>(costs[Is])) || ...)) return {};
    // Acquire: terms that are newer than the words must come with the knowledge that the words are over.
    if (at.time_since_epoch().count() >= end_.load(std::memory_order_acquire) || owner_.load(std::memory_order_acquire) != owner) return {};
    Taken taken{0, tick_.load(std::memory_order_acquire)};
    static_cast<void>(((take_from(lines_[Is].word, seen[Is], static_cast<std::uint32_t>(costs[Is])) && ++taken.windows > 0) && ...));
    return taken;
  }

  [[nodiscard, gnu::always_inline]] static bool take_from(Atomic<std::uint64_t>& word, std::uint64_t seen, std::uint32_t cost) noexcept {
    std::uint64_t expected = seen;
    // Relaxed: the word guards nothing but itself. Who ends the lease orders what he does after with his own exchange.
    while (!word.compare_exchange_weak(expected, expected - cost, std::memory_order_relaxed))
      if (number_of(expected) != number_of(seen) || room(expected) < cost) return false;
    return true;
  }

  [[nodiscard]] static std::uint32_t room(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word); }
  [[nodiscard]] static std::uint32_t number_of(std::uint64_t word) noexcept { return static_cast<std::uint32_t>(word >> 32U); }
  [[nodiscard]] std::uint64_t word(std::uint32_t room) const noexcept { return std::uint64_t{number_} << 32U | room; }

  std::array<Line, N> lines_{};
  alignas(64) Atomic<Time::rep> end_{std::numeric_limits<Time::rep>::min()};
  Atomic<std::uint64_t> owner_{0};
  Atomic<std::uint32_t> tick_{0};
  alignas(64) std::uint32_t number_ = 0;  // from here on only under the ledger's lock
  std::array<std::uint32_t, N> given_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
