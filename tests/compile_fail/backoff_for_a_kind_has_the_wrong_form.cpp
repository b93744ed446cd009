// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0110: the backoff has the wrong form; write Duration operator()(unsigned failures) const
#include <ductile/backoff/backoff_by_kind.hpp>
#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/retry.hpp>

#include <chrono>

int main() {
  using namespace std::chrono_literals;
#ifdef MISUSE
  const auto slowly = [](unsigned failures) { return 10 * failures; };  // the mistake: a number has no unit
#else
  const auto slowly = [](unsigned failures) { return 10s * failures; };
#endif
  const ductile::BackoffByKind backoff{ductile::Constant{1s}, ductile::ForKind{ductile::Kind::rate_limit, slowly}};
  ductile::Pipeline pipeline{ductile::Retry{ductile::RetryOptions{.attempts = 3, .backoff = backoff}}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
