// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/interval.hpp>  // Interval, interval_of
#include <ductile/tools/lab/metrics.hpp>   // Metrics

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// What a table shows of the figures, in so many digits after the point.
struct Column {
  std::string_view title;
  double Metrics::* figure;
  int digits;
};

inline constexpr std::array<Column, 6> columns{{{"delivered/bound", &Metrics::ratio, 3},
                                                {"calls/image", &Metrics::calls_per_image, 2},
                                                {"429/100 jobs", &Metrics::quota_429, 1},
                                                {"p50 s", &Metrics::p50_s, 0},
                                                {"p95 s", &Metrics::p95_s, 0},
                                                {"primary", &Metrics::primary_share, 2}}};

/// Those of a scenario with an outage, beside the others.
inline constexpr std::array<Column, 5> outage_columns{{{"outage calls/job", &Metrics::outage_calls_per_job, 2},
                                                       {"outage delivered", &Metrics::outage_delivered, 3},
                                                       {"peak/steady", &Metrics::peak_60s, 1},
                                                       {"rejected after", &Metrics::rejected_after, 2},
                                                       {"drain min", &Metrics::drain_min, 1}}};

/// A figure over several runs.
[[nodiscard]] inline Interval interval_of(const std::vector<Metrics>& runs, double Metrics::* figure) {
  std::vector<double> values;
  for (const Metrics& each : runs) values.push_back(each.*figure);
  return interval_of(values);
}

/// "0.984"
[[nodiscard]] inline std::string figure_text(double figure, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, figure);
  return text.data();
}

/// "0.984 +- 0.012"; "0.984 +- -" where nobody knows its interval.
/// \param between The mean and half of the interval.
[[nodiscard]] inline std::string interval_text(const Interval& found, int digits, std::string_view between = " +- ") {
  return figure_text(found.mean, digits).append(between).append(found.half ? figure_text(*found.half, digits) : "-");
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
