// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0139: a policy in the role of a hedge must say when; write std::optional<Beside> beside(State&, const Attempt&)
#include <ductile/core/pipeline.hpp>

#include <chrono>
#include <optional>

struct AfterASecond {
  static constexpr ductile::Role role = ductile::Role::hedge;
  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
#ifdef MISUSE
  using Answer = ductile::Duration;  // the mistake: how does it say that no further one is wanted?
#else
  using Answer = std::optional<ductile::Beside>;
#endif
  Answer beside(ductile::NoState&, const ductile::Attempt&) const noexcept { return {}; }
  void learn(ductile::NoState&, ductile::Duration, bool) const noexcept {}
};

int main() {
  const ductile::Pipeline pipeline{AfterASecond{}};
  static_cast<void>(pipeline);
}
