// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/kind.hpp>          // Kind
#include <ductile/core/policy.hpp>        // Admission, Attempt, NoCall, NoState, Now, Role
#include <ductile/core/worst_case.hpp>

#include <chrono>

namespace ductile::inline DUCTILE_VERSION {

namespace detail {

// What both have in common: the answer to `admit` brings the attempt's deadline forward.
template <Role R>
class TimeLimit {
 public:
  static constexpr Role role = R;
  static constexpr unsigned edits = edits_deadline;
  static constexpr bool reads_time = true;

  template <class Rules>
  static constexpr void check(Duration limit, Rules& rules) {
    const bool fits = limit >= std::chrono::milliseconds{1} && limit <= std::chrono::hours{24 * 365};
    const double seconds = std::chrono::duration<double>(limit).count();
    if constexpr (R == Role::deadline)  // each text in its call, where a compiler shows it
      rules.require(fits, "Deadline: limit must be from 0.001 to 31536000 s", seconds);
    else
      rules.require(fits, "AttemptTimeout: limit must be from 0.001 to 31536000 s", seconds);
  }

  // After `check`: clang knows a constexpr template in a class only from there on.
  constexpr explicit TimeLimit(Duration limit) : limit_(limit) {
    RefusingRules rules;
    check(limit, rules);
  }

  [[nodiscard]] constexpr Duration limit() const noexcept { return limit_; }

  /// Whatever stands inside ends by it.
  [[nodiscard]] constexpr WorstCase worst_case(const WorstCase& inside) const noexcept { return inside.within(limit_); }

  [[nodiscard]] Admission admit(NoState&, NoCall&, Now now, const Attempt& attempt) const noexcept {
    if (R == Role::deadline && attempt.own_deadline) return Admission::go();  // the caller's own takes its place
    return Admission::go().until(later(now(), limit_));
  }

 private:
  Duration limit_;
};

}  // namespace detail

/// Bounds a whole call: all attempts and all waits between them.
///
/// Nothing is interrupted: attempts get the deadline (`Attempt::deadline`) and give it to their socket, and a wait that does not fit is
/// refused before it begins, with `earliest_retry_at`. A call's own `CallOptions::deadline` takes its place. Order: outside `Retry`
/// (refused: E0202), `FallbackChain` (E0210) and `Reword` (E0223).
///
/// `Deadline{2min}`: the limit is from 1 ms to 365 days.
///
/// Errors   `ConfigError` when the limit is out of range.
/// Threads  Immutable, no state.
/// Cost     A compare beside the clock reading that all layers share.
class Deadline : public detail::TimeLimit<Role::deadline> {
 public:
  using TimeLimit::TimeLimit;
};

/// Bounds one attempt, from both sides: it ends after `limit`, and it is not begun with less than `least` of the call's time left, since a
/// call that cannot be answered any more costs as much as any other.
///
/// Nothing is interrupted, as with `Deadline`: the attempt gets the earlier of the two ends. Order: inside `Retry` (refused: E0204),
/// `QuotaTracker` (E0213), `Bulkhead` (E0216) and `SlowStart` (E0221), innermost as a rule, so that no wait of another layer eats its time.
///
/// `AttemptTimeout{20s}`: the limit is from 1 ms to 365 days. `AttemptTimeout{20s, 2s}`: the least is from 0 to the limit.
///
/// Errors   `ConfigError` when a number is out of range; `Kind::deadline` where less than `least` is left.
/// Threads  Immutable, no state.
/// Cost     A compare beside the clock reading that all layers share; with `least` two.
class AttemptTimeout : public detail::TimeLimit<Role::attempt_timeout> {
 public:
  using TimeLimit::check;
  template <class Rules>
  static constexpr void check(Duration limit, Duration least, Rules& rules) {
    check(limit, rules);
    rules.require(least >= Duration::zero() && least <= limit, "AttemptTimeout: least must be from 0 s to limit",
                  std::chrono::duration<double>(least).count());
  }

  // After `check`: clang knows a constexpr template in a class only from there on.
  constexpr explicit AttemptTimeout(Duration limit, Duration least = Duration::zero()) : TimeLimit(limit), least_(least) {
    RefusingRules rules;
    check(limit, least, rules);
  }

  [[nodiscard]] constexpr Duration least() const noexcept { return least_; }

  [[nodiscard]] Admission admit(NoState& state, NoCall& call, Now now, const Attempt& attempt) const noexcept {
    if (least_ > Duration::zero() && attempt.remaining(now()) < least_) return Admission::reject(Kind::deadline);
    return TimeLimit::admit(state, call, now, attempt);
  }

 private:
  Duration least_;
};

}  // namespace ductile::inline DUCTILE_VERSION
