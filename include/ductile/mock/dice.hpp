// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // SplitMix64

#include <cmath>
#include <cstdint>
#include <numbers>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// Chance as a pure function of names: the same seed and the same names give the same throw, in any order and on any thread.
///
/// `Dice{seed}.with("latency").with(job).with(call)` names a throw; a shared random stream would make one client's world depend on how
/// often another has asked.
class Dice {
 public:
  constexpr explicit Dice(std::uint64_t seed) noexcept : state_(SplitMix64{seed}()) {}

  /// These dice under one more name.
  [[nodiscard]] constexpr Dice with(std::uint64_t name) const noexcept { return Dice{state_ ^ SplitMix64{name}()}; }
  [[nodiscard]] constexpr Dice with(std::string_view name) const noexcept { return with(hash(name)); }

  /// 64 bits.
  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return state_; }

  /// From 0 (included) to 1 (excluded).
  [[nodiscard]] constexpr double uniform() const noexcept { return static_cast<double>(state_ >> 11U) * 0x1.0p-53; }

  [[nodiscard]] constexpr double between(double low, double high) const noexcept { return low + (high - low) * uniform(); }

  /// True with this probability.
  [[nodiscard]] constexpr bool chance(double probability) const noexcept { return uniform() < probability; }

  /// From the exponential distribution with mean 1.
  [[nodiscard]] double exponential() const noexcept { return -std::log1p(-uniform()); }

  /// From the normal distribution with mean 0 and deviation 1 (Box-Muller).
  [[nodiscard]] double normal() const noexcept {
    return std::sqrt(2 * exponential()) * std::cos(2 * std::numbers::pi * with("angle").uniform());
  }

  /// FNV-1a: a name for a text.
  [[nodiscard]] static constexpr std::uint64_t hash(std::string_view text) noexcept {
    std::uint64_t hashed = 0xcbf29ce484222325U;
    for (const char each : text) hashed = (hashed ^ static_cast<unsigned char>(each)) * 0x100000001b3U;
    return hashed;
  }

 private:
  std::uint64_t state_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
