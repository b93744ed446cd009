// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0216: Bulkhead stands inside AttemptTimeout, and the wait in line would be taken from the attempt's time; put
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{AttemptTimeout{2min}, Bulkhead{}};  // the mistake
#else
  ductile::Pipeline pipeline{Bulkhead{}, AttemptTimeout{2min}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
