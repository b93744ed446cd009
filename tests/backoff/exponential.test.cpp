// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/backoff/exponential.hpp>
#include <ductile/core/backoff_policy.hpp>
#include <ductile/policies/retry.hpp>

#include <limits>

using namespace ductile;
using namespace std::chrono_literals;

TEST_CASE("Exponential doubles from its base and stops growing at its cap", "[backoff]") {
  const Exponential backoff{.base = 1s, .cap = 32s, .jitter = Jitter::none};
  support::HandClock clock;
  const Duration expected[] = {1s, 2s, 4s, 8s, 16s, 32s, 32s, 32s};
  for (unsigned failures = 1; failures <= 8; ++failures) CHECK(backoff(failures, clock.now()) == expected[failures - 1]);
}

TEST_CASE("Exponential survives any number of failures without overflow", "[backoff]") {
  const Exponential backoff{.base = 24h, .cap = 24h, .factor = 100.0, .jitter = Jitter::none};
  support::HandClock clock;
  for (const unsigned failures : {0U, 1U, 63U, 64U, 65U, 1000U, std::numeric_limits<unsigned>::max()})
    CHECK(backoff(failures, clock.now()) == 24h);
}

TEST_CASE("Full jitter spreads the wait evenly from the floor to the computed wait", "[backoff]") {
  const Exponential backoff{.base = 2s, .cap = 60s, .floor = 1s};
  support::HandClock clock;
  clock.roll(0.0);
  CHECK(backoff(3, clock.now()) == 1s);
  clock.roll(0.5);
  CHECK(backoff(3, clock.now()) == 4500ms);  // half way from 1 s to 8 s
  clock.roll(0.999999);
  CHECK(backoff(3, clock.now()) < 8s);
  CHECK(backoff(3, clock.now()) > 7990ms);
}

TEST_CASE("Full jitter does not gather waits at the floor", "[backoff]") {
  const Exponential backoff{.base = 1s, .cap = 60s, .floor = 1s};
  Now now;
  int at_floor = 0;
  for (int i = 0; i < 1000; ++i) at_floor += backoff(4, now) == 1s ? 1 : 0;
  CHECK(at_floor < 3);
}

TEST_CASE("Constant waits the same each time", "[backoff]") {
  const Constant backoff{.wait = 250ms};
  CHECK(backoff(1) == 250ms);
  CHECK(backoff(1000) == 250ms);
}

TEST_CASE("A backoff policy may take the failures, the time, and the wait before", "[backoff]") {
  support::HandClock clock;
  const auto one = [](unsigned failures) { return failures * 10ms; };
  const auto two = [](unsigned failures, Now now) { return failures * 10ms + Duration{now.random() % 1}; };
  const auto three = [](unsigned, Now, Duration before) { return before * 3; };
  STATIC_REQUIRE(BackoffPolicy<decltype(one)>);
  STATIC_REQUIRE(BackoffPolicy<decltype(two)>);
  STATIC_REQUIRE(BackoffPolicy<decltype(three)>);
  STATIC_REQUIRE_FALSE(BackoffPolicy<int>);
  const auto wrong_answer = [](unsigned) { return "soon"; };
  STATIC_REQUIRE_FALSE(BackoffPolicy<decltype(wrong_answer)>);
  CHECK(backoff_wait(one, 3, clock.now(), 0s) == 30ms);
  CHECK(backoff_wait(two, 3, clock.now(), 0s) == 30ms);
  CHECK(backoff_wait(three, 3, clock.now(), 5s) == 15s);
}

TEST_CASE("A negative backoff counts as no wait", "[backoff]") {
  support::HandClock clock;
  CHECK(backoff_wait([](unsigned) { return -5s; }, 1, clock.now(), 0s) == 0s);
}

TEST_CASE("Backoff options out of range are refused by name, range and value", "[backoff]") {
  const auto refusal = [](auto backoff) -> std::string {
    try {
      const Retry retry{RetryOptions{.backoff = backoff}};
      static_cast<void>(retry);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(refusal(Exponential{}) == "accepted");
  CHECK(refusal(Exponential{.base = -1s}) == "Exponential: base must be from 0 to 86400 s; it is -1");
  CHECK(refusal(Exponential{.base = 25h, .cap = 25h}) == "Exponential: base must be from 0 to 86400 s; it is 90000");
  CHECK(refusal(Exponential{.base = 2s, .cap = 1s}) == "Exponential: cap must be from base to 86400 s; it is 1");
  CHECK(refusal(Exponential{.factor = 0.5}) == "Exponential: factor must be from 1 to 100; it is 0.5");
  CHECK(refusal(Exponential{.factor = std::numeric_limits<double>::quiet_NaN()}).starts_with("Exponential: factor must be from 1 to 100"));
  CHECK(refusal(Exponential{.base = 1s, .floor = 2s}) == "Exponential: floor must be from 0 to base (s); it is 2");
  CHECK(refusal(Constant{.wait = -1ms}) == "Constant: wait must be from 0 to 86400 s; it is -0.001");
}
