// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0217: Reword stands inside FallbackChain or Retry, which would take its new words for another try
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Retry{}, Reword{}};  // the mistake
#else
  ductile::Pipeline pipeline{Reword{}, Retry{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
