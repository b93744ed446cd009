// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/make.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <memory>

using namespace ductile;
using namespace std::chrono_literals;
using support::HandClock;
using support::said;

namespace {

// Asks a Retry as the machine would, one failure after the other.
template <class Backoff>
struct Asked {
  Retry<Backoff> retry;
  typename Retry<Backoff>::Call call{};
  HandClock clock{};
  Attempt attempt{};

  Reaction operator()(const Verdict& verdict) {
    NoState none;
    return retry.settle(none, call, clock.now(), attempt, verdict);
  }
};
template <class Backoff>
Asked(Retry<Backoff>) -> Asked<Backoff>;

auto asked(RetryOptions<Constant> options) { return Asked{Retry{options}}; }

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
  auto retry = asked({.attempts = 1});
  CHECK_FALSE(retry(said(Kind::overload)).again());
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
  CHECK(retry(said(Kind::rate_limit, 581'982s)) == Reaction::pass().earliest(support::at(581'982s)));
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
  auto retry = Asked{with_lambda};
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(7ms), WaitSource::backoff));
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(14ms), WaitSource::backoff));
  STATIC_REQUIRE(std::is_same_v<decltype(Retry{RetryOptions{.attempts = 3}}), Retry<Exponential>>);
  STATIC_REQUIRE(std::is_same_v<decltype(Retry{}), Retry<Exponential>>);
}

TEST_CASE("A stateful backoff may keep its state behind a pointer", "[policies]") {
  auto waits = std::make_shared<int>(0);
  auto retry = Asked{Retry{RetryOptions{.backoff = [waits](unsigned) { return ++*waits * 1s; }}}};
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(1s), WaitSource::backoff));
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(2s), WaitSource::backoff));
  CHECK(*waits == 2);
}

TEST_CASE("A backoff that wants the wait before gets it", "[policies]") {
  auto retry =
      Asked{Retry{RetryOptions{.backoff = [](unsigned, Now, Duration before) { return before == 0s ? Duration{1s} : before * 3; }}}};
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(1s), WaitSource::backoff));
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(3s), WaitSource::backoff));
  CHECK(retry(said(Kind::overload)) == Reaction::again_at(support::at(9s), WaitSource::backoff));
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

TEST_CASE("In a pipeline, Retry waits between attempts and says where the time went", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 2s}}}};
  int calls = 0;
  const auto result = pipeline.run([&]() -> Result<int> { return ++calls, Failure{Kind::overload}; }, clock);
  REQUIRE_FALSE(result);
  CHECK(calls == 3);
  CHECK(clock.now()() == support::at(4s));
  CHECK(result.error().kind() == Kind::overload);
  CHECK(has(result.error().notes(), Note::attempts_spent));
  CHECK(result.error().attempts() == 3);
  REQUIRE(result.error().trail().kept() == 3);
  CHECK(result.error().trail()[0].wait_ms == 0);
  CHECK(result.error().trail()[2].wait_ms == 2000);
  CHECK(result.error().trail()[2].wait == WaitSource::backoff);
}

TEST_CASE("Retry does not begin a wait that the deadline will not see the end of", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Deadline{10s}, Retry{RetryOptions{.backoff = Constant{.wait = 1s}}}};
  const auto result = pipeline.run([]() -> Result<int> { return Failure{said(Kind::rate_limit, 30s)}; }, clock);
  REQUIRE_FALSE(result);
  CHECK(clock.now()() == support::at(0s));  // nobody slept
  CHECK(result.error().kind() == Kind::rate_limit);
  CHECK(has(result.error().notes(), Note::deadline_would_pass));
  REQUIRE(result.error().earliest_retry_at());
  CHECK(*result.error().earliest_retry_at() >= support::at(30s));
}
