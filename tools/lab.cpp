// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "lab_common.hpp"

#include <ductile/tools/lab/interval.hpp>    // Interval, interval_of
#include <ductile/tools/lab/metrics.hpp>     // all_metrics, Metric, Metrics
#include <ductile/tools/lab/run.hpp>         // run
#include <ductile/tools/lab/seeds.hpp>       // seeds_of
#include <ductile/tools/lab/strategies.hpp>  // all_strategies, Strategy, strategy_named

#include <fmt/format.h>
#include <boost/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::tools {

namespace {

boost::json::object json_of(const lab::Scenario& scenario, const lab::Strategy& strategy) {
  return {{"scenario", scenario.name}, {"strategy", strategy.name}};
}

// What a table shows of the figures, in so many digits after the point.
struct Column {
  std::string_view title;
  double lab::Metrics::* figure;
  int digits;
};

constexpr std::array<Column, 6> columns{{{"delivered/bound", &lab::Metrics::ratio, 3},
                                         {"calls/image", &lab::Metrics::calls_per_image, 2},
                                         {"429/100 jobs", &lab::Metrics::quota_429, 1},
                                         {"p50 s", &lab::Metrics::p50_s, 0},
                                         {"p95 s", &lab::Metrics::p95_s, 0},
                                         {"primary", &lab::Metrics::primary_share, 2}}};

constexpr std::array<Column, 5> outage_columns{{{"outage calls/job", &lab::Metrics::outage_calls_per_job, 2},
                                                {"outage delivered", &lab::Metrics::outage_delivered, 3},
                                                {"peak/steady", &lab::Metrics::peak_60s, 1},
                                                {"rejected after", &lab::Metrics::rejected_after, 2},
                                                {"drain min", &lab::Metrics::drain_min, 1}}};

template <class Columns>
void print_titles(const Columns& shown) {
  for (const Column& column : shown) fmt::print("  {:>18}", column.title);
}

template <class Columns>
void print_figures(const Columns& shown, const std::vector<lab::Metrics>& runs) {
  for (const Column& column : shown) {
    const lab::Interval found = interval(runs, column.figure);
    fmt::print("  {:>18}", fmt::format("{:.{}f} +- {:.{}f}", found.mean, column.digits, found.half, column.digits));
  }
}

}  // namespace

Ending lab_run(const LabFlags& flags) {
  const lab::Day day = read_lab_day(flags.scenarios);
  const lab::Scenario& scenario = scenario_named(day, flags.scenario);
  const lab::Strategy& strategy = lab::strategy_named(flags.strategy);
  LabProgress progress;
  for (const std::uint64_t seed : lab::seeds_of(flags.seeds)) {
    progress.tell(strategy.name, seed);
    const lab::Metrics metrics = lab::run(day, scenario, strategy, seed);
    boost::json::object line = json_of(scenario, strategy);
    line["seed"] = seed;
    for (const lab::Metric& metric : lab::all_metrics) line[metric.name] = json_of(metrics.*metric.figure);
    if (flags.json) {
      fmt::print("{}\n", boost::json::serialize(line));
    } else {
      fmt::print("{} {} seed {}:", scenario.name, strategy.name, seed);
      for (const lab::Metric& metric : lab::all_metrics) fmt::print(" {} {:.5g}", metric.name, metrics.*metric.figure);
      fmt::print("\n");
    }
    std::fflush(stdout);
  }
  return Ending::ok;
}

Ending lab_compare(const LabFlags& flags) {
  const lab::Day day = read_lab_day(flags.scenarios);
  const lab::Scenario& scenario = scenario_named(day, flags.scenario);
  const std::vector<std::uint64_t> seeds = lab::seeds_of(flags.seeds);
  std::vector<const lab::Strategy*> chosen;
  for (const std::string& name : flags.strategies) chosen.push_back(&lab::strategy_named(name));
  if (chosen.empty())
    for (const lab::Strategy& each : lab::all_strategies) chosen.push_back(&each);

  if (!flags.json) {
    fmt::print("{}: {}\nseeds {}, mean +- half of the 95 % interval\n\n{:<22}", scenario.name, scenario.what, flags.seeds, "strategy");
    print_titles(columns);
    if (scenario.outage) print_titles(outage_columns);
    fmt::print("\n");
  }
  LabProgress progress;
  for (const lab::Strategy* strategy : chosen) {
    std::vector<lab::Metrics> runs;
    for (const std::uint64_t seed : seeds) {
      progress.tell(strategy->name, seed);
      runs.push_back(lab::run(day, scenario, *strategy, seed));
    }
    if (flags.json) {
      boost::json::object line = json_of(scenario, *strategy);
      for (const lab::Metric& metric : lab::all_metrics) {
        const lab::Interval found = interval(runs, metric.figure);
        line[metric.name] = boost::json::array{json_of(found.mean), json_of(found.half)};
      }
      fmt::print("{}\n", boost::json::serialize(line));
    } else {
      fmt::print("{:<22}", strategy->name);
      print_figures(columns, runs);
      if (scenario.outage) print_figures(outage_columns, runs);
      fmt::print("\n");
    }
    std::fflush(stdout);
  }
  return Ending::ok;
}

Ending lab_list(const LabFlags& flags) {
  for (const lab::Strategy& each : lab::all_strategies) {
    if (flags.json)
      fmt::print("{}\n", boost::json::serialize(boost::json::object{{"strategy", each.name}, {"what", each.what}}));
    else
      fmt::print("{:<22} {}\n", each.name, each.what);
  }
  return Ending::ok;
}

}  // namespace ductile::tools
