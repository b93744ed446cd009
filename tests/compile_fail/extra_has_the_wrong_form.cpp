// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0106: extra has the wrong form; write bool extra(State&, Call&, Now, const Attempt&, const Verdict&) const noexcept
#include <ductile/drivers/blocking.hpp>

// [shown]
struct Budget {
#ifdef MISUSE
  // the mistake: extra is a yes or a no
  ductile::Admission extra(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&,
                           const ductile::Verdict&) const noexcept {
    return ductile::Admission::go();
  }
#else
  bool extra(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&, const ductile::Verdict&) const noexcept {
    return true;
  }
#endif
};
// [/shown]

int main() {
  ductile::Pipeline pipeline{Budget{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
