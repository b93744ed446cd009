// SPDX-License-Identifier: BSL-1.0

// BeastTransport over real sockets.
#include "../support/allocations.hpp"
#include "../support/catch.hpp"
#include "../support/counting_allocator.hpp"
#include "../transports/exchanges.hpp"
#include "../transports/raw_server.hpp"
#include "../transports/secure_server.hpp"

#include <ductile/core/now.hpp>
#include <ductile/core/transport.hpp>
#include <ductile/transports/beast.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using Catch::Matchers::ContainsSubstring;

static_assert(AsyncTransport<BeastTransport>);
static_assert(!Transport<BeastTransport>);

namespace {

// An exchange that was begun.
struct Begun {
  std::optional<TransportResult> result{};
  asio::cancellation_signal signal{};
};

// A transport and one thread's context.
struct Fixture {
  BeastTransport transport;
  asio::io_context context{1};

  explicit Fixture(BeastOptions options = {}) : transport(std::move(options)) {}

  std::unique_ptr<Begun> begin(HttpRequest request, const TransportLimits& limits = patient()) {
    auto begun = std::make_unique<Begun>();
    context.restart();
    transport.async_send(std::move(request), limits,
                         asio::bind_cancellation_slot(
                             begun->signal.slot(),
                             asio::bind_executor(context, [to = begun.get()](TransportResult result) { to->result = std::move(result); })));
    return begun;
  }

  TransportResult send(HttpRequest request, const TransportLimits& limits = patient()) {
    const auto begun = begin(std::move(request), limits);
    context.run();
    REQUIRE(begun->result);
    return *begun->result;
  }

  TransportError fault(HttpRequest request, const TransportLimits& limits = patient()) {
    const TransportResult result = send(std::move(request), limits);
    const auto* error = std::get_if<TransportError>(&result);
    REQUIRE(error);
    return *error;
  }

  HttpResponse response(HttpRequest request, const TransportLimits& limits = patient()) {
    const TransportResult result = send(std::move(request), limits);
    if (const auto* error = std::get_if<TransportError>(&result)) FAIL(error->message);
    return std::get<HttpResponse>(result);
  }
};

// A port where a connection neither opens nor is refused: its line is full.
class FullListener {
 public:
  FullListener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockets_.push_back(listener);
    REQUIRE(::bind(listener, any, sizeof address) == 0);
    REQUIRE(::listen(listener, 0) == 0);
    REQUIRE(::getsockname(listener, any, &length) == 0);
    port_ = ntohs(address.sin_port);
    for (int i = 0; i < 4; ++i) {
      sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      (void)::connect(sockets_.back(), any, sizeof address);
    }
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  ~FullListener() {
    for (const int socket : sockets_) ::close(socket);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  std::vector<int> sockets_;
  int port_ = 0;
};

}  // namespace

TEST_CASE("Over Beast a request arrives as it was given, and its answer comes back whole", "[beast]") {
  std::string seen;
  RawServer server{[&](RawServer::Connection& client) {
    seen = client.request();
    client.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 418 Teapot\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nshort");
  }};
  Fixture beast;
  HttpRequest request = post(server.url("/v1/models/x:generate?a=b%20c"), "{\"prompt\":1}");
  request.headers.push_back({"x-goog-api-key", "the-key"});
  const WallTime before = Now{}.wall();
  const HttpResponse response = beast.response(request);
  CHECK(response.status == 418);
  REQUIRE(response.received);
  CHECK((*response.received >= before && *response.received <= Now{}.wall()));
  CHECK(response.body == "short");
  CHECK(header(response.headers, "x-one") == "1");
  CHECK_THAT(seen, ContainsSubstring("POST /v1/models/x:generate?a=b%20c HTTP/1.1\r\n"));
  CHECK_THAT(seen, ContainsSubstring("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  CHECK_THAT(seen, ContainsSubstring("\r\nx-goog-api-key: the-key\r\n"));
  CHECK_THAT(seen, ContainsSubstring("\r\nContent-Length: 12\r\n"));
  CHECK_THAT(seen, ContainsSubstring("\r\nUser-Agent: ductile\r\n"));
  CHECK_THAT(seen, ContainsSubstring("\r\n\r\n{\"prompt\":1}"));
}

TEST_CASE("Over Beast a body ends by its length, its last chunk or the connection's end", "[beast]") {
  const std::string body(100'000, 'x');
  struct Case {
    std::string what;
    std::string text;
  };
  for (const Case& c : {Case{"length", ok(body)},
                        Case{"chunks", ok_head + "Transfer-Encoding: chunked\r\n\r\n" + "c350\r\n" + body.substr(50'000) +
                                           "\r\nC350;a=b\r\n" + body.substr(50'000) + "\r\n0\r\nX-Trailer: 1\r\n\r\n"},
                        Case{"end", ok_head + "\r\n" + body}}) {
    CAPTURE(c.what);
    RawServer server{[&](auto& client) {
      client.request();
      client.write(c.text);
    }};
    Fixture beast;
    TransportLimits limits = patient();
    limits.max_response_bytes = body.size();
    CHECK(beast.response(post(server.url()), limits).body == body);
  }
}

TEST_CASE("Over Beast a connection is kept and used again, for as long as it may be", "[beast]") {
  RawServer server{[](RawServer::Connection& client) {
    while (!client.request().empty()) client.write(ok("again"));
  }};
  {
    Fixture beast;
    for (int i = 0; i < 3; ++i) CHECK(beast.response(post(server.url())).body == "again");
    CHECK(server.connections() == 1);
  }
  {
    Fixture beast{{.idle_for = 1ns}};
    for (int i = 0; i < 2; ++i) CHECK(beast.response(post(server.url())).body == "again");
    CHECK(server.connections() == 3);
  }
  {
    Fixture beast{{.idle_connections = 0}};
    for (int i = 0; i < 2; ++i) CHECK(beast.response(post(server.url())).body == "again");
    CHECK(server.connections() == 5);
  }
}

TEST_CASE("Over Beast a kept connection that the other side closed, or said something on, is replaced", "[beast]") {
  const std::string behind = GENERATE("", "what nobody asked for");
  RawServer server{[&](RawServer::Connection& client) {
    client.request();
    client.write(ok("once"));
    if (!behind.empty()) {
      std::this_thread::sleep_for(5ms);
      client.write(behind);
      client.keep_silent();
    }
  }};
  Fixture beast;
  for (int i = 0; i < 3; ++i) {
    CHECK(beast.response(post(server.url())).body == "once");
    std::this_thread::sleep_for(20ms);
  }
  CHECK(server.connections() == 3);
}

TEST_CASE("Over Beast a kept connection that breaks before an answer is told apart, and replaced where that does no harm", "[beast]") {
  const bool reset = GENERATE(false, true);
  std::atomic<int> requests = 0;
  RawServer server{[&](RawServer::Connection& client) {
    client.request();
    ++requests;
    client.write(ok("first"));
    if (client.request().empty()) return;
    ++requests;
    if (reset) client.reset();  // else it closes in order; either way just as the second request arrives
  }};
  Fixture beast;
  REQUIRE(beast.response(post(server.url())).body == "first");
  const TransportError error = beast.fault(post(server.url()));
  CHECK(name(error.what) == (reset ? "reset" : "closed"));
  CHECK(error.stale);
  CHECK(error.sent == Sent::unknown);
  CHECK(requests == 2);

  REQUIRE(beast.response(post(server.url())).body == "first");
  CHECK(beast.response({"GET", server.url(), {}, {}}).body == "first");  // a safe one: asked again, of a new connection
  CHECK(requests == 5);
  CHECK(server.connections() == 3);

  const TransportError fresh = Fixture{}.fault(post("http://127.0.0.1:1/"));
  CHECK_FALSE(fresh.stale);
}

TEST_CASE("Over Beast a redirect is an answer and is not followed", "[beast]") {
  RawServer server{[](RawServer::Connection& client) {
    client.request();
    client.write("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }};
  CHECK(Fixture{}.response(post(server.url())).status == 302);
  CHECK(server.connections() == 1);
}

TEST_CASE("Over Beast each way in which a server can break off has its fault, and says what was sent", "[beast]") {
  struct Case {
    std::string_view what;
    RawServer::Script script;
    std::string_view fault;
    int status;
    std::size_t received;
  };
  const std::vector<Case> cases{
      {"reset before the head",
       [](auto& c) {
         c.request();
         c.reset();
       },
       "reset", 0, 0},
      {"reset within the head",
       [](auto& c) {
         c.request();
         c.write("HTTP/1.1 20");
         std::this_thread::sleep_for(20ms);
         c.reset();
       },
       "reset", 0, 0},
      {"reset within the body",
       [](auto& c) {
         c.request();
         c.write(ok_head + "Content-Length: 100\r\n\r\nten bytes.");
         std::this_thread::sleep_for(50ms);
         c.reset();
       },
       "reset", 200, 10},
      {"closed without an answer", [](auto& c) { c.request(); }, "closed", 0, 0},
      {"closed within the head",
       [](auto& c) {
         c.request();
         c.write("HTTP/1.1 200 OK\r\nContent-");
       },
       "closed", 200, 0},
      {"a body shorter than its length",
       [](auto& c) {
         c.request();
         c.write(ok_head + "Content-Length: 100\r\n\r\nten bytes.");
       },
       "truncated", 200, 10},
      {"a cut chunk",
       [](auto& c) {
         c.request();
         c.write(ok_head + "Transfer-Encoding: chunked\r\n\r\n20\r\nten bytes.");
       },
       "truncated", 200, 10},
      {"a chunk that is none",
       [](auto& c) {
         c.request();
         c.write(ok_head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nten bytes.");
       },
       "truncated", 200, 0},
      {"no HTTP",
       [](auto& c) {
         c.request();
         c.write("\x15\x03\x03 this is TLS\r\n\r\n");
       },
       "other", 0, 0},
      {"a coding that nobody asked for",
       [](auto& c) {
         c.request();
         c.write(ok_head + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nzip");
       },
       "other", 200, 3},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    RawServer server{c.script};
    HttpRequest request = post(server.url("/path?key=in-the-query"));
    request.headers.push_back({"x-goog-api-key", "in-a-header"});
    const TransportError error = Fixture{}.fault(request);
    CAPTURE(error.message);
    CHECK(name(error.what) == c.fault);
    CHECK(error.sent == Sent::unknown);
    CHECK(error.status == c.status);
    CHECK(error.received == c.received);
    CHECK_FALSE(error.stale);
    CHECK_THAT(error.message, ContainsSubstring(server.url("")));
    CHECK_THAT(error.message, !ContainsSubstring("in-the-query") && !ContainsSubstring("in-a-header") && !ContainsSubstring("path"));
  }
}

TEST_CASE("Over Beast an answer that comes before the request has left is taken", "[beast]") {
  RawServer server{[](auto& c) {
    c.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
    c.keep_silent();
  }};
  const HttpResponse response = Fixture{}.response(post(server.url(), std::string(64'000'000, 'x')));
  CHECK(response.status == 413);
  CHECK(response.body == "big");
}

TEST_CASE("Over Beast a request that did not leave whole was not sent", "[beast]") {
  RawServer server{[](auto& c) {
    std::this_thread::sleep_for(50ms);
    c.reset();
  }};
  const TransportError error = Fixture{}.fault(post(server.url(), std::string(64'000'000, 'x')));
  CHECK(name(error.what) == "reset");
  CHECK(error.sent == Sent::no);
}

TEST_CASE("Over Beast where nothing listens, and a name without an address, are told apart", "[beast]") {
  const TransportError refused = Fixture{}.fault(post("http://127.0.0.1:1/"));
  CHECK(name(refused.what) == "refused");
  CHECK(refused.sent == Sent::no);
  const TransportError unresolved = Fixture{}.fault(post("http://no-such-host.invalid/"));
  CHECK(name(unresolved.what) == "resolve");
  CHECK(unresolved.sent == Sent::no);
}

TEST_CASE("Over Beast every part of an exchange has its limit and can be cancelled at once, and what was sent is known", "[beast]") {
  struct Part {
    std::string_view what;
    std::string words;
    std::function<std::string()> url;
    std::size_t body;
    Sent sent;
    std::string_view fault;  // of its own limit; empty: it has none but the total
    int status;
  };
  FullListener full;
  RawServer silent{[](auto& c) { c.keep_silent(); }};
  RawServer deaf{[](auto& c) { c.sleep_until_end(); }};
  RawServer mute{[](auto& c) {
    c.request();
    c.keep_silent();
  }};
  RawServer stuck{[](auto& c) {
    c.request();
    c.write(ok_head + "Content-Length: 100\r\n\r\nten bytes.");
    c.keep_silent();
  }};
  const std::string over_tls = "https" + silent.url().substr(4);
  const std::vector<Part> parts{
      {"line", "waiting for a connection", [&] { return mute.url(); }, 5, Sent::no, "", 0},
      {"connect", "connecting", [&] { return full.url(); }, 5, Sent::no, "connect_timeout", 0},
      {"handshake", "in the handshake", [&] { return over_tls; }, 5, Sent::no, "connect_timeout", 0},
      {"write", "sending the request", [&] { return deaf.url(); }, 64'000'000, Sent::no, "idle_timeout", 0},
      {"first byte", "waiting for the answer", [&] { return mute.url(); }, 5, Sent::unknown, "idle_timeout", 0},
      {"body", "reading the answer", [&] { return stuck.url(); }, 5, Sent::unknown, "idle_timeout", 200},
  };
  enum class End { own_limit, total, cancelled, stop };
  for (const Part& part : parts)
    for (const End end : {End::own_limit, End::total, End::cancelled, End::stop}) {
      if (end == End::own_limit && part.fault.empty()) continue;
      CAPTURE(part.what, static_cast<int>(end));
      Fixture beast{{.connections = 1}};
      const auto first = part.what == "line" ? beast.begin(post(part.url())) : nullptr;
      if (first) beast.context.run_for(50ms);
      TransportLimits limits = patient();
      if (end == End::own_limit) {
        limits.connect = limits.idle = 150ms;
        if (part.what == "first byte") limits = {.connect = 5s, .idle = 10s, .total = 20s, .first_byte = 150ms};
      }
      if (end == End::total) limits.total = 150ms;
      std::stop_source source;
      const std::stop_token token = source.get_token();
      if (end == End::stop) limits.stop = StopView{token};
      const auto begun = beast.begin(post(part.url(), std::string(part.body, 'x')), limits);
      const auto asked = std::chrono::steady_clock::now();
      beast.context.run_for(100ms);
      REQUIRE_FALSE(begun->result);
      const auto before_end = std::chrono::steady_clock::now();
      if (end == End::cancelled) begun->signal.emit(asio::cancellation_type::terminal);
      if (end == End::stop) source.request_stop();
      while (!begun->result && std::chrono::steady_clock::now() - asked < 5s) beast.context.run_one_for(100ms);
      REQUIRE(begun->result);
      const auto ended = std::chrono::steady_clock::now();
      const auto* error = std::get_if<TransportError>(&*begun->result);
      REQUIRE(error);
      CAPTURE(error->message);
      const bool by_limit = end == End::own_limit || end == End::total;
      CHECK(name(error->what) == (end == End::own_limit ? part.fault : end == End::total ? "total_timeout" : "cancelled"));
      CHECK(error->sent == part.sent);
      CHECK(error->status == part.status);
      CHECK_THAT(error->message, ContainsSubstring(part.words));
      if (by_limit) CHECK(ended - asked >= 150ms);
      CHECK(ended - before_end < 1s);
      if (first) first->signal.emit(asio::cancellation_type::total);
      beast.context.run_for(100ms);
      CHECK(beast.context.stopped());  // nothing is left behind
    }
}

TEST_CASE("Over Beast a name that is being resolved is given up at once", "[beast]") {
  Fixture beast;
  const auto begun = beast.begin(post("http://no-such-host.invalid/"));
  REQUIRE(beast.context.run_one() == 1);  // it begins; whatever comes of the name cannot be heard before the next step
  begun->signal.emit(asio::cancellation_type::partial);
  while (!begun->result && beast.context.run_one() == 1) {
  }
  REQUIRE(begun->result);
  const TransportError error = std::get<TransportError>(*begun->result);
  CHECK(name(error.what) == "cancelled");
  CHECK(error.sent == Sent::no);
  CHECK_THAT(error.message, ContainsSubstring("resolving the name"));
  beast.context.run();
}

TEST_CASE("Over Beast cancelling before the first step sends nothing, and after the end does nothing", "[beast]") {
  RawServer server{[](RawServer::Connection& client) {
    while (!client.request().empty()) client.write(ok("again"));
  }};
  Fixture beast;
  const auto begun = beast.begin(post(server.url()));
  CHECK_FALSE(begun->result);  // never inside async_send
  begun->signal.emit(asio::cancellation_type::terminal);
  beast.context.run();
  REQUIRE(begun->result);
  CHECK(std::get<TransportError>(*begun->result).sent == Sent::no);
  CHECK(server.connections() == 0);

  const auto whole = beast.begin(post(server.url()));
  beast.context.run();
  REQUIRE(whole->result);
  whole->signal.emit(asio::cancellation_type::terminal);
  CHECK(std::get<HttpResponse>(*whole->result).body == "again");
}

TEST_CASE("Over Beast no time left, a stop and a wrong request mean that nothing is sent", "[beast]") {
  RawServer server{[](auto& c) { c.request(); }};
  TransportLimits none = patient();
  none.total = 0s;
  CHECK(name(Fixture{}.fault(post(server.url()), none).what) == "total_timeout");
  std::stop_source source;
  source.request_stop();
  const std::stop_token token = source.get_token();
  TransportLimits stopped = patient();
  stopped.stop = StopView{token};
  const TransportError stop = Fixture{}.fault(post(server.url()), stopped);
  CHECK(name(stop.what) == "cancelled");
  CHECK(stop.sent == Sent::no);
  for (const char* url : {"", "example.com", "ftp://example.com/", "http://a b/", "https://me:pw@example.com/", "http://x/\r\nHost: y"}) {
    CAPTURE(url);
    const TransportError error = Fixture{}.fault(post(url));
    CHECK(error.sent == Sent::no);
    CHECK_THAT(error.message, ContainsSubstring("url: must be absolute"));
  }
  for (const HttpRequest& request : broken_heads(server.url())) {
    CAPTURE(request.method, request.headers.back().name, request.headers.back().value);
    const TransportError error = Fixture{}.fault(request);
    CHECK(name(error.what) == "other");
    CHECK(error.sent == Sent::no);
    CHECK_THAT(error.message, (ContainsSubstring("headers: ") || ContainsSubstring("method: ")) && !ContainsSubstring("Evil"));
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("Over Beast an answer larger than the limit is not taken, announced or not", "[beast]") {
  struct Case {
    std::string_view what;
    std::string begin;
    std::string repeated;
  };
  for (const Case& c :
       {Case{"announced", ok_head + "Content-Length: 1000000\r\n\r\n", std::string(1000, 'x')},
        Case{"until the end", ok_head + "\r\n", std::string(1000, 'x')},
        Case{"chunks", ok_head + "Transfer-Encoding: chunked\r\n\r\n", "3e8\r\n" + std::string(1000, 'x') + "\r\n"},
        Case{"a head line", "HTTP/1.1 200 OK\r\nX: ", std::string(1000, 'x')}, Case{"head lines", "HTTP/1.1 200 OK\r\n", "a:b\r\n"},
        Case{"a chunk's line", ok_head + "Transfer-Encoding: chunked\r\n\r\n1;", std::string(1000, 'x')}}) {
    CAPTURE(c.what);
    RawServer server{[&](auto& client) {
      client.request();
      client.write(c.begin);
      client.flood(c.repeated);
    }};
    Fixture beast;
    TransportLimits limits = patient();
    limits.max_response_bytes = 10'000;
    const TransportError error = beast.fault(post(server.url()), limits);
    CAPTURE(error.message);
    CHECK(name(error.what) == "too_large");
    CHECK(error.received <= 10'000);
  }
}

TEST_CASE("Over Beast a head whose lines come one by one has the same limit, and so have interim answers and what follows a body",
          "[beast]") {
  struct Case {
    std::string_view what;
    std::string begin;
    std::string repeated;
  };
  for (const Case& c :
       {Case{"head lines", "HTTP/1.1 200 OK\r\n", "X: " + std::string(8000, 'x') + "\r\n"},
        Case{"a reason", "HTTP/1.1 200 " + std::string(30'000, 'x') + "\r\n", "X: " + std::string(8000, 'x') + "\r\n"},
        Case{"what follows a body", ok_head + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", "X: " + std::string(8000, 'x') + "\r\n"},
        Case{"interim answers", "", "HTTP/1.1 100 Continue\r\nX: " + std::string(8000, 'x') + "\r\n\r\n"}}) {
    CAPTURE(c.what);
    std::atomic<int> lines = 0;
    RawServer server{[&](RawServer::Connection& client) {
      client.request();
      client.write(c.begin);
      for (; lines < 100; ++lines) {
        client.write(c.repeated);
        std::this_thread::sleep_for(2ms);
      }
    }};
    const TransportError error = Fixture{}.fault(post(server.url()));
    CAPTURE(error.message);
    CHECK(name(error.what) == "too_large");
    CHECK(lines < 50);
  }
}

TEST_CASE("Over Beast what the receiver of a body throws ends the exchange, and nothing else", "[beast]") {
  RawServer server{[](RawServer::Connection& client) {
    while (!client.request().empty()) client.write(ok("a body"));
  }};
  const auto take = [](std::string_view) -> bool { throw std::runtime_error{"the receiver"}; };
  TransportLimits limits = patient();
  limits.body = BodyReceiver{take};
  Fixture beast{{.connections = 1}};
  for (int i = 0; i < 2; ++i) {
    const auto begun = beast.begin(post(server.url()), limits);
    const auto next_in_line = beast.begin(post(server.url()));
    REQUIRE_NOTHROW(beast.context.run());
    REQUIRE(begun->result);
    const auto* error = std::get_if<TransportError>(&*begun->result);
    REQUIRE(error);
    CHECK(name(error->what) == "cancelled");
    CHECK(error->sent == Sent::unknown);
    CHECK(error->status == 200);
    REQUIRE(error->thrown);
    CHECK_THROWS_WITH(std::rethrow_exception(error->thrown), "the receiver");
    REQUIRE(next_in_line->result);
    CHECK(std::holds_alternative<HttpResponse>(*next_in_line->result));
  }
  CHECK(server.connections() == 3);  // the second exchange left one that the third was given
}

TEST_CASE("Over Beast a connection that was kept too long is closed by the next exchange, with whatever host", "[beast]") {
  std::atomic<bool> closed = false;
  RawServer forgotten{[&](RawServer::Connection& client) {
    while (!client.request().empty()) client.write(ok("once"));
    closed = true;
  }};
  RawServer other{[](RawServer::Connection& client) {
    while (!client.request().empty()) client.write(ok("again"));
  }};
  Fixture beast{{.idle_for = 1ns}};
  CHECK(beast.response(post(forgotten.url())).body == "once");
  CHECK(beast.response(post(other.url())).body == "again");
  const auto begun = std::chrono::steady_clock::now();
  while (!closed && std::chrono::steady_clock::now() - begun < 5s) std::this_thread::sleep_for(1ms);
  CHECK(closed);
}

TEST_CASE("Over Beast kept connections are not what keeps a context at work, whatever the handler's executor claims", "[beast]") {
  RawServer server{[](RawServer::Connection& client) {
    while (!client.request().empty()) client.write(ok("again"));
  }};
  BeastTransport transport;
  asio::io_context context{1};
  int answered = 0;
  for (const bool on_a_strand : {false, true}) {
    const asio::any_io_executor tracked = asio::require(context.get_executor(), asio::execution::outstanding_work.tracked);
    transport.async_send(post(server.url()), patient(),
                         asio::bind_executor(on_a_strand ? asio::any_io_executor{asio::make_strand(tracked)} : tracked,
                                             [&](const TransportResult&) { ++answered; }));
  }
  context.run_for(5s);
  CHECK(answered == 2);
  CHECK(context.stopped());
}

TEST_CASE("Over Beast a request whose kept connection was replaced leaves nothing behind on the old one", "[beast]") {
  RawServer server{[&](RawServer::Connection& client) {
    if (!client.request().empty()) client.write(ok("answer"));
    char first = 0;
    if (::recv(client.socket(), &first, 1, 0) != 1) return;
    client.say_end();  // and reads no more of what is still on its way
    client.sleep_until_end();
  }};
  Fixture beast;
  REQUIRE(beast.response(post(server.url())).body == "answer");
  const auto begun = beast.begin(post(server.url(), std::string(64'000'000, 'x')));
  beast.context.run_for(10s);
  REQUIRE(begun->result);
  CHECK(std::holds_alternative<HttpResponse>(*begun->result));
  CHECK(server.connections() == 2);
  CHECK(beast.context.stopped());
}

TEST_CASE("Over Beast a safe request that left whole on a kept connection may have been taken, though the next one is refused", "[beast]") {
  RawServer* self = nullptr;
  RawServer server{[&](RawServer::Connection& client) {
    client.request();
    client.write(ok("first"));
    client.request();
    self->stop_listening();
  }};
  self = &server;
  Fixture beast;
  const HttpRequest get{"GET", server.url(), {}, {}};
  REQUIRE(beast.response(get).body == "first");
  const TransportError error = beast.fault(get);
  CHECK(name(error.what) == "refused");
  CHECK(error.sent == Sent::unknown);
}

TEST_CASE("Over Beast a body can be taken in pieces, with a limit for its silence", "[beast]") {
  std::vector<std::string> pieces;
  bool wants_more = true;
  const auto take = [&](std::string_view piece) {
    pieces.emplace_back(piece);
    return wants_more;
  };
  const std::string chunked = ok_head + "Transfer-Encoding: chunked\r\n\r\n";
  RawServer server{[&](auto& c) {
    const std::string request = c.request();
    if (request.find("/refused") != std::string::npos) return c.write("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
    c.write(chunked);
    for (int i = 0; i < 3; ++i) {
      c.write("9\r\ndata: " + std::to_string(i) + "\n\n\r\n");
      std::this_thread::sleep_for(60ms);
    }
    if (request.find("/stall") != std::string::npos) return c.keep_silent();
    c.write("0\r\n\r\n");
  }};
  Fixture beast;
  TransportLimits limits = patient();
  limits.idle = 150ms;
  limits.first_byte = 5s;
  limits.body = BodyReceiver{take};
  SECTION("as they arrive, and the answer then has no body of its own") {
    const HttpResponse response = beast.response(post(server.url()), limits);
    CHECK(response.status == 200);
    CHECK(response.body.empty());
    CHECK(pieces == std::vector<std::string>{"data: 0\n\n", "data: 1\n\n", "data: 2\n\n"});
  }
  SECTION("what refuses comes whole") {
    const HttpResponse response = beast.response(post(server.url("/refused")), limits);
    CHECK(response.status == 503);
    CHECK(response.body == "busy");
    CHECK(pieces.empty());
  }
  SECTION("a stall between two pieces is told with what came") {
    const TransportError error = beast.fault(post(server.url("/stall")), limits);
    CHECK(name(error.what) == "idle_timeout");
    CHECK(error.status == 200);
    CHECK(error.received == 27);
    CHECK(pieces.size() == 3);
  }
  SECTION("who has had enough ends it") {
    wants_more = false;
    const TransportError error = beast.fault(post(server.url()), limits);
    CHECK(name(error.what) == "cancelled");
    CHECK(error.sent == Sent::unknown);
    CHECK(pieces.size() == 1);
  }
}

TEST_CASE("Over Beast no more connections than allowed are in use at once, and who waits is served in order", "[beast]") {
  std::atomic<int> at_once = 0;
  std::atomic<int> most = 0;
  RawServer server{[&](auto& c) {
    for (;;) {
      const std::string request = c.request();
      if (request.empty()) return;
      const int now = ++at_once;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      std::this_thread::sleep_for(10ms);
      --at_once;
      c.write(ok(request.substr(request.find("\r\n\r\n") + 4)));
    }
  }};
  Fixture beast{{.connections = 3, .idle_connections = 2}};
  std::vector<std::string> order;
  for (int i = 0; i < 30; ++i)
    beast.transport.async_send(
        post(server.url(), std::to_string(i)), patient(),
        asio::bind_executor(beast.context, [&order](TransportResult result) { order.push_back(std::get<HttpResponse>(result).body); }));
  beast.context.run();
  REQUIRE(order.size() == 30);
  CHECK(most == 3);
  CHECK(server.connections() <= 3 + 20);  // one of three is let go in each round, when there are only two seats for the idle
  for (std::size_t i = 0; i < order.size(); ++i) CHECK(std::abs(std::stoi(order[i]) - static_cast<int>(i)) <= 2);
}

TEST_CASE("Over Beast who waits in line without any limit of time is served too", "[beast]") {
  RawServer server{[](auto& c) {
    for (;;) {
      if (c.request().empty()) return;
      std::this_thread::sleep_for(10ms);
      c.write(ok("x"));
    }
  }};
  Fixture beast{{.connections = 1}};
  TransportLimits unlimited = patient();
  unlimited.total = unlimited.connect = unlimited.idle = Duration::max();
  unlimited.first_byte = Duration::max();
  const std::string by_name = "http://localhost:" + std::to_string(server.port()) + "/";  // so that it has every part
  int served = 0;
  for (int i = 0; i < 3; ++i)
    beast.transport.async_send(post(by_name, "x"), unlimited, asio::bind_executor(beast.context, [&served](TransportResult result) {
                                 if (std::holds_alternative<HttpResponse>(result)) ++served;
                               }));
  beast.context.run();
  CHECK(served == 3);
}

namespace {

// A server under TLS with a certificate that was made for the test, and what its clients asked for.
class SecureServer {
 public:
  explicit SecureServer(const std::string& subject_alternative) : certificate_(subject_alternative) {}

  [[nodiscard]] const std::string& ca_file() const noexcept { return certificate_.file; }
  [[nodiscard]] std::string url(std::string_view host, std::string_view path = "/") const {
    return "https://" + std::string{host} + ":" + std::to_string(server_.port()) + std::string{path};
  }
  [[nodiscard]] std::vector<std::string> asked_for() const {
    const std::lock_guard lock{mutex_};
    return asked_for_;
  }
  [[nodiscard]] int requests() const noexcept { return requests_; }

 private:
  void serve(RawServer::Connection& below) {
    SecureConnection client{certificate_, below};
    if (!client.good()) return;
    {
      const std::lock_guard lock{mutex_};
      asked_for_.push_back(client.asked_for());
    }
    for (std::string request = client.request(); !request.empty(); request = client.request()) {
      ++requests_;
      const bool to_the_end = request.find("/end") != std::string::npos;
      const bool cut = request.find("/cut") != std::string::npos;
      client.write(to_the_end || cut ? ok_head + "\r\nsecret" : ok("secret"));
      if (to_the_end) client.say_end();
      if (to_the_end || cut) return;
    }
  }

  Certificate certificate_;
  mutable std::mutex mutex_;
  std::vector<std::string> asked_for_;
  std::atomic<int> requests_ = 0;
  RawServer server_{[this](RawServer::Connection& below) { serve(below); }};
};

}  // namespace

TEST_CASE("Over Beast a server whose certificate is not trusted gets nothing", "[beast]") {
  const SecureServer server{"DNS:localhost,IP:127.0.0.1"};
  const TransportError error = Fixture{}.fault(post(server.url("localhost")));
  CHECK(name(error.what) == "tls");
  CHECK(error.sent == Sent::no);
  CHECK_THAT(error.message, ContainsSubstring("certificate verify failed"));
  const TransportError unreadable = Fixture{{.ca_file = "/no/such/file"}}.fault(post(server.url("localhost")));
  CHECK(name(unreadable.what) == "tls");
  CHECK(unreadable.sent == Sent::no);
  CHECK(server.requests() == 0);
}

TEST_CASE("Over Beast a trusted server is asked for by its name, and its connection is kept", "[beast]") {
  const SecureServer server{"DNS:localhost,IP:127.0.0.1"};
  Fixture beast{{.ca_file = server.ca_file()}};
  for (int i = 0; i < 2; ++i) CHECK(beast.response(post(server.url("localhost"))).body == "secret");
  CHECK(beast.response(post(server.url("127.0.0.1"))).body == "secret");
  CHECK(server.asked_for() == std::vector<std::string>{"localhost", ""});  // an address is no name to ask for
  CHECK(server.requests() == 3);
}

TEST_CASE("Over Beast a trusted certificate for another host is refused", "[beast]") {
  const SecureServer server{"DNS:elsewhere.example"};
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const TransportError error = Fixture{{.ca_file = server.ca_file()}}.fault(post(server.url(host)));
    CHECK(name(error.what) == "tls");
    CHECK(error.sent == Sent::no);
  }
  CHECK(server.requests() == 0);
}

TEST_CASE("Over Beast an encrypted body that lasts to the connection's end is whole only with the encryption's own word", "[beast]") {
  const SecureServer server{"IP:127.0.0.1"};
  Fixture beast{{.ca_file = server.ca_file()}};
  CHECK(beast.response(post(server.url("127.0.0.1", "/end"))).body == "secret");
  CHECK(name(beast.fault(post(server.url("127.0.0.1", "/cut"))).what) == "truncated");
}

TEST_CASE("Over Beast a context may end with exchanges in every part, and the transport goes on with the next one", "[beast]") {
  RawServer server{[](auto& c) {
    while (true) {
      const std::string request = c.request();
      if (request.empty()) return;
      if (request.find("/mute") != std::string::npos) return c.keep_silent();
      c.write(ok("answer"));
    }
  }};
  BeastTransport transport{{.connections = 2}};
  const auto alive = std::make_shared<int>(0);
  for (int round = 0; round < 2; ++round) {
    asio::io_context context{1};
    int answered = 0;
    const auto count = [&answered](const TransportResult& result) { answered += std::holds_alternative<HttpResponse>(result) ? 1 : 0; };
    transport.async_send(post(server.url()), patient(), asio::bind_executor(context, count));
    context.run();
    REQUIRE(answered == 1);  // and a connection is kept
    for (const char* path : {"/mute", "/mute", "/in-line"})
      transport.async_send(post(server.url(path)), patient(), asio::bind_executor(context, [alive](const TransportResult&) { ++*alive; }));
    context.restart();
    context.run_for(50ms);
    transport.async_send(post("http://no-such-host.invalid/"), patient(),
                         asio::bind_executor(context, [alive](const TransportResult&) { ++*alive; }));
    context.poll_one();
    CHECK(alive.use_count() == 5);
  }
  CHECK(alive.use_count() == 1);  // every handler is destroyed
  CHECK(*alive == 0);             // and none was called
}

TEST_CASE("Over Beast a handler may own its allocator's memory, also when its context goes first", "[beast]") {
  RawServer server{[](auto& c) {
    c.request();
    c.keep_silent();
  }};
  Count count;
  std::optional<std::size_t> held_at_the_end;
  BeastTransport transport;
  {
    asio::io_context context{1};
    transport.async_send(post(server.url()), patient(), OwnsItsMemory{count, held_at_the_end, context});
    context.run_for(50ms);
  }
  CHECK(held_at_the_end == 0);
}

TEST_CASE("Over Beast a transport forgets contexts that have gone, and a context transports", "[beast]") {
  std::stop_source stop;
  stop.request_stop();  // no exchange needs a server: each has its connections, and is over before it takes one
  TransportLimits limits = patient();
  const std::stop_token stopped = stop.get_token();
  limits.stop = StopView{stopped};
  int ended = 0;
  const auto exchange = [&](BeastTransport& transport, asio::io_context& context) {
    transport.async_send(post("http://127.0.0.1:9/"), limits, asio::bind_executor(context, [&ended](const TransportResult&) { ++ended; }));
    context.restart();
    context.run();
  };
  constexpr std::size_t rounds = 40;
  std::array<std::int64_t, rounds> held{};
  const auto check = [&] {
    CHECK(ended == rounds);
    CHECK(held.back() == held[1]);  // what goes is forgotten when the next one comes
  };

  SECTION("contexts, each at a place of its own") {
    std::array<std::optional<asio::io_context>, rounds> contexts;
    BeastTransport transport;
    for (std::size_t i = 0; i < rounds; ++i) {
      exchange(transport, contexts[i].emplace());
      contexts[i].reset();
      held[i] = allocations_held();
    }
    check();
  }
  SECTION("transports") {
    asio::io_context context;
    for (int i = 0; i < 5000; ++i) asio::make_strand(context);  // Asio makes the locks of a context's strands one by one, 193 at most
    for (std::size_t i = 0; i < rounds; ++i) {
      {
        BeastTransport transport;
        exchange(transport, context);
      }
      held[i] = allocations_held();
    }
    check();
  }
}

TEST_CASE("Over Beast the transport may go before its exchanges end", "[beast]") {
  RawServer server{[](auto& c) {
    c.request();
    c.write(ok("answer"));
  }};
  asio::io_context context{1};
  std::optional<TransportResult> result;
  BeastTransport{}.async_send(post(server.url()), patient(),
                              asio::bind_executor(context, [&](TransportResult given) { result = std::move(given); }));
  context.run();
  REQUIRE(result);
  CHECK(std::holds_alternative<HttpResponse>(*result));
}

TEST_CASE("Over Beast coroutines of many threads share a transport", "[beast]") {
  RawServer server{[](auto& c) {
    for (std::string request = c.request(); !request.empty(); request = c.request())
      c.write(ok(request.substr(request.find("\r\n\r\n") + 4)));
  }};
  BeastTransport transport{{.connections = 8}};
  asio::io_context context{4};
  std::atomic<int> right = 0;
  const auto client = [&](int number) -> asio::awaitable<void> {
    for (int i = 0; i < 10; ++i) {
      const std::string body = std::to_string(number * 1000 + i);
      HttpRequest request = post(server.url(), body);
      const TransportLimits limits = patient();
      const TransportResult result = co_await transport.async_send(std::move(request), limits, asio::use_awaitable);
      const auto* response = std::get_if<HttpResponse>(&result);
      right += response && response->body == body ? 1 : 0;
    }
  };
  for (int i = 0; i < 20; ++i) asio::co_spawn(asio::make_strand(context), client(i), asio::detached);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { context.run(); });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 200);
}

TEST_CASE("BeastTransport refuses options out of range, and names them", "[beast]") {
  CHECK_THROWS_WITH(BeastTransport{{.connections = 0}}, "BeastTransport: connections must be from 1 to 100000; it is 0");
  CHECK_THROWS_WITH(BeastTransport{{.idle_connections = 10'001}}, "BeastTransport: idle_connections must be from 0 to 10000; it is 10001");
  CHECK_THROWS_WITH(BeastTransport{{.idle_for = 0s}}, "BeastTransport: idle_for must be more than 0 s; it is 0");
  CHECK_THROWS_WITH((BeastTransport{{.user_agent = "me\r\nx-goog-api-key: theirs"}}),
                    "BeastTransport: user_agent must not have a line end");
}
