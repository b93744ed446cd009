// SPDX-License-Identifier: BSL-1.0
//
// What one call does differently from its pipeline: its deadline, its attempts, its targets, and how it is stopped.
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

// [stop]
// Anything that can say whether the end is wanted: `std::stop_token` where there is one, or a flag that a signal handler sets.
struct Flag {
  bool raised = false;
  bool stop_requested() const noexcept { return raised; }
};
// [/stop]

int main() {
  ductile::Pipeline pipeline{ductile::Deadline{10min},
                             ductile::FallbackChain{ductile::FallbackOptions{.targets = {{.name = "first"}, {.name = "second"}}}},
                             ductile::Retry{}};
  ductile::VirtualClock clock;
  int attempts = 0;
  unsigned last = 0;
  const auto down = [&](const ductile::Attempt& attempt) -> ductile::Result<int> {
    ++attempts;
    last = attempt.target;
    return ductile::Failure{ductile::Kind::overload};
  };

  // [usage]
  // Options, a stop token, a classifier and a clock follow the operation in any order, each at most once.
  const auto hurried = pipeline.run(down, ductile::CallOptions{.deadline = 5s}, clock);
  const auto once = pipeline.run(down, ductile::CallOptions{.deadline = 1s, .attempts = 1, .targets = 0b10}, clock);  // the second only

  Flag flag;
  clock.at(clock.now()() + 90s, [&] { flag.raised = true; });  // a minute and a half later somebody presses Ctrl-C
  const auto stopped = pipeline.run(down, flag, clock);
  // [/usage]

  if (hurried || once || stopped) return 1;
  for (const auto* result : {&hurried, &once, &stopped}) std::cout << result->error() << '\n';
  const bool in_time = ductile::has(hurried.error().notes(), ductile::Note::deadline_would_pass);
  return in_time && once.error().target() == 1 && stopped.error().kind() == ductile::Kind::cancelled && attempts > 3 && last < 2 ? 0 : 1;
}
