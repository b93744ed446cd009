// SPDX-License-Identifier: BSL-1.0

// Whatever ends a call, each admission is settled exactly once. The listener in tests/support looks at the ledger after every case; here
// the verdicts with which it happens are checked too.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/every_driver.hpp"

#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

using P = CountingPolicy;

// Counts what happened since it was made.
struct Since {
  std::uint64_t granted_before = Ledger::global().granted();
  [[nodiscard]] std::uint64_t granted() const { return Ledger::global().granted() - granted_before; }
};

bool settled_all() { return Ledger::global().fault().empty(); }

struct StopFlag {
  bool set = false;
  [[nodiscard]] bool stop_requested() const { return set; }
};

// Grants when told to, and on leaving, if it is told so, all the same.
class ManualGate final : public Gate {
 public:
  explicit ManualGate(bool grants_the_leaving = false) : grants_the_leaving_(grants_the_leaving) {}

  void enter(Waiter& waiter) noexcept override { waiting_ = &waiter; }
  bool leave(Waiter& waiter) noexcept override {
    if (!waiting_) return false;
    waiting_ = nullptr;
    if (grants_the_leaving_) waiter.granted({});
    return !grants_the_leaving_;
  }
  void grant() noexcept {
    if (Waiter* waiter = std::exchange(waiting_, nullptr)) waiter->granted({});
  }
  [[nodiscard]] bool occupied() const { return waiting_ != nullptr; }

 private:
  bool grants_the_leaving_;
  Waiter* waiting_ = nullptr;
};

struct LoudClassifier {
  Verdict operator()(const int&) const { throw std::runtime_error{"the classifier"}; }
};

struct LoudObserver {
  template <class Event>
  void on(const Event&) const {
    throw std::runtime_error{"the observer"};
  }
};

// Its move throws when it is told to.
struct Brittle {
  explicit Brittle(bool throws) : throws_when_moved(throws) {}
  Brittle(Brittle&& other) noexcept(false) : throws_when_moved(other.throws_when_moved) {
    if (throws_when_moved) throw std::runtime_error{"the move"};
  }
  Brittle& operator=(Brittle&&) = default;
  ~Brittle() = default;
  bool throws_when_moved;
};

}  // namespace

EVERY_DRIVER("A success settles every admission with its verdict", "[core][exactly_once]") {
  std::vector<Verdict> verdicts;
  Pipeline pipeline{P{}.telling(verdicts), P{}.telling(verdicts), P{}.telling(verdicts)};
  const Since since;
  REQUIRE(driver.run(pipeline, [] { return 1; }));
  CHECK(since.granted() == 3);
  CHECK(settled_all());
  REQUIRE(verdicts.size() == 3);
  for (const Verdict& verdict : verdicts) CHECK(verdict.ok());
}

EVERY_DRIVER("An operation that throws is settled as abandoned, maybe sent, and its exception arrives as it was", "[core][exactly_once]") {
  struct Own {
    std::unique_ptr<int> payload;
  };
  std::vector<Verdict> verdicts;
  Pipeline pipeline{P{}.telling(verdicts), P{}.telling(verdicts)};
  try {
    static_cast<void>(driver.run(pipeline, []() -> int { throw std::make_shared<Own>(Own{std::make_unique<int>(7)}); }));
    FAIL("nothing was thrown");
  } catch (const std::shared_ptr<Own>& own) {
    CHECK(*own->payload == 7);
    CHECK(own.use_count() == 1);  // nobody kept or copied it
  }
  REQUIRE(verdicts.size() == 2);
  for (const Verdict& verdict : verdicts) {
    CHECK(verdict.kind == Kind::abandoned);
    CHECK(verdict.sent == Sent::unknown);
    CHECK(verdict.billed == Billed::maybe);
  }
  CHECK(settled_all());
}

EVERY_DRIVER("An operation that throws on a later attempt settles that attempt too", "[core][exactly_once]") {
  std::vector<Verdict> verdicts;
  Pipeline pipeline{P{Admission::go(), Reaction::again_now()}, P{}.telling(verdicts)};
  int attempts = 0;
  CHECK_THROWS_AS(driver.run(pipeline,
                             [&]() -> Result<int> {
                               if (++attempts == 3) throw std::runtime_error{"third"};
                               return Failure{Kind::overload};
                             }),
                  std::runtime_error);
  REQUIRE(verdicts.size() == 3);
  CHECK(verdicts[0].kind == Kind::overload);
  CHECK(verdicts[1].kind == Kind::overload);
  CHECK(verdicts[2].kind == Kind::abandoned);
  CHECK(settled_all());
}

EVERY_DRIVER("A classifier that throws settles every admission", "[core][exactly_once]") {
  Pipeline pipeline{P{}, P{}};
  const Since since;
  CHECK_THROWS_WITH(driver.run(pipeline, [] { return 1; }, LoudClassifier{}), "the classifier");
  CHECK(since.granted() == 2);
  CHECK(settled_all());
}

EVERY_DRIVER("An observer that throws is not heard of again, and the call goes on", "[core][exactly_once]") {
  LoudObserver observer;
  Pipeline pipeline{Observe{observer}, P{Admission::go(), Reaction::again_now()}, P{}};
  int attempts = 0;
  const Result<int> result = driver.run(pipeline, [&]() -> Result<int> {
    if (++attempts < 3) return Failure{Kind::overload};
    return attempts;
  });
  CHECK(result.value() == 3);
  CHECK(settled_all());
}

TEST_CASE("A move of T that throws settles every admission", "[core][exactly_once]") {
  const Since since;
  std::vector<Verdict> verdicts;
  SECTION("on the straight path") {
    Pipeline pipeline{P{}.telling(verdicts), P{}};
    CHECK_THROWS_WITH(pipeline.run([] { return Brittle{true}; }), "the move");
  }
  SECTION("in the machine, where an observed call ends") {
    LoudObserver observer;
    Pipeline pipeline{Observe{observer}, P{}.telling(verdicts), P{}};
    CHECK_THROWS_WITH(pipeline.run([] { return Brittle{true}; }), "the move");
  }
  SECTION("in the machine, after a repeat") {
    Pipeline pipeline{P{}.telling(verdicts), P{Admission::go_at(Time{}, Kind::quota, WaitSource::quota)}};
    CHECK_THROWS_WITH(pipeline.run([] { return Brittle{true}; }), "the move");
  }
  CHECK(since.granted() == 2);
  REQUIRE(verdicts.size() == 1);
  CHECK(verdicts[0].kind == Kind::abandoned);
  CHECK(settled_all());
}

EVERY_DRIVER("A rejection at any depth settles the layers outside it, and only those", "[core][exactly_once]") {
  const auto depth = GENERATE(0U, 1U, 2U, 3U);
  std::vector<Verdict> verdicts;
  const auto at = [&](unsigned layer) {
    return P{layer == depth ? Admission::reject(Kind::circuit_open, Time{9s}, "rejected") : Admission::go()}.telling(verdicts);
  };
  Pipeline pipeline{at(0), at(1), at(2), at(3)};
  const Since since;
  bool called = false;
  const Result<void> result = driver.run(pipeline, [&] { called = true; });
  CHECK_FALSE(called);
  CHECK(since.granted() == depth);
  REQUIRE(verdicts.size() == depth);
  for (const Verdict& verdict : verdicts) {
    CHECK(verdict.kind == Kind::circuit_open);
    CHECK(verdict.says == Says::policy);
    CHECK(verdict.sent == Sent::no);
    CHECK(verdict.billed == Billed::no);
    CHECK(verdict.id == FailureId{"rejected"});
  }
  CHECK(result.error().kind() == Kind::circuit_open);
  CHECK(result.error().attempts() == 0);
  CHECK(settled_all());
}

EVERY_DRIVER("An admission for a moment that does not fit the deadline is taken back, and its layer counts as one that refused",
             "[core][exactly_once]") {
  std::vector<Verdict> outer;
  std::vector<Verdict> own;
  Pipeline pipeline{P{}.telling(outer), P{Admission::go_at(Time{10s}, Kind::quota, WaitSource::quota), Reaction::again_now()}.telling(own)};
  const Result<int> result = driver.run(pipeline, [] { return 1; }, CallOptions{.deadline = 5s});
  REQUIRE(own.size() == 1);
  CHECK(own[0].kind == Kind::abandoned);  // not its own refusal: a breaker would count that, and this one would go round for ever
  CHECK(own[0].sent == Sent::no);
  REQUIRE(outer.size() == 1);
  CHECK(outer[0].kind == Kind::quota);
  CHECK(result.error().earliest_retry_at() == Time{10s});
  CHECK(has(result.error().notes(), Note::deadline_would_pass));
  CHECK(driver.now()() == Time{});  // refused before the wait, not after it
  CHECK(settled_all());
}

EVERY_DRIVER("A stop ends each kind of wait at once, and everything is settled", "[core][exactly_once]") {
  driver.at(Time{3s}, [&] { driver.stop(); });
  std::vector<Verdict> verdicts;
  const Since since;
  const auto overloaded = []() -> Result<int> { return Failure{Kind::overload}; };
  const auto check_stopped = [&](auto& pipeline, auto operation) {
    const Result<int> result = driver.run(pipeline, operation);
    CHECK(result.error().kind() == Kind::cancelled);
    CHECK(result.error().says() == Says::caller);
    CHECK(driver.now()() == Time{3s});
  };
  std::uint64_t granted = 2;
  std::size_t settled_by_stop = 1;

  SECTION("the wait before a repeat") {
    Pipeline pipeline{P{}.telling(verdicts), P{Admission::go(), Reaction::again_at(Time{1h}, WaitSource::backoff)}};
    check_stopped(pipeline, overloaded);
  }
  SECTION("the wait of an admission that holds a reservation") {
    Pipeline pipeline{P{}.telling(verdicts), P{Admission::go_at(Time{1h}, Kind::quota, WaitSource::quota)}.telling(verdicts)};
    check_stopped(pipeline, overloaded);
    settled_by_stop = 2;
  }
  SECTION("the wait until a layer may be asked again") {
    Pipeline pipeline{P{}.telling(verdicts), P{Admission::ask_at(Time{1h}, Kind::quota, WaitSource::quota)}};
    check_stopped(pipeline, overloaded);
    granted = 1;
  }
  SECTION("the wait at a gate") {
    ManualGate gate;
    Pipeline pipeline{P{}.telling(verdicts), P{Admission::wait(gate, Kind::bulkhead_full)}};
    check_stopped(pipeline, overloaded);
    CHECK_FALSE(gate.occupied());
    granted = 1;
  }
  SECTION("the wait at a gate that grants in the moment of leaving") {
    ManualGate gate{true};
    Pipeline pipeline{P{}.telling(verdicts), P{Admission::wait(gate, Kind::bulkhead_full)}.telling(verdicts)};
    check_stopped(pipeline, overloaded);
    settled_by_stop = 2;  // what was granted too late is given back
  }
  SECTION("the attempt, when the operation gives up for it") {
    Pipeline pipeline{P{}.telling(verdicts), P{Admission::go(), Reaction::again_now()}.telling(verdicts)};
    check_stopped(pipeline, [] { return Simulated{1h, Result<int>{Failure{Kind::network}}}; });
    settled_by_stop = 2;
    for (const Verdict& verdict : verdicts) CHECK(verdict.sent == Sent::unknown);
  }

  REQUIRE(verdicts.size() == settled_by_stop);
  for (const Verdict& verdict : verdicts) CHECK(verdict.kind == Kind::abandoned);
  CHECK(since.granted() == granted);
  CHECK(settled_all());
}

TEST_CASE("A clock that throws leaves no waiter at a gate, and what the gate grants then is settled", "[core][exactly_once]") {
  const bool grants_the_leaving = GENERATE(false, true);
  ManualGate gate{grants_the_leaving};
  VirtualClock clock;
  clock.at(Time{1s}, [] { throw std::runtime_error{"the clock"}; });
  Pipeline pipeline{P{}, P{Admission::wait(gate, Kind::bulkhead_full)}};
  const Since since;
  CHECK_THROWS_WITH(pipeline.run([] {}, clock), "the clock");
  CHECK_FALSE(gate.occupied());
  CHECK(since.granted() == (grants_the_leaving ? 2 : 1));
  CHECK(settled_all());
}

TEST_CASE("A stop token that throws settles what is held", "[core][exactly_once]") {
  struct Loud {
    int* asked;
    int from;
    [[nodiscard]] bool stop_requested() const {
      if (++*asked >= from) throw std::runtime_error{"the token"};
      return false;
    }
  };
  const int from = GENERATE(1, 2, 3, 4, 5);
  int asked = 0;
  VirtualClock clock;
  Pipeline pipeline{P{}, P{Admission::go(), Reaction::again_at(Time{1s}, WaitSource::backoff)}};
  CHECK_THROWS_WITH(pipeline.run([]() -> Result<int> { return Failure{Kind::overload}; }, clock, Loud{&asked, from}), "the token");
  CHECK(asked == from);
  CHECK(settled_all());
}

EVERY_DRIVER("A stop that came before the call asks nobody", "[core][exactly_once]") {
  Pipeline pipeline{P{}, P{}};
  const Since since;
  bool called = false;
  driver.stop();
  const Result<void> result = driver.run(pipeline, [&] { called = true; });
  CHECK(result.error().kind() == Kind::cancelled);
  CHECK_FALSE(called);
  CHECK(since.granted() == 0);
}

// Not the simulation: what is cancelled in it ends after what happens in the same moment.
TWO_DRIVERS(blocking, asynchronous, "A stop between two attempts leaves the second unsent, and says so", "[core][exactly_once]") {
  struct StopsAtSecondAttempt {  // an observer may know of the attempt only when it is really made
    Driver& driver;
    unsigned begun = 0;
    void on(const AttemptBegan&) { ++begun; }
    void on(const AttemptEnded&) { driver.stop(); }
  } observer{driver};
  std::vector<Verdict> verdicts;
  Pipeline pipeline{Observe{observer}, P{Admission::go(), Reaction::again_now()}, P{}.telling(verdicts)};
  int attempts = 0;
  const Result<int> result = driver.run(pipeline, [&]() -> Result<int> { return ++attempts, Failure{Kind::overload}; });
  CHECK(result.error().kind() == Kind::cancelled);
  CHECK(attempts == 1);
  CHECK(observer.begun == 1);
  CHECK(result.error().attempts() == 1);
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[1].kind == Kind::abandoned);
  CHECK(verdicts[1].sent == Sent::no);  // a reservation may be refunded
  CHECK(settled_all());
}

// Not the simulation: a cancelled attempt ends at once in it, and nobody hears what it would have said.
TWO_DRIVERS(blocking, asynchronous, "A success that arrives after the stop is kept", "[core][exactly_once]") {
  LoudObserver observer;
  const auto stops = [&] { return driver.stop(), 5; };
  SECTION("on the straight path") {
    Pipeline pipeline{P{}};
    CHECK(driver.run(pipeline, stops).value() == 5);
  }
  SECTION("in the machine") {
    Pipeline observed{Observe{observer}, P{}};
    CHECK(driver.run(observed, stops).value() == 5);
    Pipeline deviating{P{Admission::go_at(Time{}, Kind::quota, WaitSource::quota)}};
    CHECK(driver.run(deviating, stops).value() == 5);
  }
}

TEST_CASE("A destroyed simulation settles calls in every state", "[core][exactly_once]") {
  ManualGate gate;
  ManualGate late_gate{true};
  std::vector<Verdict> verdicts;
  Pipeline running{P{}.telling(verdicts), P{}.telling(verdicts)};
  Pipeline backing_off{P{}, P{Admission::go(), Reaction::again_at(Time{1h}, WaitSource::backoff)}};
  Pipeline holding{P{}, P{Admission::go_at(Time{1h}, Kind::quota, WaitSource::quota)}};
  Pipeline asking{P{}, P{Admission::ask_at(Time{1h}, Kind::quota, WaitSource::quota)}};
  Pipeline at_gate{P{}, P{Admission::wait(gate, Kind::bulkhead_full)}};
  Pipeline at_late_gate{P{}, P{Admission::wait(late_gate, Kind::bulkhead_full)}, P{}};
  bool done = false;
  const Since since;
  {
    Simulation simulation;
    const auto fails = [] { return Simulated{1s, Result<int>{Failure{Kind::overload}}}; };
    const auto finish = [&](const Result<int>&) { done = true; };
    simulation.call(running, [] { return Simulated{1h, 1}; }, finish);
    simulation.call(backing_off, fails, finish);
    simulation.call(holding, fails, finish);
    simulation.call(asking, fails, finish);
    simulation.call(at_gate, fails, finish);
    simulation.call(at_late_gate, fails, finish);
    simulation.call(running, fails, finish, Time{1h});  // not begun
    simulation.run_until(Time{10s});
    REQUIRE(simulation.calls() == 7);
    CHECK(since.granted() == 2 + 2 + 2 + 1 + 1 + 1);
    CHECK(Ledger::global().alive() == 8);  // backing off has settled its attempt and holds only the layer outside
  }
  CHECK_FALSE(done);
  CHECK_FALSE(gate.occupied());
  CHECK(since.granted() == 9 + 2);  // the late gate's grant, and the layer inside it
  REQUIRE(verdicts.size() == 2);
  CHECK(verdicts[0].kind == Kind::abandoned);
  CHECK(verdicts[0].sent == Sent::unknown);
  CHECK(settled_all());
}

TEST_CASE("A cancelled call of a simulation settles at that moment, in every state", "[core][exactly_once]") {
  ManualGate gate;
  ManualGate late_gate{true};
  Pipeline running{P{}, P{}};
  Pipeline backing_off{P{}, P{Admission::go(), Reaction::again_at(Time{1h}, WaitSource::backoff)}};
  Pipeline holding{P{}, P{Admission::go_at(Time{1h}, Kind::quota, WaitSource::quota)}};
  Pipeline asking{P{}, P{Admission::ask_at(Time{1h}, Kind::quota, WaitSource::quota)}};
  Pipeline at_gate{P{}, P{Admission::wait(gate, Kind::bulkhead_full)}};
  Pipeline at_late_gate{P{}, P{Admission::wait(late_gate, Kind::bulkhead_full)}, P{}};
  Simulation simulation;
  std::vector<Simulation::Call> calls;
  std::vector<Kind> ends;
  const auto fails = [] { return Simulated{1s, Result<int>{Failure{Kind::overload}}}; };
  const auto finish = [&](const Result<int>& result) { ends.push_back(result.error().kind()); };
  calls.push_back(simulation.call(running, [] { return Simulated{2h, 1}; }, finish));
  calls.push_back(simulation.call(backing_off, fails, finish));
  calls.push_back(simulation.call(holding, fails, finish));
  calls.push_back(simulation.call(asking, fails, finish));
  calls.push_back(simulation.call(at_gate, fails, finish));
  calls.push_back(simulation.call(at_late_gate, fails, finish));
  calls.push_back(simulation.call(running, fails, finish, Time{3h}));
  simulation.at(Time{10s}, [&] {
    for (auto& call : calls) call.cancel();
  });
  simulation.run_until(Time{10s});
  CHECK(simulation.calls() == 0);
  CHECK(ends == std::vector<Kind>(7, Kind::cancelled));
  CHECK(settled_all());
}

TEST_CASE("An operation that throws in a simulation leaves run, and the other calls go on", "[core][exactly_once]") {
  Pipeline pipeline{P{}, P{}};
  Simulation simulation;
  int done = 0;
  simulation.call(
      pipeline, []() -> Simulated<int> { throw std::runtime_error{"the operation"}; }, [&](const Result<int>&) { done += 100; });
  simulation.call(pipeline, [] { return Simulated{1s, 1}; }, [&](const Result<int>&) { ++done; });
  CHECK_THROWS_WITH(simulation.run(), "the operation");
  CHECK(simulation.calls() == 1);
  simulation.run();
  CHECK(done == 1);
  CHECK(settled_all());
}

EVERY_DRIVER("Two layers of the same type keep their admissions apart", "[core][exactly_once]") {
  Ledger outer;
  Ledger inner;
  Pipeline pipeline{P{Admission::go(), Reaction::again_now(), outer}, P{Admission::go(), Reaction::pass(), inner}};
  int attempts = 0;
  static_cast<void>(driver.run(pipeline, [&]() -> Result<int> {
    if (++attempts < 4) return Failure{Kind::overload};
    return 1;
  }));
  CHECK(outer.granted() == 4);
  CHECK(inner.granted() == 4);
  CHECK(outer.fault().empty());
  CHECK(inner.fault().empty());
}

TEST_CASE("The ledger sees a policy that forgets to settle", "[core][exactly_once]") {
  struct Forgetful {
    using Call = P::Call;
    Ledger* ledger;
    Admission admit(NoState&, Call& call, Now, const Attempt&) const noexcept {
      call.admission = ledger->grant();
      return Admission::go();
    }
  };
  Ledger ledger;
  Pipeline pipeline{Forgetful{&ledger}};
  REQUIRE(pipeline.run([] { return 1; }));
  CHECK(ledger.alive() == 1);
  CHECK(ledger.fault() == "admissions granted 1, settled 0, alive 1, settled twice or never granted 0");
}

TEST_CASE("The ledger sees an admission that is settled twice, and one that was never granted", "[core][exactly_once]") {
  Ledger ledger;
  const auto admission = ledger.grant();
  ledger.settle(admission);
  CHECK(ledger.fault().empty());
  ledger.settle(GENERATE(1U, 99U));
  CHECK_FALSE(ledger.fault().empty());
}
