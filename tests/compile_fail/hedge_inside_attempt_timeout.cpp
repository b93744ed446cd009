// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0117: Hedge stands inside CircuitBreaker, QuotaTracker or AttemptTimeout, which would take its attempts for one
#include "policies.hpp"

int main() {
#ifdef MISUSE
  const ductile::Pipeline pipeline{AttemptTimeout{2min}, Hedge{}};  // the mistake
#else
  const ductile::Pipeline pipeline{Hedge{}, AttemptTimeout{2min}};
#endif
  static_cast<void>(pipeline);
}
