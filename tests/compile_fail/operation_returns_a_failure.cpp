// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0113: the operation returns a Failure where its value should be, so it could never succeed; write its return type as
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/retry.hpp>

int main() {
  ductile::Pipeline pipeline{ductile::Retry{}};
#ifdef MISUSE
  const auto result = pipeline.run([] { return ductile::Failure{ductile::Kind::overload}; });  // the mistake
#else
  const auto result = pipeline.run([]() -> ductile::Result<int> { return ductile::Failure{ductile::Kind::overload}; });
#endif
  return result.has_error() ? static_cast<int>(result.error().kind()) : 0;
}
