// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>            // WallTime
#include <ductile/tools/doctor_input.hpp>  // begins_with_time

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools {

/// One record of a log: a line, with those that belong to it.
struct LogRecord {
  std::string text{};              ///< Without the time that it begins with; what is longer than 64 KiB is cut.
  std::optional<WallTime> time{};  ///< As the line says it; without a zone it is taken for UTC.
  std::uint64_t line = 0;          ///< Of its first line, from 1.
};

namespace detail {

struct LeadingTime {
  WallTime time{};
  std::size_t letters = 0;
};

/// "+01:00", "-0800" behind a time: how far its zone is ahead of UTC; nought where none is said.
[[nodiscard]] inline std::chrono::minutes zone_offset(std::string_view text) noexcept {
  if (text.size() < 5 || (text.front() != '+' && text.front() != '-')) return {};
  const std::size_t minutes_at = text[3] == ':' ? 4 : 3;
  const auto hours = whole_number(text.substr(1, 2));
  const auto minutes = whole_number(text.substr(minutes_at, 2));
  if (!hours || !minutes || text.size() < minutes_at + 2 || *hours > 14 || *minutes > 59) return {};
  const std::chrono::minutes offset{*hours * 60 + *minutes};
  return text.front() == '-' ? -offset : offset;
}

/// The moment that a line begins with, and how many of its letters say so; none when it begins with none.
[[nodiscard]] inline std::optional<LeadingTime> leading_time(std::string_view line) noexcept {
  if (!begins_with_time(line)) return std::nullopt;
  using namespace std::chrono;
  const std::size_t bracket = line.starts_with('[') ? 1 : 0;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = 0;
    for (std::size_t i = at; i < at + digits; ++i) value = value * 10 + (line[bracket + i] - '0');
    return value;
  };
  const year_month_day date{year{number(0, 4)}, month{static_cast<unsigned>(number(5, 2))}, day{static_cast<unsigned>(number(8, 2))}};
  if (!date.ok() || number(0, 4) < 1970 || number(0, 4) > 2199) return std::nullopt;  // beyond, nanoseconds do not fit
  WallTime time = WallTime{sys_days{date}} + hours{number(11, 2)} + minutes{number(14, 2)};
  std::size_t at = bracket + 16;
  if (line.size() >= at + 3 && line[at] == ':' && is_digit(line[at + 1]) && is_digit(line[at + 2])) {
    time += seconds{number(17, 2)};
    at += 3;
  }
  while (at < line.size() && (is_digit(line[at]) || line[at] == '.' || line[at] == ',')) ++at;
  time -= zone_offset(line.substr(at));
  while (at < line.size() && contains("+-:0123456789Z]", line.substr(at, 1))) ++at;
  return LeadingTime{time, at};
}

/// The time of a line of a web server's or proxy's log: `192.0.2.1 - - [24/Nov/2026:10:00:00 +0100] "POST ...`.
[[nodiscard]] inline std::optional<WallTime> access_time(std::string_view line) noexcept {
  constexpr std::size_t farthest = 120;  // names stand before it
  constexpr std::string_view form{"[00/aaa/0000:00:00:00"};
  constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
  const std::size_t begin = line.substr(0, farthest).find('[');
  if (begin == line.npos || line.size() < begin + form.size()) return std::nullopt;
  const std::string_view text = line.substr(begin, form.size());
  for (std::size_t i = 0; i < form.size(); ++i)
    if (form[i] == '0' ? !is_digit(text[i]) : form[i] == 'a' ? !is_letter(text[i]) : text[i] != form[i]) return std::nullopt;
  const auto number = [text](std::size_t at, std::size_t digits) { return static_cast<int>(*whole_number(text.substr(at, digits))); };
  unsigned month = 0;
  while (month < months.size() && !same_word(months[month], text.substr(4, 3))) ++month;
  const std::chrono::year_month_day date{std::chrono::year{number(8, 4)}, std::chrono::month{month + 1},
                                         std::chrono::day{static_cast<unsigned>(number(1, 2))}};
  if (!date.ok() || number(8, 4) < 1970 || number(8, 4) > 2199) return std::nullopt;
  const std::string_view behind = line.substr(begin + form.size());
  return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{number(13, 2)} + std::chrono::minutes{number(16, 2)} +
         std::chrono::seconds{number(19, 2)} - zone_offset(behind.starts_with(' ') ? behind.substr(1) : behind);
}

/// The time that a JSON record says of itself; none when it says none.
[[nodiscard]] inline std::optional<WallTime> time_of_json(std::string_view record) noexcept {
  for (const std::string_view member : {"\"time\"", "\"timestamp\"", "\"@timestamp\"", "\"ts\"", "\"at\""}) {
    const std::size_t found = record.find(member);
    if (found == record.npos) continue;
    std::string_view value = record.substr(found + member.size());
    while (!value.empty() && (is_space(value.front()) || value.front() == ':' || value.front() == '"')) value.remove_prefix(1);
    if (const auto time = leading_time(value)) return time->time;
  }
  return std::nullopt;
}

}  // namespace detail

/// Reads a log record by record, however large it is. Where a line begins with a time, those after it that do not belong to it; else each
/// line is a record.
class LogRecords {
 public:
  /// \param begun The log's first letters, where they were read already: whole lines, each with its end.
  explicit LogRecords(std::istream& log, std::string begun = {}) : begun_(std::move(begun)), log_(log) {}

  /// The next record; none at the end.
  [[nodiscard]] std::optional<LogRecord> next() {
    std::optional<LogRecord> record = std::exchange(ahead_, std::nullopt);
    while (read_line()) {
      ++number_;
      if (line_.ends_with('\r')) line_.pop_back();
      if (number_ == 1 && line_.starts_with("\xEF\xBB\xBF")) line_.erase(0, 3);
      const auto time = detail::leading_time(line_);
      has_times_ = has_times_ || time;
      const bool continues = record && has_times_ && !time && !line_.starts_with('{');
      if (continues) {
        append(*record, "\n");
        append(*record, line_);
        continue;
      }
      if (line_.empty()) continue;
      LogRecord begun{.text = {}, .time = {}, .line = number_};
      if (time)
        begun.time = time->time;
      else
        begun.time = line_.starts_with('{') ? detail::time_of_json(line_) : detail::access_time(line_);
      append(begun, std::string_view{line_}.substr(time ? time->letters : 0));
      if (record) {
        ahead_ = std::move(begun);
        return record;
      }
      record = std::move(begun);
    }
    return record;
  }

 private:
  static constexpr std::size_t longest = std::size_t{64} * 1024;

  bool read_line() { return static_cast<bool>(std::getline(begun_, line_)) || std::getline(log_, line_); }

  static void append(LogRecord& record, std::string_view text) {
    if (record.text.size() < longest) record.text.append(text.substr(0, longest - record.text.size()));
  }

  std::istringstream begun_;
  std::istream& log_;
  std::string line_;
  std::uint64_t number_ = 0;
  bool has_times_ = false;
  std::optional<LogRecord> ahead_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
