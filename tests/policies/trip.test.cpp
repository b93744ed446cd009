// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/verdicts.hpp"

#include <ductile/core/make.hpp>
#include <ductile/policies/circuit_breaker.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

// When a breaker opens, as rows of plain calls: no breaker, no clock.

using namespace ductile;
using namespace std::chrono_literals;
using support::at;

namespace {

CallEnd well(Duration when, Duration took = {}) { return {at(when), took, false}; }
CallEnd failed(Duration when, Duration took = {}) { return {at(when), took, true}; }

// The number of the call after which it trips, from 1; 0: after none.
template <Trips T>
std::size_t trips_at(const T& trip, const std::vector<CallEnd>& calls) {
  typename T::Window window{};
  for (std::size_t i = 0; i < calls.size(); ++i)
    if (trip.add(window, calls[i])) return i + 1;
  return 0;
}

template <class T>
std::string refusal(T trip) {
  const auto made = make<CircuitBreaker>(CircuitBreakerOptions{.trip = trip});
  return made ? "accepted" : made.error().message();
}

}  // namespace

TEST_CASE("A ratio over time counts all calls of its span, and needs enough of them", "[policies]") {
  const auto trip = ratio_over_time(0.5, {.within = 16s, .calls = 4});
  CHECK(trips_at(trip, {failed(0s), failed(0s), failed(0s)}) == 0);
  CHECK(trips_at(trip, {failed(0s), failed(0s), failed(0s), failed(0s)}) == 4);
  CHECK(trips_at(trip, {well(0s), well(1s), well(2s), failed(3s), failed(4s), failed(5s)}) == 6);
  CHECK(trips_at(trip, {well(0s), well(0s), well(0s), well(0s), failed(1s), failed(1s), failed(1s)}) == 0);
}

TEST_CASE("A ratio over time forgets what is older than its span, in steps of a sixteenth", "[policies]") {
  const auto trip = ratio_over_time(1.0, {.within = 16s, .calls = 2});
  CHECK(trips_at(trip, {failed(0s), failed(15s)}) == 2);
  CHECK(trips_at(trip, {failed(0s), failed(16s)}) == 0);
  CHECK(trips_at(trip, {failed(999ms), failed(15999ms)}) == 2);
  CHECK(trips_at(trip, {well(0s), failed(16s), failed(17s)}) == 3);      // the success is forgotten too
  CHECK(trips_at(trip, {well(0s), failed(1000s), failed(1001s)}) == 3);  // after a long silence
}

TEST_CASE("Exactly the share opens, for every share that is a decimal", "[policies]") {
  for (unsigned percent = 1; percent < 100; ++percent) {
    const double share = std::stod((percent < 10 ? "0.0" : "0.") + std::to_string(percent));
    for (const unsigned of : {20U, 25U, 50U, 75U, 100U, 125U}) {
      if (of * percent % 100 != 0) continue;
      CAPTURE(share, of);
      const unsigned bad = of * percent / 100;
      std::vector<CallEnd> calls(of - bad, well(0s));
      calls.insert(calls.end(), bad, failed(0s));
      CHECK(trips_at(ratio(share, {.of = of, .at_least = 1}), calls) == of);
      CHECK(trips_at(ratio_over_time(share, {.calls = of}), calls) == of);
    }
  }
}

TEST_CASE("A ratio over time takes any number of calls", "[policies]") {
  const auto trip = ratio_over_time(0.5, {.within = 30s, .calls = 1'000'000});
  FailureRatioOverTime::Window window;
  bool tripped = false;
  for (int i = 0; i < 999'999; ++i) tripped = tripped || trip.add(window, failed(std::chrono::microseconds{i}));
  CHECK_FALSE(tripped);
  CHECK(trip.add(window, failed(1s)));
}

TEST_CASE("A ratio over time says what a list of its calls says", "[policies]") {
  SplitMix64 dice{7};
  const auto trip = ratio_over_time(0.3, {.within = 16s, .calls = 5});
  for (int round = 0; round < 200; ++round) {
    FailureRatioOverTime::Window window;
    std::deque<CallEnd> seen;
    Time now = at(std::chrono::milliseconds{dice() % 100'000});
    for (int i = 0; i < 60; ++i) {
      now += std::chrono::milliseconds{dice() % 3000};
      const CallEnd end{now, {}, dice() % 3 == 0};
      seen.push_back(end);
      const auto second = [](Time time) { return std::chrono::floor<std::chrono::seconds>(time); };
      while (second(seen.front().at) + 16s <= second(now)) seen.pop_front();
      const auto bad = std::count_if(seen.begin(), seen.end(), [](const CallEnd& one) { return one.failed; });
      const bool expected = end.failed && seen.size() >= 5 && static_cast<double>(bad) >= 0.3 * static_cast<double>(seen.size());
      REQUIRE(trip.add(window, end) == expected);
    }
  }
}

TEST_CASE("Slow calls trip by their share, whether they ended well or not", "[policies]") {
  const auto trip = slow_calls(0.5, 10s, {.of = 4, .within = 5min, .at_least = 2});
  CHECK(trips_at(trip, {well(1s, 10s), well(2s, 30s)}) == 2);
  CHECK(trips_at(trip, {failed(1s, 10s), well(2s, 10s)}) == 2);
  CHECK(trips_at(trip, {failed(1s, 9s), failed(2s, 9s), failed(3s, 9s)}) == 0);  // failures are another trip's business
  CHECK(trips_at(trip, {well(1s, 10s), well(2s), well(3s), well(4s), well(5s, 10s)}) == 0);
  CHECK(trips_at(trip, {well(1s, 10s), well(2s), well(3s), well(4s, 10s)}) == 4);
  CHECK(trips_at(trip, {well(0s, 10s), well(5min, 10s)}) == 0);  // the first is forgotten
}

TEST_CASE("A slow success speaks against the service when it is a probe", "[policies]") {
  CHECK(slow_calls(0.5, 10s).is_ill(well(0s, 10s)));
  CHECK_FALSE(slow_calls(0.5, 10s).is_ill(well(0s, 9s)));
  CHECK(slow_calls(0.5, 10s).is_ill(failed(0s)));
  CHECK(either(consecutive(5), slow_calls(0.5, 10s)).is_ill(well(0s, 10s)));
  CHECK_FALSE(either(consecutive(5), ratio(0.5)).is_ill(well(0s, 10s)));
}

TEST_CASE("Either of two trips opens", "[policies]") {
  const auto trip = either(consecutive(3), slow_calls(0.5, 10s, {.of = 4, .at_least = 2}));
  CHECK(trips_at(trip, {failed(1s), failed(2s), failed(3s)}) == 3);
  CHECK(trips_at(trip, {failed(1s), failed(2s), well(3s), failed(4s), failed(5s)}) == 0);
  CHECK(trips_at(trip, {well(1s, 10s), well(2s, 10s)}) == 2);
}

TEST_CASE("A trip asks for the time only where it needs it", "[policies]") {
  STATIC_REQUIRE(sizeof(CircuitBreaker<ConsecutiveFailures>::Call) == 8);
  STATIC_REQUIRE(sizeof(CircuitBreaker<FailureRatio>::Call) == 8);
  STATIC_REQUIRE(sizeof(CircuitBreaker<FailureRatioOverTime>::Call) == 8);
  STATIC_REQUIRE(sizeof(CircuitBreaker<SlowCalls>::Call) == 16);
  STATIC_REQUIRE(CircuitBreaker<SlowCalls>::reads_time);
  STATIC_REQUIRE_FALSE(CircuitBreaker<FailureRatio>::reads_time);
  STATIC_REQUIRE(CircuitBreaker<EitherTrip<ConsecutiveFailures, SlowCalls>>::reads_time);
  STATIC_REQUIRE_FALSE(EitherTrip<ConsecutiveFailures, ConsecutiveFailures>::counts_successes);
  STATIC_REQUIRE_FALSE(Trips<int>);
}

TEST_CASE("Trips out of range are refused by name, range and value", "[policies]") {
  CHECK(refusal(ratio_over_time(0.0)) == "CircuitBreaker: ratio_over_time must be above 0, up to 1; it is 0");
  CHECK(refusal(ratio_over_time(0.5, {.within = 25h})) ==
        "CircuitBreaker: ratio_over_time's within must be from 0.001 to 86400 s; it is 90000");
  CHECK(refusal(ratio_over_time(0.5, {.calls = 0})) == "CircuitBreaker: ratio_over_time's calls must be from 1 to 1000000; it is 0");
  CHECK(refusal(slow_calls(2.0, 10s)) == "CircuitBreaker: slow_calls must be above 0, up to 1; it is 2");
  CHECK(refusal(slow_calls(0.5, 0s)) == "CircuitBreaker: slow_calls' slower_than must be from 0.001 to 86400 s; it is 0");
  CHECK(refusal(slow_calls(0.5, 10s, {.of = 0})) == "CircuitBreaker: window.of must be from 1 to 128 results; it is 0");
  CHECK(refusal(either(consecutive(0), ratio(0.5))) == "CircuitBreaker: consecutive failures must be from 1 to 1000000; it is 0");
  CHECK(refusal(either(consecutive(1), ratio(0.0))) == "CircuitBreaker: ratio must be above 0, up to 1; it is 0");
  CHECK(refusal(either(slow_calls(0.5, 10s), ratio_over_time(0.5))) == "accepted");
}
