// SPDX-License-Identifier: BSL-1.0
//
// A service that hangs now and then. Two limits bound how long a caller waits: one for each attempt, so that one that hangs leaves time for
// another, and one for the whole call. Nothing is interrupted: the operation is told how long it has, and gives that to its socket.
#include <ductile/ductile.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

int main() {
  // [usage]
  ductile::Pipeline pipeline{
      ductile::Deadline{1min},                                                                         // the whole call
      ductile::Retry{ductile::RetryOptions{.attempts = 9, .backoff = ductile::Constant{.wait = 5s}}},  // as long as it fits
      ductile::AttemptTimeout{20s}};                                                                   // each attempt
  // [/usage]

  ductile::VirtualClock clock;
  ductile::Duration service_takes{};
  // [operation]
  const auto ask = [&](const ductile::Attempt& attempt) -> ductile::Result<int> {
    const ductile::Duration longest = attempt.remaining(clock.now()());  // what a socket would be given
    clock.advance(std::min(service_takes, longest));
    if (service_takes > longest) return ductile::Failure{ductile::Kind::timeout};
    return 42;
  };
  // [/operation]
  const auto took = [&](const ductile::CallOptions& options, bool succeeds) {
    const ductile::Time began = clock.now()();
    const ductile::Result<int> result = pipeline.run(ask, clock, options);
    const ductile::Duration time = clock.now()() - began;
    std::cout << "after " << time / 1s << " s: " << (result ? "an answer" : ductile::describe(result.error(), clock.now()())) << '\n';
    return result.has_value() == succeeds ? time : -1s;
  };

  service_takes = 3s;
  const bool quick = took({}, true) == 3s;

  service_takes = 1h;  // it hangs: two attempts of 20 s, and a third that gets the 10 s that are left
  const bool bounded = took({}, false) == 1min;

  // One call's own deadline takes the place of the pipeline's. 20 s and a wait of 5 s leave nothing of 22 s, so it ends before the wait.
  const bool hurried = took({.deadline = 22s}, false) == 20s;
  return quick && bounded && hurried ? 0 : 1;
}
