// SPDX-License-Identifier: BSL-1.0
//
// A service falls ill when it gets more than ten requests at once, and is well again after a minute. Forty clients wait for that minute.
// With a slow start they come by and by; without one they come together, and the service falls ill anew, and again.
#include <ductile/ductile.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>

using namespace std::chrono_literals;

namespace {

struct Service {
  ductile::Simulation& simulation;
  ductile::Time ill_until{1min};
  int inside = 0;
  int outages = 1;

  ductile::Simulated<ductile::Result<int>> operator()() {
    const ductile::Time now = simulation.now()();
    if (now < ill_until) return {100ms, ductile::Failure{ductile::Kind::overload}};
    if (inside == 10) {
      ++outages;
      ill_until = now + 1min;
      return {100ms, ductile::Failure{ductile::Kind::overload}};
    }
    ++inside;
    simulation.at(now + 5s, [this] { --inside; });
    return {5s, 1};
  }
};

// How often the service falls ill until all have been served.
template <class Pipeline>
int outages_with(Pipeline& pipeline) {
  ductile::Simulation simulation;
  Service service{.simulation = simulation};
  int served = 0;
  for (int client = 0; client < 40; ++client)
    static_cast<void>(simulation.call(
        pipeline, [&] { return service(); }, [&](const ductile::Result<int>& result) { served += result ? 1 : 0; },
        ductile::Time{client * 100ms}));
  simulation.run();
  std::cout << served << " of 40 served, " << service.outages << " outages\n";
  return served == 40 ? service.outages : -1;
}

}  // namespace

int main() {
  const ductile::Retry patient{ductile::RetryOptions<ductile::Constant>{
      .attempts = 1000, .backoff = {.wait = 5s, .jitter = ductile::Jitter::full}, .outwait_rejections = true}};
  const ductile::CircuitBreaker breaker{ductile::CircuitBreakerOptions{.trip = ductile::consecutive(3), .open_for = 10s}};

  ductile::Pipeline at_once{ductile::Deadline{1h}, patient, breaker};
  // [usage]
  ductile::Pipeline by_and_by{ductile::Deadline{1h}, patient,
                              ductile::SlowStart{ductile::SlowStartOptions{.begin = 4, .longest_wait = 10min}}, breaker};
  // [/usage]
  const int without = outages_with(at_once);
  const int with = outages_with(by_and_by);
  return with == 1 && without > with ? 0 : 1;
}
