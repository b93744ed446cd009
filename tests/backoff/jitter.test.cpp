// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"
#include "../support/waits.hpp"

#include <ductile/backoff/jitter.hpp>
#include <ductile/core/now.hpp>

#include <limits>

using namespace ductile;
using namespace std::chrono_literals;

namespace {
constexpr std::size_t draws = 100'000;
}

TEST_CASE("Each jitter spreads a wait evenly over its own range", "[backoff]") {
  struct Row {
    Jitter jitter;
    Duration whole;
    Duration floor;
    Duration from;
  };
  for (const Row& row : {Row{Jitter::full, 8s, 0s, 0s}, Row{Jitter::full, 8s, 2s, 2s}, Row{Jitter::full, 1h, 59min, 59min},
                         Row{Jitter::equal, 8s, 0s, 4s}, Row{Jitter::equal, 8s, 2s, 5s}, Row{Jitter::equal, 24h, 0s, 12h}}) {
    const auto waits = support::draw_waits(draws, [&](Now now) { return jittered(row.whole, row.floor, row.jitter, now); });
    CAPTURE(static_cast<int>(row.jitter), row.whole / 1s, row.floor / 1s);
    const double from = std::chrono::duration<double>(row.from).count();
    const double to = std::chrono::duration<double>(row.whole).count();
    const double deviation = (to - from) / std::sqrt(12.0);
    CHECK(support::unevenness(waits, row.from, row.whole) < 51);
    CHECK(support::mean_seconds(waits) == Catch::Approx((from + to) / 2).margin(4 * deviation / std::sqrt(double{draws})));
    CHECK(support::deviation_seconds(waits) == Catch::Approx(deviation).epsilon(0.01));
  }
}

TEST_CASE("A floor gathers no waits, as clamping to it would", "[backoff]") {
  constexpr Duration whole = 4s;
  constexpr Duration floor = 1s;
  const auto inside = support::draw_waits(draws, [&](Now now) { return jittered(whole, floor, Jitter::full, now); });
  const auto clamped =
      support::draw_waits(draws, [&](Now now) { return std::max(floor, jittered(whole, Duration::zero(), Jitter::full, now)); });
  CHECK(support::largest_herd(inside) <= 3);
  CHECK(support::largest_herd(clamped) > draws / 5);  // what this test would see

  // In the fullest tenth of a second: a thirtieth of all is there on average.
  CHECK(support::fullest(inside, 100ms) < draws / 30 * 11 / 10);
  CHECK(support::fullest(clamped, 100ms) > draws / 5);
}

TEST_CASE("Without jitter, and where there is nothing to spread, a wait is what it is and no dice are thrown", "[backoff]") {
  CHECK(jittered(8s, 1s, Jitter::none, Now{}) == 8s);
  CHECK(jittered(1s, 2s, Jitter::none, Now{}) == 2s);
  for (const Jitter jitter : {Jitter::full, Jitter::equal}) {
    CHECK(jittered(2s, 2s, jitter, Now{}) == 2s);
    CHECK(jittered(0s, 0s, jitter, Now{}) == 0s);
  }
}

TEST_CASE("The longest wait there is can be spread without overflow", "[backoff]") {
  support::HandClock clock;
  constexpr Duration longest = Duration::max();
  for (const Jitter jitter : {Jitter::full, Jitter::equal})
    for (const Duration floor : {Duration{0}, Duration{1}, longest / 2, longest - Duration{1}, longest})
      for (const double dice : {0.0, 0.5, 1.0 - std::numeric_limits<double>::epsilon() / 2}) {
        clock.roll(dice);
        const Duration wait = jittered(longest, floor, jitter, clock.now());
        CAPTURE(floor.count(), dice);
        CHECK(wait >= floor);
        CHECK(wait <= longest);
      }
}

TEST_CASE("The same seed gives the same waits, another one others", "[backoff]") {
  const auto draw = [](Now now) { return jittered(1h, 0s, Jitter::full, now); };
  CHECK(support::draw_waits(10, draw, 7) == support::draw_waits(10, draw, 7));
  CHECK(support::draw_waits(10, draw, 7) != support::draw_waits(10, draw, 8));
}
