// SPDX-License-Identifier: BSL-1.0
//
// Four services and the smallest composition that is right for each. Run against a service that is ill for a minute, in virtual time.
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;
using namespace ductile;

namespace {

// A service that answers 503 until it is well again, and counts who asked.
struct Ill {
  VirtualClock& clock;
  Time well_at;
  int calls = 0;

  Result<int> operator()() {
    ++calls;
    if (clock.now()() < well_at) return Failure{Kind::overload};
    return 42;
  }
};

}  // namespace

int main() {
  VirtualClock clock;

  // [retry]
  Pipeline rare_hiccups{Deadline{30s}, Retry{RetryOptions{.attempts = 3, .backoff = Exponential{.base = 100ms, .cap = 5s}}}};
  // [/retry]

  // [breaker]
  Pipeline shared_service{
      Deadline{5min}, Retry{RetryOptions{.attempts = 20, .backoff = Exponential{.base = 1s, .cap = 30s}, .outwait_rejections = true}},
      CircuitBreaker{CircuitBreakerOptions{.trip = ratio(0.5, {.of = 10, .within = 1min}), .open_for = 10s}}, AttemptTimeout{20s}};
  // [/breaker]

  // [quota]
  Pipeline quota_limited{Deadline{5min}, Retry{RetryOptions{.outwait_rejections = true}},
                         QuotaTracker{QuotaOptions{.limits = {per_minute(15), per_day(1500, pacific)}}}, AttemptTimeout{2min}};
  // [/quota]

  // [targets]
  Pipeline several_targets{Deadline{5min},
                           FallbackChain{FallbackOptions{.targets = {{.name = "best"}, {.name = "spare"}}}},
                           Retry{RetryOptions{.attempts = 3}},
                           CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(3)}},
                           QuotaTracker{},
                           AttemptTimeout{2min}};
  // [/targets]

  Ill minute{clock, clock.now()() + 1min};
  const bool hiccups_give_up = !rare_hiccups.run(minute, clock) && minute.calls == 3;
  const bool shared_comes_through = shared_service.run(minute, clock).has_value();

  int made = 0;
  const Time begun = clock.now()();
  for (int i = 0; i < 20; ++i) made += quota_limited.run([] { return 1; }, clock).value();
  const bool paced = made == 20 && clock.now()() - begun >= 59s;  // the sixteenth has waited for the window, and not for a refusal

  const Result<int> spare = several_targets.run(
      [](const Attempt& attempt) -> Result<int> {
        if (attempt.target == 0) return Failure{Kind::overload};
        return 7;
      },
      clock);
  const bool went_on = spare && served_by(spare) == 1;

  std::cout << "gives up after three: " << hiccups_give_up << ", comes through: " << shared_comes_through << ", paced: " << paced
            << ", served by the spare: " << went_on << '\n';
  return hiccups_give_up && shared_comes_through && paced && went_on ? 0 : 1;
}
