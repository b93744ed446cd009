// SPDX-License-Identifier: BSL-1.0
//
// A quota of requests, of money and of what is delivered, kept for two keys of one project. An hour of virtual time.
#include <ductile/ductile.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <vector>

using namespace std::chrono_literals;

// [cost]
struct Picture {
  std::int8_t images = 1;
  // Read from the answer's usage. With it the ledger is settled; before, an attempt counts as it was expected to.
  [[nodiscard]] ductile::Cost cost() const noexcept { return {.tokens = 300, .images = images}; }
};
// [/cost]

int main() {
  ductile::VirtualClock clock;

  // [usage]
  const ductile::QuotaTracker tracker{
      ductile::QuotaOptions{.limits = {ductile::per_minute(15),               // in any 60 seconds; failed requests count
                                       ductile::spend_per_ten_minutes(2.00),  // dollars
                                       ductile::counting(ductile::QuotaCounts::delivered, ductile::per_day(40))},  // successes alone
                            .images = 2,    // what an attempt is expected to make
                            .tokens = 300,  // and to be asked with
                            .prices = {.image = 0.134, .million_tokens = 2.00}}};

  ductile::Pipeline pipeline{ductile::FallbackChain{ductile::FallbackOptions{
                                 .targets = {{.name = "day", .model = "painter", .project = "studio", .key_name = "KEY_1"},
                                             {.name = "night", .model = "painter", .project = "studio", .key_name = "KEY_2"}}}},
                             ductile::Retry{}, tracker};
  // [/usage]

  std::vector<ductile::Time> made;
  int refused = 0;
  for (int job = 0; job < 60; ++job) {
    ductile::CallOptions options;
    options.deadline = 15min;
    options.targets = static_cast<ductile::TargetSet>(1U << (job % 2));  // each key in turn: they share one ledger
    const auto picture = pipeline.run([job] { return Picture{.images = static_cast<std::int8_t>(job % 4 == 0 ? 2 : 1)}; }, options, clock);
    if (picture) {
      made.push_back(clock.now()());
    } else {
      if (++refused == 1) std::cout << "job " << job << ": " << picture.error() << '\n';
    }
  }

  // 2 dollars are fewer than 15 images of 13.4 cents, so money is what is short: never more than that in any ten minutes.
  std::ptrdiff_t most = 0;
  for (const ductile::Time begin : made)
    most = std::max(most, std::count_if(made.begin(), made.end(), [&](ductile::Time at) { return at >= begin && at < begin + 10min; }));
  std::cout << made.size() << " pictures, at most " << most << " in ten minutes, " << refused
            << " jobs refused until midnight in California\n";
  for (const ductile::QuotaUsage& window : tracker.usage(pipeline.state<2>(0), clock.now()))
    std::cout << ductile::name(window.dimension) << ": " << window.used << " of " << window.limit.value_or(0) << '\n';  // spend: micro-USD
  return made.size() == 40 && refused == 20 && most >= 10 && most <= 12 ? 0 : 1;
}
