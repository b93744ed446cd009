// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0101: the operation can be called neither as operation() nor as operation(const Attempt&); give it one of these forms
#include <ductile/drivers/blocking.hpp>

int main() {
  ductile::Pipeline pipeline{};
  // [shown]
#ifdef MISUSE
  const auto operation = [](int left) { return left; };  // the mistake: it wants something that no driver knows
#else
  const auto operation = [](const ductile::Attempt& attempt) { return static_cast<int>(attempt.number); };
#endif
  const ductile::Result<int> result = pipeline.run(operation);
  // [/shown]
  return result.value();
}
