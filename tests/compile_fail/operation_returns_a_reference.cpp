// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0107: the operation returns a reference, which no Result can hold; return a value or a pointer
#include <ductile/drivers/blocking.hpp>

int main() {
  int count = 0;
  ductile::Pipeline pipeline{};
#ifdef MISUSE
  const ductile::Result<int> result = pipeline.run([&]() -> int& { return count; });  // the mistake
  return result.value();
#else
  const ductile::Result<int*> result = pipeline.run([&]() -> int* { return &count; });
  return *result.value();
#endif
}
