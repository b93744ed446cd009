// SPDX-License-Identifier: BSL-1.0
#include <ductile/core/config_error.hpp>
#include <ductile/tools/lab/day_json.hpp>

#include "../support/catch.hpp"
#include "lab_for_test.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <string>

using namespace std::chrono_literals;
namespace lab = ductile::tools::lab;

namespace {

// The refusal of the day's file after one value in it was changed; an empty value: after the member was taken out.
std::string refusal_of_day(const std::string& pointer, const std::string& value) {
  boost::json::value file = boost::json::parse(lab_for_test::text_of("scenarios.json"));
  const std::size_t last = pointer.rfind('/');
  boost::json::object& owner = last == 0 ? file.as_object() : file.at_pointer(pointer.substr(0, last)).as_object();
  const std::string name = pointer.substr(last + 1);
  if (value.empty())
    owner.erase(name);
  else
    owner[name] = boost::json::parse(value);
  try {
    (void)lab::read_day(boost::json::serialize(file));
  } catch (const ductile::ConfigError& refusal) {
    return refusal.what();
  }
  return {};
}

}  // namespace

TEST_CASE("A day's file is read whole: service, tiers, scenarios, and what the jobs are like", "[lab]") {
  const lab::Day& day = lab_for_test::day();
  CHECK(day.scenarios.size() == 5);
  CHECK(day.mix.share_2k == 0.2);
  CHECK(day.mix.share_4k == 0.1);
  CHECK(day.mix.tokens_median == 350);
  CHECK(day.model.overload_by_hour[11] == 0.45);
  CHECK_FALSE(day.model.sliding_minute);

  const lab::Scenario& interactive = day.scenarios.at("W1");
  CHECK(interactive.tier.name == "free");
  CHECK(interactive.tier.images_per_minute == 2);
  CHECK(interactive.jobs == 60);
  CHECK(interactive.from == 8h + 30min);
  CHECK(interactive.most_clump == 4);
  CHECK(interactive.deadline == 10min);
  CHECK_FALSE(interactive.capacity);
  CHECK(day.scenarios.at("W2").pool == 8);
  CHECK(day.scenarios.at("W2").pool_ductile == 40);
  CHECK(day.scenarios.at("W4").processes == 50);

  const lab::Scenario& outage = day.scenarios.at("W5");
  CHECK(outage.rate == 12);
  CHECK(outage.outage.value().from == 1h);
  CHECK(outage.outage.value().until == 1h + 30min);
  CHECK(outage.capacity == ductile::mock::SharedCapacity{24, 6, 0.1});
}

TEST_CASE("A day's file that is wrong is refused by member, range and value", "[lab]") {
  struct Case {
    const char* pointer;
    const char* value;
    const char* refusal;
  };
  const Case cases[] = {
      {"/model", "", "model is missing"},
      {"/tiers", "7", "tiers must be an object; it is 7"},
      {"/model/p503_calm", "", "model.p503_calm is missing"},
      {"/model/p503_calm", "2", "model.p503_calm must be a number from 0 to 1; it is 2"},
      {"/model/latency_median_s/flash", "", "model.latency_median_s.flash is missing"},
      {"/model/size_mix/8K", "0", "model.size_mix has no member '8K'"},
      {"/model/size_mix/4K", "0.2", "model.size_mix must have shares whose sum is 1"},
      {"/model/permanent/403", "0.995",
       "model.permanent: 400, 403 and 404 must be 1 at most together, for no job meets two of them; they are 1.003"},
      {"/scenarios", "{}", "scenarios must have one at least; it is {}"},
      {"/model/quota_window", "\"rolling\"", "model.quota_window must be fixed or sliding; it is \"rolling\""},
      {"/model/pacific_midnight_utc_h", "9", "model.pacific_midnight_utc_h must be a number from 7 to 8; it is 9"},
      {"/tiers/free/ipms", "2", "tiers.free has no member 'ipms'; the nearest is 'ipm'"},
      {"/scenarios/W1/tier", "\"gold\"", "scenarios.W1.tier: the file's tiers have no 'gold'"},
      {"/scenarios/W1/jobz", "3", "scenarios.W1 has no member 'jobz'; the nearest is 'jobs'"},
      {"/scenarios/W1/deadline_s", "", "scenarios.W1.deadline_s is missing"},
      {"/scenarios/W1/rate_min", "3", "scenarios.W1 must have one of 'jobs' and 'rate_min'"},
      {"/scenarios/W1/to_h", "1", "scenarios.W1.to_h must not be before from_h"},
      {"/scenarios/W5/outage_h", "[3, 5]", "scenarios.W5.outage_h must begin after from_h and end by to_h; it is [3"},
      {"/scenarios/W5/outage_h", "[0, 1]", "scenarios.W5.outage_h must begin after from_h and end by to_h; it is [0"},
      {"/scenarios/W5/outage_h", "[2, 1]", "scenarios.W5.outage_h must end after its begin; it is [2"},
      {"/scenarios/W5/reject_cost", "", "scenarios.W5.reject_cost is missing"},
  };
  for (const Case& each : cases) {
    INFO(each.pointer);
    CHECK_THAT(refusal_of_day(each.pointer, each.value), Catch::Matchers::ContainsSubstring(each.refusal));
  }
}

TEST_CASE("What a day's file says to others is passed over", "[lab]") { CHECK(refusal_of_day("/goals", "").empty()); }
