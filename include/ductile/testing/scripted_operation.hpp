// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>       // Attempt
#include <ductile/core/clock.hpp>         // VirtualClock
#include <ductile/core/result.hpp>        // Result
#include <ductile/core/stop.hpp>          // NoStop, StopToken
#include <ductile/drivers/simulated.hpp>  // Simulated

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// An operation that answers by a script, for tests: each attempt takes the next step. Remembers the attempts.
///
/// It is an operation of a `Simulation`; for `Pipeline::run` give it a clock to pass: `OnClock{clock, operation}`.
///
/// Errors   `std::out_of_range` when there are more attempts than steps.
template <class T>
class ScriptedOperation {
 public:
  using Step = Simulated<Result<T>>;

  explicit ScriptedOperation(std::vector<Step> steps) : steps_(std::move(steps)) {}

  Step operator()(const Attempt& attempt) {
    attempts_.push_back(attempt);
    if (attempts_.size() > steps_.size()) throw std::out_of_range{"ScriptedOperation: more attempts than steps"};
    return std::move(steps_[attempts_.size() - 1]);
  }

  /// The attempts so far, as they came.
  [[nodiscard]] const std::vector<Attempt>& attempts() const noexcept { return attempts_; }

 private:
  std::vector<Step> steps_;
  std::vector<Attempt> attempts_;
};

/// An operation of a `Simulation` made one of `Pipeline::run`: lets the time that an attempt takes pass on a virtual clock. As in the
/// simulation, an attempt that takes longer than its deadline ends there, as a `timeout` whose answer is lost. A stop request ends it too.
///
/// Clock, operation and stop token must outlive it.
template <class Operation, StopToken Stop = NoStop>
class OnClock {
 public:
  OnClock(VirtualClock& clock, Operation& operation, const Stop& stop = no_stop) : clock_(clock), operation_(operation), stop_(stop) {}

  auto operator()(const Attempt& attempt) {
    auto [takes, answer] = operation_(attempt);
    using Answer = decltype(answer);
    const Time end = later(clock_.now()(), takes);
    clock_.sleep_until(std::min(end, attempt.deadline), stop_);
    if (stop_.stop_requested() || end > attempt.deadline) return Answer{detail::lost_answer()};
    return std::move(answer);
  }

 private:
  static constexpr NoStop no_stop{};
  VirtualClock& clock_;
  Operation& operation_;
  const Stop& stop_;
};

}  // namespace ductile::inline DUCTILE_VERSION
