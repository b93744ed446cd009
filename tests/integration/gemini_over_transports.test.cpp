// SPDX-License-Identifier: BSL-1.0

// The same Gemini client over each blocking transport, against the mock, and over none: what a transport says of a fault is what the
// pipeline acts on.
#include "../support/catch.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/core/pipeline.hpp>
#include <ductile/core/transport.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/gemini/failures.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/engine_transport.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>
#include <ductile/transports/curl.hpp>
#include <ductile/transports/httplib.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
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

TEST_CASE("Without a port a client outlives half an hour of outage in no time, and what it did can be seen", "[gemini][mock]") {
  // [usage]
  ductile::VirtualClock clock;
  ductile::mock::Engine engine{{.start = clock.now().wall()}};
  engine.play({.episodes = {{.answer = "high-demand", .until = 30min}}}, clock.now().wall());
  ductile::mock::EngineTransport transport{engine, clock};
  const ductile::gemini::Client client{transport, {.api_key = ductile::gemini::ApiKey{"any"}}};

  ductile::Pipeline pipeline{ductile::Retry{ductile::RetryOptions{.attempts = 100}}};
  const auto draw = [&](const ductile::Attempt&) { return client.generate({.prompt = "a lighthouse"}, "gemini-3-pro-image"); };
  const auto image = pipeline.run(ductile::repeatable(draw), clock);
  CHECK(image);
  CHECK(clock.now()().time_since_epoch() > 30min);
  CHECK(engine.verdict().clean());
  // [/usage]
  CHECK(clock.now()().time_since_epoch() < 33min);
  CHECK(engine.journal().count("high-demand") + 1 == trips(image));
}

TEST_CASE("Without a port each row is what the table says, and what wants a port of its own is itself", "[gemini][mock]") {
  VirtualClock clock;
  mock::Engine engine{{.start = clock.now().wall()}};
  mock::EngineTransport transport{engine, clock};
  int as_themselves = 0;
  for (const gemini::FailureRow& row : gemini::failures) {
    const std::string_view id = row.id.text();
    if (id == "batch-get-503") continue;  // only its path tells it from another failure
    CAPTURE(id);
    const gemini::Client client{transport, {.api_key = gemini::ApiKey{"scenario-" + std::string{id}}, .idle_limit = 60s}};
    const gemini::ImageRequest request{.prompt = "a lighthouse", .aspect_ratio = "16:9", .image_size = gemini::ImageSize::two_k};
    const gemini::GenerateOptions how{.timeout = id == "client-deadline" ? 30s : 120s};
    const bool streamed = id.starts_with("sse-") || id.ends_with("-sse");
    const auto result =
        streamed ? client.generate_buffered(request, "gemini-3-pro-image", how) : client.generate(request, "gemini-3-pro-image", how);
    if (id == "model-substituted" || id == "tier-downgraded") {
      CHECK(result);
      continue;
    }
    REQUIRE_FALSE(result);
    CAPTURE(result.error().message());
    CHECK(name(result.error().kind()) == name(row.kind));
    CHECK(name(result.error().remedy()) == name(row.remedy));
    as_themselves += result.error().id() == row.id ? 1 : 0;
    for (const std::string_view apart :
         {"dns-failure", "connect-refused", "connect-timeout", "tls-failure", "client-deadline", "idle-timeout"})
      if (apart == id) CHECK(result.error().id().text() == apart);
  }
  CHECK(as_themselves > 150);
}

TEST_CASE("Without a port time passes as it would on the wire, and ends where the client's limits are", "[gemini][mock]") {
  VirtualClock clock;
  mock::Engine engine{{.start = clock.now().wall()}};
  mock::EngineTransport transport{engine, clock};
  engine.play({.episodes = {{.answer = "ok-image", .latency = 40s}}}, clock.now().wall());
  const HttpRequest request{.method = "POST",
                            .url = "https://anywhere/v1beta/models/gemini-3-pro-image:streamGenerateContent?alt=sse",
                            .headers = {{"x-goog-api-key", "any"}},
                            .body = R"({"contents": [{"parts": [{"text": "a lighthouse"}]}]})"};
  struct Way {
    TransportLimits limits;
    std::optional<TransportFault> fault;
    Duration passes;
  };
  const bool stopped = true;
  struct Stop {
    const bool& flag;
    [[nodiscard]] bool stop_requested() const { return flag; }
  } stop{stopped};
  const Way ways[] = {{{}, std::nullopt, 40s},
                      {{.idle = 30s}, TransportFault::idle_timeout, 30s},
                      {{.total = 20s}, TransportFault::total_timeout, 20s},
                      {{.first_byte = 10s}, TransportFault::idle_timeout, 10s},
                      {{.max_response_bytes = 100}, TransportFault::too_large, 40s},
                      {{.stop = StopView{stop}}, TransportFault::cancelled, 0s}};
  for (const Way& each : ways) {
    CAPTURE(each.passes);
    const Time before = clock.now()();
    const TransportResult result = transport.send(request, each.limits);
    const auto* error = std::get_if<TransportError>(&result);
    CHECK((error ? std::optional{error->what} : std::nullopt) == each.fault);
    CHECK(clock.now()() - before == each.passes);
  }

  // In pieces, with time between them.
  std::vector<Time> times;
  const auto note = [&](std::string_view) {
    times.push_back(clock.now()());
    return true;
  };
  engine.play({.episodes = {{.answer = "ok-text-image", .latency = 1s}}}, clock.now().wall());
  (void)transport.send(request, {.body = BodyReceiver{note}});
  REQUIRE(times.size() == 3);
  CHECK(times[1] - times[0] == 50ms);
}

TEST_CASE("Without a port a scenario does what it does behind one: faults of the wire, states, and a capacity that all share",
          "[gemini][mock]") {
  VirtualClock clock;
  mock::EngineOptions options{.start = clock.now().wall()};
  options.shared_capacity = mock::SharedCapacity{.calls_per_minute = 6, .burst = 1, .rejected_costs = 0};
  options.scenario.state = "torn";
  options.scenario.episodes = {{.answer = "high-demand", .calls = 1, .fault = "reset-mid-body", .next_state = "slow"},
                               {.answer = "ok-image", .latency = 40s, .state = "slow", .next_state = "shared"}};
  mock::Engine engine{options};
  mock::EngineTransport transport{engine, clock};
  const gemini::Client client{transport, {.api_key = gemini::ApiKey{"any"}}};
  const auto draw = [&] {
    const Time before = clock.now()();
    const auto drawn = client.generate({.prompt = "a lighthouse"}, "gemini-3-pro-image");
    return std::pair{drawn ? "made" : std::string{drawn.error().id().text()}, clock.now()() - before};
  };
  CHECK(draw().first == "reset-mid-body");
  CHECK(draw() == std::pair{std::string{"made"}, Duration{40s}});
  CHECK(engine.state() == "shared");
  CHECK(draw().first == "made");
  CHECK(engine.journal().entries().back().status == 200);
  const auto refused = draw();
  CHECK(engine.journal().entries().back().status == 503);
  CHECK(refused.first == engine.journal().entries().back().id);
  clock.advance(10s);
  CHECK(draw().first == "made");
}
