// SPDX-License-Identifier: BSL-1.0
//
// How many calls a second the simulation makes on one core. What is compared with: a bare list of things to do, in the order of their
// times.
#include <ductile/ductile.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

namespace {

constexpr int calls = 100'000;  // of a second each, one a millisecond: a thousand side by side

void bare_list(benchmark::State& state) {
  struct Planned {
    std::int64_t time;
    std::int64_t order;
    std::function<void()> action;
    bool operator<(const Planned& other) const { return std::pair{time, order} > std::pair{other.time, other.order}; }
  };
  for (auto _ : state) {
    std::priority_queue<Planned> planned;
    std::int64_t order = 0;
    std::int64_t served = 0;
    std::int64_t now = 0;
    for (int i = 0; i < calls; ++i)
      planned.push({i, order++, [&] { planned.push({now + 1000, order++, [&] { ++served; }}); }});  // it begins, and it ends
    while (!planned.empty()) {
      const auto action = planned.top().action;
      now = planned.top().time;
      planned.pop();
      action();
    }
    benchmark::DoNotOptimize(served);
  }
  state.SetItemsProcessed(state.iterations() * calls);
}
BENCHMARK(bare_list)->Unit(benchmark::kMillisecond);

template <class MakePipeline>
void simulated(benchmark::State& state, const MakePipeline& make_pipeline, std::uint64_t one_in) {
  std::int64_t attempts = 0;
  for (auto _ : state) {
    auto pipeline = make_pipeline();
    Simulation simulation;
    std::int64_t served = 0;
    const auto service = [&](const Attempt&) -> Simulated<Result<int>> {
      ++attempts;
      if (one_in > 0 && simulation.now().random() % one_in == 0) return {100ms, Failure{Kind::no_image}};  // counts for no breaker
      return {1s, 1};
    };
    for (int i = 0; i < calls; ++i)
      simulation.call(pipeline, service, [&](const Result<int>& result) { served += result ? 1 : 0; }, Time{i * 1ms});
    simulation.run();
    benchmark::DoNotOptimize(served);
  }
  state.SetItemsProcessed(attempts);
}

const auto two_layers = [] { return Pipeline{Retry{}, CircuitBreaker{}}; };
const auto seven_layers = [] {
  return Pipeline{Deadline{10min},
                  FallbackChain{FallbackOptions{.targets = {{.name = "first"}, {.name = "second"}}}},
                  Retry{},
                  SlowStart{},
                  CircuitBreaker{CircuitBreakerOptions{.trip = ratio(0.6)}},
                  QuotaTracker{QuotaOptions{.limits = {per_minute(1'000'000)}}},
                  AttemptTimeout{1min}};
};

void retry_and_breaker(benchmark::State& state) { simulated(state, two_layers, 0); }
void retry_and_breaker_one_in_ten_fails(benchmark::State& state) { simulated(state, two_layers, 10); }
void seven_layers_two_targets(benchmark::State& state) { simulated(state, seven_layers, 0); }
void seven_layers_one_in_ten_fails(benchmark::State& state) { simulated(state, seven_layers, 10); }
BENCHMARK(retry_and_breaker)->Unit(benchmark::kMillisecond);
BENCHMARK(retry_and_breaker_one_in_ten_fails)->Unit(benchmark::kMillisecond);
BENCHMARK(seven_layers_two_targets)->Unit(benchmark::kMillisecond);
BENCHMARK(seven_layers_one_in_ten_fails)->Unit(benchmark::kMillisecond);

}  // namespace
