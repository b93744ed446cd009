// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/by_kind.hpp>       // ByKind
#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/kind.hpp>          // Kind, Remedy, Says
#include <ductile/core/policy.hpp>        // Admission, Attempt, Now, Reaction, Role, Verdict
#include <ductile/core/worst_case.hpp>

#include <array>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

struct RewordOptions {
  unsigned most = 3;     ///< Most other wordings that a call tries, 0 to 8; 0: none.
  unsigned rerolls = 0;  ///< How often the same words are asked once more before they are changed, 0 to 2. Each may be billed.
  /// After which failures, where their remedy is `after_prompt_change`. Not `prohibited`: what a law or a contract forbids is not asked for
  /// in other words.
  ByKind<bool> kinds{false, {{Kind::safety_prompt, true}, {Kind::safety_output, true}, {Kind::recitation, true}}};
  /// Rows that are reworded too, whatever their kind, where their remedy is `after_prompt_change`; "unknown" leaves a place empty.
  std::array<FailureId, 4> rows{};
};

/// Asks for the same thing in other words where the words were refused.
///
/// The words are the operation's: it sends those of `Attempt::revision`, 0 as the caller wrote them, 1 the first other wording, and says by
/// `CallOptions::revisions` how many others it has. A call that has none is left alone. A new wording is a new trip through all layers
/// inside, at once: what was refused was the request, not the service.
/// Order: outside `FallbackChain` and `Retry` (E0217), since no other target is asked with words that were refused; inside `Deadline`
/// (E0223), whose time all wordings share.
///
/// Errors   `ConfigError` when an option is out of range. Where no wording passes, the failure is the last one's.
/// Threads  Immutable, without a state.
/// Cost     Success: nothing, it is not asked. Failure: a compare.
/// Source   docs/policies/reword.md has what is known of how often it helps.
class Reword {
 public:
  static constexpr Role role = Role::reword;
  static constexpr unsigned edits = edits_revision;
  static constexpr bool settles_failures_only = true;

  struct Call {
    std::uint8_t revision = 0;
    std::uint8_t rerolls = 0;  // of these words
  };

  template <class Rules>
  static constexpr void check(const RewordOptions& options, Rules& rules) {
    rules.require(options.most <= 8, "Reword: most must be from 0 to 8", options.most);
    rules.require(options.rerolls <= 2, "Reword: rerolls must be from 0 to 2", options.rerolls);
  }

  // After `check`: clang knows a constexpr template in a class only from there on.
  constexpr explicit Reword(RewordOptions options = {}) : options_(options) {
    RefusingRules rules;
    check(options_, rules);
  }

  [[nodiscard]] constexpr const RewordOptions& options() const noexcept { return options_; }

  /// Each wording, asked for as often as `rerolls` allows. That a call has fewer nobody knows before it comes.
  [[nodiscard]] constexpr WorstCase worst_case(const WorstCase& inside) const noexcept {
    WorstCase worst = inside.times(rounds());
    if (inside.deadline < forever && inside.attempt < forever) worst.fit = fit(inside);
    return worst;
  }

  [[nodiscard, gnu::always_inline]] Admission admit(NoState&, Call& call, Now, const Attempt&) const noexcept {
    return Admission::go().revised(call.revision);
  }

  [[nodiscard]] Reaction settle(NoState&, Call& call, Now, const Attempt& attempt, const Verdict& verdict) const noexcept {
    if (!is_of_the_words(verdict)) return Reaction::pass();
    if (call.rerolls < options_.rerolls) {
      ++call.rerolls;
      return Reaction::again_now();
    }
    if (call.revision >= options_.most || call.revision >= attempt.revisions) return Reaction::pass();
    ++call.revision;
    call.rerolls = 0;
    return Reaction::again_now();
  }

 private:
  [[nodiscard]] constexpr std::uint32_t rounds() const noexcept { return (1 + options_.most) * (1 + options_.rerolls); }

  // How many of them begin before the deadline when each is one attempt that is refused as late as it may be. Attempts that fail for other
  // reasons are not counted, so what does not fit so fits even less.
  [[nodiscard]] constexpr Fit fit(const WorstCase& inside) const noexcept {
    return {.policy = "Reword",
            .parts = options_.rerolls > 0 ? "wordings and rerolls" : "wordings",
            .wanted = rounds(),
            .begun = detail::begun_before(inside.deadline, inside.attempt, rounds()),
            .each = inside.attempt,
            .deadline = inside.deadline,
            .cure = "raise the deadline, or lower most, rerolls or the time of an attempt"};
  }

  [[nodiscard]] bool is_of_the_words(const Verdict& verdict) const noexcept {
    if (verdict.remedy != Remedy::after_prompt_change || verdict.says == Says::policy || verdict.says == Says::caller) return false;
    if (options_.kinds[verdict.kind]) return true;
    for (const FailureId row : options_.rows)
      if (row == verdict.id && !(row == FailureId{})) return true;
    return false;
  }

  RewordOptions options_;
};

}  // namespace ductile::inline DUCTILE_VERSION
