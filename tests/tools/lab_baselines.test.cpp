// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/lab/interval.hpp>
#include <ductile/tools/lab/metrics.hpp>
#include <ductile/tools/lab/run.hpp>
#include <ductile/tools/lab/strategies.hpp>

#include "../support/catch.hpp"
#include "lab_for_test.hpp"

#include <boost/json.hpp>

#include <cmath>
#include <string>
#include <vector>

namespace lab = ductile::tools::lab;

// On three seeds of the smallest scenario. scripts/check-lab-baselines does all of them on twenty.
TEST_CASE("In W1 each baseline comes to what the reference simulator found", "[lab]") {
  const auto& day = lab_for_test::day();
  const boost::json::value reference = boost::json::parse(lab_for_test::text_of("baselines.json"));
  // Half an interval of 20 seeds is 2.1 deviations of a mean of 20, so 4.5 of them are 3.6 of a mean of 3.
  constexpr double wider = 4.5;
  for (const lab::Strategy& strategy : lab::all_strategies) {
    const auto* known = reference.at("W1").as_object().if_contains(strategy.name);
    if (!known) continue;  // one of ours
    std::vector<lab::Metrics> runs;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) runs.push_back(run(day, day.scenarios.at("W1"), strategy, seed));
    for (const lab::Metric& metric : lab::all_metrics) {
      const auto* expected = known->as_object().if_contains(metric.name);
      if (!expected || expected->at(1).to_number<double>() == 0) continue;
      std::vector<double> values;
      for (const lab::Metrics& each : runs) values.push_back(each.*metric.figure);
      INFO(strategy.name << ' ' << metric.name);
      CHECK(lab::interval_of(values).mean ==
            Catch::Approx(expected->at(0).to_number<double>()).margin(wider * expected->at(1).to_number<double>()));
    }
  }
}

TEST_CASE("The same seed gives the same figures", "[lab]") {
  const auto& day = lab_for_test::day();
  for (const lab::Strategy& strategy : lab::all_strategies) {
    const lab::Metrics once = run(day, day.scenarios.at("W1"), strategy, 5);
    const lab::Metrics again = run(day, day.scenarios.at("W1"), strategy, 5);
    for (const lab::Metric& metric : lab::all_metrics) CHECK(once.*metric.figure == again.*metric.figure);
  }
}

TEST_CASE("Half an interval is Student's", "[lab]") {
  CHECK(lab::interval_of({}).mean == 0);
  CHECK(lab::interval_of({3}).mean == 3);
  CHECK_FALSE(lab::interval_of({3}).half);  // one seed says nothing of it
  const auto found = lab::interval_of({1, 2, 3, 4});
  CHECK(found.mean == 2.5);
  CHECK(found.half.value() == Catch::Approx(3.182 * std::sqrt(5.0 / 3 / 4)));
}
