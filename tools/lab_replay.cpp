// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"
#include "lab_common.hpp"

#include <ductile/tools/lab/columns.hpp>        // Column, figure_text, interval_of, interval_text
#include <ductile/tools/lab/incident.hpp>       // Incident, metrics_of
#include <ductile/tools/lab/incident_json.hpp>  // read_incident
#include <ductile/tools/lab/interval.hpp>       // Interval, interval_of
#include <ductile/tools/lab/metrics.hpp>        // Metrics
#include <ductile/tools/lab/replay.hpp>         // replay, Replayed, Sureness
#include <ductile/tools/lab/seeds.hpp>          // seeds_of
#include <ductile/tools/lab/strategies.hpp>     // Strategy
#include <ductile/tools/problem.hpp>            // misuse
#include <ductile/tools/whole_file.hpp>         // read_file

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::tools {

namespace {

struct ReplayColumn {
  std::string_view name;  // in JSON
  lab::Column shown;
};

constexpr std::array<ReplayColumn, 7> columns{{{"delivered", {"delivered", &lab::Metrics::delivered, 1}},
                                               {"ratio", {"delivered/jobs", &lab::Metrics::ratio, 3}},
                                               {"calls", {"calls", &lab::Metrics::calls, 1}},
                                               {"calls_per_image", {"calls/image", &lab::Metrics::calls_per_image, 2}},
                                               {"quota_429", {"429/100 jobs", &lab::Metrics::quota_429, 1}},
                                               {"p50_s", {"p50 s", &lab::Metrics::p50_s, 0}},
                                               {"p95_s", {"p95 s", &lab::Metrics::p95_s, 0}}}};

// How its answers are known, in shares of its calls.
struct Known {
  std::string_view name;
  std::string_view title;
  std::size_t lab::Sureness::* calls;
};

constexpr std::array<Known, 4> known{{{"answers_logged", "logged", &lab::Sureness::logged},
                                      {"answers_of_minute", "minute", &lab::Sureness::same_minute},
                                      {"answers_filled_in", "filled in", &lab::Sureness::other_minute},
                                      {"answers_of_other_target", "other target", &lab::Sureness::other_target}}};

// Of several runs together.
struct Shares {
  lab::Sureness sum{};

  void add(const lab::Sureness& run) {
    for (const Known& each : known) sum.*each.calls += run.*each.calls;
    sum.farthest = std::max(sum.farthest, run.farthest);
  }
  [[nodiscard]] double of(std::size_t lab::Sureness::* calls) const {
    return sum.calls() == 0 ? 0 : static_cast<double>(sum.*calls) / static_cast<double>(sum.calls());
  }
};

void print_json(std::string_view name, const std::vector<lab::Metrics>& runs, const Shares& shares) {
  boost::json::object line{{"strategy", name}, {"jobs", json_of(runs.front().jobs)}};
  for (const ReplayColumn& column : columns) line[column.name] = json_of(lab::interval_of(runs, column.shown.figure));
  for (const Known& each : known) line[each.name] = json_of(shares.of(each.calls));
  line["farthest_min"] = json_of(std::chrono::duration<double>(shares.sum.farthest).count() / 60);
  fmt::print("{}\n", boost::json::serialize(line));
}

void print_row(std::string_view name, const std::vector<lab::Metrics>& runs, const Shares* shares) {
  fmt::print("{:<22}", name);
  for (const ReplayColumn& column : columns) {
    const lab::Interval found = lab::interval_of(runs, column.shown.figure);
    fmt::print("  {:>18}", shares ? lab::interval_text(found, column.shown.digits) : lab::figure_text(found.mean, column.shown.digits));
  }
  for (const Known& each : known) fmt::print("  {:>12}", shares ? lab::figure_text(100 * shares->of(each.calls), 1) + " %" : "");
  fmt::print("\n");
}

std::string counted(std::size_t count, std::string_view what) { return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s"); }

void print_head(const lab::Incident& incident, const LabFlags& flags) {
  fmt::print("{}: {}, {} of {}{}\n", flags.log, counted(incident.jobs.size(), "job"), counted(incident.calls.size(), "call"),
             incident.targets.front(), incident.targets.size() > 1 ? " and " + incident.targets.back() : std::string{});
  if (incident.jobs_left_out > 0)
    fmt::print("Left out: {}, there already, cancelled or not begun\n", counted(incident.jobs_left_out, "job"));
  if (incident.calls_left_out > 0) fmt::print("Left out: {} of further targets\n", counted(incident.calls_left_out, "call"));
  fmt::print("seeds {}, mean +- half of the 95 % interval; at the right, how the answers are known\n\n{:<22}", flags.seeds, "strategy");
  for (const ReplayColumn& column : columns) fmt::print("  {:>18}", column.shown.title);
  for (const Known& each : known) fmt::print("  {:>12}", each.title);
  fmt::print("\n");
}

}  // namespace

Ending lab_replay(const LabFlags& flags) {
  const auto text = read_file(flags.log);
  if (!text) throw misuse("--log: the file " + flags.log + " cannot be read");
  const lab::Incident incident = lab::read_incident(*text, "the file " + flags.log);
  const std::vector<std::uint64_t> seeds = lab::seeds_of(flags.seeds);
  const std::vector<const lab::Strategy*> strategies = lab_strategies(flags.strategies);
  const std::vector<lab::Metrics> was{lab::metrics_of(incident)};
  if (flags.json) {
    print_json("log", was, Shares{});
  } else {
    print_head(incident, flags);
    print_row("as it was", was, nullptr);
  }
  LabProgress progress;
  for (const lab::Strategy* strategy : strategies) {
    std::vector<lab::Metrics> runs;
    Shares shares;
    for (const std::uint64_t seed : seeds) {
      progress.tell(strategy->name, seed);
      const lab::Replayed replayed = lab::replay(incident, *strategy, seed);
      runs.push_back(replayed.metrics);
      shares.add(replayed.sureness);
    }
    flags.json ? print_json(strategy->name, runs, shares) : print_row(strategy->name, runs, &shares);
    std::fflush(stdout);
  }
  return Ending::ok;
}

}  // namespace ductile::tools
