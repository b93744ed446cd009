// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/policy.hpp>        // StateOf
#include <ductile/core/quota_groups.hpp>  // QuotaGroups
#include <ductile/detail/owned.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

namespace detail {
// A state from `(policy, target)`, `(policy)` or `()`, whichever it has.
template <class P>
StateOf<P> make_state(const P& policy, unsigned target) {
  if constexpr (std::constructible_from<StateOf<P>, const P&, unsigned>)
    return StateOf<P>(policy, target);
  else if constexpr (std::constructible_from<StateOf<P>, const P&>)
    return StateOf<P>(policy);
  else
    return StateOf<P>{};
}

// Declares that targets of one quota group share one state.
template <class P>
consteval bool state_per_quota_group() {
  if constexpr (requires {
                  { P::state_per_quota_group } -> std::convertible_to<bool>;
                })
    return P::state_per_quota_group;
  else
    return false;
}
}  // namespace detail

/// One state for each target of a fallback chain: what a layer inside the chain has, for those who want to lend it (`with_state`). Of a
/// `QuotaTracker`, one for each quota group.
///
/// Errors   `ConfigError` when there are not 1 to 16 targets.
template <class P>
class TargetStates {
 public:
  /// \param targets 1 to 16, each with a quota of its own.
  TargetStates(const P& policy, unsigned targets) : TargetStates(policy, QuotaGroups{targets}) {}

  TargetStates(const P& policy, const QuotaGroups& groups) : targets_(groups.targets()) {
    cells_.reserve(groups.targets());
    for (unsigned target = 0; target < groups.targets(); ++target) {
      const unsigned first = detail::state_per_quota_group<P>() ? groups.first(target) : target;
      if (first == target) cells_.push_back(detail::Owned<Cell>{new Cell{policy, target}});
      by_target_[target] = first == target ? cells_.back().get() : by_target_[first];
    }
    for (unsigned target = targets_; target < most_targets; ++target) by_target_[target] = by_target_[0];
  }

  TargetStates(const TargetStates&) = delete;
  TargetStates& operator=(const TargetStates&) = delete;
  TargetStates(TargetStates&&) noexcept = default;
  TargetStates& operator=(TargetStates&&) noexcept = default;
  ~TargetStates() = default;

  [[nodiscard]] std::size_t size() const noexcept { return targets_; }
  [[nodiscard]] StateOf<P>& operator[](unsigned target) noexcept { return by_target_[target % most_targets]->state; }

 private:
  struct Cell {
    Cell(const P& policy, unsigned target) : state(detail::make_state(policy, target)) {}
    StateOf<P> state;
  };
  unsigned targets_;
  std::vector<detail::Owned<Cell>> cells_;       // those that stand for a whole group, and those of their own
  std::array<Cell*, most_targets> by_target_{};  // every number has a state, so that the happy path need not ask whether it has
};

/// A policy whose state belongs to somebody else. Made by `with_state`.
template <class P>
class WithState {
 public:
  WithState(P policy, StateOf<P>& state) : policy_(std::move(policy)), one_(&state) {}
  WithState(P policy, TargetStates<P>& states) : policy_(std::move(policy)), many_(&states) {}

  [[nodiscard]] const P& policy() const noexcept { return policy_; }
  [[nodiscard]] StateOf<P>& state(unsigned target) const noexcept { return many_ ? (*many_)[target] : *one_; }

 private:
  P policy_;
  StateOf<P>* one_ = nullptr;
  TargetStates<P>* many_ = nullptr;
};

/// Lends `state` to a pipeline: `Pipeline{..., with_state(CircuitBreaker{options}, state)}`. Several pipelines may share it, each with
/// numbers of its own. The state must outlive all of them. Inside a `FallbackChain` one state serves all targets.
template <class P>
[[nodiscard]] WithState<P> with_state(P policy, StateOf<P>& state) {
  return WithState<P>{std::move(policy), state};
}

/// The same with a state for each target of a `FallbackChain`.
template <class P>
[[nodiscard]] WithState<P> with_state(P policy, TargetStates<P>& states) {
  return WithState<P>{std::move(policy), states};
}

}  // namespace ductile::inline DUCTILE_VERSION
