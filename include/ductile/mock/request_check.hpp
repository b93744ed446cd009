// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>                // WallTime
#include <ductile/gemini/base64.hpp>           // decode_base64
#include <ductile/gemini/image_file.hpp>       // sniff_image
#include <ductile/mock/detail/json_bytes.hpp>  // standard_base64
#include <ductile/mock/detail/json_text.hpp>   // compact_json
#include <ductile/mock/dice.hpp>               // Dice
#include <ductile/mock/harm.hpp>               // SafetyThresholds
#include <ductile/mock/models.hpp>             // ServedModel
#include <ductile/mock/payload_check.hpp>
#include <ductile/mock/request_fields.hpp>  // count_tokens_request, generate_content_request, names_field

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// An image that a request sends back as the model's own, with the signature beside it: hashes of both as an answer writes them.
struct ReturnedPicture {
  std::uint64_t picture = 0;
  std::uint64_t signature = 0;
};

/// What a well-formed request asks for.
struct Asked {
  std::string prompt;          ///< The text of the last turn.
  std::uint64_t contents = 0;  ///< Names all that is asked about: texts, images and turns.
  std::uint64_t before = 0;    ///< The same of the request whose answer is the last turn but one; 0: none was asked in this chat.
  std::string size;
  std::string ratio;
  std::string service_tier;
  std::int64_t tokens = 1;  ///< Of the whole input, as the mock counts them.
  bool image = true;        ///< An image is wanted.
  bool text = true;         ///< Words are wanted, or not refused.
  bool thoughts = false;    ///< Thoughts are to be shown.
  bool continues = false;   ///< It takes up an answer that broke off with a continuation token.
  SafetyThresholds safety{};
  std::vector<ReturnedPicture> returned{};
};

/// How a request came.
struct Terms {
  std::string_view version = "v1beta";
  WallTime time = WallTime::max();  ///< What a version knows grows with time.
  bool counts_tokens = false;       ///< By countTokens, which has a body of its own.
};

namespace detail {

/// Reads a body that is well formed: what it asks of `model`. Throws a `Refusal` at the first thing that the model does not do.
class RequestReader {
 public:
  explicit RequestReader(ServedModel model) : model_(model) { asked_.image = model.draws(); }

  Asked read(const boost::json::object& request) {
    if (const auto* tier = find(request, "service_tier"); tier && tier->is_string()) asked_.service_tier = text(*tier);
    asked_.continues = find(request, "continuation_token") != nullptr;
    read_contents(request);
    if (const auto* config = find(request, "generation_config")) read_config(config->as_object());
    for_each(find(request, "safety_settings"), [this](const Json& each, std::size_t index) { read_safety(each.as_object(), index); });
    for_each(find(request, "tools"), [this](const Json& each, std::size_t index) { read_tool(each.as_object(), index); });
    asked_.tokens = std::max<std::int64_t>(1, letters_ / 4 + images_ * tokens_an_image);
    if (asked_.tokens > model_.input_tokens())
      throw Refusal{"token-count-exceeded", "The input token count (" + std::to_string(asked_.tokens) +
                                                ") exceeds the maximum number of tokens allowed (" + std::to_string(model_.input_tokens()) +
                                                ")."};
    return asked_;
  }

 private:
  using Json = boost::json::value;
  using Object = boost::json::object;

  static constexpr std::int64_t tokens_an_image = 1120;

  static Refusal invalid(std::string message) { return {"invalid-argument-generic", std::move(message)}; }

  static const Json* find(const Object& message, std::string_view name) {
    for (const auto& [key, value] : message)
      if (!value.is_null() && names_field(key, name)) return &value;
    return nullptr;
  }

  static std::string text(const Json& value) { return std::string{value.as_string()}; }
  static std::string text(const Json* value) { return value ? text(*value) : std::string{}; }

  // The name of an enumeration's value: any case is taken, and numbers, which say nothing here.
  static std::string in_capitals(const Json* value) {
    if (!value || !value->is_string()) return {};
    std::string name = text(*value);
    for (char& letter : name) letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    return name;
  }

  // One of a list may stand without its brackets.
  template <class Visitor>
  static void for_each(const Json* list, const Visitor& visit) {
    if (!list) return;
    if (!list->is_array()) return visit(*list, 0);
    std::size_t index = 0;
    for (const Json& each : list->as_array()) visit(each, index++);
  }

  void read_contents(const Object& request) {
    const auto* contents = find(request, "contents");
    if (!contents || (contents->is_array() && contents->as_array().empty()))
      throw invalid("* GenerateContentRequest.contents: contents is not specified\n");
    name_contents(*contents);
    for_each(contents, [this](const Json& each, std::size_t index) { read_content(each.as_object(), index); });
  }

  void name_contents(const Json& contents) {
    constexpr std::size_t of_this_question = 2;  // the model's answer, and what is asked now
    std::vector<std::uint64_t> names;            // of the chat up to each of its turns
    for_each(&contents, [&](const Json& turn, std::size_t) {
      names.push_back(Dice{names.empty() ? 0 : names.back()}.with(Dice::hash(boost::json::serialize(turn))).bits());
    });
    asked_.contents = names.back();
    if (names.size() > of_this_question) asked_.before = names[names.size() - 1 - of_this_question];
  }

  void read_content(const Object& content, std::size_t index) {
    const auto* given = find(content, "role");
    const std::string role = given ? text(*given) : "user";
    if (role != "user" && role != "model" && role != "function") throw invalid("Please use a valid role: user, model.");
    const auto* parts = find(content, "parts");
    if (!parts || (parts->is_array() && parts->as_array().empty()))
      throw invalid("* GenerateContentRequest.contents[" + std::to_string(index) + "].parts: contents.parts must not be empty.\n");
    if (role == "user") asked_.prompt.clear();
    for_each(parts, [&](const Json& part, std::size_t number) {
      if (!says_something(part.as_object()))
        throw invalid("* GenerateContentRequest.contents[" + std::to_string(index) + "].parts[" + std::to_string(number) +
                      "].data: required oneof field 'data' must have one initialized field\n");
      read_part(part.as_object(), role);
    });
    if (role == "model") judge_signatures(*parts, index);
  }

  // An empty text is none; but a stream gives its last signature beside one, and wants it back as it came.
  static bool says_something(const Object& part) {
    if (find(part, "thought_signature")) return true;
    return std::any_of(part.begin(), part.end(), [](const auto& member) {
      const Field* field = detail::fields::part.find(member.key());
      return !field->one_of.empty() && !member.value().is_null() && member.value() != "";
    });
  }

  void read_part(const Object& part, std::string_view role) {
    if (const auto* words = find(part, "text")) {
      letters_ += static_cast<std::int64_t>(words->as_string().size());
      if (role == "user") asked_.prompt += text(*words);
    }
    if (const auto* file = find(part, "file_data")) {
      if (const auto* type = find(file->as_object(), "mime_type")) read_mime_type(text(*type));
      ++images_;
    }
    if (const auto* data = find(part, "inline_data")) read_image(data->as_object());
  }

  void read_mime_type(const std::string& type) const {
    if (!model_.reads(type)) throw Refusal{"mime-unsupported", "Unsupported MIME type: " + type};
  }

  void read_image(const Object& image) {
    ++images_;
    const std::string type = text(find(image, "mime_type"));
    read_mime_type(type);
    if (!type.starts_with("image/")) return;
    const auto bytes = gemini::decode_base64(standard_base64(text(find(image, "data"))));
    const bool heif = bytes && bytes->size() > 8 && bytes->compare(4, 4, "ftyp") == 0;
    if (!bytes || (!heif && !gemini::sniff_image(*bytes))) throw Refusal{"input-image-invalid"};
  }

  // Later models want back what they thought when they drew: of a turn with an image the signature of its first part, and of each image.
  void judge_signatures(const Json& parts, std::size_t content) {
    const auto drawn = [](const Object& part) { return find(part, "inline_data") != nullptr; };
    bool any = false;
    for_each(&parts, [&](const Json& part, std::size_t) { any = any || drawn(part.as_object()); });
    if (!any || !model_.thinks()) return;
    bool first = true;
    for_each(&parts, [&](const Json& each, std::size_t number) {
      const Object& part = each.as_object();
      const auto* thought = find(part, "thought");
      if (thought && thought->as_bool()) return;
      const auto* signature = find(part, "thought_signature");
      if (!signature && (first || drawn(part)))
        throw Refusal{
            .id = "thought-signature-missing",
            .message = std::string{drawn(part) ? "Image" : "Text"} + " part is missing a thought_signature in content position " +
                       std::to_string(content + 1) + ", part position " + std::to_string(number + 1) +
                       ". Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures#model-behavior for more details.",
            .unsigned_pictures = unsigned_pictures(drawn(part) ? each : parts)};
      first = false;
      if (drawn(part)) asked_.returned.push_back({picture_of(part), Dice::hash(standard_base64(text(*signature)))});
    });
  }

  static std::uint64_t picture_of(const Object& part) {
    return Dice::hash(standard_base64(text(find(find(part, "inline_data")->as_object(), "data"))));
  }

  // Without its first signature none of a turn's images is as it was given.
  static std::vector<std::uint64_t> unsigned_pictures(const Json& parts) {
    std::vector<std::uint64_t> pictures;
    for_each(&parts, [&](const Json& part, std::size_t) {
      if (find(part.as_object(), "inline_data")) pictures.push_back(picture_of(part.as_object()));
    });
    return pictures;
  }

  void read_config(const Object& config) {
    read_modalities(find(config, "response_modalities"));
    if (const auto* image = find(config, "image_config")) read_image_config(image->as_object());
    // A newer spelling of the same, which the service takes too.
    if (const auto* format = find(config, "response_format"))
      if (const auto* image = find(format->as_object(), "image")) read_image_config(image->as_object());
    if (const auto* thinking = find(config, "thinking_config")) read_thinking(thinking->as_object());
    read_range(config, "temperature", 2);
    read_range(config, "top_p", 1);
    read_least(config, "top_k", 0, "must not be negative");
    read_least(config, "max_output_tokens", 1, "must be positive");
    read_output_type(text(find(config, "response_mime_type")));
    if (const auto count = PayloadCheck::number(find(config, "candidate_count")); count && *count > 1 && model_.draws())
      throw invalid("Multiple candidates is not enabled for this model");
  }

  static void read_range(const Object& config, std::string_view name, int most) {
    const auto given = PayloadCheck::number(find(config, name));
    if (!given || (*given >= 0 && *given <= most)) return;
    const std::string field{name};
    throw invalid("* GenerateContentRequest.generation_config." + field + ": " + field + " must be in the range [0.0, " +
                  std::to_string(most) + ".0].\n");
  }

  static void read_least(const Object& config, std::string_view name, int least, std::string_view rule) {
    const auto given = PayloadCheck::number(find(config, name));
    if (!given || *given >= least) return;
    const std::string field{name};
    throw invalid("* GenerateContentRequest.generation_config." + field + ": " + field + " " + std::string{rule} + ".\n");
  }

  // A type is for words; images are asked for by responseModalities.
  void read_output_type(const std::string& type) const {
    constexpr std::array<std::string_view, 5> allowed{"text/plain", "application/json", "application/xml", "application/yaml",
                                                      "text/x.enum"};
    if (type.empty()) return;
    if (std::find(allowed.begin(), allowed.end(), type) == allowed.end())
      throw invalid(
          "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, "
          "`application/xml`, `application/yaml` and `text/x.enum`.\n");
    if (type == "application/json" && model_.draws() && !model_.thinks()) throw invalid("JSON mode is not enabled for this model");
  }

  void read_modalities(const Json* modalities) {
    if (!modalities || (modalities->is_array() && modalities->as_array().empty())) return;
    asked_.image = asked_.text = false;
    for_each(modalities, [this](const Json& each, std::size_t) {
      std::string modality = in_capitals(&each);
      if (modality == "TEXT" || modality == "IMAGE") {
        (modality == "IMAGE" ? asked_.image : asked_.text) = true;
        if (modality == "TEXT" || model_.draws()) return;
      }
      if (modality.empty() || modality == "MODALITY_UNSPECIFIED") return;
      for (char& letter : modality) letter = static_cast<char>(letter - 'A' + 'a');
      throw Refusal{"modality-unsupported", "Model does not support the requested response modalities: " + modality};
    });
  }

  void read_image_config(const Object& image) {
    if (const auto* ratio = find(image, "aspect_ratio")) {
      asked_.ratio = text(*ratio);
      if (!model_.draws()) throw Refusal{"aspect-ratio-invalid", "Aspect ratio is not enabled for this model"};
      if (!model_.takes_ratio(asked_.ratio)) throw Refusal{"aspect-ratio-invalid"};
    }
    if (const auto* size = find(image, "image_size")) {
      asked_.size = text(*size);
      if (!model_.draws()) throw Refusal{"image-size-invalid", "Image size is not enabled for this model"};
      if (asked_.size == "512px") throw Refusal{"image-size-px"};
      if (model_.image && !model_.image->takes_size)
        throw Refusal{"image-size-invalid",
                      "* GenerateContentRequest.generation_config.image_config.image_size: image_size is not supported by this model.\n"};
      if (!model_.takes_size(asked_.size)) throw Refusal{"image-size-invalid"};
    }
  }

  void read_thinking(const Object& thinking) {
    const auto* budget = find(thinking, "thinking_budget");
    const std::string level = in_capitals(find(thinking, "thinking_level"));
    if (budget && !level.empty())
      throw Refusal{"thinking-config-contradiction", "You can only set only one of thinking budget and thinking level."};
    const auto tokens = PayloadCheck::number(budget);
    if (tokens && (*tokens < -1 || *tokens > 32'768))
      throw Refusal{"thinking-budget-invalid", "The thinking budget (" + compact_json(*budget) + ") is invalid."};
    if (!level.empty() && model_.draws() && !model_.thinks())
      throw Refusal{"thinking-config-contradiction", "Thinking is not enabled for this model."};
    if (!level.empty() && level != "THINKING_LEVEL_UNSPECIFIED" && !model_.takes_thinking_level(level))
      throw invalid("Thinking level " + level + " is not supported for this model. Please retry with other thinking level.");
    const auto* include = find(thinking, "include_thoughts");
    asked_.thoughts = include && include->as_bool();
    if (asked_.thoughts && !model_.thinks()) throw Refusal{"thinking-config-contradiction"};
  }

  void read_safety(const Object& setting, std::size_t index) {
    constexpr std::int64_t first_number = 7;  // of those that are in use; those before it are of a model that is gone
    const Json* const given = find(setting, "category");
    const std::string category = in_capitals(given);
    if (category.empty() ? !given || given->as_int64() < first_number : category == "HARM_CATEGORY_UNSPECIFIED")
      throw invalid("* GenerateContentRequest.safety_settings[" + std::to_string(index) +
                    "]: element predicate failed: $.category in (HarmCategory.HARM_CATEGORY_HATE_SPEECH, "
                    "HarmCategory.HARM_CATEGORY_SEXUALLY_EXPLICIT, HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT, "
                    "HarmCategory.HARM_CATEGORY_HARASSMENT, HarmCategory.HARM_CATEGORY_CIVIC_INTEGRITY)\n");
    const std::string threshold = in_capitals(find(setting, "threshold"));
    for (std::size_t i = 0; i < asked_.safety.by_category.size(); ++i) {
      if (gemini::name(static_cast<gemini::HarmCategory>(i)) != category) continue;
      for (const auto known : {gemini::HarmThreshold::low_and_above, gemini::HarmThreshold::medium_and_above,
                               gemini::HarmThreshold::only_high, gemini::HarmThreshold::none, gemini::HarmThreshold::off})
        if (gemini::name(known) == threshold) asked_.safety.by_category[i] = known;
    }
  }

  void read_tool(const Object& tool, std::size_t index) const {
    if (model_.draws() && find(tool, "function_declarations")) throw invalid("Function calling is not enabled for this model");
    if (model_.draws() && find(tool, "code_execution")) throw invalid("Code execution is not enabled for this model");
    if (tool.size() <= 1) return;
    std::string names;
    for (const auto& [name, value] : tool)
      names += (names.empty() ? "" : ", ") + std::string{generate_content_request.find("tools")->message->find(name)->name};
    throw Refusal{"tool-type-conflict", "The GenerateContentRequest proto is invalid:\n  * tools[" + std::to_string(index) +
                                            "].tool_type: one_of 'tool_type' has more than one initialized field: " + names};
  }

  ServedModel model_;
  Asked asked_;
  std::int64_t letters_ = 0;
  std::int64_t images_ = 0;
};

inline std::variant<Asked, Refusal> read_request(std::string_view body, ServedModel model, const Terms& terms) {
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(body, error);
  if (error || !parsed.is_object())
    return Refusal{"invalid-argument-generic",
                   "Invalid JSON payload received. " + (error ? error.message() : "Root element must be a message.")};
  const boost::json::object* request = &parsed.as_object();
  const MessageType& type = terms.counts_tokens ? count_tokens_request : generate_content_request;
  if (auto refusal = PayloadCheck{terms.version, terms.time}(*request, type)) return *std::move(refusal);
  if (terms.counts_tokens)
    for (const auto& [name, value] : *request)
      if (value.is_object() && names_field(name, "generate_content_request")) request = &value.as_object();
  return RequestReader{model}.read(*request);
}

}  // namespace detail

/// The largest body that is taken: 100 MB, raised from 20 in January 2026.
inline constexpr std::size_t most_request_bytes = 104'857'600;

/// Reads a request for `model`: what is asked for, or why not.
///
/// Threads  Pure.
[[nodiscard]] inline std::variant<Asked, Refusal> check_request(std::string_view body, ServedModel model, const Terms& terms = {}) {
  if (body.size() > most_request_bytes)
    return Refusal{"payload-too-large-400", "Request payload size exceeds the limit: " + std::to_string(most_request_bytes) + " bytes."};
  try {
    return detail::read_request(body, model, terms);
  } catch (const Refusal& refusal) {
    return refusal;
  }
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
