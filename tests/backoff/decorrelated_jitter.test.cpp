// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/waits.hpp"

#include <ductile/backoff/decorrelated_jitter.hpp>

#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

namespace {
constexpr std::size_t drawn = 100'000;

// The wait of each client after so drawn failures.
std::vector<Duration> after(unsigned failures, const DecorrelatedJitter& backoff) {
  return support::draw_waits(drawn, [&](Now now) {
    Duration wait{};
    for (unsigned i = 1; i <= failures; ++i) wait = backoff(i, now, wait);
    return wait;
  });
}
}  // namespace

TEST_CASE("Decorrelated jitter is even between its base and three times the wait before", "[backoff]") {
  const DecorrelatedJitter backoff{.base = 1s, .cap = 60s};
  for (const Duration before : {Duration{0}, Duration{1s}, Duration{5s}, Duration{20s}, Duration{60s}, Duration{10h}}) {
    const auto waits = support::draw_waits(drawn, [&](Now now) { return backoff(2, now, before); });
    CAPTURE(before / 1s);
    CHECK(support::unevenness(waits, 1s, std::min<Duration>(60s, 3 * std::max<Duration>(1s, before))) < 51);
  }
}

TEST_CASE("Decorrelated waits grow on average as the formula says", "[backoff]") {
  // The mean of an even spread from 1 to 3 times the wait before is (1 + 3 * mean before) / 2: 2, 3.5, 5.75, 9.125 s while the cap is far.
  const DecorrelatedJitter backoff{.base = 1s, .cap = 24h};
  double expected = 1;
  for (unsigned failures = 1; failures <= 4; ++failures) {
    expected = (1 + 3 * expected) / 2;
    CHECK(support::mean_seconds(after(failures, backoff)) == Catch::Approx(expected).epsilon(0.01));
  }
}

TEST_CASE("Neither the base nor the cap of decorrelated jitter gathers waits, as cutting at the cap would", "[backoff]") {
  const DecorrelatedJitter backoff{.base = 1s, .cap = 10s};
  const auto cut = [](Now now, Duration before) {  // the article's form
    return std::min<Duration>(10s, detail::evenly(1s, 3 * std::max<Duration>(1s, before), now));
  };
  for (const unsigned failures : {1U, 3U, 20U}) {
    CAPTURE(failures);
    CHECK(support::largest_herd(after(failures, backoff)) <= 3);
  }
  const auto herd = support::draw_waits(drawn, [&](Now now) {
    Duration wait{};
    for (int i = 0; i < 20; ++i) wait = cut(now, wait);
    return wait;
  });
  CHECK(support::largest_herd(herd) > drawn / 3);  // what this test would see
}
