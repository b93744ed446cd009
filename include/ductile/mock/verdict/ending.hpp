// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>              // Kind
#include <ductile/core/now.hpp>               // WallTime
#include <ductile/core/verdict.hpp>           // Duration
#include <ductile/mock/verdict/answered.hpp>  // Answered, is_trouble_of_the_service, passes
#include <ductile/mock/verdict/finding.hpp>   // Fault
#include <ductile/mock/verdict/job.hpp>       // Job

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// A job that ends sooner than this after it began, at a failure that waiting cures, has hardly tried.
inline constexpr Duration shortest_patience = std::chrono::seconds{10};

/// What a 200 hides that came, in part or in full, and is no success; none: it hides nothing.
[[nodiscard]] inline std::optional<Fault> hidden_in(const Answered& answer) {
  static constexpr std::array<std::string_view, 6> cut{"truncated-json",     "sse-no-finish",        "sse-error-event",
                                                       "sse-error-tail-raw", "wrong-content-length", "body-longer-than-announced"};
  if (answer.status != 200 || answer.unread || answer.good) return std::nullopt;
  if (!answer.failure) return Fault::accepted_no_image;  // only words, where an image was wanted
  if (std::find(cut.begin(), cut.end(), answer.failure->id.text()) != cut.end()) return Fault::accepted_truncated_stream;
  const Kind kind = answer.failure->kind;
  const bool no_image = kind == Kind::no_image || kind == Kind::recitation || kind == Kind::other;
  return no_image && answer.image_wanted && passes(*answer.failure) ? std::optional{Fault::accepted_no_image} : std::nullopt;
}

/// When the jobs of each project were at work, to tell a job that was given up from one that waits its turn.
class Overlaps {
 public:
  void add(const Job& job) { spans_[job.project].push_back({job.first, job.latest_request}); }

  /// Once all are added.
  void sort() {
    for (auto& [project, spans] : spans_) {
      std::sort(spans.begin(), spans.end(), [](const Span& left, const Span& right) { return left.first < right.first; });
      for (std::size_t i = 1; i < spans.size(); ++i) spans[i].latest = std::max(spans[i].latest, spans[i - 1].latest);
    }
  }

  /// Whether a job of the project that had begun before `moment` was still at work a minute after it.
  [[nodiscard]] bool one_went_on(std::uint64_t project, WallTime moment) const {
    const auto found = spans_.find(project);
    if (found == spans_.end()) return false;
    const auto& spans = found->second;
    const auto later = std::partition_point(spans.begin(), spans.end(), [&](const Span& span) { return span.first < moment; });
    return later != spans.begin() && std::prev(later)->latest >= moment + std::chrono::minutes{1};
  }

 private:
  struct Span {
    WallTime first{};
    WallTime latest{};  // sorted: of this one and all before it
  };

  std::map<std::uint64_t, std::vector<Span>> spans_;
};

/// One prompt once the run is over, by its jobs in all projects: who takes another project has not given it up.
class Ending {
 public:
  void add(const Job& job) {
    if (!job.turns.empty()) jobs_.push_back(&job);
  }

  /// The job that asked last. There must be one.
  [[nodiscard]] const Job& latest() const {
    return **std::max_element(jobs_.begin(), jobs_.end(),
                              [](const Job* left, const Job* right) { return last_of(*left).number < last_of(*right).number; });
  }

  /// What is wrong with how it ended; none: nothing that a server could see.
  [[nodiscard]] std::optional<Fault> fault(const Overlaps& others) const {
    if (jobs_.empty() || any([](const Job& job) { return job.drawn; })) return std::nullopt;
    const Job& job = latest();
    const Answered& last = last_of(job);
    const auto hidden = hidden_in(last);
    const bool transient = last.failure && !last.unread && passes(*last.failure) &&
                           (is_trouble_of_the_service(*last.failure) || last.failure->kind == Kind::rate_limit);
    const bool knows_such = any([&](const Job& each) {
      return each.hidden || (&each != &job && last_of(each).known_at(job.latest_request) && hidden_in(last_of(each)));
    });
    const bool hardly_tried = (jobs_.size() == 1 && job.requests == 1) || last.time - begun() < shortest_patience;
    if (hidden ? knows_such : !transient || !hardly_tried) return std::nullopt;
    // Behind a breaker or a quota's ledger, while others are let through, it may have waited to its deadline.
    if (others.one_went_on(job.project, last.time)) return std::nullopt;
    return hidden ? *hidden : Fault::gave_up_early;
  }

 private:
  static const Answered& last_of(const Job& job) { return job.turns.back().last; }

  template <class Test>
  [[nodiscard]] bool any(const Test& test) const {
    return std::any_of(jobs_.begin(), jobs_.end(), [&](const Job* job) { return test(*job); });
  }

  [[nodiscard]] WallTime begun() const {
    return (*std::min_element(jobs_.begin(), jobs_.end(), [](const Job* left, const Job* right) { return left->first < right->first; }))
        ->first;
  }

  std::vector<const Job*> jobs_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
