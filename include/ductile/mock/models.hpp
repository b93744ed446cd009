// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>       // WallTime
#include <ductile/gemini/models.hpp>  // find_model, ImageModel, ImageSize, Pixels, pixels_of

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// A model as the service knows it: an image model of the table, or one of the text models that stand beside them.
struct ServedModel {
  std::string_view id{};
  std::string_view title{};
  const gemini::ImageModel* image = nullptr;  ///< Null: it only writes.

  [[nodiscard]] constexpr bool draws() const noexcept { return image != nullptr; }

  /// Whether it shows thoughts, and wants its signatures back.
  [[nodiscard]] constexpr bool thinks() const noexcept { return !id.starts_with("gemini-2."); }

  /// Whether models.list names it; it goes on naming models that are gone, except previews.
  [[nodiscard]] constexpr bool listed() const noexcept { return !id.ends_with("-preview"); }

  [[nodiscard]] constexpr bool gone(WallTime time) const noexcept {
    return image && image->shutdown && time >= WallTime{std::chrono::sys_days{*image->shutdown}};
  }

  [[nodiscard]] constexpr bool takes_ratio(std::string_view ratio) const noexcept { return image && image->takes(ratio); }

  [[nodiscard]] constexpr bool takes_size(std::string_view size) const noexcept {
    const auto known = gemini::parse_image_size(size);
    return image && image->takes_size && known && image->makes(*known);
  }

  /// Whether it reads such a file.
  [[nodiscard]] constexpr bool reads(std::string_view mime_type) const noexcept {
    constexpr std::array<std::string_view, 5> images{"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"};
    if (std::find(images.begin(), images.end(), mime_type) != images.end()) return true;
    if (mime_type.starts_with("video/")) return !draws() || id == "gemini-nano-banana-2.1" || id == "gemini-3.1-flash-image";
    return !draws() && (mime_type.starts_with("audio/") || mime_type.starts_with("text/") || mime_type == "application/pdf");
  }

  /// Whether it takes that thinkingLevel; of some that think it is not known which they take.
  [[nodiscard]] constexpr bool takes_thinking_level(std::string_view level) const noexcept {
    return !image || image->thinking_levels.empty() ||
           std::find(image->thinking_levels.begin(), image->thinking_levels.end(), level) != image->thinking_levels.end();
  }

  /// The longest prompt.
  [[nodiscard]] constexpr std::int64_t input_tokens() const noexcept { return image ? image->input_tokens : 1'048'576; }
};

namespace detail {
inline constexpr std::array text_models{ServedModel{"gemini-3.8-flash", "Gemini 3.8 Flash"},
                                        ServedModel{"gemini-2.5-flash", "Gemini 2.5 Flash"}};
}  // namespace detail

/// The model of that id; none when there is no such model.
[[nodiscard]] constexpr std::optional<ServedModel> find_served_model(std::string_view id) noexcept {
  for (const ServedModel& model : detail::text_models)
    if (model.id == id) return model;
  if (const gemini::ImageModel* image = gemini::find_model(id)) return ServedModel{id, image->nickname, image};
  return std::nullopt;
}

/// The ids of all models that `find_served_model` knows.
[[nodiscard]] inline std::vector<std::string_view> served_models() {
  std::vector<std::string_view> ids;
  for (const gemini::ImageModel& image : gemini::image_models) ids.push_back(image.id);
  for (const ServedModel& text : detail::text_models) ids.push_back(text.id);
  return ids;
}

/// What models.list names, in its order.
[[nodiscard]] inline std::vector<ServedModel> listed_models() {
  std::vector<ServedModel> models;
  for (const gemini::ImageModel& image : gemini::image_models)
    if (const ServedModel model{image.id, image.nickname, &image}; model.listed()) models.push_back(model);
  models.insert(models.end(), detail::text_models.begin(), detail::text_models.end());
  return models;
}

/// The pixels of an image of this size ("512", "1K", "2K", "4K"; empty: 1K) and ratio ("16:9"; empty: square) by `model`; what is not in
/// the table is 1K or square.
[[nodiscard]] constexpr gemini::Pixels image_pixels(std::string_view model, std::string_view size, std::string_view ratio) noexcept {
  const gemini::ImageModel* known = gemini::find_model(model);
  const gemini::ImageSize pixels = gemini::parse_image_size(size).value_or(gemini::ImageSize::one_k);
  return gemini::pixels_of(ratio.empty() ? std::string_view{"1:1"} : ratio, pixels, !known || known->takes_size)
      .value_or(gemini::Pixels{1024, 1024});
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
