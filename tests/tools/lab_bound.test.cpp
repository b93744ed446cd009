// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/dice.hpp>
#include <ductile/tools/lab/bound.hpp>

#include "../support/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

using namespace std::chrono_literals;
namespace lab = ductile::tools::lab;
using ductile::Time;

namespace {

constexpr Time minute(double count) { return Time{std::chrono::round<ductile::Duration>(std::chrono::duration<double>{60 * count})}; }

// Each job in each window that it can have, or in none: all ways are tried.
std::int64_t best_of_all_ways(std::vector<lab::detail::Window>& windows, const std::vector<lab::detail::Chance>& jobs,
                              std::size_t job = 0) {
  if (job == jobs.size()) return 0;
  std::int64_t best = best_of_all_ways(windows, jobs, job + 1);
  for (lab::detail::Window& window : windows) {
    if (window.capacity == 0 || jobs[job].from >= window.end || jobs[job].until < window.begin) continue;
    --window.capacity;
    best = std::max(best, 1 + best_of_all_ways(windows, jobs, job + 1));
    ++window.capacity;
  }
  return best;
}

}  // namespace

TEST_CASE("Jobs fill windows by the earliest deadline, and any overlap will do", "[lab]") {
  const std::vector<lab::detail::Window> windows{{minute(0), minute(1), 1}, {minute(1), minute(2), 1}};
  CHECK(lab::detail::most_served(windows, {{minute(0.9), minute(0.95)}, {minute(0.9), minute(1)}}) == 2);
  CHECK(lab::detail::most_served(windows, {{minute(0.5), minute(1.5)}, {minute(0.9), minute(0.95)}}) == 2);  // the second goes first
  CHECK(lab::detail::most_served(windows, {{minute(0), minute(0.5)}, {minute(0), minute(0.5)}}) == 1);
  CHECK(lab::detail::most_served(windows, {{minute(2), minute(3)}}) == 0);
  CHECK(lab::detail::most_served(windows, {}) == 0);
}

TEST_CASE("No way to put jobs into windows beats the bound, and one reaches it", "[lab]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const ductile::mock::Dice dice = ductile::mock::Dice{seed};
    std::vector<lab::detail::Window> windows;  // of two models, with a phase each
    for (const double phase : {0.0, dice.with("phase").uniform()})
      for (int i = 0; i < 3; ++i)
        windows.push_back({minute(phase + i), minute(phase + i + 1),
                           static_cast<std::int64_t>(dice.with(static_cast<std::uint64_t>(i)).with("n").uniform() * 3)});
    std::ranges::sort(windows, {}, &lab::detail::Window::begin);
    std::vector<lab::detail::Chance> jobs;
    for (std::uint64_t i = 0; i < 6; ++i) {
      const double from = dice.with("from").with(i).uniform() * 3;
      jobs.push_back({minute(from), minute(from + dice.with("slack").with(i).uniform() * 2)});
    }
    std::ranges::sort(jobs, {}, &lab::detail::Chance::from);
    INFO(seed);
    CHECK(lab::detail::most_served(windows, jobs) == best_of_all_ways(windows, jobs));
  }
}
