// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/base64.hpp>      // decode_base64
#include <ductile/gemini/image_file.hpp>  // sniff_image
#include <ductile/mock/dice.hpp>          // Dice
#include <ductile/mock/models.hpp>        // ServedModel

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// An image that a request sends back as the model's own, with the signature beside it: hashes of both as they are written.
struct ReturnedPicture {
  std::uint64_t picture = 0;
  std::uint64_t signature = 0;
};

/// What a well-formed request asks for.
struct Asked {
  std::string prompt;  ///< The text of the last turn.
  std::string size;
  std::string ratio;
  std::string service_tier;
  std::int64_t tokens = 1;  ///< Of the whole input, as the mock counts them.
  bool image = true;        ///< An image is wanted.
  bool text = true;         ///< Words are wanted, or not refused.
  bool thoughts = false;    ///< Thoughts are to be shown.
  bool continues = false;   ///< It takes up an answer that broke off with a continuation token.
  std::vector<ReturnedPicture> returned{};
};

/// Why a request is turned away: a row of the catalogue and, where it differs from the row's, what is said.
struct Refusal {
  std::string_view id;
  std::string message{};
  std::string field{};
};

namespace detail {

/// Reads a body of generateContent as strictly as the service does. Throws a `Refusal` at the first thing that is wrong.
class RequestReader {
 public:
  explicit RequestReader(ServedModel model) : model_(model) {}

  Asked read(std::string_view body) {
    boost::system::error_code error;
    const boost::json::value parsed = boost::json::parse(body, error);
    if (error || !parsed.is_object())
      throw invalid("Invalid JSON payload received. " + (error ? error.message() : "Root element must be a message."));
    const auto& root = parsed.as_object();
    known(root, "",
          {"contents", "system_instruction", "generation_config", "safety_settings", "tools", "tool_config", "cached_content",
           "service_tier", "model", "store", "continuation_token"});
    if (const auto* tier = find(root, "service_tier")) asked_.service_tier = string(*tier, "service_tier");
    asked_.continues = find(root, "continuation_token") != nullptr;
    read_contents(find(root, "contents"));
    if (const auto* config = find(root, "generation_config")) read_config(object(*config, "generation_config"));
    if (const auto* tools = find(root, "tools")) read_tools(*tools);
    asked_.tokens = std::max<std::int64_t>(1, letters_ / 4 + images_ * tokens_an_image);
    if (asked_.tokens > model_.input_tokens())
      throw Refusal{"token-count-exceeded", "The input token count (" + std::to_string(asked_.tokens) +
                                                ") exceeds the maximum number of tokens allowed (" + std::to_string(model_.input_tokens()) +
                                                ")."};
    return asked_;
  }

 private:
  static constexpr std::int64_t tokens_an_image = 1120;

  using Names = std::initializer_list<std::string_view>;

  static Refusal invalid(std::string message) { return {"invalid-argument-generic", std::move(message)}; }

  // proto3 JSON takes both spellings of a field.
  static std::string snake(std::string_view name) {
    std::string out;
    for (const char letter : name) {
      if (letter >= 'A' && letter <= 'Z') {
        out += '_';
        out += static_cast<char>(letter - 'A' + 'a');
      } else {
        out += letter;
      }
    }
    return out;
  }

  static void known(const boost::json::object& message, const std::string& where, Names names) {
    for (const auto& [name, value] : message) {
      if (std::find(names.begin(), names.end(), snake(name)) != names.end()) continue;
      throw Refusal{"unknown-field",
                    "Invalid JSON payload received. Unknown name \"" + std::string{name} + "\"" +
                        (where.empty() ? "" : " at '" + where + "'") + ": Cannot find field.",
                    where};
    }
  }

  static const boost::json::value* find(const boost::json::object& message, std::string_view name) {
    for (const auto& [key, value] : message)
      if (snake(key) == name && !value.is_null()) return &value;
    return nullptr;
  }

  static const boost::json::object& object(const boost::json::value& value, const std::string& where) {
    if (!value.is_object()) throw invalid("Invalid value at '" + where + "', Starting an object on a scalar field");
    return value.as_object();
  }

  static std::string string(const boost::json::value& value, const std::string& where) {
    if (!value.is_string()) throw invalid("Invalid value at '" + where + "' (TYPE_STRING), " + boost::json::serialize(value));
    return std::string{value.as_string()};
  }

  static bool one_of(std::string_view value, std::span<const std::string_view> values) {
    return std::find(values.begin(), values.end(), value) != values.end();
  }

  void read_contents(const boost::json::value* contents) {
    if (!contents || (contents->is_array() && contents->as_array().empty()))
      throw invalid("* GenerateContentRequest.contents: contents is not specified\n");
    if (contents->is_object()) return read_content(contents->as_object(), 0);
    if (!contents->is_array()) throw invalid("Invalid value at 'contents'");
    std::size_t index = 0;
    for (const auto& content : contents->as_array()) {
      read_content(object(content, "contents[" + std::to_string(index) + "]"), index);
      ++index;
    }
  }

  void read_content(const boost::json::object& content, std::size_t index) {
    const std::string where = "contents[" + std::to_string(index) + "]";
    known(content, where, {"role", "parts"});
    std::string role = "user";
    if (const auto* given = find(content, "role")) role = string(*given, where + ".role");
    if (role != "user" && role != "model" && role != "function") throw invalid("Please use a valid role: user, model.");
    const auto* parts = find(content, "parts");
    if (!parts || !parts->is_array() || parts->as_array().empty())
      throw invalid("* GenerateContentRequest.contents[" + std::to_string(index) + "].parts: contents.parts must not be empty.\n");
    if (role == "user") asked_.prompt.clear();
    std::size_t number = 0;
    for (const auto& part : parts->as_array()) {
      read_part(object(part, where + ".parts[" + std::to_string(number) + "]"), role, index, number);
      ++number;
    }
  }

  void read_part(const boost::json::object& part, std::string_view role, std::size_t content, std::size_t number) {
    const std::string where = "contents[" + std::to_string(content) + "].parts[" + std::to_string(number) + "]";
    known(part, where,
          {"text", "inline_data", "file_data", "thought", "thought_signature", "function_call", "function_response", "executable_code",
           "code_execution_result", "video_metadata", "media_resolution", "part_metadata"});
    if (const auto* text = find(part, "text")) {
      const std::string words = string(*text, where + ".text");
      letters_ += static_cast<std::int64_t>(words.size());
      if (role == "user") asked_.prompt += words;
    }
    if (const auto* file = find(part, "file_data")) {
      known(object(*file, where + ".file_data"), where + ".file_data", {"mime_type", "file_uri", "display_name"});
      ++images_;
    }
    const auto* data = find(part, "inline_data");
    if (!data) return;
    read_image(object(*data, where + ".inline_data"), where + ".inline_data");
    // Later models want back what they thought when they drew.
    if (role != "model" || !model_.thinks()) return;
    const auto* signature = find(part, "thought_signature");
    if (!signature)
      throw Refusal{"thought-signature-missing",
                    "Image part is missing a thought_signature in content position " + std::to_string(content + 1) + ", part position " +
                        std::to_string(number + 1) +
                        ". Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures#model-behavior for more details."};
    asked_.returned.push_back({Dice::hash(string(*find(data->as_object(), "data"), where + ".inline_data.data")),
                               Dice::hash(string(*signature, where + ".thought_signature"))});
  }

  void read_image(const boost::json::object& image, const std::string& where) {
    static constexpr std::array<std::string_view, 5> types{"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"};
    known(image, where, {"mime_type", "data", "display_name"});
    ++images_;
    const auto* type = find(image, "mime_type");
    const std::string mime = type ? string(*type, where + ".mime_type") : std::string{};
    if (!one_of(mime, types)) throw Refusal{"mime-unsupported", "Unsupported MIME type: " + mime};
    const auto* data = find(image, "data");
    const std::string text = data ? string(*data, where + ".data") : std::string{};
    const auto bytes = gemini::decode_base64(text);
    if (!bytes)
      throw Refusal{"base64-data-url",
                    "Invalid value at '" + where + ".data' (TYPE_BYTES), Base64 decoding failed for \"" + text.substr(0, 21) + "\"",
                    where + ".data"};
    const bool heif = bytes->size() > 8 && bytes->compare(4, 4, "ftyp") == 0;
    if (!heif && !gemini::sniff_image(*bytes)) throw Refusal{"input-image-invalid"};
  }

  void read_config(const boost::json::object& config) {
    known(config, "generation_config",
          {"response_modalities",
           "image_config",
           "thinking_config",
           "temperature",
           "top_p",
           "top_k",
           "max_output_tokens",
           "candidate_count",
           "seed",
           "stop_sequences",
           "response_mime_type",
           "response_schema",
           "response_json_schema",
           "presence_penalty",
           "frequency_penalty",
           "response_logprobs",
           "logprobs",
           "speech_config",
           "media_resolution",
           "response_format",
           "enable_enhanced_civic_answers"});
    if (const auto* modalities = find(config, "response_modalities")) read_modalities(*modalities);
    if (!model_.draws()) asked_.image = false;
    if (const auto* image = find(config, "image_config")) {
      known(object(*image, "generation_config.image_config"), "generation_config.image_config", {"aspect_ratio", "image_size"});
      read_image_config(image->as_object());
    }
    // A newer spelling of the same, which the service takes too.
    if (const auto* format = find(config, "response_format"))
      if (const auto* image = find(object(*format, "generation_config.response_format"), "image"))
        read_image_config(object(*image, "generation_config.response_format.image"));
    if (const auto* thinking = find(config, "thinking_config")) read_thinking(object(*thinking, "generation_config.thinking_config"));
  }

  void read_modalities(const boost::json::value& modalities) {
    if (!modalities.is_array()) throw invalid("Invalid value at 'generation_config.response_modalities'");
    asked_.image = asked_.text = false;
    for (const auto& modality : modalities.as_array()) {
      std::string name = string(modality, "generation_config.response_modalities");
      for (char& letter : name) letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
      if (name == "IMAGE")
        asked_.image = true;
      else if (name == "TEXT")
        asked_.text = true;
      else
        throw invalid(
            "Invalid value at 'generation_config.response_modalities[0]' (type.googleapis.com/google.ai.generativelanguage."
            "v1beta.GenerationConfig.Modality), \"" +
            name + "\"");
    }
    if (asked_.image && !model_.draws()) throw Refusal{"modality-unsupported"};
  }

  void read_image_config(const boost::json::object& image) {
    if (const auto* ratio = find(image, "aspect_ratio")) {
      asked_.ratio = string(*ratio, "generation_config.image_config.aspect_ratio");
      if (!model_.takes_ratio(asked_.ratio)) throw Refusal{"aspect-ratio-invalid"};
    }
    if (const auto* size = find(image, "image_size")) {
      asked_.size = string(*size, "generation_config.image_config.image_size");
      if (asked_.size == "512px") throw Refusal{"image-size-px"};
      if (!model_.takes_size(asked_.size)) throw Refusal{"image-size-invalid"};
    }
  }

  void read_thinking(const boost::json::object& thinking) {
    known(thinking, "generation_config.thinking_config", {"thinking_budget", "thinking_level", "include_thoughts"});
    if (const auto* budget = find(thinking, "thinking_budget"))
      if (!budget->is_int64() || budget->as_int64() < -1 || budget->as_int64() > 32'768)
        throw Refusal{"thinking-budget-invalid", "The thinking budget (" + boost::json::serialize(*budget) + ") is invalid."};
    if (const auto* include = find(thinking, "include_thoughts")) asked_.thoughts = include->is_bool() && include->as_bool();
    if (asked_.thoughts && !model_.thinks()) throw Refusal{"thinking-config-contradiction"};
  }

  static void read_tools(const boost::json::value& tools) {
    if (!tools.is_array()) throw invalid("Invalid value at 'tools'");
    std::size_t number = 0;
    for (const auto& tool : tools.as_array()) {
      const auto& entry = object(tool, "tools");
      if (entry.size() > 1) {
        std::string names;
        for (const auto& [name, value] : entry) names += (names.empty() ? "" : ", ") + snake(name);
        throw Refusal{"tool-type-conflict", "The GenerateContentRequest proto is invalid:\n  * tools[" + std::to_string(number) +
                                                "].tool_type: one_of 'tool_type' has more than one initialized field: " + names};
      }
      ++number;
    }
  }

  ServedModel model_;
  Asked asked_;
  std::int64_t letters_ = 0;
  std::int64_t images_ = 0;
};

}  // namespace detail

/// The largest body that is taken: 100 MB, raised from 20 in January 2026.
inline constexpr std::size_t most_request_bytes = 104'857'600;

/// Reads a body of generateContent for `model`: what is asked for, or why not.
///
/// Threads  Pure.
[[nodiscard]] inline std::variant<Asked, Refusal> check_request(std::string_view body, ServedModel model) {
  if (body.size() > most_request_bytes)
    return Refusal{"payload-too-large-400", "Request payload size exceeds the limit: " + std::to_string(most_request_bytes) + " bytes."};
  try {
    return detail::RequestReader{model}.read(body);
  } catch (const Refusal& refusal) {
    return refusal;
  }
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
