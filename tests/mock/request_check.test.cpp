// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/image.hpp>
#include <ductile/mock/models.hpp>
#include <ductile/mock/request_check.hpp>

#include "../support/catch.hpp"
#include "asking.hpp"

#include <ductile/gemini/base64.hpp>

#include <string>
#include <string_view>
#include <variant>

using ductile::mock::Asked;
using ductile::mock::check_request;
using ductile::mock::Refusal;

namespace {

Refusal refusal(std::string_view body, std::string_view model = "gemini-3-pro-image") {
  const auto checked = check_request(body, ductile::mock::find_served_model(model).value());
  const auto* refused = std::get_if<Refusal>(&checked);
  return refused ? *refused : Refusal{"accepted"};
}

std::string with_config(std::string_view config) {
  return R"({"contents": [{"parts": [{"text": "a cat"}]}], "generationConfig": )" + std::string{config} + "}";
}

std::string with_parts(std::string_view parts, std::string_view role = "user") {
  return R"({"contents": [{"role": ")" + std::string{role} + R"(", "parts": )" + std::string{parts} + "}]}";
}

}  // namespace

TEST_CASE("A request is turned away in the row that the service would use", "[mock]") {
  struct Case {
    std::string body;
    std::string_view id;
    std::string_view model = "gemini-3-pro-image";
  };
  const std::string png = ductile::gemini::encode_base64(ductile::mock::draw_png("x", 1, {8, 8}));
  const Case cases[] = {
      {asking::body_for("a cat"), "accepted"},
      {asking::body_for("a cat", "4K", "16:9"), "accepted"},
      {R"({"contents": {"parts": [{"text": "one turn needs no list"}]}})", "accepted"},
      {R"({"contents": [{"parts": [{"text": "a cat"}]}], "generation_config": {"image_config": {"aspect_ratio": "1:1"}}})", "accepted"},
      {with_config(R"({"responseFormat": {"image": {"aspectRatio": "16:9"}}})"), "accepted"},
      {with_config(R"({"responseModalities": ["Text", "Image"]})"), "accepted"},
      {with_parts(R"([{"inlineData": {"mimeType": "image/png", "data": ")" + png + "\"}}]"), "accepted"},
      {"", "invalid-argument-generic"},
      {"[]", "invalid-argument-generic"},
      {"{\"contents\": [", "invalid-argument-generic"},
      {"{}", "invalid-argument-generic"},
      {with_parts("[]"), "invalid-argument-generic"},
      {with_parts(R"([{"text": 7}])"), "invalid-argument-generic"},
      {with_parts(R"([{"text": "x"}])", "system"), "invalid-argument-generic"},
      {R"({"content": []})", "unknown-field"},
      {with_config(R"({"aspectRatio": "16:9"})"), "unknown-field"},
      {with_config(R"({"imageConfig": {"personGeneration": "allow"}})"), "unknown-field"},
      {with_config(R"({"imageConfig": {"aspectRatio": "7:3"}})"), "aspect-ratio-invalid"},
      {with_config(R"({"imageConfig": {"aspectRatio": "1:8"}})"), "aspect-ratio-invalid"},
      {with_config(R"({"imageConfig": {"aspectRatio": "1:8"}})"), "accepted", "gemini-nano-banana-2.1"},
      {with_config(R"({"imageConfig": {"imageSize": "512"}})"), "image-size-invalid"},
      {with_config(R"({"imageConfig": {"imageSize": "1k"}})"), "image-size-invalid"},
      {with_config(R"({"imageConfig": {"imageSize": "512px"}})"), "image-size-px"},
      {with_config(R"({"imageConfig": {"imageSize": "2K"}})"), "image-size-invalid", "gemini-3.1-flash-lite-image"},
      {with_config(R"({"imageConfig": {"imageSize": "1K"}})"), "image-size-invalid", "gemini-2.5-flash-image"},
      {with_config(R"({"responseModalities": ["IMAGE"]})"), "modality-unsupported", "gemini-3.8-flash"},
      {with_config(R"({"thinkingConfig": {"thinkingBudget": 52428}})"), "thinking-budget-invalid"},
      {with_config(R"({"thinkingConfig": {"includeThoughts": true}})"), "thinking-config-contradiction", "gemini-2.5-flash-image"},
      {with_parts(R"([{"inlineData": {"mimeType": "image/png", "data": "data:image/png;base64,iVBOR"}}])"), "base64-data-url"},
      {with_parts(R"([{"inlineData": {"mimeType": "image/tiff", "data": "AAAA"}}])"), "mime-unsupported"},
      {with_parts(R"([{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}])"), "input-image-invalid"},
      {with_parts(R"([{"inlineData": {"mimeType": "image/png", "data": ")" + png + "\"}}]", "model"), "thought-signature-missing"},
      {R"({"contents": [{"parts": [{"text": "x"}]}], "tools": [{"googleSearch": {}, "urlContext": {}}]})", "tool-type-conflict"},
      {asking::body_for(std::string(400'000, 'x')), "token-count-exceeded", "gemini-3.1-flash-lite-image"},
  };
  for (const Case& each : cases) {
    INFO(each.body.substr(0, 200));
    CHECK(refusal(each.body, each.model).id == each.id);
  }
}

TEST_CASE("A refusal names the field as it was sent and where it stood", "[mock]") {
  const Refusal unknown = refusal(with_config(R"({"aspectRatio": "16:9"})"));
  CHECK(unknown.message == "Invalid JSON payload received. Unknown name \"aspectRatio\" at 'generation_config': Cannot find field.");
  CHECK(unknown.field == "generation_config");
  CHECK(refusal(with_parts(R"([{"text": "x"}, {"inlineData": {"mimeType": "image/png", "data": "data:image/png;base64,x"}}])")).field ==
        "contents[0].parts[1].inline_data.data");
}

TEST_CASE("What is asked for is the last turn's text, the size, the ratio and what to answer with", "[mock]") {
  const auto checked = check_request(
      R"({"contents": [{"role": "user", "parts": [{"text": "a cat"}]}, {"role": "model", "parts": [{"text": "done"}]},
                       {"role": "user", "parts": [{"text": "now "}, {"text": "in blue"}]}],
          "generationConfig": {"responseModalities": ["IMAGE"], "imageConfig": {"imageSize": "2K", "aspectRatio": "3:2"},
                               "thinkingConfig": {"includeThoughts": true}}, "serviceTier": "priority"})",
      ductile::mock::find_served_model("gemini-3-pro-image").value());
  REQUIRE(std::holds_alternative<Asked>(checked));
  const Asked& asked = std::get<Asked>(checked);
  CHECK(asked.prompt == "now in blue");
  CHECK(asked.size == "2K");
  CHECK(asked.ratio == "3:2");
  CHECK(asked.service_tier == "priority");
  CHECK(asked.image);
  CHECK_FALSE(asked.text);
  CHECK(asked.thoughts);
  CHECK(asked.tokens >= 1);
}

TEST_CASE("A body deeper than the parser goes is refused, not followed", "[mock]") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(refusal("{\"contents\": " + deep + "}").id == "invalid-argument-generic");
}
