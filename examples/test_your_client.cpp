// SPDX-License-Identifier: BSL-1.0
//
// A test of your client, with the service in its process: no key, no network, no flaky morning.
#include <ductile/mock/engine.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <httplib.h>

#include <string>

namespace {

// Your client, whatever it is made of: all that it must have is a base URL to be set. This one tries twice.
class MyClient {
 public:
  explicit MyClient(const std::string& url) : http_(url) {}

  bool draw(const std::string& prompt) {
    const std::string body = R"({"contents": [{"parts": [{"text": ")" + prompt + R"("}]}]})";
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto answer =
          http_.Post("/v1beta/models/gemini-3-pro-image:generateContent", {{"x-goog-api-key", "any"}}, body, "application/json");
      if (answer && answer->status == 200 && answer->body.find("inlineData") != std::string::npos) return true;
    }
    return false;
  }

 private:
  httplib::Client http_;
};

}  // namespace

// [test]
TEST_CASE("my client draws through one overload, and asks no more than twice") {
  ductile::mock::Server service;
  MyClient client{service.url()};

  service.engine().play({.episodes = {{.answer = "high-demand", .calls = 1}}}, service.clock().now());
  CHECK(client.draw("a lighthouse"));
  CHECK(service.engine().journal().count("high-demand") == 1);

  service.engine().play({.episodes = {{.answer = "image-safety"}}}, service.clock().now());
  CHECK_FALSE(client.draw("something that is withheld"));
}
// [/test]

TEST_CASE("the service sees that my client asks again too soon, and for what cannot succeed") {
  ductile::mock::Server service;
  MyClient client{service.url()};
  service.engine().play({.episodes = {{.answer = "image-safety"}}}, service.clock().now());
  CHECK_FALSE(client.draw("something that is withheld"));
  CHECK(service.engine().verdict().count(ductile::mock::Fault::paid_twice_for_blocked_prompt) == 1);
}
