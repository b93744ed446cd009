// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // WallTime

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What stands in a field of a request.
enum class FieldType : std::uint8_t { message, text, bytes, boolean, integer, number, enumeration, anything };

/// Whether the version `v1` knows a field: it lags behind `v1beta` and `v1alpha`, which know all of them.
enum class InV1 : std::uint8_t { always, since_the_sdks_ask_it, never };

/// The names that an enumeration takes, in any case.
struct EnumType {
  std::string_view name;  ///< As errors call it.
  std::span<const std::string_view> values;
};

struct MessageType;

struct Field {
  std::string_view name;  ///< In snake case; requests may write it in camel case, too.
  FieldType type = FieldType::anything;
  InV1 in_v1 = InV1::always;
  bool repeated = false;
  const MessageType* message = nullptr;
  const EnumType* enumeration = nullptr;
  std::string_view one_of{};  ///< The choice of which only one field may be set; empty: it is of none.
};

/// Whether `sent` is the name of a field in either of the spellings that JSON may have.
[[nodiscard]] constexpr bool names_field(std::string_view sent, std::string_view snake) noexcept {
  std::size_t at = 0;
  const auto next_is = [&](char letter) {
    const bool is = at < snake.size() && snake[at] == letter;
    ++at;
    return is;
  };
  for (const char letter : sent) {
    const bool upper = letter >= 'A' && letter <= 'Z';
    if (upper && !next_is('_')) return false;
    if (!next_is(upper ? static_cast<char>(letter - 'A' + 'a') : letter)) return false;
  }
  return at == snake.size();
}

/// A message of a request, with the fields that it has.
struct MessageType {
  std::string_view name;  ///< As errors call it.
  std::span<const Field> fields;

  [[nodiscard]] constexpr const Field* find(std::string_view sent) const noexcept {
    for (const Field& field : fields)
      if (names_field(sent, field.name)) return &field;
    return nullptr;
  }
};

/// When `v1` learnt what the SDKs send, which ask it since their releases of 2026. The day is a guess: that of the image models' release.
inline constexpr WallTime v1_caught_up = std::chrono::sys_days{std::chrono::year{2026} / 5 / 28};

/// Whether a version of the API knows the field at that time.
[[nodiscard]] constexpr bool knows(std::string_view version, WallTime time, const Field& field) noexcept {
  return version != "v1" || field.in_v1 == InV1::always || (field.in_v1 == InV1::since_the_sdks_ask_it && time >= v1_caught_up);
}

namespace detail::fields {

inline constexpr InV1 later = InV1::since_the_sdks_ask_it;

constexpr Field any(std::string_view name, InV1 in_v1 = InV1::always) { return {.name = name, .in_v1 = in_v1}; }
constexpr Field text(std::string_view name, InV1 in_v1 = InV1::always) { return {.name = name, .type = FieldType::text, .in_v1 = in_v1}; }
constexpr Field flag(std::string_view name) { return {.name = name, .type = FieldType::boolean}; }
constexpr Field integer(std::string_view name) { return {.name = name, .type = FieldType::integer}; }
constexpr Field number(std::string_view name) { return {.name = name, .type = FieldType::number}; }
constexpr Field bytes(std::string_view name) { return {.name = name, .type = FieldType::bytes}; }
constexpr Field message(std::string_view name, const MessageType& type, InV1 in_v1 = InV1::always) {
  return {.name = name, .type = FieldType::message, .in_v1 = in_v1, .message = &type};
}
constexpr Field choice(std::string_view name, const EnumType& type, InV1 in_v1 = InV1::always) {
  return {.name = name, .type = FieldType::enumeration, .in_v1 = in_v1, .enumeration = &type};
}
constexpr Field one_of(std::string_view choice, Field field) {
  field.one_of = choice;
  return field;
}
constexpr Field list(Field field) {
  field.repeated = true;
  return field;
}

inline constexpr std::array<std::string_view, 5> modality_names{"MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO", "VIDEO"};
inline constexpr EnumType modality{"GenerationConfig.Modality", modality_names};
inline constexpr std::array<std::string_view, 6> thinking_level_names{
    "THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"};
inline constexpr EnumType thinking_level{"ThinkingConfig.ThinkingLevel", thinking_level_names};
inline constexpr std::array<std::string_view, 7> harm_category_names{
    "HARM_CATEGORY_UNSPECIFIED",       "HARM_CATEGORY_HARASSMENT",      "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_CIVIC_INTEGRITY", "HARM_CATEGORY_JAILBREAK"};
inline constexpr EnumType harm_category{"HarmCategory", harm_category_names};
inline constexpr std::array<std::string_view, 6> threshold_names{
    "HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"};
inline constexpr EnumType threshold{"SafetySetting.HarmBlockThreshold", threshold_names};
inline constexpr std::array<std::string_view, 4> service_tier_names{"unspecified", "standard", "flex", "priority"};
inline constexpr EnumType service_tier{"ServiceTier", service_tier_names};

inline constexpr std::array blob_fields{text("mime_type"), bytes("data"), text("display_name")};
inline constexpr MessageType blob{"Blob", blob_fields};
inline constexpr std::array file_fields{text("mime_type"), text("file_uri"), text("display_name")};
inline constexpr MessageType file{"FileData", file_fields};
inline constexpr std::array part_fields{one_of("data", text("text")),
                                        one_of("data", message("inline_data", blob)),
                                        one_of("data", message("file_data", file)),
                                        flag("thought"),
                                        bytes("thought_signature"),
                                        one_of("data", any("function_call")),
                                        one_of("data", any("function_response")),
                                        one_of("data", any("executable_code")),
                                        one_of("data", any("code_execution_result")),
                                        any("video_metadata"),
                                        any("media_resolution"),
                                        any("part_metadata")};
inline constexpr MessageType part{"Part", part_fields};
inline constexpr std::array content_fields{text("role"), list(message("parts", part))};
inline constexpr MessageType content{"Content", content_fields};

inline constexpr std::array safety_fields{choice("category", harm_category), choice("threshold", threshold)};
inline constexpr MessageType safety{"SafetySetting", safety_fields};

inline constexpr std::array tool_fields{list(any("function_declarations")),
                                        any("google_search"),
                                        any("google_search_retrieval"),
                                        any("code_execution"),
                                        any("url_context"),
                                        any("computer_use"),
                                        any("file_search"),
                                        any("google_maps"),
                                        list(any("mcp_servers"))};
inline constexpr MessageType tool{"Tool", tool_fields};

inline constexpr std::array image_fields{text("aspect_ratio"), text("image_size")};
inline constexpr MessageType image_config{"ImageConfig", image_fields};
inline constexpr std::array format_fields{message("image", image_config), any("text"), any("audio"), any("video")};
inline constexpr MessageType response_format{"ResponseFormat", format_fields};
inline constexpr std::array thinking_fields{integer("thinking_budget"), choice("thinking_level", thinking_level), flag("include_thoughts")};
inline constexpr MessageType thinking{"ThinkingConfig", thinking_fields};

inline constexpr std::array config_fields{list(choice("response_modalities", modality, later)),
                                          message("image_config", image_config, later),
                                          message("thinking_config", thinking, later),
                                          number("temperature"),
                                          number("top_p"),
                                          number("top_k"),
                                          integer("max_output_tokens"),
                                          integer("candidate_count"),
                                          integer("seed"),
                                          list(text("stop_sequences")),
                                          text("response_mime_type", later),
                                          any("response_schema", later),
                                          any("response_json_schema", later),
                                          number("presence_penalty"),
                                          number("frequency_penalty"),
                                          flag("response_logprobs"),
                                          integer("logprobs"),
                                          any("speech_config", later),
                                          any("media_resolution", later),
                                          message("response_format", response_format, InV1::never),
                                          flag("enable_enhanced_civic_answers")};
inline constexpr MessageType generation_config{"GenerationConfig", config_fields};

inline constexpr std::array generate_fields{list(message("contents", content)),
                                            message("system_instruction", content, later),
                                            message("generation_config", generation_config),
                                            list(message("safety_settings", safety)),
                                            list(message("tools", tool, later)),
                                            any("tool_config", later),
                                            text("cached_content", later),
                                            choice("service_tier", service_tier, later),
                                            text("model"),
                                            flag("store"),
                                            text("continuation_token", later)};

}  // namespace detail::fields

/// The body of generateContent and streamGenerateContent.
///
/// Source   The types of the official SDKs; what `v1` did not know when it was asked for it: googleapis/js-genai#1322 (responseModalities,
///          February 2026), fishjar/kiss-translator#256 (system_instruction, August 2025), and by analogy what came with those.
inline constexpr MessageType generate_content_request{"GenerateContentRequest", detail::fields::generate_fields};

namespace detail::fields {
inline constexpr std::array count_fields{list(message("contents", content)), message("generate_content_request", generate_content_request),
                                         text("model")};
}  // namespace detail::fields

/// The body of countTokens.
inline constexpr MessageType count_tokens_request{"CountTokensRequest", detail::fields::count_fields};

}  // namespace ductile::inline DUCTILE_VERSION::mock
