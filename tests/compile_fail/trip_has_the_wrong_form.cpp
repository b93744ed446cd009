// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0115: the trip has the wrong form; give it a default constructible Window, static constexpr bool counts_successes, and
// bool add(Window&, const CallEnd&) const noexcept
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/circuit_breaker.hpp>

// Opens at the first failure of all.
// [shown]
struct AtOnce {
  static constexpr bool counts_successes = false;
  struct Window {};
#ifdef MISUSE
  bool add(Window&, bool failed) const noexcept { return failed; }  // the mistake: it is given how the call ended
#else
  bool add(Window&, const ductile::CallEnd& end) const noexcept { return end.failed; }
#endif
};
// [/shown]

int main() {
  ductile::Pipeline pipeline{ductile::CircuitBreaker{ductile::CircuitBreakerOptions{.trip = AtOnce{}}}};
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
