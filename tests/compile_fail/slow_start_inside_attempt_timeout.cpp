// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0221: SlowStart stands inside AttemptTimeout, and the wait in line would be taken from the attempt's time; put
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{AttemptTimeout{2min}, SlowStart{}, CircuitBreaker{}};  // the mistake
#else
  ductile::Pipeline pipeline{SlowStart{}, CircuitBreaker{}, AttemptTimeout{2min}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
