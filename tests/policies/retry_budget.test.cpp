// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/make.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/retry_budget.hpp>
#include <ductile/policies/timeout.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using support::said;

namespace {

// A budget and its state, asked by hand.
struct AskedBudget {
  explicit AskedBudget(RetryBudgetOptions options) : budget{options}, state{budget} {}

  bool extra(const Verdict& verdict = said(Kind::overload)) { return budget.extra(state, call, clock.now(), Attempt{}, verdict); }
  void begin() {
    call = {};
    REQUIRE(budget.admit(state, call, clock.now(), Attempt{}) == Admission::go());
  }
  Reaction end(const Verdict& verdict) { return budget.settle(state, call, clock.now(), Attempt{}, verdict); }

  RetryBudget budget;
  RetryBudget::State state;
  RetryBudget::Call call{};
  support::HandClock clock{};
};

// So many extra trips and no more.
RetryBudgetOptions exactly(std::int32_t trips) { return {.per_call = 0, .capacity = trips, .reserve_every = 0s}; }

FallbackOptions targets(unsigned count) {
  FallbackOptions options;
  for (unsigned i = 0; i < count; ++i) options.targets.push_back({.name = std::string(1, static_cast<char>('a' + i))});
  return options;
}

// An operation that always fails as told, and tells to which targets it went.
struct Failing {
  Verdict verdict{};
  std::string went_to{};
  Result<int> operator()(const Attempt& attempt) {
    went_to.push_back(static_cast<char>('a' + attempt.target));
    return Failure{verdict};
  }
};

const Retry quick{RetryOptions{.attempts = 5, .backoff = Constant{.wait = 1s}}};

}  // namespace

TEST_CASE("RetryBudget allows one extra trip for every five calls, and no more", "[policies]") {
  AskedBudget asked{{.per_call = 0.2, .capacity = 1, .reserve_every = 0s}};
  REQUIRE(asked.extra());  // spends the first fill
  for (int calls = 0; calls < 4; ++calls) {
    asked.begin();
    CHECK_FALSE(asked.extra());
  }
  asked.begin();
  CHECK(asked.extra());
  CHECK_FALSE(asked.extra());
}

TEST_CASE("Fractions of a token add up exactly", "[policies]") {
  const double per_call = GENERATE(0.1, 0.3, 0.001, 1.0);
  AskedBudget asked{{.per_call = per_call, .capacity = 1'000, .reserve_every = 0s}};
  while (asked.extra()) continue;
  for (int calls = 0; calls < 2'000; ++calls) asked.begin();
  CHECK(static_cast<double>(asked.state.tokens()) == Catch::Approx(std::min(per_call * 2'000, 1'000.0)).epsilon(1e-12));
}

TEST_CASE("A full RetryBudget earns nothing and reads no clock", "[policies]") {
  AskedBudget asked{{.per_call = 1, .capacity = 3}};
  for (int calls = 0; calls < 10; ++calls) asked.begin();
  CHECK(asked.state.tokens() == 3);
  for (int i = 0; i < 3; ++i) CHECK(asked.extra());
  CHECK(asked.clock.readings() == 0);
}

TEST_CASE("With no token left, one extra trip in reserve_every is allowed", "[policies]") {
  AskedBudget asked{{.per_call = 0, .capacity = 1, .reserve_every = 10s}};
  CHECK(asked.extra());
  CHECK(asked.extra());
  CHECK_FALSE(asked.extra());
  asked.clock.set(9'999ms);
  CHECK_FALSE(asked.extra());
  asked.clock.set(10s);
  CHECK(asked.extra());
  CHECK_FALSE(asked.extra());
  asked.clock.set(1h);  // what was not used does not pile up
  CHECK(asked.extra());
  CHECK_FALSE(asked.extra());
}

TEST_CASE("A trip that was paid and not made gives its token back", "[policies]") {
  Verdict refused_connection = said(Kind::network);
  refused_connection.says = Says::transport;
  refused_connection.sent = Sent::no;
  struct Row {
    const char* end;
    Verdict verdict;
    bool given_back;
  };
  const Row row = GENERATE_COPY(Row{"the breaker, the line or the quota refused it", support::refused_inside(Kind::circuit_open), true},
                                Row{"the deadline passed during the wait", support::refused_inside(Kind::deadline), true},
                                Row{"the caller stopped during the wait", support::abandoned(Sent::no), true},
                                Row{"the caller stopped during the attempt", support::abandoned(Sent::unknown), false},
                                Row{"the attempt failed", said(Kind::overload), false},
                                Row{"the attempt met a closed port, which was a trip", refused_connection, false},
                                Row{"the attempt succeeded", support::success(), false});
  CAPTURE(row.end);
  AskedBudget asked{exactly(2)};
  SECTION("with a paid trip") {
    REQUIRE(asked.extra());
    CHECK(asked.end(row.verdict) == Reaction::pass());
    CHECK(asked.state.tokens() == (row.given_back ? 2 : 1));
  }
  SECTION("without one there is nothing to give back") {
    asked.extra();
    asked.begin();
    asked.end(row.verdict);
    CHECK(asked.state.tokens() == 1);
  }
}

TEST_CASE("What is given back fills no budget beyond its capacity", "[policies]") {
  AskedBudget asked{{.per_call = 1, .capacity = 2}};
  REQUIRE(asked.extra());
  RetryBudget::Call another;
  REQUIRE(asked.budget.admit(asked.state, another, asked.clock.now(), Attempt{}) == Admission::go());
  asked.end(support::abandoned(Sent::no));
  CHECK(asked.state.tokens() == 2);
}

TEST_CASE("The trip after one that a layer refused costs nothing", "[policies]") {
  AskedBudget asked{exactly(1)};
  SECTION("the first trip was refused") {
    CHECK(asked.extra(support::refused_inside(Kind::circuit_open)));
    CHECK(asked.state.tokens() == 1);
  }
  SECTION("a paid trip was refused: the next takes its place, and then it was made") {
    CHECK(asked.extra());
    CHECK(asked.extra(support::refused_inside(Kind::circuit_open)));
    CHECK(asked.end(said(Kind::overload)) == Reaction::pass());
    CHECK(asked.state.tokens() == 0);
  }
}

EVERY_DRIVER("A spent RetryBudget returns the first failure at once, with the note", "[policies]") {
  Pipeline pipeline{Deadline{1min}, RetryBudget{exactly(2)}, quick, ductile_test::CountingPolicy{}};
  Failing operation{said(Kind::overload, 7s)};
  const auto first = driver.run(pipeline, operation);
  CHECK(operation.went_to == "aaa");
  const Time then = driver.now()();
  const auto second = driver.run(pipeline, operation);
  CHECK(operation.went_to == "aaaa");
  CHECK(driver.now()() == then);  // no wait for a trip that is not made
  for (const auto* result : {&first, &second}) {
    CHECK(result->error().kind() == Kind::overload);
    CHECK(result->error().says() == Says::service);
    CHECK(has(result->error().notes(), Note::retry_budget_spent));
    CHECK_FALSE(has(result->error().notes(), Note::attempts_spent));
    CHECK(describe(result->error(), driver.now()()).find("the retry budget is spent") != std::string::npos);
  }
  CHECK(second.error().earliest_retry_at() == then + 7s);
}

EVERY_DRIVER("The note is not on a failure that had other reasons", "[policies]") {
  Pipeline pipeline{RetryBudget{}, Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 1s}}}};
  Failing operation{said(Kind::overload)};
  const auto result = driver.run(pipeline, operation);
  CHECK(operation.went_to == "aaa");
  CHECK(has(result.error().notes(), Note::attempts_spent));
  CHECK_FALSE(has(result.error().notes(), Note::retry_budget_spent));
  CHECK(pipeline.state<0>().tokens() == 98);
}

EVERY_DRIVER("A call that succeeds at its last affordable trip is a success", "[policies]") {
  Pipeline pipeline{RetryBudget{exactly(1)}, quick};
  int calls = 0;
  const auto second_time = [&]() -> Result<int> {
    if (++calls < 2) return Failure{Kind::overload};
    return calls;
  };
  CHECK(driver.run(pipeline, second_time).value() == 2);
  CHECK(pipeline.state<0>().tokens() == 0);
}

EVERY_DRIVER("A chain asks the budget before it goes to the next target", "[policies]") {
  Pipeline pipeline{RetryBudget{exactly(1)}, FallbackChain{targets(3)}, quick};
  Failing operation{said(Kind::quota, Remedy::next_day)};
  const auto first = driver.run(pipeline, operation);
  CHECK(operation.went_to == "ab");
  CHECK(first.error().kind() == Kind::quota);
  CHECK(first.error().target() == 1);
  CHECK(has(first.error().notes(), Note::retry_budget_spent));
  operation.went_to.clear();
  CHECK(has(driver.run(pipeline, operation).error().notes(), Note::retry_budget_spent));
  CHECK(operation.went_to == "a");
}

EVERY_DRIVER("A chain asks the budget before it begins anew", "[policies]") {
  Pipeline pipeline{Deadline{10min}, RetryBudget{exactly(3)}, FallbackChain{targets(2)}};
  Failing operation{said(Kind::overload)};
  const auto result = driver.run(pipeline, operation);
  CHECK(operation.went_to == "abab");  // one to the second target, one to begin anew, one to the second target again
  CHECK(has(result.error().notes(), Note::retry_budget_spent));
}

EVERY_DRIVER("A budget that is spent for a retry is spent for the next target too", "[policies]") {
  Pipeline pipeline{RetryBudget{exactly(1)}, FallbackChain{targets(2)}, quick};
  Failing operation{said(Kind::overload)};
  CHECK(has(driver.run(pipeline, operation).error().notes(), Note::retry_budget_spent));
  CHECK(operation.went_to == "aa");
}

EVERY_DRIVER("The chain's table refuses first: then the budget spends nothing", "[policies]") {
  Pipeline pipeline{RetryBudget{exactly(5)}, FallbackChain{targets(2)}, quick};
  Failing operation{said(Kind::safety_output, Remedy::immediately)};
  CHECK_FALSE(has(driver.run(pipeline, operation).error().notes(), Note::retry_budget_spent));
  CHECK(operation.went_to == "a");
  CHECK(pipeline.state<0>().tokens() == 5);
}

EVERY_DRIVER("A target that its breaker keeps closed costs no token", "[policies]") {
  Pipeline pipeline{RetryBudget{exactly(10)}, FallbackChain{targets(3)},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 1h}}};
  Failing operation{said(Kind::overload)};
  CHECK_FALSE(driver.run(pipeline, operation, CallOptions{.targets = 0b010}));  // opens the breaker of b
  CHECK(pipeline.state<0>().tokens() == 10);
  CHECK_FALSE(driver.run(pipeline, operation));
  CHECK(operation.went_to == "bac");
  CHECK(pipeline.state<0>().tokens() == 9);  // from a past b to c is one trip
}

EVERY_DRIVER("A stop during the wait gives the token back", "[policies]") {
  Pipeline pipeline{RetryBudget{exactly(3)}, Deadline{60s}, Retry{RetryOptions{.backoff = Constant{.wait = 10s}}}};
  driver.at(Time{5s}, [&] {
    CHECK(pipeline.state<0>().tokens() == 2);
    driver.stop();
  });
  const auto stopped = driver.run(pipeline, [] { return Simulated<Result<int>>{1s, Failure{Kind::overload}}; });
  CHECK(stopped.error().kind() == Kind::cancelled);
  CHECK(pipeline.state<0>().tokens() == 3);
}

TEST_CASE("A wait that nobody wakes from in time gives the token back", "[policies]") {
  Pipeline pipeline{RetryBudget{exactly(3)}, Deadline{60s}, Retry{RetryOptions{.backoff = Constant{.wait = 10s}}}};
  SECTION("the simulation is destroyed") {
    Simulation simulation;
    static_cast<void>(simulation.call(pipeline, [] { return Simulated<Result<int>>{1s, Failure{Kind::overload}}; }, [](const auto&) {}));
    simulation.run_until(Time{5s});
    CHECK(pipeline.state<0>().tokens() == 2);
  }
  SECTION("the computer slept past the deadline") {
    VirtualClock clock;
    clock.at(Time{5s}, [&] { clock.advance(5min); });
    Failing operation{said(Kind::overload)};
    CHECK(pipeline.run(operation, clock).error().kind() == Kind::deadline);
    CHECK(operation.went_to == "a");
  }
  CHECK(pipeline.state<0>().tokens() == 3);
}

EVERY_DRIVER("Pipelines that share a budget share what is in it", "[policies]") {
  const RetryBudget large{{.per_call = 0, .capacity = 4, .reserve_every = 0s}};
  const RetryBudget small{{.per_call = 1, .capacity = 1, .reserve_every = 0s}};
  RetryBudget::State state{large};
  Pipeline one{with_state(large, state), quick};
  Pipeline other{with_state(small, state), quick};
  Failing operation{said(Kind::overload)};
  CHECK_FALSE(driver.run(one, operation));
  CHECK(operation.went_to == "aaaaa");
  CHECK(state.tokens() == 0);
  CHECK_FALSE(driver.run(other, operation));  // earns one, and spends it
  CHECK(operation.went_to == "aaaaaaa");
}

TEST_CASE("Budget options out of range are refused by name, range and value", "[policies]") {
  const auto refusal = [](RetryBudgetOptions options) -> std::string {
    const auto made = make<RetryBudget>(options);
    return made ? "accepted" : made.error().message();
  };
  constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal({.per_call = -0.1}) == "RetryBudget: per_call must be from 0 to 1; it is -0.1");
  CHECK(refusal({.per_call = 20}) == "RetryBudget: per_call must be from 0 to 1; it is 20");
  CHECK(refusal({.per_call = not_a_number}) == "RetryBudget: per_call must be from 0 to 1; it is nan");
  CHECK(refusal({.capacity = 0}) == "RetryBudget: capacity must be from 1 to 1000000; it is 0");
  CHECK(refusal({.capacity = 1'000'001}) == "RetryBudget: capacity must be from 1 to 1000000; it is 1000001");
  CHECK(refusal({.reserve_every = -1s}) == "RetryBudget: reserve_every must be from 0.001 to 86400 s, or 0; it is -1");
  CHECK(refusal({.reserve_every = 999us}) == "RetryBudget: reserve_every must be from 0.001 to 86400 s, or 0; it is 0.000999");
  CHECK(refusal({.reserve_every = 25h}) == "RetryBudget: reserve_every must be from 0.001 to 86400 s, or 0; it is 90000");
  CHECK(refusal({.per_call = 0, .capacity = 1'000'000, .reserve_every = 0s}) == "accepted");
  CHECK_THROWS_AS(RetryBudget{RetryBudgetOptions{.capacity = 0}}, ConfigError);
  constexpr RetryBudget constant{{.per_call = 0.5}};
  STATIC_REQUIRE(constant.options().per_call == 0.5);
}
