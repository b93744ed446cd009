// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/quota.hpp>

#include "../support/catch.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using ductile::Duration;
using ductile::QuotaDimension;
using ductile::WallTime;
using ductile::mock::Quota;
using ductile::mock::QuotaViolation;
using ductile::mock::Tier;

namespace {

constexpr WallTime at(int year, unsigned month, unsigned day, Duration time) {
  return WallTime{std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}}} + time;
}

constexpr WallTime noon = at(2026, 11, 24, 12h);

std::vector<QuotaDimension> full(Quota& quota, WallTime time, std::int64_t tokens = 10, const char* project = "p",
                                 const char* model = "gemini-3-pro-image") {
  std::vector<QuotaDimension> dimensions;
  for (const QuotaViolation& violation : quota.check(project, model, tokens, time)) dimensions.push_back(violation.dimension);
  return dimensions;
}

}  // namespace

TEST_CASE("Midnight in California is told through both changes of the clock", "[mock]") {
  using ductile::mock::pacific_day;
  using ductile::mock::until_pacific_midnight;
  struct Case {
    const char* when;
    WallTime time;
    Duration left;
  };
  const Case cases[] = {
      {"winter noon", at(2026, 11, 24, 12h), 20h},
      {"a moment before midnight", at(2026, 11, 25, 8h - 1ns), 1ns},
      {"midnight itself belongs to the new day", at(2026, 11, 25, 8h), 24h},
      {"summer", at(2026, 7, 1, 6h), 1h},
      {"the day that lasts 23 hours, at its start", at(2026, 3, 8, 8h), 23h},
      {"the day that lasts 23 hours, after the change", at(2026, 3, 8, 12h), 19h},
      {"the day that lasts 25 hours, at its start", at(2026, 11, 1, 7h), 25h},
      {"the day that lasts 25 hours, after the change", at(2026, 11, 1, 10h), 22h},
  };
  for (const Case& each : cases) {
    INFO(each.when);
    CHECK(until_pacific_midnight(each.time) == each.left);
    CHECK(pacific_day(each.time) != pacific_day(each.time + each.left));
    CHECK(pacific_day(each.time) == pacific_day(each.time + each.left - 1ns));
  }
}

TEST_CASE("A limit of images stands in the way of nobody who asks for words", "[mock]") {
  Quota quota{1, Tier{.name = "t", .images_per_minute = 0}};
  CHECK(quota.check("p", "gemini-3-pro-image", 10, noon).size() == 1);
  CHECK(quota.check("p", "gemini-3-pro-image", 10, noon, true, false).empty());
  CHECK(quota.check("p", "gemini-3.8-flash", 10, noon, false, false).empty());
}

TEST_CASE("A window of a minute is full at its limit and empty when the next begins", "[mock]") {
  Quota quota{1, Tier{.name = "t", .requests_per_minute = 3}};
  WallTime time = noon;
  for (int call = 0; call < 3; ++call) {
    REQUIRE(full(quota, time).empty());
    quota.count("p", "gemini-3-pro-image", {}, time);
    time += 1ms;
  }
  const auto violations = quota.check("p", "gemini-3-pro-image", 10, time);
  REQUIRE(violations.size() == 1);
  CHECK(violations[0].dimension == QuotaDimension::requests_per_minute);
  CHECK(violations[0].limit == 3);
  REQUIRE(violations[0].opens_in > 0s);
  REQUIRE(violations[0].opens_in <= 60s);
  CHECK_FALSE(full(quota, time + violations[0].opens_in - 1ns).empty());
  CHECK(full(quota, time + violations[0].opens_in).empty());
}

TEST_CASE("Tokens and images have windows of their own, and an image counts only when one was generated", "[mock]") {
  Quota quota{1, Tier{.name = "t", .tokens_per_minute = 100, .images_per_minute = 1}};
  quota.count("p", "gemini-3-pro-image", {.tokens = 60, .image = false}, noon);
  CHECK(full(quota, noon, 40).empty());
  CHECK(full(quota, noon, 41) == std::vector{QuotaDimension::tokens_per_minute});
  quota.count("p", "gemini-3-pro-image", {.tokens = 0, .image = true}, noon);
  CHECK(full(quota, noon, 1) == std::vector{QuotaDimension::images_per_minute});
}

TEST_CASE("A day's requests come back at midnight in California, not in UTC", "[mock]") {
  Quota quota{1, Tier{.name = "t", .requests_per_day = 2}};
  const WallTime evening = at(2026, 11, 24, 23h);
  quota.count("p", "gemini-3-pro-image", {}, evening);
  quota.count("p", "gemini-3-pro-image", {.day = false}, evening);  // a 503, where those do not count
  CHECK(full(quota, evening).empty());
  quota.count("p", "gemini-3-pro-image", {}, evening);
  CHECK(full(quota, at(2026, 11, 25, 0h)) == std::vector{QuotaDimension::requests_per_day});
  CHECK(full(quota, at(2026, 11, 25, 8h - 1ns)) == std::vector{QuotaDimension::requests_per_day});
  CHECK(full(quota, at(2026, 11, 25, 8h)).empty());
}

TEST_CASE("A quota belongs to a project and a model, and a preview shares the quota of its model", "[mock]") {
  Quota quota{1, Tier{.name = "t", .requests_per_day = 1}};
  quota.count("p", "gemini-3-pro-image-preview", {}, noon);
  CHECK_FALSE(full(quota, noon, 1, "p", "gemini-3-pro-image").empty());
  CHECK(full(quota, noon, 1, "p", "gemini-nano-banana-2.1").empty());
  CHECK(full(quota, noon, 1, "other", "gemini-3-pro-image").empty());
}

TEST_CASE("Asking whether a call may pass costs nothing, and a refill empties every window", "[mock]") {
  Quota quota{1, Tier{.name = "t", .requests_per_minute = 1}};
  for (int asked = 0; asked < 5; ++asked) CHECK(full(quota, noon).empty());
  quota.count("p", "gemini-3-pro-image", {}, noon);
  CHECK_FALSE(full(quota, noon).empty());
  quota.refill();
  CHECK(full(quota, noon).empty());
}

TEST_CASE("A minute that slides holds the last 60 seconds, and says when enough of them has left", "[mock]") {
  constexpr auto model = "gemini-3-pro-image";
  Quota quota{1, Tier{.name = "t", .requests_per_minute = 3, .tokens_per_minute = 100, .images_per_minute = 2}, true};
  quota.count("p", model, {.tokens = 40, .image = true}, noon);
  quota.count("p", model, {.tokens = 40}, noon + 10s);
  quota.count("p", model, {.tokens = 1, .image = true}, noon + 20s);
  CHECK(quota.check("p", model, 30, noon + 30s) == std::vector<QuotaViolation>{{QuotaDimension::requests_per_minute, 3, 30s},
                                                                               {QuotaDimension::tokens_per_minute, 100, 30s},
                                                                               {QuotaDimension::images_per_minute, 2, 30s}});
  CHECK(quota.check("p", model, 90, noon + 30s).at(1) == QuotaViolation{QuotaDimension::tokens_per_minute, 100, 40s});
  CHECK(full(quota, noon + 60s - 1ns) == std::vector{QuotaDimension::requests_per_minute, QuotaDimension::images_per_minute});
  CHECK(full(quota, noon + 60s).empty());
  CHECK(quota.usage(noon + 60s).at(0).requests == 2);
  CHECK(quota.usage(noon + 60s).at(0).minute_left == 10s);
  CHECK_FALSE(quota.window_end("p", model, noon));
}

TEST_CASE("The phase of a minute depends on seed, project and model, so that nobody can guess it", "[mock]") {
  const auto opens = [](std::uint64_t seed, const char* project) {
    Quota quota{seed, Tier{.name = "t", .requests_per_minute = 0}};
    return quota.check(project, "gemini-3-pro-image", 1, noon).at(0).opens_in;
  };
  CHECK(opens(1, "p") == opens(1, "p"));
  CHECK(opens(1, "p") != opens(2, "p"));
  CHECK(opens(1, "p") != opens(1, "q"));
}

TEST_CASE("A day's tokens are a window of their own, which midnight in California opens", "[mock]") {
  const WallTime start = at(2026, 11, 24, 18h);
  Quota quota{1, Tier{.name = "t", .tokens_per_day = 100}};
  quota.count("p", "m", {.tokens = 90}, start);
  const auto full = quota.check("p", "m", 11, start);
  REQUIRE(full.size() == 1);
  CHECK(full[0].dimension == QuotaDimension::tokens_per_day);
  CHECK(full[0].limit == 100);
  CHECK(quota.check("p", "m", 10, start).empty());
  CHECK(quota.check("p", "m", 100, start + full[0].opens_in).empty());
}

TEST_CASE("What a project spends in any ten minutes is bounded, whatever models it asks", "[mock]") {
  const WallTime start = at(2026, 11, 24, 18h);
  Quota quota{1, Tier{.name = "t", .nanodollars_per_ten_minutes = 1'000'000'000}};
  quota.count("p", "a", {.nanodollars = 600'000'000}, start);
  CHECK(quota.check("p", "b", 1, start + 5min).empty());
  quota.count("p", "b", {.nanodollars = 600'000'000}, start + 5min);
  const auto full = quota.check("p", "a", 1, start + 5min);
  REQUIRE(full.size() == 1);
  CHECK(full[0].dimension == QuotaDimension::spend);
  CHECK(full[0].opens_in == 5min);
  CHECK(quota.check("other", "a", 1, start + 5min).empty());
  CHECK(quota.check("p", "a", 1, start + 10min).empty());
}

TEST_CASE("However many projects ask, the quotas of the latest ten thousand are kept", "[mock]") {
  Quota quota{1, Tier{.name = "t", .requests_per_day = 1}};
  const auto spent = [&](int project) { return !full(quota, noon, 1, std::to_string(project).c_str()).empty(); };
  int early = 0;
  for (int project = 0; project <= 10'000; ++project) {
    early += spent(project) ? 1 : 0;
    quota.count(std::to_string(project), "gemini-3-pro-image", {}, noon);
  }
  CHECK(early == 0);
  CHECK(quota.usage(noon).size() == 10'000);
  CHECK(spent(10'000));
  CHECK(spent(1));
  CHECK_FALSE(spent(0));  // forgotten: as good as new
}

TEST_CASE("The named tiers have the figures of the day's model", "[mock]") {
  using ductile::mock::find_tier;
  REQUIRE(find_tier("tier1"));
  CHECK(find_tier("tier1")->images_per_minute == 10);
  CHECK(find_tier("tier1")->requests_per_day == 250);
  CHECK(find_tier("free")->free());
  CHECK_FALSE(find_tier("tier2")->free());
  CHECK_FALSE(find_tier("tier9"));
}
