// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>
#include <ductile/tools/doctor_har.hpp>   // har_answers
#include <ductile/tools/log_records.hpp>  // LogRecords
#include <ductile/tools/log_scan.hpp>     // LogScan
#include <ductile/tools/log_time.hpp>     // dated_time
#include <ductile/tools/rest_of.hpp>

#include <boost/json.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

/// Whether a text begins so, whatever white space stands between the letters.
[[nodiscard]] inline bool begins_with_letters(std::string_view text, std::string_view letters) noexcept {
  for (const char letter : letters) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    if (text.empty() || text.front() != letter) return false;
    text.remove_prefix(1);
  }
  return true;
}

/// Whether a file that begins so is an archive of exchanges (HAR), or one entry of it, by the first member.
[[nodiscard]] inline bool begins_an_archive(std::string_view begun) noexcept {
  for (const std::string_view first : {"{\"log\"", "{\"startedDateTime\""})
    if (begins_with_letters(begun, first)) return true;
  return false;
}

[[nodiscard]] inline LogScan scan_archive(const std::string& text) {
  LogScan scan;
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error, {}, {.max_depth = 512});
  std::uint64_t number = 0;
  if (!error && value.is_object())
    for (const HarAnswer& answer : har_answers(value.get_object())) {
      const auto time = dated_time(answer.begun);
      scan.add(answer.response, {time ? std::optional{time->time} : std::nullopt, ++number});
    }
  return scan;
}

}  // namespace detail

/// What a log says of its failures: lines of text, or an archive of exchanges (HAR), whose entries are its lines.
///
/// Errors   None: what is cut off in the midst of an archive is read as lines. Where reading breaks off, `log.bad()` is true after it.
/// Cost     As `LogScan`; an archive is held in memory, some three times its size.
[[nodiscard]] inline LogScan scan_log(std::istream& log, WallTime now = Now{}.wall()) {
  std::string begun;
  std::string line;
  for (int lines = 0; lines < 3 && std::getline(log, line); ++lines) begun += line + '\n';
  if (begun.starts_with("\xEF\xBB\xBF")) begun.erase(0, 3);
  if (detail::begins_an_archive(begun)) {
    begun += rest_of(log);
    LogScan archive = detail::scan_archive(begun);
    if (archive.records() > 0) return archive;
  }
  LogRecords records{log, now, std::move(begun)};
  LogScan scan;
  while (const auto record = records.next()) scan.add(*record);
  return scan;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
