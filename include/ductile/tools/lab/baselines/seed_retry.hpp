// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/asking.hpp>  // Call, each_job, sleep_for
#include <ductile/tools/lab/flow.hpp>    // Flow
#include <ductile/tools/lab/job.hpp>     // Job
#include <ductile/tools/lab/world.hpp>   // Answer, World

#include <cmath>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

inline Flow retry_429(World& world, const Job& job) {
  constexpr std::uint32_t attempts = 5;
  for (std::uint32_t attempt = 0; attempt < attempts; ++attempt) {
    const Answer answer = co_await Call{world, job};
    if (answer.status != 429) co_return;
    if (attempt + 1 < attempts) co_await sleep_for(world, std::exp2(attempt) + world.dice(job).with("seed").with(attempt).uniform());
  }
}

}  // namespace detail

/// `seed-retry`: the function that guides to these errors print: five calls, 2^n + U(0,1) s apart, and only a 429 is tried again.
inline void seed_retry(World& world) {
  each_job(world, [&world](const Job& job) { return detail::retry_429(world, job); });
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
