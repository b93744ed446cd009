// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/core/stop.hpp>
#include <ductile/core/transport.hpp>
#include <ductile/transports/detail/url.hpp>

#include <stop_token>
#include <string>
#include <string_view>

using namespace ductile;

namespace {

// A third party's transport, whole.
struct EchoTransport {
  TransportResult send(const HttpRequest& request, const TransportLimits& limits) const {
    if (limits.stop.stop_requested()) return TransportError{TransportFault::cancelled, Sent::no, "stopped"};
    return HttpResponse{200, {{"X-Method", request.method}}, request.body};
  }
};

struct NoTransport {
  HttpResponse send(const HttpRequest&) const { return {}; }
};

struct Flag {
  const bool* set;
  [[nodiscard]] bool stop_requested() const noexcept { return *set; }
};

}  // namespace

static_assert(Transport<const EchoTransport>);
static_assert(Transport<EchoTransport>);
static_assert(!Transport<NoTransport>);
static_assert(!Transport<int>);

TEST_CASE("A header is found by its name in any case, the first of several", "[transports]") {
  const std::vector<HttpHeader> headers{{"Content-Type", "text/html"}, {"X-Two", "a"}, {"x-two", "b"}};
  CHECK(header(headers, "content-type") == "text/html");
  CHECK(header(headers, "CONTENT-TYPE") == "text/html");
  CHECK(header(headers, "x-two") == "a");
  CHECK(header(headers, "x-tw").empty());
  CHECK(header({}, "x").empty());
}

TEST_CASE("A stop token of any type is asked where it lives", "[transports]") {
  CHECK_FALSE(StopView{}.stop_requested());
  CHECK_FALSE(static_cast<bool>(StopView{}));

  std::stop_source source;
  const std::stop_token token = source.get_token();
  const StopView view{token};
  CHECK_FALSE(view.stop_requested());
  source.request_stop();
  CHECK(view.stop_requested());

  bool stopped = false;
  const Flag flag{&stopped};
  const StopView copy = StopView{flag};
  CHECK_FALSE(copy.stop_requested());
  stopped = true;
  CHECK(copy.stop_requested());
}

TEST_CASE("An address is read in its parts", "[transports]") {
  struct Case {
    std::string_view text;
    std::string_view origin;
    std::string_view target;
  };
  for (const Case& c : {Case{"https://example.com", "https://example.com:443", "/"},
                        Case{"HTTP://example.com:8080/a/b?c=d#e", "http://example.com:8080", "/a/b?c=d"},
                        Case{"http://example.com?x=1", "http://example.com:80", "/?x=1"}, Case{"http://[::1]:9/x", "http://[::1]:9", "/x"},
                        Case{"https://[2001:db8::1]/", "https://[2001:db8::1]:443", "/"}}) {
    CAPTURE(c.text);
    const auto url = ductile::detail::parse_url(c.text);
    REQUIRE(url);
    CHECK(url->origin() == c.origin);
    CHECK(url->target == c.target);
  }
  for (const char* text : {"", "/path", "ftp://x/", "https://", "https:///x", "http://[::1/", "http://[::1]x/", "http://x:/",
                           "http://x:abc/", "http://u@x/", "http://x/\ny"}) {
    CAPTURE(text);
    CHECK_FALSE(ductile::detail::parse_url(text));
  }
}
