// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0213: AttemptTimeout stands outside QuotaTracker, and a wait for a window would use up the attempt's time; put
// QuotaTracker before AttemptTimeout, or add Allow<Rule::attempt_timeout_inside_quota>{}
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{AttemptTimeout{2min}, QuotaTracker{}};  // the mistake
#else
  ductile::Pipeline pipeline{QuotaTracker{}, AttemptTimeout{2min}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
