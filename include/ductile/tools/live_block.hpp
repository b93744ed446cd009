// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// Some lines at the end of a terminal that are drawn again and again in place, while other lines pass above them. Makes the bytes; writing
/// them is the caller's business.
class LiveBlock {
 public:
  /// The bytes that put `above` for good where the block stood, and `block` under it. No line may be wider than the terminal, but those
  /// above.
  [[nodiscard]] std::string draw(const std::vector<std::string>& above, const std::vector<std::string>& block) {
    std::string bytes;
    if (drawn_ > 0) bytes += "\x1b[" + std::to_string(drawn_) + "A\r\x1b[J";  // up, and clear to the end of the screen
    for (const std::string& line : above) bytes += line + "\n";
    for (const std::string& line : block) bytes += line + "\n";
    drawn_ = block.size();
    return bytes;
  }

 private:
  std::size_t drawn_ = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
