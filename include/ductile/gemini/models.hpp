// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// The sizes by their names: about 512, 1024, 2048 and 4096 pixels a side, more or less by the ratio.
enum class ImageSize : std::uint8_t { px_512, one_k, two_k, four_k };

inline constexpr std::size_t image_sizes = 4;

/// As the service spells it: "512", "1K", "2K", "4K".
[[nodiscard]] constexpr std::string_view name(ImageSize size) noexcept {
  constexpr std::array<std::string_view, image_sizes> names{"512", "1K", "2K", "4K"};
  const auto index = static_cast<std::size_t>(size);
  return index < names.size() ? names[index] : std::string_view{"1K"};
}

/// The size of that name; none when it is misspelt ("1k" and "512px" are: the service refuses them or, worse, does not).
[[nodiscard]] constexpr std::optional<ImageSize> parse_image_size(std::string_view text) noexcept {
  for (const ImageSize size : {ImageSize::px_512, ImageSize::one_k, ImageSize::two_k, ImageSize::four_k})
    if (name(size) == text) return size;
  return std::nullopt;
}

enum class ModelStatus : std::uint8_t { current, deprecated, retired };

/// A model that makes images.
struct ImageModel {
  std::string_view id;
  std::string_view nickname;
  ModelStatus status = ModelStatus::current;
  std::optional<std::chrono::year_month_day> shutdown{};  ///< When it stopped or will stop; none is known for current ones.
  std::string_view successor{};                           ///< What to ask instead; empty for a current one.
  std::span<const std::string_view> aspect_ratios{};      ///< Those it takes.
  std::array<double, image_sizes> dollars_per_image{};    ///< By size; 0: it does not make this size.
  bool takes_size = true;                                 ///< Takes imageSize at all.
  std::size_t most_input_images = 14;                     ///< In one request.
  std::int32_t input_tokens = 131'072;                    ///< The longest prompt.
  std::span<const std::string_view> thinking_levels{};    ///< Those it takes as thinkingLevel; empty: it takes none.

  [[nodiscard]] constexpr bool makes(ImageSize size) const noexcept { return dollars_per_image[static_cast<std::size_t>(size)] > 0; }
  [[nodiscard]] constexpr bool takes(std::string_view ratio) const noexcept {
    return std::ranges::find(aspect_ratios, ratio) != aspect_ratios.end();
  }
};

inline constexpr std::array<std::string_view, 14> all_aspect_ratios{"1:1",  "2:3",  "3:2",  "3:4", "4:3", "4:5", "5:4",
                                                                    "9:16", "16:9", "21:9", "1:4", "4:1", "1:8", "8:1"};

namespace detail {
inline constexpr std::span<const std::string_view> ten_ratios{all_aspect_ratios.data(), 10};
inline constexpr std::span<const std::string_view> fourteen_ratios{all_aspect_ratios};
inline constexpr std::array<std::string_view, 2> minimal_or_high{"MINIMAL", "HIGH"};
inline constexpr std::array<std::string_view, 3> minimal_to_high{"MINIMAL", "MEDIUM", "HIGH"};
}  // namespace detail

/// The models, the newest first. Prices in USD as of November 2026.
///
/// Source   The service's pages on models, prices and deprecations. The 2K price of 2.1 is not stated; it is taken between its neighbours.
inline constexpr std::array<ImageModel, 8> image_models{{
    {.id = "gemini-nano-banana-2.1",
     .nickname = "Nano Banana 2.1",
     .aspect_ratios = detail::fourteen_ratios,
     .dollars_per_image = {0, 0.0336, 0.0735, 0.1134},
     .thinking_levels = detail::minimal_to_high},
    {.id = "gemini-3-pro-image",
     .nickname = "Nano Banana Pro",
     .aspect_ratios = detail::ten_ratios,
     .dollars_per_image = {0, 0.134, 0.134, 0.24}},
    {.id = "gemini-3.1-flash-lite-image",
     .nickname = "Nano Banana 2 Lite",
     .aspect_ratios = detail::ten_ratios,
     .dollars_per_image = {0, 0.034, 0, 0},
     .input_tokens = 65'536,
     .thinking_levels = detail::minimal_or_high},
    {.id = "gemini-3.1-flash-image",
     .nickname = "Nano Banana 2",
     .status = ModelStatus::retired,
     .shutdown = std::chrono::year{2026} / 10 / 29,
     .successor = "gemini-nano-banana-2.1",
     .aspect_ratios = detail::fourteen_ratios,
     .dollars_per_image = {0.045, 0.067, 0.101, 0.151},
     .thinking_levels = detail::minimal_or_high},
    {.id = "gemini-3.1-flash-image-preview",
     .nickname = "Nano Banana 2 preview",
     .status = ModelStatus::retired,
     .shutdown = std::chrono::year{2026} / 6 / 25,
     .successor = "gemini-nano-banana-2.1",
     .aspect_ratios = detail::fourteen_ratios,
     .dollars_per_image = {0.045, 0.067, 0.101, 0.151},
     .thinking_levels = detail::minimal_or_high},
    {.id = "gemini-3-pro-image-preview",
     .nickname = "Nano Banana Pro preview",
     .status = ModelStatus::retired,
     .shutdown = std::chrono::year{2026} / 6 / 25,
     .successor = "gemini-3-pro-image",
     .aspect_ratios = detail::ten_ratios,
     .dollars_per_image = {0, 0.134, 0.134, 0.24}},
    {.id = "gemini-2.5-flash-image",
     .nickname = "Nano Banana",
     .status = ModelStatus::deprecated,
     .shutdown = std::chrono::year{2026} / 10 / 2,
     .successor = "gemini-nano-banana-2.1",
     .aspect_ratios = detail::ten_ratios,
     .dollars_per_image = {0, 0.039, 0, 0},
     .takes_size = false,
     .input_tokens = 32'768},
    {.id = "gemini-2.5-flash-image-preview",
     .nickname = "Nano Banana preview",
     .status = ModelStatus::retired,
     .shutdown = std::chrono::year{2026} / 1 / 15,
     .successor = "gemini-nano-banana-2.1",
     .aspect_ratios = detail::ten_ratios,
     .dollars_per_image = {0, 0.039, 0, 0},
     .takes_size = false,
     .input_tokens = 32'768},
}};

/// Another name of a model, in requests or in the service's quota details.
struct ModelAlias {
  std::string_view alias;
  std::string_view id;
};

inline constexpr std::array<ModelAlias, 2> model_aliases{
    {{"nano-banana-pro-preview", "gemini-3-pro-image-preview"}, {"gemini-2.5-flash-preview-image", "gemini-2.5-flash-image-preview"}}};

/// The model of that id or alias, with or without "models/" before it; null when it is not known (a gateway's, a new one).
[[nodiscard]] constexpr const ImageModel* find_model(std::string_view id) noexcept {
  constexpr std::string_view prefix{"models/"};
  if (id.starts_with(prefix)) id.remove_prefix(prefix.size());
  for (const ModelAlias& known : model_aliases)
    if (known.alias == id) id = known.id;
  for (const ImageModel& model : image_models)
    if (model.id == id) return &model;
  return nullptr;
}

/// What to ask instead of a retired model; empty when it is current or not known.
[[nodiscard]] constexpr std::string_view successor_of(std::string_view id) noexcept {
  const ImageModel* model = find_model(id);
  return model ? model->successor : std::string_view{};
}

/// Whether an answer of `served` may be given to who asked for `asked`: the same model, a dated version of it, or its preview's release.
[[nodiscard]] constexpr bool same_model(std::string_view asked, std::string_view served) noexcept {
  const auto plain = [](std::string_view id) {
    constexpr std::string_view prefix{"models/"};
    constexpr std::string_view preview{"-preview"};
    if (id.starts_with(prefix)) id.remove_prefix(prefix.size());
    for (const ModelAlias& known : model_aliases)
      if (known.alias == id) id = known.id;
    if (id.ends_with(preview)) id.remove_suffix(preview.size());
    return id;
  };
  const std::string_view wanted = plain(asked);
  std::string_view given = plain(served);
  if (!given.starts_with(wanted)) return false;
  given.remove_prefix(wanted.size());
  if (given.empty()) return true;
  // A version is digits: "-001", "-06-05".
  return given.front() == '-' && std::ranges::all_of(given, [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

struct Pixels {
  std::uint32_t width = 0;
  std::uint32_t height = 0;

  friend constexpr bool operator==(const Pixels&, const Pixels&) = default;
};

namespace detail {
// In the order of `all_aspect_ratios`. The 21:9 entry of 512 stands so in the service's own table.
inline constexpr std::array<Pixels, 14> pixels_1k{{{1024, 1024},
                                                   {848, 1264},
                                                   {1264, 848},
                                                   {896, 1200},
                                                   {1200, 896},
                                                   {928, 1152},
                                                   {1152, 928},
                                                   {768, 1376},
                                                   {1376, 768},
                                                   {1584, 672},
                                                   {512, 2048},
                                                   {2048, 512},
                                                   {384, 3072},
                                                   {3072, 384}}};
inline constexpr std::array<Pixels, 14> pixels_512{{{512, 512},
                                                    {424, 632},
                                                    {632, 424},
                                                    {448, 600},
                                                    {600, 448},
                                                    {464, 576},
                                                    {576, 464},
                                                    {384, 688},
                                                    {688, 384},
                                                    {792, 168},
                                                    {256, 1024},
                                                    {1024, 256},
                                                    {192, 1536},
                                                    {1536, 192}}};
inline constexpr std::array<Pixels, 10> pixels_fixed{
    {{1024, 1024}, {832, 1248}, {1248, 832}, {864, 1184}, {1184, 864}, {896, 1152}, {1152, 896}, {768, 1344}, {1344, 768}, {1536, 672}}};
}  // namespace detail

/// How large an image of that ratio and size is; none for an unknown ratio. `takes_size` as in `ImageModel`: models of the 2.5 family have
/// pixels of their own.
[[nodiscard]] constexpr std::optional<Pixels> pixels_of(std::string_view ratio, ImageSize size, bool takes_size = true) noexcept {
  const auto found = std::ranges::find(all_aspect_ratios, ratio);
  if (found == all_aspect_ratios.end()) return std::nullopt;
  const auto index = static_cast<std::size_t>(found - all_aspect_ratios.begin());
  if (!takes_size) return index < detail::pixels_fixed.size() ? std::optional{detail::pixels_fixed[index]} : std::nullopt;
  if (size == ImageSize::px_512) return detail::pixels_512[index];
  const std::uint32_t factor = size == ImageSize::four_k ? 4 : size == ImageSize::two_k ? 2 : 1;
  return Pixels{detail::pixels_1k[index].width * factor, detail::pixels_1k[index].height * factor};
}

/// Whether an image of these pixels is what was asked for. What was not asked is not checked. Some per cent of difference are allowed: the
/// service's table is no promise; a square for 16:9, or 1K for 4K, is a broken one.
[[nodiscard]] inline bool fits(Pixels pixels, std::string_view ratio, std::optional<ImageSize> size) noexcept {
  if (pixels.width == 0 || pixels.height == 0) return false;
  const double width = pixels.width;
  const double height = pixels.height;
  if (!ratio.empty()) {
    const auto square = pixels_of(ratio, ImageSize::one_k);
    if (square && pixels != pixels_of(ratio, ImageSize::px_512)) {
      const double wanted = static_cast<double>(square->width) / square->height;
      constexpr double tolerance = 0.06;
      if (std::abs(width / height / wanted - 1) > tolerance) return false;
    }
  }
  if (size) {
    const double wanted = *size == ImageSize::px_512 ? 512 : *size == ImageSize::one_k ? 1024 : *size == ImageSize::two_k ? 2048 : 4096;
    const double side = std::sqrt(width * height) / wanted;
    constexpr double half_way = 1.42;  // the next size is twice as large
    if (side > half_way || side < 1 / half_way) return false;
  }
  return true;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
