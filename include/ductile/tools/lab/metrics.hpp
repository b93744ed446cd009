// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>         // Time
#include <ductile/core/verdict.hpp>     // Duration
#include <ductile/tools/lab/job.hpp>    // Job
#include <ductile/tools/lab/world.hpp>  // CallRecord, Delivery, Model, World

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// What one strategy came to in one world. Where nothing was counted a figure is 0.
struct Metrics {
  double jobs = 0;
  double bound = 0;      ///< Images that no client can exceed.
  double delivered = 0;  ///< Images by their jobs' deadlines.
  double ratio = 0;      ///< `delivered` over `bound`.
  double calls = 0;
  double calls_per_image = 0;  ///< Calls over `delivered`.
  double quota_429 = 0;        ///< 429s for 100 jobs.
  double p50_s = 0;            ///< From arrival to image, of those delivered.
  double p95_s = 0;
  double primary_share = 0;         ///< Of the images delivered, those of the primary model.
  double outage_calls_per_job = 0;  ///< Calls in the outage, for each job that arrived in it.
  double outage_delivered = 0;      ///< Of the jobs that arrived in the outage and could be delivered, the share that was.
  double peak_60s = 0;              ///< Most calls in a minute of the 30 after the outage, over those of a minute before it.
  double rejected_after = 0;        ///< Of the calls in the 30 minutes after the outage, the share answered 429, 502 or 503.
  double drain_min = 0;             ///< Until 95 % of the older jobs that are delivered after the outage are.
  double busy_per_image_s = 0;      ///< How long all jobs were under way, from begin to end, image or not; for each of `delivered`.
  double lost = 0;                  ///< `bound` less `delivered`.
};

/// A figure by its name in the program's output.
struct Metric {
  std::string_view name;
  double Metrics::* figure;
};

inline constexpr std::array<Metric, 17> all_metrics{{{"jobs", &Metrics::jobs},
                                                     {"bound", &Metrics::bound},
                                                     {"delivered", &Metrics::delivered},
                                                     {"ratio", &Metrics::ratio},
                                                     {"calls", &Metrics::calls},
                                                     {"calls_per_image", &Metrics::calls_per_image},
                                                     {"quota_429", &Metrics::quota_429},
                                                     {"p50_s", &Metrics::p50_s},
                                                     {"p95_s", &Metrics::p95_s},
                                                     {"primary_share", &Metrics::primary_share},
                                                     {"outage_calls_per_job", &Metrics::outage_calls_per_job},
                                                     {"outage_delivered", &Metrics::outage_delivered},
                                                     {"peak_60s", &Metrics::peak_60s},
                                                     {"rejected_after", &Metrics::rejected_after},
                                                     {"drain_min", &Metrics::drain_min},
                                                     {"busy_per_image_s", &Metrics::busy_per_image_s},
                                                     {"lost", &Metrics::lost}}};

namespace detail {

inline double over(double part, double whole) { return whole > 0 ? part / whole : 0; }

// The value that so large a share of `values` does not exceed.
inline double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

// The most that fall into any stretch of `length`; times are in order.
inline std::size_t most_within(const std::vector<Time>& times, Duration length) {
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < times.size(); ++last) {
    while (times[last] - times[first] >= length) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

inline void count_outage(World& world, Metrics& into) {
  const Time begin{world.scenario().outage->from};
  const Time end{world.scenario().outage->until};
  const Time soon_after = end + std::chrono::minutes{30};
  const auto in_outage = [&](Time time) { return time >= begin && time < end; };

  double arrived = 0;
  double deliverable = 0;
  double delivered = 0;
  std::vector<double> drained;
  for (const Job& job : world.jobs()) {
    const auto& delivery = world.deliveries()[job.number];
    const bool in_time = delivery && delivery->at <= job.deadline;
    if (in_time && job.arrives < end && delivery->at >= end)
      drained.push_back(std::chrono::duration<double>(delivery->at - end).count() / 60);
    if (!in_outage(job.arrives)) continue;
    ++arrived;
    deliverable += world.deliverable(job) ? 1 : 0;
    delivered += in_time ? 1 : 0;
  }

  double before = 0;
  double asked = 0;
  double rejected = 0;
  std::vector<Time> soon;
  for (const CallRecord& call : world.calls()) {
    before += call.begins < begin ? 1 : 0;
    asked += in_outage(call.begins) ? 1 : 0;
    if (call.begins < end || call.begins >= soon_after) continue;
    soon.push_back(call.begins);
    rejected += call.status == 429 || call.status == 502 || call.status == 503 ? 1 : 0;
  }
  into.outage_calls_per_job = over(asked, arrived);
  into.outage_delivered = over(delivered, deliverable);
  const double minutes_before = std::chrono::duration<double>(begin - Time{world.scenario().from}).count() / 60;
  into.peak_60s = over(static_cast<double>(most_within(soon, std::chrono::minutes{1})), over(before, minutes_before));
  into.rejected_after = over(rejected, static_cast<double>(soon.size()));
  into.drain_min = quantile(drained, 0.95);
}

}  // namespace detail

/// What books come to, but for an outage.
/// \param deliveries By the numbers of the jobs.
/// \param bound As `bound_of` has it.
[[nodiscard]] inline Metrics metrics_of(const std::vector<Job>& jobs, const std::vector<CallRecord>& calls,
                                        const std::vector<std::optional<Delivery>>& deliveries, std::int64_t bound) {
  Metrics metrics{
      .jobs = static_cast<double>(jobs.size()), .bound = static_cast<double>(bound), .calls = static_cast<double>(calls.size())};
  std::vector<double> seconds;
  double primary = 0;
  for (const Job& job : jobs) {
    const auto& delivery = deliveries[job.number];
    if (!delivery || delivery->at > job.deadline) continue;
    seconds.push_back(std::chrono::duration<double>(delivery->at - job.arrives).count());
    primary += delivery->model == Model::primary ? 1 : 0;
  }
  metrics.delivered = static_cast<double>(seconds.size());
  metrics.lost = metrics.bound - metrics.delivered;
  metrics.ratio = detail::over(metrics.delivered, metrics.bound);
  metrics.calls_per_image = detail::over(metrics.calls, metrics.delivered);
  const auto refused = std::ranges::count(calls, 429, &CallRecord::status);
  metrics.quota_429 = 100 * detail::over(static_cast<double>(refused), metrics.jobs);
  metrics.p50_s = detail::quantile(seconds, 0.5);
  metrics.p95_s = detail::quantile(seconds, 0.95);
  metrics.primary_share = detail::over(primary, metrics.delivered);
  return metrics;
}

/// Reads the books of a world whose strategy has ended.
/// \param bound As `bound_of` has it.
[[nodiscard]] inline Metrics metrics_of(World& world, std::int64_t bound) {
  Metrics metrics = metrics_of(world.jobs(), world.calls(), world.deliveries(), bound);
  metrics.busy_per_image_s = detail::over(std::chrono::duration<double>(world.busy()).count(), metrics.delivered);
  if (world.scenario().outage) detail::count_outage(world, metrics);
  return metrics;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
