// SPDX-License-Identifier: BSL-1.0

// A hedge needs a driver that makes attempts side by side. Here is one call with one attempt in virtual time, without and with a hedge that
// is planned and not needed: what the race takes is the difference. In a unit of its own, since g++ 12 inlines less in a larger one.
#include <ductile/core/pipeline.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/retry.hpp>

int operation(int argument);

namespace {

using namespace ductile;
using namespace std::chrono_literals;

long run(auto& pipeline, long count) {
  long sum = 0;
  for (long i = 0; i < count; ++i) {
    Simulation simulation;
    const auto answer = repeatable([i](const Attempt&) { return Simulated{1ms, Result<int>{operation(static_cast<int>(i))}}; });
    simulation.call(pipeline, answer, [&sum](Result<int> result) { sum += result.assume_value(); });
    simulation.run();
  }
  return sum;
}

}  // namespace

long simulated(long count) {
  static Pipeline pipeline{Retry{}, CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(5)}}};
  return run(pipeline, count);
}

long hedged(long count) {
  static Pipeline pipeline{Retry{}, Hedge{}, CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(5)}}};
  return run(pipeline, count);
}
