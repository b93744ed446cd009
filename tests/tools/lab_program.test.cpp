// SPDX-License-Identifier: BSL-1.0

// `ductile lab` as a stranger calls it. What it plays is tested beside.
#include "../support/catch.hpp"
#include "folder_for_test.hpp"
#include "program_for_test.hpp"

#include <ductile/tools/whole_file.hpp>

#include <boost/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

#ifdef DUCTILE_PROGRAM

namespace {

const std::string day_file = (std::filesystem::path{DUCTILE_TEST_DATA} / "lab" / "scenarios.json").string();

// What the program says where it has written nothing else.
std::string refusal_of_lab(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "lab");
  Program program{std::move(arguments)};
  CHECK(program.exit_status() == 64);
  CHECK(program.stdout_text().empty());
  return program.stderr_text();
}

std::string output_of_lab(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "lab");
  Program program{std::move(arguments)};
  CHECK(program.exit_status() == 0);
  return program.stdout_text();
}

std::vector<std::string> comparing(const std::string& strategies) {
  return {"compare", "--scenarios", day_file, "--scenario", "W1", "--seeds", "3", "--strategies", strategies};
}

std::vector<std::string> ablating(const std::string& ablations) {
  return {"ablate", "--scenarios", day_file, "--seeds", "3", "--ablations=" + ablations};
}

}  // namespace

TEST_CASE("What makes no sense to the lab is refused before anything is played or printed", "[program][lab]") {
  struct Case {
    std::vector<std::string> arguments;
    std::string refusal;
  };
  for (const Case& each : std::vector<Case>{
           {{"nope"}, "there is no subcommand 'lab nope'; ductile lab --help lists them"},
           {comparing("none,,ductile"), "--strategies must have a name between its commas; it is 'none,,ductile'"},
           {comparing("none,"), "--strategies must have a name between its commas; it is 'none,'"},
           {comparing(""), "--strategies must have a name between its commas; it is ''"},
           {comparing("ductile,none,ductile"), "--strategies must name each once; 'ductile' comes twice"},
           {comparing("none,duktile"), "it is 'duktile'; the nearest is 'ductile'"},
           {ablating("-ramp,-ramq"), "--ablations must be nothing, or of configured, +downsize, "},
           {ablating("-ramp,-ramq"), "; one is '-ramq'"},
           {ablating("-ramp nothing"), "; one is 'nothing'"},
           {ablating("-ramp,,-hints"), "--ablations must have a name between its commas; it is '-ramp,,-hints'"},
           {ablating("-ramp,-ramp"), "--ablations must name each once; '-ramp' comes twice"},
           {ablating("-ramp -hints -ramp"), "--ablations must take out each part once; '-ramp' comes twice in one"},
           {ablating("-hints -patience +patience"), "--ablations must not set one option in two ways; '+patience' and '-patience' do"},
           {{"goals", "--scenarios", day_file, "--first-seed", "18446744073709551517"},
            "--first-seed must be at most 18446744073709551516, since 100 days follow one another; it is 18446744073709551517"},
       }) {
    INFO(each.refusal);
    CHECK_THAT(refusal_of_lab(each.arguments), Catch::Matchers::ContainsSubstring(each.refusal));
  }
}

TEST_CASE("Of one seed the lab says no interval, of two it does", "[program][lab]") {
  CHECK_THAT(output_of_lab(comparing("none")), Catch::Matchers::ContainsSubstring("0.237 +- -"));
  std::vector<std::string> as_json = comparing("none");
  as_json.emplace_back("--json");
  CHECK(boost::json::parse(output_of_lab(as_json)).at("ratio").at(1).is_null());
  as_json[6] = "3-4";
  CHECK(boost::json::parse(output_of_lab(as_json)).at("ratio").at(1).to_number<double>() > 0);
}

TEST_CASE("The row of the whole client can be asked for by its name", "[program][lab]") {
  const FolderForTest folder;
  boost::json::value file = boost::json::parse(ductile::tools::read_file(day_file).value());
  boost::json::object& scenarios = file.at("scenarios").as_object();
  for (const char* const larger : {"W2", "W3", "W4", "W5"}) scenarios.erase(larger);
  ductile::tools::write_whole_file(folder / "one.json", boost::json::serialize(file));
  const std::string said =
      output_of_lab({"ablate", "--scenarios", (folder / "one.json").string(), "--seeds", "3", "--ablations=nothing", "--json"});
  CHECK(boost::json::parse(said).at("ablation") == "nothing");
}

TEST_CASE("A log of one job is told as one", "[program][lab]") {
  const FolderForTest folder;
  const std::string job =
      R"({"began": "2026-11-24T10:00:00Z", "deadline_ms": 600000, "took_ms": 30000, "target": "pro", "outcome": "ok", "trail": []})";
  ductile::tools::write_whole_file(folder / "log", job + "\n" + R"({"outcome": "cancelled"})" + "\n");
  const std::string said = output_of_lab({"replay", "--log", (folder / "log").string(), "--seeds", "1", "--strategies", "none"});
  CHECK_THAT(said, Catch::Matchers::ContainsSubstring(": 1 job, 1 call of pro\n"));
  CHECK_THAT(said, Catch::Matchers::ContainsSubstring("Left out: 1 job, "));
}

#endif  // DUCTILE_PROGRAM
