// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// A mean, and half of its 95 % interval.
struct Interval {
  double mean = 0;
  std::optional<double> half{};  ///< None: one value says nothing of it.
};

/// Of independent values: Student's interval.
[[nodiscard]] inline Interval interval_of(const std::vector<double>& values) {
  // Two-sided 95 % points by degrees of freedom; beyond, the next row's is a little wide.
  constexpr std::array<double, 30> points{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                          2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                                          2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
  if (values.empty()) return {};
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  Interval interval{.mean = sum / count};
  if (values.size() < 2) return interval;
  double squares = 0;
  for (const double value : values) squares += (value - interval.mean) * (value - interval.mean);
  const std::size_t freedom = values.size() - 1;
  const double point = freedom <= points.size() ? points[freedom - 1] : freedom < 60 ? 2.042 : 1.98;
  interval.half = point * std::sqrt(squares / (count - 1) / count);
  return interval;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
