// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/admin.hpp>

#include "../support/catch.hpp"
#include "asking.hpp"

#include <chrono>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using ductile::WallTime;
using ductile::mock::Admin;
using ductile::mock::Answer;
using ductile::mock::Engine;
using ductile::mock::EngineOptions;
using ductile::mock::ServiceClock;

namespace {

constexpr WallTime opening = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + 10h;

struct Desk {
  ServiceClock clock{opening};
  Engine engine{EngineOptions{.start = opening}};
  Admin admin{engine, clock};

  Answer get(std::string page) { return admin.answer({.method = "GET", .path = "/_ductile/" + std::move(page)}); }
  Answer post(std::string page, std::string body = {}) {
    return admin.answer({.method = "POST", .path = "/_ductile/" + std::move(page), .body = std::move(body)});
  }
};

}  // namespace

TEST_CASE("The journal's page counts the rows that were shown, and holds no key and no prompt", "[mock]") {
  Desk desk;
  ductile::mock::Request request = asking::for_image("a private prompt");
  request.headers = {{"x-goog-api-key", "VerySecretKey"}};
  (void)desk.engine.answer(request, opening);
  (void)desk.engine.answer(asking::for_row("bad-gateway-html"), opening);
  const std::string page = desk.get("requests").body();
  const auto body = boost::json::parse(page);
  CHECK(body.at("total").as_int64() == 2);
  CHECK(body.at("counts").as_object().size() == 2);
  CHECK(body.at("counts").at("bad-gateway-html").as_int64() == 1);
  CHECK(body.at("statuses").at("502").as_int64() == 1);
  CHECK(body.at("requests").at(1).at("id").as_string() == "bad-gateway-html");
  CHECK(body.at("requests").at(0).at("number") == 1);
  CHECK(body.at("requests").at(0).at("key").is_string());
  CHECK(body.at("requests").at(0).at("hint_s").is_null());
  CHECK(page.find("VerySecretKey") == page.npos);
  CHECK(page.find("private") == page.npos);
}

TEST_CASE("The journal's page shows key and hint as plain values, and the moment to the millisecond", "[mock]") {
  Desk desk;
  ductile::mock::Request request = asking::for_image("a lighthouse");
  request.headers = {{"x-goog-api-key", "some-key"}};
  (void)desk.engine.answer(request, opening + 1250ms);
  const auto body = boost::json::parse(desk.get("requests").body());
  const auto& entry = body.at("requests").at(0);
  CHECK(entry.at("key").is_string());
  CHECK(entry.at("hint_s").is_null());
  CHECK(entry.at("unix_s").as_double() == Catch::Approx(std::chrono::duration<double>(opening.time_since_epoch()).count() + 1.25));
}

TEST_CASE("The journal's page shows a hint in seconds", "[mock]") {
  Desk desk;
  desk.engine.play({.episodes = {{.answer = "rpm-paid"}}}, opening);
  (void)desk.engine.answer(asking::for_image("a cat"), opening);
  CHECK(asking::json_of(desk.get("requests")).at("requests").at(0).at("hint_s").to_number<double>() > 0);
}

TEST_CASE("The journal's page shows as many of the latest requests as it is asked for", "[mock]") {
  Desk desk;
  for (int i = 0; i < 5; ++i) (void)desk.engine.answer(asking::for_row("high-demand"), opening);
  const auto last = [&](std::string count) {
    return desk.admin.answer({.method = "GET", .path = "/_ductile/requests", .query = {{"last", std::move(count)}}});
  };
  const auto body = asking::json_of(last("2"));
  REQUIRE(body.at("requests").as_array().size() == 2);
  CHECK(body.at("requests").at(0).at("number") == 4);
  CHECK(body.at("total") == 5);
  CHECK(body.at("counts").at("high-demand") == 5);
  for (const char* wrong : {"-1", "two", "10001", "1.5"}) {
    INFO(wrong);
    CHECK(last(wrong).status == 400);
    CHECK(last(wrong).body().find("last must be a whole number from 0 to 10000; it is \\\"" + std::string{wrong}) != std::string::npos);
  }
}

TEST_CASE("At / people get a page that names no other place, and who asks for a row there gets the row", "[mock]") {
  Desk desk;
  ductile::mock::Request request{.method = "GET", .path = "/"};
  REQUIRE(Admin::serves(request));
  const Answer page = desk.admin.answer(request);
  CHECK(page.content_type == "text/html; charset=utf-8");
  const std::string html = page.body();
  CHECK(html.starts_with("<!DOCTYPE html>"));
  CHECK(html.ends_with("</html>\n"));
  CHECK(html.find("//") == html.find("// What clients"));  // no address: the first two slashes are a comment's
  for (const char* name : {"health", "clock", "quota", "verdict", "scenario", "requests?last=50", "quota/refill", "reset"})
    CHECK(html.find("'" + std::string{name} + "'") != html.npos);
  request.query = {{"scenario", "high-demand"}};
  CHECK_FALSE(Admin::serves(request));
  CHECK_FALSE(Admin::serves({.method = "POST", .path = "/"}));
  CHECK(Admin::serves({.method = "GET", .path = "/_ductile/health"}));
}

TEST_CASE("The scenario's page names those that can be played", "[mock]") {
  Desk desk;
  const auto body = asking::json_of(desk.get("scenario"));
  REQUIRE_FALSE(body.at("known").as_array().empty());
  for (const auto& name : body.at("known").as_array()) {
    INFO(name);
    CHECK(desk.post("scenario", R"({"name": )" + boost::json::serialize(name) + "}").status == 200);
  }
}

TEST_CASE("The clock can be put forward, and the pages tell the service's time", "[mock]") {
  Desk desk;
  CHECK(asking::json_of(desk.post("clock/advance", R"({"seconds": 3600})")).at("time_scale").to_number<double>() == 1);
  CHECK(desk.clock.now() >= opening + 1h);
  CHECK(desk.clock.now() < opening + 1h + 10s);
  CHECK(desk.get("clock").body().find("2026-11-24T11:00") != std::string::npos);
}

TEST_CASE("The quota's page shows what is used of what, and a refill empties it", "[mock]") {
  Desk desk;
  desk.engine.play({.tier = ductile::mock::find_tier("free").value()}, opening);
  (void)desk.engine.answer(asking::for_image("a cat"), desk.clock.now());
  const auto used = asking::json_of(desk.get("quota"));
  CHECK(used.at("limits").at("ipm").as_int64() == 2);
  CHECK(used.at("used").at(0).at("rpd").as_int64() == 1);
  CHECK(used.at("used").at(0).at("draws") == true);
  CHECK(asking::json_of(desk.post("quota/refill")).at("used").as_array().empty());
  CHECK_FALSE(used.at("limits").as_object().contains("text"));
  desk.engine.play({.tier = ductile::mock::find_tier("free-2026").value()}, opening);
  (void)desk.engine.answer(asking::for_image("a poem", "gemini-3.8-flash"), desk.clock.now());
  const auto writes = asking::json_of(desk.get("quota"));
  CHECK(writes.at("limits").at("text").at("rpd") == 20);
  CHECK(writes.at("used").at(0).at("draws") == false);
}

TEST_CASE("Another scenario can be put in place of this one, and a wrong one changes nothing", "[mock]") {
  Desk desk;
  const auto played = asking::json_of(desk.post("scenario", R"({"name": "storm", "episodes": [{"answer": "internal"}]})"));
  CHECK(played.at("name").as_string() == "storm");
  CHECK(desk.engine.answer(asking::for_image("a cat"), desk.clock.now()).id == "internal");
  const Answer wrong = desk.post("scenario", R"({"episodes": [{"answer": "nothing-such"}]})");
  CHECK(wrong.status == 400);
  CHECK(wrong.body().find("there is no answer 'nothing-such'") != std::string::npos);
  CHECK(asking::json_of(desk.get("scenario")).at("name").as_string() == "storm");
  CHECK(asking::json_of(desk.get("health")).at("requests").as_int64() == 1);
  CHECK(asking::json_of(desk.post("reset")).at("requests").as_int64() == 0);
}

TEST_CASE("Which prompts can be made at all is to be asked", "[mock]") {
  Desk desk;
  desk.engine.play({.model = {}}, opening);
  const auto body = asking::json_of(desk.post("makeable", R"({"prompts": ["a", "b", "c"]})"));
  REQUIRE(body.at("makeable").as_array().size() == 3);
  CHECK(body.at("makeable").at(0).as_bool() == desk.engine.makeable("a"));
}

TEST_CASE("The verdict's page starts clean", "[mock]") {
  Desk desk;
  CHECK(asking::json_of(desk.get("verdict")).at("clean").as_bool());
  for (int i = 0; i < 2; ++i) {
    ductile::mock::Request request = asking::for_image("a cat");
    request.body = "{\"contents\": []}";
    (void)desk.engine.answer(request, opening);
  }
  desk.engine.play({.episodes = {{.answer = "key-leaked"}}}, opening);
  for (int i = 0; i < 2; ++i) (void)desk.engine.answer(asking::for_image("a cat"), opening + i * 1min);
  const auto verdict = asking::json_of(desk.get("verdict"));
  CHECK_FALSE(verdict.at("clean").as_bool());
  REQUIRE(verdict.at("findings").as_array().size() == 1);
  CHECK(verdict.at("findings").at(0).at("name") == "retried_non_retryable");
  CHECK(verdict.at("findings").at(0).at("requests") == boost::json::parse(R"([{"number": 2, "after": 1}])"));
}

TEST_CASE("A tier that the service was started with outlasts another scenario, unless that names one", "[mock]") {
  Desk desk;
  Engine engine{EngineOptions{.start = opening, .tier = ductile::mock::find_tier("free")}};
  Admin admin{engine, desk.clock};
  const auto tier_after = [&](std::string scenario) {
    CHECK(admin.answer({.method = "POST", .path = "/_ductile/scenario", .body = std::move(scenario)}).status == 200);
    CHECK(engine.scenario().tier.name == engine.tier().name);
    return engine.tier().name;
  };
  CHECK(engine.tier().name == "free");
  CHECK(tier_after(R"({"name": "bad-day"})") == "free");
  CHECK(tier_after(R"({"episodes": []})") == "free");
  CHECK(tier_after(R"({"name": "bad-day", "tier": "tier2"})") == "tier2");
  CHECK(tier_after(R"({"name": "calm"})") == "free");
  CHECK(asking::json_of(desk.post("scenario", R"({"name": "bad-day"})")).at("tier").as_string() == "tier1");  // the scenario's own
}

TEST_CASE("Switches are turned while the service runs, and what was asked is not forgotten", "[mock]") {
  Desk desk;
  desk.engine.play({.tier = {.name = "t", .requests_per_day = 2}}, opening);
  (void)desk.engine.answer(asking::for_image("a cat"), desk.clock.now());
  CHECK(desk.get("switches").body() == desk.post("switches", "{}").body());
  const auto turned =
      asking::json_of(desk.post("switches", R"({"count_failures": false, "lying_retry_info": false, "shared_capacity": 24})"));
  CHECK(turned == boost::json::parse(R"({"count_failures": false, "lying_retry_info": false,
                                         "shared_capacity": {"calls_per_minute": 24, "burst": 6, "rejected_costs": 0.1}})"));
  CHECK(asking::json_of(desk.get("quota")).at("used").at(0).at("rpd") == 1);
  (void)desk.engine.answer(asking::for_image("a cat"), desk.clock.now());
  CHECK(asking::json_of(desk.get("quota")).at("capacity_left").at("gemini-3-pro-image").to_number<double>() < 6);
  CHECK(desk.engine.answer(asking::for_image("a cat"), desk.clock.now()).id == "rpd-paid");
  CHECK(asking::json_of(desk.get("requests")).at("requests").at(2).at("hint_s").to_number<double>() > 3600);
  const auto back = asking::json_of(desk.post("switches", R"({"lying_retry_info": null, "shared_capacity": null})"));
  CHECK(back == boost::json::parse(R"({"count_failures": false, "lying_retry_info": null, "shared_capacity": null})"));
  CHECK(asking::json_of(desk.post("switches", R"({"count_failures": null})")).at("count_failures") == true);
}

TEST_CASE("A switch that the service was started with outlasts another scenario, unless that names it", "[mock]") {
  Desk desk;
  Engine engine{EngineOptions{
      .seed = 5, .start = opening, .count_failures = false, .lying_retry_info = true, .shared_capacity = ductile::mock::SharedCapacity{}}};
  Admin admin{engine, desk.clock};
  const auto played = [&](std::string scenario) {
    CHECK(admin.answer({.method = "POST", .path = "/_ductile/scenario", .body = std::move(scenario)}).status == 200);
    return engine.scenario().switches;
  };
  CHECK_FALSE(engine.scenario().switches.count_failures);
  CHECK_FALSE(played(R"({"name": "bad-day"})").count_failures);
  CHECK(played(R"({"name": "calm", "count_failures": true})").count_failures);
  CHECK(played(R"({"name": "calm"})").lying_retry_info == true);
  CHECK_FALSE(played(R"({"lying_retry_info": null})").lying_retry_info);
  CHECK(played(R"({"name": "calm"})").shared_capacity);
  CHECK_FALSE(played(R"({"shared_capacity": null})").shared_capacity);
  CHECK(engine.seed() == 5);
  (void)played(R"({"seed": 8})");
  CHECK(engine.seed() == 8);
  (void)played(R"({"name": "calm"})");
  CHECK(engine.seed() == 5);
}

TEST_CASE("A test tells the story's state, and which episode answered or came nearest", "[mock]") {
  Desk desk;
  CHECK(desk.post("scenario", R"({"state": "down", "episodes": [{"answer": "overloaded", "state": "down"}]})").status == 200);
  (void)desk.engine.answer(asking::for_image("a private prompt"), desk.clock.now());
  CHECK(asking::json_of(desk.get("state")).at("state") == "down");
  CHECK(desk.post("state", R"({"state": "donw"})").status == 400);
  CHECK(asking::json_of(desk.get("state")).at("state") == "down");
  CHECK(asking::json_of(desk.post("state", R"({"state": "up"})")).at("state") == "up");
  (void)desk.engine.answer(asking::for_image("a private prompt"), desk.clock.now());
  const std::string page = desk.get("requests").body();
  const auto requests = boost::json::parse(page).at("requests");
  CHECK(requests.at(0).at("episode") == 0);
  CHECK_FALSE(requests.at(0).as_object().contains("near_miss"));
  CHECK(requests.at(1).at("episode").is_null());
  CHECK(requests.at(1).at("near_miss") == R"(episodes[0]: state is "down", and the story is in "up")");
  CHECK(page.find("private") == page.npos);
}

TEST_CASE("The scenario's page has the file that says the same, without the keys of its projects", "[mock]") {
  Desk desk;
  const std::string text = R"({"name": "mine", "tier": {"rpm": 9}, "projects": {"studio": ["SecretKey"], "shop": ["OtherKey"]},
                               "episodes": [{"answer": "internal", "match": {"project": "studio", "prompt": "cat"}, "latency_s": 2.5}]})";
  REQUIRE(desk.post("scenario", text).status == 200);
  const auto page = asking::json_of(desk.get("scenario"));
  CHECK(page.at("episodes").at(0).at("after") == 0);
  CHECK(page.at("episodes").at(0).at("match").at("prompt") == "cat");
  CHECK(boost::json::serialize(page).find("SecretKey") == std::string::npos);
  desk.engine.play({}, opening);
  REQUIRE(desk.post("scenario", boost::json::serialize(page.at("file"))).status == 200);
  CHECK(asking::json_of(desk.get("scenario")) == page);
  // Its keys are those of their projects still.
  const auto answered = [&](const char* key) {
    ductile::mock::Request request = asking::for_image("a cat");
    request.headers = {{"x-goog-api-key", key}};
    return desk.engine.answer(request, desk.clock.now()).id;
  };
  CHECK(answered("SecretKey") == "internal");
  CHECK(answered("OtherKey").starts_with("ok-"));
}

TEST_CASE("Pages that are not there are refused in words", "[mock]") {
  Desk desk;
  CHECK(desk.get("nothing").status == 404);
  CHECK(desk.get("reset").status == 404);
  CHECK(desk.post("health").status == 404);
  CHECK_THROWS_AS(ServiceClock(opening, 0), ductile::ConfigError);
}

TEST_CASE("A body that makes no sense is refused by member, range and value, and changes nothing", "[mock]") {
  struct Row {
    std::string page;
    std::string body;
    std::string says;
  };
  const auto row = GENERATE(values<Row>({
      {"clock/advance", "", "the body is not JSON"},
      {"clock/advance", "soon", "the body is not JSON"},
      {"clock/advance", "{}", "the body must have the member 'seconds'"},
      {"clock/advance", "[]", "the body must be an object; it is []"},
      {"clock/advance", "null", "the body must be an object; it is null"},
      {"clock/advance", R"({"secondes": 60})", "the body has no member 'secondes'"},
      {"clock/advance", R"({"seconds": 60, "minutes": 1})", "the body has no member 'minutes'"},
      {"clock/advance", R"({"seconds": -5})", "seconds must be a number from 0 to 100000000; it is -5"},
      {"clock/advance", R"({"seconds": "60"})", "seconds must be a number from 0 to 100000000; it is \"60\""},
      {"clock/advance", R"({"seconds": 1e300})", "seconds must be a number from 0 to 100000000; it is 1e+300"},
      {"makeable", "", "the body is not JSON"},
      {"makeable", "{}", "the body must have the member 'prompts'"},
      {"makeable", R"({"prompts": "a cat"})", "prompts must be an array of texts; it is \"a cat\""},
      {"makeable", R"({"prompts": [7]})", "prompts must be a text; it is 7"},
      {"scenario", "", "the body is not JSON"},
      {"scenario", "[]", "the body must be an object; it is []"},
      {"scenario", R"({"name": "nope"})",
       "name alone must be one of calm, bad-day, outage-30min, seed-mix, free-tier, retired-model, safety-heavy, every-error; it is "
       "\"nope\""},
      {"scenario", R"({"name": 7})", "name must be a text; it is 7"},
      {"scenario", R"({"name": "bad-day", "sead": 4})", "the scenario has no member 'sead'; the nearest is 'seed'"},
      {"scenario", R"({"tier": {"rpm": 1.5}})", "tier.rpm must be a whole number; it is 1.5"},
      {"scenario", R"({"tier": "gold"})", "tier must be one of zero, free"},
      {"scenario", R"({"episodes": [{"answer": "internal", "match": {"project": "studio"}}]})",
       "episodes[0].match.project must be one of projects; it is 'studio'"},
      {"scenario", R"({"episodes": [{}]})", "episodes[0] must have the member 'answer'"},
      {"scenario", R"({"episodes": [{"answer": "internal", "from_s": 10, "until_s": 5}]})", "episodes[0].until_s must be more than from_s"},
      {"scenario", R"({"episodes": [{"answer": "internal", "until": "2020-01-01T00:00:00Z"}]})",
       "episodes[0].until must be later than the start ("},
      {"switches", R"({"count_failure": true})", "switches has no member 'count_failure'; the nearest is 'count_failures'"},
      {"switches", R"({"count_failures": 1})", "switches.count_failures must be true, false or null; it is 1"},
      {"switches", R"({"lying_retry_info": true, "shared_capacity": -1})", "switches.shared_capacity must be a number from 0 to 1000000"},
      {"switches", "[]", "the body must be an object; it is []"},
      {"quota/refill", R"({"project": "a"})", "quota/refill takes no body, or an empty object; it is {\"project\":\"a\"}"},
      {"quota/refill", "null", "quota/refill takes no body, or an empty object; it is null"},
      {"reset", R"({"keep": "journal"})", "reset takes no body, or an empty object; it is {\"keep\":\"journal\"}"},
      {"reset", "garbage", "the body is not JSON"},
      {"state", R"({"state": 1})", "state must be a text; it is 1"},
      {"state", R"({"state": "up", "state": "down"})", "the body has the member 'state' twice in one object"},
      {"state", "{}", "the body must have the member 'state'"},
      {"scenario", std::string(100'000, '['), "the body is not JSON"},
      {"scenario", R"({"cast": ")" + std::string(100'000, 'x') + R"("})", "cast must be a number from 0 to 10000; it is \"xxx"},
      {"scenario", "{\"name\": \"\xff\xfe\"}", "the body is not JSON"},
  }));
  Desk desk;
  desk.engine.play({.name = "before", .tier = ductile::mock::find_tier("free").value()}, opening);
  (void)desk.engine.answer(asking::for_image("a cat"), desk.clock.now());
  const Answer refused = desk.post(row.page, row.body);
  CHECK(refused.status == 400);
  CHECK(refused.body().size() < 400);
  CHECK_THAT(std::string{asking::json_of(refused).at("error").as_string()}, Catch::Matchers::StartsWith(row.says));
  CHECK(desk.engine.scenario().name == "before");
  CHECK(desk.engine.tier().name == "free");
  CHECK_FALSE(desk.engine.scenario().switches.lying_retry_info);
  CHECK(desk.engine.state().empty());
  CHECK(desk.engine.journal(0).total() == 1);
  CHECK_FALSE(asking::json_of(desk.get("quota")).at("used").as_array().empty());
  CHECK(desk.clock.now() < opening + 10s);
}

TEST_CASE("The clock cannot be put beyond what a clock can show", "[mock]") {
  Desk desk;
  while (desk.post("clock/advance", R"({"seconds": 1e8})").status == 200) REQUIRE(desk.clock.now() > opening);
  CHECK(desk.clock.now() < WallTime{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}});
  CHECK_THAT(desk.post("clock/advance", R"({"seconds": 1e8})").body(),
             Catch::Matchers::ContainsSubstring("seconds must not put the clock back, nor beyond the year 2199"));
  CHECK(desk.post("clock/advance", R"({"seconds": 1})").status == 200);
}
