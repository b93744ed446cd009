// SPDX-License-Identifier: BSL-1.0
//
// How often, how long and how fast to try again is another thing for each kind of failure:
// - A full window (a minute's limit) passes for certain, and asking costs nothing: it is bounded by time, not by number.
// - A failure of the service in itself passes mostly: five attempts, soon after each other.
// - No capacity lasts minutes: three attempts, further apart.
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>
#include <utility>

using namespace std::chrono_literals;

int main() {
  // [usage]
  ductile::RetryOptions options{
      .attempts = 5,
      .backoff = ductile::BackoffByKind{
          ductile::Exponential{.base = 1s, .cap = 30s},
          ductile::ForKind{ductile::Kind::overload, ductile::DecorrelatedJitter{.base = 5s, .cap = 2min}},
          ductile::ForKind{ductile::Kind::rate_limit, ductile::Constant{.wait = 20s, .jitter = ductile::Jitter::equal}}}};
  options.attempts_by_kind.set(ductile::Kind::overload, 3);
  options.attempts_by_kind.set(ductile::Kind::rate_limit, 1000);  // so that the time decides
  options.longest_by_kind.set(ductile::Kind::rate_limit, 10min);
  ductile::Pipeline pipeline{ductile::Deadline{15min}, ductile::Retry{options}};
  // [/usage]

  ductile::VirtualClock clock;  // waits cost nothing, and last exactly as long as they say
  const auto always = [&](ductile::Kind kind) {
    const ductile::Time began = clock.now()();
    const ductile::Result<int> result = pipeline.run([kind]() -> ductile::Result<int> { return ductile::Failure{kind}; }, clock);
    const ductile::Duration took = clock.now()() - began;
    std::cout << name(kind) << ": " << result.error().attempts() << " attempts in " << took / 1s << " s\n";
    return std::pair{result.error().attempts(), took};
  };
  const auto [overloads, overloaded] = always(ductile::Kind::overload);
  const auto [internals, broken] = always(ductile::Kind::internal);
  const auto [limits, limited] = always(ductile::Kind::rate_limit);

  // What was waited out does not count against the others: seven refusals for a full minute, then a failure that a second try cures.
  int calls = 0;
  const auto mixed = pipeline.run(
      [&]() -> ductile::Result<int> {
        ++calls;
        if (calls <= 7) return ductile::Failure{ductile::Kind::rate_limit};
        if (calls == 8) return ductile::Failure{ductile::Kind::overload};
        return calls;
      },
      clock);
  std::cout << "mixed: " << ductile::trips(mixed) << " attempts\n";

  const bool right = overloads == 3 && overloaded >= 10s && internals == 5 && broken < 16s && limits > 30 && limited > 10min &&
                     limited < 11min && mixed && ductile::trips(mixed) == 9;
  return right ? 0 : 1;
}
