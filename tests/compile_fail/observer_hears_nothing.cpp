// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0114: the observer can be told no event, for it has no member on that takes one; write void on(const
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/retry.hpp>

// [shown]
struct Counter {
#ifdef MISUSE
  void operator()(const ductile::AttemptEnded&) { ++attempts; }  // the mistake
#else
  void on(const ductile::AttemptEnded&) { ++attempts; }
#endif
  int attempts = 0;
};
// [/shown]

int main() {
  Counter counter;
  ductile::Pipeline pipeline{ductile::Retry{}, ductile::Observe{counter}};
  const auto result = pipeline.run([] { return 0; });
  return result ? result.value() : counter.attempts;
}
