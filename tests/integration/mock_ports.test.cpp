// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/core/config_error.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/transports/curl.hpp>
#include <ductile/transports/httplib.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <variant>

// That each port shows its failure is what mock_suite tests.

using namespace ductile;
using Catch::Matchers::ContainsSubstring;

namespace {

gemini::ClientOptions with_key(std::string key, int port) {
  return {.api_key = gemini::ApiKey{std::move(key)}, .base_url = "https://127.0.0.1:" + std::to_string(port)};
}

}  // namespace

TEST_CASE("Under TLS the mock is what it is without, for who trusts its certificate", "[mock]") {
  const mock::Server service{{.tls_port = 0}};
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("mock-ports-" + std::to_string(service.port()) + ".pem");
  std::ofstream{file} << service.certificate();
  HttplibTransport transport{HttplibOptions{.ca_file = file.string()}};

  const auto image =
      gemini::Client{transport, with_key("a-key", service.side_ports().tls)}.generate({.prompt = "a cat"}, "gemini-3-pro-image");
  REQUIRE(image);
  CHECK(image.value().width == 1024);
  const auto large = gemini::Client{transport, with_key("scenario-ok-image-30-mb", service.side_ports().tls)}.generate(
      {.prompt = "a cat"}, "gemini-3-pro-image");
  REQUIRE(large);
  CHECK(large.value().bytes.size() > 30'000'000);
  const auto torn = gemini::Client{transport, with_key("scenario-reset-mid-body", service.side_ports().tls)}.generate({.prompt = "a cat"},
                                                                                                                      "gemini-3-pro-image");
  REQUIRE(!torn);
  CHECK(torn.error().kind() == Kind::network);
  std::filesystem::remove(file);
}

TEST_CASE("Who asks the port that goes away sees that it does, and not a connection that broke", "[mock]") {
  const mock::Server service{{.goaway_port = 0}};
  const std::filesystem::path file = std::filesystem::temp_directory_path() / ("mock-goaway-" + std::to_string(service.port()) + ".pem");
  std::ofstream{file} << service.certificate();
  CurlTransport transport{CurlOptions{.ca_file = file.string()}};
  for (int times = 0; times < 15; ++times) {
    const auto exchange = transport.send({.method = "POST",
                                          .url = "https://127.0.0.1:" + std::to_string(service.side_ports().goaway) + "/v1beta",
                                          .headers = {},
                                          .body = std::string(100'000, 'x')},
                                         {});
    const auto* error = std::get_if<TransportError>(&exchange);
    REQUIRE(error);
    CHECK_THAT(error->message, ContainsSubstring("HTTP2 framing layer"));
  }
  std::filesystem::remove(file);
}

TEST_CASE("A mock has no port that it was not asked for, and all are free when it has gone", "[mock]") {
  mock::SidePortNumbers ports;
  {
    const mock::Server service{{.tls_port = 0, .goaway_port = 0, .proxy_port = 0, .full_port = 0}};
    ports = service.side_ports();
  }
  const mock::Server again{{.tls_port = ports.tls, .goaway_port = ports.goaway, .proxy_port = ports.proxy, .full_port = ports.full}};
  CHECK(again.side_ports().tls == ports.tls);
  CHECK(again.side_ports().full == ports.full);
  const mock::Server plain;
  CHECK(plain.side_ports().tls == 0);
  CHECK(plain.side_ports().proxy == 0);
}

TEST_CASE("A port out of range is refused by its name", "[mock]") {
  CHECK_THROWS_WITH((mock::Server{{.tls_port = 65'536}}), ContainsSubstring("tls_port must be from 0 to 65535"));
  CHECK_THROWS_WITH((mock::Server{{.full_port = -1}}), ContainsSubstring("full_port must be from 0 to 65535"));
}

TEST_CASE("Good answers in an odd shape are good answers", "[mock]") {
  const mock::Server service;
  HttplibTransport transport;
  for (const char* id : {"ok-byte-order-mark", "ok-wrong-content-type", "ok-http-1.0", "ok-image-30-mb"}) {
    CAPTURE(id);
    const gemini::Client client{transport, {.api_key = gemini::ApiKey{std::string{"scenario-"} + id}, .base_url = service.url()}};
    const auto image = client.generate({.prompt = "a cat"}, "gemini-3-pro-image");
    REQUIRE(image);
    CHECK(image.value().width == 1024);
    const auto streamed = client.generate_buffered({.prompt = "a cat"}, "gemini-3-pro-image");
    REQUIRE(streamed);
  }
}
