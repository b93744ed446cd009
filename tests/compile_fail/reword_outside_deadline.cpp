// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0223: Deadline stands inside Reword and would begin anew with each wording; put Deadline before Reword, or add
#include "policies.hpp"

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Reword{}, Deadline{10min}};  // the mistake
#else
  ductile::Pipeline pipeline{Deadline{10min}, Reword{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
