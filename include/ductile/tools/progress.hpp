// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/event.hpp>           // the events
#include <ductile/core/now.hpp>             // end_of_time, later, Time
#include <ductile/core/target.hpp>          // Target
#include <ductile/gemini/failures.hpp>      // find_failure
#include <ductile/gemini/models.hpp>        // name
#include <ductile/gemini/redact.hpp>        // shortened
#include <ductile/tools/duration_text.hpp>  // duration_text
#include <ductile/tools/job.hpp>            // Job
#include <ductile/tools/job_record.hpp>     // Heard, JobOutcome, JobRecord, name_last_answer

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// What one target is known to be like.
struct TargetView {
  std::string name;
  std::string model;
  Signal circuit = Signal::circuit_closed;  ///< The last change.
  Time opens_at{};                          ///< When an open circuit lets a request through again, to see.
  unsigned made = 0;
  unsigned failed = 0;          ///< Attempts.
  Kind failed_with = Kind::ok;  ///< What the last failed attempt met; `ok`: none failed since an image came.
};

/// What one running job is doing.
struct JobView {
  std::string label;
  unsigned attempt = 0;  ///< 0: none was made yet.
  std::uint8_t target = 0;
  std::string after{};                 ///< What the attempt before ended with: "503"; empty: it is the first.
  Time since{};                        ///< When the attempt, or the wait, began.
  WaitSource wait = WaitSource::none;  ///< `none`: it is being asked for.
  Time until{};
};

/// The whole run at a moment.
struct ProgressView {
  std::vector<TargetView> targets;
  std::vector<JobView> running;
  std::size_t jobs = 0;
  std::size_t made = 0;
  std::size_t kept = 0;
  std::size_t failed = 0;  ///< Cancelled ones included.

  [[nodiscard]] std::size_t to_go() const noexcept { return jobs - made - kept - failed - running.size(); }
};

/// An observer that keeps the picture of a run up to date, collects each job's trail, and says what is worth a line.
///
/// Threads  Any number. `note` is called under a lock, so that lines come in the order of what they tell.
class Progress {
 public:
  /// A line about something that happened. `ends_job` tells the lines that a reader wants to keep.
  using Note = std::function<void(const std::string& line, bool ends_job)>;
  /// A moment of the run's clock as a time of day.
  using TimeOfDay = std::function<std::string(Time)>;

  /// \param open_for How long a circuit stays open before a request finds out.
  Progress(const std::vector<Target>& targets, std::size_t jobs, Duration open_for, TimeOfDay time_of_day, Note note)
      : open_for_(open_for), time_of_day_(std::move(time_of_day)), note_(std::move(note)) {
    view_.jobs = jobs;
    for (const Target& target : targets) view_.targets.push_back({.name = target.name, .model = target.model});
  }

  /// The call that this thread begins next is for that job, which stays where it is, and may take so long.
  void begin(const Job& job, std::optional<Duration> deadline = {}) {
    const std::scoped_lock lock{mutex_};
    seats_[&job] = {.label = label_of(job), .deadline = deadline};
    threads_[std::this_thread::get_id()] = &job;
  }

  /// The job whose attempt this thread began last; null when there was none.
  [[nodiscard]] const Job* current() const {
    const std::scoped_lock lock{mutex_};
    const auto at = threads_.find(std::this_thread::get_id());
    return at == threads_.end() ? nullptr : at->second;
  }

  /// The attempt of that job was answered with that HTTP status; 0: without one.
  void received(const Job* job, int status) {
    const std::scoped_lock lock{mutex_};
    if (const auto seat = seats_.find(job); seat != seats_.end()) seat->second.status = status;
  }
  /// The same, of the job whose attempt this thread began last.
  void received(int status) { received(current(), status); }

  /// That job's call is over. Its attempts and waits are put into `record`.
  void end(const Job& job, JobRecord& record) {
    const std::scoped_lock lock{mutex_};
    if (const auto seat = seats_.find(&job); seat != seats_.end()) {
      if (auto& call = seat->second.ended) {
        record.trail = std::move(call->trail);
        record.began = call->at - call->took;
        record.took = call->took;
        record.deadline = seat->second.deadline;
        if (record.outcome == JobOutcome::failed) tell_more(*call, record);
      }
      seats_.erase(seat);
    }
    count(record);
    if (record.outcome == JobOutcome::ok)
      say(record.file->name + ": made by " + record.target + ", " + attempts_text(record.attempts) + ", " + duration_text(record.took) +
              (record.rewording.empty() ? "" : "; " + record.rewording) +
              (record.downsized_to ? "; in " + std::string{gemini::name(*record.downsized_to)} : ""),
          true);
    else if (record.outcome == JobOutcome::kept)
      say(record.file->name + ": there already", true);
    else if (record.outcome == JobOutcome::failed)
      say(label_of(job) + ": " + failure_text(record), true);
    else if (record.outcome == JobOutcome::cancelled)
      say(label_of(job) + ": not finished, for the run was stopped", true);
  }

  [[nodiscard]] ProgressView view() const {
    const std::scoped_lock lock{mutex_};
    ProgressView copy = view_;
    for (const auto& [number, call] : calls_) copy.running.push_back(call.job);
    return copy;
  }

  /// Why a job failed and what to do, in a line.
  [[nodiscard]] static std::string failure_text(const JobRecord& record) {
    std::string text = "failed, " + std::string{name(record.kind)};
    if (!record.failure.empty() && record.failure != "unknown") text += " (" + record.failure + ")";
    text += ": " + record.why;
    if (!record.message.empty()) text += " \"" + gemini::shortened(record.message, 160) + "\"";
    if (record.attempts > 0) text += "; " + attempts_text(record.attempts);
    if (!record.target.empty()) text += ", the last by " + record.target;
    if (!record.fix.empty()) text += ". " + record.fix;
    return text;
  }

  void on(const OperationBegan& event) {
    const std::scoped_lock lock{mutex_};
    Call& call = calls_[event.call];
    call.job = {.label = {}, .since = event.at};
    call.of = threads_[std::this_thread::get_id()];
    const auto seat = seats_.find(call.of);
    if (seat == seats_.end()) return;
    call.job.label = seat->second.label;
    if (seat->second.deadline) call.deadline = later(event.at, *seat->second.deadline);
  }

  void on(const OperationEnded& event) {
    const std::scoped_lock lock{mutex_};
    const auto call = calls_.extract(event.call);
    if (!call) return;
    const auto seat = seats_.find(call.mapped().of);
    if (seat == seats_.end()) return;
    seat->second.ended = Ended{.trail = {}, .took = event.took, .at = event.at, .heard = call.mapped().heard};
    Ended& ended = *seat->second.ended;
    if (!event.trail) return;
    for (std::size_t i = 0; i < event.trail->kept(); ++i) ended.trail.push_back((*event.trail)[i]);
  }

  void on(const AttemptBegan& event) {
    const std::scoped_lock lock{mutex_};
    const Job* const of = calls_[event.call].of;
    threads_[std::this_thread::get_id()] = of;
    if (const auto seat = seats_.find(of); seat != seats_.end()) seat->second.status = 0;
    JobView& job = calls_[event.call].job;
    job.attempt = event.attempt.number;
    job.target = event.attempt.target;
    job.since = event.at;
    job.wait = WaitSource::none;
  }

  void on(const AttemptEnded& event) {
    if (event.verdict.ok()) return;
    const std::scoped_lock lock{mutex_};
    Call& call = calls_[event.call];
    JobView& job = call.job;
    const std::string attempt =
        job.label + ": attempt " + std::to_string(event.attempt.number) + " on " + target_name(event.attempt.target);
    if (event.verdict.kind == Kind::abandoned) {  // by us: it says nothing of the target
      say(attempt + " broken off after " + duration_text(event.took) + ", for the run was stopped", false);
      return;
    }
    call.heard.add(event.verdict, event.at, call.deadline);
    const auto seat = seats_.find(call.of);
    const int status = seat == seats_.end() ? 0 : seat->second.status;
    job.after = short_name(event.verdict, status);
    if (event.attempt.target < view_.targets.size()) {
      TargetView& target = view_.targets[event.attempt.target];
      ++target.failed;
      target.failed_with = event.verdict.kind;
    }
    std::string line = attempt + " failed after " + duration_text(event.took) + ": " + long_name(event.verdict, status);
    if (event.verdict.hint > Duration::zero()) line += ", asks for " + duration_text(event.verdict.hint);
    say(line, false);
  }

  void on(const WaitBegan& event) {
    const std::scoped_lock lock{mutex_};
    JobView& job = calls_[event.call].job;
    job.wait = event.source;
    job.since = event.at;
    job.until = event.until;
    if (event.until - event.at >= std::chrono::seconds{1})
      say(job.label + ": waiting until " + time_of_day_(event.until) + " (" + wait_text(event.source) + ")", false);
  }

  void on(const WaitEnded& event) {
    const std::scoped_lock lock{mutex_};
    JobView& job = calls_[event.call].job;
    job.wait = WaitSource::none;
    job.since = event.at;
  }

  void on(const CircuitChanged& event) {
    const std::scoped_lock lock{mutex_};
    if (event.target < view_.targets.size()) {
      view_.targets[event.target].circuit = event.what;
      view_.targets[event.target].opens_at = later(event.at, open_for_);
    }
    // That one request finds out is seen by what becomes of it.
    if (event.what != Signal::circuit_half_opened) say(target_name(event.target) + ": " + circuit_text(event.what), false);
  }

  void on(const TargetChanged& event) {
    if (event.why == Kind::circuit_open) return;  // said when it opened
    const std::scoped_lock lock{mutex_};
    say(calls_[event.call].job.label + ": goes from " + target_name(event.from) + " to " + target_name(event.to) + " (" +
            std::string{name(event.why)} + ")",
        false);
  }

  void on(const QuotaSurprise& event) {
    const std::scoped_lock lock{mutex_};
    say(target_name(event.target) + ": its quota (" + std::string{name(event.dimension)} + ") is smaller than we knew", false);
  }

  /// "1 attempt", "3 attempts"
  [[nodiscard]] static std::string attempts_text(std::uint64_t attempts) {
    return std::to_string(attempts) + (attempts == 1 ? " attempt" : " attempts");
  }

  /// What a wait is for.
  [[nodiscard]] static const char* wait_text(WaitSource source) noexcept {
    switch (source) {
      case WaitSource::hint: return "as the service asks";
      case WaitSource::circuit: return "circuit open";
      case WaitSource::cooldown: return "target rests";
      default: return name(source);
    }
  }

 private:
  struct Call {
    JobView job;
    const Job* of = nullptr;
    Time deadline = end_of_time;
    Heard heard{};
  };

  struct Ended {
    std::vector<TrailEntry> trail;
    Duration took{};
    Time at{};
    Heard heard{};
  };

  // What is known of a job under way.
  struct Seat {
    std::string label{};
    std::optional<Duration> deadline{};
    int status = 0;  // received in its present attempt
    std::optional<Ended> ended{};
  };

  static std::string label_of(const Job& job) { return job.stem.substr(0, job.stem.size() - job.mark.size() - 1); }

  // "503", or where no status tells it, the id or the kind.
  static std::string short_name(const Verdict& verdict, int status) {
    if (status >= 300) return std::to_string(status);
    const gemini::FailureRow* row = gemini::find_failure(verdict.id.text());
    return std::string{row ? row->id.text() : name(verdict.kind)};
  }

  static std::string long_name(const Verdict& verdict, int status) {
    std::string text = status > 0 ? std::to_string(status) + " " : std::string{};
    text += name(verdict.kind);
    if (gemini::find_failure(verdict.id.text())) text.append(" (").append(verdict.id.text()).append(")");
    return text;
  }

  static const char* circuit_text(Signal signal) noexcept {
    switch (signal) {
      case Signal::circuit_opened: return "circuit open: it keeps failing and is left alone";
      case Signal::circuit_closed: return "circuit closed: it is well again";
      case Signal::circuit_isolated: return "circuit isolated by hand";
      default: return "circuit changed";
    }
  }

  [[nodiscard]] std::string target_name(unsigned target) const {
    return target < view_.targets.size() ? view_.targets[target].name : "target " + std::to_string(target);
  }

  // What the failure alone does not tell: who closed the targets, what the service had said before, and when to come back.
  void tell_more(const Ended& call, JobRecord& record) const {
    if (record.kind == Kind::no_target) {
      std::string closed;
      for (const TargetView& target : view_.targets)
        if (target.failed_with != Kind::ok)
          closed += (closed.empty() ? "" : ", ") + target.name + " after " + std::string{name(target.failed_with)};
      if (!closed.empty()) record.why += " (" + closed + ")";
    }
    name_last_answer(call.heard, record);
    if (!record.earliest_retry_at || *record.earliest_retry_at <= call.at) return;
    record.retry_in = *record.earliest_retry_at - call.at;
    if (*record.retry_in >= std::chrono::seconds{1})
      record.why += "; not before " + time_of_day_(*record.earliest_retry_at) + ", in " + duration_text(*record.retry_in);
  }

  void count(const JobRecord& record) {
    switch (record.outcome) {
      case JobOutcome::ok:
        ++view_.made;
        for (TargetView& target : view_.targets)
          if (target.name == record.target) {
            ++target.made;
            target.failed_with = Kind::ok;
          }
        break;
      case JobOutcome::kept: ++view_.kept; break;
      default: ++view_.failed;
    }
  }

  void say(const std::string& line, bool ends_job) {
    if (note_) note_(line, ends_job);
  }

  Duration open_for_;
  TimeOfDay time_of_day_;
  Note note_;
  mutable std::mutex mutex_;
  ProgressView view_;                    // `running` stays empty: it is filled in copies
  std::map<std::uint64_t, Call> calls_;  // under way
  std::map<const Job*, Seat> seats_;     // from `begin` to `end`
  std::map<std::thread::id, const Job*> threads_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
