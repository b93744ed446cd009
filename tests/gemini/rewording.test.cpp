// SPDX-License-Identifier: BSL-1.0

// What a resilient client does with a prompt that is refused for its content: in whatever way it asks.
#include "../support/catch.hpp"
#include "balloon.hpp"
#include "streams.hpp"
#include "tiny_images.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/core/config_error.hpp>
#include <ductile/gemini/async.hpp>
#include <ductile/gemini/declare_art_style.hpp>
#include <ductile/gemini/resilient.hpp>
#include <ductile/testing/asio_virtual_clock.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace ductile;
using namespace ductile::gemini;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

// Refuses each prompt that does not hold `passes`. Remembers what it was sent.
struct Filter {
  std::string refusal;
  std::string passes = "never";
  int status = 200;
  std::vector<std::string> bodies{};
  boost::asio::io_context* context = nullptr;

  TransportResult send(const HttpRequest& request, const TransportLimits&) {
    bodies.push_back(request.body);
    const bool streams = request.url.find(":streamGenerateContent") != std::string::npos;
    if (request.body.find(passes) != std::string::npos)
      return HttpResponse{200, {}, streams ? event(image()) : tiny::answer(tiny::png(1024, 1024))};
    return HttpResponse{status, {}, streams && status == 200 ? event(refusal) : refusal};
  }

  template <class Token>
  auto async_send(HttpRequest request, const TransportLimits& limits, Token&& token) {
    return boost::asio::async_initiate<Token, void(TransportResult)>(
        [this](auto handler, const HttpRequest& sent, const TransportLimits& may_take) {
          boost::asio::post(*context,
                            boost::asio::bind_executor(*context, [kept = std::move(handler), given = send(sent, may_take)]() mutable {
                              std::move(kept)(std::move(given));
                            }));
        },
        token, std::move(request), limits);
  }
};
static_assert(Transport<Filter> && AsyncTransport<Filter>);

enum class Way : std::uint8_t { generate, buffered, stream, async_generate, async_buffered, async_stream };
constexpr std::array every_way{Way::generate, Way::buffered, Way::stream, Way::async_generate, Way::async_buffered, Way::async_stream};

// How a call ended.
struct Ended {
  std::string id{};  // of the failure; "ok"
  Kind kind = Kind::ok;
  std::string rewording{};
  unsigned attempts = 0;
  Sent sent = Sent::yes;
  Billed billed = Billed::unknown;
  std::string message{};
};

template <class T>
Ended ended(const Result<T>& result) {
  if (result) return {.id = "ok", .rewording = result.value().rewording, .attempts = trips(result)};
  const Failure& failure = result.error();
  return {.id = std::string{failure.id().text()},
          .kind = failure.kind(),
          .attempts = failure.attempts(),
          .sent = failure.verdict().sent,
          .billed = failure.verdict().billed,
          .message = failure.message()};
}

class Caller {
 public:
  explicit Caller(Filter& filter, ResilientOptions options = {})
      : client_(resilient(filter, with_key(), one_target(std::move(options)))), filter_(filter) {}

  Ended ask(Way way, const ImageRequest& request) {
    const auto ignore = [](StreamPart&&) {};
    switch (way) {
      case Way::generate: return ended(client_.generate(request, {}, NoStop{}, clock_));
      case Way::buffered: return ended(client_.generate_buffered(request, {}, NoStop{}, clock_));
      case Way::stream: return ended(client_.stream(request, ignore, {}, NoStop{}, clock_));
      case Way::async_generate: return in_context([&](auto token) { client_.async_generate(request, CallOptions{}, waits_, token); });
      case Way::async_buffered:
        return in_context([&](auto token) { client_.async_generate_buffered(request, CallOptions{}, waits_, token); });
      case Way::async_stream: return in_context([&](auto token) { client_.async_stream(request, ignore, CallOptions{}, waits_, token); });
    }
    return {};
  }

  ResilientClient<Filter>& client() { return client_; }

 private:
  static ClientOptions with_key() {
    ClientOptions options;
    options.api_key = ApiKey{secret};
    return options;
  }
  static ResilientOptions one_target(ResilientOptions options) {
    options.fallback.targets = {{.name = "pro", .model = model}};
    return options;
  }

  template <class Begin>
  Ended in_context(const Begin& begin) {
    boost::asio::io_context context{1};
    filter_.context = &context;
    std::optional<Ended> end;
    begin(boost::asio::bind_executor(context, [&end](const auto& result) { end = ended(result); }));
    waits_.run(context);
    REQUIRE(end);
    return *std::move(end);
  }

  ResilientClient<Filter> client_;
  Filter& filter_;
  VirtualClock clock_;
  AsioVirtualClock waits_;
};

std::string blocked_as(const std::string& reason) { return R"({"promptFeedback":{"blockReason":")" + reason + R"("}})"; }
std::string finished_as(const std::string& reason, const std::string& message = {}) {
  return R"({"candidates":[{"content":{"role":"model"},"finishReason":")" + reason + R"(","index":0)" +
         (message.empty() ? "" : R"(,"finishMessage":")" + message + "\"") + "}]}";
}
const std::string of_third_party = finished_as(
    "IMAGE_PROHIBITED_CONTENT",
    "Unable to show the generated image due to interests of third-party content providers. Please edit your prompt and try again.");
const std::string too_many_tokens =
    R"({"error":{"code":400,"message":"The input token count exceeds the maximum number of tokens allowed 131072.","status":"INVALID_ARGUMENT"}})";

Rewording in_version(std::string_view prompt, unsigned revision) {
  const std::string version = "version " + std::to_string(revision);
  return {version + " of " + std::string{prompt}, version};
}

}  // namespace

TEST_CASE("What is refused for its content is sent in other words where there are some, and never twice for the same refusal",
          "[gemini][reword]") {
  struct Case {
    const char* what;
    std::string refusal;
    Kind kind;
    bool reword;
    unsigned rerolls;
    bool remember;
    bool third_party;
    std::size_t sent;        // by the first call
    std::size_t sent_after;  // by the same call once more
    int status = 200;
  };
  const std::string prompt = blocked_as("SAFETY");
  const std::string output = finished_as("IMAGE_SAFETY");
  for (const Case& c : {
           // Remedy after_prompt_change.
           Case{"prompt", prompt, Kind::safety_prompt, true, 0, true, false, 4, 0},
           Case{"prompt", prompt, Kind::safety_prompt, true, 0, false, false, 4, 4},
           Case{"prompt", prompt, Kind::safety_prompt, true, 1, true, false, 8, 0},
           Case{"prompt", prompt, Kind::safety_prompt, true, 2, false, false, 12, 12},
           Case{"prompt", prompt, Kind::safety_prompt, false, 0, true, false, 1, 0},
           Case{"prompt", prompt, Kind::safety_prompt, false, 0, false, false, 1, 1},
           Case{"prompt", prompt, Kind::safety_prompt, false, 2, true, false, 3, 0},
           Case{"prompt", prompt, Kind::safety_prompt, false, 1, false, false, 2, 2},
           Case{"output", output, Kind::safety_output, true, 0, true, false, 4, 0},
           Case{"output", output, Kind::safety_output, true, 1, true, false, 8, 0},
           Case{"output", output, Kind::safety_output, true, 1, false, false, 8, 8},
           Case{"output", output, Kind::safety_output, false, 0, true, false, 1, 0},
           Case{"recitation", finished_as("IMAGE_RECITATION"), Kind::recitation, true, 0, true, false, 4, 0},
           Case{"recitation", finished_as("IMAGE_RECITATION"), Kind::recitation, true, 0, false, false, 4, 4},
           Case{"recitation", finished_as("IMAGE_RECITATION"), Kind::recitation, false, 0, true, false, 1, 0},
           Case{"third party", of_third_party, Kind::prohibited, true, 0, true, false, 1, 0},
           Case{"third party", of_third_party, Kind::prohibited, true, 0, false, false, 1, 1},
           Case{"third party", of_third_party, Kind::prohibited, true, 0, true, true, 4, 0},
           Case{"third party", of_third_party, Kind::prohibited, true, 1, false, true, 8, 8},
           Case{"third party", of_third_party, Kind::prohibited, false, 0, true, true, 1, 0},
           Case{"tokens", too_many_tokens, Kind::bad_request, true, 2, true, true, 1, 1, 400},
           // Never.
           Case{"blocklist", blocked_as("BLOCKLIST"), Kind::safety_prompt, true, 2, true, true, 1, 0},
           Case{"blocklist", blocked_as("BLOCKLIST"), Kind::safety_prompt, true, 2, false, true, 1, 1},
           Case{"prohibited prompt", blocked_as("PROHIBITED_CONTENT"), Kind::prohibited, true, 2, true, true, 1, 0},
           Case{"prohibited prompt", blocked_as("PROHIBITED_CONTENT"), Kind::prohibited, true, 2, false, true, 1, 1},
           Case{"prohibited image", finished_as("IMAGE_PROHIBITED_CONTENT", "It violated the policy."), Kind::prohibited, true, 2, true,
                true, 1, 0},
           // At once: the same words are tried again by Retry, and no others.
           Case{"recitation of a text", finished_as("RECITATION"), Kind::recitation, true, 2, true, true, 2, 2},
           Case{"no image", finished_as("NO_IMAGE"), Kind::no_image, true, 2, true, true, 2, 2},
       }) {
    for (const Way way : every_way) {
      CAPTURE(c.what, c.reword, c.rerolls, c.remember, c.third_party, static_cast<int>(way));
      ResilientOptions options;
      options.reword.rerolls = c.rerolls;
      options.reword_third_party = c.third_party;
      if (!c.remember) options.remember_blocked = 0;
      Filter filter{.refusal = c.refusal, .status = c.status};
      Caller caller{filter, options};
      ImageRequest request = balloon;
      if (c.reword) request.reword = in_version;

      const Ended first = caller.ask(way, request);
      CHECK(filter.bodies.size() == c.sent);
      CHECK(first.kind == c.kind);
      CHECK(first.attempts == c.sent);
      CHECK(first.sent == Sent::yes);
      CHECK(first.rewording.empty());
      const Ended again = caller.ask(way, request);
      CHECK(filter.bodies.size() == c.sent + c.sent_after);
      CHECK(again.kind == c.kind);
      CHECK(again.id == first.id);
      if (c.sent_after > 0) continue;
      CHECK(again.sent == Sent::no);
      CHECK(again.billed == Billed::no);
      CHECK(again.message == "not sent: this was refused before, as " + first.id);
    }
  }
}

TEST_CASE("The reply says what was done to its prompt, which is all that is changed", "[gemini][reword]") {
  for (const Way way : every_way) {
    CAPTURE(static_cast<int>(way));
    Filter filter{.refusal = finished_as("IMAGE_SAFETY"), .passes = "version 2"};
    Caller caller{filter};
    ImageRequest request{.prompt = "a red balloon", .aspect_ratio = "1:1", .reword = in_version};
    const Ended end = caller.ask(way, request);
    CHECK(end.id == "ok");
    CHECK(end.rewording == "version 2");
    CHECK(end.attempts == 3);
    REQUIRE(filter.bodies.size() == 3);
    const std::array prompts{"a red balloon", "version 1 of a red balloon", "version 2 of a red balloon"};
    for (std::size_t i = 0; i < prompts.size(); ++i) {
      ImageRequest sent = request;
      sent.prompt = prompts[i];
      CHECK(filter.bodies[i] == to_json(sent));
    }

    // What passes need not be found again.
    CHECK(caller.ask(way, request).rewording == "version 2");
    CHECK(filter.bodies.size() == 4);
    CHECK(caller.client().blocked().size() == 2);

    request.prompt = "version 2 already";
    CHECK(caller.ask(way, request).rewording.empty());
  }
}

TEST_CASE("A changed safety setting is another request, and another model is not", "[gemini][reword]") {
  Filter filter{.refusal = blocked_as("SAFETY")};
  Caller caller{filter};
  ImageRequest request = balloon;
  CHECK(caller.ask(Way::generate, request).sent == Sent::yes);
  request.safety = {{HarmCategory::dangerous_content, HarmThreshold::only_high}};
  CHECK(caller.ask(Way::stream, request).sent == Sent::yes);
  CHECK(caller.ask(Way::async_generate, request).sent == Sent::no);

  GenerateOptions how;
  how.blocked = &caller.client().blocked();
  const auto result = caller.client().client().generate(request, "gemini-nano-banana-2.1", how);
  CHECK(result.error().verdict().sent == Sent::no);
  CHECK(filter.bodies.size() == 2);
}

TEST_CASE("A rewording that is no prompt ends the call and is not sent, and one that says nothing of itself is told all the same",
          "[gemini][reword]") {
  for (const Way way : every_way) {
    CAPTURE(static_cast<int>(way));
    Filter filter{.refusal = finished_as("IMAGE_SAFETY"), .passes = "spoken"};
    Caller caller{filter};
    ImageRequest request = balloon;
    for (const char* const none : {"", " \n", "\xFF\xFE"}) {
      request.reword = [&](std::string_view, unsigned) { return Rewording{none, "nothing"}; };
      const Ended end = caller.ask(way, request);
      CHECK(end.kind == Kind::bad_request);
      CHECK(end.message.starts_with("prompt: must "));
      CHECK(filter.bodies.size() == 1);
    }
    request.reword = [](std::string_view, unsigned) { return Rewording{"spoken otherwise", {}}; };
    CHECK(caller.ask(way, request).rewording == "said in other words");
  }
}

TEST_CASE("What a rewording throws leaves the client as what an attempt throws does", "[gemini][reword]") {
  Filter filter{.refusal = finished_as("IMAGE_SAFETY")};
  ImageRequest request = balloon;
  request.reword = [](std::string_view, unsigned) -> Rewording { throw std::runtime_error{"no words"}; };
  Caller caller{filter};
  CHECK_THROWS_WITH(caller.ask(Way::generate, request), "no words");
  CHECK_THROWS_WITH(caller.ask(Way::stream, request), "no words");
  CHECK(caller.ask(Way::async_generate, request).id == "exception");
  CHECK(filter.bodies.size() == 1);
}

TEST_CASE("The art styles lead past a filter that only one of them passes", "[gemini][reword]") {
  Filter filter{.refusal = finished_as("IMAGE_SAFETY"), .passes = "imaginary place"};
  Caller caller{filter};
  ImageRequest request = balloon;
  request.reword = declare_art_style;
  CHECK(caller.ask(Way::generate, request).rewording == declare_art_style("a red balloon", 3).what);
  CHECK(filter.bodies.size() == 4);
}

TEST_CASE("The options say what is reworded and remembered, and refuse what is out of range", "[gemini][reword]") {
  ResilientOptions options;
  CHECK_THAT(describe(options), Catch::Matchers::ContainsSubstring("other words at most 3 times - ") &&
                                    Catch::Matchers::ContainsSubstring("blocked prompts remembered: 1000 - "));
  options.reword_third_party = true;
  options.reword.rerolls = 2;
  options.remember_blocked = 0;
  CHECK_THAT(describe(options), Catch::Matchers::ContainsSubstring("at most 3 times, third-party content too - ") &&
                                    Catch::Matchers::ContainsSubstring("the same words at most 2 times again - ") &&
                                    !Catch::Matchers::ContainsSubstring("remembered"));

  const auto refused = [](ResilientOptions wrong) {
    Filter filter{};
    try {
      Caller caller{filter, std::move(wrong)};
    } catch (const ConfigError& error) {
      return std::string{error.what()};
    }
    return std::string{};
  };
  ResilientOptions wrong;
  wrong.remember_blocked = 1'000'001;
  CHECK_THAT(refused(wrong), Catch::Matchers::ContainsSubstring("remember_blocked"));
  wrong = {};
  wrong.reword.rerolls = 3;
  CHECK_THAT(refused(wrong), Catch::Matchers::ContainsSubstring("rerolls must be from 0 to 2"));
  wrong = {};
  wrong.reword_third_party = true;
  wrong.reword.rows = {"a", "b", "c", "d"};
  CHECK_THAT(refused(wrong), Catch::Matchers::ContainsSubstring("reword_third_party"));
}
