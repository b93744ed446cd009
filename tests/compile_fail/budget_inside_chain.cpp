// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0214: RetryBudget stands inside FallbackChain, which does not ask it before the next target; put RetryBudget before
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{FallbackChain{two_targets}, RetryBudget{}, Retry{}};  // the mistake
#else
  ductile::Pipeline pipeline{RetryBudget{}, FallbackChain{two_targets}, Retry{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
