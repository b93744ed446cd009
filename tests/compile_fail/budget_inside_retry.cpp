// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0203: RetryBudget stands inside Retry, where nothing asks it; put RetryBudget before Retry, or add
// Allow<Rule::budget_outside_retry>{}
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Retry{}, RetryBudget{}};  // the mistake
#else
  ductile::Pipeline pipeline{RetryBudget{}, Retry{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
