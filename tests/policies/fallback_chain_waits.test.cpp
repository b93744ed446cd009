// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"
#include "targets.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// On which target a call of a chain waits, until when, and what it is told where no wait fits.

using namespace ductile;
using namespace std::chrono_literals;
using support::at;
using support::fails;
using support::said;
using support::targets;

namespace {

// One round a second.
FallbackOptions rounds_of(unsigned count) {
  FallbackOptions options = targets(count);
  options.between_rounds = {.base = 1s, .cap = 1s, .jitter = Jitter::none};
  return options;
}

const Retry<Constant> patient{RetryOptions<Constant>{.attempts = 3, .backoff = Constant{.wait = 1s}, .hint_jitter = 0}};

// Each target is full until its moment, and says so when it is asked.
template <std::size_t Count>
auto full_until(ductile_test::Driver& driver, std::array<Time, Count> moments) {
  return [&driver, moments](const Attempt& attempt) -> Result<int> {
    const Time opens = moments.at(attempt.target);
    return driver.now()() < opens ? fails(said(Kind::rate_limit, opens - driver.now()())) : Result<int>{7};
  };
}

// The same as a window that this side knows: it says how long to wait, before anything is sent.
struct Windows {
  std::array<Time, 3> opens{};

  [[nodiscard]] Admission admit(NoState&, NoCall&, Now now, const Attempt& attempt) const noexcept {
    const Time opening = opens.at(attempt.target);
    return now() < opening ? Admission::go_at(opening, Kind::rate_limit, WaitSource::quota) : Admission::go();
  }
};

// A breaker that stays open for the first target: other calls have its probes, all day.
struct FirstIsShut {
  [[nodiscard]] Admission admit(NoState&, NoCall&, Now now, const Attempt& attempt) const noexcept {
    return attempt.target == 0 ? Admission::reject(Kind::circuit_open, now() + 1min) : Admission::go();
  }
};

}  // namespace

EVERY_DRIVER("A call goes to the target that opens first, however late the others do", "[policies]") {
  struct Case {
    std::array<Time, 3> opens;
    unsigned served_by;
    Time at;
  };
  // In a hundred seconds nobody is patient for longer than five.
  const std::vector<Case> cases{{{at(11s), at(61s), at(95s)}, 0, at(11s)},   {{at(11s), at(95s), at(99s)}, 0, at(11s)},
                                {{at(11s), at(130s), at(130s)}, 0, at(11s)}, {{at(61s), at(11s), at(95s)}, 1, at(11s)},
                                {{at(95s), at(61s), at(11s)}, 2, at(11s)},   {{at(11s), at(12s), at(13s)}, 0, at(11s)},
                                {{at(12s), at(11s), at(10s)}, 2, at(10s)},   {{at(130s), at(130s), at(50s)}, 2, at(50s)}};
  for (const Case& one : cases)
    for (const bool is_known : {false, true}) {
      CAPTURE(one.served_by, one.at.time_since_epoch() / 1s, is_known);
      const auto anew = driver.another();
      Pipeline pipeline{Deadline{100s}, FallbackChain{rounds_of(3)}, patient, Windows{is_known ? one.opens : std::array<Time, 3>{}}};
      const auto result = anew->run(pipeline, full_until(*anew, one.opens));
      REQUIRE(result);
      CHECK(served_by(result) == one.served_by);
      CHECK(anew->now()() == one.at);
    }
}

EVERY_DRIVER("A call waits for a circuit that closes before the window of the target that is left", "[policies]") {
  Pipeline pipeline{Deadline{100s}, FallbackChain{rounds_of(2)}, Retry{RetryOptions{.attempts = 1}},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 10s}}, Windows{{at(0s), at(61s), at(0s)}}};
  static_cast<void>(
      driver.run(pipeline, [](const Attempt&) { return fails(said(Kind::overload)); }, CallOptions{.deadline = 1s, .targets = 0b01}));
  const Time began = driver.now()();
  const auto result = driver.run(pipeline, [](const Attempt&) { return 7; });
  REQUIRE(result);
  CHECK(served_by(result) == 0);
  CHECK(driver.now()() == began + 10s);
}

EVERY_DRIVER("A call is not held by the last target's hint while one that failed before it may be well", "[policies]") {
  Pipeline pipeline{Deadline{120s}, FallbackChain{rounds_of(2)}, Retry{}};
  const auto result = driver.run(pipeline, [&driver](const Attempt& attempt) -> Result<int> {
    if (attempt.target == 1) return fails(said(Kind::rate_limit, 55s));
    return driver.now()() < at(10s) ? fails(said(Kind::overload)) : Result<int>{7};
  });
  REQUIRE(result);
  CHECK(served_by(result) == 0);
  CHECK(driver.now()() < at(60s));
}

EVERY_DRIVER("A hint holds also where the target rests longer for what another call's request was refused for", "[policies]") {
  Pipeline pipeline{Deadline{5min}, FallbackChain{rounds_of(1)}, Retry{RetryOptions{.attempts = 1}}};
  static_cast<void>(driver.run(pipeline, [](const Attempt&) { return fails(said(Kind::not_found)); }));
  std::vector<Time> asked;
  static_cast<void>(driver.run(pipeline, [&](const Attempt&) {
    asked.push_back(driver.now()());
    return fails(said(Kind::rate_limit, 37s));
  }));
  REQUIRE(asked.size() > 3);
  for (std::size_t i = 1; i < asked.size(); ++i) CHECK(asked[i] - asked[i - 1] >= 37s);
}

EVERY_DRIVER("A rest for another call's overload says nothing to a call whose day is spent there", "[policies]") {
  Pipeline pipeline{Deadline{5min}, FallbackChain{rounds_of(1)}, Retry{RetryOptions{.attempts = 1}}};
  const auto result = driver.run(pipeline, [&](const Attempt&) {
    pipeline.template state<1>().extend(0, {.until = driver.now()() + 12s, .why = Kind::overload});
    return fails(said(Kind::quota, Remedy::next_day));
  });
  REQUIRE(!result);
  CHECK(!result.error().earliest_retry_at());
}

EVERY_DRIVER("A target is waited for within the patience although another one opens sooner", "[policies]") {
  for (const Duration other : {0s, 1s, 4s, 20s}) {
    CAPTURE(other / 1s);
    const auto anew = driver.another();
    Pipeline pipeline{Deadline{100s}, FallbackChain{rounds_of(2)}, patient};
    const auto result = anew->run(pipeline, full_until(*anew, std::array{at(4s), at(other)}));
    REQUIRE(result);
    CHECK(served_by(result) == 0);
    CHECK(anew->now()() == at(4s));
  }
}

EVERY_DRIVER("A target is waited for no longer than until a better one opens, within the patience as well", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{rounds_of(2)}, patient, Windows{{at(0s), at(20s), at(0s)}}};
  pipeline.template state<1>().extend(0, {.until = at(2s), .why = Kind::rate_limit});
  const auto result = driver.run(pipeline, [](const Attempt&) { return 7; });
  REQUIRE(result);
  CHECK(served_by(result) == 0);
  CHECK(driver.now()() == at(2s));
}

EVERY_DRIVER("A target that opens after the deadline, or not for this call, ends no wait on another", "[policies]") {
  const auto served = [&](const TargetRest& rest) {
    const auto anew = driver.another();
    Pipeline pipeline{Deadline{100s}, FallbackChain{rounds_of(2)}, patient};
    pipeline.template state<1>().extend(0, rest);
    const auto result = anew->run(pipeline, full_until(*anew, std::array{Time{}, at(61s)}));
    return result && served_by(result) == 1 && anew->now()() == at(61s);
  };
  CHECK(served({.until = at(120s), .why = Kind::rate_limit}));
  CHECK(served({.until = at(50s), .why = Kind::quota, .remedy = Remedy::next_day}));
}

EVERY_DRIVER("A chain that does not wait itself leaves the last target all the time", "[policies]") {
  for (const OnAllOpen on_all_open : {OnAllOpen::fail, OnAllOpen::least_bad}) {
    const auto anew = driver.another();
    auto options = rounds_of(2);
    options.on_all_open = on_all_open;
    Pipeline pipeline{Deadline{100s}, FallbackChain{options}, patient};
    const auto result = anew->run(pipeline, full_until(*anew, std::array{at(11s), at(61s)}));
    REQUIRE(result);
    CHECK(served_by(result) == 1);
    CHECK(anew->now()() == at(61s));
  }
}

EVERY_DRIVER("No wait on a target is longer than the patience while another one is free, whose idea it ever was", "[policies]") {
  const auto longest_on_the_first = [&](const Verdict& verdict, auto retry) {
    Duration longest{};
    for (int call = 0; call < 50; ++call) {
      Pipeline pipeline{Deadline{100s}, FallbackChain{rounds_of(2)}, retry};
      std::optional<Time> failed;
      const auto result = driver.run(pipeline, [&](const Attempt& attempt) -> Result<int> {
        if (!failed) {
          failed = driver.now()();
          return fails(verdict);
        }
        if (attempt.target == 0) longest = std::max(longest, driver.now()() - *failed);
        return 7;
      });
      REQUIRE(result);
    }
    return longest;
  };
  using Spread = RetryOptions<>;
  using Own = RetryOptions<Constant>;
  const Duration spread = longest_on_the_first(said(Kind::rate_limit, 4s), Retry{Spread{.hint_jitter = 1}});
  CHECK(spread >= 4s);
  CHECK(spread < 5s);
  CHECK(longest_on_the_first(said(Kind::overload), Retry{Own{.backoff = Constant{5s}}}) == 0s);
  CHECK(longest_on_the_first(said(Kind::overload), Retry{Own{.backoff = Constant{4s}}}) == 4s);
}

EVERY_DRIVER("What another call's request was refused for takes no wait from a call that has its own answer", "[policies]") {
  for (const unsigned count : {1U, 2U}) {
    CAPTURE(count);
    const auto anew = driver.another();
    Pipeline pipeline{Deadline{10min}, FallbackChain{rounds_of(count)}, patient};
    static_cast<void>(anew->run(pipeline, [](const Attempt&) { return fails(said(Kind::not_found)); }));
    REQUIRE(pipeline.template state<1>().until(0) == at(10min));
    const auto ill_until = [&](Time well) {
      return [&anew, well](const Attempt&) { return anew->now()() < well ? fails(said(Kind::overload)) : Result<int>{7}; };
    };
    const auto served = anew->run(pipeline, ill_until(at(90s)));
    REQUIRE(served);
    CHECK(anew->now()() <= at(93s));
    const auto lost = anew->run(pipeline, ill_until(at(1h)), CallOptions{.deadline = 30s});
    REQUIRE_FALSE(lost);
    CHECK(*lost.error().retry_after() <= 1s);  // to the next round, and not to the end of the rest
  }
}

EVERY_DRIVER("An open circuit is waited for although another call's request was refused there", "[policies]") {
  Pipeline pipeline{Deadline{1min}, FallbackChain{rounds_of(1)}, Retry{RetryOptions{.attempts = 1}},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 10s}}};
  static_cast<void>(driver.run(pipeline, [](const Attempt&) { return fails(said(Kind::overload)); }, CallOptions{.deadline = 1ms}));
  pipeline.template state<1>().extend(0, {.until = at(10min), .why = Kind::not_found, .remedy = Remedy::other_model});
  const auto result = driver.run(pipeline, [](const Attempt&) { return 7; });
  REQUIRE(result);
  CHECK(driver.now()() < at(15s));
}

EVERY_DRIVER("A hint that is longer than the longest rest is told at its full length", "[policies]") {
  for (const unsigned count : {1U, 2U, 3U})
    for (const Duration hint : {Duration{1h}, Duration{24h * 365}}) {
      CAPTURE(count, hint / 1s);
      const auto anew = driver.another();
      Pipeline pipeline{Deadline{1min}, FallbackChain{rounds_of(count)}, Retry{}};
      const auto result =
          anew->run(pipeline, [&](const Attempt& attempt) { return fails(said(Kind::rate_limit, hint + 1s * attempt.target)); });
      REQUIRE_FALSE(result);
      CHECK(result.error().earliest_retry_at() == at(hint));
      CHECK(has(result.error().notes(), Note::deadline_would_pass));
      // Who asked nobody is told when the chain asks again.
      const auto other = anew->run(pipeline, [](const Attempt&) { return 7; });
      REQUIRE_FALSE(other);
      CHECK(other.error().earliest_retry_at() == at(10min));
    }
  Pipeline pipeline{Deadline{1min}, FallbackChain{rounds_of(2)}, Retry{}};
  const auto never = driver.run(pipeline, [](const Attempt&) { return fails(said(Kind::rate_limit, Duration::max())); });
  CHECK_FALSE(never.error().earliest_retry_at());
}

EVERY_DRIVER("A target's later word takes the place of its earlier one in what the call fails with", "[policies]") {
  const Verdict later_today = [] {
    Verdict verdict = said(Kind::quota, 5s);
    verdict.remedy = Remedy::after_delay;
    return verdict;
  }();
  const Verdict spent = said(Kind::quota, Remedy::next_day, "rpd-free");
  const Verdict overload = said(Kind::overload);
  struct Case {
    std::vector<Verdict> first, then;  // of each target
    Kind leads;
    unsigned of;
  };
  const std::vector<Case> cases{{{later_today}, {overload}, Kind::overload, 0},
                                {{later_today, overload}, {overload, overload}, Kind::overload, 1},
                                {{spent, overload}, {spent, overload}, Kind::quota, 0},         // nobody asks it again
                                {{spent, later_today}, {spent, overload}, Kind::quota, 0},      // what the first one said still holds
                                {{overload, later_today}, {overload, spent}, Kind::quota, 1}};  // and so does what is said again
  for (const Case& one : cases) {
    CAPTURE(one.first.size(), name(one.first[0].kind), name(one.first.back().kind), name(one.then.back().kind));
    const auto anew = driver.another();
    Pipeline pipeline{Deadline{1min}, FallbackChain{rounds_of(static_cast<unsigned>(one.first.size()))},
                      Retry{RetryOptions{.attempts = 1}}};
    std::array<int, 2> asked{};
    const auto result = anew->run(
        pipeline, [&](const Attempt& attempt) { return fails((asked.at(attempt.target)++ == 0 ? one.first : one.then)[attempt.target]); });
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == one.leads);
    CHECK(result.error().target() == one.of);
  }
}

EVERY_DRIVER("The deadline is no word of the target that it cuts off", "[policies]") {
  // Takes so long to let the second attempt in that the deadline is over.
  struct Dawdles {
    ductile_test::Driver* driver;
    Admission admit(NoState&, NoCall&, Now, const Attempt& attempt) const noexcept {
      if (attempt.number == 2) driver->advance(1min);
      return Admission::go();
    }
  };
  Pipeline pipeline{Deadline{1min}, FallbackChain{rounds_of(1)}, Retry{RetryOptions{.attempts = 1}}, Dawdles{&driver}};
  Verdict later_today = said(Kind::quota, 5s);
  later_today.remedy = Remedy::after_delay;
  const auto result = driver.run(pipeline, [&](const Attempt&) { return fails(later_today); });
  REQUIRE_FALSE(result);
  CHECK(result.error().kind() == Kind::quota);
  CHECK(result.error().attempts() == 1);
  CHECK(has(result.error().notes(), Note::deadline_would_pass));
}

EVERY_DRIVER("Calls that wait for one target do not come at one moment, and none before it opens", "[policies]") {
  FallbackOptions options = rounds_of(1);
  options.rest_jitter = 0.2;
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  std::vector<Duration> came;
  for (const bool was_told : {false, true})
    for (int call = 0; call < 20; ++call) {
      const Time opens = driver.now()() + 30s;
      if (!was_told) pipeline.template state<1>().extend(0, {.until = opens, .why = Kind::rate_limit, .remedy = Remedy::after_delay});
      const auto result = driver.run(pipeline, full_until(driver, std::array{was_told ? opens : Time{}}));
      REQUIRE(result);
      came.push_back(driver.now()() - opens);
      CHECK(came.back() >= 0s);
      CHECK(came.back() <= 6s);
    }
  const auto [first, last] = std::ranges::minmax(came);
  CHECK(first < 1s);
  CHECK(last > 5s);
}

EVERY_DRIVER("Who waits for an open circuit comes when it closes", "[policies]") {
  FallbackOptions options = rounds_of(1);
  options.rest_jitter = 1.0;
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  for (int call = 0; call < 5; ++call) {
    const Time opens = driver.now()() + 30s;
    pipeline.template state<1>().extend(0, {.until = opens, .why = Kind::circuit_open, .remedy = Remedy::after_delay});
    REQUIRE(driver.run(pipeline, [](const Attempt&) { return 7; }));
    CHECK(driver.now()() == opens);
  }
}

EVERY_DRIVER("A call that waits for a target leaves half of its time for the attempt", "[policies]") {
  FallbackOptions options = rounds_of(1);
  options.rest_jitter = 1.0;
  Pipeline pipeline{FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  for (int call = 0; call < 20; ++call) {
    const Time opens = driver.now()() + 30s;
    pipeline.template state<0>().extend(0, {.until = opens, .why = Kind::rate_limit, .remedy = Remedy::after_delay});
    REQUIRE(driver.run(pipeline, [](const Attempt&) { return 7; }, CallOptions{.deadline = 32s}));
    CHECK(driver.now()() - opens <= 1s);
  }
}

EVERY_DRIVER("A call with much time waits for an open circuit rather than take a later target, and one with less does not", "[policies]") {
  struct Case {
    const char* what;
    Duration deadline;
    OnAllOpen on_all_open;
    Duration open_for;
    unsigned served_by;
    Time when;
  };
  const std::vector<Case> cases{
      {"ten hours", 10h, OnAllOpen::wait, 1min, 0, at(1min)},
      {"ten hours, and a chain that waits for none when all are open", 10h, OnAllOpen::fail, 1min, 0, at(1min)},
      {"ten minutes", 10min, OnAllOpen::wait, 1min, 1, at(0s)},
      {"no more than long_slack", 2h, OnAllOpen::wait, 1min, 1, at(0s)},
      {"a little more", 2h + 1s, OnAllOpen::wait, 1min, 0, at(1min)},
  };
  for (const bool is_known : {false, true})  // whether another call has met the open circuit, so that the target rests
    for (const Case& one : cases) {
      CAPTURE(one.what, is_known);
      const auto anew = driver.another();
      FallbackOptions options = targets(2);
      options.on_all_open = one.on_all_open;
      Pipeline pipeline{Deadline{24h}, FallbackChain{options},
                        CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = one.open_for}}};
      const CallOptions first_alone{.deadline = 1s, .targets = 0b01};
      static_cast<void>(anew->run(pipeline, [](const Attempt&) { return fails(said(Kind::overload)); }, first_alone));
      const Time began = anew->now()();
      if (is_known) static_cast<void>(anew->run(pipeline, [](const Attempt&) { return 7; }, first_alone));
      const auto result = anew->run(pipeline, [](const Attempt&) { return 7; }, CallOptions{.deadline = one.deadline});
      REQUIRE(result);
      CHECK(served_by(result) == one.served_by);
      CHECK(anew->now()() == began + one.when.time_since_epoch());
    }
}

EVERY_DRIVER("A call with much time has one patience for a target whose circuit stays open, however often it looks", "[policies]") {
  const bool is_known = GENERATE(false, true);  // whether another call has met the open circuit, so that the target rests
  Pipeline pipeline{Deadline{24h}, FallbackChain{targets(2)}, FirstIsShut{}};
  const auto draw = [](const Attempt&) { return 7; };
  if (is_known) static_cast<void>(driver.run(pipeline, draw, CallOptions{.deadline = 1s, .targets = 0b01}));
  const Time began = driver.now()();
  const auto result = driver.run(pipeline, draw, CallOptions{.deadline = 10h});
  REQUIRE(result);
  CHECK(served_by(result) == 1);
  CHECK(driver.now()() - began > 2h + 28min);  // a quarter of the ten hours
  CHECK(driver.now()() - began <= 2h + 30min);
}

EVERY_DRIVER("A call with much time does not wait for what lies beyond its patience, nor for a spent window", "[policies]") {
  FallbackOptions options = targets(2);
  options.patience_when_long = 0.001;  // 36 s of ten hours
  Pipeline pipeline{Deadline{10h}, FallbackChain{options}, CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 1min}}};
  SECTION("an open circuit that is too far away") {
    CHECK_FALSE(
        driver.run(pipeline, [](const Attempt&) { return fails(said(Kind::overload)); }, CallOptions{.deadline = 1s, .targets = 0b01}));
  }
  SECTION("a rest for another reason") {
    pipeline.state<1>().extend(0, {.until = driver.now()() + 10s, .why = Kind::rate_limit});
    CHECK(pipeline.state<1>().until(0) == driver.now()() + 10s);
  }
  const Time began = driver.now()();
  const auto result = driver.run(pipeline, [](const Attempt&) { return 7; });
  REQUIRE(result);
  CHECK(served_by(result) == 1);
  CHECK(driver.now()() == began);
}

EVERY_DRIVER("A call with much time whose targets are all known to be shut does what the chain says of that", "[policies]") {
  struct Case {
    OnAllOpen on_all_open;
    bool succeeds;
    Duration waits;
  };
  for (const Case& one : {Case{OnAllOpen::fail, false, 0s}, Case{OnAllOpen::least_bad, true, 0s}, Case{OnAllOpen::wait, true, 1min}}) {
    CAPTURE(static_cast<int>(one.on_all_open));
    const auto anew = driver.another();
    FallbackOptions options = targets(2);
    options.on_all_open = one.on_all_open;
    Pipeline pipeline{Deadline{10h}, FallbackChain{options},
                      CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 1min}}};
    for (const TargetSet target : {TargetSet{0b01}, TargetSet{0b10}})
      for (int i = 0; i < 2; ++i)  // the second meets the open circuit
        CHECK_FALSE(anew->run(
            pipeline, [](const Attempt&) { return fails(said(Kind::overload)); }, CallOptions{.deadline = 1ms, .targets = target}));
    const Time began = anew->now()();
    const auto result = anew->run(pipeline, [](const Attempt&) { return 7; });
    CHECK(result.has_value() == one.succeeds);
    CHECK(anew->now()() - began <= one.waits);
    CHECK(anew->now()() - began >= one.waits - 1s);
    if (!result) {
      CHECK(result.error().kind() == Kind::circuit_open);
      CHECK(result.error().attempts() == 0);
    }
  }
}

EVERY_DRIVER("A call for whom no other target is free has its last chance with the one that is", "[policies]") {
  const bool other_is_free = GENERATE(false, true);
  Pipeline pipeline{Deadline{100s}, FallbackChain{rounds_of(2)},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 60s, .last_chance = 1ms}}};
  static_cast<void>(
      driver.run(pipeline, [](const Attempt&) { return fails(said(Kind::overload)); }, CallOptions{.deadline = 1s, .targets = 0b01}));
  pipeline.state<1>().end(0);  // that it is shut the chain does not know
  driver.advance(1s);
  if (!other_is_free) pipeline.state<1>().extend(1, {.until = driver.now()() + 9s, .why = Kind::rate_limit});
  const Time began = driver.now()();
  const auto result = driver.run(pipeline, [](const Attempt&) { return 7; }, CallOptions{.deadline = 30s});
  REQUIRE(result);
  CHECK(served_by(result) == (other_is_free ? 1U : 0U));
  CHECK(driver.now()() == began);
}
