// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "lab_common.hpp"

#include <ductile/tools/lab/day.hpp>         // Day, Scenario
#include <ductile/tools/lab/plot.hpp>        // plot_page, PlottedScenario, PlottedStrategy
#include <ductile/tools/lab/run.hpp>         // run
#include <ductile/tools/lab/seeds.hpp>       // seeds_of
#include <ductile/tools/lab/strategies.hpp>  // Strategy
#include <ductile/tools/lab/world.hpp>       // World
#include <ductile/tools/whole_file.hpp>      // require_writable, write_whole_file

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

namespace ductile::tools {

namespace {

lab::PlottedStrategy played(const lab::Day& day, const lab::Scenario& scenario, const lab::Strategy& strategy,
                            const std::vector<std::uint64_t>& seeds, LabProgress& progress) {
  lab::PlottedStrategy plotted{.strategy = &strategy};
  if (scenario.outage) plotted.load.emplace(scenario);
  for (const std::uint64_t seed : seeds) {
    progress.tell(fmt::format("{} in {}", strategy.name, scenario.name), seed);
    lab::World world{day, scenario, seed};
    plotted.runs.push_back(lab::run(day, world, strategy.name, strategy.play));
    if (plotted.load) plotted.load->add(world.calls());
  }
  return plotted;
}

}  // namespace

Ending lab_plot(const LabFlags& flags) {
  const lab::Day day = read_lab_day(flags).day;
  const std::vector<std::uint64_t> seeds = lab::seeds_of(flags.seeds);
  const std::vector<const lab::Strategy*> strategies = lab_strategies(flags.strategies);
  require_writable(flags.out);
  LabProgress progress;
  std::vector<lab::PlottedScenario> plotted;
  for (const auto& [name, scenario] : day.scenarios) {
    plotted.push_back({.scenario = &scenario});
    for (const lab::Strategy* strategy : strategies) plotted.back().strategies.push_back(played(day, scenario, *strategy, seeds, progress));
  }
  write_whole_file(flags.out, lab::plot_page(plotted, flags.seeds));
  fmt::print("{}\n", flags.out);
  return Ending::ok;
}

}  // namespace ductile::tools
