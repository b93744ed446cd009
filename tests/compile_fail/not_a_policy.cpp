// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0104: the type that is_policy<...> names here answers neither admit nor settle nor extra; add one
// shown: is_policy<Options>
#include <ductile/drivers/blocking.hpp>

struct Options {
  int attempts = 3;
};
struct Policy {
  Options options;
  bool extra(ductile::NoState&, ductile::NoCall&, ductile::Now, const ductile::Attempt&, const ductile::Verdict&) const noexcept {
    return options.attempts > 0;
  }
};

int main() {
#ifdef MISUSE
  ductile::Pipeline pipeline{Options{}};  // the mistake: the options in place of the policy
#else
  ductile::Pipeline pipeline{Policy{}};
#endif
  const ductile::Result<int> result = pipeline.run([] { return 0; });
  return result.value();
}
