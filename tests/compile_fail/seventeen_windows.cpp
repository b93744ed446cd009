// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0120: a QuotaTracker has 1 to 16 windows; give what has nothing to do with the others a tracker and a pipeline of its
// own
#include <ductile/policies/quota_tracker.hpp>

int main() {
  // [shown]
  constexpr ductile::QuotaWindow one = ductile::per_minute(15);
#ifdef MISUSE
  constexpr ductile::QuotaOptions options{
      .limits = {one, one, one, one, one, one, one, one, one, one, one, one, one, one, one, one, one}};  // the mistake
#else
  constexpr ductile::QuotaOptions options{.limits = {one, one, one, one, one, one, one, one, one, one, one, one, one, one, one, one}};
#endif
  constexpr ductile::QuotaTracker tracker{options};
  // [/shown]
  return sizeof(tracker) > 0 ? 0 : 1;
}
