// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0118: Hedge makes attempts of this operation side by side, and nothing says that doing it twice is harmless; pass
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/hedge.hpp>

#include <chrono>

using namespace std::chrono_literals;

int main() {
  ductile::Simulation simulation;
  ductile::Pipeline pipeline{ductile::Hedge{}};
  const auto operation = [] { return ductile::Simulated{1s, 1}; };
#ifdef MISUSE
  const auto once = ductile::never_repeated(operation);  // the mistake: a hedge repeats
#else
  const auto once = ductile::repeatable(operation);
#endif
  static_cast<void>(simulation.call(pipeline, once, [](const ductile::Result<int>&) {}));
}
