// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>              // is_about_content, Kind, Remedy
#include <ductile/core/verdict.hpp>           // Duration
#include <ductile/mock/journal.hpp>           // Entry
#include <ductile/mock/pacific.hpp>           // pacific_day, until_pacific_midnight
#include <ductile/mock/verdict/answered.hpp>  // Answered, waste_of
#include <ductile/mock/verdict/finding.hpp>   // Fault, Findings
#include <ductile/mock/verdict/job.hpp>       // Job

#include <chrono>

namespace ductile::inline DUCTILE_VERSION::mock {

/// The most that a clock which is wrong, or a rule of summer time, makes a client come early to the day's reset.
inline constexpr Duration last_hour_of_the_day = std::chrono::hours{1};

namespace detail {

// Whether a limit of the project that was met then is still closed, for every key of it.
inline bool limit_holds(const Answered& last, WallTime now) {
  if (last.failure->remedy == Remedy::next_day) return pacific_day(now) == pacific_day(last.time);
  if (last.failure->remedy == Remedy::never) return true;  // a limit of zero, a balance that is spent
  return now < last.time + (last.hint > Duration::zero() ? last.hint : std::chrono::minutes{1});
}

// Whether it slept most of what was left of the day, and not all of it.
inline bool came_just_too_early(const Answered& last, WallTime now) {
  return until_pacific_midnight(now) <= last_hour_of_the_day && 2 * (now - last.time) >= until_pacific_midnight(last.time);
}

}  // namespace detail

/// Judges `now` by what its job was answered before, by this model or by another: each request has one fault of these, or none.
inline void judge_repeat(const Entry& now, const Job& job, Findings& findings) {
  const auto guilty = [&](Fault fault, const Answered& last) { findings.add(fault, {now.number, last.number}, waste_of(now)); };

  // Here a good answer is what should not have been bought.
  for (const Job::Turn& turn : job.turns)
    if (turn.model != now.model && turn.last.failure_known_at(now.time) && is_about_content(turn.last.failure->kind))
      return findings.add(Fault::fell_back_on_safety, {now.number, turn.last.number}, now.price);

  const Job::Turn* turn = job.find(now.model);
  if (!turn || !turn->last.failure_known_at(now.time)) return;
  const Answered& last = turn->last;
  const gemini::FailureRow& failure = *last.failure;
  const bool same_request = last.request == now.request;

  if (is_about_content(failure.kind)) {
    if (same_request) guilty(Fault::paid_twice_for_blocked_prompt, last);
    return;
  }
  if (last.key != now.key) {
    const bool limit = failure.http_status == 429 && (failure.kind == Kind::rate_limit || failure.kind == Kind::quota);
    if (limit && detail::limit_holds(last, now.time)) guilty(Fault::switched_key_same_project, last);
    return;
  }
  switch (failure.remedy) {
    case Remedy::next_day:
      if (pacific_day(now.time) != pacific_day(last.time)) return;
      return guilty(detail::came_just_too_early(last, now.time) ? Fault::crossed_reset_early : Fault::retried_spent_day, last);
    case Remedy::never:
    case Remedy::other_model:
    case Remedy::after_prompt_change:
      if (same_request) guilty(Fault::retried_non_retryable, last);
      return;
    case Remedy::immediately:
    case Remedy::after_delay:
      if (now.time < last.time + last.hint) guilty(Fault::retry_before_hint, last);
      return;
  }
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
