// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/now.hpp>            // Now, WallTime
#include <ductile/tools/colour_codes.hpp>  // without_colours
#include <ductile/tools/log_time.hpp>      // access_time, begins_with_clock, goes_on, leading_time, time_of_json

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
  std::optional<WallTime> time{};  ///< As the line says it; without a zone it is taken for UTC, without a year for the latest that fits.
  std::uint64_t line = 0;          ///< Of its first line, from 1.
};

/// Reads a log record by record, however large it is. A line that begins with a time is one with the lines after it that do not, or that a
/// collector of logs has dated one by one (kubectl, journald) though they are indented or close a brace; else each line is a record.
class LogRecords {
 public:
  /// \param now Before which its lines were written.
  /// \param begun The log's first letters, where they were read already: whole lines, each with its end.
  explicit LogRecords(std::istream& log, WallTime now = Now{}.wall(), std::string begun = {})
      : begun_(std::move(begun)), log_(log), now_(now) {}

  /// The next record; none at the end.
  [[nodiscard]] std::optional<LogRecord> next() {
    std::optional<LogRecord> record = std::exchange(ahead_, std::nullopt);
    while (read_line()) {
      ++number_;
      if (line_.ends_with('\r')) line_.pop_back();
      if (number_ == 1 && line_.starts_with("\xEF\xBB\xBF")) line_.erase(0, 3);
      if (line_.find('\x1B') != line_.npos) line_ = without_colours(line_);
      const auto time = detail::leading_time(line_, now_);
      has_dates_ = has_dates_ || time;
      const bool has_clock = !has_dates_ && detail::begins_with_clock(line_);
      has_clocks_ = has_clocks_ || has_clock;
      const auto of_object = line_.starts_with('{') ? detail::time_of_json(line_) : std::nullopt;
      const std::string_view rest = std::string_view{line_}.substr(time ? time->letters : 0);
      const std::size_t wrapping = time ? detail::letters_of_wrapping(rest) : 0;
      const bool goes_on = wrapping > 0 && detail::goes_on(rest.substr(wrapping));
      const bool is_object = line_.starts_with('{') && line_.ends_with('}');
      // Below a dated line stands the body that it speaks of; a further one is a line of a log that dates none.
      const bool is_next_object = is_object && std::exchange(had_object_, had_object_ || is_object);
      if (record && !is_next_object && (goes_on || ((has_dates_ || has_clocks_) && !time && !has_clock && !of_object))) {
        append(*record, "\n");
        append(*record, goes_on ? rest.substr(wrapping) : rest);
        continue;
      }
      if (line_.empty()) continue;
      had_object_ = is_object;
      LogRecord begun{.text = {}, .time = {}, .line = number_};
      if (time)
        begun.time = time->time;
      else
        begun.time = line_.starts_with('{') ? of_object : detail::access_time(line_);
      append(begun, rest);
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
  WallTime now_;
  std::string line_;
  std::uint64_t number_ = 0;
  bool has_dates_ = false;   // a line began with one
  bool has_clocks_ = false;  // the same of a time without a date
  bool had_object_ = false;  // a line of the record at hand was one
  std::optional<LogRecord> ahead_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
