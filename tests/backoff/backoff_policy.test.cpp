// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/backoff/decorrelated_jitter.hpp>
#include <ductile/backoff/exponential.hpp>
#include <ductile/backoff/linear.hpp>
#include <ductile/core/backoff_policy.hpp>
#include <ductile/policies/retry.hpp>

#include <limits>
#include <string>
#include <utility>

using namespace ductile;
using namespace std::chrono_literals;

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

TEST_CASE("A backoff policy may take the failures, the time, the wait before and the kind", "[backoff]") {
  support::HandClock clock;
  const auto one = [](unsigned failures) { return failures * 10ms; };
  const auto two = [](unsigned failures, Now now) { return failures * 10ms + Duration{now.random() % 1}; };
  const auto three = [](unsigned, Now, Duration before) { return before * 3; };
  const auto four = [](unsigned, Now, Duration before, Kind kind) { return kind == Kind::overload ? before * 5 : before; };
  STATIC_REQUIRE(BackoffPolicy<decltype(one)>);
  STATIC_REQUIRE(BackoffPolicy<decltype(two)>);
  STATIC_REQUIRE(BackoffPolicy<decltype(three)>);
  STATIC_REQUIRE(BackoffPolicy<decltype(four)>);
  STATIC_REQUIRE_FALSE(BackoffPolicy<int>);
  const auto wrong_answer = [](unsigned) { return "soon"; };
  STATIC_REQUIRE_FALSE(BackoffPolicy<decltype(wrong_answer)>);
  CHECK(backoff_wait(one, 3, clock.now(), 0s) == 30ms);
  CHECK(backoff_wait(two, 3, clock.now(), 0s) == 30ms);
  CHECK(backoff_wait(three, 3, clock.now(), 5s) == 15s);
  CHECK(backoff_wait(four, 3, clock.now(), 5s, Kind::overload) == 25s);
  CHECK(backoff_wait(four, 3, clock.now(), 5s, Kind::internal) == 5s);
}

TEST_CASE("A negative backoff counts as no wait", "[backoff]") {
  support::HandClock clock;
  CHECK(backoff_wait([](unsigned) { return -5s; }, 1, clock.now(), 0s) == 0s);
}

TEST_CASE("Backoff options out of range are refused by name, range and value", "[backoff]") {
  const auto refusal = [](auto backoff) -> std::string {
    try {
      static_cast<void>(Retry{RetryOptions{.backoff = backoff}});
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "accepted";
  };
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::pair<std::string, std::string> refusals[]{
      {refusal(Exponential{}), "accepted"},
      {refusal(Exponential{.base = -1s}), "Exponential: base must be from 0 to 86400 s; it is -1"},
      {refusal(Exponential{.base = 25h, .cap = 25h}), "Exponential: base must be from 0 to 86400 s; it is 90000"},
      {refusal(Exponential{.base = 2s, .cap = 1s}), "Exponential: cap must be from base (1 s unless named) to 86400 s; it is 1"},
      {refusal(Exponential{.cap = 500ms}), "Exponential: cap must be from base (1 s unless named) to 86400 s; it is 0.5"},
      {refusal(Exponential{.base = 2min}), "accepted"},
      {refusal(Exponential{.base = 24h}), "accepted"},
      {refusal(Exponential{.base = Duration::max()}), "Exponential: base must be from 0 to 86400 s; it is 9.22337e+09"},
      {refusal(Exponential{.base = Duration::min()}), "Exponential: base must be from 0 to 86400 s; it is -9.22337e+09"},
      {refusal(Exponential{.cap = 25h}), "Exponential: cap must be from base (1 s unless named) to 86400 s; it is 90000"},
      {refusal(Exponential{.factor = 0.5}), "Exponential: factor must be from 1 to 100; it is 0.5"},
      {refusal(Exponential{.factor = 101}), "Exponential: factor must be from 1 to 100; it is 101"},
      {refusal(Exponential{.factor = nan}), "Exponential: factor must be from 1 to 100; it is nan"},
      {refusal(Exponential{.base = 1s, .floor = 2s}), "Exponential: floor must be from 0 to base (s); it is 2"},
      {refusal(Exponential{.floor = -1s}), "Exponential: floor must be from 0 to base (s); it is -1"},
      {refusal(Exponential{.base = 0s, .cap = 0s}), "accepted"},
      {refusal(Linear{}), "accepted"},
      {refusal(Linear{.base = 2min}), "accepted"},
      {refusal(Linear{.step = 24h}), "accepted"},
      {refusal(Linear{.base = -1s}), "Linear: base must be from 0 to 86400 s; it is -1"},
      {refusal(Linear{.step = -1s}), "Linear: step must be from 0 to 86400 s; it is -1"},
      {refusal(Linear{.step = 25h}), "Linear: step must be from 0 to 86400 s; it is 90000"},
      {refusal(Linear{.base = 2s, .cap = 1s}), "Linear: cap must be from base (1 s unless named) to 86400 s; it is 1"},
      {refusal(Linear{.cap = 25h}), "Linear: cap must be from base (1 s unless named) to 86400 s; it is 90000"},
      {refusal(Linear{.floor = 2s}), "Linear: floor must be from 0 to base (s); it is 2"},
      {refusal(Constant{}), "accepted"},
      {refusal(Constant{.wait = -1ms}), "Constant: wait must be from 0 to 86400 s; it is -0.001"},
      {refusal(Constant{.wait = 25h}), "Constant: wait must be from 0 to 86400 s; it is 90000"},
      {refusal(Constant{.wait = 1s, .floor = 2s}), "Constant: floor must be from 0 to wait (s); it is 2"},
      {refusal(DecorrelatedJitter{}), "accepted"},
      {refusal(DecorrelatedJitter{.base = 2min}), "accepted"},
      {refusal(DecorrelatedJitter{.base = -1s}), "DecorrelatedJitter: base must be from 0 to 86400 s; it is -1"},
      {refusal(DecorrelatedJitter{.base = 2s, .cap = 1s}),
       "DecorrelatedJitter: cap must be from base (1 s unless named) to 86400 s; it is 1"},
      {refusal(DecorrelatedJitter{.cap = 25h}), "DecorrelatedJitter: cap must be from base (1 s unless named) to 86400 s; it is 90000"},
      {refusal(DecorrelatedJitter{.factor = 0.9}), "DecorrelatedJitter: factor must be from 1 to 100; it is 0.9"},
      {refusal(DecorrelatedJitter{.factor = nan}), "DecorrelatedJitter: factor must be from 1 to 100; it is nan"}};
  for (const auto& [said, expected] : refusals) CHECK(said == expected);
}

TEST_CASE("A cap that nobody named leaves a long first wait room to grow", "[backoff]") {
  struct Row {
    Duration first;
    Duration cap;
  };
  for (const Row row : {Row{0s, 60s}, Row{1s, 60s}, Row{6s, 60s}, Row{7s, 70s}, Row{2min, 20min}, Row{2h, 20h}, Row{3h, 24h}}) {
    CAPTURE(row.first.count());
    CHECK(Exponential{.base = row.first}.cap == row.cap);
    CHECK(DecorrelatedJitter{.base = row.first}.cap == row.cap);
    CHECK(Linear{.base = row.first}.cap == row.cap);
    CHECK(Linear{.step = row.first}.cap == row.cap);
  }
  constexpr Exponential doubling{.base = 2min, .jitter = Jitter::none};
  CHECK(doubling(2, Now{}) == 4min);
  CHECK(doubling(9, Now{}) == 20min);
}
