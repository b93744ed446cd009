// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/call_options.hpp>  // CallOptions
#include <ductile/core/config_error.hpp>  // refuse
#include <ductile/core/result.hpp>        // Result, served_by, trips
#include <ductile/core/target.hpp>        // Target
#include <ductile/core/transport.hpp>     // StopView
#include <ductile/gemini/declare_art_style.hpp>
#include <ductile/gemini/request.hpp>      // ImageRequest
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
  unsigned concurrency = 4;            ///< Threads of `run`, a job under way in each, 1 to 256.
  std::optional<Duration> deadline{};  ///< Of each job, from its first admission, by the run's clock; none: the pipeline's.
};

/// A list of jobs, worked through with one pipeline: what is on disk already is kept, what comes is written at once, what cannot be made
/// says why and holds up nothing else. `run` does it with a few threads; `next` and `settle` are its steps, for who has another way.
///
/// The run ends before its list does when it is told to stop, when an image cannot be written (the next one could not either, and would be
/// paid for), or when the key is refused: by three jobs, and none made before.
///
/// Threads  Any number for `next` and `settle`.
class JobRun {
 public:
  /// Makes one image, however many attempts it takes. Called by several threads at once.
  using Generate = std::function<Result<gemini::ImageReply>(const gemini::ImageRequest&, const CallOptions&)>;
  /// Told of each job when it is over, one at a time.
  using Ended = std::function<void(const Job&, const JobRecord&)>;

  /// What is given by reference, and what `stop` looks at, must outlive the run.
  JobRun(const std::vector<Job>& jobs, const std::vector<Target>& targets, const ImageFolder& folder, StopView stop, Progress& progress,
         RunOptions options = {}, Ended ended = {})
      : jobs_(jobs),
        targets_(targets),
        folder_(folder),
        stop_(stop),
        progress_(progress),
        options_(options),
        ended_(std::move(ended)),
        records_(jobs.size()) {
    if (options.concurrency < 1 || options.concurrency > 256) refuse("concurrency must be from 1 to 256", options.concurrency);
  }

  /// Returns when all that was begun is over.
  void run(const Generate& generate) {
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < std::min<std::size_t>(options_.concurrency, jobs_.size()); ++i)
      workers.emplace_back([this, &generate] {
        while (const auto index = next()) make(*index, generate);
      });
    for (std::thread& worker : workers) worker.join();
    finish();
  }

  /// The next job that must be asked for; none when there is none left, or no further one is to begin. The thread that takes it begins its
  /// call, and before that no other.
  [[nodiscard]] std::optional<std::size_t> next() {
    while (true) {
      const std::size_t index = next_.fetch_add(1, std::memory_order_relaxed);
      if (index >= jobs_.size() || stop_.stop_requested() || halted_) return std::nullopt;
      progress_.begin(jobs_[index], options_.deadline);
      const bool over = guarded(index, [&](JobRecord& record) {
        auto kept = folder_.find(jobs_[index]);
        if (!kept) return false;
        record.outcome = JobOutcome::kept;
        record.kind = Kind::ok;
        record.file = std::move(kept);
        return true;
      });
      if (!over) return index;
    }
  }

  [[nodiscard]] gemini::ImageRequest request(std::size_t index) const {
    const Job& job = jobs_[index];
    gemini::ImageRequest request{.prompt = job.prompt, .aspect_ratio = job.ratio, .image_size = job.size, .seed = job.seed};
    if (job.reword) request.reword = gemini::declare_art_style;
    return request;
  }
  [[nodiscard]] CallOptions call_options() const { return {.deadline = options_.deadline}; }

  /// What became of a job that `next` gave.
  void settle(std::size_t index, const Result<gemini::ImageReply>& result) {
    guarded(index, [&](JobRecord& record) {
      write_down(jobs_[index], result, record);
      return true;
    });
  }

  /// After the last `settle`: says of what never had its turn why that is.
  void finish() {
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (records_[i].outcome != JobOutcome::not_started) continue;
      if (halted_) records_[i] = halt_;
      records_[i].why = "the run was ended before its turn" + (halted_ ? ": " + halt_.why : std::string{});
      if (ended_) ended_(jobs_[i], records_[i]);
    }
  }

  [[nodiscard]] std::size_t jobs() const noexcept { return jobs_.size(); }
  [[nodiscard]] const std::vector<JobRecord>& records() const noexcept { return records_; }
  /// Whether every job had its turn.
  [[nodiscard]] bool complete() const noexcept {
    return std::none_of(records_.begin(), records_.end(),
                        [](const JobRecord& record) { return record.outcome == JobOutcome::not_started; });
  }

 private:
  static constexpr unsigned refusals_of_a_key = 3;

  void make(std::size_t index, const Generate& generate) {
    guarded(index, [&](JobRecord& record) {
      write_down(jobs_[index], generate(request(index), call_options()), record);
      return true;
    });
  }

  // Does what may end the job, and then tells of its end. What it throws ends the job.
  template <class Action>
  bool guarded(std::size_t index, const Action& action) {
    JobRecord& record = records_[index];
    try {
      if (!action(record)) return false;
    } catch (const Problem& problem) {  // the image is there and cannot be written
      record.outcome = JobOutcome::failed;
      record.kind = Kind::other;
      record.why = problem.what();
      record.fix = "Make room or choose another folder, and run again.";
      halt(record);
    } catch (const std::exception& error) {
      record.outcome = JobOutcome::failed;
      record.kind = Kind::other;
      record.why = error.what();
    }
    progress_.end(jobs_[index], record);
    const std::scoped_lock lock{mutex_};
    if (ended_) ended_(jobs_[index], record);
    return true;
  }

  void write_down(const Job& job, const Result<gemini::ImageReply>& result, JobRecord& record) {
    if (result) {
      const gemini::ImageReply& reply = result.assume_value();
      record.attempts = trips(result);
      record.target = targets_[served_by(result)].name;
      record.rewording = reply.rewording;
      record.downsized_to = reply.downsized_to;
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
    if (failure.kind() == Kind::auth && !made_ && ++refused_for_key_ == refusals_of_a_key) halt(record);
  }

  // No further job begins; what is left fails as `first` did.
  void halt(const JobRecord& first) {
    const std::scoped_lock lock{mutex_};
    if (halted_) return;
    halt_.kind = first.kind;
    halt_.failure = first.failure;
    halt_.why = first.why;
    halt_.fix = first.fix;
    halt_.message = first.message;
    halted_ = true;
  }

  const std::vector<Job>& jobs_;
  const std::vector<Target>& targets_;
  const ImageFolder& folder_;
  StopView stop_;
  Progress& progress_;
  RunOptions options_;
  Ended ended_;
  std::vector<JobRecord> records_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> made_{false};
  std::atomic<unsigned> refused_for_key_{0};
  std::atomic<bool> halted_{false};
  std::mutex mutex_;
  JobRecord halt_;  // why; guarded by the mutex until `halted_` is set
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
