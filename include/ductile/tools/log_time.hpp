// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>      // WallTime
#include <ductile/detail/ascii.hpp>  // contains, is_digit, is_letter, is_space, same_word, whole_number

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

// When a line of a log was written, in the forms that loggers, syslog and web servers have.
namespace ductile::inline DUCTILE_VERSION::tools::detail {

struct LeadingTime {
  WallTime time{};
  std::size_t letters = 0;
};

/// Whether a text begins in that form: '0' stands for a digit, 'a' for a letter, ' ' for a blank, all else for itself.
[[nodiscard]] constexpr bool has_form(std::string_view text, std::string_view form) noexcept {
  if (text.size() < form.size()) return false;
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? !ductile::detail::is_digit(text[i]) : form[i] == 'a' ? !ductile::detail::is_letter(text[i]) : text[i] != form[i])
      return false;
  return true;
}

[[nodiscard]] constexpr int figure(std::string_view text, std::size_t at, std::size_t digits) noexcept {
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) value = value * 10 + (text[i] - '0');
  return value;
}

/// Nanoseconds count from 1678 to 2262; what is far from both is no time of a log.
[[nodiscard]] constexpr bool is_a_day(std::chrono::year_month_day date) noexcept {
  return date.ok() && date.year() >= std::chrono::year{1970} && date.year() <= std::chrono::year{2199};
}

/// The number of a month by its three letters, in any case; 0: none.
[[nodiscard]] constexpr unsigned month_named(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
  for (unsigned month = 0; month < months.size(); ++month)
    if (ductile::detail::same_word(months[month], name)) return month + 1;
  return 0;
}

/// "+01:00", "-0800" behind a time: how far its zone is ahead of UTC; nought where none is said.
[[nodiscard]] inline std::chrono::minutes zone_offset(std::string_view text) noexcept {
  if (text.size() < 5 || (text.front() != '+' && text.front() != '-')) return {};
  const std::size_t minutes_at = text[3] == ':' ? 4 : 3;
  const auto hours = ductile::detail::whole_number(text.substr(1, 2));
  const auto minutes = ductile::detail::whole_number(text.substr(minutes_at, 2));
  if (!hours || !minutes || text.size() < minutes_at + 2 || *hours > 14 || *minutes > 59) return {};
  const std::chrono::minutes offset{*hours * 60 + *minutes};
  return text.front() == '-' ? -offset : offset;
}

/// How many letters of a line say how urgent it is, as syslog writes it on the wire: "<134>", and in its newer form "<134>1 ".
[[nodiscard]] constexpr std::size_t priority_letters(std::string_view line) noexcept {
  constexpr std::size_t longest = 5;  // "<191>"
  const std::size_t end = line.substr(0, longest).find('>');
  if (!line.starts_with('<') || end == line.npos || end < 2) return 0;
  for (std::size_t i = 1; i < end; ++i)
    if (!ductile::detail::is_digit(line[i])) return 0;
  return has_form(line.substr(end + 1), "0 ") ? end + 3 : end + 1;
}

/// Whether a line begins as loggers write a date: "2026-11-24T10:00:00", "2026-11-24 10:00:00", "[2026-11-24 ...", "2026/11/24 10:00:00".
[[nodiscard]] constexpr bool begins_with_date(std::string_view line) noexcept {
  if (line.starts_with('[')) line.remove_prefix(1);
  for (const std::string_view form : {"0000-00-00T00:00", "0000-00-00 00:00", "0000/00/00 00:00", "0000/00/00T00:00"})
    if (has_form(line, form)) return true;
  return false;
}

/// Whether a line begins as the older syslog writes a time: "Nov 30 18:25:01", "Nov  3 18:25:01".
[[nodiscard]] constexpr bool begins_with_month(std::string_view line) noexcept {
  return (has_form(line, "aaa 00 00:00:00") || has_form(line, "aaa  0 00:00:00")) && month_named(line.substr(0, 3)) != 0;
}

/// Whether a line begins with a time of no day, as some loggers write it: "10:00:00.123 ", "10:00:00 [".
[[nodiscard]] constexpr bool begins_with_clock(std::string_view line) noexcept {
  return has_form(line, "00:00:00 ") || has_form(line, "00:00:00.000") || has_form(line, "00:00:00,000");
}

/// How many letters behind its time a collector of logs has put before a line of somebody else's: " stderr F " (kubernetes), or
/// " host name[17]: " (journald). 0: none.
[[nodiscard]] constexpr std::size_t letters_of_wrapping(std::string_view rest) noexcept {
  for (const std::string_view stream : {" stdout F ", " stderr F ", " stdout P ", " stderr P "})
    if (rest.starts_with(stream)) return stream.size();
  constexpr std::string_view end{"]: "};
  const std::size_t open = rest.find('[');
  const std::size_t close = rest.find(end);
  if (!rest.starts_with(' ') || open == rest.npos || close == rest.npos || close < open + 2) return 0;
  for (std::size_t i = open + 1; i < close; ++i)
    if (!ductile::detail::is_digit(rest[i])) return 0;
  const std::string_view names = rest.substr(1, open - 1);  // of the host, and of the program
  const std::size_t blank = names.find(' ');
  return blank == names.npos || names.find(' ', blank + 1) != names.npos ? 0 : close + end.size();
}

/// Whether a wrapped line goes on with the one before it: it is indented, opens a brace and no more, or closes one.
[[nodiscard]] constexpr bool goes_on(std::string_view line) noexcept {
  return line == "{" || line.starts_with(' ') || line.starts_with('\t') || line.starts_with('}') || line.starts_with(']');
}

/// Whether a line begins like a log's.
[[nodiscard]] constexpr bool begins_with_time(std::string_view line) noexcept {
  line.remove_prefix(priority_letters(line));
  return begins_with_date(line) || begins_with_month(line);
}

/// The moment of a date as loggers write it, and how many letters say so; none when the text begins with none.
[[nodiscard]] inline std::optional<LeadingTime> dated_time(std::string_view text) noexcept {
  using namespace std::chrono;
  if (!begins_with_date(text)) return std::nullopt;
  const std::size_t begin = text.starts_with('[') ? 1 : 0;
  const year_month_day date{year{figure(text, begin, 4)}, month{static_cast<unsigned>(figure(text, begin + 5, 2))},
                            day{static_cast<unsigned>(figure(text, begin + 8, 2))}};
  if (!is_a_day(date)) return std::nullopt;
  WallTime time = WallTime{sys_days{date}} + hours{figure(text, begin + 11, 2)} + minutes{figure(text, begin + 14, 2)};
  std::size_t at = begin + 16;
  if (has_form(text.substr(at), ":00")) {
    time += seconds{figure(text, at + 1, 2)};
    at += 3;
  }
  while (at < text.size() && (ductile::detail::is_digit(text[at]) || text[at] == '.' || text[at] == ',')) ++at;
  time -= zone_offset(text.substr(at));
  while (at < text.size() && ductile::detail::contains("+-:0123456789Z]", text.substr(at, 1))) ++at;
  return LeadingTime{time, at};
}

/// The same of the older syslog, which names no year: the latest in which it had come by `now`, give or take the zones of the earth.
[[nodiscard]] inline std::optional<LeadingTime> yearless_time(std::string_view text, WallTime now) noexcept {
  using namespace std::chrono;
  constexpr int between_leap_days = 8;
  if (!begins_with_month(text)) return std::nullopt;
  const month named{month_named(text.substr(0, 3))};
  const day of_month{static_cast<unsigned>(text[4] == ' ' ? figure(text, 5, 1) : figure(text, 4, 2))};
  const auto of_day = hours{figure(text, 7, 2)} + minutes{figure(text, 10, 2)} + seconds{figure(text, 13, 2)};
  const year latest = year_month_day{floor<days>(now + days{1})}.year();
  for (year each = latest; each >= latest - years{between_leap_days}; --each) {
    const year_month_day date{each, named, of_month};
    if (!is_a_day(date)) continue;
    if (const WallTime time = WallTime{sys_days{date}} + of_day; time <= now + days{1}) return LeadingTime{time, 15};
  }
  return std::nullopt;
}

/// How many letters stand before the date of a line that says something else first: who wrote it ("app-1  | ", "[pod/x] "), how grave it is
/// ("ERROR "), or what the date is called (`time="`). 0: none that is known.
[[nodiscard]] constexpr std::size_t letters_before_date(std::string_view line) noexcept {
  constexpr std::size_t farthest = 80;
  constexpr std::array<std::string_view, 8> levels{"ERROR", "WARNING", "WARN", "INFO", "DEBUG", "FATAL", "CRITICAL", "TRACE"};
  constexpr std::array<std::string_view, 3> names{"time=", "ts=", "timestamp="};
  for (std::size_t at = 1; at < std::min(farthest, line.size()); ++at) {
    if (!begins_with_date(line.substr(at))) continue;
    std::string_view before = line.substr(0, at);
    if (before.ends_with("| ") || (before.starts_with('[') && before.ends_with("] "))) return at;
    if (before.ends_with('"')) before.remove_suffix(1);
    for (const std::string_view name : names)
      if (before.ends_with(name) && (before.size() == name.size() || before[before.size() - name.size() - 1] == ' ')) return at;
    while (before.ends_with(' ') || before.ends_with('[')) before.remove_suffix(1);
    for (const std::string_view level : levels)
      if (before == level) return at;
    return 0;
  }
  return 0;
}

/// The moment that a line begins with, and how many of its letters say so; none when it begins with none.
[[nodiscard]] inline std::optional<LeadingTime> leading_time(std::string_view line, WallTime now) noexcept {
  std::size_t before = priority_letters(line);
  if (before == 0) before = letters_before_date(line);
  auto time = dated_time(line.substr(before));
  if (!time) time = yearless_time(line.substr(before), now);
  if (time) time->letters += before;
  return time;
}

/// The time of a line of a web server's or proxy's log: `192.0.2.1 - - [24/Nov/2026:10:00:00 +0100] "POST ...`.
[[nodiscard]] inline std::optional<WallTime> access_time(std::string_view line) noexcept {
  using namespace std::chrono;
  constexpr std::size_t farthest = 120;  // names stand before it
  constexpr std::string_view form{"[00/aaa/0000:00:00:00"};
  const std::size_t begin = line.substr(0, farthest).find('[');
  if (begin == line.npos || !has_form(line.substr(begin), form)) return std::nullopt;
  const std::string_view text = line.substr(begin, form.size());
  const year_month_day date{year{figure(text, 8, 4)}, month{month_named(text.substr(4, 3))},
                            day{static_cast<unsigned>(figure(text, 1, 2))}};
  if (!is_a_day(date)) return std::nullopt;
  const std::string_view behind = line.substr(begin + form.size());
  return WallTime{sys_days{date}} + hours{figure(text, 13, 2)} + minutes{figure(text, 16, 2)} + seconds{figure(text, 19, 2)} -
         zone_offset(behind.starts_with(' ') ? behind.substr(1) : behind);
}

/// A moment counted from 1970 on, in the unit in which such a count is one of our days: seconds (ten digits), or thousandths, millionths or
/// billionths of one. None for a number that is no such count.
[[nodiscard]] inline std::optional<WallTime> counted_time(std::string_view text) noexcept {
  constexpr double earliest = 1e9;          // 2001: before it the digits of two units overlap
  constexpr double latest = 7'258'118'400;  // 2200
  double count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool ends = end == text.data() + text.size() || ductile::detail::contains("\",} \t\r", std::string_view{end, 1});
  if (error != std::errc{} || !ends) return std::nullopt;
  for (const double unit : {1.0, 1e3, 1e6, 1e9})
    if (count >= earliest * unit && count < latest * unit) return WallTime{std::chrono::microseconds{std::llround(count / unit * 1e6)}};
  return std::nullopt;
}

/// The time that a JSON record says of itself, as a date or a count; none when it says none.
[[nodiscard]] inline std::optional<WallTime> time_of_json(std::string_view record) noexcept {
  for (const std::string_view member : {"\"time\"", "\"timestamp\"", "\"@timestamp\"", "\"ts\"", "\"at\""}) {
    const std::size_t found = record.find(member);
    if (found == record.npos) continue;
    std::string_view value = record.substr(found + member.size());
    while (!value.empty() && (ductile::detail::is_space(value.front()) || value.front() == ':' || value.front() == '"'))
      value.remove_prefix(1);
    if (const auto time = dated_time(value)) return time->time;
    if (const auto time = counted_time(value)) return time;
  }
  return std::nullopt;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::detail
