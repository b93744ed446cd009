// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/policy.hpp>        // Admission, Attempt, NoCall, NoState, Now, Role

#include <chrono>

namespace ductile::inline DUCTILE_VERSION {

namespace detail {
template <class Rules>
constexpr void check_limit(Duration limit, const char* rule, Rules& rules) {
  rules.require(limit >= std::chrono::milliseconds{1} && limit <= std::chrono::hours{24 * 365}, rule,
                std::chrono::duration<double>(limit).count());
}
}  // namespace detail

/// Bounds a whole call: all attempts and all waits between them.
///
/// Nothing is interrupted: attempts get the deadline (`Attempt::deadline`) and give it to their socket, and a wait that does not fit is
/// refused before it begins, with `earliest_retry_at`. A call's own `CallOptions::deadline` takes its place. Order: outside `Retry`
/// (refused: E0202).
///
/// Errors   `ConfigError` when the limit is not from 1 ms to 365 days.
/// Threads  Immutable, no state.
/// Cost     A compare beside the clock reading that all layers share.
class Deadline {
 public:
  static constexpr Role role = Role::deadline;
  static constexpr unsigned edits = edits_deadline;
  static constexpr bool reads_time = true;

  template <class Rules>
  static constexpr void check(Duration limit, Rules& rules) {
    detail::check_limit(limit, "Deadline: limit must be from 0.001 to 31536000 s", rules);
  }

  // After `check`: clang knows a constexpr template in a class only from there on.
  constexpr explicit Deadline(Duration limit) : limit_(limit) {
    RefusingRules rules;
    check(limit, rules);
  }

  [[nodiscard]] constexpr Duration limit() const noexcept { return limit_; }

  [[nodiscard]] Admission admit(NoState&, NoCall&, Now now, const Attempt& attempt) const noexcept {
    if (attempt.own_deadline) return Admission::go();
    return Admission::go().until(later(now(), limit_));
  }

 private:
  Duration limit_;
};

/// Bounds one attempt.
///
/// Order: inside `Retry` (refused: E0204), innermost as a rule, so that no wait of another layer eats its time.
///
/// Errors   `ConfigError` when the limit is not from 1 ms to 365 days.
/// Threads  Immutable, no state.
/// Cost     A compare beside the clock reading that all layers share.
class AttemptTimeout {
 public:
  static constexpr Role role = Role::attempt_timeout;
  static constexpr unsigned edits = edits_deadline;
  static constexpr bool reads_time = true;

  template <class Rules>
  static constexpr void check(Duration limit, Rules& rules) {
    detail::check_limit(limit, "AttemptTimeout: limit must be from 0.001 to 31536000 s", rules);
  }

  // After `check`: clang knows a constexpr template in a class only from there on.
  constexpr explicit AttemptTimeout(Duration limit) : limit_(limit) {
    RefusingRules rules;
    check(limit, rules);
  }

  [[nodiscard]] constexpr Duration limit() const noexcept { return limit_; }

  [[nodiscard]] Admission admit(NoState&, NoCall&, Now now, const Attempt&) const noexcept {
    return Admission::go().until(later(now(), limit_));
  }

 private:
  Duration limit_;
};

}  // namespace ductile::inline DUCTILE_VERSION
