// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>    // WallTime
#include <ductile/mock/image.hpp>  // Pixels

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// A model as the service knows it: what it accepts, and since when it is gone.
struct ServedModel {
  std::string_view id;
  std::string_view title;
  std::span<const std::string_view> ratios{};  ///< Accepted values of aspectRatio; none: it makes no images.
  std::span<const std::string_view> sizes{};   ///< Accepted values of imageSize; none: the size is fixed.
  std::optional<std::chrono::sys_days> gone{};  ///< Shut down on that day; none: it is served.
  bool thinks = true;
  bool listed = true;  ///< In models.list, which goes on naming models for a while after they are gone.

  [[nodiscard]] constexpr bool draws() const noexcept { return !ratios.empty(); }
};

namespace detail {

inline constexpr std::array<std::string_view, 14> ratios{"1:1", "2:3",  "3:2",  "3:4", "4:3", "4:5", "5:4",
                                                         "9:16", "16:9", "21:9", "1:4", "4:1", "1:8", "8:1"};
inline constexpr std::array<std::string_view, 4> sizes{"512", "1K", "2K", "4K"};

constexpr std::chrono::sys_days day(int year, unsigned month, unsigned day_of_month) {
  return std::chrono::sys_days{std::chrono::year{year} / month / day_of_month};
}

inline constexpr std::span<const std::string_view> ten_ratios{ratios.data(), 10};
inline constexpr std::span<const std::string_view> all_ratios{ratios};
inline constexpr std::span<const std::string_view> all_sizes{sizes};
inline constexpr std::span<const std::string_view> from_1k{sizes.data() + 1, 3};
inline constexpr std::span<const std::string_view> only_1k{sizes.data() + 1, 1};

inline constexpr std::array served_models{
    ServedModel{"gemini-3-pro-image", "Nano Banana Pro", ten_ratios, from_1k},
    ServedModel{"gemini-nano-banana-2.1", "Nano Banana 2.1", all_ratios, from_1k},
    ServedModel{"gemini-3.1-flash-lite-image", "Nano Banana 2 Lite", ten_ratios, only_1k},
    ServedModel{"gemini-3.1-flash-image", "Nano Banana 2", all_ratios, all_sizes, day(2026, 10, 29)},
    ServedModel{"gemini-2.5-flash-image", "Nano Banana", ten_ratios, {}, day(2026, 10, 2), false},
    ServedModel{"gemini-3-pro-image-preview", "Nano Banana Pro Preview", ten_ratios, from_1k, day(2026, 6, 25), true, false},
    ServedModel{"nano-banana-pro-preview", "Nano Banana Pro Preview", ten_ratios, from_1k, day(2026, 6, 25), true, false},
    ServedModel{"gemini-3.1-flash-image-preview", "Nano Banana 2 Preview", all_ratios, all_sizes, day(2026, 6, 25), true, false},
    ServedModel{"gemini-2.5-flash-image-preview", "Nano Banana Preview", ten_ratios, {}, day(2026, 1, 15), false, false},
    ServedModel{"gemini-2.0-flash-preview-image-generation", "Gemini 2.0 Flash Image", ten_ratios, {}, day(2025, 11, 14), false, false},
    ServedModel{"gemini-2.0-flash-exp", "Gemini 2.0 Flash Experimental", {}, {}, day(2026, 6, 1), false, false},
    ServedModel{"gemini-2.0-flash", "Gemini 2.0 Flash", {}, {}, day(2026, 6, 1), false, false},
    ServedModel{"gemini-3.8-flash", "Gemini 3.8 Flash"},
    ServedModel{"gemini-2.5-flash", "Gemini 2.5 Flash"},
};

struct RatioPixels {
  std::string_view ratio;
  Pixels at_1k;
};

inline constexpr std::array<RatioPixels, 14> pixels_at_1k{{{"1:1", {1024, 1024}},
                                                           {"2:3", {848, 1264}},
                                                           {"3:2", {1264, 848}},
                                                           {"3:4", {896, 1200}},
                                                           {"4:3", {1200, 896}},
                                                           {"4:5", {928, 1152}},
                                                           {"5:4", {1152, 928}},
                                                           {"9:16", {768, 1376}},
                                                           {"16:9", {1376, 768}},
                                                           {"21:9", {1584, 672}},
                                                           {"1:4", {512, 2048}},
                                                           {"4:1", {2048, 512}},
                                                           {"1:8", {384, 3072}},
                                                           {"8:1", {3072, 384}}}};

inline constexpr std::array<RatioPixels, 10> pixels_of_first_banana{{{"1:1", {1024, 1024}},
                                                                     {"2:3", {832, 1248}},
                                                                     {"3:2", {1248, 832}},
                                                                     {"3:4", {864, 1184}},
                                                                     {"4:3", {1184, 864}},
                                                                     {"4:5", {896, 1152}},
                                                                     {"5:4", {1152, 896}},
                                                                     {"9:16", {768, 1344}},
                                                                     {"16:9", {1344, 768}},
                                                                     {"21:9", {1536, 672}}}};

}  // namespace detail

/// The model of that id; null when there is none.
[[nodiscard]] constexpr const ServedModel* find_model(std::string_view id) noexcept {
  for (const ServedModel& model : detail::served_models)
    if (model.id == id) return &model;
  return nullptr;
}

/// The pixels of an image of this size ("512", "1K", "2K", "4K"; empty: 1K) and ratio ("16:9"; empty: square) by `model`; what is not in
/// the table is 1K or square.
[[nodiscard]] constexpr Pixels image_pixels(std::string_view model, std::string_view size, std::string_view ratio) noexcept {
  const auto look = [ratio](const auto& table) {
    for (const detail::RatioPixels& row : table)
      if (row.ratio == ratio) return row.at_1k;
    return Pixels{};
  };
  if (model.starts_with("gemini-2.")) return look(detail::pixels_of_first_banana);
  const Pixels base = look(detail::pixels_at_1k);
  if (size == "512" && ratio == "21:9") return {792, 168};  // the service's own table has it so
  if (size == "512") return {base.width / 2, base.height / 2};
  const std::uint32_t times = size == "4K" ? 4 : size == "2K" ? 2 : 1;
  return {base.width * times, base.height * times};
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
