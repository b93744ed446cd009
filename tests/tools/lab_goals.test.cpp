// SPDX-License-Identifier: BSL-1.0
#include <ductile/core/config_error.hpp>
#include <ductile/tools/lab/goals.hpp>

#include "../support/catch.hpp"
#include "lab_for_test.hpp"

#include <cmath>
#include <string>
#include <vector>

namespace lab = ductile::tools::lab;

namespace {

std::string one_goal(const std::string& metric, const std::string& op, const std::string& others, const std::string& strategy) {
  return R"({"goals": [{"id": "G", "what": "w", "metric": ")" + metric + R"(", "op": ")" + op + R"(", "others": [)" + others +
         R"(], "per_scenario": {"W1": {"strategy": ")" + strategy + R"(", "value": 0.5}}}]})";
}

std::vector<lab::Metrics> runs_of(double lab::Metrics::* figure, const std::vector<double>& values) {
  std::vector<lab::Metrics> runs;
  for (const double value : values) {
    runs.emplace_back();
    runs.back().*figure = value;
  }
  return runs;
}

}  // namespace

TEST_CASE("The goals of the day are read, each with its scenario and our names", "[lab]") {
  const std::vector<lab::Goal> goals = lab::read_goals(lab_for_test::text_of("scenarios.json"));
  CHECK(goals.size() == 51);
  CHECK(goals.front().id == "G1");
  CHECK(goals.front().scenario == "W1");
  CHECK(goals.front().strategy == "ductile");
  CHECK(goals.front().at_least);
  CHECK(goals.front().value == 0.93);
  std::size_t shared = 0;
  for (const lab::Goal& goal : goals) {
    shared += goal.strategy == "ductile-shared" ? 1 : 0;
    for (const std::string& other : goal.others) CHECK_NOTHROW(lab::strategy_named(other));
  }
  CHECK(shared == 10);
}

TEST_CASE("A goal that cannot be read is refused by its path", "[lab]") {
  struct Row {
    std::string text;
    const char* says;
  };
  for (const Row& row : std::vector<Row>{{"{}", "goals is missing"},
                                         {one_goal("speed", ">=", "", "ductile"), "goals[0].metric must be one of ratio, lost"},
                                         {one_goal("ratio", ">", "", "ductile"), "goals[0].op must be >= or <=; it is \">\""},
                                         {one_goal("ratio", ">=", "\"nobody\"", "ductile"), "it is 'nobody'"},
                                         {one_goal("ratio", ">=", "", "nobody"), "it is 'nobody'"},
                                         {R"({"goals": [{"id": "G"}]})", "goals[0].what is missing"}}) {
    INFO(row.text);
    CHECK_THROWS_WITH(lab::read_goals(row.text), Catch::Matchers::Contains(row.says));
  }
}

TEST_CASE("A goal is met by the mean, or by the quotient of two means over the same seeds", "[lab]") {
  const auto ours = runs_of(&lab::Metrics::lost, {1, 2, 3});
  const auto theirs = runs_of(&lab::Metrics::lost, {10, 10, 40});
  const auto fewer = runs_of(&lab::Metrics::lost, {5, 5, 5});
  lab::Goal goal{.figure = &lab::Metrics::lost, .value = 2};
  CHECK(lab::reached(goal, ours, {}).met);
  CHECK(lab::reached(goal, ours, {}).figure.mean == 2);
  goal.at_least = true;
  goal.value = 2.01;
  CHECK_FALSE(lab::reached(goal, ours, {}).met);

  goal = {.figure = &lab::Metrics::lost, .value = 0.1};
  CHECK(lab::reached(goal, ours, {&theirs}).figure.mean == Catch::Approx(0.1));
  CHECK(lab::reached(goal, ours, {&theirs}).figure.half.value() > 0);
  CHECK(lab::reached(goal, ours, {&theirs, &fewer}).figure.mean == Catch::Approx(0.4));  // over the best of them
}

TEST_CASE("Over nothing, nothing is nothing and something is without bounds", "[lab]") {
  const auto none = runs_of(&lab::Metrics::quota_429, {0, 0});
  const auto some = runs_of(&lab::Metrics::quota_429, {1, 1});
  const lab::Goal goal{.figure = &lab::Metrics::quota_429, .value = 1};
  CHECK(lab::reached(goal, none, {&none}).met);
  CHECK_FALSE(lab::reached(goal, some, {&none}).met);
  CHECK(std::isinf(lab::reached(goal, some, {&none}).figure.mean));
  CHECK_FALSE(lab::reached(goal, some, {&none}).figure.half);
  // Where one seed alone has what is divided by, nothing is left without it.
  const auto one = runs_of(&lab::Metrics::quota_429, {0, 1});
  CHECK(lab::reached(goal, some, {&one}).figure.mean == 2);
  CHECK_FALSE(lab::reached(goal, some, {&one}).figure.half);
}

TEST_CASE("In a quotient what varies with the seed in both is no doubt", "[lab]") {
  const auto ours = runs_of(&lab::Metrics::calls_per_image, {1, 2, 4, 8});
  const auto theirs = runs_of(&lab::Metrics::calls_per_image, {2, 4, 8, 16});
  const lab::Goal goal{.figure = &lab::Metrics::calls_per_image, .value = 0.5};
  const lab::GoalReached found = lab::reached(goal, ours, {&theirs});
  CHECK(found.figure.mean == Catch::Approx(0.5));
  CHECK(found.figure.half.value() == Catch::Approx(0).margin(1e-12));
  CHECK(found.met);
}
