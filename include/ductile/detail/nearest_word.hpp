// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::detail {

/// The one of `known` that is most like `wrong`, for "did you mean"; empty when none is near: more than half of its letters would have to
/// change.
///
/// \param known A range of `std::string_view`.
template <class Words>
[[nodiscard]] std::string_view nearest_word(std::string_view wrong, const Words& known) {
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(wrong.size() / 2, 1) + 1;
  for (const std::string_view word : known) {
    std::vector<std::size_t> line(word.size() + 1);
    for (std::size_t i = 0; i <= word.size(); ++i) line[i] = i;
    for (std::size_t j = 0; j < wrong.size(); ++j) {
      std::size_t diagonal = std::exchange(line[0], j + 1);
      for (std::size_t i = 0; i < word.size(); ++i)
        diagonal = std::exchange(line[i + 1], std::min({line[i] + 1, line[i + 1] + 1, diagonal + (word[i] == wrong[j] ? 0 : 1)}));
    }
    if (line.back() < best) {
      best = line.back();
      nearest = word;
    }
  }
  return nearest;
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
