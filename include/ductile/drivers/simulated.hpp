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

}  // namespace ductile::inline DUCTILE_VERSION
