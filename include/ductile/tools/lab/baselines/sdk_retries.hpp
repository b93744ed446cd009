// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/asking.hpp>  // Call, each_job, sleep_for
#include <ductile/tools/lab/flow.hpp>    // Flow
#include <ductile/tools/lab/job.hpp>     // Job
#include <ductile/tools/lab/world.hpp>   // Answer, Model, model_id, World

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

inline bool sdk_tries_again(int status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

inline Flow sdk_call(World& world, const Job& job, Model model, Answer& answer) {
  constexpr std::uint32_t attempts = 5;
  constexpr double longest = 60;
  for (std::uint32_t attempt = 0; attempt < attempts; ++attempt) {
    answer = co_await Call{world, job, model};
    if (!sdk_tries_again(answer.status)) co_return;
    const double jitter = world.dice(job).with("sdk").with(model_id(model)).with(attempt).uniform();
    if (attempt + 1 < attempts) co_await sleep_for(world, std::min(std::exp2(attempt) + jitter, longest));
  }
}

inline Flow sdk_calls(World& world, const Job& job, bool fallback) {
  Answer answer;
  Flow primary = sdk_call(world, job, Model::primary, answer);
  co_await primary;
  if (!fallback || !sdk_tries_again(answer.status)) co_return;
  Flow second = sdk_call(world, job, Model::fallback, answer);
  co_await second;
}

}  // namespace detail

/// `sdk-retries`: google-genai 3.6.1 with `HttpRetryOptions()`: five calls, min(2^(n-1) + U(0,1), 60) s apart; hints are not read, and
/// there is no timeout.
inline void sdk_retries(World& world) {
  each_job(world, [&world](const Job& job) { return detail::sdk_calls(world, job, false); });
}

/// `sdk-retries-fallback`: the same at the primary model, and where that has failed at the other.
inline void sdk_retries_fallback(World& world) {
  each_job(world, [&world](const Job& job) { return detail::sdk_calls(world, job, true); });
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
