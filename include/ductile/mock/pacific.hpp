// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>      // WallTime
#include <ductile/core/verdict.hpp>  // Duration

#include <chrono>

namespace ductile::inline DUCTILE_VERSION::mock {

/// How far California is behind UTC: 8 hours, 7 in summer.
///
/// A rule of the mock's own, not the client library's, so that a mistake in one of the two shows.
/// Source   Energy Policy Act of 2005: from the second Sunday of March, 2:00, to the first Sunday of November, 2:00 local time.
[[nodiscard]] constexpr std::chrono::hours behind_utc_in_california(WallTime time) noexcept {
  using namespace std::chrono;
  const year_month_day date{floor<days>(time)};
  const sys_seconds summer_begins = sys_days{date.year() / March / Sunday[2]} + hours{10};
  const sys_seconds summer_ends = sys_days{date.year() / November / Sunday[1]} + hours{9};
  return time >= summer_begins && time < summer_ends ? hours{7} : hours{8};
}

/// The date in California: a day's quota belongs to it.
[[nodiscard]] constexpr std::chrono::sys_days pacific_day(WallTime time) noexcept {
  return std::chrono::floor<std::chrono::days>(time - behind_utc_in_california(time));
}

/// How long until midnight in California, more than zero.
[[nodiscard]] constexpr Duration until_pacific_midnight(WallTime time) noexcept {
  // The clocks change at 2:00, so at midnight the offset is the one of two hours before.
  const WallTime midnight = pacific_day(time) + std::chrono::days{1};
  const WallTime nearly = midnight + behind_utc_in_california(time);
  return midnight + behind_utc_in_california(nearly - std::chrono::hours{2}) - time;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
