// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0108: run takes at most one CallOptions, one stop token, one classifier and one clock after the operation
#include <ductile/drivers/blocking.hpp>

#include <chrono>

int main() {
  using namespace std::chrono_literals;
  ductile::Pipeline pipeline{};
  // [shown]
#ifdef MISUSE
  const ductile::Result<int> result =
      pipeline.run([] { return 0; }, ductile::CallOptions{.deadline = 1s}, ductile::CallOptions{.attempts = 2});  // the mistake
#else
  const ductile::Result<int> result = pipeline.run([] { return 0; }, ductile::CallOptions{.deadline = 1s, .attempts = 2});
#endif
  // [/shown]
  return result.value();
}
