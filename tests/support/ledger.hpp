// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>

namespace ductile_test {

/// Counts admissions: each that is granted must be settled exactly once. Any number of threads.
class Ledger {
 public:
  /// The ledger that the listener checks after every test case.
  static Ledger& global() {
    static Ledger ledger;
    return ledger;
  }

  /// A new admission, by its number, from 1.
  std::uint64_t grant() {
    const std::lock_guard lock{mutex_};
    alive_.insert(++granted_);
    return granted_;
  }

  void settle(std::uint64_t admission) {
    const std::lock_guard lock{mutex_};
    ++settled_;
    if (alive_.erase(admission) == 0) ++strangers_;
  }

  [[nodiscard]] std::uint64_t granted() const { return read(granted_); }
  [[nodiscard]] std::uint64_t settled() const { return read(settled_); }
  [[nodiscard]] std::size_t alive() const {
    const std::lock_guard lock{mutex_};
    return alive_.size();
  }

  /// What does not add up; empty when each admission was settled exactly once.
  [[nodiscard]] std::string fault() const {
    const std::lock_guard lock{mutex_};
    if (granted_ == settled_ && alive_.empty() && strangers_ == 0) return {};
    return "admissions granted " + std::to_string(granted_) + ", settled " + std::to_string(settled_) + ", alive " +
           std::to_string(alive_.size()) + ", settled twice or never granted " + std::to_string(strangers_);
  }

 private:
  std::uint64_t read(const std::uint64_t& counter) const {
    const std::lock_guard lock{mutex_};
    return counter;
  }

  mutable std::mutex mutex_;
  std::uint64_t granted_ = 0;
  std::uint64_t settled_ = 0;
  std::uint64_t strangers_ = 0;
  std::set<std::uint64_t> alive_;
};

}  // namespace ductile_test
