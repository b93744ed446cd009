// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0205: QuotaTracker stands outside Retry and would count a call once however many requests it sent; put Retry before
// QuotaTracker, or add Allow<Rule::quota_inside_retry>{}
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{QuotaTracker{}, Retry{}};  // the mistake
#else
  ductile::Pipeline pipeline{Retry{}, QuotaTracker{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
