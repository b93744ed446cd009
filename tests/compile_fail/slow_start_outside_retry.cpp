// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0220: SlowStart stands outside Retry or FallbackChain and would keep a place while they wait; put SlowStart after them
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{SlowStart{}, Retry{}, CircuitBreaker{}};  // the mistake
#else
  ductile::Pipeline pipeline{Retry{}, SlowStart{}, CircuitBreaker{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
