// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0201: CircuitBreaker stands outside Retry and would count a call once however often it failed; put Retry before
// CircuitBreaker, or add Allow<Rule::breaker_inside_retry>{}
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{CircuitBreaker{}, Retry{}};  // the mistake
#else
  ductile::Pipeline pipeline{Retry{}, CircuitBreaker{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
