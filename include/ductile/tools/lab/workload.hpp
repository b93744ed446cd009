// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>           // Time
#include <ductile/mock/dice.hpp>          // Dice
#include <ductile/tools/lab/day.hpp>      // JobMix, Scenario
#include <ductile/tools/lab/job.hpp>      // Job
#include <ductile/tools/lab/seconds.hpp>  // from_seconds

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

inline std::string_view drawn_size(const JobMix& mix, double luck) {
  if (luck < mix.share_4k) return "4K";
  return luck < mix.share_4k + mix.share_2k ? "2K" : "1K";
}

// When jobs come, in order. Those of a clump come in one moment.
inline std::vector<Time> arrivals(const Scenario& scenario, mock::Dice dice) {
  std::vector<Time> times;
  const double span = std::chrono::duration<double>(scenario.until - scenario.from).count();
  if (scenario.rate > 0) {
    double at = 0;
    for (std::uint64_t job = 0;; ++job) {
      at += dice.with("gap").with(job).exponential() * 60 / scenario.rate;
      if (at >= span) return times;
      times.push_back(Time{scenario.from + from_seconds(at)});
    }
  }
  std::vector<std::int64_t> clumps;
  for (std::int64_t left = scenario.jobs; left > 0; left -= clumps.back()) {
    const auto sizes = static_cast<double>(scenario.most_clump - scenario.least_clump + 1);
    const auto more = static_cast<std::int64_t>(dice.with("clump").with(clumps.size()).uniform() * sizes);
    clumps.push_back(std::min(scenario.least_clump + more, left));
  }
  const double stretch = span / static_cast<double>(clumps.size());
  for (std::size_t i = 0; i < clumps.size(); ++i) {  // one in each of as many equal stretches
    const double at = stretch * (static_cast<double>(i) + dice.with("time").with(i).uniform());
    times.insert(times.end(), static_cast<std::size_t>(clumps[i]), Time{scenario.from + from_seconds(at)});
  }
  return times;
}

}  // namespace detail

/// The jobs of a scenario, by arrival: a function of the seed alone, so the same for every strategy.
[[nodiscard]] inline std::vector<Job> jobs_of(const Scenario& scenario, const JobMix& mix, std::uint64_t seed) {
  constexpr double tokens_sigma = 0.5;  // lognormal, as prompts are; no quota of tokens is near
  const mock::Dice dice = mock::Dice{seed}.with("jobs");
  std::vector<Job> jobs;
  for (const Time arrives : detail::arrivals(scenario, dice)) {
    const std::uint64_t number = jobs.size();
    const mock::Dice its = dice.with(number);
    double tokens = mix.tokens_median * std::exp(tokens_sigma * its.with("tokens").normal());
    if (its.with("reference").chance(mix.reference_image_share)) tokens += mix.reference_image_tokens;
    jobs.push_back({.number = number,
                    .arrives = arrives,
                    .deadline = arrives + scenario.deadline,
                    .size = detail::drawn_size(mix, its.with("size").uniform()),
                    .tokens = std::max<std::int64_t>(1, std::llround(tokens)),
                    .process = static_cast<std::size_t>(its.with("process").uniform() * static_cast<double>(scenario.processes))});
  }
  return jobs;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
