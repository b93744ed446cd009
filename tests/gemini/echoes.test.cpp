// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/names.hpp>
#include <ductile/gemini/wordings.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace ductile;
using namespace ductile::gemini;

namespace {

// An answer that repeats the request; the caller's words stand between the two pieces, as a string of JSON or as they are.
struct Repeating {
  std::string_view before;
  std::string_view behind;
  int status = 0;
  bool quoted = true;
};

const std::vector<Repeating>& answers() {
  static const std::vector<Repeating> all{
      {R"({"error": {"code": 500, "message": "boom", "status": "INTERNAL"}, "request": {"contents": [{"parts": [{"text": )", "}]}]}}", 500},
      {R"({"success": false, "error": "boom", "requestParameters": {"negative_prompt": )", R"(, "size": "1K"}})", 500},
      {R"({"detail": [{"type": "too_long", "loc": ["body", "prompt"], "msg": "too long", "input": )", "}]}", 422},
      {R"({"error": {"code": 503, "message": "x", "status": "UNAVAILABLE", "details": [{"@type": "google.rpc.DebugInfo", "detail": )",
       "}]}}", 503},
      {R"({"candidates": [{"finishReason": "IMAGE_SAFETY"}], "messages": [{"role": "user", "content": )", "}]}", 200},
      {R"({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "prompt": )", "}", 200},
      {"Error code: 500 - {'error': {'message': 'boom'}, 'request_data': {'messages': [{'role': 'user', 'content': ", "}]}}"},
      {R"({"error"=>{"code"=>500, "message"=>"boom"}, "prompt"=>)", "}", 500},
      {"boom. requestBodyValues: { contents: [ { parts: [ { text: ", " } ] } ] }, statusCode: 500"},
      {"500 Internal Server Error: generate_image(prompt=", ", size=1)"},
      {"{code=500, message=boom, request={prompt=a sign, ", "}, status=INTERNAL}", 0, false},
  };
  return all;
}

Classification judged(const Repeating& answer, std::string_view words) {
  const std::string told = answer.quoted ? boost::json::serialize(boost::json::string{words}) : std::string{words};
  return classify_text(std::string{answer.before} + told + std::string{answer.behind}, answer.status);
}

void check_decides_nothing(std::string_view words) {
  for (const Repeating& answer : answers()) {
    const Classification plain = judged(answer, "a red cat");
    const Classification said = judged(answer, words);
    CAPTURE(answer.before, words);
    CHECK(said.verdict == plain.verdict);
    CHECK(said.confidence == plain.confidence);
    CHECK(said.limit_value == plain.limit_value);
  }
}

}  // namespace

TEST_CASE("No phrase that the classifier knows decides where an answer repeats the request", "[gemini]") {
  for (const Wording& wording : wordings) check_decides_nothing(wording.phrase);
  for (const KindWording& wording : kind_wordings) check_decides_nothing(wording.phrase);
}

TEST_CASE("No name, figure or wait decides where an answer repeats the request", "[gemini]") {
  for (const std::string_view words :
       {"limit: 0", "API_KEY_INVALID", "finish_reason is 3", "blockReason: SAFETY", "GenerateRequestsPerDayPerProject-FreeTier",
        "please try again in 2 hours", "30 秒后再试", "error 429", "the model gemini-9 has reached its end of life"})
    check_decides_nothing(words);
}

TEST_CASE("A member repeats the request by its name, a request's id and errors do not", "[gemini]") {
  for (const std::string_view name : {"prompt", "negativePrompt", "system_prompt", "requestBodyValues", "request_data", "Contents"})
    CHECK(is_echo(name));
  for (const std::string_view name : {"promptFeedback", "prompt_token_count", "requestId", "request_error", "message", "content", ""})
    CHECK_FALSE(is_echo(name));
  CHECK_FALSE(is_echo_in_words("Request"));  // "400 Bad Request: {"
}
