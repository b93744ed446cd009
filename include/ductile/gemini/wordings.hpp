// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <array>
#include <cstdint>
#include <string_view>

// The phrases that the classifier knows. All of them stand here, short, in lower case, each white space one blank, with where they were
// seen: whoever finds a new sentence adds a line, not a branch.
namespace ductile::inline DUCTILE_VERSION::gemini {

/// What a phrase is about; also the order in which topics decide.
enum class Topic : std::uint8_t {
  capacity,  ///< The other side has no room: no fault of the caller's, whatever status it comes with.
  money,     ///< A balance, a cap: no wait helps.
  zero,      ///< The limit is nought: no wait helps either.
  rate,      ///< A limit of some window, said in words alone.
  access,    ///< The key, the account, the project, the country.
  model,     ///< The model: unknown, retired, unable.
  request,   ///< What was sent.
  server,    ///< What failed on the other side.
  transport  ///< What clients print when the connection fails.
};

/// A phrase, the failure it stands for, and where it was seen.
struct Wording {
  Topic topic;
  std::string_view phrase;
  std::string_view id;
  std::string_view source;
};

/// The longest phrase that the table may hold. Longer quotations of a body would be recognition by heart.
inline constexpr std::size_t longest_phrase = 40;

/// Within a topic the first that fits decides.
inline constexpr std::array<Wording, 129> wordings{{
    {Topic::capacity, "no capacity available", "capacity-503", "Code Assist, 429 and 503"},
    {Topic::capacity, "上游负载已饱和", "gateway-saturated", "new-api gateway: upstream saturated"},
    {Topic::capacity, "error-code-429", "vertex-dsq", "Vertex, dynamic shared quota"},
    {Topic::capacity, "model is overloaded", "overloaded", "Gemini API, 503"},
    {Topic::capacity, "experiencing high demand", "high-demand", "Gemini API, 503, 2026"},
    {Topic::capacity, "service is currently unavailable", "service-unavailable", "Gemini API, 503"},
    {Topic::capacity, "service temporarily unavailable", "temporarily-unavailable", "Gemini API, 503; nginx"},
    {Topic::capacity, "visibility check was unavailable", "visibility-check", "all Google APIs, 503, June 2025"},

    {Topic::money, "monthly spending cap", "spend-cap-monthly", "Gemini API, 429"},
    {Topic::money, "prepayment credits are depleted", "prepay-depleted-429", "Gemini API, 429 and 402"},

    {Topic::zero, "have a free quota tier", "limit-zero-words", "Gemini API, 429"},

    {Topic::rate, "spend-based", "spend-rate", "page on rate limits, June 2026"},
    {Topic::rate, "spend limit", "spend-rate", "page on rate limits, June 2026"},
    {Topic::rate, "too many requests from this ip", "applet-ip-limit", "AI Studio applets, 429"},
    {Topic::rate, "rate-limited upstream", "openrouter-upstream", "OpenRouter, 429"},
    {Topic::rate, "quota will reset after", "user-quota-short", "Code Assist, 429"},
    {Topic::rate, "resource exhausted. please try again", "rate-no-details-2026", "Gemini API, 429, 2026"},
    {Topic::rate, "resource has been exhausted", "rate-generic", "Gemini API, 429"},

    {Topic::access, "api key expired", "api-key-expired", "Gemini API, 400"},
    {Topic::access, "api key not found", "api-key-not-found", "Gemini API, 400"},
    {Topic::access, "api key not valid", "api-key-invalid", "Gemini API, 400"},
    {Topic::access, "invalid api key", "api-key-invalid", "gateways, 401"},
    {Topic::access, "incorrect api key", "api-key-invalid", "gateways, 401"},
    {Topic::access, "reported as leaked", "key-leaked", "Gemini API, 403"},
    {Topic::access, "unregistered callers", "key-missing", "Google APIs, 403"},
    {Topic::access, "api keys are not supported", "oauth-expected", "Vertex, 401"},
    {Topic::access, "has not been used in project", "service-disabled", "Google APIs, 403"},
    {Topic::access, "requests from referer", "api-key-referrer-blocked", "Google APIs, 403"},
    {Topic::access, "has an ip address restriction", "api-key-ip-blocked", "Google APIs, 403"},
    {Topic::access, "from this android client", "api-key-android-blocked", "Google APIs, 403"},
    {Topic::access, "from this ios client", "api-key-ios-blocked", "Google APIs, 403"},
    {Topic::access, "requests to this api", "api-key-service-blocked", "Google APIs, 403"},
    {Topic::access, "from your billing country", "billing-country-restricted", "Gemini API, 403"},
    {Topic::access, "requires billing to be enabled", "billing-disabled", "Google APIs, 403"},
    {Topic::access, "has been suspended", "consumer-suspended", "Google APIs, 403"},
    {Topic::access, "for violation of terms of service", "account-tos-ban", "Code Assist, 403"},
    {Topic::access, "validation required to continue", "validation-required", "Code Assist, 403"},
    {Topic::access, "you must be a named user", "seat-missing", "Code Assist, 403"},
    {Topic::access, "denied on resource", "vertex-iam", "Vertex, 403"},
    {Topic::access, "the caller does not have permission", "model-no-access", "Google APIs, 403"},
    {Topic::access, "without a billing account linked", "free-tier-region", "Gemini API, 400"},
    {Topic::access, "free tier is not available in your", "free-tier-region-new-text", "Gemini API, 400, 2026"},
    {Topic::access, "user location is not supported", "location-unsupported", "Gemini API, 400"},
    {Topic::access, "only accessible to billed users", "billing-required-imagen", "Imagen, 400"},
    {Topic::access, "precondition check failed", "precondition-check-failed", "Gemini API, 400"},

    {Topic::model, "is not found for api version", "model-not-found", "Gemini API, 404"},
    {Topic::model, "no longer available to new users", "model-closed-to-new-users", "Gemini API, 404"},
    {Topic::model, "is no longer available", "model-retired-listed", "Gemini API, 404"},
    {Topic::model, "model withdrawn", "retired-503-gateway", "a reseller, 503"},
    {Topic::model, "publisher model", "vertex-model-not-found", "Vertex, 404"},
    {Topic::model, "requested entity was not found", "entity-not-found", "Google APIs, 404"},
    {Topic::model, "only supports interactions api", "interactions-only-model", "Gemini API, 400"},
    {Topic::model, "requested response modalities", "modality-unsupported", "Gemini API, 400"},
    {Topic::model, "is not enabled for models/", "modality-unsupported", "Gemini API, 400"},
    {Topic::model, "multi-modal output is not supported", "modality-unsupported", "Gemini API, 400"},
    {Topic::model, "image_size must be one of", "image-size-invalid", "by analogy with aspect_ratio"},

    {Topic::request, "aspect_ratio must be one of", "aspect-ratio-invalid", "Gemini API, 400"},
    {Topic::request, "512px", "image-size-px", "issues of client libraries"},
    {Topic::request, "unknown name \"responsemodalities\"", "unknown-field-old-version", "Gemini API v1, 400"},
    {Topic::request, "cannot find field", "unknown-field", "Google APIs, 400"},
    {Topic::request, "base64 decoding failed", "base64-data-url", "Google APIs, 400"},
    {Topic::request, "unable to process input image", "input-image-unprocessable", "Gemini API, 400"},
    {Topic::request, "provided image is not valid", "input-image-invalid", "Gemini API, 400"},
    {Topic::request, "unsupported mime type", "mime-unsupported", "Gemini API, 400"},
    {Topic::request, "missing a thought_signature", "thought-signature-missing", "Gemini API, 400"},
    {Topic::request, "the thinking budget", "thinking-budget-invalid", "Gemini API, 400"},
    {Topic::request, "thinking_config", "thinking-config-contradiction", "Gemini API, 400"},
    {Topic::request, "function call turn comes", "turn-order", "Gemini API, 400"},
    {Topic::request, "exceeds the maximum number of tokens", "token-count-exceeded", "Gemini API, 400"},
    {Topic::request, "'tool_type'", "tool-type-conflict", "Gemini API, 400"},
    {Topic::request, "payload size exceeds the limit", "payload-too-large-400", "Google APIs, 400"},
    {Topic::request, "maximum request body size", "body-too-large-413", "proxies, 413"},
    {Topic::request, "exception parsing response", "sdk-stand-in-400", "a client library"},
    {Topic::request, "content management policy", "azure-content-filter", "Azure OpenAI, 400"},
    {Topic::request, "blocked due to safety", "safety-finish", "client library for JavaScript"},
    {Topic::request, "blocked due to recitation", "recitation", "client library for JavaScript"},
    {Topic::request, "contains an invalid argument", "invalid-argument-generic", "Google APIs, 400"},

    {Topic::server, "upstream connect error", "envoy-503", "Envoy, 503"},
    {Topic::server, "deadline expired before operation", "deadline-504", "Gemini API, 503 and 504"},
    {Topic::server, "processing within the deadline", "deadline-504-doc-text", "page on errors"},
    {Topic::server, "internal error encountered", "internal", "Gemini API, 500"},
    {Topic::server, "an internal error has occurred", "internal-report", "Gemini API, 500"},
    {Topic::server, "operation was cancelled", "cancelled-499", "Gemini API, 499"},
    {Topic::server, "operation was aborted", "aborted-409", "by analogy with 499"},
    {Topic::server, "operation is not implemented", "unimplemented-501", "Google APIs"},
    {Topic::server, "error 524", "cloudflare-524", "Cloudflare"},
    {Topic::server, "please try again in 30 seconds", "bad-gateway-html", "Google front end, 502"},
    {Topic::server, "deadline exceeded", "deadline-504", "gRPC clients"},
    {Topic::server, "deadlineexceeded", "deadline-504", "google-api-core exceptions"},
    {Topic::server, "resourceexhausted", "rate-generic", "google-api-core exceptions"},
    {Topic::server, "too many requests", "rate-generic", "reason phrase of 429"},
    {Topic::server, "internalservererror", "internal", "google-api-core exceptions"},
    {Topic::server, "bad gateway", "bad-gateway-html", "reason phrase of 502"},
    {Topic::server, "gateway timeout", "deadline-504", "reason phrase of 504"},
    {Topic::server, "gateway time-out", "deadline-504", "reason phrase of 504"},

    {Topic::transport, "connection refused", "connect-refused", "errno"},
    {Topic::transport, "econnrefused", "connect-refused", "errno"},
    {Topic::transport, "name or service not known", "dns-failure", "getaddrinfo"},
    {Topic::transport, "name resolution", "dns-failure", "getaddrinfo"},
    {Topic::transport, "enotfound", "dns-failure", "Node"},
    {Topic::transport, "eai_again", "dns-failure", "Node"},
    {Topic::transport, "could not resolve host", "dns-failure", "curl"},
    {Topic::transport, "no such host", "dns-failure", "Go"},
    {Topic::transport, "certificate verify failed", "tls-failure", "OpenSSL"},
    {Topic::transport, "self-signed certificate", "tls-failure", "Node"},
    {Topic::transport, "ssl certificate problem", "tls-failure", "curl"},
    {Topic::transport, "handshake timeout", "connect-timeout", "Go"},
    {Topic::transport, "handshake", "tls-failure", "OpenSSL, Go"},
    {Topic::transport, "connect timeout", "connect-timeout", "Node"},
    {Topic::transport, "connecttimeout", "connect-timeout", "httpx"},
    {Topic::transport, "connection timed out", "connect-timeout", "errno"},
    {Topic::transport, "connection reset by peer", "reset-before-headers", "errno"},
    {Topic::transport, "econnreset", "reset-before-headers", "Node"},
    {Topic::transport, "goaway", "h2-goaway", "HTTP/2"},
    {Topic::transport, "refused_stream", "h2-goaway", "HTTP/2"},
    {Topic::transport, "server disconnected", "half-close-no-reply", "httpx"},
    {Topic::transport, "remoteprotocolerror", "half-close-no-reply", "httpx"},
    {Topic::transport, "socket hang up", "half-close-no-reply", "Node"},
    {Topic::transport, "empty reply from server", "half-close-no-reply", "curl"},
    {Topic::transport, "incompleteread", "truncated-json", "Python"},
    {Topic::transport, "incomplete json segment", "truncated-json", "client library for JavaScript"},
    {Topic::transport, "unexpected end of json", "truncated-json", "JavaScript"},
    {Topic::transport, "readtimeout", "client-deadline", "httpx"},
    {Topic::transport, "read timed out", "client-deadline", "Python requests"},
    {Topic::transport, "operation timed out", "client-deadline", "curl"},
    {Topic::transport, "context deadline", "client-deadline", "Go"},
    {Topic::transport, "context canceled", "cancelled-499", "Go"},
    {Topic::transport, "fetch failed", "reset-before-headers", "Node: no word on what failed"},
    {Topic::transport, "etimedout", "connect-timeout", "Node"},
}};

/// The phrases, one a line, are as short as they must be.
static_assert([] {
  for (const Wording& wording : wordings)
    if (wording.phrase.size() > longest_phrase) return false;
  return true;
}());

}  // namespace ductile::inline DUCTILE_VERSION::gemini
