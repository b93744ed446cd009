// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/image.hpp>
#include <ductile/mock/models.hpp>
#include <ductile/mock/request_check.hpp>

#include "../support/catch.hpp"
#include "asking.hpp"

#include <ductile/core/transport.hpp>
#include <ductile/gemini/base64.hpp>
#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/redact.hpp>

#include <boost/json.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using ductile::mock::Asked;
using ductile::mock::check_request;
using ductile::mock::FieldViolation;
using ductile::mock::Refusal;
using ductile::mock::Terms;

namespace {

Refusal refusal(std::string_view body, std::string_view model = "gemini-3-pro-image", const Terms& terms = {}) {
  const auto checked = check_request(body, ductile::mock::find_served_model(model).value(), terms);
  const auto* refused = std::get_if<Refusal>(&checked);
  return refused ? *refused : Refusal{"accepted"};
}

std::string with_config(std::string_view config) {
  return R"({"contents": [{"parts": [{"text": "a cat"}]}], "generationConfig": )" + std::string{config} + "}";
}

std::string with_member(std::string_view name, std::string_view element) {
  return R"({"contents": [{"parts": [{"text": "x"}]}], ")" + std::string{name} + "\": [" + std::string{element} + "]}";
}

std::string with_safety(std::string_view setting) { return with_member("safetySettings", setting); }
std::string with_tools(std::string_view tool) { return with_member("tools", tool); }

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
      {R"({"contents": [{"parts": [{"text": "x"}]}], "systemInstruction": {"text": "short"}})", "unknown-field"},
      {R"({"contents": [{"parts": [{"text": "x"}]}], "tools": [{"browser": {}}]})", "unknown-field"},
      {with_config(R"({"temperature": "1.0", "topK": 40, "seed": "7"})"), "accepted"},
      {with_config(R"({"temperature": "warm"})"), "invalid-argument-generic"},
      {with_config(R"({"candidateCount": 1.5})"), "invalid-argument-generic"},
      {with_config(R"({"imageConfig": [{"aspectRatio": "1:1"}]})"), "invalid-argument-generic"},
      {with_config(R"("large")"), "invalid-argument-generic"},
      {with_config(R"({"imageConfig": {"aspectRatio": "7:3"}})"), "aspect-ratio-invalid"},
      {with_config(R"({"imageConfig": {"aspectRatio": "1:8"}})"), "aspect-ratio-invalid"},
      {with_config(R"({"imageConfig": {"aspectRatio": "1:8"}})"), "accepted", "gemini-nano-banana-2.1"},
      {with_config(R"({"imageConfig": {"imageSize": "512"}})"), "image-size-invalid"},
      {with_config(R"({"imageConfig": {"imageSize": "1k"}})"), "image-size-invalid"},
      {with_config(R"({"imageConfig": {"imageSize": "512px"}})"), "image-size-px"},
      {with_config(R"({"imageConfig": {"imageSize": "2K"}})"), "image-size-invalid", "gemini-3.1-flash-lite-image"},
      {with_config(R"({"imageConfig": {"imageSize": "1K"}})"), "image-size-invalid", "gemini-2.5-flash-image"},
      {with_config(R"({"responseModalities": ["IMAGE"]})"), "modality-unsupported", "gemini-3.8-flash"},
      {with_config(R"({"responseModalities": ["AUDIO"]})"), "modality-unsupported"},
      {with_config(R"({"responseModalities": ["PICTURE"]})"), "invalid-argument-generic"},
      {with_config(R"({"thinkingConfig": {"thinkingBudget": 52428}})"), "thinking-budget-invalid"},
      {with_config(R"({"thinkingConfig": {"thinkingLevel": "high"}})"), "accepted"},
      {with_config(R"({"thinkingConfig": {"thinkingLevel": "HUGE"}})"), "invalid-argument-generic"},
      {with_config(R"({"thinkingConfig": {"thinkingLevel": "LOW"}})"), "invalid-argument-generic", "gemini-nano-banana-2.1"},
      {with_config(R"({"thinkingConfig": {"thinkingLevel": "HIGH"}})"), "thinking-config-contradiction", "gemini-2.5-flash-image"},
      {with_config(R"({"thinkingConfig": {"thinkingLevel": "HIGH", "thinkingBudget": 1}})"), "thinking-config-contradiction"},
      {with_config(R"({"thinkingConfig": {"includeThoughts": true}})"), "thinking-config-contradiction", "gemini-2.5-flash-image"},
      {with_parts(R"([{"inlineData": {"mimeType": "image/png", "data": "data:image/png;base64,iVBOR"}}])"), "base64-data-url"},
      {with_parts(R"([{"inlineData": {"mimeType": "image/tiff", "data": "AAAA"}}])"), "mime-unsupported"},
      {with_parts(R"([{"inlineData": {"mimeType": "video/mp4", "data": "AAAA"}}])"), "mime-unsupported"},
      {with_parts(R"([{"inlineData": {"mimeType": "video/mp4", "data": "AAAA"}}])"), "accepted", "gemini-nano-banana-2.1"},
      {with_parts(R"([{"fileData": {"mimeType": "application/pdf", "fileUri": "files/a"}}])"), "mime-unsupported"},
      {with_parts(R"([{"fileData": {"mimeType": "application/pdf", "fileUri": "files/a"}}])"), "accepted", "gemini-3.8-flash"},
      {with_parts(R"([{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}])"), "input-image-invalid"},
      {with_parts(R"([{"inlineData": {"mimeType": "image/png", "data": ")" + png + "\"}}]", "model"), "thought-signature-missing"},
      {with_parts(R"([{"inlineData": {"mimeType": "image/png", "data": ")" + png + "\"}}]", "model"), "accepted", "gemini-2.5-flash-image"},
      {with_parts(R"([{"text": "here"}, {"inlineData": {"mimeType": "image/png", "data": ")" + png + R"("}, "thoughtSignature": "c2ln"}])",
                  "model"),
       "thought-signature-missing"},
      {with_parts(R"([{"text": "plan", "thought": true}, {"inlineData": {"mimeType": "image/png", "data": ")" + png +
                      R"("}, "thoughtSignature": "c2ln"}, {"text": "there"}])",
                  "model"),
       "accepted"},
      {with_parts(R"([{"text": "only words"}])", "model"), "accepted"},
      {R"({"contents": [{"parts": [{"text": "x"}]}], "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]})",
       "accepted"},
      {R"({"contents": [{"parts": [{"text": "x"}]}], "safetySettings": [{"category": "HARM_CATEGORY_IMAGE_HATE", "threshold": "OFF"}]})",
       "invalid-argument-generic"},
      {R"({"contents": [{"parts": [{"text": "x"}]}], "tools": [{"googleSearch": {}, "urlContext": {}}]})", "tool-type-conflict"},
      {with_parts("[{}]"), "invalid-argument-generic"},
      {with_parts(R"([{"text": "x"}, {"thought": true}])"), "invalid-argument-generic"},
      {with_parts(R"([{"text": ""}])"), "invalid-argument-generic"},
      {with_parts(R"([{"text": "x"}, {"text": "", "thoughtSignature": "c2ln"}])", "model"), "accepted"},
      {with_parts(R"([{"text": "x", "inlineData": {"mimeType": "image/png", "data": ")" + png + "\"}}]"), "invalid-argument-generic"},
      {with_parts(R"([{"text": "x", "thoughtSignature": "***"}])", "model"), "base64-data-url"},
      {with_config(R"({"temperature": 2, "topP": 0, "candidateCount": 1, "maxOutputTokens": 2147483647})"), "accepted"},
      {with_config(R"({"temperature": 2.1})"), "invalid-argument-generic"},
      {with_config(R"({"temperature": "-1"})"), "invalid-argument-generic"},
      {with_config(R"({"topP": 2})"), "invalid-argument-generic"},
      {with_config(R"({"candidateCount": 4})"), "invalid-argument-generic"},
      {with_config(R"({"candidateCount": 4})"), "accepted", "gemini-2.5-flash"},
      {with_config(R"({"maxOutputTokens": 2147483648})"), "invalid-argument-generic"},
      {with_config(R"({"imageConfig": {"aspectRatio": "1:1"}})"), "aspect-ratio-invalid", "gemini-2.5-flash"},
      {with_config(R"({"imageConfig": {"imageSize": "1K"}})"), "image-size-invalid", "gemini-2.5-flash"},
      {with_config(R"({"topK": -1})"), "invalid-argument-generic"},
      {with_config(R"({"topK": 0})"), "accepted"},
      {with_config(R"({"maxOutputTokens": 0})"), "invalid-argument-generic"},
      {with_config(R"({"responseMimeType": "image/png"})"), "invalid-argument-generic"},
      {with_config(R"({"responseMimeType": "text/plain"})"), "accepted"},
      {with_config(R"({"responseMimeType": "application/json"})"), "accepted", "gemini-2.5-flash"},
      {with_config(R"({"responseMimeType": "application/json"})"), "invalid-argument-generic", "gemini-2.5-flash-image"},
      {with_safety(R"({"threshold": "OFF"})"), "invalid-argument-generic"},
      {with_safety(R"({"category": "harm_category_unspecified", "threshold": "OFF"})"), "invalid-argument-generic"},
      {with_safety(R"({"category": 1, "threshold": "OFF"})"), "invalid-argument-generic"},
      {with_safety(R"({"category": 7, "threshold": "OFF"})"), "accepted"},
      {with_tools(R"({"functionDeclarations": [{"name": "draw"}]})"), "invalid-argument-generic"},
      {with_tools(R"({"functionDeclarations": [{"name": "draw"}]})"), "accepted", "gemini-2.5-flash"},
      {with_tools(R"({"code_execution": {}})"), "invalid-argument-generic"},
      {with_tools(R"({"googleSearch": {}})"), "accepted"},
      {asking::body_for(std::string(400'000, 'x')), "token-count-exceeded", "gemini-3.1-flash-lite-image"},
  };
  for (const Case& each : cases) {
    INFO(each.body.substr(0, 200));
    CHECK(refusal(each.body, each.model).id == each.id);
  }
}

TEST_CASE("A body that does not fit its fields is told all that is wrong, in the service's grammar", "[mock]") {
  struct Case {
    std::string body;
    std::vector<FieldViolation> violations;
  };
  const Case cases[] = {
      {with_config(R"({"aspectRatio": "16:9"})"),
       {{"generation_config", "Invalid JSON payload received. Unknown name \"aspectRatio\" at 'generation_config': Cannot find field."}}},
      {with_config(R"({"imageConfig": {"imageOutputOptions": {}}})"),
       {{"generation_config.image_config",
         "Invalid JSON payload received. Unknown name \"imageOutputOptions\" at 'generation_config.image_config': Cannot find field."}}},
      {R"({"contents": [{"content": "x"}, {"content": "y"}], "prompt": "z"})",
       {{"contents[0]", "Invalid JSON payload received. Unknown name \"content\" at 'contents[0]': Cannot find field."},
        {"contents[1]", "Invalid JSON payload received. Unknown name \"content\" at 'contents[1]': Cannot find field."},
        {"", "Invalid JSON payload received. Unknown name \"prompt\": Cannot find field."}}},
      {with_parts(R"([{"text": "x"}, {"inlineData": {"mimeType": "image/png", "data": "data:image/png;base64,iVBOR"}}])"),
       {{"contents[0].parts[1].inline_data.data",
         "Invalid value at 'contents[0].parts[1].inline_data.data' (TYPE_BYTES), Base64 decoding failed for \"data:image/png;base64\""}}},
      {with_parts(R"([{"text": 7}])"), {{"contents[0].parts[0].text", "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 7"}}},
      {with_config(R"({"responseModalities": ["TEXT", "PICTURE"]})"),
       {{"generation_config.response_modalities[1]",
         "Invalid value at 'generation_config.response_modalities[1]' "
         "(type.googleapis.com/google.ai.generativelanguage.v1beta.GenerationConfig.Modality), \"PICTURE\""}}},
  };
  for (const Case& each : cases) {
    INFO(each.body);
    const Refusal refused = refusal(each.body);
    CHECK(refused.violations == each.violations);
    std::string message;
    for (const FieldViolation& violation : each.violations) message += (message.empty() ? "" : "\n") + violation.description;
    CHECK(refused.message == message);
  }
}

TEST_CASE("A value that a field or a model does not take is told in the service's words", "[mock]") {
  struct Case {
    std::string body;
    std::string_view message;
    std::string_view model = "gemini-3-pro-image";
  };
  const Case cases[] = {
      {with_parts("[{}]"),
       "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have one initialized field\n"},
      {with_parts(R"([{"text": "x", "inline_data": {}}])"),
       "Invalid value at 'contents[0].parts[0]' (oneof), oneof field 'data' is already set. Cannot set 'inline_data'"},
      {with_config(R"({"temperature": 3})"),
       "* GenerateContentRequest.generation_config.temperature: temperature must be in the range [0.0, 2.0].\n"},
      {with_config(R"({"candidateCount": 4})"), "Multiple candidates is not enabled for this model"},
      {with_config(R"({"maxOutputTokens": 1000000000000})"),
       "Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), 1000000000000"},
      {with_config(R"({"seed": 1.7})"), "Invalid value at 'generation_config.seed' (TYPE_INT32), 1.7"},
      {with_config(R"({"seed": [{"a": 0.5, "b": [1, "x"]}]})"),
       "Invalid JSON payload received. Unknown name \"seed\" at 'generation_config': Proto field is not repeating, cannot start list."},
      {with_config(R"({"responseModalities": [[0.5, 1], "TEXT"]})"),
       "Invalid value at 'generation_config.response_modalities[0]' "
       "(type.googleapis.com/google.ai.generativelanguage.v1beta.GenerationConfig.Modality), [0.5,1]"},
      {with_config(R"({"imageConfig": {"aspectRatio": "1:1"}})"), "Aspect ratio is not enabled for this model", "gemini-2.5-flash"},
      {with_config(R"({"maxOutputTokens": -1})"),
       "* GenerateContentRequest.generation_config.max_output_tokens: max_output_tokens must be positive.\n"},
      {with_config(R"({"responseMimeType": "image/png"})"),
       "* GenerateContentRequest.generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, "
       "`application/xml`, `application/yaml` and `text/x.enum`.\n"},
      {with_config(R"({"responseMimeType": "application/json"})"), "JSON mode is not enabled for this model", "gemini-2.5-flash-image"},
      {with_tools(R"({"functionDeclarations": [{"name": "draw"}]})"), "Function calling is not enabled for this model"},
      {R"({"contents": [{"parts": [{"text": "x"}]}],
           "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}, {"threshold": "OFF"}]})",
       "* GenerateContentRequest.safety_settings[1]: element predicate failed: $.category in (HarmCategory.HARM_CATEGORY_HATE_SPEECH, "
       "HarmCategory.HARM_CATEGORY_SEXUALLY_EXPLICIT, HarmCategory.HARM_CATEGORY_DANGEROUS_CONTENT, "
       "HarmCategory.HARM_CATEGORY_HARASSMENT, HarmCategory.HARM_CATEGORY_CIVIC_INTEGRITY)\n"},
  };
  for (const Case& each : cases) {
    INFO(each.body);
    CHECK(refusal(each.body, each.model).message == each.message);
  }
}

TEST_CASE("What the service says of a wrong request is known to the classifier, by its words alone", "[mock]") {
  struct Case {
    std::string body;
    std::string_view model = "gemini-3-pro-image";
  };
  const Case cases[] = {
      {with_config(R"({"imageConfig": {"imageSize": "2K"}})"), "gemini-2.5-flash"},
      {with_config(R"({"imageConfig": {"aspectRatio": "1:1"}})"), "gemini-2.5-flash"},
      {with_config(R"({"responseModalities": ["AUDIO"]})")},
      {with_config(R"({"imageConfig": {"aspectRatio": "5:3"}})")},
      {with_config(R"({"imageConfig": {"imageSize": "8K"}})")},
      {with_config(R"({"imageConfig": {"imageSize": "512px"}})")},
      {with_config(R"({"thinkingConfig": {"thinkingBudget": 99999}})")},
      {with_config(R"({"imageConfg": {}})")},
  };
  for (const Case& each : cases) {
    INFO(each.body);
    const Refusal refused = refusal(each.body, each.model);
    if (refused.message.empty()) continue;  // the row's own words, which other tests hold against it
    const std::string answer = R"({"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": )" +
                               boost::json::serialize(boost::json::string(refused.message)) + "}}";
    const ductile::HttpResponse response{.status = 400, .headers = {}, .body = answer};
    CHECK(ductile::gemini::classify(response, {.model = {}, .secret = {}}).verdict.id.text() == refused.id);
  }
}

TEST_CASE("A thinking budget is a number in whatever form, and has one range", "[mock]") {
  const auto id_of = [](const std::string& budget) {
    return std::string{refusal(with_config(R"({"thinkingConfig": {"thinkingBudget": )" + budget + "}}"), "gemini-2.5-flash").id};
  };
  for (const char* const well : {"1024", "1024.0", "\"1024\"", "-1", "0"}) CHECK(id_of(well) == "accepted");
  for (const char* const wrong : {"99999", "99999.0", "\"99999\"", "-2"}) CHECK(id_of(wrong) == "thinking-budget-invalid");
}

TEST_CASE("What a refusal repeats of a request is UTF-8, cut between characters", "[mock]") {
  std::string letters;
  for (int i = 0; i < 80; ++i) letters += "\u00e9";
  const Refusal refused = refusal(with_config(R"({"temperature": ")" + letters + "\"}"));
  CHECK(refused.message.size() < 400);
  CHECK(ductile::gemini::shortened(refused.message, 10'000).find('?') == std::string::npos);
}

TEST_CASE("v1 knows less than v1beta, and less still before the SDKs asked it", "[mock]") {
  struct Case {
    std::string body;
    std::string_view in_february;
    std::string_view in_november;
  };
  const std::string_view old = "unknown-field-old-version";
  const Case cases[] = {
      {asking::body_for("a cat"), "accepted", "accepted"},
      {with_config(R"({"temperature": 1, "seed": 7, "maxOutputTokens": 100})"), "accepted", "accepted"},
      {with_config(R"({"responseModalities": ["IMAGE"]})"), old, "accepted"},
      {with_config(R"({"imageConfig": {"aspectRatio": "16:9"}})"), old, "accepted"},
      {with_config(R"({"thinkingConfig": {"includeThoughts": true}})"), old, "accepted"},
      {with_config(R"({"responseFormat": {"image": {"aspectRatio": "16:9"}}})"), old, old},
      {R"({"contents": [{"parts": [{"text": "x"}]}], "systemInstruction": {"parts": [{"text": "be short"}]}})", old, "accepted"},
      {with_config(R"({"aspectRatio": "16:9"})"), "unknown-field", "unknown-field"},
  };
  const auto day = [](int month) { return ductile::WallTime{std::chrono::sys_days{std::chrono::year{2026} / month / 15}}; };
  for (const Case& each : cases) {
    INFO(each.body);
    CHECK(refusal(each.body, "gemini-3-pro-image", {.version = "v1", .time = day(2)}).id == each.in_february);
    CHECK(refusal(each.body, "gemini-3-pro-image", {.version = "v1", .time = day(11)}).id == each.in_november);
    for (const std::string_view version : {"v1beta", "v1alpha"})
      CHECK(refusal(each.body, "gemini-3-pro-image", {.version = version, .time = day(2)}).id ==
            (each.in_november == old ? "accepted" : each.in_november));
  }
  CHECK(refusal(with_config(R"({"responseModalities": ["IMAGE"]})"), "gemini-3-pro-image", {.version = "v1", .time = day(2)}).message ==
        "Invalid JSON payload received. Unknown name \"responseModalities\" at 'generation_config': Cannot find field.");
}

TEST_CASE("Bytes may come in either alphabet of base64, padded or not, and are the same bytes", "[mock]") {
  const std::string padded = ductile::gemini::encode_base64(ductile::mock::draw_png("x", 1, {17, 9}));
  std::string other = padded;
  for (char& letter : other) letter = letter == '+' ? '-' : letter == '/' ? '_' : letter;
  REQUIRE(other != padded);
  std::string bare = other;
  while (bare.ends_with('=')) bare.pop_back();
  const auto returned = [](const std::string& data, std::string_view signature) {
    const auto checked = check_request(with_parts(R"([{"inlineData": {"mimeType": "image/png", "data": ")" + data +
                                                      R"("}, "thoughtSignature": ")" + std::string{signature} + "\"}]",
                                                  "model"),
                                       ductile::mock::find_served_model("gemini-3-pro-image").value());
    REQUIRE(std::holds_alternative<Asked>(checked));
    return std::get<Asked>(checked).returned.at(0);
  };
  const auto as_given = returned(padded, "c2lnbg+/YQ==");
  for (const std::string& data : {other, bare}) {
    CHECK(returned(data, "c2lnbg-_YQ").picture == as_given.picture);
    CHECK(returned(data, "c2lnbg-_YQ").signature == as_given.signature);
  }
}

TEST_CASE("countTokens has a body of its own", "[mock]") {
  const Terms counting{.counts_tokens = true};
  CHECK(refusal(asking::body_for("a cat"), "gemini-3-pro-image", counting).id == "accepted");
  CHECK(refusal(R"({"generateContentRequest": )" + asking::body_for("a cat", "2K") + "}", "gemini-3-pro-image", counting).id == "accepted");
  CHECK(refusal(asking::body_for("a cat", "2K"), "gemini-3-pro-image", counting).id == "unknown-field");
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

TEST_CASE("A request that goes on in a chat names the one whose answer it takes up", "[mock]") {
  const std::string first = R"({"role": "user", "parts": [{"text": "a cat"}]})";
  const std::string answer = R"({"role": "model", "parts": [{"text": "Which colour?"}]})";
  const auto asked = [](const std::string& contents) {
    const auto checked = check_request(R"({"contents": )" + contents + "}", ductile::mock::find_served_model("gemini-3-pro-image").value());
    REQUIRE(std::holds_alternative<Asked>(checked));
    return std::get<Asked>(checked);
  };
  const Asked alone = asked("[" + first + "]");
  CHECK(alone.before == 0);
  CHECK(asked(first).contents == alone.contents);  // one turn needs no list
  const Asked went_on = asked("[" + first + "," + answer + R"(, {"role": "user", "parts": [{"text": "blue"}]}])");
  CHECK(went_on.before == alone.contents);
  CHECK(went_on.contents != alone.contents);
  CHECK(asked("[" + first + "," + answer + "]").before == 0);
  CHECK(asked("[" + answer + "," + first + "]").contents != asked("[" + first + "," + answer + "]").contents);
}

TEST_CASE("A body deeper than the parser goes is refused, not followed", "[mock]") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(refusal("{\"contents\": " + deep + "}").id == "invalid-argument-generic");
}
