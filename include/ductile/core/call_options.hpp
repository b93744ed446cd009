// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>  // Attempt, TargetSet
#include <ductile/core/failure.hpp>  // Failure
#include <ductile/core/kind.hpp>     // Kind
#include <ductile/core/now.hpp>      // Duration, Time

#include <cstdint>
#include <optional>

namespace ductile::inline DUCTILE_VERSION {

/// Lets attempts at some targets fail without being made: to try out what a program does when a target fails.
///
/// Nothing is sent and no quota is charged. All else happens as after a real failure, for other calls too: breakers count it, and a hint or
/// a `rest` closes the target.
struct ForcedFailure {
  TargetSet targets = 0;       ///< Which (bit i: target i; without a chain 1); 0: none.
  Kind kind = Kind::overload;  ///< As what they fail, with the kind's ordinary remedy. `Kind::ok`: they do not.
  Duration hint{};             ///< How long the target asks to wait; zero: it does not say.
};

/// What one call does differently from its pipeline.
struct CallOptions {
  std::optional<Duration>
      deadline{};              ///< For the whole call, from its start; takes the place of `Deadline`'s. Not above zero: fails at once.
  std::uint16_t attempts = 0;  ///< Most attempts on one target, the first included; 0: as `Retry` says.
  TargetSet targets = 0;       ///< Which targets of the chain may be used (bit i: target i); 0: all.
  std::uint8_t revisions = 0;  ///< How many other wordings of the request the operation has, by `Attempt::revision`; 0: none.
  ForcedFailure forced{};      ///< Which targets fail without being asked, for a test.
};

namespace detail {

// What reaches the outermost layer; `deadline` is the options' own, as a moment.
[[gnu::always_inline]] inline Attempt first_attempt(const CallOptions& options, Time deadline) noexcept {
  Attempt attempt;
  attempt.deadline = deadline;
  attempt.own_deadline = options.deadline.has_value();
  attempt.attempts = options.attempts;
  attempt.targets = options.targets;
  attempt.revisions = options.revisions;
  return attempt;
}

[[nodiscard]] constexpr bool is_forced(const ForcedFailure& forced, const Attempt& attempt) noexcept {
  return forced.kind != Kind::ok && (forced.targets >> attempt.target & 1U) != 0;
}

[[nodiscard]] inline Failure failure_of(const ForcedFailure& forced) {
  Verdict verdict;
  verdict.kind = forced.kind;
  verdict.remedy = default_remedy(forced.kind);
  verdict.says = Says::operation;
  verdict.sent = Sent::no;
  verdict.billed = Billed::no;
  verdict.hint = forced.hint;
  return Failure{verdict, "forced by CallOptions::forced; nothing was sent"};
}

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION
