// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>
#include <ductile/core/now.hpp>
#include <ductile/drivers/blocking.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace ductile_test {

/// How the calls of a crowd ended, by kind.
class CrowdEnds {
 public:
  void add(ductile::Kind kind) noexcept { ++ends_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] int of(ductile::Kind kind) const noexcept { return ends_[static_cast<std::size_t>(kind)]; }
  [[nodiscard]] int all() const noexcept {
    int sum = 0;
    for (const auto& each : ends_) sum += each;
    return sum;
  }

 private:
  std::array<std::atomic<int>, ductile::kinds> ends_{};
};

/// Six threads, each with a hundred calls of `operation(dice)`, of which a fifth is stopped at some moment.
template <class Pipeline, class Operation>
void crowd(Pipeline& pipeline, CrowdEnds& ends, const Operation& operation) {
  std::vector<std::jthread> threads;
  for (int who = 0; who < 6; ++who)
    threads.emplace_back([&, who] {
      ductile::SplitMix64 dice{static_cast<std::uint64_t>(who)};
      for (int i = 0; i < 100; ++i) {
        std::stop_source stop;
        std::optional<std::jthread> stopper;
        if (dice() % 5 == 0) stopper.emplace([&stop] { stop.request_stop(); });
        const auto result = pipeline.run([&] { return operation(dice); }, stop.get_token());
        ends.add(result ? ductile::Kind::ok : result.error().kind());
      }
    });
}

/// Lets the other threads go first, by chance up to 50 times.
inline void dawdle(ductile::SplitMix64& dice) {
  for (auto spins = dice() % 50; spins > 0; --spins) std::this_thread::yield();
}

}  // namespace ductile_test
