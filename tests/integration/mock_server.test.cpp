// SPDX-License-Identifier: BSL-1.0
#include <ductile/gemini/client.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/scenario_json.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>
#include <ductile/transports/httplib.hpp>

#include "../mock/asking.hpp"
#include "../support/catch.hpp"

#include <httplib.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using ductile::mock::Server;
using ductile::mock::ServerOptions;

namespace {

constexpr const char* generate = "/v1beta/models/gemini-3-pro-image:generateContent";

httplib::Result post(Server& server, const char* scenario, const char* path = generate) {
  httplib::Client client{server.url()};
  client.set_read_timeout(10s);
  return client.Post(path, {{"x-goog-api-key", "k"}, {"x-ductile-scenario", scenario}}, asking::body_for("a cat"), "application/json");
}

// What a client with a plain socket sees: the bytes, and how the connection ended (0: in order; else errno; -1: not within `patience`).
struct Seen {
  std::string bytes;
  int ended = -1;
};

// Asserts nothing: several threads at once may call it, and Catch2's assertions are for one.
Seen exchanged(Server& server, const std::string& request, std::chrono::milliseconds patience = 5s) {
  const int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(server.port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Seen seen;
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::send(connection, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    seen.ended = errno;
    ::close(connection);
    return seen;
  }
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd watched{connection, POLLIN, 0};
    if (left <= 0ms || ::poll(&watched, 1, static_cast<int>(left.count())) <= 0) break;
    std::array<char, 65536> buffer{};
    const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      seen.ended = got == 0 ? 0 : errno;
      break;
    }
    seen.bytes.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(connection);
  return seen;
}

Seen raw(Server& server, const std::string& scenario, std::chrono::milliseconds patience = 5s) {
  const std::string body = asking::body_for("a cat");
  return exchanged(server,
                   "POST " + std::string{generate} + " HTTP/1.1\r\nHost: x\r\nx-ductile-scenario: " + scenario +
                       "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body,
                   patience);
}

std::size_t announced(const std::string& answer) {
  const std::size_t at = answer.find("Content-Length: ");
  REQUIRE(at != std::string::npos);
  return std::stoul(answer.substr(at + 16));
}

std::size_t body_bytes(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  return answer.size() - end - 4;
}

}  // namespace

TEST_CASE("The service in a box answers over a socket on any free port", "[integration][mock]") {
  Server server;
  CHECK(server.port() > 0);
  CHECK(server.url() == "http://127.0.0.1:" + std::to_string(server.port()));
  const auto image = post(server, "ok-image");
  REQUIRE(image);
  CHECK(image->status == 200);
  CHECK(image->get_header_value("Content-Type") == "application/json; charset=UTF-8");
  CHECK(image->get_header_value("x-gemini-service-tier") == "standard");
  CHECK_FALSE(image->has_header("Retry-After"));
  CHECK(boost::json::parse(image->body).at("modelVersion").as_string() == "gemini-3-pro-image");

  const auto refused = post(server, "rpm-free");
  REQUIRE(refused);
  CHECK(refused->status == 429);
  const auto page = post(server, "bad-gateway-html");
  REQUIRE(page);
  CHECK(page->status == 502);
  CHECK(page->get_header_value("Content-Type") == "text/html; charset=UTF-8");
}

TEST_CASE("A stream comes in pieces, and ends as its row says", "[integration][mock]") {
  Server server;
  const auto streamed = post(server, "ok-text-image", "/v1beta/models/gemini-3-pro-image:streamGenerateContent?alt=sse");
  REQUIRE(streamed);
  CHECK(streamed->get_header_value("Content-Type") == "text/event-stream");
  CHECK(streamed->get_header_value("Transfer-Encoding") == "chunked");
  CHECK(streamed->body.starts_with("data: {"));
  CHECK(streamed->body.find("\"STOP\"") != std::string::npos);
  const auto broken = post(server, "sse-error-event", "/v1beta/models/gemini-3-pro-image:streamGenerateContent?alt=sse");
  REQUIRE(broken);
  CHECK(broken->status == 200);
  CHECK(broken->body.find("data: {\"error\":") != std::string::npos);
}

TEST_CASE("A reset is a reset: before the head, or in the middle of the body", "[integration][mock]") {
  Server server;
  const Seen before = raw(server, "reset-before-headers");
  CHECK(before.bytes.empty());
  CHECK(before.ended == ECONNRESET);
  const Seen within = raw(server, "reset-mid-body");
  CHECK(within.bytes.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(body_bytes(within.bytes) > 0);
  CHECK(body_bytes(within.bytes) < announced(within.bytes));
  CHECK(within.ended == ECONNRESET);
}

TEST_CASE("A close is a close: before the head, in the middle of the body, or too early by its own account", "[integration][mock]") {
  Server server;
  const Seen before = raw(server, "half-close-no-reply");
  CHECK(before.bytes.empty());
  CHECK(before.ended == 0);
  const Seen within = raw(server, "wrong-content-length");
  CHECK(body_bytes(within.bytes) < announced(within.bytes));
  CHECK(within.ended == 0);
  const Seen garbage = raw(server, "tls-failure");
  CHECK_FALSE(garbage.bytes.empty());
  CHECK_FALSE(garbage.bytes.starts_with("HTTP/"));
  CHECK(garbage.ended == 0);
  const auto cut = post(server, "truncated-json");
  REQUIRE(cut);
  CHECK(cut->status == 200);
  boost::system::error_code error;
  (void)boost::json::parse(cut->body, error);
  CHECK(error);
}

TEST_CASE("A client over a socket hands out the parts of a stream and names how it ended", "[integration][mock][stream]") {
  Server server;
  ductile::HttplibTransport transport;
  const auto streamed = [&](const char* scenario) {
    ductile::gemini::ClientOptions options;
    options.api_key = ductile::gemini::ApiKey{std::string{"scenario-"} + scenario};
    options.base_url = server.url();
    options.idle_limit = 300ms;
    std::string parts;
    const auto end = ductile::gemini::Client{transport, options}.stream(
        {.prompt = "a cat"}, "gemini-3-pro-image",
        [&](ductile::gemini::StreamPart&& part) { parts += part.image() ? "<image>" : part.text; });
    return parts + " " + (end ? "ok" : std::string{end.error().verdict().id.text()}) +
           (end || end.error().verdict().sent != ductile::Sent::delivered ? "" : " delivered");
  };
  CHECK(streamed("ok-text-image") == "Here is your image.<image> ok");
  CHECK(streamed("sse-error-event") == "Here is  sse-error-event delivered");
  CHECK(streamed("sse-error-tail-raw") == "Here is  sse-error-tail-raw delivered");
  CHECK(streamed("sse-no-finish") == "Here is  sse-no-finish delivered");
  CHECK(streamed("truncated-json") == " truncated-json");
  CHECK(streamed("idle-timeout") == "Here is  idle-timeout delivered");
  CHECK(streamed("reset-mid-body") == " reset-mid-body");
  CHECK(streamed("high-demand") == " high-demand");
}

TEST_CASE("Silence is silent, and a drip drips", "[integration][mock]") {
  Server server;
  const Seen silent = raw(server, "idle-timeout", 300ms);
  CHECK(silent.bytes.empty());
  CHECK(silent.ended == -1);
  const Seen drip = raw(server, "slow-drip", 300ms);
  CHECK(body_bytes(drip.bytes) == 1);
  CHECK(drip.ended == -1);
}

TEST_CASE("Silence lasts ten seconds of the computer's time, however fast the service's time runs", "[integration][mock]") {
  Server server{{.time_scale = 1000}};  // its six minutes would be 0.36 s
  const Seen silent = raw(server, "idle-timeout", 600ms);
  CHECK(silent.bytes.empty());
  CHECK(silent.ended == -1);
  // A test that will not wait so long says so in its scenario, or puts the clock forward.
  server.engine().play({.episodes = {{.answer = "idle-timeout", .latency = 100s}}}, server.clock().now());
  const auto begun = std::chrono::steady_clock::now();
  httplib::Client client{server.url()};
  CHECK_FALSE(client.Post(generate, {{"x-goog-api-key", "k"}}, asking::body_for("a cat"), "application/json"));
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

TEST_CASE("After a fault the next connection is served as if nothing had been", "[integration][mock]") {
  Server server;
  for (const char* fault : {"reset-before-headers", "half-close-no-reply", "reset-mid-body", "wrong-content-length"}) {
    INFO(fault);
    CHECK_FALSE(post(server, fault));
    const auto served = post(server, "ok-text-only");
    REQUIRE(served);
    CHECK(served->status == 200);
  }
}

TEST_CASE("A POST that announces no body is answered at once", "[integration][mock]") {
  Server server;
  const auto answer_to = [&server](const std::string& path) {
    return exchanged(server, "POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  };
  const Seen reset = answer_to("/_ductile/reset");
  CHECK(reset.bytes.starts_with("HTTP/1.1 200"));
  CHECK(reset.ended == 0);
  const Seen refused = answer_to(std::string{generate});
  CHECK(refused.bytes.starts_with("HTTP/1.1 403"));  // it has no key either
  CHECK(refused.ended == 0);
}

TEST_CASE("HEAD is answered as GET, without the body", "[integration][mock]") {
  Server server{{.scenario = "calm"}};
  httplib::Client client{server.url()};
  for (const char* const path : {"/", "/_ductile/health", "/v1beta/models?key=k", "/nothing-here"}) {
    CAPTURE(path);
    const auto whole = client.Get(path);
    const auto head = client.Head(path);
    REQUIRE(whole);
    REQUIRE(head);
    CHECK(head->status == whole->status);
    CHECK(head->get_header_value("Content-Type") == whole->get_header_value("Content-Type"));
    CHECK(head->body.empty());
  }
  CHECK(client.Head("/")->status == 200);
}

TEST_CASE("A connection is kept for the next request", "[integration][mock]") {
  Server server;
  httplib::Client client{server.url()};
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) {
    const auto answer = client.Post(generate, {{"x-ductile-scenario", "high-demand"}}, "{}", "application/json");
    REQUIRE(answer);
    CHECK(answer->status == 503);
  }
  CHECK(std::chrono::steady_clock::now() - begun < 1s);  // a delayed acknowledgement each would make two
}

TEST_CASE("Stopping takes no notice of what is still being answered", "[integration][mock]") {
  Server server;
  std::vector<std::thread> stalled;
  std::atomic<int> ended = 0;
  for (int i = 0; i < 20; ++i)
    stalled.emplace_back([&, i] {
      (void)post(server, i % 2 == 0 ? "idle-timeout" : "slow-drip");
      ++ended;
    });
  while (server.engine().journal().total() < 20) std::this_thread::yield();
  CHECK(ended == 0);
  const auto begun = std::chrono::steady_clock::now();
  server.stop();
  CHECK(std::chrono::steady_clock::now() - begun < 500ms);
  for (std::thread& each : stalled) each.join();
  server.stop();  // again does nothing
}

TEST_CASE("Sixty-four clients at once are all served while others stall", "[integration][mock]") {
  Server server{{.time_scale = 20}};
  std::vector<std::thread> clients;
  std::atomic<int> served = 0;
  for (int i = 0; i < 64; ++i)
    clients.emplace_back([&, i] {
      if (i % 4 == 0) {
        (void)raw(server, "idle-timeout", 500ms);
        return;
      }
      for (int call = 0; call < 3; ++call) {
        const auto answer = post(server, "ok-text-only");
        served += answer && answer->status == 200 ? 1 : 0;
      }
    });
  for (std::thread& client : clients) client.join();
  CHECK(served == 48 * 3);
}

TEST_CASE("Time runs as fast as asked, and latencies with it", "[integration][mock]") {
  Server server{{.time_scale = 100}};
  server.engine().play({.episodes = {{.answer = "ok-text-only", .latency = 20s}}}, server.clock().now());
  httplib::Client client{server.url()};
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = client.Post(generate, {{"x-goog-api-key", "k"}}, asking::body_for("a cat"), "application/json");
  const auto took = std::chrono::steady_clock::now() - begun;
  REQUIRE(answer);
  CHECK(took >= 200ms);
  CHECK(took < 1s);
}

TEST_CASE("Putting the clock forward ends the waits that it passes", "[integration][mock]") {
  Server server;
  std::thread client{[&] { (void)post(server, "idle-timeout"); }};
  while (server.engine().journal().total() == 0) std::this_thread::yield();
  const auto begun = std::chrono::steady_clock::now();
  httplib::Client admin{server.url()};
  const auto advanced = admin.Post("/_ductile/clock/advance", R"({"seconds": 400})", "application/json");
  REQUIRE(advanced);
  client.join();
  CHECK(std::chrono::steady_clock::now() - begun < 1s);
}

TEST_CASE("The service starts at the time that it is told", "[integration][mock]") {
  Server server{{.scenario = "bad-day", .at = ductile::mock::parse_time("2026-07-01T03:00:00Z")}};
  httplib::Client client{server.url()};
  const auto clock = client.Get("/_ductile/clock");
  REQUIRE(clock);
  CHECK(std::string{boost::json::parse(clock->body).at("now").as_string()}.starts_with("2026-07-01T03:00:0"));
  const auto date = post(server, "ok-text-only");
  REQUIRE(date);
  CHECK(date->get_header_value("Date").starts_with("Wed, 01 Jul 2026 03:00:0"));
}

TEST_CASE("The query chooses key and row even when the body is sent as a form", "[integration][mock]") {
  Server server;
  httplib::Client client{server.url()};
  const auto answer = client.Post("/v1/models/gemini-3-pro-image:generateContent?scenario=rate-generic&key=a%2Bb",
                                  asking::body_for("a cat"), "application/x-www-form-urlencoded");
  REQUIRE(answer);
  CHECK(answer->status == 429);
}

TEST_CASE("Options out of range are refused with their range", "[integration][mock]") {
  using Catch::Matchers::ContainsSubstring;
  CHECK_THROWS_WITH(Server(ServerOptions{.port = 70'000}), ContainsSubstring("port must be from 0 to 65535; it is 70000"));
  CHECK_THROWS_WITH(Server(ServerOptions{.scenario = "sunny"}), ContainsSubstring("calm, bad-day, outage-30min"));
  const std::filesystem::path over = std::filesystem::temp_directory_path() / "ductile-scenario-that-is-over.json";
  std::ofstream{over} << R"({"episodes": [{"answer": "internal", "until": "2020-01-01T00:00:00Z"}]})";
  CHECK_THROWS_WITH(Server(ServerOptions{.scenario = over.string()}), ContainsSubstring("episodes[0].until must be later than the start"));
  CHECK_NOTHROW(Server(ServerOptions{.scenario = over.string(), .at = ductile::WallTime{}}));
  std::filesystem::remove(over);
  CHECK_THROWS_WITH(Server(ServerOptions{.tier = "gold"}), ContainsSubstring("tier must be one of"));
  CHECK_THROWS_WITH(Server(ServerOptions{.time_scale = 0}), ContainsSubstring("time_scale must be from 0.001 to 100000; it is 0"));
  Server first;
  CHECK_THROWS_WITH(Server(ServerOptions{.port = first.port()}), ContainsSubstring("cannot listen on 127.0.0.1 port"));
}
