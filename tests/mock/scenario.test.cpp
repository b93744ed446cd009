// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/scenario_json.hpp>

#include "../support/catch.hpp"

#include <chrono>
#include <set>
#include <string>
#include <string_view>

using namespace std::chrono_literals;
using ductile::ConfigError;
using ductile::mock::Episode;
using ductile::mock::find_scenario;
using ductile::mock::read_scenario;
using ductile::mock::Scenario;

TEST_CASE("A scenario file says all that a scenario is", "[mock]") {
  const Scenario scenario = read_scenario(R"({
    "name": "lunch", "model": {"p503_calm": 0.25, "latency_median_s": {"pro": 12}, "size_mix": {"1K": 1}},
    "tier": {"name": "mine", "rpm": 7}, "starts_at": "2026-11-24T10:00:00Z", "withheld_by": 4,
    "episodes": [{"answer": "high-demand", "match": {"model": "gemini-3-pro-image", "prompt": "cat"}, "after": 2, "calls": 3, "latency_s": 1.5},
                 {"answer": "rpd-free", "from_s": 60, "until_s": 1860}]})",
                                          1);
  CHECK(scenario.name == "lunch");
  CHECK(scenario.model.overload_calm == 0.25);
  CHECK(scenario.model.pro_latency == 12);
  CHECK(scenario.model.flash_latency == 10);
  CHECK(scenario.tier.requests_per_minute == 7);
  CHECK(scenario.tier.requests_per_day == 1'000'000'000);
  CHECK(scenario.starts_at == ductile::WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + 10h);
  CHECK(scenario.withheld_by == 4);
  REQUIRE(scenario.episodes.size() == 2);
  CHECK(scenario.episodes[0].model == "gemini-3-pro-image");
  CHECK(scenario.episodes[0].prompt == "cat");
  CHECK(scenario.episodes[0].after == 2);
  CHECK(scenario.episodes[0].calls == 3u);
  CHECK(scenario.episodes[0].latency == 1500ms);
  CHECK(scenario.episodes[1].from == 60s);
  CHECK(scenario.episodes[1].until == 1860s);
}

TEST_CASE("What is wrong in a scenario file is named, with its range and its value", "[mock]") {
  struct Case {
    std::string_view text;
    std::string_view says;
  };
  const Case cases[] = {
      {"nonsense", "this is not JSON"},
      {"[]", "the file must be an object"},
      {R"({"epsiodes": []})", "the file has no member 'epsiodes'"},
      {R"({"episodes": [{"answer": "high-demnad"}]})", "there is no answer 'high-demnad'"},
      {R"({"episodes": [{"answer": "internal", "call": 1}]})", "episode has no member 'call'"},
      {R"({"episodes": [{"answer": "internal", "after": -1}]})", "after must be a number from 0 to 1e+09; it is -1"},
      {R"({"model": {"p503_calm": 1.5}})", "p503_calm must be a number from 0 to 1; it is 1.5"},
      {R"({"model": {"p503": 1}})", "model has no member 'p503'"},
      {R"({"model": "sunny"})", "model must be calm, day or an object; it is 'sunny'"},
      {R"({"tier": "tier9"})", "tier must be one of zero, free, tier1"},
      {R"({"starts_at": "10:00"})", "starts_at must look like"},
  };
  for (const Case& each : cases) {
    INFO(each.text);
    CHECK_THROWS_WITH(read_scenario(each.text, 1), Catch::Matchers::ContainsSubstring(std::string{each.says}));
  }
  CHECK_THROWS_AS(ductile::mock::load_scenario("/no/such/file", 1), ConfigError);
}

TEST_CASE("A name alone is the scenario of that name", "[mock]") {
  CHECK(read_scenario(R"({"name": "bad-day"})", 3).episodes.size() == find_scenario("bad-day", 3)->episodes.size());
  CHECK(ductile::mock::load_scenario("calm", 1).episodes.empty());
  CHECK_FALSE(find_scenario("worse-day", 1));
}

TEST_CASE("Times are read in full or not at all", "[mock]") {
  using ductile::mock::parse_time;
  CHECK(parse_time("2026-11-24T10:30:05Z") ==
        ductile::WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + 10h + 30min + 5s);
  CHECK(parse_time("2026-11-24") == ductile::WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}});
  for (const char* wrong :
       {"", "now", "2026-13-01", "2026-02-30", "2026-11-24T25:00:00Z", "2026-11-24T10:00:00", "2026-11-24T10:00:00Zulu"}) {
    INFO(wrong);
    CHECK_FALSE(parse_time(wrong));
  }
}

TEST_CASE("A bad day writes down one of each kind of trouble within the first 24 calls, in an order of the seed's", "[mock]") {
  std::set<std::string> orders;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Scenario scenario = find_scenario("bad-day", seed).value();
    std::set<std::string> answers;
    std::set<std::uint32_t> calls;
    std::string order;
    for (const Episode& episode : scenario.episodes) {
      CHECK(episode.after < 24);
      CHECK(episode.calls == 1u);
      answers.insert(episode.answer);
      calls.insert(episode.after);
      order += episode.answer + " ";
    }
    CHECK(calls.size() == scenario.episodes.size());
    CHECK(answers == std::set<std::string>{"ipm", "internal", "high-demand", "idle-timeout", "reset-before-headers", "reset-mid-body",
                                           "bad-gateway-html", "no-image"});
    orders.insert(order);
  }
  CHECK(orders.size() > 25);
}
