// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>        // Attempt, most_targets, TargetSet
#include <ductile/core/call_options.hpp>   // CallOptions
#include <ductile/core/result.hpp>         // Result, served_by, trips
#include <ductile/core/stop.hpp>           // StopToken
#include <ductile/core/target.hpp>         // Target
#include <ductile/gemini/models.hpp>       // find_model
#include <ductile/gemini/response.hpp>     // ImageReply
#include <ductile/tools/image_folder.hpp>  // ImageFolder
#include <ductile/tools/job.hpp>           // Job
#include <ductile/tools/job_record.hpp>    // explain, JobRecord
#include <ductile/tools/progress.hpp>      // Progress

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

struct RunOptions {
  unsigned concurrency = 4;            ///< Jobs under way at once, 1 to 256.
  std::optional<Duration> deadline{};  ///< Of each job, from its first admission, by the run's clock; none: the pipeline's.
};

/// Which targets make that size and ratio; empty: none does. A model that is not in the table is taken to make everything.
[[nodiscard]] inline TargetSet targets_for(const Job& job, const std::vector<Target>& targets) {
  TargetSet able = 0;
  for (std::size_t i = 0; i < targets.size() && i < most_targets; ++i) {
    const gemini::ImageModel* model = gemini::find_model(targets[i].model);
    const bool size = !job.size || !model || (model->takes_size && model->makes(*job.size));
    const bool ratio = job.ratio.empty() || !model || model->takes(job.ratio);
    if (size && ratio) able = static_cast<TargetSet>(able | 1U << i);
  }
  return able;
}

/// Works through a list of jobs with a few threads and one pipeline: what is on disk already is kept, what comes is written at once, what
/// cannot be made says why and holds up nothing else.
///
/// The run ends before its list does when it is told to stop, when an image cannot be written (the next one could not either, and would be
/// paid for), or when the key is refused: by three jobs, and none made before.
template <class Pipeline, class Ask, class C, StopToken Stop>
class JobRun {
 public:
  /// \param ask Called as `ask(const Job&, const Attempt&)` for each attempt; gives a `Result<gemini::ImageReply>`.
  /// \param ended Called as `ended(index)` once for each job that had its turn, from any thread, one at a time.
  JobRun(const std::vector<Job>& jobs, const std::vector<Target>& targets, const ImageFolder& folder, Pipeline& pipeline, Ask ask, C& clock,
         const Stop& stop, Progress& progress, RunOptions options, std::function<void(std::size_t)> ended = {})
      : jobs_(jobs),
        targets_(targets),
        folder_(folder),
        pipeline_(pipeline),
        ask_(std::move(ask)),
        clock_(clock),
        stop_(stop),
        progress_(progress),
        options_(options),
        ended_(std::move(ended)),
        records_(jobs.size()) {}

  /// Returns when all that was begun is over.
  void run() {
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < std::min<std::size_t>(options_.concurrency, jobs_.size()); ++i) workers.emplace_back([this] { work(); });
    for (std::thread& worker : workers) worker.join();
    for (JobRecord& record : records_)
      if (record.outcome == JobOutcome::not_started) record.why = halted_ ? halt_reason_ : "the run was ended before its turn";
  }

  [[nodiscard]] const std::vector<JobRecord>& records() const noexcept { return records_; }
  /// Whether every job had its turn.
  [[nodiscard]] bool complete() const noexcept {
    return std::none_of(records_.begin(), records_.end(), [](const JobRecord& record) { return record.outcome == JobOutcome::not_started; });
  }

 private:
  static constexpr unsigned refusals_of_a_key = 3;

  void work() {
    for (;;) {
      const std::size_t index = next_.fetch_add(1, std::memory_order_relaxed);
      if (index >= jobs_.size()) return;
      if (stop_.stop_requested() || halted_) return;
      JobRecord& record = records_[index];
      progress_.begin(jobs_[index]);
      try {
        make(jobs_[index], record);
      } catch (const Problem& problem) {  // the image is there and cannot be written
        record.outcome = JobOutcome::failed;
        record.kind = Kind::other;
        record.why = problem.what();
        record.fix = "Make room or choose another folder, and run again.";
        halt(problem.what());
      } catch (const std::exception& error) {
        record.outcome = JobOutcome::failed;
        record.kind = Kind::other;
        record.why = error.what();
      }
      progress_.end(jobs_[index], record);
      const std::scoped_lock lock{mutex_};
      if (ended_) ended_(index);
    }
  }

  void make(const Job& job, JobRecord& record) {
    if (auto kept = folder_.find(job)) {
      record.outcome = JobOutcome::kept;
      record.kind = Kind::ok;
      record.file = std::move(kept);
      return;
    }
    const TargetSet able = targets_for(job, targets_);
    if (able == 0) {
      record.outcome = JobOutcome::failed;
      record.kind = Kind::no_target;
      record.why = "no target makes " + (job.size ? "size " + std::string{gemini::name(*job.size)} : std::string{}) +
                   (job.size && !job.ratio.empty() ? ", " : "") + (job.ratio.empty() ? "" : "ratio " + job.ratio);
      record.fix = "Ask for another size or ratio, or name a target with --target that makes it.";
      return;
    }
    const CallOptions call{.deadline = options_.deadline, .targets = able};
    Result<gemini::ImageReply> result =
        pipeline_.run([&](const Attempt& attempt) { return ask_(job, attempt); }, call, clock_, stop_);
    if (result) {
      const gemini::ImageReply& reply = result.assume_value();
      record.attempts = trips(result);
      record.target = targets_[served_by(result)].name;
      record.file = folder_.put(job, reply.format, reply.bytes);
      record.outcome = JobOutcome::ok;
      record.kind = Kind::ok;
      made_ = true;
      return;
    }
    const Failure& failure = result.assume_error();
    record.outcome = failure.kind() == Kind::cancelled && failure.says() == Says::caller ? JobOutcome::cancelled : JobOutcome::failed;
    record.attempts = failure.attempts();
    if (failure.attempts() > 0 && failure.target() < targets_.size()) record.target = targets_[failure.target()].name;
    explain(failure, record);
    if (failure.kind() == Kind::auth && !made_ && ++refused_for_key_ == refusals_of_a_key) halt(record.why);
  }

  void halt(const std::string& reason) {
    const std::scoped_lock lock{mutex_};
    if (halted_) return;
    halt_reason_ = "the run was ended before its turn: " + reason;
    halted_ = true;
  }

  const std::vector<Job>& jobs_;
  const std::vector<Target>& targets_;
  const ImageFolder& folder_;
  Pipeline& pipeline_;
  Ask ask_;
  C& clock_;
  const Stop& stop_;
  Progress& progress_;
  RunOptions options_;
  std::function<void(std::size_t)> ended_;
  std::vector<JobRecord> records_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> made_{false};
  std::atomic<unsigned> refused_for_key_{0};
  std::atomic<bool> halted_{false};
  std::mutex mutex_;
  std::string halt_reason_;  // guarded by the mutex until `halted_` is set
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
