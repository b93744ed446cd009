// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0218: OffPeak stands outside Deadline, of which it must know, or inside another policy
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Deadline{10h}, Retry{}, OffPeak{}};  // the mistake
#else
  ductile::Pipeline pipeline{Deadline{10h}, OffPeak{}, Retry{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
