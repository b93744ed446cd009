// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>  // TargetSet
#include <ductile/core/now.hpp>      // Duration

#include <cstdint>
#include <optional>

namespace ductile::inline DUCTILE_VERSION {

/// What one call does differently from its pipeline.
struct CallOptions {
  std::optional<Duration>
      deadline{};              ///< For the whole call, from its start; takes the place of `Deadline`'s. Not above zero: fails at once.
  std::uint16_t attempts = 0;  ///< Most attempts on one target, the first included; 0: as `Retry` says.
  TargetSet targets = 0;       ///< Which targets of the chain may be used (bit i: target i); 0: all.
};

}  // namespace ductile::inline DUCTILE_VERSION
