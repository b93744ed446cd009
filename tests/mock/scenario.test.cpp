// SPDX-License-Identifier: BSL-1.0
#include <ductile/gemini/failures.hpp>
#include <ductile/mock/scenario_json.hpp>
#include <ductile/mock/scenario_schema.hpp>

#include "../support/catch.hpp"
#include "../support/json_schema.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using ductile::ConfigError;
using ductile::mock::Episode;
using ductile::mock::find_scenario;
using ductile::mock::read_scenario;
using ductile::mock::Scenario;

namespace {

const std::filesystem::path docs = DUCTILE_TEST_DATA "/../../docs";

}  // namespace

TEST_CASE("A scenario file says all that a scenario is", "[mock]") {
  const Scenario scenario = read_scenario(R"({
    "name": "lunch", "model": {"p503_calm": 0.25, "latency_median_s": {"pro": 12}, "size_mix": {"1K": 1}},
    "tier": {"name": "mine", "rpm": 7, "text": {"rpd": 3}}, "starts_at": "2026-11-24T10:00:00Z", "withheld_by": 4,
    "episodes": [{"answer": "high-demand", "match": {"model": "gemini-3-pro-image", "prompt": "cat"}, "after": 2, "calls": 3, "latency_s": 1.5},
                 {"answer": "rpd-free", "from_s": 60, "until_s": 1860}]})",
                                          1);
  CHECK(scenario.name == "lunch");
  CHECK(scenario.model.overload_calm == 0.25);
  CHECK(scenario.model.pro_latency == 12);
  CHECK(scenario.model.flash_latency == 10);
  CHECK(scenario.tier.requests_per_minute == 7);
  CHECK(scenario.tier.requests_per_day == 1'000'000'000);
  REQUIRE(scenario.tier.text);
  CHECK(scenario.tier.text->requests_per_day == 3);
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

TEST_CASE("Every figure of the model can be set by the name that the day's file gives it", "[mock]") {
  const ductile::mock::ServiceParameters read = read_scenario(R"({"model": {
    "p503_by_hour": [0.1, 0.2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.3], "flash_503_factor": 0.5, "p503_calm": 0.01,
    "p503_burst": 0.8, "burst_mean_s": 60, "slow_503_share": 0.4, "slow_503_s": [1, 2], "fast_503_s": [3, 4], "p500_mean": 0.02,
    "p500_calm": 0.001, "p500_burst": 0.7, "burst500_mean_s": 90, "poison500_share": 0.5, "latency_median_s": {"pro": 20, "flash": 5},
    "latency_sigma": 0.3, "overload_latency_factor": [1, 9], "p504": {"1K": [0.1, 0.2], "2K": [0.3, 0.4], "4K": [0.5, 0.6]}, "t504_s": 170,
    "size_mix": {"1K": 0.7}, "size_latency": {"1K": 1.1, "2K": 1.2, "4K": 1.3},
    "safety": {"borderline_share": 0.2, "prohibited_share": 0.1, "borderline_block_original": 0.9, "reword_pass": 0.6},
    "permanent": {"400": 0.01, "403": 0.02, "404": 0.03}, "retry_info_present": 0.4, "quota_detail_present": 0.3,
    "daily_hint_misleading_s": [2, 3], "tokens_median": 350, "reference_image_share": 0.1, "reference_image_tokens": 1300,
    "pacific_midnight_utc_h": 8, "quota_window": "fixed", "count_429_rpm": true, "count_503_rpd": false, "network_s": [0, 1]}})",
                                                              1)
                                                    .model;
  CHECK(read.overload_by_hour[1] == 0.2);
  CHECK(read.overload_by_hour[23] == 0.3);
  CHECK(read.flash_overload_factor == 0.5);
  CHECK(read.overload_calm == 0.01);
  CHECK(read.overload_burst == 0.8);
  CHECK(read.burst_mean == 60);
  CHECK(read.slow_overload_share == 0.4);
  CHECK(read.slow_overload.high == 2);
  CHECK(read.fast_overload.low == 3);
  CHECK(read.internal_mean == 0.02);
  CHECK(read.internal_calm == 0.001);
  CHECK(read.internal_burst == 0.7);
  CHECK(read.internal_burst_mean == 90);
  CHECK(read.poison_share == 0.5);
  CHECK(read.pro_latency == 20);
  CHECK(read.flash_latency == 5);
  CHECK(read.latency_sigma == 0.3);
  CHECK(read.burst_latency_factor.high == 9);
  CHECK(read.deadline_chance[0].burst == 0.2);
  CHECK(read.deadline_chance[2].calm == 0.5);
  CHECK(read.deadline_after == 170);
  CHECK(read.size_latency_factor[1] == 1.2);
  CHECK(read.borderline_share == 0.2);
  CHECK(read.prohibited_share == 0.1);
  CHECK(read.borderline_blocked == 0.9);
  CHECK(read.reworded_passes == 0.6);
  CHECK(read.bad_request_share == 0.01);
  CHECK(read.permission_share == 0.02);
  CHECK(read.not_found_share == 0.03);
  CHECK(read.retry_info_present == 0.4);
  CHECK(read.quota_detail_present == 0.3);
  CHECK(read.daily_hint.low == 2);
  CHECK(read.count_rejected);
  CHECK_FALSE(read.count_overload_in_day);
  CHECK(read.network.high == 1);
}

TEST_CASE("The name of a known scenario stands for it, and other members change it", "[mock]") {
  const Scenario known = find_scenario("bad-day", 4).value();
  CHECK(read_scenario(R"({"name": "bad-day"})", 4).episodes.size() == known.episodes.size());
  const Scenario changed = read_scenario(R"({"name": "bad-day", "tier": "free", "withheld_by": 0})", 4);
  CHECK(changed.tier.name == "free");
  CHECK(changed.withheld_by == 0);
  CHECK(changed.starts_at == known.starts_at);
  CHECK(changed.episodes.size() == known.episodes.size());
  CHECK(read_scenario(R"({"name": "bad-day", "model": "calm", "episodes": []})", 4).episodes.empty());
  CHECK(read_scenario(R"({"name": "mine", "episodes": []})", 4).name == "mine");
}

TEST_CASE("A file may begin with a byte order mark and name its schema, and its seed is exact", "[mock]") {
  CHECK(read_scenario("\xEF\xBB\xBF{\"$schema\": \"scenario.schema.json\", \"tier\": \"free\"}", 1).tier.name == "free");
  CHECK(read_scenario(R"({"seed": 18446744073709551615, "cast": 2})", std::nullopt).seed == 18'446'744'073'709'551'615U);
  CHECK(read_scenario(R"({"seed": 9007199254740993, "cast": 2})", std::nullopt).seed == 9'007'199'254'740'993U);
  CHECK(ductile::mock::written_scenario({.seed = 18'446'744'073'709'551'615U}).at("seed") == 18'446'744'073'709'551'615U);
}

TEST_CASE("An episode for a project without a key is refused", "[mock]") {
  const auto refusal = [](std::string_view text, const std::map<std::string, std::string, std::less<>>& others) -> std::string {
    try {
      ductile::mock::refuse_unknown_projects(read_scenario(text, 1), others);
      return "";
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  const std::string_view text = R"({"projects": {"studio": ["k"]}, "episodes": [{"answer": "internal", "match": {"project": "studo"}}]})";
  CHECK(refusal(text, {}) == "episodes[0].match.project must be one of projects; it is 'studo'; the nearest is 'studio'");
  CHECK(refusal(text, {{"k2", "studo"}}).empty());
}

TEST_CASE("An episode that cannot come, where the service's time begins, is refused", "[mock]") {
  const auto refusal = [](std::string_view text, std::string_view start) -> std::string {
    try {
      ductile::mock::refuse_what_never_comes(read_scenario(text, 1), ductile::mock::parse_time(start).value());
      return "";
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  const std::string_view over = R"({"episodes": [{"answer": "internal"}, {"answer": "internal", "until": "2026-11-24T10:00:00Z"}]})";
  CHECK(refusal(over, "2026-11-24T10:00:00Z") ==
        "episodes[1].until must be later than the start (2026-11-24T10:00:00Z), or the episode never comes; it is 2026-11-24T10:00:00Z");
  CHECK(refusal(over, "2026-11-24T09:59:59Z").empty());
  const std::string_view gone = R"({"episodes": [{"answer": "internal", "match": {"model": "gemini-3-pro-image-preview"}}]})";
  CHECK(refusal(gone, "2026-11-24T10:00:00Z") ==
        "episodes[0].match.model must be one that is served at the start (2026-11-24T10:00:00Z), or its calls come to no episode; it is "
        "'gemini-3-pro-image-preview'");
  CHECK(refusal(gone, "2026-05-01T10:00:00Z").empty());
}

TEST_CASE("A state of which nothing is said is one in which nothing is written down, unless it is a misspelt one", "[mock]") {
  const auto accepts = [](std::string_view state, std::string_view next) {
    return read_scenario(R"({"episodes": [{"answer": "internal", "state": ")" + std::string{state} + R"(", "next_state": ")" +
                             std::string{next} + "\"}]}",
                         1)
               .episodes.size() == 1;
  };
  CHECK(accepts("down", "up"));
  CHECK(accepts("phase-1", "phase-2"));
  CHECK(accepts("mended", "mended"));
  CHECK_THROWS_AS(accepts("mended", "mendet"), ConfigError);
  CHECK_THROWS_AS(accepts("mended", "Mended"), ConfigError);
  // Short names, and those with a mark at their end, are near one another and meant.
  for (const auto& [state, next] : {std::pair{"a", "b"},
                                    {"bad", "mad"},
                                    {"up", "uq"},
                                    {"warm", "hot"},
                                    {"step-a", "step-b"},
                                    {"outage-eu", "outage-us"},
                                    {"shop A", "shop B"}}) {
    INFO(state << ' ' << next);
    CHECK_NOTHROW(accepts(state, next));
  }
  CHECK_THROWS_AS(accepts("down", "dwon"), ConfigError);
}

TEST_CASE("A state of which nothing else speaks is refused wherever it stands, where it is nearly another", "[mock]") {
  const auto refusal = [](std::string_view text) -> std::string {
    try {
      (void)read_scenario(text, 1);
      return {};
    } catch (const ConfigError& error) {
      return error.what();
    }
  };
  for (const std::string state : {"outge", "outages", "Outage"}) {
    INFO(state);
    CHECK(refusal(R"({"state": ")" + state + R"(", "episodes": [{"answer": "overloaded", "state": "outage"}]})") ==
          "scenario: state must be a state that is spoken of elsewhere, or a name unlike all of these; it is '" + state +
              "'; the nearest is 'outage'");
  }
  CHECK(refusal(R"({"state": "dwon", "episodes": [{"answer": "overloaded", "state": "down"}]})") != "");
  CHECK(refusal(R"({"episodes": [{"answer": "overloaded", "state": "down", "until_state": "dwon"}]})") ==
        "scenario: episodes[0].state must be a state that is spoken of elsewhere, or a name unlike all of these; it is 'down'; the nearest "
        "is 'dwon'");
  CHECK(refusal(R"({"state": "down", "episodes": [{"answer": "overloaded", "state": "down", "until_state": "dwon"}]})") ==
        "scenario: episodes[0].until_state must be a state that is spoken of elsewhere, or a name unlike all of these; it is 'dwon'; the "
        "nearest is 'down'");
  CHECK(refusal(R"({"state": "calm", "episodes": [{"answer": "overloaded", "state": "outage-eu"},
                                                  {"answer": "internal", "state": "outage-us"}]})") == "");
  CHECK(refusal(R"({"state": "cold", "episodes": [{"answer": "overloaded", "state": "warm", "until_state": "mended"}]})") == "");
}

TEST_CASE("A folder, and a file that is not there, are no scenario", "[mock]") {
  for (const std::string path : {"/", "/tmp", "/no/such/file", ""}) {
    INFO(path);
    CHECK_THROWS_WITH(ductile::mock::load_scenario(path, 1),
                      "scenario must be one of calm, bad-day, outage-30min, seed-mix, free-tier, retired-model, safety-heavy, every-error, "
                      "or a file that can be read; it is '" +
                          path + "'");
  }
}

TEST_CASE("A moment is read from 1970 to 2199, and nothing else", "[mock]") {
  using ductile::mock::parse_time;
  CHECK(parse_time("1970-01-01") == ductile::WallTime{});
  CHECK(parse_time("2199-12-31T23:59:59Z") > parse_time("2026-11-24"));
  for (const char* text : {"1969-12-31", "2200-01-01", "9999-12-31T00:00:00Z", "2026-02-30", "2026-11-24T24:00:00Z", "2026-11-24T10:00:00",
                           "2026-11-24 10:00", "now", ""}) {
    INFO(text);
    CHECK_FALSE(parse_time(text));
  }
}

TEST_CASE("What is wrong in a scenario file is named, with its range and its value", "[mock]") {
  struct Case {
    std::string_view text;
    std::string_view says;
  };
  const Case cases[] = {
      {"nonsense", "this is not JSON"},
      {R"({"name": "worse-day"})",
       "name alone must be one of calm, bad-day, outage-30min, seed-mix, free-tier, retired-model, safety-heavy, every-error; it is "
       "\"worse-day\""},
      {R"({"episodes": [{"answer": "internal", "from_s": 5, "until_s": 5}]})", "until_s must be more than from_s"},
      {R"({"episodes": [{"answer": "internal", "from": "2026-11-24T00:00:00Z", "until": "2026-11-24T00:00:00Z"}]})",
       "until must be later than from"},
      {R"({"episodes": [{"answer": "internal", "from": "noon"}]})",
       "episodes[0].from must look like 2026-11-24T10:00:00Z, of the years 1970 to 2199; it is \"noon\""},
      {R"({"episodes": [{"answer": "internal", "calls": 1.5}]})", "calls must be a whole number"},
      {"[]", "the file must be an object"},
      {R"({"epsiodes": []})", "the scenario has no member 'epsiodes'"},
      {R"({"episodes": [{"answer": "high-demnad"}]})",
       "episodes[0].answer: there is no answer 'high-demnad'; the nearest is 'high-demand'"},
      {R"({"episodes": [{"answer": "internal"}, {"answer": "internal", "call": 1}]})",
       "episodes[1] has no member 'call'; the nearest is 'calls'"},
      {R"({"episodes": [{"answer": "internal", "match": {"modle": "m"}}]})",
       "episodes[0].match has no member 'modle'; the nearest is 'model'"},
      {R"({"episodes": [{"answer": "internal", "after": -1}]})", "episodes[0].after must be a number from 0 to 1000000000; it is -1"},
      {R"({"episodes": [{"after": 1}]})", "episodes[0] must have the member 'answer'"},
      {R"({"episodes": [{"answer": {"internal": 1, "overlaoded": 2}}]})", "there is no answer 'overlaoded'; the nearest is 'overloaded'"},
      {R"({"episodes": [{"answer": {"internal": -2}}]})", "episodes[0].answer.internal must be a number from 0 to 1000000; it is -2"},
      {R"({"episodes": [{"answer": {"internal": 0}}]})", "episodes[0].answer must have an answer whose weight is more than 0"},
      {R"({"episodes": [{"answer": 503}]})", "episodes[0].answer must be an id, or an object of ids with their weights; it is 503"},
      {R"({"episodes": [{"answer": "internal", "chance": 2}]})", "episodes[0].chance must be a number from 0 to 1; it is 2"},
      {R"({"episodes": [{"answer": "internal", "fault": "reset"}]})", "episodes[0].fault must be one of dns-failure, connect-refused"},
      {R"({"episodes": [{"answer": "internal", "fault": "reset-mid-boddy"}]})", "the nearest is 'reset-mid-body'"},
      {R"({"episodes": [{"answer": "internal", "latency_s": {"p50": 9, "p90": 8}}]})",
       "episodes[0].latency_s: a percentile's seconds must not be less than those of a lower one; it is 8"},
      {R"({"episodes": [{"answer": "internal", "latency_s": {"p100": 9}}]})", "episodes[0].latency_s has no member 'p100'"},
      {R"({"episodes": [{"answer": "internal", "latency_s": {"p50": 0}}]})",
       "episodes[0].latency_s.p50 must be a number from 0.001 to 1000000; it is 0"},
      {R"({"episodes": [{"answer": "internal", "latency_s": {}}]})", "episodes[0].latency_s: a latency must have a percentile"},
      {R"({"model": {"p503_calm": 1.5}})", "model.p503_calm must be a number from 0 to 1; it is 1.5"},
      {R"({"model": {"p503": 1}})", "model has no member 'p503'"},
      {R"({"model": {"p503_by_hour": [1, 2]}})", "model.p503_by_hour must be 24 numbers; it is [1,2]"},
      {R"({"model": {"safety": {"share": 1}}})", "model.safety has no member 'share'"},
      {R"({"model": {"p504": {"8K": [0, 0]}}})", "model.p504 has no member '8K'; the nearest is"},
      {R"({"model": {"p504": {"1K": [0, 2]}}})", "model.p504.1K[1] must be a number from 0 to 1; it is 2"},
      {R"({"model": {"p504": {"1K": 1}}})", "model.p504.1K must be [calm, burst]; it is 1"},
      {R"({"model": {"slow_503_s": 5}})", "model.slow_503_s must be [low, high]; it is 5"},
      {R"({"model": {"network_s": [2, 1]}})", "model.network_s must be [low, high], the lower first; it is [2,1]"},
      {R"({"model": {"overload_latency_factor": [3, 2.5]}})",
       "model.overload_latency_factor must be [low, high], the lower first; it is [3,2.5"},
      {R"({"model": {"fast_503_s": [1, -1]}})", "model.fast_503_s[1] must be a number from 0 to 100000000; it is -1"},
      {R"({"model": {"count_429_rpm": 1}})", "model.count_429_rpm must be true or false; it is 1"},
      {R"({"model": "sunny"})", "model must be calm, day or an object; it is 'sunny'"},
      {R"({"tier": "tier9"})", "tier must be one of zero, free-2026, free, tier1"},
      {R"({"tier": 1})", "tier must be a tier's name, or an object of limits; it is 1"},
      {R"({"tier": {"rmp": 9}})", "tier has no member 'rmp'; the nearest is 'rpm'"},
      {R"({"count_failures": "no"})", "count_failures must be true, false or null; it is \"no\""},
      {R"({"lying_retry_info": 1})", "lying_retry_info must be true, false or null; it is 1"},
      {R"({"shared_capacity": -1})", "shared_capacity must be a number from 0 to 1000000; it is -1"},
      {R"({"shared_capacity": {"burst": 0}})", "shared_capacity.burst must be a number from 1 to 1000000; it is 0"},
      {R"({"model": {"quota_window": "rolling"}})", "model.quota_window must be fixed or sliding; it is \"rolling\""},
      {R"({"shared_capacity": {"calls": 1}})", "shared_capacity has no member 'calls'; the nearest is 'calls_per_minute'"},
      {R"({"model": {"safety": {"borderline": 1}}})", "model.safety has no member 'borderline'; the nearest is 'borderline_"},
      {R"({"episodes": [{"answer": "HIGH-DEMNAD"}]})", "there is no answer 'HIGH-DEMNAD'; the nearest is 'high-demand'"},
      {R"({"episodes": [{"answer": "internal", "chance": 0}]})",
       "episodes[0].chance must be more than 0, or the episode never answers; it is 0"},
      {R"({"episodes": [{"answer": "internal", "match": {"model": "gemini-3-pro-image", "image": false}}]})",
       "episodes[0].match.image must be true beside that model, or no call meets both; it is false"},
      {R"({"episodes": [{"answer": "internal", "match": {"image": true, "model": "gemini-2.5-flash"}}]})",
       "episodes[0].match.image must be false beside that model, or no call meets both; it is true"},
      {R"({"episodes": [{"answer": "internal", "match": {"model": "gemini-3.1-flash-lite-image", "size": "4K"}}]})",
       "episodes[0].match.size must be one that the model draws, or no call meets both; it is \"4K\""},
      {R"({"episodes": [{"answer": "internal", "match": {"image": false, "size": "1K"}}]})",
       "episodes[0].match.size must be left out where image is false: a model that only writes takes none; it is \"1K\""},
      {R"({"state": "down", "episodes": [{"answer": "internal", "state": "down", "calls": 2, "next_state": "mendet"},
                                        {"answer": "ok-image", "state": "mended"}]})",
       "episodes[0].next_state must be a state that is spoken of elsewhere, or a name unlike all of these; it is 'mendet'; the nearest is "
       "'mended'"},
      {R"({"projects": {"a": []}})", "projects.a must have a key, or nobody belongs to it"},
      {R"({"projects": {"AIzaSyA-1234567890123456789012345678901": []}})", "projects.[redacted] must have a key"},
      {R"({"projects": {"a": ["k", ""]}})", "projects.a must hold keys that can be sent; one is empty"},
      {R"({"projects": {"AIza-a-key": "a"}})", "projects: number 1 must be an array of keys, after the project's name"},
      {R"({"projects": ["AIza-a-key"]})", "projects must be an object: {"},
      {R"({"projects": "AIza-a-key"})", "projects must be an object: {"},
      {R"({"model": {"permanent": {"400": 0.8, "404": 0.7}}})",
       "model.permanent: 400, 403 and 404 must be 1 at most together, for no job meets two of them; they are 1.5"},
      {R"({"model": {"safety": {"borderline_share": 0.8, "prohibited_share": 0.8}}})",
       "model.safety: borderline_share and prohibited_share must be 1 at most together, for no prompt is both; they are 1.6"},
      {R"({"seed": 1, "episodes": [{"answer": "internal", "match": {"prompt": "\"seed\": \\"}}], "seed": 2})",
       "this has the member 'seed' twice in one object"},
      {R"({"episodes": [{"answer": "internal"}, {"answer": "internal", "after": 1, "after": 2}]})",
       "this has the member 'after' twice in one object"},
      {R"({"episodes": [{"answer": "internal", "from": "2026-11-24"}]})",
       "episodes[0].from must look like 2026-11-24T10:00:00Z, of the years 1970 to 2199; it is \"2026-11-24\""},
      {R"({"seed": -1})", "seed must be a whole number from 0 to 18446744073709551615; it is -1"},
      {R"({"seed": 1.5})", "seed must be a whole number from 0 to 18446744073709551615; it is 1.5"},
      {R"({"seed": 1e17})", "seed must be a whole number from 0 to 18446744073709551615"},
      {R"({"episodes": [{"answer": "internal", "calls": 0}]})", "episodes[0].calls must be a number from 1 to 1000000000; it is 0"},
      {R"({"episodes": [{"answer": "internal", "match": {"size": "4k"}}]})",
       "episodes[0].match.size must be one of 512, 1K, 2K, 4K; it is \"4k\""},
      {R"({"episodes": [{"answer": "internal", "match": {"model": "gemini-3-pro-imag"}}]})",
       "episodes[0].match.model: there is no model \"gemini-3-pro-imag\"; the nearest is 'gemini-3-pro-image'"},
      {R"({"starts_at": "2026-11-24T10:00:00Z", "episodes": [{"answer": "internal", "until": "2026-11-24T10:00:00Z"}]})",
       "episodes[0].until must be later than starts_at, or the episode never comes; it is 2026-11-24T10:00:00Z"},
      {R"({"projects": {"a": ["SecretKey", "k2"], "b": ["SecretKey"]}})",
       "projects: number 2: a key must have one project; one of its keys stands in another, too"},
      {R"({"starts_at": "1969-01-01"})", "starts_at must look like 2026-11-24T10:00:00Z, of the years 1970 to 2199; it is \"1969-01-01\""},
      {R"({"$schema": 1})", "$schema must be a text; it is 1"},
      {R"({"name": "bad-dya"})", "the nearest is 'bad-day'"},
      {"{\"episodes\": [],\n  \"tier\" \"free\"}", "this is not JSON: syntax error in line 2, column 10"},
      {R"({"starts_at": "10:00"})", "starts_at must look like"},
  };
  for (const Case& each : cases) {
    INFO(each.text);
    CHECK_THROWS_WITH(read_scenario(each.text, 1), Catch::Matchers::ContainsSubstring(std::string{each.says}));
  }
  CHECK_THROWS_AS(ductile::mock::load_scenario("/no/such/file", 1), ConfigError);
}

TEST_CASE("A refusal of a file names the file and the place in it", "[mock]") {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "ductile-wrong-scenario.json";
  std::ofstream{path} << R"({"episodes": [{"answer": "internal"}, {"answer": "internal", "calls": "two"}]})";
  CHECK_THROWS_WITH(ductile::mock::load_scenario(path.string(), 1),
                    "scenario " + path.string() + ": episodes[1].calls must be a number from 1 to 1000000000; it is \"two\"");
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(ductile::mock::load_scenario("outage-30mn", 1),
                    Catch::Matchers::EndsWith("it is 'outage-30mn'; the nearest is 'outage-30min'"));
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

TEST_CASE("A scenario file says what the newer members of an episode and the switches are", "[mock]") {
  const Scenario scenario = read_scenario(R"({
    "seed": 9, "state": "cold", "count_failures": false, "lying_retry_info": true,
    "shared_capacity": {"calls_per_minute": 24, "burst": 3, "rejected_costs": 0.5},
    "episodes": [{"answer": {"high-demand": 3, "internal": 1}, "match": {"image": true, "size": "4K"}, "chance": 0.25,
                  "state": "cold", "until_state": "warm", "next_state": "warm", "fault": "slow-drip",
                  "latency_s": {"p50": 9, "p99": 60}}]})",
                                          std::nullopt);
  CHECK(scenario.seed == 9u);
  CHECK(scenario.state == "cold");
  CHECK_FALSE(scenario.switches.count_failures);
  CHECK(scenario.switches.lying_retry_info == true);
  CHECK(scenario.switches.shared_capacity == ductile::mock::SharedCapacity{24, 3, 0.5});
  REQUIRE(scenario.episodes.size() == 1);
  const Episode& episode = scenario.episodes[0];
  CHECK(episode.answer.empty());
  CHECK(episode.mix == std::vector<ductile::mock::WeightedAnswer>{{"high-demand", 3}, {"internal", 1}});
  CHECK(episode.image == true);
  CHECK(episode.size == "4K");
  CHECK(episode.chance == 0.25);
  CHECK(episode.state == "cold");
  CHECK(episode.until_state == "warm");
  CHECK(episode.next_state == "warm");
  CHECK(episode.fault == "slow-drip");
  REQUIRE(episode.percentiles);
  CHECK(episode.percentiles->percentiles() == std::vector<ductile::mock::LatencyPercentiles::Percentile>{{50, 9}, {99, 60}});
  CHECK(read_scenario(R"({"model": {"quota_window": "sliding"}})", 1).model.sliding_minute);
  CHECK(read_scenario(R"({"episodes": [{"answer": "internal", "as_overload": true}]})", 1).episodes.at(0).as_overload);
  CHECK(read_scenario(R"({"shared_capacity": 12})", 1).switches.shared_capacity == ductile::mock::SharedCapacity{.calls_per_minute = 12});
}

TEST_CASE("An episode may be a project's, and between two moments of the service's clock", "[mock]") {
  const Scenario scenario = read_scenario(R"({
    "projects": {"shop": ["key-1"]},
    "episodes": [{"answer": "internal", "match": {"project": "shop"},
                  "from": "2026-11-24T12:00:00Z", "until": "2026-11-24T13:00:00Z"}]})",
                                          std::nullopt);
  REQUIRE(scenario.episodes.size() == 1);
  CHECK(scenario.episodes[0].project == "shop");
  CHECK(scenario.episodes[0].from_moment == ductile::mock::parse_time("2026-11-24T12:00:00Z"));
  CHECK(scenario.episodes[0].until_moment == ductile::mock::parse_time("2026-11-24T13:00:00Z"));
  CHECK(ductile::mock::written_episode(scenario.episodes[0]) ==
        boost::json::object{
            {"answer", "internal"}, {"match", {{"project", "shop"}}}, {"from", "2026-11-24T12:00:00Z"}, {"until", "2026-11-24T13:00:00Z"}});
}

TEST_CASE("The keys of a project are written by their names, in an order that tells nothing of them", "[mock]") {
  const auto written = [](const std::string& text) {
    return boost::json::serialize(ductile::mock::written_scenario(read_scenario(text, 1)).at("projects"));
  };
  std::set<std::string> orders;
  for (const std::string keys : {R"("aaa", "bbb", "ccc", "ddd")", R"("ddd", "bbb", "aaa", "ccc")"})
    orders.insert(written(R"({"projects": {"studio": [)" + keys + R"(], "atelier": ["eee"]}})"));
  REQUIRE(orders.size() == 1);
  const boost::json::object projects = boost::json::parse(*orders.begin()).as_object();
  REQUIRE(projects.size() == 2);
  CHECK(projects.begin()->key() == "atelier");
  std::vector<std::string> names;
  for (const boost::json::value& name : projects.at("studio").as_array()) names.emplace_back(name.as_string());
  CHECK(names.size() == 4);
  CHECK(std::is_sorted(names.begin(), names.end()));
  // Each is taken for its key, and written so again.
  CHECK(written(R"({"projects": )" + *orders.begin() + "}") == *orders.begin());
}

TEST_CASE("The seed of a file is its day, unless the command line has one", "[mock]") {
  const auto order = [](const Scenario& scenario) {
    std::string all;
    for (const Episode& episode : scenario.episodes) all += episode.answer + " ";
    return all;
  };
  const std::string_view text = R"({"name": "bad-day", "seed": 3})";
  CHECK(order(read_scenario(text, std::nullopt)) == order(find_scenario("bad-day", 3).value()));
  CHECK(order(read_scenario(text, 4)) == order(find_scenario("bad-day", 4).value()));
  CHECK(read_scenario(text, 4).seed == 4u);
  CHECK(order(read_scenario(R"({"name": "bad-day"})", std::nullopt)) == order(find_scenario("bad-day", 1).value()));
}

TEST_CASE("Latencies told by percentiles have these percentiles", "[mock]") {
  const ductile::mock::LatencyPercentiles latency{{{50, 10}, {90, 20}, {99, 120}}};
  std::vector<double> seconds;
  for (std::uint64_t call = 0; call < 20'000; ++call)
    seconds.push_back(std::chrono::duration<double>(latency.at(ductile::mock::Dice{1}.with(call).normal())).count());
  std::sort(seconds.begin(), seconds.end());
  CHECK(seconds[10'000] == Catch::Approx(10).epsilon(0.02));
  CHECK(seconds[18'000] == Catch::Approx(20).epsilon(0.03));
  CHECK(seconds[19'800] == Catch::Approx(120).epsilon(0.15));
  CHECK(seconds.front() < 5);
  CHECK(ductile::mock::LatencyPercentiles{{{99, 3}}}.at(-2) == 3s);  // one percentile is always the same time
}

TEST_CASE("Every shipped scenario agrees with the schema, and is what its written form says", "[mock]") {
  const boost::json::value schema = ductile::mock::scenario_schema();
  for (const std::string_view name : ductile::mock::scenario_names()) {
    INFO(name);
    const boost::json::object written = ductile::mock::written_scenario(find_scenario(name, 3).value());
    CHECK(json_schema::complaint(schema, written) == "");
    CHECK(ductile::mock::written_scenario(read_scenario(written, std::nullopt)) == written);
    boost::json::object renamed = written;  // nothing is left for the name to say
    renamed["name"] = "mine";
    boost::json::object again = ductile::mock::written_scenario(read_scenario(renamed, std::nullopt));
    again["name"] = written.at("name");
    CHECK(again == written);
  }
}

TEST_CASE("Schema and reader agree on every member, and on every bound of it", "[mock]") {
  const boost::json::value schema = ductile::mock::scenario_schema();
  std::size_t agreed = 0;
  // Documents that hold one value of the schema, at its bounds and beyond: each is for both or for neither.
  json_schema::for_each_probe(schema, [&](const boost::json::value& document) {
    bool read = true;
    std::string refusal;
    try {
      (void)read_scenario(document.as_object(), std::nullopt);
    } catch (const ConfigError& error) {
      read = false;
      refusal = error.what();
    }
    const std::string complaint = json_schema::complaint(schema, document);
    INFO(boost::json::serialize(document) << "\nthe schema: " << complaint << "\nthe reader: " << refusal);
    const bool of_two_values = refusal.find("the lower first") != refusal.npos ||  // a schema looks at each value alone
                               refusal.find("a key must have one project") != refusal.npos;
    CHECK(complaint.empty() == (read || of_two_values));
    ++agreed;
  });
  CHECK(agreed > 300);
}

TEST_CASE("The schema has the members that the reader knows, and no others", "[mock]") {
  namespace detail = ductile::mock::detail;
  const boost::json::value schema = ductile::mock::scenario_schema();
  const auto agree = [&schema](std::string_view pointer, const auto& members) {
    INFO(pointer);
    std::set<std::string_view> read;
    for (const auto& member : members) read.insert(member.name);
    std::set<std::string_view> shown;
    for (const auto& [name, described] : schema.at_pointer(pointer).as_object()) shown.insert(name);
    CHECK(shown == read);
  };
  agree("/properties", detail::scenario_members);
  agree("/$defs/episode/properties", detail::episode_members);
  agree("/$defs/episode/properties/match/properties", detail::match_members);
  agree("/$defs/tier/properties", detail::tier_members);
  agree("/$defs/tier/properties/text/properties", detail::text_limit_members);
  agree("/$defs/nature/properties", detail::model_figures);
  agree("/$defs/nature/properties/latency_median_s/properties", detail::latency_figures);
  agree("/$defs/nature/properties/size_latency/properties", detail::size_figures);
  agree("/$defs/nature/properties/p504/properties", detail::deadline_figures);
  agree("/$defs/nature/properties/safety/properties", detail::safety_figures);
  agree("/$defs/nature/properties/permanent/properties", detail::permanent_figures);
}

TEST_CASE("The schema refuses what the reader refuses by its form", "[mock]") {
  const boost::json::value schema = ductile::mock::scenario_schema();
  for (const std::string_view text :
       {R"([])", R"({"projects": {"a": [""]}})", R"({"epsiodes": []})", R"({"episodes": [{"answer": "high-demnad"}]})",
        R"({"episodes": [{}]})", R"({"episodes": [{"answer": "internal", "call": 1}]})",
        R"({"episodes": [{"answer": "internal", "after": 0.5}]})", R"({"model": "sunny"})", R"({"model": {"p504": {"8K": [0, 0]}}})",
        R"({"tier": "tier9"})", R"({"starts_at": "10:00"})", R"({"episodes": [{"answer": "internal", "latency_s": {"p100": 1}}]})",
        R"({"shared_capacity": "much"})"}) {
    INFO(text);
    CHECK(json_schema::complaint(schema, boost::json::parse(text)) != "");
    CHECK_THROWS_AS(read_scenario(text, 1), ConfigError);
  }
}

TEST_CASE("The committed schema is the one that the program prints", "[mock]") {
  std::ifstream file{docs / "mock/scenario.schema.json"};
  const std::string committed{std::istreambuf_iterator<char>{file}, {}};
  INFO("ductile mock --schema > docs/mock/scenario.schema.json");
  CHECK((committed == ductile::mock::scenario_schema_text()));
}

TEST_CASE("Every scenario that the pages show is one", "[mock]") {
  const boost::json::value schema = ductile::mock::scenario_schema();
  int shown = 0;
  for (const char* page : {"mock/scenarios.md"}) {
    std::ifstream file{docs / page};
    std::string block;
    bool inside = false;
    for (std::string line; std::getline(file, line);) {
      if (line == "```json") {
        inside = true;
        block.clear();
      } else if (line == "```" && inside) {
        inside = false;
        ++shown;
        INFO(page << ":\n" << block);
        CHECK(json_schema::complaint(schema, boost::json::parse(block)) == "");
        CHECK_NOTHROW(read_scenario(block, std::nullopt));
      } else if (inside) {
        block += line + "\n";
      }
    }
  }
  CHECK(shown >= 5);
}
