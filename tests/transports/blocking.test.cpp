// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "exchanges.hpp"
#include "raw_server.hpp"
#include "secure_server.hpp"

#include <ductile/core/now.hpp>
#include <ductile/core/transport.hpp>
#include <ductile/transports/curl.hpp>
#include <ductile/transports/httplib.hpp>

#include <httplib.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <variant>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

static_assert(Transport<HttplibTransport>);
static_assert(Transport<CurlTransport>);

namespace {

TransportError fault(const TransportResult& result) {
  const auto* error = std::get_if<TransportError>(&result);
  REQUIRE(error);
  return *error;
}

}  // namespace

TEMPLATE_TEST_CASE("A request arrives as it was given, and its answer comes back whole", "[transports]", HttplibTransport, CurlTransport) {
  std::string seen;
  RawServer server{[&](RawServer::Connection& client) {
    seen = client.request();
    client.write("HTTP/1.1 418 Teapot\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nshort");
  }};
  TestType transport;
  HttpRequest request = post(server.url("/v1/models/x:generate?a=b%20c"), "{\"prompt\":1}");
  request.headers.push_back({"x-goog-api-key", "the-key"});
  const WallTime before = Now{}.wall();
  const TransportResult result = transport.send(request, patient());
  const auto* response = std::get_if<HttpResponse>(&result);
  REQUIRE(response);
  CHECK(response->status == 418);
  REQUIRE(response->received);
  CHECK((*response->received >= before && *response->received <= Now{}.wall()));
  CHECK(response->body == "short");
  CHECK(header(response->headers, "x-one") == "1");
  CHECK_THAT(seen, ContainsSubstring("POST /v1/models/x:generate?a=b%20c HTTP/1.1\r\n"));
  CHECK_THAT(seen, ContainsSubstring("x-goog-api-key: the-key\r\n"));
  CHECK_THAT(seen, ContainsSubstring("Content-Length: 12\r\n"));
  CHECK_THAT(seen, ContainsSubstring("\r\n\r\n{\"prompt\":1}"));
}

TEMPLATE_TEST_CASE("A connection is kept and used again", "[transports]", HttplibTransport, CurlTransport) {
  RawServer server{[](RawServer::Connection& client) {
    while (!client.request().empty()) client.write(ok("again"));
  }};
  TestType transport;
  for (int i = 0; i < 3; ++i) REQUIRE(std::holds_alternative<HttpResponse>(transport.send(post(server.url()), patient())));
  CHECK(server.connections() == 1);
}

TEMPLATE_TEST_CASE("A kept connection that the other side closed is replaced", "[transports]", HttplibTransport, CurlTransport) {
  RawServer server{[](RawServer::Connection& client) {
    client.request();
    client.write(ok("once"));
  }};
  TestType transport;
  int answered = 0;
  for (int i = 0; i < 5; ++i) {
    answered += std::holds_alternative<HttpResponse>(transport.send(post(server.url()), patient())) ? 1 : 0;
    std::this_thread::sleep_for(20ms);  // for the close to arrive; without it the race is the service's `half-close-no-reply`
  }
  CHECK(answered == 5);
  CHECK(server.connections() == 5);
}

TEMPLATE_TEST_CASE("A request that a kept connection took with it to its end is not sent again", "[transports]", HttplibTransport,
                   CurlTransport) {
  struct Case {
    std::string_view method;
    std::string_view body;
  };
  for (const Case& c : {Case{"POST", "hello"}, Case{"POST", ""}, Case{"GET", ""}}) {
    CAPTURE(c.method, c.body);
    std::atomic<int> requests = 0;
    RawServer server{[&](RawServer::Connection& client) {
      if (!client.request().empty()) ++requests;
      client.write(ok("first"));
      if (!client.request().empty()) ++requests;
    }};
    TestType transport;
    HttpRequest request = post(server.url(), std::string{c.body});
    request.method = c.method;
    REQUIRE(std::holds_alternative<HttpResponse>(transport.send(request, patient())));
    const TransportError error = fault(transport.send(request, patient()));
    CHECK(name(error.what) == "closed");
    CHECK(error.sent == Sent::unknown);
    CHECK(requests == 2);
    CHECK(error.stale == std::same_as<TestType, CurlTransport>);  // cpp-httplib does not tell
  }
}

TEMPLATE_TEST_CASE("A redirect is an answer and is not followed", "[transports]", HttplibTransport, CurlTransport) {
  RawServer server{[](RawServer::Connection& client) {
    client.request();
    client.write("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }};
  TestType transport;
  const TransportResult result = transport.send(post(server.url()), patient());
  REQUIRE(std::holds_alternative<HttpResponse>(result));
  CHECK(std::get<HttpResponse>(result).status == 302);
  CHECK(server.connections() == 1);
}

TEMPLATE_TEST_CASE("Where nothing listens, and a name without an address, are told apart, and nothing was sent", "[transports]",
                   HttplibTransport, CurlTransport) {
  std::string url;
  {
    RawServer server{[](RawServer::Connection&) {}};
    url = server.url();
  }
  TestType transport;
  const TransportError refused = fault(transport.send(post(url), patient()));
  CHECK(name(refused.what) == "refused");
  CHECK(refused.sent == Sent::no);
  const TransportError unresolved = fault(transport.send(post("http://no-such-host.invalid/"), patient()));
  CHECK(name(unresolved.what) == "resolve");
  CHECK(unresolved.sent == Sent::no);
}

TEMPLATE_TEST_CASE("Each way in which a server can break off has its fault, and says that the request may have been taken", "[transports]",
                   HttplibTransport, CurlTransport) {
  struct Case {
    std::string_view what;
    RawServer::Script script;
    std::string_view fault;
    int status;
  };
  const std::vector<Case> cases{
      {"reset before the head",
       [](auto& c) {
         c.request();
         c.reset();
       },
       "reset", 0},
      {"reset within the head",
       [](auto& c) {
         c.request();
         c.write("HTTP/1.1 20");
         std::this_thread::sleep_for(20ms);
         c.reset();
       },
       "reset", 0},
      {"reset within the body",
       [](auto& c) {
         c.request();
         c.write(ok_head + "Content-Length: 100\r\n\r\nten bytes.");
         std::this_thread::sleep_for(50ms);
         c.reset();
       },
       "reset", 200},
      {"closed without an answer", [](auto& c) { c.request(); }, "closed", 0},
      {"closed within a line of the head",
       [](auto& c) {
         c.request();
         c.write("HTTP/1.1 200 OK\r\nConte");
       },
       "closed", 0},
      {"closed between two lines of the head",
       [](auto& c) {
         c.request();
         c.write("HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n");
       },
       "closed", 0},
      {"closed after an interim answer",
       [](auto& c) {
         c.request();
         c.write("HTTP/1.1 100 Continue\r\n\r\n");
       },
       "closed", 0},
      {"a short body",
       [](auto& c) {
         c.request();
         c.write(ok_head + "Content-Length: 100\r\n\r\nten bytes.");
       },
       "truncated", 200},
      {"a cut chunk",
       [](auto& c) {
         c.request();
         c.write(ok_head + "Transfer-Encoding: chunked\r\n\r\n20\r\nten bytes.");
       },
       "truncated", 200},
      {"no HTTP",
       [](auto& c) {
         c.request();
         c.write("\x15\x03\x03 this is TLS\r\n\r\n");
       },
       "closed", 0},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    RawServer server{c.script};
    TestType transport;
    HttpRequest request = post(server.url("/?key=the-key"));
    request.headers.push_back({"x-goog-api-key", "the-key"});
    const TransportError error = fault(transport.send(request, patient()));
    CHECK(name(error.what) == c.fault);
    CHECK(error.sent == Sent::unknown);
    CHECK(error.status == c.status);
    CHECK_THAT(error.message, ContainsSubstring("127.0.0.1") && !ContainsSubstring("the-key"));
  }
}

TEMPLATE_TEST_CASE("Silence ends at the idle limit", "[transports]", HttplibTransport, CurlTransport) {
  RawServer server{[](auto& c) {
    c.request();
    c.keep_silent();
  }};
  TestType transport;
  TransportLimits limits = patient();
  limits.idle = 100ms;
  TransportError error;
  const Duration spent = time_of([&] { error = fault(transport.send(post(server.url()), limits)); });
  CHECK(name(error.what) == "idle_timeout");
  CHECK(error.sent == Sent::unknown);
  CHECK(spent >= 100ms);
  CHECK(spent < 5s);
}

TEMPLATE_TEST_CASE("The total limit holds against silence, a body and a head that trickle", "[transports]", HttplibTransport,
                   CurlTransport) {
  struct Case {
    std::string_view what;
    RawServer::Script script;
    int status;
  };
  for (const Case& c : {Case{"silence",
                             [](auto& client) {
                               client.request();
                               client.keep_silent();
                             },
                             0},
                        Case{"a body",
                             [](auto& client) {
                               client.request();
                               client.write(ok_head + "Content-Length: 9999\r\n\r\n");
                               client.drip('x');
                             },
                             200},
                        Case{"a head",
                             [](auto& client) {
                               client.request();
                               client.write("HTTP/1.1 200 OK\r\nX-Slow: ");
                               client.drip('x');
                             },
                             0}}) {
    CAPTURE(c.what);
    RawServer server{c.script};
    TestType transport;
    TransportLimits limits = patient();
    limits.total = 150ms;
    TransportError error;
    const Duration spent = time_of([&] { error = fault(transport.send(post(server.url()), limits)); });
    CHECK(name(error.what) == "total_timeout");
    CHECK(error.sent == Sent::unknown);
    CHECK(error.status == c.status);
    CHECK(spent >= 150ms);
    CHECK(spent < 5s);
  }
}

TEMPLATE_TEST_CASE("The total limit is told from an answer that breaks off, however little it is", "[transports]", HttplibTransport,
                   CurlTransport) {
  // poll counts whole milliseconds: a read that ended by its own limit would end before the exchange's, as if the server had closed.
  RawServer server{[](auto& client) {
    client.request();
    client.keep_silent();
  }};
  TestType transport;
  for (const Duration total : {Duration{1900us}, Duration{2990us}, Duration{9990us}, Duration{20'900us}}) {
    CAPTURE(total.count());
    TransportLimits limits = patient();
    limits.total = total;
    CHECK(name(fault(transport.send(post(server.url()), limits)).what) == "total_timeout");
  }
}

TEMPLATE_TEST_CASE("A request without a body is held to its total limit, too", "[transports]", HttplibTransport, CurlTransport) {
  RawServer server{[](auto& client) {
    client.request();
    client.write("HTTP/1.1 200 OK\r\nX-Slow: ");
    client.drip('x');
  }};
  TestType transport;
  TransportLimits limits = patient();
  limits.total = 150ms;
  TransportError error;
  const Duration spent = time_of([&] { error = fault(transport.send({"GET", server.url(), {}, {}}, limits)); });
  CHECK(name(error.what) == "total_timeout");
  CHECK(spent < 5s);
}

TEMPLATE_TEST_CASE("No time left means that nothing is sent", "[transports]", HttplibTransport, CurlTransport) {
  RawServer server{[](auto& c) {
    c.request();
    c.write(ok("late"));
  }};
  TestType transport;
  TransportLimits limits = patient();
  limits.total = 0s;
  const TransportError error = fault(transport.send(post(server.url()), limits));
  CHECK(name(error.what) == "total_timeout");
  CHECK(error.sent == Sent::no);
  CHECK(server.connections() == 0);
}

TEMPLATE_TEST_CASE("A stop ends an exchange that waits, within 50 ms or little more", "[transports]", HttplibTransport, CurlTransport) {
  RawServer server{[](auto& c) {
    c.request();
    c.keep_silent();
  }};
  TestType transport;
  std::stop_source source;
  const std::stop_token token = source.get_token();
  TransportLimits limits = patient();
  limits.stop = StopView{token};
  std::chrono::steady_clock::time_point asked;
  std::thread stopper{[&] {
    std::this_thread::sleep_for(100ms);
    asked = std::chrono::steady_clock::now();
    source.request_stop();
  }};
  const TransportError error = fault(transport.send(post(server.url()), limits));
  const Duration late = std::chrono::steady_clock::now() - asked;
  stopper.join();
  CHECK(name(error.what) == "cancelled");
  CHECK(error.sent == Sent::unknown);
  CHECK(late < 500ms);  // 20 ms by design; the machine may be busy

  const TransportError before = fault(transport.send(post(server.url()), limits));
  CHECK(name(before.what) == "cancelled");
  CHECK(before.sent == Sent::no);
}

TEMPLATE_TEST_CASE("An answer larger than the limit is not taken, announced or not", "[transports]", HttplibTransport, CurlTransport) {
  for (const bool announced : {true, false}) {
    CAPTURE(announced);
    RawServer server{[announced](auto& c) {
      c.request();
      c.write(ok_head + (announced ? "Content-Length: 1000000\r\n\r\n" : "Connection: close\r\n\r\n"));
      for (int i = 0; i < 1000; ++i) c.write(std::string(1000, 'x'));
    }};
    TestType transport;
    TransportLimits limits = patient();
    limits.max_response_bytes = 10'000;
    const TransportError error = fault(transport.send(post(server.url()), limits));
    CHECK(name(error.what) == "too_large");
    CHECK(error.received <= 10'000);
    CHECK(error.status == 200);
  }
}

#ifdef __linux__
TEMPLATE_TEST_CASE("A head without an end, and a chunk's line without one, end the exchange long before its time", "[transports]",
                   HttplibTransport, CurlTransport) {
  struct Case {
    std::string_view what;
    std::string begin;
    std::string repeated;
    std::string_view over_curl = "too_large";
  };
  for (const Case& c : {Case{"a line", "HTTP/1.1 200 OK\r\nX: ", "aaaaaaaaaaaaaaaa"}, Case{"lines", "HTTP/1.1 200 OK\r\n", "a:b\r\n"},
                        Case{"a chunk's line", ok_head + "Transfer-Encoding: chunked\r\n\r\n1;", "aaaaaaaaaaaaaaaa",
                             "idle_timeout"}}) {  // libcurl keeps nothing of it: it is no byte of the answer
    for (const char* method : {"POST", "GET"}) {
      CAPTURE(c.what, method);
      RawServer server{[&](auto& client) {
        client.request();
        client.write(c.begin);
        std::string part;
        while (part.size() < 65'536) part += c.repeated;
        client.flood(part);
      }};
      TestType transport;
      TransportLimits limits = patient();
      limits.max_response_bytes = 1'000'000;
      limits.idle = 1s;
      HttpRequest request = post(server.url());
      request.method = method;
      if (request.method == "GET") request.body.clear();
      TransportError error;
      const Duration spent = time_of([&] { error = fault(transport.send(request, limits)); });
      CHECK(name(error.what) == (std::same_as<TestType, CurlTransport> ? c.over_curl : "too_large"));
      CHECK(spent < 5s);
    }
  }
}

TEMPLATE_TEST_CASE("A connection that was used before has its bytes counted anew, and a long answer is no flood", "[transports]",
                   HttplibTransport, CurlTransport) {
  RawServer server{[](auto& client) {
    for (int i = 0; i < 8; ++i) {
      client.request();
      client.write(ok_head + "Content-Length: 900000\r\n\r\n");
      for (int part = 0; part < 3; ++part) {
        client.write(std::string(300'000, 'x'));
        std::this_thread::sleep_for(60ms);  // so that the watch looks in between
      }
    }
  }};
  TestType transport;
  TransportLimits limits = patient();
  limits.max_response_bytes = 900'000;
  for (int i = 0; i < 8; ++i) CHECK(std::holds_alternative<HttpResponse>(transport.send(post(server.url()), limits)));
  CHECK(server.connections() == 1);
}
#endif

TEMPLATE_TEST_CASE("A body of exactly the limit is taken", "[transports]", HttplibTransport, CurlTransport) {
  RawServer server{[](auto& c) {
    c.request();
    c.write(ok(std::string(10'000, 'x')));
  }};
  TestType transport;
  TransportLimits limits = patient();
  limits.max_response_bytes = 10'000;
  CHECK(std::holds_alternative<HttpResponse>(transport.send(post(server.url()), limits)));
}

TEMPLATE_TEST_CASE("A body can be taken in pieces, and ended by who takes it", "[transports]", HttplibTransport, CurlTransport) {
  RawServer server{[](auto& c) {
    const std::string request = c.request();
    if (request.find("/refused") != std::string::npos) return c.write("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
    c.write(ok_head + "Transfer-Encoding: chunked\r\n\r\n");
    for (const char* piece : {"4\r\none.\r\n", "4\r\ntwo.\r\n"}) {
      c.write(piece);
      std::this_thread::sleep_for(20ms);
    }
    c.write("0\r\n\r\n");
  }};
  TestType transport{{.idle_connections = 0}};
  std::string taken;
  bool wants_more = true;
  const auto take = [&](std::string_view piece) {
    taken += piece;
    return wants_more;
  };
  TransportLimits limits = patient();
  limits.body = BodyReceiver{take};
  const TransportResult whole = transport.send(post(server.url()), limits);
  REQUIRE(std::holds_alternative<HttpResponse>(whole));
  CHECK(std::get<HttpResponse>(whole).body.empty());
  CHECK(taken == "one.two.");
  const TransportResult refused = transport.send(post(server.url("/refused")), limits);
  CHECK(std::get<HttpResponse>(refused).body == "busy");
  wants_more = false;
  const TransportError ended = fault(transport.send(post(server.url()), limits));
  CHECK(name(ended.what) == "cancelled");
  CHECK(ended.received == 4);
  CHECK(taken == "one.two.one.");
}

TEMPLATE_TEST_CASE("What the receiver of a body throws leaves the exchange, whose connection is not used again", "[transports]",
                   HttplibTransport, CurlTransport) {
  RawServer server{[](RawServer::Connection& client) {
    while (!client.request().empty()) client.write(ok("a body"));
  }};
  const auto take = [](std::string_view) -> bool { throw std::runtime_error{"the receiver"}; };
  TransportLimits limits = patient();
  limits.body = BodyReceiver{take};
  TestType transport;
  for (int i = 0; i < 2; ++i) CHECK_THROWS_WITH(transport.send(post(server.url()), limits), "the receiver");
  for (int i = 0; i < 2; ++i) CHECK(std::holds_alternative<HttpResponse>(transport.send(post(server.url()), patient())));
  CHECK(server.connections() == 3);
}

TEMPLATE_TEST_CASE("A head that would have a line that nobody meant is a fault, and nothing leaves", "[transports]", HttplibTransport,
                   CurlTransport) {
  RawServer server{[](RawServer::Connection& client) { client.request(); }};
  TestType transport;
  for (const HttpRequest& request : broken_heads(server.url())) {
    CAPTURE(request.method, request.headers.back().name, request.headers.back().value);
    const TransportError error = fault(transport.send(request, patient()));
    CHECK(name(error.what) == "other");
    CHECK(error.sent == Sent::no);
    CHECK_THAT(error.message, (ContainsSubstring("headers: ") || ContainsSubstring("method: ")) && !ContainsSubstring("Evil"));
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("The blocking transports refuse options out of range, and name them", "[transports]") {
  CHECK_THROWS_WITH(HttplibTransport{{.idle_connections = 1001}}, "HttplibTransport: idle_connections must be from 0 to 1000; it is 1001");
  CHECK_THROWS_WITH(HttplibTransport{{.idle_for = 0s}}, "HttplibTransport: idle_for must be more than 0 s; it is 0");
  CHECK_THROWS_WITH(CurlTransport{{.idle_connections = 1001}}, "CurlTransport: idle_connections must be from 0 to 1000; it is 1001");
  CHECK_THROWS_WITH(CurlTransport{{.idle_for = 0s}}, "CurlTransport: idle_for must be more than 0 s; it is 0");
  for (const std::string& line_end : std::vector<std::string>{"\r\n", "\r", "\n", {"\0", 1}}) {
    const std::string two_lines = "me" + line_end + "x-goog-api-key: theirs";
    CHECK_THROWS_WITH((HttplibTransport{{.user_agent = two_lines}}), "HttplibTransport: user_agent must not have a line end");
    CHECK_THROWS_WITH((CurlTransport{{.user_agent = two_lines}}), "CurlTransport: user_agent must not have a line end");
  }
}

TEMPLATE_TEST_CASE("A connection that was kept too long is closed by the next exchange, with whatever host", "[transports]",
                   HttplibTransport, CurlTransport) {
  std::atomic<bool> closed = false;
  RawServer forgotten{[&](RawServer::Connection& client) {
    while (!client.request().empty()) client.write(ok("once"));
    closed = true;
  }};
  RawServer other{[](RawServer::Connection& client) {
    while (!client.request().empty()) client.write(ok("again"));
  }};
  TestType transport{{.idle_for = 1ns}};
  REQUIRE(std::holds_alternative<HttpResponse>(transport.send(post(forgotten.url()), patient())));
  CHECK(std::holds_alternative<HttpResponse>(transport.send(post(other.url()), patient())));
  const auto begun = std::chrono::steady_clock::now();
  while (!closed && std::chrono::steady_clock::now() - begun < 5s) std::this_thread::sleep_for(1ms);
  CHECK(closed);
}

TEMPLATE_TEST_CASE("A wrong address is a fault, and nothing leaves", "[transports]", HttplibTransport, CurlTransport) {
  TestType transport;
  for (const char* url : {"", "example.com", "ftp://example.com/", "http://", "http://a b/", "https://me:pw@example.com/",
                          "http://x:99999/", "http://x:0/", "http://x/\r\nHost: y"}) {
    CAPTURE(url);
    const TransportError error = fault(transport.send(post(url), patient()));
    CHECK(error.sent == Sent::no);
    CHECK_THAT(error.message, ContainsSubstring("url: must be absolute"));
  }
}

TEMPLATE_TEST_CASE("Many threads share a transport", "[transports]", HttplibTransport, CurlTransport) {
  httplib::Server server;
  server.Post("/", [](const httplib::Request& request, httplib::Response& response) { response.set_content(request.body, "text/plain"); });
  server.set_tcp_nodelay(true);
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread serving{[&] { server.listen_after_bind(); }};
  auto transport = std::make_unique<TestType>();
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        const std::string body = std::to_string(t * 1000 + i);
        const TransportResult result = transport->send(post("http://127.0.0.1:" + std::to_string(port) + "/", body), patient());
        const auto* response = std::get_if<HttpResponse>(&result);
        right += response && response->body == body ? 1 : 0;
      }
    });
  for (std::thread& thread : threads) thread.join();
  transport.reset();  // the server waits for connections that are kept
  server.stop();
  serving.join();
  CHECK(right == 100);
}

namespace {

// Answers over TLS for as long as it lives.
struct SecureServer {
  httplib::SSLServer server;
  int port;
  std::thread serving;

  explicit SecureServer(const Certificate& certificate)
      : server(certificate.certificate.get(), certificate.key.get()),
        port((server.Post("/", [](const httplib::Request&, httplib::Response& response) { response.set_content("secret", "text/plain"); }),
              server.bind_to_any_port("127.0.0.1"))),
        serving([this] { server.listen_after_bind(); }) {}
  SecureServer(const SecureServer&) = delete;
  SecureServer& operator=(const SecureServer&) = delete;
  ~SecureServer() {
    server.stop();
    serving.join();
  }

  [[nodiscard]] std::string url(std::string_view host) const { return "https://" + std::string{host} + ":" + std::to_string(port) + "/"; }
};

}  // namespace

TEMPLATE_TEST_CASE("A server whose certificate is not trusted gets nothing", "[transports]", HttplibTransport, CurlTransport) {
  const Certificate certificate{"DNS:localhost,IP:127.0.0.1"};
  const SecureServer server{certificate};
  TestType distrusting;
  const TransportError error = fault(distrusting.send(post(server.url("localhost")), patient()));
  CHECK(name(error.what) == "tls");
  CHECK(error.sent == Sent::no);

  TestType trusting{{.ca_file = certificate.file}};
  const TransportResult result = trusting.send(post(server.url("localhost")), patient());
  REQUIRE(std::holds_alternative<HttpResponse>(result));
  CHECK(std::get<HttpResponse>(result).body == "secret");
}

TEMPLATE_TEST_CASE("A trusted certificate for another host is refused", "[transports]", HttplibTransport, CurlTransport) {
  const Certificate certificate{"DNS:elsewhere.example"};
  const SecureServer server{certificate};
  TestType transport{{.ca_file = certificate.file}};
  const TransportError error = fault(transport.send(post(server.url("localhost")), patient()));
  CHECK(name(error.what) == "tls");
  CHECK(error.sent == Sent::no);
}

TEST_CASE("libcurl adds nothing of its own to a request", "[transports]") {
  std::string seen;
  RawServer server{[&](RawServer::Connection& client) {
    seen = client.request();
    client.write(ok("taken"));
  }};
  CurlTransport transport;
  const HttpRequest request{"POST", server.url("/a/../b"), {{"X-Empty", ""}}, std::string(2'000'000, 'x')};
  REQUIRE(std::holds_alternative<HttpResponse>(transport.send(request, patient())));
  const std::string head = seen.substr(0, seen.find("\r\n\r\n"));
  CHECK(seen.size() == head.size() + 4 + request.body.size());
  CHECK_THAT(head, ContainsSubstring("POST /a/../b HTTP/1.1") && ContainsSubstring("X-Empty:") && ContainsSubstring("User-Agent: ductile"));
  CHECK_THAT(head, !ContainsSubstring("Content-Type") && !ContainsSubstring("Expect"));
}

TEST_CASE("A handshake without an answer ends at the limit of the connection, and nothing was sent", "[transports]") {
  RawServer server{[](RawServer::Connection& client) {
    client.request();
    client.keep_silent();
  }};
  CurlTransport transport;
  TransportLimits limits = patient();
  limits.connect = 100ms;
  const TransportError error = fault(transport.send(post("https://127.0.0.1:" + std::to_string(server.port()) + "/"), limits));
  CHECK(name(error.what) == "connect_timeout");
  CHECK(error.sent == Sent::no);
}

TEST_CASE("What a proxy says in place of a tunnel is the response, and it sees no key", "[transports]") {
  std::string seen;
  RawServer server{[&](RawServer::Connection& client) {
    seen = client.request();
    client.write("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n");
  }};
  CurlTransport transport{{.proxy = server.url()}};
  HttpRequest request = post("https://service.invalid/");
  request.headers.push_back({"x-goog-api-key", "the-key"});
  const TransportResult result = transport.send(request, patient());
  REQUIRE(std::holds_alternative<HttpResponse>(result));
  CHECK(std::get<HttpResponse>(result).status == 407);
  CHECK_THAT(seen, ContainsSubstring("CONNECT service.invalid:443") && !ContainsSubstring("the-key"));
}

TEST_CASE("Over libcurl the first byte has a limit of its own, the next have the idle limit", "[transports]") {
  for (const bool begins : {false, true}) {
    CAPTURE(begins);
    RawServer server{[begins](RawServer::Connection& client) {
      client.request();
      if (begins) client.write(ok_head + "Content-Length: 100\r\n\r\n");
      client.keep_silent();
    }};
    CurlTransport transport;
    TransportLimits limits = patient();
    (begins ? limits.idle : limits.first_byte.emplace()) = 100ms;
    if (begins) limits.first_byte = 10s;
    TransportError error;
    const Duration spent = time_of([&] { error = fault(transport.send(post(server.url()), limits)); });
    CHECK(name(error.what) == "idle_timeout");
    CHECK_FALSE(error.stale);
    CHECK(spent < 5s);
  }
}
