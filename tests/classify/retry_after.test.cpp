// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/classify/retry_after.hpp>
#include <ductile/core/now.hpp>
#include <ductile/core/transport.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

namespace {
constexpr WallTime at(int year, unsigned month, unsigned day, std::chrono::seconds time) {
  return WallTime{std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}}} + time;
}
const std::string date_header = "Tue, 24 Nov 2026 12:00:00 GMT";
}  // namespace

TEST_CASE("An HTTP date is read in all three of its forms", "[classify]") {
  const WallTime moment = at(1994, 11, 6, 8h + 49min + 37s);
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    CAPTURE(text);
    CHECK(parse_http_date(text) == moment);
  }
}

TEST_CASE("What is no date is not taken for one", "[classify]") {
  for (const char* text :
       {"", "soon", "Sun, 06 Nov 1994", "06 Nov 1994 25:00:00 GMT", "Sun, 31 Feb 2026 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT",
        "Sun, 06 06 06 Nov 1994 08:49:37 GMT", "99999999999999999999 Nov 1994 08:49:37"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text));
  }
}

TEST_CASE("Retry-After is a number of seconds or a date, and never negative", "[classify]") {
  const WallTime now = at(2026, 11, 24, 12h);
  CHECK(parse_retry_after("120", now) == 120s);
  CHECK(parse_retry_after(" 7 ", now) == 7s);
  CHECK(parse_retry_after("0", now) == 0s);
  CHECK(parse_retry_after("1.5", now) == 2s);  // rounded up: too early is worse than too late
  CHECK(parse_retry_after("Tue, 24 Nov 2026 12:00:30 GMT", now) == 30s);
  CHECK(parse_retry_after("Tue, 24 Nov 2026 11:00:00 GMT", now) == 0s);
  CHECK_FALSE(parse_retry_after("-5", now));
  CHECK_FALSE(parse_retry_after("a while", now));
  CHECK_FALSE(parse_retry_after("", now));
}

TEST_CASE("A wait beyond a year is cut, so that sums of times cannot overflow", "[classify]") {
  CHECK(parse_retry_after("999999999999", at(2026, 1, 1, 0s)) == longest_hint);
  CHECK(parse_retry_after("Fri, 31 Dec 2199 23:59:59 GMT", at(2026, 1, 1, 0s)) == longest_hint);
}

TEST_CASE("Of several headers the longest wait counts", "[classify]") {
  const std::vector<HttpHeader> headers{{"Retry-After", "3"}, {"retry-after-ms", "4500"}, {"RETRY-AFTER", "2"}};
  CHECK(retry_after(headers, WallTime{}) == 4500ms);
  CHECK_FALSE(retry_after({{"Content-Type", "text/plain"}}, WallTime{}));
}

TEST_CASE("A date is held against the answer's own Date, and without one it says nothing", "[classify]") {
  CHECK(retry_after({{"Date", date_header}, {"Retry-After", "Tue, 24 Nov 2026 12:01:00 GMT"}}) == 60s);
  CHECK_FALSE(retry_after({{"Retry-After", "Tue, 24 Nov 2026 12:01:00 GMT"}}));
  CHECK(retry_after({{"Retry-After", "9"}}) == 9s);
}

TEST_CASE("A hint is rounded up to whole seconds", "[classify]") {
  CHECK(rounded_up(5886582967ns) == 6s);
  CHECK(rounded_up(5s) == 5s);
  CHECK(rounded_up(1ns) == 1s);
}
