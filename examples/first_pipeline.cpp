// SPDX-License-Identifier: BSL-1.0
//
// A pipeline around a function of your own: what fails for a moment is tried again, what keeps failing is left alone, nothing takes longer
// than it may.

// [usage]
#include <ductile/ductile.hpp>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

// [operation]
// Yours: makes one attempt; `attempt.deadline` is what a socket would be given. Here the other side has no room twice, then an answer: so
// `main` returns 0 only if it was asked three times.
ductile::Result<std::string> ask(const ductile::Attempt& attempt) {
  if (attempt.number < 3) return ductile::Failure{ductile::Kind::overload};
  return "42";
}
// [/operation]

// [pipeline]
int main() {
  ductile::Pipeline pipeline{
      ductile::Deadline{2min},  // of a whole call
      ductile::Retry{ductile::RetryOptions{.attempts = 5, .backoff = ductile::Exponential{.base = 100ms, .cap = 10s}}},
      ductile::CircuitBreaker{ductile::CircuitBreakerOptions{.trip = ductile::consecutive(5), .open_for = 10s}},
      ductile::AttemptTimeout{20s}};  // of one attempt

  const ductile::Result<std::string> answer = pipeline.run(ask);
  if (!answer) std::cerr << answer.error() << '\n';  // what happened, whose fault it is, what to do, and when
  return answer ? 0 : 1;
}
// [/pipeline]
// [/usage]
