// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0111: a policy must be movable; keep what cannot move (an atomic, a mutex) in its State
#include <ductile/drivers/blocking.hpp>

#include <atomic>

// [shown]
struct Counts {
#ifdef MISUSE
  std::atomic<int> calls{0};  // the mistake: what calls share is State, the policy is a value
#else
  struct State {
    std::atomic<int> calls{0};
  };
#endif
  bool extra(ductile::StateOf<Counts>&, ductile::NoCall&, ductile::Now, const ductile::Attempt&, const ductile::Verdict&) const noexcept {
    return true;
  }
};
// [/shown]

int main() {
  ductile::Pipeline pipeline{Counts{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
