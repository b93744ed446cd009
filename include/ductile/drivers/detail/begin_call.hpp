// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/call_options.hpp>  // CallOptions, first_attempt
#include <ductile/core/event.hpp>         // OperationBegan
#include <ductile/core/machine.hpp>       // Asks, Walk
#include <ductile/core/now.hpp>           // Now, later

// How a call begins in the drivers that have no straight path.
namespace ductile::inline DUCTILE_VERSION::detail {

// The walk of a call that begins now, and what observers are told of it. `now` is read where anybody asks for the time.
template <class Body>
[[nodiscard]] Walk<typename Body::LayersType> begin_walk(Body& body, Now& now, const CallOptions& options) {
  using Obs = typename Body::ObserversType;
  Walk<typename Body::LayersType> walk;
  if constexpr (Body::LayersType::any_reads_time || Obs::observed) {
    now = now.read();
    walk.began = now();
  }
  walk.attempts[0] = first_attempt(options, options.deadline ? later(now(), *options.deadline) : end_of_time);
  if constexpr (Obs::observed) {
    walk.call = body.observers().next_call();
    body.observers().tell(OperationBegan{walk.call, walk.began});
  }
  return walk;
}

template <class M>
[[nodiscard]] Asks begin(M& machine, const CallOptions& options) {
  return options.deadline && *options.deadline <= Duration::zero() ? machine.refuse(Kind::deadline) : machine.start();
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
