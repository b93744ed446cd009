// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>  // WallTime

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// A moment of the years 1970 to 2199 in the form "2026-11-24T10:00:00Z" or "2026-11-24"; none for anything else.
[[nodiscard]] inline std::optional<WallTime> parse_time(std::string_view text) {
  using namespace std::chrono;
  const std::string copy{text};
  int year_read = 0, hour = 0, minute = 0, second = 0, read = 0;
  unsigned month_read = 0, day_read = 0;
  const auto all = [&] { return read == static_cast<int>(copy.size()); };
  const bool whole =
      (std::sscanf(copy.c_str(), "%4d-%2u-%2uT%2d:%2d:%2dZ%n", &year_read, &month_read, &day_read, &hour, &minute, &second, &read) == 6 &&
       all()) ||
      (hour = minute = second = 0, std::sscanf(copy.c_str(), "%4d-%2u-%2u%n", &year_read, &month_read, &day_read, &read) == 3 && all());
  const year_month_day date{year{year_read}, month{month_read}, day{day_read}};
  if (!whole || !date.ok() || year_read < 1970 || year_read > 2199 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60)
    return std::nullopt;
  return WallTime{sys_days{date}} + hours{hour} + minutes{minute} + std::chrono::seconds{second};
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
