// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/metrics.hpp>  // Metrics

#include <cstdint>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// A world that is against a client in one way only: in it the policy that is for this shows what it buys.
struct AdverseWorld {
  std::string_view name;
  std::string_view what;                           ///< What is wrong in it.
  std::string_view policy;                         ///< What is for it.
  std::string_view without;                        ///< What a client does that lacks it, and is the same in all else.
  Metrics (*play)(std::uint64_t seed, bool with);  ///< What such a client comes to, with the policy or without.
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
