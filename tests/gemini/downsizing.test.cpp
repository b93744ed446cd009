// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "streams.hpp"
#include "tiny_images.hpp"

#include <ductile/core/target.hpp>
#include <ductile/gemini/resilient.hpp>
#include <ductile/testing/virtual_clock.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace ductile;
using namespace ductile::gemini;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* pro = "gemini-3-pro-image";
constexpr const char* banana = "gemini-nano-banana-2.1";
constexpr const char* lite = "gemini-3.1-flash-lite-image";

// A service that takes too long over 4K. Remembers which model was asked for which size.
struct SlowAtLargeSizes {
  std::vector<std::string> asked{};
  std::vector<std::string> waits{};

  TransportResult send(const HttpRequest& request, const TransportLimits&) {
    const std::size_t from = request.url.find("/models/") + 8;
    std::string size = "none";
    for (const char* const each : {"512", "1K", "2K", "4K"})
      if (request.body.find('"' + std::string{each} + '"') != std::string::npos) size = each;
    asked.push_back(request.url.substr(from, request.url.find(':', from) - from) + " " + size);
    for (const HttpHeader& field : request.headers)
      if (field.name == "X-Server-Timeout") waits.push_back(field.value);
    if (size == "4K") return HttpResponse{504, {}, R"({"error":{"code":504,"message":"Deadline expired.","status":"DEADLINE_EXCEEDED"}})"};
    const std::uint32_t side = size == "2K" ? 2048 : size == "512" ? 512 : 1024;
    const bool streams = request.url.find(":streamGenerateContent") != std::string::npos;
    const std::string answer = tiny::answer(tiny::png(side, side));
    return HttpResponse{200, {}, streams ? event(answer) : answer};
  }
};

ClientOptions somebody() {
  ClientOptions options;
  options.api_key = ApiKey{"AIzaSyA-secret-of-the-test-0123456789"};
  return options;
}

ResilientOptions downsizing(std::vector<Target> targets) {
  ResilientOptions options;
  options.fallback.targets = std::move(targets);
  options.downsize = true;
  return options;
}

const std::vector<Target> first_again{{.name = "pro", .model = pro}, {.name = "pro-2k", .model = pro, .sizes = {"1K", "2K"}}};

// What one call comes to in each way to ask.
enum class Way : std::uint8_t { generate, buffered, stream };

struct Ended {
  std::optional<ImageSize> downsized_to{};
  std::optional<FailureId> failure{};
  unsigned served_by = 0;
};

template <class T>
Ended ended(const Result<T>& result) {
  if (!result) return {.failure = result.error().id()};
  return {.downsized_to = result.value().downsized_to, .served_by = served_by(result)};
}

Ended ask(SlowAtLargeSizes& service, const ResilientOptions& options, const ImageRequest& request, Way way = Way::generate) {
  auto client = resilient(service, somebody(), options);
  VirtualClock clock;
  switch (way) {
    case Way::generate: return ended(client.generate(request, {}, NoStop{}, clock));
    case Way::buffered: return ended(client.generate_buffered(request, {}, NoStop{}, clock));
    case Way::stream: break;
  }
  return ended(client.stream(request, [](StreamPart&&) {}, {}, NoStop{}, clock));
}

const ImageRequest large{.prompt = "a red balloon", .image_size = ImageSize::four_k};

}  // namespace

TEST_CASE("A picture that the first model cannot finish in 4K is made in 2K by a target with that limit, and the answer says so",
          "[resilient]") {
  for (const Way way : {Way::generate, Way::buffered, Way::stream}) {
    CAPTURE(static_cast<int>(way));
    SlowAtLargeSizes service;
    const Ended end = ask(service, downsizing(first_again), large, way);
    CHECK_FALSE(end.failure);
    CHECK(end.served_by == 1);
    CHECK(end.downsized_to == ImageSize::two_k);
    REQUIRE(service.asked.size() >= 2);
    CHECK(service.asked.front() == std::string{pro} + " 4K");
    CHECK(service.asked.back() == std::string{pro} + " 2K");
    CHECK(service.waits.front() == "180");
    CHECK(service.waits.back() == "120");  // what its own size needs
  }
}

TEST_CASE("Without leave to downsize a target that does not make the size is left out", "[resilient]") {
  SlowAtLargeSizes service;
  ResilientOptions options = downsizing(first_again);
  options.downsize = false;
  options.deadline = 30s;
  CHECK(ask(service, options, large).failure == FailureId{"deadline-504"});
  for (const std::string& each : service.asked) CHECK(each == std::string{pro} + " 4K");
}

TEST_CASE("A target is asked for the largest size that it makes below the request's, by its own limits and its model's", "[resilient]") {
  struct Case {
    const char* what;
    Target target;
    std::optional<ImageSize> wanted;
    const char* asked;  // the size; null: the target is left out
  };
  const std::vector<Case> cases{
      {"it makes the size", {.name = "a", .model = banana}, ImageSize::two_k, "2K"},
      {"no size is asked for", {.name = "a", .model = lite}, std::nullopt, "none"},
      {"the model's limit", {.name = "a", .model = lite}, ImageSize::two_k, "1K"},
      {"the target's own", {.name = "a", .model = banana, .sizes = {"512", "1K"}}, ImageSize::four_k, "1K"},
      {"a model that nobody knows", {.name = "a", .model = "ours", .sizes = {"512"}}, ImageSize::four_k, "512"},
      {"it makes larger ones alone", {.name = "a", .model = banana, .sizes = {"4K"}}, ImageSize::two_k, nullptr},
      {"another ratio", {.name = "a", .model = banana, .sizes = {"1K"}, .ratios = {"1:1"}}, ImageSize::two_k, nullptr},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    SlowAtLargeSizes service;
    ImageRequest request{.prompt = "a red balloon", .image_size = one.wanted};
    if (!one.target.ratios.empty()) request.aspect_ratio = "16:9";
    const Ended end = ask(service, downsizing({one.target}), request);
    if (one.asked == nullptr) {
      CHECK(end.failure);
      CHECK(service.asked.empty());
      continue;
    }
    CHECK_FALSE(end.failure);
    CHECK(service.asked == std::vector<std::string>{one.target.model + " " + one.asked});
    CHECK(end.downsized_to.has_value() == (one.wanted && one.asked != name(*one.wanted)));
  }
}

TEST_CASE("A target that repeats another is asked for smaller pictures alone", "[resilient]") {
  const ImageRequest small{.prompt = "a red balloon", .image_size = ImageSize::one_k};
  for (const bool elsewhere : {false, true}) {
    CAPTURE(elsewhere);
    std::vector<Target> targets = first_again;
    if (elsewhere) targets.back().region = "europe-west4";  // another place, which is a fallback for any picture
    SlowAtLargeSizes service;
    ResilientOptions options = downsizing(targets);
    options.deadline = 30s;
    options.fallback.on_all_open = OnAllOpen::fail;
    options.retry.attempts = 1;
    auto client = resilient(service, somebody(), options);
    VirtualClock clock;
    const auto result = client.generate(small, CallOptions{.forced = {.targets = 0b01, .kind = Kind::overload}}, NoStop{}, clock);
    CHECK(result.has_value() == elsewhere);
    CHECK(service.asked.size() == (elsewhere ? 1 : 0));
  }
}

TEST_CASE("A target that repeats one which may not be asked is asked in its place", "[resilient]") {
  const ImageRequest small{.prompt = "a red balloon", .image_size = ImageSize::one_k};
  SlowAtLargeSizes service;
  auto client = resilient(service, somebody(), downsizing(first_again));
  VirtualClock clock;
  const auto result = client.generate(small, CallOptions{.targets = 0b10}, NoStop{}, clock);
  REQUIRE(result);
  CHECK(served_by(result) == 1);
  CHECK_FALSE(result.value().downsized_to);
}

TEST_CASE("The price of a smaller picture counts, not that of the size that was asked for", "[resilient]") {
  const double two_k = price_of({.name = "pro", .model = pro}, {.prompt = "a", .image_size = ImageSize::two_k}).value();
  const double four_k = price_of({.name = "pro", .model = pro}, large).value();
  REQUIRE(two_k < four_k);
  SlowAtLargeSizes service;
  ResilientOptions options = downsizing(first_again);
  options.fallback.price_ceiling = two_k;  // the first target is above it
  const Ended end = ask(service, options, large);
  CHECK_FALSE(end.failure);
  CHECK(service.asked == std::vector<std::string>{std::string{pro} + " 2K"});
}
