// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0219: SlowStart has no CircuitBreaker inside it, and never hears that a circuit was open
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{CircuitBreaker{}, SlowStart{}};  // the mistake
#else
  ductile::Pipeline pipeline{SlowStart{}, CircuitBreaker{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
