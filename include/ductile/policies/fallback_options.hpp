// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>      // Exponential
#include <ductile/core/attempt.hpp>             // TargetSet, most_targets
#include <ductile/core/by_kind.hpp>             // ByKind
#include <ductile/core/config_error.hpp>        // RulesWithin
#include <ductile/core/kind.hpp>                // Kind
#include <ductile/core/target.hpp>              // Target, any_price
#include <ductile/core/verdict.hpp>             // Duration
#include <ductile/policies/fallback_table.hpp>  // FallbackTable

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// What a chain does when no target is left: each has failed in this round, has an open circuit, or rests; and waiting could help.
enum class OnAllOpen : std::uint8_t {
  wait,      ///< Wait for the first one that may take a call again, as long as the deadline allows. Without a deadline: fail.
  fail,      ///< Fail at once, with `earliest_retry_at`.
  least_bad  ///< Ask the one that opens first all the same, once, past its breaker, if the call has not asked it yet; else fail at once.
};

struct FallbackOptions {
  std::vector<Target> targets;  ///< In the order of preference, 1 to 16, each with a name of its own.
  FallbackTable table{};        ///< Which step follows which failure.
  OnAllOpen on_all_open = OnAllOpen::wait;
  double patience = 0.05;            ///< Share of the time left that a target may make a call wait while a later one is free, 0 to 1.
  double patience_when_long = 0.25;  ///< The same when more than `long_slack` is left.
  Duration long_slack = std::chrono::hours{2};  ///< 0 to 30 days.
  Exponential between_rounds{.base = std::chrono::seconds{3},
                             .cap = std::chrono::seconds{60}};  ///< Wait before all targets are tried anew.
  /// How long a target rests, for all calls, after a failure of this kind that was not tried again on it; zero: not at all. 0 to 1 day. It
  /// has no effect where the table stops.
  ByKind<Duration> rest{Duration::zero(), {{Kind::not_found, std::chrono::minutes{10}}, {Kind::permission, std::chrono::minutes{10}}}};
  /// Whether a failure of this kind is reason to wait and try all targets anew. Not for what a repeat rarely cures and mostly costs.
  ByKind<bool> begin_anew{true, {{Kind::recitation, false}, {Kind::no_image, false}, {Kind::other, false}, {Kind::auth, false}}};
  ByKind<Duration> give_up_after{Duration::zero(),
                                 {}};  ///< A call whose first failure is so old stops at a failure of this kind; zero: never.
  /// No target whose `Target::price` is above it is asked; USD, 0 to `any_price`. A price that is not known is above all but `any_price`.
  /// None: no target that is known to be dearer than the first.
  std::optional<double> price_ceiling{};
  /// Most that a hint of what may be tried again makes a target rest for all calls; a longer one is reported to the call that got it. 0
  /// (hints make none rest) to 1 day.
  Duration longest_rest = std::chrono::minutes{10};
  /// How much later than the end of a rest a call begins that waited for it, at most, as a share of its wait. 0 to 1. Not all who wait for
  /// one target may come at one moment; of those whom an open circuit keeps out its breaker lets in no more than its probes anyway, on
  /// time.
  double rest_jitter = 0.1;

  /// Tells `rules` of each option that is out of range.
  template <class Rules>
  void check(Rules& rules) const {
    using Seconds = std::chrono::duration<double>;
    constexpr Duration day = std::chrono::hours{24};
    rules.require(!targets.empty() && targets.size() <= most_targets, "FallbackChain: targets must be from 1 to 16",
                  static_cast<double>(targets.size()));
    for (const Target& target : targets)
      rules.require(!target.price || (*target.price >= 0.0 && *target.price < any_price),
                    "FallbackChain: a target's price must be from 0 USD and finite", target.price.value_or(0.0));
    check_names(rules);
    table.check(rules);
    check_ceiling(rules);
    rules.require(targets.empty() || affordable() != 0, "FallbackChain: price_ceiling must leave a target", price_ceiling.value_or(0.0));
    rules.require(patience >= 0.0 && patience <= 1.0, "FallbackChain: patience must be from 0 to 1", patience);
    rules.require(patience_when_long >= 0.0 && patience_when_long <= 1.0, "FallbackChain: patience_when_long must be from 0 to 1",
                  patience_when_long);
    rules.require(long_slack >= Duration::zero() && long_slack <= 30 * day, "FallbackChain: long_slack must be from 0 to 2592000 s",
                  Seconds(long_slack).count());
    for (const Duration each : rest)
      rules.require(each >= Duration::zero() && each <= day, "FallbackChain: rest must be from 0 to 86400 s", Seconds(each).count());
    for (const Duration limit : give_up_after)
      rules.require(limit >= Duration::zero() && limit <= 30 * day, "FallbackChain: give_up_after must be from 0 to 2592000 s",
                    Seconds(limit).count());
    rules.require(longest_rest >= Duration::zero() && longest_rest <= day, "FallbackChain: longest_rest must be from 0 to 86400 s",
                  Seconds(longest_rest).count());
    rules.require(rest_jitter >= 0.0 && rest_jitter <= 1.0, "FallbackChain: rest_jitter must be from 0 to 1", rest_jitter);
    const RulesWithin<Rules> within{rules, "FallbackChain: between_rounds: "};
    between_rounds.check(within);
  }

  /// The part of `check` that also holds for who applies the ceiling to each request.
  template <class Rules>
  void check_ceiling(Rules& rules) const {
    rules.require(!price_ceiling || *price_ceiling >= 0.0, "FallbackChain: price_ceiling must be from 0 to any_price",
                  price_ceiling.value_or(0.0));
  }

  /// Reports and metrics tell targets apart by their names alone.
  template <class Rules>
  void check_names(Rules& rules) const {
    for (std::size_t i = 0; i < targets.size(); ++i)
      if (targets[i].name.empty())
        rules.refuse("FallbackChain: each target must have a name; that of target " + std::to_string(i) + " is empty");
    for (std::size_t later = 1; later < targets.size(); ++later)
      for (std::size_t earlier = 0; earlier < later; ++earlier)
        if (targets[earlier].name == targets[later].name)
          rules.refuse("FallbackChain: each target must have a name of its own; targets " + std::to_string(earlier) + " and " +
                       std::to_string(later) + " are both called \"" + targets[later].name + '"');
  }

  /// The targets that no ceiling excludes.
  [[nodiscard]] TargetSet affordable() const noexcept {
    TargetSet set = 0;
    const std::optional<double> first = targets.empty() ? std::nullopt : targets.front().price;
    for (unsigned i = 0; i < targets.size() && i < most_targets; ++i) {
      const std::optional<double> price = targets[i].price;
      const bool fits = price_ceiling ? price.value_or(any_price) <= *price_ceiling : !(first && price && *price > *first);
      if (fits) set = static_cast<TargetSet>(set | 1U << i);
    }
    return set;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION
