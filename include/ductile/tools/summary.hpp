// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/duration_text.hpp>  // duration_text
#include <ductile/tools/job.hpp>            // Job
#include <ductile/tools/job_record.hpp>     // JobOutcome, JobRecord, Shortfall
#include <ductile/tools/progress.hpp>       // Progress
#include <ductile/tools/report.hpp>         // RunFacts, RunTotals, totals_of

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// What a person wants to know when a run is over: the counts, and of each job without an image why and what to do.
[[nodiscard]] inline std::vector<std::string> summary_lines(const std::vector<Job>& jobs, const std::vector<JobRecord>& records,
                                                            const RunFacts& facts) {
  const RunTotals totals = totals_of(records);
  std::string counts =
      std::to_string(totals.jobs) + (totals.jobs == 1 ? " job: " : " jobs: ") + std::to_string(totals.count(JobOutcome::ok)) + " made";
  const auto add = [&](JobOutcome outcome, std::string_view word) {
    if (const std::size_t count = totals.count(outcome); count > 0) counts += ", " + std::to_string(count) + " " + std::string{word};
  };
  add(JobOutcome::kept, "kept");
  add(JobOutcome::failed, "failed");
  add(JobOutcome::cancelled, "not finished (the run was stopped)");
  add(JobOutcome::not_started, "not begun");
  counts += "; " + Progress::attempts_text(totals.attempts) + ", " + duration_text(totals.waited) + " waited in all, " +
            duration_text(facts.took) + (facts.time_scale ? " of the service's time" : "");

  std::vector<std::string> lines{counts};
  const auto list = [&](std::string_view heading, bool unfinished) {
    bool first = true;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (records[i].outcome != JobOutcome::failed || (records[i].shortfall() == Shortfall::unfinished) != unfinished) continue;
      if (first) lines.emplace_back(heading);
      first = false;
      lines.push_back("  " + jobs[i].id + ": " + Progress::failure_text(records[i]));
    }
  };
  list("Refused as they stand:", false);
  list("Not made:", true);
  for (const JobRecord& record : records) {
    if (record.outcome != JobOutcome::not_started) continue;
    lines.push_back("Not begun: " + record.why + "." + (record.fix.empty() ? "" : " " + record.fix));
    break;
  }
  if (totals.unfinished > 0) lines.emplace_back("Run it again to make what is missing; what is made is kept.");
  return lines;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
