// SPDX-License-Identifier: BSL-1.0

// The Gemini client over BeastTransport, against the mock: what the client tests say of a blocking transport holds here.
#include "../support/catch.hpp"

#include <ductile/gemini/async.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/transports/beast.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace ductile;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// A client over Beast of a mock, whose key asks for one answer ("scenario-ID").
struct Fixture {
  mock::Server service{};
  BeastTransport transport{};
  gemini::ResilientClient<BeastTransport> client;
  asio::io_context context{1};
  asio::cancellation_signal signal{};
  std::optional<Result<gemini::ImageReply>> result{};

  explicit Fixture(const std::string& key) : Fixture(key, {}) {}
  Fixture(const std::string& key, std::string base_url)
      : client(gemini::resilient(transport, client_options(key, base_url.empty() ? service.url() : std::move(base_url)))) {}

  static gemini::ClientOptions client_options(const std::string& key, std::string base_url) {
    gemini::ClientOptions options;
    options.api_key = gemini::ApiKey{key};
    options.base_url = std::move(base_url);
    return options;
  }

  auto token() {
    return asio::bind_cancellation_slot(
        signal.slot(), asio::bind_executor(context, [this](Result<gemini::ImageReply> given) { result.emplace(std::move(given)); }));
  }
  Result<gemini::ImageReply> run() {
    CHECK_FALSE(result);  // never inside the call
    context.run();
    REQUIRE(result);
    return *std::move(result);
  }
};

}  // namespace

TEST_CASE("Over Beast an image is made, with a size and a ratio", "[beast][gemini]") {
  Fixture fixture{"any-key"};
  fixture.client.async_generate({.prompt = "a lighthouse", .aspect_ratio = "16:9", .image_size = gemini::ImageSize::two_k},
                                fixture.token());
  const auto reply = fixture.run();
  REQUIRE(reply);
  CHECK(reply.value().width == 2752);
  CHECK(fixture.service.engine().journal().total() == 1);
}

TEST_CASE("Over Beast a failure is classified as it is over a blocking transport", "[beast][gemini]") {
  struct Row {
    std::string_view answer;
    std::string_view id;
  };
  const auto row = GENERATE(values<Row>({{"reset-before-headers", "reset-before-headers"},
                                         {"reset-mid-body", "reset-mid-body"},
                                         {"wrong-content-length", "wrong-content-length"},
                                         {"half-close-no-reply", "half-close-no-reply"},
                                         {"truncated-json", "truncated-json"},
                                         {"high-demand", "high-demand"},
                                         {"api-key-invalid", "api-key-invalid"}}));
  CAPTURE(row.answer);
  const std::string key = "scenario-" + std::string{row.answer};
  Fixture fixture{key};
  const gemini::GenerateOptions how;
  fixture.client.client().async_generate({.prompt = "a cat"}, "gemini-3-pro-image", how, fixture.token());
  const auto result = fixture.run();
  REQUIRE_FALSE(result);
  CAPTURE(result.error().message());
  CHECK(result.error().id().text() == row.id);
  CHECK(std::string{result.error().message()}.find(key) == std::string::npos);
}

TEST_CASE("Over Beast what cannot be asked for fails before anything is sent, and not inside the call", "[beast][gemini]") {
  SECTION("without a key") {
    Fixture fixture{""};
    fixture.client.async_generate({.prompt = "a cat"}, fixture.token());
    const auto result = fixture.run();
    REQUIRE_FALSE(result);
    CHECK(result.error().id().text() == "key-missing");
    CHECK(fixture.service.engine().journal().total() == 0);
  }
  SECTION("a size that no target makes") {
    Fixture fixture{"any-key"};
    fixture.client.async_generate({.prompt = "a cat", .image_size = gemini::ImageSize::px_512}, fixture.token());
    const auto result = fixture.run();
    REQUIRE_FALSE(result);
    CHECK(result.error().attempts() == 0);
    CHECK(fixture.service.engine().journal().total() == 0);
  }
}

TEST_CASE("Over Beast a lost answer is tried again, and a call that may not be repeated is told that it may have been done",
          "[beast][gemini]") {
  Fixture fixture{"scenario-reset-before-headers"};
  const auto attempts = [](Fixture& of, auto tag) {
    Pipeline pipeline{Retry{RetryOptions{.attempts = 3, .backoff = Exponential{.base = 1ms}}}};
    const auto operation = [&of](const Attempt&, auto token) {
      const gemini::GenerateOptions how;
      return of.client.client().async_generate({.prompt = "a cat"}, "gemini-3-pro-image", how, std::move(token));
    };
    pipeline.async_run(tag(operation), of.token());
    const auto result = of.run();
    REQUIRE_FALSE(result);
    CHECK(has(result.error().notes(), Note::not_repeatable) == (result.error().attempts() == 1));
    return result.error().attempts();
  };
  const auto may_be_repeated = [](const auto& operation) { return repeatable(operation); };
  const auto may_not = [](const auto& operation) { return never_repeated(operation); };
  SECTION("repeatable") { CHECK(attempts(fixture, may_be_repeated) == 3); }
  SECTION("not repeatable") { CHECK(attempts(fixture, may_not) == 1); }
  SECTION("not repeatable, and never sent") {
    Fixture nobody{"any-key", "http://127.0.0.1:1"};
    CHECK(attempts(nobody, may_not) == 3);
  }
}

TEST_CASE("Over Beast a call is cancelled in its exchange", "[beast][gemini]") {
  Fixture fixture{"scenario-idle-timeout"};
  fixture.client.async_generate({.prompt = "a cat"}, fixture.token());
  fixture.context.run_for(100ms);
  REQUIRE_FALSE(fixture.result);
  const auto asked = std::chrono::steady_clock::now();
  fixture.signal.emit(asio::cancellation_type::terminal);
  const auto result = fixture.run();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::cancelled);
  CHECK(std::chrono::steady_clock::now() - asked < 1s);
}
