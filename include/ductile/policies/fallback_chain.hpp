// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>      // Exponential
#include <ductile/core/by_kind.hpp>             // ByKind
#include <ductile/core/config_error.hpp>        // RefusingRules
#include <ductile/core/policy.hpp>              // Admission, Attempt, Now, Reaction, Role, Verdict
#include <ductile/core/target.hpp>              // Target
#include <ductile/policies/fallback_table.hpp>  // FallbackTable, NextStep

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// What a chain does when every target has failed, or is closed, and waiting could help.
enum class OnAllFailed : std::uint8_t {
  wait,  ///< Wait for the first one that may take a call again, as long as the deadline allows. Without a deadline: fail.
  fail   ///< Fail at once, with `earliest_retry_at`.
};

struct FallbackOptions {
  std::vector<Target> targets;  ///< In the order of preference, 1 to 16.
  FallbackTable table{};        ///< Which step follows which failure.
  OnAllFailed on_all_failed = OnAllFailed::wait;
  double patience = 0.05;            ///< Share of the time left that a target may make a call wait while another is left, 0 to 1.
  double patience_when_long = 0.25;  ///< The same when more than `long_slack` is left.
  Duration long_slack = std::chrono::hours{2};  ///< 0 to 30 days.
  Exponential between_rounds{.base = std::chrono::seconds{3},
                             .cap = std::chrono::seconds{60}};  ///< Wait before all targets are tried anew.
  /// How long a target rests, for all calls, after a failure of this kind that was not tried again on it; zero: not at all. 0 to 1 day.
  ByKind<Duration> rest{Duration::zero(), {{Kind::not_found, std::chrono::minutes{10}}, {Kind::permission, std::chrono::minutes{10}}}};
  /// Whether a failure of this kind is reason to wait and try all targets anew. Not for what a repeat rarely cures and mostly costs.
  ByKind<bool> begin_anew{true, {{Kind::recitation, false}, {Kind::no_image, false}, {Kind::other, false}, {Kind::auth, false}}};
  ByKind<Duration> give_up_after{Duration::zero(),
                                 {}};  ///< A call whose first failure is so old stops at a failure of this kind; zero: never.
};

/// Goes to another target where the first one cannot help, and comes back when it can.
///
/// After each failure its table decides, in one place, what follows: another attempt here (then `Retry` says when), the next target, or the
/// end. Layers inside it have a state for each target. Every call tells which target served it: `served_by(result)`, `degraded(result)`.
/// When all targets failed and waiting can help, it waits and begins again at the first one, as long as the deadline allows.
/// `CallOptions::targets` limits a call to some of them.
/// Order: outside `Retry`, `CircuitBreaker`, `QuotaTracker` and `AttemptTimeout` (E0206); inside `Deadline`, or it can never wait.
///
/// Errors   `ConfigError` when an option is out of range; a call whose targets are all excluded fails with `Kind::no_target`.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines.
/// Cost     First target, first attempt: a load and a compare beside the clock reading that all layers share. Nothing after a success.
/// Source   LiteLLM's fallbacks by error class and cooldowns, with their known mistake (a later, shorter cooldown wins) left out.
class FallbackChain {
 public:
  static constexpr Role role = Role::fallback;
  static constexpr unsigned edits = edits_target | edits_start;
  static constexpr bool settles_failures_only = true;
  static constexpr bool reads_time = true;

  /// Until when each target is known to be of no use. Only extends.
  class State {
   public:
    State() = default;

    [[nodiscard]] Time closed_until(unsigned target) const noexcept {
      return Time{Duration{closed_until_[target].load(std::memory_order_relaxed)}};
    }

   private:
    friend class FallbackChain;
    void close(unsigned target, Time until) noexcept {
      const Duration::rep value = until.time_since_epoch().count();
      Duration::rep seen = closed_until_[target].load(std::memory_order_relaxed);
      while (seen < value && !closed_until_[target].compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
      }
    }
    std::array<std::atomic<Duration::rep>, most_targets> closed_until_{};
  };

  struct Call {
    TargetSet failed = 0;  // in this round
    std::uint8_t current = 0;
    std::uint8_t attempts = 0;  // on the current target, agreed to
    std::uint16_t rounds = 0;
    bool begun = false;
    bool curable = false;  // a failure of this round may pass by waiting
    bool timed = false;
    std::uint32_t first_failure_ms = 0;  // in wrapping milliseconds
  };

  explicit FallbackChain(FallbackOptions options) : options_(std::move(options)) {
    RefusingRules rules;
    check(options_, rules);
  }

  template <class Rules>
  static void check(const FallbackOptions& options, Rules& rules) {
    using Seconds = std::chrono::duration<double>;
    constexpr Duration day = std::chrono::hours{24};
    rules.require(!options.targets.empty() && options.targets.size() <= most_targets, "FallbackChain: targets must be from 1 to 16",
                  static_cast<double>(options.targets.size()));
    rules.require(options.patience >= 0.0 && options.patience <= 1.0, "FallbackChain: patience must be from 0 to 1", options.patience);
    rules.require(options.patience_when_long >= 0.0 && options.patience_when_long <= 1.0,
                  "FallbackChain: patience_when_long must be from 0 to 1", options.patience_when_long);
    rules.require(options.long_slack >= Duration::zero() && options.long_slack <= 30 * day,
                  "FallbackChain: long_slack must be from 0 to 2592000 s", Seconds(options.long_slack).count());
    for (const Duration rest : options.rest)
      rules.require(rest >= Duration::zero() && rest <= day, "FallbackChain: rest must be from 0 to 86400 s", Seconds(rest).count());
    for (const Duration limit : options.give_up_after)
      rules.require(limit >= Duration::zero() && limit <= 30 * day, "FallbackChain: give_up_after must be from 0 to 2592000 s",
                    Seconds(limit).count());
    options.between_rounds.check(rules);
  }

  [[nodiscard]] const FallbackOptions& options() const noexcept { return options_; }
  /// How many targets there are.
  [[nodiscard]] unsigned targets() const noexcept { return static_cast<unsigned>(options_.targets.size()); }
  [[nodiscard]] const Target& target(unsigned index) const noexcept { return options_.targets[index < targets() ? index : 0]; }

  [[nodiscard, gnu::always_inline]] Admission admit(State& state, Call& call, Now now, const Attempt& attempt) const noexcept {
    if (!call.begun && may_use(attempt, 0) && state.closed_until_[0].load(std::memory_order_relaxed) == 0) [[likely]] {
      call.begun = true;
      call.attempts = 1;
      return Admission::go().on(0).starting_by(targets() > 1 ? latest_start(now, attempt) : end_of_time);
    }
    const auto [admission, permit] = admit_another(state, Call{call}, now, Attempt{attempt});
    call = permit;
    return admission;
  }

  /// The table's word on whether an inner layer may try again on this target.
  [[nodiscard]] bool extra(State& state, Call& call, Now now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    const NextStep step = options_.table(verdict);
    if (step.next != Next::here || verdict.says == Says::policy) return false;
    if (other_left(state, call, now, attempt)) {
      if (call.attempts >= step.attempts) return false;
      if (verdict.hint > Duration::zero() && later(now(), verdict.hint) >= latest_start(now, attempt)) return false;
    }
    if (call.attempts < 255) ++call.attempts;
    return true;
  }

  [[nodiscard]] Reaction settle(State& state, Call& call, Now now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    if (verdict.ok() || verdict.kind == Kind::abandoned || verdict.says == Says::caller || verdict.kind == Kind::no_target ||
        verdict.kind == Kind::deadline)
      return Reaction::pass();
    const Time at = now();
    remember(state, call, at, verdict);
    if (options_.table(verdict).next == Next::stop) return Reaction::pass();
    if (is_spent(call, at, verdict.kind)) return Reaction::pass().because(Note::time_spent);
    call.failed = static_cast<TargetSet>(call.failed | bit(call.current));
    if (open_target(state, call, at, attempt)) return Reaction::again_now();
    return next_round(state, call, now, at, attempt);
  }

 private:
  static constexpr TargetSet bit(unsigned target) noexcept { return static_cast<TargetSet>(1U << target); }

  [[nodiscard]] static bool may_use(const Attempt& attempt, unsigned target) noexcept {
    return attempt.targets == 0 || (attempt.targets & bit(target)) != 0;
  }

  [[nodiscard]] Time latest_start(Now now, const Attempt& attempt) const noexcept {
    if (attempt.deadline == end_of_time) return end_of_time;
    const Time at = now();
    const Duration slack = attempt.remaining(at);
    const double share = slack > options_.long_slack ? options_.patience_when_long : options_.patience;
    return later(at, Duration{static_cast<Duration::rep>(share * static_cast<double>(slack.count()))});
  }

  // The first allowed target that has not failed in this round and is not closed.
  [[nodiscard]] std::optional<unsigned> open_target(const State& state, const Call& call, Time at, const Attempt& attempt) const noexcept {
    for (unsigned target = 0; target < targets(); ++target)
      if (may_use(attempt, target) && (call.failed & bit(target)) == 0 && state.closed_until(target) <= at) return target;
    return std::nullopt;
  }

  [[nodiscard]] bool other_left(const State& state, const Call& call, Now now, const Attempt& attempt) const noexcept {
    Call without_current = call;
    without_current.failed = static_cast<TargetSet>(call.failed | bit(call.current));
    return targets() > 1 && open_target(state, without_current, now(), attempt).has_value();
  }

  struct Admitted {
    Admission admission;
    Call call;
  };

  // By value and back, so that the happy path keeps what it knows in registers.
  [[nodiscard, gnu::cold, gnu::noinline]] Admitted admit_another(State& state, Call call, Now now, Attempt attempt) const noexcept {
    const Time at = now();
    std::optional<unsigned> chosen = open_target(state, call, at, attempt);
    if (!chosen) {  // all are closed: the one that opens first, whose own policies then say how long to wait
      for (unsigned target = 0; target < targets(); ++target) {
        if (!may_use(attempt, target) || (call.failed & bit(target)) != 0) continue;
        if (!chosen || state.closed_until(target) < state.closed_until(*chosen)) chosen = target;
      }
      if (!chosen) return {Admission::reject(Kind::no_target, end_of_time, "no-target"), call};
      const Time until = state.closed_until(*chosen);
      if (options_.on_all_failed == OnAllFailed::wait && attempt.deadline != end_of_time)
        return {Admission::ask_at(until, Kind::no_target, WaitSource::cooldown), call};
      return {Admission::reject(Kind::no_target, until, "all-targets-closed").with(Remedy::after_delay), call};
    }
    call.begun = true;
    call.current = static_cast<std::uint8_t>(*chosen);
    call.attempts = 1;
    const bool last = !other_left(state, call, now, attempt);
    return {Admission::go().on(*chosen).starting_by(last ? end_of_time : latest_start(now, attempt)), call};
  }

  // What this failure says of its target, for all calls.
  void remember(State& state, Call& call, Time at, const Verdict& verdict) const noexcept {
    if (!call.timed) {
      call.timed = true;
      call.first_failure_ms = milliseconds(at);
    }
    const bool passes = verdict.remedy == Remedy::immediately || verdict.remedy == Remedy::after_delay;
    call.curable = call.curable || (passes && options_.begin_anew[verdict.kind]);
    if (passes && verdict.hint > Duration::zero()) state.close(call.current, later(at, verdict.hint));
    if (options_.table(verdict).next != Next::stop && options_.rest[verdict.kind] > Duration::zero())
      state.close(call.current, later(at, options_.rest[verdict.kind]));
  }

  [[nodiscard]] bool is_spent(const Call& call, Time at, Kind kind) const noexcept {
    const Duration limit = options_.give_up_after[kind];
    return limit > Duration::zero() && std::chrono::milliseconds{milliseconds(at) - call.first_failure_ms} >= limit;
  }

  // Every target has failed or is closed.
  [[nodiscard]] Reaction next_round(State& state, Call& call, Now now, Time at, const Attempt& attempt) const noexcept {
    Time opens = end_of_time;
    for (unsigned target = 0; target < targets(); ++target)
      if (may_use(attempt, target)) opens = std::min(opens, std::max(state.closed_until(target), at));
    const bool may_wait = options_.on_all_failed == OnAllFailed::wait && attempt.deadline != end_of_time && call.curable;
    if (!may_wait) return opens > at ? Reaction::pass().earliest(opens) : Reaction::pass();
    if (call.rounds < 0xFFFFU) ++call.rounds;
    call.failed = 0;
    call.curable = false;
    // Also when nothing was sent this round: jitter keeps calls that wait for one probe from coming back together.
    const Time calm = later(at, options_.between_rounds(call.rounds, now));
    const bool waits_for_target = opens > calm;
    return Reaction::again_at(waits_for_target ? opens : calm, waits_for_target ? WaitSource::cooldown : WaitSource::backoff);
  }

  static std::uint32_t milliseconds(Time at) noexcept {
    return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count());
  }

  FallbackOptions options_;
};

static_assert(sizeof(FallbackChain::Call) <= 16);

}  // namespace ductile::inline DUCTILE_VERSION
