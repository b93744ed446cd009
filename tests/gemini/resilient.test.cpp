// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "tiny_images.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/core/config_error.hpp>
#include <ductile/core/failure.hpp>
#include <ductile/gemini/resilient.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// Which target of a resilient image client may be asked for which request.

using namespace ductile;
using namespace ductile::gemini;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

// A service of which some models have no capacity. Remembers which model was asked.
struct Service {
  std::vector<std::string> without_capacity{};
  std::vector<std::string> asked{};

  TransportResult send(const HttpRequest& request, const TransportLimits&) {
    const std::size_t from = request.url.find("/models/") + 8;
    const std::string model = request.url.substr(from, request.url.find(':', from) - from);
    asked.push_back(model);
    for (const std::string& none : without_capacity)
      if (none == model)
        return HttpResponse{503, {}, R"({"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}})"};
    return HttpResponse{200, {}, tiny::answer(tiny::png(1024, 1024))};
  }
};

constexpr const char* pro_model = "gemini-3-pro-image";
constexpr const char* banana_model = "gemini-nano-banana-2.1";
constexpr const char* lite_model = "gemini-3.1-flash-lite-image";

ClientOptions somebody() {
  ClientOptions options;
  options.api_key = ApiKey{"AIzaSyA-secret-of-the-test-0123456789"};
  return options;
}

ResilientOptions with(std::vector<Target> targets, std::optional<double> ceiling = {}) {
  ResilientOptions options;
  options.deadline = 30s;  // one round
  options.fallback.targets = std::move(targets);
  options.fallback.price_ceiling = ceiling;
  return options;
}

// The models that one call asks, each once, when none of them has capacity; and how it ends.
struct Asked {
  std::vector<std::string> models;
  Result<ImageReply> result;
};

Asked ask(const ResilientOptions& options, const ImageRequest& request, CallOptions call = {}) {
  Service service{.without_capacity = {pro_model, banana_model, lite_model, "ours"}};
  auto client = resilient(service, somebody(), options);
  VirtualClock clock;
  call.attempts = 1;
  auto result = client.generate(request, call, NoStop{}, clock);
  std::vector<std::string> each;
  for (const std::string& model : service.asked)
    if (std::find(each.begin(), each.end(), model) == each.end()) each.push_back(model);
  return {std::move(each), std::move(result)};
}

using Models = std::vector<std::string>;

const ImageRequest plain{.prompt = "a red balloon"};
const ImageRequest large{.prompt = "a red balloon", .image_size = ImageSize::four_k};

}  // namespace

TEST_CASE("The default chain holds no target that is dearer than its first one, at no size", "[gemini]") {
  const std::vector<Target> chain = image_targets();
  for (const ImageSize size : {ImageSize::one_k, ImageSize::two_k, ImageSize::four_k}) {
    const ImageRequest request{.prompt = "p", .image_size = size};
    const auto first = price_of(chain.front(), request);
    REQUIRE(first);
    for (const Target& target : chain) CHECK(price_of(target, request).value_or(0.0) <= *first);
  }
  CHECK(ask(with(image_targets()), plain).models == Models{pro_model, banana_model, lite_model});
  CHECK(ask(with(image_targets()), large).models == Models{pro_model, banana_model});
}

TEST_CASE("No dearer model is asked than the first one, unless it is allowed", "[gemini]") {
  const std::vector<Target> cheap_first{{.name = "banana", .model = banana_model}, {.name = "pro", .model = pro_model}};
  CHECK(ask(with(cheap_first), plain).models == Models{banana_model});
  CHECK(ask(with(cheap_first, 0.1), plain).models == Models{banana_model});
  CHECK(ask(with(cheap_first, 0.134), plain).models == Models{banana_model, pro_model});
  CHECK(ask(with(cheap_first, any_price), plain).models == Models{banana_model, pro_model});
}

TEST_CASE("The price is that of the asked size, and a target's own price goes before the table's", "[gemini]") {
  const std::vector<Target> by_table{{.name = "pro", .model = pro_model}, {.name = "banana", .model = banana_model}};
  CHECK(ask(with(by_table, 0.15), plain).models == Models{pro_model, banana_model});
  CHECK(ask(with(by_table, 0.15), large).models == Models{banana_model});  // 0.24 and 0.1134
  const std::vector<Target> by_contract{{.name = "pro", .model = pro_model, .price = 0.02}, {.name = "banana", .model = banana_model}};
  CHECK(ask(with(by_contract), plain).models == Models{pro_model});
}

TEST_CASE("A model whose price nobody knows is dearer than any ceiling that was set, and no dearer than the first target", "[gemini]") {
  const std::vector<Target> unknown_second{{.name = "pro", .model = pro_model}, {.name = "ours", .model = "ours"}};
  CHECK(ask(with(unknown_second), plain).models == Models{pro_model, "ours"});
  CHECK(ask(with(unknown_second, 10.0), plain).models == Models{pro_model});
  CHECK(ask(with(unknown_second, any_price), plain).models == Models{pro_model, "ours"});
}

TEST_CASE("A target is not asked for a size or a ratio that it does not make", "[gemini]") {
  const std::vector<Target> limited{{.name = "small", .model = pro_model, .sizes = {"1K"}},
                                    {.name = "square", .model = banana_model, .sizes = {"1K", "4K"}, .ratios = {"1:1"}}};
  CHECK(ask(with(limited), plain).models == Models{pro_model, banana_model});
  CHECK(ask(with(limited), large).models == Models{banana_model});
  CHECK(ask(with(limited), {.prompt = "p", .aspect_ratio = "16:9"}).models == Models{pro_model});
}

TEST_CASE("A request that no target may take fails before anything is sent, and says why of each target", "[gemini]") {
  const std::vector<Target> limited{{.name = "small", .model = pro_model, .sizes = {"1K"}}, {.name = "banana", .model = banana_model}};
  const Asked too_dear = ask(with(limited, 0.1), large);
  CHECK(too_dear.models.empty());
  REQUIRE_FALSE(too_dear.result);
  CHECK(too_dear.result.error().kind() == Kind::no_target);
  CHECK(too_dear.result.error().id() == FailureId{"price-ceiling"});
  CHECK(too_dear.result.error().says() == Says::policy);
  CHECK(too_dear.result.error().message() == "small does not make this size or ratio; banana costs more than is allowed");

  const Asked excluded = ask(with(limited), large, {.targets = 0b01});
  CHECK(excluded.models.empty());
  REQUIRE_FALSE(excluded.result);
  CHECK(excluded.result.error().id() == FailureId{"no-target"});
  CHECK(excluded.result.error().message() == "small does not make this size or ratio; banana is excluded by the call");

  const Asked nobody = ask(with(limited), plain, {.targets = 0b100});
  CHECK(nobody.models.empty());
  REQUIRE_FALSE(nobody.result);
  CHECK(nobody.result.error().kind() == Kind::no_target);

  const Asked wrong = ask(with(limited), {.prompt = ""});  // for every model
  CHECK(wrong.models.empty());
  REQUIRE_FALSE(wrong.result);
  CHECK(wrong.result.error().kind() == Kind::bad_request);
}

TEST_CASE("The defaults' attempts have the time to begin, and options whose attempts have not say so", "[gemini]") {
  CHECK(misfits(ResilientOptions{}) == std::vector<std::string>{});
  CHECK(misfits(seed_defaults()) == std::vector<std::string>{});
  CHECK(describe(ResilientOptions{}).find("no more than") == std::string::npos);

  const std::vector<std::string> large =
      misfits(ResilientOptions{}, suggested_timeout({.prompt = "a large one", .image_size = ImageSize::four_k}));
  REQUIRE(large.size() == 2);  // ten minutes are too short for five attempts of three minutes, and for the third target
  CHECK_THAT(large[0], ContainsSubstring("no more than 4 can begin"));

  ResilientOptions hasty;
  hasty.deadline = 4min;
  const std::vector<std::string> found = misfits(hasty);
  REQUIRE(found.size() == 3);
  CHECK_THAT(found[0],
             StartsWith("Retry: 5 attempts of up to 120 s with waits of up to 4.4 s between them have a deadline of 240 s: no more "
                        "than 2 can begin"));
  CHECK_THAT(found[1], StartsWith("FallbackChain: 3 targets of up to 240 s have a deadline of 240 s: no more than 1 can begin"));
  CHECK_THAT(found[2], StartsWith("Reword: 4 wordings of up to 120 s have a deadline of 240 s: no more than 2 can begin"));
  for (const std::string& misfit : found) CHECK_THAT(describe(hasty), ContainsSubstring(misfit + "\n"));
  hasty.attempt_timeout = 20s;
  CHECK(misfits(hasty) == std::vector<std::string>{});

  hasty.retry.attempts = 0;
  CHECK(misfits(hasty) == std::vector<std::string>{"Retry: attempts must be from 1 to 1000; it is 0"});
  CHECK_THAT(describe(hasty), ContainsSubstring("Retry: attempts must be from 1 to 1000; it is 0\n"));
}

TEST_CASE("A price ceiling out of range is refused, and the options say what it is", "[gemini]") {
  Service service;
  CHECK_THROWS_WITH(resilient(service, somebody(), with(image_targets(), -1.0)),
                    "FallbackChain: price_ceiling must be from 0 to any_price; it is -1");
  CHECK_THAT(describe(with(image_targets())), ContainsSubstring("price at most the first target's - "));
  CHECK_THAT(describe(with(image_targets(), 0.05)), ContainsSubstring("price at most 0.05 USD - "));
  CHECK_THAT(describe(with(image_targets(), any_price)), ContainsSubstring("price at most anything - "));
}
