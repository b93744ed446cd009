// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0202: Deadline stands inside Retry and would begin anew with each attempt; put Deadline before Retry, take
// AttemptTimeout for one attempt, or add Allow<Rule::deadline_outside_retry>{}
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Retry{}, Deadline{10min}};  // the mistake
#else
  ductile::Pipeline pipeline{Deadline{10min}, Retry{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
