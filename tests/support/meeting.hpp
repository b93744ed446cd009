// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <atomic>
#include <thread>

namespace support {

/// Lets two threads go on at one moment, again and again. A barrier wakes its threads too far apart for them to meet.
class Meeting {
 public:
  void arrive_and_wait() {
    const int before = arrived_.fetch_add(1);
    const int both = before - before % 2 + 2;
    for (int spins = 0; arrived_.load() < both; ++spins)
      if (spins > 100'000) std::this_thread::yield();
  }

 private:
  std::atomic<int> arrived_{0};
};

}  // namespace support
