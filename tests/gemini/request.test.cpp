// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/gemini/models.hpp>
#include <ductile/gemini/request.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

using namespace ductile;
using namespace ductile::gemini;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {
constexpr std::string_view pro = "gemini-3-pro-image";
constexpr std::string_view lite = "gemini-3.1-flash-lite-image";

ImageRequest balloon() { return {.prompt = "a red balloon"}; }
}  // namespace

TEST_CASE("The shortest request says what it wants and nothing else", "[gemini]") {
  const boost::json::value body = boost::json::parse(to_json(balloon()));
  CHECK(body == boost::json::parse(R"({"contents":[{"role":"user","parts":[{"text":"a red balloon"}]}],
                                      "generationConfig":{"responseModalities":["TEXT","IMAGE"]}})"));
}

TEST_CASE("Every field of a request stands where the service looks for it", "[gemini]") {
  ImageRequest request = balloon();
  request.aspect_ratio = "16:9";
  request.image_size = ImageSize::two_k;
  request.images = {{"image/png", "abc"}, {"image/jpeg", "", "https://files.example/1"}};
  request.safety = {{HarmCategory::harassment, HarmThreshold::only_high}};
  request.seed = 7;
  request.temperature = 1.0;
  request.thinking_level = "HIGH";
  request.max_output_tokens = 32768;
  request.system_instruction = "be bold";
  request.history = {{R"({"role":"user","parts":[{"text":"hello"}]})"}};
  request.images_only = true;
  CHECK_FALSE(check(request, "some-other-model"));
  CHECK(boost::json::parse(to_json(request)) == boost::json::parse(R"({
    "systemInstruction":{"parts":[{"text":"be bold"}]},
    "contents":[{"role":"user","parts":[{"text":"hello"}]},
                {"role":"user","parts":[{"text":"a red balloon"},{"inlineData":{"mimeType":"image/png","data":"YWJj"}},
                                        {"fileData":{"mimeType":"image/jpeg","fileUri":"https://files.example/1"}}]}],
    "generationConfig":{"responseModalities":["IMAGE"],"imageConfig":{"aspectRatio":"16:9","imageSize":"2K"},
                        "thinkingConfig":{"thinkingLevel":"HIGH"},"temperature":1.0,"seed":7,"maxOutputTokens":32768},
    "safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_ONLY_HIGH"}]})"));
}

TEST_CASE("A prompt with quotes, line breaks and any language arrives as it was written", "[gemini]") {
  const ImageRequest request{.prompt = "a \"sign\"\nwith 上游 \\ and \x01"};
  const boost::json::value body = boost::json::parse(to_json(request));
  CHECK(body.at("contents").as_array()[0].at("parts").as_array()[0].at("text").as_string() == request.prompt);
}

TEST_CASE("A wrong request is refused with the field, the range and the value", "[gemini]") {
  struct Case {
    std::string_view what;
    void (*spoil)(ImageRequest&);
    std::string_view id;
    std::string_view text;
    std::string_view model = pro;
  };
  for (const Case& c : {
           Case{"no prompt", [](ImageRequest& r) { r.prompt = " \n"; }, "invalid-argument-generic", "prompt: must not be empty"},
           Case{"no UTF-8", [](ImageRequest& r) { r.prompt = "ab\xFF"; }, "invalid-argument-generic",
                "prompt: must be UTF-8; byte 2 is not"},
           Case{"an odd ratio", [](ImageRequest& r) { r.aspect_ratio = "7:3"; }, "aspect-ratio-invalid", "it is \"7:3\""},
           Case{"another model's ratio", [](ImageRequest& r) { r.aspect_ratio = "8:1"; }, "aspect-ratio-invalid",
                "gemini-3-pro-image takes 1:1, 2:3"},
           Case{"4K of Lite", [](ImageRequest& r) { r.image_size = ImageSize::four_k; }, "image-size-invalid", "makes 1K; it is 4K", lite},
           Case{"512 of Pro", [](ImageRequest& r) { r.image_size = ImageSize::px_512; }, "image-size-invalid",
                "makes 1K, 2K, 4K; it is 512"},
           Case{"a size of 2.5", [](ImageRequest& r) { r.image_size = ImageSize::one_k; }, "image-size-invalid", "takes none",
                "gemini-2.5-flash-image"},
           Case{"heat", [](ImageRequest& r) { r.temperature = 2.5; }, "invalid-argument-generic",
                "temperature: must be from 0 to 2; it is 2.5"},
           Case{"no number", [](ImageRequest& r) { r.temperature = std::numeric_limits<double>::quiet_NaN(); }, "invalid-argument-generic",
                "temperature:"},
           Case{"a negative seed", [](ImageRequest& r) { r.seed = -1; }, "invalid-argument-generic",
                "seed: must be from 0 to 2147483647; it is -1"},
           Case{"no tokens", [](ImageRequest& r) { r.max_output_tokens = 0; }, "invalid-argument-generic",
                "max_output_tokens: must be from 1 to 65536"},
           Case{"a GIF", [](ImageRequest& r) { r.images = {{"image/gif", "x"}}; }, "mime-unsupported",
                "images[0].mime_type: must be one of image/png"},
           Case{"an empty image", [](ImageRequest& r) { r.images = {{"image/png", ""}}; }, "input-image-invalid", "it has neither"},
           Case{"twice an image", [](ImageRequest& r) { r.images = {{"image/png", "x", "uri"}}; }, "input-image-invalid", "it has both"},
           Case{"a huge image", [](ImageRequest& r) { r.images = {{"image/png", std::string(8'000'000, 'x')}}; }, "payload-too-large-400",
                "it has 8000000"},
           Case{"fifteen images", [](ImageRequest& r) { r.images.resize(15, {"image/png", "x"}); }, "invalid-argument-generic",
                "at most 14; there are 15"},
           Case{"a broken turn", [](ImageRequest& r) { r.history = {{"{\"role\":"}}; }, "turn-order", "history[0]: must be a JSON object"},
           Case{"a thought too many", [](ImageRequest& r) { r.thinking_level = "HIGH"; }, "thinking-budget-invalid", "takes none"},
           Case{"no model", [](ImageRequest&) {}, "model-not-found", "model: must not be empty", ""},
       }) {
    CAPTURE(c.what);
    ImageRequest request = balloon();
    REQUIRE_FALSE(check(request, pro));
    c.spoil(request);
    const auto problem = check(request, c.model);
    REQUIRE(problem);
    CHECK(problem->id.text() == c.id);
    CHECK_THAT(problem->text, ContainsSubstring(std::string{c.text}));
  }
}

TEST_CASE("The limits of a model that is not known are not judged", "[gemini]") {
  ImageRequest request = balloon();
  request.image_size = ImageSize::px_512;
  request.aspect_ratio = "8:1";
  request.thinking_level = "XHIGH";
  CHECK_FALSE(check(request, "gemini-9-imaginary"));
}

TEST_CASE("A cool temperature and an old model are warned of, not refused", "[gemini]") {
  ImageRequest request = balloon();
  CHECK(warnings(request, pro).empty());
  request.temperature = 0.4;
  REQUIRE(warnings(request, pro).size() == 1);
  CHECK_THAT(warnings(request, pro)[0], ContainsSubstring("temperature"));
  CHECK(warnings(request, "gemini-2.5-flash-image").size() == 1);  // the old model alone
  CHECK_THAT(warnings(balloon(), "gemini-3-pro-image-preview")[0], ContainsSubstring("its successor is gemini-3-pro-image"));
}

TEST_CASE("4K is given more time", "[gemini]") {
  ImageRequest request = balloon();
  CHECK(suggested_timeout(request) == 120s);
  request.image_size = ImageSize::four_k;
  CHECK(suggested_timeout(request) == 180s);
}

TEST_CASE("Every model has a price for what it makes, and an old one a successor that is current", "[gemini]") {
  for (const ImageModel& model : image_models) {
    CAPTURE(model.id);
    CHECK(model.makes(ImageSize::one_k));
    CHECK(find_model(model.id) == &model);
    CHECK((model.status == ModelStatus::current) == model.successor.empty());
    CHECK((model.status == ModelStatus::current) == !model.shutdown.has_value());
    if (!model.successor.empty()) {
      REQUIRE(find_model(model.successor));
      CHECK(find_model(model.successor)->status == ModelStatus::current);
    }
    for (const std::string_view ratio : model.aspect_ratios) CHECK(pixels_of(ratio, ImageSize::one_k, model.takes_size));
  }
  for (const ModelAlias& alias : model_aliases) CHECK(find_model(alias.alias));
  CHECK(find_model("models/gemini-3-pro-image") == find_model(pro));
  CHECK_FALSE(find_model("gpt-image-1"));
  CHECK(successor_of("nano-banana-pro-preview") == pro);
}

TEST_CASE("Sizes are spelt as the service spells them and no other way", "[gemini]") {
  CHECK(parse_image_size("512") == ImageSize::px_512);
  CHECK(parse_image_size("4K") == ImageSize::four_k);
  for (const char* text : {"4k", "512px", "1024", "", "8K"}) CHECK_FALSE(parse_image_size(text));
}

TEST_CASE("The service's own table fits what was asked, each neighbour does not", "[gemini]") {
  constexpr std::array sizes{ImageSize::px_512, ImageSize::one_k, ImageSize::two_k, ImageSize::four_k};
  for (const std::string_view ratio : all_aspect_ratios)
    for (const ImageSize size : sizes) {
      CAPTURE(ratio, name(size));
      const auto pixels = pixels_of(ratio, size);
      REQUIRE(pixels);
      CHECK(fits(*pixels, ratio, size));
      for (const ImageSize other : sizes)
        if (other != size) CHECK_FALSE(fits(*pixels, ratio, other));
    }
  CHECK_FALSE(fits({1024, 1024}, "16:9", {}));
  CHECK_FALSE(fits({0, 0}, "", {}));
}
