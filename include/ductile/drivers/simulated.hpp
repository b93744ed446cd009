// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/operation.hpp>  // CallResult, Callable, Untagged

namespace ductile::inline DUCTILE_VERSION {

/// What a simulated attempt gives: how long it takes, and what is there then. `return Simulated{2s, Reply{...}};`
template <class R = void>
struct Simulated {
  Duration takes{};
  R value;
};
template <>
struct Simulated<void> {
  Duration takes{};
};
template <class D, class R>
Simulated(D, R) -> Simulated<R>;

namespace detail {

template <class>
struct SimulatedValue;
template <class R>
struct SimulatedValue<Simulated<R>> {
  using type = R;
};

}  // namespace detail

/// Makes one attempt of a simulated call: `Simulated<R> operation(const Attempt&)`, or `operation()`.
template <class Operation>
concept SimulatedOperation = detail::Callable<detail::Untagged<Operation>> &&
                             requires { typename detail::SimulatedValue<detail::CallResult<detail::Untagged<Operation>>>::type; };

namespace detail {

// One question a branch, as for `run`.
template <class Operation>
consteval bool explain_simulated() {
  if constexpr (!Callable<Untagged<Operation>>) {
    static_assert(
        Callable<Untagged<Operation>>,
        "ductile E0101: the operation can be called neither as operation() nor as operation(const Attempt&); give it one of these "
        "forms (docs/rules/E0101.md)");
    return false;
  } else if constexpr (!SimulatedOperation<Operation>) {
    static_assert(SimulatedOperation<Operation>,
                  "ductile E0126: the operation of a Simulation must say how long its answer takes; return a Simulated: "
                  "Simulated{2s, answer} (docs/rules/E0126.md)");
    return false;
  } else {
    return true;
  }
}

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION
