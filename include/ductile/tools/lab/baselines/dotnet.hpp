// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>          // Time
#include <ductile/core/verdict.hpp>      // Duration
#include <ductile/tools/lab/asking.hpp>  // Call, each_job, sleep_for
#include <ductile/tools/lab/flow.hpp>    // Flow
#include <ductile/tools/lab/job.hpp>     // Job
#include <ductile/tools/lab/world.hpp>   // Answer, Model, World

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

// Of a process: open for 5 s when of at least 100 calls that ended within 30 s a tenth has failed.
class DotnetBreaker {
 public:
  [[nodiscard]] bool rejects(Time now) const noexcept { return now < open_until_; }

  void settle(Time now, bool failed) {
    ended_.emplace_back(now, failed);
    failures_ += failed ? 1 : 0;
    while (ended_.front().first + std::chrono::seconds{30} <= now) {
      failures_ -= ended_.front().second ? 1 : 0;
      ended_.pop_front();
    }
    if (ended_.size() < 100 || failures_ * 10 < ended_.size()) return;
    open_until_ = now + std::chrono::seconds{5};
    ended_.clear();
    failures_ = 0;
  }

 private:
  std::deque<std::pair<Time, bool>> ended_;
  std::size_t failures_ = 0;
  Time open_until_ = Time::min();
};

inline Flow with_dotnet(World& world, DotnetBreaker& breaker, const Job& job) {
  constexpr std::uint32_t attempts = 4;
  const Time end = world.now() + std::chrono::minutes{5};
  for (std::uint32_t attempt = 0; attempt < attempts; ++attempt) {
    if (breaker.rejects(world.now())) co_return;  // an open breaker is no failure that the retries take up
    const Duration timeout = std::min<Duration>(std::chrono::minutes{2}, end - world.now());
    const Answer answer = co_await Call{world, job, Model::primary, 0, timeout};
    const bool failed = answer.status == 0 || answer.status == 408 || answer.status == 429 || answer.status >= 500;
    breaker.settle(world.now(), failed);
    if (!failed || world.now() >= end) co_return;
    const double wait = 2 * std::exp2(attempt) * world.dice(job).with("dotnet").with(attempt).between(0.5, 1.5);
    if (attempt + 1 < attempts) {
      if (world.now() + std::chrono::duration<double>{wait} >= end) co_return;
      co_await sleep_for(world, wait);
    }
  }
}

}  // namespace detail

/// `dotnet-long`: the standard resilience handler of .NET with an attempt timeout of 120 s and a total one of 300 s instead of 10 and 30:
/// three retries after 2, 4 and 8 s, half more or less, and its breaker.
///
/// Source   Microsoft.Extensions.Http.Resilience, HttpStandardResilienceOptions, as documented.
inline void dotnet_long(World& world) {
  std::vector<detail::DotnetBreaker> breakers(static_cast<std::size_t>(world.scenario().processes));
  each_job(world, [&](const Job& job) { return detail::with_dotnet(world, breakers[job.process], job); });
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
