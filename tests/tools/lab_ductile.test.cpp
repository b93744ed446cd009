// SPDX-License-Identifier: BSL-1.0
#include <ductile/core/config_error.hpp>
#include <ductile/tools/lab/ductile_strategies_source.hpp>
#include <ductile/tools/lab/run.hpp>

#include "../support/catch.hpp"
#include "lab_for_test.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace lab = ductile::tools::lab;

namespace {

// The mean over seeds 1 to 10 of one figure, in W1 without these parts.
double mean_without(const std::string& ablations, double lab::Metrics::* figure) {
  const auto& day = lab_for_test::day();
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed)
    sum += lab::run(
               day, day.scenarios.at("W1"), "ablated", [&](lab::World& world) { lab::play_ablated(world, ablations, false); }, seed).*
           figure;
  return sum / 10;
}

}  // namespace

// `ductile lab goals` judges it on a hundred seeds, in all scenarios.
TEST_CASE("A day of one user: our client delivers, with few calls and few refusals", "[lab]") {
  CHECK(mean_without("nothing", &lab::Metrics::ratio) >= 0.93);
  CHECK(mean_without("nothing", &lab::Metrics::calls_per_image) <= 1.9);
  CHECK(mean_without("nothing", &lab::Metrics::quota_429) <= 11);
}

TEST_CASE("What is taken out of our client is missing", "[lab]") {
  const double whole = mean_without("nothing", &lab::Metrics::ratio);
  CHECK(mean_without("-fallback", &lab::Metrics::ratio) < whole - 0.3);
  CHECK(mean_without("-breaker", &lab::Metrics::calls_per_image) > mean_without("nothing", &lab::Metrics::calls_per_image) + 0.2);
  CHECK(mean_without("-tracker", &lab::Metrics::quota_429) > 2 * mean_without("nothing", &lab::Metrics::quota_429));
  CHECK(mean_without("configured", &lab::Metrics::quota_429) < mean_without("nothing", &lab::Metrics::quota_429));
  CHECK(mean_without("-reword", &lab::Metrics::ratio) < whole);
  CHECK(mean_without("-breaker -ramp -tracker -hints", &lab::Metrics::quota_429) > 100);
}

TEST_CASE("Each part can be taken out, and no other", "[lab]") {
  const auto& day = lab_for_test::day();
  for (const lab::Ablation& each : lab::all_ablations) {
    INFO(each.name);
    lab::World world{day, day.scenarios.at("W1"), 1};
    CHECK_NOTHROW(lab::play_ablated(world, each.name, false));
    CHECK_FALSE(world.calls().empty());
  }
  lab::World world{day, day.scenarios.at("W1"), 1};
  CHECK_THROWS_WITH(lab::play_ablated(world, "-breaker -braker", false), Catch::Matchers::Contains("one is '-braker'"));
}

TEST_CASE("Each ablation changes something, and two whose order would matter do not go together", "[lab]") {
  const auto& day = lab_for_test::day();
  const lab::World world{day, day.scenarios.at("W1"), 1};
  const auto told = [&world](const std::vector<std::string_view>& ablations) {
    lab::DuctileSetup setup = lab::default_setup();
    for (const std::string_view name : ablations) lab::detail::ablate(name, world, setup);
    std::string targets;
    for (const ductile::Target& target : setup.options.fallback.targets) targets += target.name + ' ';
    return std::tuple{lab::options_text(setup.options), targets, setup.reads_hints, setup.knows_days, setup.times_out};
  };
  for (const lab::Ablation& one : lab::all_ablations) {
    INFO(one.name);
    CHECK(told({one.name}) != told({}));
    for (const lab::Ablation& other : lab::all_ablations) {
      if (one.name == other.name) continue;
      INFO(other.name);
      const std::string both = std::string{one.name} + " " + std::string{other.name};
      bool goes = true;
      try {
        (void)lab::ablations_of(both);
      } catch (const ductile::ConfigError&) {
        goes = false;
      }
      CHECK(goes == (told({one.name, other.name}) == told({other.name, one.name})));
    }
  }
}

TEST_CASE("Fifty processes that share the quota meet almost no refusal", "[lab]") {
  const auto& day = lab_for_test::day();
  lab::Scenario hour = day.scenarios.at("W4");
  hour.until = hour.from + std::chrono::minutes{20};
  lab::World apart{day, hour, 1};
  lab::play_ductile(apart);
  lab::World together{day, hour, 1};
  lab::play_ductile_shared(together);
  const auto refusals = [](const lab::World& world) {
    return std::count_if(world.calls().begin(), world.calls().end(), [](const lab::CallRecord& call) { return call.status == 429; });
  };
  CHECK(refusals(apart) > 50);
  CHECK(refusals(together) <= 3);
}
