// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>  // Exponential
#include <ductile/core/backoff_policy.hpp>  // BackoffPolicy, backoff_wait
#include <ductile/core/by_kind.hpp>         // ByKind
#include <ductile/core/config_error.hpp>    // RefusingRules
#include <ductile/core/policy.hpp>          // Attempt, NoState, Now, Reaction, Role, Verdict

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

template <class Backoff = Exponential>
struct RetryOptions {
  unsigned attempts = 5;  ///< Most attempts on one target, the first included, 1 to 1000.
  Backoff backoff{};      ///< How long to wait when the other side does not say. Any `BackoffPolicy`, a lambda too.
  /// Fewer attempts where the last failure was of this kind; 0: `attempts`. What a plain repeat rarely cures is tried again once.
  ByKind<std::uint16_t> attempts_by_kind{0, {{Kind::recitation, 2}, {Kind::no_image, 2}, {Kind::auth, 2}}};
  /// How long after the call's first failure a failure of this kind is still tried again; zero: no limit. 0 to 30 days.
  ByKind<Duration> longest_by_kind{Duration::zero(), {}};
  Duration longest_hint =
      std::chrono::minutes{10};  ///< A longer hint is reported and not waited for. 0 (ignore all hints' waits) to 30 days.
  double hint_jitter = 0.1;      ///< How much longer than the hint to wait, at most, as a share of it. 0 to 1.
  /// Wait for what refused inside (an open circuit, a full window) when it says until when. Such a wait is no attempt. Otherwise the
  /// refusal goes to the caller, or to a `FallbackChain`, at once.
  bool outwait_rejections = false;
  /// Where a deadline is near, shorten the own waits, but not below this, so that all `attempts` can begin before it; zero: do not. 0 to 1
  /// day. What the other side asks for is never shortened.
  Duration squeeze_to{};
};

/// Tries again what trying again can cure.
///
/// Decides by the verdict's remedy: `immediately` and `after_delay` are tried again, everything else rises. The wait is the longer one of
/// the own backoff and the other side's hint, with jitter upwards; one that does not fit the deadline is refused before it begins. Inside a
/// `FallbackChain` the chain's table decides whether there is another trip, and `Retry` says how many and when, anew for each target.
/// Order: inside `Deadline`, outside `CircuitBreaker`, `QuotaTracker` and `AttemptTimeout` (E0201 to E0205).
///
/// Errors   `ConfigError` when an option is out of range.
/// Threads  Immutable, no state.
/// Cost     Success: nothing, it is not asked. Failure: one backoff, one clock reading when there is a wait.
/// Source   google-cloud-cpp keeps "how much to retry" and "how long to wait" apart, as here; Finagle, the rule that hints outrank backoff.
template <class Backoff = Exponential>
class Retry {
  static_assert(BackoffPolicy<Backoff>,
                "ductile E0110: the backoff has the wrong form; write Duration operator()(unsigned failures) const, or with (unsigned "
                "failures, Now) or (unsigned failures, Now, Duration before) (docs/rules/E0110.md)");

 public:
  static constexpr Role role = Role::retry;
  static constexpr bool settles_failures_only = true;

  struct Call {
    Duration waited_before{};  // the last wait, for decorrelated jitter
    std::uint32_t failures = 0;
    std::uint32_t first_ms = 0;  // when the first failure was, in wrapping milliseconds
  };

  constexpr explicit Retry(RetryOptions<Backoff> options = {})
      : options_(std::move(options)),
        limits_time_(std::any_of(options_.longest_by_kind.begin(), options_.longest_by_kind.end(),
                                 [](Duration longest) { return longest > Duration::zero(); })) {
    RefusingRules rules;
    check(options_, rules);
  }

  template <class Rules>
  static constexpr void check(const RetryOptions<Backoff>& options, Rules& rules) {
    using Seconds = std::chrono::duration<double>;
    constexpr Duration month = std::chrono::hours{24 * 30};
    rules.require(options.attempts >= 1 && options.attempts <= 1000, "Retry: attempts must be from 1 to 1000", options.attempts);
    for (const std::uint16_t attempts : options.attempts_by_kind)
      rules.require(attempts <= 1000, "Retry: attempts_by_kind must be from 0 to 1000", attempts);
    for (const Duration longest : options.longest_by_kind)
      rules.require(longest >= Duration::zero() && longest <= month, "Retry: longest_by_kind must be from 0 to 2592000 s",
                    Seconds(longest).count());
    rules.require(options.longest_hint >= Duration::zero() && options.longest_hint <= month,
                  "Retry: longest_hint must be from 0 to 2592000 s", Seconds(options.longest_hint).count());
    rules.require(options.hint_jitter >= 0.0 && options.hint_jitter <= 1.0, "Retry: hint_jitter must be from 0 to 1", options.hint_jitter);
    rules.require(options.squeeze_to >= Duration::zero() && options.squeeze_to <= std::chrono::hours{24},
                  "Retry: squeeze_to must be from 0 to 86400 s", Seconds(options.squeeze_to).count());
    if constexpr (requires { options.backoff.check(rules); }) options.backoff.check(rules);
  }

  [[nodiscard]] constexpr const RetryOptions<Backoff>& options() const noexcept { return options_; }

  [[nodiscard]] Reaction settle(NoState&, Call& call, Now now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    if (verdict.kind == Kind::abandoned || verdict.ok()) return Reaction::pass();
    if (verdict.says == Says::policy) return outwait(now, verdict);
    if (verdict.says == Says::caller) return Reaction::pass();
    if (verdict.remedy != Remedy::immediately && verdict.remedy != Remedy::after_delay) return Reaction::pass();
    return again_after(call, now, attempt, verdict);
  }

 private:
  [[nodiscard]] Reaction outwait(Now now, const Verdict& verdict) const noexcept {
    if (!options_.outwait_rejections || verdict.hint <= Duration::zero()) return Reaction::pass();
    return Reaction::again_at(later(now(), verdict.hint), verdict.kind == Kind::circuit_open ? WaitSource::circuit : WaitSource::quota);
  }

  [[nodiscard]] Reaction again_after(Call& call, Now now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    ++call.failures;
    if (call.failures >= most_attempts(attempt, verdict.kind)) return Reaction::pass().because(Note::attempts_spent);

    if (limits_time_) {  // from the call's first failure on, whatever its kind
      const Duration longest = options_.longest_by_kind[verdict.kind];
      const auto now_ms = static_cast<std::uint32_t>(std::chrono::floor<std::chrono::milliseconds>(now().time_since_epoch()).count());
      if (call.failures == 1) call.first_ms = now_ms;
      if (longest > Duration::zero() && std::chrono::milliseconds{now_ms - call.first_ms} > longest)
        return Reaction::pass().because(Note::time_spent);
    }

    if (verdict.hint > options_.longest_hint) return Reaction::pass().earliest(later(now(), verdict.hint));
    Duration wait = backoff_wait(options_.backoff, call.failures, now, call.waited_before);
    if (options_.squeeze_to > Duration::zero() && attempt.deadline != end_of_time)
      wait = std::min(wait, longest_fitting(call, now, attempt, verdict.kind));
    WaitSource source = WaitSource::backoff;
    if (verdict.hint > wait) {  // upwards only: an early return would be refused again
      const double spread = options_.hint_jitter * now.uniform() * static_cast<double>(verdict.hint.count());
      wait = verdict.hint + Duration{static_cast<Duration::rep>(spread)};
      source = WaitSource::hint;
    }
    call.waited_before = wait;
    if (wait == Duration::zero()) return Reaction::again_now();
    return Reaction::again_at(later(now(), wait), source);
  }

  // An even part of the time left for each attempt that is left, and one more part, so that the last one begins before the deadline.
  [[nodiscard]] Duration longest_fitting(const Call& call, Now now, const Attempt& attempt, Kind kind) const noexcept {
    const std::uint32_t left = most_attempts(attempt, kind) - call.failures;
    return std::max(attempt.remaining(now()) / (left + 1), options_.squeeze_to);
  }

  [[nodiscard]] std::uint32_t most_attempts(const Attempt& attempt, Kind kind) const noexcept {
    const std::uint32_t general = attempt.attempts > 0 ? attempt.attempts : options_.attempts;
    const std::uint32_t special = options_.attempts_by_kind[kind];
    return special > 0 ? std::min(general, special) : general;
  }

  RetryOptions<Backoff> options_;
  bool limits_time_;
};

Retry() -> Retry<>;

}  // namespace ductile::inline DUCTILE_VERSION
