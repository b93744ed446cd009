// SPDX-License-Identifier: BSL-1.0

// calls COUNT
// Makes as many calls of each workload, for scripts/check_costs to count their instructions under callgrind, which is asked for a file for
// each workload; prints how many allocations a call made.
#include <ductile/ductile.hpp>

#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <new>

int operation(int argument);
long simulated(long count);
long hedged(long count);
long bare_asynchronous(long count);
long asynchronous(long count);
long asynchronous_hedged(long count);

static unsigned long allocations = 0;

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace ductile;
using namespace std::chrono_literals;

// The sizes that the design sets.
static_assert(sizeof(Failure) <= 48 && sizeof(TrailEntry) <= 16 && sizeof(Verdict) <= 32 && sizeof(Attempt) <= 32 && sizeof(Now) <= 16);
static_assert(sizeof(CallOf<Retry<>>) <= 16 && sizeof(CallOf<CircuitBreaker<>>) <= 8 && sizeof(CallOf<QuotaTracker<6>>) <= 8 &&
              sizeof(CallOf<FallbackChain>) <= 16);
static_assert(sizeof(Result<int>) <= 64);

constexpr std::int32_t unreached = 1'000'000'000;
const CircuitBreakerOptions breaker{.trip = consecutive(5)};
const QuotaOptions one_window{.limits = {per_minute(unreached)}};
const QuotaOptions three_windows{.limits = {per_minute(unreached), images_per_minute(unreached), per_day(unreached)}};
const QuotaWindow ten_minutes = [] {
  QuotaWindow window = per_minute(unreached);
  window.span = std::chrono::minutes{10};
  return window;
}();
const QuotaOptions six_windows{.limits = {per_minute(unreached), images_per_minute(unreached), tokens_per_minute(unreached),
                                          per_day(unreached), tokens_per_day(unreached), ten_minutes}};
const FallbackOptions targets{.targets = {{.name = "first"}, {.name = "second"}}};

struct Ends {
  void on(const OperationEnded& event) noexcept { attempts += event.attempts; }
  unsigned long attempts = 0;
} ends;

struct Workload {
  const char* name;
  long (*calls)(long count);
};

// A function of its own for each pipeline, as a user would have it.
template <auto make>
[[gnu::noinline]] long happy(long count) {
  static auto pipeline = make();
  long sum = 0;
  for (long i = 0; i < count; ++i) {
    const int argument = static_cast<int>(i);
    const auto result = pipeline.run([&] { return operation(argument); });
    if (!result) std::abort();
    sum += result.assume_value();
  }
  return sum;
}

[[gnu::noinline]] long bare(long count) {
  long sum = 0;
  for (long i = 0; i < count; ++i) sum += operation(static_cast<int>(i));
  return sum;
}

long two_failures(long count) {
  static Pipeline pipeline{Retry{RetryOptions{.backoff = Constant{0s}}}};
  long sum = 0;
  for (long i = 0; i < count; ++i) {
    int failures = 2;
    const auto result = pipeline.run([&]() -> Result<int> {
      if (failures-- > 0) return Failure{Kind::internal};
      return operation(static_cast<int>(i));
    });
    if (!result) std::abort();
    sum += result.assume_value();
  }
  return sum;
}

long rejected(long count) {
  static Pipeline pipeline{Retry{}, CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 24h}}};
  static_cast<void>(pipeline.run([]() -> Result<int> { return Failure{Kind::internal, Remedy::never}; }));
  long sum = 0;
  for (long i = 0; i < count; ++i) {
    const auto result = pipeline.run([&] { return operation(1); });
    if (result || result.assume_error().kind() != Kind::circuit_open) std::abort();
    sum += 1;
  }
  return sum;
}

constexpr Workload workloads[] = {
    {"bare", &bare},
    {"retry", &happy<[] { return Pipeline{Retry{}}; }>},
    {"breaker", &happy<[] { return Pipeline{CircuitBreaker{breaker}}; }>},
    {"retry-budget", &happy<[] { return Pipeline{RetryBudget{}, Retry{}}; }>},
    {"retry-bulkhead", &happy<[] { return Pipeline{Retry{}, Bulkhead{{.in_flight = 8}}}; }>},
    {"reword-retry", &happy<[] { return Pipeline{Reword{}, Retry{}}; }>},
    {"deadline-retry", &happy<[] { return Pipeline{Deadline{2min}, Retry{}}; }>},
    {"deadline-off-peak-retry", &happy<[] { return Pipeline{Deadline{2min}, OffPeak{}, Retry{}}; }>},
    {"retry-slow-start-breaker", &happy<[] { return Pipeline{Retry{}, SlowStart{}, CircuitBreaker{breaker}}; }>},
    {"retry-breaker", &happy<[] { return Pipeline{Retry{}, CircuitBreaker{breaker}}; }>},
    {"retry-breaker-1-window", &happy<[] { return Pipeline{Retry{}, CircuitBreaker{breaker}, QuotaTracker{one_window}}; }>},
    {"retry-breaker-3-windows", &happy<[] { return Pipeline{Retry{}, CircuitBreaker{breaker}, QuotaTracker{three_windows}}; }>},
    {"retry-breaker-6-windows", &happy<[] { return Pipeline{Retry{}, CircuitBreaker{breaker}, QuotaTracker{six_windows}}; }>},
    {"seven-layers", &happy<[] {
       return Pipeline{Allow<Rule::stateful_once>{}, Deadline{2min},          FallbackChain{targets},   Retry{},
                       CircuitBreaker{breaker},      CircuitBreaker{breaker}, QuotaTracker{one_window}, AttemptTimeout{60s}};
     }>},
    {"observed", &happy<[] { return Pipeline{Observe{ends}, Retry{}, CircuitBreaker{breaker}}; }>},
    {"simulated", &simulated},
    {"hedged", &hedged},
    {"two-failures", &two_failures},
    {"breaker-open", &rejected},
    {"bare-asynchronous", &bare_asynchronous},
    {"asynchronous", &asynchronous},
    {"asynchronous-hedged", &asynchronous_hedged},
};

}  // namespace

int main(int, char** arguments) {
  const long count = std::atol(arguments[1]);
  for (const Workload& workload : workloads) {
    static_cast<void>(workload.calls(8));  // what is made once
    const unsigned long before = allocations;
    CALLGRIND_ZERO_STATS;
    const long sum = workload.calls(count);
    CALLGRIND_DUMP_STATS_AT(workload.name);
    if (sum == 0) return 1;
    std::printf("%s %lu\n", workload.name, (allocations - before) / static_cast<unsigned long>(count));
  }
}
