// SPDX-License-Identifier: BSL-1.0

// What observers are told, in which order, and that it is complete.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/every_driver.hpp"

#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/testing/recording_observer.hpp>
#include <ductile/testing/scripted_operation.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

using Story = std::vector<std::string>;
using Steps = std::vector<ScriptedOperation<int>::Step>;

// Goes round again one second later, `repeats` times.
struct Again {
  static constexpr Role role = Role::retry;
  static constexpr bool settles_failures_only = true;
  struct Call {
    unsigned repeats = 0;
  };
  unsigned repeats = 1;
  Reaction settle(NoState&, Call& call, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if (verdict.kind == Kind::abandoned || call.repeats++ >= repeats) return Reaction::pass();
    return Reaction::again_at(now() + 1s, WaitSource::backoff);
  }
};

struct Breaker {
  static constexpr Role role = Role::circuit_breaker;
  Admission admission = Admission::go();
  Reaction reaction = Reaction::pass();
  Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return admission; }
  Reaction settle(NoState&, NoCall&, Now, const Attempt&, const Verdict&) const noexcept { return reaction; }
};

struct TwoTargets {
  static constexpr Role role = Role::fallback;
  static constexpr unsigned edits = edits_target;
  struct Call {
    std::uint8_t target = 0;
  };
  [[nodiscard]] static unsigned targets() { return 2; }
  Admission admit(NoState&, Call& call, Now, const Attempt&) const noexcept { return Admission::go().on(call.target); }
  Reaction settle(NoState&, Call& call, Now, const Attempt&, const Verdict&) const noexcept {
    return ++call.target < 2 ? Reaction::again_now() : Reaction::pass();
  }
};

Failure failing(Kind kind) { return Failure{kind}; }

}  // namespace

EVERY_DRIVER("A success at once is an operation with one attempt", "[core][events]") {
  RecordingObserver seen;
  ScriptedOperation<int> script{Steps{{2s, 1}}};
  Pipeline pipeline{Observe{seen}, Again{}, Breaker{}};
  CHECK(driver.run(pipeline, script));
  CHECK(seen.story() == Story{"0 s, call 1: operation began",                            //
                              "0 s, call 1: attempt 1 at target 0 began",                //
                              "2 s, call 1: attempt 1 at target 0 ended after 2 s: ok",  //
                              "2 s, call 1: operation ended after 2 s: ok, attempts 1, target 0"});
  CHECK(seen.faults() == Story{});
}

EVERY_DRIVER("A retry is told with its wait and where the wait came from", "[core][events]") {
  RecordingObserver seen;
  ScriptedOperation<int> script{Steps{{2s, failing(Kind::overload)}, {500ms, 1}}};
  Pipeline pipeline{Again{}, Observe{seen}, Breaker{}};  // an observer may stand anywhere
  CHECK(driver.run(pipeline, script));
  CHECK(seen.story() == Story{"0 s, call 1: operation began",                                                //
                              "0 s, call 1: attempt 1 at target 0 began",                                    //
                              "2 s, call 1: attempt 1 at target 0 ended after 2 s: overload",                //
                              "2 s, call 1: wait began until 3 s: backoff by retry for overload, target 0",  //
                              "3 s, call 1: wait ended after 1 s: backoff",                                  //
                              "3 s, call 1: attempt 2 at target 0 began",                                    //
                              "3.5 s, call 1: attempt 2 at target 0 ended after 0.5 s: ok",                  //
                              "3.5 s, call 1: operation ended after 3.5 s: ok_retried, attempts 2, target 0"});
  CHECK(seen.faults() == Story{});
}

EVERY_DRIVER("A rejection is told with its policy, and is no attempt", "[core][events]") {
  RecordingObserver seen;
  Pipeline pipeline{Observe{seen}, Again{0}, Breaker{Admission::reject(Kind::circuit_open, Time{9s})}};
  CHECK_FALSE(driver.run(pipeline, [] {}));
  CHECK(seen.story() == Story{"0 s, call 1: operation began",                                                    //
                              "0 s, call 1: rejected by circuit_breaker: circuit_open, earliest 9 s, target 0",  //
                              "0 s, call 1: operation ended after 0 s: rejected, circuit_open, attempts 0, target 0"});
  CHECK(seen.faults() == Story{});
}

EVERY_DRIVER("A deadline that has passed is told as the deadline's rejection", "[core][events]") {
  RecordingObserver seen;
  Pipeline pipeline{Observe{seen}, Breaker{}};
  CHECK_FALSE(driver.run(pipeline, [] {}, CallOptions{.deadline = 0s}));
  REQUIRE(seen.all<Rejected>().size() == 1);
  CHECK(seen.all<Rejected>()[0].by == Role::deadline);
  CHECK(seen.all<OperationEnded>()[0].outcome == Outcome::deadline);
  CHECK(seen.faults() == Story{});
}

// Not async_run: it completes with a failure, and its observers hear of that.
TWO_DRIVERS(blocking, simulated, "An exception ends attempt and operation, and only then reaches the caller", "[core][events]") {
  RecordingObserver seen;
  Pipeline pipeline{Observe{seen}, Again{}, Breaker{}};
  CHECK_THROWS(driver.run(pipeline, []() -> int { throw std::runtime_error{"own"}; }));
  CHECK(seen.story() == Story{"0 s, call 1: operation began",                                   //
                              "0 s, call 1: attempt 1 at target 0 began",                       //
                              "0 s, call 1: attempt 1 at target 0 ended after 0 s: abandoned",  //
                              "0 s, call 1: operation ended after 0 s: failed, attempts 1, target 0"});
  CHECK(seen.all<OperationEnded>()[0].failure == nullptr);
  CHECK(seen.faults() == Story{});
}

// Not a simulation, which plans a cancellation for when the step that asks for it is over: there the attempt has begun.
TWO_DRIVERS(blocking, asynchronous, "An attempt is not made when who is told of it stops the call, and nothing was sent",
            "[core][events]") {
  struct Stopping {
    Driver& driver;
    unsigned at;
    void on(const AttemptBegan& event) const {
      if (event.attempt.number == at) driver.stop();
    }
  };
  for (const unsigned at : {1U, 2U}) {
    RecordingObserver seen;
    std::vector<Verdict> settled;
    unsigned calls = 0;
    Stopping stopping{driver, at};
    Pipeline pipeline{Observe{seen}, Observe{stopping}, Again{}, CountingPolicy{}.telling(settled)};
    const Result<int> result = driver.run(pipeline, [&calls]() -> Result<int> {
      ++calls;
      return Failure{Kind::overload};
    });
    CHECK(calls == at - 1);
    REQUIRE(settled.size() == at);
    CHECK(settled.back().kind == Kind::abandoned);
    CHECK(settled.back().sent == Sent::no);
    CHECK(settled.back().billed == Billed::no);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind() == Kind::cancelled);
    CHECK(result.error().verdict().sent == Sent::no);
    REQUIRE(result.error().trail().size() == at);
    CHECK(result.error().trail()[at - 1].sent == Sent::no);
    CHECK(result.error().trail()[at - 1].billed == Billed::no);
    CHECK(seen.all<AttemptEnded>().back().verdict.sent == Sent::no);
    CHECK(seen.faults() == Story{});
  }
}

EVERY_DRIVER("The failure of a call that is stopped says what its last step may have sent", "[core][events]") {
  driver.at(Time{1500ms}, [&] { driver.stop(); });
  Pipeline pipeline{Again{}, Breaker{}};
  Sent sent = Sent::yes;
  SECTION("nothing in a wait") {
    ScriptedOperation<int> script{Steps{{1s, failing(Kind::overload)}}};
    sent = driver.run(pipeline, script).error().verdict().sent;
    CHECK(sent == Sent::no);
  }
  SECTION("nobody knows what in an attempt") {
    ScriptedOperation<int> script{Steps{{2s, failing(Kind::overload)}}};
    sent = driver.run(pipeline, script).error().verdict().sent;
    CHECK(sent == Sent::unknown);
  }
}

EVERY_DRIVER("A cancelled wait ends before the operation does", "[core][events]") {
  driver.at(Time{1500ms}, [&] { driver.stop(); });
  RecordingObserver seen;
  ScriptedOperation<int> script{Steps{{1s, failing(Kind::overload)}}};
  Pipeline pipeline{Observe{seen}, Again{}, Breaker{}};
  CHECK_FALSE(driver.run(pipeline, script));
  const Story story = seen.story();
  REQUIRE(story.size() == 6);
  CHECK(story[4] == "1.5 s, call 1: wait ended after 0.5 s: backoff");
  CHECK(story[5] == "1.5 s, call 1: operation ended after 1.5 s: cancelled, cancelled, attempts 1, target 0");
  CHECK(seen.faults() == Story{});
}

EVERY_DRIVER("A change of target is told with its reason, and the end says who served", "[core][events]") {
  RecordingObserver seen;
  ScriptedOperation<int> script{Steps{{0s, failing(Kind::quota)}, {0s, 1}}};
  Pipeline pipeline{Observe{seen}, TwoTargets{}, Breaker{}};
  CHECK(driver.run(pipeline, script));
  REQUIRE(seen.all<TargetChanged>().size() == 1);
  const TargetChanged change = seen.all<TargetChanged>()[0];
  CHECK(change.from == 0);
  CHECK(change.to == 1);
  CHECK(change.why == Kind::quota);
  CHECK(seen.all<AttemptBegan>()[1].attempt.target == 1);
  CHECK(seen.all<OperationEnded>()[0].outcome == Outcome::ok_fallback);
  CHECK(seen.all<OperationEnded>()[0].served_by == 1);
  CHECK(seen.faults() == Story{});
}

EVERY_DRIVER("A breaker's transition is told once, whether it is admitted, settled or abandoned with it", "[core][events]") {
  RecordingObserver seen;
  Signal expected = Signal::circuit_opened;
  SECTION("admitted") {
    expected = Signal::circuit_half_opened;
    Pipeline pipeline{Observe{seen}, Breaker{Admission::go().noting(expected)}};
    CHECK(driver.run(pipeline, [] {}));
  }
  SECTION("settled after a success") {
    expected = Signal::circuit_closed;
    Pipeline pipeline{Observe{seen}, Breaker{Admission::go(), Reaction::pass().noting(expected)}};
    CHECK(driver.run(pipeline, [] {}));
  }
  SECTION("settled after a failure") {
    Pipeline pipeline{Observe{seen}, Breaker{Admission::go(), Reaction::pass().noting(expected)}};
    CHECK_FALSE(driver.run(pipeline, [] { return Result<int>{failing(Kind::internal)}; }));
  }
  SECTION("settled as abandoned") {
    Pipeline pipeline{Observe{seen}, Breaker{Admission::go(), Reaction::pass().noting(expected)}};
    CHECK_THROWS(driver.run(pipeline, []() -> int { throw 1; }));
  }
  REQUIRE(seen.all<CircuitChanged>().size() == 1);
  CHECK(seen.all<CircuitChanged>()[0].what == expected);
  CHECK(seen.faults() == Story{});
}

EVERY_DRIVER("A quota surprise is told with its window, a reclassified success with its attempt", "[core][events]") {
  RecordingObserver seen;
  Verdict surprise;
  surprise.kind = Kind::rate_limit;
  surprise.dimension = QuotaDimension::images_per_minute;
  surprise.reclassified = true;
  Pipeline pipeline{Observe{seen}, Breaker{Admission::go(), Reaction::pass().noting(Signal::quota_surprise)}};
  CHECK_FALSE(driver.run(pipeline, [&] { return Result<int>{Failure{surprise}}; }));
  REQUIRE(seen.all<QuotaSurprise>().size() == 1);
  CHECK(seen.all<QuotaSurprise>()[0].dimension == QuotaDimension::images_per_minute);
  REQUIRE(seen.all<Reclassified>().size() == 1);
  CHECK(seen.all<Reclassified>()[0].verdict.kind == Kind::rate_limit);
  CHECK(seen.faults() == Story{});
}

EVERY_DRIVER("Every outcome has its name", "[core][events]") {
  RecordingObserver seen;
  Pipeline pipeline{Observe{seen}, Again{1}};
  const auto outcome = [&](Steps steps, CallOptions options = {}) {
    ScriptedOperation<int> script{std::move(steps)};
    static_cast<void>(driver.run(pipeline, script, options));
    return std::string{name(seen.all<OperationEnded>().back().outcome)};
  };
  CHECK(outcome(Steps{{0s, 1}}) == "ok");
  CHECK(outcome(Steps{{0s, failing(Kind::overload)}, {0s, 1}}) == "ok_retried");
  CHECK(outcome(Steps{{0s, failing(Kind::overload)}, {0s, failing(Kind::overload)}}) == "failed_retried");
  CHECK(outcome(Steps{{0s, failing(Kind::overload)}}, {.deadline = 500ms}) == "deadline");  // the wait would not fit
  CHECK(seen.faults() == Story{});
}

EVERY_DRIVER("The end carries failure and trail, and they are the caller's own", "[core][events]") {
  RecordingObserver seen;
  ScriptedOperation<int> script{Steps{{1s, failing(Kind::overload)}, {2s, failing(Kind::network)}}};
  Pipeline pipeline{Observe{seen}, Again{1}};
  const auto result = driver.run(pipeline, script);
  const OperationEnded end = seen.all<OperationEnded>()[0];
  REQUIRE(end.failure);
  REQUIRE(end.trail);
  CHECK(end.failure->kind() == Kind::network);
  CHECK(end.failure->attempts() == 2);
  REQUIRE(end.trail->size() == 2);
  REQUIRE(result.error().trail().size() == 2);
  CHECK((*end.trail)[1].wait_ms == 1000);
  CHECK((*end.trail)[1].duration_ms == 2000);
  CHECK(result.error().trail()[1].duration_ms == 2000);
}

TEST_CASE("Concurrent calls of one pipeline are told apart", "[core][events]") {
  RecordingObserver seen;
  Simulation simulation;
  Pipeline pipeline{Observe{seen}, Again{2}, Breaker{}};
  int done = 0;
  for (int i = 0; i < 3; ++i)
    simulation.call(
        pipeline, [n = 0]() mutable { return Simulated{700ms, ++n < 3 ? Result<int>{failing(Kind::overload)} : Result<int>{n}}; },
        [&](const Result<int>& result) { done += result ? 1 : 0; }, Time{i * 100ms});
  simulation.run();
  CHECK(done == 3);
  CHECK(seen.all<OperationBegan>().size() == 3);
  CHECK(seen.all<OperationEnded>()[0].call == 1);
  CHECK(seen.all<OperationEnded>()[2].call == 3);
  CHECK(seen.faults() == Story{});
}

EVERY_DRIVER("Every observer of a pipeline is told, each only what it listens to", "[core][events]") {
  struct Attempts {
    unsigned begun = 0;
    void on(const AttemptBegan&) { ++begun; }
  } attempts;
  struct Ends {
    unsigned ended = 0;
    void on(const OperationEnded&) { ++ended; }
    void on(const WaitBegan&) { throw std::runtime_error{"an observer cannot fail a call"}; }
  } ends;
  Pipeline pipeline{Observe{attempts}, Again{2}, Observe{ends}};
  CHECK_FALSE(driver.run(pipeline, [] { return Result<int>{failing(Kind::overload)}; }));
  CHECK(attempts.begun == 3);
  CHECK(ends.ended == 1);
}
