// SPDX-License-Identifier: BSL-1.0
#include <ductile/core/pipeline.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/timeout.hpp>

#include "../support/catch.hpp"

#include <chrono>
#include <optional>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

namespace {

Failure refused_for(QuotaDimension dimension, Kind kind, Remedy remedy, Duration hint = {}) {
  Verdict verdict;
  verdict.kind = kind;
  verdict.remedy = remedy;
  verdict.dimension = dimension;
  verdict.hint = hint;
  return Failure{verdict};
}

// Calls that all begin at once, and what becomes of the second, which is refused.
struct Line {
  explicit Line(Failure second) : second_refused(std::move(second)) {}

  Simulation simulation{};
  Pipeline<Deadline, QuotaTracker<2>> pipeline{Deadline{30min},
                                               QuotaTracker{QuotaOptions{.limits = {per_minute(1), per_day(std::nullopt, utc)}}}};
  Failure second_refused;
  std::vector<Time> sent{};
  std::vector<std::optional<Kind>> ended = std::vector<std::optional<Kind>>(4);

  void run() {
    for (std::size_t number = 0; number < ended.size(); ++number) {
      const auto operation = [this, number] {
        sent.push_back(simulation.now()());
        return Simulated<Result<int>>{1s, number == 1 ? Result<int>{second_refused} : Result<int>{0}};
      };
      const auto done = [this, number](const Result<int>& result) { ended[number] = result ? Kind::ok : result.assume_error().kind(); };
      simulation.call(pipeline, operation, done);
    }
    simulation.run();
  }
};

}  // namespace

TEST_CASE("Who waits in line for a day that is spent meanwhile is not sent", "[policies]") {
  Line line{refused_for(QuotaDimension::requests_per_day, Kind::quota, Remedy::next_day)};
  line.run();
  CHECK(line.sent.size() == 2);
  CHECK(line.ended == std::vector<std::optional<Kind>>{Kind::ok, Kind::quota, Kind::quota, Kind::quota});
}

TEST_CASE("Who waits in line for a minute that the service calls full goes when it has opened", "[policies]") {
  Line line{refused_for(QuotaDimension::requests_per_minute, Kind::rate_limit, Remedy::after_delay, 100s)};
  line.run();
  REQUIRE(line.sent.size() == 4);
  CHECK(line.ended == std::vector<std::optional<Kind>>{Kind::ok, Kind::rate_limit, Kind::ok, Kind::ok});
  const Time refused = line.sent[1] + 1s;
  CHECK(line.sent[2] >= refused + 100s);
  CHECK(line.sent[2] < refused + 160s);
  CHECK(line.sent[3] >= line.sent[2] + 59s);
  CHECK(line.sent[3] < line.sent[2] + 65s);
}

TEST_CASE("Who waits in line while nothing is refused goes at its moment", "[policies]") {
  Line line{refused_for(QuotaDimension::none, Kind::overload, Remedy::after_delay)};
  line.run();
  REQUIRE(line.sent.size() == 4);
  for (std::size_t i = 1; i < 4; ++i) CHECK(line.sent[i] >= line.sent[i - 1] + 59s);
  CHECK(line.sent[3] <= Time{3 * 62s});
}
