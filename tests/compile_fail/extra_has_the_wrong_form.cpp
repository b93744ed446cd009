// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0106: extra has the wrong form; write bool extra(State&, Call&, Now, const Attempt&, const Verdict&) const noexcept
#include <ductile/drivers/blocking.hpp>

struct Budget {
#ifdef MISUSE
  using Answer = ductile::Admission;  // the mistake: extra is a yes or a no
  static constexpr Answer yes = ductile::Admission::go();
#else
  using Answer = bool;
  static constexpr Answer yes = true;
#endif
  Answer extra(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&, const ductile::Verdict&) const noexcept {
    return yes;
  }
};

int main() {
  ductile::Pipeline pipeline{Budget{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
