// SPDX-License-Identifier: BSL-1.0

// A number of happy calls through one pipeline, chosen by WORKLOAD, for `count` to run under callgrind.
#include <ductile/ductile.hpp>

#include <cstdlib>

int operation(int argument);

namespace {

using namespace ductile;
using namespace std::chrono_literals;

[[maybe_unused]] const CircuitBreakerOptions breaker{.trip = consecutive(5)};
[[maybe_unused]] constexpr std::int32_t unreached = 1'000'000'000;

#if WORKLOAD == 1
Pipeline pipeline{Retry{}};
#elif WORKLOAD == 2
Pipeline pipeline{Retry{}, CircuitBreaker{breaker}};
#elif WORKLOAD == 3
Pipeline pipeline{Retry{}, CircuitBreaker{breaker}, QuotaTracker{QuotaOptions{.limits = {per_minute(unreached)}}}};
#elif WORKLOAD == 4
Pipeline pipeline{Retry{}, CircuitBreaker{breaker},
                  QuotaTracker{QuotaOptions{.limits = {per_minute(unreached), images_per_minute(unreached)}}}};
#elif WORKLOAD == 5
Pipeline pipeline{Deadline{2min},
                  FallbackChain{FallbackOptions{.targets = {{.name = "first"}, {.name = "second"}}}},
                  Retry{},
                  CircuitBreaker{breaker},
                  QuotaTracker{QuotaOptions{.limits = {per_minute(unreached)}}},
                  AttemptTimeout{60s}};
#endif

[[gnu::noinline]] long happy_calls(long count) {
  long sum = 0;
  for (long i = 0; i < count; ++i) {
    const int argument = static_cast<int>(i);
#if WORKLOAD == 0
    sum += operation(argument);
#else
    const auto result = pipeline.run([&] { return operation(argument); });
    if (!result) std::abort();
    sum += result.assume_value();
#endif
  }
  return sum;
}

}  // namespace

int main(int, char** arguments) { return happy_calls(std::atol(arguments[1])) == 0 ? 1 : 0; }
