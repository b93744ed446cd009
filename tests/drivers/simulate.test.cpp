// SPDX-License-Identifier: BSL-1.0

#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"

#include <ductile/drivers/simulate.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;

namespace {

using P = CountingPolicy;

// Waits as long as a call has failed so far, in seconds.
struct Backoff {
  struct Call {
    unsigned failures = 0;
  };
  Reaction settle(NoState&, Call& call, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if (verdict.ok() || verdict.kind == Kind::abandoned) return Reaction::pass();
    return Reaction::again_at(now() + ++call.failures * 1s, WaitSource::backoff);
  }
};

const auto ignore = [](const auto&) {};

}  // namespace

TEST_CASE("A simulated call takes the time of its attempts and waits", "[drivers][simulate]") {
  Simulation simulation;
  Pipeline pipeline{Backoff{}};
  std::optional<int> got;
  int attempts = 0;
  simulation.call(
      pipeline, [&] { return Simulated{2s, ++attempts < 3 ? Result<int>{Failure{Kind::overload}} : Result<int>{attempts}}; },
      [&](Result<int> result) { got = result.value(); });
  CHECK_FALSE(got);  // nothing happens before run
  simulation.run();
  CHECK(got == 3);
  CHECK(simulation.now()() == Time{2s + 1s + 2s + 2s + 2s});
  CHECK(simulation.calls() == 0);
}

TEST_CASE("Many simulated calls interleave in the order of time, then of planning", "[drivers][simulate]") {
  Simulation simulation;
  Pipeline pipeline{P{}};
  std::string order;
  const auto call = [&](char name, Duration begins, Duration takes) {
    simulation.call(
        pipeline,
        [&order, name, takes] {
          order += name;
          return Simulated<>{takes};
        },
        [&order, name](const Result<void>&) { order += static_cast<char>(name - 'a' + 'A'); }, Time{begins});
  };
  call('a', 1s, 5s);
  call('b', 0s, 1s);
  call('c', 2s, 1s);
  call('d', 2s, 1s);
  simulation.run();
  CHECK(order == "baBcdCDA");
}

TEST_CASE("run_until lets time pass until then and no further", "[drivers][simulate]") {
  Simulation simulation;
  Pipeline pipeline{P{}};
  int done = 0;
  for (int i = 1; i <= 5; ++i)
    simulation.call(pipeline, [] { return Simulated<>{1s}; }, [&](const Result<void>&) { ++done; }, Time{i * 10s});
  simulation.run_until(Time{21s});  // what is planned for the moment itself happens
  CHECK(done == 2);
  CHECK(simulation.now()() == Time{21s});
  CHECK(simulation.calls() == 3);
  simulation.run_until(Time{5s});  // has passed
  CHECK(simulation.now()() == Time{21s});
  simulation.run();
  CHECK(done == 5);
}

TEST_CASE("A simulated attempt that takes longer than its deadline ends there with its answer lost", "[drivers][simulate]") {
  Simulation simulation;
  Pipeline pipeline{P{}};
  std::optional<Result<int>> late;
  std::optional<Result<int>> in_time;
  simulation.call(
      pipeline, [] { return Simulated{11s, 1}; }, [&](Result<int> result) { late.emplace(std::move(result)); }, {},
      CallOptions{.deadline = 10s});
  simulation.call(
      pipeline, [] { return Simulated{10s, 1}; }, [&](Result<int> result) { in_time.emplace(std::move(result)); }, {},
      CallOptions{.deadline = 10s});
  simulation.run();
  REQUIRE(late);
  CHECK(late->error().kind() == Kind::timeout);
  CHECK(late->error().says() == Says::transport);
  CHECK(late->error().verdict().sent == Sent::unknown);
  CHECK(late->error().verdict().billed == Billed::maybe);
  CHECK(in_time->value() == 1);
  CHECK(simulation.now()() == Time{10s});
}

TEST_CASE("A simulated call obeys its options and its operation's tag", "[drivers][simulate]") {
  Simulation simulation;
  Pipeline pipeline{Backoff{}};
  std::vector<Failure> failures;
  const auto keep = [&](const Result<int>& result) { failures.push_back(result.error()); };
  simulation.call(pipeline, [] { return Simulated{1s, 1}; }, keep, {}, CallOptions{.deadline = 0s});
  simulation.call(pipeline, never_repeated([] { return Simulated{1s, Result<int>{Failure{Kind::network}}}; }), keep);
  simulation.call(pipeline, [] { return Simulated{1s, Result<int>{Failure{Kind::overload}}}; }, keep, {}, CallOptions{.deadline = 4s});
  simulation.run();
  REQUIRE(failures.size() == 3);
  CHECK(failures[0].kind() == Kind::deadline);
  CHECK(has(failures[1].notes(), Note::not_repeatable));
  CHECK(has(failures[2].notes(), Note::deadline_would_pass));
  CHECK(failures[2].earliest_retry_at() == Time{5s});
}

TEST_CASE("A simulated operation may return whatever a classifier knows, and throw what it claims", "[drivers][simulate]") {
  struct Status {
    int code;
  };
  struct ByStatus {
    Verdict operator()(const Status& status) const {
      Verdict verdict;
      verdict.kind = status.code == 200 ? Kind::ok : Kind::internal;
      return verdict;
    }
    std::optional<Verdict> thrown(const std::exception_ptr&) const {
      Verdict verdict;
      verdict.kind = Kind::network;
      return verdict;
    }
  };
  Simulation simulation;
  Pipeline pipeline{P{}};
  std::vector<Kind> kinds_seen;
  const auto keep = [&](const Result<Status>& result) { kinds_seen.push_back(result ? Kind::ok : result.error().kind()); };
  simulation.call(pipeline, [] { return Simulated{1s, Status{200}}; }, keep, {}, {}, ByStatus{});
  simulation.call(pipeline, [] { return Simulated{2s, Status{500}}; }, keep, {}, {}, ByStatus{});
  simulation.call(pipeline, []() -> Simulated<Status> { throw std::runtime_error{"reset"}; }, keep, {}, {}, ByStatus{});
  simulation.run();
  CHECK(kinds_seen == std::vector<Kind>{Kind::network, Kind::ok, Kind::internal});
}

TEST_CASE("Simulated values may be void or only movable, operations only movable", "[drivers][simulate]") {
  Simulation simulation;
  Pipeline pipeline{P{}};
  int got = 0;
  simulation.call(
      pipeline, [number = std::make_unique<int>(4)] { return Simulated{1s, std::make_unique<int>(*number)}; },
      [&, own = std::make_unique<int>(1)](Result<std::unique_ptr<int>> result) { got = *result.value() + *own; });
  bool done = false;
  simulation.call(pipeline, [](const Attempt&) { return Simulated<>{1s}; }, [&](const Result<void>& result) { done = result.has_value(); });
  simulation.run();
  CHECK(got == 5);
  CHECK(done);
}

TEST_CASE("A cancelled simulated call ends at that moment", "[drivers][simulate]") {
  Simulation simulation;
  Pipeline pipeline{P{}};
  std::optional<Time> ended_at;
  std::optional<Failure> failure;
  auto call = simulation.call(
      pipeline, [] { return Simulated{1h, 1}; },
      [&](const Result<int>& result) {
        ended_at = simulation.now()();
        failure = result.error();
      });
  simulation.at(Time{10s}, [&] {
    call.cancel();
    CHECK_FALSE(call.ended());  // not from inside
  });
  simulation.run();
  CHECK(call.ended());
  CHECK(ended_at == Time{10s});
  REQUIRE(failure);
  CHECK(failure->kind() == Kind::cancelled);
  CHECK(failure->says() == Says::caller);
  CHECK(failure->trail()[0].billed == Billed::maybe);
  CHECK(simulation.now()() == Time{10s});  // the end of the attempt is no longer planned
  call.cancel();                           // does nothing any more
  simulation.run();
}

TEST_CASE("A call that is cancelled before it begins asks nobody", "[drivers][simulate]") {
  Simulation simulation;
  Pipeline pipeline{P{}};
  const auto before = Ledger::global().granted();
  std::optional<Kind> kind;
  auto call = simulation.call(
      pipeline, [] { return Simulated{1s, 1}; }, [&](const Result<int>& result) { kind = result.error().kind(); }, Time{1h});
  call.cancel();
  simulation.run();
  CHECK(kind == Kind::cancelled);
  CHECK(simulation.now()() == Time{});
  CHECK(Ledger::global().granted() == before);
}

TEST_CASE("Calls may be begun and cancelled from inside operations and ends", "[drivers][simulate]") {
  Simulation simulation;
  Pipeline pipeline{P{}};
  std::string order;
  auto victim = simulation.call(
      pipeline, [] { return Simulated<>{1h}; },
      [&](const Result<void>& result) { order += result.error().kind() == Kind::cancelled ? "cancelled " : "wrong "; });
  simulation.call(
      pipeline,
      [&] {
        simulation.call(pipeline, [] { return Simulated<>{0s}; }, [&](const Result<void>&) { order += "inner "; });
        return Simulated<>{1s};
      },
      [&](const Result<void>&) {
        order += "outer ";
        victim.cancel();
        simulation.call(pipeline, [] { return Simulated<>{1s}; }, [&](const Result<void>&) { order += "next "; });
      });
  simulation.run();
  CHECK(order == "inner outer cancelled next ");
  CHECK(simulation.now()() == Time{2s});
}

TEST_CASE("An operation that never answers leaves its call until the end of the simulation", "[drivers][simulate]") {
  Pipeline pipeline{P{}};
  {
    Simulation simulation;
    simulation.call(pipeline, [] { return Simulated{Duration::max(), 1}; }, ignore);
    simulation.run();
    CHECK(simulation.calls() == 1);
    CHECK(simulation.now()() == Time{});
  }
  CHECK(Ledger::global().fault().empty());
}

TEST_CASE("What a done throws leaves run, and the simulation can go on", "[drivers][simulate]") {
  Simulation simulation;
  Pipeline pipeline{P{}};
  auto call = simulation.call(pipeline, [] { return Simulated<>{1s}; }, [](const Result<void>&) { throw std::runtime_error{"done"}; });
  bool other = false;
  simulation.call(pipeline, [] { return Simulated<>{2s}; }, [&](const Result<void>&) { other = true; });
  CHECK_THROWS_WITH(simulation.run(), "done");
  CHECK(call.ended());
  simulation.run();
  CHECK(other);
}

TEST_CASE("A simulation has its wall clock and seeded dice", "[drivers][simulate]") {
  const WallTime start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1}};
  Simulation simulation{start, 9};
  Simulation same{start, 9};
  Simulation other{start, 10};
  CHECK(simulation.now().random() == same.now().random());
  CHECK(simulation.now().random() != other.now().random());
  simulation.run_until(Time{24h});
  CHECK(simulation.now().wall() == start + 24h);
}

TEST_CASE("Twenty thousand simulated calls share a pipeline", "[drivers][simulate]") {
  struct Flaky {
    SplitMix64 dice;
    Simulated<Result<int>> operator()() {
      if (dice() % 4 == 0) return {100ms, Failure{Kind::overload}};
      return {200ms, 1};
    }
  };
  Simulation simulation;
  Pipeline pipeline{Backoff{}};
  unsigned done = 0;
  constexpr unsigned calls = 20'000;
  for (unsigned i = 0; i < calls; ++i)
    simulation.call(pipeline, Flaky{SplitMix64{i}}, [&](const Result<int>& result) { done += result ? 1 : 0; }, Time{i * 1ms});
  simulation.run();
  CHECK(done == calls);
}
