// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0202: Deadline stands inside Retry and would begin anew with each attempt; put Deadline before Retry
#include "policies.hpp"

#include <ductile/drivers/simulate.hpp>

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Retry{}, Deadline{10min}};  // the mistake
#else
  ductile::Pipeline pipeline{Deadline{10min}, Retry{}};
#endif
  ductile::Simulation simulation;
  simulation.call(pipeline, [] { return ductile::Simulated{2s, 1}; }, [](const ductile::Result<int>&) {});
  simulation.run();
}
