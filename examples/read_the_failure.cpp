// SPDX-License-Identifier: BSL-1.0
//
// What a failure tells: what happened, whose fault it is, what to do and when, and every attempt on the way. In virtual time, where a wait
// of half an hour costs nothing and lasts exactly that long.
#include <ductile/ductile.hpp>

#include <chrono>
#include <cstddef>
#include <iostream>

using namespace std::chrono_literals;

int main() {
  ductile::Pipeline pipeline{ductile::Deadline{10min}, ductile::Retry{}};
  ductile::VirtualClock clock;

  // Once it breaks; then it says that it will be back in eleven minutes, longer than Retry waits for anybody.
  const auto ask = [](const ductile::Attempt& attempt) -> ductile::Result<int> {
    if (attempt.number == 1) return ductile::Failure{ductile::Kind::network};
    ductile::Verdict verdict;
    verdict.kind = ductile::Kind::overload;
    verdict.remedy = ductile::Remedy::after_delay;
    verdict.hint = 11min;
    return ductile::Failure{verdict, "closed for lunch"};
  };

  // [usage]
  const ductile::Result<int> result = pipeline.run(ask, clock);
  if (result) return 1;

  const ductile::Failure& failure = result.error();
  std::cout << failure << '\n';

  const ductile::Trail& trail = failure.trail();
  for (std::size_t i = 0; i < trail.kept(); ++i)
    std::cout << "attempt " << trail[i].number << ": " << ductile::name(trail[i].kind) << ", after waiting " << trail[i].wait_ms
              << " ms for " << ductile::name(trail[i].wait) << '\n';

  if (failure.kind() == ductile::Kind::overload && failure.earliest_retry_at())  // when a queue may try again
    std::cout << "not before " << (*failure.earliest_retry_at() - clock.now()()) / 1min << " minutes from now\n";
  // [/usage]

  const bool waited_in_vain = clock.now()() > ductile::Time{10s};
  return failure.attempts() == 2 && trail.kept() == 2 && failure.earliest_retry_at() && !waited_in_vain ? 0 : 1;
}
