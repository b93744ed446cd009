// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/lab/workload.hpp>

#include "../support/catch.hpp"
#include "lab_for_test.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <vector>

using namespace std::chrono_literals;
namespace lab = ductile::tools::lab;
using ductile::Time;

namespace {

std::vector<lab::Job> drawn_jobs(const char* scenario, std::uint64_t seed) {
  return lab::jobs_of(lab_for_test::day().scenarios.at(scenario), lab_for_test::day().mix, seed);
}

}  // namespace

TEST_CASE("The jobs of a scenario are in order, within its hours, and another seed's are others", "[lab]") {
  for (const auto& [name, scenario] : lab_for_test::day().scenarios) {
    INFO(name);
    const std::vector<lab::Job> jobs = drawn_jobs(name.c_str(), 1);
    REQUIRE_FALSE(jobs.empty());
    CHECK(std::ranges::is_sorted(jobs, {}, &lab::Job::arrives));
    CHECK(jobs.front().arrives >= Time{scenario.from});
    CHECK(jobs.back().arrives <= Time{scenario.until});
    CHECK(jobs.back().number == jobs.size() - 1);
    CHECK(jobs.back().deadline - jobs.back().arrives == scenario.deadline);
    CHECK(drawn_jobs(name.c_str(), 1).back().tokens == jobs.back().tokens);
    CHECK(drawn_jobs(name.c_str(), 2).back().tokens != jobs.back().tokens);
  }
}

TEST_CASE("As many jobs come as the file says: by number, or by rate", "[lab]") {
  CHECK(drawn_jobs("W1", 3).size() == 60);
  CHECK(drawn_jobs("W2", 3).size() == 1000);
  const auto poisson = static_cast<double>(drawn_jobs("W3", 3).size());
  CHECK(std::abs(poisson - 6 * 60 * 24) < 4 * std::sqrt(6 * 60 * 24));
}

TEST_CASE("The jobs of a clump come in one moment, and no clump is larger than the file says", "[lab]") {
  const std::vector<lab::Job> jobs = drawn_jobs("W1", 1);
  std::multiset<Time> moments;
  for (const lab::Job& job : jobs) moments.insert(job.arrives);
  std::size_t largest = 0;
  for (const Time moment : moments) largest = std::max(largest, moments.count(moment));
  CHECK(largest == 4);
}

TEST_CASE("Sizes and processes come in the shares of the file", "[lab]") {
  const std::vector<lab::Job> jobs = drawn_jobs("W4", 1);
  const auto share = [&](std::string_view size) {
    return static_cast<double>(std::ranges::count(jobs, size, &lab::Job::size)) / static_cast<double>(jobs.size());
  };
  CHECK(share("1K") == Catch::Approx(0.7).margin(0.02));
  CHECK(share("2K") == Catch::Approx(0.2).margin(0.02));
  CHECK(share("4K") == Catch::Approx(0.1).margin(0.02));
  std::set<std::size_t> processes;
  for (const lab::Job& job : jobs) processes.insert(job.process);
  CHECK(processes.size() == 50);
}
