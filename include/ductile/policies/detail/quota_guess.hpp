// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Duration, Time, later
#include <ductile/detail/min_max.hpp>

#include <chrono>
#include <cstdint>
#include <limits>

namespace ductile::inline DUCTILE_VERSION::detail {

// What our own count says of a window, where the service refuses without a word about which one is full. It takes no more than it had taken
// then; that it still takes no more is a guess, too, which is tried in the end.
class QuotaGuess {
 public:
  static constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max() / 4;

  // The limit in force.
  [[nodiscard]] std::int64_t limit() const noexcept { return rests_ > 0 ? 1 : limit_; }

  // The service has refused without details.
  // \param taken By the window, in the span that ends now.
  // \return How long the window is to be closed, at most `longest_spans`.
  [[nodiscard]] Duration refused(Time now, Duration span, std::int64_t taken, Duration hint) noexcept {
    const Duration longest{longest_spans * span.count()};
    if (refused_ <= now - span) before_ = limit_;
    Duration closed_for = detail::min(detail::max(hint, Duration{}), longest);
    if (taken > 0) {
      limit_ = detail::min(limit_, taken);
      step_ = detail::max<std::int64_t>(limit_ / 8, 1);
      rests_ = 0;
      grows_ = later(now, closed_for + longest);
    } else {
      // Something is full that outlasts the span: one attempt finds out, less and less often. What was on its way with this one was not
      // taken, either.
      limit_ = before_;
      const Duration rest = rests_ == 0 ? Duration{} : detail::min(Duration{span.count() / 8 << rests_}, longest);
      if (rest < longest) ++rests_;
      closed_for = detail::max(closed_for, rest);
      grows_ = later(now, closed_for + span);
    }
    holds_up_ = false;
    refused_ = now;
    return closed_for;
  }

  // Somebody waits for this limit's sake.
  void hold_up() noexcept { holds_up_ = limit() < no_limit; }

  // Where it holds somebody up, a guess grows, by twice as much each span.
  void grow(Time now, Duration span) noexcept {
    if (!holds_up_ || grows_ > now) return;
    if (rests_ == 0) {
      limit_ = detail::min(limit_ + step_, no_limit);
      step_ = detail::min(2 * step_, no_limit);
    }
    rests_ = 0;
    holds_up_ = false;
    grows_ = later(now, span);
  }

  // Accounts are upgraded.
  void forget_what_is_old(Time now) noexcept {
    if (limit() < no_limit && later(refused_, std::chrono::hours{24}) <= now) *this = {};
  }

 private:
  static constexpr int longest_spans = 10;

  std::int64_t limit_ = no_limit;
  std::int64_t before_ = no_limit;  // the refusals that come one upon the other
  std::int64_t step_ = 1;
  int rests_ = 0;  // how often nothing had been taken, and one more was refused
  bool holds_up_ = false;
  Time refused_ = Time::min();  // the last time
  Time grows_{};                // not before then
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
