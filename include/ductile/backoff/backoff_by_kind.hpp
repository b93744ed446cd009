// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/backoff_policy.hpp>  // BackoffPolicy, backoff_range, backoff_wait, explain_backoff
#include <ductile/core/now.hpp>             // Duration, Now
#include <ductile/core/verdict.hpp>         // Kind
#include <ductile/core/wait_range.hpp>
#include <ductile/detail/min_max.hpp>

#include <tuple>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

/// A backoff for failures of one kind: `ForKind{Kind::rate_limit, Constant{20s}}`.
template <class Backoff>
struct ForKind {
  Kind kind = Kind::other;
  Backoff backoff{};
};

/// Another backoff for some kinds: `BackoffByKind{Exponential{}, ForKind{Kind::rate_limit, Constant{20s}}}`.
///
/// Each may have a type of its own; which one is asked is found by comparing kinds, after a failure. All are told the failures of the
/// call so far, of whatever kind, and the wait before, whichever of them gave it. The first row of a kind counts.
///
/// Cost     A comparison for each row, beside the backoff that is asked. No allocation, no indirect call.
template <class Otherwise, class... Backoffs>
class BackoffByKind {
  static constexpr bool sound = (detail::explain_backoff<Otherwise>() && ... && detail::explain_backoff<Backoffs>());

 public:
  constexpr explicit BackoffByKind(Otherwise otherwise, ForKind<Backoffs>... rows)
      : otherwise_(std::move(otherwise)), rows_(std::move(rows)...) {}

  [[nodiscard]] constexpr Duration operator()(unsigned failures, Now now, Duration before, Kind kind) const noexcept {
    Duration wait{};
    if constexpr (sound) {
      const auto ask = [&](const auto& row) {
        if (row.kind != kind) return false;
        wait = backoff_wait(row.backoff, failures, now, before, kind);
        return true;
      };
      const bool found = std::apply([&](const auto&... row) { return (ask(row) || ...); }, rows_);
      if (!found) wait = backoff_wait(otherwise_, failures, now, before, kind);
    }
    return wait;
  }

  /// Between which spans the wait lies, whatever the kind. \param before The range of the wait before.
  [[nodiscard]] constexpr WaitRange range(unsigned failures, WaitRange before) const noexcept {
    WaitRange all = backoff_range(otherwise_, failures, before);
    const auto add = [&](const auto& row) {
      const WaitRange one = backoff_range(row.backoff, failures, before);
      all.shortest = detail::min(all.shortest, one.shortest);
      all.longest = detail::max(all.longest, one.longest);
    };
    std::apply([&](const auto&... row) { (add(row), ...); }, rows_);
    return all;
  }

  template <class Rules>
  constexpr void check(Rules& rules) const {
    check_one(otherwise_, rules);
    std::apply([&](const auto&... row) { (check_one(row.backoff, rules), ...); }, rows_);
  }

 private:
  template <class Backoff, class Rules>
  static constexpr void check_one(const Backoff& backoff, Rules& rules) {
    if constexpr (requires { backoff.check(rules); }) backoff.check(rules);
  }

  Otherwise otherwise_;
  std::tuple<ForKind<Backoffs>...> rows_;
};

template <class Otherwise, class... Backoffs>
BackoffByKind(Otherwise, ForKind<Backoffs>...) -> BackoffByKind<Otherwise, Backoffs...>;

}  // namespace ductile::inline DUCTILE_VERSION
