// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/make.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using support::said;

namespace {

FallbackOptions targets(unsigned count) {
  FallbackOptions options;
  for (unsigned i = 0; i < count; ++i) options.targets.push_back({.name = std::string(1, static_cast<char>('a' + i))});
  return options;
}

// The targets that a call went to, as letters, and how it ended.
struct Trip {
  std::string went_to{};
  Result<int> result;
  Duration took{};
};

template <class Pipe>
Trip trip(Pipe& pipeline, VirtualClock& clock, const std::function<Result<int>(const Attempt&)>& operation, CallOptions options = {}) {
  std::string went_to;
  const Time began = clock.now()();
  auto result = pipeline.run(
      [&](const Attempt& attempt) {
        went_to.push_back(static_cast<char>('a' + attempt.target));
        return operation(attempt);
      },
      clock, options);
  return {went_to, std::move(result), clock.now()() - began};
}

Result<int> fails(const Verdict& verdict) { return Failure{verdict}; }

}  // namespace

TEST_CASE("The first target serves while it can", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{FallbackChain{targets(3)}, Retry{}};
  const Trip made = trip(pipeline, clock, [](const Attempt&) { return 7; });
  CHECK(made.went_to == "a");
  CHECK(served_by(made.result) == 0);
  CHECK_FALSE(degraded(made.result));
  CHECK(trips(made.result) == 1);
}

TEST_CASE("What one target cannot do the next may", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{FallbackChain{targets(3)}, Retry{}};
  const Trip made = trip(pipeline, clock, [](const Attempt& attempt) {
    return attempt.target < 2 ? fails(said(Kind::quota, Remedy::next_day)) : Result<int>{7};
  });
  CHECK(made.went_to == "abc");
  CHECK(served_by(made.result) == 2);
  CHECK(degraded(made.result));
  CHECK(trips(made.result) == 3);
  CHECK(made.took == 0s);
}

TEST_CASE("Overload is tried twice here, then elsewhere", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 5, .backoff = Constant{.wait = 1s}}}};
  const Trip made =
      trip(pipeline, clock, [](const Attempt& attempt) { return attempt.target == 0 ? fails(said(Kind::overload)) : Result<int>{7}; });
  CHECK(made.went_to == "aab");
}

TEST_CASE("With nowhere else to go, Retry's own number of attempts counts", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{FallbackChain{targets(1)}, Retry{RetryOptions{.attempts = 5, .backoff = Constant{.wait = 1s}}}};
  const Trip made = trip(pipeline, clock, [](const Attempt&) { return fails(said(Kind::overload)); });
  CHECK(made.went_to == "aaaaa");
}

TEST_CASE("Retry begins anew on every target", "[policies]") {
  VirtualClock clock;
  auto options = targets(2);
  options.table.set(Kind::overload, {Next::here, 3});
  Pipeline pipeline{FallbackChain{options}, Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 1s}}}};
  const Trip made = trip(pipeline, clock, [](const Attempt&) { return fails(said(Kind::overload)); });
  CHECK(made.went_to == "aaabbb");
}

TEST_CASE("No safety verdict reaches a second target", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(3)}, Retry{}};
  for (const Kind kind : {Kind::safety_prompt, Kind::safety_output, Kind::prohibited})
    for (const Remedy remedy :
         {Remedy::never, Remedy::immediately, Remedy::after_delay, Remedy::other_model, Remedy::after_prompt_change}) {
      CAPTURE(name(kind), name(remedy));
      const Trip made = trip(pipeline, clock, [&](const Attempt&) { return fails(said(kind, remedy)); });
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

TEST_CASE("An empty account stops the chain, an empty model does not", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{}};
  CHECK(trip(pipeline, clock, [](const Attempt&) { return fails(said(Kind::quota, Remedy::never, "limit-zero")); }).went_to == "ab");
  CHECK(trip(pipeline, clock, [](const Attempt&) { return fails(said(Kind::quota, Remedy::never, "spend-cap-monthly")); }).went_to == "a");
}

TEST_CASE("When all targets failed and waiting can help, the chain comes back to the first", "[policies]") {
  VirtualClock clock;
  auto options = targets(2);
  options.between_rounds = {.base = 5s, .cap = 5s, .jitter = Jitter::none};
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  int calls = 0;
  const Trip made = trip(pipeline, clock, [&](const Attempt&) { return ++calls < 6 ? fails(said(Kind::overload)) : Result<int>{7}; });
  CHECK(made.went_to == "ababab");
  CHECK(made.took == 10s);
  CHECK(served_by(made.result) == 1);
}

TEST_CASE("Without a deadline the chain does not wait for better days", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 1}}};
  const Trip made = trip(pipeline, clock, [&](const Attempt&) { return fails(said(Kind::overload)); });
  CHECK(made.went_to == "ab");
  CHECK(made.took == 0s);
}

TEST_CASE("A chain that is to fail when all failed does, and says from when trying helps", "[policies]") {
  VirtualClock clock;
  auto options = targets(2);
  options.on_all_failed = OnAllFailed::fail;
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  const Trip made =
      trip(pipeline, clock, [&](const Attempt& attempt) { return fails(said(Kind::rate_limit, attempt.target == 0 ? 40s : 90s)); });
  CHECK(made.went_to == "ab");
  REQUIRE(made.result.error().earliest_retry_at());
  CHECK(*made.result.error().earliest_retry_at() == support::at(40s));
}

TEST_CASE("What no waiting cures is not waited for", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{}};
  const Trip made = trip(pipeline, clock, [&](const Attempt&) { return fails(said(Kind::quota, Remedy::never, "limit-zero")); });
  CHECK(made.went_to == "ab");
  CHECK(made.took == 0s);
}

TEST_CASE("An open circuit sends the call on, and its end brings it back", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 1}},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 10s}}};
  const auto first_is_ill = [](const Attempt& attempt) { return attempt.target == 0 ? fails(said(Kind::overload)) : Result<int>{7}; };
  CHECK(trip(pipeline, clock, first_is_ill).went_to == "ab");
  CHECK(trip(pipeline, clock, first_is_ill).went_to == "b");  // known closed: not even asked
  clock.advance(10s);
  CHECK(trip(pipeline, clock, [](const Attempt&) { return 7; }).went_to == "a");
}

TEST_CASE("When every circuit is open, the call waits for the first probe", "[policies]") {
  VirtualClock clock;
  auto options = targets(2);
  options.between_rounds = {.base = 1s, .cap = 1s, .jitter = Jitter::none};
  Pipeline pipeline{Deadline{10min}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 30s}}};
  CHECK(trip(pipeline, clock, [](const Attempt&) { return fails(said(Kind::overload)); }, {.deadline = 1s}).went_to == "ab");
  const Trip waited = trip(pipeline, clock, [](const Attempt&) { return 7; });
  CHECK(waited.went_to == "a");
  CHECK(waited.took == 30s);
}

TEST_CASE("A long hint sends the call on while another target is left", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{RetryOptions{.backoff = Constant{.wait = 1s}}}};
  const Trip long_hint = trip(pipeline, clock, [](const Attempt& attempt) {
    return attempt.target == 0 ? fails(said(Kind::rate_limit, 45s)) : Result<int>{7};  // patience is 5 % of 10 min
  });
  CHECK(long_hint.went_to == "ab");
  CHECK(long_hint.took == 0s);
  clock.advance(1min);
  int calls = 0;
  const Trip short_hint =
      trip(pipeline, clock, [&](const Attempt&) { return ++calls == 1 ? fails(said(Kind::rate_limit, 10s)) : Result<int>{7}; });
  CHECK(short_hint.went_to == "aa");
}

TEST_CASE("A target that asked for a rest is left alone by all calls until it is over", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 1}}};
  CHECK(trip(pipeline, clock, [](const Attempt& a) {
          return a.target == 0 ? fails(said(Kind::rate_limit, 45s)) : Result<int>{7};
        }).went_to == "ab");
  CHECK(trip(pipeline, clock, [](const Attempt&) { return 7; }).went_to == "b");
  clock.advance(45s);
  CHECK(trip(pipeline, clock, [](const Attempt&) { return 7; }).went_to == "a");
}

TEST_CASE("Rests only extend", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{RetryOptions{.attempts = 1}}};
  static_cast<void>(
      trip(pipeline, clock, [](const Attempt& a) { return a.target == 0 ? fails(said(Kind::rate_limit, 100s)) : Result<int>{7}; }));
  auto& state = pipeline.template state<0>();
  CHECK(state.closed_until(0) == support::at(100s));
  static_cast<void>(trip(pipeline, clock, [](const Attempt&) { return fails(said(Kind::rate_limit, 5s)); }, {.targets = 0b01}));
  CHECK(state.closed_until(0) == support::at(100s));
}

TEST_CASE("A call may be limited to some targets", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{FallbackChain{targets(3)}, Retry{RetryOptions{.attempts = 1}}};
  const auto fail = [](const Attempt&) { return fails(said(Kind::quota, Remedy::next_day)); };
  CHECK(trip(pipeline, clock, fail, {.targets = 0b110}).went_to == "bc");
  CHECK(trip(pipeline, clock, fail, {.targets = 0b010}).went_to == "b");
  const Trip none = trip(pipeline, clock, fail, {.targets = 0b1000});
  CHECK(none.went_to.empty());
  CHECK(none.result.error().kind() == Kind::no_target);
}

TEST_CASE("A refusal that would wait too long sends the call on before anything is sent", "[policies]") {
  // A stand-in for a quota ledger whose window is full on the first target only.
  struct FullFirst {
    Admission admit(NoState&, NoCall&, Now now, const Attempt& attempt) const noexcept {
      return attempt.target == 0 ? Admission::go_at(now() + 50s, Kind::rate_limit, WaitSource::quota) : Admission::go();
    }
  };
  VirtualClock clock;
  Pipeline two{Deadline{10min}, FallbackChain{targets(2)}, Retry{}, FullFirst{}};
  const Trip made = trip(two, clock, [](const Attempt&) { return 7; });
  CHECK(made.went_to == "b");
  CHECK(made.took == 0s);
  Pipeline one{Deadline{10min}, FallbackChain{targets(1)}, Retry{}, FullFirst{}};
  const Trip waited = trip(one, clock, [](const Attempt&) { return 7; });
  CHECK(waited.went_to == "a");
  CHECK(waited.took == 50s);
}

TEST_CASE("A call gives up on a failure that lasts too long", "[policies]") {
  VirtualClock clock;
  auto options = targets(2);
  options.give_up_after.set(Kind::overload, 30min);
  options.between_rounds = {.base = 1min, .cap = 1min, .jitter = Jitter::none};
  Pipeline pipeline{Deadline{24h}, FallbackChain{options}, Retry{RetryOptions{.attempts = 1}}};
  const Trip made = trip(pipeline, clock, [](const Attempt&) { return fails(said(Kind::overload)); });
  CHECK(made.took == 30min);
  CHECK(has(made.result.error().notes(), Note::time_spent));
}

TEST_CASE("A target rests after what it cannot do at all", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{FallbackChain{targets(2)}, Retry{}};
  const auto retired = [](const Attempt& a) { return a.target == 0 ? fails(said(Kind::not_found, Remedy::other_model)) : Result<int>{7}; };
  CHECK(trip(pipeline, clock, retired).went_to == "ab");
  CHECK(trip(pipeline, clock, retired).went_to == "b");
  clock.advance(10min);
  CHECK(trip(pipeline, clock, retired).went_to == "ab");
}

TEST_CASE("An operation that must not be repeated reaches no second target after a lost answer", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{}};
  std::string went_to;
  auto operation = never_repeated([&](const Attempt& attempt) -> Result<int> {
    went_to.push_back(static_cast<char>('a' + attempt.target));
    Verdict lost = said(Kind::timeout);
    lost.sent = Sent::unknown;
    return Failure{lost};
  });
  const auto result = pipeline.run(operation, clock);
  CHECK(went_to == "a");
  CHECK(has(result.error().notes(), Note::not_repeatable));
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
  CHECK(refusal([](auto& o) { o.give_up_after.set(Kind::quota, -1s); }) ==
        "FallbackChain: give_up_after must be from 0 to 2592000 s; it is -1");
}

TEST_CASE("What a repeat rarely cures is no reason to try all targets anew", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(2)}, Retry{RetryOptions{.backoff = Constant{.wait = 1s}}}};
  for (const Kind kind : {Kind::no_image, Kind::recitation, Kind::auth}) {
    CAPTURE(name(kind));
    CHECK(trip(pipeline, clock, [&](const Attempt&) { return fails(said(kind, Remedy::immediately)); }).went_to == "aabb");
  }
}

TEST_CASE("A call that goes straight to a later target says so", "[policies]") {
  VirtualClock clock;
  Pipeline pipeline{Deadline{10min}, FallbackChain{targets(3)}, Retry{RetryOptions{.attempts = 1}}};
  static_cast<void>(
      trip(pipeline, clock, [](const Attempt& a) { return a.target == 0 ? fails(said(Kind::rate_limit, 1h)) : Result<int>{7}; }));
  const Trip made = trip(pipeline, clock, [](const Attempt&) { return 7; });
  CHECK(made.went_to == "b");
  CHECK(served_by(made.result) == 1);
  CHECK(trips(made.result) == 1);
  CHECK(served_by(trip(pipeline, clock, [](const Attempt&) { return 7; }, {.targets = 0b100}).result) == 2);
}
