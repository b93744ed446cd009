// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0124: worst_case has the wrong form; write WorstCase worst_case(const WorstCase& inside) const noexcept
#include <ductile/core/bounds.hpp>
#include <ductile/core/pipeline.hpp>

// [shown]
struct OnceMore {
  ductile::Reaction settle(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt& attempt,
                           const ductile::Verdict&) const noexcept {
    return attempt.number == 1 ? ductile::Reaction::again_now() : ductile::Reaction::pass();
  }
#ifdef MISUSE
  // the mistake: it says how many attempts it makes, not what becomes of those inside
  unsigned worst_case() const noexcept { return 2; }
#else
  ductile::WorstCase worst_case(const ductile::WorstCase& inside) const noexcept { return inside.times(2); }
#endif
};
// [/shown]

int main() {
  const ductile::Pipeline pipeline{OnceMore{}};
  return max_attempts(pipeline) == 2 ? 0 : 1;
}
