// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/json_reading.hpp>     // number, object, parsed, quoted, refuse_json, text
#include <ductile/tools/lab/day_json.hpp>    // require_members
#include <ductile/tools/lab/interval.hpp>    // Interval, interval_of
#include <ductile/tools/lab/metrics.hpp>     // Metrics
#include <ductile/tools/lab/strategies.hpp>  // strategy_named

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// What a client is to reach in one scenario.
struct Goal {
  std::string id{};
  std::string what{};
  std::string scenario{};
  std::string strategy{};  ///< Whose figure it is, by our names.
  double Metrics::* figure = nullptr;
  std::vector<std::string> others{};  ///< Over the best of these; none: the figure itself.
  bool at_least = false;              ///< Else at most.
  double value = 0;
};

/// What became of a goal.
struct GoalReached {
  Interval figure{};
  bool met = false;
};

namespace detail {

// The names of the file's strategies and metrics, and ours.
struct FileName {
  std::string_view file;
  std::string_view ours;
};
inline constexpr std::array<FileName, 12> file_strategies{{{"1 none = 4a SDK default", "none"},
                                                           {"2 seed retry", "seed-retry"},
                                                           {"3 seed class", "seed-class"},
                                                           {"4b SDK retries on", "sdk-retries"},
                                                           {"4c SDK retries, then fallback", "sdk-retries-fallback"},
                                                           {"5 full jitter x5", "jitter5"},
                                                           {"5b jitter to deadline", "jitter-deadline"},
                                                           {"5c the same, both models in turn", "jitter-both"},
                                                           {"5d 5c and rewording", "jitter-both-reword"},
                                                           {"6b Polly, long timeouts", "dotnet-long"},
                                                           {"7 design", "ductile"},
                                                           {"7 design, shared quota only", "ductile-shared"}}};

struct FileMetric {
  std::string_view file;
  double Metrics::* figure;
};
inline constexpr std::array<FileMetric, 10> file_metrics{{{"ratio", &Metrics::ratio},
                                                          {"lost", &Metrics::lost},
                                                          {"calls_per_image", &Metrics::calls_per_image},
                                                          {"n429_per_100", &Metrics::quota_429},
                                                          {"calls_in_outage_per_job", &Metrics::outage_calls_per_job},
                                                          {"outage_jobs_delivered", &Metrics::outage_delivered},
                                                          {"peak_60s_over_steady", &Metrics::peak_60s},
                                                          {"rejected_share_after", &Metrics::rejected_after},
                                                          {"drain_min", &Metrics::drain_min},
                                                          {"primary_share", &Metrics::primary_share}}};

inline std::string our_name(const boost::json::value& given, std::string_view path) {
  const std::string name = reading::text(given, path);
  const auto found = std::ranges::find(file_strategies, std::string_view{name}, &FileName::file);
  return found != file_strategies.end() ? std::string{found->ours} : std::string{strategy_named(name).name};
}

inline double Metrics::* metric_of(const boost::json::value& given, const std::string& path) {
  const std::string name = reading::text(given, path);
  const auto found = std::ranges::find(file_metrics, std::string_view{name}, &FileMetric::file);
  if (found != file_metrics.end()) return found->figure;
  std::string known;
  for (const FileMetric& each : file_metrics) known.append(known.empty() ? "" : ", ").append(each.file);
  reading::refuse_json(path + " must be one of " + known + "; it is " + reading::quoted(given));
}

inline double mean_of(const std::vector<Metrics>& runs, double Metrics::* figure, std::size_t without) {
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (i != without) {
      sum += runs[i].*figure;
      ++count;
    }
  return count > 0 ? sum / count : 0;
}

// Our mean over the best of the others', with the seed `without` left out.
inline double quotient(const std::vector<Metrics>& ours, const std::vector<const std::vector<Metrics>*>& others, const Goal& goal,
                       std::size_t without) {
  const double figure = mean_of(ours, goal.figure, without);
  if (others.empty()) return figure;
  std::vector<double> theirs;
  for (const auto* each : others) theirs.push_back(mean_of(*each, goal.figure, without));
  const double best = goal.at_least ? std::ranges::max(theirs) : std::ranges::min(theirs);
  return best > 0 ? figure / best : figure > 0 ? HUGE_VAL : 0;
}

}  // namespace detail

/// The goals of a file of scenarios, one for each scenario that it names.
///
/// Errors   `ConfigError` that names the member by its path.
[[nodiscard]] inline std::vector<Goal> read_goals(std::string_view text, std::string_view what = "the file") {
  namespace reading = mock::detail;
  const boost::json::value file = reading::parsed(text, what);
  const boost::json::object& whole = reading::object(file, what);
  const auto* given = whole.if_contains("goals");
  if (!given || !given->is_array()) reading::refuse_json("goals is missing, or no list");
  std::vector<Goal> goals;
  for (std::size_t i = 0; i < given->as_array().size(); ++i) {
    const std::string path = "goals[" + std::to_string(i) + "]";
    const boost::json::object& one = reading::object(given->as_array()[i], path);
    detail::require_members(one, path, std::array<std::string_view, 6>{"id", "what", "metric", "per_scenario", "op", "others"});
    Goal goal{.id = reading::text(one.at("id"), path + ".id"),
              .what = reading::text(one.at("what"), path + ".what"),
              .figure = detail::metric_of(one.at("metric"), path + ".metric")};
    const std::string op = reading::text(one.at("op"), path + ".op");
    if (op != ">=" && op != "<=") reading::refuse_json(path + ".op must be >= or <=; it is " + reading::quoted(one.at("op")));
    goal.at_least = op == ">=";
    if (!one.at("others").is_array()) reading::refuse_json(path + ".others must be a list");
    for (const auto& other : one.at("others").as_array()) goal.others.push_back(detail::our_name(other, path + ".others"));
    for (const auto& [scenario, wanted] : reading::object(one.at("per_scenario"), path + ".per_scenario")) {
      const std::string inner = path + ".per_scenario." + std::string{scenario};
      const boost::json::object& each = reading::object(wanted, inner);
      detail::require_members(each, inner, std::array<std::string_view, 2>{"strategy", "value"});
      goal.scenario = scenario;
      goal.strategy = detail::our_name(each.at("strategy"), inner + ".strategy");
      goal.value = reading::number(each.at("value"), inner + ".value", 0, 1e9);
      goals.push_back(goal);
    }
  }
  return goals;
}

/// Whether a goal is met, and by which figure: of one strategy the mean, of two the quotient of the means, with half of its 95 % interval
/// by leaving out each seed in turn.
///
/// \param ours The runs of the goal's strategy, by seed; `others` those of its others, for the same seeds.
[[nodiscard]] inline GoalReached reached(const Goal& goal, const std::vector<Metrics>& ours,
                                         const std::vector<const std::vector<Metrics>*>& others) {
  const auto none = static_cast<std::size_t>(-1);
  GoalReached found;
  found.figure.mean = detail::quotient(ours, others, goal, none);
  if (others.empty()) {
    std::vector<double> values;
    for (const Metrics& each : ours) values.push_back(each.*goal.figure);
    found.figure = interval_of(values);
  } else if (ours.size() > 1 && std::isfinite(found.figure.mean)) {
    // The jackknife's pseudo values.
    std::vector<double> values;
    const auto count = static_cast<double>(ours.size());
    for (std::size_t i = 0; i < ours.size(); ++i)
      values.push_back(count * found.figure.mean - (count - 1) * detail::quotient(ours, others, goal, i));
    const std::optional<double> half = interval_of(values).half;
    if (half && std::isfinite(*half)) found.figure.half = half;  // else without one of the seeds there is nothing to divide by
  }
  found.met = goal.at_least ? found.figure.mean >= goal.value : found.figure.mean <= goal.value;
  return found;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
