// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0109: granted has the wrong form; write Admission granted(State&, Call&, Now, const Attempt&, Grant) const noexcept
#include <ductile/drivers/blocking.hpp>

// [shown]
struct Remote {
  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
#ifdef MISUSE
  void granted(ductile::Grant) {}  // the mistake: it looks like a callback, and is a question
#else
  ductile::Admission granted(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&, ductile::Grant) const noexcept {
    return ductile::Admission::go();
  }
#endif
};
// [/shown]

int main() {
  ductile::Pipeline pipeline{Remote{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
