// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>  // most_targets, TargetSet
#include <ductile/core/now.hpp>      // Time
#include <ductile/core/verdict.hpp>  // Duration, FailureId, Kind, Remedy

#include <array>
#include <atomic>
#include <mutex>

namespace ductile::inline DUCTILE_VERSION {

/// Until when a target is left alone, and what made it rest.
struct TargetRest {
  Time until{};         ///< The epoch: it does not rest.
  Kind why = Kind::ok;  ///< The kind of the failure that made it rest.
  Remedy remedy = Remedy::after_delay;
  FailureId id{};       ///< Its catalogue row.
  Time hinted_until{};  ///< What its hint said, where that is longer than it rests.

  friend constexpr bool operator==(const TargetRest&, const TargetRest&) = default;
};

/// Which targets of a fallback chain rest, for all calls: the chain's `State`. A rest is only ever extended, and keeps the reason of what
/// extended it.
///
/// By hand: `extend` takes a target out of service, `end` puts it back; neither touches the others of its quota group.
/// Threads  Any number.
/// Cost     Nobody rests: one relaxed load. A lock to begin, to end and to explain a rest.
class TargetRests {
 public:
  /// Until when the target rests; the epoch when it does not. A moment that has passed stands until somebody looks.
  [[nodiscard]] Time until(unsigned target) const noexcept {
    return Time{Duration{until_[target % most_targets].load(std::memory_order_relaxed)}};
  }

  /// The same with its reason.
  [[nodiscard]] TargetRest of(unsigned target) const noexcept {
    const std::lock_guard lock{mutex_};
    return rests_[target % most_targets];
  }

  /// Whether nobody rests.
  [[nodiscard]] bool none() const noexcept { return resting_.load(std::memory_order_relaxed) == 0; }

  /// Lets the target rest, unless it rests as long already.
  void extend(unsigned target, const TargetRest& rest) noexcept {
    const std::lock_guard lock{mutex_};
    TargetRest& known = rests_[target % most_targets];
    if (rest.until <= known.until) return;
    known = rest;
    publish(target % most_targets);
  }

  /// Ends the rest of the target, whatever made it rest.
  void end(unsigned target) noexcept {
    const std::lock_guard lock{mutex_};
    wake(target % most_targets);
  }

  /// Ends the rests that are over by then.
  void end_those_over(Time at) noexcept {
    if (none()) return;
    const std::lock_guard lock{mutex_};
    for (unsigned target = 0; target < most_targets; ++target)
      if (rests_[target].until <= at) wake(target);
  }

 private:
  void wake(unsigned target) noexcept {
    rests_[target] = {};
    publish(target);
  }

  void publish(unsigned target) noexcept {
    const auto until = rests_[target].until.time_since_epoch().count();
    until_[target].store(until, std::memory_order_relaxed);
    const auto bit = static_cast<TargetSet>(1U << target);
    if (until != 0)
      resting_.fetch_or(bit, std::memory_order_relaxed);
    else
      resting_.fetch_and(static_cast<TargetSet>(~bit), std::memory_order_relaxed);
  }

  alignas(64) std::atomic<TargetSet> resting_{0};  // read by every call
  alignas(64) mutable std::mutex mutex_;           // guards what follows, and every change of the atomics
  std::array<TargetRest, most_targets> rests_{};
  std::array<std::atomic<Duration::rep>, most_targets> until_{};
};

}  // namespace ductile::inline DUCTILE_VERSION
