// SPDX-License-Identifier: BSL-1.0

// The Gemini client over BeastTransport, against the mock: what the client tests say of a blocking transport holds here.
#include "../gemini/streams.hpp"
#include "../support/catch.hpp"
#include "../transports/exchanges.hpp"
#include "../transports/raw_server.hpp"

#include <ductile/gemini/async.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/transports/beast.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// A client over Beast of a mock, whose key asks for one answer ("scenario-ID").
struct GeminiFixture {
  mock::Server service{};
  BeastTransport transport{};
  gemini::ResilientClient<BeastTransport> client;
  asio::io_context context{1};
  asio::cancellation_signal signal{};
  std::optional<Result<gemini::ImageReply>> result{};

  explicit GeminiFixture(const std::string& key) : GeminiFixture(key, {}) {}
  GeminiFixture(const std::string& key, std::string base_url)
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
  GeminiFixture fixture{"any-key"};
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
  GeminiFixture fixture{key};
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
    GeminiFixture fixture{""};
    fixture.client.async_generate({.prompt = "a cat"}, fixture.token());
    const auto result = fixture.run();
    REQUIRE_FALSE(result);
    CHECK(result.error().id().text() == "key-missing");
    CHECK(fixture.service.engine().journal().total() == 0);
  }
  SECTION("a size that no target makes") {
    GeminiFixture fixture{"any-key"};
    fixture.client.async_generate({.prompt = "a cat", .image_size = gemini::ImageSize::px_512}, fixture.token());
    const auto result = fixture.run();
    REQUIRE_FALSE(result);
    CHECK(result.error().attempts() == 0);
    CHECK(fixture.service.engine().journal().total() == 0);
  }
}

TEST_CASE("Over Beast a lost answer is tried again, and a call that may not be repeated is told that it may have been done",
          "[beast][gemini]") {
  GeminiFixture fixture{"scenario-reset-before-headers"};
  const auto attempts = [](GeminiFixture& of, auto tag) {
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
    GeminiFixture nobody{"any-key", "http://127.0.0.1:1"};
    CHECK(attempts(nobody, may_not) == 3);
  }
}

TEST_CASE("Over Beast a call is cancelled in its exchange", "[beast][gemini]") {
  GeminiFixture fixture{"scenario-idle-timeout"};
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

TEST_CASE("Over Beast the parts of a stream come as they arrive", "[beast][gemini]") {
  const mock::Server service;
  const auto options = GeminiFixture::client_options("scenario-ok-text-image", service.url());
  std::string text;
  int images = 0;
  // [stream]
  BeastTransport transport;
  auto client = gemini::resilient(transport, options);
  asio::io_context context;  // after the client: it goes first

  const auto on_part = [&](gemini::StreamPart&& part) {
    text += part.text;
    images += part.image() ? 1 : 0;
  };
  const auto on_end = [&](Result<gemini::StreamEnd> end) {
    if (!end) text = describe(end.error());
  };
  client.async_stream({.prompt = "a red balloon"}, on_part, asio::bind_executor(context, on_end));
  context.run();
  // [/stream]
  CHECK(images == 1);
  CHECK_FALSE(text.empty());
}

namespace {

// A stream over Beast, on a strand of its own.
struct Stream {
  asio::strand<asio::io_context::executor_type> strand;
  std::function<void()> in_part = [] {};
  std::size_t parts = 0;
  asio::cancellation_signal signal{};
  std::optional<Result<gemini::StreamEnd>> end{};

  explicit Stream(asio::io_context& context) : strand(asio::make_strand(context)) {}

  void begin(const gemini::Client<BeastTransport>& client) {
    const std::function<void(gemini::StreamPart&&)> on_part = [this](gemini::StreamPart&&) {
      if (!strand.running_in_this_thread() || end) std::terminate();  // in a thread where nothing can be checked
      ++parts;
      in_part();
    };
    const auto on_end = [this](Result<gemini::StreamEnd> given) { end.emplace(std::move(given)); };
    client.async_stream({.prompt = "a cat"}, "gemini-3-pro-image", on_part, {},
                        asio::bind_cancellation_slot(signal.slot(), asio::bind_executor(strand, on_end)));
  }
};

}  // namespace

TEST_CASE("Over Beast streams of several threads are handed out each on its handler's strand", "[beast][gemini]") {
  const mock::Server service;
  {  // With the first stream that it sends cpp-httplib makes a constant. TSan cannot see into its library that others wait for that.
    BeastTransport transport;
    asio::io_context context{1};
    Stream stream{context};
    stream.begin(gemini::Client{transport, GeminiFixture::client_options("scenario-ok-text-image", service.url())});
    context.run();
  }
  BeastTransport transport;
  asio::io_context context{3};
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 8; ++i) {
    streams.push_back(std::make_unique<Stream>(context));
    streams.back()->begin(gemini::Client{transport, GeminiFixture::client_options("scenario-ok-text-image", service.url())});
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&context] { context.run(); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& stream : streams) {
    REQUIRE(stream->end);
    CHECK(stream->end->value().parts == 3);
    CHECK(stream->parts == 3);
  }
}

TEST_CASE("Over Beast a stream that stalls is ended by its idle limit, or by who cancels it at once", "[beast][gemini]") {
  const mock::Server service;
  BeastTransport transport;
  auto options = GeminiFixture::client_options("scenario-idle-timeout", service.url());
  options.idle_limit = 300ms;
  asio::io_context context{1};
  Stream stream{context};
  std::string_view id = "idle-timeout";
  const auto check = [&] {
    const auto began = std::chrono::steady_clock::now();
    stream.begin(gemini::Client{transport, options});
    context.run();
    CHECK(std::chrono::steady_clock::now() - began < 5s);
    CHECK(stream.parts == 1);
    REQUIRE(stream.end);
    CHECK(stream.end->error().id().text() == id);
    CHECK((stream.end->error().kind() == Kind::cancelled) == (id == "unknown"));
    CHECK(stream.end->error().verdict().sent == Sent::delivered);
  };
  SECTION("by its limit") { check(); }
  SECTION("by who cancels it, from within a part") {
    options.idle_limit = 1h;
    id = "unknown";
    stream.in_part = [&stream] { stream.signal.emit(asio::cancellation_type::terminal); };
    check();
  }
  SECTION("by what the caller's function throws") {
    options.idle_limit = 1h;
    id = "exception";
    stream.in_part = [] { throw 1; };
    check();
  }
}

TEST_CASE("Over Beast a stream whose connection is reset after its finish reason is a success", "[beast][gemini]") {
  RawServer server{[](RawServer::Connection& client) {
    client.request();
    client.write(ok_head + "\r\n" + event(words("Here is ")) + event(image()));
    std::this_thread::sleep_for(50ms);
    client.reset();
  }};
  BeastTransport transport;
  asio::io_context context{1};
  Stream stream{context};
  stream.begin(gemini::Client{transport, GeminiFixture::client_options("any-key", server.url(""))});
  context.run();
  REQUIRE(stream.end);
  REQUIRE(*stream.end);
  CHECK(stream.end->value().parts == 2);
}
