// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/counting_policy.hpp"

#include <ductile/drivers/asio.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/retry_budget.hpp>
#include <ductile/policies/timeout.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

TEST_CASE("Coroutines race, each call on a strand of its own, on several threads", "[async]") {
  constexpr int calls = 300;
  Pipeline pipeline{CountingPolicy{},
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
  CHECK(Ledger::global().fault().empty());
}
