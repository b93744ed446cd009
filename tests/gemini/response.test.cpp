// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "tiny_images.hpp"

#include <ductile/core/error_classifier.hpp>
#include <ductile/gemini/base64.hpp>
#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/response.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

using namespace ductile;
using namespace ductile::gemini;

static_assert(KnowsCost<ImageReply>);

namespace {
std::string_view fault_of(const std::variant<ImageReply, ReplyFault>& read) {
  const auto* fault = std::get_if<ReplyFault>(&read);
  return fault ? fault->id.text() : "an image";
}

// An answer whose one final part is `part`.
std::string with_part(std::string_view part) {
  return R"({"candidates":[{"content":{"parts":[)" + std::string{part} + R"(]},"finishReason":"STOP"}]})";
}
}  // namespace

TEST_CASE("The final image is taken, drafts and thoughts are left out", "[gemini]") {
  const std::string image = tiny::png(1024, 1024);
  const auto read = read_reply(tiny::answer(image), {"gemini-3-pro-image", "", std::nullopt});
  const auto* reply = std::get_if<ImageReply>(&read);
  REQUIRE(reply);
  CHECK(reply->bytes == image);
  CHECK(reply->mime_type() == "image/png");
  CHECK(reply->width == 1024);
  CHECK(reply->height == 1024);
  CHECK(reply->text == "Here you are.");
  CHECK(reply->usage.prompt == 9);
  CHECK(reply->usage.output == 1120);
  CHECK(reply->usage.thoughts == 240);
  CHECK(reply->usage.total == 1369);
  CHECK(reply->cost().tokens == 9);
  CHECK(reply->cost().images == 1);
  CHECK(reply->thought_signature() == "c2lnbmVk");
  CHECK(reply->model_version == "gemini-3-pro-image");
  CHECK_FALSE(reply->model_substituted);
}

TEST_CASE("The type of an image is the one that its bytes show", "[gemini]") {
  const auto read = read_reply(tiny::answer(tiny::jpeg(1024, 1024), "image/png"));
  const auto* reply = std::get_if<ImageReply>(&read);
  REQUIRE(reply);
  CHECK(reply->mime_type() == "image/jpeg");
  CHECK(file_extension(reply->format) == ".jpg");
}

TEST_CASE("An answer goes back as a turn with its signatures and without its drafts", "[gemini]") {
  const std::string image = tiny::png(1024, 1024);
  const auto read = read_reply(tiny::answer(image));
  const boost::json::value turn = boost::json::parse(std::get<ImageReply>(read).turn().json);
  CHECK(turn.at("role").as_string() == "model");
  const boost::json::array& parts = turn.at("parts").as_array();
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].at("text").as_string() == "Here you are.");
  CHECK(parts[1].at("thoughtSignature").as_string() == "c2lnbmVk");
  CHECK(decode_base64(std::string{parts[1].at("inlineData").at("data").as_string()}) == image);

  ImageRequest next{.prompt = "now in blue",
                    .history = {{R"({"role":"user","parts":[{"text":"a balloon"}]})"}, std::get<ImageReply>(read).turn()}};
  CHECK_FALSE(check(next, "gemini-3-pro-image"));
  const boost::json::value body = boost::json::parse(to_json(next));
  CHECK(body.at("contents").as_array().size() == 3);
  CHECK(body.at("contents").as_array()[1].at("parts").as_array()[1].at("thoughtSignature").as_string() == "c2lnbmVk");
}

TEST_CASE("Another model than the one that was asked is noticed", "[gemini]") {
  const std::string body = tiny::answer(tiny::png(8, 8));
  const auto substituted = [&body](std::string_view asked) {
    return std::get<ImageReply>(read_reply(body, {asked, "", std::nullopt})).model_substituted;
  };
  CHECK(substituted("gemini-nano-banana-2.1"));
  CHECK_FALSE(substituted("gemini-3-pro-image"));
  CHECK_FALSE(substituted("models/gemini-3-pro-image"));
  CHECK_FALSE(substituted("gemini-3-pro-image-preview"));
  CHECK_FALSE(substituted("nano-banana-pro-preview"));
  CHECK_FALSE(substituted(""));
}

TEST_CASE("An image of another size or ratio than asked is a failure, and without a wish any size will do", "[gemini]") {
  const auto read = [](std::uint32_t width, std::uint32_t height, std::string_view ratio, std::optional<ImageSize> size) {
    return fault_of(read_reply(tiny::answer(tiny::png(width, height)), {"gemini-3-pro-image", ratio, size}));
  };
  CHECK(read(5504, 3072, "16:9", ImageSize::four_k) == "an image");
  CHECK(read(1376, 768, "16:9", ImageSize::one_k) == "an image");
  CHECK(read(1344, 768, "16:9", std::nullopt) == "an image");  // the older models' table
  CHECK(read(17, 3, "", std::nullopt) == "an image");
  CHECK(read(1024, 1024, "16:9", std::nullopt) == "image-dimensions-mismatch");
  CHECK(read(1024, 1024, "", ImageSize::four_k) == "image-dimensions-mismatch");
  CHECK(read(1024, 1024, "1:1", ImageSize::two_k) == "image-dimensions-mismatch");
  CHECK(read(2048, 2048, "1:1", ImageSize::one_k) == "image-dimensions-mismatch");
  CHECK(read(792, 168, "21:9", ImageSize::px_512) == "an image");  // so it stands in the service's own table
}

TEST_CASE("What keeps an answer from being an image is named", "[gemini]") {
  const std::string image = encode_base64(tiny::png(8, 8));
  const auto inline_part = [](std::string_view data, std::string_view more = "") {
    return with_part(R"({"inlineData":{"mimeType":"image/png","data":")" + std::string{data} + "\"}" + std::string{more} + "}");
  };
  CHECK(fault_of(read_reply(inline_part(image))) == "an image");
  CHECK(fault_of(read_reply(with_part(R"({"inline_data":{"mime_type":"image/png","data":")" + image + "\"}}"))) == "an image");
  CHECK(fault_of(read_reply(inline_part(image, R"(,"thought":true)"))) == "only-thought-image");
  CHECK(fault_of(read_reply(inline_part(""))) == "inline-data-empty");
  CHECK(fault_of(read_reply(inline_part("data:image/png;base64," + image))) == "inline-data-corrupt");
  CHECK(fault_of(read_reply(inline_part(image.substr(0, image.size() - 8)))) == "inline-data-corrupt");
  CHECK(fault_of(read_reply(inline_part(encode_base64("not an image at all")))) == "inline-data-corrupt");
  CHECK(fault_of(read_reply(with_part(R"({"text":"No"})"))) == "text-only-stop");
  CHECK(fault_of(read_reply(with_part(""))) == "stop-no-parts");
  CHECK(fault_of(read_reply("{}")) == "stop-no-parts");
  CHECK(fault_of(read_reply("[]")) == "body-empty-object");
  const std::string whole = tiny::answer(tiny::png(8, 8));
  CHECK(fault_of(read_reply(std::string_view{whole}.substr(0, whole.size() / 2))) == "truncated-json");
}

TEST_CASE("Whatever shape the pieces of an answer have, reading them does not stumble", "[gemini]") {
  for (const char* body :
       {R"({"candidates":null})", R"({"candidates":{}})", R"({"candidates":[null]})", R"({"candidates":[{"content":null}]})",
        R"({"candidates":[{"content":{"parts":null}}]})", R"({"candidates":[{"content":{"parts":[null,1,"x",[],{}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"inlineData":null}]}}]})",
        R"({"candidates":[{"content":{"parts":[{"inlineData":{"data":5}}]}}],"usageMetadata":[]})", "null", "1", "\"x\"", "{", ""}) {
    CAPTURE(body);
    CHECK(fault_of(read_reply(body)) != "an image");
  }
}

TEST_CASE("A 200 is a success only with a whole image in it", "[gemini]") {
  const auto id = [](std::string body, ReplyExpectation expected = {}) -> std::string {
    const auto answer = read_answer(HttpResponse{200, {}, std::move(body)}, expected);
    const auto* failed = std::get_if<Classification>(&answer);
    return failed ? std::string{failed->verdict.id.text()} : "an image";
  };
  const std::string good = tiny::answer(tiny::png(1024, 1024));
  CHECK(id(good) == "an image");
  CHECK(id(good, {"gemini-3-pro-image", "16:9", std::nullopt}) == "image-dimensions-mismatch");
  CHECK(id(good.substr(0, good.size() - 20)) == "truncated-json");

  const auto finished = [&good](std::string_view reason) {
    std::string body = good;
    body.replace(body.find("\"STOP\""), 6, reason);
    return body;
  };
  CHECK(id(finished("\"MAX_TOKENS\"")) == "an image");  // whole, and paid for
  CHECK(id(finished("\"IMAGE_SAFETY\"")) == "image-safety-text");
  CHECK(id(finished("\"SOMETHING_NEW\"")) == "finish-unknown");
  CHECK(id(finished("77")) == "finish-unknown");
  CHECK(id(finished("1")) == "an image");
  CHECK(id(finished("3")) == "safety-finish");
  CHECK(id("") == "body-empty");  // nothing says that a piece of it was lost
  CHECK(id("<!DOCTYPE html><html><title>Log in</title></html>") == "captive-200-html");
}

TEST_CASE("An image that is there and paid for is handed out whatever stands around it", "[gemini]") {
  const std::string image = tiny::png(1024, 1024);
  const std::string whole = tiny::answer(image);
  const auto beside = [&whole](std::string_view members) { return whole.substr(0, whole.size() - 1) + "," + std::string{members} + "}"; };
  const auto finished = [&whole](std::string_view reason) {
    std::string body = whole;
    return body.replace(body.find("\"STOP\""), 6, reason);
  };
  const std::string text = R"({"candidates":[{"content":{"parts":[{"text":"Drawing."}]}}],"modelVersion":"gemini-3-pro-image"})";
  const std::string end = R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":11}})";
  for (const std::string& body :
       {"\xEF\xBB\xBF" + whole,
        "[" + text + ",\r\n" + whole + "\n,\n" + end + "]",
        "[" + whole + "]",
        text + "\n" + whole + "\n" + end + "\n",
        "data: " + text + "\r\n\r\ndata: " + whole + "\r\n\r\ndata: " + end + "\r\n\r\n",
        "\xEF\xBB\xBF: a comment\nevent: message\ndata: " + whole + "\n\n",
        R"({"response":)" + whole + "}",
        R"({"key":"row-1","response":)" + whole + "}",
        R"({"data":{"result":)" + whole + R"(},"status":200})",
        "[{\"response\":" + text + "},{\"response\":" + whole + "}]",
        "data: {\"response\":" + text + "}\n\ndata: {\"response\":" + whole + "}\n\n",
        beside(R"("promptFeedback":{"blockReason":0})"),
        beside(R"("promptFeedback":{"blockReason":"BLOCK_REASON_UNSPECIFIED"})"),
        beside(R"("promptFeedback":{"blockReason":"BLOCKED_REASON_UNSPECIFIED"})"),
        finished("0"),
        finished("\"FINISH_REASON_UNSPECIFIED\""),
        finished("null"),
        finished("\"\""),
        finished("\"None\""),
        beside(R"("promptFeedback":{"blockReason":null})"),
        beside(R"("prompt_feedback":{"block_reason":"None"})"),
        beside(R"("promptFeedback":{"blockReason":false})"),
        beside(R"("error":null)"),
        beside(R"("error":"")"),
        beside(R"("error":false)"),
        beside(R"("error":{})"),
        beside(R"("error":{"code":null,"message":null,"status":null})"),
        beside(R"("error":{"code":0,"message":"","details":[]})"),
        "data: " + text.substr(0, text.rfind("}],")) + R"(,"finishReason":null}]})" + "\n\ndata: " + whole + "\n\ndata: " + end + "\n\n",
        "data: " + whole + "\n\ndata: " + R"({"candidates":[{"finishReason":null}],"usageMetadata":{"promptTokenCount":11}})" + "\n\n"}) {
    CAPTURE(body);
    const auto answer = read_answer(HttpResponse{200, {}, body}, {"gemini-3-pro-image", "1:1", ImageSize::one_k});
    REQUIRE(std::holds_alternative<ImageReply>(answer));
    const auto& reply = std::get<ImageReply>(answer);
    CHECK(reply.bytes == image);
    CHECK(reply.usage.prompt == (body.find(R"("promptTokenCount":11)") == std::string::npos ? 9 : 11));
    CHECK(reply.model_version == "gemini-3-pro-image");
    CHECK(reply.response_id == "abc");
    CHECK(classify(HttpResponse{200, {}, body}).ok());
  }
  const auto id = [](std::string body) { return std::string{classify(HttpResponse{200, {}, std::move(body)}).verdict.id.text()}; };
  CHECK(id(beside(R"("promptFeedback":{"blockReason":"SAFETY"})")) == "prompt-blocked-safety");
  CHECK(id(R"({"promptFeedback":{"blockReason":0}})") == "prompt-blocked-other");
  CHECK(id(R"({"promptFeedback":{"blockReason":null}})") == "candidates-empty");
  CHECK(id("data: " + text + "\n\n") == "sse-no-finish");
  CHECK(id("data: " + text.substr(0, text.rfind("}],")) + R"(,"finishReason":null}]})" + "\n\n") == "sse-no-finish");
  CHECK(id(R"(data: {"choices":[{"delta":{"content":"a"},"finish_reason":null}]})"
           "\n\n") == "sse-no-finish");
  CHECK(id(beside(R"("error":{"code":null,"message":"Internal error encountered."})")) == "finish-unknown");
  CHECK(id("data: " + whole.substr(0, whole.size() - 9)) == "truncated-json");
  CHECK(id("[" + text + "," + end + "]") == "text-only-stop");
  CHECK(id("data: " + whole + "\n\ndata: no JSON\n\n") == "inline-data-corrupt");
}

TEST_CASE("What an answer cost is read however its numbers are written, and every image counts", "[gemini]") {
  const std::string part = R"({"inlineData":{"mimeType":"image/png","data":")" + encode_base64(tiny::png(8, 8)) + "\"}}";
  const std::string draft = R"({"thought":true,)" + part.substr(1);
  const auto answer = [](const std::string& parts, std::string_view tokens, std::string_view reason = "STOP") {
    return HttpResponse{200,
                        {},
                        R"({"candidates":[{"content":{"parts":[)" + parts + R"(]},"finishReason":")" + std::string{reason} +
                            R"("}],"usageMetadata":{"promptTokenCount":)" + std::string{tokens} + "}}"};
  };
  struct Case {
    std::string_view written;
    int tokens;
  };
  for (const Case& c :
       {Case{"12", 12}, Case{"\"12\"", 12}, Case{"12.0", 12}, Case{"\"12.0\"", 12}, Case{"1.2e1", 12}, Case{"12.5", 0}, Case{"-3", 0},
        Case{"\"many\"", 0}, Case{"null", 0}, Case{"99999999999999999999", 0}, Case{"4000000000", 2147483647}}) {
    CAPTURE(c.written);
    const Classification made = classify(answer(part, c.written));
    CHECK(made.ok());
    CHECK(made.verdict.tokens == c.tokens);
    if (c.written != "1.2e1") CHECK(classify(answer("", c.written, "IMAGE_SAFETY")).verdict.tokens == c.tokens);
  }
  struct Made {
    std::string parts;
    int images;
  };
  for (const Made& c : {Made{part, 1}, Made{part + "," + part, 2}, Made{draft + "," + part, 1}, Made{part + "," + part + "," + part, 3}}) {
    CAPTURE(c.parts);
    const HttpResponse response = answer(c.parts, "1");
    CHECK(classify(response).verdict.images == c.images);
    CHECK(classify_text(response.body, 200).verdict.images == c.images);
    CHECK(std::get<ImageReply>(read_reply(response.body)).cost().images == c.images);
  }
}

TEST_CASE("A substituted model's image is delivered and not thrown away", "[gemini]") {
  const auto answer = read_answer(HttpResponse{200, {}, tiny::answer(tiny::png(1024, 1024))}, {"gemini-nano-banana-2.1", "", std::nullopt});
  REQUIRE(std::holds_alternative<ImageReply>(answer));
  CHECK(std::get<ImageReply>(answer).model_substituted);
}
