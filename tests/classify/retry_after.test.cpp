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
        "Sun, 06 06 06 Nov 1994 08:49:37 GMT", "99999999999999999999 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 EST",
        "Sun, 06 Nov 1994 08:49:37 +0100", "Sun, 06 Nov 1994 08:49:37 -0100", "Son, 06 Nov 1994 08:49:37 GMT", "2026-11-24T12:00:00Z",
        "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT", "08:49:37"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_http_date(text));
  }
}

TEST_CASE("Retry-After is a number of seconds or a date, and never negative", "[classify]") {
  struct Row {
    const char* value;
    std::optional<Duration> wait;
  };
  for (const Row& row : {Row{"120", 120s},
                         Row{" 7 ", 7s},
                         Row{"0", 0s},
                         Row{"007", 7s},
                         Row{"1.5", 2s},  // rounded up: too early is worse than too late
                         Row{"1.000", 1s},
                         Row{"5.", 5s},
                         Row{"Tue, 24 Nov 2026 12:00:30 GMT", 30s},
                         Row{"Tuesday, 24-Nov-26 12:00:30 GMT", 30s},
                         Row{"Tue Nov 24 12:00:30 2026", 30s},
                         Row{"tue, 24 nov 2026 12:00:30 gmt", 30s},
                         Row{"Tue, 24 Nov 2026 23:59:60 GMT", 12h},  // a leap second
                         Row{"Tue, 24 Nov 2026 12:00:00 GMT", 0s},
                         Row{"Tue, 24 Nov 2026 11:00:00 GMT", 0s},  // has passed
                         Row{"Thu, 01 Jan 1970 00:00:00 GMT", 0s},
                         Row{"-5", std::nullopt},
                         Row{"+5", std::nullopt},
                         Row{"5s", std::nullopt},
                         Row{"5 000", std::nullopt},
                         Row{"1e3", std::nullopt},
                         Row{"1.5.2", std::nullopt},
                         Row{".5", std::nullopt},
                         Row{"a while", std::nullopt},
                         Row{"", std::nullopt}}) {
    CAPTURE(row.value);
    CHECK(parse_retry_after(row.value, at(2026, 11, 24, 12h)) == row.wait);
  }
}

TEST_CASE("A wait beyond a year is cut, so that sums of times cannot overflow", "[classify]") {
  for (const char* value : {"999999999999", "9223372036854775807", "9223372036854775808", "99999999999999999999999999999999999999.5",
                            "Fri, 31 Dec 2199 23:59:59 GMT"}) {
    CAPTURE(value);
    CHECK(parse_retry_after(value, at(2026, 1, 1, 0s)) == longest_hint);
  }
  CHECK(retry_after({{"retry-after-ms", "9223372036854775807"}}) == longest_hint);
  CHECK(retry_after({{"retry-after-ms", "99999999999999999999999"}}) == longest_hint);
}

TEST_CASE("Of several headers the longest wait counts", "[classify]") {
  struct Row {
    std::vector<HttpHeader> headers;
    std::optional<Duration> wait;
  };
  const std::vector<Row> rows{{{{"Retry-After", "3"}, {"retry-after-ms", "4500"}, {"RETRY-AFTER", "2"}}, 4500ms},
                              {{{"retry-after-ms", "4500"}, {"Retry-After", "5"}}, 5s},
                              {{{"retry-after-ms", "1.2"}}, 2ms},
                              {{{"retry-after-ms", "soon"}, {"Retry-After", "later"}}, std::nullopt},
                              {{{"retry-after-ms", "soon"}, {"Retry-After", "1"}}, 1s},
                              {{{"Retry-After", "0"}}, 0s},
                              {{{"Content-Type", "text/plain"}}, std::nullopt},
                              {{}, std::nullopt}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    CHECK(retry_after(rows[i].headers) == rows[i].wait);
    CHECK(retry_after(rows[i].headers, at(2026, 11, 24, 12h)) == rows[i].wait);
  }
}

TEST_CASE("A date is held against the answer's own Date, whatever the clock here says", "[classify]") {
  for (const char* date : {"Tue, 24 Nov 2026 12:01:00 GMT", "Tuesday, 24-Nov-26 12:01:00 GMT", "Tue Nov 24 12:01:00 2026"}) {
    const std::vector<HttpHeader> headers{{"Date", date_header}, {"Retry-After", date}};
    CAPTURE(date);
    for (const WallTime here : {at(2026, 11, 24, 12h), at(2026, 11, 24, 3h), at(2031, 1, 1, 0s)}) CHECK(retry_after(headers, here) == 60s);
    CHECK(retry_after(headers) == 60s);
  }
}

TEST_CASE("Without a Date a date is held against the moment of arrival, and without that it says nothing", "[classify]") {
  for (const std::vector<HttpHeader>& headers :
       {std::vector<HttpHeader>{{"Retry-After", "Tue, 24 Nov 2026 12:01:00 GMT"}},
        std::vector<HttpHeader>{{"Date", "today"}, {"Retry-After", "Tue, 24 Nov 2026 12:01:00 GMT"}}}) {
    CHECK_FALSE(retry_after(headers));
    CHECK(retry_after(headers, at(2026, 11, 24, 12h + 20s)) == 40s);
    CHECK(retry_after(headers, at(2026, 11, 24, 13h)) == 0s);
  }
  CHECK(retry_after({{"Retry-After", "9"}}) == 9s);
}

TEST_CASE("A hint is rounded up to whole seconds", "[classify]") {
  CHECK(rounded_up(5886582967ns) == 6s);
  CHECK(rounded_up(5s) == 5s);
  CHECK(rounded_up(1ns) == 1s);
}
