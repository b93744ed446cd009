// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0102: admit has the wrong form; write Admission admit(State&, Call&, Now, const Attempt&) const noexcept
#include <ductile/drivers/blocking.hpp>

// [shown]
struct Counts {
  struct State {
    int calls = 0;
  };
#ifdef MISUSE
  // the mistake: with a State of its own it is given that one
  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
#else
  ductile::Admission admit(State&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
#endif
};
// [/shown]

int main() {
  ductile::Pipeline pipeline{Counts{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
