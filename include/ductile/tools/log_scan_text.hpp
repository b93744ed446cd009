// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>          // Billed, is_about_content, name
#include <ductile/core/now.hpp>           // WallTime
#include <ductile/core/quota_window.hpp>  // quota_cost
#include <ductile/detail/iso_time.hpp>
#include <ductile/gemini/failures.hpp>  // find_failure, is_mended_outside, verdict_of
#include <ductile/tools/doctor.hpp>     // detail::JsonLine, detail::when_to_retry
#include <ductile/tools/log_scan.hpp>   // LogFailure, LogMoment, LogScan, SeenSign, StopSign

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a scan of a log is told as: for people, and as JSON.
namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

[[nodiscard]] inline std::string moment_text(const LogMoment& moment) {
  return moment.time ? ductile::detail::iso_time(*moment.time) : "line " + std::to_string(moment.line);
}

[[nodiscard]] inline std::string column(std::string text, std::size_t width) {
  text.append(text.size() < width ? width - text.size() : 1, ' ');
  return text;
}

/// What a sign says, and the next step.
struct SignWords {
  std::string what;
  std::string_view next;
};
[[nodiscard]] inline SignWords words_of(const SeenSign& seen) {
  const gemini::FailureRow* row = gemini::find_failure(seen.id);
  switch (seen.sign) {
    case StopSign::half_an_hour:
      return {seen.id + " for half an hour, with nothing well in between", row ? row->fix : "Look at one of them with ductile doctor."};
    case StopSign::prohibited:
      return {seen.id + ": content that the service prohibits",
              "Send no such prompt again; the project may be suspended. Find out who asked for it."};
    case StopSign::several_kinds:
      return {"three kinds of failure within a minute, " + seen.id + " the last of them",
              "Stop sending, and try one cheap call by hand (ductile doctor check): it is the account, the network or the whole "
              "service."};
  }
  return {};
}

/// Whether another tier would help.
struct TierWords {
  std::uint64_t helps = 0;
  std::uint64_t overload = 0;
  std::uint64_t content = 0;
};
[[nodiscard]] inline TierWords tier_words(const std::vector<LogFailure>& rows) noexcept {
  TierWords words;
  for (const LogFailure& row : rows) {
    if (row.is_of_tier) words.helps += row.count;
    if (row.kind == Kind::overload) words.overload += row.count;
    if (is_about_content(row.kind)) words.content += row.count;
  }
  return words;
}

/// What was asked in vain, and what that cost: how many of them the service counts in its windows, and how many it may charge.
struct UselessRetries {
  std::uint64_t requests = 0;
  std::uint64_t counted = 0;
  std::uint64_t billed = 0;
};
[[nodiscard]] inline UselessRetries useless_of(const std::vector<LogFailure>& rows) noexcept {
  UselessRetries useless;
  for (const LogFailure& row : rows) {
    useless.requests += row.useless;
    const gemini::FailureRow* known = gemini::find_failure(row.id);
    if (!known) continue;
    if (quota_cost(gemini::verdict_of(*known), {.requests = 1}).requests > 0) useless.counted += row.useless;
    if (known->billed != Billed::no && known->billed != Billed::unknown) useless.billed += row.useless;
  }
  return useless;
}

}  // namespace detail

/// The scan for people: what failed, how often and when; what was asked in vain; whether another tier would help; signs to stop.
[[nodiscard]] inline std::string log_scan_text(const LogScan& scan) {
  const std::vector<LogFailure> rows = scan.rows();
  std::string text = std::to_string(scan.records()) + " records, " + std::to_string(scan.failures()) + " failures of " +
                     std::to_string(rows.size()) + " sorts";
  if (scan.first() && scan.last())
    text += ", " + ductile::detail::iso_time(*scan.first()) + " to " + ductile::detail::iso_time(*scan.last());
  text += "\n";
  if (rows.empty()) return text;
  text += "\n" + detail::column("count", 9) + detail::column("first", 22) + detail::column("last", 22) + detail::column("failure", 34) +
          "again\n";
  for (const LogFailure& row : rows) {
    const gemini::FailureRow* known = gemini::find_failure(row.id);
    const bool outside = known && gemini::is_mended_outside(*known);
    text += detail::column(std::to_string(row.count), 9) + detail::column(detail::moment_text(row.first), 22) +
            detail::column(detail::moment_text(row.last), 22) + detail::column(row.id, 34);
    text.append(detail::when_to_retry(row.remedy, outside)).append("\n");
  }
  text += "\n";
  const detail::UselessRetries useless = detail::useless_of(rows);
  if (useless.requests > 0) {
    detail::add_line(text, "in vain",
                     std::to_string(useless.requests) + " of them repeat what no repeat cures; " + std::to_string(useless.counted) +
                         " count against the quota, " + std::to_string(useless.billed) + " may be charged:");
    for (const LogFailure& row : rows)
      if (row.useless > 0) detail::add_line(text, "", std::to_string(row.useless) + " " + row.id);
  }
  const detail::TierWords tier = detail::tier_words(rows);
  std::string helps =
      tier.helps > 0 ? "would help with " + std::to_string(tier.helps) + ", which are limits of this one" : "would not help";
  if (tier.overload > 0) helps += "; not with the " + std::to_string(tier.overload) + " for want of room, which every tier gets";
  if (tier.content > 0) helps += "; not with the " + std::to_string(tier.content) + " withheld";
  detail::add_line(text, "a tier", helps);
  if (!scan.first())
    detail::add_line(text, "no times", "no line of it has one that is read: what half an hour or a minute would tell is not looked for");
  for (const SeenSign& seen : scan.signs()) {
    const detail::SignWords words = detail::words_of(seen);
    detail::add_line(text, "stop", words.what + ", from " + detail::moment_text(seen.begun));
    detail::add_line(text, "", words.next);
  }
  return text;
}

/// The same as one JSON object on one line.
[[nodiscard]] inline std::string log_scan_json(const LogScan& scan) {
  const auto time = [](std::optional<WallTime> moment) { return moment ? ductile::detail::iso_time(*moment) : std::string{}; };
  const std::vector<LogFailure> rows = scan.rows();
  std::string failures;
  for (const LogFailure& row : rows) {
    detail::JsonLine line;
    line.add_text("id", row.id);
    line.add_text("kind", name(row.kind));
    line.add_text("retryable", name(row.remedy));
    line.add_number("count", std::optional{row.count});
    line.add_number("useless", std::optional{row.useless});
    line.add_text("first", time(row.first.time));
    line.add_number("first_line", std::optional{row.first.line});
    line.add_text("last", time(row.last.time));
    line.add_number("last_line", std::optional{row.last.line});
    line.add_flag("higher_tier_helps", row.is_of_tier);
    failures.append(failures.empty() ? "" : ", ").append(std::move(line).text());
  }
  std::string signs;
  for (const SeenSign& seen : scan.signs()) {
    const detail::SignWords words = detail::words_of(seen);
    detail::JsonLine line;
    line.add_text("sign", name(seen.sign));
    line.add_text("id", seen.id);
    line.add_text("from", time(seen.begun.time));
    line.add_number("line", std::optional{seen.begun.line});
    line.add_text("what", words.what);
    line.add_text("next", words.next);
    signs.append(signs.empty() ? "" : ", ").append(std::move(line).text());
  }
  detail::JsonLine whole;
  whole.add_number("records", std::optional{scan.records()});
  whole.add_number("failures", std::optional{scan.failures()});
  whole.add_text("from", time(scan.first()));
  whole.add_text("to", time(scan.last()));
  const detail::UselessRetries useless = detail::useless_of(rows);
  whole.add_number("useless", std::optional{useless.requests});
  whole.add_number("useless_counted", std::optional{useless.counted});
  whole.add_number("useless_billed", std::optional{useless.billed});
  whole.add_number("higher_tier_helps_with", std::optional{detail::tier_words(rows).helps});
  whole.add("rows", "[" + failures + "]");
  whole.add("stop", "[" + signs + "]");
  return std::move(whole).text();
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
