// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fstream>
#include <string>

namespace support {

/// The first block of a page of docs/policies below a heading.
inline std::string block_below(const std::string& page, const std::string& heading) {
  std::ifstream text{DUCTILE_TEST_DATA "/../../docs/policies/" + page};
  std::string block;
  bool below = false;
  bool inside = false;
  for (std::string line; std::getline(text, line);) {
    if (line == heading) below = true;
    if (below && line.starts_with("```")) {
      if (inside) return block;
      inside = true;
    } else if (inside) {
      block += line + '\n';
    }
  }
  return block;
}

}  // namespace support
