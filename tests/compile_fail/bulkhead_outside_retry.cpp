// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0215: Bulkhead stands outside Retry or FallbackChain and would keep a place while they wait; put Bulkhead after them
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Bulkhead{}, Retry{}};  // the mistake
#else
  ductile::Pipeline pipeline{Retry{}, Bulkhead{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
