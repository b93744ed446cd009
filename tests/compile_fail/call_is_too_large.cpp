// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0105: a policy's Call must be
#include <ductile/drivers/blocking.hpp>

#include <cstdint>
#include <string>

// [shown]
struct Names {
#ifdef MISUSE
  struct Call {
    std::string customer;  // the mistake: a Call is copied as bytes
  };
#else
  struct Call {
    std::uint64_t customer = 0;
  };
#endif
  ductile::Admission admit(ductile::NoState&, Call&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
};
// [/shown]

int main() {
  ductile::Pipeline pipeline{Names{}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
