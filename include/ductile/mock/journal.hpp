// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>      // WallTime
#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/mock/price.hpp>    // Price

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock {

/// One request, as the journal keeps it: key, project, prompt and body only as hashes.
struct Entry {
  std::uint64_t number = 0;  ///< In the order of arrival, from 1; the journal gives it.
  WallTime time{};
  std::string method{};
  std::string model{};
  std::uint64_t key = 0;      ///< Of the API key; 0: none was sent.
  std::uint64_t project = 0;  ///< Of the project that the key belongs to.
  std::uint64_t job = 0;      ///< Of the prompt; 0: the request was turned away before it was read.
  std::uint64_t chat = 0;     ///< Of the prompt whose answer this one takes up; 0: of none.
  std::uint64_t request = 0;  ///< Of the whole body; 0: it asks for nothing to be made.
  std::string id{};           ///< The row that was answered.
  int status = 0;
  bool asked_for = false;               ///< The request itself asked for that row.
  bool image_wanted = false;            ///< It asks for an image.
  bool image_given = false;             ///< The answer has one.
  bool silent = false;                  ///< The answer is silence, from its beginning or after its first piece.
  bool lost_signature = false;          ///< It sends back an image of the model's without the signature that came with it.
  std::optional<Duration> time_left{};  ///< What it says in X-Server-Timeout.
  Duration hint{};                      ///< How long the answer asked the client to wait; zero: it did not.
  Duration latency{};                   ///< How long the answer takes, all of it.
  Price price{};
  std::optional<std::size_t> episode{};  ///< Of the scenario, which answered; from 0.
  std::string near_miss{};               ///< Why none did: the episode that came nearest, and what the call lacked.
};

/// What was asked and answered: the last requests one by one, counts of all of them.
///
/// Threads  One at a time.
/// Cost     Bounded memory: `capacity` requests.
class Journal {
 public:
  explicit Journal(std::size_t capacity = 10'000) : capacity_(capacity) {}

  /// Writes `entry` down, and returns its number.
  std::uint64_t add(Entry entry) {
    entry.number = ++total_;
    ++by_id_[entry.id];
    ++by_status_[entry.status];
    entries_.push_back(std::move(entry));
    if (entries_.size() > capacity_) entries_.pop_front();
    return total_;
  }

  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] const std::deque<Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& by_id() const noexcept { return by_id_; }
  [[nodiscard]] const std::map<int, std::uint64_t>& by_status() const noexcept { return by_status_; }

  /// The request of that number; null when it was never made or is forgotten.
  [[nodiscard]] const Entry* find(std::uint64_t number) const noexcept {
    const std::uint64_t forgotten = total_ - entries_.size();
    return number > forgotten && number <= total_ ? &entries_[static_cast<std::size_t>(number - forgotten - 1)] : nullptr;
  }

  /// The same with the latest `count` requests alone; what is counted is counted of all.
  [[nodiscard]] Journal last(std::size_t count) const {
    Journal latest{capacity_};
    const std::size_t left_out = entries_.size() - std::min(count, entries_.size());
    latest.entries_.assign(entries_.begin() + static_cast<std::ptrdiff_t>(left_out), entries_.end());
    latest.total_ = total_;
    latest.by_id_ = by_id_;
    latest.by_status_ = by_status_;
    return latest;
  }

  /// How often a row was answered.
  [[nodiscard]] std::uint64_t count(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? 0 : found->second;
  }

 private:
  std::size_t capacity_;
  std::uint64_t total_ = 0;
  std::deque<Entry> entries_;
  std::map<std::string, std::uint64_t, std::less<>> by_id_;
  std::map<int, std::uint64_t> by_status_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
