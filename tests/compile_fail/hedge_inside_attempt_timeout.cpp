// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0117: Hedge stands inside CircuitBreaker, QuotaTracker or AttemptTimeout, which would take its attempts for one
#include "role_stub.hpp"

int main() {
#ifdef MISUSE
  const ductile::Pipeline pipeline{AttemptTimeout{}, Hedge{}};  // the mistake
#else
  const ductile::Pipeline pipeline{Hedge{}, AttemptTimeout{}};
#endif
  static_cast<void>(pipeline);
}
