// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "lab_common.hpp"

#include <ductile/tools/lab/columns.hpp>             // interval_of
#include <ductile/tools/lab/ductile_strategies.hpp>  // ablations_of, all_ablations, ductile_options, no_ablation, play_ablated
#include <ductile/tools/lab/goals.hpp>               // Goal, read_goals, reached
#include <ductile/tools/lab/interval.hpp>            // Interval
#include <ductile/tools/lab/metrics.hpp>             // Metrics
#include <ductile/tools/lab/options_text.hpp>        // first_difference
#include <ductile/tools/lab/run.hpp>                 // run
#include <ductile/tools/lab/seeds.hpp>               // seeds_of
#include <ductile/tools/lab/strategies.hpp>          // strategy_named
#include <ductile/tools/problem.hpp>                 // misuse
#include <ductile/tools/whole_file.hpp>              // read_file

#include <fmt/format.h>
#include <boost/json.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::tools {

namespace {

// One user's day varies much: an interactive scenario of some sixty jobs is judged on more seeds than the others.
constexpr std::int64_t few_jobs = 100;
constexpr std::uint64_t seeds_of_few = 100;
constexpr std::uint64_t seeds_of_many = 20;

std::vector<std::uint64_t> goal_seeds(const lab::Scenario& scenario, std::uint64_t first) {
  const bool few = scenario.jobs > 0 && scenario.jobs < few_jobs;
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t i = 0; i < (few ? seeds_of_few : seeds_of_many); ++i) seeds.push_back(first + i);
  return seeds;
}

void require_seeds_from(std::uint64_t first) {
  const std::uint64_t last = std::numeric_limits<std::uint64_t>::max() - (seeds_of_few - 1);
  if (first > last)
    throw misuse(fmt::format("--first-seed must be at most {}, since {} days follow one another; it is {}", last, seeds_of_few, first));
}

// Each strategy is played once in a scenario, whatever many goals ask for it.
class Plays {
 public:
  Plays(const lab::Day& day, std::uint64_t first_seed) : day_(day), first_seed_(first_seed) {}

  const std::vector<lab::Metrics>& of(const std::string& scenario, const std::string& strategy) {
    const auto [place, is_new] = played_.try_emplace({scenario, strategy});
    if (!is_new) return place->second;
    const lab::Scenario& played = scenario_named(day_, scenario);
    const lab::Strategy& by = lab::strategy_named(strategy);
    for (const std::uint64_t seed : goal_seeds(played, first_seed_)) {
      progress_.tell(scenario + " by " + strategy, seed);
      place->second.push_back(lab::run(day_, played, by, seed));
    }
    return place->second;
  }

 private:
  const lab::Day& day_;
  std::uint64_t first_seed_;
  std::map<std::pair<std::string, std::string>, std::vector<lab::Metrics>> played_;
  LabProgress progress_;
};

// A table of goals is worth something when all know which client it is of.
void require_agreed_options(const LabFlags& flags) {
  const std::string file =
      flags.options.empty() ? (std::filesystem::path{flags.scenarios}.parent_path() / "options.txt").string() : flags.options;
  const auto agreed = read_file(file);
  if (!agreed) throw misuse("--options: the file " + file + " cannot be read");
  if (const auto difference = lab::first_difference(lab::ductile_options(), *agreed))
    throw misuse("lab goals: the client's options are not those of " + file + ": " + *difference +
                 "; agree on them first: ductile lab options > " + file);
}

std::string figure_text(double figure) { return fmt::format("{:.4g}", figure); }

}  // namespace

Ending lab_goals(const LabFlags& flags) {
  const auto [day, assumed] = read_lab_day(flags);
  const std::vector<lab::Goal> goals = lab::read_goals(read_scenarios(flags.scenarios), "the file " + flags.scenarios);
  require_agreed_options(flags);
  require_seeds_from(flags.first_seed);
  Plays plays{day, flags.first_seed};
  std::size_t met = 0;
  if (!flags.json) {
    print_assumed(assumed);
    fmt::print(
        "Seeds from {}: {} where a scenario has fewer than {} jobs, else {}. Options: the library's defaults.\n\n{:<5} {:<4} {:<16} {:>10} "
        "+- {:<10} {:<12} {:<5} {}\n",
        flags.first_seed, seeds_of_few, few_jobs, seeds_of_many, "goal", "in", "strategy", "figure", "half", "wanted", "", "what");
  }
  for (const lab::Goal& goal : goals) {
    std::vector<const std::vector<lab::Metrics>*> others;
    for (const std::string& other : goal.others) others.push_back(&plays.of(goal.scenario, other));
    const lab::GoalReached found = lab::reached(goal, plays.of(goal.scenario, goal.strategy), others);
    met += found.met ? 1 : 0;
    if (flags.json) {
      boost::json::object line{{"goal", goal.id},
                               {"scenario", goal.scenario},
                               {"strategy", goal.strategy},
                               {"what", goal.what},
                               {"op", goal.at_least ? ">=" : "<="},
                               {"wanted", json_of(goal.value)},
                               {"figure", json_of(found.figure.mean)},
                               {"half", found.figure.half ? json_of(*found.figure.half) : nullptr},
                               {"met", found.met}};
      add_assumed(line, assumed);
      fmt::print("{}\n", boost::json::serialize(line));
    } else {
      fmt::print("{:<5} {:<4} {:<16} {:>10} +- {:<10} {:<12} {:<5} {}\n", goal.id, goal.scenario, goal.strategy,
                 figure_text(found.figure.mean), found.figure.half ? figure_text(*found.figure.half) : "-",
                 fmt::format("{} {}", goal.at_least ? ">=" : "<=", figure_text(goal.value)), found.met ? "met" : "MISS", goal.what);
    }
    std::fflush(stdout);
  }
  if (!flags.json) fmt::print("\n{} of {} goals are met{}.\n", met, goals.size(), assumed.empty() ? "" : ", under changed assumptions");
  return met == goals.size() ? Ending::ok : Ending::failed;
}

Ending lab_options(const LabFlags&) {
  fmt::print("{}", lab::ductile_options());
  return Ending::ok;
}

Ending lab_ablate(const LabFlags& flags) {
  const auto [day, assumed] = read_lab_day(flags);
  const std::vector<std::uint64_t> seeds = lab::seeds_of(flags.seeds);
  std::vector<std::string> chosen = lab_names(flags.ablations, "--ablations");
  for (const std::string& each : chosen) static_cast<void>(lab::ablations_of(each));  // before anything is played
  if (chosen.empty()) {
    chosen.emplace_back(lab::no_ablation);
    for (const lab::Ablation& each : lab::all_ablations) chosen.emplace_back(each.name);
    chosen.emplace_back("-breaker -ramp -tracker -hints");
  }
  if (!flags.json) {
    print_assumed(assumed);
    fmt::print(
        "Seeds {}; delivered / bound, calls an image, 429s for 100 jobs; after an outage its peak minute over the steady rate.\n\n{:<32}",
        flags.seeds, "without");
    for (const auto& [name, scenario] : day.scenarios) fmt::print("  {:>24}", scenario.processes > 1 ? name + " (shared)" : name);
    fmt::print("\n");
  }
  LabProgress progress;
  for (const std::string& ablation : chosen) {
    if (!flags.json) fmt::print("{:<32}", ablation);
    for (const auto& [name, scenario] : day.scenarios) {
      std::vector<lab::Metrics> runs;
      const bool shared = scenario.processes > 1;
      const std::string title = "ductile without " + ablation;
      for (const std::uint64_t seed : seeds) {
        progress.tell(name + " by " + title, seed);
        runs.push_back(lab::run(day, scenario, title, [&](lab::World& world) { lab::play_ablated(world, ablation, shared); }, seed));
      }
      const auto mean = [&runs](double lab::Metrics::* figure) { return lab::interval_of(runs, figure).mean; };
      if (flags.json) {
        boost::json::object line{{"scenario", name}, {"ablation", ablation}, {"shared", shared}};
        add_assumed(line, assumed);
        for (const lab::Metric& metric : lab::all_metrics) line[metric.name] = json_of(lab::interval_of(runs, metric.figure));
        fmt::print("{}\n", boost::json::serialize(line));
      } else {
        std::string cell = fmt::format("{:.3f}, {:.2f}, {:.1f}", mean(&lab::Metrics::ratio), mean(&lab::Metrics::calls_per_image),
                                       mean(&lab::Metrics::quota_429));
        if (scenario.outage) cell += fmt::format(", {:.1f}", mean(&lab::Metrics::peak_60s));
        fmt::print("  {:>24}", cell);
      }
      std::fflush(stdout);
    }
    if (!flags.json) fmt::print("\n");
  }
  return Ending::ok;
}

}  // namespace ductile::tools
