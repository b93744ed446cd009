// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0126: the operation of a Simulation must say how long its answer takes; return a Simulated
#include <ductile/drivers/simulate.hpp>

#include <chrono>

using namespace std::chrono_literals;

int main() {
  ductile::Pipeline pipeline{};
  ductile::Simulation simulation;
  // [shown]
#ifdef MISUSE
  const auto service = [] { return 1; };  // the mistake: how long does that take?
#else
  const auto service = [] { return ductile::Simulated{2s, 1}; };
#endif
  simulation.call(pipeline, service, [](const ductile::Result<int>&) {});
  // [/shown]
  simulation.run();
}
