// SPDX-License-Identifier: BSL-1.0

// ductile_hold FORM
// What calls that wait for their next attempt cost in resident memory, for benchmarks/peer_rows: 100 000 on Boost.Asio, or a thousand that
// each block a thread. Not in ductile.cpp: with Asio beside them, g++ 12 would make other code of the calls that are timed there.
#include "measure.hpp"

#include <ductile/drivers/asio.hpp>
#include <ductile/ductile.hpp>

#include <boost/asio.hpp>

#include <string_view>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

constexpr std::int32_t unreached = 1'000'000'000;
const RetryOptions retry{.attempts = 5, .backoff = Constant{1h}};
const CircuitBreakerOptions breaker{.trip = consecutive(1'000'000)};

std::atomic<int> attempts = 0;

Result<int> fail() {
  ++attempts;
  return Failure{Kind::internal};
}

void print(const char* form, double before, int calls) {
  if (attempts != calls) std::abort();
  std::printf("ductile %s\tj waiting call, RSS bytes\t%.0f\n", form, (measure::resident_bytes() - before) / calls);
  std::fflush(stdout);
  std::_Exit(0);
}

template <class... Elements, class Operation>
void asynchronous(const char* form, Pipeline<Elements...>& pipeline, const Operation& operation) {
  constexpr int calls = 100'000;
  asio::io_context context{1};
  const double before = measure::resident_bytes();
  for (int i = 0; i < calls; ++i) {
    pipeline.async_run(operation, context, [](Result<int>) { std::abort(); });
    context.poll();  // until it waits, as a task of tokio's runs: what all attempts take at once is another question
  }
  print(form, before, calls);
}

void blocking(const char* form) {
  constexpr int calls = 1000;
  Pipeline pipeline{Retry{retry}};
  const double before = measure::resident_bytes();
  std::vector<std::thread> threads;
  for (int i = 0; i < calls; ++i) threads.emplace_back([&pipeline] { static_cast<void>(pipeline.run(fail)); });
  std::this_thread::sleep_for(2s);
  print(form, before, calls);
}

}  // namespace

int main(int, char** arguments) {
  const std::string_view form = arguments[1];
  const auto function = [](const Attempt&, auto token) { return asio::post(asio::append(token, fail())); };
  const auto coroutine = [](const Attempt&) -> asio::awaitable<Result<int>> { co_return fail(); };
  Pipeline plain{Retry{retry}};
  Pipeline guarded{Retry{retry}, CircuitBreaker{breaker}};
  Pipeline seven{Deadline{24h},
                 RetryBudget{RetryBudgetOptions{.capacity = 1'000'000}},
                 FallbackChain{FallbackOptions{.targets = {{.name = "first"}, {.name = "second"}}}},
                 Retry{retry},
                 CircuitBreaker{breaker},
                 QuotaTracker{QuotaOptions{.limits = {per_minute(unreached)}}},
                 AttemptTimeout{60s}};
  if (form == "callback") asynchronous("callback", plain, function);
  if (form == "coroutine") asynchronous("coroutine", plain, coroutine);
  if (form == "breaker") asynchronous("callback, breaker", guarded, function);
  if (form == "seven") asynchronous("callback, seven layers", seven, function);
  if (form == "blocking") blocking("blocking");
  return 64;
}
