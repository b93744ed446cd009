// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <algorithm>
#include <set>
#include <vector>

// More calls than a window takes, for minutes: who came first goes first.

using namespace ductile;
using namespace std::chrono_literals;

TEST_CASE("Of calls that come faster than the window takes them, who comes later overtakes nobody", "[policies]") {
  constexpr int calls = 300;
  constexpr Duration apart = 60s / 32;
  Simulation simulation;
  Pipeline pipeline{Deadline{1h}, Retry{RetryOptions{.attempts = 3, .backoff = Constant{.wait = 5s, .jitter = Jitter::none}}},
                    QuotaTracker{QuotaOptions{.limits = {per_minute(25)}}}};
  std::vector<int> order;  // of first attempts
  std::vector<int> retried;
  std::vector<Time> ends(calls);
  std::set<int> begun;
  for (int call = 0; call < calls; ++call)
    static_cast<void>(simulation.call(
        pipeline,
        [&, call](const Attempt&) -> Simulated<Result<int>> {
          const bool is_first = begun.insert(call).second;
          if (is_first) order.push_back(call);
          if (is_first && call % 20 == 0) return {1s, Failure{Kind::overload}};
          if (!is_first) retried.push_back(call);
          return {1s, call};
        },
        [&, call](const Result<int>& result) {
          REQUIRE(result);
          ends[static_cast<std::size_t>(call)] = simulation.now()();
        },
        Time{call * apart}));
  simulation.run();
  CHECK(order.size() == calls);
  CHECK(std::is_sorted(order.begin(), order.end()));
  CHECK(retried.size() == calls / 20);
  // Nor is who has failed once sent to the end of the line, which is some minutes away in the end.
  const Time last = ends.back();
  CHECK(last > Time{12min});
  for (const int call : retried) {
    CAPTURE(call, ends[static_cast<std::size_t>(call)].time_since_epoch() / 1s);
    if (call + 60 < calls) CHECK(ends[static_cast<std::size_t>(call)] < ends[static_cast<std::size_t>(call + 60)]);
  }
}

TEST_CASE("Who comes from another target is new in this one's line, however often the call was sent before", "[policies]") {
  constexpr int calls = 280;
  Simulation simulation;
  FallbackOptions options;
  options.targets = {{.name = "fails"}, {.name = "full"}};
  options.between_rounds = {.base = 1h, .cap = 1h, .jitter = Jitter::none};
  options.patience = 1;
  options.table.set(Kind::overload, {Next::target});
  Pipeline pipeline{Deadline{2h}, FallbackChain{options}, QuotaTracker{QuotaOptions{.limits = {per_minute(10)}}}};
  std::vector<int> order;
  for (int call = 0; call < calls; ++call) {
    CallOptions call_options;
    if (call % 2 == 0) call_options.targets = 0b10;
    static_cast<void>(simulation.call(
        pipeline,
        [&, call](const Attempt& attempt) -> Simulated<Result<int>> {
          if (attempt.target == 0) return {Duration{}, Failure{Kind::overload}};
          order.push_back(call);
          return {1s, call};
        },
        [](const Result<int>& result) { REQUIRE(result); }, Time{call * 4s}, call_options));
  }
  simulation.run();
  CHECK(order.size() == calls);
  CHECK(std::is_sorted(order.begin(), order.end()));
}
