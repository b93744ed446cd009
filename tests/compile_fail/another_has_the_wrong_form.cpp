// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0123: another has the wrong form; write std::optional<unsigned> another(
#include <ductile/drivers/blocking.hpp>

// [shown]
struct Targets {
  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
#ifdef MISUSE
  // the mistake: there may be no other
  unsigned another(ductile::NoState&, const ductile::NoCall&, ductile::Now, const ductile::Attempt&, ductile::TargetSet) const noexcept {
    return 1;
  }
#else
  std::optional<unsigned> another(ductile::NoState&, const ductile::NoCall&, ductile::Now, const ductile::Attempt&,
                                  ductile::TargetSet taken) const noexcept {
    return (taken & 2U) == 0 ? std::optional{1U} : std::nullopt;
  }
#endif
};
// [/shown]

int main() {
  ductile::Pipeline pipeline{Targets{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
