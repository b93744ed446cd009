// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0102: admit has the wrong form; write Admission admit(State&, Call&, Now, const Attempt&) const noexcept
#include <ductile/drivers/blocking.hpp>

struct Counts {
  struct State {
    int calls = 0;
  };
#ifdef MISUSE
  using Given = ductile::NoState;  // the mistake: with a State of its own it is given that one
#else
  using Given = State;
#endif
  ductile::Admission admit(Given&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
};

int main() {
  ductile::Pipeline pipeline{Counts{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
