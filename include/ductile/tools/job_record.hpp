// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>        // Failure
#include <ductile/core/kind.hpp>           // Billed, Kind
#include <ductile/core/now.hpp>            // later, Time
#include <ductile/core/trail.hpp>          // TrailEntry
#include <ductile/core/verdict.hpp>        // Duration, Verdict
#include <ductile/gemini/failures.hpp>     // find_failure
#include <ductile/gemini/models.hpp>       // ImageSize
#include <ductile/tools/image_folder.hpp>  // ImageFile
#include <ductile/tools/problem.hpp>       // Ending

#include <array>
#include <chrono>
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
  Kind kind = Kind::cancelled;                      ///< `ok` when there is an image.
  std::string failure{};                            ///< The catalogue's id, or the rejecting policy's; empty when there is an image.
  std::string why{};                                ///< What happened.
  std::string fix{};                                ///< What to do about it.
  bool rejected = false;                            ///< A policy of our own had the last word: nothing was sent for it.
  std::string message{};                            ///< The other side's words.
  std::string target{};                             ///< Who made it, or who failed last; empty when nobody was asked.
  std::string rewording{};                          ///< What was done to the prompt of its image; empty: it was sent as written.
  std::optional<gemini::ImageSize> downsized_to{};  ///< The smaller size of its image; none: as asked.
  unsigned attempts = 0;
  std::vector<TrailEntry> trail{};          ///< Each attempt and each rejection, with the wait before it.
  std::optional<Time> began{};              ///< Its first admission, by the run's clock; none: nothing was asked for it.
  Duration took{};                          ///< From then on, by the run's clock.
  std::optional<Duration> deadline{};       ///< From then on; none: the pipeline's.
  std::optional<Time> earliest_retry_at{};  ///< By the run's clock; none: no wait helps, or none is known.
  std::optional<Duration> retry_in{};       ///< The same, from the job's end.
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

namespace detail {

struct Explanation {
  Kind kind;
  const char* why;
  const char* fix;
};

// Of failures that are in no catalogue: our own policies', and the service's in words that nobody knows.
inline constexpr std::array<Explanation, 9> explanations{{
    {Kind::deadline, "its deadline passed before an image came", "Run again, what is made is kept; or give it more time with --deadline."},
    {Kind::cancelled, "not finished, for the run was stopped", "Run again: what is made is kept."},
    {Kind::circuit_open, "the service keeps failing and is not asked for a while", "Run again later; what is made is kept."},
    {Kind::rate_limit, "the quota is used up for longer than its deadline",
     "Run again when the window opens, lower --concurrency, or raise the quota."},
    {Kind::quota, "the quota is used up for longer than its deadline",
     "Run again when the window opens, lower --concurrency, or raise the quota."},
    {Kind::no_target, "every target is closed for longer than its deadline", "Run again later, or name more targets with --target."},
    {Kind::auth, "the service does not take the key", "Check the key, and the variable that it comes from (--key-env)."},
    {Kind::permission, "the key may not do this", "Check what the key and its project may do, or take another model."},
    {Kind::bad_request, "the service does not take the request", "Change what the job asks for; the message says what it did not like."},
}};

inline constexpr Explanation unexplained{Kind::other, "what happened is not in the catalogue",
                                         "Run again; if it stays so, report it with the message."};

[[nodiscard]] constexpr const Explanation& explanation_of(Kind kind) noexcept {
  for (const Explanation& explanation : explanations)
    if (explanation.kind == kind) return explanation;
  return unexplained;
}

}  // namespace detail

/// Why a job failed and what to do about it, in the catalogue's words where it has some.
inline void explain(const Failure& failure, JobRecord& record) {
  record.kind = failure.kind();
  const bool stopped = failure.kind() == Kind::cancelled && failure.says() == Says::caller;
  record.failure = stopped ? "" : failure.id().text();
  record.rejected = failure.says() == Says::policy;
  record.message = failure.message();
  record.earliest_retry_at = failure.earliest_retry_at();
  if (const gemini::FailureRow* row = gemini::find_failure(failure.id().text())) {
    record.why = row->cause;
    record.fix = row->fix;
  } else {
    record.why = detail::explanation_of(failure.kind()).why;
    record.fix = detail::explanation_of(failure.kind()).fix;
  }
  // Closed targets are told with their deadline already.
  if (has(failure.notes(), Note::deadline_would_pass) && failure.kind() != Kind::no_target)
    record.why += "; the next attempt did not fit its deadline";
}

/// What a job has heard of the service. An attempt that the job's own deadline broke off says nothing of it.
class Heard {
 public:
  /// A failed attempt.
  ///
  /// \param ended When it ended.
  /// \param deadline The job's; `end_of_time` for none.
  void add(const Verdict& verdict, Time ended, Time deadline) noexcept {
    const bool unanswered = verdict.says == Says::transport && (verdict.kind == Kind::timeout || verdict.kind == Kind::network);
    cut_off_ = unanswered && later(ended, grain) >= deadline;
    if (!cut_off_) last_ = verdict;
  }

  /// The last answer, or the fault in its place; none: nothing was heard yet.
  [[nodiscard]] const std::optional<Verdict>& last() const noexcept { return last_; }
  /// Whether the last attempt was broken off by the job's deadline.
  [[nodiscard]] bool cut_off() const noexcept { return cut_off_; }

 private:
  // A socket counts its time in milliseconds, and may end a little early: a thousandth of a second, or 0.6 s of a time 600 times as fast.
  static constexpr Duration grain = std::chrono::seconds{1};

  std::optional<Verdict> last_{};
  bool cut_off_ = false;
};

/// Names what a job had last heard, where its end says only that it lasted too long: a closed circuit, a passed deadline.
inline void name_last_answer(const Heard& heard, JobRecord& record) {
  if (!heard.last() || !(record.rejected || heard.cut_off())) return;
  const Verdict& last = *heard.last();
  if (last.remedy != Remedy::immediately && last.remedy != Remedy::after_delay && last.remedy != Remedy::next_day) return;
  if (heard.cut_off() && !record.rejected) {
    record.why = detail::explanation_of(Kind::deadline).why;
    record.fix = detail::explanation_of(Kind::deadline).fix;
    record.message.clear();  // the transport's words on our own breaking off
  }
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
