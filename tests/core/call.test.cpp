// SPDX-License-Identifier: BSL-1.0

// How the machine follows the policies' answers: repeats, refusals, deadlines, gates, and what the caller is told.

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"
#include "../support/every_driver.hpp"

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
  explicit AnsweringGate(Driver& driver, std::vector<std::pair<Duration, Grant>> answers) : driver_(driver), answers_(std::move(answers)) {}
  void enter(Waiter& waiter) noexcept override {
    tickets.push_back(waiter.ticket());
    if (answers_.empty()) return;
    const std::pair<Duration, Grant> answer = answers_.front();
    answers_.erase(answers_.begin());
    waiting_ = &waiter;
    driver_.at(driver_.now()() + answer.first, [this, grant = answer.second] {
      if (Waiter* told = std::exchange(waiting_, nullptr)) told->granted(grant);
    });
  }
  bool leave(Waiter&) noexcept override {
    waiting_ = nullptr;
    return true;
  }
  std::vector<std::uint64_t> tickets;

 private:
  Driver& driver_;
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

EVERY_DRIVER("A pipeline of no policies makes one attempt", "[core][call]") {
  Pipeline pipeline{};
  CHECK(driver.run(pipeline, fails(0)).value() == 1);
  const auto failed = driver.run(pipeline, fails(1));
  CHECK(failed.error().kind() == Kind::overload);
  CHECK(failed.error().attempts() == 1);
  CHECK(failed.error().trail().size() == 1);
}

EVERY_DRIVER("A layer that wants another trip gets it, at once or at its moment", "[core][call]") {
  SECTION("at once") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
    CHECK(driver.run(pipeline, fails(4)).value() == 5);
    CHECK(driver.now()() == Time{});
  }
  SECTION("at its moment") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_at(Time{7s}, WaitSource::backoff)}};
    CHECK(driver.run(pipeline, fails(1)).value() == 2);
    CHECK(driver.now()() == Time{7s});
  }
  SECTION("a moment that has passed is at once") {
    driver.advance(10s);
    Pipeline pipeline{P{Admission::go(), Reaction::again_at(Time{7s}, WaitSource::backoff)}};
    CHECK(driver.run(pipeline, fails(3)).value() == 4);
    CHECK(driver.now()() == Time{10s});
  }
}

EVERY_DRIVER("After a success nothing asks again", "[core][call]") {
  Pipeline pipeline{P{Admission::go(), Reaction::again_now()}, P{Admission::go(), Reaction::again_at(Time{1h}, WaitSource::backoff)}};
  const auto failures = GENERATE(0U, 1U);
  CHECK(trips(driver.run(pipeline, fails(failures))) == failures + 1);
}

EVERY_DRIVER("The innermost layer that wants another trip gets it, the others do not hear of the failure", "[core][call]") {
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
  CHECK(driver.run(pipeline, fails(1)));
  CHECK(heard == std::vector<std::string>{"inner failed", "middle failed", "inner ok", "middle ok", "outer ok"});
}

EVERY_DRIVER("A layer keeps its Call over its own repeats and begins anew when a layer outside repeats", "[core][call]") {
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
  CHECK(driver.run(pipeline, fails(4)).value() == 5);
  CHECK(asked == std::vector<std::uint32_t>{1, 2, 3, 1, 2});
}

EVERY_DRIVER("Every layer that is asked again sees the number of the attempt that it decides on", "[core][call]") {
  std::vector<std::uint32_t> outer_numbers;
  std::vector<std::uint32_t> inner_numbers;
  const auto noting = [](std::vector<std::uint32_t>& numbers) {
    Told told;
    told.on_admit = [&numbers](Told::Call&, Now, const Attempt& attempt) { return numbers.push_back(attempt.number), Admission::go(); };
    told.on_settle = [](Told::Call& call, Now, const Verdict&) { return ++call.asked < 2 ? Reaction::again_now() : Reaction::pass(); };
    return told;
  };
  Pipeline pipeline{noting(outer_numbers), noting(inner_numbers)};
  CHECK_FALSE(driver.run(pipeline, fails(9)));
  CHECK(outer_numbers == std::vector<std::uint32_t>{1, 3});
  CHECK(inner_numbers == std::vector<std::uint32_t>{1, 2, 3, 4});
}

EVERY_DRIVER("A failure that an operation calls abandoned is not tried again", "[core][call]") {
  Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
  CHECK(driver.run(pipeline, fails(9, Failure{Kind::abandoned})).error().attempts() == 1);
}

EVERY_DRIVER("Outer layers are asked before the wait, from the inside out, until one refuses", "[core][call]") {
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

  SECTION("all allow it") {
    Pipeline pipeline{permit("budget", true), permit("table", true), retry, permit("inside", false)};
    CHECK(driver.run(pipeline, fails(1)).value() == 2);
    CHECK(asked == std::vector<std::string>{"table", "budget"});
  }
  SECTION("a nearer layer refuses: the budget, outermost, is not asked and spends nothing") {
    Pipeline pipeline{permit("budget", true), permit("table", false), retry};
    const auto result = driver.run(pipeline, fails(9));
    CHECK(asked == std::vector<std::string>{"table"});
    CHECK(result.error().kind() == Kind::overload);  // the failure that led to it, not the refusal
    CHECK(has(result.error().notes(), Note::outer_layer_refused));
    CHECK(result.error().attempts() == 1);
  }
  SECTION("the budget refuses: no wait was begun") {
    Pipeline pipeline{permit("budget", false), permit("table", true), retry};
    CHECK_FALSE(driver.run(pipeline, fails(9)));
    CHECK(asked == std::vector<std::string>{"table", "budget"});
    CHECK(driver.now()() == Time{});
  }
}

EVERY_DRIVER("What a layer says about the end reaches the caller", "[core][call]") {
  Told told;
  told.on_settle = [](Told::Call&, Now, const Verdict&) { return Reaction::pass().because(Note::attempts_spent).earliest(Time{90s}); };
  Pipeline pipeline{told};
  const auto result = driver.run(pipeline, fails(9));
  CHECK(has(result.error().notes(), Note::attempts_spent));
  CHECK(result.error().earliest_retry_at() == Time{90s});
}

EVERY_DRIVER("A hint that nobody waited for says when to come back", "[core][call]") {
  driver.advance(100s);
  Verdict verdict;
  verdict.kind = Kind::rate_limit;
  verdict.remedy = Remedy::after_delay;
  verdict.hint = 40s;
  Pipeline pipeline{P{}};
  CHECK(driver.run(pipeline, fails(9, Failure{verdict})).error().earliest_retry_at() == Time{140s});
  verdict.remedy = Remedy::never;  // then no wait helps
  CHECK_FALSE(driver.run(pipeline, fails(9, Failure{verdict})).error().earliest_retry_at().has_value());
}

EVERY_DRIVER("From when on trying again helps is told from the failure on, by the call's clock", "[core][call]") {
  driver.advance(100s);
  const auto retry_after = [&](auto layer, auto operation) {
    Pipeline pipeline{layer};
    return driver.run(pipeline, operation, CallOptions{.deadline = 10s}).error().retry_after();
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

EVERY_DRIVER("A wait that does not fit the deadline is refused before it begins", "[core][call]") {
  const CallOptions options{.deadline = 10s};
  SECTION("before a repeat") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_at(Time{10s}, WaitSource::hint)}};
    const auto result = driver.run(pipeline, fails(9), options);
    CHECK(result.error().kind() == Kind::overload);
    CHECK(result.error().earliest_retry_at() == Time{10s});
    CHECK(has(result.error().notes(), Note::deadline_would_pass));
  }
  SECTION("before a layer is asked again") {
    Pipeline pipeline{P{Admission::ask_at(Time{11s}, Kind::rate_limit, WaitSource::quota)}};
    const auto result = driver.run(pipeline, fails(0), options);
    CHECK(result.error().kind() == Kind::rate_limit);
    CHECK(result.error().remedy() == Remedy::after_delay);
    CHECK(result.error().earliest_retry_at() == Time{11s});
    CHECK(has(result.error().notes(), Note::deadline_would_pass));
  }
  CHECK(driver.now()() == Time{});
}

EVERY_DRIVER("A wait that just fits is waited", "[core][call]") {
  Pipeline pipeline{P{Admission::go(), Reaction::again_at(Time{10s - 1ns}, WaitSource::hint)}};
  CHECK(driver.run(pipeline, fails(1), CallOptions{.deadline = 10s}).value() == 2);
}

EVERY_DRIVER("No attempt begins when its deadline has passed", "[core][call]") {
  std::vector<Verdict> verdicts;
  bool called = false;
  const auto operation = [&] { called = true; };
  SECTION("on the straight path") {
    Told told;
    told.on_admit = [](Told::Call&, Now now, const Attempt&) { return Admission::go().until(now()); };
    Pipeline pipeline{P{}.telling(verdicts), told};
    CHECK(driver.run(pipeline, operation).error().kind() == Kind::deadline);
  }
  SECTION("after a wait inside a layer that brought the deadline forward") {
    Told told;
    told.on_admit = [](Told::Call&, Now now, const Attempt&) {
      return Admission::go_at(now() + 2s, Kind::quota, WaitSource::quota).until(now() + 3s);
    };
    Told late;  // a clock that overslept
    late.on_admit = [&](Told::Call&, Now, const Attempt&) {
      driver.advance(5s);
      return Admission::go();
    };
    Pipeline pipeline{P{}.telling(verdicts), told, late};
    CHECK(driver.run(pipeline, operation).error().kind() == Kind::deadline);
  }
  CHECK_FALSE(called);
  REQUIRE(verdicts.size() == 1);
  CHECK(verdicts[0].kind == Kind::deadline);
  CHECK(verdicts[0].sent == Sent::no);
}

EVERY_DRIVER("A repeat at once does not begin after the layer's deadline", "[core][call]") {
  Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
  const auto result = driver.run(
      pipeline,
      [&]() -> Result<int> {
        driver.advance(6s);
        return Failure{Kind::overload};
      },
      CallOptions{.deadline = 10s});
  CHECK(result.error().attempts() == 2);
  CHECK(has(result.error().notes(), Note::deadline_would_pass));
}

EVERY_DRIVER("A layer can bring the deadline forward and never put it off", "[core][call]") {
  const auto limits = [](Duration limit) {
    Told told;
    told.on_admit = [limit](Told::Call&, Now now, const Attempt&) { return Admission::go().until(now() + limit); };
    return told;
  };
  Pipeline pipeline{limits(8s), limits(20s)};
  Time seen{};
  CHECK(driver.run(pipeline, [&](const Attempt& attempt) { seen = attempt.deadline; }, CallOptions{.deadline = 10s}));
  CHECK(seen == Time{8s});
}

// --- what one call overrides

EVERY_DRIVER("A call's own options reach every layer and the operation", "[core][call]") {
  std::vector<Attempt> seen;
  Told told;
  told.on_admit = [&](Told::Call&, Now, const Attempt& attempt) { return seen.push_back(attempt), Admission::go(); };
  Pipeline pipeline{told, P{}, told};
  driver.advance(1s);
  CHECK(driver.run(
      pipeline, [&](const Attempt& attempt) { seen.push_back(attempt); }, CallOptions{.deadline = 4s, .attempts = 7, .targets = 0b101}));
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

EVERY_DRIVER("A call without time fails at once and asks nobody", "[core][call]") {
  const auto deadline = GENERATE(0s, -3s);
  std::uint64_t before = Ledger::global().granted();
  Pipeline pipeline{P{}};
  const auto result = driver.run(pipeline, fails(0), CallOptions{.deadline = deadline});
  CHECK(result.error().kind() == Kind::deadline);
  CHECK(result.error().says() == Says::policy);
  CHECK(result.error().attempts() == 0);
  CHECK(Ledger::global().granted() == before);
}

// --- what must not be repeated

EVERY_DRIVER("An operation that must not be repeated is not, when its answer is lost", "[core][call]") {
  const Failure failure{lost()};
  SECTION("whichever layer wants to") {
    Pipeline inner{P{}, P{Admission::go(), Reaction::again_now()}};
    Pipeline outer{P{Admission::go(), Reaction::again_now()}, P{}};
    Pipeline both{P{Admission::go(), Reaction::again_now()}, P{Admission::go(), Reaction::again_now()}};
    for (const auto& result : {driver.run(inner, never_repeated(fails(1, failure))), driver.run(outer, never_repeated(fails(1, failure))),
                               driver.run(both, never_repeated(fails(1, failure)))}) {
      CHECK(result.error().attempts() == 1);
      CHECK(has(result.error().notes(), Note::not_repeatable));
    }
  }
  SECTION("not when the answer is there") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
    CHECK(driver.run(pipeline, never_repeated(fails(1, Failure{Kind::overload}))).value() == 2);
  }
  SECTION("not when nothing was sent") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
    Verdict refused = lost();
    refused.sent = Sent::no;
    CHECK(driver.run(pipeline, never_repeated(fails(1, Failure{refused}))).value() == 2);
  }
  SECTION("and one that may be repeated is") {
    Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
    CHECK(driver.run(pipeline, repeatable(fails(1, failure))).value() == 2);
    CHECK(driver.run(pipeline, fails(1, failure)).value() == 2);
  }
}

EVERY_DRIVER("No operation is repeated when a part of its answer was handed out, whichever layer wants to", "[core][call]") {
  Verdict verdict{.kind = Kind::overload, .remedy = Remedy::after_delay};
  verdict.sent = Sent::delivered;
  const Failure failure{verdict};
  Pipeline inner{P{}, P{Admission::go(), Reaction::again_now()}};
  Pipeline both{P{Admission::go(), Reaction::again_now()}, P{Admission::go(), Reaction::again_now()}};
  for (const auto& result : {driver.run(inner, repeatable(fails(1, failure))), driver.run(inner, fails(1, failure)),
                             driver.run(both, never_repeated(fails(1, failure))), driver.run(both, fails(1, failure))}) {
    CHECK(result.error().attempts() == 1);
    CHECK(result.error().kind() == Kind::overload);
    CHECK(has(result.error().notes(), Note::not_repeatable));
  }
}

EVERY_DRIVER("A tagged operation is called where it lies", "[core][call]") {
  auto operation = never_repeated([calls = 0]() mutable { return ++calls; });
  Pipeline pipeline{P{}};
  CHECK(driver.run(pipeline, operation).value() == 1);
  CHECK(driver.run(pipeline, operation).value() == 2);
  const auto constant = repeatable([] { return 3; });
  CHECK(driver.run(pipeline, constant).value() == 3);
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

EVERY_DRIVER("A success says which target gave it, and at which attempt", "[core][call]") {
  Pipeline pipeline{Chain{}, P{}};
  SECTION("the first, at once") {
    const auto result = driver.run(pipeline, fails(0));
    CHECK(served_by(result) == 0);
    CHECK(trips(result) == 1);
    CHECK_FALSE(degraded(result));
  }
  SECTION("another, later; through moves and conversions") {
    Result<int> result = driver.run(pipeline, fails(2));
    Result<int> moved = std::move(result);
    Result<long> converted{std::move(moved)};
    CHECK(served_by(converted) == 2);
    CHECK(trips(converted) == 3);
    CHECK(degraded(converted));
  }
}

EVERY_DRIVER("A success counts at most 256 attempts, a failure more", "[core][call]") {
  Pipeline pipeline{P{Admission::go(), Reaction::again_now()}};
  CHECK(trips(driver.run(pipeline, fails(254))) == 255);
  CHECK(trips(driver.run(pipeline, fails(255))) == 256);
  CHECK(trips(driver.run(pipeline, fails(300))) == 256);
  Told stubborn;
  stubborn.on_settle = [](Told::Call& call, Now, const Verdict&) { return ++call.asked < 300 ? Reaction::again_now() : Reaction::pass(); };
  Pipeline longer{stubborn};
  const auto failed = driver.run(longer, fails(999));
  CHECK(failed.error().attempts() == 300);
  CHECK(failed.error().trail().size() == 300);
  CHECK(failed.error().trail().kept() == 256);
}

EVERY_DRIVER("A failure says where it stood, and keeps the trail of the call", "[core][call]") {
  Told told;
  told.on_settle = [](Told::Call& call, Now now, const Verdict&) {
    return ++call.asked < 3 ? Reaction::again_at(now() + 1500ms * call.asked, WaitSource::backoff) : Reaction::pass();
  };
  Pipeline pipeline{Chain{}, told};
  const auto result = driver.run(pipeline, [&](const Attempt& attempt) -> Result<int> {
    if (attempt.target == 0) return Failure{Kind::overload};
    return Failure{lost()};
  });
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

EVERY_DRIVER("A trail counts each wait once, also when a rejection follows it", "[core][call]") {
  Told retry;
  retry.on_settle = [](Told::Call&, Now now, const Verdict&) { return Reaction::again_at(now() + 1s, WaitSource::backoff); };
  Told breaker;  // closed, open, open, closed
  breaker.on_admit = [](Told::Call&, Now now, const Attempt&) {
    return now() == Time{1s} || now() == Time{2s} ? Admission::reject(Kind::circuit_open) : Admission::go();
  };
  Pipeline pipeline{retry, breaker};
  const auto result = driver.run(
      pipeline,
      [&](const Attempt& attempt) -> Result<int> {
        return Failure{Kind::overload, attempt.number < 2 ? Remedy::immediately : Remedy::never};
      },
      CallOptions{.deadline = 4s});
  std::uint32_t waited = 0;
  const Trail& trail = result.error().trail();
  REQUIRE(trail.size() == 4);
  for (std::size_t i = 0; i < trail.size(); ++i) waited += trail[i].wait_ms;
  CHECK(waited == 3000);
  CHECK(trail[1].kind == Kind::circuit_open);
  CHECK(trail[1].number == 2);  // the number that its attempt would have had
  CHECK(trail[3].number == 2);
}

EVERY_DRIVER("Edits that a policy did not declare are ignored", "[core][call]") {
  struct Undeclared {
    Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::go().until(Time{}).on(3).revised(2); }
  };
  Pipeline pipeline{Undeclared{}};
  Attempt seen;
  CHECK(driver.run(pipeline, [&](const Attempt& attempt) { seen = attempt; }));
  CHECK(seen.deadline == end_of_time);
  CHECK(seen.target == 0);
  CHECK(seen.revision == 0);
}

EVERY_DRIVER("A declared revision reaches the operation and the trail", "[core][call]") {
  Told reword;
  reword.on_admit = [](Told::Call& call, Now, const Attempt&) { return Admission::go().revised(call.asked); };
  reword.on_settle = [](Told::Call& call, Now, const Verdict&) { return ++call.asked < 3 ? Reaction::again_now() : Reaction::pass(); };
  Pipeline pipeline{reword};
  std::vector<int> revisions;
  const auto result = driver.run(pipeline, [&](const Attempt& attempt) -> Result<int> {
    revisions.push_back(attempt.revision);
    return Failure{Kind::safety_output};
  });
  CHECK(revisions == std::vector<int>{0, 1, 2});
  CHECK(result.error().trail()[2].revision == 2);
}

// --- gates

EVERY_DRIVER("A gate's grant admits a policy that does not hear of it", "[core][call]") {
  AnsweringGate gate{driver, {{3s, {}}}};
  struct Slot {
    Gate* gate;
    Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::wait(*gate, Kind::bulkhead_full, 77); }
  };
  Pipeline pipeline{Slot{&gate}};
  CHECK(driver.run(pipeline, fails(0)));
  CHECK(driver.now()() == Time{3s});
  CHECK(gate.tickets == std::vector<std::uint64_t>{77});
}

EVERY_DRIVER("A gate may put off and fail, and a policy may decide what follows", "[core][call]") {
  SECTION("put off: the policy is asked again then, and waits again") {
    AnsweringGate gate{driver, {{1s, {Grant::Status::later, Time{5s}}}, {1s, {}}}};
    struct Slot {
      Gate* gate;
      Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::wait(*gate, Kind::bulkhead_full); }
    };
    Pipeline pipeline{Slot{&gate}};
    CHECK(driver.run(pipeline, fails(0)));
    CHECK(driver.now()() == Time{6s});
    CHECK(gate.tickets.size() == 2);
  }
  SECTION("failed: rejected for the reason of the wait") {
    AnsweringGate gate{driver, {{1s, {Grant::Status::failed, {}}}}};
    Pipeline pipeline{P{Admission::wait(gate, Kind::store_unavailable)}};
    CHECK(driver.run(pipeline, fails(0)).error().kind() == Kind::store_unavailable);
  }
  SECTION("failed: the policy lets the call through all the same") {
    AnsweringGate gate{driver, {{1s, {Grant::Status::failed, {}}}}};
    struct FailsOpen {
      Gate* gate;
      Admission admit(NoState&, NoCall&, Now, const Attempt&) const noexcept { return Admission::wait(*gate, Kind::store_unavailable); }
      Admission granted(NoState&, NoCall&, Now, const Attempt&, Grant grant) const noexcept {
        return grant.status == Grant::Status::failed ? Admission::go() : Admission::reject(Kind::other);
      }
    };
    Pipeline pipeline{FailsOpen{&gate}};
    CHECK(driver.run(pipeline, fails(0)).value() == 1);
  }
}

EVERY_DRIVER("A gate that does not answer is left when the patience is over, or the deadline passes", "[core][call]") {
  AnsweringGate gate{driver, {}};
  SECTION("patience") {
    Pipeline pipeline{P{Admission::wait(gate, Kind::store_unavailable, 0, Time{2s})}};
    const auto result = driver.run(pipeline, fails(0), CallOptions{.deadline = 9s});
    CHECK(driver.now()() == Time{2s});
    CHECK(result.error().kind() == Kind::store_unavailable);
    CHECK_FALSE(has(result.error().notes(), Note::deadline_would_pass));
  }
  SECTION("deadline") {
    Pipeline pipeline{P{Admission::wait(gate, Kind::bulkhead_full, 0, Time{20s})}};
    const auto result = driver.run(pipeline, fails(0), CallOptions{.deadline = 9s});
    CHECK(driver.now()() == Time{9s});
    CHECK(result.error().kind() == Kind::bulkhead_full);
    CHECK(has(result.error().notes(), Note::deadline_would_pass));
  }
}

EVERY_DRIVER("Where a layer outside limits the wait for a start, that limit ends a wait and is no deadline", "[core][call]") {
  SECTION("a moment beyond it is refused at once") {
    const auto layer =
        GENERATE(Admission::go_at(Time{5s}, Kind::quota, WaitSource::quota), Admission::ask_at(Time{5s}, Kind::quota, WaitSource::quota));
    Pipeline pipeline{Patience{}, P{layer}};
    const auto result = driver.run(pipeline, fails(0), CallOptions{.deadline = 60s});
    CHECK(result.error().kind() == Kind::quota);
    CHECK(result.error().earliest_retry_at() == Time{5s});
    CHECK_FALSE(has(result.error().notes(), Note::deadline_would_pass));
    CHECK(driver.now()() == Time{});
  }
  SECTION("a gate is left then") {
    AnsweringGate gate{driver, {}};
    Pipeline pipeline{Patience{}, P{Admission::wait(gate, Kind::bulkhead_full)}};
    const auto result = driver.run(pipeline, fails(0), CallOptions{.deadline = 60s});
    CHECK(driver.now()() == Time{4s});
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
