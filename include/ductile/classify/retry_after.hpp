// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>        // WallTime
#include <ductile/core/transport.hpp>  // HttpHeader, header
#include <ductile/core/verdict.hpp>    // Duration
#include <ductile/detail/ascii.hpp>
#include <ductile/detail/min_max.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// The longest wait that is believed; what is longer is cut to it, so that sums cannot overflow.
inline constexpr Duration longest_hint = std::chrono::hours{24 * 366};

/// An HTTP date in any of its three forms ("Sun, 06 Nov 1994 08:49:37 GMT", RFC 850, asctime); none when it is not one, or in another zone.
///
/// Source   RFC 9110, 5.6.7. A year of two digits, which RFC 850 has, is one from 1970 to 2069.
[[nodiscard]] constexpr std::optional<WallTime> parse_http_date(std::string_view text) noexcept {
  using namespace std::chrono;
  constexpr std::array<std::string_view, 7> weekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
  // The order of the fields differs between the forms, their looks do not: a clock has colons, a month is letters, a year is long.
  bool has_clock = false;
  seconds clock{};  // since midnight
  std::array<std::int64_t, 2> numbers{};
  std::size_t count = 0;
  unsigned found_month = 0;
  while (!text.empty()) {
    std::size_t length = 0;
    while (length < text.size() && !detail::is_space(text[length]) && text[length] != ',' && text[length] != '-') ++length;
    const std::string_view word = text.substr(0, length);
    text.remove_prefix(detail::min(text.size(), length + 1));
    if (word.empty()) continue;
    if (word.size() == 8 && word[2] == ':' && word[5] == ':') {
      const auto hour = detail::whole_number(word.substr(0, 2));
      const auto minute = detail::whole_number(word.substr(3, 2));
      const auto second = detail::whole_number(word.substr(6, 2));
      if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
      clock = hours{*hour} + minutes{*minute} + seconds{*second};
      has_clock = true;
    } else if (const auto number = detail::whole_number(word)) {
      if (count == numbers.size()) return std::nullopt;
      numbers[count++] = *number;
    } else {
      bool known = detail::same_word(word, "gmt") || detail::same_word(word, "utc");  // another zone would be hours away
      for (const std::string_view weekday : weekdays) known = known || detail::same_word(word.substr(0, 3), weekday);
      for (unsigned i = 0; i < months.size(); ++i) {
        if (!detail::same_word(word, months[i])) continue;
        found_month = i + 1;
        known = true;
      }
      if (!known) return std::nullopt;
    }
  }
  if (!has_clock || found_month == 0 || count != 2 || numbers[0] > 31 || numbers[1] > 9999) return std::nullopt;
  std::int64_t full_year = numbers[1];
  if (full_year < 100) full_year += full_year < 70 ? 2000 : 1900;  // RFC 850 dates have two digits
  const year_month_day date{year{static_cast<int>(full_year)}, month{found_month}, day{static_cast<unsigned>(numbers[0])}};
  // Beyond these years a 64-bit count of nanoseconds overflows.
  if (!date.ok() || full_year < 1970 || full_year > 2200) return std::nullopt;
  return WallTime{sys_days{date}} + clock;
}

namespace detail {
// A number of units, a fraction rounded up: the next whole one is never too early. What is too long to count is a long wait.
[[nodiscard]] constexpr std::optional<Duration> counted(std::string_view text, Duration unit) noexcept {
  const std::size_t point = detail::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = text.substr(detail::min(text.size(), point + 1));
  if (whole.empty() || !all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  const std::int64_t count = whole_number(whole).value_or(std::numeric_limits<std::int64_t>::max());
  if (count >= longest_hint / unit) return longest_hint;
  return (count + (fraction.find_first_not_of('0') != std::string_view::npos ? 1 : 0)) * unit;
}
}  // namespace detail

/// How long one Retry-After value asks to wait: a number of seconds (a fraction is rounded up), or a date, held against `now` (past dates:
/// zero). None when it is neither.
///
/// Source   RFC 9110, 10.2.3.
[[nodiscard]] constexpr std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) noexcept {
  value = detail::trimmed(value);
  if (const auto seconds = detail::counted(value, std::chrono::seconds{1})) return seconds;
  if (const auto date = parse_http_date(value)) return detail::clamp<Duration>(*date - now, Duration::zero(), longest_hint);
  return std::nullopt;
}

/// How long the headers ask to wait: the longest of all Retry-After (seconds or date) and retry-after-ms; none when they say nothing.
///
/// A date is held against the answer's own Date: the clocks of two machines differ, and a test has a clock of its own.
///
/// \param received When the answer came, by the wall clock; what a date is held against where the answer has no Date. Without it such a
/// date
///   says nothing.
/// Source   RFC 9110, 10.2.3; `retry-after-ms` is an extension that several API clients read.
[[nodiscard]] inline std::optional<Duration> retry_after(const std::vector<HttpHeader>& headers,
                                                         std::optional<WallTime> received = std::nullopt) noexcept {
  const std::optional<WallTime> sent_at = parse_http_date(header(headers, "date"));
  const std::optional<WallTime> now = sent_at ? sent_at : received;
  std::optional<Duration> longest;
  for (const HttpHeader& candidate : headers) {
    std::optional<Duration> said;
    if (detail::same_word(candidate.name, "retry-after")) {
      said = now ? parse_retry_after(candidate.value, *now) : detail::counted(detail::trimmed(candidate.value), std::chrono::seconds{1});
    } else if (detail::same_word(candidate.name, "retry-after-ms")) {
      said = detail::counted(detail::trimmed(candidate.value), std::chrono::milliseconds{1});
    }
    if (said && (!longest || *said > *longest)) longest = said;
  }
  return longest;
}

/// A hint as a whole number of seconds, never less than what was said: services truncate what they say.
[[nodiscard]] constexpr Duration rounded_up(Duration hint) noexcept { return std::chrono::ceil<std::chrono::seconds>(hint); }

}  // namespace ductile::inline DUCTILE_VERSION
