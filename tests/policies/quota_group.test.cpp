// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/late_store.hpp"
#include "../support/verdicts.hpp"

#include <ductile/core/clock.hpp>
#include <ductile/core/target.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>

#include <string>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;
using support::at;
using support::LateStore;
using support::said;

namespace {

// Two keys of one project, and another project's.
std::vector<Target> three_keys() {
  return {{.name = "first", .model = "m", .project = "ours", .key_name = "KEY_1"},
          {.name = "second", .model = "m", .project = "ours", .key_name = "KEY_2"},
          {.name = "third", .model = "m", .project = "theirs", .key_name = "KEY_3"}};
}

CallOptions only(unsigned target) {
  CallOptions options;
  options.targets = static_cast<TargetSet>(1U << target);
  options.deadline = 1s;
  return options;
}

}  // namespace

TEST_CASE("Targets share a quota when project, model and region are the same, and by their key where no project is named", "[core]") {
  struct Row {
    const char* what;
    Target left, right;
    bool same;
  };
  const std::vector<Row> rows{
      {"two keys of one project", {.name = "a", .project = "p", .key_name = "k1"}, {.name = "b", .project = "p", .key_name = "k2"}, true},
      {"two projects", {.name = "a", .project = "p", .key_name = "k"}, {.name = "b", .project = "q", .key_name = "k"}, false},
      {"two models", {.name = "a", .model = "m", .project = "p"}, {.name = "b", .model = "n", .project = "p"}, false},
      {"two regions", {.name = "a", .project = "p", .region = "eu"}, {.name = "b", .project = "p", .region = "us"}, false},
      {"one project behind a proxy", {.name = "a", .project = "p"}, {.name = "b", .base_url = "http://proxy", .project = "p"}, true},
      {"one key", {.name = "a", .key_name = "k"}, {.name = "b", .key_name = "k"}, true},
      {"one name of a key at two services",
       {.name = "a", .key_name = "k"},
       {.name = "b", .base_url = "http://other", .key_name = "k"},
       false},
      {"a project that is called like a key", {.name = "a", .project = "x"}, {.name = "b", .key_name = "x"}, false},
      {"nothing known", {.name = "a"}, {.name = "b"}, false},
      {"named by hand", {.name = "a", .model = "m", .quota_group = "g"}, {.name = "b", .model = "m-preview", .quota_group = "g"}, true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const QuotaGroups groups{std::vector{row.left, row.right}};
    CHECK(groups.first(0) == 0);
    CHECK(groups.first(1) == (row.same ? 0U : 1U));
  }
  CHECK_THROWS_WITH(QuotaGroups{17U}, "QuotaGroups: targets must be from 1 to 16; it is 17");
  CHECK_THROWS_WITH(QuotaGroups{std::vector<Target>{}}, "QuotaGroups: targets must be from 1 to 16; it is 0");
}

EVERY_DRIVER("In a chain two keys of one project share windows and what closes them, and breakers they do not share", "[policies]") {
  Pipeline pipeline{FallbackChain{FallbackOptions{.targets = three_keys()}}, CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(5)}},
                    QuotaTracker{QuotaOptions{.limits = {per_minute(2)}}}};
  CHECK(&pipeline.state<2>(0) == &pipeline.state<2>(1));
  CHECK(&pipeline.state<2>(0) != &pipeline.state<2>(2));
  CHECK(&pipeline.state<1>(0) != &pipeline.state<1>(1));

  SECTION("windows") {
    REQUIRE(driver.run(pipeline, [] { return 1; }, only(0)));
    REQUIRE(driver.run(pipeline, [] { return 1; }, only(1)));
    CHECK_FALSE(driver.run(pipeline, [] { return 1; }, only(0)));
    CHECK_FALSE(driver.run(pipeline, [] { return 1; }, only(1)));
    CHECK(driver.run(pipeline, [] { return 1; }, only(2)));
  }
  SECTION("cooldowns") {
    Verdict full = said(Kind::rate_limit, 30s);
    full.dimension = QuotaDimension::requests_per_minute;
    REQUIRE_FALSE(driver.run(pipeline, [&]() -> Result<int> { return Failure{full}; }, only(0)));
    const auto refused = driver.run(pipeline, [] { return 1; }, only(1));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().earliest_retry_at() == at(30s));
    CHECK(driver.run(pipeline, [] { return 1; }, only(2)));
  }
}

EVERY_DRIVER("What makes one key of a project rest for its quota makes the others rest as long, with a ledger and without", "[policies]") {
  std::string went_to;
  const auto refused_once = [&](const Verdict& refusal) {
    return [&went_to, refusal](const Attempt& attempt) -> Result<int> {
      went_to.push_back(static_cast<char>('0' + attempt.target));
      if (attempt.target == 0) return Failure{refusal};
      return 1;
    };
  };
  const auto others_rest = [&](auto& pipeline, const Verdict& refusal) {
    went_to.clear();
    auto& rests = pipeline.template state<0>();
    for (unsigned target = 0; target < 3; ++target) rests.end(target);
    REQUIRE(driver.run(pipeline, refused_once(refusal)));
    CHECK(rests.until(0) > driver.now()());
    CHECK(rests.until(2) == Time{});
    if (went_to == "02") CHECK(rests.of(1) == rests.of(0));
    if (went_to == "01") CHECK(rests.until(1) == Time{});
    return went_to == "02";
  };
  const FallbackOptions options{.targets = three_keys(), .rest = {1min, {}}};

  SECTION("by kind") {
    Pipeline pipeline{FallbackChain{options}};
    for (const Kind kind :
         {Kind::rate_limit, Kind::quota, Kind::overload, Kind::internal, Kind::timeout, Kind::network, Kind::not_found, Kind::permission}) {
      CAPTURE(name(kind));
      Verdict refusal = said(kind, 30s);
      if (refusal.remedy == Remedy::never) refusal.remedy = Remedy::other_model;  // else the chain ends
      CHECK(others_rest(pipeline, refusal) == (kind == Kind::rate_limit || kind == Kind::quota));
    }
  }
  SECTION("for a hint alone") {
    Pipeline pipeline{FallbackChain{FallbackOptions{.targets = three_keys()}}};
    CHECK(others_rest(pipeline, said(Kind::rate_limit, 30s)));
    CHECK(pipeline.state<0>().until(1) == at(30s));
  }
  SECTION("with a ledger") {
    Pipeline pipeline{FallbackChain{options}, QuotaTracker{}};
    CHECK(others_rest(pipeline, said(Kind::rate_limit, 30s)));
  }
}

EVERY_DRIVER("A key that rests for its project's quota is passed over with the reason, and a longer rest of its own stays", "[policies]") {
  Pipeline pipeline{FallbackChain{FallbackOptions{.targets = three_keys(), .longest_rest = 1min}}};
  auto& rests = pipeline.state<0>();
  const auto refused = [](const Attempt&) -> Result<int> { return Failure{said(Kind::rate_limit, 2h)}; };
  CallOptions keys_of_one_project;
  keys_of_one_project.targets = 0b011;

  const auto failed = driver.run(pipeline, refused, keys_of_one_project);
  REQUIRE_FALSE(failed);
  CHECK(rests.until(1) == at(1min));
  CHECK(failed.error().earliest_retry_at() == at(2h));  // the hint is for both

  rests.extend(1, {.until = at(1h), .why = Kind::cancelled, .id = "out-of-service"});
  driver.advance(5min);
  const auto served = driver.run(pipeline, [&](const Attempt& attempt) { return attempt.target == 0 ? refused(attempt) : Result<int>{7}; });
  REQUIRE(served);
  CHECK(served_by(served) == 2);
  CHECK(rests.of(0).why == Kind::rate_limit);
  CHECK(rests.of(1) == TargetRest{.until = at(1h), .why = Kind::cancelled, .id = "out-of-service"});
}

EVERY_DRIVER("A store is told the first target of the group, whichever is asked", "[policies]") {
  LateStore store{driver};
  Pipeline pipeline{FallbackChain{FallbackOptions{.targets = three_keys()}},
                    QuotaTracker{QuotaOptions{.limits = {per_minute(2)}, .store = &store}}};
  for (unsigned target = 0; target < 3; ++target) REQUIRE(driver.run(pipeline, [] { return 1; }, only(target)));
  REQUIRE(store.tickets().size() == 3);
  CHECK(store.tickets()[0].target == 0);
  CHECK(store.tickets()[1].target == 0);
  CHECK(store.tickets()[2].target == 2);
}

TEST_CASE("States that are lent to several chains are shared by group as well", "[policies]") {
  const QuotaTracker tracker{QuotaOptions{.limits = {per_minute(2)}}};
  TargetStates states{tracker, QuotaGroups{three_keys()}};
  CHECK(states.size() == 3);
  CHECK(&states[0] == &states[1]);
  CHECK(&states[0] != &states[2]);
  TargetStates apart{tracker, 2};
  CHECK(&apart[0] != &apart[1]);
}

EVERY_DRIVER("A refusal that nobody can explain is treated as overload, and reported as what the service said", "[policies]") {
  const RetryOptions<Exponential> retry{.attempts = 5, .attempts_by_kind = {0, {{Kind::overload, 2}}}};
  const auto asks = [&](const QuotaOptions<1>& quota, const Verdict& refusal) {
    Pipeline pipeline{Retry{retry}, CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(2)}}, QuotaTracker{quota}};
    int attempts = 0;
    const auto result = driver.run(pipeline, [&]() -> Result<int> { return ++attempts, Failure{refusal}; });
    CHECK(result.error().kind() == refusal.kind);
    // Breakers count overload, and no full window.
    const auto next = driver.run(pipeline, [] { return 1; });
    CHECK((!next && next.error().kind() == Kind::circuit_open) == (attempts == 2));
    return attempts;
  };
  for (const Verdict& refusal : {said(Kind::rate_limit), said(Kind::quota, Remedy::after_delay, "quota-no-details")}) {
    CAPTURE(name(refusal.kind));
    CHECK(asks(QuotaOptions{.limits = {per_minute(100)}}, refusal) == 2);
    CHECK(asks(QuotaOptions{.limits = {per_minute(std::nullopt)}}, refusal) == 5);
  }
}
