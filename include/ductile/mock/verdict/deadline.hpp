// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>           // Duration
#include <ductile/mock/journal.hpp>           // Entry
#include <ductile/mock/verdict/answered.hpp>  // waste_of
#include <ductile/mock/verdict/finding.hpp>   // Fault, Findings
#include <ductile/mock/verdict/job.hpp>       // Job

#include <chrono>

namespace ductile::inline DUCTILE_VERSION::mock {

/// Judges what `now` says in X-Server-Timeout, and keeps it in `job`.
///
/// Most clients send the same limit with each attempt: that is no deadline of a call. It is one where what is left shrinks as time passes.
inline void judge_deadline(const Entry& now, Job& job, Findings& findings) {
  constexpr Duration rounding = std::chrono::milliseconds{1500};  // clients round up to whole seconds
  if (!now.time_left) return;
  const Duration left = *now.time_left;
  Job::Declared said{.time = now.time, .left = left, .number = now.number};
  if (left <= Duration::zero()) findings.add(Fault::slept_past_deadline, {now.number, 0}, waste_of(now));
  if (job.declared && left > Duration::zero() && left <= job.declared->left) {  // with more time left it is another call
    const Job::Declared& before = *job.declared;
    const Duration passed = now.time - before.time;
    const Duration off = before.left - left - passed;
    said.deadline = before.deadline;
    if (before.deadline && now.time > *before.deadline + rounding)
      findings.add(Fault::slept_past_deadline, {now.number, before.number}, waste_of(now));
    else if (passed > rounding && off < rounding && off > -rounding)
      said.deadline = now.time + left;
  }
  job.declared = said;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
