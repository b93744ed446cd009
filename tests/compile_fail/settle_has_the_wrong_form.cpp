// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0103: settle has the wrong form; write Reaction settle(State&, Call&, Now, const Attempt&, const Verdict&) const
// noexcept
#include <ductile/drivers/blocking.hpp>

struct LastWord {
#ifdef MISUSE
  using Answer = bool;  // the mistake: "stop?" in place of a Reaction
  static constexpr Answer nothing = false;
#else
  using Answer = ductile::Reaction;
  static constexpr Answer nothing = ductile::Reaction::pass();
#endif
  Answer settle(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&, const ductile::Verdict&) const noexcept {
    return nothing;
  }
};

int main() {
  ductile::Pipeline pipeline{LastWord{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
