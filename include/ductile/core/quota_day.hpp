// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // WallTime

#include <chrono>

namespace ductile::inline DUCTILE_VERSION {

namespace detail {

// The United States since 2007: daylight saving time from the second Sunday of March, 02:00 standard time, to the first Sunday of
// November, 02:00 daylight saving time.
[[nodiscard]] constexpr bool pacific_daylight_saving(WallTime at) noexcept {
  using namespace std::chrono;
  const year this_year = year_month_day{floor<days>(at)}.year();
  const WallTime begins = sys_days{this_year / March / Sunday[2]} + hours{10};
  const WallTime ends = sys_days{this_year / November / Sunday[1]} + hours{9};
  return at >= begins && at < ends;
}

[[nodiscard]] constexpr WallTime next_pacific_midnight(WallTime at) noexcept {
  using namespace std::chrono;
  constexpr hours summer{7};
  constexpr hours winter{8};
  const auto today = floor<days>(at - (pacific_daylight_saving(at) ? summer : winter));
  const WallTime midnight = today + days{1};  // as a clock in California shows it
  return midnight + (pacific_daylight_saving(midnight + summer) ? summer : winter);
}

[[nodiscard]] constexpr WallTime next_utc_midnight(WallTime at) noexcept {
  return std::chrono::floor<std::chrono::days>(at) + std::chrono::days{1};
}

}  // namespace detail

/// When a quota's day ends. A value, so that another zone, or another law, can be put in:
/// `QuotaDay{[](WallTime at) noexcept { return ...; }}`.
struct QuotaDay {
  /// The first midnight after a moment, both in UTC. Must be later than the moment; not null.
  WallTime (*next_midnight)(WallTime) noexcept = &detail::next_utc_midnight;

  friend constexpr bool operator==(const QuotaDay&, const QuotaDay&) = default;
};

/// Days that end at midnight in California, 23 to 25 hours long, as Google counts them. The rule of the United States since 2007; the
/// library reads no time zone data, and would need a release if that law changed.
inline constexpr QuotaDay pacific{&detail::next_pacific_midnight};

/// Days that end at midnight UTC.
inline constexpr QuotaDay utc{&detail::next_utc_midnight};

}  // namespace ductile::inline DUCTILE_VERSION
