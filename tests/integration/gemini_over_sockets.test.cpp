// SPDX-License-Identifier: BSL-1.0

// The same Gemini client over each blocking transport, against the mock: what a transport says of a fault is what the pipeline acts on.
#include "../support/catch.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/core/pipeline.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>
#include <ductile/transports/curl.hpp>
#include <ductile/transports/httplib.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr double scale = 120;  // a minute of the service's lasts half a second
const std::string key = "a-key-that-nobody-may-read";

struct Case {
  std::string prompt;
  std::string answer;
  std::string_view id;
};

const std::vector<Case> cases{{"a full minute", "ipm", "ipm"},
                              {"an overload", "overloaded", "overloaded"},
                              {"a reset", "reset-before-headers", "reset-before-headers"},
                              {"a torn body", "reset-mid-body", "reset-mid-body"},
                              {"a hang-up", "half-close-no-reply", "half-close-no-reply"},
                              {"a short body", "wrong-content-length", "wrong-content-length"},
                              {"a stall", "idle-timeout", "client-deadline"}};

// One attempt, over whatever transport: so that the pipeline is compiled once.
using Generate = std::function<Result<gemini::ImageReply>(const std::string& prompt, Duration timeout)>;

void outlive_all(const Generate& generate, ScaledClock clock) {
  Pipeline pipeline{Deadline{1h}, Retry{}, AttemptTimeout{2min}};
  const auto draw = [&](const std::string& prompt) {
    const auto operation = [&](const Attempt& attempt) { return generate(prompt, attempt.remaining(clock.now()())); };
    return pipeline.run(repeatable(operation), clock);
  };
  const auto fine = draw("a lighthouse");
  REQUIRE(fine);
  CHECK(trips(fine) == 1);
  CHECK(fine.value().width > 0);
  for (const Case& c : cases) {
    CAPTURE(c.answer);
    const auto once = generate(c.prompt, 2min);
    REQUIRE_FALSE(once);
    CAPTURE(once.error().message());
    CHECK(once.error().id().text() == c.id);
    CHECK_THAT(std::string{once.error().message()}, !ContainsSubstring(key));
    const auto again = draw(c.prompt);
    REQUIRE(again);
    CHECK(trips(again) == 2);
  }
}

}  // namespace

TEMPLATE_TEST_CASE("Each trouble is named over each transport, and outlived by trying again", "[gemini][transports]", HttplibTransport,
                   CurlTransport) {
  mock::Server service{{.time_scale = scale}};
  mock::Scenario scenario;
  for (const Case& c : cases) scenario.episodes.push_back({.answer = c.answer, .prompt = c.prompt, .calls = 2});
  service.engine().play(scenario, service.clock().now());

  TestType transport;
  gemini::ClientOptions options;
  options.api_key = gemini::ApiKey{key};
  options.base_url = service.url();
  options.pace = scale;
  const gemini::Client client{transport, options};
  outlive_all([&](const std::string& prompt,
                  Duration timeout) { return client.generate({.prompt = prompt}, "gemini-3-pro-image", {.timeout = timeout}); },
              ScaledClock{scale, service.clock().now()});
}
