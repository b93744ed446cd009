// SPDX-License-Identifier: BSL-1.0
// expect: ignoring return value of
#include <ductile/drivers/blocking.hpp>

#pragma GCC diagnostic error "-Wunused-result"

int main() {
  ductile::Pipeline pipeline{};
#ifdef MISUSE
  pipeline.run([] { return 0; });  // the mistake: whether it succeeded, nobody will know
#else
  if (!pipeline.run([] { return 0; })) return 1;
#endif
}
