// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0102: admit has the wrong form; write Admission admit(State&, Call&, Now, const Attempt&) const noexcept
#include <ductile/drivers/blocking.hpp>

struct Slow {
#ifdef MISUSE
  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now,
                           const ductile::Attempt&) const {// the mistake: may throw
#else
  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
#endif
                                                           return ductile::Admission::go();
}
}
;

int main() {
  ductile::Pipeline pipeline{Slow{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
