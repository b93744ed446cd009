// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/policy.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/hedge.hpp>

// A policy that is nothing but its role: the rules of order look at nothing else.
template <ductile::Role Role, int = 0>
struct Stub {
  static constexpr ductile::Role role = Role;
  [[nodiscard]] unsigned targets() const { return 2; }
  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
};

using Retry = Stub<ductile::Role::retry>;
using CircuitBreaker = Stub<ductile::Role::circuit_breaker>;
using Deadline = Stub<ductile::Role::deadline>;
using RetryBudget = Stub<ductile::Role::retry_budget>;
using AttemptTimeout = Stub<ductile::Role::attempt_timeout>;
using QuotaTracker = Stub<ductile::Role::quota>;
using FallbackChain = Stub<ductile::Role::fallback>;
using Bulkhead = Stub<ductile::Role::bulkhead>;
using ductile::Hedge;
