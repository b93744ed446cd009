// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>        // Remedy, is_about_content
#include <ductile/core/now.hpp>         // WallTime
#include <ductile/core/verdict.hpp>     // Duration
#include <ductile/gemini/failures.hpp>  // find_failure
#include <ductile/mock/pacific.hpp>     // pacific_day

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// One request, as the journal keeps it: the key and the prompt only as hashes.
struct Entry {
  WallTime time{};
  std::string method{};
  std::string model{};
  std::uint64_t key = 0;  ///< Hash of the API key; 0: none was sent.
  std::uint64_t job = 0;  ///< Hash of the prompt.
  std::string id{};       ///< The row that was answered.
  int status = 0;
  bool asked_for = false;  ///< The request itself asked for that row.
  Duration hint{};         ///< How long the answer asked the client to wait; zero: it did not.
  Duration latency{};      ///< How long the answer takes.
};

/// A client's faults, as far as a server can see them. Counts of calls.
struct ClientVerdict {
  std::uint64_t retried_non_retryable = 0;  ///< Asked the same model for the same again after an answer that will not change, or not today.
  std::uint64_t retry_before_hint = 0;      ///< Asked again before the time that the answer named.
  std::uint64_t fell_back_on_safety = 0;    ///< Took to another model what one had refused for its content.
  std::uint64_t hammered = 0;               ///< Asked again at once (within `hammer`) after overload, a limit or an error of the service.

  [[nodiscard]] bool clean() const noexcept { return retried_non_retryable + retry_before_hint + fell_back_on_safety + hammered == 0; }
};

/// What was asked and answered: the last requests one by one, counts of all of them, and a verdict on the client.
///
/// Threads  One at a time.
/// Cost     Bounded memory: `capacity` requests, and as many jobs.
class Journal {
 public:
  /// Sooner than this after a failure, a repeat is no retry but a loop.
  static constexpr Duration hammer = std::chrono::milliseconds{200};

  explicit Journal(std::size_t capacity = 10'000) : capacity_(capacity) {}

  void add(Entry entry) {
    ++total_;
    ++by_id_[entry.id];
    ++by_status_[entry.status];
    if (!entry.asked_for && entry.job != 0) judge(entry);
    entries_.push_back(std::move(entry));
    if (entries_.size() > capacity_) entries_.pop_front();
  }

  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] const std::deque<Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& by_id() const noexcept { return by_id_; }
  [[nodiscard]] const std::map<int, std::uint64_t>& by_status() const noexcept { return by_status_; }
  [[nodiscard]] const ClientVerdict& verdict() const noexcept { return verdict_; }

  /// How often a row was answered.
  [[nodiscard]] std::uint64_t count(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? 0 : found->second;
  }

 private:
  struct Last {
    std::string id;
    WallTime answered{};
    Duration hint{};
  };

  void judge(const Entry& entry) {
    if (jobs_.size() > capacity_) jobs_.clear();
    auto& job = jobs_[{entry.key, entry.job}];
    for (const auto& [model, last] : job) {
      const gemini::FailureRow* row = gemini::find_failure(last.id);
      if (!row) continue;
      if (model != entry.model) {
        verdict_.fell_back_on_safety += is_about_content(row->kind) ? 1 : 0;
        continue;
      }
      const bool same_day = row->remedy == Remedy::next_day && pacific_day(entry.time) == pacific_day(last.answered);
      const bool hopeless =
          same_day || row->remedy == Remedy::never || row->remedy == Remedy::after_prompt_change || row->remedy == Remedy::other_model;
      verdict_.retried_non_retryable += hopeless ? 1 : 0;
      verdict_.retry_before_hint += entry.time < last.answered + last.hint ? 1 : 0;
      verdict_.hammered += row->remedy == Remedy::after_delay && entry.time < last.answered + hammer ? 1 : 0;
    }
    job[entry.model] = {entry.id, entry.time + entry.latency, entry.hint};
  }

  std::size_t capacity_;
  std::uint64_t total_ = 0;
  std::deque<Entry> entries_;
  std::map<std::string, std::uint64_t, std::less<>> by_id_;
  std::map<int, std::uint64_t> by_status_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::map<std::string, Last>> jobs_;
  ClientVerdict verdict_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
