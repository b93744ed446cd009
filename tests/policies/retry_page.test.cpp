// SPDX-License-Identifier: BSL-1.0

// What docs/policies/retry.md and docs/policies/backoff.md show.

#include "../support/catch.hpp"
#include "../support/page.hpp"
#include "../support/verdicts.hpp"
#include "../support/waits.hpp"

#include <ductile/ductile.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::string seconds_text(ductile::Duration span) {
  char text[32];
  std::snprintf(text, sizeof text, "%6.1f s", std::chrono::duration<double>(span).count());
  return text;
}

// A thousand clients ask a service in the same moment; it is down for half a minute, and each comes back until it is served.
template <class Backoff>
std::string herd(const char* title, const Backoff& backoff) {
  constexpr int clients = 1000;
  ductile::Simulation simulation;
  ductile::Pipeline pipeline{ductile::Retry{ductile::RetryOptions{.attempts = 1000, .backoff = backoff}}};
  std::vector<ductile::Duration> returns;
  ductile::Duration last{};
  for (int client = 0; client < clients; ++client)
    static_cast<void>(simulation.call(
        pipeline,
        [&](const ductile::Attempt& attempt) {
          const ductile::Duration at = simulation.now()().time_since_epoch();
          if (attempt.number > 1) returns.push_back(at);
          last = std::max(last, at);
          ductile::Result<int> answer{1};
          if (at < 30s) answer = ductile::Failure{ductile::Kind::overload};
          return ductile::Simulated{ductile::Duration{}, std::move(answer)};
        },
        [](const auto&) {}));
  simulation.run();
  char line[96];
  std::snprintf(line, sizeof line, "%-36s %9zu %8.1f %9zu %8.0f s\n", title, returns.size() + clients,
                static_cast<double>(returns.size()) / clients, support::fullest(returns, 100ms),
                std::chrono::duration<double>(last).count());
  return line;
}

}  // namespace

TEST_CASE("The backoff page's table is what happens", "[docs]") {
  using ductile::Jitter;
  std::string table = "backoff                              requests  returns  in 0.1 s     last\n";
  table += herd("Exponential, Jitter::none", ductile::Exponential{.base = 1s, .cap = 32s, .jitter = Jitter::none});
  table += herd("Exponential, Jitter::equal", ductile::Exponential{.base = 1s, .cap = 32s, .jitter = Jitter::equal});
  table += herd("Exponential, Jitter::full", ductile::Exponential{.base = 1s, .cap = 32s});
  table += herd("a lambda that clamps full at 2 s", [](unsigned failures, ductile::Now now) {
    return std::max<ductile::Duration>(2s, ductile::Exponential{.base = 4s, .cap = 32s}(failures, now));
  });
  table += herd("Exponential, floor 2 s", ductile::Exponential{.base = 4s, .cap = 32s, .floor = 2s});
  table += herd("DecorrelatedJitter", ductile::DecorrelatedJitter{.base = 1s, .cap = 32s});
  table += herd("Linear, 4 s more each time", ductile::Linear{.base = 4s, .step = 4s, .cap = 32s});
  CHECK(support::block_below("backoff.md", "## What happens") == table);
}

TEST_CASE("The backoff page's own spread compiles and stays in its range", "[docs]") {
  // [own]
  const auto by_load = [](unsigned failures, ductile::Now now) {
    return ductile::jittered(failures * 3s, 1s, ductile::Jitter::equal, now);  // evenly from the middle of 1 s to 3 s per failure
  };
  ductile::Pipeline pipeline{ductile::Retry{ductile::RetryOptions{.backoff = by_load}}};
  // [/own]
  ductile::VirtualClock clock;
  CHECK(by_load(1, clock.now()) >= 2s);
  CHECK(by_load(1, clock.now()) < 3s);
  CHECK(pipeline.run([] { return 1; }, clock));
}

TEST_CASE("The retry page's timeline is what happens", "[docs]") {
  using ductile::Failure;
  using ductile::Kind;
  ductile::Simulation simulation;
  ductile::Pipeline pipeline{ductile::Deadline{2min}, ductile::Retry{}};
  std::string timeline;
  const auto at = [&] { return seconds_text(simulation.now()().time_since_epoch()); };
  const ductile::Verdict answers[]{support::said(Kind::overload), support::said(Kind::rate_limit, 37s), support::said(Kind::internal),
                                   support::said(Kind::rate_limit, 90s)};
  static_cast<void>(simulation.call(
      pipeline,
      [&](const ductile::Attempt& attempt) {
        const ductile::Verdict& said = answers[attempt.number - 1];
        timeline += at() + "  attempt " + std::to_string(attempt.number) + ": " + std::string{name(said.kind)};
        if (said.hint > 0s) timeline += ", \"retry in " + std::to_string(said.hint / 1s) + " s\"";
        timeline += '\n';
        return ductile::Simulated{1s, ductile::Result<int>{Failure{said}}};
      },
      [&](const ductile::Result<int>& result) {
        timeline += at() + "  the call ends: " + std::string{name(result.error().kind())} + ", not before " +
                    seconds_text(result.error().earliest_retry_at()->time_since_epoch()) + '\n';
      }));
  simulation.run();
  CHECK(support::block_below("retry.md", "## What happens") == timeline);
}
