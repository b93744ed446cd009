// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"

#include <ductile/drivers/asio.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/retry_budget.hpp>
#include <ductile/policies/timeout.hpp>
#include <ductile/testing/recording_observer.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <thread>
#include <type_traits>
#include <variant>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// A call with one race, told as one thing after the other: what decides it is its end, and nothing begins afterwards.
struct RaceModel {
  bool fits = true;
  bool ended = false;
  std::uint8_t lanes = 0;
  int under_way = 0;
  std::optional<AttemptEnded> decisive{};  // the first success or block
  bool overload = false;

  void take(const AttemptBegan& event) {
    fits = fits && !ended && !decisive && event.attempt.lane == lanes && event.attempt.number == lanes + 1U;
    ++lanes;
    ++under_way;
  }
  void take(const AttemptEnded& event) {
    const Kind kind = event.verdict.kind;
    --under_way;
    fits = fits && !ended && under_way >= 0 && (kind != Kind::abandoned || decisive);
    if (!decisive && (kind == Kind::ok || kind == Kind::safety_output)) decisive = event;
    overload = overload || kind == Kind::overload;
  }
  void take(const OperationEnded& event) {
    fits = fits && !ended && under_way == 0 && event.attempts == lanes;
    ended = true;
    if (!decisive)
      fits = fits && overload && event.failure && event.failure->kind() == Kind::overload;
    else if (decisive->verdict.ok())
      fits = fits && event.outcome == (decisive->attempt.lane > 0 ? Outcome::ok_hedged : Outcome::ok);
    else
      fits = fits && event.failure && event.failure->kind() == Kind::safety_output;
  }
};

}  // namespace

TEST_CASE("Coroutines race, each call on a strand of its own, on several threads", "[async]") {
  constexpr int calls = 300;
  RecordingObserver seen;
  Pipeline pipeline{Observe{seen},
                    CountingPolicy{},
                    Deadline{30s},
                    RetryBudget{RetryBudgetOptions{.per_call = 1}},
                    Hedge{HedgeOptions{.after = 5ms, .hedges = 2}},
                    Bulkhead{BulkheadOptions{.in_flight = 1000}},
                    CountingPolicy{}};
  std::atomic<unsigned> requests{0};
  std::atomic<unsigned> hedges{0};
  const auto look_up = [&requests, &hedges](const Attempt& attempt) -> asio::awaitable<Result<int>> {
    const unsigned number = ++requests;
    hedges += attempt.lane > 0 ? 1U : 0U;
    asio::steady_timer network{co_await asio::this_coro::executor, number % 3 == 0 ? 200ms : 1ms};
    co_await network.async_wait(asio::use_awaitable);
    if (number % 11 == 0) co_return Failure{Kind::overload};
    if (number % 7 == 0) co_return Failure{Kind::safety_output};
    co_return static_cast<int>(attempt.number);
  };
  const auto operation = repeatable(look_up);
  std::atomic<int> succeeded{0};
  std::atomic<int> failed{0};
  asio::io_context context;
  for (int i = 0; i < calls; ++i)
    pipeline.async_run(operation, asio::make_strand(context), [&](Result<int> result) { ++(result ? succeeded : failed); });
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) threads.emplace_back([&context] { context.run(); });
  }
  CHECK(succeeded + failed == calls);
  CHECK(succeeded > calls / 2);
  CHECK(hedges > calls / 4);  // about a third of the first attempts are slow
  CHECK(pipeline.state<4>().in_flight() == 0);
  std::map<std::uint64_t, RaceModel> models;
  for (const AnyEvent& event : seen.events())
    std::visit(
        [&models](const auto& one) {
          using Event = std::decay_t<decltype(one)>;
          if constexpr (std::is_same_v<Event, AttemptBegan> || std::is_same_v<Event, AttemptEnded> || std::is_same_v<Event, OperationEnded>)
            models[one.call].take(one);
        },
        event);
  int fitting = 0;
  int blocked_beside_another = 0;
  for (const auto& [call, model] : models) {
    fitting += model.fits && model.ended ? 1 : 0;
    blocked_beside_another += model.decisive && !model.decisive->verdict.ok() && model.lanes > 1 ? 1 : 0;
  }
  CHECK(fitting == calls);
  CHECK(blocked_beside_another > 0);
  CHECK(Ledger::global().fault().empty());
}
