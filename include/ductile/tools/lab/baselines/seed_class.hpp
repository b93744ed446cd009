// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>          // Time
#include <ductile/tools/lab/asking.hpp>  // Call, each_job, sleep_for
#include <ductile/tools/lab/flow.hpp>    // Flow
#include <ductile/tools/lab/job.hpp>     // Job
#include <ductile/tools/lab/world.hpp>   // Answer, both_models, Model, World

#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

// Of a process: after three jobs in a row that no model has served it fails every job at once, for five minutes; then again after each one,
// until a job succeeds.
struct SeedBreaker {
  std::uint32_t failures = 0;
  Time open_until = Time::min();

  [[nodiscard]] bool rejects(Time now) const noexcept { return now < open_until; }
  void fail(Time now) {
    if (++failures >= 3) open_until = now + std::chrono::minutes{5};
  }
};

inline Flow through_chain(World& world, SeedBreaker& breaker, const Job& job) {
  constexpr std::uint32_t attempts = 5;
  if (breaker.rejects(world.now())) co_return;
  for (const Model model : both_models) {
    for (std::uint32_t attempt = 0; attempt < attempts; ++attempt) {
      const Answer answer = co_await Call{world, job, model};
      if (answer.status == 200) {  // withheld, too: its code looks for words in exceptions, and this raises none
        breaker.failures = 0;
        co_return;
      }
      if (answer.status == 429 || answer.status == 500) {
        co_await sleep_for(world, std::exp2(attempt) + world.dice(job).with(model_id(model)).with(attempt).uniform());
        continue;
      }
      if (answer.status != 502 && answer.status != 503) co_return;
      break;  // the next model
    }
  }
  breaker.fail(world.now());
}

}  // namespace detail

/// `seed-class`: the class that such guides print: the models in turn; five calls each, 2^n + U(0,1) s apart, while it is a 429 or a 500;
/// the next model at once for a 502 or 503; nothing for anything else, a 504 too; and a breaker over the whole chain.
inline void seed_class(World& world) {
  std::vector<detail::SeedBreaker> breakers(static_cast<std::size_t>(world.scenario().processes));
  each_job(world, [&](const Job& job) { return detail::through_chain(world, breakers[job.process], job); });
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
