// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/ductile.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using support::said;

namespace {

FallbackOptions targets_of(unsigned count, OnAllOpen on_all_open) {
  FallbackOptions options;
  options.on_all_open = on_all_open;
  for (unsigned i = 0; i < count; ++i) options.targets.push_back({.name = std::string(1, static_cast<char>('a' + i))});
  return options;
}

struct Course {
  std::uint32_t attempts = 0;
  Duration took{};
};

// What the first call of the pipeline costs whose attempts all end so.
template <class P, class Operation>
Course course_of(P& pipeline, Operation operation) {
  Simulation simulation;
  Course course;
  simulation.call(pipeline, repeatable([&](const Attempt& attempt) {
                    ++course.attempts;
                    return operation(attempt, simulation.now()());
                  }),
                  [&](const Result<int>& result) {
                    REQUIRE_FALSE(result);
                    course.took = simulation.now()().time_since_epoch();
                  });
  simulation.run();
  return course;
}

// An attempt that takes all its time and then fails, with a hint.
constexpr auto slow = [](Kind kind, Duration hint) {
  return [=](const Attempt& attempt, Time now) { return Simulated{attempt.remaining(now), Result<int>{Failure{said(kind, hint)}}}; };
};
constexpr auto at_once = [](const Attempt&, Time) { return Simulated{Duration{}, Result<int>{Failure{Kind::overload}}}; };

}  // namespace

TEST_CASE("A call that goes as badly as it can costs what its pipeline says", "[core]") {
  SECTION("attempts at their limits, waits at the longest hint") {
    Pipeline pipeline{Retry{RetryOptions<Constant>{.attempts = 3, .backoff = {.wait = 2s}, .longest_hint = 7s}}, AttemptTimeout{5s}};
    const Course course = course_of(pipeline, slow(Kind::overload, 7s));
    CHECK(course.attempts == 3);
    CHECK(max_attempts(pipeline) == 3);
    CHECK(course.took == 29s);
    CHECK(worst_case_latency(pipeline) == 29s);
  }
  SECTION("own waits, where no hint is waited for") {
    Pipeline pipeline{Retry{RetryOptions<>{.attempts = 4, .backoff = {.jitter = Jitter::none}, .longest_hint = 0s}}, AttemptTimeout{5s}};
    CHECK(course_of(pipeline, slow(Kind::overload, 0s)).took == 27s);
    CHECK(worst_case_latency(pipeline) == 27s);
  }
  SECTION("a kind that has more attempts, and then the others") {
    Pipeline pipeline{Retry{
        RetryOptions<Constant>{.attempts = 3, .backoff = {.wait = 0s}, .attempts_by_kind = {0, {{Kind::rate_limit, 6}, {Kind::auth, 1}}}}}};
    int made = 0;
    const Course course = course_of(pipeline, [&](const Attempt&, Time) {
      return Simulated{Duration{}, Result<int>{Failure{++made < 6 ? Kind::rate_limit : Kind::overload}}};
    });
    CHECK(course.attempts == 8);
    CHECK(max_attempts(pipeline) == 8);
  }
  SECTION("attempts that all kinds have less of") {
    Pipeline pipeline{Retry{RetryOptions<Constant>{.attempts = 5, .backoff = {.wait = 0s}, .attempts_by_kind = {2, {}}}}};
    CHECK(course_of(pipeline, at_once).attempts == 2);
    CHECK(max_attempts(pipeline) == 2);
  }
  SECTION("as many attempts as begin before the deadline") {
    Pipeline pipeline{Deadline{1min}, Retry{RetryOptions<Constant>{.attempts = 1000, .backoff = {.wait = 10s}}}};
    CHECK(course_of(pipeline, at_once).attempts == 6);
    CHECK(max_attempts(pipeline) == 6);
  }
  SECTION("each hedge beside one that is under way, in each of the attempts") {
    Pipeline pipeline{Retry{RetryOptions<Constant>{.attempts = 2, .backoff = {.wait = 3s}, .longest_hint = 0s}},
                      Hedge{HedgeOptions{.after = 1s, .hedges = 2}}, AttemptTimeout{5s}};
    const Course course = course_of(pipeline, slow(Kind::overload, 0s));
    CHECK(course.attempts == 6);
    CHECK(max_attempts(pipeline) == 6);
    CHECK(course.took == 17s);
    CHECK(worst_case_latency(pipeline) == 17s);
  }
  SECTION("each target for as often as it is asked") {
    FallbackOptions chain = targets_of(3, OnAllOpen::fail);
    chain.table.set(Kind::overload, {Next::here, 255});
    Pipeline pipeline{FallbackChain{chain}, Retry{RetryOptions<Constant>{.attempts = 2, .backoff = {.wait = 3s}, .longest_hint = 0s}},
                      AttemptTimeout{5s}};
    const Course course = course_of(pipeline, slow(Kind::overload, 0s));
    CHECK(course.attempts == 6);
    CHECK(max_attempts(pipeline) == 6);
    CHECK(course.took == 39s);
    CHECK(worst_case_latency(pipeline) == 39s);
  }
}

TEST_CASE("A chain that waits under a deadline begins anew as often as that allows", "[core]") {
  const auto attempts = [](OnAllOpen on_all_open, bool with_deadline) {
    const FallbackChain chain{targets_of(3, on_all_open)};
    const Retry retry{RetryOptions<>{.attempts = 2}};
    return with_deadline ? max_attempts(Deadline{1h}, chain, retry) : max_attempts(chain, retry);
  };
  CHECK(attempts(OnAllOpen::wait, true) == std::nullopt);
  CHECK(attempts(OnAllOpen::wait, false) == 6);
  CHECK(attempts(OnAllOpen::fail, true) == 6);
  CHECK(attempts(OnAllOpen::least_bad, true) == 12);

  const FallbackChain chain{targets_of(3, OnAllOpen::wait)};
  CHECK(worst_case_latency(Deadline{1h}, chain, Retry{}) == 1h);
  CHECK(amplification(Deadline{1h}, chain, Retry{}) == std::nullopt);
  CHECK(amplification(Deadline{1h}, RetryBudget{}, chain, Retry{}) == 1.2);
}

TEST_CASE("A chain that does not wait asks anew all the same after each open circuit that a call with much time outwaits", "[core]") {
  for (const OnAllOpen on_all_open : {OnAllOpen::fail, OnAllOpen::least_bad}) {
    const FallbackChain two{targets_of(2, on_all_open)};
    CHECK(max_attempts(Deadline{2h}, two) == (on_all_open == OnAllOpen::fail ? 2 : 4));
    CHECK(max_attempts(Deadline{3h}, two) == std::nullopt);
    CHECK(worst_case_latency(Deadline{3h}, two, AttemptTimeout{20s}) == 3h);
    CHECK(max_attempts(Deadline{3h}, FallbackChain{targets_of(1, on_all_open)}).has_value());
  }
}

TEST_CASE("Targets that no ceiling excludes count", "[core]") {
  FallbackOptions options = targets_of(3, OnAllOpen::fail);
  options.targets[0].price = 0.02;
  options.targets[2].price = 0.20;
  CHECK(max_attempts(FallbackChain{options}) == 2);
}

TEST_CASE("A pipeline within a pipeline multiplies", "[core]") {
  const Retry five{RetryOptions<Constant>{.attempts = 5, .backoff = {.wait = 1s}, .longest_hint = 0s}};
  const Pipeline inner{five, AttemptTimeout{2s}};  // 14 s
  const Pipeline outer{five};
  CHECK(max_attempts(outer, inner) == 25);
  CHECK(max_attempts(outer, outer, outer) == 125);
  CHECK(max_attempts(outer, inner, outer) == 50);  // within 2 s no more than two begin, a second apart
  CHECK(worst_case_latency(outer, inner) == 74s);
  CHECK(amplification(outer, inner) == 25.0);
  CHECK(amplification(Pipeline{RetryBudget{}, five}, inner) == 6.0);  // a budget asks after its own pipeline's trips alone
  CHECK(amplification(outer, Pipeline{RetryBudget{}, five}) == 6.0);
  CHECK(misfits(Pipeline{Deadline{60s}, five}, inner).size() == 1);
  CHECK(attempts_fit(Pipeline{Deadline{61s}, five}, inner));
}

TEST_CASE("An operation's own limit counts as an attempt timeout", "[core]") {
  const Pipeline pipeline{Deadline{2min}, Retry{RetryOptions<Constant>{.attempts = 3, .longest_hint = 0s}}};
  CHECK(worst_case_latency(pipeline) == 2min);
  CHECK(worst_case_latency(pipeline, AttemptTimeout{20s}) == 62s);
}

TEST_CASE("Attempts that have no time are named with what to change", "[core]") {
  struct Row {
    std::vector<std::string> found;
    std::vector<std::string> expected;
  };
  const Retry five{RetryOptions<>{.attempts = 5, .longest_hint = 0s}};
  const FallbackChain three{targets_of(3, OnAllOpen::wait)};
  const std::string retry_cure = "raise the deadline, or lower attempts, the time of each or the backoff";
  const std::string reword_cure = "raise the deadline, or lower most, rerolls or the time of an attempt";
  const std::string chain_cure = "raise the deadline, or lower the time of an attempt or the table's attempts on a target";
  const std::vector<Row> rows{
      {misfits(Deadline{2min}, five, AttemptTimeout{60s}),
       {"Retry: 5 attempts of up to 60 s with waits of up to 15 s between them have a deadline of 120 s: no more than 2 can begin when all "
        "take so long; " +
        retry_cure}},
      {misfits(Deadline{2500ms}, five),
       {"Retry: 5 attempts with waits of up to 15 s between them have a deadline of 2.5 s: no more than 2 can begin when all take so "
        "long; " +
        retry_cure}},
      {misfits(Deadline{2min}, Retry{RetryOptions<Constant>{.attempts = 2, .backoff = {.wait = 0s}}}, AttemptTimeout{5min}),
       {"Retry: 2 attempts of up to 300 s have a deadline of 120 s: no more than 1 can begin when all take so long; " + retry_cure}},
      {misfits(Deadline{4min}, three, five, AttemptTimeout{60s}),
       {"Retry: 5 attempts of up to 60 s with waits of up to 15 s between them have a deadline of 240 s: no more than 4 can begin when all "
        "take so long; " +
            retry_cure,
        "FallbackChain: 3 targets of up to 120 s have a deadline of 240 s: no more than 2 can begin when all take so long; " + chain_cure}},
      {misfits(Deadline{2min}, three, AttemptTimeout{60s}),
       {"FallbackChain: 3 targets of up to 60 s have a deadline of 120 s: no more than 2 can begin when all take so long; " + chain_cure}},
      {misfits(Deadline{5min}, three, five, AttemptTimeout{60s}), {}},
      {misfits(Deadline{2min}, Retry{RetryOptions<>{.attempts = 5, .squeeze_to = 1s}}, AttemptTimeout{25s}), {}},  // shortened waits fit
      {misfits(Deadline{114s}, five, AttemptTimeout{25s}),
       {"Retry: 5 attempts of up to 25 s with waits of up to 15 s between them have a deadline of 114 s: no more than 4 can begin when all "
        "take so long; " +
        retry_cure}},
      {misfits(Deadline{2min}, Retry{RetryOptions<>{.attempts = 5, .attempts_by_kind = {2, {}}}}, AttemptTimeout{60s}), {}},
      {misfits(Deadline{2min}, Reword{}, AttemptTimeout{60s}),
       {"Reword: 4 wordings of up to 60 s have a deadline of 120 s: no more than 2 can begin when all take so long; " + reword_cure}},
      {misfits(Deadline{2min}, Reword{{.most = 1, .rerolls = 1}}, five, AttemptTimeout{60s}),
       {"Retry: 5 attempts of up to 60 s with waits of up to 15 s between them have a deadline of 120 s: no more than 2 can begin when all "
        "take so long; " +
            retry_cure,
        "Reword: 4 wordings and rerolls of up to 60 s have a deadline of 120 s: no more than 2 can begin when all take so long; " +
            reword_cure}},
      {misfits(Deadline{2min}, Reword{}, five, AttemptTimeout{20s}), {}},  // a refusal ends the attempts of its wording
      {misfits(five, AttemptTimeout{60s}), {}},                            // nothing ends it
      {misfits(Reword{}, AttemptTimeout{60s}), {}},
      {misfits(Deadline{2min}, AttemptTimeout{5min}), {}},
  };
  for (const Row& row : rows) CHECK(row.found == row.expected);
}

TEST_CASE("A table that does not stay at a target after a timeout leaves time for the next", "[core]") {
  FallbackOptions options = targets_of(3, OnAllOpen::wait);
  const auto fits = [&] {
    return attempts_fit(Deadline{150s}, FallbackChain{options}, Retry{RetryOptions<>{.attempts = 2}}, AttemptTimeout{60s});
  };
  CHECK_FALSE(fits());  // two attempts at each of the first two
  options.table.set(Kind::timeout, {Next::target});
  CHECK(fits());
  options.table.set(Kind::timeout, {Next::here, 3});
  CHECK_FALSE(fits());
  options.table.set(Kind::timeout, {Next::stop});
  CHECK(fits());
}

TEST_CASE("A test asserts that each attempt has its time", "[core]") {
  // [asserted]
  const Pipeline pipeline{Deadline{2min}, Retry{RetryOptions<>{.attempts = 5}}, AttemptTimeout{20s}};
  CHECK(misfits(pipeline) == std::vector<std::string>{});
  // [/asserted]
}
