// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"
#include "../support/waits.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/make.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using support::HandClock;
using support::said;

namespace {

// Asks a Retry as the machine would, one failure after the other.
template <class Backoff>
struct AskedRetry {
  Retry<Backoff> retry;
  typename Retry<Backoff>::Call call{};
  HandClock clock{};
  Attempt attempt{};
  RetryState state{};

  Reaction operator()(const Verdict& verdict) { return retry.settle(state, call, clock.now(), attempt, verdict); }
};
template <class Backoff>
AskedRetry(Retry<Backoff>) -> AskedRetry<Backoff>;

// The service says that the day's quota is spent, and when to come again.
Verdict spent_day(Duration hint) {
  Verdict verdict = said(Kind::quota, hint);
  verdict.remedy = Remedy::next_day;
  return verdict;
}

auto asked(RetryOptions<Constant> options) { return AskedRetry{Retry{options}}; }

struct Mine {
  Duration operator()(unsigned failures) const { return failures * 10ms; }
};

}  // namespace

TEST_CASE("Retry tries again what trying again can cure, and nothing else", "[policies]") {
  struct Row {
    Remedy remedy;
    bool again;
  };
  const auto row = GENERATE(values<Row>({{Remedy::never, false},
                                         {Remedy::immediately, true},
                                         {Remedy::after_delay, true},
                                         {Remedy::next_day, false},
                                         {Remedy::other_model, false},
                                         {Remedy::after_prompt_change, false}}));
  for (const Kind kind : {Kind::overload, Kind::rate_limit, Kind::internal, Kind::timeout, Kind::bad_request, Kind::safety_output}) {
    auto retry = asked({.backoff = {.wait = 2s}});
    CAPTURE(name(row.remedy), name(kind));
    CHECK(retry(said(kind, row.remedy)).again() == row.again);
  }
}

TEST_CASE("Retry counts the first attempt", "[policies]") {
  auto retry = asked({.attempts = 3, .backoff = {.wait = 1s}});
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(1s), WaitSource::backoff));
  CHECK(retry(said(Kind::overload)).again());
  CHECK(retry(said(Kind::overload)) == Reaction::pass().because(Note::attempts_spent));
}

TEST_CASE("One attempt means one attempt", "[policies]") {
  for (std::size_t kind = 1; kind < kinds; ++kind) {
    auto retry = asked({.attempts = 1});
    CAPTURE(kind);
    CHECK_FALSE(retry(said(static_cast<Kind>(kind), Remedy::after_delay)).again());
  }
}

TEST_CASE("A call's own number of attempts takes the place of the policy's", "[policies]") {
  auto retry = asked({.attempts = 3, .backoff = {.wait = 1s}});
  retry.attempt.attempts = 2;
  CHECK(retry(said(Kind::overload)).again());
  CHECK_FALSE(retry(said(Kind::overload)).again());
}

TEST_CASE("A kind may have fewer attempts than the rest", "[policies]") {
  auto options = RetryOptions{.attempts = 5, .backoff = Constant{.wait = 1s}};
  options.attempts_by_kind.set(Kind::overload, 2);
  auto retry = asked(options);
  CHECK(retry(said(Kind::overload)).again());
  CHECK_FALSE(retry(said(Kind::overload)).again());
  auto other = asked(options);
  CHECK(other(said(Kind::internal)).again());
  CHECK(other(said(Kind::internal)).again());
}

TEST_CASE("What a plain repeat rarely cures is tried once more, and never oftener than all else", "[policies]") {
  for (const Kind kind : {Kind::no_image, Kind::recitation, Kind::auth}) {
    CAPTURE(name(kind));
    Verdict passing = said(kind);
    passing.remedy = Remedy::immediately;
    auto five = asked({.attempts = 5, .backoff = {.wait = 1s}});
    CHECK(five(passing).again());
    CHECK_FALSE(five(passing).again());
    auto one = asked({.attempts = 1, .backoff = {.wait = 1s}});
    CHECK_FALSE(one(passing).again());
  }
}

TEST_CASE("A kind may have more attempts than the rest, and leaves the rest theirs", "[policies]") {
  auto options = RetryOptions{.attempts = 3, .backoff = Constant{.wait = 1s}};
  options.attempts_by_kind.set(Kind::rate_limit, 10);
  auto retry = asked(options);
  for (int i = 0; i < 6; ++i) CHECK(retry(said(Kind::rate_limit)).again());
  CHECK(retry(said(Kind::overload)).again());  // the first of its kind
  CHECK(retry(said(Kind::internal)).again());
  CHECK(retry(said(Kind::rate_limit)).again());                                            // the ninth failure
  CHECK(retry(said(Kind::rate_limit)) == Reaction::pass().because(Note::attempts_spent));  // the tenth
  CHECK(retry(said(Kind::overload)) == Reaction::pass().because(Note::attempts_spent));    // the third of those that count
}

TEST_CASE("A call's own number of attempts bounds all kinds together", "[policies]") {
  struct Row {
    std::uint16_t own;      // the call's
    std::uint16_t special;  // of the kind
    int attempts;
  };
  for (const Row& row :
       {Row{0, 0, 3}, Row{0, 2, 2}, Row{0, 9, 9}, Row{1, 9, 1}, Row{2, 9, 2}, Row{5, 9, 5}, Row{12, 9, 9}, Row{12, 0, 12}, Row{12, 2, 2}}) {
    auto options = RetryOptions{.attempts = 3, .backoff = Constant{.wait = 1s}};
    options.attempts_by_kind.set(Kind::rate_limit, row.special);
    auto retry = asked(options);
    retry.attempt.attempts = row.own;
    int attempts = 1;
    while (retry(said(Kind::rate_limit)).again()) ++attempts;
    CAPTURE(row.own, row.special);
    CHECK(attempts == row.attempts);
  }
}

TEST_CASE("An answer without an image and a recitation are tried again once", "[policies]") {
  for (const Kind kind : {Kind::no_image, Kind::recitation}) {
    auto retry = asked({.backoff = {.wait = 1s}});
    CHECK(retry(said(kind, Remedy::immediately)).again());
    CHECK_FALSE(retry(said(kind, Remedy::immediately)).again());
  }
}

TEST_CASE("A hint longer than the backoff is obeyed, with jitter upwards only", "[policies]") {
  auto retry = asked({.backoff = {.wait = 1s}, .hint_jitter = 0.2});
  retry.clock.roll(0.0);
  CHECK(retry(said(Kind::rate_limit, 37s)) == Reaction::again_at(support::at(37s), WaitSource::hint));
  retry.clock.roll(0.5);
  CHECK(retry(said(Kind::rate_limit, 50s)) == Reaction::again_at(support::at(55s), WaitSource::hint));
}

TEST_CASE("A backoff longer than the hint is kept", "[policies]") {
  auto retry = asked({.backoff = {.wait = 10s}});
  CHECK(retry(said(Kind::rate_limit, 2s)) == Reaction::again_at(support::at(10s), WaitSource::backoff));
}

TEST_CASE("A hint beyond the longest is reported and not waited for", "[policies]") {
  auto retry = asked({.longest_hint = 60s});
  CHECK(retry(said(Kind::rate_limit, 581'982s)) == Reaction::pass().earliest(support::at(581'982s)).because(Note::hint_too_long));
}

TEST_CASE("The jitter of a hint stays below the longest hint, and leaves time for the attempt", "[policies]") {
  const Retry retry{RetryOptions{.backoff = Constant{.wait = 1s}, .longest_hint = 60s, .hint_jitter = 0.1}};
  const auto waits_of = [&](Duration hint, Duration left) {
    return support::draw_waits(10'000, [&](Now now) {
      Retry<Constant>::Call call;
      RetryState state;
      Attempt attempt;
      attempt.deadline = later(now(), left);
      return retry.settle(state, call, now, attempt, said(Kind::rate_limit, hint)).at() - now();
    });
  };
  CHECK(support::unevenness(waits_of(55s, 1h), 55s, 60s) < 51);        // to the longest hint, not beyond
  CHECK(support::unevenness(waits_of(55s, 58s), 55s, 56'500ms) < 51);  // half of the 3 s that are left
  for (const Duration wait : waits_of(60s, 1h)) REQUIRE(wait == 60s);
}

TEST_CASE("A refusal of an inner policy rises at once", "[policies]") {
  auto retry = asked({});
  CHECK(retry(support::refused_inside(Kind::circuit_open, 10s)) == Reaction::pass());
  CHECK(retry(support::refused_inside(Kind::rate_limit, 10s)) == Reaction::pass());
}

TEST_CASE("Retry can wait a refusal out, and that is no attempt", "[policies]") {
  auto retry = asked({.attempts = 2, .backoff = {.wait = 1s}, .outwait_rejections = true});
  for (int i = 0; i < 10; ++i)
    CHECK(retry(support::refused_inside(Kind::circuit_open, 10s)) == Reaction::again_at(support::at(10s), WaitSource::circuit));
  CHECK(retry(support::refused_inside(Kind::rate_limit, 30s)) == Reaction::again_at(support::at(30s), WaitSource::quota));
  CHECK(retry(support::refused_inside(Kind::bulkhead_full)) == Reaction::pass());  // nobody knows until when
  CHECK(retry(said(Kind::overload)).again());
}

TEST_CASE("Failures of a kind are tried again only for so long", "[policies]") {
  auto options = RetryOptions{.attempts = 1000, .backoff = Constant{.wait = 1s}};
  options.longest_by_kind.set(Kind::rate_limit, 3min);
  auto retry = asked(options);
  retry.clock.set(10min);
  CHECK(retry(said(Kind::rate_limit)).again());
  retry.clock.set(13min);
  CHECK(retry(said(Kind::rate_limit)).again());
  retry.clock.set(13min + 1s);
  CHECK(retry(said(Kind::rate_limit)) == Reaction::pass().because(Note::time_spent));
  CHECK(retry(said(Kind::overload)).again());
}

TEST_CASE("The time for a kind runs from the call's first failure, of whatever kind that was", "[policies]") {
  auto options = RetryOptions{.attempts = 1000, .backoff = Constant{.wait = 1s}};
  options.longest_by_kind.set(Kind::internal, 30min);
  auto retry = asked(options);
  retry.clock.set(100h);
  CHECK(retry(said(Kind::overload)).again());
  CHECK(retry(said(Kind::internal)).again());
  retry.clock.set(100h + 31min);
  CHECK(retry(said(Kind::internal)) == Reaction::pass().because(Note::time_spent));
}

TEST_CASE("A wait of zero asks for no clock", "[policies]") {
  auto retry = asked({.backoff = {.wait = 0s}});
  CHECK(retry(said(Kind::internal)) == Reaction::again_now());
  CHECK(retry.clock.readings() == 0);
}

TEST_CASE("What the caller ended is not tried again", "[policies]") {
  auto retry = asked({});
  Verdict verdict = said(Kind::cancelled, Remedy::immediately);
  CHECK(retry(verdict).again());  // the service's own 499 is
  verdict.says = Says::caller;
  CHECK_FALSE(retry(verdict).again());
}

TEST_CASE("A user's own backoff goes in without a template argument", "[policies]") {
  const Retry with_struct{RetryOptions{.attempts = 5, .backoff = Mine{}}};
  STATIC_REQUIRE(std::is_same_v<decltype(with_struct), const Retry<Mine>>);
  const Retry with_lambda{RetryOptions{.attempts = 5, .backoff = [step = 7ms](unsigned failures) { return failures * step; }}};
  auto retry = AskedRetry{with_lambda};
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(7ms), WaitSource::backoff));
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(14ms), WaitSource::backoff));
  STATIC_REQUIRE(std::is_same_v<decltype(Retry{RetryOptions{.attempts = 3}}), Retry<Exponential>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Retry{}), Retry<Exponential>>);
}

TEST_CASE("A stateful backoff may keep its state behind a pointer", "[policies]") {
  auto waits = std::make_shared<int>(0);
  auto retry = AskedRetry{Retry{RetryOptions{.backoff = [waits](unsigned) { return ++*waits * 1s; }}}};
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(1s), WaitSource::backoff));
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(2s), WaitSource::backoff));
  CHECK(*waits == 2);
}

TEST_CASE("A backoff that wants the wait before gets it", "[policies]") {
  auto retry =
      AskedRetry{Retry{RetryOptions{.backoff = [](unsigned, Now, Duration before) { return before == 0s ? Duration{1s} : before * 3; }}}};
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(1s), WaitSource::backoff));
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(3s), WaitSource::backoff));
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(9s), WaitSource::backoff));
}

TEST_CASE("A hint does not drive the backoff's own growth", "[policies]") {
  const auto thrice = [](unsigned, Now, Duration before) { return before == 0s ? Duration{1s} : before * 3; };
  auto retry = AskedRetry{Retry{RetryOptions{.backoff = thrice, .hint_jitter = 0.0}}};
  CHECK(retry(said(Kind::rate_limit, 50s)) == Reaction::again_at(support::at(50s), WaitSource::hint));
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(3s), WaitSource::backoff));
}

TEST_CASE("Waits that a hint asks for are spread above it, and none is early", "[policies]") {
  const Retry retry{RetryOptions{.backoff = Constant{.wait = 1s}, .hint_jitter = 0.1}};
  const auto waits = support::draw_waits(100'000, [&](Now now) {
    Retry<Constant>::Call call;
    RetryState state;
    return retry.settle(state, call, now, Attempt{}, said(Kind::rate_limit, 40s)).at().time_since_epoch();
  });
  CHECK(support::unevenness(waits, 40s, 44s) < 51);
  CHECK(support::largest_herd(waits) <= 3);
}

TEST_CASE("A spent day is not tried again at its hint unless asked to", "[policies]") {
  auto believing = asked({.hint_jitter = 0.0, .probe_at_hint = true});
  auto ordinary = asked({});
  CHECK(ordinary(spent_day(30s)) == Reaction::pass());
  CHECK(ordinary.state.no_probe_before() == Time{});
  CHECK(believing(spent_day(30s)) == Reaction::again_at(support::at(30s), WaitSource::hint));
}

TEST_CASE("The hint of a spent day is believed once, and what it was worth is remembered for a day", "[policies]") {
  auto retry = asked({.hint_jitter = 0.0, .probe_at_hint = true});
  const auto another_call = [&] {
    const auto kept = std::exchange(retry.call, {});
    const Reaction reaction = retry(spent_day(30s));
    retry.call = kept;
    return reaction;
  };
  CHECK(retry(spent_day(30s)).again());
  CHECK_FALSE(another_call().again());  // one finds out for all
  retry.clock.set(30s);
  CHECK(retry(spent_day(30s)) == Reaction::pass());  // still spent: the hint was wrong
  CHECK(retry.state.no_probe_before() == support::at(24h + 30s));
  retry.clock.set(24h + 29s);
  CHECK_FALSE(another_call().again());
  retry.clock.set(24h + 30s);
  CHECK(another_call().again());
}

TEST_CASE("A hint that was right is believed again when the day is spent again", "[policies]") {
  auto retry = asked({.hint_jitter = 0.0, .probe_at_hint = true});
  CHECK(retry(spent_day(30s)).again());  // and then it succeeds, which nobody tells Retry
  retry.clock.set(30s);
  retry.call = {};
  CHECK(retry(spent_day(45s)) == Reaction::again_at(support::at(75s), WaitSource::hint));
}

TEST_CASE("A try at the hint that meets another failure has found out nothing, and the call makes no second one", "[policies]") {
  auto retry = asked({.backoff = {.wait = 1s}, .hint_jitter = 0.0, .probe_at_hint = true});
  CHECK(retry(spent_day(30s)).again());
  retry.clock.set(30s);
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(31s), WaitSource::backoff));
  CHECK(retry.state.no_probe_before() == support::at(30s));
  retry.clock.set(31s);
  CHECK_FALSE(retry(spent_day(30s)).again());
  CHECK(retry.state.no_probe_before() == support::at(24h + 31s));
}

TEST_CASE("No try at a hint that is missing, too long, beyond the deadline, or beyond the attempts", "[policies]") {
  const RetryOptions<Constant> options{.longest_hint = 60s, .hint_jitter = 0.0, .probe_at_hint = true};
  CHECK_FALSE(asked(options)(spent_day(0s)).again());
  CHECK_FALSE(asked(options)(spent_day(61s)).again());
  auto late = asked(options);
  late.attempt.deadline = support::at(30s);
  CHECK(late(spent_day(30s)) == Reaction::pass());
  CHECK(late.state.no_probe_before() == Time{});  // another call, with more time, may try
  late.attempt.deadline = support::at(31s);
  CHECK(late(spent_day(30s)).again());
  auto once = asked(options);
  once.attempt.attempts = 1;
  CHECK_FALSE(once(spent_day(30s)).again());
}

TEST_CASE("The time for a kind runs from the failure that led to a try at a hint", "[policies]") {
  auto options = RetryOptions{.attempts = 9, .backoff = Constant{.wait = 1s}, .hint_jitter = 0.0, .probe_at_hint = true};
  options.longest_by_kind.set(Kind::internal, 5min);
  auto retry = asked(options);
  retry.clock.set(100h);
  CHECK(retry(spent_day(30s)).again());
  retry.clock.set(100h + 5min);
  CHECK(retry(said(Kind::internal)).again());
  retry.clock.set(100h + 5min + 1ms);
  CHECK(retry(said(Kind::internal)) == Reaction::pass().because(Note::time_spent));
}

TEST_CASE("Retry's options out of range are refused by name, range and value", "[policies]") {
  const auto refusal = [](RetryOptions<Constant> options) -> std::string {
    const auto made = make<Retry>(options);
    std::string thrown = "accepted";
    try {
      const Retry retry{options};
      static_cast<void>(retry);
    } catch (const ConfigError& error) {
      thrown = error.what();
    }
    CHECK((made ? std::string{"accepted"} : made.error().message()) == thrown);  // both ways say the same
    return thrown;
  };
  CHECK(refusal({.attempts = 0}) == "Retry: attempts must be from 1 to 1000; it is 0");
  CHECK(refusal({.attempts = 1001}) == "Retry: attempts must be from 1 to 1000; it is 1001");
  CHECK(refusal({.longest_hint = -1s}) == "Retry: longest_hint must be from 0 to 2592000 s; it is -1");
  CHECK(refusal({.hint_jitter = 1.5}) == "Retry: hint_jitter must be from 0 to 1; it is 1.5");
  auto options = RetryOptions<Constant>{};
  options.attempts_by_kind.set(Kind::overload, 1001);
  CHECK(refusal(options) == "Retry: attempts_by_kind must be from 0 to 1000; it is 1001");
  options = {};
  options.longest_by_kind.set(Kind::overload, -1s);
  CHECK(refusal(options) == "Retry: longest_by_kind must be from 0 to 2592000 s; it is -1");
  options.longest_by_kind.set(Kind::overload, 721h);
  CHECK(refusal(options) == "Retry: longest_by_kind must be from 0 to 2592000 s; it is 2595600");
  CHECK(refusal({.longest_hint = 721h}) == "Retry: longest_hint must be from 0 to 2592000 s; it is 2595600");
  CHECK(refusal({.hint_jitter = -0.5}) == "Retry: hint_jitter must be from 0 to 1; it is -0.5");
  CHECK(refusal({.hint_jitter = std::numeric_limits<double>::quiet_NaN()}) == "Retry: hint_jitter must be from 0 to 1; it is nan");
  CHECK(refusal({.backoff = {.wait = -1s}}) == "Constant: wait must be from 0 to 86400 s; it is -1");
  CHECK(refusal({.squeeze_to = -1s}) == "Retry: squeeze_to must be from 0 to 86400 s; it is -1");
  CHECK(refusal({.attempts = 1000}) == "accepted");
}

TEST_CASE("Squeezed, every attempt of a call that fails at once begins before its deadline", "[policies]") {
  auto retry = asked({.attempts = 5, .backoff = Constant{.wait = 60s}, .squeeze_to = 1s});
  retry.attempt.deadline = support::at(10s);
  for (const Duration begins : {2s, 4s, 6s, 8s}) {
    CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(begins), WaitSource::backoff));
    retry.clock.set(begins);
  }
  CHECK(retry(said(Kind::overload)) == Reaction::pass().because(Note::attempts_spent));
}

TEST_CASE("No wait is squeezed below the shortest, and none without need", "[policies]") {
  auto retry = asked({.attempts = 5, .backoff = Constant{.wait = 4s}, .squeeze_to = 1s});
  retry.attempt.deadline = support::at(3s);
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(1s), WaitSource::backoff));
  retry.attempt.deadline = support::at(1000s);
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(4s), WaitSource::backoff));
  retry.attempt.deadline = end_of_time;
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(4s), WaitSource::backoff));
}

TEST_CASE("A hint is not squeezed", "[policies]") {
  auto retry = asked({.attempts = 5, .backoff = Constant{.wait = 4s}, .hint_jitter = 0, .squeeze_to = 1s});
  retry.attempt.deadline = support::at(10s);
  CHECK(retry(said(Kind::overload, 9s)) == Reaction::again_at(support::at(9s), WaitSource::hint));
}

EVERY_DRIVER("In a pipeline, Retry waits between attempts and says where the time went", "[policies]") {
  Pipeline pipeline{Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 2s}}}};
  int calls = 0;
  const auto result = driver.run(pipeline, [&]() -> Result<int> { return ++calls, Failure{Kind::overload}; });
  REQUIRE_FALSE(result);
  CHECK(calls == 3);
  CHECK(driver.now()() == support::at(4s));
  CHECK(result.error().kind() == Kind::overload);
  CHECK(has(result.error().notes(), Note::attempts_spent));
  CHECK(result.error().attempts() == 3);
  REQUIRE(result.error().trail().kept() == 3);
  CHECK(result.error().trail()[0].wait_ms == 0);
  CHECK(result.error().trail()[2].wait_ms == 2000);
  CHECK(result.error().trail()[2].wait == WaitSource::backoff);
}

EVERY_DRIVER("Retry does not begin a wait that the deadline will not see the end of", "[policies]") {
  Pipeline pipeline{Deadline{10s}, Retry{RetryOptions{.backoff = Constant{.wait = 1s}}}};
  const auto result = driver.run(pipeline, []() -> Result<int> { return Failure{said(Kind::rate_limit, 30s)}; });
  REQUIRE_FALSE(result);
  CHECK(driver.now()() == support::at(0s));  // nobody slept
  CHECK(result.error().kind() == Kind::rate_limit);
  CHECK(has(result.error().notes(), Note::deadline_would_pass));
  REQUIRE(result.error().earliest_retry_at());
  CHECK(*result.error().earliest_retry_at() >= support::at(30s));
}

EVERY_DRIVER("A kind can be bounded by time instead of by number", "[policies]") {
  RetryOptions options{.attempts = 5, .backoff = Constant{.wait = 1s}, .hint_jitter = 0.0};
  options.attempts_by_kind.set(Kind::rate_limit, 1000);
  options.longest_by_kind.set(Kind::rate_limit, 10min);
  Pipeline pipeline{Retry{options}};
  const auto limited = driver.run(pipeline, []() -> Result<int> { return Failure{said(Kind::rate_limit, 30s)}; });
  REQUIRE_FALSE(limited);
  CHECK(limited.error().attempts() == 22);  // at 0, 30, ..., 600 s, each tried again, and at 630 s no more
  CHECK(has(limited.error().notes(), Note::time_spent));
  CHECK(limited.error().earliest_retry_at() == support::at(660s));

  const auto failing = driver.run(pipeline, []() -> Result<int> { return Failure{Kind::internal}; });
  REQUIRE_FALSE(failing);
  CHECK(failing.error().attempts() == 5);
  CHECK(has(failing.error().notes(), Note::attempts_spent));
}

EVERY_DRIVER("In a pipeline the hint of a spent day is tried when it is to be believed", "[policies]") {
  Pipeline pipeline{Retry{RetryOptions{.backoff = Constant{}, .hint_jitter = 0.0, .probe_at_hint = true}}};
  Time opens = support::at(30s);
  const auto ask = [&]() -> Result<int> {
    if (driver.now()() >= opens) return 1;
    return Failure{spent_day(30s)};
  };
  const auto right = driver.run(pipeline, ask);
  REQUIRE(right);
  CHECK(trips(right) == 2);
  CHECK(driver.now()() == support::at(30s));

  opens = support::at(20h);
  const auto misled = driver.run(pipeline, ask);
  REQUIRE_FALSE(misled);
  CHECK(misled.error().attempts() == 2);
  CHECK_FALSE(misled.error().earliest_retry_at());  // nobody here knows when the day ends, and the hint does not say

  const auto warned = driver.run(pipeline, ask);
  REQUIRE_FALSE(warned);
  CHECK(warned.error().attempts() == 1);
  CHECK(pipeline.state<0>().no_probe_before() == support::at(60s + 24h));
}

EVERY_DRIVER("What a hint was worth is known for each target, and for all pipelines that share the state", "[policies]") {
  FallbackOptions chain{.targets = {{.name = "first"}, {.name = "second"}}, .on_all_open = OnAllOpen::fail};
  chain.table.set(Kind::quota, {Next::here, 2});
  const Retry retry{RetryOptions{.backoff = Constant{}, .hint_jitter = 0.0, .probe_at_hint = true}};
  TargetStates<Retry<Constant>> states{retry, 2};
  Pipeline one{Deadline{1h}, FallbackChain{chain}, with_state(retry, states)};
  Pipeline two{Deadline{1h}, FallbackChain{chain}, with_state(retry, states)};
  std::vector<unsigned> asked_targets;
  const auto ask = [&](const Attempt& attempt) -> Result<int> {
    asked_targets.push_back(attempt.target);
    if (attempt.target == 1) return 1;
    return Failure{spent_day(30s)};
  };
  CHECK(driver.run(one, ask));
  CHECK(asked_targets == std::vector<unsigned>{0, 0, 1});  // the first target's hint was tried, and was wrong
  asked_targets.clear();
  CHECK(driver.run(two, ask));
  CHECK(asked_targets == std::vector<unsigned>{0, 1});
  CHECK(states[0].no_probe_before() == support::at(30s + 24h));
  CHECK(states[1].no_probe_before() == Time{});
}

EVERY_DRIVER("A pipeline can still be moved before its first call", "[policies]") {
  Pipeline pipeline{Retry{RetryOptions{.backoff = Constant{.wait = 1s}}}};
  Pipeline moved = std::move(pipeline);
  int calls = 0;
  const auto result =
      driver.run(moved, [&]() -> Result<int> { return ++calls < 3 ? Result<int>{Failure{Kind::overload}} : Result<int>{calls}; });
  REQUIRE(result);
  CHECK(result.value() == 3);
}
