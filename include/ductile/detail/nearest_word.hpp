// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>
#include <ductile/detail/ascii.hpp>  // lower, same_word

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::detail {

/// How many letters must be put in, left out, changed, or exchanged with their neighbour to make the one of the other, in any case.
[[nodiscard]] inline std::size_t letters_between(std::string_view left, std::string_view right) {
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> line(right.size() + 1);
  for (std::size_t i = 0; i <= right.size(); ++i) line[i] = i;
  std::vector<std::size_t> next = line;
  const auto same = [&](std::size_t j, std::size_t i) { return lower(left[j]) == lower(right[i]); };
  for (std::size_t j = 0; j < left.size(); ++j) {
    next[0] = j + 1;
    for (std::size_t i = 0; i < right.size(); ++i) {
      next[i + 1] = std::min({line[i + 1] + 1, next[i] + 1, line[i] + (same(j, i) ? 0 : 1)});
      if (i > 0 && j > 0 && same(j, i - 1) && same(j - 1, i)) next[i + 1] = std::min(next[i + 1], before[i - 1] + 1);
    }
    std::swap(before, line);
    std::swap(line, next);
  }
  return line.back();
}

/// The one of `known` that is most like `wrong`, for "did you mean": of which it is the beginning, or to which no more than half of its
/// letters are wrong. Empty when none is near.
///
/// \param known A range of `std::string_view`.
template <class Words>
[[nodiscard]] std::string_view nearest_word(std::string_view wrong, const Words& known) {
  constexpr std::size_t least_of_a_beginning = 3;
  std::string_view nearest;
  std::size_t best = 2 * std::max<std::size_t>(wrong.size() / 2, 1) + 2;
  for (const std::string_view word : known) {
    const bool begins = wrong.size() >= least_of_a_beginning && same_word(word.substr(0, wrong.size()), wrong);
    const std::size_t at_most = begins ? 3 : best;  // nearer than two wrong letters, farther than one
    // What differs more in length alone is not compared: `wrong` is anybody's, and may be a file's worth.
    const std::size_t missing = std::max(wrong.size(), word.size()) - std::min(wrong.size(), word.size());
    const std::size_t distance = 2 * missing < best ? std::min(2 * letters_between(wrong, word), at_most) : at_most;
    if (distance < best) {
      best = distance;
      nearest = word;
    }
  }
  return nearest;
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
