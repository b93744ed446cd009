// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>        // WallTime
#include <ductile/core/transport.hpp>  // HttpHeader, header
#include <ductile/core/verdict.hpp>    // Duration
#include <ductile/detail/ascii.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// The longest wait that is believed; what is longer is cut to it, so that sums cannot overflow.
inline constexpr Duration longest_hint = std::chrono::hours{24 * 366};

/// An HTTP date in any of its three forms ("Sun, 06 Nov 1994 08:49:37 GMT", RFC 850, asctime); none when it is not one.
///
/// Source   RFC 9110, 5.6.7.
[[nodiscard]] constexpr std::optional<WallTime> parse_http_date(std::string_view text) noexcept {
  using namespace std::chrono;
  constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
  // The order of the fields differs between the forms, their looks do not: a clock has colons, a month is letters, a year is long.
  std::optional<hh_mm_ss<seconds>> clock;
  std::array<std::int64_t, 2> numbers{};
  std::size_t count = 0;
  unsigned found_month = 0;
  while (!text.empty()) {
    std::size_t length = 0;
    while (length < text.size() && !detail::is_space(text[length]) && text[length] != ',' && text[length] != '-') ++length;
    const std::string_view word = text.substr(0, length);
    text.remove_prefix(std::min(text.size(), length + 1));
    if (word.empty()) continue;
    if (word.size() == 8 && word[2] == ':' && word[5] == ':') {
      const auto hour = detail::whole_number(word.substr(0, 2));
      const auto minute = detail::whole_number(word.substr(3, 2));
      const auto second = detail::whole_number(word.substr(6, 2));
      if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
      clock = hh_mm_ss<seconds>{hours{*hour} + minutes{*minute} + seconds{*second}};
    } else if (const auto number = detail::whole_number(word)) {
      if (count == numbers.size()) return std::nullopt;
      numbers[count++] = *number;
    } else if (word.size() == 3) {
      for (unsigned index = 0; index < months.size(); ++index)
        if (detail::same_word(word, months[index])) found_month = index + 1;
    }
  }
  if (!clock || found_month == 0 || count != 2 || numbers[0] > 31 || numbers[1] > 9999) return std::nullopt;
  std::int64_t full_year = numbers[1];
  if (full_year < 100) full_year += full_year < 70 ? 2000 : 1900;  // RFC 850 dates have two digits
  const year_month_day date{year{static_cast<int>(full_year)}, month{found_month}, day{static_cast<unsigned>(numbers[0])}};
  // Beyond these years a 64-bit count of nanoseconds overflows.
  if (!date.ok() || full_year < 1970 || full_year > 2200) return std::nullopt;
  return WallTime{sys_days{date}} + clock->to_duration();
}

/// How long one Retry-After value asks to wait: a number of seconds (a fraction is tolerated), or a date (past dates: zero).
[[nodiscard]] constexpr std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) noexcept {
  value = detail::trimmed(value);
  const std::size_t point = value.find('.');
  const auto whole = detail::whole_number(value.substr(0, point));
  if (whole) {
    // A fraction says "a bit more": the next whole second is never too early.
    const bool fraction = point != std::string_view::npos && value.find_first_not_of('0', point + 1) != std::string_view::npos;
    constexpr auto most = std::chrono::duration_cast<std::chrono::seconds>(longest_hint).count();
    return std::chrono::seconds{std::min<std::int64_t>(*whole, most) + (fraction ? 1 : 0)};
  }
  if (const auto date = parse_http_date(value)) return std::clamp<Duration>(*date - now, Duration::zero(), longest_hint);
  return std::nullopt;
}

/// How long the headers ask to wait: the longest of all Retry-After (seconds or date) and retry-after-ms; none when they say nothing.
///
/// Source   RFC 9110, 10.2.3; `retry-after-ms` is an extension that several API clients read.
[[nodiscard]] inline std::optional<Duration> retry_after(const std::vector<HttpHeader>& headers, WallTime now) noexcept {
  std::optional<Duration> longest;
  for (const HttpHeader& candidate : headers) {
    std::optional<Duration> said;
    if (detail::same_word(candidate.name, "retry-after")) {
      said = parse_retry_after(candidate.value, now);
    } else if (detail::same_word(candidate.name, "retry-after-ms")) {
      const std::string_view value = detail::trimmed(candidate.value);
      if (const auto whole = detail::whole_number(value.substr(0, value.find('.')))) {
        constexpr auto most = std::chrono::duration_cast<std::chrono::milliseconds>(longest_hint).count();
        said = std::chrono::milliseconds{std::min<std::int64_t>(*whole, most)};
      }
    }
    if (said && (!longest || *said > *longest)) longest = said;
  }
  return longest;
}

/// The same, with dates held against the answer's own Date: the clocks of two machines differ, and a test has a clock of its own. Without
/// a Date a date says nothing.
[[nodiscard]] inline std::optional<Duration> retry_after(const std::vector<HttpHeader>& headers) noexcept {
  const auto sent_at = parse_http_date(header(headers, "date"));
  const auto said = retry_after(headers, sent_at.value_or(WallTime::max()));
  return said && (sent_at || *said > Duration::zero()) ? said : std::nullopt;
}

/// A hint as a whole number of seconds, never less than what was said: services truncate what they say.
[[nodiscard]] constexpr Duration rounded_up(Duration hint) noexcept { return std::chrono::ceil<std::chrono::seconds>(hint); }

}  // namespace ductile::inline DUCTILE_VERSION
