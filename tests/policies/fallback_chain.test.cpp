// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"
#include "targets.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/make.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>
#include <ductile/testing/recording_observer.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using namespace ductile;
using ductile_test::Driver;
using namespace std::chrono_literals;
using support::fails;
using support::said;
using support::targets;

namespace {

// The targets that a call went to, as letters, and how it ended.
struct Trip {
  std::string went_to{};
  Result<int> result;
  Duration took{};
};

template <class Pipe>
Trip trip(Driver& driver, Pipe& pipeline, const std::function<Result<int>(const Attempt&)>& operation, CallOptions options = {}) {
  std::string went_to;
  const Time began = driver.now()();
  auto result = driver.run(
      pipeline,
      [&](const Attempt& attempt) {
        went_to.push_back(static_cast<char>('a' + attempt.target));
        return operation(attempt);
      },
      options);
  return {went_to, std::move(result), driver.now()() - began};
}

}  // namespace

EVERY_DRIVER("The first target serves while it can", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(3)}, Retry{}};
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return 7; });
  CHECK(made.went_to == "a");
  CHECK(served_by(made.result) == 0);
  CHECK_FALSE(degraded(made.result));
  CHECK(trips(made.result) == 1);
}

EVERY_DRIVER("What one target cannot do the next may", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(3)}, Retry{}};
  const Trip made = trip(driver, pipeline, [](const Attempt& attempt) {
    return attempt.target < 2 ? fails(said(Kind::quota, Remedy::next_day)) : Result<int>{7};
  });
  CHECK(made.went_to == "abc");
  CHECK(served_by(made.result) == 2);
  CHECK(degraded(made.result));
  CHECK(trips(made.result) == 3);
  CHECK(made.took == 0s);
}

EVERY_DRIVER("Overload is tried twice here, then elsewhere", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 5, .backoff = Constant{.wait = 1s}}}};
  const Trip made =
      trip(driver, pipeline, [](const Attempt& attempt) { return attempt.target == 0 ? fails(said(Kind::overload)) : Result<int>{7}; });
  CHECK(made.went_to == "aab");
}

EVERY_DRIVER("With nowhere else to go, Retry's own number of attempts counts", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(1)}, Retry{RetryOptions{.attempts = 5, .backoff = Constant{.wait = 1s}}}};
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return fails(said(Kind::overload)); });
  CHECK(made.went_to == "aaaaa");
}

EVERY_DRIVER("Retry begins anew on every target", "[policies]") {
  auto options = targets(2);
  options.table.set(Kind::overload, {Next::here, 3});
  Pipeline pipeline{FallbackChain{options}, Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 1s}}}};
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return fails(said(Kind::overload)); });
  CHECK(made.went_to == "aaabbb");
}

EVERY_DRIVER("No safety verdict reaches a second target", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(3)}, Retry{}};
  for (const Kind kind : {Kind::safety_prompt, Kind::safety_output, Kind::prohibited})
    for (const Remedy remedy :
         {Remedy::never, Remedy::immediately, Remedy::after_delay, Remedy::other_model, Remedy::after_prompt_change}) {
      CAPTURE(name(kind), name(remedy));
      const Trip made = trip(driver, pipeline, [&](const Attempt&) { return fails(said(kind, remedy)); });
      CHECK(made.went_to.find_first_not_of('a') == std::string::npos);
      CHECK(made.result.error().kind() == kind);
    }
}

TEST_CASE("The more specific rule of the table counts: id, then kind, then remedy", "[policies]") {
  FallbackTable table;
  table.set(Remedy::never, {Next::target});
  CHECK(table(said(Kind::bad_request, Remedy::never)).next == Next::target);
  table.set(Kind::bad_request, {Next::here, 4});
  CHECK(table(said(Kind::bad_request, Remedy::never)) == NextStep{Next::here, 4});
  table.set(FailureId{"aspect-ratio-invalid"}, {Next::stop});
  CHECK(table(said(Kind::bad_request, Remedy::never, "aspect-ratio-invalid")).next == Next::stop);
  CHECK(table(said(Kind::bad_request, Remedy::never, "unknown-field")) == NextStep{Next::here, 4});
  table.set(FailureId{"aspect-ratio-invalid"}, {Next::target});
  CHECK(table(said(Kind::bad_request, Remedy::never, "aspect-ratio-invalid")).next == Next::target);  // the later word counts
}

EVERY_DRIVER("An empty account stops the chain, an empty model does not", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{}};
  CHECK(trip(driver, pipeline, [](const Attempt&) { return fails(said(Kind::quota, Remedy::never, "limit-zero")); }).went_to == "ab");
  CHECK(trip(driver, pipeline, [](const Attempt&) { return fails(said(Kind::quota, Remedy::never, "spend-cap-monthly")); }).went_to == "a");
}

EVERY_DRIVER("When all targets failed and waiting can help, the chain comes back to the first", "[policies]") {
  auto options = targets(2);
  options.between_rounds = {.base = 5s, .cap = 5s, .jitter = Jitter::none};
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  int calls = 0;
  const Trip made = trip(driver, pipeline, [&](const Attempt&) { return ++calls < 6 ? fails(said(Kind::overload)) : Result<int>{7}; });
  CHECK(made.went_to == "ababab");
  CHECK(made.took == 10s);
  CHECK(served_by(made.result) == 1);
}

EVERY_DRIVER("Without a deadline the chain does not wait for better days", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 1}}};
  const Trip made = trip(driver, pipeline, [&](const Attempt&) { return fails(said(Kind::overload)); });
  CHECK(made.went_to == "ab");
  CHECK(made.took == 0s);
}

EVERY_DRIVER("A chain that is to fail when all failed does, and says from when trying helps", "[policies]") {
  auto options = targets(2);
  options.on_all_open = OnAllOpen::fail;
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  const Trip made =
      trip(driver, pipeline, [&](const Attempt& attempt) { return fails(said(Kind::rate_limit, attempt.target == 0 ? 40s : 90s)); });
  CHECK(made.went_to == "ab");
  REQUIRE(made.result.error().earliest_retry_at());
  CHECK(*made.result.error().earliest_retry_at() == support::at(40s));
}

EVERY_DRIVER("What no waiting cures is not waited for", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{}};
  const Trip made = trip(driver, pipeline, [&](const Attempt&) { return fails(said(Kind::quota, Remedy::never, "limit-zero")); });
  CHECK(made.went_to == "ab");
  CHECK(made.took == 0s);
}

EVERY_DRIVER("An open circuit sends the call on, and its end brings it back", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 1}},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 10s}}};
  const auto first_is_ill = [](const Attempt& attempt) { return attempt.target == 0 ? fails(said(Kind::overload)) : Result<int>{7}; };
  CHECK(trip(driver, pipeline, first_is_ill).went_to == "ab");
  CHECK(trip(driver, pipeline, first_is_ill).went_to == "b");  // known closed: not even asked
  driver.advance(10s);
  CHECK(trip(driver, pipeline, [](const Attempt&) { return 7; }).went_to == "a");
}

EVERY_DRIVER("When every circuit is open, the call waits for the first probe", "[policies]") {
  auto options = targets(2);
  options.between_rounds = {.base = 1s, .cap = 1s, .jitter = Jitter::none};
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 30s}}};
  CHECK(trip(driver, pipeline, [](const Attempt&) { return fails(said(Kind::overload)); }, {.deadline = 1s}).went_to == "ab");
  const Trip waited = trip(driver, pipeline, [](const Attempt&) { return 7; });
  CHECK(waited.went_to == "a");
  CHECK(waited.took == 30s);
}

EVERY_DRIVER("A long hint sends the call on while another target is left", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{RetryOptions{.backoff = Constant{.wait = 1s}}}};
  const Trip long_hint = trip(driver, pipeline, [](const Attempt& attempt) {
    return attempt.target == 0 ? fails(said(Kind::rate_limit, 45s)) : Result<int>{7};  // patience is 5 % of 10 min
  });
  CHECK(long_hint.went_to == "ab");
  CHECK(long_hint.took == 0s);
  driver.advance(1min);
  int calls = 0;
  const Trip short_hint =
      trip(driver, pipeline, [&](const Attempt&) { return ++calls == 1 ? fails(said(Kind::rate_limit, 10s)) : Result<int>{7}; });
  CHECK(short_hint.went_to == "aa");
}

TEST_CASE("A target may make a call wait for a share of the time left, and for another share of a long time", "[policies]") {
  auto options = targets(2);
  const bool is_default = GENERATE(true, false);  // a twentieth, and a quarter of more than two hours
  if (!is_default) {
    options.patience = 0.5;
    options.patience_when_long = 0.75;
    options.long_slack = 1min;
  }
  struct Row {
    Duration left;
    Duration by_default;
    Duration by_options;
  };
  const std::vector<Row> rows{
      {0s, 0s, 0s}, {40s, 2s, 20s}, {1min, 3s, 30s}, {2min, 6s, 90s}, {2h, 6min, 90min}, {4h, 1h, 3h}, {2h + 4s, 30min + 1s, 90min + 3s}};
  const FallbackChain chain{options};
  for (const Row& row : rows) {
    CAPTURE(row.left.count());
    support::HandClock clock;
    clock.set(5s);
    FallbackChain::State rests;
    FallbackChain::Call call;
    Attempt attempt;
    attempt.deadline = clock.now()() + row.left;
    const Duration patience = is_default ? row.by_default : row.by_options;
    CHECK(chain.admit(rests, call, clock.now(), attempt).start_by() == clock.now()() + patience);
    CHECK_FALSE(chain.extra(rests, call, clock.now(), attempt, said(Kind::overload, std::max<Duration>(patience, 1ns))));
    if (patience > 0s) CHECK(chain.extra(rests, call, clock.now(), attempt, said(Kind::overload, patience - 1ns)));
  }
  FallbackChain::State rests;
  FallbackChain::Call call;
  CHECK(chain.admit(rests, call, support::HandClock{}.now(), Attempt{}).start_by() == end_of_time);  // nobody is in a hurry
}

EVERY_DRIVER("A target that asked for a rest is left alone by all calls until it is over", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 1}}};
  CHECK(trip(driver, pipeline, [](const Attempt& a) {
          return a.target == 0 ? fails(said(Kind::rate_limit, 45s)) : Result<int>{7};
        }).went_to == "ab");
  CHECK(trip(driver, pipeline, [](const Attempt&) { return 7; }).went_to == "b");
  driver.advance(45s);
  CHECK(trip(driver, pipeline, [](const Attempt&) { return 7; }).went_to == "a");
}

EVERY_DRIVER("Rests only extend", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 1}}};
  static_cast<void>(
      trip(driver, pipeline, [](const Attempt& a) { return a.target == 0 ? fails(said(Kind::rate_limit, 100s)) : Result<int>{7}; }));
  auto& state = pipeline.template state<0>();
  CHECK(state.until(0) == support::at(100s));
  static_cast<void>(trip(driver, pipeline, [](const Attempt&) { return fails(said(Kind::rate_limit, 5s)); }, {.targets = 0b01}));
  CHECK(state.until(0) == support::at(100s));
}

EVERY_DRIVER("A call may be limited to some targets", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(3)}, Retry{RetryOptions{.attempts = 1}}};
  const auto fail = [](const Attempt&) { return fails(said(Kind::quota, Remedy::next_day)); };
  CHECK(trip(driver, pipeline, fail, {.targets = 0b110}).went_to == "bc");
  CHECK(trip(driver, pipeline, fail, {.targets = 0b010}).went_to == "b");
  const Trip none = trip(driver, pipeline, fail, {.targets = 0b1000});
  CHECK(none.went_to.empty());
  CHECK(none.result.error().kind() == Kind::no_target);
}

EVERY_DRIVER("A refusal that would wait too long sends the call on before anything is sent", "[policies]") {
  // A stand-in for a quota ledger whose window is full on the first target only.
  struct FullFirst {
    Admission admit(NoState&, NoCall&, Now now, const Attempt& attempt) const noexcept {
      return attempt.target == 0 ? Admission::go_at(now() + 50s, Kind::rate_limit, WaitSource::quota) : Admission::go();
    }
  };
  Pipeline two{Deadline{10min}, FallbackChain{targets(2)}, Retry{}, FullFirst{}};
  const Trip made = trip(driver, two, [](const Attempt&) { return 7; });
  CHECK(made.went_to == "b");
  CHECK(made.took == 0s);
  Pipeline one{Deadline{10min}, FallbackChain{targets(1)}, Retry{}, FullFirst{}};
  const Trip waited = trip(driver, one, [](const Attempt&) { return 7; });
  CHECK(waited.went_to == "a");
  CHECK(waited.took == 50s);
}

EVERY_DRIVER("A call gives up on a failure that lasts too long", "[policies]") {
  auto options = targets(2);
  options.give_up_after.set(Kind::overload, 30min);
  options.between_rounds = {.base = 1min, .cap = 1min, .jitter = Jitter::none};
  Pipeline pipeline{Deadline{24h}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return fails(said(Kind::overload)); });
  CHECK(made.took == 30min);
  CHECK(has(made.result.error().notes(), Note::time_spent));
}

EVERY_DRIVER("A call gives up on a failure that lasts too long among the attempts on one target as well", "[policies]") {
  const RetryOptions patient{.attempts = 100, .backoff = Constant{5s}};
  auto one = targets(1);
  one.give_up_after.set(Kind::overload, 10s);
  Pipeline alone{FallbackChain{one}, Retry{patient}};
  const Trip made = trip(driver, alone, [](const Attempt&) { return fails(said(Kind::overload)); });
  CHECK(made.went_to == "aaa");
  CHECK(made.took == 10s);
  CHECK(has(made.result.error().notes(), Note::time_spent));

  auto two = targets(2);
  two.give_up_after.set(Kind::overload, 12s);
  two.table.set(Kind::overload, {Next::here, 50});
  Pipeline other{FallbackChain{two}, Retry{patient}};
  const Trip kept = trip(driver, other, [](const Attempt& a) { return fails(said(a.target == 0 ? Kind::internal : Kind::overload)); });
  CHECK(kept.result.error().attempts() == 5);
}

EVERY_DRIVER("A target rests after what it cannot do at all", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{}};
  const auto retired = [](const Attempt& a) { return a.target == 0 ? fails(said(Kind::not_found, Remedy::other_model)) : Result<int>{7}; };
  CHECK(trip(driver, pipeline, retired).went_to == "ab");
  CHECK(trip(driver, pipeline, retired).went_to == "b");
  driver.advance(10min);
  CHECK(trip(driver, pipeline, retired).went_to == "ab");
}

EVERY_DRIVER("An operation that must not be repeated reaches no second target after a lost answer", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{}};
  std::string went_to;
  auto operation = never_repeated([&](const Attempt& attempt) -> Result<int> {
    went_to.push_back(static_cast<char>('a' + attempt.target));
    Verdict lost = said(Kind::timeout);
    lost.sent = Sent::unknown;
    return Failure{lost};
  });
  const auto result = driver.run(pipeline, operation);
  CHECK(went_to == "a");
  CHECK(has(result.error().notes(), Note::not_repeatable));
}

EVERY_DRIVER("The answer says why the first target did not give it", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(3)}, Retry{RetryOptions{.attempts = 1}}};
  const auto first_says = [](const Verdict& verdict) {
    return [verdict](const Attempt& attempt) { return attempt.target == 0 ? fails(verdict) : Result<int>{7}; };
  };
  CHECK(why_not_first(trip(driver, pipeline, [](const Attempt&) { return 7; }).result) == Kind::ok);
  CHECK(why_not_first(trip(driver, pipeline, first_says(said(Kind::quota))).result) == Kind::quota);
  CHECK(why_not_first(trip(driver, pipeline, first_says(said(Kind::rate_limit, 50s))).result) == Kind::rate_limit);
  const Trip rested = trip(driver, pipeline, [](const Attempt&) { return 7; });
  CHECK(rested.went_to == "b");
  CHECK(why_not_first(rested.result) == Kind::rate_limit);
  CHECK(why_not_first(trip(driver, pipeline, [](const Attempt&) { return 7; }, {.targets = 0b110}).result) == Kind::no_target);
  driver.advance(50s);
  CHECK(why_not_first(trip(driver, pipeline, [](const Attempt&) { return 7; }).result) == Kind::ok);
}

EVERY_DRIVER("The count of attempts survives beside the target and the reason", "[policies]") {
  auto options = targets(16);
  options.table.set(Kind::overload, {Next::here, 255});
  Pipeline pipeline{FallbackChain{options}, Retry{RetryOptions{.attempts = 200, .backoff = Constant{.wait = 0s}}}};
  const auto last_serves = [](const Attempt& attempt) { return attempt.target < 15 ? fails(said(Kind::quota)) : Result<int>{7}; };
  const Trip made = trip(driver, pipeline, last_serves);
  CHECK(served_by(made.result) == 15);
  CHECK(trips(made.result) == 16);
  CHECK(why_not_first(made.result) == Kind::quota);
  const Trip many =
      trip(driver, pipeline, [](const Attempt& attempt) { return attempt.target == 0 ? fails(said(Kind::overload)) : Result<int>{7}; });
  CHECK(served_by(many.result) == 1);
  CHECK(trips(many.result) == 128);  // of 201: more does not fit
  CHECK(why_not_first(many.result) == Kind::overload);
}

EVERY_DRIVER("A call tells once of each target that it passed over, and why", "[policies]") {
  RecordingObserver seen;
  auto options = targets(3);
  options.between_rounds = {.base = 5s, .cap = 5s, .jitter = Jitter::none};
  Pipeline pipeline{Observe{seen}, Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  auto& rests = pipeline.template state<1>();
  rests.extend(0, {support::at(7min), Kind::permission, Remedy::never, "project-denied"});
  rests.extend(1, {support::at(8min), Kind::rate_limit, Remedy::after_delay, {}});
  int calls = 0;
  const Trip made = trip(driver, pipeline, [&](const Attempt&) { return ++calls < 3 ? fails(said(Kind::overload)) : Result<int>{7}; });
  CHECK(made.went_to == "ccc");
  const auto ended = seen.all<OperationEnded>();
  REQUIRE(ended.size() == 1);
  REQUIRE(ended[0].trail);
  const Trail& trail = *ended[0].trail;
  REQUIRE(trail.size() == 5);
  CHECK(trail[0].target == 0);
  CHECK(trail[0].kind == Kind::permission);
  CHECK(trail[0].sent == Sent::no);
  CHECK(trail[1].target == 1);
  CHECK(trail[1].kind == Kind::rate_limit);
  CHECK(trail[2].kind == Kind::overload);
  CHECK(trail[4].kind == Kind::ok);
  const auto passed_over = seen.all<Rejected>();
  REQUIRE(passed_over.size() == 2);
  CHECK(passed_over[0].by == Role::fallback);
  CHECK(passed_over[0].target == 0);
  CHECK(passed_over[0].earliest == support::at(7min));
  const auto changed = seen.all<TargetChanged>();
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].to == 2);
  CHECK(changed[0].why == Kind::rate_limit);
  CHECK(seen.faults().empty());
}

EVERY_DRIVER("A call that finds every target resting fails with what made them rest, and says until when", "[policies]") {
  auto options = targets(2);
  options.on_all_open = OnAllOpen::fail;
  Pipeline pipeline{FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  static_cast<void>(trip(driver, pipeline, [](const Attempt& attempt) {
    return attempt.target == 0 ? fails(said(Kind::rate_limit, 40s)) : fails(said(Kind::not_found, Remedy::other_model, "model-retired"));
  }));
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return 7; });
  CHECK(made.went_to.empty());
  const Failure& failure = made.result.error();
  CHECK(failure.kind() == Kind::rate_limit);
  CHECK(failure.says() == Says::policy);
  CHECK(failure.remedy() == Remedy::after_delay);
  CHECK(failure.attempts() == 0);
  CHECK(failure.earliest_retry_at() == support::at(40s));
  REQUIRE(failure.trail().size() == 3);
  CHECK(failure.trail()[0].kind == Kind::rate_limit);
  CHECK(failure.trail()[1].kind == Kind::not_found);
  CHECK(failure.trail()[1].target == 1);
}

EVERY_DRIVER("Of the reasons for resting the call leads with the one that the caller can do most about", "[policies]") {
  for (const bool has_deadline : {false, true}) {
    CAPTURE(has_deadline);
    Pipeline pipeline{FallbackChain{targets(3)}, Retry{RetryOptions{.attempts = 1}}};
    auto& rests = pipeline.template state<0>();
    rests.extend(0, {support::at(1h), Kind::overload, Remedy::after_delay, "model-overloaded"});
    rests.extend(1, {support::at(3h), Kind::permission, Remedy::never, "project-denied"});
    rests.extend(2, {support::at(2h), Kind::quota, Remedy::next_day, "rpd-free"});
    CallOptions call;
    if (has_deadline) call.deadline = 10min;
    const Trip made = trip(driver, pipeline, [](const Attempt&) { return 7; }, call);
    const Failure& failure = made.result.error();
    CHECK(failure.kind() == Kind::permission);
    CHECK(failure.id() == FailureId{"project-denied"});
    CHECK(failure.remedy() == Remedy::never);
    CHECK(failure.earliest_retry_at() == support::at(1h));
    CHECK(has(failure.notes(), Note::deadline_would_pass) == has_deadline);
    CHECK(made.took == 0s);
  }
}

EVERY_DRIVER("A call waits for the target that rests least, as long as its deadline allows", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{}};
  auto& rests = pipeline.template state<1>();
  rests.extend(0, {support::at(5min), Kind::rate_limit, Remedy::after_delay, {}});
  rests.extend(1, {support::at(2min), Kind::rate_limit, Remedy::after_delay, {}});
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return 7; });
  CHECK(made.went_to == "b");
  CHECK(made.took == 2min);
}

EVERY_DRIVER("A later round asks only the targets that a wait may have cured", "[policies]") {
  auto options = targets(3);
  options.between_rounds = {.base = 5s, .cap = 5s, .jitter = Jitter::none};
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  int calls = 0;
  const Trip made = trip(driver, pipeline, [&](const Attempt& attempt) -> Result<int> {
    if (++calls == 6) return 7;
    return fails(attempt.target == 0   ? said(Kind::quota, Remedy::next_day)
                 : attempt.target == 1 ? said(Kind::overload)
                                       : said(Kind::no_image));
  });
  CHECK(made.went_to == "abcbbb");
  CHECK(made.took == 15s);
}

EVERY_DRIVER("A target that only its own policy refused is looked at again in the next round", "[policies]") {
  // Stands for a ledger whose day is spent until the first minute is over.
  struct SpentDay {
    Admission admit(NoState&, NoCall&, Now now, const Attempt& attempt) const noexcept {
      const bool refuses = attempt.target == 0 && now() < Time{1min};
      return refuses ? Admission::reject(Kind::quota, Time{1min}).with(Remedy::next_day) : Admission::go();
    }
  };
  auto options = targets(2);
  options.between_rounds = {.base = 40s, .cap = 40s, .jitter = Jitter::none};
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}, SpentDay{}};
  const Trip made =
      trip(driver, pipeline, [](const Attempt& attempt) { return attempt.target == 1 ? fails(said(Kind::overload)) : Result<int>{7}; });
  CHECK(made.went_to == "bba");
  CHECK(made.took == 80s);
  const Trip hopeless = trip(driver, pipeline, [](const Attempt&) { return fails(said(Kind::quota, Remedy::next_day)); });
  CHECK(hopeless.went_to == "ab");
  CHECK(hopeless.took == 0s);
}

EVERY_DRIVER("A call waits for a target that rests for other calls when its own others cannot help", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{}};
  pipeline.template state<1>().extend(0, {support::at(4min), Kind::rate_limit, Remedy::after_delay, {}});
  const Trip made =
      trip(driver, pipeline, [](const Attempt& attempt) { return attempt.target == 1 ? fails(said(Kind::quota)) : Result<int>{7}; });
  CHECK(made.went_to == "ba");
  CHECK(made.took == 4min);
}

EVERY_DRIVER("Where nobody is free, a target that refused another call's request is asked, and not waited for", "[policies]") {
  Pipeline pipeline{Deadline{1h}, FallbackChain{targets(2)}, Retry{}};
  const auto retired = [](const Attempt&) { return fails(said(Kind::not_found, Remedy::other_model, "model-retired")); };
  CHECK(trip(driver, pipeline, retired).went_to == "ab");
  SECTION("it may take this one") {
    const Trip made = trip(driver, pipeline, [](const Attempt&) { return Result<int>{7}; });
    CHECK(made.went_to == "a");
    CHECK(made.took == 0s);
  }
  SECTION("else the call ends at once, with the reason") {
    const Trip made = trip(driver, pipeline, retired);
    CHECK(made.went_to == "ab");
    CHECK(made.took == 0s);
    CHECK(made.result.error().kind() == Kind::not_found);
    CHECK(made.result.error().id() == FailureId{"model-retired"});
    CHECK(made.result.error().remedy() == Remedy::other_model);
    CHECK(made.result.error().earliest_retry_at() == support::at(10min));
  }
  SECTION("a target that is free comes first") {
    pipeline.template state<1>().end(1);
    CHECK(trip(driver, pipeline, [](const Attempt&) { return Result<int>{7}; }).went_to == "b");
  }
}

EVERY_DRIVER("Nobody waits for a spent day, and nobody asks", "[policies]") {
  Pipeline pipeline{Deadline{1h}, FallbackChain{targets(1)}, Retry{}};
  pipeline.template state<1>().extend(0, {support::at(10min), Kind::quota, Remedy::next_day, "rpd-free"});
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return Result<int>{7}; });
  CHECK(made.went_to.empty());
  CHECK(made.took == 0s);
  CHECK(made.result.error().kind() == Kind::quota);
}

EVERY_DRIVER("From when trying helps does not depend on the target that failed last", "[policies]") {
  for (const bool hint_first : {false, true}) {
    CAPTURE(hint_first);
    const auto anew = driver.another();
    Pipeline pipeline{FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 1}}};
    const Trip made = trip(*anew, pipeline, [&](const Attempt& attempt) {
      return (attempt.target == 0) == hint_first ? fails(said(Kind::rate_limit, 40s)) : fails(said(Kind::quota));
    });
    CHECK(made.went_to == "ab");
    CHECK(made.result.error().kind() == Kind::quota);
    CHECK(made.result.error().earliest_retry_at() == support::at(40s));
  }
}

EVERY_DRIVER("The failure of a call is the one that the caller can do most about, and the trail has them all", "[policies]") {
  struct Case {
    std::vector<Verdict> targets;
    Kind leads;
    unsigned of;
  };
  const Verdict auth = said(Kind::auth, Remedy::other_model, "key-of-this-target");
  const Verdict permission = said(Kind::permission, Remedy::other_model);
  const Verdict bad_request = said(Kind::bad_request, Remedy::other_model);
  const Verdict quota = said(Kind::quota);
  const Verdict overload = said(Kind::overload);
  const Verdict internal = said(Kind::internal);
  const std::vector<Case> cases{{{overload, auth, permission}, Kind::auth, 1},
                                {{permission, bad_request, quota}, Kind::permission, 0},
                                {{overload, bad_request, quota}, Kind::bad_request, 1},
                                {{quota, overload, internal}, Kind::quota, 0},
                                {{quota, overload, said(Kind::bad_request)}, Kind::bad_request, 2},
                                {{overload, internal, overload}, Kind::overload, 2},  // nothing to choose: the last
                                {{quota, overload, quota}, Kind::quota, 2},
                                {{quota, auth, said(Kind::safety_output)}, Kind::safety_output, 2}};  // no target would do it
  for (const Case& one : cases) {
    CAPTURE(name(one.leads), one.of);
    const auto anew = driver.another();
    Pipeline pipeline{FallbackChain{targets(3)}, Retry{RetryOptions{.attempts = 1}}};
    const Trip made = trip(*anew, pipeline, [&](const Attempt& attempt) -> Result<int> {
      return Failure{one.targets[attempt.target], std::string(1, static_cast<char>('a' + attempt.target))};
    });
    const Failure& failure = made.result.error();
    CHECK(failure.kind() == one.leads);
    CHECK(failure.target() == one.of);
    CHECK(failure.id() == one.targets[one.of].id);
    CHECK(failure.message() == std::string(1, static_cast<char>('a' + one.of)));
    CHECK(failure.attempts() == 3);
    REQUIRE(failure.trail().size() == 3);
    for (unsigned i = 0; i < 3; ++i) CHECK(failure.trail()[i].kind == one.targets[i].kind);
  }
}

EVERY_DRIVER("What leads keeps why the call ended and from when trying again helps", "[policies]") {
  auto options = targets(2);
  options.give_up_after.set(Kind::overload, 10min);
  Pipeline pipeline{Deadline{1h}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  const auto operation = [](const Attempt& attempt) {
    return attempt.target == 0 ? fails(said(Kind::quota, Remedy::never)) : fails(said(Kind::overload, 4min));
  };
  const Trip given_up = trip(driver, pipeline, operation);
  CHECK(given_up.result.error().kind() == Kind::quota);
  CHECK(has(given_up.result.error().notes(), Note::time_spent));
  CHECK(given_up.result.error().earliest_retry_at() == driver.now()() + 4min);
  CHECK(given_up.result.error().retry_after() == 4min);
}

EVERY_DRIVER("A call that its caller ends says so, whatever its targets said", "[policies]") {
  Pipeline pipeline{Deadline{1h}, FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 1}}};
  driver.at(support::at(1s), [&] { driver.stop(); });
  const auto result = driver.run(pipeline, [](const Attempt& attempt) {
    return attempt.target == 0 ? fails(said(Kind::auth, Remedy::other_model)) : fails(said(Kind::overload));
  });
  CHECK(result.error().kind() == Kind::cancelled);
}

EVERY_DRIVER("A hint closes a target for all calls no longer than the longest rest", "[policies]") {
  auto options = targets(2);
  options.on_all_open = OnAllOpen::fail;
  Pipeline pipeline{FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  const auto both_say = [](Duration hint) {
    return [hint](const Attempt& attempt) {
      return attempt.target == 0 ? fails(said(Kind::rate_limit, hint)) : fails(said(Kind::rate_limit, hint + 1s));
    };
  };
  const Trip made = trip(driver, pipeline, both_say(900'000s));
  CHECK(pipeline.template state<0>().until(0) == support::at(10min));
  CHECK(made.result.error().earliest_retry_at() == support::at(900'000s));  // what the first one told this call, though the last said more
  CHECK(made.result.error().retry_after() == 900'000s);
  driver.advance(10min);
  CHECK(trip(driver, pipeline, [](const Attempt&) { return 7; }).went_to == "a");

  options.longest_rest = 0s;
  Pipeline trusts_no_hint{FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  CHECK(trip(driver, trusts_no_hint, both_say(30s)).went_to == "ab");
  CHECK(trip(driver, trusts_no_hint, both_say(30s)).went_to == "ab");
}

EVERY_DRIVER("A long hint is told to the call that got it, at its full length", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(1)}, Retry{}};
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return fails(said(Kind::rate_limit, 900'000s)); });
  CHECK(made.went_to == "a");
  CHECK(made.result.error().earliest_retry_at() == support::at(900'000s));
  CHECK(pipeline.template state<0>().until(0) == support::at(10min));
}

EVERY_DRIVER("No target is asked that is dearer than the ceiling", "[policies]") {
  const auto chain_of = [](std::vector<std::optional<double>> prices, std::optional<double> ceiling) {
    FallbackOptions options;
    for (const auto& price : prices)
      options.targets.push_back({.name = std::string(1, static_cast<char>('a' + options.targets.size())), .price = price});
    options.price_ceiling = ceiling;
    return FallbackChain{options};
  };
  const auto asked = [&](const FallbackChain& chain, TargetSet wanted = 0) {
    Pipeline pipeline{Deadline{10s}, chain, Retry{RetryOptions{.attempts = 1}}};
    const std::string went_to =
        trip(driver, pipeline, [](const Attempt&) { return fails(said(Kind::quota)); }, {.targets = wanted}).went_to;
    return went_to;
  };
  CHECK(asked(chain_of({0.03, 0.13, 0.03, 0.01}, {})) == "acd");  // no dearer than the first
  CHECK(asked(chain_of({0.03, 0.13, 0.03, 0.01}, any_price)) == "abcd");
  CHECK(asked(chain_of({0.03, 0.13, 0.03, 0.01}, 0.02)) == "d");
  CHECK(asked(chain_of({0.03, 0.13, 0.03, 0.01}, 0.0301)) == "acd");
  CHECK(asked(chain_of({std::nullopt, 0.13, 0.03}, {})) == "abc");  // the first one's price is not known: nothing to compare with
  CHECK(asked(chain_of({0.03, std::nullopt, 0.01}, {})) == "abc");  // not known to be dearer
  CHECK(asked(chain_of({0.03, std::nullopt, 0.01}, 0.05)) == "ac");
  CHECK(asked(chain_of({0.03, 0.13, 0.03, 0.01}, {}), 0b1110) == "cd");
  CHECK(asked(chain_of({0.03, 0.0}, {})) == "ab");
}

EVERY_DRIVER("A call that wants only targets above the ceiling fails and says so", "[policies]") {
  FallbackOptions options;
  options.targets = {{.name = "cheap", .price = 0.03}, {.name = "dear", .price = 0.13}};
  Pipeline pipeline{FallbackChain{options}, Retry{}};
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return 7; }, {.targets = 0b10});
  CHECK(made.went_to.empty());
  CHECK(made.result.error().kind() == Kind::no_target);
  CHECK(made.result.error().id() == FailureId{"price-ceiling"});
  const Trip none = trip(driver, pipeline, [](const Attempt&) { return 7; }, {.targets = 0b100});
  CHECK(none.result.error().id() == FailureId{"no-target"});
}

EVERY_DRIVER("When every circuit is open the least bad target is asked past its breaker, once", "[policies]") {
  auto options = targets(3);
  options.on_all_open = OnAllOpen::least_bad;
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.backoff = Constant{.wait = 1s}}},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 30s}}};
  const auto down = [](const Attempt&) { return fails(said(Kind::overload)); };
  for (const TargetSet one : {TargetSet{0b010}, TargetSet{0b001}, TargetSet{0b100}}) {  // the second one opens first
    static_cast<void>(trip(driver, pipeline, down, {.attempts = 1, .targets = one}));
    driver.advance(2s);
  }
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return 7; });
  CHECK(made.went_to == "b");
  CHECK(made.took == 0s);
  const Trip knows = trip(driver, pipeline, down);  // the breakers are still open
  CHECK(knows.went_to == "b");
  CHECK(knows.took == 0s);
  CHECK(knows.result.error().kind() == Kind::overload);
  driver.advance(30s);
  CHECK(trip(driver, pipeline, [](const Attempt&) { return 7; }).went_to == "a");
}

EVERY_DRIVER("The least bad target is one that the call has not asked, or nobody", "[policies]") {
  auto options = targets(2);
  options.on_all_open = OnAllOpen::least_bad;
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  const auto hinted = [](const Attempt&) { return fails(said(Kind::rate_limit, 5min)); };
  CHECK(trip(driver, pipeline, hinted).went_to == "ab");  // both were asked, and said no
  CHECK(trip(driver, pipeline, hinted).went_to == "a");   // both rest
  pipeline.template state<1>().end(1);
  const Trip made = trip(driver, pipeline,
                         [](const Attempt& attempt) { return attempt.target == 1 ? fails(said(Kind::rate_limit, 5min)) : Result<int>{7}; });
  CHECK(made.went_to == "ba");
  CHECK(made.took == 0s);
}

EVERY_DRIVER("A target can be made to fail without being asked, as if by any kind", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{RetryOptions{.backoff = Constant{.wait = 1s}}},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(2), .open_for = 30s}}};
  const auto well = [](const Attempt&) { return 7; };
  const Trip quota = trip(driver, pipeline, well, {.forced = {.targets = 0b01, .kind = Kind::quota}});
  CHECK(quota.went_to == "b");
  CHECK(why_not_first(quota.result) == Kind::quota);
  CHECK(trips(quota.result) == 2);
  const Trip safety = trip(driver, pipeline, well, {.forced = {.targets = 0b01, .kind = Kind::safety_output}});
  CHECK(safety.went_to.empty());
  CHECK(safety.result.error().kind() == Kind::safety_output);
  CHECK(safety.result.error().message() == "forced by CallOptions::forced; nothing was sent");
  CHECK(safety.result.error().trail()[0].sent == Sent::no);
  CHECK(trip(driver, pipeline, well, {.forced = {.targets = 0b01, .kind = Kind::ok}}).went_to == "a");
  const Trip overload = trip(driver, pipeline, well, {.forced = {.targets = 0b01, .kind = Kind::overload}});
  CHECK(overload.went_to == "b");
  CHECK(trips(overload.result) == 3);
  CHECK(trip(driver, pipeline, well).went_to == "b");  // its breaker has counted
  driver.advance(30s);
  const Trip hinted = trip(driver, pipeline, well, {.forced = {.targets = 0b01, .kind = Kind::rate_limit, .hint = 1min}});
  CHECK(hinted.went_to == "b");
  CHECK(pipeline.template state<1>().until(0) == driver.now()() + 1min);
}

TEST_CASE("The targets of a call follow from their limits", "[policies]") {
  const std::vector<Target> chain{
      {.name = "small", .sizes = {"1K"}}, {.name = "any"}, {.name = "square", .sizes = {"1K", "4K"}, .ratios = {"1:1"}}};
  CHECK(able_targets(chain, "") == TargetSet{0b111});
  CHECK(able_targets(chain, "4K") == TargetSet{0b110});
  CHECK(able_targets(chain, "4K", "16:9") == TargetSet{0b010});
  CHECK(able_targets(chain, "1K", "16:9") == TargetSet{0b011});
  CHECK(able_targets({chain.data(), 1}, "4K") == std::nullopt);  // an empty set would mean all
}

EVERY_DRIVER("A rest ends by hand, and one that is over leaves no trace", "[policies]") {
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{}};
  auto& rests = pipeline.template state<0>();
  rests.extend(0, {support::at(1h), Kind::cancelled, Remedy::after_delay, "out-of-service"});
  CHECK(trip(driver, pipeline, [](const Attempt&) { return 7; }).went_to == "b");
  rests.end(0);
  CHECK(rests.none());
  CHECK(trip(driver, pipeline, [](const Attempt&) { return 7; }).went_to == "a");
  rests.extend(1, {support::at(1min), Kind::overload, Remedy::after_delay, {}});
  driver.advance(1min);
  CHECK_FALSE(rests.none());
  CHECK(trip(driver, pipeline, [](const Attempt&) { return 7; }).went_to == "a");
  CHECK(rests.none());
  CHECK(rests.of(1) == TargetRest{});
}

EVERY_DRIVER("Nobody is impatient with the only target that is free", "[policies]") {
  // Makes everybody wait for half of ten minutes.
  struct Slow {
    Admission admit(NoState&, NoCall&, Now now, const Attempt& attempt) const noexcept {
      return now() < Time{5min} && attempt.number == 1 ? Admission::go_at(Time{5min}, Kind::rate_limit, WaitSource::quota)
                                                       : Admission::go();
    }
  };
  FallbackOptions options = targets(2);
  const auto took = [&](CallOptions call, auto prepare) {
    const auto anew = driver.another();
    Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{}, Slow{}};
    prepare(pipeline.template state<1>());
    return trip(*anew, pipeline, [](const Attempt&) { return 7; }, call).went_to;
  };
  CHECK(took({.targets = 0b01}, [](auto&) {}) == "a");
  CHECK(took({}, [](auto& rests) { rests.extend(1, {support::at(9min), Kind::quota, Remedy::after_delay, {}}); }) == "a");
  options.targets[0].price = 0.01;
  options.targets[1].price = 0.02;
  CHECK(took({}, [](auto&) {}) == "a");
}

TEST_CASE("Chain options out of range are refused by name, range and value", "[policies]") {
  const auto refusal = [](auto change) -> std::string {
    auto options = targets(2);
    change(options);
    const auto made = make<FallbackChain>(options);
    return made ? "accepted" : made.error().message();
  };
  CHECK(refusal([](auto&) {}) == "accepted");
  CHECK(refusal([](auto& o) { o.targets.clear(); }) == "FallbackChain: targets must be from 1 to 16; it is 0");
  CHECK(refusal([](auto& o) { o.targets.resize(17); }) == "FallbackChain: targets must be from 1 to 16; it is 17");
  CHECK(refusal([](auto& o) { o.patience = -0.1; }) == "FallbackChain: patience must be from 0 to 1; it is -0.1");
  CHECK(refusal([](auto& o) { o.patience_when_long = 1.1; }) == "FallbackChain: patience_when_long must be from 0 to 1; it is 1.1");
  CHECK(refusal([](auto& o) { o.long_slack = -1s; }) == "FallbackChain: long_slack must be from 0 to 2592000 s; it is -1");
  CHECK(refusal([](auto& o) { o.rest.set(Kind::quota, 25h); }) == "FallbackChain: rest must be from 0 to 86400 s; it is 90000");
  CHECK(refusal([](auto& o) { o.longest_rest = 25h; }) == "FallbackChain: longest_rest must be from 0 to 86400 s; it is 90000");
  CHECK(refusal([](auto& o) { o.rest_jitter = 1.1; }) == "FallbackChain: rest_jitter must be from 0 to 1; it is 1.1");
  CHECK(refusal([](auto& o) { o.between_rounds.base = 25h; }) ==
        "FallbackChain: between_rounds: Exponential: base must be from 0 to 86400 s; it is 90000");
  CHECK(refusal([](auto& o) { o.price_ceiling = -0.1; }) == "FallbackChain: price_ceiling must be from 0 to any_price; it is -0.1");
  CHECK(refusal([](auto& o) { o.targets[1].price = -1; }) == "FallbackChain: a target's price must be from 0 USD and finite; it is -1");
  CHECK(refusal([](auto& o) { o.targets = {{.name = "pro"}, {.name = "lite"}, {.name = "pro"}}; }) ==
        "FallbackChain: each target must have a name of its own; targets 0 and 2 are both called \"pro\"");
  CHECK(refusal([](auto& o) { o.targets[1].name.clear(); }) == "FallbackChain: each target must have a name; that of target 1 is empty");
  constexpr const char* no_attempt = "FallbackChain: attempts of a table's step must be from 1 to 255; it is 0";
  CHECK(refusal([](auto& o) { o.table.set(Remedy::immediately, {Next::here, 0}); }) == no_attempt);
  CHECK(refusal([](auto& o) { o.table.set(Kind::overload, {Next::here, 0}); }) == no_attempt);
  CHECK(refusal([](auto& o) { o.table.set(FailureId{"rpd-free"}, {Next::here, 0}); }) == no_attempt);
  CHECK(refusal([](auto& o) { o.price_ceiling = 0.5; }) == "FallbackChain: price_ceiling must leave a target; it is 0.5");
  CHECK(refusal([](auto& o) { o.give_up_after.set(Kind::quota, -1s); }) ==
        "FallbackChain: give_up_after must be from 0 to 2592000 s; it is -1");
}

EVERY_DRIVER("What a repeat rarely cures is no reason to try all targets anew", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{RetryOptions{.backoff = Constant{.wait = 1s}}}};
  for (const Kind kind : {Kind::no_image, Kind::recitation, Kind::auth}) {
    CAPTURE(name(kind));
    CHECK(trip(driver, pipeline, [&](const Attempt&) { return fails(said(kind, Remedy::immediately)); }).went_to == "aabb");
  }
}

EVERY_DRIVER("A call that goes straight to a later target says so", "[policies]") {
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(3)}, Retry{RetryOptions{.attempts = 1}}};
  static_cast<void>(
      trip(driver, pipeline, [](const Attempt& a) { return a.target == 0 ? fails(said(Kind::rate_limit, 1h)) : Result<int>{7}; }));
  const Trip made = trip(driver, pipeline, [](const Attempt&) { return 7; });
  CHECK(made.went_to == "b");
  CHECK(served_by(made.result) == 1);
  CHECK(trips(made.result) == 1);
  CHECK(served_by(trip(driver, pipeline, [](const Attempt&) { return 7; }, {.targets = 0b100}).result) == 2);
}
