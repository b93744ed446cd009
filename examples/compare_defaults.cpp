// SPDX-License-Identifier: BSL-1.0
//
// What the numbers cost: the same days, in virtual time, with the defaults, with each number of `seed_defaults()` put in alone, and with
// all of them. docs/gemini/defaults.md has what `compare_defaults 40 bad-day` and `compare_defaults 40 outage-30min` print.
#include "engine_transport.hpp"

#include <ductile/ductile.hpp>
#include <ductile/gemini/resilient.hpp>
#include <ductile/mock/engine.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

namespace {

using ductile::Kind;
using Options = ductile::gemini::ResilientOptions;

constexpr int jobs = 24;  // one after the other

struct Days {
  int makeable = 0;
  int delivered = 0;
  int by_the_first = 0;
  std::uint64_t calls = 0;
  std::vector<double> seconds;  // to each image

  [[nodiscard]] double part(double share) {
    std::sort(seconds.begin(), seconds.end());
    return seconds.empty() ? 0 : seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1))];
  }
};

Days run(const Options& options, std::uint64_t seeds, const std::string& scenario) {
  Days days;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto day = ductile::mock::find_scenario(scenario, seed).value();
    ductile::mock::Engine engine{{.scenario = day, .seed = seed, .start = day.starts_at.value()}};
    ductile::VirtualClock clock{day.starts_at.value(), seed};
    EngineTransport transport{engine, clock};
    ductile::gemini::ClientOptions who;
    who.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};
    auto client = ductile::gemini::resilient(transport, who, options);
    for (int job = 0; job < jobs; ++job) {
      const std::string prompt = "a lighthouse, number " + std::to_string(job);
      const ductile::Time began = clock.now()();
      const auto image = client.generate({.prompt = prompt}, {}, ductile::NoStop{}, clock);
      days.makeable += engine.makeable(prompt) ? 1 : 0;
      if (!image) continue;
      ++days.delivered;
      days.by_the_first += image.value().model_version == client.targets().front().model ? 1 : 0;
      days.seconds.push_back(std::chrono::duration<double>(clock.now()() - began).count());
    }
    days.calls += engine.journal().total();
  }
  return days;
}

std::vector<std::pair<const char*, Options>> strategies() {
  const Options seed = ductile::gemini::seed_defaults();
  std::vector<std::pair<const char*, Options>> all{{"the defaults", {}}};
  const auto with = [&](const char* name, auto change) {
    Options options;
    change(options);
    all.emplace_back(name, options);
  };
  with("waits from 1 to 32 s", [&](Options& options) { options.retry = seed.retry; });
  with("5 tries on 500 and 503", [&](Options& options) { options.fallback.table = seed.fallback.table; });
  with("open for 5 min after 3 in a row", [&](Options& options) { options.breaker = seed.breaker; });
  with("15 min of rest after a 500", [&](Options& options) { options.fallback.rest = seed.fallback.rest; });
  with("30 min of one error, then the end", [&](Options& options) {
    options.deadline = seed.deadline;
    options.fallback.give_up_after = seed.fallback.give_up_after;
  });
  all.emplace_back("all of seed_defaults()", seed);
  with("all, and no wait for a breaker", [&](Options& options) {
    options = seed;
    options.fallback.on_all_open = ductile::OnAllOpen::fail;
  });
  return all;
}

}  // namespace

int main(int count, char** arguments) {
  const std::uint64_t seeds = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1;
  const std::string scenario = count > 2 ? arguments[2] : "bad-day";
  std::printf("%-35s %9s %11s %12s %8s %8s %8s\n", "", "delivered", "calls/image", "by the first", "median", "95 %", "longest");
  std::vector<Days> results;
  for (const auto& [name, options] : strategies()) {
    Days days = run(options, seeds, scenario);
    const double images = std::max(days.delivered, 1);
    std::printf("%-35s %7.1f %% %11.2f %10.0f %% %6.0f s %6.0f s %6.0f s\n", name, 100.0 * days.delivered / std::max(days.makeable, 1),
                static_cast<double>(days.calls) / images, 100 * days.by_the_first / images, days.part(0.5), days.part(0.95), days.part(1));
    results.push_back(std::move(days));
  }
  const Days& ours = results.front();
  return ours.makeable > 0 && ours.delivered >= 0.95 * ours.makeable && ours.delivered >= results.back().delivered ? 0 : 1;
}
