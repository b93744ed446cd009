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

EVERY_DRIVER("An attempt is not begun with less than its least of the call's time", "[policies]") {
  struct Case {
    Duration least;
    Duration deadline;
    bool begins;
  };
  const std::vector<Case> cases{{0s, 1ms, true}, {2s, 2s, true}, {2s, 2s - 1ns, false}, {2s, 1min, true}};
  for (const Case& one : cases) {
    CAPTURE(one.least.count(), one.deadline.count());
    const auto anew = driver.another();
    Pipeline pipeline{Deadline{1min}, Retry{}, AttemptTimeout{20s, one.least}};
    int asked = 0;
    const auto result = anew->run(pipeline, [&] { return ++asked; }, CallOptions{.deadline = one.deadline});
    CHECK(asked == (one.begins ? 1 : 0));
    if (!one.begins) {
      CHECK(result.error().kind() == Kind::deadline);
      CHECK(result.error().says() == Says::policy);
      CHECK(result.error().verdict().sent == Sent::no);
      CHECK(anew->now()() == Time{});
    }
  }
  Pipeline without_deadline{AttemptTimeout{20s, 2s}};
  CHECK(driver.run(without_deadline, [] { return 1; }).value() == 1);
  Pipeline second{Deadline{30s}, Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 1s}}}, AttemptTimeout{20s, 10s}};
  int asked = 0;
  const auto result =
      driver.run(second, [&] { return Simulated<Result<int>>{20s, ++asked == 9 ? Result<int>{1} : Result<int>{Failure{Kind::overload}}}; });
  REQUIRE_FALSE(result);
  CHECK(asked == 1);  // nine seconds are left then
  CHECK(driver.now()() == Time{21s});
}

TEST_CASE("Limits out of range are refused by name, range and value", "[policies]") {
  CHECK(make<Deadline>(Duration{0s}).error().message() == "Deadline: limit must be from 0.001 to 31536000 s; it is 0");
  CHECK(make<AttemptTimeout>(Duration{-1s}).error().message() == "AttemptTimeout: limit must be from 0.001 to 31536000 s; it is -1");
  CHECK(make<Deadline>(Duration{1ms}).has_value());
  CHECK_THROWS_AS(AttemptTimeout{0s}, ConfigError);
  const auto refusal = [](Duration limit, Duration least) { return make<AttemptTimeout>(limit, least).error().message(); };
  CHECK(refusal(20s, -1s) == "AttemptTimeout: least must be from 0 s to limit; it is -1");
  CHECK(refusal(20s, 21s) == "AttemptTimeout: least must be from 0 s to limit; it is 21");
  CHECK(refusal(0s, 0s) == "AttemptTimeout: limit must be from 0.001 to 31536000 s; it is 0");
  CHECK(make<AttemptTimeout>(Duration{20s}, Duration{20s}).value().least() == 20s);
  CHECK_THROWS_AS((AttemptTimeout{20s, 21s}), ConfigError);
}
