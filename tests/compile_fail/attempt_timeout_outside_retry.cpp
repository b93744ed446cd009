// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0204: AttemptTimeout stands outside Retry and would bound all attempts together; put Retry before AttemptTimeout, take
// Deadline for the whole call, or add Allow<Rule::attempt_timeout_inside_retry>{}
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{AttemptTimeout{2min}, Retry{}};  // the mistake
#else
  ductile::Pipeline pipeline{Retry{}, AttemptTimeout{2min}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
