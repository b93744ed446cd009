// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>          // Billed, Kind, name, Sent
#include <ductile/core/now.hpp>           // Time, WallTime
#include <ductile/core/target.hpp>        // Target
#include <ductile/core/trail.hpp>         // name, TrailEntry, WaitSource
#include <ductile/gemini/models.hpp>      // name
#include <ductile/tools/job.hpp>          // Job
#include <ductile/tools/job_record.hpp>   // ending_of, JobRecord
#include <ductile/tools/number_text.hpp>  // number_text

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// What a run was, beside its jobs.
struct RunFacts {
  std::vector<Target> targets{};
  WallTime began{};                    ///< By the run's clock: the service's time when it joins a mock.
  Time began_at{};                     ///< The same moment, as `JobRecord` counts.
  Duration took{};                     ///< By the run's clock.
  std::optional<double> time_scale{};  ///< The run's clock against the computer's; none: they are the same.
  bool complete = true;                ///< Every job had its turn.
};

/// Counts of a whole run.
struct RunTotals {
  std::size_t jobs = 0;
  std::array<std::size_t, 5> by_outcome{};
  std::size_t refused = 0;     ///< Failed, and will never be drawn as they stand.
  std::size_t unfinished = 0;  ///< Could still be made: failed, cancelled or not begun.
  std::uint64_t attempts = 0;
  std::uint64_t bytes = 0;
  Duration waited{};
  std::size_t billed = 0;        ///< Attempts that cost money: the images, and what was withheld at a price.
  std::size_t maybe_billed = 0;  ///< Attempts that may have: their answer was lost, or the service does not say.

  [[nodiscard]] std::size_t count(JobOutcome outcome) const noexcept { return by_outcome[static_cast<std::size_t>(outcome)]; }
};

[[nodiscard]] inline RunTotals totals_of(const std::vector<JobRecord>& records) {
  RunTotals totals{.jobs = records.size()};
  for (const JobRecord& record : records) {
    ++totals.by_outcome[static_cast<std::size_t>(record.outcome)];
    totals.refused += record.shortfall() == Shortfall::refused || record.shortfall() == Shortfall::doubtful ? 1 : 0;
    totals.unfinished += record.shortfall() == Shortfall::unfinished ? 1 : 0;
    totals.attempts += record.attempts;
    totals.bytes += record.file ? record.file->bytes : 0;
    totals.waited += record.waited();
    totals.billed += record.outcome == JobOutcome::ok ? 1 : 0;
    for (const TrailEntry& entry : record.trail) {
      if (entry.kind == Kind::ok) continue;
      totals.billed += entry.billed == Billed::yes || entry.billed == Billed::input ? 1 : 0;
      const bool open = entry.billed == Billed::maybe || entry.billed == Billed::unknown;
      totals.maybe_billed += open && entry.sent != Sent::no ? 1 : 0;
    }
  }
  return totals;
}

namespace detail {

[[nodiscard]] inline std::int64_t whole_milliseconds(Duration span) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(span).count();
}

[[nodiscard]] inline boost::json::value text_or_null(std::string_view text) {
  return text.empty() ? boost::json::value{} : boost::json::value(boost::json::string(text));
}

/// "2026-11-24T10:00:00Z"
[[nodiscard]] inline std::string iso_text(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text.data();
}

/// "2026-11-24T10:00:00.250Z"
[[nodiscard]] inline std::string iso_milliseconds(WallTime time) {
  const auto fraction = std::chrono::floor<std::chrono::milliseconds>(time - std::chrono::floor<std::chrono::seconds>(time)).count();
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), ".%03uZ", static_cast<unsigned>(fraction) % 1000U);
  std::string whole = iso_text(time);
  whole.pop_back();
  return whole + text.data();
}

[[nodiscard]] inline std::string target_name(const std::vector<Target>& targets, unsigned index) {
  return index < targets.size() ? targets[index].name : std::to_string(index);
}

}  // namespace detail

/// One job as a JSON object; null where there is nothing to say.
[[nodiscard]] inline boost::json::object job_json(const Job& job, const JobRecord& record, const RunFacts& facts) {
  namespace json = boost::json;
  const std::vector<Target>& targets = facts.targets;
  json::array passed_over;
  for (const std::string& member : job.passed_over) passed_over.push_back(json::string{member});
  json::array waits;
  json::array attempts;
  std::uint64_t began_ms = 0;  // the last attempt that is no hedge, counted from the job's begin
  std::uint64_t ended_ms = 0;
  for (const TrailEntry& entry : record.trail) {
    const bool is_hedge = entry.wait == WaitSource::hedge;
    const std::uint64_t at_ms = (is_hedge ? began_ms : ended_ms) + entry.wait_ms;
    if (!is_hedge) began_ms = at_ms;
    ended_ms = std::max(is_hedge ? ended_ms : at_ms, at_ms + entry.duration_ms);
    const json::string target{detail::target_name(targets, entry.target)};
    if (entry.wait_ms > 0)
      waits.push_back(
          json::object{{"ms", entry.wait_ms}, {"source", name(entry.wait)}, {"before_attempt", entry.number}, {"target", target}});
    attempts.push_back(json::object{{"attempt", entry.number},
                                    {"target", target},
                                    {"kind", json::string{name(entry.kind)}},
                                    {"sent", entry.sent != Sent::no || entry.kind == Kind::ok || entry.kind == Kind::network},
                                    {"at_ms", at_ms},
                                    {"ms", entry.duration_ms},
                                    {"billed", json::string{name(entry.billed)}}});
  }
  json::object object{
      {"id", job.id},
      {"prompt", job.prompt},
      {"size", job.size ? json::value(json::string(gemini::name(*job.size))) : json::value{}},
      {"ratio", detail::text_or_null(job.ratio)},
      {"outcome", name(record.outcome)},
      {"kind", json::string{name(record.kind)}},
      {"failure", detail::text_or_null(record.failure)},
      {"why", detail::text_or_null(record.why)},
      {"fix", detail::text_or_null(record.fix)},
      {"message", detail::text_or_null(record.message)},
      {"target", detail::text_or_null(record.target)},
      {"attempts", record.attempts},
      {"waits", std::move(waits)},
      {"waited_ms", detail::whole_milliseconds(record.waited())},
      {"took_ms", detail::whole_milliseconds(record.took)},
      {"began",
       record.began ? json::value(json::string(detail::iso_milliseconds(facts.began + (*record.began - facts.began_at)))) : json::value{}},
      {"deadline_ms", record.deadline ? json::value(detail::whole_milliseconds(*record.deadline)) : json::value{}},
      {"trail", std::move(attempts)}};
  object["rewording"] = detail::text_or_null(record.rewording);
  object["downsized_to"] = record.downsized_to ? json::value(json::string(gemini::name(*record.downsized_to))) : json::value{};
  object["passed_over"] = std::move(passed_over);
  object["retry_in_ms"] = record.retry_in ? json::value(detail::whole_milliseconds(*record.retry_in)) : json::value{};
  object["file"] = record.file ? json::value(json::string(record.file->name)) : json::value{};
  object["bytes"] = record.file ? json::value(record.file->bytes) : json::value{};
  object["sha256"] = record.file ? json::value(json::string(record.file->sha256)) : json::value{};
  return object;
}

/// The run without its jobs as a JSON object.
[[nodiscard]] inline boost::json::object totals_json(const std::vector<JobRecord>& records, const RunFacts& facts) {
  const RunTotals totals = totals_of(records);
  return {{"jobs", totals.jobs},
          {"ok", totals.count(JobOutcome::ok)},
          {"kept", totals.count(JobOutcome::kept)},
          {"failed", totals.count(JobOutcome::failed)},
          {"cancelled", totals.count(JobOutcome::cancelled)},
          {"not_started", totals.count(JobOutcome::not_started)},
          {"refused", totals.refused},
          {"unfinished", totals.unfinished},
          {"attempts", totals.attempts},
          {"bytes", totals.bytes},
          {"waited_ms", detail::whole_milliseconds(totals.waited)},
          {"took_ms", detail::whole_milliseconds(facts.took)},
          {"billed_attempts", totals.billed},
          {"maybe_billed_attempts", totals.maybe_billed},
          {"complete", facts.complete},
          {"exit", static_cast<int>(ending_of(records))}};
}

/// The report of a run: one JSON object, one job a line.
[[nodiscard]] inline std::string report_text(const std::vector<Job>& jobs, const std::vector<JobRecord>& records, const RunFacts& facts) {
  namespace json = boost::json;
  json::array targets;
  for (const Target& target : facts.targets)
    targets.push_back(json::object{{"name", target.name}, {"model", target.model}, {"url", detail::text_or_null(target.base_url)}});
  std::string text = "{\"began\": " + json::serialize(json::string{detail::iso_text(facts.began)});
  text += ",\n \"time_scale\": " + (facts.time_scale ? number_text(*facts.time_scale) : std::string{"null"});
  text += ",\n \"targets\": " + json::serialize(targets);
  text += ",\n \"totals\": " + json::serialize(totals_json(records, facts));
  text += ",\n \"jobs\": [";
  for (std::size_t i = 0; i < jobs.size(); ++i) text += (i == 0 ? "\n  " : ",\n  ") + json::serialize(job_json(jobs[i], records[i], facts));
  return text + "\n ]}\n";
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
