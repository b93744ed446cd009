// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/prompts.hpp>
#include <ductile/tools/whole_file.hpp>

#include "../support/catch.hpp"
#include "folder_for_test.hpp"

#include <string>

using namespace ductile;
using namespace ductile::tools;

namespace {

// The sentence of the problem; empty when there is none.
std::string problem_of(std::string_view text) {
  try {
    (void)read_jobs(text, "list.jsonl");
    return {};
  } catch (const Problem& problem) {
    CHECK(problem.ending() == Ending::usage);
    return problem.what();
  }
}

}  // namespace

TEST_CASE("a list has one prompt a line, and comments and blank lines are passed over", "[tools]") {
  const JobList list = read_jobs("\xEF\xBB\xBF# today\n\n  a red balloon \r\n\t\na cat", "list.txt");
  REQUIRE(list.jobs.size() == 2);
  CHECK(list.jobs[0].prompt == "a red balloon");
  CHECK(list.jobs[0].number == 1);
  CHECK(list.jobs[1].prompt == "a cat");
  CHECK(list.jobs[1].number == 2);
  CHECK_FALSE(list.jobs[0].size);
  CHECK(list.jobs[0].ratio.empty());
  CHECK(list.warnings.empty());
}

TEST_CASE("a line may be a JSON object that names size, ratio, seed and id, and whether it may be reworded", "[tools]") {
  const JobList list = read_jobs(R"({"prompt": "a \"lighthouse\"", "size": "2K", "ratio": "16:9", "seed": 7, "id": "cover", "reword": true}
{"prompt": "plain", "size": null})",
                                 "list.jsonl", {.size = gemini::ImageSize::one_k, .ratio = "1:1"});
  REQUIRE(list.jobs.size() == 2);
  CHECK(list.jobs[0].prompt == "a \"lighthouse\"");
  CHECK(list.jobs[0].size == gemini::ImageSize::two_k);
  CHECK(list.jobs[0].ratio == "16:9");
  CHECK(list.jobs[0].seed == 7);
  CHECK(list.jobs[0].id == "cover");
  CHECK(list.jobs[0].reword);
  CHECK_FALSE(list.jobs[1].reword);
  CHECK(list.jobs[1].size == gemini::ImageSize::one_k);
  CHECK(list.jobs[1].ratio == "1:1");
  CHECK(list.jobs[1].id == list.jobs[1].stem);
}

TEST_CASE("a wrong line is refused with file, line, field, range and value", "[tools]") {
  struct Row {
    std::string text;
    std::string wanted;
  };
  const auto row = GENERATE(values<Row>({
      {"a\n{\"prompt\": \"b\"", "list.jsonl:2: this is no JSON object: "},
      {R"({"size": "1K"})", "list.jsonl:1: it has no 'prompt'"},
      {R"({"prompt": "  "})", "list.jsonl:1: it has no 'prompt'"},
      {R"({"prompt": 3})", "list.jsonl:1: 'prompt' must be a text; it is 3"},
      {R"({"prompt": "a", "size": "3K"})", "list.jsonl:1: 'size' must be one of 512, 1K, 2K, 4K; it is '3K'"},
      {R"({"prompt": "a", "size": 2})", "list.jsonl:1: 'size' must be a text; it is 2"},
      {R"({"prompt": "a", "ratio": "7:3"})", "it is '7:3'"},
      {R"({"prompt": "a", "seed": -1})", "list.jsonl:1: 'seed' must be a whole number from 0 to 2147483647; it is -1"},
      {R"({"prompt": "a", "seed": 1.5})", "'seed' must be a whole number from 0 to 2147483647; it is 1.5E0"},
      {R"({"prompt": "a", "reword": "yes"})", "list.jsonl:1: 'reword' must be true or false; it is \"yes\""},
      {R"({"prompt": "a", "id": ""})", "list.jsonl:1: 'id' must not be empty"},
      {"{\"prompt\": \"a\", \"id\": \"x\"}\n\n{\"prompt\": \"b\", \"id\": \"x\"}", "list.jsonl:3: the id 'x' stands in line 1, too"},
      {"a\n\xFF\xFE", "list.jsonl:2: this is not UTF-8"},
      {"# nothing\n\n", "list.jsonl: there is no prompt in it"},
      {"", "list.jsonl: there is no prompt in it"},
  }));
  INFO(row.text);
  CHECK_THAT(problem_of(row.text), Catch::Matchers::ContainsSubstring(row.wanted));
}

TEST_CASE("what may be reworded the list says in general, and a line for itself", "[tools]") {
  const JobList list = read_jobs("a\n{\"prompt\": \"b\"}\n{\"prompt\": \"c\", \"reword\": false}", "l", job_defaults("", "", true));
  REQUIRE(list.jobs.size() == 3);
  CHECK(list.jobs[0].reword);
  CHECK(list.jobs[1].reword);
  CHECK_FALSE(list.jobs[2].reword);
  CHECK(jobs_of("a red balloon", {.reword = true}).jobs[0].reword);
  CHECK_FALSE(jobs_of("a red balloon").jobs[0].reword);
}

TEST_CASE("an unknown member is passed over with a warning", "[tools]") {
  const JobList list = read_jobs(
      "# prompts\n"
      R"({"prompt": "a", "sise": "2K", "temperature": 1})",
      "list.jsonl");
  REQUIRE(list.jobs.size() == 1);
  CHECK(list.warnings == std::vector<std::string>{"list.jsonl:2: 'sise' is not known and is passed over; did you mean 'size'?",
                                                  "list.jsonl:2: 'temperature' is not known and is passed over"});
  CHECK(list.jobs[0].passed_over == std::vector<std::string>{"sise", "temperature"});
}

TEST_CASE("a job keeps its mark when a line is put before it, and loses it when what it asks for changes", "[tools]") {
  const std::string mark = read_jobs("a cat", "l").jobs[0].mark;
  CHECK(mark.size() == 12);
  CHECK(read_jobs("a dog\na cat", "l").jobs[1].mark == mark);
  CHECK(read_jobs("a cat", "l", {.size = gemini::ImageSize::two_k}).jobs[0].mark != mark);
  CHECK(read_jobs("a cat", "l", {.ratio = "16:9"}).jobs[0].mark != mark);
  CHECK(read_jobs(R"({"prompt": "a cat", "seed": 1})", "l").jobs[0].mark != mark);
  CHECK(read_jobs(R"({"prompt": "a cat", "id": "x"})", "l").jobs[0].mark != mark);
  CHECK(read_jobs(R"({"prompt": "a cat"})", "l").jobs[0].mark == mark);
  CHECK(read_jobs(R"({"prompt": "a cat", "reword": true})", "l").jobs[0].mark == mark);  // what is made already is not made anew
}

TEST_CASE("jobs that ask for the same are different jobs, in every run the same ones", "[tools]") {
  const JobList list = read_jobs("a cat\na cat\na cat", "l");
  CHECK(list.jobs[0].mark != list.jobs[1].mark);
  CHECK(list.jobs[1].mark != list.jobs[2].mark);
  CHECK(list.jobs[0].mark != list.jobs[2].mark);
  CHECK(read_jobs("a cat\na cat", "l").jobs[1].mark == list.jobs[1].mark);
}

TEST_CASE("an image is named by place, words and mark, in letters that every file system takes", "[tools]") {
  const JobList list = read_jobs("Ein Bär & sein Kuchen: süß!\n../../etc/passwd\n\xE7\x8C\xAB", "l");
  CHECK(list.jobs[0].stem == "001-ein-b-r-sein-kuchen-s-" + list.jobs[0].mark);
  CHECK(list.jobs[1].stem == "002-etc-passwd-" + list.jobs[1].mark);
  CHECK(list.jobs[2].stem == "003-image-" + list.jobs[2].mark);
  CHECK(slug("a very long prompt that goes on and on for ever").size() <= 32);
  CHECK(slug(std::string(100, 'x')).size() == 32);
}

TEST_CASE("an argument that is no file is the prompt, and one that looks like a list and is none is a slip", "[tools]") {
  CHECK(jobs_of("a cat").jobs[0].prompt == "a cat");
  CHECK(jobs_of("cat").jobs[0].prompt == "cat");
  CHECK(jobs_of("either/or, in a word").jobs.size() == 1);
  for (const char* const slip : {"nosuch.txt", "no/such", "prompts.jsonl", "  "}) {
    INFO(slip);
    CHECK_THROWS_AS(jobs_of(slip), Problem);
  }
  const FolderForTest folder;
  CHECK_THROWS_WITH(jobs_of(folder.path().string()),
                    Catch::Matchers::EndsWith("this is a folder; PROMPTS is a file with a prompt a line, or a prompt itself"));
  write_whole_file(folder / "list", "a dog\na cat\n");
  CHECK(jobs_of((folder / "list").string()).jobs.size() == 2);
}

TEST_CASE("sizes and ratios of the command line are checked", "[tools]") {
  CHECK(job_defaults("4K", "21:9").size == gemini::ImageSize::four_k);
  CHECK_FALSE(job_defaults("", "").size);
  CHECK_THROWS_WITH(job_defaults("4k", ""), "--size must be one of 512, 1K, 2K, 4K; it is '4k'");
  CHECK_THROWS_AS(job_defaults("", "7:3"), Problem);
}
