// SPDX-License-Identifier: BSL-1.0

// What docs/policies/quota-tracker.md shows.

#include "../support/catch.hpp"
#include "../support/page.hpp"

#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/quota_tracker.hpp>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

using namespace std::chrono_literals;

namespace {

// A time of the day in California, which is eight hours behind UTC in November.
std::string clock_text(ductile::WallTime at) {
  const auto of_day = std::chrono::floor<std::chrono::seconds>(at - 8h) - std::chrono::floor<std::chrono::days>(at - 8h);
  const std::chrono::hh_mm_ss parts{of_day};
  std::ostringstream text;
  const auto two = [&](auto value) { text << (value < 10 ? "0" : "") << value; };
  two(parts.hours().count());
  text << ':';
  two(parts.minutes().count());
  text << ':';
  two(parts.seconds().count());
  return text.str();
}

struct Reply {};
Reply ask(const ductile::Attempt&) { return {}; }

}  // namespace

TEST_CASE("The page's usage compiles and runs", "[docs]") {
  // [usage]
  ductile::Pipeline pipeline{
      ductile::QuotaTracker{ductile::QuotaOptions{.limits = {ductile::per_minute(15), ductile::per_day(50, ductile::pacific)}}}};
  // [/usage]
  CHECK(pipeline.run(ask));
}

TEST_CASE("The page's shared ledger compiles and runs", "[docs]") {
  // [shared]
  const ductile::QuotaTracker batch{ductile::QuotaOptions{.limits = {ductile::per_minute(10)}}};
  const ductile::QuotaTracker urgent{ductile::QuotaOptions{.limits = {ductile::per_minute(15)}}};
  ductile::QuotaTracker<1>::State of_the_project{urgent};  // outlives both pipelines
  ductile::Pipeline nightly{with_state(batch, of_the_project)};
  ductile::Pipeline interactive{with_state(urgent, of_the_project)};
  // [/shared]
  CHECK(nightly.run(ask));
  CHECK(interactive.run(ask));
}

TEST_CASE("The page's own day compiles and ends when it should", "[docs]") {
  // [own_day]
  constexpr ductile::QuotaDay tokyo{[](ductile::WallTime at) noexcept -> ductile::WallTime {
    return std::chrono::floor<std::chrono::days>(at + 9h) + 24h - 9h;  // UTC+9, no daylight saving time
  }};
  constexpr ductile::QuotaTracker tracker{ductile::QuotaOptions{.limits = {ductile::per_day(1000, tokyo)}}};
  // [/own_day]
  static_cast<void>(tracker);
  CHECK(tokyo.next_midnight(ductile::WallTime{14h + 59min}) == ductile::WallTime{15h});
  CHECK(tokyo.next_midnight(ductile::WallTime{15h}) == ductile::WallTime{39h});
}

TEST_CASE("The page's timeline is what happens", "[docs]") {
  // Ten minutes before noon in California.
  ductile::Simulation simulation{ductile::WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 19h + 50min}};
  ductile::Pipeline pipeline{ductile::QuotaTracker{ductile::QuotaOptions{.limits = {ductile::per_minute(2), ductile::per_day(4)}}}};
  std::string timeline;
  const auto at = [&] { return clock_text(simulation.now().wall()); };
  for (int job = 1; job <= 6; ++job)
    static_cast<void>(simulation.call(
        pipeline,
        [&, job] {
          timeline += at() + "  job " + std::to_string(job) + " goes\n";
          return ductile::Simulated{25s, 1};
        },
        [&, job](const auto& result) {
          if (result) return;
          const ductile::Failure& failure = result.error();
          timeline += at() + "  job " + std::to_string(job) + " is refused: " + std::string{name(failure.kind())} + ", " +
                      std::string{name(failure.remedy())};
          if (const auto earliest = failure.earliest_retry_at())
            timeline += ", not before " + clock_text(simulation.now().wall() + (*earliest - simulation.now()()));
          timeline += '\n';
        },
        ductile::Time{job * 10s}));
  simulation.run();
  CHECK(support::block_below("quota-tracker.md", "## What happens") == timeline);
}
