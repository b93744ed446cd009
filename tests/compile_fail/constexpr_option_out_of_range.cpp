// SPDX-License-Identifier: BSL-1.0
// expect: constexpr
// shown: Deadline: limit must be from 0.001 to 31536000 s
#include <ductile/policies/timeout.hpp>

#include <chrono>

int main() {
  using namespace std::chrono_literals;
#ifdef MISUSE
  constexpr ductile::Deadline deadline{0s};  // the mistake
#else
  constexpr ductile::Deadline deadline{2min};
#endif
  return deadline.limit() == 2min ? 0 : 1;
}
