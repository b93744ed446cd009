// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/make.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

EVERY_DRIVER("Deadline gives all attempts the same end", "[policies]") {
  Pipeline pipeline{Deadline{10s}, Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 2s}}}};
  std::vector<Time> ends;
  static_cast<void>(driver.run(pipeline, [&](const Attempt& attempt) -> Result<int> {
    ends.push_back(attempt.deadline);
    return Failure{Kind::overload};
  }));
  CHECK(ends == std::vector{support::at(10s), support::at(10s), support::at(10s)});
}

EVERY_DRIVER("AttemptTimeout gives each attempt its own end, never later than the call's", "[policies]") {
  Pipeline pipeline{Deadline{10s}, Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 4s}}}, AttemptTimeout{3s}};
  std::vector<Time> ends;
  static_cast<void>(driver.run(pipeline, [&](const Attempt& attempt) -> Result<int> {
    ends.push_back(attempt.deadline);
    return Failure{Kind::overload};
  }));
  CHECK(ends == std::vector{support::at(3s), support::at(7s), support::at(10s)});
}

EVERY_DRIVER("No attempt begins at or after the deadline", "[policies]") {
  Pipeline pipeline{Deadline{10s}, Retry{RetryOptions{.attempts = 9, .backoff = Constant{.wait = 0s}}}};
  int calls = 0;
  const auto result = driver.run(pipeline, [&] {
    ++calls;
    return Simulated{5s, Result<int>{Failure{Kind::overload}}};
  });
  REQUIRE_FALSE(result);
  CHECK(calls == 2);
  CHECK(has(result.error().notes(), Note::deadline_would_pass));
}

// An operation that does not look at its limit; that of async_run is among its own tests, and in a simulation none can.
TEST_CASE("An answer that comes after the deadline is still an answer", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Deadline{1s}};
  const auto result = pipeline.run(
      [&] {
        clock.advance(5s);
        return 7;
      },
      clock);
  REQUIRE(result);
  CHECK(result.value() == 7);
}

EVERY_DRIVER("A call's own deadline takes the place of the pipeline's, longer or shorter", "[policies]") {
  Pipeline pipeline{Deadline{10s}, Retry{}};
  const auto end = [&](const CallOptions& options) {
    Time seen{};
    static_cast<void>(driver.run(pipeline, [&](const Attempt& attempt) { seen = attempt.deadline; }, options));
    return seen;
  };
  CHECK(end({}) == support::at(10s));
  CHECK(end({.deadline = 3s}) == support::at(3s));
  CHECK(end({.deadline = 5min}) == support::at(5min));
}

EVERY_DRIVER("A call without time left fails before anything is asked", "[policies]") {
  Pipeline pipeline{Retry{}};
  bool called = false;
  for (const Duration none : {Duration{0s}, Duration{-5s}}) {
    const auto result = driver.run(pipeline, [&] { called = true; }, CallOptions{.deadline = none});
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == Kind::deadline);
    CHECK(result.error().attempts() == 0);
  }
  CHECK_FALSE(called);
}

TEST_CASE("Limits out of range are refused by name, range and value", "[policies]") {
  CHECK(make<Deadline>(Duration{0s}).error().message() == "Deadline: limit must be from 0.001 to 31536000 s; it is 0");
  CHECK(make<AttemptTimeout>(Duration{-1s}).error().message() == "AttemptTimeout: limit must be from 0.001 to 31536000 s; it is -1");
  CHECK(make<Deadline>(Duration{1ms}).has_value());
  CHECK_THROWS_AS(AttemptTimeout{0s}, ConfigError);
}
