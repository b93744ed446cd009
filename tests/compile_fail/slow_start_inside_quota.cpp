// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0222: SlowStart stands inside QuotaTracker, and the window of a reservation could be over when the place comes; put
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{QuotaTracker{}, SlowStart{}, CircuitBreaker{}};  // the mistake
#else
  ductile::Pipeline pipeline{SlowStart{}, QuotaTracker{}, CircuitBreaker{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
