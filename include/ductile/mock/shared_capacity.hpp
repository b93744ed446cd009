// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>    // WallTime
#include <ductile/mock/quota.hpp>  // Quota

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What one model can do for all projects together. No quota: a project within its own limits is refused, with the words of overload,
/// because of what the others ask.
struct SharedCapacity {
  double calls_per_minute = 24;  ///< That it can serve, 0 to 1000000.
  double burst = 6;              ///< That it can begin at once after it was idle, 1 to 1000000.
  double rejected_costs = 0.1;   ///< What turning one away costs, in calls served, 0 to 1: those who ask again keep it down.

  friend constexpr bool operator==(const SharedCapacity&, const SharedCapacity&) = default;
};

/// What is left of that capacity, by model: a bucket that fills as time passes.
///
/// Threads  One at a time.
class CapacityLeft {
 public:
  /// Whether `model` can serve a call that comes at `time`. Either way the call costs it something.
  bool take(const SharedCapacity& capacity, std::string_view model, WallTime time) {
    Bucket& bucket = filled(capacity, model, time);
    const bool served = bucket.calls >= 1;
    bucket.calls = std::max(0.0, bucket.calls - (served ? 1 : capacity.rejected_costs));
    return served;
  }

  /// The calls that each model asked so far could begin at `time`.
  [[nodiscard]] std::map<std::string, double> left(const SharedCapacity& capacity, WallTime time) const {
    std::map<std::string, double> all;
    for (const auto& [model, bucket] : buckets_) all[model] = refilled(bucket, capacity, time);
    return all;
  }

 private:
  struct Bucket {
    double calls = 0;
    WallTime since{};
  };

  static double refilled(const Bucket& bucket, const SharedCapacity& capacity, WallTime time) {
    const double minutes = std::max(0.0, std::chrono::duration<double, std::ratio<60>>(time - bucket.since).count());
    return std::min(capacity.burst, bucket.calls + minutes * capacity.calls_per_minute);
  }

  Bucket& filled(const SharedCapacity& capacity, std::string_view model, WallTime time) {
    const auto [found, fresh] = buckets_.try_emplace(std::string{Quota::bucket(model)}, Bucket{capacity.burst, time});
    found->second = {refilled(found->second, capacity, time), std::max(found->second.since, time)};
    return found->second;
  }

  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
