// SPDX-License-Identifier: BSL-1.0

// The harness that floor.cpp and peers.cpp share. A row is: library, workload, median, min and max (ns per call), ratio to
// the bare call, allocations and bytes per call (-1: not measured).
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <thread>

inline std::uint64_t allocations = 0;
inline std::uint64_t allocated_bytes = 0;

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  allocated_bytes += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace measure {

using Clock = std::chrono::steady_clock;
constexpr int rounds = 21;
constexpr double round_ns = 10e6;
using Samples = std::array<double, rounds>;

inline int volatile source = 7;

/// The bare call: not inlinable, and nothing is known about its result.
[[gnu::noipa]] inline int operation() { return source; }

template <class T>
void keep(T const& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

template <class Body>
double timed(long batch, Body& body) {
  auto const start = Clock::now();
  for (long i = 0; i < batch; ++i) body();
  return static_cast<double>(std::chrono::nanoseconds(Clock::now() - start).count()) / static_cast<double>(batch);
}

template <class Body>
long batch_of(Body& body) {
  long batch = 1;
  while (timed(batch, body) * static_cast<double>(batch) < round_ns) batch *= 2;
  return batch;
}

inline double bare = 0;

inline void row(char const* library, char const* workload, Samples samples, double count, double bytes) {
  std::ranges::sort(samples);
  double const median = samples[rounds / 2];
  if (bare == 0) bare = median;
  std::printf("%s\t%s\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t%.0f\n", library, workload, median, samples.front(), samples.back(), median / bare,
              count, bytes);
  std::fflush(stdout);
}

template <class Body>
void call(char const* library, char const* workload, Body body) {
  long const batch = batch_of(body);
  Samples samples;
  for (double& sample : samples) sample = timed(batch, body);
  constexpr long counted = 100;
  allocations = allocated_bytes = 0;
  timed(counted, body);
  row(library, workload, samples, static_cast<double>(allocations) / counted, static_cast<double>(allocated_bytes) / counted);
}

/// Two threads run the same body at once: the time that one call takes each of them.
template <class Body>
void shared(char const* library, char const* workload, Body body) {
  long const batch = batch_of(body);
  Samples samples;
  for (double& sample : samples) {
    std::barrier start{2};
    double other = 0;
    std::thread second{[&] {
      start.arrive_and_wait();
      other = timed(batch, body);
    }};
    start.arrive_and_wait();
    double const own = timed(batch, body);
    second.join();
    sample = std::max(own, other);
  }
  row(library, workload, samples, -1, -1);
}

inline double resident_bytes() {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;)
    if (word == "VmRSS:") {
      status >> word;
      return std::stod(word) * 1024;
    }
  std::abort();
}

}  // namespace measure
