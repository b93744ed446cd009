// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0119: run makes one attempt at a time, and Hedge several side by side; call async_run, or leave Hedge out
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/retry.hpp>

int main() {
  // [shown]
#ifdef MISUSE
  ductile::Pipeline pipeline{ductile::Retry{}, ductile::Hedge{}};  // the mistake: nobody could make the second attempt
#else
  ductile::Pipeline pipeline{ductile::Retry{}};
#endif
  const ductile::Result<int> result = pipeline.run(ductile::repeatable([] { return 0; }));
  // [/shown]
  return result.value();
}
