// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>                 // WallTime
#include <ductile/core/verdict.hpp>             // Duration
#include <ductile/mock/quota.hpp>               // Tier
#include <ductile/mock/service_parameters.hpp>  // ServiceParameters
#include <ductile/mock/shared_capacity.hpp>     // SharedCapacity

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// What the jobs of a day are like: shares are 0 to 1.
struct JobMix {
  double share_2k = 0;
  double share_4k = 0;  ///< The others are 1K.
  double tokens_median = 1;
  double reference_image_share = 0;  ///< Jobs that bring a picture of their own.
  double reference_image_tokens = 0;
};

/// When every model answers 503, since midnight UTC.
struct Outage {
  Duration from{};
  Duration until{};
};

/// Who asks, for how much, and what the service allows. Times are since midnight UTC.
struct Scenario {
  std::string name{};
  std::string what{};  ///< In a sentence.
  mock::Tier tier{};
  Duration from{};
  Duration until{};
  Duration deadline{};                         ///< Of each job, from its arrival.
  std::int64_t jobs = 0;                       ///< So many in all; 0: as many as `rate` makes.
  double rate = 0;                             ///< Jobs a minute, as a Poisson process; 0: `jobs` decides.
  std::int64_t least_clump = 1;                ///< Jobs that arrive together: from so many ...
  std::int64_t most_clump = 1;                 ///< ... to so many.
  std::int64_t processes = 1;                  ///< That share the project; a job belongs to one.
  std::optional<std::int64_t> pool{};          ///< Workers of a naive client; none: a job is begun when it arrives.
  std::optional<std::int64_t> pool_ductile{};  ///< Jobs that our client has under way at once; none: all.
  std::optional<Outage> outage{};
  std::optional<mock::SharedCapacity> capacity{};  ///< What each model can serve in all; none: whatever is asked.
};

/// One day at the service, and the scenarios that are played on it: all that a file of scenarios says.
struct Day {
  WallTime midnight{};  ///< Its begin, UTC; a date on which California's midnight is at the hour that the file says.
  mock::ServiceParameters model{};
  JobMix mix{};
  std::map<std::string, Scenario, std::less<>> scenarios{};
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
