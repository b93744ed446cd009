// SPDX-License-Identifier: BSL-1.0
//
// Eight threads, and a service that serves two requests at a time: the others stand in line, first come, first served. With a shorter line
// those at its end would be told at once that there is no room, and could do something else.
#include <ductile/ductile.hpp>

#include <atomic>
#include <chrono>
#include <iostream>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

int main() {
  // [usage]
  ductile::Pipeline pipeline{ductile::Retry{},
                             ductile::Bulkhead{ductile::BulkheadOptions{.in_flight = 2, .waiting = 20, .longest_wait = 30s}},
                             ductile::AttemptTimeout{20s}};
  // [/usage]

  std::atomic<int> inside{0};
  std::atomic<int> most_inside{0};
  std::atomic<int> served{0};
  const auto ask = [&] {
    const int now_inside = ++inside;
    int most = most_inside;
    while (most < now_inside && !most_inside.compare_exchange_weak(most, now_inside)) continue;
    for (int i = 0; i < 100; ++i) std::this_thread::yield();
    --inside;
    return 1;
  };
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread)
      threads.emplace_back([&] {
        for (int call = 0; call < 100; ++call) served += pipeline.run(ask).has_value() ? 1 : 0;
      });
  }
  std::cout << served << " calls served, " << most_inside << " at a time at most\n";

  // No room and no line: rejected at once, by this side, with nothing sent.
  ductile::Pipeline narrow{ductile::Bulkhead{ductile::BulkheadOptions{.in_flight = 1, .waiting = 0}}};
  const auto outer = narrow.run([&] { return narrow.run([] { return 1; }); });  // the one place is taken by who asks for a second
  if (!outer) std::cout << outer.error() << '\n';
  const bool rejected = !outer && outer.error().kind() == ductile::Kind::bulkhead_full;
  return served == 800 && most_inside <= 2 && rejected ? 0 : 1;
}
