// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0103: settle has the wrong form; write Reaction settle(State&, Call&, Now, const Attempt&, const Verdict&) const
// noexcept
#include <ductile/drivers/blocking.hpp>

// [shown]
struct LastWord {
#ifdef MISUSE
  // the mistake: "stop?" in place of a Reaction
  bool settle(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&, const ductile::Verdict& verdict) const noexcept {
    return verdict.kind == ductile::Kind::overload;
  }
#else
  ductile::Reaction settle(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&,
                           const ductile::Verdict& verdict) const noexcept {
    return verdict.kind == ductile::Kind::overload ? ductile::Reaction::again_now() : ductile::Reaction::pass();
  }
#endif
};
// [/shown]

int main() {
  ductile::Pipeline pipeline{LastWord{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
