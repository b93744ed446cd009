// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0210: Deadline stands inside FallbackChain and would begin anew with each target; put Deadline before FallbackChain, or
// add Allow<Rule::deadline_outside_fallback>{}
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{FallbackChain{two_targets}, Deadline{10min}};  // the mistake
#else
  ductile::Pipeline pipeline{Deadline{10min}, FallbackChain{two_targets}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
