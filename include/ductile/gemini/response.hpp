// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/error_classifier.hpp>  // Cost
#include <ductile/core/verdict.hpp>           // FailureId
#include <ductile/gemini/base64.hpp>
#include <ductile/gemini/image_file.hpp>
#include <ductile/gemini/models.hpp>
#include <ductile/gemini/request.hpp>  // Turn

#include <boost/json/array.hpp>
#include <boost/json/error.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// Tokens, as the service counted them; 0 where it did not say.
struct Usage {
  std::int64_t prompt = 0;
  std::int64_t output = 0;
  std::int64_t thoughts = 0;
  std::int64_t total = 0;
};

/// One part of an answer that is no thought: words, or the image. The signature must go back with it in a later turn.
struct ReplyPart {
  std::string text;
  bool image = false;
  std::string thought_signature;
};

/// An answer with an image that was checked from its header to its end.
struct ImageReply {
  std::string bytes;  ///< The image file.
  ImageFormat format = ImageFormat::png;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::string text;              ///< What the model said beside it.
  std::vector<ReplyPart> parts;  ///< What a later turn must quote; drafts are left out.
  Usage usage;
  std::string model_version;       ///< Which model served.
  bool model_substituted = false;  ///< Another model than the one that was asked; its price counts.
  std::string response_id;

  [[nodiscard]] std::string_view mime_type() const noexcept { return gemini::mime_type(format); }

  /// The signature of the image part; empty when it has none.
  [[nodiscard]] std::string_view thought_signature() const noexcept {
    const auto image = std::ranges::find(parts, true, &ReplyPart::image);
    return image == parts.end() ? std::string_view{} : std::string_view{image->thought_signature};
  }

  /// What the attempt cost, for a quota ledger.
  [[nodiscard]] Cost cost() const noexcept {
    return {static_cast<std::int32_t>(std::clamp<std::int64_t>(usage.prompt, 0, std::numeric_limits<std::int32_t>::max())), 1};
  }

  /// This answer as a turn of a conversation, for `ImageRequest::history` (after the turn of the prompt that led to it).
  [[nodiscard]] Turn turn() const {
    namespace json = boost::json;
    json::array quoted;
    for (const ReplyPart& part : parts) {
      json::object object;
      if (part.image) {
        object["inlineData"] = json::object{{"mimeType", json::string{mime_type()}}, {"data", encode_base64(bytes)}};
      } else {
        object["text"] = part.text;
      }
      if (!part.thought_signature.empty()) object["thoughtSignature"] = part.thought_signature;
      quoted.push_back(std::move(object));
    }
    return {json::serialize(json::object{{"role", "model"}, {"parts", std::move(quoted)}})};
  }
};

/// What was asked, so that the answer can be held against it. Empty fields are not checked.
struct ReplyExpectation {
  std::string_view model;
  std::string_view aspect_ratio;
  std::optional<ImageSize> image_size;
};

/// Why an answer that claims to hold an image does not.
struct ReplyFault {
  FailureId id;
  std::string where;
  std::string what;
};

namespace detail {

// Both spellings are legal in the service's JSON.
[[nodiscard]] inline const boost::json::value* member(const boost::json::object& object, std::string_view camel,
                                                      std::string_view snake = {}) {
  if (const boost::json::value* found = object.if_contains(camel)) return found;
  return snake.empty() ? nullptr : object.if_contains(snake);
}

[[nodiscard]] inline std::string_view text_member(const boost::json::object& object, std::string_view camel, std::string_view snake = {}) {
  const boost::json::value* found = member(object, camel, snake);
  return found && found->is_string() ? std::string_view{found->get_string().data(), found->get_string().size()} : std::string_view{};
}

[[nodiscard]] inline std::int64_t count_member(const boost::json::object& object, std::string_view camel, std::string_view snake) {
  const boost::json::value* found = member(object, camel, snake);
  return found && found->is_int64() ? found->get_int64() : 0;
}

[[nodiscard]] inline const boost::json::array* parts_of(const boost::json::object& root) {
  const boost::json::value* candidates = root.if_contains("candidates");
  if (!candidates || !candidates->is_array() || candidates->get_array().empty() || !candidates->get_array()[0].is_object()) return nullptr;
  const boost::json::value* content = candidates->get_array()[0].get_object().if_contains("content");
  if (!content || !content->is_object()) return nullptr;
  const boost::json::value* parts = content->get_object().if_contains("parts");
  return parts && parts->is_array() ? &parts->get_array() : nullptr;
}

/// A part as it stands in the answer; the views are into it.
struct RawPart {
  std::string_view text;
  std::string_view data;
  std::string_view signature;
  bool image = false;
  bool thought = false;
};

[[nodiscard]] inline RawPart raw_part(const boost::json::object& part) {
  RawPart raw;
  const boost::json::value* thought = part.if_contains("thought");
  const boost::json::value* inline_data = member(part, "inlineData", "inline_data");
  raw.thought = thought && thought->is_bool() && thought->get_bool();
  raw.image = inline_data && inline_data->is_object();
  if (raw.image) raw.data = text_member(inline_data->get_object(), "data");
  raw.text = text_member(part, "text");
  raw.signature = text_member(part, "thoughtSignature", "thought_signature");
  return raw;
}

struct CheckedImage {
  std::string bytes;
  ImageFacts facts;
};

[[nodiscard]] inline std::variant<CheckedImage, ReplyFault> checked_image(std::string_view data) {
  const std::string where = "candidates[0].content.parts";
  if (data.empty()) return ReplyFault{"inline-data-empty", where, "an image part without bytes"};
  std::optional<std::string> bytes = decode_base64(data);
  if (!bytes) return ReplyFault{"inline-data-corrupt", where, "inlineData.data is no base64"};
  const std::optional<ImageFacts> facts = check_image(*bytes);
  if (!facts)
    return ReplyFault{"inline-data-corrupt", where,
                      sniff_image(*bytes) ? "the image file is damaged or ends too early" : "inlineData.data is no PNG, JPEG or WebP"};
  return CheckedImage{*std::move(bytes), *facts};
}

[[nodiscard]] inline std::optional<ReplyFault> size_fault(std::uint32_t width, std::uint32_t height, const ReplyExpectation& expected) {
  if (fits({width, height}, expected.aspect_ratio, expected.image_size)) return std::nullopt;
  return ReplyFault{"image-dimensions-mismatch", "candidates[0].content.parts[].inlineData.data",
                    std::to_string(width) + "x" + std::to_string(height) + " for " + std::string{expected.aspect_ratio} +
                        (expected.image_size ? " " + std::string{name(*expected.image_size)} : std::string{})};
}

/// What an answer says beside its parts: usage, the model, its own name. `Answer` is an `ImageReply`, or the end of a stream.
template <class Answer>
void read_account(Answer& answer, const boost::json::object& root, std::string_view asked_model) {
  if (const boost::json::value* usage = member(root, "usageMetadata", "usage_metadata"); usage && usage->is_object()) {
    answer.usage.prompt = count_member(usage->get_object(), "promptTokenCount", "prompt_token_count");
    answer.usage.output = count_member(usage->get_object(), "candidatesTokenCount", "candidates_token_count");
    answer.usage.thoughts = count_member(usage->get_object(), "thoughtsTokenCount", "thoughts_token_count");
    answer.usage.total = count_member(usage->get_object(), "totalTokenCount", "total_token_count");
  }
  answer.model_version = text_member(root, "modelVersion", "model_version");
  answer.model_substituted = !asked_model.empty() && !answer.model_version.empty() && !same_model(asked_model, answer.model_version);
  answer.response_id = text_member(root, "responseId", "response_id");
}

[[nodiscard]] inline std::variant<ImageReply, ReplyFault> read_parts(const boost::json::array& parts) {
  ImageReply reply;
  std::string_view data;
  bool image_seen = false;
  bool draft_seen = false;
  for (const boost::json::value& element : parts) {
    if (!element.is_object()) continue;
    const RawPart part = raw_part(element.get_object());
    if (part.thought) {
      draft_seen = draft_seen || part.image;
      continue;
    }
    ReplyPart kept;
    kept.thought_signature = part.signature;
    if (part.image) {
      image_seen = true;
      data = part.data;
      std::erase_if(reply.parts, [](const ReplyPart& known) { return known.image; });  // the last one is the result
      kept.image = true;
    } else {
      kept.text = part.text;
      if (kept.text.empty() && kept.thought_signature.empty()) continue;
      reply.text.append(kept.text);
    }
    reply.parts.push_back(std::move(kept));
  }
  const std::string where = "candidates[0].content.parts";
  if (!image_seen && draft_seen) return ReplyFault{"only-thought-image", where, "drafts alone"};
  if (!image_seen)
    return ReplyFault{reply.text.empty() ? "stop-no-parts" : "text-only-stop", where, reply.text.empty() ? "empty" : "text alone"};
  auto checked = checked_image(data);
  if (auto* fault = std::get_if<ReplyFault>(&checked)) return std::move(*fault);
  CheckedImage& image = std::get<CheckedImage>(checked);
  reply.bytes = std::move(image.bytes);
  reply.format = image.facts.format;
  reply.width = image.facts.width;
  reply.height = image.facts.height;
  return reply;
}

}  // namespace detail

/// Reads a generateContent answer that claims to hold an image: parsed strictly, drafts dropped, base64 decoded, the file checked to its
/// end, its pixels held against what was asked. The mime type is the one that the bytes show, not the one that stands beside them.
///
/// Errors   The row that says what is wrong: cut JSON, no image, damaged image, wrong size.
/// Cost     A pass each for JSON, base64 and the file: about 2 ms for a 2 MB answer.
[[nodiscard]] inline std::variant<ImageReply, ReplyFault> read_reply(std::string_view body, const ReplyExpectation& expected = {}) {
  namespace json = boost::json;
  json::monotonic_resource memory;
  json::error_code error;
  const json::value root = json::parse({body.data(), body.size()}, error, &memory);
  if (error == json::error::incomplete) return ReplyFault{"truncated-json", "body", "ends within an object"};
  if (error) return ReplyFault{"inline-data-corrupt", "body", "no JSON: " + error.message()};
  if (!root.is_object()) return ReplyFault{"body-empty-object", "body", "no object"};

  const json::array* parts = detail::parts_of(root.get_object());
  auto read = parts ? detail::read_parts(*parts) : ReplyFault{"stop-no-parts", "candidates[0].content.parts", "missing"};
  ImageReply* reply = std::get_if<ImageReply>(&read);
  if (!reply) return read;
  if (auto fault = detail::size_fault(reply->width, reply->height, expected)) return *std::move(fault);
  detail::read_account(*reply, root.get_object(), expected.model);
  return read;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
