// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0224: Reword stands twice in this pipeline, and the inner one would begin with the first words again for each
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Reword{}, Reword{}, Retry{}};  // the mistake
#else
  ductile::Pipeline pipeline{Reword{}, Retry{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
