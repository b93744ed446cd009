// SPDX-License-Identifier: BSL-1.0

// What only a socket shows of a client, and that ductile's own client is found clean.
#include <ductile/core/clock.hpp>
#include <ductile/gemini/resilient.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/scenario.hpp>
#include <ductile/mock/scenario_json.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>

#include "../../examples/engine_transport.hpp"
#include "../mock/asking.hpp"
#include "../mock/history.hpp"
#include "../support/catch.hpp"

#include <httplib.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using ductile::mock::Server;

namespace {

// Asks once, with so much patience for a byte.
bool ask(Server& server, const std::string& prompt, std::chrono::milliseconds patience, const std::string& key = "k") {
  httplib::Client client{server.url()};
  client.set_read_timeout(patience);
  const auto answer = client.Post("/v1beta/models/gemini-3-pro-image:generateContent", {{"x-goog-api-key", key}}, asking::body_for(prompt),
                                  "application/json");
  return answer && answer->status == 200;
}

}  // namespace

TEST_CASE("A client that holds a silent answer for more than five minutes has no read timeout, one that leaves has",
          "[integration][mock][verdict]") {
  Server server{{.time_scale = 1000}};
  server.engine().play({.episodes = {{.answer = "idle-timeout", .latency = 350s}}}, server.clock().now());
  CHECK_FALSE(ask(server, "a cat", 5s));  // 0.35 s
  CHECK(history::findings(server.engine().verdict()) == "no_read_timeout 1");

  server.engine().play({.episodes = {{.answer = "idle-timeout", .latency = 1h}}}, server.clock().now());
  CHECK_FALSE(ask(server, "a cat", 20ms));  // 20 s
  std::this_thread::sleep_for(500ms);       // the server looks around every 50 ms
  CHECK(server.engine().verdict().clean());
}

TEST_CASE("A clock that is put forward makes no client patient", "[integration][mock][verdict]") {
  Server server;
  server.engine().play({.episodes = {{.answer = "idle-timeout"}}}, server.clock().now());
  std::thread client{[&] { (void)ask(server, "a cat", 5s); }};
  while (server.engine().journal().total() == 0) std::this_thread::yield();
  server.clock().advance(1h);
  client.join();
  CHECK(server.engine().verdict().count(ductile::mock::Fault::no_read_timeout) == 0);
}

TEST_CASE("A client that broke off is not blamed for what the answer would have said", "[integration][mock][verdict]") {
  Server server;
  server.engine().play({.episodes = {{.answer = "key-leaked", .calls = 1, .latency = 1h}, {.answer = "key-leaked"}}}, server.clock().now());
  CHECK_FALSE(ask(server, "a cat", 20ms));
  std::this_thread::sleep_for(500ms);  // the server looks around every 50 ms
  server.clock().advance(2h);          // the answer would have come by now
  CHECK_FALSE(ask(server, "a cat", 5s));
  CHECK(server.engine().verdict().clean());
  CHECK_FALSE(ask(server, "a cat", 5s));
  CHECK(history::findings(server.engine().verdict()) == "retried_non_retryable 3<2");
}

TEST_CASE("Keys that a scenario puts into one project share its limits", "[integration][mock][verdict]") {
  Server server;
  server.engine().play(
      ductile::mock::read_scenario(R"({"projects": {"studio": ["one", "two"]}, "episodes": [{"answer": "rpd-paid", "calls": 1}]})", 1),
      server.clock().now());
  CHECK_FALSE(ask(server, "a cat", 5s, "one"));
  CHECK(ask(server, "a cat", 5s, "two"));
  CHECK(history::findings(server.engine().verdict()) == "switched_key_same_project 2<1");
}

TEST_CASE("ductile's own client is clean on bad days and in an outage", "[integration][mock][verdict]") {
  const std::string scenario = GENERATE("bad-day", "outage-30min", "calm");
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    INFO(scenario << " of seed " << seed);
    const auto day = ductile::mock::find_scenario(scenario, seed).value();
    const ductile::WallTime start = day.starts_at.value_or(history::start);
    ductile::mock::Engine engine{{.scenario = day, .seed = seed, .start = start}};
    ductile::VirtualClock clock{start, seed};
    EngineTransport transport{engine, clock};
    ductile::gemini::ClientOptions who;
    who.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};
    auto client = ductile::gemini::resilient(transport, who, {});
    for (int job = 0; job < 24; ++job)
      (void)client.generate({.prompt = "a lighthouse, number " + std::to_string(job)}, {}, ductile::NoStop{}, clock);
    CHECK(history::findings(engine.verdict()).empty());
    CHECK(engine.verdict().useful.requests > 0);
  }
}
