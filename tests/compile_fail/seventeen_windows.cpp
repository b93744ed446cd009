// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0120: a QuotaTracker has 1 to 16 windows; give what has nothing to do with the others a tracker and a pipeline of its
// own
#include <ductile/policies/quota_tracker.hpp>

#include <chrono>

int main() {
  // [shown]
  constexpr auto in = [](int minutes) { return ductile::QuotaWindow{.limit = 15 * minutes, .span = std::chrono::minutes{minutes}}; };
#ifdef MISUSE
  constexpr ductile::QuotaOptions options{.limits = {in(1), in(2), in(3), in(4), in(5), in(6), in(7), in(8), in(9), in(10), in(11), in(12),
                                                     in(13), in(14), in(15), in(16), in(17)}};  // the mistake
#else
  constexpr ductile::QuotaOptions options{
      .limits = {in(1), in(2), in(3), in(4), in(5), in(6), in(7), in(8), in(9), in(10), in(11), in(12), in(13), in(14), in(15), in(16)}};
#endif
  constexpr ductile::QuotaTracker tracker{options};
  // [/shown]
  return sizeof(tracker) > 0 ? 0 : 1;
}
