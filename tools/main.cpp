// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"

#include <ductile/core/config_error.hpp>  // ConfigError
#include <ductile/core/version.hpp>
#include <ductile/gemini/redact.hpp>  // shortened
#include <ductile/tools/problem.hpp>  // Ending, misuse, Problem

#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using namespace ductile::tools;

// Flags of a file, as `name = value` lines; what the command line says outranks them. (CLI11's own reading of configuration files knows
// only the whole program, not a subcommand.)
void read_config(CLI::App& command, const std::string& path) {
  std::error_code none;  // what cannot be asked about cannot be read either
  if (!std::ifstream{path} || std::filesystem::is_directory(path, none)) throw misuse("--config: the file " + path + " cannot be read");
  for (const CLI::ConfigItem& item : CLI::ConfigTOML{}.from_file(path)) {
    if (item.name == "++" || item.name == "--") continue;  // a section begins or ends
    CLI::Option* const option = item.name == "config" || item.name == "help" ? nullptr : command.get_option_no_throw("--" + item.name);
    if (!option || !(item.parents.empty() || item.parents == std::vector<std::string>{command.get_name()}))
      throw misuse("--config: " + path + ": '" + item.fullname() + "' is not known");
    if (option->count() > 0) continue;
    if (option->get_expected_max() == 0)
      option->add_result(option->get_flag_value(item.name, CLI::ConfigTOML{}.to_flag(item)));
    else
      for (const std::string& input : item.inputs) option->add_result(input);
    option->run_callback();
  }
}

// CLI11 would take -3 for a very large number.
std::string refuse_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  return error == std::errc{} && end == text.data() + text.size() ? std::string{}
                                                                  : "Value " + text + " not in range 0 to 18446744073709551615";
}

const char* const imagine_help =
    "Makes an image of each prompt, through a service that fails, and writes them to a folder.\n\n"
    "PROMPTS is a file with one prompt a line, or one JSON object a line:\n"
    "  {\"prompt\": \"A lighthouse\", \"size\": \"2K\", \"ratio\": \"16:9\", \"id\": \"cover\", \"seed\": 7, \"reword\": true}\n"
    "An argument that is no existing file is the prompt itself.\n\n"
    "Without key and URL a mock of the service is started inside, and has a bad day: no network, no cost. Its time runs 60 times as fast.\n"
    "Run it again to make what is missing: what is made is kept.\n"
    "Ctrl-C begins nothing more, gives requests in flight 2 s, and then tells what was made; a second one ends the program at once.\n\n"
    "Exit status: 0 every image was made that could be made, 1 not, 64 the command line or a file is wrong.";

const char* const mock_help =
    "A mock of the service, on a port of this machine: prints `listening on http://HOST:PORT` and runs until it is interrupted.\n\n"
    "One request can ask for one answer: header `x-ductile-scenario: ID`, key `scenario-ID`, or query `scenario=ID`.\n"
    "--list has the IDs; /_ductile/health, requests, verdict, quota, scenario, state, switches and clock are its own pages.\n\n"
    "Scenarios: calm answers at once and never fails; bad-day has the service's worst hours and one of each kind of trouble; outage-30min "
    "is\n"
    "down for half an hour after a calm minute; seed-mix fails half of the calls for images, 70 % of those with 429, 15 % with 503 and "
    "502,\n"
    "8 % with 403; free-tier has two images a minute and 50 requests a day; retired-model loses gemini-3-pro-image after a minute;\n"
    "safety-heavy withholds two prompts of five; every-error shows the whole table, a failure a call. A file is JSON, as --schema says.\n\n"
    "Exit status: 0; with --fail-on-findings 1 when its client did something wrong; 64 the command line or a file is wrong.";

const char* const doctor_help =
    "Says what a failure is, whose it is, what to do and when, and what says so.\n\n"
    "FILE, or what comes on stdin, is whatever was seen of it: a body, the output of `curl -i`, an exception's text, log lines, a web "
    "page,\n"
    "nothing at all. JSON lines are one record a line; with --status or --header the whole input is one record.\n\n"
    "Exit status: 0 an answer was given (`other` too), 64 the command line or the file is wrong.";

const char* const lab_help =
    "A bad day of the service in virtual time: what clients of several kinds make of it, against a bound that none can exceed.\n\n"
    "Exit status: 0; 1 more was delivered than the bound allows, so that something is wrong; 64 the command line or the file is wrong.";

void define(CLI::App& command, ImagineFlags& flags, std::string& config) {
  command.add_option("PROMPTS", flags.prompts, "a file of prompts, or a prompt");
  command.add_option("--out,-o", flags.out, "the folder for the images; made if it is not there");
  command.add_option("--base-url", flags.base_url, "the service, without a version (/v1beta/... is appended)");
  command.add_option("--key-env", flags.key_env, "the environment variable that holds the key [GOOGLE_API_KEY, else GEMINI_API_KEY]");
  command.add_option("--target", flags.targets, "NAME=MODEL[@URL], once for each target, in order; replaces the default chain")
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("NAME=MODEL[@URL]");
  command.add_option("--deadline", flags.deadline, "how long a job may take, from its first admission: 90s, 10m, 1h30m; 1s to 30d")
      ->capture_default_str();
  command.add_option("--concurrency,-j", flags.concurrency, "jobs under way at once, 1 to 256 [4]; with --async 1 to 10000 [1000]");
  command.add_flag("--async", flags.async, "all jobs in one thread, over Boost.Beast; only where the program was built with it");
  command.add_option("--report", flags.report, "writes the report there, as JSON; without it there is none");
  command.add_option("--size", flags.size, "of jobs that name none: 512, 1K, 2K, 4K");
  command.add_option("--ratio", flags.ratio, "of jobs that name none: 1:1, 16:9, ...");
  command.add_flag("--reword", flags.reword, "declares an art style where a prompt is refused for its content; the report says which");
  command.add_flag("--downsize", flags.downsize,
                   "a target that does not make the size that is asked for makes a smaller one; the report says");
  command.add_option("--time-scale", flags.time_scale, "joins a ductile mock whose time runs so many times as fast; refused elsewhere")
      ->check(CLI::Range(0.001, 100'000.0));
  command.add_option("--config", config, "a file of flags, one `name = value` a line; the command line outranks it");
  command.add_flag("--json", flags.json, "one JSON object a job on stdout, then one with the summary, and nothing else");
  const std::string inside = "The mock inside";
  command
      .add_option("--scenario", flags.scenario,
                  "bad-day, calm, outage-30min, ..., as `ductile mock --help` lists them, or a file [bad-day]")
      ->group(inside);
  command.add_option("--seed", flags.seed, "which day it is [1]")->check(refuse_seed)->group(inside);
  command.add_option("--tier", flags.tier, "its quotas: zero, free, tier1, tier2, ...")->group(inside);
  command.add_option("--mock-journal", flags.mock_journal, "writes down what it was asked, and which prompts it would ever draw")
      ->group(inside);
}

void define(CLI::App& command, MockFlags& flags) {
  command.add_option("--host", flags.host, "the address to listen on")->capture_default_str();
  command.add_option("--port", flags.port, "the port; 0: any that is free")->check(CLI::Range(0, 65'535))->capture_default_str();
  command.add_option("--scenario", flags.scenario, "one of those, or a file")->capture_default_str();
  command.add_option("--tier", flags.tier, "its quotas: zero, free, tier1, tier2, ...; the scenario's if left out");
  command.add_option("--seed", flags.seed, "same seed, same requests, same answers [the file's, else 1]")->check(refuse_seed);
  command.add_option("--time-scale", flags.time_scale, "how many times as fast its time runs")
      ->check(CLI::Range(0.001, 100'000.0))
      ->capture_default_str();
  command.add_option("--at", flags.at, "its time at the start: 2026-11-24T10:00:00Z");
  command.add_flag("--strict-keys", flags.strict_keys,
                   "refuses a key that has neither of the service's forms; else a word of your own is a key");
  command.add_flag("--fail-on-findings", flags.fail_on_findings,
                   "at the end: what its client did wrong, and status 1 if there is anything");
  command.add_flag("--list", flags.list,
                   "lists every answer that it can give, how to ask for it, and where its words come from; then ends");
  command.add_flag("--schema", flags.schema, "prints the JSON Schema of a scenario file; then ends");
  command.add_flag("--json", flags.json, "the first line is a JSON object, and so are the findings and each line of --list");
  const std::string switches = "Switches, instead of the scenario's";
  command.add_option("--count-failures", flags.count_failures, "whether calls that fail count in the quotas [true]")->group(switches);
  command
      .add_option("--lying-retry-info", flags.lying_retry_info,
                  "whether the wait that a 429 names is shorter than the true one [of a spent day alone]")
      ->group(switches);
  command
      .add_option("--shared-capacity", flags.shared_capacity,
                  "calls a minute that each image model can serve, for all projects together; beyond it is overloaded")
      ->check(CLI::Range(0.0, 1e6))
      ->group(switches);
  const std::string beside = "Ports beside it, for what is no answer of its own (0: any that is free)";
  const auto port = [&](const char* name, std::optional<int>& to, const char* what) {
    command.add_option(name, to, what)->check(CLI::Range(0, 65'535))->group(beside);
  };
  port("--tls-port", flags.tls_port, "the service under TLS, with a certificate that nobody has signed");
  port("--goaway-port", flags.goaway_port, "HTTP/2 under TLS that goes away");
  port("--proxy-port", flags.proxy_port, "a proxy that wants a login");
  port("--full-port", flags.full_port, "a port on which no connection opens");
  command.add_option("--certificate", flags.certificate, "writes the certificate of the ports under TLS there, PEM")->group(beside);
}

// How the doctor's own subcommands are called.
struct DoctorCommands {
  CLI::App& doctor;
  CLI::App& explain;
  CLI::App& codes;
  CLI::App& scan;
  CLI::App& policy;
  CLI::App& repro;
  CLI::App& check;
};

DoctorCommands define(CLI::App& command, DoctorFlags& flags) {
  command.add_option("FILE", flags.file, "what was seen; without it, or -, stdin");
  command.add_option("--status", flags.status, "the HTTP status that it came with")->check(CLI::Range(100, 599));
  command.add_option("--header", flags.headers, "'name: value', once for each header that it came with")
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("'NAME: VALUE'");
  command.add_flag("--json", flags.json, "one JSON object on one line a record, and nothing else");
  command.add_flag("--redact", flags.redact, "prints the input itself, without keys, images, projects and addresses, and no diagnosis");
  command.add_flag("--quiet,-q", flags.quiet, "the id alone, a line a record");
  CLI::App& explain = *command.add_subcommand("explain", "Says what a failure of the table is, and what to do.");
  explain.add_option("ID", flags.id, "the failure's id, such as rpd-free")->required();
  explain.add_flag("--json", flags.json, "one JSON object on one line");
  CLI::App& codes = *command.add_subcommand("codes", "Lists every failure of the table: id, kind, remedy, status, cause.");
  codes.add_flag("--json", flags.json, "one JSON object on one line a failure");
  CLI::App& scan = *command.add_subcommand(
      "scan", "Counts the failures of a log: how often, from when to when, what was asked in vain, whether to stop.");
  scan.add_option("LOG", flags.file,
                  "the log; without it, or -, stdin. Times without a zone are taken for UTC, without a year for the latest that fits");
  scan.add_flag("--json", flags.json, "one JSON object on one line");
  CLI::App& policy = *command.add_subcommand(
      "policy", "Prints a pipeline in C++ for the failures of a paste or a log, and what no pipeline mends of them.");
  policy.add_option("FILE", flags.file, "a paste or a log; without it, or -, stdin");
  CLI::App& repro =
      *command.add_subcommand("repro", "Prints the scenario in which ductile mock does the same again: ductile mock --scenario FILE.");
  repro.add_option("FILE", flags.file, "what was seen; without it, or -, stdin");
  CLI::App& check = *command.add_subcommand(
      "check",
      "Asks the service what is wrong: DNS, TLS, the key, the region, the model, one call of one token; stops at the first that fails. "
      "The only part of the doctor that sends anything. Exit status 1 when a step fails.");
  check.add_option("--base-url", flags.base_url, "the service, without a version [GOOGLE_GEMINI_BASE_URL, else the service's own]");
  check.add_option("--key-env", flags.key_env, "the environment variable that holds the key [GOOGLE_API_KEY, else GEMINI_API_KEY]");
  check.add_option("--model", flags.model, "the model that is asked for")->capture_default_str();
  check.add_flag("--json", flags.json, "one JSON object on one line a step");
  return {command, explain, codes, scan, policy, repro, check};
}

// How the lab's own subcommands are called.
struct LabCommands {
  CLI::App& lab;
  CLI::App& run;
  CLI::App& compare;
  CLI::App& list;
  CLI::App& goals;
  CLI::App& ablate;
  CLI::App& worlds;
  CLI::App& plot;
  CLI::App& replay;
  CLI::App& options;
};

LabCommands define(CLI::App& command, LabFlags& flags) {
  command.require_subcommand(1);
  const auto define_days = [&flags](CLI::App& play) {
    play.add_option("--scenarios", flags.scenarios, "the file that describes the service, its tiers and the scenarios")->required();
    play.add_option("--seeds", flags.seeds, "which days: one seed, or A-B for all from A to B")->capture_default_str();
  };
  const auto define_play = [&](CLI::App& play) {
    define_days(play);
    play.add_option("--scenario", flags.scenario, "one of the file's scenarios, such as W1")->required();
  };
  const auto define_strategies = [&flags](CLI::App& play) {
    play.add_option("--strategies", flags.strategies, "some of them, with commas between [all]");
  };
  const auto define_assume = [&flags](CLI::App& play) {
    play.add_option(
            "--assume", flags.assume,
            "sets a figure of the file otherwise (reject_cost=0, quota_window=sliding, scenarios.W4.processes=10), or all of one of "
            "its sensitivity; may be repeated")
        ->take_all()
        ->allow_extra_args(false)
        ->type_name("PATH=VALUE");
  };
  CLI::App& run = *command.add_subcommand("run", "Plays a scenario by one strategy: a line a seed.");
  define_play(run);
  define_assume(run);
  run.add_option("--strategy", flags.strategy, "who asks; `ductile lab list` has the names")->required();
  run.add_flag("--json", flags.json, "one JSON object on one line a seed");
  run.add_option("--log", flags.log, "writes the jobs and their attempts there, for `ductile lab replay`; of one seed");
  CLI::App& compare =
      *command.add_subcommand("compare", "Plays a scenario by several strategies: a table of means and half 95 % intervals.");
  define_play(compare);
  define_assume(compare);
  define_strategies(compare);
  compare.add_flag("--json", flags.json, "one JSON object on one line a strategy: each figure as [mean, half of the interval]");
  CLI::App& list = *command.add_subcommand("list", "Lists the strategies.");
  list.add_flag("--json", flags.json, "one JSON object on one line a strategy");
  const auto define_file = [&flags](CLI::App& play) {
    play.add_option("--scenarios", flags.scenarios, "the file that describes the service, its tiers, the scenarios and the goals")
        ->required();
  };
  CLI::App& goals = *command.add_subcommand("goals", "Plays what the file's goals need, and says which are met. Exit status 1: not all.");
  define_file(goals);
  define_assume(goals);
  goals.add_option("--first-seed", flags.first_seed, "the first of 100 days for scenarios with few jobs, of 20 for the others")
      ->check(refuse_seed)
      ->capture_default_str();
  goals.add_option("--options", flags.options,
                   "what `ductile lab options` printed for the options that are agreed on; with others nothing is played "
                   "[options.txt beside the scenarios]");
  goals.add_flag("--json", flags.json, "one JSON object on one line a goal");
  CLI::App& ablate = *command.add_subcommand("ablate", "Plays all scenarios by `ductile` without one of its parts: what each part buys.");
  define_file(ablate);
  define_assume(ablate);
  ablate.add_option("--ablations", flags.ablations,
                    "some of them, with commas between; several parts at once with spaces; nothing: the whole client [each alone]");
  ablate.add_option("--seeds", flags.seeds, "which days: one seed, or A-B for all from A to B")->capture_default_str();
  ablate.add_flag("--json", flags.json, "one JSON object on one line a scenario and ablation");
  CLI::App& worlds = *command.add_subcommand(
      "worlds", "Plays worlds that are each against a client in one way, with the policy that is for this and without.");
  worlds.add_option("--seeds", flags.seeds, "which worlds: one seed, or A-B for all from A to B")->capture_default_str();
  worlds.add_flag("--json", flags.json, "one JSON object on one line a world and client: each figure as [mean, half of the interval]");
  CLI::App& plot = *command.add_subcommand("plot", "Plays all scenarios by several strategies, and draws a page of what came of it.");
  define_days(plot);
  define_strategies(plot);
  plot.add_option("--out,-o", flags.out, "the page, HTML; what it replaces is lost")->required();
  CLI::App& replay = *command.add_subcommand("replay", "Plays strategies in the world that a log tells of, beside what was.");
  replay.add_option("--log", flags.log, "what `ductile imagine --report` wrote, or its jobs one a line")->required();
  replay.add_option("--seeds", flags.seeds, "whose luck: one seed, or A-B for all from A to B")->capture_default_str();
  define_strategies(replay);
  replay.add_flag("--json", flags.json,
                  "one JSON object on one line a strategy, the log's own first: each figure as [mean, half of the interval]");
  CLI::App& options = *command.add_subcommand("options", "Prints every option of `ductile`, a line each.");
  return {command, run, compare, list, goals, ablate, worlds, plot, replay, options};
}

// CLI11 would say that one is missing, and not which is unknown. `before` is what the command line has before it: "lab ".
void require_known_subcommand(const CLI::App& app, std::string_view name, const std::string& before) {
  const auto is_named = [name](const CLI::App* command) { return command->get_name() == name; };
  if (!name.starts_with('-') && app.get_subcommands(is_named).empty())
    throw misuse("there is no subcommand '" + before + std::string{name} + "'; ductile " + before + "--help lists them");
}

// What the doctor alone takes means nothing to its subcommands, and a file before one would be taken for its own.
void refuse_flags_of_doctor(const DoctorCommands& commands) {
  const auto subcommands = commands.doctor.get_subcommands();
  if (subcommands.empty()) return;
  const std::string name = subcommands.front()->get_name();
  const bool takes_json = subcommands.front()->get_option_no_throw("--json") != nullptr;
  for (const char* const flag : {"--status", "--header", "--redact", "--quiet", "--json"})
    if (commands.doctor.count(flag) > 0 && !(takes_json && std::string_view{flag} == "--json"))
      throw misuse(std::string{flag} + " goes with `ductile doctor FILE`, and means nothing to `ductile doctor " + name + "`");
  if (commands.doctor.count("FILE") > 0)
    throw misuse("FILE goes with `ductile doctor FILE`, and means nothing before `" + name + "`; what that takes stands behind it");
}

Ending run(int argc, char** argv) {
  CLI::App app{"Makes images through a service that fails, mocks that service, says what a failure is, and plays bad days."};
  app.name("ductile");
  app.set_version_flag("--version", "ductile " PROGRAM_VERSION);
  app.require_subcommand(1);

  ImagineFlags imagine_flags;
  std::string config;
  CLI::App& imagine_command = *app.add_subcommand("imagine", imagine_help);
  define(imagine_command, imagine_flags, config);
  MockFlags mock_flags;
  CLI::App& mock_command = *app.add_subcommand("mock", mock_help);
  define(mock_command, mock_flags);
  DoctorFlags doctor_flags;
  const DoctorCommands doctor_commands = define(*app.add_subcommand("doctor", doctor_help), doctor_flags);

  LabFlags lab_flags;
  const LabCommands lab_commands = define(*app.add_subcommand("lab", lab_help), lab_flags);

  require_known_subcommand(app, argc > 1 ? argv[1] : "-", "");
  if (argc > 2 && argv[1] == lab_commands.lab.get_name()) require_known_subcommand(lab_commands.lab, argv[2], "lab ");
  try {
    app.parse(argc, argv);
    if (!config.empty()) read_config(imagine_command, config);
  } catch (const CLI::Success& success) {
    return app.exit(success) == 0 ? Ending::ok : Ending::failed;
  } catch (const CLI::ParseError& error) {
    throw misuse(error.what());
  }
  refuse_flags_of_doctor(doctor_commands);
  if (imagine_command.parsed()) return imagine(imagine_flags);
  if (mock_command.parsed()) return mock_service(mock_flags);
  if (lab_commands.run.parsed()) return lab_run(lab_flags);
  if (lab_commands.compare.parsed()) return lab_compare(lab_flags);
  if (lab_commands.list.parsed()) return lab_list(lab_flags);
  if (lab_commands.goals.parsed()) return lab_goals(lab_flags);
  if (lab_commands.options.parsed()) return lab_options(lab_flags);
  if (lab_commands.ablate.parsed()) return lab_ablate(lab_flags);
  if (lab_commands.worlds.parsed()) return lab_worlds(lab_flags);
  if (lab_commands.plot.parsed()) return lab_plot(lab_flags);
  if (lab_commands.replay.parsed()) return lab_replay(lab_flags);
  if (doctor_commands.explain.parsed()) return doctor_explain(doctor_flags);
  if (doctor_commands.scan.parsed()) return doctor_scan(doctor_flags);
  if (doctor_commands.policy.parsed()) return doctor_policy(doctor_flags);
  if (doctor_commands.repro.parsed()) return doctor_repro(doctor_flags);
  if (doctor_commands.check.parsed()) return doctor_check(doctor_flags);
  return doctor_commands.codes.parsed() ? doctor_codes(doctor_flags) : doctor(doctor_flags);
}

}  // namespace

int main(int argc, char** argv) {
  const auto end = [](Ending ending, const char* line) {
    constexpr std::size_t longest = 2000;
    fmt::print(stderr, "ductile: {}\n", ductile::gemini::shortened(line, longest));  // it may quote what was given: any bytes
    return static_cast<int>(ending);
  };
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const Problem& problem) {
    return end(problem.ending(), problem.what());
  } catch (const ductile::ConfigError& error) {
    return end(Ending::usage, error.what());
  } catch (const std::exception& error) {
    return end(Ending::failed, error.what());
  }
}
