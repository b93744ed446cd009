// SPDX-License-Identifier: BSL-1.0

// What docs/policies/timeout.md shows.

#include "../support/catch.hpp"
#include "../support/page.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

TEST_CASE("The timeout page's timeline is what happens", "[docs]") {
  ductile::Simulation simulation;
  ductile::Pipeline pipeline{ductile::Deadline{1min},
                             ductile::Retry{ductile::RetryOptions{.attempts = 9, .backoff = ductile::Constant{.wait = 10s}}},
                             ductile::AttemptTimeout{20s}};
  std::string timeline;
  const auto second = [](ductile::Time at) {
    const std::string text = std::to_string(at.time_since_epoch() / 1s);
    return (text.size() < 2 ? " " : "") + text + " s";
  };
  const auto tell = [&](const std::string& what) { timeline += second(simulation.now()()) + "  " + what + '\n'; };
  static_cast<void>(simulation.call(
      pipeline,
      [&](const ductile::Attempt& attempt) {
        tell("attempt " + std::to_string(attempt.number) + " begins, and has until " + second(attempt.deadline));
        const ductile::Duration takes = attempt.number == 1 ? 1h : attempt.number == 2 ? 3s : 10s;
        return ductile::Simulated<ductile::Result<int>>{takes, ductile::Failure{ductile::Kind::overload}};
      },
      [&](const ductile::Result<int>& result) {
        REQUIRE_FALSE(result);
        const ductile::Failure& failure = result.error();
        CHECK(has(failure.notes(), ductile::Note::deadline_would_pass));
        tell("the call ends: " + std::string{name(failure.trail()[0].kind)} + ", " + std::string{name(failure.trail()[1].kind)} + ", " +
             std::string{name(failure.kind())} + "; not before " + second(*failure.earliest_retry_at()));
      }));
  simulation.run();
  CHECK(support::block_below("timeout.md", "## What happens") == timeline);
}
