// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>         // Time
#include <ductile/core/verdict.hpp>     // Duration
#include <ductile/tools/lab/day.hpp>    // Scenario
#include <ductile/tools/lab/world.hpp>  // CallRecord

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// Calls a minute around an outage: what a service feels of a client that goes on, and of one that comes back.
class LoadCurve {
 public:
  /// \param scenario Has an outage. The curve goes from half an hour before it, or from the first job, until two hours after it.
  explicit LoadCurve(const Scenario& scenario)
      : begin_(std::max(Time{scenario.from}, Time{scenario.outage->from - std::chrono::minutes{30}})),
        calls_(static_cast<std::size_t>(
            std::chrono::ceil<std::chrono::minutes>(Time{scenario.outage->until + std::chrono::hours{2}} - begin_).count())) {}

  /// Adds the calls of one run.
  void add(const std::vector<CallRecord>& calls) {
    ++runs_;
    for (const CallRecord& call : calls) {
      if (call.begins < begin_) continue;
      const auto minute = static_cast<std::size_t>((call.begins - begin_) / std::chrono::minutes{1});
      if (minute < calls_.size()) ++calls_[minute];
    }
  }

  [[nodiscard]] Time begin() const noexcept { return begin_; }
  [[nodiscard]] std::size_t minutes() const noexcept { return calls_.size(); }

  /// Of a minute, counted from `begin`: the mean of the runs.
  [[nodiscard]] double calls(std::size_t minute) const noexcept {
    return runs_ == 0 ? 0 : static_cast<double>(calls_[minute]) / static_cast<double>(runs_);
  }

  /// The most in any minute.
  [[nodiscard]] double peak() const noexcept {
    double most = 0;
    for (std::size_t minute = 0; minute < minutes(); ++minute) most = std::max(most, calls(minute));
    return most;
  }

 private:
  Time begin_;
  std::vector<std::size_t> calls_;  // of all runs
  std::size_t runs_ = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
