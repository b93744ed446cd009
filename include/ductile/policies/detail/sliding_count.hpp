// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/min_max.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::detail {

// A ledger's smallest step of time, counted from the clock's zero.
using Tick = std::int64_t;

// Counts what falls into any span of a fixed length. The span is divided into at most sixty buckets, and a sum is taken over one bucket
// more than fit into it: so no span, wherever it begins, holds more than was counted for it, and what was used opens again at most one
// bucket late. Reservations can be made for two spans ahead, in the order in which they are asked for.
class SlidingCount {
 public:
  explicit SlidingCount(Tick span) : ticks_((span + most_parts - 1) / most_parts), parts_((span + ticks_ - 1) / ticks_), buckets_(size) {}

  void advance(Tick tick) noexcept {
    const Tick bucket = tick / ticks_;
    const Tick entering = detail::min<Tick>(bucket - now_, size);
    for (Tick i = 0; i < entering; ++i) at(bucket + ahead() - i) = 0;
    now_ = detail::max(now_, bucket);
    last_ = detail::max(last_, now_);
  }

  // In the span that ends now.
  [[nodiscard]] std::int64_t used() const noexcept { return used_until(now_); }

  // Whether somebody waits for a later bucket; who comes now must not overtake.
  [[nodiscard]] bool queued() const noexcept { return last_ > now_; }

  // The first tick, not before `from` and not before anybody who waits, at which `cost` fits under `limit`.
  [[nodiscard]] std::optional<Tick> earliest(Tick from, std::int64_t cost, std::int64_t limit) const noexcept {
    const Tick first = from / ticks_;
    Tick bucket = detail::max(first, last_);
    if (bucket > now_ + ahead()) return std::nullopt;
    for (std::int64_t used = used_until(bucket); used + cost > limit; ++bucket) {
      if (bucket == now_ + ahead()) return std::nullopt;
      used += at(bucket + 1) - at(bucket - parts_);
    }
    return bucket == first ? from : bucket * ticks_;
  }

  // The first tick for which no reservation can be made yet.
  [[nodiscard]] Tick horizon() const noexcept { return (now_ + ahead() + 1) * ticks_; }

  // After how many ticks what fills the span has opened again.
  [[nodiscard]] Tick period() const noexcept { return (parts_ + 1) * ticks_; }

  // Corrections of what the span has left behind do nothing.
  void add(Tick tick, std::int64_t amount) noexcept {
    const Tick bucket = tick / ticks_;
    if (bucket < now_ - parts_ || bucket > now_ + ahead()) return;
    at(bucket) = detail::max<std::int64_t>(at(bucket) + amount, 0);
    if (amount > 0) last_ = detail::max(last_, bucket);
    while (last_ > now_ && at(last_) == 0) --last_;
  }

 private:
  static constexpr Tick most_parts = 60;
  static constexpr Tick size = 256;  // a span behind, now, two spans ahead; a power of two

  [[nodiscard]] Tick ahead() const noexcept { return 2 * parts_; }
  [[nodiscard]] std::int64_t& at(Tick bucket) noexcept { return buckets_[static_cast<std::size_t>(bucket) % size]; }
  [[nodiscard]] std::int64_t at(Tick bucket) const noexcept { return buckets_[static_cast<std::size_t>(bucket) % size]; }

  [[nodiscard]] std::int64_t used_until(Tick bucket) const noexcept {
    std::int64_t used = 0;
    for (Tick i = 0; i <= parts_; ++i) used += at(bucket - i);
    return used;
  }

  Tick ticks_;  // of a bucket
  Tick parts_;  // buckets of a span
  Tick now_ = 0;
  Tick last_ = 0;  // the last bucket with a reservation, at least now
  std::vector<std::int64_t> buckets_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
