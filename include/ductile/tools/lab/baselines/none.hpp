// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/asking.hpp>  // Call, each_job
#include <ductile/tools/lab/flow.hpp>    // Flow
#include <ductile/tools/lab/job.hpp>     // Job
#include <ductile/tools/lab/world.hpp>   // World

namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

inline Flow call_once(World& world, const Job& job) { co_await Call{world, job}; }

}  // namespace detail

/// `none`: one call. So does google-genai for Python, JavaScript and Go by default, without a timeout.
inline void no_retries(World& world) {
  each_job(world, [&world](const Job& job) { return detail::call_once(world, job); });
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
