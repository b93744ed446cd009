// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "tiny_images.hpp"

#include <ductile/core/now.hpp>
#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/image_file.hpp>

#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

using namespace ductile;
using namespace ductile::gemini;

namespace {

std::string repeated(std::string_view piece, std::size_t bytes) {
  std::string text;
  text.reserve(bytes + piece.size());
  while (text.size() < bytes) text.append(piece);
  return text;
}

Classification judged(std::string body, int status) { return classify(HttpResponse{status, {}, std::move(body)}); }

// A sanitizer makes it several times as slow: then half a megabyte takes as long.
#if defined(__has_feature)
constexpr bool sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool sanitized = false;
#endif
constexpr std::size_t body_bytes = (sanitized ? 512 : 1024) * std::size_t{1024};

}  // namespace

TEST_CASE("An answer of any size costs time in proportion to its length, and has a kind", "[gemini][hostile]") {
  struct Case {
    std::string_view what;
    std::string body;
  };
  const std::vector<Case> cases{
      {"brackets", repeated("[", body_bytes)},
      {"braces", repeated("{\"a\":", body_bytes)},
      {"brackets that open nothing", repeated("[ [ [x", body_bytes)},
      {"closing brackets", "{" + repeated("]}", body_bytes)},
      {"quotes", repeated("\"", body_bytes)},
      {"escaped quotes", "{\"message\":\"" + repeated("\\\"", body_bytes)},
      {"backslashes", "{\"message\":\"" + repeated("\\", body_bytes) + "\"}"},
      {"small values", "[{\"a\":[" + repeated("1,", body_bytes)},
      {"violations", "{\"error\":{\"violations\":[" + repeated("{\"quotaId\":\"x\"},", body_bytes)},
      {"limits", repeated("limit: 1 ", body_bytes)},
      {"months", repeated("month ", body_bytes)},
      {"blanks", repeated(" ", body_bytes)},
      {"blanks between values", "[" + repeated("\"a\"                ", body_bytes)},
      {"zeros", std::string(body_bytes, '\0')},
      {"bytes that are no UTF-8", "{\"error\":{\"message\":\"" + repeated("\xFF\xC0\xED\xA0\x80", body_bytes) + "\"}}"},
      {"events", repeated("data: {}\n\n", body_bytes)},
      {"quotes that do not close in a refusal",
       R"({"error":{"code":400,"status":"INVALID_ARGUMENT","details":[)" + repeated("\"" + repeated(" 'a", 15'000) + "\",", body_bytes)},
      {"one long word", repeated("a", body_bytes)},
      {"nested strings", "{\"message\":\"" + repeated("{\\\"message\\\":\\\"", body_bytes)},
  };
  for (const Case& c : cases)
    for (const int status : {200, 429, 500}) {
      CAPTURE(c.what, status);
      const std::clock_t begun = std::clock();  // the processor's time: how busy the machine is does not matter
      const Classification said = judged(c.body, status);
      const double spent_s = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
      CHECK_FALSE(said.ok());
      CHECK(said.verdict.kind != Kind::ok);
      CHECK_FALSE(said.evidence.empty());
      CHECK(said.message.size() <= 503);
      CHECK(spent_s < 5);  // what grows with the square takes hours
    }
}

TEST_CASE("What is deeper than any answer is not followed and does not hide what stands above it", "[gemini][hostile]") {
  const std::string deep = R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","x":)" + repeated("[", 100'000) + repeated("]", 100'000) +
                           R"(,"details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}})";
  CHECK(judged(deep, 429).verdict.id == FailureId{"rpd-free"});
}

TEST_CASE("A message that is no UTF-8 is kept as text that is", "[gemini][hostile]") {
  const Classification said =
      judged("{\"error\":{\"code\":400,\"message\":\"bad \xFF\xFE bytes \xE2\x82\",\"status\":\"INVALID_ARGUMENT\"}}", 400);
  CHECK(said.verdict.kind == Kind::bad_request);
  CHECK(said.message == "bad ?? bytes ??");
}

TEST_CASE("An image that is not one is a failure with a kind", "[gemini][hostile]") {
  const auto with_data = [](std::string_view data) {
    return R"({"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":")" + std::string{data} +
           R"("}}]},"finishReason":"STOP"}]})";
  };
  for (const std::string& data :
       {std::string{"!!!!"}, std::string{"AAAA"}, repeated("AAAA", 2 * body_bytes), std::string{"iVBORw0KGgo="}}) {
    const Classification said = judged(with_data(data), 200);
    CAPTURE(data.substr(0, 20), data.size());
    CHECK(said.verdict.kind == Kind::other);
    CHECK(said.verdict.id == FailureId{"inline-data-corrupt"});
  }
}

TEST_CASE("Random damage to an answer never passes for an image and never stumbles", "[gemini][hostile]") {
  const std::string whole = tiny::answer(tiny::png(64, 64));
  SplitMix64 random{7};
  for (int round = 0; round < 3000; ++round) {
    std::string body = whole;
    for (int changes = 0; changes < 1 + round % 4; ++changes) body[random() % body.size()] = static_cast<char>(random());
    const auto answer = read_answer(HttpResponse{200, {}, body});
    // A change in the words beside the image leaves it whole; what is delivered is an image in any case.
    if (const auto* reply = std::get_if<ImageReply>(&answer))
      CHECK(check_image(reply->bytes));
    else
      CHECK(std::get<Classification>(answer).verdict.kind != Kind::ok);
  }
}

TEST_CASE("Random bytes have a kind", "[gemini][hostile]") {
  SplitMix64 random{11};
  constexpr std::string_view letters{"{}[]\",:\\ \n0123456789abcdefquotaIdlimit: errormessagedata:<html>\xFF\x80\0"};
  for (int round = 0; round < 5000; ++round) {
    std::string body(random() % 200, ' ');
    for (char& c : body) c = letters[random() % letters.size()];
    const Classification said = judged(body, round % 2 == 0 ? 503 : 200);
    CHECK_FALSE(said.ok());
  }
}
