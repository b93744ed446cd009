// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock::detail {

// proto3 JSON takes bytes in either alphabet of base64, with padding or without, and the Python SDK sends back in one what it got in the
// other: the same in the standard alphabet with padding.
inline std::string standard_base64(std::string_view written) {
  std::string text{written};
  for (char& letter : text) letter = letter == '-' ? '+' : letter == '_' ? '/' : letter;
  if (text.size() % 4 != 0) text.append(4 - text.size() % 4, '=');
  return text;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
