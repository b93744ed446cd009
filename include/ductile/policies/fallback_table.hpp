// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/by_kind.hpp>  // ByKind
#include <ductile/core/kind.hpp>     // Remedy, remedies
#include <ductile/core/verdict.hpp>  // FailureId, Verdict

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// What a fallback chain does after a failure.
enum class Next : std::uint8_t {
  here,    ///< Try again on this target, `attempts` in all while another target is left; then the next one.
  target,  ///< The next target at once.
  stop     ///< No further attempt anywhere.
};

/// The chain's answer for a class of failures.
struct NextStep {
  Next next = Next::target;
  std::uint8_t attempts = 1;  ///< With `here`: attempts on one target, the first included, while another is left, 1 to 255.

  friend constexpr bool operator==(const NextStep&, const NextStep&) = default;
};

/// Which step follows which failure. The most specific rule counts: catalogue id, then kind, then remedy.
///
/// Source   docs/gemini/what-happens.md shows the default, row by row.
class FallbackTable {
 public:
  /// The default: what one target cannot do another may (quota, a retired model, overload after a second try), what lies in the request or
  /// the account stops, and a safety verdict never reaches a second target.
  FallbackTable() = default;

  FallbackTable& set(Remedy remedy, NextStep step) {
    by_remedy_[static_cast<std::size_t>(remedy)] = step;
    return *this;
  }
  FallbackTable& set(Kind kind, NextStep step) {
    by_kind_.set(kind, {true, step});
    return *this;
  }
  FallbackTable& set(FailureId id, NextStep step) {
    by_id_.push_back({id, step});
    return *this;
  }

  /// Tells `rules` of each step that is out of range.
  template <class Rules>
  void check(Rules& rules) const {
    const auto check_step = [&rules](NextStep step) {
      rules.require(step.attempts >= 1, "FallbackChain: attempts of a table's step must be from 1 to 255", step.attempts);
    };
    for (const NextStep step : by_remedy_) check_step(step);
    for (const KindRule& rule : by_kind_) check_step(rule.step);
    for (const IdRule& rule : by_id_) check_step(rule.step);
  }

  [[nodiscard]] NextStep operator()(const Verdict& verdict) const noexcept {
    if (!(verdict.id == FailureId{}))
      for (std::size_t i = by_id_.size(); i-- > 0;)  // the last one that was set counts
        if (by_id_[i].id == verdict.id) return by_id_[i].step;
    if (const KindRule& rule = by_kind_[verdict.kind]; rule.is_set) return rule.step;
    return by_remedy_[static_cast<std::size_t>(verdict.remedy)];
  }

 private:
  struct IdRule {
    FailureId id;
    NextStep step;
  };

  struct KindRule {
    bool is_set = false;
    NextStep step{};
  };

  static constexpr NextStep stop{Next::stop};
  static constexpr NextStep next{Next::target};
  static constexpr NextStep twice{Next::here, 2};

  std::array<NextStep, remedies> by_remedy_{stop, twice, twice, next, next, stop};  // in the order of Remedy
  ByKind<KindRule> by_kind_{{},
                            {{Kind::quota, {true, next}},
                             {Kind::safety_prompt, {true, stop}},
                             {Kind::safety_output, {true, stop}},
                             {Kind::prohibited, {true, stop}},
                             {Kind::circuit_open, {true, next}},
                             {Kind::bulkhead_full, {true, next}},
                             {Kind::store_unavailable, {true, next}}}};
  // What empties the account empties it for every model.
  std::vector<IdRule> by_id_{{"prepay-depleted-402", stop}, {"prepay-depleted-429", stop}, {"spend-cap-monthly", stop}};
};

}  // namespace ductile::inline DUCTILE_VERSION
