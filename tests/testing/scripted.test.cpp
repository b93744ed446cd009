// SPDX-License-Identifier: BSL-1.0

#include "../support/catch.hpp"

#include <ductile/drivers/blocking.hpp>
#include <ductile/testing/scripted_operation.hpp>
#include <ductile/testing/scripted_transport.hpp>
#include <ductile/testing/virtual_clock.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

TEST_CASE("A scripted operation gives its steps in order and remembers the attempts", "[testing]") {
  using Step = ScriptedOperation<std::string>::Step;
  std::vector<Step> steps;
  steps.push_back({2s, Failure{Kind::overload}});
  steps.push_back({1s, std::string{"image"}});
  ScriptedOperation<std::string> script{std::move(steps)};
  VirtualClock clock;
  OnClock operation{clock, script};
  CHECK(operation(Attempt{}).error().kind() == Kind::overload);
  CHECK(clock.now()() == Time{2s});
  Attempt second;
  second.number = 2;
  CHECK(operation(second).value() == "image");
  CHECK(clock.now()() == Time{3s});
  REQUIRE(script.attempts().size() == 2);
  CHECK(script.attempts()[1].number == 2);
  CHECK_THROWS_AS(operation(Attempt{}), std::out_of_range);
}

TEST_CASE("On a clock an attempt ends at its deadline, with its answer lost", "[testing]") {
  ScriptedOperation<int> script{{{10s, 1}, {5s, 2}}};
  VirtualClock clock;
  OnClock operation{clock, script};
  Attempt attempt;
  attempt.deadline = Time{4s};
  const Result<int> late = operation(attempt);
  CHECK(late.error().kind() == Kind::timeout);
  CHECK(late.error().verdict().sent == Sent::unknown);
  CHECK(clock.now()() == Time{4s});
  attempt.deadline = Time{9s};  // just in time
  CHECK(operation(attempt).value() == 2);
}

TEST_CASE("A scripted transport answers in order, remembers the requests, and says when it is at its end", "[testing]") {
  ScriptedTransport transport{{HttpResponse{503, {}, "busy"}, TransportError{TransportFault::reset, Sent::unknown, "reset", 0, 0}}};
  HttpRequest request;
  request.url = "https://service.test/v1";
  CHECK(std::get<HttpResponse>(transport.send(request, {})).status == 503);
  request.url += "/again";
  CHECK(std::get<TransportError>(transport.send(request, {})).what == TransportFault::reset);
  const auto over = std::get<TransportError>(transport.send(request, {}));
  CHECK(over.sent == Sent::no);
  CHECK(over.message == "ScriptedTransport: no answer is left");
  REQUIRE(transport.requests().size() == 3);
  CHECK(transport.requests()[0].url == "https://service.test/v1");
  CHECK(transport.requests()[1].url == "https://service.test/v1/again");
}
