// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/worlds/adverse_world.hpp>
#include <ductile/tools/lab/worlds/enforced_hints.hpp>
#include <ductile/tools/lab/worlds/hanging_calls.hpp>
#include <ductile/tools/lab/worlds/late_work.hpp>
#include <ductile/tools/lab/worlds/lost_places.hpp>
#include <ductile/tools/lab/worlds/retry_storm.hpp>

#include <array>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// One for each thing that buys nothing on a day that is merely bad, and stays in the client by correctness.
inline constexpr std::array<AdverseWorld, 5> all_worlds{{
    {"hanging-calls", "one call in 25 never ends", "attempt timeout", "waits for it until the job's deadline, tomorrow", &hanging_calls},
    {"enforced-hints", "who comes before the time that a 429 names waits twice as long", "obeying hints",
     "comes when its own backoff and its ledger say so", &enforced_hints},
    {"late-work", "twenty minutes of overload, a minute for each job, four workers", "deadline refusal",
     "tries on when its caller has gone, and begins what is too late already", &late_work},
    {"retry-storm", "twenty minutes down; a call that is turned away costs a tenth of one that is served; no breaker", "retry budget",
     "retries until its deadline", &retry_storm},
    {"lost-places", "one call in twenty fails; eight places for attempts", "exactly-once settlement",
     "gives a place back after a success alone", &lost_places},
}};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
