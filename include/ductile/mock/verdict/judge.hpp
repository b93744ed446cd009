// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>      // WallTime
#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/mock/journal.hpp>  // Entry
#include <ductile/mock/price.hpp>    // Price
#include <ductile/mock/verdict/answered.hpp>
#include <ductile/mock/verdict/client_verdict.hpp>  // ClientVerdict
#include <ductile/mock/verdict/deadline.hpp>        // judge_deadline
#include <ductile/mock/verdict/ending.hpp>          // Ending, hidden_in, Overlaps
#include <ductile/mock/verdict/finding.hpp>         // Fault, Findings
#include <ductile/mock/verdict/job.hpp>             // Job, Jobs
#include <ductile/mock/verdict/probes.hpp>          // Probes
#include <ductile/mock/verdict/repeats.hpp>         // judge_repeat

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// Watches the requests as they come, and says what is wrong with the client that sends them.
///
/// Threads  One at a time.
/// Cost     Bounded memory: what `capacity` jobs were answered. A job that is forgotten is a new one if it comes again, and its end is
///          not judged; what was found stays.
class Judge {
 public:
  /// Longer than this nobody should wait for a byte: the slowest image takes about three minutes, a limit of five is advised, and who keeps
  /// it may be a little late.
  static constexpr Duration longest_silence = std::chrono::seconds{330};

  explicit Judge(std::size_t capacity = 10'000) : jobs_(capacity) {}

  /// A request and its answer, in the order of arrival.
  void see(const Entry& entry) {
    if (entry.asked_for) return;
    const Answered answer = answered(entry);
    (answer.good ? useful_ : wasted_) += entry.price;
    if (entry.request == 0) return;
    if (entry.lost_signature) findings_.add(Fault::lost_thought_signature, {entry.number, 0}, entry.price);
    probes_.see(entry, findings_);

    Job& job = jobs_.of(entry);
    judge_repeat(entry, job, findings_);
    judge_deadline(entry, job, findings_);
    if (Job* const before = jobs_.find_before(entry)) before->hidden = before->hidden || knows_what_is_hidden(*before, entry.time);
    if (job.requests++ == 0) job.first = entry.time;
    job.latest_request = entry.time;
    if (!job.turns.empty()) {
      Job::Turn& before = job.turns.back();
      job.hidden = job.hidden || knows_what_is_hidden(job, entry.time);
      if (before.model != entry.model) before.pace.rest_from_rhythm();
    }
    Job::Turn& turn = job.turn_to(entry.model);
    turn.pace.see(entry, turn.last, findings_);
    turn.last = answer;
    job.drawn = job.drawn || answer.good;
    job.waste = waste_of(entry);
  }

  /// The client of that request broke off before it had the answer.
  void left(const Entry& entry) {
    if (entry.asked_for || entry.request == 0) return;
    probes_.left(entry);
    if (Job* job = jobs_.find(entry))
      for (Job::Turn& turn : job->turns)
        if (turn.last.number == entry.number) turn.last.unread = true;
  }

  /// The client of that request, whose answer is silence, has held it for so long.
  void held(const Entry& entry, Duration silence) {
    if (!entry.asked_for && silence >= longest_silence) findings_.add(Fault::no_read_timeout, {entry.number, 0}, waste_of(entry));
  }

  /// The verdict if the run is over now.
  [[nodiscard]] ClientVerdict verdict() const {
    Findings findings = findings_;
    Overlaps overlaps;
    jobs_.for_each([&](const Job& job) { overlaps.add(job); });
    overlaps.sort();
    std::map<std::uint64_t, Ending> endings;
    jobs_.for_each([&](const Job& job) { endings[job.prompt].add(job); });
    struct Ended {
      std::uint64_t number;
      Fault fault;
      Price waste;
    };
    std::vector<Ended> ended;
    for (const auto& [prompt, ending] : endings)
      if (const auto fault = ending.fault(overlaps))
        ended.push_back({ending.latest().turns.back().last.number, *fault, ending.latest().waste});
    std::sort(ended.begin(), ended.end(), [](const Ended& left, const Ended& right) { return left.number < right.number; });
    for (const Ended& each : ended) findings.add(each.fault, {each.number, 0}, each.waste);
    return {findings.happened(), useful_, wasted_};
  }

 private:
  // Whether a client that does something at `moment` has seen a 200 that hides a failure as the job's last answer.
  static bool knows_what_is_hidden(const Job& job, WallTime moment) {
    if (job.turns.empty()) return false;
    const Answered& last = job.turns.back().last;
    return last.known_at(moment) && hidden_in(last);
  }

  Jobs jobs_;
  Probes probes_;
  Findings findings_;
  Price useful_;
  Price wasted_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
