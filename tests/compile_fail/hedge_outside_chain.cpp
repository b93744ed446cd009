// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0116: Hedge stands outside Deadline, RetryBudget, FallbackChain, Retry or another Hedge, which it would run
#include "policies.hpp"

int main() {
#ifdef MISUSE
  const ductile::Pipeline pipeline{Hedge{}, FallbackChain{two_targets}};  // the mistake
#else
  const ductile::Pipeline pipeline{FallbackChain{two_targets}, Hedge{}};
#endif
  static_cast<void>(pipeline);
}
