// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>     // Kind, kinds, name
#include <ductile/core/now.hpp>      // later, Time, WallTime
#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/mock/json_reading.hpp>
#include <ductile/mock/parse_time.hpp>     // parse_time
#include <ductile/mock/rows.hpp>           // find_row
#include <ductile/tools/lab/incident.hpp>  // Incident, kind_of, row_of
#include <ductile/tools/lab/job.hpp>       // Job
#include <ductile/tools/lab/world.hpp>     // CallRecord, Delivery, Model
#include <ductile/tools/report.hpp>        // iso_milliseconds

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The log of an incident: the jobs of `ductile imagine --report`, in the report itself or one a line.
namespace ductile::inline DUCTILE_VERSION::tools::lab {

namespace detail {

using Json = boost::json::value;
namespace reading = mock::detail;

inline std::int64_t milliseconds(Duration span) { return std::chrono::round<std::chrono::milliseconds>(span).count(); }

// The calls of each job, in the order of the books.
inline std::vector<std::vector<const CallRecord*>> calls_by_job(const Incident& incident) {
  std::vector<std::vector<const CallRecord*>> by_job(incident.jobs.size());
  for (const CallRecord& call : incident.calls) by_job[call.job].push_back(&call);
  return by_job;
}

inline boost::json::object line_of(const Incident& incident, const Job& job, const std::vector<const CallRecord*>& calls) {
  namespace json = boost::json;
  const auto target = [&incident](Model model) { return json::string{incident.targets[static_cast<std::size_t>(model)]}; };
  Time end = job.arrives;
  json::array trail;
  for (const CallRecord* call : calls) {
    end = std::max(end, later(call->begins, call->takes));
    trail.push_back(json::object{{"attempt", trail.size() + 1},
                                 {"target", target(call->model)},
                                 {"kind", json::string{name(kind_of(call->id))}},
                                 {"sent", true},
                                 {"at_ms", milliseconds(call->begins - job.arrives)},
                                 {"ms", milliseconds(call->takes)}});
  }
  const auto& delivery = incident.deliveries[job.number];
  if (delivery) end = delivery->at;
  return {{"id", std::to_string(job.number)},
          {"size", json::string{job.size}},
          {"outcome", delivery ? "ok" : "failed"},
          {"target", delivery ? json::value(target(delivery->model)) : json::value{}},
          {"began", tools::detail::iso_milliseconds(incident.midnight + job.arrives.time_since_epoch())},
          {"deadline_ms", milliseconds(job.deadline - job.arrives)},
          {"took_ms", milliseconds(end - job.arrives)},
          {"trail", std::move(trail)}};
}

// A job as the log has it, its targets by name.
struct LoggedCall {
  std::string target{};
  Kind kind = Kind::ok;
  Duration at{};
  Duration takes{};
};
struct LoggedJob {
  Duration deadline{};
  std::string_view size{};
  std::optional<Duration> image_after{};
  std::string made_by{};
  std::vector<LoggedCall> calls{};
};
using LoggedJobs = std::multimap<WallTime, LoggedJob>;  // by their begins

inline const Json& member(const boost::json::object& given, std::string_view name, const std::string& path) {
  const auto* found = given.if_contains(name);
  if (!found || found->is_null())
    reading::refuse_json(path + "." + std::string{name} + " is missing; `ductile imagine --report` of this version writes it");
  return *found;
}

inline Duration span_of(const boost::json::object& given, std::string_view name, const std::string& path) {
  constexpr double most = 1e10;  // some months
  const double read = reading::whole(member(given, name, path), path + "." + std::string{name}, 0, most);
  return std::chrono::milliseconds{static_cast<std::int64_t>(read)};
}

// "2026-11-24T10:00:00.250Z", or without the fraction.
inline WallTime moment_of(const boost::json::object& given, std::string_view name, const std::string& path) {
  const Json& value = member(given, name, path);
  std::string text = reading::text(value, path + "." + std::string{name});
  std::chrono::milliseconds fraction{};
  const std::size_t dot = text.size() == 24 ? 19 : text.npos;
  if (dot != text.npos && text[dot] == '.') {
    for (std::size_t i = dot + 1; i < 23; ++i) {
      if (text[i] < '0' || text[i] > '9') return reading::moment(value, path + "." + std::string{name});
      fraction = fraction * 10 + std::chrono::milliseconds{text[i] - '0'};
    }
    text.erase(dot, 4);
  }
  return reading::moment(boost::json::string{text}, path + "." + std::string{name}) + fraction;
}

inline Kind kind_at(const boost::json::object& given, const std::string& path) {
  const std::string read = reading::text(member(given, "kind", path), path + ".kind");
  for (std::size_t i = 0; i < kinds; ++i)
    if (name(static_cast<Kind>(i)) == read) return static_cast<Kind>(i);
  reading::refuse_json(path + ".kind must be one of the kinds that `ductile doctor codes` lists; it is " +
                       reading::quoted(given.at("kind")));
}

// What the lab's jobs ask for; a smaller picture counts as 1K.
inline std::string_view size_at(const boost::json::object& given, const std::string& path) {
  const auto* size = given.if_contains("size");
  if (!size || size->is_null() || *size == "1K" || *size == "512") return "1K";
  if (*size == "2K") return "2K";
  if (*size == "4K") return "4K";
  reading::refuse_json(path + ".size must be 512, 1K, 2K, 4K or null; it is " + reading::quoted(*size));
}

inline std::string names_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

// \param targets Those of the report; none: it does not say.
inline std::string target_at(const boost::json::object& given, const std::string& path, const std::vector<std::string>& targets) {
  const Json& value = member(given, "target", path);
  std::string target = reading::text(value, path + ".target");
  if (!targets.empty() && std::ranges::find(targets, target) == targets.end())
    reading::refuse_json(path + ".target must be one of the report's targets, " + names_text(targets) + "; it is " +
                         reading::quoted(value));
  return target;
}

// Who made the image stands in the trail: as who gave it or, where no call says so, as one that was asked.
inline void require_maker_in_trail(const LoggedJob& job, const std::string& path) {
  const bool says_who = std::ranges::find(job.calls, Kind::ok, &LoggedCall::kind) != job.calls.end();
  std::vector<std::string> makers;
  for (const LoggedCall& call : job.calls)
    if ((call.kind == Kind::ok || !says_who) && std::ranges::find(makers, call.target) == makers.end()) makers.push_back(call.target);
  if (std::ranges::find(makers, job.made_by) == makers.end())
    reading::refuse_json(path + ".target must be who made the image in its trail, " +
                         (makers.empty() ? "where nobody was asked" : names_text(makers)) + "; it is " +
                         reading::quoted(boost::json::string{job.made_by}));
}

inline constexpr std::size_t longest_trail = 256;  // a report has no more of it

inline LoggedJob read_job(const boost::json::object& given, const std::string& path, const std::vector<std::string>& targets) {
  LoggedJob job{.deadline = span_of(given, "deadline_ms", path)};
  job.size = size_at(given, path);
  if (member(given, "outcome", path) == "ok") {
    job.image_after = span_of(given, "took_ms", path);
    job.made_by = target_at(given, path, targets);
  }
  const Json& trail = member(given, "trail", path);
  if (!trail.is_array()) reading::refuse_json(path + ".trail must be a list; it is " + reading::quoted(trail));
  for (std::size_t i = 0; i < trail.as_array().size(); ++i) {
    const std::string where = path + ".trail[" + std::to_string(i) + "]";
    const boost::json::object& call = reading::object(trail.as_array()[i], where);
    if (!reading::flag(member(call, "sent", where), where + ".sent")) continue;
    job.calls.push_back({.target = target_at(call, where, targets),
                         .kind = kind_at(call, where),
                         .at = span_of(call, "at_ms", where),
                         .takes = span_of(call, "ms", where)});
  }
  if (job.image_after && !trail.as_array().empty() && trail.as_array().size() < longest_trail) require_maker_in_trail(job, path);
  // A trail may end before the image.
  if (job.image_after && std::ranges::find(job.calls, Kind::ok, &LoggedCall::kind) == job.calls.end()) {
    const Duration at = job.calls.empty() ? Duration{} : std::min(*job.image_after, job.calls.back().at + job.calls.back().takes);
    job.calls.push_back({.target = job.made_by, .kind = Kind::ok, .at = at, .takes = *job.image_after - at});
  }
  return job;
}

// The targets by how many jobs began with them: a chain's first is where jobs begin.
inline std::vector<std::string> chain_of(const LoggedJobs& jobs) {
  std::map<std::string, std::size_t> begun;
  for (const auto& [began, job] : jobs)
    for (const LoggedCall& call : job.calls) begun[call.target] += &call == &job.calls.front() ? 1 : 0;
  std::vector<std::pair<std::string, std::size_t>> order{begun.begin(), begun.end()};
  std::ranges::sort(order, [](const auto& left, const auto& right) {
    return left.second != right.second ? left.second > right.second : left.first < right.first;
  });
  std::vector<std::string> chain;
  for (auto& [target, count] : order) chain.push_back(target);
  return chain;
}

inline Incident incident_of(const LoggedJobs& logged, std::vector<std::string> chain) {
  Incident incident{.targets = std::move(chain)};
  if (incident.targets.size() > 2) incident.targets.resize(2);
  const auto model_of = [&incident](const std::string& target) -> std::optional<Model> {
    const auto found = std::ranges::find(incident.targets, target);
    return found == incident.targets.end() ? std::nullopt
                                           : std::optional{found == incident.targets.begin() ? Model::primary : Model::fallback};
  };
  incident.midnight = std::chrono::floor<std::chrono::days>(logged.begin()->first);
  for (const auto& [began, each] : logged) {
    const Time arrives{began - incident.midnight};
    const Job job{.number = incident.jobs.size(), .arrives = arrives, .deadline = later(arrives, each.deadline), .size = each.size};
    incident.jobs.push_back(job);
    incident.deliveries.emplace_back();
    // An image of a third target counts as the second's: nothing else is told of it.
    if (each.image_after)
      incident.deliveries.back() = {later(arrives, *each.image_after), model_of(each.made_by).value_or(Model::fallback)};
    for (const LoggedCall& call : each.calls) {
      const std::optional<Model> model = model_of(call.target);
      if (!model) {
        ++incident.calls_left_out;
        continue;
      }
      const std::string_view row = row_of(call.kind);
      const bool quota = call.kind == Kind::rate_limit || call.kind == Kind::quota;
      const mock::Row* found = mock::find_row(row);
      incident.calls.push_back({later(arrives, call.at), job.number, *model,
                                quota   ? 429
                                : found ? found->status
                                        : 0,
                                std::string{row}, call.takes});
    }
  }
  return incident;
}

}  // namespace detail

/// The log of an incident, a line a job, each in itself complete.
[[nodiscard]] inline std::string log_text(const Incident& incident) {
  const auto calls = detail::calls_by_job(incident);
  std::string text;
  for (const Job& job : incident.jobs) text += boost::json::serialize(detail::line_of(incident, job, calls[job.number])) + "\n";
  return text;
}

/// Reads a log: a report of `ductile imagine --report`, or its jobs one a line.
/// \param what "the file day.jsonl".
///
/// Errors   `ConfigError` with job, member, range and value.
[[nodiscard]] inline Incident read_incident(std::string_view text, const std::string& what) {
  detail::LoggedJobs jobs;
  std::vector<std::string> chain;
  std::size_t left_out = 0;
  const auto add = [&](const boost::json::object& given, const std::string& path) {
    const std::string outcome = detail::reading::text(detail::member(given, "outcome", path), path + ".outcome");
    if (outcome == "ok" || outcome == "failed") {
      const WallTime began = detail::moment_of(given, "began", path);
      jobs.emplace(began, detail::read_job(given, path, chain));
    } else if (outcome == "kept" || outcome == "cancelled" || outcome == "not_started") {
      ++left_out;
    } else {
      detail::reading::refuse_json(path + ".outcome must be ok, kept, failed, cancelled or not_started; it is " +
                                   detail::reading::quoted(given.at("outcome")));
    }
  };
  // The report of a run has line breaks in it; a log of jobs begins with a whole one.
  const std::string_view first = text.substr(0, text.find('\n'));
  boost::system::error_code error;
  const boost::json::value begin = boost::json::parse(first, error);
  const bool lines = !error && begin.is_object() && !begin.as_object().contains("jobs");
  if (lines) {
    std::size_t number = 0;
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      ++number;
      const std::string path = "line " + std::to_string(number);
      if (line.empty() || line == "\r") continue;
      add(detail::reading::object(detail::reading::parsed(line, what, number), path), path);
    }
  } else {
    const boost::json::value report = detail::reading::parsed(text, what);
    const boost::json::object& run = detail::reading::object(report, what);
    const auto* listed = run.if_contains("jobs");
    if (!listed || !listed->is_array()) detail::reading::refuse_json(what + " must be a report with its jobs, or have a job on each line");
    if (const auto* targets = run.if_contains("targets"); targets && targets->is_array())
      for (const auto& target : targets->as_array())
        chain.push_back(
            detail::reading::text(detail::member(detail::reading::object(target, "targets"), "name", "targets"), "targets.name"));
    for (std::size_t i = 0; i < listed->as_array().size(); ++i) {
      const std::string path = "jobs[" + std::to_string(i) + "]";
      add(detail::reading::object(listed->as_array()[i], path), path);
    }
  }
  const auto asks = [](const auto& job) { return !job.second.calls.empty(); };
  if (std::ranges::none_of(jobs, asks)) detail::reading::refuse_json(what + " has no job with a call in its trail: nothing to replay");
  if (chain.empty()) chain = detail::chain_of(jobs);
  Incident incident = detail::incident_of(jobs, std::move(chain));
  incident.jobs_left_out = left_out;
  if (incident.calls.empty()) detail::reading::refuse_json(what + " has no call of the first two targets: nothing to replay");
  if (std::ranges::none_of(incident.calls, tells_of_the_service))
    detail::reading::refuse_json(what + " has no call that says how the service was: each was refused for its own job, or broken off");
  return incident;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
