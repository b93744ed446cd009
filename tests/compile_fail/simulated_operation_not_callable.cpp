// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0101: the operation can be called neither as operation() nor as operation(const Attempt&); give it one of these forms
#include <ductile/drivers/simulate.hpp>

#include <chrono>

using namespace std::chrono_literals;

int main() {
  ductile::Pipeline pipeline{};
  ductile::Simulation simulation;
#ifdef MISUSE
  const auto service = [](int left) { return ductile::Simulated{2s, left}; };  // the mistake
#else
  const auto service = [](const ductile::Attempt&) { return ductile::Simulated{2s, 1}; };
#endif
  simulation.call(pipeline, service, [](const ductile::Result<int>&) {});
  simulation.run();
}
