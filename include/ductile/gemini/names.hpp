// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // FailureId
#include <ductile/core/version.hpp>
#include <ductile/detail/ascii.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

// The service's own names, and the failure that each stands for. A name is the strongest evidence that an answer can hold.
namespace ductile::inline DUCTILE_VERSION::gemini {

/// A canonical status of an RPC, with the HTTP status it comes with.
struct GrpcStatus {
  std::string_view name;
  int number;
  int http;
};

/// Source   google/rpc/code.proto.
inline constexpr std::array<GrpcStatus, 17> grpc_statuses{{{"OK", 0, 200},
                                                           {"CANCELLED", 1, 499},
                                                           {"UNKNOWN", 2, 500},
                                                           {"INVALID_ARGUMENT", 3, 400},
                                                           {"DEADLINE_EXCEEDED", 4, 504},
                                                           {"NOT_FOUND", 5, 404},
                                                           {"ALREADY_EXISTS", 6, 409},
                                                           {"PERMISSION_DENIED", 7, 403},
                                                           {"RESOURCE_EXHAUSTED", 8, 429},
                                                           {"FAILED_PRECONDITION", 9, 400},
                                                           {"ABORTED", 10, 409},
                                                           {"OUT_OF_RANGE", 11, 400},
                                                           {"UNIMPLEMENTED", 12, 501},
                                                           {"INTERNAL", 13, 500},
                                                           {"UNAVAILABLE", 14, 503},
                                                           {"DATA_LOSS", 15, 500},
                                                           {"UNAUTHENTICATED", 16, 401}}};

/// `name` is in upper case.
[[nodiscard]] constexpr bool is_grpc_status(std::string_view name) noexcept {
  for (const GrpcStatus& status : grpc_statuses)
    if (status.name == name) return true;
  return false;
}

/// "RESOURCE_EXHAUSTED" of any spelling: "resource_exhausted", "StatusCode.RESOURCE_EXHAUSTED", "ResourceExhausted" as Go writes it. Empty
/// for anything else.
[[nodiscard]] constexpr std::string_view grpc_status_of(std::string_view written) noexcept {
  if (const std::size_t point = written.rfind('.'); point != std::string_view::npos) written.remove_prefix(point + 1);
  if (ductile::detail::same_word(written, "canceled")) return "CANCELLED";
  for (const GrpcStatus& status : grpc_statuses) {
    std::size_t at = 0;
    for (const char c : status.name) {
      if (at < written.size() && ductile::detail::lower(written[at]) == ductile::detail::lower(c)) {
        ++at;
      } else if (c != '_') {
        at = std::string_view::npos;
        break;
      }
    }
    if (at == written.size()) return status.name;
  }
  return {};
}

/// The HTTP status that an error code of JSON-RPC stands for; 0 for other numbers.
///
/// Source   The JSON-RPC 2.0 specification, section 5.1: parse error, invalid request, method not found, invalid params, internal error.
[[nodiscard]] constexpr int http_of_json_rpc(std::string_view code) noexcept {
  constexpr std::array<std::pair<std::string_view, int>, 5> codes{
      {{"-32700", 400}, {"-32600", 400}, {"-32601", 404}, {"-32602", 400}, {"-32603", 500}}};
  for (const auto& [known, http] : codes)
    if (known == code) return http;
  return 0;
}

/// Where answers of other shapes than the service's tell an error, in lower case without underscores.
///
/// Source   RFC 9457 (detail, title), Spring and AWS (message), FastAPI (detail), OAuth (error_description), Apigee (faultstring),
/// gateways.
inline constexpr std::array<std::string_view, 11> error_members{
    "message", "msg", "error", "errormessage", "errormsg", "errordescription", "detail", "details", "title", "reason", "faultstring"};

/// How a name may be compared with the one in a table: whole, or by its last word, or by its first.
enum class NamePart : std::uint8_t { whole, end, begin };

/// A member in which gateways, libraries and validators repeat the request: what it holds are the caller's words, and no error.
struct Echo {
  std::string_view name;
  NamePart compared = NamePart::whole;
};

/// In lower case without underscores.
///
/// Source   The requests of the interfaces (contents, instances, messages, prompt); FastAPI (input), OpenRouter (flagged_input), Vercel AI
/// SDK (requestBodyValues), LiteLLM (Messages), axios (config), Pollinations (requestParameters).
inline constexpr auto echoes = std::to_array<Echo>({{"prompt", NamePart::end},
                                                    {"prompts", NamePart::end},
                                                    {"request", NamePart::begin},
                                                    {"input"},
                                                    {"inputs"},
                                                    {"flaggedinput"},
                                                    {"messages"},
                                                    {"contents"},
                                                    {"instances"},
                                                    {"systeminstruction"},
                                                    {"generationconfig"},
                                                    {"config"}});

/// Whether a member of that name, in any spelling, repeats the request. A request's id and its errors are none.
[[nodiscard]] constexpr bool is_echo(std::string_view written) noexcept {
  constexpr std::size_t longest = 32;
  char plain[longest]{};
  std::size_t length = 0;
  for (const char c : written) {
    if (c == '_' || c == '-' || ductile::detail::is_space(c)) continue;
    if (length == longest) return false;
    plain[length++] = ductile::detail::lower(c);
  }
  const std::string_view name{plain, length};
  if (name.ends_with("id") || ductile::detail::contains(name, "error")) return false;
  for (const Echo& echo : echoes)
    if (echo.compared == NamePart::whole   ? name == echo.name
        : echo.compared == NamePart::begin ? name.starts_with(echo.name)
                                           : name.ends_with(echo.name))
      return true;
  return false;
}

/// The same in running text, before an object: "Bad Request: {" and "Invalid input: {" name what follows no echo.
[[nodiscard]] constexpr bool is_echo_in_words(std::string_view written) noexcept {
  for (const std::string_view everyday : {"request", "requests", "input", "inputs", "config"})
    if (ductile::detail::same_word(written, everyday)) return false;
  return is_echo(written);
}

/// A name and the failure that it stands for; an empty id where the name alone does not decide.
struct NamedFailure {
  std::string_view name;
  std::string_view id;
};

/// Values of ErrorInfo.reason, in lower case.
///
/// Source   google/api/error_reason.proto; those of Code Assist (cloudcode-pa) from its answers.
inline constexpr std::array<NamedFailure, 25> error_reasons{{{"api_key_invalid", "api-key-invalid"},
                                                             {"service_disabled", "service-disabled"},
                                                             {"billing_disabled", "billing-disabled"},
                                                             {"api_key_service_blocked", "api-key-service-blocked"},
                                                             {"api_key_http_referrer_blocked", "api-key-referrer-blocked"},
                                                             {"api_key_ip_address_blocked", "api-key-ip-blocked"},
                                                             {"api_key_android_app_blocked", "api-key-android-blocked"},
                                                             {"api_key_ios_app_blocked", "api-key-ios-blocked"},
                                                             {"consumer_suspended", "consumer-suspended"},
                                                             {"credentials_missing", "oauth-expected"},
                                                             {"access_token_type_unsupported", "access-token-type-unsupported"},
                                                             {"access_token_expired", "access-token-expired"},
                                                             {"validation_required", "validation-required"},
                                                             {"insufficient_g1_credits_balance", "credits-g1-empty"},
                                                             {"model_capacity_exhausted", "capacity-503"},
                                                             {"quota_exhausted", "user-quota-weekly"},
                                                             {"rate_limit_exceeded", ""},
                                                             {"resource_quota_exceeded", ""},
                                                             {"location_tax_policy_violated", "billing-country-restricted"},
                                                             {"user_project_denied", ""},
                                                             {"consumer_invalid", ""},
                                                             {"security_policy_violated", ""},
                                                             {"account_state_invalid", ""},
                                                             {"access_token_scope_insufficient", ""},
                                                             {"user_blocked_by_admin", ""}}};

/// Whether it is one of `error_reasons`, in any case.
[[nodiscard]] constexpr bool known_reason(std::string_view name) noexcept {
  for (const NamedFailure& reason : error_reasons)
    if (ductile::detail::same_word(reason.name, name)) return true;
  return false;
}

/// Words in the place of a numeric code: of the Interactions interface, of other providers and of gateways.
///
/// Source   The page on errors of the Gemini API (Interactions); answers of gateways and of OpenAI and Azure behind them; those in capitals
/// of GraphQL servers (Apollo, GitHub).
///
/// `errors[].reason` of the older Google APIs stands here too (developers.google.com, "Standard Error Responses", domain usageLimits): it
/// is a word in camel case, and says less than an `ErrorInfo.reason`.
inline constexpr std::array<NamedFailure, 57> code_words{{{"daily_limit", "quota-no-details"},
                                                          {"content_filter", "azure-content-filter"},
                                                          {"content_policy_violation", "azure-content-filter"},
                                                          {"data_inspection_failed", "azure-content-filter"},
                                                          {"prompt_blocked", "prompt-blocked-other"},
                                                          {"content_blocked", "prompt-blocked-other"},
                                                          {"sensitive_words_detected", "prompt-blocked-safety"},
                                                          {"moderation_blocked", "azure-content-filter"},
                                                          {"insufficient_user_quota", "openai-insufficient-quota"},
                                                          {"pre_consume_token_quota_failed", "openai-insufficient-quota"},
                                                          {"insufficient_credits", "openai-insufficient-quota"},
                                                          {"billing_hard_limit_reached", "openai-insufficient-quota"},
                                                          {"budget_exceeded", "openai-insufficient-quota"},
                                                          {"invalid_api_key", "api-key-invalid"},
                                                          {"timeout_error", "deadline-504"},
                                                          {"request_timeout", "deadline-504"},
                                                          {"insufficient_quota", "openai-insufficient-quota"},
                                                          {"payment_required", "prepay-depleted-402"},
                                                          {"quota_exceeded", "quota-no-details"},
                                                          {"rate_limit_exceeded", "rate-generic"},
                                                          {"rate_limit_error", "rate-generic"},
                                                          {"quotaexceeded", "quota-no-details"},
                                                          {"limitexceeded", "quota-no-details"},
                                                          {"variabletermlimitexceeded", "quota-no-details"},
                                                          {"dailylimitexceeded", "quota-no-details"},
                                                          {"dailylimitexceededunreg", "quota-no-details"},
                                                          {"ratelimitexceeded", "rate-generic"},
                                                          {"userratelimitexceeded", "rate-generic"},
                                                          {"userratelimitexceededunreg", "rate-generic"},
                                                          {"overloaded_error", "overloaded"},
                                                          {"engine_overloaded", "overloaded"},
                                                          {"service_unavailable", "service-unavailable"},
                                                          {"model_not_found", "model-not-found"},
                                                          {"not_found", "entity-not-found"},
                                                          {"not_found_error", "entity-not-found"},
                                                          {"context_length_exceeded", "token-count-exceeded"},
                                                          {"parameter_unknown", "unknown-field"},
                                                          {"out_of_range", "out-of-range-416"},
                                                          {"failed_precondition", "precondition-check-failed"},
                                                          {"rate_limited", "rate-generic"},
                                                          {"internal_server_error", "unknown-500"},
                                                          {"bad_user_input", "invalid-argument-generic"},
                                                          {"unauthenticated", ""},
                                                          {"forbidden", ""},
                                                          {"authentication", ""},
                                                          {"authentication_error", ""},
                                                          {"permission_denied", ""},
                                                          {"permission_error", ""},
                                                          {"cancelled", "cancelled-499"},
                                                          {"deadline_exceeded", "deadline-504"},
                                                          {"internal", "internal"},
                                                          {"internal_error", "internal"},
                                                          {"server_error", "internal-openai-wrapped"},
                                                          {"api_error", "internal-openai-wrapped"},
                                                          {"http_error", "gateway-hides-429"},
                                                          {"invalid_request", "invalid-argument-generic"},
                                                          {"invalid_request_error", "invalid-argument-generic"}}};

/// The entry of `code_words` of that name, in any case; null when there is none.
[[nodiscard]] constexpr const NamedFailure* find_code_word(std::string_view name) noexcept {
  for (const NamedFailure& word : code_words)
    if (ductile::detail::same_word(word.name, name)) return &word;
  return nullptr;
}

/// Why an answer ended, and the failure that it is when there is no image.
struct FinishReason {
  std::string_view name;
  int number;  ///< Its number where an answer of the Gemini API gives numbers; -1: not known.
  int vertex;  ///< The same where an answer of Vertex AI does.
  std::string_view id;
};

/// Source   The enumerations of the official client libraries of 2026. A reason that is not here fails closed.
inline constexpr std::array<FinishReason, 27> finish_reasons{{{"FINISH_REASON_UNSPECIFIED", 0, 0, ""},
                                                              {"STOP", 1, 1, ""},
                                                              {"MAX_TOKENS", 2, 2, "max-tokens-no-image"},
                                                              {"SAFETY", 3, 3, "safety-finish"},
                                                              {"RECITATION", 4, 4, "recitation"},
                                                              {"OTHER", 5, 5, "sse-other"},
                                                              {"LANGUAGE", 6, -1, "prompt-blocked-other"},
                                                              {"BLOCKLIST", 7, 6, "prompt-blocked-blocklist"},
                                                              {"PROHIBITED_CONTENT", 8, 7, "sse-blocked-mid"},
                                                              {"SPII", 9, 8, "safety-finish"},
                                                              {"MALFORMED_FUNCTION_CALL", 10, 9, "malformed-function-call"},
                                                              {"IMAGE_SAFETY", 11, 11, "image-safety"},
                                                              {"UNEXPECTED_TOOL_CALL", 12, 15, "unexpected-tool-call"},
                                                              {"TOO_MANY_TOOL_CALLS", -1, -1, "unexpected-tool-call"},
                                                              {"IMAGE_PROHIBITED_CONTENT", -1, 12, "image-prohibited"},
                                                              {"IMAGE_OTHER", -1, 14, "image-other"},
                                                              {"NO_IMAGE", 16, 16, "no-image"},
                                                              {"IMAGE_RECITATION", -1, 13, "image-recitation"},
                                                              {"MISSING_THOUGHT_SIGNATURE", -1, -1, "missing-thought-signature"},
                                                              {"MALFORMED_RESPONSE", -1, -1, "malformed-response"},
                                                              {"ESCALATION", -1, -1, "escalation"},
                                                              {"PUP_LIMITED_DISABLED", -1, -1, "account-limited"},
                                                              {"CONTINUATION", -1, -1, "continuation"},
                                                              {"MODEL_ARMOR", -1, 10, "prompt-blocked-prohibited"},
                                                              // The OpenAI-compatible endpoint and gateways have names of their own.
                                                              {"CONTENT_FILTER", -1, -1, "safety-finish"},
                                                              {"REFUSAL", -1, -1, "safety-finish"},
                                                              {"LENGTH", -1, -1, "max-tokens-no-image"}}};

/// Whether a finish reason that is not in the table speaks, by its parts, of something withheld. `name` is in upper case.
[[nodiscard]] constexpr bool withholds_by_name(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 3> parts{"SAFETY", "PROHIBITED", "BLOCK"};
  for (const std::string_view part : parts)
    if (ductile::detail::contains(name, part)) return true;
  return false;
}

/// Why a prompt was blocked before any work.
struct BlockReason {
  std::string_view name;
  int number;
  std::string_view id;
};

/// The default of the enumeration, 0, blocks nothing where there is an image: gateways print it with the fields that were not set.
///
/// Source   The enumerations of the official client libraries of 2026 (the two interfaces spell the default differently).
inline constexpr std::array<BlockReason, 9> block_reasons{{{"SAFETY", 1, "prompt-blocked-safety"},
                                                           {"OTHER", 2, "prompt-blocked-other"},
                                                           {"BLOCKLIST", 3, "prompt-blocked-blocklist"},
                                                           {"PROHIBITED_CONTENT", 4, "prompt-blocked-prohibited"},
                                                           {"IMAGE_SAFETY", -1, "prompt-blocked-image-safety"},
                                                           {"MODEL_ARMOR", -1, "prompt-blocked-prohibited"},
                                                           {"JAILBREAK", -1, "prompt-blocked-prohibited"},
                                                           {"BLOCK_REASON_UNSPECIFIED", 0, "prompt-blocked-other"},
                                                           {"BLOCKED_REASON_UNSPECIFIED", 0, "prompt-blocked-other"}}};

/// The block reason of that name in upper case, or, where `name` is digits, of that number; null when there is none.
[[nodiscard]] constexpr const BlockReason* find_block_reason(std::string_view name) noexcept {
  const auto number = ductile::detail::whole_number(name);
  for (const BlockReason& entry : block_reasons)
    if (number ? entry.number == *number : entry.name == name) return &entry;
  return nullptr;
}

/// The finish reason of that name in upper case, or, where `name` is digits, of that number: the two interfaces number theirs differently.
[[nodiscard]] constexpr const FinishReason* find_finish_reason(std::string_view name, bool of_vertex) noexcept {
  const auto number = ductile::detail::whole_number(name);
  for (const FinishReason& entry : finish_reasons)
    if (number ? (of_vertex ? entry.vertex : entry.number) == *number : entry.name == name) return &entry;
  return nullptr;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
