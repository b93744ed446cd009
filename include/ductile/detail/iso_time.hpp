// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // WallTime

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

namespace ductile::inline DUCTILE_VERSION::detail {

/// A moment in RFC 3339, to the second: "2026-11-24T12:00:00Z".
[[nodiscard]] inline std::string iso_time(WallTime time) {
  using namespace std::chrono;
  const sys_days midnight = floor<days>(time);
  const year_month_day date{midnight};
  const hh_mm_ss clock{floor<seconds>(time - midnight)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text.data();
}

}  // namespace ductile::inline DUCTILE_VERSION::detail
