// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/linearizable.hpp"
#include "../support/shared_clock.hpp"
#include "../support/two_threads.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/retry_budget.hpp>
#include <ductile/policies/timeout.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <cstdint>
#include <map>
#include <optional>
#include <thread>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using support::said;

namespace {

// A budget as one would explain it: a count of thousandths, and a moment.
struct BudgetModel {
  std::int64_t per_call;
  std::int64_t capacity;
  Duration reserve_every;
  std::int64_t held = capacity;
  Time reserve_at{};

  void begin() { held = std::max(held, std::min(held + per_call, capacity)); }
  bool extra(Time at) {
    if (held >= 1000) {
      held -= 1000;
      return true;
    }
    if (reserve_every == Duration::zero() || at < reserve_at) return false;
    reserve_at = at + reserve_every;
    return true;
  }
  void give_back() { held = std::max(held, std::min(held + 1000, capacity)); }
};

struct ChosenBudget {
  std::int64_t thousandths;
  RetryBudgetOptions budget;
  [[nodiscard]] BudgetModel model() const { return {thousandths, budget.capacity * 1000, budget.reserve_every}; }
};
ChosenBudget chosen_budget(std::int64_t thousandths, std::int32_t capacity, Duration reserve_every) {
  return {thousandths, {static_cast<double>(thousandths) / 1000, capacity, reserve_every}};
}

}  // namespace

TEST_CASE("A retry budget answers like its model to any sequence of commands", "[properties]") {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SplitMix64 dice{seed};
    const auto pick = [&](unsigned below) { return static_cast<unsigned>(dice() % below); };
    const ChosenBudget chosen = chosen_budget(pick(1001), static_cast<std::int32_t>(1 + pick(6)), std::chrono::seconds{pick(20)});
    const RetryBudget budget{chosen.budget};
    RetryBudget::State state{budget};
    BudgetModel model = chosen.model();
    support::HandClock clock;
    struct Out {
      RetryBudget::Call call;
      bool paid = false;  // as the model has it
    };
    std::map<int, Out> out;
    for (int step = 0; step < 300; ++step) {
      CAPTURE(seed, step);
      clock.pass(std::chrono::milliseconds{pick(3000)});
      if (out.empty() || (out.size() < 8 && pick(3) == 0)) {
        REQUIRE(budget.admit(state, out[step].call, clock.now(), Attempt{}) == Admission::go());
        model.begin();
      } else {
        const auto chosen_call = std::next(out.begin(), pick(static_cast<unsigned>(out.size())));
        auto& [call, paid] = chosen_call->second;
        const bool made = pick(4) != 0;
        if (pick(3) != 0) {
          const bool allowed =
              budget.extra(state, call, clock.now(), Attempt{}, made ? said(Kind::overload) : support::refused_inside(Kind::circuit_open));
          if (!made) {
            REQUIRE(allowed);
          } else {
            paid = model.extra(clock.now()());
            REQUIRE(allowed == paid);
          }
        } else {
          static_cast<void>(budget.settle(state, call, clock.now(), Attempt{}, made ? said(Kind::overload) : support::abandoned(Sent::no)));
          if (paid && !made) model.give_back();
          out.erase(chosen_call);
        }
      }
      REQUIRE(state.tokens() == model.held / 1000);
    }
  }
}

TEST_CASE("What a budget has lost is what was made beyond one trip a call", "[properties]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SplitMix64 dice{seed};
    const auto pick = [&](unsigned below) { return static_cast<unsigned>(dice() % below); };
    const std::int32_t capacity = static_cast<std::int32_t>(1 + pick(120));
    const RetryBudget budget{{.per_call = 0, .capacity = capacity, .reserve_every = 0s}};
    RetryBudget::State state{budget};
    Pipeline pipeline{Deadline{60s},
                      with_state(budget, state),
                      FallbackChain{FallbackOptions{.targets = {{.name = "first"}, {.name = "second"}, {.name = "third"}}}},
                      Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 3s}, .outwait_rejections = pick(2) == 0}},
                      CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(2), .open_for = 5s}},
                      AttemptTimeout{4s}};
    std::vector<int> trips(60, 0);
    {
      Simulation simulation{WallTime{}, seed};
      std::vector<Simulation::Call> calls;
      for (std::size_t i = 0; i < trips.size(); ++i)
        calls.push_back(simulation.call(
            pipeline,
            [&, i] {
              ++trips[i];
              constexpr std::array failures{Kind::overload, Kind::internal, Kind::quota, Kind::network, Kind::safety_output};
              const bool good = pick(4) == 0;
              return Simulated<Result<int>>{std::chrono::seconds{pick(6)},
                                            good ? Result<int>{1} : Failure{failures[pick(failures.size())]}};
            },
            [](const auto&) {}, Time{std::chrono::seconds{pick(200)}}));
      for (int i = 0; i < 20; ++i)
        simulation.at(Time{std::chrono::milliseconds{pick(250'000)}}, [&, i] { calls[static_cast<std::size_t>(i)].cancel(); });
      if (pick(2) == 0)
        simulation.run();
      else
        simulation.run_until(Time{std::chrono::seconds{pick(200)}});  // and destroyed with calls under way
    }
    std::int64_t extra = 0;
    for (const int made : trips) extra += std::max(made - 1, 0);
    CAPTURE(seed, capacity);
    CHECK(state.tokens() == capacity - extra);
    CHECK(extra <= capacity);
  }
}

namespace {

enum class BudgetCommand : std::uint8_t { begin, extra, give_back };
struct Step {
  BudgetCommand command;
  bool allowed = false;
};

}  // namespace

TEST_CASE("Two threads at a retry budget are answered as if one came after the other", "[properties]") {
  constexpr int rounds = 20'000;
  constexpr std::size_t steps = 5;
  const ChosenBudget chosen = chosen_budget(600, 2, 0s);
  const RetryBudget budget{chosen.budget};
  std::optional<RetryBudget::State> state;
  std::array<std::vector<Step>, 2> done;
  int not_linear = 0;
  int refused = 0;

  const auto ready = [&] {
    if (state) {
      const bool linear = support::linearizable(
          chosen.model(), done[0], done[1],
          [](BudgetModel& model, const Step& step) {
            if (step.command == BudgetCommand::begin) model.begin();
            if (step.command == BudgetCommand::give_back) model.give_back();
            return step.command != BudgetCommand::extra || model.extra(Time{}) == step.allowed;
          },
          [&](const BudgetModel& model) { return state->tokens() == model.held / 1000; });
      not_linear += linear ? 0 : 1;
      for (const auto& mine : done)
        for (const Step& step : mine) refused += step.command == BudgetCommand::extra && !step.allowed ? 1 : 0;
    }
    state.emplace(budget);
    for (auto& mine : done) mine.clear();
  };
  support::two_threads(rounds, ready, [&](std::size_t me, SplitMix64& dice) {
    RetryBudget::Call call;
    for (std::size_t i = 0; i < steps; ++i) {
      const auto draw = dice() % 8;
      if (call.paid && draw < 2) {
        static_cast<void>(budget.settle(*state, call, Now{}, Attempt{}, support::abandoned(Sent::no)));
        call = {};
        done[me].push_back({BudgetCommand::give_back});
      } else if (draw < 6) {
        done[me].push_back({BudgetCommand::extra, budget.extra(*state, call, Now{}, Attempt{}, said(Kind::overload))});
      } else {
        static_cast<void>(budget.admit(*state, call, Now{}, Attempt{}));
        done[me].push_back({BudgetCommand::begin});
      }
    }
  });
  CHECK(not_linear == 0);
  CHECK(refused > rounds / 10);  // it was tight
}

TEST_CASE("Threads that compete for the reserve get one trip in its time", "[properties]") {
  const RetryBudget budget{{.per_call = 0, .capacity = 1, .reserve_every = 10s}};
  RetryBudget::State state{budget};
  support::SharedClock clock;
  std::array<std::atomic<int>, 2'000> went{};
  std::barrier both{2, [&]() noexcept { clock.pass(10s); }};
  const auto thread = [&] {
    for (auto& in_this_time : went) {
      RetryBudget::Call call;
      for (int i = 0; i < 3; ++i)
        if (budget.extra(state, call, clock.now(), Attempt{}, said(Kind::overload))) ++in_this_time;
      both.arrive_and_wait();
    }
  };
  std::thread other{thread};
  thread();
  other.join();
  CHECK(went[0] == 2);  // and the first fill
  CHECK(std::all_of(went.begin() + 1, went.end(), [](const auto& trips) { return trips == 1; }));
}
