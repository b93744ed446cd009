// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0206: FallbackChain stands inside a policy that it must switch per target; put FallbackChain before Retry,
// CircuitBreaker, QuotaTracker and AttemptTimeout, or add Allow<Rule::fallback_outside>{}
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Retry{}, FallbackChain{two_targets}};  // the mistake
#else
  ductile::Pipeline pipeline{FallbackChain{two_targets}, Retry{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
