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
  CHECK(asking::json_of(desk.post("quota/refill")).at("used").as_array().empty());
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
      {"clock/advance", R"({"seconds": -5})", "seconds must be a number from 0 to 1e+08; it is -5"},
      {"clock/advance", R"({"seconds": "60"})", "seconds must be a number from 0 to 1e+08; it is \"60\""},
      {"clock/advance", R"({"seconds": 1e300})", "seconds must be a number from 0 to 1e+08; it is 1E300"},
      {"makeable", "", "the body is not JSON"},
      {"makeable", "{}", "the body must have the member 'prompts'"},
      {"makeable", R"({"prompts": "a cat"})", "prompts must be an array of texts; it is \"a cat\""},
      {"makeable", R"({"prompts": [7]})", "prompts must be a text; it is 7"},
      {"scenario", "", "the body is not JSON"},
      {"scenario", "[]", "the body must be an object; it is []"},
      {"scenario", R"({"name": "nope"})", "name alone must be one of calm, bad-day, outage-30min; it is \"nope\""},
      {"scenario", R"({"name": 7})", "name must be a text; it is 7"},
      {"scenario", R"({"name": "bad-day", "seed": 4})", "the scenario has no member 'seed'"},
      {"scenario", R"({"tier": {"rpm": 1.5}})", "rpm must be a whole number; it is 1.5E0"},
      {"scenario", R"({"tier": "gold"})", "tier must be one of zero, free"},
      {"scenario", R"({"episodes": [{}]})", "there is no answer ''"},
      {"scenario", R"({"episodes": [{"answer": "internal", "from_s": 10, "until_s": 5}]})", "until_s must be more than from_s"},
      {"scenario", std::string(100'000, '['), "the body is not JSON"},
      {"scenario", R"({"cast": ")" + std::string(100'000, 'x') + R"("})", "cast must be a number from 0 to 10000; it is \"xxx"},
      {"scenario", "{\"name\": \"\xff\xfe\"}", "the body is not JSON"},
  }));
  Desk desk;
  desk.engine.play({.name = "before", .tier = ductile::mock::find_tier("free").value()}, opening);
  const Answer refused = desk.post(row.page, row.body);
  CHECK(refused.status == 400);
  CHECK(refused.body().size() < 400);
  CHECK_THAT(std::string{asking::json_of(refused).at("error").as_string()}, Catch::Matchers::StartsWith(row.says));
  CHECK(desk.engine.scenario().name == "before");
  CHECK(desk.engine.tier().name == "free");
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
