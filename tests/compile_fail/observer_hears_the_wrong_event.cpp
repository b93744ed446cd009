// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0114: the observer can be told no event, for it has no member on that takes one; write void on(const
#include <ductile/drivers/blocking.hpp>

struct Counter {
#ifdef MISUSE
  void on(ductile::AttemptEnded&) { ++attempts; }  // the mistake: events are const
#else
  void on(ductile::AttemptEnded) { ++attempts; }
#endif
  int attempts = 0;
};

int main() {
  Counter counter;
  ductile::Pipeline pipeline{ductile::Observe{counter}};
  const auto result = pipeline.run([] { return 0; });
  return result ? result.value() : counter.attempts;
}
