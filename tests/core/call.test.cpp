// SPDX-License-Identifier: BSL-1.0

// How the machine follows the policies' answers: repeats, refusals, deadlines, gates, and what the caller is told.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"

#include <ductile/drivers/blocking.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

using P = CountingPolicy;

// Decides by what a test gives it.
struct Told {
  static constexpr unsigned edits = edits_deadline | edits_revision;
  struct Call {
    std::uint32_t asked = 0;
  };
  std::function<Admission(Call&, Now, const Attempt&)> on_admit = [](Call&, Now, const Attempt&) { return Admission::go(); };
  std::function<Reaction(Call&, Now, const Verdict&)> on_settle = [](Call&, Now, const Verdict&) { return Reaction::pass(); };
  std::function<bool(const Verdict&)> on_extra = [](const Verdict&) { return true; };

  Admission admit(NoState&, Call& call, Now now, const Attempt& attempt) const noexcept { return on_admit(call, now, attempt); }
  Reaction settle(NoState&, Call& call, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    return on_settle(call, now, verdict);
  }
  bool extra(NoState&, Call&, Now, const Attempt&, const Verdict& verdict) const noexcept { return on_extra(verdict); }
};

Reaction again(Told::Call&, Now, const Verdict&) { return Reaction::again_now(); }

// Fails `failures` times with `failure`, then succeeds with the number of the attempt.
auto fails(unsigned failures, Failure failure = Failure{Kind::overload}) {
  return [failures, failure](const Attempt& attempt) -> Result<int> {
    if (attempt.number <= failures) return failure;
    return static_cast<int>(attempt.number);
  };
}

Verdict lost() {
  Verdict verdict;
  verdict.kind = Kind::network;
  verdict.remedy = Remedy::immediately;
  verdict.says = Says::transport;
  verdict.sent = Sent::unknown;
  return verdict;
}

// Answers each visit with the next answer; none left: never.
class AnsweringGate final : public Gate {
 public:
  explicit AnsweringGate(VirtualClock& clock, std::vector<std::pair<Duration, Grant>> answers)
      : clock_(clock), answers_(std::move(answers)) {}
  void enter(Waiter& waiter) noexcept override {
    tickets.push_back(waiter.ticket());
    if (answers_.empty()) return;
    const std::pair<Duration, Grant> answer = answers_.front();
    answers_.erase(answers_.begin());
    waiting_ = &waiter;
    clock_.at(clock_.now()() + answer.first, [this, grant = answer.second] {
      if (Waiter* told = std::exchange(waiting_, nullptr)) told->granted(grant);
    });
  }
  bool leave(Waiter&) noexcept override {
    waiting_ = nullptr;
    return true;
  }
  std::vector<std::uint64_t> tickets;

 private:
  VirtualClock& clock_;
  std::vector<std::pair<Duration, Grant>> answers_;
  Waiter* waiting_ = nullptr;
};

// A layer that lets those inside wait for a start until 4 s.
struct Patience {
  static constexpr unsigned edits = edits_start;
  Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::go().starting_by(Time{4s}); }
};

// Writes down what time it is told. Time passes between two of them.
struct Reader {
  static constexpr bool reads_time = true;
  std::vector<Time>* readings;
  VirtualClock* clock;
  Admission admit(NoState&, NoCall&, Now now, const Attempt&) const noexcept {
    clock->advance(1s);  // time passes between two layers
    readings->push_back(now());
    return Admission::go();
  }
  Reaction settle(NoState&, NoCall&, Now now, const Attempt&, const Verdict&) const noexcept {
    readings->push_back(now());
    return Reaction::pass();
  }
};

}  // namespace

TEST_CASE("A pipeline of no policies makes one attempt", "[core][call]") {
  Pipeline pipeline{};
  CHECK(pipeline.run(fails(0)).value() == 1);
  const auto failed = pipeline.run(fails(1));
  CHECK(failed.error().kind() == Kind::overload);
  CHECK(failed.error().attempts() == 1);
  CHECK(failed.error().trail().size() == 1);
}

TEST_CASE("A layer that wants another trip gets it, at once or at its moment", "[core][call]") {
  VirtualClock clock;
  SECTION("at once") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
    CHECK(pipeline.run(fails(4), clock).value() == 5);
    CHECK(clock.now()() == Time{});
  }
  SECTION("at its moment") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_at(Time{7s}, WaitSource::backoff)}};
    CHECK(pipeline.run(fails(1), clock).value() == 2);
    CHECK(clock.now()() == Time{7s});
  }
  SECTION("a moment that has passed is at once") {
    clock.advance(10s);
    Pipeline pipeline{P{Admission::go(), Reaction::again_at(Time{7s}, WaitSource::backoff)}};
    CHECK(pipeline.run(fails(3), clock).value() == 4);
    CHECK(clock.now()() == Time{10s});
  }
}

TEST_CASE("After a success nothing asks again", "[core][call]") {
  Pipeline pipeline{P{Admission::go(), Reaction::again_now()}, P{Admission::go(), Reaction::again_at(Time{1h}, WaitSource::backoff)}};
  VirtualClock clock;
  const auto failures = GENERATE(0U, 1U);
  CHECK(trips(pipeline.run(fails(failures), clock)) == failures + 1);
}

TEST_CASE("The innermost layer that wants another trip gets it, the others do not hear of the failure", "[core][call]") {
  std::vector<std::string> heard;
  const auto layer = [&](const char* name, bool wants) {
    Told told;
    told.on_settle = [&heard, name, wants](Told::Call&, Now, const Verdict& verdict) {
      heard.push_back(std::string{name} + (verdict.ok() ? " ok" : " failed"));
      return wants ? Reaction::again_now() : Reaction::pass();
    };
    return told;
  };
  Pipeline pipeline{layer("outer", true), layer("middle", true), layer("inner", false)};
  CHECK(pipeline.run(fails(1)));
  CHECK(heard == std::vector<std::string>{"inner failed", "middle failed", "inner ok", "middle ok", "outer ok"});
}

TEST_CASE("A layer keeps its Call over its own repeats and begins anew when a layer outside repeats", "[core][call]") {
  std::vector<std::uint32_t> asked;
  Told inner;
  inner.on_admit = [&](Told::Call& call, Now, const Attempt&) {
    asked.push_back(++call.asked);
    return Admission::go();
  };
  inner.on_settle = [](Told::Call& call, Now, const Verdict&) { return call.asked < 3 ? Reaction::again_now() : Reaction::pass(); };
  Told outer;
  outer.on_settle = again;
  Pipeline pipeline{outer, inner};
  CHECK(pipeline.run(fails(4)).value() == 5);
  CHECK(asked == std::vector<std::uint32_t>{1, 2, 3, 1, 2});
}

TEST_CASE("Every layer that is asked again sees the number of the attempt that it decides on", "[core][call]") {
  std::vector<std::uint32_t> outer_numbers;
  std::vector<std::uint32_t> inner_numbers;
  const auto noting = [](std::vector<std::uint32_t>& numbers) {
    Told told;
    told.on_admit = [&numbers](Told::Call&, Now, const Attempt& attempt) { return numbers.push_back(attempt.number), Admission::go(); };
    told.on_settle = [](Told::Call& call, Now, const Verdict&) { return ++call.asked < 2 ? Reaction::again_now() : Reaction::pass(); };
    return told;
  };
  Pipeline pipeline{noting(outer_numbers), noting(inner_numbers)};
  CHECK_FALSE(pipeline.run(fails(9)));
  CHECK(outer_numbers == std::vector<std::uint32_t>{1, 3});
  CHECK(inner_numbers == std::vector<std::uint32_t>{1, 2, 3, 4});
}

TEST_CASE("A failure that an operation calls abandoned is not tried again", "[core][call]") {
  Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
  CHECK(pipeline.run(fails(9, Failure{Kind::abandoned})).error().attempts() == 1);
}

TEST_CASE("Outer layers are asked before the wait, from the inside out, until one refuses", "[core][call]") {
  std::vector<std::string> asked;
  const auto permit = [&](const char* name, bool allows) {
    Told told;
    told.on_extra = [&asked, name, allows](const Verdict& verdict) {
      CHECK(verdict.kind == Kind::overload);
      asked.emplace_back(name);
      return allows;
    };
    return told;
  };
  Told retry;
  retry.on_settle = [](Told::Call&, Now now, const Verdict&) { return Reaction::again_at(now() + 5s, WaitSource::backoff); };
  VirtualClock clock;

  SECTION("all allow it") {
    Pipeline pipeline{permit("budget", true), permit("table", true), retry, permit("inside", false)};
    CHECK(pipeline.run(fails(1), clock).value() == 2);
    CHECK(asked == std::vector<std::string>{"table", "budget"});
  }
  SECTION("a nearer layer refuses: the budget, outermost, is not asked and spends nothing") {
    Pipeline pipeline{permit("budget", true), permit("table", false), retry};
    const auto result = pipeline.run(fails(9), clock);
    CHECK(asked == std::vector<std::string>{"table"});
    CHECK(result.error().kind() == Kind::overload);  // the failure that led to it, not the refusal
    CHECK(has(result.error().notes(), Note::outer_layer_refused));
    CHECK(result.error().attempts() == 1);
  }
  SECTION("the budget refuses: no wait was begun") {
    Pipeline pipeline{permit("budget", false), permit("table", true), retry};
    CHECK_FALSE(pipeline.run(fails(9), clock));
    CHECK(asked == std::vector<std::string>{"table", "budget"});
    CHECK(clock.now()() == Time{});
  }
}

TEST_CASE("What a layer says about the end reaches the caller", "[core][call]") {
  Told told;
  told.on_settle = [](Told::Call&, Now, const Verdict&) { return Reaction::pass().because(Note::attempts_spent).earliest(Time{90s}); };
  Pipeline pipeline{told};
  const auto result = pipeline.run(fails(9));
  CHECK(has(result.error().notes(), Note::attempts_spent));
  CHECK(result.error().earliest_retry_at() == Time{90s});
}

TEST_CASE("A hint that nobody waited for says when to come back", "[core][call]") {
  VirtualClock clock;
  clock.advance(100s);
  Verdict verdict;
  verdict.kind = Kind::rate_limit;
  verdict.remedy = Remedy::after_delay;
  verdict.hint = 40s;
  Pipeline pipeline{P{}};
  CHECK(pipeline.run(fails(9, Failure{verdict}), clock).error().earliest_retry_at() == Time{140s});
  verdict.remedy = Remedy::never;  // then no wait helps
  CHECK_FALSE(pipeline.run(fails(9, Failure{verdict}), clock).error().earliest_retry_at().has_value());
}

TEST_CASE("From when on trying again helps is told from the failure on, by the call's clock", "[core][call]") {
  VirtualClock clock;
  clock.advance(100s);
  const auto retry_after = [&](auto layer, auto operation) {
    Pipeline pipeline{layer};
    return pipeline.run(operation, clock, CallOptions{.deadline = 10s}).error().retry_after();
  };
  Verdict verdict;
  verdict.kind = Kind::rate_limit;
  verdict.remedy = Remedy::after_delay;
  verdict.hint = 40s;
  CHECK(retry_after(P{}, fails(9, Failure{verdict})) == 40s);                                                 // a hint
  CHECK(retry_after(P{Admission::reject(Kind::circuit_open, Time{115s})}, fails(0)) == 15s);                  // a refusal
  CHECK(retry_after(P{Admission::ask_at(Time{111s}, Kind::quota, WaitSource::quota)}, fails(0)) == 11s);      // too long a wait
  CHECK(retry_after(P{Admission::go(), Reaction::again_at(Time{112s}, WaitSource::hint)}, fails(9)) == 12s);  // or repeat
  CHECK(retry_after(P{Admission::go(), Reaction::pass().earliest(Time{190s})}, fails(9)) == 90s);             // a layer's word
  CHECK_FALSE(retry_after(P{}, fails(9)));
}

// --- deadlines

TEST_CASE("A wait that does not fit the deadline is refused before it begins", "[core][call]") {
  VirtualClock clock;
  const CallOptions options{.deadline = 10s};
  SECTION("before a repeat") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_at(Time{10s}, WaitSource::hint)}};
    const auto result = pipeline.run(fails(9), clock, options);
    CHECK(result.error().kind() == Kind::overload);
    CHECK(result.error().earliest_retry_at() == Time{10s});
    CHECK(has(result.error().notes(), Note::deadline_would_pass));
  }
  SECTION("before a layer is asked again") {
    Pipeline pipeline{P{Admission::ask_at(Time{11s}, Kind::rate_limit, WaitSource::quota)}};
    const auto result = pipeline.run(fails(0), clock, options);
    CHECK(result.error().kind() == Kind::rate_limit);
    CHECK(result.error().remedy() == Remedy::after_delay);
    CHECK(result.error().earliest_retry_at() == Time{11s});
    CHECK(has(result.error().notes(), Note::deadline_would_pass));
  }
  CHECK(clock.now()() == Time{});
}

TEST_CASE("A wait that just fits is waited", "[core][call]") {
  VirtualClock clock;
  Pipeline pipeline{P{Admission::go(), Reaction::again_at(Time{10s - 1ns}, WaitSource::hint)}};
  CHECK(pipeline.run(fails(1), clock, CallOptions{.deadline = 10s}).value() == 2);
}

TEST_CASE("No attempt begins when its deadline has passed", "[core][call]") {
  VirtualClock clock;
  std::vector<Verdict> verdicts;
  bool called = false;
  const auto operation = [&] { called = true; };
  SECTION("on the straight path") {
    Told told;
    told.on_admit = [](Told::Call&, Now now, const Attempt&) { return Admission::go().until(now()); };
    Pipeline pipeline{P{}.telling(verdicts), told};
    CHECK(pipeline.run(operation, clock).error().kind() == Kind::deadline);
  }
  SECTION("after a wait inside a layer that brought the deadline forward") {
    Told told;
    told.on_admit = [](Told::Call&, Now now, const Attempt&) {
      return Admission::go_at(now() + 2s, Kind::quota, WaitSource::quota).until(now() + 3s);
    };
    Told late;  // a clock that overslept
    late.on_admit = [&](Told::Call&, Now, const Attempt&) {
      clock.advance(5s);
      return Admission::go();
    };
    Pipeline pipeline{P{}.telling(verdicts), told, late};
    CHECK(pipeline.run(operation, clock).error().kind() == Kind::deadline);
  }
  CHECK_FALSE(called);
  REQUIRE(verdicts.size() == 1);
  CHECK(verdicts[0].kind == Kind::deadline);
  CHECK(verdicts[0].sent == Sent::no);
}

TEST_CASE("A repeat at once does not begin after the layer's deadline", "[core][call]") {
  VirtualClock clock;
  Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
  const auto result = pipeline.run(
      [&]() -> Result<int> {
        clock.advance(6s);
        return Failure{Kind::overload};
      },
      clock, CallOptions{.deadline = 10s});
  CHECK(result.error().attempts() == 2);
  CHECK(has(result.error().notes(), Note::deadline_would_pass));
}

TEST_CASE("A layer can bring the deadline forward and never put it off", "[core][call]") {
  VirtualClock clock;
  const auto limits = [](Duration limit) {
    Told told;
    told.on_admit = [limit](Told::Call&, Now now, const Attempt&) { return Admission::go().until(now() + limit); };
    return told;
  };
  Pipeline pipeline{limits(8s), limits(20s)};
  Time seen{};
  CHECK(pipeline.run([&](const Attempt& attempt) { seen = attempt.deadline; }, clock, CallOptions{.deadline = 10s}));
  CHECK(seen == Time{8s});
}

// --- what one call overrides

TEST_CASE("A call's own options reach every layer and the operation", "[core][call]") {
  std::vector<Attempt> seen;
  Told told;
  told.on_admit = [&](Told::Call&, Now, const Attempt& attempt) { return seen.push_back(attempt), Admission::go(); };
  Pipeline pipeline{told, P{}, told};
  VirtualClock clock;
  clock.advance(1s);
  CHECK(pipeline.run([&](const Attempt& attempt) { seen.push_back(attempt); }, clock,
                     CallOptions{.deadline = 4s, .attempts = 7, .targets = 0b101}));
  REQUIRE(seen.size() == 3);
  for (const Attempt& attempt : seen) {
    CHECK(attempt.deadline == Time{5s});
    CHECK(attempt.own_deadline);
    CHECK(attempt.attempts == 7);
    CHECK(attempt.targets == 0b101);
    CHECK(attempt.remaining(Time{2s}) == 3s);
    CHECK(attempt.remaining(Time{9s}) == 0s);
  }
}

TEST_CASE("A call without time fails at once and asks nobody", "[core][call]") {
  const auto deadline = GENERATE(0s, -3s);
  std::uint64_t before = Ledger::global().granted();
  Pipeline pipeline{P{}};
  const auto result = pipeline.run(fails(0), CallOptions{.deadline = deadline});
  CHECK(result.error().kind() == Kind::deadline);
  CHECK(result.error().says() == Says::policy);
  CHECK(result.error().attempts() == 0);
  CHECK(Ledger::global().granted() == before);
}

// --- what must not be repeated

TEST_CASE("An operation that must not be repeated is not, when its answer is lost", "[core][call]") {
  const Failure failure{lost()};
  SECTION("whichever layer wants to") {
    Pipeline inner{P{}, P{Admission::go(), Reaction::again_now()}};
    Pipeline outer{P{Admission::go(), Reaction::again_now()}, P{}};
    Pipeline both{P{Admission::go(), Reaction::again_now()}, P{Admission::go(), Reaction::again_now()}};
    for (const auto& result : {inner.run(never_repeated(fails(1, failure))), outer.run(never_repeated(fails(1, failure))),
                               both.run(never_repeated(fails(1, failure)))}) {
      CHECK(result.error().attempts() == 1);
      CHECK(has(result.error().notes(), Note::not_repeatable));
    }
  }
  SECTION("not when the answer is there") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
    CHECK(pipeline.run(never_repeated(fails(1, Failure{Kind::overload}))).value() == 2);
  }
  SECTION("not when nothing was sent") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
    Verdict refused = lost();
    refused.sent = Sent::no;
    CHECK(pipeline.run(never_repeated(fails(1, Failure{refused}))).value() == 2);
  }
  SECTION("and one that may be repeated is") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
    CHECK(pipeline.run(repeatable(fails(1, failure))).value() == 2);
    CHECK(pipeline.run(fails(1, failure)).value() == 2);
  }
}

TEST_CASE("A tagged operation is called where it lies", "[core][call]") {
  auto operation = never_repeated([calls = 0]() mutable { return ++calls; });
  Pipeline pipeline{P{}};
  CHECK(pipeline.run(operation).value() == 1);
  CHECK(pipeline.run(operation).value() == 2);
  const auto constant = repeatable([] { return 3; });
  CHECK(pipeline.run(constant).value() == 3);
}

// --- provenance and trail

namespace {
// Goes from target to target.
struct Chain {
  static constexpr Role role = Role::fallback;
  static constexpr unsigned edits = edits_target;
  struct Call {
    std::uint8_t target = 0;
  };
  [[nodiscard]] static unsigned targets() { return 3; }
  Admission admit(NoState&, Call& call, Now, const Attempt&) const noexcept { return Admission::go().on(call.target); }
  Reaction settle(NoState&, Call& call, Now, const Attempt&, const Verdict&) const noexcept {
    return ++call.target < 3 ? Reaction::again_now() : Reaction::pass();
  }
};
}  // namespace

TEST_CASE("A success says which target gave it, and at which attempt", "[core][call]") {
  Pipeline pipeline{Chain{}, P{}};
  SECTION("the first, at once") {
    const auto result = pipeline.run(fails(0));
    CHECK(served_by(result) == 0);
    CHECK(trips(result) == 1);
    CHECK_FALSE(degraded(result));
  }
  SECTION("another, later; through moves and conversions") {
    Result<int> result = pipeline.run(fails(2));
    Result<int> moved = std::move(result);
    Result<long> converted{std::move(moved)};
    CHECK(served_by(converted) == 2);
    CHECK(trips(converted) == 3);
    CHECK(degraded(converted));
  }
}

TEST_CASE("A success counts at most 256 attempts, a failure more", "[core][call]") {
  Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
  CHECK(trips(pipeline.run(fails(254))) == 255);
  CHECK(trips(pipeline.run(fails(255))) == 256);
  CHECK(trips(pipeline.run(fails(300))) == 256);
  Told stubborn;
  stubborn.on_settle = [](Told::Call& call, Now, const Verdict&) { return ++call.asked < 300 ? Reaction::again_now() : Reaction::pass(); };
  Pipeline longer{stubborn};
  const auto failed = longer.run(fails(999));
  CHECK(failed.error().attempts() == 300);
  CHECK(failed.error().trail().size() == 300);
  CHECK(failed.error().trail().kept() == 256);
}

TEST_CASE("A failure says where it stood, and keeps the trail of the call", "[core][call]") {
  VirtualClock clock;
  Told told;
  told.on_settle = [](Told::Call& call, Now now, const Verdict&) {
    return ++call.asked < 3 ? Reaction::again_at(now() + 1500ms * call.asked, WaitSource::backoff) : Reaction::pass();
  };
  Pipeline pipeline{Chain{}, told};
  const auto result = pipeline.run(
      [&](const Attempt& attempt) -> Result<int> {
        if (attempt.target == 0) return Failure{Kind::overload};
        return Failure{lost()};
      },
      clock);
  const Failure& failure = result.error();
  CHECK(failure.target() == 2);
  CHECK(failure.attempts() == 9);
  const Trail& trail = failure.trail();
  REQUIRE(trail.size() == 9);
  for (std::size_t i = 0; i < 9; ++i) {
    CAPTURE(i);
    CHECK(trail[i].number == i + 1);
    CHECK(trail[i].target == i / 3);
    CHECK(trail[i].kind == (i < 3 ? Kind::overload : Kind::network));
    CHECK(trail[i].sent == (i < 3 ? Sent::yes : Sent::unknown));
    CHECK(trail[i].wait_ms == (i % 3) * 1500);
    CHECK(trail[i].wait == (i % 3 > 0 ? WaitSource::backoff : WaitSource::none));
  }
}

TEST_CASE("A trail counts each wait once, also when a rejection follows it", "[core][call]") {
  VirtualClock clock;
  Told retry;
  retry.on_settle = [](Told::Call&, Now now, const Verdict&) { return Reaction::again_at(now() + 1s, WaitSource::backoff); };
  Told breaker;  // closed, open, open, closed
  breaker.on_admit = [](Told::Call&, Now now, const Attempt&) {
    return now() == Time{1s} || now() == Time{2s} ? Admission::reject(Kind::circuit_open) : Admission::go();
  };
  Pipeline pipeline{retry, breaker};
  const auto result = pipeline.run(
      [&](const Attempt& attempt) -> Result<int> {
        return Failure{Kind::overload, attempt.number < 2 ? Remedy::immediately : Remedy::never};
      },
      clock, CallOptions{.deadline = 4s});
  std::uint32_t waited = 0;
  const Trail& trail = result.error().trail();
  REQUIRE(trail.size() == 4);
  for (std::size_t i = 0; i < trail.size(); ++i) waited += trail[i].wait_ms;
  CHECK(waited == 3000);
  CHECK(trail[1].kind == Kind::circuit_open);
  CHECK(trail[1].number == 2);  // the number that its attempt would have had
  CHECK(trail[3].number == 2);
}

TEST_CASE("Edits that a policy did not declare are ignored", "[core][call]") {
  struct Undeclared {
    Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::go().until(Time{}).on(3).revised(2); }
  };
  Pipeline pipeline{Undeclared{}};
  Attempt seen;
  CHECK(pipeline.run([&](const Attempt& attempt) { seen = attempt; }));
  CHECK(seen.deadline == end_of_time);
  CHECK(seen.target == 0);
  CHECK(seen.revision == 0);
}

TEST_CASE("A declared revision reaches the operation and the trail", "[core][call]") {
  Told reword;
  reword.on_admit = [](Told::Call& call, Now, const Attempt&) { return Admission::go().revised(call.asked); };
  reword.on_settle = [](Told::Call& call, Now, const Verdict&) { return ++call.asked < 3 ? Reaction::again_now() : Reaction::pass(); };
  Pipeline pipeline{reword};
  std::vector<int> revisions;
  const auto result = pipeline.run([&](const Attempt& attempt) -> Result<int> {
    revisions.push_back(attempt.revision);
    return Failure{Kind::safety_output};
  });
  CHECK(revisions == std::vector<int>{0, 1, 2});
  CHECK(result.error().trail()[2].revision == 2);
}

// --- gates

TEST_CASE("A gate's grant admits a policy that does not hear of it", "[core][call]") {
  VirtualClock clock;
  AnsweringGate gate{clock, {{3s, {}}}};
  struct Slot {
    Gate* gate;
    Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::wait(*gate, Kind::bulkhead_full, 77); }
  };
  Pipeline pipeline{Slot{&gate}};
  CHECK(pipeline.run(fails(0), clock));
  CHECK(clock.now()() == Time{3s});
  CHECK(gate.tickets == std::vector<std::uint64_t>{77});
}

TEST_CASE("A gate may put off and fail, and a policy may decide what follows", "[core][call]") {
  VirtualClock clock;
  SECTION("put off: the policy is asked again then, and waits again") {
    AnsweringGate gate{clock, {{1s, {Grant::Status::later, Time{5s}}}, {1s, {}}}};
    struct Slot {
      Gate* gate;
      Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::wait(*gate, Kind::bulkhead_full); }
    };
    Pipeline pipeline{Slot{&gate}};
    CHECK(pipeline.run(fails(0), clock));
    CHECK(clock.now()() == Time{6s});
    CHECK(gate.tickets.size() == 2);
  }
  SECTION("failed: rejected for the reason of the wait") {
    AnsweringGate gate{clock, {{1s, {Grant::Status::failed, {}}}}};
    Pipeline pipeline{P{Admission::wait(gate, Kind::store_unavailable)}};
    CHECK(pipeline.run(fails(0), clock).error().kind() == Kind::store_unavailable);
  }
  SECTION("failed: the policy lets the call through all the same") {
    AnsweringGate gate{clock, {{1s, {Grant::Status::failed, {}}}}};
    struct FailsOpen {
      Gate* gate;
      Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::wait(*gate, Kind::store_unavailable); }
      Admission granted(NoState&, NoCall&, Now, const Attempt&, Grant grant) const noexcept {
        return grant.status == Grant::Status::failed ? Admission::go() : Admission::reject(Kind::other);
      }
    };
    Pipeline pipeline{FailsOpen{&gate}};
    CHECK(pipeline.run(fails(0), clock).value() == 1);
  }
}

TEST_CASE("A gate that does not answer is left when the patience is over, or the deadline passes", "[core][call]") {
  VirtualClock clock;
  AnsweringGate gate{clock, {}};
  SECTION("patience") {
    Pipeline pipeline{P{Admission::wait(gate, Kind::store_unavailable, 0, Time{2s})}};
    const auto result = pipeline.run(fails(0), clock, CallOptions{.deadline = 9s});
    CHECK(clock.now()() == Time{2s});
    CHECK(result.error().kind() == Kind::store_unavailable);
    CHECK_FALSE(has(result.error().notes(), Note::deadline_would_pass));
  }
  SECTION("deadline") {
    Pipeline pipeline{P{Admission::wait(gate, Kind::bulkhead_full, 0, Time{20s})}};
    const auto result = pipeline.run(fails(0), clock, CallOptions{.deadline = 9s});
    CHECK(clock.now()() == Time{9s});
    CHECK(result.error().kind() == Kind::bulkhead_full);
    CHECK(has(result.error().notes(), Note::deadline_would_pass));
  }
}

TEST_CASE("Where a layer outside limits the wait for a start, that limit ends a wait and is no deadline", "[core][call]") {
  VirtualClock clock;
  SECTION("a moment beyond it is refused at once") {
    const auto layer =
        GENERATE(Admission::go_at(Time{5s}, Kind::quota, WaitSource::quota), Admission::ask_at(Time{5s}, Kind::quota, WaitSource::quota));
    Pipeline pipeline{Patience{}, P{layer}};
    const auto result = pipeline.run(fails(0), clock, CallOptions{.deadline = 60s});
    CHECK(result.error().kind() == Kind::quota);
    CHECK(result.error().earliest_retry_at() == Time{5s});
    CHECK_FALSE(has(result.error().notes(), Note::deadline_would_pass));
    CHECK(clock.now()() == Time{});
  }
  SECTION("a gate is left then") {
    AnsweringGate gate{clock, {}};
    Pipeline pipeline{Patience{}, P{Admission::wait(gate, Kind::bulkhead_full)}};
    const auto result = pipeline.run(fails(0), clock, CallOptions{.deadline = 60s});
    CHECK(clock.now()() == Time{4s});
    CHECK_FALSE(has(result.error().notes(), Note::deadline_would_pass));
  }
}

// --- time as policies see it

TEST_CASE("Layers that read the time share one reading on the way in, and settle with a fresh one", "[core][call]") {
  VirtualClock clock;
  std::vector<Time> readings;
  Pipeline pipeline{Reader{&readings, &clock}, Reader{&readings, &clock}};
  CHECK(pipeline.run([&] { clock.advance(10s); }, clock));
  CHECK(readings == std::vector<Time>{Time{}, Time{}, Time{12s}, Time{12s}});
}
