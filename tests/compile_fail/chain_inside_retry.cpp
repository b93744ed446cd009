// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0206: FallbackChain stands inside a policy that it must switch per target; put FallbackChain before Retry,
// CircuitBreaker, QuotaTracker and AttemptTimeout, or add Allow<Rule::fallback_outside>{}
#include "role_stub.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Retry{}, FallbackChain{}};  // the mistake
#else
  ductile::Pipeline pipeline{FallbackChain{}, Retry{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
