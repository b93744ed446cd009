// SPDX-License-Identifier: BSL-1.0

// What docs/policies/fallback-chain.md shows.

#include "../support/catch.hpp"
#include "../support/page.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/call_options.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::string clock_text(ductile::Time at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
  return std::to_string(seconds / 60) + (seconds % 60 < 10 ? ":0" : ":") + std::to_string(seconds % 60);
}

int ask(const ductile::Attempt&) { return 7; }

}  // namespace

TEST_CASE("The chain page's usage compiles and runs", "[docs]") {
  // [usage]
  ductile::Pipeline pipeline{
      ductile::Deadline{10min},
      ductile::FallbackChain{ductile::FallbackOptions{
          .targets = {{.name = "pro", .sizes = {"1K", "2K", "4K"}, .price = 0.134}, {.name = "lite", .sizes = {"1K"}, .price = 0.034}}}},
      ductile::Retry{}};
  // [/usage]
  CHECK(pipeline.run(ask));
}

TEST_CASE("The chain page's limits, table and rests compile and run", "[docs]") {
  // [limits]
  const std::vector<ductile::Target> chain{{.name = "pro", .sizes = {"1K", "2K", "4K"}}, {.name = "lite", .sizes = {"1K"}}};
  const std::optional<ductile::TargetSet> able = ductile::able_targets(chain, "4K", "16:9");  // none: no target can make it
  // [/limits]
  CHECK(able == ductile::TargetSet{0b01});

  // [table]
  ductile::FallbackOptions options{.targets = chain};
  options.table
      .set(ductile::Kind::internal, {ductile::Next::here, 4})                     // four tries on a target, then the next
      .set(ductile::Kind::recitation, {ductile::Next::target})                    // the next one at once
      .set(ductile::FailureId{"aspect-ratio-invalid"}, {ductile::Next::target});  // an id goes before its kind
  options.rest.set(ductile::Kind::internal, 15min);                               // then nobody asks it for a quarter of an hour
  // [/table]
  ductile::Pipeline pipeline{ductile::Deadline{10min}, ductile::FallbackChain{options}, ductile::Retry{}};

  // [rests]
  ductile::FallbackChain::State& rests = pipeline.state<1>();  // the chain is the second layer
  rests.extend(0, {.until = ductile::Now{}() + 1h, .why = ductile::Kind::cancelled, .id = "out-of-service"});
  // ... calls go to the other target ...
  rests.end(0);
  // [/rests]
  CHECK(rests.none());
}

TEST_CASE("The chain page's timeline is what happens", "[docs]") {
  ductile::Simulation simulation;
  const std::vector<std::string> names{"pro", "lite"};
  ductile::Pipeline pipeline{ductile::Deadline{10min},
                             ductile::FallbackChain{ductile::FallbackOptions{.targets = {{.name = "pro"}, {.name = "lite"}}}},
                             ductile::Retry{ductile::RetryOptions{.backoff = ductile::Constant{.wait = 5s}, .hint_jitter = 0}}};
  std::string timeline;
  const auto tell = [&](int job, const std::string& what) {
    timeline += clock_text(simulation.now()()) + "  job " + std::to_string(job) + " " + what + '\n';
  };
  // pro has no capacity in the first minute; lite's minute is full from 0:20 to 1:10.
  const auto answer = [&](const ductile::Attempt& attempt) -> ductile::Simulated<ductile::Result<int>> {
    const ductile::Time now = simulation.now()();
    if (attempt.target == 0 && now < ductile::Time{1min}) return {1s, ductile::Failure{ductile::Kind::overload}};
    if (attempt.target == 1 && now >= ductile::Time{20s} && now < ductile::Time{70s}) {
      ductile::Verdict full;
      full.kind = ductile::Kind::rate_limit;
      full.remedy = ductile::Remedy::after_delay;
      full.hint = ductile::Time{70s} - now;
      return {0s, ductile::Failure{full}};
    }
    return {20s, 7};
  };
  for (int job = 1; job <= 3; ++job)
    static_cast<void>(simulation.call(
        pipeline,
        [&, job](const ductile::Attempt& attempt) {
          auto simulated = answer(attempt);
          tell(job, "asks " + names[attempt.target] + (simulated.value ? "" : ": " + std::string{name(simulated.value.error().kind())}));
          return simulated;
        },
        [&, job](const ductile::Result<int>& result) {
          if (!result) return tell(job, "fails: " + std::string{name(result.error().kind())});
          tell(job,
               "is served by " + names[served_by(result)] + (degraded(result) ? ", for " + std::string{name(why_not_first(result))} : ""));
        },
        ductile::Time{(job - 1) * 25s}));
  simulation.run();
  CHECK(support::block_below("fallback-chain.md", "## What happens") == timeline);
}
