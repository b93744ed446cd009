// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/policy.hpp>  // Role, role_of

#include <array>
#include <cstddef>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

/// The rules of order, by name, for those who know better: `Pipeline{Allow<Rule::breaker_inside_retry>{}, ...}`.
enum class Rule : std::uint16_t {
  breaker_inside_retry = 201,          ///< E0201
  deadline_outside_retry = 202,        ///< E0202
  budget_outside_retry = 203,          ///< E0203
  attempt_timeout_inside_retry = 204,  ///< E0204
  quota_inside_retry = 205,            ///< E0205
  fallback_outside = 206,              ///< E0206
  stateful_once = 207,                 ///< E0207
  deadline_outside_fallback = 210,     ///< E0210
  attempt_timeout_inside_quota = 213,  ///< E0213
  budget_outside_chain = 214,          ///< E0214
  bulkhead_inside_retry = 215,         ///< E0215
  bulkhead_outside_timeout = 216,      ///< E0216
  reword_outside_chain = 217,          ///< E0217
  off_peak_outside = 218,              ///< E0218
  slow_start_outside_breaker = 219,    ///< E0219
  slow_start_inside_retry = 220,       ///< E0220
  slow_start_outside_timeout = 221,    ///< E0221
  slow_start_outside_quota = 222,      ///< E0222
  deadline_outside_reword = 223,       ///< E0223
  reword_once = 224,                   ///< E0224
  hedge_outside_counters = 117         ///< E0117
};

/// An element of a pipeline that waives one rule of order.
template <Rule Waived>
struct Allow {
  static constexpr Rule rule = Waived;
};

namespace detail {

// Whether some `inner` stands outside some `outer` in a pipeline of these roles, outermost first.
template <std::size_t Size>
consteval bool reversed(const std::array<Role, Size>& roles, Role outer, Role inner) {
  bool inner_seen = false;
  for (const Role role : roles) {
    if (role == outer && inner_seen) return true;
    if (role == inner) inner_seen = true;
  }
  return false;
}

template <std::size_t Size>
consteval bool twice(const std::array<Role, Size>& roles, Role role) {
  return reversed(roles, role, role);
}

template <std::size_t Size>
consteval bool shared_state_twice(const std::array<Role, Size>& roles) {
  return twice(roles, Role::circuit_breaker) || twice(roles, Role::quota) || twice(roles, Role::fallback) ||
         twice(roles, Role::retry_budget) || twice(roles, Role::bulkhead) || twice(roles, Role::off_peak) || twice(roles, Role::slow_start);
}

template <std::size_t Size>
consteval bool chain_is_inside(const std::array<Role, Size>& roles) {
  return reversed(roles, Role::fallback, Role::retry) || reversed(roles, Role::fallback, Role::circuit_breaker) ||
         reversed(roles, Role::fallback, Role::quota) || reversed(roles, Role::fallback, Role::attempt_timeout);
}

template <std::size_t Size>
consteval bool bulkhead_is_outside(const std::array<Role, Size>& roles) {
  return reversed(roles, Role::retry, Role::bulkhead) || reversed(roles, Role::fallback, Role::bulkhead);
}

template <std::size_t Size>
consteval bool reword_is_inside(const std::array<Role, Size>& roles) {
  return reversed(roles, Role::reword, Role::fallback) || reversed(roles, Role::reword, Role::retry);
}

// Something of ours but a deadline stands outside it, or a deadline inside.
template <std::size_t Size>
consteval bool off_peak_is_misplaced(const std::array<Role, Size>& roles) {
  bool holder_seen = false;
  for (const Role role : roles) {
    if (role == Role::off_peak && holder_seen) return true;
    if (role != Role::off_peak && role != Role::deadline && role != Role::other) holder_seen = true;
  }
  return reversed(roles, Role::deadline, Role::off_peak);
}

// No breaker stands inside it, of which it could hear.
template <std::size_t Size>
consteval bool slow_start_hears_nothing(const std::array<Role, Size>& roles) {
  bool slow_start_seen = false;
  for (const Role role : roles) {
    slow_start_seen = slow_start_seen || role == Role::slow_start;
    if (slow_start_seen && role == Role::circuit_breaker) return false;
  }
  return slow_start_seen;
}

template <std::size_t Size>
consteval bool slow_start_is_outside(const std::array<Role, Size>& roles) {
  return reversed(roles, Role::retry, Role::slow_start) || reversed(roles, Role::fallback, Role::slow_start);
}

template <std::size_t Size>
consteval bool trips_inside_hedge(const std::array<Role, Size>& roles) {
  bool hedge_seen = false;
  for (const Role role : roles) {
    if (hedge_seen &&
        (role == Role::deadline || role == Role::retry_budget || role == Role::fallback || role == Role::retry || role == Role::hedge))
      return true;
    if (role == Role::hedge) hedge_seen = true;
  }
  return false;
}

template <std::size_t Size>
consteval bool counts_outside_hedge(const std::array<Role, Size>& roles) {
  return reversed(roles, Role::hedge, Role::circuit_breaker) || reversed(roles, Role::hedge, Role::quota) ||
         reversed(roles, Role::hedge, Role::attempt_timeout);
}

// One rule a branch: the first broken one is the only error.
template <class RolesAndRules>
consteval bool explain_order() {
  constexpr auto& roles = RolesAndRules::roles;
  constexpr auto allowed = [](Rule rule) {
    for (const Rule candidate : RolesAndRules::waived)
      if (candidate == rule) return true;
    return false;
  };
  if constexpr (reversed(roles, Role::retry, Role::circuit_breaker) && !allowed(Rule::breaker_inside_retry)) {
    static_assert(!reversed(roles, Role::retry, Role::circuit_breaker),
                  "ductile E0201: CircuitBreaker stands outside Retry and would count a call once however often it failed; put Retry "
                  "before CircuitBreaker, or add Allow<Rule::breaker_inside_retry>{} (docs/rules/E0201.md)");
    return false;
  } else if constexpr (reversed(roles, Role::deadline, Role::retry) && !allowed(Rule::deadline_outside_retry)) {
    static_assert(!reversed(roles, Role::deadline, Role::retry),
                  "ductile E0202: Deadline stands inside Retry and would begin anew with each attempt; put Deadline before Retry, take "
                  "AttemptTimeout for one attempt, or add Allow<Rule::deadline_outside_retry>{} (docs/rules/E0202.md)");
    return false;
  } else if constexpr (reversed(roles, Role::retry_budget, Role::retry) && !allowed(Rule::budget_outside_retry)) {
    static_assert(!reversed(roles, Role::retry_budget, Role::retry),
                  "ductile E0203: RetryBudget stands inside Retry, where nothing asks it; put RetryBudget before Retry, or add "
                  "Allow<Rule::budget_outside_retry>{} (docs/rules/E0203.md)");
    return false;
  } else if constexpr (reversed(roles, Role::retry, Role::attempt_timeout) && !allowed(Rule::attempt_timeout_inside_retry)) {
    static_assert(!reversed(roles, Role::retry, Role::attempt_timeout),
                  "ductile E0204: AttemptTimeout stands outside Retry and would bound all attempts together; put Retry before "
                  "AttemptTimeout, take Deadline for the whole call, or add Allow<Rule::attempt_timeout_inside_retry>{} "
                  "(docs/rules/E0204.md)");
    return false;
  } else if constexpr (reversed(roles, Role::retry, Role::quota) && !allowed(Rule::quota_inside_retry)) {
    static_assert(!reversed(roles, Role::retry, Role::quota),
                  "ductile E0205: QuotaTracker stands outside Retry and would count a call once however many requests it sent; put Retry "
                  "before QuotaTracker, or add Allow<Rule::quota_inside_retry>{} (docs/rules/E0205.md)");
    return false;
  } else if constexpr (chain_is_inside(roles) && !allowed(Rule::fallback_outside)) {
    static_assert(!chain_is_inside(roles),
                  "ductile E0206: FallbackChain stands inside a policy that it must switch per target; put FallbackChain before Retry, "
                  "CircuitBreaker, QuotaTracker and AttemptTimeout, or add Allow<Rule::fallback_outside>{} (docs/rules/E0206.md)");
    return false;
  } else if constexpr (reversed(roles, Role::retry_budget, Role::fallback) && !allowed(Rule::budget_outside_chain)) {
    static_assert(!reversed(roles, Role::retry_budget, Role::fallback),
                  "ductile E0214: RetryBudget stands inside FallbackChain, which does not ask it before the next target; put RetryBudget "
                  "before FallbackChain, or add Allow<Rule::budget_outside_chain>{} (docs/rules/E0214.md)");
    return false;
  } else if constexpr (bulkhead_is_outside(roles) && !allowed(Rule::bulkhead_inside_retry)) {
    static_assert(!bulkhead_is_outside(roles),
                  "ductile E0215: Bulkhead stands outside Retry or FallbackChain and would keep a place while they wait; put Bulkhead "
                  "after them, or add Allow<Rule::bulkhead_inside_retry>{} (docs/rules/E0215.md)");
    return false;
  } else if constexpr (reversed(roles, Role::bulkhead, Role::attempt_timeout) && !allowed(Rule::bulkhead_outside_timeout)) {
    static_assert(!reversed(roles, Role::bulkhead, Role::attempt_timeout),
                  "ductile E0216: Bulkhead stands inside AttemptTimeout, and the wait in line would be taken from the attempt's time; put "
                  "Bulkhead before AttemptTimeout, or add Allow<Rule::bulkhead_outside_timeout>{} (docs/rules/E0216.md)");
    return false;
  } else if constexpr (reword_is_inside(roles) && !allowed(Rule::reword_outside_chain)) {
    static_assert(!reword_is_inside(roles),
                  "ductile E0217: Reword stands inside FallbackChain or Retry, which would take its new words for another try; put Reword "
                  "before them, or add Allow<Rule::reword_outside_chain>{} (docs/rules/E0217.md)");
    return false;
  } else if constexpr (off_peak_is_misplaced(roles) && !allowed(Rule::off_peak_outside)) {
    static_assert(
        !off_peak_is_misplaced(roles),
        "ductile E0218: OffPeak stands outside Deadline, of which it must know, or inside another policy, which would keep "
        "what it holds for hours; put OffPeak right after Deadline, or add Allow<Rule::off_peak_outside>{} (docs/rules/E0218.md)");
    return false;
  } else if constexpr (slow_start_hears_nothing(roles) && !allowed(Rule::slow_start_outside_breaker)) {
    static_assert(!slow_start_hears_nothing(roles),
                  "ductile E0219: SlowStart has no CircuitBreaker inside it, and never hears that a circuit was open; put CircuitBreaker "
                  "after it, or add Allow<Rule::slow_start_outside_breaker>{} (docs/rules/E0219.md)");
    return false;
  } else if constexpr (slow_start_is_outside(roles) && !allowed(Rule::slow_start_inside_retry)) {
    static_assert(!slow_start_is_outside(roles),
                  "ductile E0220: SlowStart stands outside Retry or FallbackChain and would keep a place while they wait; put SlowStart "
                  "after them, or add Allow<Rule::slow_start_inside_retry>{} (docs/rules/E0220.md)");
    return false;
  } else if constexpr (reversed(roles, Role::slow_start, Role::attempt_timeout) && !allowed(Rule::slow_start_outside_timeout)) {
    static_assert(!reversed(roles, Role::slow_start, Role::attempt_timeout),
                  "ductile E0221: SlowStart stands inside AttemptTimeout, and the wait in line would be taken from the attempt's time; put "
                  "SlowStart before AttemptTimeout, or add Allow<Rule::slow_start_outside_timeout>{} (docs/rules/E0221.md)");
    return false;
  } else if constexpr (reversed(roles, Role::slow_start, Role::quota) && !allowed(Rule::slow_start_outside_quota)) {
    static_assert(
        !reversed(roles, Role::slow_start, Role::quota),
        "ductile E0222: SlowStart stands inside QuotaTracker, and the window of a reservation could be over when the place comes; "
        "put SlowStart before QuotaTracker, or add Allow<Rule::slow_start_outside_quota>{} (docs/rules/E0222.md)");
    return false;
  } else if constexpr (reversed(roles, Role::deadline, Role::fallback) && !allowed(Rule::deadline_outside_fallback)) {
    static_assert(!reversed(roles, Role::deadline, Role::fallback),
                  "ductile E0210: Deadline stands inside FallbackChain and would begin anew with each target; put Deadline before "
                  "FallbackChain, or add Allow<Rule::deadline_outside_fallback>{} (docs/rules/E0210.md)");
    return false;
  } else if constexpr (reversed(roles, Role::deadline, Role::reword) && !allowed(Rule::deadline_outside_reword)) {
    static_assert(!reversed(roles, Role::deadline, Role::reword),
                  "ductile E0223: Deadline stands inside Reword and would begin anew with each wording; put Deadline before Reword, or add "
                  "Allow<Rule::deadline_outside_reword>{} (docs/rules/E0223.md)");
    return false;
  } else if constexpr (twice(roles, Role::reword) && !allowed(Rule::reword_once)) {
    static_assert(!twice(roles, Role::reword),
                  "ductile E0224: Reword stands twice in this pipeline, and the inner one would begin with the first words again for each "
                  "wording of the outer one; keep one of the two, or add Allow<Rule::reword_once>{} (docs/rules/E0224.md)");
    return false;
  } else if constexpr (shared_state_twice(roles) && !allowed(Rule::stateful_once)) {
    static_assert(!shared_state_twice(roles),
                  "ductile E0207: a policy with shared state stands twice in this pipeline; keep one of the two, or add "
                  "Allow<Rule::stateful_once>{} (docs/rules/E0207.md)");
    return false;
  } else if constexpr (reversed(roles, Role::quota, Role::attempt_timeout) && !allowed(Rule::attempt_timeout_inside_quota)) {
    static_assert(!reversed(roles, Role::quota, Role::attempt_timeout),
                  "ductile E0213: AttemptTimeout stands outside QuotaTracker, and a wait for a window would use up the attempt's time; put "
                  "QuotaTracker before AttemptTimeout, or add Allow<Rule::attempt_timeout_inside_quota>{} (docs/rules/E0213.md)");
    return false;
  } else if constexpr (trips_inside_hedge(roles)) {
    static_assert(!trips_inside_hedge(roles),
                  "ductile E0116: Hedge stands outside Deadline, RetryBudget, FallbackChain, Retry or another Hedge, which it would run "
                  "several times side by side; keep one Hedge, and put it after them (docs/rules/E0116.md)");
    return false;
  } else if constexpr (counts_outside_hedge(roles) && !allowed(Rule::hedge_outside_counters)) {
    static_assert(
        !counts_outside_hedge(roles),
        "ductile E0117: Hedge stands inside CircuitBreaker, QuotaTracker or AttemptTimeout, which would take its attempts for one; "
        "put Hedge before them, or add Allow<Rule::hedge_outside_counters>{} (docs/rules/E0117.md)");
    return false;
  } else {
    return true;
  }
}

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION
