// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/policy.hpp>        // Admission, Attempt, Note, Now, Reaction, Role, Verdict
#include <ductile/core/worst_case.hpp>
#include <ductile/detail/min_max.hpp>
#include <ductile/detail/nearest.hpp>  // nearest

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

namespace ductile::inline DUCTILE_VERSION {

struct RetryBudgetOptions {
  double per_call = 0.2;        ///< Tokens that a call earns, 0 to 1. 0.2 allows one extra trip for five calls.
  std::int32_t capacity = 100;  ///< Most tokens held, and the first fill, 1 to 1'000'000.
  /// When no token is left, one extra trip in so long a time is allowed all the same, 1 ms to 1 day; zero: none. So a program with few
  /// calls may retry at all.
  Duration reserve_every = std::chrono::seconds{10};
};

/// Keeps extra trips (retries, hedges, and a chain's calls of further targets) to a fraction of calls, so that retrying cannot multiply an
/// outage.
///
/// A call earns `per_call` tokens; an extra trip spends one before its wait begins, and is refused when less than one is left: the failure
/// that led to it is returned as it was, with the note `retry_budget_spent`. A trip that was paid and not made (the caller stopped during
/// the wait, the deadline passed, an inner layer refused) gives its token back, or takes the next trip with it. Order: outside `Retry`
/// (E0203) and `FallbackChain` (E0214), or they do not ask it.
///
/// Errors   `ConfigError` when an option is out of range; no failure of its own.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines.
/// Cost     Full (the happy path): one relaxed load. Else a compare-exchange, and for the reserve a clock reading. Never allocates.
/// Source   Finagle's RetryBudget (finagle.github.io/blog/2016/02/08/retry-budgets), with a reserve that trickles.
class RetryBudget {
 public:
  static constexpr Role role = Role::retry_budget;
  static constexpr bool settles_failures_only = true;

  /// What all calls share. One for each service that is protected.
  class State {
   public:
    explicit State(const RetryBudget& budget) noexcept : held_(budget.capacity_) {}

    /// How many extra trips it would allow now, the reserve not counted.
    [[nodiscard]] std::int64_t tokens() const noexcept { return held_.load(std::memory_order_relaxed) / one_token; }

   private:
    friend class RetryBudget;
    // Relaxed everywhere: the counts guard no other memory.
    alignas(64) std::atomic<std::int64_t> held_;  // alone on its line, but for what is touched when it is empty
    std::atomic<Duration::rep> reserve_at_{std::numeric_limits<Duration::rep>::min()};
  };

  struct Call {
    bool paid = false;     // for the trip that comes next, or is on its way
    bool refused = false;  // the last time that it was asked
  };

  template <class Rules>
  static constexpr void check(const RetryBudgetOptions& options, Rules& rules) {
    using Seconds = std::chrono::duration<double>;
    rules.require(options.per_call >= 0.0 && options.per_call <= 1.0, "RetryBudget: per_call must be from 0 to 1", options.per_call);
    rules.require(options.capacity >= 1 && options.capacity <= 1'000'000, "RetryBudget: capacity must be from 1 to 1000000",
                  options.capacity);
    rules.require(options.reserve_every == Duration::zero() ||
                      (options.reserve_every >= std::chrono::milliseconds{1} && options.reserve_every <= std::chrono::hours{24}),
                  "RetryBudget: reserve_every must be from 0.001 to 86400 s, or 0", Seconds(options.reserve_every).count());
  }

  // After `check`: clang knows a constexpr template in a class only from there on.
  constexpr explicit RetryBudget(RetryBudgetOptions options = {}) : options_(options) {
    RefusingRules rules;
    check(options_, rules);
    earned_ = detail::nearest(options_.per_call * static_cast<double>(one_token));
    capacity_ = options_.capacity * one_token;
  }

  [[nodiscard]] constexpr const RetryBudgetOptions& options() const noexcept { return options_; }

  /// Over many calls `per_call` extra trips each; beside them, however many calls there are, the first fill once and the reserve.
  [[nodiscard]] constexpr WorstCase worst_case(const WorstCase& inside) const noexcept {
    WorstCase worst = inside;
    worst.amplification = detail::min(inside.amplification, (1.0 + options_.per_call) * inside.per_attempt);
    return worst;
  }

  [[nodiscard]] Admission admit(State& state, Call&, Now, const Attempt&) const noexcept {
    if (state.held_.load(std::memory_order_relaxed) < capacity_) [[unlikely]]
      add(state, earned_);
    return Admission::go();
  }

  [[nodiscard]] bool extra(State& state, Call& call, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if (verdict.ok()) return spend(state) || take_reserve(state, now);  // a hedge: sent at once, beside a trip that may be paid
    if (not_made(verdict)) return true;                                 // the next trip takes the place of the one that a layer refused
    call.paid = spend(state) || take_reserve(state, now);
    call.refused = !call.paid;
    return call.paid;
  }

  [[nodiscard]] Reaction settle(State& state, Call& call, Now, const Attempt&, const Verdict& verdict) const noexcept {
    if (call.paid && not_made(verdict)) add(state, one_token);
    return call.refused ? Reaction::pass().because(Note::retry_budget_spent) : Reaction::pass();
  }

 private:
  static constexpr std::int64_t one_token = 1'000'000;  // in millionths, so that fractions need no floating-point atomics

  // Whether the call came to this verdict without a trip.
  [[nodiscard]] static bool not_made(const Verdict& verdict) noexcept {
    return verdict.says == Says::policy || (verdict.kind == Kind::abandoned && verdict.sent == Sent::no);
  }

  [[gnu::cold, gnu::noinline]] void add(State& state, std::int64_t tokens) const noexcept {
    std::int64_t held = state.held_.load(std::memory_order_relaxed);
    while (held < capacity_ && !state.held_.compare_exchange_weak(held, detail::min(held + tokens, capacity_), std::memory_order_relaxed)) {
    }
  }

  [[nodiscard]] static bool spend(State& state) noexcept {
    std::int64_t held = state.held_.load(std::memory_order_relaxed);
    while (held >= one_token)
      if (state.held_.compare_exchange_weak(held, held - one_token, std::memory_order_relaxed)) return true;
    return false;
  }

  // Who loses the race finds the reserve taken.
  [[nodiscard]] bool take_reserve(State& state, Now now) const noexcept {
    if (options_.reserve_every == Duration::zero()) return false;
    const Time at = now();
    Duration::rep reserve_at = state.reserve_at_.load(std::memory_order_relaxed);
    return reserve_at <= at.time_since_epoch().count() &&
           state.reserve_at_.compare_exchange_strong(reserve_at, later(at, options_.reserve_every).time_since_epoch().count(),
                                                     std::memory_order_relaxed);
  }

  RetryBudgetOptions options_;
  std::int64_t earned_ = 0;
  std::int64_t capacity_ = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION
