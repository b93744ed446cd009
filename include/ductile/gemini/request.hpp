// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>   // Duration, FailureId
#include <ductile/gemini/models.hpp>  // ImageSize

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// What the configurable filters look for.
enum class HarmCategory : std::uint8_t { harassment, hate_speech, sexually_explicit, dangerous_content };

/// From which probability on they block.
enum class HarmThreshold : std::uint8_t { low_and_above, medium_and_above, only_high, none, off };

[[nodiscard]] constexpr std::string_view name(HarmCategory category) noexcept {
  constexpr std::array<std::string_view, 4> names{"HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH",
                                                  "HARM_CATEGORY_SEXUALLY_EXPLICIT", "HARM_CATEGORY_DANGEROUS_CONTENT"};
  const auto index = static_cast<std::size_t>(category);
  return index < names.size() ? names[index] : names[0];
}

[[nodiscard]] constexpr std::string_view name(HarmThreshold threshold) noexcept {
  constexpr std::array<std::string_view, 5> names{"BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"};
  const auto index = static_cast<std::size_t>(threshold);
  return index < names.size() ? names[index] : names[1];
}

struct SafetySetting {
  HarmCategory category = HarmCategory::harassment;
  HarmThreshold threshold = HarmThreshold::medium_and_above;
};

/// An image that goes with the prompt: its bytes, or the address of an uploaded file.
struct InputImage {
  std::string mime_type;  ///< image/png, image/jpeg, image/webp, image/heic or image/heif.
  std::string bytes;      ///< The file's bytes, at most 7 MiB; empty when `uri` is given.
  std::string uri{};      ///< Of a file that was uploaded before.
};

/// One earlier turn of a conversation, as a JSON object with role and parts. An answer makes it (`ImageReply::turn`), signatures included.
struct Turn {
  std::string json;
};

/// A prompt in other words, and what was done to it.
struct Rewording {
  std::string prompt;  ///< In UTF-8, not empty.
  std::string what;    ///< For the caller and the log: "declared a digital illustration".
};

/// What to draw. Everything but the prompt may be left out; what is left out is not sent.
struct ImageRequest {
  std::string prompt;                               ///< In UTF-8, not empty.
  std::string aspect_ratio{};                       ///< "16:9"; empty: as the input image, else square.
  std::optional<ImageSize> image_size{};            ///< None: the model's own, 1K.
  std::vector<InputImage> images{};                 ///< To edit or to follow; at most 14.
  std::vector<SafetySetting> safety{};              ///< Where the defaults do not fit.
  std::optional<std::int64_t> seed{};               ///< 0 to 2147483647.
  std::optional<double> temperature{};              ///< 0 to 2. Leave it out on Gemini 3: below 1.0 it loops.
  std::string thinking_level{};                     ///< MINIMAL, MEDIUM, HIGH; which ones depends on the model.
  std::optional<std::int32_t> max_output_tokens{};  ///< 1 to 65536. Thoughts count: too few leave no image.
  std::string system_instruction{};
  std::vector<Turn> history{};  ///< The turns before this one, the oldest first.
  bool images_only = false;     ///< Asks for an image without words.
  /// The prompt in other words, where the service refused it for its content: given the prompt as it stands here, and which rewording this
  /// is, from 1 on. `declare_art_style` is one. Empty: none. Never sent; a pipeline with `Reword`, such as `resilient`'s, asks for it.
  std::function<Rewording(std::string_view prompt, unsigned revision)> reword{};
};

/// What is wrong with a request: a row of the failure table, and a sentence that names field, range and value.
struct RequestProblem {
  FailureId id;
  std::string text;
};

/// What is wrong with the request for that model; none when nothing is. Limits of a model that is not in the table are not judged.
[[nodiscard]] std::optional<RequestProblem> check(const ImageRequest& request, std::string_view model);

/// What is allowed and yet likely to disappoint, a sentence each.
[[nodiscard]] std::vector<std::string> warnings(const ImageRequest& request, std::string_view model);

/// How long the service should be allowed to work on it: 180 s for 4K, else 120 s. (20 to 40 s are usual, 180 s were seen on bad days.)
[[nodiscard]] inline Duration suggested_timeout(const ImageRequest& request) noexcept {
  return request.image_size == ImageSize::four_k ? std::chrono::seconds{180} : std::chrono::seconds{120};
}

/// The body of a generateContent call. The request must have passed `check`.
[[nodiscard]] std::string to_json(const ImageRequest& request);

}  // namespace ductile::inline DUCTILE_VERSION::gemini
