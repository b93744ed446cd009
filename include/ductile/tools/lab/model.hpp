// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// The two models of the day. Each has its own quota, its own bursts and its own pace.
enum class Model : std::uint8_t { primary, fallback };

inline constexpr std::array both_models{Model::primary, Model::fallback};

/// Under which name the service knows it.
[[nodiscard]] constexpr std::string_view model_id(Model model) noexcept {
  return model == Model::primary ? "gemini-3-pro-image" : "gemini-nano-banana-2.1";
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
