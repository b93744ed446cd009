// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/doctor.hpp>

#include "../support/catch.hpp"

#include <ductile/detail/ascii.hpp>
#include <ductile/gemini/failures.hpp>
#include <ductile/tools/doctor_check.hpp>
#include <ductile/tools/doctor_diagnosis.hpp>
#include <ductile/tools/doctor_input.hpp>
#include <ductile/tools/local_time.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using namespace ductile;
using namespace ductile::tools;

namespace {

const std::string quota_body =
    R"({"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"violations":[)"
    R"({"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"100","quotaDimensions":{"model":"a-model"}}]},)"
    R"({"retryDelay":"12.5s"}]}})";

boost::json::object diagnosis(std::string_view input, const DoctorHints& hints = {}) {
  const auto answers = answers_of(input, hints);
  REQUIRE(answers.size() == 1);
  return boost::json::parse(diagnosis_json(diagnose(answers.front()))).as_object();
}

std::string id_of(std::string_view input, const DoctorHints& hints = {}) {
  return std::string{diagnosis(input, hints).at("id").as_string()};
}

}  // namespace

TEST_CASE("A diagnosis in JSON has every key, and null where nothing is known", "[doctor]") {
  constexpr std::array<std::string_view, 26> keys{
      "category", "kind",     "id",      "retryable",   "http_status", "grpc_status",   "dimension", "free_tier", "quota_scope",
      "cause",    "layer",    "who",     "limit_value", "limit_zero",  "retry_after_s", "model",     "billed",    "confidence",
      "message",  "evidence", "counted", "retry_at",    "successor",   "actions",       "runner_up", "nearest"};
  for (const std::string& input : {std::string{}, quota_body, std::string{"no such thing"}}) {
    const boost::json::object said = diagnosis(input);
    CHECK(said.size() == keys.size());
    for (const std::string_view key : keys) CHECK(said.contains(key));
    CHECK(said.at("limit_zero").is_bool());
    CHECK(said.at("category") == said.at("kind"));
  }
  const boost::json::object said = diagnosis(quota_body);
  CHECK(said.at("id") == "rpd-free");
  CHECK(said.at("category") == "quota");
  CHECK(said.at("retryable") == "next_day");
  CHECK(said.at("dimension") == "rpd");
  CHECK(said.at("free_tier") == true);
  CHECK(said.at("limit_value") == 100);
  CHECK(said.at("retry_after_s") == 12.5);
  CHECK(said.at("model") == "a-model");
  CHECK(said.at("billed") == "no");
  CHECK(said.at("confidence") == "certain");
  CHECK_FALSE(said.at("evidence").as_array().empty());
}

TEST_CASE("What is not recognised is other and unknown", "[doctor]") {
  for (const std::string_view input : {"", "Segmentation fault", "{\"a\": 1}", "\x01\xFF\xFE"}) {
    CAPTURE(input);
    const boost::json::object said = diagnosis(input);
    CHECK(said.at("category") == "other");
    CHECK(said.at("kind") == "other");
    CHECK(said.at("id") == "unknown");
    CHECK(said.at("model").is_null());
  }
}

TEST_CASE("A line that somebody wrote by hand is a guess at what it says, with what else it may be", "[doctor]") {
  struct Row {
    std::string_view line;
    std::string_view id;
    std::string_view runner_up;
  };
  const Row rows[]{{"503 overloaded", "overloaded", "high-demand"},
                   {"Error 429: quota", "rate-generic", "rpd-free"},
                   {"got 429 from gemini", "rate-generic", "rpd-free"},
                   {"404", "entity-not-found", "model-not-found"},
                   {"404 model not found", "model-not-found", ""},
                   {"400", "invalid-argument-generic", "api-key-invalid"},
                   {"FAILED_PRECONDITION", "precondition-check-failed", "location-unsupported"},
                   {"grpc-status: 8", "rate-generic", "rpd-free"},
                   {"gRPC status 14", "service-unavailable", "high-demand"},
                   {"UNAVAILABLE", "service-unavailable", "high-demand"},
                   {"INTERNAL", "internal", ""},
                   {"rate limited", "rate-generic", ""},
                   {"out of quota", "quota-no-details", ""},
                   {"no image in the response", "no-image", ""},
                   {"blocked by safety", "prompt-blocked-safety", "image-safety"},
                   {"model retired", "model-retired-listed", ""},
                   {"net::ERR_CERT_AUTHORITY_INVALID", "tls-failure", ""},
                   {"dns error", "dns-failure", ""}};
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const boost::json::object said = diagnosis(row.line);
    CHECK(said.at("id") == boost::json::string{row.id});
    CHECK((said.at("confidence") != "certain"));
    CHECK(said.at("runner_up") == (row.runner_up.empty() ? boost::json::value{} : boost::json::value(row.runner_up)));
    CHECK(said.at("nearest").is_null());
  }
  // A story is no such line, and words of every day are no failure.
  for (const std::string_view line : {"Segmentation fault", "hello", "code 8", "try again later"}) CHECK(id_of(line) == "unknown");
  CHECK(id_of("We were overloaded with work, " + std::string(120, 'x')) == "unknown");
}

TEST_CASE("What rests on a sentence has a runner-up where less of it would say another thing, and a name has none", "[doctor]") {
  CHECK(diagnosis(quota_body).at("runner_up").is_null());
  const std::string_view sentence =
      R"({"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}})";
  CHECK(diagnosis(sentence).at("id") == "overloaded");
  CHECK(diagnosis(sentence).at("runner_up") == "service-unavailable");
  CHECK_THAT(diagnosis_text(diagnose(answers_of(sentence).front())),
             Catch::Matchers::ContainsSubstring("  or else   service-unavailable: "));
}

TEST_CASE("Of what is not recognised the nearest row is named, by its words, and called a guess", "[doctor]") {
  const std::string_view input =
      "our gateway counted the tokens of this tenant: what he was spending has reached the cap that its owner set, ask somebody at the "
      "front desk";
  CHECK(diagnosis(input).at("nearest") == "spend-cap-monthly");
  CHECK(diagnosis("Segmentation fault").at("nearest").is_null());
  const std::string text = diagnosis_text(diagnose(answers_of(input).front()));
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring("  nearest   spend-cap-monthly: ") &&
                       Catch::Matchers::ContainsSubstring("no more than a guess") && Catch::Matchers::ContainsSubstring("--redact"));
}

TEST_CASE("An archive of exchanges is one record for each that speaks with a model", "[doctor]") {
  const auto entry = [](std::string_view url, int status, std::string_view content) {
    return R"({"startedDateTime":"2026-11-24T10:00:00Z","request":{"method":"POST","url":")" + std::string{url} +
           R"(","headers":[{"name":"x-goog-api-key","value":"A-Key-Of-Ours-1"}]},"response":{"status":)" + std::to_string(status) +
           R"(,"headers":[{"name":"Retry-After","value":"7"}],"content":{)" + std::string{content} + "}}}";
  };
  const std::string asked = "https://h/v1beta/models/gemini-3-pro-image:generateContent";
  const std::string overloaded = entry(asked, 503, R"("text":"{\"error\":{\"message\":\"The model is overloaded.\"}}")");
  const std::string encoded = entry(asked, 429, R"("encoding":"base64","text":"eyJlcnJvciI6eyJzdGF0dXMiOiJSRVNPVVJDRV9FWEhBVVNURUQifX0=")");
  const std::string style = entry("https://h/style.css", 404, R"("text":"gone")");
  const auto archive = [](const std::string& entries) { return R"({"log":{"version":"1.2","entries":[)" + entries + "]}}"; };

  const auto one = answers_of(overloaded);
  REQUIRE(one.size() == 1);
  CHECK(one.front().status == 503);
  CHECK(diagnosis(overloaded).at("id") == "overloaded");
  CHECK(diagnosis(overloaded).at("retry_after_s") == 7);
  CHECK(answers_of(overloaded, {.status = 429}).front().status == 429);
  CHECK(diagnosis(overloaded, {.status = 429}).at("retry_after_s") == 7);

  const auto all = answers_of(archive(style + "," + overloaded + "," + encoded + "," + overloaded));
  REQUIRE(all.size() == 3);  // not the style
  std::vector<Diagnosis> diagnoses;
  for (const HttpResponse& answer : all) diagnoses.push_back(diagnose(answer));
  CHECK(diagnoses[1].said.verdict.id.text() == "rate-generic");
  const std::string text = diagnoses_text(diagnoses);
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring("seen      2 times, of 3 records; this is the first"));
  CHECK(text.find("(overloaded)") == text.rfind("(overloaded)"));

  const std::string no_answer =
      R"({"request":{"url":")" + asked + R"("},"response":{"status":0,"content":{},"_error":"net::ERR_CONNECTION_REFUSED"}})";
  CHECK(diagnosis(archive(no_answer)).at("id") == "connect-refused");
  CHECK(answers_of(archive(style + "," + entry("https://h/a", 200, ""))).front().status == 404);  // nothing speaks with a model
  CHECK(diagnosis(R"({"response":{"status":503,"content":{"text":"busy"}}})").at("http_status") == 503);
  std::string deep = "1";
  for (int i = 0; i < 100; ++i) deep = R"({"parent":)" + deep + "}";
  CHECK(answers_of(R"({"_initiator":)" + deep + "," + overloaded.substr(1)).front().status == 503);
}

TEST_CASE("The output of curl -i is a status, headers and a body, of which the last head counts", "[doctor]") {
  const auto answers = answers_of(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Connection established\r\nVia: proxy\r\n\r\n"
      "HTTP/2 503 \r\nretry-after: 30\r\ncontent-type: text/html\r\n\r\nbusy");
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].status == 503);
  CHECK(answers[0].headers.size() == 2);
  CHECK(answers[0].body == "busy");
  CHECK(diagnosis("HTTP/2 503\nRetry-After: 30\n\n{}").at("retry_after_s") == 30);
  CHECK(id_of("HTTP/1.1 400 Bad Request\r\nServer: ESF\r\n\r\n") == "empty-400");
  CHECK(answers_of("HTTP/1.1 is a protocol").front().status == 0);
  CHECK(id_of("HTTP/1.1 403 Forbidden: {\"error\":{\"message\":\"Your API key was reported as leaked.\"}}") == "key-leaked");
}

TEST_CASE("An empty answer of 200 is neither cut nor known to be paid, unless its head announced a body", "[doctor]") {
  for (const std::string_view input :
       {"HTTP/2 200 \r\ncontent-type: application/json\r\ncontent-length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/2 204 \r\n\r\n"}) {
    CAPTURE(input);
    const boost::json::object said = diagnosis(input);
    CHECK(said.at("id") == "body-empty");
    CHECK(said.at("billed") == "unknown");
    CHECK(said.at("retryable") == "immediately");
  }
  CHECK(id_of("HTTP/2 200 \r\nContent-Length: 5120\r\n\r\n") == "wrong-content-length");
  CHECK(id_of("HTTP/2 503 \r\ncontent-length: 0\r\n\r\n") == "service-unavailable");
  CHECK(id_of("HTTP/2 200 \r\ncontent-length: 900\r\n\r\n{\"candidates\":[{\"content\":{\"parts\":[{\"inlineData\":{\"data\":\"iVBOR") ==
        "truncated-json");
}

TEST_CASE("Advice for a sign-in speaks of the sign-in, and for an access token of the token", "[doctor]") {
  const auto text_of = [](std::string_view input) { return diagnosis_text(diagnose(answers_of(input).front())); };
  const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
  for (const std::string_view input :
       {"google.auth.exceptions.RefreshError: ('invalid_grant: Bad Request', {'error': 'invalid_grant'})",
        "google.auth.exceptions.DefaultCredentialsError: Could not automatically determine credentials.",
        "Error: google: could not find default credentials.", "google.auth.exceptions.RefreshError: Reauthentication is needed."}) {
    CAPTURE(input);
    CHECK(has(text_of(input), "gcloud auth application-default login"));
    CHECK(has(text_of(input), "again     not before that is done"));
    CHECK_FALSE(has(text_of(input), "Check the key"));
  }
  CHECK(has(text_of(R"({"error":{"code":401,"message":"Request had invalid authentication credentials. Expected OAuth 2 access token.",)"
                    R"("status":"UNAUTHENTICATED"}})"),
            "Send a fresh OAuth access token"));
  CHECK(has(text_of("Error: 401 Unauthorized"), "Check the key or token"));
}

TEST_CASE("A diagnosis says the layer, whose it is, what counts, and when in the reader's time zone", "[doctor]") {
  const Diagnosis spent = diagnose(answers_of(quota_body).front());
  const WallTime now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 30} + std::chrono::hours{10};
  const boost::json::object said = boost::json::parse(diagnosis_json(spent, {}, now)).as_object();
  CHECK(said.at("layer") == "quota");
  CHECK(said.at("who") == "owner");
  CHECK(said.at("counted") == false);
  CHECK(said.at("retry_at") == "2026-12-01T08:00:00Z");
  CHECK(said.at("actions").as_array().size() > 1);
  const std::string text = diagnosis_text(spent, {}, now);
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring("opens again: 2026-12-01T08:00:00Z, " +
                                                      local_time_text(*tools::detail::retry_at(spent, now))));
  CHECK(diagnosis_text(spent).find("2026-12-01") == std::string::npos);  // nobody said what time it is

  // A date is what it is, whenever the answer came; beside a Date of the answer's own, too.
  const std::vector<HttpHeader> date{{"Retry-After", "Mon, 30 Nov 2026 23:00:00 GMT"}};
  for (const bool dated : {false, true}) {
    DoctorHints hints{.status = 503, .headers = date};
    if (dated) hints.headers.push_back({"Date", "Mon, 30 Nov 2026 09:00:00 GMT"});
    const Diagnosis asked = diagnose(answers_of("", hints).front());
    CHECK(boost::json::parse(diagnosis_json(asked, {}, now)).at("retry_at") == "2026-11-30T23:00:00Z");
    CHECK(boost::json::parse(diagnosis_json(asked)).at("retry_at") == "2026-11-30T23:00:00Z");
  }
  const DoctorHints never{.status = 404, .headers = date};
  CHECK(boost::json::parse(diagnosis_json(diagnose(answers_of("", never).front()), {}, now)).at("retry_at").is_null());

  const auto of = [](std::string_view input) { return diagnosis(input); };
  CHECK(of(R"({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}})").at("counted") == true);
  CHECK(of(R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"}})").at("layer") == "prompt_filter");
  CHECK(of(R"({"candidates":[{"finishReason":"IMAGE_PROHIBITED_CONTENT"}]})").at("layer") == "output_filter");
  CHECK(of("no such thing").at("who").is_null());
  CHECK(of("404 models/gemini-2.5-flash-image is not found for API version v1beta").at("successor") == "gemini-nano-banana-2.1");
}

TEST_CASE("What never reached the service counts in no quota", "[doctor]") {
  for (const std::string_view input :
       {"curl: (6) Could not resolve host: generativelanguage.googleapis.com", "httpx.ConnectError: [Errno 111] Connection refused",
        "dial tcp 142.250.74.10:443: i/o timeout", "curl: (60) SSL certificate problem: self signed certificate",
        "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"}) {
    CAPTURE(input);
    CHECK(diagnosis(input).at("counted") == false);
    CHECK_THAT(diagnosis_text(diagnose(answers_of(input).front())), Catch::Matchers::ContainsSubstring("counts as nothing"));
  }
  CHECK(diagnosis("Error: socket hang up").at("counted") == true);
  CHECK(diagnosis(R"({"error":{"message":"dial tcp: connection refused"}})", {.status = 502}).at("counted") == true);
}

TEST_CASE("Advice never contradicts what the answer says beside it", "[doctor]") {
  const auto text_of = [](std::string_view input) { return diagnosis_text(diagnose(answers_of(input).front())); };
  const auto has = [](const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; };
  const std::string minute =
      text_of(R"({"error":{"code":429,"message":"Quota exceeded for aiplatform.googleapis.com/generate_content_requests_per_minute",)"
              R"("status":"RESOURCE_EXHAUSTED"}})");
  CHECK_FALSE(has(minute, "RetryInfo"));
  const std::string asked = text_of("HTTP/2 429 \r\nretry-after: 120\r\n\r\n{\"error\":{\"status\":\"RESOURCE_EXHAUSTED\"}}");
  CHECK(has(asked, "the answer asks for 2 min"));
  CHECK(has(asked, "do        Wait as long as the answer asks, else"));
  CHECK(has(text_of(R"({"error":{"code":404,"message":"Publisher Model `projects/p/locations/global/publishers/google/models/m` was not)"
                    R"( found","status":"NOT_FOUND"}})"),
            "where the location is not global"));
  CHECK(has(text_of(R"({"error":{"code":403,"status":"PERMISSION_DENIED","details":[{"reason":"SERVICE_DISABLED"}]}})"),
            "not before that is done; then the same request may succeed"));
  CHECK(has(text_of(R"({"error":{"code":400,"message":"Request contains an invalid argument.","status":"INVALID_ARGUMENT"}})"),
            "no, the same request will not succeed"));
}

TEST_CASE("A row that says how long to wait leaves the word to the answer first", "[doctor]") {
  std::size_t waits = 0;
  for (const gemini::FailureRow& row : gemini::failures) {
    if (row.remedy != Remedy::after_delay || (!row.fix.starts_with("Wait") && row.fix.find("ack off for") == std::string_view::npos))
      continue;
    CAPTURE(row.id.text());
    CHECK((row.fix.find("the answer asks") != std::string_view::npos || row.fix.find("the answer names") != std::string_view::npos ||
           row.fix.find("the answer says") != std::string_view::npos));
    ++waits;
  }
  CHECK(waits > 10);
}

TEST_CASE("What a text says is shown as it stood there, letter by letter, without keys", "[doctor]") {
  const boost::json::object said = diagnosis(
      "google.genai.errors.ClientError: ('The Model is Overloaded!', {'Trace': \"A-1\"}) key=AIzaSyEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMP");
  CHECK(said.at("message") == "google.genai.errors.ClientError: ('The Model is Overloaded!', {'Trace': \"A-1\"}) key=[redacted]");
  CHECK(said.at("evidence").at(0).at("what") == "Model is Overloaded");
  CHECK(diagnosis(quota_body).at("evidence").at(0).at("what") == "GenerateRequestsPerDayPerProjectPerModel-FreeTier");
  CHECK(diagnosis("quotaId: GenerateRequestsPerDayPerProjectPerModel, no more").at("evidence").at(0).at("what") ==
        "GenerateRequestsPerDayPerProjectPerModel");
  CHECK(diagnosis("<html><title>502 Bad Gateway</title></html>").at("message") == "502 Bad Gateway");
  CHECK(diagnosis(R"({"error":{"code":"Insufficient_Quota"}})").at("evidence").at(0).at("what") == "Insufficient_Quota");
}

TEST_CASE("The port of an address is no status", "[doctor]") {
  const auto id = [](std::string_view paste) { return std::string{diagnose(answers_of(paste).front()).said.verdict.id.text()}; };
  for (const std::string_view paste : {"gateway:503 failed", "peer 10.0.0.1:500 closed", "could not talk to h:443"}) {
    CAPTURE(paste);
    CHECK(id(paste) == "unknown");
  }
  CHECK(id("error 503") == "service-unavailable");
}

TEST_CASE("The output of curl -v is read without its marks", "[doctor]") {
  const auto answers = answers_of(
      "* Trying 192.0.2.1:443...\n> POST /v1beta/models/x HTTP/2\n> x-goog-api-key: k\n>\n< HTTP/2 429\n< retry-after: 7\n<\n"
      "{\"error\":{\"code\":429}}\n* Connection #0 left intact\n");
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].status == 429);
  CHECK(answers[0].headers.size() == 1);
  CHECK(answers[0].body == "{\"error\":{\"code\":429}}\n");
  // Where no blank line ends the head, what curl says is no header.
  const auto broken = answers_of(
      "< HTTP/2 200\n< content-type: text/event-stream\n"
      "curl: (92) HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)\n");
  REQUIRE(broken.size() == 1);
  CHECK(broken[0].headers.size() == 1);
  CHECK(diagnose(broken[0]).said.verdict.id == FailureId{"reset-mid-body"});
}

TEST_CASE("JSON lines are one record a line, and with a status or a header the whole is one", "[doctor]") {
  const std::string lines = "{\"error\":{\"code\":503}}\n\n{\"error\":{\"code\":404}}\n";
  CHECK(answers_of(lines).size() == 2);
  CHECK(answers_of(lines, {.status = 500}).size() == 1);
  CHECK(answers_of(lines, {.headers = {{"Retry-After", "3"}}}).size() == 1);
  CHECK(answers_of(lines, {.status = 500}).front().status == 500);
  CHECK(answers_of("{\n  \"error\": {\n    \"code\": 503\n  }\n}\n").size() == 1);
  CHECK(answers_of("data: {\"a\":1}\n\ndata: {\"b\":2}\n").size() == 1);
  CHECK(answers_of("").size() == 1);
}

TEST_CASE("Several answers in one paste are a record each, none is lost behind the first", "[doctor]") {
  const auto ids = [](const std::string& input) {
    std::vector<std::string> said;
    for (const auto& answer : answers_of(input)) said.emplace_back(diagnose(answer).said.verdict.id.text());
    return said;
  };
  using Ids = std::vector<std::string>;
  const std::string busy = "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"The model is overloaded.\"\n  }\n}\n";
  const std::string blocked = "{\n  \"promptFeedback\": {\n    \"blockReason\": \"PROHIBITED_CONTENT\"\n  }\n}\n";
  const std::string busy_head = "HTTP/2 503 \r\ncontent-type: application/json\r\n\r\n";
  const std::string key_head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/2 400 \r\ndate: x\r\n\r\n";
  const std::string key = "{\"error\":{\"code\":400,\"message\":\"API key not valid.\",\n\"status\":\"INVALID_ARGUMENT\"}}\n";
  CHECK(ids(busy + blocked) == Ids{"overloaded", "prompt-blocked-prohibited"});
  CHECK(ids(busy + "\n\n" + key + blocked) == Ids{"overloaded", "api-key-invalid", "prompt-blocked-prohibited"});
  CHECK(ids(busy_head + busy + key_head + key) == Ids{"overloaded", "api-key-invalid"});
  CHECK(answers_of(busy_head + busy + key_head + key).back().status == 400);
  CHECK(ids(busy + "and then it went on").size() == 1);

  CHECK(ids("attempt 1:\n" + busy + "attempt 2:\n" + blocked) == Ids{"overloaded", "prompt-blocked-prohibited"});
  CHECK(ids(busy + "$ python draw.py\n" + key + "and more") == Ids{"overloaded", "api-key-invalid"});
  const auto by_commands = answers_of("$ curl -i one\n" + busy_head + busy + "$ curl -i two\n" + key_head + key);
  REQUIRE(by_commands.size() == 2);
  CHECK(by_commands.front().status == 503);
  CHECK(by_commands.back().status == 400);
  CHECK(ids("attempt 1:\n" + busy + "{\n  cut").size() == 1);

  // As `curl -v` prints them: what a redirect says belongs to what follows it, what curl says of a connection stands alone.
  const std::string begin = "$ curl -v https://service.invalid/\n* Host service.invalid:443 was resolved.\n*   Trying 192.0.2.1:443...\n";
  const std::string ask = "> POST /v1beta/models/x HTTP/1.1\n> x-goog-api-key: k\n>\n";
  const std::string left = "* Connection #0 to host service.invalid left intact\n";
  const std::string shown_busy = begin + ask + "< HTTP/1.1 503 \n< date: x\n<\n" + busy + left;
  const std::string shown_key = begin + ask + "< HTTP/1.1 100 Continue\n<\n< HTTP/1.1 400 \n<\n" + key + left;
  const std::string shown_refused = begin + "* connect to 192.0.2.1 port 443 failed: Connection refused\ncurl: (7) Failed to connect\n";
  CHECK(ids(shown_busy + shown_key) == Ids{"overloaded", "api-key-invalid"});
  CHECK(answers_of(shown_busy + shown_key).back().status == 400);
  CHECK(ids(shown_busy + shown_refused + shown_key) == Ids{"overloaded", "connect-refused", "api-key-invalid"});
  CHECK(ids(shown_refused + shown_busy) == Ids{"connect-refused", "overloaded"});
  const std::string page = "<html><title>502 Bad Gateway</title></html>\n";
  CHECK(ids(begin + ask + "< HTTP/1.1 502 \n<\n" + page + left + shown_refused) == Ids{"bad-gateway-html", "connect-refused"});
  CHECK(ids(begin + ask + "< HTTP/1.1 301 \n<\n* Ignoring the response-body\n*   Trying 192.0.2.2:443...\n" + ask + "< HTTP/1.1 503 \n<\n" +
            busy) == Ids{"overloaded"});
  CHECK(
      ids(ask + "< HTTP/1.1 200 OK\n<\n{\"candidates\": [\n* transfer closed with 9 bytes remaining to read\ncurl: (18) transfer closed\n")
          .size() == 1);
  CHECK(ids(busy_head + busy).size() == 1);

  // What stands before the first head is one where it tells a failure; a body may quote a head's first line.
  const std::string spent = "ResourceExhausted: 429 You exceeded your current quota, limit: 100 requests per day\n";
  CHECK(ids(spent + "HTTP/1.1 200 OK\n\nok\n" + busy_head + busy).size() == 3);
  CHECK(diagnose(answers_of(spent + "HTTP/1.1 200 OK\n\nok\n" + busy_head + busy).front()).said.http_status == 429);
  CHECK(answers_of(spent + "HTTP/1.1 200 OK\n\nok\n\nHTTP/1.1 503 Service Unavailable").back().status == 503);
  CHECK(ids("my notes, tries one to two\n" + busy_head + busy + key_head + key) == Ids{"overloaded", "api-key-invalid"});
  const std::string quoting =
      "HTTP/1.1 502 Bad Gateway\ncontent-type: text/html\n\n<html><p>the upstream said\nHTTP/1.1 403 Forbidden\n</p></html>\n";
  CHECK(answers_of(quoting).size() == 1);
  CHECK(answers_of(quoting).front().status == 502);
  CHECK(answers_of(quoting + busy_head + busy).size() == 2);
  CHECK(answers_of("HTTP/1.1 502 Bad Gateway\n\nthe upstream said\nHTTP/1.1 403 Forbidden").size() == 1);
  CHECK(ids("HTTP/2 503\n" + busy + "HTTP/2 503\n" + busy).size() == 2);
}

TEST_CASE("Log lines that begin with a time are one record a time, with what follows each", "[doctor]") {
  const auto answers = answers_of("2026-11-24T10:00:00Z ERROR status 503\n    at main (x.js:1)\n2026-11-24T10:00:09Z ERROR status 429\n");
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].body.find("x.js") != std::string::npos);
  CHECK(answers_of("2026-11-24T10:00:00Z ERROR {\n  \"error\": {\"code\": 503}\n}\n").size() == 1);
  CHECK(answers_of("ERROR 503 overloaded\nTraceback\nERROR: 429 quota\n[WARN] 404\nE1124 10:00:00.1 400\n").size() == 4);
  CHECK(answers_of("Error: 503\nErrors were seen\n").size() == 1);
}

TEST_CASE("A log's record of an exchange is taken apart", "[doctor]") {
  const auto answers = answers_of(R"({"http_status": 429, "headers": {"retry-after": "9"}, "body": "{\"error\":{\"code\":429}}"})");
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].status == 429);
  CHECK(answers[0].headers.size() == 1);
  CHECK(answers[0].body == R"({"error":{"code":429}})");
  CHECK(id_of(R"({"statusCode": 503, "body": ""})") == "service-unavailable");
}

TEST_CASE("The doctor says of every body of the corpus what its label says", "[doctor]") {
  std::ifstream file{DUCTILE_TEST_DATA "/bodies.jsonl"};
  const std::string lines{std::istreambuf_iterator<char>{file}, {}};
  const auto answers = answers_of(lines);
  REQUIRE(answers.size() == 133);
  file.seekg(0);
  std::size_t at = 0;
  for (std::string line; std::getline(file, line); ++at) {
    const boost::json::value row = boost::json::parse(line);
    const boost::json::object said = boost::json::parse(diagnosis_json(diagnose(answers[at]))).as_object();
    CAPTURE(std::string{row.at("id").as_string()});
    for (const char* field : {"category", "retryable", "dimension", "quota_scope", "free_tier", "limit_zero"})
      CHECK(said.at(field) == row.at("label").at(field));
  }
}

TEST_CASE("A key never appears in what the doctor says", "[doctor]") {
  const std::string key = "AIzaSyEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMP";
  const std::string own = "A-Key-Of-A-Gateway";
  for (const std::string& input :
       {R"({"error":{"code":403,"message":"Consumer 'api_key:)" + key + " and " + own + R"(' has been suspended.","status":")" + key +
            "\"}}",
        "httpx.ReadTimeout: https://x/models/" + key + ":generateContent?key=" + key + " " + own,
        "<html><title>" + key + " " + own + "</title>", "a long word, then " + key + " image size 8K is not supported",
        own + " and at the end of this sentence: no more than 10 requests per minute, 429",
        "429, no more than 10 requests a day, your daily limit, for " + std::string(40, 'x') + " " + key, "timeout " + key + " " + own,
        R"({"model":")" + key + R"(","finishReason":")" + key + "\"}"}) {
    const Diagnosis said = diagnose(answers_of(input).front(), own);
    for (const std::string& text : {diagnosis_json(said, own), diagnosis_text(said, own)}) {
      CAPTURE(text);
      CHECK(ductile::detail::find_word(text, "aizasy") == std::string::npos);
      CHECK(ductile::detail::find_word(text, ductile::detail::lowered(own)) == std::string::npos);
    }
  }
}

TEST_CASE("Of several keys that are known none appears, also where the classifier knows of one and cuts another in two", "[doctor]") {
  const std::string first = "A-Key-Of-A-Gateway";
  const std::string second = "Another-Key-Of-Ours-That-Is-Long";
  const std::vector<std::string_view> both{first, second};
  const KnownSecrets secrets{both};
  for (std::size_t before = 450; before < 500; ++before) {
    const std::string input = R"({"error":{"code":503,"message":"The model is overloaded. )" + std::string(before - 26, '.') + " " +
                              second + " " + first + R"("}})";
    const Diagnosis said = diagnose(answers_of(input).front(), secrets.first());
    for (const std::string& text : {diagnosis_json(said, secrets), diagnosis_text(said, secrets)}) {
      CAPTURE(before, text);
      CHECK(text.find("Another-") == std::string::npos);
      CHECK(text.find(first) == std::string::npos);
    }
  }
}

TEST_CASE("What a member's name calls a secret is not told as what the answer says", "[doctor]") {
  for (const std::string_view input :
       {R"({"type":"service_account","private_key_id":"S3CRET0123456789abcdef0123456789abcdef"})",
        R"({"api_key":"S3CRET","password":"S3CRET","clientSecret":"S3CRET","note":"as it stands"})",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDbcdefghijklmn\nS3CRET==\n",
        "https://alice:S3CRET@proxy.corp:3128 refused: 407 Proxy Authentication Required"}) {
    CAPTURE(input);
    const Diagnosis said = diagnose(answers_of(input).front());
    CHECK(diagnosis_text(said).find("S3CRET") == std::string::npos);
    CHECK(diagnosis_json(said).find("S3CRET") == std::string::npos);
  }
}

TEST_CASE("A diagnosis for people says what, what to do, when, whose it is and why, without escapes", "[doctor]") {
  const std::string text = diagnosis_text(diagnose(answers_of(quota_body, {.status = 429}).front()));
  CHECK(text.starts_with("quota (rpd-free): "));
  for (const std::string_view part : {"do        ", "again     not before midnight", "hint does not help: ", "who       owner",
                                      "billed    no", "limit     rpd, limit 100, free tier", "model     a-model", "because   "})
    CHECK(text.find(part) != std::string::npos);
  const std::string red = diagnosis_text(diagnose(answers_of("{\"error\":{\"code\":500,\"message\":\"\x1b[31mred\"}}").front()));
  CHECK(red.find('\x1b') == std::string::npos);
  CHECK(diagnosis_text(diagnose(answers_of("").front())).starts_with("other (unknown): not recognised"));
}

TEST_CASE("What is no UTF-8 becomes JSON all the same", "[doctor]") {
  const boost::json::object said = diagnosis("{\"error\":{\"code\":500,\"message\":\"cut \xE4\xB8\"}}");
  CHECK(said.at("category") == "internal");
  CHECK(said.at("message").as_string().starts_with("cut "));
}

namespace {

// Words of advice on how to get past a filter, in lower case.
constexpr auto ways_round = std::to_array<std::string_view>(
    {"bypass",          "circumvent",         "evade",          "evasion",        "get round",        "get around",
     "getting round",   "getting around",     "work around",    "workaround",     "jailbreak",        "euphemis",
     "synonym",         "obfuscat",           "disguise",       "trick the",      "fool the",         "role-play",
     "roleplay",        "another language",   "translate",      "misspell",       "leetspeak",        "block_none",
     "block_only",      "disable the filter", "disable safety", "off the filter", "filter off",       "safety off",
     "lower the thres", "threshold lower",    "relax",          "loosen",         "split the prompt", "innocuous",
     "uncensor",        "less strict",        "softer words"});

std::vector<std::string_view> ways_round_in(std::string_view text) {
  std::vector<std::string_view> found;
  for (const std::string_view way : ways_round)
    if (ductile::detail::find_word(text, way) != text.npos) found.push_back(way);
  return found;
}

std::string file_of(const std::filesystem::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace

TEST_CASE("Nothing that the doctor or a page of a failure says tells how to get round a filter", "[doctor]") {
  CHECK(ways_round_in("Try a Synonym.").size() == 1);  // the list finds what it is for
  const std::filesystem::path root{DUCTILE_TEST_DATA "/../.."};
  std::vector<std::filesystem::path> sources{root / "include/ductile/gemini/failures.hpp",
                                             root / "include/ductile/gemini/kind_advice.hpp",
                                             root / "include/ductile/gemini/explanation.hpp",
                                             root / "include/ductile/gemini/wordings.hpp",
                                             root / "include/ductile/gemini/detail/judge.hpp",
                                             root / "docs/gemini/classification.md",
                                             root / "tools/main.cpp"};
  for (const char* folder : {"include/ductile/tools", "tools", "tools/failure_pages", "docs/failures"})
    for (const auto& entry : std::filesystem::directory_iterator{root / folder}) {
      const std::string name = entry.path().filename().string();
      const bool speaks = name.starts_with("doctor") || name.starts_with("log_scan") || folder == std::string_view{"docs/failures"} ||
                          folder == std::string_view{"tools/failure_pages"};
      if (entry.is_regular_file() && speaks) sources.push_back(entry.path());
    }
  CHECK(sources.size() > 200);
  for (const std::filesystem::path& source : sources) {
    CAPTURE(source.filename().string());
    const std::string text = file_of(source);
    REQUIRE_FALSE(text.empty());
    CHECK(ways_round_in(text) == std::vector<std::string_view>{});
  }
}

TEST_CASE("Of what was withheld every word about another try, model, key or setting says no", "[doctor]") {
  constexpr auto elsewhere =
      std::to_array<std::string_view>({"another", "other model", "again", "repeat", "retry", "key", "language", "setting", "each try"});
  constexpr auto denials = std::to_array<std::string_view>({"no ", "not", "stop", "refus", "rarely passes", "may be charged"});
  const auto says_one = [](std::string_view text, const auto& words) {
    return std::ranges::any_of(words, [text](std::string_view word) { return ductile::detail::find_word(text, word) != text.npos; });
  };
  std::size_t looked_at = 0;
  for (const gemini::FailureRow& row : gemini::failures) {
    if (!is_about_content(row.kind) || row.kind == Kind::recitation) continue;
    Diagnosis diagnosis;
    diagnosis.said.verdict = gemini::verdict_of(row);
    const auto advice = tools::detail::advice_of(diagnosis.said);
    for (const std::string_view action : tools::detail::actions_of(advice, gemini::explain(diagnosis.said.verdict))) {
      CAPTURE(row.id.text(), action);
      ++looked_at;
      CHECK((!says_one(action, elsewhere) || says_one(action, denials)));
    }
    CHECK(gemini::successor_of(diagnosis.said.model).empty());
    CHECK_THAT(diagnosis_text(diagnosis), !Catch::Matchers::ContainsSubstring("Another model has capacity"));
  }
  CHECK(looked_at > 40);
}

TEST_CASE("A row is explained, and the table is listed whole", "[doctor]") {
  const gemini::FailureRow* row = gemini::find_failure("deadline-504");
  REQUIRE(row);
  CHECK(failure_text(*row).starts_with("deadline-504: "));
  CHECK(failure_text(*row).find("docs/failures/deadline-504.md\n") != std::string::npos);
  const boost::json::object said = boost::json::parse(failure_json(*row)).as_object();
  CHECK(said.at("id") == "deadline-504");
  CHECK(said.at("category") == "timeout");
  CHECK(said.at("retryable") == "immediately");
  CHECK(said.at("page") == "docs/failures/deadline-504.md");
  CHECK(said.at("actions").as_array().size() == 3);

  // Where it arises, what it counts for and what to do are what is said of an answer of that row.
  for (const gemini::FailureRow& each : gemini::failures) {
    CAPTURE(each.id.text());
    Diagnosis diagnosis;
    diagnosis.said.verdict = gemini::verdict_of(each);
    const boost::json::object seen = boost::json::parse(diagnosis_json(diagnosis)).as_object();
    const boost::json::object known = boost::json::parse(failure_json(each)).as_object();
    for (const std::string_view name : {"layer", "counted", "actions", "who", "billed", "cause"}) {
      CAPTURE(name);
      CHECK(known.at(name) == seen.at(name));
    }
    const std::string text = failure_text(each);
    for (const boost::json::value& action : known.at("actions").as_array())
      CHECK(text.find(std::string{action.as_string()} + "\n") != std::string::npos);
    CHECK(text.find("\n  layer     " + std::string{known.at("layer").as_string()} + "\n") != std::string::npos);
    CHECK(text.find(known.at("counted").as_bool() ? "\n  quota     counts as a request\n" : "\n  quota     counts as nothing\n") !=
          std::string::npos);
  }
  const std::string all = failures_text();
  CHECK(std::ranges::count(all, '\n') == 192);
  CHECK(nearest_failure("rpd-fre") == "rpd-free");
  CHECK(nearest_failure("").empty());
}

namespace {

// A service that answers each method as written down, and writes down what was asked.
struct WrittenService {
  std::map<std::string, TransportResult> answers;  // by the end of the path; what is not there is well
  std::vector<std::string> asked{};

  TransportResult send(const HttpRequest& request, const TransportLimits&) {
    const bool keyed = !header(request.headers, "x-goog-api-key").empty();
    const std::string path = request.url.substr(request.url.find("/v1beta"));
    asked.push_back(path);
    const std::string method = path.find("pageSize") == path.npos ? path.substr(path.find(':') + 1) : keyed ? "list" : "connect";
    if (const auto found = answers.find(method); found != answers.end()) return found->second;
    if (method == "connect") return said(403, R"({"error":{"code":403,"message":"Method doesn't allow unregistered callers."}})");
    if (method == "generateContent") return said(200, R"({"candidates":[{"content":{},"finishReason":"MAX_TOKENS"}]})");
    return said(200, R"({"models":[{"name":"models/a-model"}],"totalTokens":1})");
  }

  static HttpResponse said(int status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
  }
};

std::vector<CheckedStep> checked(WrittenService& service, const Addresses& addresses = std::vector<std::string>{"192.0.2.1"},
                                 std::string key = "a-key-of-ours") {
  std::vector<CheckedStep> steps;
  const CheckOptions options{"https://h/gateway/", gemini::ApiKey{std::move(key)}, "a-model"};
  const bool well = check_service(
      service, options, [&](const std::string&) { return addresses; }, [&](const CheckedStep& step) { steps.push_back(step); });
  CHECK(well == !steps.back().failure);
  return steps;
}

}  // namespace

TEST_CASE("A check asks step by step, and stops at the first that fails", "[doctor]") {
  const auto failing = [](TransportFault fault) { return TransportError{fault, Sent::no, "no"}; };
  const auto error = [](int status, const std::string& message, const std::string& word) {
    return WrittenService::said(
        status, R"({"error":{"code":)" + std::to_string(status) + R"(,"message":")" + message + R"(","status":")" + word + R"("}})");
  };
  struct Row {
    std::string method;
    TransportResult answer;
    CheckStep step;
    std::string_view id;
    std::size_t requests;
  };
  const Row rows[]{
      {"connect", failing(TransportFault::refused), CheckStep::tls, "connect-refused", 1},
      {"connect", failing(TransportFault::tls), CheckStep::tls, "tls-failure", 1},
      {"connect", WrittenService::said(407, ""), CheckStep::tls, "proxy-auth-407", 1},
      {"list", error(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"), CheckStep::key, "api-key-invalid", 2},
      {"list", error(503, "The model is overloaded.", "UNAVAILABLE"), CheckStep::key, "overloaded", 2},
      {"list", error(400, "User location is not supported for the API use.", "FAILED_PRECONDITION"), CheckStep::call, "", 4},
      {"countTokens", error(400, "User location is not supported for the API use.", "FAILED_PRECONDITION"), CheckStep::region,
       "location-unsupported", 3},
      {"countTokens", error(404, "models/a-model is not found for API version v1beta", "NOT_FOUND"), CheckStep::model, "model-not-found",
       3},
      {"generateContent", error(429, "Resource has been exhausted (e.g. check quota).", "RESOURCE_EXHAUSTED"), CheckStep::call,
       "rate-generic", 4},
      {"generateContent", failing(TransportFault::idle_timeout), CheckStep::call, "idle-timeout", 4},
      {"generateContent", WrittenService::said(200, R"({"promptFeedback":{"blockReason":"SAFETY"}})"), CheckStep::call,
       "prompt-blocked-safety", 4},
      {"", WrittenService::said(200, ""), CheckStep::call, "", 4}};
  for (const Row& row : rows) {
    WrittenService service{{{row.method, row.answer}}};
    const auto steps = checked(service);
    CAPTURE(row.method, row.id, checked_text(steps.back()));
    CHECK(name(steps.back().step) == name(row.step));
    CHECK(steps.size() == static_cast<std::size_t>(row.step) + 1);
    CHECK(service.asked.size() == row.requests);
    for (std::size_t i = 0; i + 1 < steps.size(); ++i) CHECK_FALSE(steps[i].failure);
    REQUIRE(steps.back().failure.has_value() == !row.id.empty());
    if (steps.back().failure) CHECK(steps.back().failure->said.verdict.id.text() == row.id);
  }

  WrittenService nobody{};
  const auto no_name = checked(nobody, Addresses{std::string{"Name or service not known"}});
  CHECK(no_name.size() == 1);
  CHECK(no_name.front().failure->said.verdict.id.text() == "dns-failure");
  CHECK(nobody.asked.empty());
  const auto no_key = checked(nobody, std::vector<std::string>{"192.0.2.1"}, "");
  CHECK(no_key.back().step == CheckStep::key);
  CHECK(no_key.back().failure->said.verdict.id.text() == "key-missing");
  CHECK(nobody.asked == std::vector<std::string>{"/v1beta/models?pageSize=1"});
}

TEST_CASE("A checked step is a line and a diagnosis, or one JSON object, and holds no key", "[doctor]") {
  WrittenService service{{{"list", WrittenService::said(403, R"({"error":{"message":"a-key-of-ours was reported as leaked"}})")}}};
  const auto steps = checked(service);
  CHECK(checked_text(steps[0]) == "dns     ok      h: 192.0.2.1\n");
  CHECK(checked_text(steps[1]) == "tls     ok      trusted\n");
  CHECK_THAT(checked_text(steps[2], "a-key-of-ours"),
             Catch::Matchers::StartsWith("key     FAILED  not accepted\npermission (key-leaked)") ||
                 Catch::Matchers::StartsWith("key     FAILED  not accepted\nauth (key-leaked)"));
  for (const CheckedStep& step : steps) {
    const boost::json::object said = boost::json::parse(checked_json(step, "a-key-of-ours")).as_object();
    CHECK(said.at("ok").as_bool() == said.at("diagnosis").is_null());
    CHECK(boost::json::serialize(said).find("a-key-of-ours") == std::string::npos);
  }
}
