// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "lab_common.hpp"

#include <ductile/tools/lab/columns.hpp>               // Column, interval_of, interval_text
#include <ductile/tools/lab/metrics.hpp>               // all_metrics, Metric, Metrics
#include <ductile/tools/lab/seeds.hpp>                 // seeds_of
#include <ductile/tools/lab/worlds/adverse_world.hpp>  // AdverseWorld
#include <ductile/tools/lab/worlds/all_worlds.hpp>     // all_worlds

#include <fmt/format.h>
#include <boost/json.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::tools {

namespace {

constexpr std::array<lab::Column, 3> world_columns{{{"delivered/bound", &lab::Metrics::ratio, 3},
                                                    {"calls/image", &lab::Metrics::calls_per_image, 2},
                                                    {"busy s/image", &lab::Metrics::busy_per_image_s, 1}}};

void print_world_line(const lab::AdverseWorld& world, bool with, const std::vector<lab::Metrics>& runs) {
  boost::json::object line{{"world", world.name}, {"policy", world.policy}, {"with", with}};
  for (const lab::Metric& metric : lab::all_metrics) line[metric.name] = json_of(lab::interval_of(runs, metric.figure));
  fmt::print("{}\n", boost::json::serialize(line));
}

void print_world_row(std::string_view client, const std::vector<lab::Metrics>& runs) {
  fmt::print("  {:<32}", client);
  for (const lab::Column& column : world_columns)
    fmt::print("  {:>18}", lab::interval_text(lab::interval_of(runs, column.figure), column.digits));
  fmt::print("\n");
}

}  // namespace

Ending lab_worlds(const LabFlags& flags) {
  const std::vector<std::uint64_t> seeds = lab::seeds_of(flags.seeds);
  if (!flags.json) {
    fmt::print("Seeds {}, mean +- half of the 95 % interval.\n\n  {:<32}", flags.seeds, "");
    for (const lab::Column& column : world_columns) fmt::print("  {:>18}", column.title);
    fmt::print("\n");
  }
  LabProgress progress;
  for (const lab::AdverseWorld& world : lab::all_worlds) {
    if (!flags.json) fmt::print("\n{}: {}. Without {} a client {}.\n", world.name, world.what, world.policy, world.without);
    for (const bool with : {true, false}) {
      std::vector<lab::Metrics> runs;
      for (const std::uint64_t seed : seeds) {
        progress.tell(world.name, seed);
        runs.push_back(world.play(seed, with));
      }
      if (flags.json)
        print_world_line(world, with, runs);
      else
        print_world_row(std::string{with ? "with " : "without "}.append(world.policy), runs);
      std::fflush(stdout);
    }
  }
  return Ending::ok;
}

}  // namespace ductile::tools
