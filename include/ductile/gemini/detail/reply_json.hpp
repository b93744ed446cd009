// SPDX-License-Identifier: BSL-1.0
#pragma once

// The parts of an answer's JSON, as both the reader of a whole answer and that of a stream take them.
#include <ductile/gemini/base64.hpp>
#include <ductile/gemini/detail/lenient_json.hpp>  // whole_figure
#include <ductile/gemini/image_file.hpp>
#include <ductile/gemini/models.hpp>    // fits, same_model
#include <ductile/gemini/response.hpp>  // ReplyExpectation, ReplyFault

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace ductile::inline DUCTILE_VERSION::gemini::detail {

// Both spellings are legal in the service's JSON. A member that is null is as if it were not there.
[[nodiscard]] inline const boost::json::value* member(const boost::json::object& object, std::string_view camel,
                                                      std::string_view snake = {}) {
  const auto found = [&object](std::string_view name) {
    const boost::json::value* value = name.empty() ? nullptr : object.if_contains(name);
    return value && !value->is_null() ? value : nullptr;
  };
  const boost::json::value* value = found(camel);
  return value ? value : found(snake);
}

[[nodiscard]] inline std::string_view text_member(const boost::json::object& object, std::string_view camel, std::string_view snake = {}) {
  const boost::json::value* found = member(object, camel, snake);
  return found && found->is_string() ? std::string_view{found->get_string().data(), found->get_string().size()} : std::string_view{};
}

// A whole number, as protobuf's JSON may write it: 12, "12" (what a 64-bit field is by its rules), 12.0. 0 where it is none.
[[nodiscard]] inline std::int64_t count_member(const boost::json::object& object, std::string_view camel, std::string_view snake) {
  const boost::json::value* found = member(object, camel, snake);
  if (!found) return 0;
  if (found->is_string()) return whole_figure(text_member(object, camel, snake)).value_or(0);
  boost::system::error_code inexact;
  const auto count = found->to_number<std::int64_t>(inexact);
  return inexact || count < 0 ? 0 : count;
}

[[nodiscard]] inline const boost::json::array* parts_of(const boost::json::object& root) {
  const boost::json::value* candidates = root.if_contains("candidates");
  if (!candidates || !candidates->is_array() || candidates->get_array().empty() || !candidates->get_array()[0].is_object()) return nullptr;
  const boost::json::value* content = candidates->get_array()[0].get_object().if_contains("content");
  if (!content || !content->is_object()) return nullptr;
  const boost::json::value* parts = content->get_object().if_contains("parts");
  return parts && parts->is_array() ? &parts->get_array() : nullptr;
}

[[nodiscard]] inline bool speaks_of_an_answer(const boost::json::object& object) {
  return object.contains("candidates") || member(object, "promptFeedback", "prompt_feedback") ||
         member(object, "usageMetadata", "usage_metadata") || member(object, "modelVersion", "model_version") ||
         member(object, "responseId", "response_id");
}

/// The object itself, or the first within it, that fits; null where there is none.
template <class Fits>
[[nodiscard]] const boost::json::object* object_within(const boost::json::object& root, const Fits& fits, int deepest = 3) {
  if (fits(root)) return &root;
  for (const auto& [name, value] : root)
    if (deepest > 0 && value.is_object())
      if (const boost::json::object* found = object_within(value.get_object(), fits, deepest - 1)) return found;
  return nullptr;
}

/// The answer, or an event of one: the object itself, or the one that was put into it, as a batch's lines, Code Assist and gateways do
/// (`{"response": {"candidates": ...}}`). The object as it is where it holds none.
[[nodiscard]] inline const boost::json::object& without_wrapping(const boost::json::object& root) {
  const boost::json::object* found = object_within(root, [](const boost::json::object& each) { return each.contains("candidates"); });
  if (!found) found = object_within(root, speaks_of_an_answer);
  return found ? *found : root;
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

/// What an answer says beside its parts: usage, the model, its own name. Of an answer in pieces a later one says more than an earlier.
/// `Answer` is an `ImageReply`, or the end of a stream.
template <class Answer>
void read_account(Answer& answer, const boost::json::object& root, std::string_view asked_model) {
  if (const boost::json::value* usage = member(root, "usageMetadata", "usage_metadata"); usage && usage->is_object()) {
    answer.usage.prompt = count_member(usage->get_object(), "promptTokenCount", "prompt_token_count");
    answer.usage.output = count_member(usage->get_object(), "candidatesTokenCount", "candidates_token_count");
    answer.usage.thoughts = count_member(usage->get_object(), "thoughtsTokenCount", "thoughts_token_count");
    answer.usage.total = count_member(usage->get_object(), "totalTokenCount", "total_token_count");
  }
  if (const std::string_view version = text_member(root, "modelVersion", "model_version"); !version.empty()) answer.model_version = version;
  answer.model_substituted = !asked_model.empty() && !answer.model_version.empty() && !same_model(asked_model, answer.model_version);
  if (const std::string_view id = text_member(root, "responseId", "response_id"); !id.empty()) answer.response_id = id;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini::detail
