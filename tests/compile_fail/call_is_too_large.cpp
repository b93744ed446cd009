// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0105: a policy's Call must be
#include <ductile/drivers/blocking.hpp>

#include <cstdint>
#include <string>

struct Names {
#ifdef MISUSE
  using Name = std::string;  // the mistake: a Call is copied as bytes
#else
  using Name = std::uint64_t;
#endif
  struct Call {
    Name name{};
  };
  ductile::Admission admit(ductile::NoState&, Call&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
};

int main() {
  ductile::Pipeline pipeline{Names{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
