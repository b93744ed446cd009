// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // ConfigError
#include <ductile/gemini/redact.hpp>      // shortened

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// The seeds of "7" or "1-20".
///
/// Errors   `ConfigError` for anything else, and for more than 100000 seeds.
[[nodiscard]] inline std::vector<std::uint64_t> seeds_of(std::string_view text) {
  constexpr std::uint64_t most = 100'000;
  const auto refuse = [text] {
    throw ConfigError{"--seeds must be a seed, or A-B with A no more than B and at most 100000 of them; it is '" +
                      gemini::shortened(text, 80) + "'"};
  };
  const auto whole = [&refuse](std::string_view digits) {
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seed);
    if (error != std::errc{} || end != digits.data() + digits.size()) refuse();
    return seed;
  };
  const std::size_t dash = text.find('-');
  const std::uint64_t first = whole(text.substr(0, dash));
  const std::uint64_t last = dash == text.npos ? first : whole(text.substr(dash + 1));
  if (last < first || last - first >= most) refuse();
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t left = last - first + 1, seed = first; left > 0; --left, ++seed) seeds.push_back(seed);
  return seeds;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
