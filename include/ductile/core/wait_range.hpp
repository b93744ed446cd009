// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration, forever

namespace ductile::inline DUCTILE_VERSION {

/// Between which two spans a wait lies.
struct WaitRange {
  Duration shortest{};
  Duration longest = forever;  ///< `forever`: nothing bounds it.

  friend constexpr bool operator==(const WaitRange&, const WaitRange&) = default;
};

}  // namespace ductile::inline DUCTILE_VERSION
