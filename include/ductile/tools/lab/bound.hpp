// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>           // Time
#include <ductile/core/verdict.hpp>       // Duration
#include <ductile/mock/pacific.hpp>       // until_pacific_midnight
#include <ductile/tools/lab/day.hpp>      // Day, Outage, Scenario
#include <ductile/tools/lab/job.hpp>      // Job
#include <ductile/tools/lab/seconds.hpp>  // from_seconds
#include <ductile/tools/lab/world.hpp>    // both_models, Model, World

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

// A stretch of time in which so many calls may be made.
struct Window {
  Time begin{};
  Time end{};
  std::int64_t capacity = 0;
};

// When a job's one call may begin.
struct Chance {
  Time from{};
  Time until{};
};

// How many of `jobs` can be put into `windows`, where any overlap will do: earliest deadline first, which for unit jobs no other order
// beats. Both come in the order of their begins, and no window ends before one that begins earlier.
inline std::int64_t most_served(const std::vector<Window>& windows, const std::vector<Chance>& jobs) {
  std::priority_queue<Time, std::vector<Time>, std::greater<>> waiting;  // by their last moments
  std::size_t next = 0;
  std::int64_t served = 0;
  for (const Window& window : windows) {
    while (next < jobs.size() && jobs[next].from < window.end) waiting.push(jobs[next++].until);
    while (!waiting.empty() && waiting.top() < window.begin) waiting.pop();
    for (std::int64_t left = window.capacity; left > 0 && !waiting.empty(); --left) {
      waiting.pop();
      ++served;
    }
  }
  return served;
}

inline std::int64_t most_in_minute(const Scenario& scenario, const Window& minute) {
  if (scenario.outage && minute.begin >= Time{scenario.outage->from} && minute.end <= Time{scenario.outage->until}) return 0;
  std::int64_t most = std::min(scenario.tier.images_per_minute, scenario.tier.requests_per_minute);
  if (scenario.capacity)
    most = std::min(most, static_cast<std::int64_t>(std::floor(scenario.capacity->burst + scenario.capacity->calls_per_minute)));
  return most;
}

// The minutes of both models, each with the service's own phase.
inline std::vector<Window> minutes(const World& world, Time from, Time until) {
  constexpr Duration minute = std::chrono::minutes{1};
  std::vector<Window> all;
  for (const Model model : both_models) {
    Time end = world.window_end(model, from).value_or(from + minute);
    for (; end - minute <= until; end += minute) {
      Window window{end - minute, end};
      window.capacity = most_in_minute(world.scenario(), window);
      all.push_back(window);
    }
  }
  std::ranges::sort(all, {}, &Window::begin);
  return all;
}

// The days of the quotas, for both models together.
inline std::vector<Window> days(const Scenario& scenario, WallTime midnight, Time from, Time until) {
  std::vector<Window> all;
  for (Time begin = from; begin <= until;) {
    const Time end = begin + mock::until_pacific_midnight(midnight + begin.time_since_epoch());
    all.push_back({begin, end, static_cast<std::int64_t>(both_models.size()) * scenario.tier.requests_per_day});
    begin = end;
  }
  return all;
}

}  // namespace detail

/// How many of the world's jobs no client can exceed, even one that knows everything beforehand.
///
/// Each simplification raises it: every call made is served, also in a burst; the words that pass are known; an answer takes no longer than
/// the network; any overlap of a job's time and a window will do; a window's limits and those of a day are looked at apart, and the fewer
/// of the two count. Jobs that no client can deliver are not in it.
[[nodiscard]] inline std::int64_t bound_of(const World& world, const Day& day) {
  const Duration least_latency = from_seconds(day.model.network.low);
  std::vector<detail::Chance> jobs;
  Time last{};
  for (const Job& job : world.jobs()) {
    if (!world.deliverable(job)) continue;
    jobs.push_back({job.arrives, job.deadline - least_latency});
    last = std::max(last, jobs.back().until);
  }
  if (jobs.empty()) return 0;
  const Time first = jobs.front().from;
  return std::min(detail::most_served(detail::minutes(world, first, last), jobs),
                  detail::most_served(detail::days(world.scenario(), day.midnight, first, last), jobs));
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
