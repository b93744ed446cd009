// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0112: an argument of run is no CallOptions, no stop token and no clock, and as a classifier it claims neither what the
// operation returns nor exceptions; leave it out, or make it one of these
#include <ductile/drivers/blocking.hpp>

#include <chrono>

int main() {
  using namespace std::chrono_literals;
  ductile::Pipeline pipeline{};
#ifdef MISUSE
  const auto result = pipeline.run([] { return 0; }, 30s);  // the mistake: a deadline is an option
#else
  const auto result = pipeline.run([] { return 0; }, ductile::CallOptions{.deadline = 30s});
#endif
  return result ? result.value() : static_cast<int>(result.error().kind());
}
