// SPDX-License-Identifier: BSL-1.0

// What docs/policies/off-peak.md shows.

#include "../support/catch.hpp"
#include "../support/page.hpp"

#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/off_peak.hpp>
#include <ductile/policies/timeout.hpp>

#include <chrono>
#include <cstdio>
#include <string>

using namespace std::chrono_literals;

TEST_CASE("The off-peak page's timeline is what happens", "[docs]") {
  ductile::Simulation simulation;  // begins at noon
  ductile::Pipeline pipeline{ductile::Deadline{24h}, ductile::OffPeak{ductile::OffPeakOptions{.spread = 0s}}};
  std::string timeline;
  const auto tell = [&](int call, const std::string& what) {
    const auto minutes = static_cast<int>(simulation.now().wall().time_since_epoch() % 24h / 1min);
    char text[16];
    std::snprintf(text, sizeof text, "%02d:%02d", minutes / 60, minutes % 60);
    timeline += std::string{text} + "  call " + std::to_string(call) + ' ' + what + '\n';
  };
  const auto comes = [&](int call, ductile::Duration when, ductile::Duration has) {
    simulation.at(ductile::Time{when}, [&, call, has] {
      tell(call, "comes, and may take " + std::to_string(has / 1h) + " h");
      static_cast<void>(simulation.call(
          pipeline,
          [&, call] {
            tell(call, "goes");
            return ductile::Simulated{30s, 1};
          },
          [](const auto&) {}, simulation.now()(), {.deadline = has}));
    });
  };
  comes(1, 30min, 24h);
  comes(2, 30min, 12h);
  comes(3, 14h, 24h);
  simulation.run();
  CHECK(support::block_below("off-peak.md", "## What happens") == timeline);
}
