// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>  // Kind
#include <ductile/core/version.hpp>
#include <ductile/gemini/classification.hpp>  // Advice

#include <array>
#include <cstdint>
#include <string_view>

// The phrases that the classifier knows. All of them stand here, short, in lower case, each white space one blank, with where they were
// seen: whoever finds a new sentence adds a line, not a branch.
namespace ductile::inline DUCTILE_VERSION::gemini {

/// What a phrase is about; also the order in which topics decide.
enum class Topic : std::uint8_t {
  capacity,   ///< The other side has no room: no fault of the caller's, whatever status it comes with.
  money,      ///< A balance, a cap: no wait helps.
  zero,       ///< The limit is nought: no wait helps either.
  day,        ///< A day's limit, said in words alone.
  rate,       ///< A limit of some window, said in words alone.
  access,     ///< The key, the account, the project, the country.
  model,      ///< The model: unknown, retired, unable.
  request,    ///< What was sent.
  server,     ///< What failed on the other side.
  transport,  ///< What clients print when the connection fails. Of an answer that was refused (4xx) it says nothing.
  general     ///< Words of every day: they count only where nothing else is known, not even a status.
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
inline constexpr auto wordings = std::to_array<Wording>({
    {Topic::capacity, "no capacity available", "capacity-503", "Code Assist, 429 and 503"},
    {Topic::capacity, "上游负载已饱和", "gateway-saturated", "new-api gateway: upstream saturated"},
    {Topic::capacity, "error-code-429", "vertex-dsq", "Vertex, dynamic shared quota"},
    {Topic::capacity, "exceeded the provisioned throughput", "capacity-503", "Vertex, 429: what was reserved is in use"},
    {Topic::capacity, "no available instance", "capacity-503", "Cloud Run, 429: nothing could be started in time"},
    {Topic::capacity, "model is overloaded", "overloaded", "Gemini API, 503"},
    {Topic::capacity, "experiencing high demand", "high-demand", "Gemini API, 503, 2026"},
    {Topic::capacity, "service is currently unavailable", "service-unavailable", "Gemini API, 503"},
    {Topic::capacity, "service temporarily unavailable", "temporarily-unavailable", "Gemini API, 503; nginx"},
    {Topic::capacity, "visibility check was unavailable", "visibility-check", "all Google APIs, 503, June 2025"},
    {Topic::capacity, "currently overloaded", "overloaded", "OpenAI and gateways, 503"},
    {Topic::capacity, "temporarily overloaded", "overloaded", "Vertex, 500"},
    {Topic::capacity, "server is overloaded", "overloaded", "OpenAI and gateways, 503"},
    {Topic::capacity, "server overloaded", "overloaded", "gateways"},
    {Topic::capacity, "at capacity", "overloaded", "gateways, 503"},
    {Topic::capacity, "no available capacity", "overloaded", "gateways"},
    {Topic::capacity, "服务器繁忙", "gateway-saturated", "gateways: server busy"},
    {Topic::capacity, "模型过载", "gateway-saturated", "gateways: model overloaded"},
    {Topic::capacity, "负载较高", "gateway-saturated", "gateways: load rather high"},
    {Topic::capacity, "experiencing high traffic", "overloaded", "gateways"},
    {Topic::capacity, "负载已经达到上限", "gateway-saturated", "gateways: load at its limit"},

    {Topic::money, "monthly spending cap", "spend-cap-monthly", "Gemini API, 429"},
    {Topic::money, "monthly spend", "spend-cap-monthly", "Gemini API, 429: its other words for the cap"},
    {Topic::money, "prepaid credit", "prepay-depleted-429", "Gemini API, 429: its other words for the balance"},
    {Topic::money, "prepayment credits are depleted", "prepay-depleted-429", "Gemini API, 429 and 402"},

    {Topic::zero, "have a free quota tier", "limit-zero-words", "Gemini API, 429"},
    {Topic::zero, "not available on the free tier", "limit-zero-words", "gateways, 429"},
    {Topic::zero, "free tier is not available for this", "limit-zero-words", "gateways, 429"},

    {Topic::day, "daily request limit", "quota-no-details", "gateways, 429"},
    {Topic::day, "daily token limit", "quota-no-details", "gateways, 429"},
    {Topic::day, "daily limit", "quota-no-details", "gateways, 429"},
    {Topic::day, "daily quota", "quota-no-details", "gateways, 429"},
    {Topic::day, "resets at midnight", "quota-no-details", "gateways, 429"},
    {Topic::day, "midnight pacific", "quota-no-details", "gateways, 429"},
    {Topic::day, "try again tomorrow", "quota-no-details", "gateways, 429"},
    {Topic::day, "tageslimit", "quota-no-details", "gateways, in German: a day's limit"},
    {Topic::day, "明天再试", "quota-no-details", "gateways: try again tomorrow"},

    {Topic::rate, "spend-based", "spend-rate", "page on rate limits, June 2026"},
    {Topic::rate, "spend limit", "spend-rate", "page on rate limits, June 2026"},
    {Topic::rate, "too many requests from this ip", "applet-ip-limit", "AI Studio applets, 429"},
    {Topic::rate, "rate-limited upstream", "openrouter-upstream", "OpenRouter, 429"},
    {Topic::rate, "quota will reset after", "user-quota-short", "Code Assist, 429"},
    {Topic::rate, "resource exhausted. please try again", "rate-no-details-2026", "Gemini API, 429, 2026"},
    {Topic::rate, "quota is not enough", "openai-insufficient-quota", "one-api and new-api gateways, 403"},
    {Topic::rate, "out of call volume quota", "quota-no-details", "Azure API Management, 403"},
    {Topic::rate, "额度已用尽", "openai-insufficient-quota", "new-api gateway: quota used up"},
    {Topic::rate, "额度不足", "openai-insufficient-quota", "new-api gateway: quota not enough"},
    {Topic::rate, "剩余额度", "openai-insufficient-quota", "new-api gateway: what is left of a quota"},
    {Topic::rate, "余额不足", "openai-insufficient-quota", "gateways: balance not enough"},
    {Topic::rate, "insufficient credits", "openai-insufficient-quota", "OpenRouter and gateways, 402"},
    {Topic::rate, "insufficient balance", "openai-insufficient-quota", "gateways, 402"},
    {Topic::rate, "requires more credits", "openai-insufficient-quota", "OpenRouter, 402"},
    {Topic::rate, "credit balance is too low", "openai-insufficient-quota", "gateways, 400"},
    {Topic::rate, "credit balance is exhausted", "openai-insufficient-quota", "gateways"},
    {Topic::rate, "run out of credits", "openai-insufficient-quota", "gateways"},
    {Topic::rate, "credits have expired", "openai-insufficient-quota", "gateways"},
    {Topic::rate, "budget has been exceeded", "openai-insufficient-quota", "LiteLLM, 400"},
    {Topic::rate, "exceededbudget", "openai-insufficient-quota", "LiteLLM"},
    {Topic::rate, "请求过于频繁", "rate-generic", "gateways: requests too frequent"},
    {Topic::rate, "no deployments available", "rate-generic", "LiteLLM, 429: all in cooldown"},
    {Topic::rate, "rate limit quota violation", "rate-generic", "Apigee, 500 unless it is told otherwise"},
    {Topic::rate, "spike arrest violation", "rate-generic", "Apigee, 500 unless it is told otherwise"},
    {Topic::rate, "rate limit exceeded", "rate-generic", "gateways, 429"},
    {Topic::rate, "usage limit reached", "quota-no-details", "resellers: a plan's limit"},
    {Topic::rate, "rate limit reached", "rate-generic", "OpenAI, 429"},
    {Topic::rate, "are rate limited", "rate-generic", "gateways: all keys, 503"},
    {Topic::rate, "receiving too many requests", "rate-generic", "n8n"},
    {Topic::rate, "resource has been exhausted", "rate-generic", "Gemini API, 429"},

    {Topic::access, "api key expired", "api-key-expired", "Gemini API, 400"},
    {Topic::access, "api key not found", "api-key-not-found", "Gemini API, 400"},
    {Topic::access, "api key not valid", "api-key-invalid", "Gemini API, 400"},
    {Topic::access, "invalid api key", "api-key-invalid", "gateways, 401"},
    {Topic::access, "incorrect api key", "api-key-invalid", "gateways, 401"},
    {Topic::access, "无效的令牌", "api-key-invalid", "new-api gateway: invalid token"},
    {Topic::access, "reported as leaked", "key-leaked", "Gemini API, 403"},
    {Topic::access, "unregistered callers", "key-missing", "Google APIs, 403"},
    {Topic::access, "missing key inputs", "key-missing", "client library for Python: nothing was sent"},
    {Topic::access, "api_key or adc found", "key-missing", "older client library for Python"},
    {Topic::access, "find google_api_key", "key-missing", "LangChain"},
    {Topic::access, "api_key client option must be set", "key-missing", "OpenAI's library"},
    {Topic::access, "api key must be set", "key-missing", "client library for JavaScript"},
    {Topic::access, "api key is missing", "key-missing", "Vercel AI SDK"},
    {Topic::access, "api key is required", "key-missing", "clients"},
    {Topic::access, "api keys are not supported", "oauth-expected", "Vertex, 401"},
    {Topic::access, "has not been used in project", "service-disabled", "Google APIs, 403"},
    {Topic::access, "to be enabled in your", "service-disabled", "Firebase AI Logic"},
    {Topic::access, "requests from referer", "api-key-referrer-blocked", "Google APIs, 403"},
    {Topic::access, "has an ip address restriction", "api-key-ip-blocked", "Google APIs, 403"},
    {Topic::access, "from this android client", "api-key-android-blocked", "Google APIs, 403"},
    {Topic::access, "from this ios client", "api-key-ios-blocked", "Google APIs, 403"},
    {Topic::access, "requests to this api", "api-key-service-blocked", "Google APIs, 403"},
    {Topic::access, "from your billing country", "billing-country-restricted", "Gemini API, 403"},
    {Topic::access, "requires billing to be enabled", "billing-disabled", "Google APIs, 403"},
    {Topic::access, "has been denied access", "consumer-suspended", "Gemini API, 403, 2026"},
    {Topic::access, "has no access to model", "model-no-access", "new-api gateway, 403"},
    {Topic::access, "无权使用模型", "model-no-access", "new-api gateway: no right to use the model, 403"},
    {Topic::access, "has been suspended", "consumer-suspended", "Google APIs, 403"},
    {Topic::access, "for violation of terms of service", "account-tos-ban", "Code Assist, 403"},
    {Topic::access, "error code: 1010", "proxy-block-page-403", "Cloudflare, 403: a client that it takes for a robot"},
    {Topic::access, "error code: 1020", "proxy-block-page-403", "Cloudflare, 403: a rule of its firewall"},
    {Topic::access, "封禁", "account-tos-ban", "gateways: banned"},
    {Topic::access, "validation required to continue", "validation-required", "Code Assist, 403"},
    {Topic::access, "you must be a named user", "seat-missing", "Code Assist, 403"},
    {Topic::access, "denied on resource", "vertex-iam", "Vertex, 403"},
    {Topic::access, "the caller does not have permission", "model-no-access", "Google APIs, 403"},
    {Topic::access, "without a billing account linked", "free-tier-region", "Gemini API, 400"},
    {Topic::access, "free tier is not available in your", "free-tier-region-new-text", "Gemini API, 400, 2026"},
    {Topic::access, "is not available in your country", "location-unsupported", "Gemini API, 400: making images"},
    {Topic::access, "user location is not supported", "location-unsupported", "Gemini API, 400"},
    {Topic::access, "only accessible to billed users", "billing-required-imagen", "Imagen, 400"},
    {Topic::access, "is not in an active state", "precondition-check-failed", "Files API, 400: a file in work"},
    {Topic::access, "vertexai.allowedmodels", "precondition-check-failed", "Vertex, 400: a policy of the organisation"},
    {Topic::access, "precondition check failed", "precondition-check-failed", "Gemini API, 400"},

    {Topic::model, "is not found for api version", "model-not-found", "Gemini API, 404"},
    {Topic::model, "no longer available to new users", "model-closed-to-new-users", "Gemini API, 404"},
    {Topic::model, "model withdrawn", "retired-503-gateway", "a reseller, 503"},
    {Topic::model, "or your project does not have access", "vertex-model-not-found", "Vertex, 404"},
    {Topic::model, "unsupported region for vertex", "vertex-model-not-found", "Vertex, 400"},
    {Topic::model, "is not servable in region", "vertex-model-not-found", "Vertex, 400"},
    {Topic::model, "no endpoints found", "model-not-found", "OpenRouter, 404"},
    {Topic::model, "no endpoints available", "model-not-found", "OpenRouter, 404"},
    {Topic::model, "no allowed providers are available", "model-not-found", "OpenRouter, 404"},
    {Topic::model, "not supported model for image", "modality-unsupported", "new-api gateway, 500"},
    {Topic::model, "model has been withdrawn", "retired-503-gateway", "a reseller, 503"},
    {Topic::model, "no available channel", "model-not-found", "new-api gateway, 503"},
    {Topic::model, "无可用渠道", "model-not-found", "new-api gateway: no channel for the model, 503"},
    {Topic::model, "is not a valid model id", "model-not-found", "OpenRouter, 400"},
    {Topic::model, "requested entity was not found", "entity-not-found", "Google APIs, 404"},
    {Topic::model, "only supports interactions api", "interactions-only-model", "Gemini API, 400"},
    {Topic::model, "requested response modalities", "modality-unsupported", "Gemini API, 400"},
    {Topic::model, "combination of response modalities", "modality-unsupported", "Gemini API, 400"},
    {Topic::model, "is not enabled for models/", "invalid-argument-generic", "Gemini API, 400: what the model has not"},
    {Topic::model, "is not enabled for this model", "invalid-argument-generic", "Gemini API, 400: what the model has not"},
    {Topic::model, "multi-modal output is not supported", "modality-unsupported", "Gemini API, 400"},
    {Topic::model, "does not support image output", "modality-unsupported", "Vertex, 400"},
    {Topic::model, "image_size must be one of", "image-size-invalid", "by analogy with aspect_ratio"},

    {Topic::request, "aspect_ratio must be one of", "aspect-ratio-invalid", "Gemini API, 400"},
    {Topic::request, "512px", "image-size-px", "issues of client libraries"},
    {Topic::request, "unknown name \"responsemodalities\"", "unknown-field-old-version", "Gemini API v1, 400"},
    {Topic::request, "cannot bind query parameter", "unknown-field", "Google APIs, 400: a parameter of the URL"},
    {Topic::request, "cannot find field", "unknown-field", "Google APIs, 400"},
    {Topic::request, "base64 decoding failed", "base64-data-url", "Google APIs, 400"},
    {Topic::request, "unable to process input image", "input-image-unprocessable", "Gemini API, 400"},
    {Topic::request, "provided image is not valid", "input-image-invalid", "Gemini API, 400"},
    {Topic::request, "unsupported mime type", "mime-unsupported", "Gemini API, 400"},
    {Topic::request, "missing a thought_signature", "thought-signature-missing", "Gemini API, 400"},
    {Topic::request, "minimum allowed deadline", "deadline-too-short", "Gemini API, 400"},
    {Topic::request, "without corresponding tool_result", "turn-order", "gateways that speak Anthropic's form"},
    {Topic::request, "without `tool_result` blocks", "turn-order", "Anthropic, 400"},
    {Topic::request, "unexpected `tool_use_id`", "turn-order", "Anthropic, 400"},
    {Topic::request, "the thinking budget", "thinking-budget-invalid", "Gemini API, 400"},
    {Topic::request, "only works in thinking mode", "thinking-budget-invalid", "Gemini API, 400"},
    {Topic::request, "thinking_config", "thinking-config-contradiction", "Gemini API, 400"},
    {Topic::request, "function call turn comes", "turn-order", "Gemini API, 400"},
    {Topic::request, "exceeds the maximum number of tokens", "token-count-exceeded", "Gemini API, 400"},
    {Topic::request, "maximum context length", "token-count-exceeded", "OpenAI, 400"},
    {Topic::request, "'tool_type'", "tool-type-conflict", "Gemini API, 400"},
    {Topic::request, "payload size exceeds the limit", "payload-too-large-400", "Google APIs, 400"},
    {Topic::request, "payload exceeds the", "payload-too-large-400", "Google APIs, 400"},
    {Topic::request, "request size exceeds", "payload-too-large-400", "gateways, 400"},
    {Topic::request, "request body is too large", "body-too-large-413", "proxies"},
    {Topic::request, "maximum request body size", "body-too-large-413", "proxies, 413"},
    {Topic::request, "exception parsing response", "sdk-stand-in-400", "a client library"},
    {Topic::request, "content management policy", "azure-content-filter", "Azure OpenAI, 400"},
    {Topic::request, "prompt could not be submitted", "prompt-blocked-safety", "Vertex, 400"},
    {Topic::request, "output could not be generated", "image-safety", "Vertex"},
    {Topic::request, "the response is blocked", "image-safety", "Imagen, 400"},
    {Topic::request, "filtered out because", "image-safety", "Imagen and the image models"},
    {Topic::request, "responsible ai practices", "prompt-blocked-safety", "Vertex, 400"},
    {Topic::request, "usage guidelines", "prompt-blocked-safety", "Vertex, 400"},
    {Topic::request, "usage policy", "prompt-blocked-safety", "OpenAI and gateways, 400"},
    {Topic::request, "usage policies", "prompt-blocked-safety", "OpenAI and gateways, 400"},
    {Topic::request, "content policy", "prompt-blocked-safety", "gateways, 400"},
    {Topic::request, "content policies", "prompt-blocked-safety", "gateways, 400"},
    {Topic::request, "safety guidelines", "prompt-blocked-safety", "gateways, 400"},
    {Topic::request, "rejected by the safety system", "prompt-blocked-safety", "OpenAI, 400"},
    {Topic::request, "requires moderation", "prompt-blocked-safety", "OpenRouter, 403"},
    {Topic::request, "content moderation", "prompt-blocked-safety", "gateways"},
    {Topic::request, "a result of our safety system", "prompt-blocked-safety", "OpenAI, 400"},
    {Topic::request, "blocked due to prohibited", "prompt-blocked-prohibited", "client library for JavaScript"},
    {Topic::request, "blocked due to blocklist", "prompt-blocked-blocklist", "client library for JavaScript"},
    {Topic::request, "candidate was blocked due to other", "sse-other", "client library for JavaScript: of an answer"},
    {Topic::request, "blocked due to other", "prompt-blocked-other", "client library for JavaScript"},
    {Topic::request, "requires a single candidate", "candidates-empty", "client library for Python"},
    {Topic::request, "only works for a single candidate", "candidates-empty", "client libraries"},
    {Topic::request, "valid `part`", "stop-no-parts", "client library for Python"},
    {Topic::request, "content has no parts", "stop-no-parts", "Vertex library for Python"},
    {Topic::request, "prompt was blocked", "prompt-blocked-other", "client libraries"},
    {Topic::request, "blocked by gemini api", "prompt-blocked-other", "new-api gateway"},
    {Topic::request, "prompt_blocked", "prompt-blocked-other", "new-api gateway"},
    {Topic::request, "contentpolicyviolation", "prompt-blocked-safety", "LiteLLM"},
    {Topic::request, "flagged as sensitive", "prompt-blocked-safety", "Replicate"},
    {Topic::request, "sensitive words", "prompt-blocked-safety", "new-api gateway"},
    {Topic::request, "敏感词", "prompt-blocked-safety", "gateways: sensitive words"},
    {Topic::request, "违规", "prompt-blocked-safety", "gateways: against the rules"},
    {Topic::request, "审核未通过", "prompt-blocked-safety", "gateways: did not pass the review"},
    {Topic::request, "text not available. response was blocked", "prompt-blocked-safety", "client library for JavaScript"},
    {Topic::request, "blocked due to safety", "safety-finish", "client library for JavaScript"},
    {Topic::request, "blocked due to recitation", "recitation", "client library for JavaScript"},
    {Topic::request, "extra inputs are not permitted", "unknown-field", "Python: pydantic, before anything is sent"},
    {Topic::request, "contains an invalid argument", "invalid-argument-generic", "Google APIs, 400"},
    {Topic::request, "invalid argument provided", "invalid-argument-generic", "langchain-google-genai"},
    {Topic::request, "* generatecontentrequest.", "invalid-argument-generic", "Gemini API, 400: a field of the request"},

    {Topic::server, "received message larger than max", "body-too-large-413", "gRPC: the client's own limit"},
    {Topic::server, "no healthy upstream", "envoy-503", "Envoy, 503"},
    {Topic::server, "aborted due to timeout", "client-deadline", "JavaScript: AbortSignal.timeout"},
    {Topic::server, "this operation was aborted", "cancelled-499", "JavaScript: AbortController"},
    {Topic::server, "aborterror", "cancelled-499", "JavaScript"},
    {Topic::server, "client.timeout", "client-deadline", "Go: http.Client.Timeout, beside \"context deadline exceeded\""},
    {Topic::server, "no content parts", "stop-no-parts", "clients"},
    {Topic::server, "no image generated", "no-image", "Vercel AI SDK"},
    {Topic::server, "no image was generated", "no-image", "clients"},
    {Topic::server, "no images generated", "no-image", "clients"},
    {Topic::server, "no generated images", "no-image", "gateways"},
    {Topic::server, "no image data", "no-image", "clients"},
    {Topic::server, "no images were generated", "no-image", "clients"},
    {Topic::server, "noimagegeneratederror", "no-image", "Vercel AI SDK"},
    {Topic::server, "upstream connect error", "envoy-503", "Envoy, 503"},
    {Topic::server, "deadline expired before operation", "deadline-504", "Gemini API, 503 and 504"},
    {Topic::server, "processing within the deadline", "deadline-504-doc-text", "page on errors"},
    {Topic::server, "internal error encountered", "internal", "Gemini API, 500"},
    {Topic::server, "an internal error has occurred", "internal-report", "Gemini API, 500"},
    {Topic::server, "operation was cancelled", "cancelled-499", "Gemini API, 499"},
    {Topic::server, "operation was aborted", "aborted-409", "by analogy with 499"},
    {Topic::server, "operation is not implemented", "unimplemented-501", "Google APIs"},
    {Topic::server, "origin web server timed out", "cloudflare-524", "Cloudflare's page for 524"},
    {Topic::server, "upstream idle timeout", "idle-timeout", "OpenRouter"},
    {Topic::server, "error 524", "cloudflare-524", "Cloudflare"},
    {Topic::server, "please try again in 30 seconds", "bad-gateway-html", "Google front end, 502"},
    {Topic::server, "deadline exceeded", "deadline-504", "gRPC clients"},
    {Topic::server, "deadlineexceeded", "deadline-504", "google-api-core exceptions"},
    {Topic::server, "resourceexhausted", "rate-generic", "google-api-core exceptions"},
    {Topic::server, "too many requests", "rate-generic", "reason phrase of 429"},
    {Topic::server, "bad gateway", "bad-gateway-html", "reason phrase of 502"},
    {Topic::server, "gateway timeout", "deadline-504", "reason phrase of 504"},
    {Topic::server, "gateway time-out", "deadline-504", "reason phrase of 504"},
    {Topic::server, "gateway timed out", "deadline-504", "n8n"},
    {Topic::server, "upstream request timeout", "deadline-504", "Envoy, 504"},
    {Topic::server, "endpoint request timed out", "deadline-504", "AWS API Gateway, 504"},

    {Topic::transport, "err_cert_", "tls-failure", "Chromium, beside words on nothing"},
    {Topic::transport, "err_ssl_", "tls-failure", "Chromium"},
    {Topic::transport, "code=-1202", "tls-failure", "Apple, NSURLErrorDomain"},
    {Topic::transport, "nsurlerrordomain -1202", "tls-failure", "Apple"},
    {Topic::transport, "trust relationship for the ssl", "tls-failure", ".NET, PowerShell"},
    {Topic::transport, "nsurlerrordomain error -1202", "tls-failure", "Apple"},
    {Topic::transport, "nsurlerrordomain error -1001", "client-deadline", "Apple"},
    {Topic::transport, "nsurlerrordomain error -1003", "dns-failure", "Apple"},
    {Topic::transport, "nsurlerrordomain error -1004", "connect-refused", "Apple"},
    {Topic::transport, "nsurlerrordomain error -1005", "reset-before-headers", "Apple"},
    {Topic::transport, "nsurlerrordomain error -1009", "connect-timeout", "Apple"},
    {Topic::transport, "unexpected end of file from server", "half-close-no-reply", "Java: HttpURLConnection"},
    {Topic::transport, "sslzeroreturnerror", "reset-before-headers", "Python: OpenSSL"},
    {Topic::transport, "invalidchunklength", "bad-chunk-size", "Python: urllib3"},
    {Topic::transport, "und_err_body_timeout", "idle-timeout", "Node: undici"},
    {Topic::transport, "und_err_headers_timeout", "idle-timeout", "Node: undici"},
    {Topic::transport, "und_err_connect_timeout", "connect-timeout", "Node: undici"},
    {Topic::transport, "httpx.connecterror", "connect-refused", "httpx: no word on what failed"},
    {Topic::transport, "err_proxy_connection_failed", "connect-refused", "Chromium"},
    {Topic::transport, "err_content_length_mismatch", "wrong-content-length", "Chromium"},
    {Topic::transport, "err_content_decoding_failed", "gzip-that-is-not", "Chromium"},
    {Topic::transport, "gzip: invalid header", "gzip-that-is-not", "Go"},
    {Topic::transport, "invalid byte in chunk length", "bad-chunk-size", "Go"},
    {Topic::transport, "nohttpresponseexception", "half-close-no-reply", "Java: Apache HttpClient"},
    {Topic::transport, "premature end of content-length", "wrong-content-length", "Java: Apache HttpClient"},
    {Topic::transport, "truncatedchunkexception", "truncated-json", "Java: Apache HttpClient"},
    {Topic::transport, "premature end of chunk", "truncated-json", "Java: Apache HttpClient"},
    {Topic::transport, "connectionclosedexception", "half-close-no-reply", "Java: Apache HttpClient"},
    {Topic::transport, "response ended prematurely", "half-close-no-reply", ".NET"},
    {Topic::transport, "eof while parsing", "truncated-json", "Rust: serde"},
    {Topic::transport, "reached end of data", "truncated-json", ".NET"},
    {Topic::transport, "unexpected end of input", "truncated-json", "Dart"},
    {Topic::transport, "resolving timed out", "dns-failure", "curl"},
    {Topic::transport, "ssl connection timeout", "connect-timeout", "curl"},
    {Topic::transport, "net::opentimeout", "connect-timeout", "Ruby"},
    {Topic::transport, "nxdomain", "dns-failure", "Erlang, resolvers"},
    {Topic::transport, "headers timeout", "idle-timeout", "Node: undici"},
    {Topic::transport, "headerstimeout", "idle-timeout", "Node: undici"},
    {Topic::transport, "body timeout", "idle-timeout", "Node: undici"},
    {Topic::transport, "litellm.timeout", "client-deadline", "LiteLLM"},
    {Topic::transport, "httpclient.timeout", "client-deadline", ".NET"},
    {Topic::transport, "awaiting headers", "client-deadline", "Go"},
    {Topic::transport, "proxy authentication required", "proxy-auth-407", "reason phrase of 407"},
    {Topic::transport, "connect to proxy", "connect-refused", "Python requests"},
    {Topic::transport, "\": eof", "half-close-no-reply", "Go"},
    {Topic::transport, "unexpected eof", "reset-mid-body", "Go"},
    {Topic::transport, "connection refused", "connect-refused", "errno"},
    {Topic::transport, "econnrefused", "connect-refused", "errno"},
    {Topic::transport, "curl: (28) failed to connect", "connect-timeout", "curl"},
    {Topic::transport, "network is unreachable", "connect-timeout", "errno"},
    {Topic::transport, "curl: (7) failed to connect", "connect-refused", "curl"},
    {Topic::transport, "hexadecimal sequence in chunked", "bad-chunk-size", "curl"},
    {Topic::transport, "processing content unencoding", "gzip-that-is-not", "curl"},
    {Topic::transport, "couldn't connect to server", "connect-refused", "curl"},
    {Topic::transport, "could not connect to server", "connect-refused", "curl"},
    {Topic::transport, "could not connect to the server", "connect-refused", "Apple"},
    {Topic::transport, "cannot connect to host", "connect-refused", "aiohttp"},
    {Topic::transport, "all connection attempts failed", "connect-refused", "httpx"},
    {Topic::transport, "failed to connect", "connect-timeout", "curl, gRPC"},
    {Topic::transport, "error while dialing", "connect-timeout", "gRPC for Go"},
    {Topic::transport, ": i/o timeout", "connect-timeout", "Go"},
    {Topic::transport, "semaphore timeout period", "connect-timeout", "Windows, error 121"},
    {Topic::transport, "did not properly respond", "connect-timeout", "Windows, error 10060"},
    {Topic::transport, "winerror 10060", "connect-timeout", "Python on Windows, in whatever language it speaks"},
    {Topic::transport, "actively refused", "connect-refused", "Windows, error 10061"},
    {Topic::transport, "winerror 10061", "connect-refused", "Python on Windows"},
    {Topic::transport, "no route to host", "connect-timeout", "errno"},
    {Topic::transport, "appears to be offline", "connect-timeout", "Apple"},
    {Topic::transport, "name or service not known", "dns-failure", "getaddrinfo"},
    {Topic::transport, "name resolution", "dns-failure", "getaddrinfo"},
    {Topic::transport, "enotfound", "dns-failure", "Node"},
    {Topic::transport, "eai_again", "dns-failure", "Node"},
    {Topic::transport, "could not resolve host", "dns-failure", "curl"},
    {Topic::transport, "no such host", "dns-failure", "Go"},
    {Topic::transport, "server misbehaving", "dns-failure", "Go: the resolver failed"},
    {Topic::transport, "unknownhostexception", "dns-failure", "Java"},
    {Topic::transport, "unable to resolve host", "dns-failure", "Android"},
    {Topic::transport, "failed to resolve", "dns-failure", "urllib3"},
    {Topic::transport, "nodename nor servname", "dns-failure", "getaddrinfo on macOS"},
    {Topic::transport, "failed to lookup address", "dns-failure", "Rust"},
    {Topic::transport, "failed host lookup", "dns-failure", "Dart"},
    {Topic::transport, "hostname could not be found", "dns-failure", "Apple"},
    {Topic::transport, "err_name_not_resolved", "dns-failure", "Chromium"},
    {Topic::transport, "ssl_error_syscall", "reset-before-headers", "curl"},
    {Topic::transport, "unexpected_eof", "reset-before-headers", "OpenSSL 3"},
    {Topic::transport, "eof occurred in violation", "reset-before-headers", "Python"},
    {Topic::transport, "wrong_version_number", "tls-failure", "OpenSSL: something that speaks no TLS answered"},
    {Topic::transport, "wrong version number", "tls-failure", "OpenSSL"},
    {Topic::transport, "certificate_verify_failed", "tls-failure", "OpenSSL"},
    {Topic::transport, "x509:", "tls-failure", "Go"},
    {Topic::transport, "unable to verify the first certificate", "tls-failure", "Node"},
    {Topic::transport, "unable to get local issuer certificate", "tls-failure", "OpenSSL"},
    {Topic::transport, "self signed certificate", "tls-failure", "OpenSSL"},
    {Topic::transport, "certificate has expired", "tls-failure", "OpenSSL"},
    {Topic::transport, "cert_altname", "tls-failure", "Node"},
    {Topic::transport, "pkix path building", "tls-failure", "Java"},
    {Topic::transport, "ssl connection could not be established", "tls-failure", ".NET"},
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
    {Topic::transport, "connection reset", "reset-before-headers", "Java"},
    {Topic::transport, "connection was reset", "reset-before-headers", "browsers"},
    {Topic::transport, "winerror 10054", "reset-before-headers", "Python on Windows"},
    {Topic::transport, "network connection was lost", "reset-before-headers", "Apple, NSURLErrorDomain -1005"},
    {Topic::transport, "err_connection_reset", "reset-before-headers", "Chromium"},
    {Topic::transport, "err_connection_refused", "connect-refused", "Chromium"},
    {Topic::transport, "err_connection_closed", "half-close-no-reply", "Chromium"},
    {Topic::transport, "err_empty_response", "half-close-no-reply", "Chromium"},
    {Topic::transport, "err_incomplete_chunked_encoding", "truncated-json", "Chromium"},
    {Topic::transport, "err_http2_protocol_error", "reset-mid-body", "Chromium"},
    {Topic::transport, "connection closed while receiving", "reset-mid-body", "Dart"},
    {Topic::transport, "err_network_changed", "reset-before-headers", "Chromium"},
    {Topic::transport, "err_timed_out", "connect-timeout", "Chromium"},
    {Topic::transport, "err_connection_timed_out", "connect-timeout", "Chromium"},
    {Topic::transport, "err_internet_disconnected", "connect-timeout", "Chromium"},
    {Topic::transport, "forcibly closed", "reset-before-headers", "Windows"},
    {Topic::transport, "broken pipe", "reset-before-headers", "errno"},
    {Topic::transport, "epipe", "reset-before-headers", "errno"},
    {Topic::transport, "goaway", "h2-goaway", "HTTP/2"},
    {Topic::transport, "refused_stream", "h2-goaway", "HTTP/2"},
    {Topic::transport, "err_http2_stream_error", "reset-mid-body", "Node: HTTP/2"},
    {Topic::transport, "stream error: stream id", "reset-mid-body", "Go: HTTP/2"},
    {Topic::transport, "stream was reset", "reset-mid-body", "OkHttp: HTTP/2"},
    {Topic::transport, "upstream stream closed before", "reset-before-headers", "gateways"},
    {Topic::transport, "server closed idle connection", "half-close-no-reply", "Go"},
    {Topic::transport, "server disconnected", "half-close-no-reply", "httpx"},
    {Topic::transport, "socket hang up", "half-close-no-reply", "Node"},
    {Topic::transport, "empty reply from server", "half-close-no-reply", "curl"},
    {Topic::transport, "closed connection without response", "half-close-no-reply", "Python http.client"},
    {Topic::transport, "remotedisconnected", "half-close-no-reply", "Python http.client"},
    {Topic::transport, "typeerror: terminated", "reset-mid-body", "Node: the body broke off, for whatever cause it names"},
    {Topic::transport, "other side closed", "half-close-no-reply", "Node: undici"},
    {Topic::transport, "unexpected end of stream", "half-close-no-reply", "OkHttp"},
    {Topic::transport, "connection closed before", "half-close-no-reply", "several clients"},
    {Topic::transport, "incompletemessage", "half-close-no-reply", "Rust: hyper"},
    {Topic::transport, "prematurely closed", "half-close-no-reply", "Netty"},
    {Topic::transport, "payload is not completed", "truncated-json", "aiohttp"},
    {Topic::transport, "incomplete chunked read", "truncated-json", "httpx"},
    {Topic::transport, "remaining to read", "wrong-content-length", "curl"},
    {Topic::transport, "outstanding read data", "wrong-content-length", "curl"},
    {Topic::transport, "premature close", "reset-mid-body", "Node"},
    {Topic::transport, "not closed cleanly", "reset-mid-body", "curl, HTTP/2"},
    {Topic::transport, "incompleteread", "truncated-json", "Python"},
    {Topic::transport, "remoteprotocolerror", "half-close-no-reply", "httpx"},
    {Topic::transport, "incomplete json segment", "truncated-json", "client library for JavaScript"},
    {Topic::transport, "unexpected end of json", "truncated-json", "JavaScript"},
    {Topic::transport, "token '<'", "captive-200-html", "JavaScript: a page where JSON was expected"},
    {Topic::transport, "token < in json", "captive-200-html", "JavaScript, before 2023"},
    {Topic::transport, "character '<' looking", "captive-200-html", "Go: a page where JSON was expected"},
    {Topic::transport, "'<' is an invalid start", "captive-200-html", ".NET: a page where JSON was expected"},
    {Topic::transport, "is not valid json", "truncated-json", "JavaScript: a sentence, or a stream, where JSON was expected"},
    {Topic::transport, "line 1 column 1 (char 0)", "truncated-json", "Python: nothing where JSON was expected, or a page"},
    {Topic::transport, "expected value at line 1 column 1", "truncated-json", "Rust: serde, where nothing of JSON came"},
    {Topic::transport, "unterminated string in json", "truncated-json", "JavaScript"},
    {Topic::transport, "jsoneofexception", "truncated-json", "Java: Jackson"},
    {Topic::transport, "in json at position 0", "captive-200-html", "JavaScript: a page where JSON was expected"},
    {Topic::transport, "jsondecodeerror", "truncated-json", "Python"},
    {Topic::transport, "readtimeout", "client-deadline", "httpx"},
    {Topic::transport, "read timed out", "client-deadline", "Python requests"},
    {Topic::transport, "operation timed out", "client-deadline", "curl"},
    {Topic::transport, "context deadline", "client-deadline", "Go"},
    {Topic::transport, "context canceled", "cancelled-499", "Go"},
    {Topic::transport, "fetch failed", "reset-before-headers", "Node: no word on what failed"},
    {Topic::transport, "etimedout", "connect-timeout", "Node"},
    {Topic::transport, "networkerror when attempting", "reset-before-headers", "Firefox: no word on what failed"},
    {Topic::transport, "failed, reason:", "reset-before-headers", "node-fetch: no word on what failed"},
    {Topic::transport, "character after json", "truncated-json", "JavaScript: the pieces of a stream, read as one"},

    {Topic::general, "http2 framing layer", "h2-goaway", "curl: what it makes of a GOAWAY, and of other slips"},
    {Topic::general, "has no attribute 'parts'", "stop-no-parts", "Python: an answer without content was read on"},
    {Topic::general, "(reading 'parts')", "stop-no-parts", "JavaScript"},
    {Topic::general, "(reading 'content')", "candidates-empty", "JavaScript: an answer without candidates was read on"},
    {Topic::general, "execution expired", "client-deadline", "Ruby"},
    {Topic::general, "quota exceeded", "quota-no-details", "gateways"},
    {Topic::general, "payload too large", "body-too-large-413", "reason phrase of 413"},
    {Topic::general, "entity too large", "body-too-large-413", "reason phrase of 413"},
    {Topic::general, "internal server error", "unknown-500", "reason phrase of 500"},
    {Topic::general, "internalservererror", "internal", "google-api-core, OpenAI's library"},
    {Topic::general, "endpoint is unavailable", "service-unavailable", "gateways"},
    {Topic::general, "currently unavailable", "service-unavailable", "gateways"},
    {Topic::general, "temporarily unavailable", "service-unavailable", "gateways"},
    {Topic::general, "currently unreachable", "connect-timeout", "ComfyUI"},
    {Topic::general, "typeerror: load failed", "reset-before-headers", "Safari: no word on what failed"},
    {Topic::general, "failed to fetch", "reset-before-headers", "Chromium: no word on what failed"},
    {Topic::general, "connection error", "connect-refused", "OpenAI's library"},
    {Topic::general, "service unavailable", "service-unavailable", "reason phrase of 503"},
    {Topic::general, "bad request", "invalid-argument-generic", "reason phrase of 400"},
    {Topic::general, "timed out", "client-deadline", "many clients"},
    {Topic::general, "timedout", "client-deadline", "Rust"},
    {Topic::general, "timeout", "client-deadline", "many clients"},
    {Topic::general, "mint.transporterror", "half-close-no-reply", "Elixir: the socket was closed"},
});

/// How sentences name a span of weeks or months. Beside a quota, a limit or a cap they say that it is of such a span.
///
/// Source   Gemini API, 429 (spend caps); gateways and resellers, 429.
inline constexpr auto words_for_months = std::to_array<std::string_view>({"month", "billing period", "billing cycle", "weekly"});

/// What a sentence may be about. Where one names it, and says of it one of the words that go with it, that is what happened, whatever the
/// sentence.
struct Subject {
  std::string_view named;
  std::string_view id;
};

/// The fields of a request, as documentation, clients and answers write them.
inline constexpr auto fields = std::to_array<Subject>({
    {"input token count", "token-count-exceeded"},
    {"input image", "input-image-unprocessable"},  // its size is not the size that is asked for
    {"image size", "image-size-invalid"},
    {"image_size", "image-size-invalid"},
    {"imagesize", "image-size-invalid"},
    {"image resolution", "image-size-invalid"},
    {"output resolution", "image-size-invalid"},
    {"thought_signature", "thought-signature-missing"},
    {"thoughtsignature", "thought-signature-missing"},
    {"thought signature", "thought-signature-missing"},
    {"aspect ratio", "aspect-ratio-invalid"},
    {"aspect_ratio", "aspect-ratio-invalid"},
    {"aspectratio", "aspect-ratio-invalid"},
    {"thinking budget", "thinking-budget-invalid"},
    {"thinking_budget", "thinking-budget-invalid"},
    {"thinkingbudget", "thinking-budget-invalid"},
    {"thinking level", "thinking-budget-invalid"},
    {"thinking_level", "thinking-budget-invalid"},
    {"thinkinglevel", "thinking-budget-invalid"},
    {"mime type", "mime-unsupported"},
    {"mime_type", "mime-unsupported"},
    {"mimetype", "mime-unsupported"},
});

/// How a value is refused.
inline constexpr auto refusals =
    std::to_array<std::string_view>({"support", "invalid", "not valid", "not a valid", "must be", "not allowed", "out of range", "one of",
                                     "not available", "unknown value", "missing"});

/// How it is said of a model that it is not there, and the failure that it is. What is said of anything is said of a model under a 404
/// alone.
struct Absence {
  std::string_view said;
  std::string_view id;
  bool under_404 = false;
};

/// Source   Gemini API, Vertex, OpenAI, Ollama and gateways, 404 and 410.
inline constexpr auto absences = std::to_array<Absence>({
    {"no longer available", "model-retired-listed"},
    {"been retired", "model-retired-listed"},
    {"been shut down", "model-retired-listed"},
    {"was shut down", "model-retired-listed"},
    {"end of life", "model-retired-listed"},
    {"no longer served", "model-retired-listed"},
    {"been decommissioned", "model-retired-listed"},
    {"been discontinued", "model-retired-listed"},
    {"not exist", "model-not-found"},
    {"unavailable for free", "model-not-found"},
    {"is unavailable", "model-not-found", true},
    {"been removed", "model-retired-listed", true},
    {"been sunset", "model-retired-listed", true},
    {"deprecated", "model-retired-listed", true},
    {"not found", "model-not-found", true},
    {"not supported for", "model-not-found", true},
    {"unknown model", "model-not-found", true},
    {"不存在", "model-not-found", true},
});

/// Who may be shut out.
inline constexpr auto members = std::to_array<Subject>({
    {"account", "account-tos-ban"},
    {"project", "consumer-suspended"},
    {"organization", "consumer-suspended"},
    {"access", "consumer-suspended"},
});

/// How it is said that somebody was, and for what: a policy that somebody broke, and no prompt.
inline constexpr auto exclusions =
    std::to_array<std::string_view>({"disabled", "terminated", "suspended", "banned", "deactivated", "revoked"});
inline constexpr auto offences = std::to_array<std::string_view>({"violat", "abus", "polic", "terms", "guidelines"});

/// What clients print when a proxy refuses the way through it; the status beside it is the proxy's.
///
/// Source   curl, Python (http.client, requests, httpx), Java, Node (undici, tunnel-agent).
inline constexpr auto tunnels = std::to_array<std::string_view>({"tunnel", "from proxy after connect", "proxyerror"});

/// What pages say that take who calls for a robot, under 429 or with no status at hand.
///
/// Source   Google's front end ("Sorry..."), Cloudflare's block page.
inline constexpr auto robot_checks = std::to_array<std::string_view>({"automated queries", "unusual traffic", "attention required!"});

/// Of a page without a status: a proxy or a firewall refuses, and there is nothing to log in to.
///
/// Source   Cloudflare's error 1020; Akamai's and Apache's "Access Denied"; Squid's ERR_ACCESS_DENIED.
inline constexpr auto block_pages = std::to_array<std::string_view>(
    {"used cloudflare to restrict access", "you don't have permission to access", "err_access_denied", "sorry, you have been blocked"});
/// The same of Squid's page that asks the user for a name and a password.
inline constexpr std::string_view proxy_asks_for_login{"err_cache_access_denied"};

/// Of a file that was uploaded: it is not ready yet. Of a model: a policy does not allow it. And of an answer where JSON was expected:
/// nothing of it was.
inline constexpr std::string_view file_in_work{"is not in an active state"};
inline constexpr std::string_view models_that_are_allowed{"vertexai.allowedmodels"};
inline constexpr std::array<std::string_view, 3> nothing_of_json{"line 1 column 1 (char 0)", "is not valid json",
                                                                 "expected value at line 1 column 1"};

/// Of an answer that a client of gRPC does not take.
inline constexpr std::string_view larger_than_the_client_takes{"received message larger than max"};

/// What withholds a prompt or an image.
inline constexpr auto filters = std::to_array<Subject>({
    {"model armor", "prompt-blocked-prohibited"},
    {"safety filter", "prompt-blocked-safety"},
    {"safety system", "prompt-blocked-safety"},
    {"safety check", "prompt-blocked-safety"},
    {"safety setting", "prompt-blocked-safety"},
    {"content filter", "prompt-blocked-safety"},
    {"content checker", "prompt-blocked-safety"},
    {"moderation", "prompt-blocked-safety"},
});

/// How it is said that it did.
inline constexpr auto withholdings =
    std::to_array<std::string_view>({"blocked", "flagged", "rejected", "refused", "filtered", "prohibited", "violat", "withheld"});

/// Of what it withheld, words that name what was made.
inline constexpr auto outputs =
    std::to_array<std::string_view>({"generated", "response", "output", "image was", "images were", "image blocked"});

/// Of what it withheld, words that name what was sent.
inline constexpr auto inputs = std::to_array<std::string_view>({"input image", "uploaded", "reference image", "source image"});

/// A phrase that says what kind of failure it is, and no more.
struct KindWording {
  std::string_view phrase;
  Kind kind;
  std::string_view source;
  Advice advice = {};
};

/// What helps a sign-in; none of it helps an API key.
inline constexpr Advice no_credentials{
    "no credentials of Google's sign-in were found",
    "Run gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS; the Gemini API also "
    "takes an API key."};
inline constexpr Advice sign_in_again{"the sign-in was refused: it has expired, was revoked, or a new login is wanted",
                                      "Sign in again (gcloud auth application-default login); for a service account check its key and the "
                                      "clock."};
inline constexpr Advice token_refused{"the access token was refused: missing, expired, or of a kind that this path does not take",
                                      "Send a fresh OAuth access token (gcloud auth print-access-token); an API key belongs into "
                                      "x-goog-api-key, where the path takes one."};
inline constexpr Advice scope_missing{"the access token was made without the scope that this call needs",
                                      "Sign in with the scope https://www.googleapis.com/auth/cloud-platform."};
inline constexpr Advice client_refused{"the sign-in was refused: its client is not known, or may not do this",
                                       "Check the OAuth client's id and secret, and the scopes that it asks for."};

inline constexpr Advice no_account{"the gateway has no account left that it could use for this model",
                                   "Sign in at the gateway again, or add an account to it."};

/// Asked after the phrases with a row of their own.
inline constexpr auto kind_wordings = std::to_array<KindWording>({
    {"invalid_grant", Kind::auth, "Google sign-in: a refresh token expired or revoked", sign_in_again},
    {"invalid_rapt", Kind::auth, "Google sign-in: a company wants a new login", sign_in_again},
    {"reauthentication", Kind::auth, "google-auth", sign_in_again},
    {"reauth related error", Kind::auth, "Google sign-in: a company wants a new login", sign_in_again},
    {"expired or revoked", Kind::auth, "Google sign-in", sign_in_again},
    {"invalid_scope", Kind::auth, "Google sign-in", client_refused},
    {"invalid_client", Kind::auth, "Google sign-in", client_refused},
    {"unauthorized_client", Kind::auth, "Google sign-in", client_refused},
    {"default credentials", Kind::auth, "google-auth, for every language", no_credentials},
    {"defaultcredentialserror", Kind::auth, "google-auth", no_credentials},
    {"automatically determine credentials", Kind::auth, "google-auth", no_credentials},
    {"metadata server unavailable", Kind::auth, "google-auth", no_credentials},
    {"google.auth.exceptions.refresherror", Kind::auth, "google-auth", sign_in_again},
    {"google.auth.exceptions", Kind::auth, "google-auth", no_credentials},
    {"invalid authentication credential", Kind::auth, "Google APIs, 401", token_refused},
    {"required authentication credential", Kind::auth, "Google APIs, 401", token_refused},
    {"expected oauth 2 access token", Kind::auth, "Google APIs, 401", token_refused},
    {"access_token_scope_insufficient", Kind::permission, "Google APIs, 403", scope_missing},
    {"insufficient authentication scopes", Kind::permission, "Google APIs, 403", scope_missing},
    {"auth_unavailable", Kind::auth, "CLIProxyAPI", no_account},
    {"unauthenticated", Kind::auth, "gRPC"},
    {"unauthorized", Kind::auth, "reason phrase of 401"},
    {"authentication error", Kind::auth, "Cloudflare"},
    {"permissiondenied", Kind::permission, "gRPC, google-api-core"},
    {"permission denied", Kind::permission, "Google APIs, 403"},
    {"forbidden", Kind::permission, "reason phrase of 403"},
});

/// The phrases, one a line, are as short as they must be.
static_assert([] {
  for (const Wording& wording : wordings)
    if (wording.phrase.size() > longest_phrase) return false;
  for (const KindWording& wording : kind_wordings)
    if (wording.phrase.size() > longest_phrase) return false;
  return true;
}());

}  // namespace ductile::inline DUCTILE_VERSION::gemini
