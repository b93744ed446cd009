// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/policy.hpp>        // Admission, Attempt, Beside, NoCall, Now, Role
#include <ductile/core/worst_case.hpp>
#include <ductile/detail/min_max.hpp>
#include <ductile/policies/detail/quantile_estimate.hpp>  // QuantileEstimate, QuantileSteps, SpanScale

#include <chrono>
#include <cstdint>
#include <optional>

namespace ductile::inline DUCTILE_VERSION {

struct HedgeOptions {
  /// How long after the latest attempt began the next one begins beside it, 1 ms to 1 h. With a `quantile`, until that is known.
  Duration after = std::chrono::seconds{1};
  /// In place of `after`: the time below which this share of first attempts stays, 0.5 to 0.999, as it was observed; none: always `after`.
  std::optional<double> quantile{};
  std::uint8_t hedges = 1;   ///< Most attempts beside the first one, 1 to 7.
  bool next_target = false;  ///< Inside a `FallbackChain` a hedge goes to the next target that is free, if there is one.
};

/// Makes an attempt beside one that takes long, and takes the answer that comes first: against the slow tail of a service.
///
/// For operations tagged `repeatable` (E0118), with `async_run` and in a `Simulation`; the blocking driver makes one attempt at a time
/// (E0119). The first success ends the race; the others are cancelled, awaited and settled. An attempt that fails is out of the race; when
/// all have failed, the layers outside hear the failure that the caller can do most about, and of equals what the first attempt met. After
/// one that stops the call (the chain's table says so; without a chain, its remedy is `never` or `after_prompt_change`) nothing begins any
/// more, and one that is about the content ends the race. A hedge is an extra trip: a `RetryBudget` is asked before it is sent, and when it
/// refuses, the others go on. The observed time is that of first attempts alone, also of those that a hedge overtook, so that hedging does
/// not change what it goes by.
/// Order: inside `Deadline`, `RetryBudget`, `FallbackChain` and `Retry` (E0116), outside `CircuitBreaker`, `QuotaTracker` and
/// `AttemptTimeout` (E0117), which see each attempt; best outside `Bulkhead` too.
///
/// Errors   `ConfigError` when an option is out of range; no failure of its own.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines of one `quantile`.
/// Cost     An allocation for each attempt of a race, from the handler's allocator, and a timer. For the estimate a load and a
///          compare-exchange.
/// Source   Dean and Barroso, "The Tail at Scale" (2013); the estimate is Robbins and Monro's (1951).
class Hedge {
 public:
  static constexpr Role role = Role::hedge;

  /// How long first attempts take. Inside a `FallbackChain` there is one for each target.
  class State {
   public:
    State() = default;

   private:
    friend class Hedge;
    detail::QuantileEstimate took_;
  };

  template <class Rules>
  static constexpr void check(const HedgeOptions& options, Rules& rules) {
    using Seconds = std::chrono::duration<double>;
    rules.require(options.after >= detail::SpanScale::shortest && options.after <= detail::SpanScale::longest,
                  "Hedge: after must be from 0.001 to 3600 s", Seconds(options.after).count());
    const double quantile = options.quantile.value_or(0.5);
    rules.require(quantile >= 0.5 && quantile <= 0.999, "Hedge: quantile must be from 0.5 to 0.999", quantile);
    rules.require(options.hedges >= 1 && options.hedges <= 7, "Hedge: hedges must be from 1 to 7", options.hedges);
  }

  // After `check`: clang knows a constexpr template in a class only from there on.
  constexpr explicit Hedge(HedgeOptions options = {}) : options_(options), steps_(checked_steps(options)) {}

  [[nodiscard]] constexpr const HedgeOptions& options() const noexcept { return options_; }

  /// Each hedge begins beside one that is under way, `after` that began its attempt; the last one may take as long as any.
  [[nodiscard]] constexpr WorstCase worst_case(const WorstCase& inside) const noexcept {
    const Duration soonest = options_.quantile ? detail::SpanScale::shortest : options_.after;
    const Duration latest = options_.quantile ? detail::SpanScale::longest : options_.after;
    int hedges = 0;
    while (hedges < options_.hedges && soonest <= inside.attempt && soonest * (hedges + 1) < inside.deadline) ++hedges;
    WorstCase race = inside.times(hedges + 1);
    race.latency = inside.latency;
    const Duration apart = detail::min(latest, inside.attempt);
    // A hedge may begin later than it was due by what others make it wait.
    const Duration waits = inside.latency < forever ? detail::max(inside.latency - inside.attempt, Duration::zero()) : forever;
    race = race.after(detail::product(detail::sum(waits, apart), hedges));
    race.attempt = detail::sum(inside.attempt, apart * hedges);
    return race;
  }

  /// How long an attempt runs before a hedge begins beside it, as things are.
  [[nodiscard]] Duration after(const State& state) const noexcept {
    return options_.quantile ? state.took_.value(steps_).value_or(options_.after) : options_.after;
  }

  [[nodiscard]] Admission admit(State&, NoCall&, Now, const Attempt&) const noexcept { return Admission::go(); }

  [[nodiscard]] std::optional<Beside> beside(State& state, const Attempt& latest) const noexcept {
    if (latest.lane >= options_.hedges) return std::nullopt;
    return Beside{after(state), options_.next_target};
  }

  void learn(State& state, Duration took, bool overtaken) const noexcept {
    if (options_.quantile) state.took_.add(took, overtaken, steps_);
  }

 private:
  static constexpr detail::QuantileSteps checked_steps(const HedgeOptions& options) {
    RefusingRules rules;
    check(options, rules);
    return detail::QuantileSteps{options.quantile.value_or(0.5)};
  }

  HedgeOptions options_;
  detail::QuantileSteps steps_;
};

}  // namespace ductile::inline DUCTILE_VERSION
