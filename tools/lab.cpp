// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "lab_common.hpp"

#include <ductile/tools/lab/columns.hpp>        // Column, columns, interval_of, interval_text, outage_columns
#include <ductile/tools/lab/day.hpp>            // Day, Scenario
#include <ductile/tools/lab/incident.hpp>       // incident_of
#include <ductile/tools/lab/incident_json.hpp>  // log_text
#include <ductile/tools/lab/metrics.hpp>        // all_metrics, Metric, Metrics
#include <ductile/tools/lab/run.hpp>            // run
#include <ductile/tools/lab/seeds.hpp>          // seeds_of
#include <ductile/tools/lab/strategies.hpp>     // all_strategies, Strategy, strategy_named
#include <ductile/tools/lab/world.hpp>          // World
#include <ductile/tools/problem.hpp>            // misuse
#include <ductile/tools/whole_file.hpp>         // require_writable, write_whole_file

#include <fmt/format.h>
#include <boost/json.hpp>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::tools {

namespace {

boost::json::object line_of(const lab::Scenario& scenario, const lab::Strategy& strategy) {
  return {{"scenario", scenario.name}, {"strategy", strategy.name}};
}

template <class Columns>
void print_titles(const Columns& shown) {
  for (const lab::Column& column : shown) fmt::print("  {:>18}", column.title);
}

template <class Columns>
void print_figures(const Columns& shown, const std::vector<lab::Metrics>& runs) {
  for (const lab::Column& column : shown) fmt::print("  {:>18}", lab::interval_text(lab::interval_of(runs, column.figure), column.digits));
}

}  // namespace

Ending lab_run(const LabFlags& flags) {
  const auto [day, assumed] = read_lab_day(flags);
  const lab::Scenario& scenario = scenario_named(day, flags.scenario);
  const lab::Strategy& strategy = lab::strategy_named(flags.strategy);
  const std::vector<std::uint64_t> seeds = lab::seeds_of(flags.seeds);
  if (!flags.log.empty()) {
    if (seeds.size() > 1) throw misuse("--log takes one day: --seeds must be one seed; it is " + flags.seeds);
    require_writable(flags.log);
  }
  if (!flags.json) print_assumed(assumed);
  LabProgress progress;
  for (const std::uint64_t seed : seeds) {
    progress.tell(strategy.name, seed);
    lab::World world{day, scenario, seed};
    const lab::Metrics metrics = lab::run(day, world, strategy.name, strategy.play);
    if (!flags.log.empty()) write_whole_file(flags.log, lab::log_text(lab::incident_of(world)));
    boost::json::object line = line_of(scenario, strategy);
    add_assumed(line, assumed);
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
  const auto [day, assumed] = read_lab_day(flags);
  const lab::Scenario& scenario = scenario_named(day, flags.scenario);
  const std::vector<std::uint64_t> seeds = lab::seeds_of(flags.seeds);
  const std::vector<const lab::Strategy*> chosen = lab_strategies(flags.strategies);

  if (!flags.json) {
    fmt::print("{}: {}\nseeds {}, mean +- half of the 95 % interval\n", scenario.name, scenario.what, flags.seeds);
    print_assumed(assumed);
    fmt::print("\n{:<22}", "strategy");
    print_titles(lab::columns);
    if (scenario.outage) print_titles(lab::outage_columns);
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
      boost::json::object line = line_of(scenario, *strategy);
      add_assumed(line, assumed);
      for (const lab::Metric& metric : lab::all_metrics) line[metric.name] = json_of(lab::interval_of(runs, metric.figure));
      fmt::print("{}\n", boost::json::serialize(line));
    } else {
      fmt::print("{:<22}", strategy->name);
      print_figures(lab::columns, runs);
      if (scenario.outage) print_figures(lab::outage_columns, runs);
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
