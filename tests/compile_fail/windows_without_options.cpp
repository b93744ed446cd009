// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0121: QuotaTracker takes its windows in options; write QuotaTracker{QuotaOptions{.limits = {per_minute(15)}}}
#include <ductile/policies/quota_tracker.hpp>

int main() {
#ifdef MISUSE
  const ductile::QuotaTracker tracker{ductile::per_minute(15), ductile::per_day(50)};  // the mistake
#else
  const ductile::QuotaTracker tracker{ductile::QuotaOptions{.limits = {ductile::per_minute(15), ductile::per_day(50)}}};
#endif
  return sizeof(tracker) > 0 ? 0 : 1;
}
