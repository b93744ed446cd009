// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // ConfigError
#include <ductile/core/verdict.hpp>       // Duration
#include <ductile/mock/detail/seconds.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// How long answers take, told as one measures it: half of them up to this, a hundredth longer than that.
///
/// Between two percentiles the logarithm of the time is a straight line over the normal distribution's own, and so it goes on beyond the
/// outermost: two percentiles are a lognormal distribution, one is always the same time.
///
/// Errors   `ConfigError` without a percentile, for one outside 0.1 to 99.9, for seconds outside 0.001 to 1000000, and where a higher
///          percentile is not the longer time.
class LatencyPercentiles {
 public:
  struct Percentile {
    double percent = 50;
    double seconds = 1;

    friend bool operator==(const Percentile&, const Percentile&) = default;
  };

  explicit LatencyPercentiles(std::vector<Percentile> percentiles) : percentiles_(std::move(percentiles)) {
    std::sort(percentiles_.begin(), percentiles_.end(), [](const auto& a, const auto& b) { return a.percent < b.percent; });
    if (percentiles_.empty()) throw ConfigError{"a latency must have a percentile"};
    const Percentile* lower = nullptr;
    for (const Percentile& each : percentiles_) {
      if (!(each.percent >= 0.1 && each.percent <= 99.9)) refuse("a percentile must be from 0.1 to 99.9", each.percent);
      if (!(each.seconds >= 0.001 && each.seconds <= 1e6)) refuse("a percentile's seconds must be from 0.001 to 1000000", each.seconds);
      if (lower && (lower->percent == each.percent || lower->seconds > each.seconds))
        refuse("a percentile's seconds must not be less than those of a lower one", each.seconds);
      points_.push_back({normal_of(each.percent / 100), std::log(each.seconds)});
      lower = &each;
    }
  }

  /// The time of an answer that stands so many deviations above the middle. What is beyond three is as long as three: one answer of a
  /// thousand.
  [[nodiscard]] Duration at(double normal) const {
    normal = std::clamp(normal, -3.0, 3.0);
    double log_seconds = points_.front().log_seconds;
    if (points_.size() > 1) {
      std::size_t upper = 1;
      while (upper + 1 < points_.size() && points_[upper].normal < normal) ++upper;
      const Point& low = points_[upper - 1];
      const Point& high = points_[upper];
      log_seconds = low.log_seconds + (high.log_seconds - low.log_seconds) * (normal - low.normal) / (high.normal - low.normal);
    }
    return detail::from_seconds(std::exp(std::min(log_seconds, longest)));
  }

  /// As they were given, the lowest first.
  [[nodiscard]] const std::vector<Percentile>& percentiles() const noexcept { return percentiles_; }

 private:
  struct Point {
    double normal = 0;
    double log_seconds = 0;
  };

  static constexpr double longest = 18;  // e^18 s are two years

  // Where the normal distribution has this share below it.
  static double normal_of(double share) {
    double low = -4;
    double high = 4;
    for (int halved = 0; halved < 60; ++halved) {
      const double middle = (low + high) / 2;
      (std::erfc(-middle / std::sqrt(2.0)) / 2 < share ? low : high) = middle;
    }
    return low;
  }

  std::vector<Percentile> percentiles_;
  std::vector<Point> points_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
