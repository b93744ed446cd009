// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0139: a policy in the role of a hedge must say when; write std::optional<Beside> beside(State&, const Attempt&)
#include <ductile/core/pipeline.hpp>

#include <chrono>
#include <optional>

// [shown]
struct AfterASecond {
  static constexpr ductile::Role role = ductile::Role::hedge;
  ductile::Admission admit(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
#ifdef MISUSE
  // the mistake: how does it say that no further one is wanted?
  ductile::Duration beside(ductile::NoState&, const ductile::Attempt&) const noexcept { return std::chrono::seconds{1}; }
#else
  std::optional<ductile::Beside> beside(ductile::NoState&, const ductile::Attempt& latest) const noexcept {
    if (latest.lane >= 1) return std::nullopt;  // one hedge is enough
    return ductile::Beside{.after = std::chrono::seconds{1}};
  }
#endif
  void learn(ductile::NoState&, ductile::Duration, bool) const noexcept {}
};
// [/shown]

int main() {
  const ductile::Pipeline pipeline{AfterASecond{}};
  static_cast<void>(pipeline);
}
