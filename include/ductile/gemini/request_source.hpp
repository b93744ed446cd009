// SPDX-License-Identifier: BSL-1.0
#pragma once

// What request.hpp declares; see source.hpp.
#include <ductile/core/verdict.hpp>  // FailureId
#include <ductile/detail/ascii.hpp>  // trimmed
#include <ductile/gemini/base64.hpp>
#include <ductile/gemini/models.hpp>
#include <ductile/gemini/redact.hpp>  // detail::character_length, shortened
#include <ductile/gemini/request.hpp>

#include <boost/json/array.hpp>
#include <boost/json/error.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// NOLINTBEGIN(misc-definitions-in-headers): meant for one unit
namespace ductile::inline DUCTILE_VERSION::gemini {

namespace detail {

inline constexpr std::size_t most_inline_bytes = std::size_t{7} * 1024 * 1024;     // an input image; the service's page on input images
inline constexpr std::size_t most_request_bytes = std::size_t{100} * 1000 * 1000;  // raised from 20 MB in January 2026
inline constexpr std::array<std::string_view, 5> input_mime_types{"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"};

/// The first byte that is no UTF-8; none when all is well.
[[nodiscard]] constexpr std::optional<std::size_t> bad_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return std::nullopt;
}

template <class List>
[[nodiscard]] std::string listed(const List& list) {
  std::string text;
  for (const std::string_view item : list) text.append(text.empty() ? "" : ", ").append(item);
  return text;
}

[[nodiscard]] inline std::optional<RequestProblem> text_problem(std::string_view field, std::string_view text) {
  if (const auto at = bad_utf8(text))
    return RequestProblem{"invalid-argument-generic", std::string{field} + ": must be UTF-8; byte " + std::to_string(*at) + " is not"};
  return std::nullopt;
}

[[nodiscard]] inline std::optional<RequestProblem> image_problem(const InputImage& image, std::size_t index) {
  const std::string field = "images[" + std::to_string(index) + "]";
  if (std::ranges::find(input_mime_types, std::string_view{image.mime_type}) == input_mime_types.end())
    return RequestProblem{"mime-unsupported", field + ".mime_type: must be one of " + listed(input_mime_types) + "; it is \"" +
                                                  shortened(image.mime_type, 80) + "\""};
  if (image.bytes.empty() == image.uri.empty())
    return RequestProblem{"input-image-invalid",
                          field + ": must have either bytes or a uri; it has " + (image.uri.empty() ? "neither" : "both")};
  if (image.bytes.size() > most_inline_bytes)
    return RequestProblem{"payload-too-large-400", field + ".bytes: must be at most " + std::to_string(most_inline_bytes) +
                                                       " bytes; it has " + std::to_string(image.bytes.size()) +
                                                       " (upload the file and give its uri)"};
  return std::nullopt;
}

[[nodiscard]] inline std::optional<RequestProblem> model_problem(const ImageRequest& request, const ImageModel& model) {
  if (!request.aspect_ratio.empty() && !model.takes(request.aspect_ratio))
    return RequestProblem{"aspect-ratio-invalid", "aspect_ratio: " + std::string{model.id} + " takes " + listed(model.aspect_ratios) +
                                                      "; it is \"" + request.aspect_ratio + "\""};
  if (request.image_size && !model.takes_size)
    return RequestProblem{"image-size-invalid",
                          "image_size: " + std::string{model.id} + " takes none; it is " + std::string{name(*request.image_size)}};
  if (request.image_size && !model.makes(*request.image_size)) {
    std::string sizes;
    for (const ImageSize size : {ImageSize::px_512, ImageSize::one_k, ImageSize::two_k, ImageSize::four_k})
      if (model.makes(size)) sizes.append(sizes.empty() ? "" : ", ").append(name(size));
    return RequestProblem{"image-size-invalid",
                          "image_size: " + std::string{model.id} + " makes " + sizes + "; it is " + std::string{name(*request.image_size)}};
  }
  if (request.images.size() > model.most_input_images)
    return RequestProblem{"invalid-argument-generic", "images: " + std::string{model.id} + " takes at most " +
                                                          std::to_string(model.most_input_images) + "; there are " +
                                                          std::to_string(request.images.size())};
  if (!request.thinking_level.empty() &&
      std::ranges::find(model.thinking_levels, std::string_view{request.thinking_level}) == model.thinking_levels.end())
    return RequestProblem{"thinking-budget-invalid",
                          "thinking_level: " + std::string{model.id} + " takes " +
                              (model.thinking_levels.empty() ? std::string{"none"} : listed(model.thinking_levels)) + "; it is \"" +
                              shortened(request.thinking_level, 40) + "\""};
  return std::nullopt;
}

}  // namespace detail

std::optional<RequestProblem> check(const ImageRequest& request, std::string_view model) {
  const auto wrong = [](FailureId id, std::string text) { return RequestProblem{id, std::move(text)}; };
  if (model.empty()) return wrong("model-not-found", "model: must not be empty");
  if (detail::bad_utf8(model) || model.size() > 200) return wrong("model-not-found", "model: must be at most 200 bytes of UTF-8");
  if (ductile::detail::trimmed(request.prompt).empty()) return wrong("invalid-argument-generic", "prompt: must not be empty");
  if (auto problem = detail::text_problem("prompt", request.prompt)) return problem;
  if (auto problem = detail::text_problem("system_instruction", request.system_instruction)) return problem;
  if (!request.aspect_ratio.empty() &&
      std::ranges::find(all_aspect_ratios, std::string_view{request.aspect_ratio}) == all_aspect_ratios.end())
    return wrong("aspect-ratio-invalid", "aspect_ratio: must be one of " + detail::listed(all_aspect_ratios) + "; it is \"" +
                                             shortened(request.aspect_ratio, 40) + "\"");
  if (request.temperature && !(*request.temperature >= 0 && *request.temperature <= 2))
    return wrong("invalid-argument-generic", "temperature: must be from 0 to 2; it is " + std::to_string(*request.temperature));
  if (request.seed && (*request.seed < 0 || *request.seed > std::numeric_limits<std::int32_t>::max()))
    return wrong("invalid-argument-generic", "seed: must be from 0 to 2147483647; it is " + std::to_string(*request.seed));
  if (request.max_output_tokens && (*request.max_output_tokens < 1 || *request.max_output_tokens > 65'536))
    return wrong("invalid-argument-generic",
                 "max_output_tokens: must be from 1 to 65536; it is " + std::to_string(*request.max_output_tokens));
  std::size_t bytes = request.prompt.size() + request.system_instruction.size();
  for (std::size_t i = 0; i < request.images.size(); ++i) {
    if (auto problem = detail::image_problem(request.images[i], i)) return problem;
    bytes += request.images[i].bytes.size() / 3 * 4;
  }
  for (std::size_t i = 0; i < request.history.size(); ++i) {
    boost::system::error_code error;
    const boost::json::value turn = boost::json::parse(request.history[i].json, error);
    if (error || !turn.is_object() || !turn.get_object().contains("parts"))
      return wrong("turn-order", "history[" + std::to_string(i) + "]: must be a JSON object with role and parts");
    bytes += request.history[i].json.size();
  }
  if (bytes > detail::most_request_bytes)
    return wrong("payload-too-large-400",
                 "request: must be at most " + std::to_string(detail::most_request_bytes) + " bytes; it has " + std::to_string(bytes));
  const ImageModel* known = find_model(model);
  return known ? detail::model_problem(request, *known) : std::nullopt;
}

std::vector<std::string> warnings(const ImageRequest& request, std::string_view model) {
  std::vector<std::string> sentences;
  if (request.temperature && *request.temperature < 1.0 && !model.starts_with("gemini-2"))
    sentences.push_back("temperature: below 1.0 Gemini 3 may loop or degrade; leave it out");
  if (const ImageModel* known = find_model(model); known && known->status != ModelStatus::current)
    sentences.push_back("model: " + std::string{known->id} + (known->status == ModelStatus::retired ? " is shut down" : " is deprecated") +
                        "; its successor is " + std::string{known->successor});
  return sentences;
}

std::string to_json(const ImageRequest& request) {
  namespace json = boost::json;
  json::array parts;
  parts.push_back(json::object{{"text", request.prompt}});
  for (const InputImage& image : request.images) {
    if (image.uri.empty()) {
      parts.push_back(json::object{{"inlineData", json::object{{"mimeType", image.mime_type}, {"data", encode_base64(image.bytes)}}}});
    } else {
      parts.push_back(json::object{{"fileData", json::object{{"mimeType", image.mime_type}, {"fileUri", image.uri}}}});
    }
  }
  json::array contents;
  for (const Turn& turn : request.history) {
    boost::system::error_code error;
    contents.push_back(json::parse(turn.json, error));
  }
  contents.push_back(json::object{{"role", "user"}, {"parts", std::move(parts)}});

  json::object generation;
  generation["responseModalities"] = request.images_only ? json::array{"IMAGE"} : json::array{"TEXT", "IMAGE"};
  if (!request.aspect_ratio.empty() || request.image_size) {
    json::object& image = generation["imageConfig"].emplace_object();
    if (!request.aspect_ratio.empty()) image["aspectRatio"] = request.aspect_ratio;
    if (request.image_size) image["imageSize"] = json::string{name(*request.image_size)};
  }
  if (!request.thinking_level.empty()) generation["thinkingConfig"] = json::object{{"thinkingLevel", request.thinking_level}};
  if (request.temperature) generation["temperature"] = *request.temperature;
  if (request.seed) generation["seed"] = *request.seed;
  if (request.max_output_tokens) generation["maxOutputTokens"] = *request.max_output_tokens;

  json::object body;
  if (!request.system_instruction.empty())
    body["systemInstruction"] = json::object{{"parts", json::array{json::object{{"text", request.system_instruction}}}}};
  body["contents"] = std::move(contents);
  body["generationConfig"] = std::move(generation);
  if (!request.safety.empty()) {
    json::array& settings = body["safetySettings"].emplace_array();
    for (const SafetySetting& setting : request.safety)
      settings.push_back(
          json::object{{"category", json::string{name(setting.category)}}, {"threshold", json::string{name(setting.threshold)}}});
  }
  return json::serialize(body);
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
// NOLINTEND(misc-definitions-in-headers)
