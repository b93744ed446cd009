// SPDX-License-Identifier: BSL-1.0

// What docs/policies/circuit-breaker.md shows.

#include "../support/catch.hpp"
#include "../support/page.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/core/observer.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/circuit_breaker.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;

namespace {

struct Changes {
  std::string timeline{};
  void on(const ductile::CircuitChanged& event) {
    const auto second = event.at.time_since_epoch() / 1s;
    const auto digits = [](auto number) { return std::string{number < 10 ? "0" : ""} + std::to_string(number); };
    timeline += digits(second / 60) + ":" + digits(second % 60) + " " + name(event.what) + "\n";
  }
};

}  // namespace

TEST_CASE("The breaker page's timeline is what happens", "[docs]") {
  Changes changes;
  ductile::Pipeline pipeline{
      ductile::Observe{changes},
      ductile::CircuitBreaker{ductile::CircuitBreakerOptions{
          .trip = ductile::either(ductile::consecutive(3), ductile::slow_calls(0.5, 20s)), .open_for = 10s, .longest_open = 60s}}};
  ductile::VirtualClock clock;
  int asked = 0;
  const auto ask = [&] {
    return pipeline.run(
        [&]() -> ductile::Result<int> {
          ++asked;
          const ductile::Duration at = clock.now()().time_since_epoch();
          if (at >= 5s && at < 45s) return ductile::Failure{ductile::Kind::overload};
          return 7;
        },
        clock);
  };
  for (int second = 0; second < 80; ++second) {
    static_cast<void>(ask());
    clock.advance(1s);
  }
  CHECK(asked == 13);
  pipeline.state<0>().isolate();
  CHECK_FALSE(ask());
  pipeline.state<0>().reset();
  CHECK(ask());
  CHECK(support::block_below("circuit-breaker.md", "## What happens") == changes.timeline);
}
