// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/core/quota_day.hpp>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

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

// The C library's local time is that of California while this lives. For a test alone: it is the whole process's.
class InCalifornia {
 public:
  InCalifornia() {
    if (const char* zone = std::getenv("TZ")) before_ = zone;
    set("America/Los_Angeles");
  }
  InCalifornia(const InCalifornia&) = delete;
  InCalifornia& operator=(const InCalifornia&) = delete;
  ~InCalifornia() { set(before_ ? before_->c_str() : nullptr); }

 private:
  static void set(const char* zone) {
    if (zone)
      ::setenv("TZ", zone, 1);
    else
      ::unsetenv("TZ");
    ::tzset();
  }
  std::optional<std::string> before_;
};

std::time_t next_midnight_by_the_system(std::time_t at) {
  std::tm local{};
  ::localtime_r(&at, &local);
  local.tm_sec = local.tm_min = local.tm_hour = 0;
  ++local.tm_mday;
  local.tm_isdst = -1;
  return std::mktime(&local);
}

}  // namespace

TEST_CASE("Pacific midnight agrees with the system's time zone data from 2008 to 2040", "[policies]") {
  const InCalifornia zone;
  const std::time_t summer = system_clock::to_time_t(calendar(2026, 7, 1, hours{12}));
  std::tm local{};
  ::localtime_r(&summer, &local);
  if (local.tm_hour != 5) {
    WARN("this system has no time zone data; nothing was compared");
    SUCCEED();
    return;
  }
  const WallTime end = calendar(2041, 1, 1, hours{0});
  std::size_t differences = 0;
  std::size_t compared = 0;
  // 29 minutes and 59 seconds: every hour of every day, and all seconds in turn.
  for (WallTime at = calendar(2008, 1, 1, hours{0}); at < end; at += minutes{30} - seconds{1}) {
    const WallTime expected = system_clock::from_time_t(next_midnight_by_the_system(system_clock::to_time_t(at)));
    ++compared;
    if (pacific.next_midnight(at) != expected) ++differences;
  }
  CHECK(compared > 500'000);
  CHECK(differences == 0);
}
