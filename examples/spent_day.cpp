// SPDX-License-Identifier: BSL-1.0
//
// A service says that the day's quota is spent, and asks to come again in half a minute. Both cannot be true. Mostly the hint is that of
// another window, and each belief in it costs a call: so by default it is not believed. With `probe_at_hint` one call finds out for all,
// and what it finds out is remembered for a day.
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

int main() {
  // [usage]
  ductile::Pipeline pipeline{ductile::Deadline{5min}, ductile::Retry{ductile::RetryOptions{.attempts = 5, .probe_at_hint = true}}};
  // [/usage]

  ductile::VirtualClock clock;
  ductile::Time opens{30s};
  int requests = 0;
  const auto ask = [&]() -> ductile::Result<int> {
    ++requests;
    if (clock.now()() >= opens) return requests;
    ductile::Verdict spent;
    spent.kind = ductile::Kind::quota;
    spent.remedy = ductile::Remedy::next_day;
    spent.hint = 30s;
    return ductile::Failure{spent};
  };

  const auto believed = pipeline.run(ask, clock);  // the hint was right
  std::cout << "first: " << (believed ? "served" : "refused") << " after " << ductile::trips(believed) << " attempts\n";

  opens = ductile::Time{20h};
  const auto misled = pipeline.run(ask, clock);  // the hint was wrong
  const auto warned = pipeline.run(ask, clock);  // and is not believed any more
  if (misled || warned) return 1;
  std::cout << "second: " << misled.error().attempts() << " attempts, third: " << warned.error().attempts() << " attempt\n";

  return believed && ductile::trips(believed) == 2 && misled.error().attempts() == 2 && warned.error().attempts() == 1 ? 0 : 1;
}
