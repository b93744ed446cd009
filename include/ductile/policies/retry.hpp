// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>  // Exponential
#include <ductile/backoff/jitter.hpp>       // Jitter, jittered
#include <ductile/core/backoff_policy.hpp>  // backoff_range, backoff_wait, explain_backoff
#include <ductile/core/by_kind.hpp>         // ByKind
#include <ductile/core/config_error.hpp>    // RefusingRules
#include <ductile/core/policy.hpp>          // Attempt, Now, Reaction, Role, Verdict
#include <ductile/core/wait_range.hpp>
#include <ductile/core/worst_case.hpp>
#include <ductile/detail/min_max.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

template <class Backoff = Exponential>
struct RetryOptions {
  unsigned attempts = 5;  ///< Most attempts on one target, the first included, 1 to 1000.
  Backoff backoff{};      ///< How long to wait when the other side does not say. Any `BackoffPolicy`, a lambda too.
  /// Attempts where the last failure was of this kind, 0 to 1000; 0: `attempts`, but at most 2 for `no_image`, `recitation` and `auth`,
  /// which a plain repeat rarely cures. Failures of a kind that has more than `attempts` do not count against the attempts of the others.
  ByKind<std::uint16_t> attempts_by_kind{0, {}};
  /// How long after the first failure a failure of this kind is still tried again; zero: no limit. 0 to 30 days. Inside a `FallbackChain`
  /// it begins anew with each target; `FallbackOptions::give_up_after` bounds them together.
  ByKind<Duration> longest_by_kind{Duration::zero(), {}};
  /// A longer hint is reported and not waited for; 0: none is. 0 to 30 days.
  Duration longest_hint = std::chrono::minutes{10};
  double hint_jitter = 0.1;  ///< How much longer than the hint to wait, at most, as a share of it. 0 to 1.
  /// Wait for what refused inside (an open circuit, a full window) when it says until when. Such a wait is no attempt. Otherwise the
  /// refusal goes to the caller, or to a `FallbackChain`, at once.
  bool outwait_rejections = false;
  /// Believe the hint of a spent day (`Remedy::next_day`) for one attempt. When that is refused as well, the hints of this target are not
  /// believed for 24 hours, by any call.
  bool probe_at_hint = false;
  /// Where a deadline is near, shorten the own waits, but not below this, so that all `attempts` can begin before it; zero: do not. 0 to 1
  /// day. What the other side asks for is never shortened.
  Duration squeeze_to{};
};

/// What `Retry` with `probe_at_hint` knows of one target: until when no call tries at the hint of a spent day.
///
/// Threads  Any number of threads and pipelines may share one.
class RetryState {
 public:
  RetryState() = default;
  /// For building pipelines: not while calls are under way.
  RetryState(const RetryState& other) noexcept : no_probe_before_(other.no_probe_before_.load(std::memory_order_relaxed)) {}
  RetryState& operator=(const RetryState&) = delete;
  ~RetryState() = default;

  /// The first moment at which a call may try at a hint: while one waits for its own, that one's; after one was misled, a day later.
  [[nodiscard]] Time no_probe_before() const noexcept { return Time{Duration{no_probe_before_.load(std::memory_order_relaxed)}}; }

 private:
  template <class Backoff>
  friend class Retry;

  // One call gets the attempt; the others do not try until it is under way. Relaxed, here and above: the moment guards no other memory.
  [[nodiscard]] bool claim(Time at, Time until) noexcept {
    Duration::rep seen = no_probe_before_.load(std::memory_order_relaxed);
    return seen <= at.time_since_epoch().count() &&
           no_probe_before_.compare_exchange_strong(seen, until.time_since_epoch().count(), std::memory_order_relaxed);
  }
  void close(Time until) noexcept {
    const Duration::rep value = until.time_since_epoch().count();
    Duration::rep seen = no_probe_before_.load(std::memory_order_relaxed);
    while (seen < value && !no_probe_before_.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
  }

  std::atomic<Duration::rep> no_probe_before_{0};
};

/// Tries again what trying again can cure.
///
/// Decides by the verdict's remedy: `immediately` and `after_delay` are tried again, everything else rises. The wait is the longer one of
/// the own backoff and the other side's hint, with jitter upwards; one that does not fit the deadline is refused before it begins. Inside a
/// `FallbackChain` the chain's table decides whether there is another trip, and `Retry` says how many and when, anew for each target.
/// Order: inside `Deadline`, outside `CircuitBreaker`, `QuotaTracker` and `AttemptTimeout` (E0201 to E0205).
///
/// Errors   `ConfigError` when an option is out of range.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines. It is used with `probe_at_hint` alone.
/// Cost     Success: nothing, it is not asked. Failure: one backoff, one clock reading when there is a wait.
/// Source   google-cloud-cpp keeps "how much to retry" and "how long to wait" apart, as here; Finagle, the rule that hints outrank backoff.
template <class Backoff = Exponential>
class Retry {
  static constexpr bool sound = detail::explain_backoff<Backoff>();

 public:
  static constexpr Role role = Role::retry;
  static constexpr bool settles_failures_only = true;

  using State = RetryState;

  struct Call {
    Duration waited_before{};    // the backoff's last answer, for decorrelated jitter
    std::uint32_t first_ms = 0;  // when the first failure was, in wrapping milliseconds
    std::uint16_t failures = 0;
    std::uint16_t apart = 0;  // of these, of kinds that have more attempts than the rest; and `probed`. No bit fields: g++ 12 writes them
                              // on the happy path, and plain members never
    static constexpr std::uint16_t probed = 0x8000;  // has tried at the hint of a spent day
  };

  constexpr explicit Retry(RetryOptions<Backoff> options = {}) : options_(std::move(options)) {
    for (const Duration longest : options_.longest_by_kind) limits_time_ = limits_time_ || longest > Duration::zero();
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

  /// All attempts that the kinds of failures allow together, with waits as long as `longest_hint`. Of those, under a deadline, as many as
  /// begin before it when each fails at once and each wait is its shortest. Who outwaits rejections waits for any time.
  [[nodiscard]] constexpr WorstCase worst_case(const WorstCase& inside) const noexcept {
    const std::uint32_t most = most_attempts();
    std::uint32_t begun = 1;
    Duration waits{};
    Duration soonest{};
    Duration skipped{};  // an attempt at the hint of a spent day comes without the own wait
    WaitRange wait{Duration::zero(), Duration::zero()};
    for (std::uint32_t failures = 1; failures < most; ++failures) {
      if constexpr (sound) wait = backoff_range(options_.backoff, failures, wait);
      const Duration shortest = squeezed(wait.shortest, inside.deadline < forever);
      if (options_.probe_at_hint) skipped = detail::max(skipped, shortest);
      soonest += shortest;
      if (soonest - skipped >= inside.deadline) break;
      ++begun;
      waits = detail::sum(waits, detail::max(wait.longest, options_.longest_hint));
    }
    WorstCase worst = inside.times(begun).after(options_.outwait_rejections ? forever : waits);
    if (inside.deadline < forever) worst.fit = fit(inside);
    return worst;
  }

  [[nodiscard]] Reaction settle(State& state, Call& call, Now now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    if (verdict.kind == Kind::abandoned || verdict.ok()) return Reaction::pass();
    if (verdict.says == Says::policy) return outwait(now, verdict);
    if (verdict.says == Says::caller) return Reaction::pass();
    if (verdict.remedy == Remedy::next_day) return probe(state, call, now, attempt, verdict);
    if (verdict.remedy != Remedy::immediately && verdict.remedy != Remedy::after_delay) return Reaction::pass();
    return again_after(call, now, attempt, verdict);
  }

 private:
  [[nodiscard]] Reaction outwait(Now now, const Verdict& verdict) const noexcept {
    if (!options_.outwait_rejections || verdict.hint <= Duration::zero()) return Reaction::pass();
    return Reaction::again_at(later(now(), verdict.hint), verdict.kind == Kind::circuit_open ? WaitSource::circuit : WaitSource::quota);
  }

  // The hint of a spent day is mostly that of the window of a minute, and each belief in it costs a call: so one call finds out for all.
  [[nodiscard]] Reaction probe(State& state, Call& call, Now now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    if (!options_.probe_at_hint) return Reaction::pass();
    const Time at = now();
    if ((call.apart & Call::probed) != 0) {
      state.close(later(at, std::chrono::hours{24}));
      return Reaction::pass();
    }
    if (verdict.hint <= Duration::zero() || verdict.hint > options_.longest_hint || attempts_left(call, attempt, verdict.kind) == 0)
      return Reaction::pass();
    if (call.failures == 1) call.first_ms = milliseconds(at);
    const Time when = later(at, with_jitter(verdict.hint, now, attempt.remaining(at)));
    if (when >= attempt.deadline || !state.claim(at, when)) return Reaction::pass();
    call.apart |= Call::probed;
    return Reaction::again_at(when, WaitSource::hint);
  }

  [[nodiscard]] Reaction again_after(Call& call, Now now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    const std::uint32_t left = attempts_left(call, attempt, verdict.kind);
    if (left == 0) return Reaction::pass().because(Note::attempts_spent);

    if (limits_time_) {  // from the first failure on this target, whatever its kind
      const Duration longest = options_.longest_by_kind[verdict.kind];
      const std::uint32_t at_ms = milliseconds(now());
      if (call.failures == 1) call.first_ms = at_ms;
      if (longest > Duration::zero() && std::chrono::milliseconds{at_ms - call.first_ms} > longest)
        return Reaction::pass().because(Note::time_spent);
    }

    if (verdict.hint > options_.longest_hint) return Reaction::pass().earliest(later(now(), verdict.hint)).because(Note::hint_too_long);
    Duration wait{};
    if constexpr (sound) wait = backoff_wait(options_.backoff, call.failures, now, call.waited_before, verdict.kind);
    call.waited_before = wait;
    if (options_.squeeze_to > Duration::zero() && attempt.deadline != end_of_time)
      // An even part of the time left for each attempt that is left, and one more part, so that the last one begins before the deadline.
      wait = detail::min(wait, detail::max(attempt.remaining(now()) / (left + 1), options_.squeeze_to));
    WaitSource source = WaitSource::backoff;
    if (verdict.hint > wait) {
      wait = with_jitter(verdict.hint, now, attempt.remaining(now()));
      source = WaitSource::hint;
    }
    if (wait == Duration::zero()) return Reaction::again_now();
    return Reaction::again_at(later(now(), wait), source);
  }

  // Upwards only: an early return would be refused again. No longer than the longest hint, and with at least half of what the deadline
  // leaves beyond the hint for the attempt: where the spread would lose a call that the hint alone does not.
  [[nodiscard]] Duration with_jitter(Duration hint, Now now, Duration left) const noexcept {
    const Duration wished{static_cast<Duration::rep>(options_.hint_jitter * static_cast<double>(hint.count()))};
    const Duration widest = detail::min(wished, detail::min(options_.longest_hint - hint, (left - hint) / 2));
    return hint + jittered(widest, Duration::zero(), Jitter::full, now);
  }

  static std::uint32_t milliseconds(Time at) noexcept {
    return static_cast<std::uint32_t>(std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count());
  }

  [[nodiscard]] constexpr std::uint32_t most_of(Kind kind, std::uint32_t general) const noexcept {
    if (const std::uint32_t special = options_.attempts_by_kind[kind]; special > 0) return special;
    const bool is_rarely_cured = kind == Kind::no_image || kind == Kind::recitation || kind == Kind::auth;
    return is_rarely_cured ? detail::min(general, 2U) : general;
  }

  // Counts this failure, and says how many attempts are left after it.
  [[nodiscard]] std::uint32_t attempts_left(Call& call, const Attempt& attempt, Kind kind) const noexcept {
    const auto less = [](std::uint32_t all, std::uint32_t used) { return all - detail::min(all, used); };
    const std::uint32_t general = attempt.attempts > 0 ? attempt.attempts : options_.attempts;
    const std::uint32_t special = options_.attempts_by_kind[kind];
    const bool is_patient = special > general;
    ++call.failures;
    if (is_patient) ++call.apart;
    const std::uint32_t apart = call.apart & ~std::uint32_t{Call::probed};
    const std::uint32_t of_kind = is_patient ? less(special, call.failures) : less(most_of(kind, general), call.failures - apart);
    return attempt.attempts > 0 ? detail::min(of_kind, less(attempt.attempts, call.failures))
                                : of_kind;  // the caller's own bounds all kinds
  }

  // What the failures of one call can come to, whatever their order: first those of the kind that has most attempts, then those that count
  // against the rest.
  [[nodiscard]] constexpr std::uint32_t most_attempts() const noexcept {
    std::uint32_t patient = 0;
    std::uint32_t rest = 0;
    for (std::size_t i = 0; i < kinds; ++i) {
      const auto kind = static_cast<Kind>(i);
      if (kind == Kind::ok || kind == Kind::abandoned) continue;
      const std::uint32_t special = options_.attempts_by_kind[kind];
      if (special > options_.attempts)
        patient = detail::max(patient, special);
      else
        rest = detail::max(rest, most_of(kind, options_.attempts));
    }
    if (patient == 0 || rest == 0) return detail::max(patient, rest);
    return patient - 1 + rest;
  }

  [[nodiscard]] constexpr Duration squeezed(Duration wait, bool has_deadline) const noexcept {
    const bool squeezes = has_deadline && options_.squeeze_to > Duration::zero();
    return squeezes ? detail::min(wait, options_.squeeze_to) : wait;
  }

  // Of `attempts`, how many begin when each takes its longest, and each own wait, which `squeeze_to` may shorten. Where nothing says how
  // long one takes or a wait lasts, that counts as nothing.
  [[nodiscard]] constexpr Fit fit(const WorstCase& inside) const noexcept {
    Fit found{.policy = "Retry",
              .parts = "attempts",
              .wanted = detail::min(most_attempts(), options_.attempts),
              .begun = 1,
              .each = inside.attempt < forever ? inside.attempt : Duration::zero(),
              .deadline = inside.deadline,
              .cure = "raise the deadline, or lower attempts, the time of each or the backoff"};
    Duration begins{};
    WaitRange wait{Duration::zero(), Duration::zero()};
    for (std::uint32_t failures = 1; failures < found.wanted; ++failures) {
      if constexpr (sound) wait = backoff_range(options_.backoff, failures, wait);
      const Duration own = wait.longest < forever ? wait.longest : Duration::zero();
      found.waits += squeezed(own, true);
      if (begins >= found.deadline) continue;
      begins += detail::min(found.each, found.deadline - begins);
      const Duration share = (found.deadline - begins) / (found.wanted - failures + 1);
      begins += options_.squeeze_to > Duration::zero() ? detail::min(own, detail::max(share, options_.squeeze_to)) : own;
      if (begins < found.deadline) ++found.begun;
    }
    return found;
  }

  RetryOptions<Backoff> options_;
  bool limits_time_ = false;
};

Retry() -> Retry<>;

}  // namespace ductile::inline DUCTILE_VERSION
