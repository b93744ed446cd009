// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0110: the backoff has the wrong form; write Duration operator()(unsigned failures) const
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/retry.hpp>

#include <chrono>

int main() {
  using namespace std::chrono_literals;
  // [shown]
#ifdef MISUSE
  const auto backoff = [](unsigned failures) { return 0.1 * failures; };  // the mistake: a number has no unit
#else
  const auto backoff = [](unsigned failures) { return 100ms * failures; };
#endif
  ductile::Pipeline pipeline{ductile::Retry{ductile::RetryOptions{.attempts = 3, .backoff = backoff}}};
  // [/shown]
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
