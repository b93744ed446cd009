// SPDX-License-Identifier: BSL-1.0
//
// What a pipeline can cost when everything goes wrong: known before the first call, and asserted on in a test.
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

// [constants]
constexpr ductile::Deadline deadline{5min};
constexpr ductile::RetryBudget budget{};
constexpr ductile::Retry retry{ductile::RetryOptions<>{.attempts = 4, .longest_hint = 30s}};
constexpr ductile::AttemptTimeout attempt_timeout{20s};

static_assert(max_attempts(deadline, budget, retry, attempt_timeout) == 4);
static_assert(worst_case_latency(retry, attempt_timeout) == 4 * 20s + 3 * 30s);  // without the deadline
static_assert(amplification(budget, retry) == 1.2);                              // without the budget it would be 4
static_assert(attempts_fit(deadline, budget, retry, attempt_timeout));
// [/constants]

int main() {
  // [misfits]
  const ductile::Pipeline hasty{ductile::Deadline{1min}, retry, attempt_timeout};
  for (const std::string& misfit : misfits(hasty)) std::cout << misfit << '\n';
  // [/misfits]

  // [nested]
  const ductile::Pipeline outer{retry};
  const ductile::Pipeline inner{retry, attempt_timeout};
  std::cout << "up to " << max_attempts(outer, inner).value() << " attempts in " << worst_case_latency(outer, inner).value() / 1s << " s\n";
  // [/nested]

  // A service that hangs: the first pipeline makes as many attempts as its misfit says.
  ductile::Pipeline hanging{ductile::Deadline{1min}, ductile::Retry{ductile::RetryOptions<>{.attempts = 4}}, attempt_timeout};
  ductile::VirtualClock clock;
  int attempts = 0;
  const ductile::Result<int> result = hanging.run(
      [&](const ductile::Attempt& attempt) -> ductile::Result<int> {
        ++attempts;
        clock.advance(attempt.remaining(clock.now()()));
        return ductile::Failure{ductile::Kind::timeout};
      },
      clock);
  return !result && attempts == 3 && misfits(hasty).size() == 1 && max_attempts(outer, inner) == 16 ? 0 : 1;
}
