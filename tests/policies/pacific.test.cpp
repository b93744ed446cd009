// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/zone_file.hpp"

#include <ductile/core/quota_day.hpp>

#include <chrono>
#include <cstddef>

using namespace ductile;
using namespace std::chrono;

namespace {

constexpr WallTime calendar(int year_number, unsigned month_number, unsigned day_number, hours hour, Duration rest = {}) {
  return WallTime{sys_days{year{year_number} / static_cast<int>(month_number) / static_cast<int>(day_number)} + hour} + rest;
}

constexpr Duration length_of_day_that_holds(WallTime at) {
  const WallTime end = pacific.next_midnight(at);
  WallTime begin = at;  // back, an hour at a time, until the midnight before
  while (pacific.next_midnight(begin - hours{1}) == end) begin -= hours{1};
  return end - pacific.next_midnight(begin - hours{1});
}

// A day of a year of the rule's end, seen from the middle of it.
static_assert(length_of_day_that_holds(calendar(2026, 3, 7, hours{20})) == hours{24});
static_assert(length_of_day_that_holds(calendar(2026, 3, 8, hours{20})) == hours{23});
static_assert(length_of_day_that_holds(calendar(2026, 3, 9, hours{20})) == hours{24});
static_assert(length_of_day_that_holds(calendar(2026, 10, 31, hours{20})) == hours{24});
static_assert(length_of_day_that_holds(calendar(2026, 11, 1, hours{20})) == hours{25});
static_assert(length_of_day_that_holds(calendar(2026, 11, 2, hours{20})) == hours{24});
static_assert(length_of_day_that_holds(calendar(2027, 3, 14, hours{20})) == hours{23});
static_assert(length_of_day_that_holds(calendar(2027, 11, 7, hours{20})) == hours{25});

static_assert(pacific.next_midnight(calendar(2026, 11, 24, hours{7}, nanoseconds{-1})) == calendar(2026, 11, 24, hours{8}));
static_assert(pacific.next_midnight(calendar(2026, 11, 24, hours{8}, nanoseconds{-1})) == calendar(2026, 11, 24, hours{8}));
static_assert(pacific.next_midnight(calendar(2026, 11, 24, hours{8})) == calendar(2026, 11, 25, hours{8}), "midnight is of the new day");
static_assert(pacific.next_midnight(calendar(2026, 7, 4, hours{7})) == calendar(2026, 7, 5, hours{7}));
static_assert(pacific.next_midnight(calendar(2026, 12, 31, hours{23})) == calendar(2027, 1, 1, hours{8}), "across the year");
static_assert(utc.next_midnight(calendar(2026, 7, 4, hours{0})) == calendar(2026, 7, 5, hours{0}));
static_assert(utc.next_midnight(calendar(2026, 7, 4, hours{24}, nanoseconds{-1})) == calendar(2026, 7, 5, hours{0}));

}  // namespace

TEST_CASE("Pacific midnight agrees with the system's time zone data from 2008 to 2040", "[policies]") {
  const support::ZoneFile california{"/usr/share/zoneinfo/America/Los_Angeles"};
  const WallTime end = calendar(2041, 1, 1, hours{0});
  std::size_t differences = 0;
  std::size_t compared = 0;
  // 29 minutes and 59 seconds: every hour of every day, and all seconds in turn.
  for (WallTime at = calendar(2008, 1, 1, hours{0}); at < end; at += minutes{30} - seconds{1}) {
    ++compared;
    if (pacific.next_midnight(at) != california.next_midnight(floor<seconds>(at))) ++differences;
  }
  CHECK(compared > 500'000);
  CHECK(differences == 0);
}

TEST_CASE("From 2008 to 2040 each year has one day of 23 hours and one of 25, where the time zone data has them", "[policies]") {
  const support::ZoneFile california{"/usr/share/zoneinfo/America/Los_Angeles"};
  for (int number = 2008; number <= 2040; ++number) {
    CAPTURE(number);
    std::size_t shorter = 0;
    std::size_t longer = 0;
    std::size_t differences = 0;
    const WallTime next_year = pacific.next_midnight(calendar(number, 12, 31, hours{12}));
    for (WallTime midnight = pacific.next_midnight(calendar(number - 1, 12, 31, hours{12})); midnight < next_year;) {
      const WallTime next = pacific.next_midnight(midnight);
      if (next != california.next_midnight(floor<seconds>(midnight))) ++differences;
      shorter += next - midnight == hours{23} ? 1 : 0;
      longer += next - midnight == hours{25} ? 1 : 0;
      midnight = next;
    }
    CHECK(shorter == 1);
    CHECK(longer == 1);
    CHECK(differences == 0);
  }
}
