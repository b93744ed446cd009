// SPDX-License-Identifier: BSL-1.0
//
// Two calls come at noon, when the service is at its worst. One has a day, and waits for the night; the other has five minutes, and goes.
#include <ductile/ductile.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

int main() {
  // [usage]
  ductile::Pipeline pipeline{ductile::Deadline{24h}, ductile::OffPeak{ductile::OffPeakOptions{.well = 0.06, .reserve = 2h}},
                             ductile::Retry{}};
  // [/usage]

  ductile::Simulation simulation;  // begins at noon, UTC
  const auto ask = [&](const char* who, const ductile::CallOptions& options, ductile::Time& went) {
    static_cast<void>(simulation.call(
        pipeline,
        [&, who] {
          went = simulation.now()();
          const auto minutes = std::chrono::floor<std::chrono::minutes>(went.time_since_epoch());
          std::cout << who << " goes after " << minutes / 1h << " h " << minutes % 60min / 1min << " min\n";
          return ductile::Simulated{30s, 1};
        },
        [](const auto&) {}, {}, options));
  };
  ductile::Time patient{};
  ductile::Time hasty{};
  ask("who has a day", {}, patient);
  ask("who has five minutes", {.deadline = 5min}, hasty);
  simulation.run();
  return hasty == ductile::Time{} && patient >= ductile::Time{12h} && patient < ductile::Time{12h + 10min} ? 0 : 1;
}
