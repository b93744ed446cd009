// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>

#include <barrier>
#include <cstddef>
#include <thread>

namespace support {

/// Two threads, each with dice of its own, go through rounds at the same time.
///
/// \param between `void()`: before each round and after the last one, while both wait.
/// \param round `void(std::size_t me, SplitMix64& dice)`: what one of them does, 0 or 1.
template <class Between, class Round>
void two_threads(int rounds, const Between& between, const Round& round) {
  std::barrier both{2, [&]() noexcept { between(); }};
  const auto thread = [&](std::size_t me) {
    ductile::SplitMix64 dice{me + 1};
    both.arrive_and_wait();
    for (int i = 0; i < rounds; ++i) {
      round(me, dice);
      both.arrive_and_wait();
    }
  };
  std::thread other{thread, 1U};
  thread(0);
  other.join();
}

}  // namespace support
