// SPDX-License-Identifier: BSL-1.0
//
// A service that is down for ten minutes, and a program that calls it once a second with five attempts a call. Retries cure what is brief;
// here they only make the service's load five times what it was, in the hour in which it can bear it least. A budget that all calls share
// lets the brief failure have its retries and the long outage have few.
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

namespace {

constexpr int calls = 600;

// Makes the calls of ten minutes, in virtual time. Gives how many requests the service saw.
template <class Pipeline>
int requests_in_an_outage(Pipeline& pipeline) {
  ductile::Simulation simulation;
  int requests = 0;
  int noted = 0;
  for (int i = 0; i < calls; ++i)
    static_cast<void>(simulation.call(
        pipeline,
        [&] {
          ++requests;
          return ductile::Simulated<ductile::Result<int>>{100ms, ductile::Failure{ductile::Kind::overload}};
        },
        [&](const ductile::Result<int>& result) { noted += has(result.error().notes(), ductile::Note::retry_budget_spent) ? 1 : 0; },
        ductile::Time{i * 1s}));
  simulation.run();
  std::cout << calls << " calls made " << requests << " requests; " << noted << " of them ended because the budget was spent\n";
  return requests;
}

}  // namespace

int main() {
  // [usage]
  const ductile::Retry retry{ductile::RetryOptions{.attempts = 5, .backoff = ductile::Exponential{.base = 1s, .cap = 10s}}};
  ductile::Pipeline pipeline{ductile::Deadline{2min}, ductile::RetryBudget{}, retry, ductile::AttemptTimeout{20s}};
  // [/usage]
  ductile::Pipeline without{ductile::Deadline{2min}, retry, ductile::AttemptTimeout{20s}};

  const int with_budget = requests_in_an_outage(pipeline);
  const int without_budget = requests_in_an_outage(without);
  // The first fill, a fifth of the calls, and the reserve of ten minutes.
  return without_budget == 5 * calls && with_budget <= calls + 100 + calls / 5 + 62 ? 0 : 1;
}
