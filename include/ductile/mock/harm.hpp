// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/request.hpp>  // HarmCategory, HarmThreshold

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

enum class HarmProbability : std::uint8_t { low, medium, high };

[[nodiscard]] constexpr std::string_view name(HarmProbability probability) noexcept {
  constexpr std::array<std::string_view, 3> names{"LOW", "MEDIUM", "HIGH"};
  return names[static_cast<std::size_t>(probability)];
}

/// What the configurable filter sees in a prompt, before anything is made of it.
struct Harm {
  gemini::HarmCategory category = gemini::HarmCategory::dangerous_content;
  HarmProbability probability = HarmProbability::high;
};

/// From which probability on the filter blocks, by category, as the `safetySettings` of a request say. What they do not name is blocked
/// from medium on.
struct SafetyThresholds {
  std::array<gemini::HarmThreshold, 4> by_category{gemini::HarmThreshold::medium_and_above, gemini::HarmThreshold::medium_and_above,
                                                   gemini::HarmThreshold::medium_and_above, gemini::HarmThreshold::medium_and_above};

  [[nodiscard]] constexpr bool block(Harm harm) const noexcept {
    switch (by_category[static_cast<std::size_t>(harm.category)]) {
      case gemini::HarmThreshold::low_and_above: return true;
      case gemini::HarmThreshold::medium_and_above: return harm.probability != HarmProbability::low;
      case gemini::HarmThreshold::only_high: return harm.probability == HarmProbability::high;
      case gemini::HarmThreshold::none:
      case gemini::HarmThreshold::off: return false;
    }
    return true;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
