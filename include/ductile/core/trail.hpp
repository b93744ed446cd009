// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Billed, Duration, Kind, Sent
#include <ductile/detail/min_max.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// Where the length of a wait came from.
enum class WaitSource : std::uint8_t {
  none,      ///< No wait.
  backoff,   ///< Computed by a backoff policy.
  hint,      ///< Asked for by the other side.
  quota,     ///< Until a quota window opens.
  circuit,   ///< Until a circuit breaker lets a probe through.
  cooldown,  ///< Until a target of the fallback chain has rested.
  gate,      ///< At a gate: a slot, a store's answer.
  hedge,     ///< For an attempt beside the first one: such an entry is a hedge, and its wait what went by until then.
  off_peak   ///< For an hour in which the service is well.
};

/// The source's name, as in metrics and reports.
[[nodiscard]] constexpr const char* name(WaitSource source) noexcept {
  switch (source) {
    case WaitSource::none: return "none";
    case WaitSource::backoff: return "backoff";
    case WaitSource::hint: return "hint";
    case WaitSource::quota: return "quota";
    case WaitSource::circuit: return "circuit";
    case WaitSource::cooldown: return "cooldown";
    case WaitSource::gate: return "gate";
    case WaitSource::hedge: return "hedge";
    case WaitSource::off_peak: return "off_peak";
  }
  return "none";
}

/// One attempt, or one rejection before it, of a call.
struct TrailEntry {
  std::uint32_t duration_ms = 0;  ///< How long the attempt took; 0 where nothing in the pipeline reads the clock.
  std::uint32_t wait_ms = 0;      ///< How long the call waited before it.
  Kind kind = Kind::ok;
  std::uint8_t target = 0;
  WaitSource wait = WaitSource::none;
  Sent sent = Sent::no;
  Billed billed = Billed::no;
  std::uint8_t revision = 0;
  std::uint16_t number = 0;  ///< Which attempt of the call; a rejection has the number that its attempt would have had.
};

static_assert(sizeof(TrailEntry) <= 16);

/// What happened in a call, in order. The first five entries need no memory of their own; after 256, or without memory, only the count
/// grows.
class Trail {
 public:
  void add(TrailEntry entry) noexcept {
    if (size_ < first_.size())
      first_[size_] = entry;
    else if (size_ == kept() && size_ < most_kept)
      add_to_more(entry);
    ++size_;
  }

  /// How many entries were added, kept or not.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// How many can be read.
  [[nodiscard]] std::size_t kept() const noexcept { return detail::min(size_, first_.size() + more_.size()); }
  [[nodiscard]] const TrailEntry& operator[](std::size_t index) const noexcept {
    return index < first_.size() ? first_[index] : more_[index - first_.size()];
  }

 private:
  // A trail is written while a call is being given up, too, where nothing may throw.
  void add_to_more(const TrailEntry& entry) noexcept {
#if defined(__cpp_exceptions)
    try {
      more_.push_back(entry);
    } catch (...) {
    }
#else
    more_.push_back(entry);
#endif
  }

  static constexpr std::size_t most_kept = 256;
  std::array<TrailEntry, 5> first_{};
  std::vector<TrailEntry> more_;
  std::size_t size_ = 0;
};

/// A span in whole milliseconds for a trail, rounded to the next and bounded to what fits.
[[nodiscard]] constexpr std::uint32_t trail_milliseconds(Duration span) noexcept {
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(span).count();
  return static_cast<std::uint32_t>(detail::clamp<std::int64_t>(rounded, 0, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace ductile::inline DUCTILE_VERSION
