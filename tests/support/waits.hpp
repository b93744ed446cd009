// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/clock.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

// How waits are spread, in numbers.
namespace support {

// What `draw(Now)` gives, so many times. The dice are seeded: the same in each run.
template <class Draw>
std::vector<ductile::Duration> draw_waits(std::size_t count, Draw draw, std::uint64_t seed = 1) {
  ductile::VirtualClock clock{{}, seed};
  std::vector<ductile::Duration> waits;
  waits.reserve(count);
  for (std::size_t i = 0; i < count; ++i) waits.push_back(draw(clock.now()));
  return waits;
}

inline double mean_seconds(const std::vector<ductile::Duration>& waits) {
  double sum = 0;
  for (const ductile::Duration wait : waits) sum += std::chrono::duration<double>(wait).count();
  return sum / static_cast<double>(waits.size());
}

inline double deviation_seconds(const std::vector<ductile::Duration>& waits) {
  const double mean = mean_seconds(waits);
  double sum = 0;
  for (const ductile::Duration wait : waits) sum += std::pow(std::chrono::duration<double>(wait).count() - mean, 2);
  return std::sqrt(sum / static_cast<double>(waits.size()));
}

// How far the waits are from an even spread over `from` to `to`: chi-squared over 20 bins, so 19 degrees of freedom. Of truly even
// waits one set in ten thousand is beyond 51. A wait outside is infinitely far.
inline double unevenness(const std::vector<ductile::Duration>& waits, ductile::Duration from, ductile::Duration to) {
  constexpr std::size_t bins = 20;
  std::vector<double> seen(bins, 0.0);
  for (const ductile::Duration wait : waits) {
    if (wait < from || wait >= to) return HUGE_VAL;
    const double share = static_cast<double>((wait - from).count()) / static_cast<double>((to - from).count());
    seen[std::min(bins - 1, static_cast<std::size_t>(share * bins))] += 1;
  }
  const double expected = static_cast<double>(waits.size()) / bins;
  double sum = 0;
  for (const double count : seen) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

// How many of the waits are one and the same: 1 or 2 where they are spread, a herd where they are not.
inline std::size_t largest_herd(std::vector<ductile::Duration> waits) {
  std::sort(waits.begin(), waits.end());
  std::size_t largest = 0;
  for (auto begin = waits.begin(); begin != waits.end();) {
    const auto end = std::upper_bound(begin, waits.end(), *begin);
    largest = std::max(largest, static_cast<std::size_t>(end - begin));
    begin = end;
  }
  return largest;
}

// How many of the waits end within the fullest `span`, of all the spans that begin at a multiple of it.
inline std::size_t fullest(const std::vector<ductile::Duration>& waits, ductile::Duration span) {
  std::vector<std::size_t> seen;
  for (const ductile::Duration wait : waits) {
    const auto bin = static_cast<std::size_t>(wait / span);
    if (bin >= seen.size()) seen.resize(bin + 1);
    ++seen[bin];
  }
  return seen.empty() ? 0 : *std::max_element(seen.begin(), seen.end());
}

}  // namespace support
