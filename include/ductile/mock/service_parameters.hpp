// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <array>

namespace ductile::inline DUCTILE_VERSION::mock {

/// From this to that, both in seconds or both a factor.
struct Span {
  double low = 0;
  double high = 0;
};

/// Chance of a 504, outside and inside a burst of overload.
struct DeadlineChance {
  double calm = 0;
  double burst = 0;
};

/// The numbers of a day at the service. The defaults are a bad day; chances are 0 to 1, times are seconds of the service's clock.
///
/// Only the shape is documented by anybody (overload comes in minutes, is worst at noon UTC, and a second model has its own); the figures
/// are assumptions, so every one of them is a parameter. `calm_parameters()` is a day on which nothing happens.
struct ServiceParameters {
  // Overload, answered 503: two states a model, calm and burst, such that the mean over an hour is this curve (UTC).
  std::array<double, 24> overload_by_hour{0.06, 0.05, 0.05, 0.05, 0.06, 0.07, 0.10, 0.15, 0.22, 0.32, 0.40, 0.45,
                                          0.45, 0.42, 0.33, 0.27, 0.23, 0.20, 0.18, 0.16, 0.14, 0.12, 0.10, 0.08};
  double flash_overload_factor = 0.4;  ///< The curve of the smaller models: a pool of their own, less loaded.
  double overload_calm = 0.02;         ///< Chance of a 503 outside a burst.
  double overload_burst = 0.9;         ///< Chance of a 503 inside one.
  double burst_mean = 360;
  double slow_overload_share = 0.3;  ///< Of the 503s, how many come only after `slow_overload`.
  Span slow_overload{60, 180};
  Span fast_overload{0.5, 3};

  // 500: bursts too, and prompts that the large model always fails on.
  double internal_mean = 0.015;
  double internal_calm = 0.002;
  double internal_burst = 0.6;
  double internal_burst_mean = 120;
  double poison_share = 0.003;

  // How long an image takes: lognormal.
  double pro_latency = 28.3;
  double flash_latency = 10.0;
  double latency_sigma = 0.27;
  Span burst_latency_factor{1.5, 4.0};  ///< For what succeeds inside a burst.
  std::array<double, 3> size_latency_factor{1.0, 1.15, 1.5};
  Span network{0.03, 0.15};  ///< On top of every answer.

  // 504, for up to 1K, 2K, 4K.
  std::array<DeadlineChance, 3> deadline_chance{DeadlineChance{0.003, 0.02}, DeadlineChance{0.01, 0.08}, DeadlineChance{0.08, 0.3}};
  double deadline_after = 180;

  // What is safe is a property of the prompt, for good.
  double borderline_share = 0.06;  ///< Prompts that the filter may take for something else.
  double borderline_blocked = 0.85;
  double reworded_passes = 0.75;  ///< Chance of each rewording of a blocked one.
  double prohibited_share = 0.015;

  // What a request's safetySettings let through or not: a property of the prompt, too.
  double filtered_share = 0;  ///< Prompts in which the configurable filter sees a medium or high probability of harm.

  // Requests that can never succeed.
  double bad_request_share = 0.006;
  double permission_share = 0.004;
  double not_found_share = 0.002;

  // How much a 429 says.
  double retry_info_present = 0.7;
  double quota_detail_present = 0.7;
  Span daily_hint{1, 60};  ///< The seconds that a spent day claims to need: not true.

  // What counts.
  bool count_rejected = false;        ///< A 429 counts as a request of the minute.
  bool count_overload_in_day = true;  ///< A 503 counts as a request of the day.
  bool sliding_minute = false;        ///< A minute's window is the last 60 s; else one of a phase that nobody is told.
};

/// A day on which the service answers at once and never fails.
[[nodiscard]] constexpr ServiceParameters calm_parameters() {
  ServiceParameters calm;
  calm.overload_by_hour.fill(0);
  calm.overload_calm = calm.internal_mean = calm.internal_calm = calm.poison_share = 0;
  calm.pro_latency = 0.03;
  calm.flash_latency = 0.01;
  calm.network = {0, 0};
  calm.deadline_chance.fill({0, 0});
  calm.borderline_share = calm.prohibited_share = calm.filtered_share = 0;
  calm.bad_request_share = calm.permission_share = calm.not_found_share = 0;
  calm.retry_info_present = calm.quota_detail_present = 1;
  return calm;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
