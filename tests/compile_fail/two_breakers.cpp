// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0207: a policy with shared state stands twice in this pipeline; keep one of the two, or add Allow<Rule::stateful_once>{}
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Retry{}, CircuitBreaker{}, CircuitBreaker{}};  // the mistake
#else
  ductile::Pipeline pipeline{Retry{}, CircuitBreaker{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
