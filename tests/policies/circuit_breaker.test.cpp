// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"

#include <ductile/core/make.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/circuit_breaker.hpp>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using support::HandClock;
using support::said;

namespace {

template <class Trip>
struct Circuit {
  CircuitBreaker<Trip> breaker;
  typename CircuitBreaker<Trip>::State state{};
  HandClock clock{};
  using Call = typename CircuitBreaker<Trip>::Call;

  explicit Circuit(CircuitBreakerOptions<Trip> options) : breaker(options) {}

  Admission admit(Call& call) { return breaker.admit(state, call, clock.now(), Attempt{}); }
  Reaction settle(Call& call, const Verdict& verdict) { return breaker.settle(state, call, clock.now(), Attempt{}, verdict); }

  // One call from begin to end; false when it was not let through.
  bool call_ends(const Verdict& verdict) {
    Call call;
    if (admit(call).form() != Admission::Form::go) return false;
    settle(call, verdict);
    return true;
  }
  bool lets_through() {
    Call call;
    if (admit(call).form() != Admission::Form::go) return false;
    settle(call, support::abandoned(Sent::no));
    return true;
  }
};
template <class Trip>
Circuit(CircuitBreakerOptions<Trip>) -> Circuit<Trip>;

auto consecutive_circuit(unsigned failures) { return CircuitBreakerOptions{.trip = consecutive(failures), .open_for = 10s}; }

}  // namespace

TEST_CASE("A breaker opens after so many failures in a row", "[policies]") {
  Circuit circuit{consecutive_circuit(3)};
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK(circuit.lets_through());
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK_FALSE(circuit.lets_through());
}

TEST_CASE("A success between failures begins the count anew", "[policies]") {
  Circuit circuit{consecutive_circuit(3)};
  for (int i = 0; i < 10; ++i) {
    CHECK(circuit.call_ends(said(Kind::overload)));
    CHECK(circuit.call_ends(said(Kind::overload)));
    CHECK(circuit.call_ends(support::success()));
  }
  CHECK(circuit.lets_through());
}

TEST_CASE("Only what says that the service is ill is counted", "[policies]") {
  for (std::size_t index = 0; index < kinds; ++index) {
    const auto kind = static_cast<Kind>(index);
    if (kind == Kind::ok || kind == Kind::abandoned) continue;
    Circuit circuit{consecutive_circuit(1)};
    REQUIRE(circuit.call_ends(said(kind)));
    const bool counted = kind == Kind::overload || kind == Kind::internal || kind == Kind::timeout || kind == Kind::network;
    CAPTURE(name(kind));
    CHECK(circuit.lets_through() == !counted);
  }
}

TEST_CASE("Which kinds count can be chosen", "[policies]") {
  auto options = consecutive_circuit(1);
  options.counts.set(Kind::rate_limit, true);
  options.counts.set(Kind::timeout, false);
  Circuit circuit{options};
  CHECK(circuit.call_ends(said(Kind::timeout)));
  CHECK(circuit.call_ends(said(Kind::rate_limit)));
  CHECK_FALSE(circuit.lets_through());
}

TEST_CASE("A refusal by another policy does not count", "[policies]") {
  auto options = consecutive_circuit(1);
  options.counts.set(Kind::rate_limit, true);
  Circuit circuit{options};
  CHECK(circuit.call_ends(support::refused_inside(Kind::rate_limit, 5s)));
  CHECK(circuit.lets_through());
}

TEST_CASE("An open breaker says when the next probe may go", "[policies]") {
  Circuit circuit{consecutive_circuit(1)};
  circuit.clock.set(100s);
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  decltype(circuit)::Call call;
  CHECK(circuit.admit(call) == Admission::reject(Kind::circuit_open, support::at(110s), "circuit-open"));
  circuit.clock.set(110s);
  CHECK(circuit.admit(call) == Admission::go().noting(Signal::circuit_half_opened));
}

TEST_CASE("Half-open, one probe goes and the others are refused", "[policies]") {
  Circuit circuit{consecutive_circuit(1)};
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  circuit.clock.set(10s);
  decltype(circuit)::Call probe;
  decltype(circuit)::Call other;
  REQUIRE(circuit.admit(probe).form() == Admission::Form::go);
  CHECK(circuit.admit(other) == Admission::reject(Kind::circuit_open, support::at(11s), "circuit-half-open"));
  CHECK(circuit.settle(probe, support::success()) == Reaction::pass().noting(Signal::circuit_closed));
  CHECK(circuit.lets_through());
}

TEST_CASE("A failed probe opens the breaker again", "[policies]") {
  Circuit circuit{consecutive_circuit(3)};
  for (int i = 0; i < 3; ++i) REQUIRE(circuit.call_ends(said(Kind::overload)));
  circuit.clock.set(10s);
  decltype(circuit)::Call probe;
  REQUIRE(circuit.admit(probe).form() == Admission::Form::go);
  CHECK(circuit.settle(probe, said(Kind::overload)) == Reaction::pass().noting(Signal::circuit_opened));
  decltype(circuit)::Call call;
  CHECK(circuit.admit(call) == Admission::reject(Kind::circuit_open, support::at(20s), "circuit-open"));
}

TEST_CASE("A probe that ended neither way is given to the next caller", "[policies]") {
  Circuit circuit{consecutive_circuit(1)};
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  circuit.clock.set(10s);
  for (const Verdict& verdict : {support::abandoned(Sent::no), support::abandoned(Sent::unknown), said(Kind::bad_request),
                                 support::refused_inside(Kind::rate_limit, 1s)}) {
    decltype(circuit)::Call probe;
    REQUIRE(circuit.admit(probe).form() == Admission::Form::go);
    CHECK(circuit.settle(probe, verdict) == Reaction::pass());
  }
  CHECK(circuit.call_ends(support::success()));
}

TEST_CASE("A probe that never reports loses its lease", "[policies]") {
  auto options = consecutive_circuit(1);
  options.probe_lease = 60s;
  Circuit circuit{options};
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  circuit.clock.set(10s);
  decltype(circuit)::Call lost;
  REQUIRE(circuit.admit(lost).form() == Admission::Form::go);
  circuit.clock.set(69s);
  CHECK_FALSE(circuit.lets_through());
  circuit.clock.set(70s);
  decltype(circuit)::Call heir;
  REQUIRE(circuit.admit(heir).form() == Admission::Form::go);
  CHECK(circuit.settle(lost, said(Kind::overload)) == Reaction::pass());  // comes back too late to count
  CHECK(circuit.settle(heir, support::success()) == Reaction::pass().noting(Signal::circuit_closed));
}

TEST_CASE("Several probes may be out, and several successes may be asked for", "[policies]") {
  auto options = consecutive_circuit(1);
  options.probes = 2;
  options.successes_to_close = 3;
  Circuit circuit{options};
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  circuit.clock.set(10s);
  decltype(circuit)::Call first;
  decltype(circuit)::Call second;
  decltype(circuit)::Call third;
  CHECK(circuit.admit(first).form() == Admission::Form::go);
  CHECK(circuit.admit(second).form() == Admission::Form::go);
  CHECK(circuit.admit(third).form() == Admission::Form::reject);
  circuit.settle(first, support::success());
  CHECK(circuit.admit(third).form() == Admission::Form::go);
  circuit.settle(second, support::success());
  CHECK(circuit.settle(third, support::success()) == Reaction::pass().noting(Signal::circuit_closed));
}

TEST_CASE("A result that was begun before the breaker opened does not count after it", "[policies]") {
  Circuit circuit{consecutive_circuit(2)};
  decltype(circuit)::Call slow_failure;
  decltype(circuit)::Call slow_success;
  REQUIRE(circuit.admit(slow_failure).form() == Admission::Form::go);
  REQUIRE(circuit.admit(slow_success).form() == Admission::Form::go);
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  CHECK_FALSE(circuit.lets_through());
  CHECK(circuit.settle(slow_success, support::success()) == Reaction::pass());
  CHECK_FALSE(circuit.lets_through());  // it did not close
  circuit.clock.set(10s);
  REQUIRE(circuit.call_ends(support::success()));  // the probe closes
  CHECK(circuit.settle(slow_failure, said(Kind::overload)) == Reaction::pass());
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK(circuit.lets_through());  // one failure of the new era, not two
}

TEST_CASE("Several calls that fail together open it once", "[policies]") {
  Circuit circuit{consecutive_circuit(2)};
  std::array<decltype(circuit)::Call, 5> calls;
  for (auto& call : calls) REQUIRE(circuit.admit(call).form() == Admission::Form::go);
  CHECK(circuit.settle(calls[0], said(Kind::overload)) == Reaction::pass());
  CHECK(circuit.settle(calls[1], said(Kind::overload)) == Reaction::pass().noting(Signal::circuit_opened));
  circuit.clock.set(5s);
  for (std::size_t i = 2; i < calls.size(); ++i) CHECK(circuit.settle(calls[i], said(Kind::overload)) == Reaction::pass());
  decltype(circuit)::Call call;
  CHECK(circuit.admit(call) == Admission::reject(Kind::circuit_open, support::at(10s), "circuit-open"));
}

TEST_CASE("A ratio looks at the latest results only", "[policies]") {
  Circuit circuit{CircuitBreakerOptions{.trip = ratio(0.6, {.of = 5, .within = 2min, .at_least = 2}), .open_for = 10s}};
  for (int i = 0; i < 20; ++i) CHECK(circuit.call_ends(support::success()));
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK(circuit.lets_through());  // 2 of 5
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK_FALSE(circuit.lets_through());  // 3 of 5
}

TEST_CASE("A ratio forgets what is older than its window", "[policies]") {
  Circuit circuit{CircuitBreakerOptions{.trip = ratio(0.6, {.of = 10, .within = 2min, .at_least = 2}), .open_for = 10s}};
  CHECK(circuit.call_ends(said(Kind::overload)));
  circuit.clock.set(2min);
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK(circuit.lets_through());  // the first is forgotten
  circuit.clock.set(2min + 1s);
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK_FALSE(circuit.lets_through());
}

TEST_CASE("A ratio needs its least number of failures", "[policies]") {
  Circuit circuit{CircuitBreakerOptions{.trip = ratio(0.1, {.of = 10, .within = 2min, .at_least = 3}), .open_for = 10s}};
  CHECK(circuit.call_ends(said(Kind::internal)));
  CHECK(circuit.call_ends(said(Kind::internal)));
  CHECK(circuit.lets_through());
  CHECK(circuit.call_ends(said(Kind::internal)));
  CHECK_FALSE(circuit.lets_through());
}

TEST_CASE("A ratio's ring survives more results than it holds", "[policies]") {
  Circuit circuit{CircuitBreakerOptions{.trip = ratio(0.5, {.of = 128, .within = 24h, .at_least = 64}), .open_for = 10s}};
  for (int i = 0; i < 5000; ++i) REQUIRE(circuit.call_ends(i % 3 == 0 ? said(Kind::overload) : support::success()));
  CHECK(circuit.lets_through());
}

TEST_CASE("A closed, healthy breaker reads no clock and writes nothing", "[policies]") {
  Circuit circuit{consecutive_circuit(3)};
  for (int i = 0; i < 3; ++i) REQUIRE(circuit.call_ends(support::success()));
  CHECK(circuit.clock.readings() == 0);
}

TEST_CASE("Breaker options out of range are refused by name, range and value", "[policies]") {
  const auto refusal = [](auto change) -> std::string {
    CircuitBreakerOptions<> options;
    change(options);
    const auto made = make<CircuitBreaker>(options);
    return made ? "accepted" : made.error().message();
  };
  CHECK(refusal([](auto& o) { o.trip.failures = 0; }) == "CircuitBreaker: consecutive failures must be from 1 to 1000000; it is 0");
  CHECK(refusal([](auto& o) { o.open_for = 0s; }) == "CircuitBreaker: open_for must be from 0.001 to 86400 s; it is 0");
  CHECK(refusal([](auto& o) { o.longest_open = 9s; }) == "CircuitBreaker: longest_open must be from open_for to 86400 s, or 0; it is 9");
  CHECK(refusal([](auto& o) { o.probes = 0; }) == "CircuitBreaker: probes must be from 1 to 8; it is 0");
  CHECK(refusal([](auto& o) { o.probes = 9; }) == "CircuitBreaker: probes must be from 1 to 8; it is 9");
  CHECK(refusal([](auto& o) { o.successes_to_close = 0; }) == "CircuitBreaker: successes_to_close must be from 1 to 100; it is 0");
  CHECK(refusal([](auto& o) { o.probe_lease = 48h; }) == "CircuitBreaker: probe_lease must be from 0.001 to 86400 s; it is 172800");
  CHECK(refusal([](auto& o) { o.last_chance = -1s; }) == "CircuitBreaker: last_chance must be from 0.001 to 86400 s, or 0; it is -1");
  CHECK(refusal([](auto&) {}) == "accepted");
  const auto ratio_refusal = [](FailureRatio trip) -> std::string {
    const auto made = make<CircuitBreaker>(CircuitBreakerOptions{.trip = trip});
    return made ? "accepted" : made.error().message();
  };
  CHECK(ratio_refusal(ratio(0.0)) == "CircuitBreaker: ratio must be above 0, up to 1; it is 0");
  CHECK(ratio_refusal(ratio(1.5)) == "CircuitBreaker: ratio must be above 0, up to 1; it is 1.5");
  CHECK(ratio_refusal(ratio(0.5, {.of = 129})) == "CircuitBreaker: window.of must be from 1 to 128 results; it is 129");
  CHECK(ratio_refusal(ratio(0.5, {.within = 0s})) == "CircuitBreaker: window.within must be from 0.001 to 86400 s; it is 0");
  CHECK(ratio_refusal(ratio(0.5, {.of = 2, .at_least = 3})) == "CircuitBreaker: window.at_least must be from 1 to window.of; it is 3");
}

EVERY_DRIVER("Limits may change while calls are out: a state lent to a second pipeline", "[policies]") {
  CircuitBreaker<>::State state;
  Pipeline strict{with_state(CircuitBreaker{consecutive_circuit(2)}, state)};
  Pipeline patient{with_state(CircuitBreaker{consecutive_circuit(4)}, state)};
  const auto fail = []() -> Result<int> { return Failure{Kind::overload}; };
  const auto inner = [&]() -> Result<int> {
    static_cast<void>(driver.run(patient, fail));  // while the outer call is out
    return Failure{Kind::overload};
  };
  CHECK(driver.run(patient, inner).error().kind() == Kind::overload);  // two failures now
  CHECK(driver.run(patient, fail).error().kind() == Kind::overload);   // three; the patient one goes on
  CHECK(driver.run(strict, fail).error().kind() == Kind::overload);    // the strict one opens at the next failure
  CHECK(driver.run(strict, fail).error().kind() == Kind::circuit_open);
  CHECK(driver.run(patient, fail).error().kind() == Kind::circuit_open);  // for both
}

TEST_CASE("Two threads that share a breaker never let more probes out than allowed", "[policies]") {
  auto options = consecutive_circuit(1);
  options.open_for = 1ms;
  options.probe_lease = 1h;
  CircuitBreaker<> breaker{options};
  CircuitBreaker<>::State state;
  std::atomic<int> probes_out{0};
  std::atomic<int> most_out{0};
  const auto work = [&] {
    for (int i = 0; i < 20'000; ++i) {
      CircuitBreaker<>::Call call;
      if (breaker.admit(state, call, Now{}, Attempt{}).form() != Admission::Form::go) continue;
      const bool probe = detail::CircuitWord{call.permit}.mode() == CircuitMode::half_open;
      if (probe) {
        const int out = ++probes_out;
        int most = most_out.load();
        while (out > most && !most_out.compare_exchange_weak(most, out)) {
        }
        --probes_out;
      }
      breaker.settle(state, call, Now{}, Attempt{}, i % 7 == 0 ? said(Kind::overload) : support::success());
    }
  };
  std::thread first{work};
  std::thread second{work};
  first.join();
  second.join();
  CHECK(most_out <= 1);
}

TEST_CASE("Each failed probe doubles the open time, up to the longest, and a success forgets that", "[policies]") {
  auto options = consecutive_circuit(1);
  options.longest_open = 60s;
  Circuit circuit{options};
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  Duration opened = 0s;
  for (const Duration open_time : {10s, 20s, 40s, 60s, 60s}) {
    circuit.clock.set(opened + open_time - 1ms);
    CHECK_FALSE(circuit.lets_through());
    opened += open_time;
    circuit.clock.set(opened);
    CHECK(circuit.call_ends(said(Kind::overload)));
  }
  circuit.clock.set(opened + 60s);
  REQUIRE(circuit.call_ends(support::success()));
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  decltype(circuit)::Call call;
  CHECK(circuit.admit(call) == Admission::reject(Kind::circuit_open, support::at(opened + 70s), "circuit-open"));
}

TEST_CASE("A breaker that watches slow calls opens, and a slow probe opens it again", "[policies]") {
  Circuit circuit{CircuitBreakerOptions{.trip = slow_calls(0.5, 5s, {.of = 4, .at_least = 2}), .open_for = 10s}};
  const auto takes = [&](Duration span) {
    decltype(circuit)::Call call;
    REQUIRE(circuit.admit(call).form() == Admission::Form::go);
    circuit.clock.pass(span);
    return circuit.settle(call, support::success());
  };
  CHECK(takes(5s) == Reaction::pass());
  CHECK(takes(1s) == Reaction::pass());
  CHECK(takes(5s) == Reaction::pass().noting(Signal::circuit_opened));
  CHECK_FALSE(circuit.lets_through());
  circuit.clock.pass(10s);
  CHECK(takes(5s) == Reaction::pass().noting(Signal::circuit_opened));
  circuit.clock.pass(10s);
  CHECK(takes(4s) == Reaction::pass().noting(Signal::circuit_closed));
}

TEST_CASE("Isolated by hand, a breaker rejects until it is reset", "[policies]") {
  Circuit circuit{consecutive_circuit(1)};
  CHECK(circuit.state.isolate());
  CHECK_FALSE(circuit.state.isolate());
  CHECK(circuit.state.mode() == CircuitMode::isolated);
  decltype(circuit)::Call call;
  const Admission rejected = Admission::reject(Kind::circuit_open, end_of_time, "circuit-isolated");
  CHECK(circuit.admit(call) == rejected.noting(Signal::circuit_isolated));
  CHECK(circuit.admit(call) == rejected);  // told once
  circuit.clock.set(100h);
  CHECK(circuit.admit(call) == rejected);
  CHECK(circuit.state.reset());
  CHECK_FALSE(circuit.state.reset());
  CHECK(circuit.state.mode() == CircuitMode::closed);
  CHECK(circuit.lets_through());
}

TEST_CASE("A reset that changed the breaker is told with the next call, and any other is not", "[policies]") {
  Circuit circuit{consecutive_circuit(1)};
  decltype(circuit)::Call call;
  circuit.state.reset();
  CHECK(circuit.admit(call) == Admission::go());
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  CHECK(circuit.state.reset());
  CHECK(circuit.admit(call) == Admission::go().noting(Signal::circuit_closed));
  CHECK(circuit.admit(call) == Admission::go());
}

TEST_CASE("A reset forgets failures, open time and its growth", "[policies]") {
  auto options = consecutive_circuit(2);
  options.longest_open = 60s;
  Circuit circuit{options};
  for (int i = 0; i < 2; ++i) REQUIRE(circuit.call_ends(said(Kind::overload)));
  circuit.clock.set(10s);
  REQUIRE(circuit.call_ends(said(Kind::overload)));  // a probe: open for 20 s
  CHECK(circuit.state.open_until() == support::at(30s));
  circuit.state.reset();
  CHECK(circuit.call_ends(said(Kind::overload)));
  circuit.state.reset();
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK(circuit.lets_through());  // one failure since
  CHECK(circuit.call_ends(said(Kind::overload)));
  CHECK(circuit.state.open_until() == support::at(20s));  // of the ordinary length, from now on
}

TEST_CASE("What was under way when the breaker was isolated or reset counts no more", "[policies]") {
  Circuit circuit{consecutive_circuit(1)};
  decltype(circuit)::Call early;
  REQUIRE(circuit.admit(early).form() == Admission::Form::go);
  circuit.state.isolate();
  CHECK(circuit.settle(early, support::success()) == Reaction::pass());
  CHECK(circuit.state.mode() == CircuitMode::isolated);
  circuit.state.reset();
  decltype(circuit)::Call late;
  REQUIRE(circuit.admit(late).form() == Admission::Form::go);
  circuit.state.reset();
  CHECK(circuit.settle(late, said(Kind::overload)) == Reaction::pass());
  CHECK(circuit.lets_through());
}

TEST_CASE("A failure from before it opened does not shorten the open time", "[policies]") {
  CircuitBreaker<>::State state;
  support::HandClock clock;
  const CircuitBreaker long_open{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 60s, .probes = 2}};
  const CircuitBreaker short_open{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 5s, .probes = 2}};
  CircuitBreaker<>::Call first;
  CircuitBreaker<>::Call second;
  REQUIRE(long_open.admit(state, first, clock.now(), Attempt{}) == Admission::go());
  REQUIRE(short_open.admit(state, second, clock.now(), Attempt{}) == Admission::go());
  long_open.settle(state, first, clock.now(), Attempt{}, said(Kind::overload));
  CHECK(state.open_until() == support::at(60s));
  short_open.settle(state, second, clock.now(), Attempt{}, said(Kind::overload));
  CHECK(state.open_until() == support::at(60s));
}

namespace {

auto circuit_with_last_chance() {
  auto options = consecutive_circuit(1);
  options.last_chance = 500ms;
  return options;
}

Attempt until(Duration deadline) {
  Attempt attempt;
  attempt.deadline = support::at(deadline);
  return attempt;
}

}  // namespace

TEST_CASE("Who has a last chance and who waits", "[policies]") {
  struct Row {
    const char* who;
    Duration deadline;
    Duration start_by;
    bool passes;
  };
  constexpr Duration none = Duration::max();
  const std::vector<Row> rows{{"no deadline", none, none, false},
                              {"can wait, and once more", 21s, none, false},
                              {"can wait, and just once more", 20s, none, false},
                              {"can wait, and not once more", 19999ms, none, true},
                              {"cannot wait", 9s, none, true},
                              {"cannot wait, and has another place to go to", 9s, 3s, false}};
  for (const Row& row : rows) {
    CAPTURE(row.who);
    Circuit circuit{circuit_with_last_chance()};
    REQUIRE(circuit.call_ends(said(Kind::overload)));  // open until 10 s
    circuit.clock.set(1s);
    Attempt attempt = until(row.deadline);
    attempt.start_by = support::at(row.start_by);
    decltype(circuit)::Call call;
    const Admission expected = row.passes ? Admission::go() : Admission::reject(Kind::circuit_open, support::at(10s), "circuit-open");
    CHECK(circuit.breaker.admit(circuit.state, call, circuit.clock.now(), attempt) == expected);
  }
}

TEST_CASE("Without the option nobody passes an open breaker", "[policies]") {
  Circuit circuit{consecutive_circuit(1)};
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  circuit.clock.set(1s);
  decltype(circuit)::Call call;
  CHECK(circuit.breaker.admit(circuit.state, call, circuit.clock.now(), until(2s)).form() == Admission::Form::reject);
}

TEST_CASE("Last chances are apart, and one at a time", "[policies]") {
  Circuit circuit{circuit_with_last_chance()};
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  const auto ask = [&](auto& call) { return circuit.breaker.admit(circuit.state, call, circuit.clock.now(), until(9s)); };
  decltype(circuit)::Call first;
  decltype(circuit)::Call second;
  CHECK(ask(first) == Admission::reject(Kind::circuit_open, support::at(500ms), "circuit-open"));  // it has only just opened
  circuit.clock.set(500ms);
  CHECK(ask(first) == Admission::go());
  circuit.clock.set(999ms);
  CHECK(ask(second) == Admission::reject(Kind::circuit_open, support::at(1s), "circuit-open"));
  circuit.clock.set(1s);
  CHECK(ask(second) == Admission::reject(Kind::circuit_open, support::at(2s), "circuit-open"));  // the first one is still out
  circuit.settle(first, said(Kind::overload));
  CHECK(ask(second) == Admission::go());
}

TEST_CASE("Another breaker of the same state brings a last chance no nearer when it opens", "[policies]") {
  auto patient = circuit_with_last_chance();
  patient.last_chance = 30s;
  Circuit circuit{patient};
  const CircuitBreaker hasty{circuit_with_last_chance()};
  REQUIRE(circuit.call_ends(said(Kind::overload)));  // no last chance for 30 s
  circuit.clock.set(10s);
  REQUIRE(circuit.call_ends(support::success()));
  decltype(circuit)::Call call;
  REQUIRE(hasty.admit(circuit.state, call, circuit.clock.now(), until(1h)) == Admission::go());
  REQUIRE(hasty.settle(circuit.state, call, circuit.clock.now(), Attempt{}, said(Kind::overload)).signal() == Signal::circuit_opened);
  circuit.clock.set(11s);
  CHECK(hasty.admit(circuit.state, call, circuit.clock.now(), until(19s)).form() == Admission::Form::reject);
}

TEST_CASE("How a last chance ends changes nothing", "[policies]") {
  for (const Verdict& verdict : {support::success(), said(Kind::overload), said(Kind::bad_request), support::abandoned(Sent::no)}) {
    Circuit circuit{circuit_with_last_chance()};
    REQUIRE(circuit.call_ends(said(Kind::overload)));
    circuit.clock.set(1s);
    decltype(circuit)::Call call;
    REQUIRE(circuit.breaker.admit(circuit.state, call, circuit.clock.now(), until(9s)) == Admission::go());
    CHECK(circuit.settle(call, verdict) == Reaction::pass());
    CHECK(circuit.state.mode() == CircuitMode::open);
    CHECK(circuit.state.open_until() == support::at(10s));
    circuit.clock.set(10s);
    decltype(circuit)::Call probe;
    CHECK(circuit.admit(probe) == Admission::go().noting(Signal::circuit_half_opened));
  }
}

TEST_CASE("A last chance that never reports loses its lease", "[policies]") {
  auto options = circuit_with_last_chance();
  options.open_for = 10min;
  options.probe_lease = 60s;
  Circuit circuit{options};
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  const auto ask = [&](auto& call) { return circuit.breaker.admit(circuit.state, call, circuit.clock.now(), until(5min)).form(); };
  decltype(circuit)::Call lost;
  decltype(circuit)::Call heir;
  decltype(circuit)::Call third;
  circuit.clock.set(1s);
  REQUIRE(ask(lost) == Admission::Form::go);
  circuit.clock.set(60s);
  CHECK(ask(heir) == Admission::Form::reject);
  circuit.clock.set(61s);
  CHECK(ask(heir) == Admission::Form::go);
  circuit.settle(lost, said(Kind::overload));  // does not end the heir's
  circuit.clock.set(62s);
  CHECK(ask(third) == Admission::Form::reject);
}

TEST_CASE("Half-open with every probe out, a call that cannot wait has a last chance too", "[policies]") {
  Circuit circuit{circuit_with_last_chance()};
  REQUIRE(circuit.call_ends(said(Kind::overload)));
  circuit.clock.set(10s);
  decltype(circuit)::Call probe;
  decltype(circuit)::Call call;
  REQUIRE(circuit.admit(probe).form() == Admission::Form::go);
  CHECK(circuit.breaker.admit(circuit.state, call, circuit.clock.now(), until(21s)).form() == Admission::Form::reject);
  CHECK(circuit.breaker.admit(circuit.state, call, circuit.clock.now(), until(20s)) == Admission::go());
  CHECK(circuit.settle(call, said(Kind::overload)) == Reaction::pass());
  CHECK(circuit.settle(probe, support::success()) == Reaction::pass().noting(Signal::circuit_closed));
}

EVERY_DRIVER("An observer hears each change of a breaker, after the breaker's lock, and by hand with the next call", "[policies]") {
  CircuitBreaker<>::State state;
  std::vector<Signal> heard;
  struct Listener {
    CircuitBreaker<>::State& state;
    std::vector<Signal>& heard;
    void on(const CircuitChanged& event) {
      heard.push_back(event.what);
      if (event.what == Signal::circuit_half_opened) state.isolate();  // would wait for ever, were the lock still held
    }
  };
  Listener listener{state, heard};
  Pipeline pipeline{Observe{listener}, with_state(CircuitBreaker{consecutive_circuit(1)}, state)};
  const auto fail = []() -> Result<int> { return Failure{Kind::overload}; };
  const auto succeed = [] { return 7; };
  const auto kind_of = [&](auto operation) {
    const auto result = driver.run(pipeline, operation);
    return result ? Kind::ok : result.error().kind();
  };

  CHECK(kind_of(fail) == Kind::overload);
  driver.advance(10s);
  CHECK(kind_of(succeed) == Kind::ok);            // a probe; isolated while it is out, it does not close
  CHECK(kind_of(succeed) == Kind::circuit_open);  // tells of it
  state.reset();
  CHECK(kind_of(succeed) == Kind::ok);
  CHECK(kind_of(fail) == Kind::overload);
  driver.advance(10s);
  CHECK(heard == std::vector{Signal::circuit_opened, Signal::circuit_half_opened, Signal::circuit_isolated, Signal::circuit_closed,
                             Signal::circuit_opened});
}
