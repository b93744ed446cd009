// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/lab/run.hpp>
#include <ductile/tools/lab/world.hpp>

#include "../support/catch.hpp"
#include "lab_for_test.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

using namespace std::chrono_literals;
namespace lab = ductile::tools::lab;
using ductile::Time;

namespace {

lab::World lab_world(const char* scenario, std::uint64_t seed) {
  return lab::World{lab_for_test::day(), lab_for_test::day().scenarios.at(scenario), seed};
}

}  // namespace

TEST_CASE("A call meets the same fate whatever else was asked, while nothing is full", "[lab]") {
  lab::World alone = lab_world("W3", 4);
  lab::World crowd = lab_world("W3", 4);
  for (const lab::Job& job : crowd.jobs())
    if (job.number != 7 && job.number < 15) (void)crowd.ask(job, lab::Model::primary);
  for (const lab::Model model : lab::both_models)
    for (int attempt = 0; attempt < 5; ++attempt) {
      const lab::TimedAnswer one = alone.ask(alone.jobs()[7], model);
      const lab::TimedAnswer other = crowd.ask(crowd.jobs()[7], model);
      CHECK(one.answer.status == other.answer.status);
      CHECK(one.takes == other.takes);
    }
}

TEST_CASE("In the outage every model answers 503, at once or after minutes, but to what is refused for itself", "[lab]") {
  lab::World world = lab_world("W5", 1);
  world.simulation().run_until(Time{1h + 1min});
  int refused = 0;
  int slow = 0;
  for (const lab::Job& job : world.jobs())
    for (const lab::Model model : lab::both_models) {
      const lab::TimedAnswer given = world.ask(job, model);
      if (given.answer.status != 503) {
        CHECK((given.answer.status == 400 || given.answer.status == 403 || given.answer.status == 404));
        ++refused;
        continue;
      }
      slow += given.takes > 30s ? 1 : 0;
    }
  CHECK(static_cast<double>(refused) / (2.0 * static_cast<double>(world.jobs().size())) == Catch::Approx(0.012).margin(0.008));
  CHECK(static_cast<double>(slow) / (2.0 * static_cast<double>(world.jobs().size())) == Catch::Approx(0.3).margin(0.03));
  world.simulation().run_until(Time{1h + 30min});
  int served = 0;
  for (std::size_t job = 0; job < 12; ++job) served += world.ask(world.jobs()[job], lab::Model::primary).answer.status == 200 ? 1 : 0;
  CHECK(served > 0);
}

TEST_CASE("What is withheld in one wording may pass in another", "[lab]") {
  lab::World world = lab_world("W3", 1);
  world.simulation().run_until(Time{1h});
  std::vector<lab::Job> withheld;
  for (const lab::Job& job : world.jobs())
    if (world.deliverable(job) && world.ask(job, lab::Model::primary).answer.withheld) withheld.push_back(job);
  REQUIRE_FALSE(withheld.empty());
  const auto passes = [&world](const lab::Job& job) {
    for (std::uint32_t wording = 1; wording <= 3; ++wording)
      if (world.ask(job, lab::Model::fallback, wording).answer.image) return true;
    return false;
  };
  CHECK(std::ranges::any_of(withheld, passes));
  CHECK_FALSE(world.ask(withheld.front(), lab::Model::fallback, 0).answer.image);
}

TEST_CASE("A run ends with a problem when more is delivered than the bound allows", "[lab]") {
  const lab::Strategy liar{"liar", "says that all came", [](lab::World& world) {
                             for (const lab::Job& job : world.jobs()) world.receive(job, lab::Model::primary);
                           }};
  const auto& day = lab_for_test::day();
  CHECK_THROWS_AS(lab::run(day, day.scenarios.at("W2"), liar, 1), ductile::tools::Problem);
}

TEST_CASE("Only an image that came by its job's deadline counts", "[lab]") {
  const lab::Strategy late{
      "late", "receives too late", [](lab::World& world) {
        world.simulation().at(world.jobs().front().deadline + 1ns, [&world] { world.receive(world.jobs().front(), lab::Model::primary); });
        world.simulation().at(world.jobs().back().deadline, [&world] { world.receive(world.jobs().back(), lab::Model::fallback); });
        world.simulation().run();
      }};
  const auto& day = lab_for_test::day();
  const auto metrics = lab::run(day, day.scenarios.at("W1"), late, 1);
  CHECK(metrics.delivered == 1);
  CHECK(metrics.primary_share == 0);
  CHECK(metrics.p50_s == 600);
  CHECK(metrics.calls == 0);
  CHECK(metrics.lost == metrics.bound - 1);
}

TEST_CASE("What a job costs its caller is counted until it is over, image or not", "[lab]") {
  lab::World world = lab_world("W3", 2);
  const auto metrics = lab::run(lab_for_test::day(), world, "none", &lab::no_retries);
  double seconds = 0;
  for (const lab::CallRecord& call : world.calls()) seconds += std::chrono::duration<double>(call.takes).count();
  CHECK(world.calls().size() == world.jobs().size());  // one each
  CHECK(metrics.busy_per_image_s == Catch::Approx(seconds / metrics.delivered));
}
