// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/target.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/off_peak.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/retry_budget.hpp>
#include <ductile/policies/reword.hpp>
#include <ductile/policies/slow_start.hpp>
#include <ductile/policies/timeout.hpp>

#include <chrono>

using namespace std::chrono_literals;
using ductile::AttemptTimeout;
using ductile::Bulkhead;
using ductile::CircuitBreaker;
using ductile::Deadline;
using ductile::FallbackChain;
using ductile::Hedge;
using ductile::OffPeak;
using ductile::QuotaTracker;
using ductile::Retry;
using ductile::RetryBudget;
using ductile::Reword;
using ductile::SlowStart;

inline const ductile::FallbackOptions two_targets{.targets = {{.name = "first"}, {.name = "second"}}};
