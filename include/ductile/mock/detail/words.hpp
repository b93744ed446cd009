// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/base64.hpp>  // encode_base64
#include <ductile/gemini/models.hpp>  // all_aspect_ratios, find_model, ImageSize, Pixels
#include <ductile/mock/dice.hpp>      // Dice
#include <ductile/mock/harm.hpp>      // name
#include <ductile/mock/image.hpp>     // draw_png
#include <ductile/mock/models.hpp>    // image_pixels
#include <ductile/mock/scene.hpp>     // iso_time, Scene

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock::detail {

inline std::string quoted_list(std::span<const std::string_view> values) {
  std::string list;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) list += i + 1 == values.size() ? ", or " : ", ";
    list.append("'").append(values[i]).append("'");
  }
  return list;
}

inline std::string escaped_for_html(std::string_view text) {
  std::string out;
  for (const char each : text) {
    if (each == '<')
      out += "&lt;";
    else if (each == '>')
      out += "&gt;";
    else if (each == '&')
      out += "&amp;";
    else
      out += each;
  }
  return out;
}

// In the order of their figures, as the service lists them.
inline std::vector<std::string_view> accepted_ratios(std::string_view model) {
  const gemini::ImageModel* known = gemini::find_model(model);
  const std::span<const std::string_view> taken =
      known ? known->aspect_ratios : std::span<const std::string_view>{gemini::all_aspect_ratios};
  std::vector<std::string_view> ratios{taken.begin(), taken.end()};
  const auto by_length_and_figures = [](std::string_view ratio) { return std::pair{ratio.find(':'), ratio}; };
  std::sort(ratios.begin(), ratios.end(),
            [&](std::string_view left, std::string_view right) { return by_length_and_figures(left) < by_length_and_figures(right); });
  return ratios;
}

inline std::vector<std::string_view> accepted_sizes(std::string_view model) {
  std::vector<std::string_view> accepted;
  for (const auto size : {gemini::ImageSize::px_512, gemini::ImageSize::one_k, gemini::ImageSize::two_k, gemini::ImageSize::four_k}) {
    const gemini::ImageModel* known = gemini::find_model(model);
    if (!known || known->makes(size)) accepted.push_back(gemini::name(size));
  }
  return accepted;
}

inline std::string drawn(const Scene& scene, gemini::Pixels pixels, std::size_t at_least = 0) {
  return gemini::encode_base64(draw_png(scene.prompt, scene.seed, pixels, at_least));
}

// Letters that look like an opaque token, the same for the same answer.
inline std::string token(const Scene& scene, std::string_view what, std::size_t length) {
  const Dice dice = Dice{scene.seed}.with(what).with(scene.prompt).with(scene.call);
  std::string bytes;
  for (std::uint64_t word = 0; bytes.size() < length; ++word) {
    const std::uint64_t bits = dice.with(word).bits();
    for (unsigned shift = 0; shift < 64 && bytes.size() < length; shift += 8) bytes.push_back(static_cast<char>(bits >> shift & 255U));
  }
  return gemini::encode_base64(bytes);
}

/// The words that templates may ask for.
inline std::string word(std::string_view name, const Scene& scene) {
  if (name == "model") return scene.model;
  if (name == "version") return scene.version;
  if (name == "method") return scene.method;
  if (name == "path") return escaped_for_html(scene.path);
  if (name == "message") return scene.message;
  if (name == "ratios") return quoted_list(accepted_ratios(scene.model));
  if (name == "sizes") return quoted_list(accepted_sizes(scene.model));
  if (name == "harm") return std::string{gemini::name(scene.harm.category)};
  if (name == "harm_probability") return std::string{mock::name(scene.harm.probability)};
  if (name == "in_a_week") return iso_time(scene.time + std::chrono::seconds{581'981});
  if (name == "signature") return token(scene, "signature", 96);
  const gemini::Pixels asked = image_pixels(scene.model, scene.size, scene.ratio);
  if (name == "png") return drawn(scene, asked);
  if (name == "large_png") return drawn(scene, asked, std::size_t{30} << 20U);
  if (name == "half_png") {
    std::string image = drawn(scene, asked);
    image.resize(image.size() / 2);
    return image;
  }
  if (name == "draft") return drawn(scene, {asked.width / 2, asked.height / 2});
  if (name == "other_size") return drawn(scene, {asked.width / 2, asked.width / 2 + 64});
  if (name == "corrupt") {  // right letters, wrong bytes: the head of a PNG file and then noise
    std::string damaged = drawn(scene, {64, 64});
    return damaged.substr(0, 40) + token(scene, "noise", 60) + damaged.substr(120);
  }
  return {};
}

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
