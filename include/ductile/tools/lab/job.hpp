// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // Time

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// An image that somebody wants. Times are since the day's midnight.
struct Job {
  std::uint64_t number = 0;  ///< By arrival, from 0.
  Time arrives{};
  Time deadline{};
  std::string_view size = "1K";
  std::int64_t tokens = 1;  ///< Of the whole input.
  std::size_t process = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
