// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/classify/http_status.hpp>
#include <ductile/core/error_classifier.hpp>
#include <ductile/core/transport.hpp>
#include <ductile/gemini/classifier.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

using namespace ductile;
using namespace ductile::gemini;
using namespace std::chrono_literals;

static_assert(ErrorClassifier<Classifier, HttpResponse>);
static_assert(ErrorClassifier<Classifier, TransportError>);

namespace {

std::string envelope(int code, std::string_view status, std::string_view message, std::string_view details = "[]") {
  return R"({"error":{"code":)" + std::to_string(code) + R"(,"message":")" + std::string{message} + R"(","status":")" +
         std::string{status} + R"(","details":)" + std::string{details} + "}}";
}

std::string violation(std::string_view id, std::string_view more = "") {
  return R"([{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":")" + std::string{id} + "\"" +
         std::string{more} + "}]}]";
}

std::string_view id_of(std::string_view text, int status = 0) {
  static std::string last;
  last = classify_text(text, status).verdict.id.text();
  return last;
}

}  // namespace

TEST_CASE("A lack of room is overload whatever quota words stand around it", "[gemini]") {
  const std::string body =
      envelope(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota",
               R"([{"reason":"MODEL_CAPACITY_EXHAUSTED"},{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel"}]}])");
  const Classification said = classify_text(body, 429);
  CHECK(said.verdict.kind == Kind::overload);
  CHECK(said.scope == QuotaScope::shared_capacity);
}

TEST_CASE("A limit of nought outweighs every hint and every window", "[gemini]") {
  for (const std::string& body :
       {envelope(429, "RESOURCE_EXHAUSTED",
                 "* Quota exceeded for metric: x/generate_content_free_tier_requests, limit: 0\\nPlease retry in 20s."),
        envelope(429, "RESOURCE_EXHAUSTED", "Quota exceeded",
                 violation("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", R"(,"quotaValue":"0")")),
        envelope(429, "RESOURCE_EXHAUSTED", "Quota exceeded", R"([{"reason":"RATE_LIMIT_EXCEEDED","metadata":{"quota_limit_value":"0"}}])"),
        envelope(429, "RESOURCE_EXHAUSTED", "Gemini 4 Pro doesn't have a free quota tier.", R"([{"retryDelay":"7s"}])")}) {
    CAPTURE(body);
    const Classification said = classify_text(body, 429);
    CHECK(said.verdict.remedy == Remedy::never);
    CHECK(said.verdict.kind == Kind::quota);
    CHECK(said.limit_zero);
    CHECK(said.limit_value == 0);
  }
  CHECK_FALSE(classify_text(envelope(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: m, limit: 0.5, model: x\\nPlease retry in 2s."))
                  .limit_zero);
  CHECK_FALSE(classify_text(envelope(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: m, limit: 100, model: x\\nPlease retry in 2s."))
                  .limit_zero);
}

TEST_CASE("A limit's line that names no model does not name the next sentence's first word", "[gemini]") {
  const auto model_of = [](std::string_view model) {
    return classify_text(envelope(429, "RESOURCE_EXHAUSTED",
                                  "* Quota exceeded for metric: x/generate_content_free_tier_requests, limit: 20, model: " +
                                      std::string{model} + "\\nPlease retry in 5.8s."),
                         429)
        .model;
  };
  CHECK(model_of("").empty());
  CHECK(model_of("gemini-3-pro-image") == "gemini-3-pro-image");
}

TEST_CASE("A spent day is a spent day whatever the hint says, and the hint is kept beside it", "[gemini]") {
  const std::string body = envelope(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota. Please retry in 5.9s.",
                                    violation("GenerateRequestsPerDayPerProjectPerModel-FreeTier"));
  const Classification said = classify_text(body, 429);
  CHECK(said.verdict.kind == Kind::quota);
  CHECK(said.verdict.remedy == Remedy::next_day);
  CHECK(said.verdict.dimension == QuotaDimension::requests_per_day);
  CHECK(said.verdict.hint == 6s);
  CHECK(said.retry_after == 5900ms);
}

TEST_CASE("A quota's name is read by its parts, so that new names are understood", "[gemini]") {
  struct Case {
    std::string_view quota;
    QuotaDimension dimension;
    Kind kind;
    std::optional<bool> free_tier;
  };
  for (const Case& c : {Case{"GenerateImagesPerMinutePerProjectPerModel", QuotaDimension::images_per_minute, Kind::rate_limit, false},
                        Case{"GenerateRequestsPerMinutePerProjectPerModel", QuotaDimension::requests_per_minute, Kind::rate_limit, false},
                        Case{"GenerateContentPaidTierInputTokensPerModelPerDay", QuotaDimension::tokens_per_day, Kind::quota, false},
                        Case{"SomethingElseTokensPerMinutePerUser-FreeTier", QuotaDimension::tokens_per_minute, Kind::rate_limit, true},
                        Case{"BatchRequestsPerDayPerProject", QuotaDimension::requests_per_day, Kind::quota, false},
                        Case{"generate_requests_per_model_per_day", QuotaDimension::requests_per_day, Kind::quota, false}}) {
    CAPTURE(c.quota);
    const Classification said = classify_text(envelope(429, "RESOURCE_EXHAUSTED", "Quota exceeded", violation(c.quota)), 429);
    CHECK(said.verdict.dimension == c.dimension);
    CHECK(said.verdict.kind == c.kind);
    CHECK(said.free_tier == c.free_tier);
  }
}

TEST_CASE("Of several hints the longest counts, rounded up, a header's too", "[gemini]") {
  const std::string body = envelope(429, "RESOURCE_EXHAUSTED", "Please retry in 36.963270863s.",
                                    R"([{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"36s"}])");
  CHECK(classify(HttpResponse{429, {}, body}).verdict.hint == 37s);
  CHECK(classify(HttpResponse{429, {{"Retry-After", "50"}}, body}).verdict.hint == 50s);
  CHECK(classify(HttpResponse{429, {{"Retry-After", "5"}}, body}).verdict.hint == 37s);
  CHECK(classify(HttpResponse{503, {{"retry-after-ms", "1500"}}, ""}).verdict.hint == 2s);
  CHECK(classify_text(R"({"error":{"code":429,"details":[{"retryDelay":{"seconds":"12","nanos":5}}]}})", 429).verdict.hint == 13s);
}

TEST_CASE("A reason outweighs the status that it comes under", "[gemini]") {
  CHECK(classify_text(envelope(400, "INVALID_ARGUMENT", "x", R"([{"reason":"API_KEY_INVALID"}])"), 400).verdict.kind == Kind::auth);
  CHECK(classify_text(envelope(403, "PERMISSION_DENIED", "x", R"([{"reason":"SERVICE_DISABLED"}])"), 403).verdict.kind == Kind::permission);
  CHECK(classify_text(envelope(500, "INTERNAL", "x", R"([{"reason":"API_KEY_SERVICE_BLOCKED"}])"), 500).verdict.id ==
        FailureId{"api-key-service-blocked"});
}

TEST_CASE("The service's own envelope outweighs the status under which a gateway sends it", "[gemini]") {
  const std::string inner = R"({\"error\":{\"code\":429,\"message\":\"Resource has been exhausted\",\"status\":\"RESOURCE_EXHAUSTED\"}})";
  const Classification said = classify_text(R"({"error":{"message":")" + inner + R"(","type":"server_error","code":500}})", 500);
  CHECK(said.verdict.kind == Kind::rate_limit);
  CHECK(said.grpc_status == "RESOURCE_EXHAUSTED");
}

TEST_CASE("What clients print is understood without its brackets", "[gemini]") {
  CHECK(id_of("Error 429, Message: You exceeded your current quota, Status: RESOURCE_EXHAUSTED, Details: [map[@type:type.googleapis.com/"
              "google.rpc.QuotaFailure violations:[map[quotaId:GenerateRequestsPerDayPerProjectPerModel-FreeTier quotaValue:20]]]]") ==
        "rpd-free");
  CHECK(
      id_of("google.genai.errors.ClientError: 429 RESOURCE_EXHAUSTED. {'error': {'code': 429, 'message': \"You've exceeded\", 'status': "
            "'RESOURCE_EXHAUSTED', 'details': [{'violations': [{'quotaId': 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier'}]}]}}") ==
      "rpm-free");
  CHECK(id_of("google.genai.errors.ServerError: 503 UNAVAILABLE. {'error': {'code': 503, 'message': 'Busy.', 'status': 'UNAVAILABLE'}}") ==
        "service-unavailable");
  CHECK(id_of("finish_reason=<FinishReason.IMAGE_SAFETY: 'IMAGE_SAFETY'>") == "image-safety");
  CHECK(id_of("Candidate(finish_reason=None) prompt_feedback=GenerateContentResponsePromptFeedback(block_reason=None)") == "unknown");
  CHECK(id_of("prompt was blocked, block_reason: SAFETY") == "prompt-blocked-safety");
  CHECK(id_of("httpx.ConnectError: [Errno 111] Connection refused") == "connect-refused");
  CHECK(id_of("The candidate's [finish_reason](https://ai.google.dev/api/generate-content#finishreason) is 3.") == "safety-finish");
  CHECK(id_of("Candidate was blocked due to SAFETY") == "safety-finish");
  CHECK(id_of("Error: socket hang up") == "half-close-no-reply");
  CHECK(id_of("curl: (6) Could not resolve host: generativelanguage.googleapis.com") == "dns-failure");
}

TEST_CASE("Protobuf's text form, as older clients print details, is read like JSON", "[gemini]") {
  const Classification said = classify_text(
      "429 You exceeded your current quota.\nPlease retry in 30.2s. [violations {\n  quota_metric: "
      "\"x/generate_content_free_tier_requests\"\n"
      "  quota_id: \"GenerateRequestsPerDayPerProjectPerModel-FreeTier\"\n  quota_dimensions {\n    key: \"location\"\n    value: "
      "\"global\"\n  }\n"
      "  quota_dimensions {\n    key: \"model\"\n    value: \"gemini-2.5-pro\"\n  }\n  quota_value: 50\n}\n, links {\n  description: "
      "\"Learn\"\n}\n"
      ", retry_delay {\n  seconds: 31\n}\n]");
  CHECK(said.verdict.id == FailureId{"rpd-free"});
  CHECK(said.limit_value == 50);
  CHECK(said.model == "gemini-2.5-pro");
  CHECK(said.retry_after == 31s);
  const Classification zero = classify_text(
      "429 Quota exceeded [reason: \"RATE_LIMIT_EXCEEDED\"\nmetadata {\n  key: \"quota_limit_value\"\n  value: \"0\"\n}\nmetadata {\n  "
      "key: "
      "\"quota_limit\"\n  value: \"GenerateContentRequestsPerMinutePerProjectPerRegion\"\n}\n]");
  CHECK(zero.limit_zero);
  CHECK(zero.scope == QuotaScope::per_region);
}

TEST_CASE("What is not recognised is other, id unknown, and says so in its evidence", "[gemini]") {
  for (const char* text : {"Segmentation fault", "{\"foo\":\"bar\"}", "42", ""}) {
    CAPTURE(text);
    const Classification said = classify_text(text);
    CHECK(said.verdict.kind == Kind::other);
    CHECK(said.verdict.id == FailureId{});
    CHECK_FALSE(said.evidence.empty());
    CHECK(said.confidence == Confidence::guess);
  }
}

TEST_CASE("Every HTTP status has a kind, even with a body that says nothing", "[gemini]") {
  for (int status = 300; status < 600; ++status)
    for (const char* body : {"", "{}", "<html></html>", "nope"}) {
      CAPTURE(status, body);
      const Classification said = classify(HttpResponse{status, {}, body});
      CHECK_FALSE(said.ok());
      CHECK((said.verdict.kind != Kind::other || status == 400 || status == 409));
    }
}

TEST_CASE("A status alone means to a plain service what it means to this one, and under a page, too", "[gemini]") {
  const auto page = [](int status) {
    const std::string number = std::to_string(status);
    return "<html><head><title>" + number + " X</title></head><body><h1>" + number + " X</h1><hr><center>nginx</center></body></html>";
  };
  const auto blocks = [](int status) {  // what a proxy between says: 403, and what has no meaning of its own
    return status == 403 || (status < 500 && HttpStatusClassifier{}(HttpResponse{status, {}, {}}).kind == Kind::bad_request);
  };
  for (int status = 300; status < 600; ++status) {
    CAPTURE(status);
    const Verdict plain = HttpStatusClassifier{}(HttpResponse{status, {}, {}});
    const Verdict said = classify(HttpResponse{status, {}, R"({"message":"x"})"}).verdict;
    CHECK(said.kind == plain.kind);
    if (plain.kind != Kind::not_found && status != 504) CHECK(said.remedy == plain.remedy);
    const Verdict of_page = classify(HttpResponse{status, {}, page(status)}).verdict;
    if (status <= 308 || status >= 400) CHECK(classify_text(page(status)).verdict == of_page);  // the others no page's title says
    if (of_page.id == FailureId{"proxy-block-page-403"}) {
      CHECK(blocks(status));
    } else {
      CHECK(of_page.kind == plain.kind);
      if (plain.kind != Kind::not_found) CHECK(of_page.remedy == plain.remedy);
    }
  }
  for (const int refused : {400, 405, 411, 414, 415, 416, 422, 431, 501, 505})
    CHECK(classify(HttpResponse{refused, {}, page(refused)}).verdict.kind == Kind::bad_request);
  CHECK(classify(HttpResponse{511, {}, page(511)}).verdict.id == FailureId{"captive-200-html"});
}

TEST_CASE("A page says by its title and its words who stands in the way", "[gemini]") {
  const auto titled = [](std::string_view title, std::string_view words = "x") {
    return "<html><head><title>" + std::string{title} + "</title></head><body>" + std::string{words} + "</body></html>";
  };
  CHECK(id_of(titled("301 Moved Permanently")) == "redirect-3xx");
  CHECK(id_of(titled("302 Moved")) == "redirect-3xx");
  CHECK(id_of(titled("Attention Required! | Cloudflare")) == "proxy-block-page-403");
  CHECK(id_of(titled("Access denied | api.acme.test used Cloudflare to restrict access", "Error 1020")) == "proxy-block-page-403");
  CHECK(id_of(titled("Access Denied", "You don't have permission to access /v1beta on this server.")) == "proxy-block-page-403");
  CHECK(id_of(titled("ERROR: The requested URL could not be retrieved", "<p id=\"ERR_ACCESS_DENIED\">")) == "proxy-block-page-403");
  CHECK(id_of(titled("ERROR: The requested URL could not be retrieved", "<p id=\"ERR_CACHE_ACCESS_DENIED\">")) == "proxy-auth-407");
  CHECK(id_of(titled("Welcome to the network", "Please log in")) == "captive-200-html");
  const std::string sorry = titled("Sorry...", "We're sorry... but your computer or network may be sending automated queries.");
  CHECK(id_of(sorry) == "proxy-block-page-403");
  CHECK(id_of(sorry, 429) == "rate-generic");  // waiting helps there
  CHECK(id_of(titled("429 Too Many Requests"), 429) == "rate-generic");
  const Classification unreached = classify_text(titled("h | 522: Connection timed out"), 522);
  CHECK(unreached.verdict.kind == Kind::timeout);
  CHECK(unreached.verdict.billed == Billed::no);
  CHECK(std::string_view{unreached.advice.cause}.find("could not reach") != std::string_view::npos);
  const Classification untrusted = classify_text(titled("h | 525: SSL handshake failed"), 525);
  CHECK(untrusted.verdict.remedy == Remedy::never);
  CHECK(std::string_view{untrusted.advice.fix}.find("etry") == std::string_view::npos);
}

TEST_CASE("What counts tokens is an answer, though nobody says its status and it has no candidates", "[gemini]") {
  const std::string usage = R"("usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4}, "modelVersion": "m", "responseId": "r")";
  CHECK(id_of("{" + usage + "}") == "candidates-empty");
  CHECK(id_of(R"({"promptFeedback": {}, )" + usage + "}") == "candidates-empty");
  CHECK(id_of("{" + usage + R"(, "error": {"code": 503, "status": "UNAVAILABLE"}})") == "service-unavailable");
  CHECK(id_of("{" + usage + "}", 503) == "service-unavailable");
}

TEST_CASE("What a model does not have is told from a model that draws nothing", "[gemini]") {
  for (const std::string_view feature : {"Developer instruction", "JSON mode", "Function calling", "Thinking", "Multi-turn chat"}) {
    CAPTURE(feature);
    const Classification said =
        classify_text(envelope(400, "INVALID_ARGUMENT", std::string{feature} + " is not enabled for models/gemini-2.5-flash-image"), 400);
    CHECK(said.verdict.id == FailureId{"invalid-argument-generic"});
    CHECK(said.verdict.remedy == Remedy::other_model);
    CHECK_FALSE(said.advice.cause.empty());
  }
  const Classification several = classify_text(envelope(400, "INVALID_ARGUMENT", "Multiple candidates is not enabled for this model"), 400);
  CHECK(several.verdict.remedy == Remedy::never);
  CHECK(id_of(envelope(400, "INVALID_ARGUMENT", "Image generation is not enabled for this model"), 400) == "modality-unsupported");
}

TEST_CASE("An uploaded file that is not ready yet is waited for", "[gemini]") {
  const Classification said =
      classify_text(envelope(400, "FAILED_PRECONDITION", "The File 3j4k is not in an ACTIVE state and usage is not allowed."), 400);
  CHECK(said.verdict.kind == Kind::failed_precondition);
  CHECK(said.verdict.remedy == Remedy::after_delay);
  CHECK(std::string_view{said.advice.fix}.find("billing") == std::string_view::npos);
}

TEST_CASE("What clients print of a broken answer is told by what broke", "[gemini]") {
  CHECK(id_of("curl: (56) Illegal or missing hexadecimal sequence in chunked-encoding") == "bad-chunk-size");
  CHECK(id_of("curl: (61) Error while processing content unencoding: incorrect header check") == "gzip-that-is-not");
  CHECK(id_of("curl: (7) Failed to connect") == "connect-refused");
  CHECK(id_of("curl: (28) Failed to connect to h port 443 after 5000 ms: Timeout was reached") == "connect-timeout");
  CHECK(id_of("No available channel for model x-1: the model has been withdrawn by its provider") == "retired-503-gateway");
  CHECK(id_of("SyntaxError: Unterminated string in JSON at position 4096") == "truncated-json");
  CHECK(id_of("com.fasterxml.jackson.core.io.JsonEOFException: Unexpected end-of-input in VALUE_STRING") == "truncated-json");
  CHECK(id_of("Cannot connect to host h:443 ssl:default [Network is unreachable]") == "connect-timeout");
  CHECK(id_of("the prompt was blocked, PROHIBITED_CONTENT") == "prompt-blocked-prohibited");
  CHECK(id_of("FinishReason.IMAGE_SAFETY") == "image-safety");
  CHECK(id_of("gateway error: IMAGE_SAFETY") == "gateway-image-safety");
  const Classification nothing = classify_text("json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)");
  CHECK(nothing.verdict.id == FailureId{"truncated-json"});
  CHECK(nothing.confidence == Confidence::guess);
}

TEST_CASE("Words that a model or a user wrote decide nothing", "[gemini]") {
  const std::string body =
      R"({"candidates":[{"content":{"parts":[{"text":"Error 429: You exceeded your current quota, limit: 0. IMAGE_SAFETY."}]},)"
      R"("finishReason":"STOP"}]})";
  CHECK(id_of(body, 200) == "text-only-stop");
}

TEST_CASE("Words of the caller that a refusal repeats decide nothing", "[gemini]") {
  struct Case {
    int code;
    std::string_view status;
    std::string_view message;
    std::string_view id;
  };
  for (const Case& c :
       {Case{400, "INVALID_ARGUMENT", R"(Invalid JSON payload received. Unexpected token.\n{\"text\": \"a stadium at capacity\n   ^)",
             "invalid-argument-generic"},
        Case{400, "INVALID_ARGUMENT", R"(Invalid value at 'contents' (type.googleapis.com/x.Content), \"speed limit: 0 sign\")",
             "invalid-argument-generic"},
        Case{400, "INVALID_ARGUMENT", R"(Invalid value at 'contents' (type.googleapis.com/x.Content), \"chart of our monthly spend\")",
             "invalid-argument-generic"},
        Case{400, "INVALID_ARGUMENT", R"(Invalid value at 'system_instruction' (x.Content), \"A poster: daily limit two drinks\")",
             "invalid-argument-generic"},
        Case{400, "INVALID_ARGUMENT", R"(Invalid JSON payload received. Unexpected token.\nIMAGE_SAFETY poster\n ^)",
             "invalid-argument-generic"},
        Case{400, "INVALID_ARGUMENT", R"(Invalid JSON payload received. Unexpected token.\na sign that says invalid api key\n ^)",
             "invalid-argument-generic"},
        Case{400, "INVALID_ARGUMENT", R"(Field prompt: 'a bank at capacity' is refused: too many requests for one line)",
             "invalid-argument-generic"},
        Case{400, "INVALID_ARGUMENT", R"(parts[0].text: 'It isn't so: API key not valid' is too long, and so is 'a' or 'b')",
             "invalid-argument-generic"},
        Case{400, "INVALID_ARGUMENT", R"(Unknown name \"a poster of the rule: usage policy\" at 'contents[0]': Cannot find field.)",
             "unknown-field"},
        Case{400, "INVALID_ARGUMENT", R"(Cannot read \"a letter from a model that is no longer available)", "invalid-argument-generic"},
        Case{403, "PERMISSION_DENIED", R"(Not for you: \"the model 'x' does not exist\")", "unknown"},
        Case{404, "NOT_FOUND", "models/gemini-9 is not found for API version v1. The service is currently unavailable in this version.",
             "model-not-found"},
        Case{403, "PERMISSION_DENIED", "The service is currently unavailable to you. Spend limit: 0.", "unknown"}}) {
    CAPTURE(c.message);
    const std::string body = R"({"error":{"code":)" + std::to_string(c.code) + R"(,"message":")" + std::string{c.message} +
                             R"(","status":")" + std::string{c.status} + "\"}}";
    const Classification said = classify_text(body, c.code);
    CHECK(said.verdict.id.text() == c.id);
    CHECK_FALSE(said.limit_zero);
    CHECK((said.verdict.kind == Kind::bad_request || said.verdict.kind == Kind::not_found || said.verdict.kind == Kind::permission));
  }
  // The sentence is the service's own where a client quotes it whole, and is shown as it stood.
  CHECK(id_of("INVALID_ARGUMENT: \"API key not valid. Please pass a valid API key.\"") == "api-key-invalid");
  CHECK(id_of(R"({"error":{"code":400,"message":"GeminiException: \"API key not valid.\""}})") == "api-key-invalid");
  CHECK(id_of(R"({"error":{"code":400,"status":"INVALID_ARGUMENT","message":"One of 'a' and 'b' isn't: API key not valid, isn't it"}})") ==
        "api-key-invalid");
  CHECK(classify_text(envelope(400, "INVALID_ARGUMENT", "parts[0].text: 'API key not valid' is too long")).message ==
        "parts[0].text: 'API key not valid' is too long");
  // A reason beside such words is the service's own name for it.
  const auto with_reason = [](std::string_view status, std::string_view reason, std::string_view message) {
    return R"({"error":{"code":403,"message":")" + std::string{message} + R"(","status":")" + std::string{status} +
           R"(","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":")" + std::string{reason} + "\"}]}}";
  };
  CHECK(classify_text(with_reason("PERMISSION_DENIED", "CONSUMER_INVALID", "The service is currently unavailable to you."), 403)
            .verdict.kind == Kind::permission);
  CHECK(classify_text(with_reason("UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED", "The model is overloaded."), 401).verdict.kind == Kind::auth);
}

TEST_CASE("A quota of another span than a minute or a day is not taken for one of these", "[gemini]") {
  struct Case {
    std::string_view quota;
    std::string_view id;
  };
  for (const Case& c :
       {Case{"GenerateRequestsPerSecondPerProject", "rate-generic"}, Case{"GenerateRequestsPerHourPerProject", "rate-generic"},
        Case{"GenerateRequestsPerWeekPerProjectPerModel", "quota-no-details"},
        Case{"GenerateRequestsPerMonthPerProject-FreeTier", "quota-no-details"}})
    for (const char* hint : {"", R"(,{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"31s"})"}) {
      CAPTURE(c.quota, hint);
      const std::string body =
          R"({"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[)"
          R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":")" +
          std::string{c.quota} + R"(","quotaValue":"2"}]})" + hint + "]}}";
      const Classification said = classify_text(body, 429);
      CHECK(said.verdict.id.text() == c.id);
      CHECK(said.verdict.dimension == QuotaDimension::other);
      CHECK(said.verdict.remedy == Remedy::after_delay);
    }
}

TEST_CASE("A cap of the month is known in other words than the service's own", "[gemini]") {
  for (const char* message :
       {"Your project has hit its Tier 1 cap of $250 for this month.", "You have reached the monthly usage limit of Tier 1 ($250).",
        "This project has exceeded its spending limit for the current billing period."}) {
    CAPTURE(message);
    const Classification said =
        classify_text(R"({"error":{"code":429,"message":")" + std::string{message} + R"(","status":"RESOURCE_EXHAUSTED"}})", 429);
    CHECK(said.verdict.id.text() == "spend-cap-monthly");
    CHECK(said.verdict.remedy == Remedy::never);
  }
}

TEST_CASE("A limit of a month is a quota however it is told, and is learnt for no minute", "[gemini]") {
  for (const char* message :
       {"You have exceeded your monthly quota.", "You have used up your monthly quota.", "Monthly quota exceeded",
        "Monthly request quota exceeded", "Monthly limit exceeded", "Limit of 500 requests per month reached.",
        "Free plan limit of 100 images per month reached", "Free tier limit of 100 images per month reached",
        "You have exceeded your quota for the current billing period.", "Your request limit for this billing cycle is reached",
        "Your plan renews next month. The monthly quota is used up.", "Quota for this month has been used up.",
        "Quota exceeded for this month. Please retry in 20s."}) {
    CAPTURE(message);
    const std::string words{message};
    for (const std::string& body : {R"({"error":{"code":429,"message":")" + words + "\"}}", R"({"detail":")" + words + "\"}", words,
                                    R"({"title":"Too Many Requests","status":429,"detail":")" + words + "\"}"}) {
      CAPTURE(body);
      const Classification said = classify_text(body, 429);
      CHECK(said.verdict.kind == Kind::quota);
      CHECK(said.verdict.remedy == Remedy::after_delay);
      CHECK(said.verdict.dimension == QuotaDimension::other);
    }
  }
  CHECK(id_of(R"({"error":{"code":429,"message":"Monthly billing limit reached"}})", 429) == "spend-cap-monthly");
  // A refusal repeats the caller's words.
  CHECK(id_of(envelope(400, "INVALID_ARGUMENT", "Refused: a chart of the monthly limit"), 400) == "invalid-argument-generic");
}

TEST_CASE("What follows the words of a rate limit makes it no other limit unless it names a longer span", "[gemini]") {
  struct Case {
    std::string_view words;
    Kind kind;
    QuotaDimension dimension;
    Remedy remedy;
  };
  for (const Case& c : {Case{"5 per 1 minute", Kind::rate_limit, QuotaDimension::none, Remedy::after_delay},
                        Case{"slow down", Kind::rate_limit, QuotaDimension::none, Remedy::after_delay},
                        Case{"10 requests per 1 minute", Kind::rate_limit, QuotaDimension::requests_per_minute, Remedy::after_delay},
                        Case{"10 requests per minute", Kind::rate_limit, QuotaDimension::requests_per_minute, Remedy::after_delay},
                        Case{"100 per 1 hour", Kind::rate_limit, QuotaDimension::other, Remedy::after_delay},
                        Case{"100 per 1 day", Kind::quota, QuotaDimension::none, Remedy::next_day},
                        Case{"100 requests per day", Kind::quota, QuotaDimension::requests_per_day, Remedy::next_day},
                        Case{"100 per 1 month", Kind::quota, QuotaDimension::other, Remedy::after_delay},
                        Case{"free-models-per-day.", Kind::quota, QuotaDimension::requests_per_day, Remedy::next_day}})
    for (const int status : {200, 429, 500}) {
      CAPTURE(c.words, status);
      const std::string words = "Rate limit exceeded: " + std::string{c.words};
      for (const std::string& body : {R"({"error":")" + words + "\"}", R"({"error":{"message":")" + words + "\"}}"}) {
        CAPTURE(body);
        const Verdict said = classify_text(body, status).verdict;
        CHECK(said.kind == c.kind);
        CHECK(said.dimension == c.dimension);
        CHECK(said.remedy == c.remedy);
      }
      if (status != 200) CHECK(classify_text(words, status).verdict.kind == c.kind);
    }
}

TEST_CASE("A new name for something withheld is taken for what its parts say, and goes nowhere else", "[gemini]") {
  const auto finished = [](std::string_view reason) {
    return classify_text(R"({"candidates":[{"finishReason":")" + std::string{reason} + "\"}]}", 200).verdict;
  };
  CHECK(finished("IMAGE_CHILD_SAFETY").kind == Kind::safety_output);
  CHECK(finished("IMAGE_CHILD_SAFETY").remedy == Remedy::after_prompt_change);
  CHECK(finished("VIDEO_PROHIBITED_CONTENT").kind == Kind::prohibited);
  CHECK(finished("IMAGE_BLOCKLIST").kind == Kind::prohibited);
  CHECK(finished("SOMETHING_NEW").id == FailureId{"finish-unknown"});
  CHECK(classify_text(R"({"promptFeedback":{"blockReason":"IMAGE_PROHIBITED_NEW"}})", 200).verdict.kind == Kind::prohibited);
}

TEST_CASE("What a proxy could not reach is the network's, in whatever form it says so", "[gemini]") {
  for (const int status : {520, 521, 523, 525, 526, 530}) {
    CAPTURE(status);
    const Remedy remedy = status == 525 || status == 526 ? Remedy::never : Remedy::after_delay;
    const std::string number = std::to_string(status);
    for (const std::string& body : {"error code: " + number, R"({"error":{"code":)" + number + R"(,"message":"web server"}})",
                                    "<!DOCTYPE html><title>gw | " + number + ": no web server</title>"}) {
      CAPTURE(body);
      CHECK(classify_text(body, status).verdict.kind == Kind::network);
      CHECK(classify_text(body, status).verdict.remedy == remedy);
    }
  }
  CHECK(classify_text("", 425).verdict.kind == Kind::overload);
}

TEST_CASE("A date to retry after is held against the moment in which the service's answer came", "[gemini]") {
  const WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours{12}};
  const Classification said = classify(HttpResponse{503, {{"Retry-After", "Tue, 24 Nov 2026 12:01:00 GMT"}}, "", noon});
  CHECK(said.verdict.hint == std::chrono::seconds{60});
}

TEST_CASE("The tokens of a day of a paid tier are a day's quota and no free tier's", "[gemini]") {
  const Classification said = classify_text(
      R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure",)"
      R"("violations":[{"quotaId":"GenerateContentPaidTierInputTokensPerModelPerDay","quotaValue":"5000000"}]}]}})",
      429);
  CHECK(said.verdict.id.text() == "quota-no-details");
  CHECK(said.verdict.dimension == QuotaDimension::tokens_per_day);
  CHECK(said.verdict.remedy == Remedy::next_day);
  CHECK(said.free_tier == false);
}

TEST_CASE("Of several candidates the first is the answer", "[gemini]") {
  const std::string image =
      R"({"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]},"finishReason":"STOP"})";
  const std::string withheld = R"({"finishReason":"IMAGE_SAFETY"})";
  const auto answer = [](const std::string& one, const std::string& other) {
    return classify_text(R"({"candidates":[)" + one + "," + other + "]}", 200);
  };
  CHECK(answer(image, withheld).ok());
  CHECK(answer(withheld, image).verdict.id.text() == "image-safety");
  const std::string words = R"({"content":{"parts":[{"text":"Here it is."}]},"finishReason":"STOP"})";
  CHECK(answer(words, words).verdict.id.text() == "text-only-stop");
  CHECK(answer(R"({"content":{"parts":[{"text":"Here it is."}]}})", words).verdict.id.text() == "sse-no-finish");
  CHECK(classify_text("data: {\"candidates\":[" + image + "]}\n\ndata: {\"candidates\":[" + withheld + "]}\n\n", 200).verdict.id.text() ==
        "image-safety");
}

TEST_CASE("What was withheld is withheld whatever stands before or behind it, and goes nowhere else", "[gemini]") {
  const std::string stop = R"({"content":{"parts":[{"text":"Here it is."}]},"finishReason":"STOP"})";
  struct Case {
    std::string_view reason;
    Kind kind;
  };
  for (const Case& c :
       {Case{"\"IMAGE_SAFETY\"", Kind::safety_output}, Case{"\"SAFETY\"", Kind::safety_output}, Case{"3", Kind::safety_output},
        Case{"\"PROHIBITED_CONTENT\"", Kind::prohibited}, Case{"\"IMAGE_PROHIBITED_CONTENT\"", Kind::prohibited},
        Case{"\"IMAGE_NEW_SAFETY\"", Kind::safety_output}, Case{"\"SPII\"", Kind::safety_output}}) {
    const std::string withheld = R"({"finishReason":)" + std::string{c.reason} + "}";
    const auto event = [](const std::string& candidate) { return "data: {\"candidates\":[" + candidate + "]}\n\n"; };
    for (const std::string& body :
         {R"({"candidates":[)" + stop + "," + withheld + "]}", R"({"candidates":[)" + withheld + "," + stop + "]}",
          R"({"candidates":[{"finishReason":"NO_IMAGE"},)" + withheld + "]}",
          R"({"candidates":[{"content":{"parts":[{"text":"x"}]}},)" + withheld + "]}", event(stop) + event(withheld),
          event(withheld) + event(stop), "[{\"candidates\":[" + withheld + "]},{\"candidates\":[" + stop + "]}]"}) {
      CAPTURE(body);
      CHECK(classify_text(body, 200).verdict.kind == c.kind);
    }
  }
}

TEST_CASE("A limit is known by the reasons of older Google APIs and by the words of proxies, whatever the status", "[gemini]") {
  const auto legacy = [](std::string_view reason) {
    return R"({"error":{"errors":[{"domain":"usageLimits","reason":")" + std::string{reason} +
           R"(","message":"Refused"}],"code":403,"message":"Refused"}})";
  };
  for (const std::string_view reason : {"quotaExceeded", "limitExceeded", "variableTermLimitExceeded"}) {
    CAPTURE(reason);
    CHECK(id_of(legacy(reason), 403) == "quota-no-details");
    CHECK(classify_text(legacy(reason), 403).verdict.kind == Kind::quota);
  }
  for (const std::string_view reason : {"rateLimitExceeded", "userRateLimitExceeded"}) {
    CAPTURE(reason);
    CHECK(id_of(legacy(reason), 403) == "rate-generic");
  }
  CHECK(classify_text(legacy("dailyLimitExceeded"), 403).verdict.remedy == Remedy::next_day);
  CHECK(classify_text(legacy("forbidden"), 403).verdict.kind == Kind::permission);

  for (const int status : {429, 500}) {
    CAPTURE(status);
    CHECK(id_of(R"({"fault":{"faultstring":"Rate limit quota violation. Quota limit  exceeded. Identifier : _default"}})", status) ==
          "rate-generic");
    CHECK(id_of(R"({"fault":{"faultstring":"Spike arrest violation. Allowed rate : 10ps"}})", status) == "rate-generic");
    CHECK(classify_text("The request was aborted because there was no available instance.", status).verdict.kind == Kind::overload);
  }
}

TEST_CASE("A 200 that tells an error in another interface's shape is that error", "[gemini]") {
  struct Case {
    std::string_view body;
    std::string_view id;
    Kind kind;
  };
  for (const Case& c :
       {Case{R"({"errors":[{"message":"API key not valid. Please pass a valid API key."}],"data":null})", "api-key-invalid", Kind::auth},
        Case{R"({"errors":[{"message":"Slow down","extensions":{"code":"RATE_LIMITED"}}],"data":null})", "rate-generic", Kind::rate_limit},
        Case{R"({"errors":[{"message":"Log in","extensions":{"code":"UNAUTHENTICATED"}}],"data":null})", "unknown", Kind::auth},
        Case{R"({"errors":[{"extensions":{"code":"FORBIDDEN"}}]})", "unknown", Kind::permission},
        Case{R"({"errors":["Resource has been exhausted (e.g. check quota)."]})", "rate-generic", Kind::rate_limit},
        Case{R"({"message":"The model is overloaded. Please try again later."})", "overloaded", Kind::overload},
        Case{R"({"detail":"The model is overloaded. Please try again later."})", "overloaded", Kind::overload},
        Case{R"({"result":null,"errorMessage":"The model is overloaded. Please try again later."})", "overloaded", Kind::overload},
        Case{R"({"message":"{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}"})", "service-unavailable", Kind::overload},
        Case{"<error><status>UNAVAILABLE</status><message>Try later.</message></error>", "service-unavailable", Kind::overload},
        Case{"<?xml version=\"1.0\"?><error><code>503</code></error>", "service-unavailable", Kind::overload},
        Case{"data: {\"errors\":[{\"message\":\"API key not valid.\"}]}\n\n", "api-key-invalid", Kind::auth},
        Case{"<error>The model is overloaded.</error>", "overloaded", Kind::overload},
        Case{R"({"jsonrpc":"2.0","error":{"code":-32603,"message":"Failed"},"id":1})", "unknown-500", Kind::internal},
        Case{R"({"jsonrpc":"2.0","error":{"code":-32602,"message":"Params"},"id":1})", "invalid-argument-generic", Kind::bad_request},
        Case{R"({"error":{"code":503.0,"message":"x"}})", "service-unavailable", Kind::overload},
        // What holds nothing, and what holds nothing that is known.
        Case{"{}", "body-empty-object", Kind::other}, Case{" [ ] ", "body-empty-object", Kind::other}, Case{"", "body-empty", Kind::other},
        Case{R"({"name":"operations/1","done":false})", "candidates-empty", Kind::other},
        Case{R"({"message":"OK"})", "candidates-empty", Kind::other}, Case{R"({"errors":[]})", "candidates-empty", Kind::other},
        // The caller's words decide nothing.
        Case{R"({"id":"7","prompt":"a stadium at capacity, the model is overloaded"})", "candidates-empty", Kind::other},
        Case{R"({"message":"OK","input":{"text":"a sign: API key not valid"}})", "candidates-empty", Kind::other},
        Case{R"({"message":"OK","contents":["RESOURCE has been exhausted, monthly limit"]})", "candidates-empty", Kind::other}}) {
    CAPTURE(c.body);
    const Classification said = classify_text(c.body, 200);
    CHECK(said.verdict.id.text() == c.id);
    CHECK(said.verdict.kind == c.kind);
    CHECK_FALSE(said.evidence.empty());
  }
}

TEST_CASE("A status of gRPC in the head alone is read where the body says nothing", "[gemini]") {
  const auto said = [](int status, std::string_view number, std::string_view message, std::string body = {}) {
    return classify(HttpResponse{status, {{"Grpc-Status", std::string{number}}, {"grpc-message", std::string{message}}}, std::move(body)});
  };
  CHECK(said(200, "8", "").verdict.kind == Kind::rate_limit);
  CHECK(said(200, "8", "").grpc_status == "RESOURCE_EXHAUSTED");
  CHECK(said(200, "14", "The%20model is overloaded%2").verdict.id.text() == "overloaded");
  CHECK(said(200, "14", "The%20model is overloaded%2").message == "The model is overloaded%2");
  CHECK(said(200, "16", "Log%zzin%").verdict.kind == Kind::auth);
  CHECK(said(200, "16", "Log%zzin%").message == "Log%zzin%");
  CHECK(said(200, "8", "%e9%a2%9d%e5%ba%a6%e4%b8%8d%e8%b6%b3").verdict.id.text() == "openai-insufficient-quota");
  CHECK(said(503, "14", "").verdict.kind == Kind::overload);
  CHECK(said(200, "0", "").verdict.id.text() == "body-empty");
  CHECK(said(200, "99", "").verdict.id.text() == "body-empty");
  CHECK(said(200, "14", "", R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}})").verdict.kind == Kind::rate_limit);
  CHECK(classify(HttpResponse{200, {{"grpc-status", "14"}, {"Retry-After", "7"}}, ""}).verdict.hint == 7s);
}

TEST_CASE("A named quota says more than a link to the page on shared capacity", "[gemini]") {
  const std::string_view refers = "Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429.";
  const std::string violation = R"(,"details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[)"
                                R"({"quotaId":"GenerateRequestsPerDayPerProjectPerModel","quotaValue":"100"}]}])";
  const auto body = [&](std::string_view more) {
    return R"({"error":{"code":429,"message":"Resource exhausted. )" + std::string{refers} + R"(","status":"RESOURCE_EXHAUSTED")" +
           std::string{more} + "}}";
  };
  CHECK(id_of(body(""), 429) == "vertex-dsq");
  CHECK(id_of(body(violation), 429) == "rpd-paid");
  CHECK(id_of(R"({"error":{"code":429,"message":"Too many requests. Exceeded the Provisioned Throughput."}})", 429) == "capacity-429");
}

TEST_CASE("A page or an unfinished brace beside an image takes nothing from it, and one in its place does", "[gemini]") {
  const std::string image = R"({"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]},)";
  const std::string page = R"("<html><style>.c{display:flex}</style><body class='c: {'>results</body></html>")";
  CHECK(classify_text(image + R"("finishReason":"STOP","groundingMetadata":{"searchEntryPoint":{"renderedContent":)" + page + "}}}]}", 200)
            .ok());
  CHECK(classify_text(image + R"("finishReason":"STOP","finishMessage":"made by print({'a': 1"}]})", 200).ok());
  CHECK(id_of(R"({"level":"error","body":)" + page + "}", 200) == "captive-200-html");
  CHECK(id_of(R"({"error":{"message":"<html><h1>503 Service Unavailable</h1></html>"}})", 503) == "temporarily-unavailable");
}

TEST_CASE("A name that the text ends with is not known for a name unless it ends itself", "[gemini]") {
  const std::string limit =
      R"({"error":{"code":429,"message":"Quota exceeded for metric: x/y_free_tier_requests, limit: 5, model: gemini-2.)";
  CHECK(classify_text(limit).model.empty());
  CHECK(classify_text(limit + "5-pro\"").model == "gemini-2.5-pro");
  CHECK(classify_text("the model gemini-2.5-pro").model == "gemini-2.5-pro");  // of a sentence the end is its end
  CHECK(id_of(R"({"error":{"code":400,"innererror":{"content_filter_res)", 400) == "invalid-argument-generic");
  for (const std::string_view cut : {"I", "IMAGE_SAF", "nul"})
    CHECK(id_of(R"({"candidates":[{"content":{"parts":[]},"finishReason":")" + std::string{cut}, 200) == "truncated-json");
  CHECK(id_of(R"({"candidates":[{"content":{"parts":[]},"finishReason":nul)", 200) == "truncated-json");
  CHECK(id_of(R"({"promptFeedback":{"blockReason":nul)", 200) == "truncated-json");
  CHECK(id_of(R"({"promptFeedback":{"blockReason":"SAF)", 200) == "prompt-blocked-other");
  CHECK(id_of(R"({"candidates":[{"content":{"parts":[]},"finishReason":"IMAGE_SAFETY)", 200) == "image-safety");
}

TEST_CASE("A broken exchange becomes the row that says how, and keeps whether it was sent", "[gemini]") {
  struct Case {
    TransportError error;
    std::string_view id;
    Billed billed;
  };
  for (const Case& c : {Case{{TransportFault::resolve, Sent::no, "", 0, 0}, "dns-failure", Billed::no},
                        Case{{TransportFault::refused, Sent::no, "", 0, 0}, "connect-refused", Billed::no},
                        Case{{TransportFault::connect_timeout, Sent::no, "", 0, 0}, "connect-timeout", Billed::no},
                        Case{{TransportFault::tls, Sent::no, "", 0, 0}, "tls-failure", Billed::no},
                        Case{{TransportFault::reset, Sent::unknown, "", 0, 0}, "reset-before-headers", Billed::maybe},
                        Case{{TransportFault::reset, Sent::unknown, "", 200, 900}, "reset-mid-body", Billed::yes},
                        Case{{TransportFault::closed, Sent::unknown, "", 0, 0}, "half-close-no-reply", Billed::maybe},
                        Case{{TransportFault::idle_timeout, Sent::unknown, "", 0, 0}, "idle-timeout", Billed::maybe},
                        Case{{TransportFault::total_timeout, Sent::unknown, "", 0, 0}, "client-deadline", Billed::maybe},
                        Case{{TransportFault::total_timeout, Sent::unknown, "", 200, 9}, "slow-drip", Billed::yes},
                        Case{{TransportFault::truncated, Sent::unknown, "", 200, 9}, "wrong-content-length", Billed::yes},
                        Case{{TransportFault::too_large, Sent::unknown, "", 200, 9}, "unknown", Billed::maybe},
                        Case{{TransportFault::other, Sent::unknown, "", 0, 0}, "unknown", Billed::maybe}}) {
    CAPTURE(name(c.error.what), c.id);
    const Classification said = classify(c.error);
    CHECK(said.verdict.id.text() == c.id);
    CHECK(said.verdict.says == Says::transport);
    CHECK(said.verdict.sent == c.error.sent);
    CHECK(said.verdict.billed == c.billed);
    CHECK((said.verdict.kind == Kind::network || said.verdict.kind == Kind::timeout));
    CHECK_FALSE(said.evidence.empty());
  }
  const Classification stopped = classify(TransportError{TransportFault::cancelled, Sent::unknown, "", 0, 0});
  CHECK(stopped.verdict.kind == Kind::cancelled);
  CHECK(stopped.verdict.says == Says::caller);
  CHECK(stopped.verdict.remedy == Remedy::never);
}

TEST_CASE("A failed answer still counts its tokens and the image that was withheld", "[gemini]") {
  const Classification said =
      classify_text(R"({"candidates":[{"content":{},"finishReason":"IMAGE_SAFETY"}],"usageMetadata":{"promptTokenCount":638}})", 200);
  CHECK(said.verdict.tokens == 638);
  CHECK(said.verdict.images == 1);
}

TEST_CASE("What clients print of a connection, of an answer that is no JSON, and of their own limits is told apart", "[gemini]") {
  struct Row {
    std::string_view text;
    std::string_view id;
  };
  const Row rows[]{
      {"fetch failed net::ERR_CERT_AUTHORITY_INVALID", "tls-failure"},
      {"net::ERR_CERT_COMMON_NAME_INVALID\nTypeError: Failed to fetch", "tls-failure"},
      {"POST https://h/ net::ERR_CERT_DATE_INVALID", "tls-failure"},
      {"Error Domain=NSURLErrorDomain Code=-1202 \"The certificate for this server is invalid.\"", "tls-failure"},
      {"Post \"https://h/\": read tcp 10.0.0.2:5555->142.250.1.95:443: i/o timeout", "idle-timeout"},
      {"read tcp 10.0.0.2:5555->142.250.1.95:443: read: connection timed out", "idle-timeout"},
      {"dial tcp 142.250.1.95:443: i/o timeout", "connect-timeout"},
      {"curl: (28) Resolving timed out after 5000 milliseconds", "dns-failure"},
      {"curl: (28) SSL connection timeout", "connect-timeout"},
      {"Net::OpenTimeout: execution expired", "connect-timeout"},
      {"org.apache.http.NoHttpResponseException: generativelanguage.googleapis.com:443 failed to respond", "half-close-no-reply"},
      {"System.Net.Http.HttpIOException: The response ended prematurely. (ResponseEnded)", "half-close-no-reply"},
      {"pydantic_core.ValidationError: 1 validation error for GenerateContentConfig\nimageConfig\n  Extra inputs are not permitted "
       "[type=extra_forbidden, input_value={}]",
       "unknown-field"},
      {"rpc error: code = ResourceExhausted desc = grpc: received message larger than max (7340033 vs. 4194304)", "body-too-large-413"},
      {"SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON", "captive-200-html"},
      {"SyntaxError: Unexpected token < in JSON at position 0", "captive-200-html"},
      {"invalid character '<' looking for beginning of value", "captive-200-html"},
      {"SyntaxError: Unexpected token 'u', \"upstream c\"... is not valid JSON", "truncated-json"},
      {"http: invalid byte in chunk length", "bad-chunk-size"},
      {"AttributeError: 'NoneType' object has no attribute 'parts'", "stop-no-parts"},
      {"TypeError: Cannot read properties of undefined (reading 'content')", "candidates-empty"},
      {"Error Domain=NSURLErrorDomain Code=-1202", "tls-failure"},
      {"NSURLErrorDomain error -1005.", "reset-before-headers"},
      {"%Mint.TransportError{reason: :closed}", "half-close-no-reply"},
      {"%Mint.TransportError{reason: :nxdomain}", "dns-failure"},
      {"%Mint.TransportError{reason: :timeout}", "client-deadline"},
      {"java.net.SocketException: Unexpected end of file from server", "half-close-no-reply"},
      {"org.apache.hc.core5.http.ConnectionClosedException: Connection closed by peer", "half-close-no-reply"},
      {"org.apache.http.ConnectionClosedException: Premature end of chunk coded message body: closing chunk expected", "truncated-json"},
      {"SSLError(SSLZeroReturnError(6, 'TLS/SSL connection has been closed (EOF)'))", "reset-before-headers"},
      {"('Connection broken: InvalidChunkLength(got length b'', 0 bytes read)'", "bad-chunk-size"},
      {"TypeError: terminated", "reset-mid-body"},
      {"TypeError: terminated\n  [cause]: SocketError: other side closed\n  bytesRead: 88213", "reset-mid-body"},
      {"TypeError: fetch failed\n  [cause]: SocketError: other side closed", "half-close-no-reply"},
      {"TypeError: terminated\n  [cause]: BodyTimeoutError: Body Timeout Error", "idle-timeout"},
      {"UND_ERR_BODY_TIMEOUT", "idle-timeout"},
      {"Stream closed with error code NGHTTP2_INTERNAL_ERROR, code: 'ERR_HTTP2_STREAM_ERROR'", "reset-mid-body"},
      {"error decoding response body: expected value at line 1 column 1", "truncated-json"},
      {"Faraday::ConnectionFailed: execution expired", "client-deadline"},
      {"curl: (16) Error in the HTTP2 framing layer", "h2-goaway"},
      {"Unsupported region for Vertex AI, us-foo1", "vertex-model-not-found"},
      {R"({"status":"Error: {\"code\":429,\"message\":\"Resource has been exhausted.\",\"details\":[]}","request":{},"response":{}})",
       "rate-generic"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(classify_text(row.text).verdict.id.text() == row.id);
  }
  for (const std::string_view without : {"expected value at line 1 column 1", "Expecting value: line 1 column 1 (char 0)"})
    CHECK(classify_text(without).confidence == Confidence::guess);
  const Classification policy = classify_text(
      R"({"error":{"code":400,"message":"Constraint constraints/vertexai.allowedModels violated","status":"FAILED_PRECONDITION"}})", 400);
  CHECK(policy.verdict.id == FailureId{"precondition-check-failed"});
  CHECK(policy.advice.cause.find("organisation") != std::string_view::npos);
  const Classification no_json = classify_text("SyntaxError: Unexpected token 'u', \"upstream c\"... is not valid JSON");
  CHECK(no_json.confidence == Confidence::guess);
  CHECK(no_json.verdict.billed == Billed::unknown);
  CHECK(no_json.advice.cause.find("holds no JSON") != std::string_view::npos);
  const Classification too_large =
      classify_text("rpc error: code = ResourceExhausted desc = grpc: received message larger than max (7340033 vs. 4194304)");
  CHECK(too_large.verdict.remedy == Remedy::never);
  CHECK(too_large.verdict.billed == Billed::yes);
  CHECK(too_large.advice.fix.find("max_receive_message_length") != std::string_view::npos);
}

TEST_CASE("A reason is read out of the wrappings in which Swift, Rust and PHP print it", "[gemini]") {
  struct Row {
    std::string_view text;
    std::string_view id;
  };
  const Row rows[]{
      {R"(promptFeedback: blockReason: Optional(GoogleGenerativeAI.BlockReason(rawValue: "PROHIBITED_CONTENT")))",
       "prompt-blocked-prohibited"},
      {"blockReason: Optional(GoogleGenerativeAI.BlockReason.safety)", "prompt-blocked-safety"},
      {R"(block_reason: Some("IMAGE_SAFETY"))", "prompt-blocked-image-safety"},
      {"[blockReason] => PROHIBITED_CONTENT", "prompt-blocked-prohibited"},
      {R"(finishReason: Optional(FinishReason(rawValue: "IMAGE_SAFETY")))", "image-safety"},
      {R"(finish_reason: Some("IMAGE_SAFETY"))", "image-safety"},
      {"[finishReason] => IMAGE_SAFETY", "image-safety"},
      {"finish_reason: Some(ImageSafety)", "image-safety"},
      {"finish_reason: Some(MaxTokens), content: None", "max-tokens-no-image"},
      {"block_reason: Some(ProhibitedContent)", "prompt-blocked-prohibited"},
      {R"({"candidates":[{"finishReason":"NoImage"}]})", "no-image"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Classification said = classify_text(row.text);
    CHECK(said.verdict.id.text() == row.id);
    CHECK(said.confidence != Confidence::guess);
  }
}

TEST_CASE("An error behind the pieces of an answer is one of a stream, also where nobody says that it began with 200", "[gemini]") {
  const std::string stream =
      "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Here\"}]}}]}\n\n"
      "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded.\",\"status\":\"UNAVAILABLE\"}}\n\n";
  CHECK(classify_text(stream).verdict.id == FailureId{"sse-error-event"});
  CHECK(classify_text(stream).verdict == classify_text(stream, 200).verdict);

  // The same of a stream that is an array, and of an error of another kind: what was made before it may be paid for.
  const std::string piece = R"({"candidates":[{"content":{"parts":[{"text":"Here"}]}}]})";
  const std::string overload = R"({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}})";
  const std::string limit = R"({"error":{"code":429,"message":"Resource has been exhausted.","status":"RESOURCE_EXHAUSTED"}})";
  CHECK(classify_text("[" + piece + ",\r\n" + overload + "]").verdict.id == FailureId{"sse-error-event"});
  CHECK(classify_text("[" + overload + "]").verdict.id == FailureId{"overloaded"});
  CHECK(classify_text("[" + overload + "]").verdict.billed == Billed::no);
  for (const int status : {0, 200}) {
    CHECK(classify_text("[" + piece + ",\r\n" + limit + "]", status).verdict.billed == Billed::unknown);
    CHECK(classify_text("data: " + piece + "\n\ndata: " + limit + "\n\n", status).verdict.billed == Billed::unknown);
    CHECK(classify_text("[" + limit + "]", status).verdict.billed == Billed::no);
  }
  CHECK(classify_text("[" + piece + ",\r\n" + limit + "]", 429).verdict.billed == Billed::no);
}

TEST_CASE("A stream that ends without a finish reason is one, also with a whole image and in one piece", "[gemini]") {
  const std::string image = R"({"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}})";
  const std::string end = R"({"finishReason":"STOP"})";
  const auto event = [](const std::string& candidate) { return "data: {\"candidates\":[" + candidate + "]}\n\n"; };
  for (const int status : {0, 200}) {
    const Classification cut = classify_text(event(image), status);
    CHECK(cut.verdict.id == FailureId{"sse-no-finish"});
    CHECK(cut.verdict.images == 1);
    CHECK(classify_text(event(image) + "da", status).verdict.id == FailureId{"sse-no-finish"});
    CHECK(classify_text(event(image) + event(end), status).ok());
    CHECK(classify_text("{\"candidates\":[" + image + "]}", status).ok());  // an answer in one piece ends with its last brace
  }
}

TEST_CASE("What answers another question than one for an image is said to", "[gemini]") {
  for (const std::string_view body : {R"({"totalTokens":5})", R"({"models":[{"name":"models/m","supportedGenerationMethods":[]}]})"}) {
    const Classification said = classify_text(body, 200);
    CHECK(said.verdict.id == FailureId{"candidates-empty"});
    CHECK(said.advice.cause.find("another question") != std::string_view::npos);
  }
  CHECK(classify_text(R"({"result":5})", 200).advice.cause.empty());
  CHECK(classify_text("", 304).advice.cause.find("cache") != std::string_view::npos);
  CHECK(classify_text("", 301).advice.cause.empty());
}

TEST_CASE("What something before the service answered never reached it", "[gemini]") {
  const std::string page = "<html><head><title>Login</title></head><body>Please log in</body></html>";
  CHECK(classify(HttpResponse{200, {}, page}).verdict.sent == Sent::no);
  CHECK(classify(HttpResponse{301, {}, {}}).verdict.sent == Sent::no);
  CHECK(classify(HttpResponse{403, {}, page}).verdict.sent == Sent::no);
  CHECK(classify(HttpResponse{407, {}, {}}).verdict.sent == Sent::no);
  CHECK(classify(HttpResponse{502, {}, "dial tcp: connection refused"}).verdict.sent == Sent::yes);
}

TEST_CASE("What came as a success and is none says so", "[gemini]") {
  CHECK(classify(HttpResponse{200, {}, R"({"candidates":[{"finishReason":"NO_IMAGE"}]})"}).verdict.reclassified);
  CHECK(classify_text(R"({"candidates":[{"finishReason":"PUP_LIMITED_DISABLED"}]})").verdict.reclassified);
  CHECK_FALSE(classify(HttpResponse{503, {}, R"({"error":{"code":503,"message":"The model is overloaded."}})"}).verdict.reclassified);
  CHECK_FALSE(classify(TransportError{TransportFault::reset, Sent::unknown, {}, 200, 5}).verdict.reclassified);
}

TEST_CASE("A key is passed over where its name says so, and a sentence about a key is read", "[gemini]") {
  CHECK(classify_text(R"({"errors":{"authorization":["API key not valid. Please pass a valid API key."]}})", 0).verdict.id ==
        FailureId{"api-key-invalid"});
  CHECK(classify_text(R"({"errors":{"api_key":"API key not valid. Please pass a valid API key."}})", 400).verdict.id ==
        FailureId{"api-key-invalid"});
  CHECK(classify_text(R"({"x-goog-api-key":"overloaded","message":"?"})", 0).verdict.id == FailureId{"unknown"});
}

TEST_CASE("A title that begins with a number that is no status of a redirect is none", "[gemini]") {
  const auto id_of = [](const std::string& title) {
    return std::string{classify_text("<html><head><title>" + title + "</title></head><body>x</body></html>", 0).verdict.id.text()};
  };
  CHECK(id_of("302 Found") == "redirect-3xx");
  CHECK(id_of("301 Moved Permanently") == "redirect-3xx");
  for (const char* const other : {"360 Secure Gateway", "365 Login"}) CHECK(id_of(other) != "redirect-3xx");
}
