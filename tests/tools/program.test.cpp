// SPDX-License-Identifier: BSL-1.0

// The program as a stranger runs it: command line in, files, lines and exit status out.
#include "../support/catch.hpp"
#include "folder_for_test.hpp"
#include "program_for_test.hpp"

#include <ductile/gemini/image_file.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/tools/sha256.hpp>
#include <ductile/tools/whole_file.hpp>

#include <httplib.h>
#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#ifdef DUCTILE_PROGRAM

using namespace ductile;
using namespace std::chrono_literals;

namespace {

const std::string six_prompts = "a red balloon\na cat in the rain\na lighthouse\nan old map\na bowl of ramen\na paper dragon\n";

std::size_t whole_images(const FolderForTest& folder) {
  std::size_t count = 0;
  for (const std::string& name : folder.names())
    if (const auto bytes = tools::read_file(folder / name); bytes && gemini::check_image(*bytes)) ++count;
  return count;
}

std::vector<boost::json::object> json_lines(const std::string& text) {
  std::vector<boost::json::object> objects;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) objects.push_back(boost::json::parse(line).as_object());
  return objects;
}

}  // namespace

TEST_CASE("imagine makes the images of a bad day with a mock inside, and tells it without escapes in a pipe", "[program]") {
  const FolderForTest work;
  const FolderForTest images;
  tools::write_whole_file(work / "prompts", six_prompts);
  Program program{{"imagine", (work / "prompts").string(), "--out", images.path().string(), "--report", (work / "report").string(),
                   "--mock-journal", (work / "journal").string(), "--time-scale", "600"}};
  CHECK(program.exit_status() == 0);
  CHECK(program.stderr_text().empty());
  CHECK(program.stdout_text().find('\x1b') == std::string::npos);

  const boost::json::value report = boost::json::parse(tools::read_file(work / "report").value());
  const boost::json::value journal = boost::json::parse(tools::read_file(work / "journal").value());
  std::size_t makeable = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto& job = report.at("jobs").at(i);
    const bool can = journal.at("prompts").at(i).at("makeable").as_bool();
    makeable += can ? 1 : 0;
    INFO(boost::json::serialize(job));
    CHECK(job.at("outcome") == (can ? "ok" : "failed"));
    if (!can) continue;
    const auto bytes = tools::read_file(images / job.at("file").as_string().c_str());
    REQUIRE(bytes);
    CHECK(job.at("sha256") == boost::json::string{tools::sha256(*bytes)});
  }
  CHECK(makeable >= 4);
  INFO(boost::json::serialize(journal.at("verdict")));
  CHECK(journal.at("verdict").at("clean").as_bool());
  CHECK(whole_images(images) == makeable);
  CHECK(images.names().size() == makeable);
}

TEST_CASE(
    "with --reword more prompts that a filter refuses get an image, the report says what was done, and nothing blocked is paid for twice",
    "[program]") {
  std::string prompts;
  for (int i = 0; i < 20; ++i) prompts += "borderline prompt " + std::to_string(i) + "\n";
  prompts += prompts;  // each once more, when the first is over
  struct Seen {
    std::int64_t made = 0;
    std::int64_t reworded = 0;
    boost::json::value verdict{};
  };
  const auto seen = [&](std::vector<std::string> more) {
    const FolderForTest work;
    const FolderForTest images;
    tools::write_whole_file(work / "prompts", prompts);
    std::vector<std::string> arguments{"imagine",        (work / "prompts").string(),
                                       "--out",          images.path().string(),
                                       "--report",       (work / "report").string(),
                                       "--mock-journal", (work / "journal").string(),
                                       "--scenario",     "safety-heavy",
                                       "--time-scale",   "300",
                                       "--deadline",     "1h"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Program program{arguments};
    (void)program.exit_status();
    const boost::json::value report = boost::json::parse(tools::read_file(work / "report").value());
    Seen result{.verdict = boost::json::parse(tools::read_file(work / "journal").value()).at("verdict")};
    for (const auto& job : report.at("jobs").as_array()) {
      result.made += job.at("outcome") == "ok" ? 1 : 0;
      if (job.at("rewording").is_null()) continue;
      CHECK(job.at("outcome") == "ok");
      CHECK(std::string_view{job.at("rewording").as_string()}.starts_with("declared "));
      ++result.reworded;
    }
    INFO(boost::json::serialize(result.verdict));
    CHECK(result.verdict.at("clean").as_bool());
    return result;
  };
  const Seen as_written = seen({});
  const Seen reworded = seen({"--reword"});
  CHECK(as_written.reworded == 0);
  CHECK(reworded.reworded > 0);
  CHECK(reworded.made > as_written.made);
}

TEST_CASE("imagine --json prints one object a job and a summary, and nothing else", "[program]") {
  const FolderForTest images;
  Program program{{"imagine", "a red balloon", "--out", images.path().string(), "--json", "--scenario", "calm", "--seed", "3"}};
  CHECK(program.exit_status() == 0);
  const auto lines = json_lines(program.stdout_text());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].at("prompt") == "a red balloon");
  CHECK(lines[0].at("outcome") == "ok");
  CHECK(lines[1].at("summary").at("ok") == 1);
}

TEST_CASE("a second run makes only what is missing, and asks nothing for the rest", "[program]") {
  const FolderForTest work;
  const FolderForTest images;
  mock::Server service;
  tools::write_whole_file(work / "prompts", six_prompts);
  const std::vector<std::string> command{"imagine",    (work / "prompts").string(), "--out", images.path().string(), "--base-url",
                                         service.url()};
  const std::map<std::string, std::string> key{{"GEMINI_API_KEY", "any-key"}};
  CHECK(Program{command, key}.exit_status() == 0);
  CHECK(service.engine().journal().total() == 6);
  std::filesystem::remove(images / *images.names().begin());
  CHECK(Program{command, key}.exit_status() == 0);
  CHECK(service.engine().journal().total() == 7);
  CHECK(whole_images(images) == 6);
}

TEST_CASE("a run that was killed leaves no half image, and the next one finishes its work", "[program]") {
  const FolderForTest work;
  const FolderForTest images;
  tools::write_whole_file(work / "prompts", six_prompts);
  const std::vector<std::string> command{
      "imagine", (work / "prompts").string(), "--out", images.path().string(), "--scenario", "calm", "--time-scale", "0.1", "--concurrency",
      "1"};
  {
    Program program{command};
    REQUIRE(program.says("made by"));
    program.signal(SIGKILL);
    CHECK(program.exit_status() == -SIGKILL);
  }
  const std::size_t made = whole_images(images);
  CHECK(made >= 1);
  CHECK(made < 6);
  tools::write_whole_file(images / ".ductile-1-1.part", "half an im");
  CHECK(Program{command}.exit_status() == 0);
  CHECK(whole_images(images) == 6);
  CHECK(images.names().size() == 6);
}

TEST_CASE("an interrupt ends a run in order: summary and report are written, and the status is 1", "[program]") {
  const FolderForTest work;
  const FolderForTest images;
  tools::write_whole_file(work / "prompts", six_prompts);
  tools::write_whole_file(work / "always-full", R"({"episodes": [{"answer": "high-demand", "latency_s": 0.01}]})");
  Program program{{"imagine", (work / "prompts").string(), "--out", images.path().string(), "--report", (work / "report").string(),
                   "--scenario", (work / "always-full").string(), "--time-scale", "1", "--concurrency", "2"}};
  REQUIRE(program.says("waiting until"));
  const auto asked = std::chrono::steady_clock::now();
  program.signal(GENERATE(SIGINT, SIGTERM));
  CHECK(program.exit_status() == 1);
  CHECK(std::chrono::steady_clock::now() - asked < 1s);
  CHECK_THAT(program.stdout_text(), Catch::Matchers::ContainsSubstring("Run it again to make what is missing"));
  const boost::json::value report = boost::json::parse(tools::read_file(work / "report").value());
  CHECK(report.at("totals").at("complete") == false);
  CHECK(report.at("jobs").as_array().size() == 6);
  CHECK(report.at("totals").at("exit") == 1);
}

TEST_CASE("with nowhere else to go a job is tried until its deadline, and then says what it met", "[program]") {
  const FolderForTest work;
  tools::write_whole_file(work / "always-full", R"({"episodes": [{"answer": "high-demand", "latency_s": 1}]})");
  Program program{{"imagine", "a cat", "--out", (work / "images").string(), "--scenario", (work / "always-full").string(), "--target",
                   "only=gemini-3-pro-image", "--deadline", "10m", "--time-scale", "600", "--json"}};
  CHECK(program.exit_status() == 1);
  const auto lines = json_lines(program.stdout_text());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].at("outcome") == "failed");
  CHECK(lines[0].at("kind") == "overload");
  CHECK(lines[0].at("attempts").as_int64() >= 5);
  CHECK(lines[0].at("took_ms").as_int64() > 8 * 60'000);
  CHECK(lines[0].at("took_ms").as_int64() <= 10 * 60'000 + 30'000);
  CHECK(lines[1].at("summary").at("exit") == 1);
}

#ifdef DUCTILE_PROGRAM_ASYNC
TEST_CASE("a thousand jobs in one thread lose none to a service that resets, stalls and truncates, and are there the next time",
          "[program]") {
  const FolderForTest work;
  const FolderForTest images;
  std::string prompts;
  for (int i = 0; i < 1000; ++i) prompts += "picture number " + std::to_string(i) + "\n";
  tools::write_whole_file(work / "prompts", prompts);
  const std::map<std::string, int> faults{{"reset-before-headers", 60}, {"idle-timeout", 40},        {"reset-mid-body", 60},
                                          {"wrong-content-length", 60}, {"half-close-no-reply", 40}, {"truncated-json", 40}};
  std::string episodes;
  int after = 50;
  for (const auto& [answer, calls] : faults) {
    episodes += (episodes.empty() ? "" : ", ") + ("{\"answer\": \"" + answer) + "\", \"after\": " + std::to_string(after) +
                ", \"calls\": " + std::to_string(calls) + "}";
    after += 150;
  }
  tools::write_whole_file(work / "trouble", "{\"episodes\": [" + episodes + "]}");
  Program service{{"mock", "--scenario", (work / "trouble").string(), "--time-scale", "10"}};
  REQUIRE(service.says("\n"));
  const std::string line = service.stdout_text();
  const std::string url = line.substr(line.find("http"), line.find('\n') - line.find("http"));

  const std::vector<std::string> command{
      "imagine",  (work / "prompts").string(), "--out",   images.path().string(), "--base-url", url, "--time-scale", "10",
      "--report", (work / "report").string(),  "--async", "--deadline",           "1h"};
  const std::map<std::string, std::string> key{{"GEMINI_API_KEY", "any-key"}};
  Program program{command, key};
  CHECK(program.exit_status() == 0);
  CHECK(program.stderr_text().empty());
  CHECK_THAT(program.stdout_text(), Catch::Matchers::ContainsSubstring("1000 jobs, 1000 at once in one thread"));
  const boost::json::value report = boost::json::parse(tools::read_file(work / "report").value());
  std::size_t made = 0;
  std::size_t again = 0;
  for (const auto& job : report.at("jobs").as_array()) {
    made += job.at("outcome") == "ok" ? 1 : 0;
    again += job.at("attempts").as_int64() > 1 ? 1 : 0;
  }
  CHECK(made == 1000);
  CHECK(again >= 150);
  CHECK(whole_images(images) == 1000);

  const auto asked = [&url] {
    httplib::Client client{url};
    const auto answer = client.Get("/_ductile/requests");
    REQUIRE(answer);
    return boost::json::parse(answer->body);
  };
  const boost::json::value journal = asked();
  for (const auto& [answer, calls] : faults) {
    CAPTURE(answer);
    CHECK(journal.at("counts").at(answer).as_int64() == calls);
  }
  CHECK(Program{command, key}.exit_status() == 0);
  CHECK(asked().at("total") == journal.at("total"));  // all were kept
}

TEST_CASE("an interrupt ends the jobs of one thread in order, those that wait at once and those in flight after 2 s", "[program]") {
  const FolderForTest work;
  const FolderForTest images;
  std::string prompts;
  for (int i = 0; i < 40; ++i) prompts += "picture number " + std::to_string(i) + "\n";
  tools::write_whole_file(work / "prompts", prompts);
  const bool in_flight = GENERATE(false, true);
  const char* const answer = in_flight ? R"({"episodes": [{"answer": "idle-timeout"}]})" : R"({"episodes": [{"answer": "high-demand"}]})";
  tools::write_whole_file(work / "trouble", answer);
  Program program{{"imagine", (work / "prompts").string(), "--out", images.path().string(), "--report", (work / "report").string(),
                   "--scenario", (work / "trouble").string(), "--time-scale", "1", "--async", "--concurrency", "30"}};
  REQUIRE(program.says(in_flight ? "A mock inside" : "waiting until"));
  std::this_thread::sleep_for(500ms);
  const auto asked = std::chrono::steady_clock::now();
  program.signal(SIGINT);
  CHECK(program.exit_status() == 1);
  const Duration took = std::chrono::steady_clock::now() - asked;
  CHECK(took < (in_flight ? 4s : 1500ms));
  if (in_flight) CHECK(took > 1s);
  const boost::json::value report = boost::json::parse(tools::read_file(work / "report").value());
  CHECK(report.at("totals").at("complete") == false);
  CHECK(report.at("jobs").as_array().size() == 40);
  CHECK(report.at("jobs").at(0).at("outcome") == "cancelled");
  CHECK(report.at("jobs").at(39).at("outcome") == "not_started");
}
#else
TEST_CASE("imagine says that it was built without what --async needs", "[program]") {
  Program program{{"imagine", "a cat", "--out", "images", "--async"}};
  CHECK(program.exit_status() == 64);
  CHECK_THAT(program.stderr_text(), Catch::Matchers::StartsWith("ductile: --async: this program was built without Boost.Beast"));
}
#endif

TEST_CASE("a size that only some targets make goes to those, and one that none makes is refused by name", "[program]") {
  const FolderForTest work;
  tools::write_whole_file(work / "prompts", R"({"prompt": "large", "size": "4K"}
{"prompt": "tiny", "size": "512"}
{"prompt": "long", "ratio": "8:1"})");
  Program program{{"imagine", (work / "prompts").string(), "--out", (work / "images").string(), "--scenario", "calm", "--json", "--target",
                   "lite=gemini-3.1-flash-lite-image", "--target", "pro=gemini-3-pro-image", "--target", "banana=gemini-nano-banana-2.1"}};
  CHECK(program.exit_status() == 0);
  std::map<std::string, boost::json::object> jobs;
  for (const auto& line : json_lines(program.stdout_text()))
    if (line.contains("prompt")) jobs[line.at("prompt").as_string().c_str()] = line;
  CHECK(jobs["large"].at("target") == "pro");
  CHECK(jobs["long"].at("target") == "banana");
  CHECK(jobs["tiny"].at("outcome") == "failed");
  CHECK(jobs["tiny"].at("attempts") == 0);
  CHECK_THAT(std::string{jobs["tiny"].at("message").as_string()}, Catch::Matchers::ContainsSubstring("512"));
}

TEST_CASE("a second interrupt ends the program at once", "[program]") {
  const FolderForTest images;
  Program program{{"imagine", "a cat", "--out", images.path().string(), "--scenario", "outage-30min", "--time-scale", "0.01"}};
  REQUIRE(program.says("A mock inside"));
  std::this_thread::sleep_for(100ms);
  const auto asked = std::chrono::steady_clock::now();
  program.signal(SIGINT);
  std::this_thread::sleep_for(50ms);
  program.signal(SIGINT);
  CHECK(program.exit_status() == 1);
  CHECK(std::chrono::steady_clock::now() - asked < 1500ms);
}

TEST_CASE("a wrong key ends the list early, says what to do, and is nowhere to be read", "[program]") {
  const FolderForTest work;
  const FolderForTest images;
  mock::Server service;
  tools::write_whole_file(work / "prompts", six_prompts);
  const std::string key = "scenario-api-key-invalid";
  Program program{{"imagine", (work / "prompts").string(), "--out", images.path().string(), "--base-url", service.url(), "--key-env",
                   "MY_KEY", "--concurrency", "1", "--report", (work / "report").string()},
                  {{"MY_KEY", key}}};
  CHECK(program.exit_status() == 1);
  CHECK(service.engine().journal().total() == 3);
  CHECK(images.names().empty());
  CHECK_THAT(program.stdout_text(), Catch::Matchers::ContainsSubstring("Replace the key."));
  for (const std::string& text : {program.stdout_text(), program.stderr_text(), tools::read_file(work / "report").value()})
    CHECK(text.find(key) == std::string::npos);
}

TEST_CASE("imagine joins a mock's time, and asks for its clock only then", "[program]") {
  const FolderForTest images;
  mock::Server service{{.scenario = "bad-day", .seed = 2, .time_scale = 300}};
  const std::map<std::string, std::string> key{{"GEMINI_API_KEY", "any-key"}};
  const auto run = [&](const std::string& prompt, const std::vector<std::string>& more) {
    std::vector<std::string> command{"imagine", prompt, "--out", images.path().string(), "--base-url", service.url(), "--json"};
    command.insert(command.end(), more.begin(), more.end());
    return std::make_unique<Program>(command, key);
  };
  CHECK(run("a cat", {"--time-scale", "300"})->exit_status() == 0);
  const auto refused = run("a dog", {"--time-scale", "299"});
  CHECK(refused->exit_status() == 64);
  CHECK(refused->stderr_text() == "ductile: --time-scale must be the mock's own, 300; it is 299\n");
}

TEST_CASE("what makes no sense is refused in one line, with status 64 or 1, and makes nothing", "[program]") {
  struct Row {
    std::vector<std::string> arguments;
    int status;
    std::string says;
  };
  const auto row = GENERATE(values<Row>({
      {{}, 64, "A subcommand is required"},
      {{"imagin"}, 64, "there is no subcommand 'imagin'"},
      {{"imagine"}, 64, "PROMPTS is missing"},
      {{"imagine", "a cat"}, 64, "--out is missing"},
      {{"imagine", "a cat", "--bogus"}, 64, "--bogus"},
      {{"imagine", "a cat", "--out", "OUT", "--concurrency", "0"}, 64, "--concurrency: Value 0 not in range 1 to 256"},
      {{"imagine", "a cat", "--out", "OUT", "--concurrency", "257"}, 64, "--concurrency: Value 257 not in range 1 to 256"},
      {{"imagine", "a cat", "--out", "OUT", "--concurrency", "many"}, 64, "--concurrency"},
      {{"imagine", "a cat", "--out", "OUT", "--deadline", "10"}, 64, "--deadline must be from 1s to 30d"},
      {{"imagine", "a cat", "--out", "OUT", "--deadline", "31d"}, 64, "it is '31d'"},
      {{"imagine", "a cat", "--out", "OUT", "--time-scale", "0"}, 64, "--time-scale"},
      {{"imagine", "a cat", "--out", "OUT", "--time-scale", "nan"}, 64, "time_scale must be from 0.001 to 100000"},
      {{"imagine", "a cat", "--out", "OUT", "--seed", "-3"}, 64, "--seed: Value -3 not in range"},
      {{"imagine", "a cat", "--out", "OUT", "--size", "3K"}, 64, "--size must be one of"},
      {{"imagine", "a cat", "--out", "OUT", "--ratio", "7:3"}, 64, "--ratio must be one of"},
      {{"imagine", "a cat", "--out", "OUT", "--target", "x"}, 64, "--target must be NAME=MODEL"},
      {{"imagine", "a cat", "--out", "OUT", "--target", "x=gemini-99"}, 64, "the model 'gemini-99' is not known"},
      {{"imagine", "a cat", "--out", "OUT", "--scenario", "worse-day"}, 64, "it is 'worse-day'"},
      {{"imagine", "a cat", "--out", "OUT", "--scenario", "/"}, 64, "or a file that can be read; it is '/'"},
      {{"imagine", "a cat", "--out", "OUT", "--tier", "tier9"}, 64, "it is 'tier9'"},
      {{"imagine", "a cat", "--out", "OUT", "--base-url", "localhost"}, 64, "--base-url: a URL must begin with http"},
      {{"imagine", "a cat", "--out", "OUT", "--base-url", "http://127.0.0.1:1"}, 64, "there is no key"},
      {{"imagine", "a cat", "--out", "OUT", "--base-url", "http://127.0.0.1:1", "--seed", "1"}, 64, "the mock inside"},
      {{"imagine", "a cat", "--out", "OUT", "--key-env", "NO_SUCH_KEY"}, 64, "'NO_SUCH_KEY'"},
      {{"imagine", "a cat", "--out", "OUT", "--config", "no-such-file"}, 64, "--config: the file no-such-file cannot be read"},
      {{"imagine", "a cat", "--out", "OUT", "--config", "/tmp"}, 64, "--config: the file /tmp cannot be read"},
      {{"imagine", "a cat", "--out", "OUT", "--size", "3\nK\x1b[31m\xff"}, 64, "it is '3 K [31m?'"},
      {{"imagine", "a cat", "--out", "OUT", "--report", "/tmp/x", "--mock-journal", "/tmp/x"}, 64, "must be two files"},
      {{"imagine", "no-such-list.txt", "--out", "OUT"}, 64, "there is no such list of prompts"},
      {{"imagine", "/", "--out", "OUT"}, 64, "this is a folder; PROMPTS is a file with a prompt a line"},
      {{"imagine", "a cat", "--out", "/proc/no-such-folder"}, 1, "cannot make the folder"},
      {{"imagine", "a cat", "--out", "/dev/null"}, 1, "/dev/null"},
      {{"imagine", "a cat", "--out", "OUT", "--report", "/no/such/folder/report"}, 1, "cannot write /no/such/folder/report"},
      {{"mock", "--port", "65536"}, 64, "--port: Value 65536 not in range 0 to 65535"},
      {{"mock", "--port", "-1"}, 64, "--port"},
      {{"mock", "--scenario", "worse-day"}, 64, "it is 'worse-day'"},
      {{"mock", "--scenario", "/tmp"}, 64, "or a file that can be read; it is '/tmp'"},
      {{"mock", "--at", "9999-12-31"}, 64, "--at must look like"},
      {{"mock", "--tier", "tier9"}, 64, "it is 'tier9'"},
      {{"mock", "--at", "yesterday"}, 64, "--at must look like"},
      {{"mock", "--seed", "x"}, 64, "--seed: Value x not in range"},
      {{"mock", "--time-scale", "1e9"}, 64, "--time-scale"},
      {{"mock", "--scenario", "seed-mxi"}, 64, "it is 'seed-mxi'; the nearest is 'seed-mix'"},
      {{"mock", "--count-failures", "maybe"}, 64, "--count-failures"},
      {{"mock", "--shared-capacity", "-1"}, 64, "--shared-capacity: Value -1 not in range"},
      {{"doctor", "OUT"}, 64, "cannot be read"},
      {{"doctor", "/tmp"}, 64, "cannot be read: it is a folder"},
      {{"doctor", "scan", "/tmp"}, 64, "cannot be read: it is a folder"},
      {{"doctor", "policy", "/tmp"}, 64, "cannot be read: it is a folder"},
      {{"doctor", "--status", "503", "repro"}, 64, "--status goes with `ductile doctor FILE`"},
      {{"doctor", "--redact", "repro"}, 64, "means nothing to `ductile doctor repro`"},
      {{"doctor", "--quiet", "scan"}, 64, "--quiet goes with"},
      {{"doctor", "--json", "policy"}, 64, "--json goes with"},
      {{"doctor", "FILE", "scan"}, 64, "FILE goes with `ductile doctor FILE`, and means nothing before `scan`"},
      {{"doctor", "FILE", "repro", "OTHER"}, 64, "means nothing before `repro`"},
      {{"doctor", "FILE", "codes"}, 64, "means nothing before `codes`"},
      {{"doctor", "/proc/self/mem"}, 64, "cannot be read to its end"},
      {{"doctor", "--redact", "/proc/self/mem"}, 64, "cannot be read to its end"},
      {{"doctor", "scan", "/proc/self/mem"}, 64, "cannot be read to its end"},
      {{"doctor", "check", "--base-url", "http://127.0.0.1:1", "--key-env", "mysecretkeyvalue0123456789"},
       64,
       "in the environment variable that it names"},
      {{"imagine", "a cat", "--out", "OUT", "--key-env", "mysecretkeyvalue0123456789"}, 64, "in the environment variable that it names"},
      {{"doctor", "check", "--base-url", "http://127.0.0.1:1", "--key-env", "NO_SUCH_KEY"}, 64, "'NO_SUCH_KEY'"},
      {{"doctor", "--status", "99"}, 64, "--status: Value 99 not in range"},
      {{"doctor", "--header", "nonsense"}, 64, "--header must look like"},
      {{"doctor", "--colour"}, 64, "--colour"},
      {{"doctor", "explain"}, 64, "ID"},
      {{"doctor", "explain", "rpd-fre"}, 64, "is it rpd-free?"},
  }));
  const FolderForTest work;
  std::vector<std::string> arguments = row.arguments;
  for (std::string& argument : arguments)
    if (argument == "OUT") argument = (work / "images").string();
  Program program{arguments};
  CHECK(program.exit_status() == row.status);
  const std::string said = program.stderr_text();
  INFO(said);
  CHECK_THAT(said, Catch::Matchers::StartsWith("ductile: ") && Catch::Matchers::ContainsSubstring(row.says));
  CHECK(std::count(said.begin(), said.end(), '\n') == 1);
  CHECK_THAT(said, !Catch::Matchers::ContainsSubstring("mysecret"));
  CHECK(program.stdout_text().empty());
  if (std::filesystem::exists(work / "images")) CHECK(std::filesystem::is_empty(work / "images"));
}

TEST_CASE("a file of flags is outranked by the command line, and an unknown one in it is refused", "[program]") {
  const FolderForTest work;
  const FolderForTest images;
  tools::write_whole_file(work / "flags",
                          "seed = 4\nscenario = \"calm\"\njson = true\nsize = \"2K\"\ntarget = [\"a=gemini-3-pro-image\"]\n");
  Program program{{"imagine", "a cat", "--out", images.path().string(), "--config", (work / "flags").string(), "--size", "1K"}};
  CHECK(program.exit_status() == 0);
  const auto lines = json_lines(program.stdout_text());
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].at("size") == "1K");
  CHECK(lines[0].at("target") == "a");

  tools::write_whole_file(work / "flags", "concurency = 4\n");
  Program refused{{"imagine", "a cat", "--out", images.path().string(), "--config", (work / "flags").string()}};
  CHECK(refused.exit_status() == 64);
  CHECK_THAT(refused.stderr_text(), Catch::Matchers::ContainsSubstring("'concurency' is not known"));
}

TEST_CASE("mock says where it listens in its first line, runs until it is told to end, and ends with 0", "[program]") {
  Program first{{"mock", "--scenario", "calm", "--seed", "5"}};
  REQUIRE(first.says("\n"));
  const std::string line = first.stdout_text();
  REQUIRE_THAT(line, Catch::Matchers::StartsWith("listening on http://127.0.0.1:"));
  const std::string port = line.substr(line.rfind(':') + 1, line.size() - line.rfind(':') - 2);
  Program second{{"mock", "--port", port}};
  CHECK(second.exit_status() == 1);
  CHECK_THAT(second.stderr_text(), Catch::Matchers::ContainsSubstring("port " + port));
  first.signal(SIGTERM);
  CHECK(first.exit_status() == 0);
}

TEST_CASE("mock --fail-on-findings says at the end what its client did wrong, and ends with 1 for it", "[program]") {
  const FolderForTest work;
  tools::write_whole_file(work / "leaked", R"({"episodes": [{"answer": "key-leaked"}]})");
  struct Row {
    bool leaked;
    std::vector<std::string> flags;
    int status;
    const char* says;
  };
  const Row row = GENERATE(values<Row>({
      {true,
       {"--fail-on-findings"},
       1,
       "1 finding\n\nretried_non_retryable x1\n  Sent the same request again after an answer that will never change.\n"
       "  requests  #2 after #1\n  price     1 request, 0 tokens, $0.0000\n\n"
       "useful  0 requests, 0 tokens, $0.0000\nwasted  2 requests, 0 tokens, $0.0000\n"},
      {true, {"--fail-on-findings", "--json"}, 1, R"("requests":[{"number":2,"after":1}])"},
      {true, {}, 0, ""},
      {false, {"--fail-on-findings"}, 0, "no findings\n\nuseful  2 requests, "},
      {false, {"--fail-on-findings", "--json"}, 0, R"({"clean":true,"findings":[],"totals":)"},
  }));
  std::vector<std::string> arguments{"mock", "--scenario", row.leaked ? (work / "leaked").string() : "calm"};
  arguments.insert(arguments.end(), row.flags.begin(), row.flags.end());
  Program service{arguments};
  REQUIRE(service.says("\n"));
  const std::string first = service.stdout_text();
  const std::size_t begins = first.find("http://");
  httplib::Client client{first.substr(begins, first.find_first_of("\"\n", begins) - begins)};
  for (int i = 0; i < 2; ++i)
    REQUIRE(client.Post("/v1beta/models/gemini-3-pro-image:generateContent", {{"x-goog-api-key", "k"}},
                        R"({"contents": [{"parts": [{"text": "a cat"}]}]})", "application/json"));
  service.signal(SIGTERM);
  CHECK(service.exit_status() == row.status);
  CHECK_THAT(service.stdout_text(), Catch::Matchers::ContainsSubstring(row.says));
  CHECK(service.stderr_text().empty());
  if (row.flags.empty()) CHECK(service.stdout_text() == first);
}

TEST_CASE("mock --list has a status of each answer, and none of what is no answer", "[program]") {
  Program lines{{"mock", "--list"}};
  CHECK(lines.exit_status() == 0);
  CHECK_THAT(lines.stdout_text(), Catch::Matchers::ContainsSubstring("\ndns-failure                      -    "));
  CHECK_THAT(lines.stdout_text(), Catch::Matchers::ContainsSubstring("\noverloaded                       503  "));
  Program objects{{"mock", "--list", "--json"}};
  CHECK(objects.exit_status() == 0);
  CHECK_THAT(objects.stdout_text(), Catch::Matchers::ContainsSubstring(R"({"id":"h2-goaway","status":null,)"));
  CHECK_THAT(objects.stdout_text(), Catch::Matchers::ContainsSubstring(R"({"id":"overloaded","status":503,)"));
}

TEST_CASE("mock takes its switches from the command line, and prints the schema of its files", "[program]") {
  Program service{{"mock", "--scenario", "seed-mix", "--count-failures", "false", "--lying-retry-info", "true", "--shared-capacity", "24"}};
  REQUIRE(service.says("\n"));
  const std::string first = service.stdout_text();
  const std::size_t begins = first.find("http://");
  httplib::Client client{first.substr(begins, first.find('\n', begins) - begins)};
  const auto switches = client.Get("/_ductile/switches");
  REQUIRE(switches);
  CHECK(boost::json::parse(switches->body) == boost::json::parse(R"({"count_failures": false, "lying_retry_info": true,
                               "shared_capacity": {"calls_per_minute": 24, "burst": 6, "rejected_costs": 0.1}})"));
  service.signal(SIGTERM);
  CHECK(service.exit_status() == 0);

  Program schema{{"mock", "--schema"}};
  CHECK(schema.exit_status() == 0);
  CHECK(boost::json::parse(schema.stdout_text()).at("title") == "A scenario of ductile mock");
  Program help{{"mock", "--help"}};
  CHECK(help.exit_status() == 0);
  for (const char* name : {"calm", "bad-day", "outage-30min", "seed-mix", "free-tier", "retired-model", "safety-heavy", "every-error"})
    CHECK_THAT(help.stdout_text(), Catch::Matchers::ContainsSubstring(name));
}

TEST_CASE("imagine's help says what an interrupt does", "[program]") {
  Program program{{"imagine", "--help"}};
  CHECK(program.exit_status() == 0);
  CHECK_THAT(program.stdout_text(),
             Catch::Matchers::ContainsSubstring("gives requests in flight 2 s") && Catch::Matchers::ContainsSubstring("a second one ends"));
}

TEST_CASE("a failed attempt is told by the status that came, not by the one that is usual", "[program]") {
  const FolderForTest work;
  httplib::Server gateway;
  gateway.Post(".*", [](const httplib::Request&, httplib::Response& response) {
    response.status = 302;
    response.set_header("Location", "https://example.com/");
  });
  const int port = gateway.bind_to_any_port("127.0.0.1");
  std::thread listener{[&] { gateway.listen_after_bind(); }};
  Program program{{"imagine", "a cat", "--out", (work / "images").string(), "--base-url", "http://127.0.0.1:" + std::to_string(port),
                   "--target", "only=gemini-3-pro-image", "--deadline", "2s"},
                  {{"GEMINI_API_KEY", "any-key"}}};
  CHECK(program.exit_status() == 1);
  gateway.stop();
  listener.join();
  CHECK_THAT(program.stdout_text(), Catch::Matchers::ContainsSubstring(": 302 network (redirect-3xx)"));
}

TEST_CASE("a job that its deadline ends is told by what it met, however the last attempt was broken off", "[program]") {
  const FolderForTest work;
  // The first call is answered, the others hang beyond the deadline.
  tools::write_whole_file(work / "then-silent",
                          R"({"episodes": [{"answer": "high-demand", "calls": 1, "latency_s": 1}, {"answer": "idle-timeout"}]})");
  Program program{{"imagine", "a cat", "--out", (work / "images").string(), "--scenario", (work / "then-silent").string(), "--target",
                   "only=gemini-3-pro-image", "--deadline", "100s", "--time-scale", "40", "--json"}};
  CHECK(program.exit_status() == 1);
  const auto lines = json_lines(program.stdout_text());
  REQUIRE(lines.size() == 2);
  INFO(boost::json::serialize(lines[0]));
  CHECK(lines[0].at("kind") == "overload");
  CHECK(lines[0].at("failure") == "high-demand");
  CHECK(lines[0].at("trail").as_array().back().at("kind") == "timeout");
}

TEST_CASE("jobs that find their target closed say what closed it and until when", "[program]") {
  const FolderForTest work;
  tools::write_whole_file(work / "prompts", "a cat\na dog\n");
  tools::write_whole_file(work / "spent", R"({"episodes": [{"answer": "ipm"}]})");
  Program program{{"imagine", (work / "prompts").string(), "--out", (work / "images").string(), "--scenario", (work / "spent").string(),
                   "--target", "only=gemini-3-pro-image", "--deadline", "5s", "--time-scale", "1", "--concurrency", "1", "--json"}};
  CHECK(program.exit_status() == 1);
  const auto lines = json_lines(program.stdout_text());
  REQUIRE(lines.size() == 3);
  const auto& second = lines[1];
  INFO(boost::json::serialize(second));
  CHECK(second.at("kind") == "rate_limit");
  CHECK(second.at("failure") == "ipm");
  CHECK_THAT(second.at("why").as_string().c_str(),
             Catch::Matchers::ContainsSubstring("images per minute are spent") && Catch::Matchers::ContainsSubstring("; not before "));
  CHECK(second.at("retry_in_ms").as_int64() > 5000);
}

TEST_CASE("doctor says what a file holds, explains a failure, and lists them all", "[program]") {
  const FolderForTest work;
  tools::write_whole_file(work / "seen", "{\"error\":{\"code\":503}}\n{\"error\":{\"code\":404}}\n");
  const std::string file = (work / "seen").string();
  Program two{{"doctor", "--json", file}};
  CHECK(two.exit_status() == 0);
  const auto records = json_lines(two.stdout_text());
  REQUIRE(records.size() == 2);
  CHECK(records[0].at("category") == "overload");
  CHECK(records[1].at("category") == "not_found");

  Program one{{"doctor", "--json", "--status", "503", "--header", "Retry-After: 9", file}};
  CHECK(one.exit_status() == 0);
  const auto whole = json_lines(one.stdout_text());
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].at("retry_after_s") == 9);

  tools::write_whole_file(work / "seen", "");
  Program nothing{{"doctor", file}};
  CHECK(nothing.exit_status() == 0);
  CHECK_THAT(nothing.stdout_text(), Catch::Matchers::StartsWith("other (unknown)"));

  Program explained{{"doctor", "explain", "rpd-free", "--json"}};
  CHECK(explained.exit_status() == 0);
  CHECK(json_lines(explained.stdout_text()).at(0).at("retryable") == "next_day");
  Program codes{{"doctor", "codes", "--json"}};
  CHECK(codes.exit_status() == 0);
  CHECK(json_lines(codes.stdout_text()).size() == 192);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"doctor", "--help"}, {"doctor", "explain", "--help"}, {"doctor", "codes", "--help"}}) {
    Program help{arguments};
    CHECK(help.exit_status() == 0);
    CHECK_THAT(help.stdout_text(), Catch::Matchers::ContainsSubstring("--json"));
  }
}

TEST_CASE("doctor shows no key of the environment, whichever the client would take", "[program]") {
  const FolderForTest work;
  tools::write_whole_file(work / "seen", "503 The model is overloaded (tried first'key, then second'key)\n");
  const std::map<std::string, std::string> keys{{"GOOGLE_API_KEY", "first'key"}, {"GEMINI_API_KEY", "second'key"}};
  for (const std::vector<std::string>& flags : {std::vector<std::string>{"--redact"}, {"--json"}, {}}) {
    std::vector<std::string> arguments{"doctor", (work / "seen").string()};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    Program program{arguments, keys};
    CHECK(program.exit_status() == 0);
    CHECK_THAT(program.stdout_text(), Catch::Matchers::ContainsSubstring("tried [redacted], then [redacted]"));
    CHECK_THAT(program.stdout_text(), !Catch::Matchers::ContainsSubstring("'key"));
  }
}

TEST_CASE("doctor policy reads a large log to its end with the eyes of a scan, and a large answer as an answer", "[program]") {
  const FolderForTest work;
  const std::string file = (work / "seen").string();
  const auto policy_of = [&](const std::string& text) {
    tools::write_whole_file(work / "seen", text);
    Program policy{{"doctor", "policy", file}};
    CHECK(policy.exit_status() == 0);
    return policy.stdout_text();
  };
  using Catch::Matchers::ContainsSubstring;
  std::string log;
  while (log.size() < 300 * 1024) log += "2026-11-24 10:00:00 INFO order 503 shipped, nothing to see\n";
  log += "2026-11-24 10:00:01 ERROR 503 The model is overloaded.\n";
  log +=
      R"(2026-11-24 10:00:02 ERROR {"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":)"
      R"("GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"7","quotaDimensions":{"model":"gemini-3-pro-image"}}]}]}})";
  const std::string of_log = policy_of(log);
  CHECK_THAT(of_log, ContainsSubstring("//   1 overloaded: ") && ContainsSubstring("//   1 rpm-free: "));
  CHECK_THAT(of_log, ContainsSubstring("ductile::per_minute(7)"));
  CHECK(of_log == policy_of(log.substr(log.find('\n', log.size() - 4000) + 1)));  // as of a short one with the same failures

  const std::string image(300 * 1024, 'A');
  const std::string answers = "HTTP/2 200 \r\n\r\n{\"candidates\": [{\"content\": {\"parts\": [{\"inlineData\": {\"data\": \"" + image +
                              "\"}}]}}]}\nHTTP/2 503 \r\n\r\n{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"The model is "
                              "overloaded.\",\n    \"status\": \"UNAVAILABLE\"\n  }\n}\n";
  CHECK_THAT(policy_of(answers), ContainsSubstring("//   1 overloaded: ") && !ContainsSubstring("service-unavailable"));
}

TEST_CASE("doctor writes a pipeline and a scenario for what a file holds, and says what it left out", "[program]") {
  const FolderForTest work;
  tools::write_whole_file(work / "seen",
                          "2026-11-24 10:00:00 503 The model is overloaded.\n2026-11-24 10:00:01 curl: (6) Could not resolve host: h\n");
  const std::string file = (work / "seen").string();
  Program policy{{"doctor", "policy", file}};
  CHECK(policy.exit_status() == 0);
  CHECK_THAT(policy.stdout_text(), Catch::Matchers::ContainsSubstring("1 overloaded: FallbackChain") &&
                                       Catch::Matchers::ContainsSubstring("inline auto make_pipeline()"));
  Program repro{{"doctor", "repro", file}};
  CHECK(repro.exit_status() == 0);
  CHECK_THAT(repro.stdout_text(), Catch::Matchers::ContainsSubstring("{\"answer\": \"overloaded\"}"));
  CHECK_THAT(repro.stderr_text(), Catch::Matchers::ContainsSubstring("left out: dns-failure, which is no answer of the service"));

  std::string long_story;
  for (int i = 0; i < 1001; ++i) long_story += "2026-11-24 10:00:00 503 overloaded\n";
  tools::write_whole_file(work / "seen", long_story);
  Program beginning{{"doctor", "repro", file}};
  CHECK(beginning.exit_status() == 0);
  CHECK_THAT(beginning.stderr_text(), Catch::Matchers::ContainsSubstring("what comes after the first 1000 records"));

  tools::write_whole_file(work / "seen", "hello");
  Program nothing{{"doctor", "repro", file}};
  CHECK(nothing.exit_status() == 1);
  CHECK_THAT(nothing.stderr_text(), Catch::Matchers::ContainsSubstring("what is not recognised"));
  CHECK(nothing.stdout_text().empty());
}

TEST_CASE("doctor checks a service step by step, and each failure is shown at its own", "[program]") {
  mock::Server calm{{.tls_port = 0}};
  mock::Server spent{{.tier = "zero"}};
  const std::string model = "gemini-3-pro-image";
  const auto last_step = [](const std::string& url, const std::string& key, const std::string& asked) {
    Program program{{"doctor", "check", "--json", "--base-url", url, "--key-env", "SOME_KEY", "--model", asked}, {{"SOME_KEY", key}}};
    const int status = program.exit_status();
    const auto steps = json_lines(program.stdout_text());
    REQUIRE_FALSE(steps.empty());
    CHECK(status == (steps.back().at("ok").as_bool() ? 0 : 1));
    CHECK(program.stdout_text().find(key) == std::string::npos);
    const auto& diagnosis = steps.back().at("diagnosis");
    return std::pair{std::string{steps.back().at("step").as_string()},
                     diagnosis.is_null() ? std::string{} : std::string{diagnosis.at("id").as_string()}};
  };
  using Step = std::pair<std::string, std::string>;
  const std::string key = "some-key-of-ours";
  CHECK(last_step(calm.url(), key, model) == Step{"call", ""});
  CHECK(last_step("http://nobody.invalid", key, model) == Step{"dns", "dns-failure"});
  CHECK(last_step("https://127.0.0.1:" + std::to_string(calm.side_ports().tls), key, model) == Step{"tls", "tls-failure"});
  CHECK(last_step(calm.url(), "scenario-api-key-invalid", model) == Step{"key", "api-key-invalid"});
  CHECK(last_step(calm.url(), "scenario-location-unsupported", model) == Step{"region", "location-unsupported"});
  CHECK(last_step(calm.url(), key, "gemini-2.5-flash-image-preview") == Step{"model", "model-not-found"});
  CHECK(last_step(spent.url(), key, model).first == "call");
  CHECK(last_step(spent.url(), key, model).second == "limit-zero");
}

TEST_CASE("every subcommand has help", "[program]") {
  for (const std::string command : {"imagine", "mock"}) {
    Program program{{command, "--help"}};
    CHECK(program.exit_status() == 0);
    CHECK_THAT(program.stdout_text(), Catch::Matchers::ContainsSubstring("--seed") && Catch::Matchers::ContainsSubstring("--json"));
  }
}

#endif
