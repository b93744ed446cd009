// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0125: still_holds has the wrong form; write bool still_holds(State&, Call&, Now, const Attempt&) const noexcept
#include <ductile/drivers/blocking.hpp>

// [shown]
struct Turns {
  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go_at(now() + std::chrono::seconds{1}, ductile::Kind::rate_limit, ductile::WaitSource::quota);
  }
#ifdef MISUSE
  // the mistake: it does not take what all questions take
  bool still_holds(ductile::Now) const noexcept { return true; }
#else
  bool still_holds(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept { return true; }
#endif
};
// [/shown]

int main() {
  ductile::Pipeline pipeline{Turns{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
