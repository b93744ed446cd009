// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"
#include "../support/waits.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/backoff/decorrelated_jitter.hpp>
#include <ductile/backoff/exponential.hpp>
#include <ductile/backoff/linear.hpp>
#include <ductile/core/backoff_policy.hpp>

#include <limits>
#include <vector>

// How waits grow from failure to failure, and that no number of failures and no option breaks them.

using namespace ductile;
using namespace std::chrono_literals;

namespace {

constexpr unsigned most = std::numeric_limits<unsigned>::max();

// The waits after the first, second, ... failure.
template <class Backoff>
std::vector<Duration> waits_of(const Backoff& backoff, std::size_t count) {
  support::HandClock clock;
  std::vector<Duration> waits;
  Duration before{};
  for (unsigned failures = 1; failures <= count; ++failures) waits.push_back(before = backoff_wait(backoff, failures, clock.now(), before));
  return waits;
}

// Asks for every number of failures, every wait before and every roll of the dice that may be special.
template <class Backoff>
void stay_within(const Backoff& backoff, Duration from, Duration to) {
  support::HandClock clock;
  for (const double dice : {0.0, 0.5, 1.0 - std::numeric_limits<double>::epsilon() / 2})
    for (const Duration before : {Duration::min(), Duration{-1}, Duration{0}, Duration{1}, Duration{24h}, Duration::max()})
      for (const unsigned failures : {0U,  1U,  2U,    30U,   31U,   32U,   33U,   52U,          53U,          54U,      62U, 63U,
                                      64U, 65U, 1000U, 1023U, 1024U, 1025U, 1075U, 0x7FFF'FFFFU, 0x8000'0000U, most - 1, most}) {
        clock.roll(dice);
        const Duration wait = backoff_wait(backoff, failures, clock.now(), before);
        if (wait >= from && wait <= to) continue;
        CAPTURE(failures, before.count(), dice, wait.count());
        FAIL_CHECK("out of its range");
      }
  CHECK(backoff_wait(backoff, most, clock.now(), Duration::max()) >= from);
}

}  // namespace

TEST_CASE("Each backoff grows by its own rule and stops growing at its cap", "[backoff]") {
  using Waits = std::vector<Duration>;
  CHECK(waits_of(Constant{.wait = 3s}, 3) == Waits{3s, 3s, 3s});
  CHECK(waits_of(Linear{.base = 1s, .step = 2s, .cap = 6s, .jitter = Jitter::none}, 5) == Waits{1s, 3s, 5s, 6s, 6s});
  CHECK(waits_of(Linear{.base = 0s, .step = 2s, .cap = 4s, .jitter = Jitter::none}, 4) == Waits{0s, 2s, 4s, 4s});
  CHECK(waits_of(Linear{.base = 4s, .step = 0s, .jitter = Jitter::none}, 3) == Waits{4s, 4s, 4s});
  CHECK(waits_of(Exponential{.base = 1s, .cap = 9s, .factor = 3.0, .jitter = Jitter::none}, 4) == Waits{1s, 3s, 9s, 9s});
  CHECK(waits_of(Exponential{.base = 2s, .factor = 1.0, .jitter = Jitter::none}, 3) == Waits{2s, 2s, 2s});
  // Half way, as the dice of these tests show: from 1 s to 3 s, to 6 s, to 10.5 s, to the cap of 12 s.
  CHECK(waits_of(DecorrelatedJitter{.base = 1s, .cap = 12s}, 5) == Waits{2s, 3500ms, 5750ms, 6500ms, 6500ms});
}

TEST_CASE("Jitter is applied to what has grown", "[backoff]") {
  using Waits = std::vector<Duration>;  // half way of the range, as the dice of these tests show
  CHECK(waits_of(Constant{.wait = 4s, .jitter = Jitter::full, .floor = 1s}, 2) == Waits{2500ms, 2500ms});
  CHECK(waits_of(Constant{.wait = 4s, .jitter = Jitter::equal}, 2) == Waits{3s, 3s});
  CHECK(waits_of(Linear{.base = 2s, .step = 2s, .floor = 1s}, 3) == Waits{1500ms, 2500ms, 3500ms});
  CHECK(waits_of(Linear{.base = 4s, .step = 4s, .jitter = Jitter::equal}, 2) == Waits{3s, 6s});
  CHECK(waits_of(Exponential{.base = 2s, .floor = 1s}, 3) == Waits{1500ms, 2500ms, 4500ms});
  CHECK(waits_of(Exponential{.base = 4s, .jitter = Jitter::equal}, 2) == Waits{3s, 6s});
}

TEST_CASE("No number of failures, no wait before and no allowed option takes a backoff out of its range", "[backoff]") {
  for (const Jitter jitter : {Jitter::none, Jitter::full, Jitter::equal})
    for (const Duration base : {Duration{0}, Duration{1}, Duration{1s}, Duration{24h}})
      for (const Duration floor : {Duration{0}, base / 2, base}) {
        stay_within(Constant{.wait = base, .jitter = jitter, .floor = floor}, floor, base);
        for (const Duration step : {Duration{0}, Duration{1}, Duration{24h}})
          stay_within(Linear{.base = base, .step = step, .cap = 24h, .jitter = jitter, .floor = floor}, floor, 24h);
        for (const double factor : {1.0, 1.0000001, 2.0, 100.0})
          stay_within(Exponential{.base = base, .cap = 24h, .factor = factor, .jitter = jitter, .floor = floor}, floor, 24h);
      }
  for (const Duration base : {Duration{0}, Duration{1}, Duration{1s}, Duration{24h}})
    for (const double factor : {1.0, 3.0, 100.0}) stay_within(DecorrelatedJitter{.base = base, .cap = 24h, .factor = factor}, base, 24h);
}

TEST_CASE("Nor do options that Retry would refuse", "[backoff]") {
  constexpr Duration longest = Duration::max();
  for (const Jitter jitter : {Jitter::none, Jitter::full, Jitter::equal})
    for (const double factor : {0.0, 1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
      stay_within(Exponential{.base = 1s, .cap = longest, .factor = factor, .jitter = jitter}, 0s, longest);
      stay_within(Exponential{.base = longest, .cap = longest, .factor = factor, .jitter = jitter, .floor = longest}, 0s, longest);
      stay_within(DecorrelatedJitter{.base = longest, .cap = longest, .factor = factor}, 0s, longest);
      stay_within(DecorrelatedJitter{.base = 1s, .cap = longest, .factor = factor}, 0s, longest);
    }
  stay_within(Linear{.base = longest, .step = longest, .cap = longest}, 0s, longest);
  stay_within(Linear{.base = 0s, .step = 1ns, .cap = longest, .jitter = Jitter::none}, 0s, Duration{most});
}

TEST_CASE("Without jitter a wait is never shorter than the one before", "[backoff]") {
  support::HandClock clock;
  const Exponential doubling{.base = 1ns, .cap = 24h, .factor = 1.37, .jitter = Jitter::none};
  const Linear steady{.base = 1ns, .step = 7ms, .cap = 24h, .jitter = Jitter::none};
  Duration doubled{};
  Duration stepped{};
  for (unsigned failures = 1; failures < 2000; ++failures) {
    if (doubling(failures, clock.now()) < doubled || steady(failures, clock.now()) < stepped) FAIL_CHECK("shorter after " << failures);
    doubled = doubling(failures, clock.now());
    stepped = steady(failures, clock.now());
  }
  CHECK(doubled == 24h);
  CHECK(stepped == 1ns + 1998 * 7ms);
}

TEST_CASE("A base of nothing is no wait, however many failures there were", "[backoff]") {
  const Exponential backoff{.base = 0s, .cap = 60s};
  support::HandClock clock;
  for (const unsigned failures : {1U, 1000U, 1025U, 1026U, 65535U, most}) CHECK(backoff(failures, clock.now()) == 0s);
}
