// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>        // Failure
#include <ductile/core/kind.hpp>           // Billed, Kind
#include <ductile/core/trail.hpp>          // TrailEntry
#include <ductile/core/verdict.hpp>        // Duration
#include <ductile/gemini/failures.hpp>     // find_failure
#include <ductile/tools/image_folder.hpp>  // ImageFile
#include <ductile/tools/problem.hpp>       // Ending

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// How a job ended.
enum class JobOutcome : std::uint8_t {
  ok,          ///< Its image was made in this run.
  kept,        ///< Its image was there already.
  failed,      ///< It has no image, and says why.
  cancelled,   ///< The program was told to end while it was under way.
  not_started  ///< The run ended before its turn.
};

[[nodiscard]] constexpr const char* name(JobOutcome outcome) noexcept {
  switch (outcome) {
    case JobOutcome::ok: return "ok";
    case JobOutcome::kept: return "kept";
    case JobOutcome::failed: return "failed";
    case JobOutcome::cancelled: return "cancelled";
    case JobOutcome::not_started: return "not_started";
  }
  return "failed";
}

/// What the lack of an image says about the whole run.
enum class Shortfall : std::uint8_t {
  none,       ///< There is an image.
  refused,    ///< Its content will never be drawn as it stands.
  doubtful,   ///< It was turned away for its form, or for the account: whether that is the job's own doing, other jobs show.
  unfinished  ///< It could have been made: with more time, on a better day, with another key.
};

/// What became of one job.
struct JobRecord {
  JobOutcome outcome = JobOutcome::not_started;
  Kind kind = Kind::cancelled;  ///< `ok` when there is an image.
  std::string failure{};        ///< The catalogue's id, or the rejecting policy's; empty when there is an image.
  std::string why{};            ///< What happened.
  std::string fix{};            ///< What to do about it.
  bool rejected = false;        ///< A policy of our own had the last word: nothing was sent for it.
  std::string message{};        ///< The other side's words.
  std::string target{};         ///< Who made it, or who failed last; empty when nobody was asked.
  unsigned attempts = 0;
  std::vector<TrailEntry> trail{};  ///< Each attempt and each rejection, with the wait before it.
  Duration took{};                  ///< From its first admission, by the run's clock.
  std::optional<ImageFile> file{};

  [[nodiscard]] Duration waited() const noexcept {
    Duration sum{};
    for (const TrailEntry& entry : trail) sum += std::chrono::milliseconds{entry.wait_ms};
    return sum;
  }

  [[nodiscard]] Shortfall shortfall() const noexcept {
    if (outcome == JobOutcome::ok || outcome == JobOutcome::kept) return Shortfall::none;
    if (outcome != JobOutcome::failed) return Shortfall::unfinished;
    switch (kind) {
      case Kind::safety_prompt:
      case Kind::safety_output:
      case Kind::prohibited:
      case Kind::recitation: return Shortfall::refused;
      case Kind::bad_request:
      case Kind::payload_too_large:
      case Kind::permission:
      case Kind::failed_precondition:
      case Kind::not_found: return Shortfall::doubtful;
      default: return Shortfall::unfinished;
    }
  }
};

/// Why a job failed and what to do about it, in the catalogue's words where it has some.
inline void explain(const Failure& failure, JobRecord& record) {
  record.kind = failure.kind();
  record.failure = failure.id().text();
  record.rejected = failure.says() == Says::policy;
  record.message = failure.message();
  if (const gemini::FailureRow* row = gemini::find_failure(failure.id().text())) {
    record.why = row->cause;
    record.fix = row->fix;
  } else {
    switch (failure.kind()) {
      case Kind::deadline:
        record.why = "its deadline passed before an image came";
        record.fix = "Run again, what is made is kept; or give it more time with --deadline.";
        break;
      case Kind::cancelled:
        record.why = "the run was ended";
        record.fix = "Run again: what is made is kept.";
        break;
      case Kind::circuit_open:
        record.why = "the service keeps failing and is not asked for a while";
        record.fix = "Run again later; what is made is kept.";
        break;
      case Kind::rate_limit:
      case Kind::quota:
        record.why = "the quota is used up for longer than its deadline";
        record.fix = "Run again when the window opens, lower --concurrency, or raise the quota.";
        break;
      case Kind::no_target:
        record.why = "no target may take it";
        record.fix = "Run again later, or name more targets with --target.";
        break;
      case Kind::auth:
        record.why = "the service does not take the key";
        record.fix = "Check the key, and the variable that it comes from (--key-env).";
        break;
      case Kind::permission:
        record.why = "the key may not do this";
        record.fix = "Check what the key and its project may do, or take another model.";
        break;
      case Kind::bad_request:
        record.why = "the service does not take the request";
        record.fix = "Change what the job asks for; the message says what it did not like.";
        break;
      default: record.why = "what happened is not in the catalogue"; record.fix = "Run again; if it stays so, report it with the message.";
    }
  }
  if (has(failure.notes(), Note::deadline_would_pass)) record.why += "; the next attempt did not fit its deadline";
}

/// Names what a rejected job had last met, where that is what kept its image from it: a closed circuit and a passed deadline say only that
/// it lasted too long.
inline void name_last_answer(const Verdict& last, JobRecord& record) {
  const bool passes = last.remedy == Remedy::immediately || last.remedy == Remedy::after_delay || last.remedy == Remedy::next_day;
  if (!record.rejected || !passes) return;
  const gemini::FailureRow* row = gemini::find_failure(last.id.text());
  record.kind = last.kind;
  record.failure = last.id.text();
  record.why = std::string{row ? row->cause : name(last.kind)} + "; then " + record.why;
}

/// Whether a run did what could be done. What no key, day or patience would have drawn is no failure of the run. A job that was turned away
/// for its form or by the account is none either when another one got its image: then key, models and program work.
[[nodiscard]] inline Ending ending_of(std::span<const JobRecord> records) {
  bool doubt = false;
  bool proof = false;
  for (const JobRecord& record : records) {
    switch (record.shortfall()) {
      case Shortfall::unfinished: return Ending::failed;
      case Shortfall::doubtful: doubt = true; break;
      case Shortfall::none: proof = true; break;
      case Shortfall::refused: break;
    }
  }
  return doubt && !proof ? Ending::failed : Ending::ok;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
