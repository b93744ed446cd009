// SPDX-License-Identifier: BSL-1.0
#include <ductile/core/config_error.hpp>
#include <ductile/tools/lab/assumption.hpp>
#include <ductile/tools/lab/day_json.hpp>

#include "../support/catch.hpp"
#include "lab_for_test.hpp"

#include <boost/json.hpp>

#include <string>
#include <vector>

namespace lab = ductile::tools::lab;

namespace {

struct Assumed {
  std::vector<lab::Assumption> changed{};
  lab::Day day{};
};

Assumed assumed_in_day(const std::vector<std::string>& wanted) {
  boost::json::value file = boost::json::parse(lab_for_test::text_of("scenarios.json"));
  Assumed read;
  read.changed = lab::assume(file, wanted);
  read.day = lab::day_of(file, "the file");
  return read;
}

std::string refusal_of_assumption(const std::string& wanted) {
  try {
    (void)assumed_in_day({wanted});
  } catch (const ductile::ConfigError& refusal) {
    return refusal.what();
  }
  return {};
}

std::vector<std::string> paths_of(const std::vector<lab::Assumption>& changed) {
  std::vector<std::string> paths;
  for (const lab::Assumption& each : changed) paths.push_back(each.path);
  return paths;
}

}  // namespace

TEST_CASE("A figure of the day is assumed by its path, with or without the model's name", "[lab]") {
  CHECK(assumed_in_day({"model.burst_mean_s=60"}).day.model.burst_mean == 60);
  CHECK(assumed_in_day({"burst_mean_s=60"}).day.model.burst_mean == 60);
  CHECK(assumed_in_day({"p504.4K[1]=0.5"}).day.model.deadline_chance[2].burst == 0.5);
  CHECK(assumed_in_day({"model.p503_by_hour[10]=0.9"}).day.model.overload_by_hour[10] == 0.9);
  CHECK(assumed_in_day({"tiers.free.ipm=3"}).day.scenarios.at("W1").tier.images_per_minute == 3);
  CHECK(assumed_in_day({"scenarios.W4.processes=10"}).day.scenarios.at("W4").processes == 10);
}

TEST_CASE("A name alone that scenarios have is assumed in each that has it", "[lab]") {
  const Assumed read = assumed_in_day({"reject_cost=0", "deadline_s=30"});
  CHECK(read.day.scenarios.at("W5").capacity.value().rejected_costs == 0);
  CHECK_FALSE(read.day.scenarios.at("W1").capacity);
  for (const auto& [name, scenario] : read.day.scenarios) CHECK(scenario.deadline == std::chrono::seconds{30});
  CHECK(paths_of(read.changed).size() == 6);
  CHECK(paths_of(read.changed).front() == "scenarios.W5.reject_cost");
}

TEST_CASE("A text needs no quotes, and what was there is told", "[lab]") {
  const Assumed read = assumed_in_day({"quota_window=sliding"});
  CHECK(read.day.model.sliding_minute);
  REQUIRE(read.changed.size() == 1);
  CHECK(read.changed[0].path == "model.quota_window");
  CHECK(read.changed[0].was == boost::json::value("fixed"));
  CHECK(read.changed[0].is == boost::json::value("sliding"));
}

TEST_CASE("Each sensitivity of the file can be assumed by its name", "[lab]") {
  const boost::json::value file = boost::json::parse(lab_for_test::text_of("scenarios.json"));
  for (const auto& sensitivity : file.at("sensitivity").as_object()) {
    INFO(std::string{sensitivity.key()});
    CHECK(assumed_in_day({std::string{sensitivity.key()}}).changed.size() == sensitivity.value().as_object().size());
  }
  CHECK(assumed_in_day({"worse day (503 x 1.8)"}).day.model.overload_by_hour[11] == 0.81);
  CHECK(assumed_in_day({"no hints"}).day.model.quota_detail_present == 0);
}

TEST_CASE("Assumptions follow one another, and the last one counts", "[lab]") {
  CHECK(assumed_in_day({"bursts 1 min", "burst_mean_s=90"}).day.model.burst_mean == 90);
}

TEST_CASE("What cannot be assumed is refused by name, range and value", "[lab]") {
  struct Case {
    const char* wanted;
    const char* refusal;
  };
  const Case cases[] = {
      {"burst_mean_s=0", "model.burst_mean_s must be a number from 1 to 1000000; it is 0"},
      {"reject_cost=2", "scenarios.W5.reject_cost must be a number from 0 to 1; it is 2"},
      {"permanent.400=0.995", "model.permanent: 400, 403 and 404 must be 1 at most together"},
      {"quota_window=rolling", "model.quota_window must be fixed or sliding; it is \"rolling\""},
      {"burst_mean=60", "neither the model nor a scenario has a member 'burst_mean'; the nearest is 'burst_mean_s'"},
      {"model.burst_mean=60", "model has no member 'burst_mean'; the nearest is 'burst_mean_s'"},
      {"scenarios.W6.jobs=6", "scenarios has no member 'W6'"},
      {"p503_by_hour[24]=0", "model.p503_by_hour has no place '[24]'"},
      {"p503_by_hour[x]=0", "model.p503_by_hour has no place '[x]'"},
      {"p503_by_hour[1=0", "model.p503_by_hour has no place '[1'"},
      {"burst_mean_s.low=1", "model.burst_mean_s has no members; it is 360"},
      {"goals=[]", "neither the model nor a scenario has a member 'goals'"},
      {"goals[0].id=1", "model has no member 'goals'"},
      {"model=1", "neither the model nor a scenario has a member 'model'"},
      {"=1", "neither the model nor a scenario has a member ''"},
      {"model.=1", "model has no member ''"},
      {"sliding windows", "--assume must be PATH=VALUE, or one of the file's sensitivity: '429 counts in RPM', '503 not in RPD'"},
      {"sliding windows", "it is 'sliding windows'; the nearest is 'sliding window'"},
  };
  for (const Case& each : cases) {
    INFO(each.wanted);
    CHECK_THAT(refusal_of_assumption(each.wanted), Catch::Matchers::ContainsSubstring(each.refusal));
  }
}

TEST_CASE("A file without sensitivities says that it has none", "[lab]") {
  boost::json::value file = boost::json::parse(R"({"model": {"a": 1}, "scenarios": {}})");
  CHECK_THROWS_WITH(lab::assume(file, std::vector<std::string>{"calm"}), Catch::Matchers::ContainsSubstring("it has none"));
}
