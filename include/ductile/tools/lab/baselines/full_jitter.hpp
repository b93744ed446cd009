// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>          // Time
#include <ductile/tools/lab/asking.hpp>  // Call, each_job, sleep_for
#include <ductile/tools/lab/flow.hpp>    // Flow
#include <ductile/tools/lab/job.hpp>     // Job
#include <ductile/tools/lab/world.hpp>   // Answer, Model, World

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

struct FullJitterOptions {
  std::optional<std::uint32_t> attempts{};  // none: until the deadline
  bool both_models = false;                 // in turn
  std::uint32_t rewordings = 0;             // of what was withheld
};

inline Flow with_full_jitter(World& world, const Job& job, FullJitterOptions options) {
  constexpr double longest = 60;
  std::uint32_t wording = 0;
  for (std::uint32_t failures = 0;;) {
    const Model model = options.both_models && failures % 2 == 1 ? Model::fallback : Model::primary;
    const Answer answer = co_await Call{world, job, model, wording};
    if (answer.withheld && wording < options.rewordings && (options.attempts || world.now() < job.deadline)) {
      ++wording;  // at once, and at the same model: it has answered
      continue;
    }
    if (answer.status != 429 && answer.status < 500) co_return;
    if (options.attempts && failures + 1 >= *options.attempts) co_return;
    const double most = std::min(std::exp2(failures), longest);
    const double wait = most * world.dice(job).with("jitter").with(failures).uniform();
    ++failures;
    if (!options.attempts && world.now() + std::chrono::duration<double>{wait} >= job.deadline) co_return;
    co_await sleep_for(world, wait);
  }
}

inline void full_jitter(World& world, FullJitterOptions options) {
  each_job(world, [&world, options](const Job& job) { return with_full_jitter(world, job, options); });
}

}  // namespace detail

/// `jitter5`: full jitter, U(0, min(2^n, 60)) s, five calls; 429 and every 5xx are tried again.
///
/// Source   M. Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
inline void jitter5(World& world) { detail::full_jitter(world, {.attempts = 5}); }

/// `jitter-deadline`: the same until the job's deadline.
inline void jitter_deadline(World& world) { detail::full_jitter(world, {}); }

/// `jitter-both`: the same with the two models in turn.
inline void jitter_both(World& world) { detail::full_jitter(world, {.both_models = true}); }

/// `jitter-both-reword`: the same, and up to three other wordings for what is withheld.
inline void jitter_both_reword(World& world) { detail::full_jitter(world, {.both_models = true, .rewordings = 3}); }

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
