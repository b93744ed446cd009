// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0122: stops has the wrong form; write bool stops(const Verdict&) const noexcept
#include <ductile/drivers/blocking.hpp>

// [shown]
struct Table {
  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
#ifdef MISUSE
  // the mistake: stops is a yes or a no
  ductile::Remedy stops(const ductile::Verdict& verdict) const noexcept { return verdict.remedy; }
#else
  bool stops(const ductile::Verdict& verdict) const noexcept { return verdict.remedy == ductile::Remedy::never; }
#endif
};
// [/shown]

int main() {
  ductile::Pipeline pipeline{Table{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
