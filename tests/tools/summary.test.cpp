// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/summary.hpp>

#include "../support/catch.hpp"

#include <ductile/tools/number_text.hpp>
#include <ductile/tools/prompts.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace ductile;
using namespace ductile::tools;

TEST_CASE("a summary counts, and says of each job without an image why and what to do", "[tools]") {
  const auto jobs = read_jobs(R"({"prompt": "a", "id": "one"}
{"prompt": "b", "id": "two"}
{"prompt": "c", "id": "three"}
{"prompt": "d", "id": "four"})",
                              "l")
                        .jobs;
  std::vector<JobRecord> records(4);
  records[0] = {.outcome = JobOutcome::ok, .kind = Kind::ok, .attempts = 1};
  records[1] = {.outcome = JobOutcome::failed, .kind = Kind::prohibited, .why = "policy forbids it", .fix = "Change it."};
  records[2] = {.outcome = JobOutcome::failed,
                .kind = Kind::overload,
                .failure = "overloaded",
                .why = "no room",
                .fix = "Wait.",
                .target = "pro",
                .attempts = 2};
  records[3] = {.why = "the run was ended before its turn"};
  CHECK(summary_lines(jobs, records, {.took = std::chrono::seconds{90}, .time_scale = 60}) ==
        std::vector<std::string>{
            "4 jobs: 1 made, 2 failed, 1 not begun; 3 attempts, 0.0 s waited in all, 1 min 30 s of the service's time",
            "Refused as they stand:",
            "  two: failed, prohibited: policy forbids it. Change it.",
            "Not made:",
            "  three: failed, overload (overloaded): no room; 2 attempts, the last by pro. Wait.",
            "Not begun: the run was ended before its turn.",
            "Run it again to make what is missing; what is made is kept.",
        });
}

TEST_CASE("a summary of a run that did all is one line", "[tools]") {
  const auto jobs = read_jobs("a", "l").jobs;
  const std::vector<JobRecord> records{{.outcome = JobOutcome::kept, .kind = Kind::ok}};
  CHECK(summary_lines(jobs, records, {}) == std::vector<std::string>{"1 job: 0 made, 1 kept; 0 attempts, 0.0 s waited in all, 0.0 s"});
}

TEST_CASE("a number is written as people write it", "[tools]") {
  CHECK(number_text(60) == "60");
  CHECK(number_text(0.001) == "0.001");
  CHECK(number_text(-2.5) == "-2.5");
  CHECK(number_text(1e20) == "1e+20");
}

TEST_CASE("a summary tells apart what failed and what a stop left unfinished", "[tools]") {
  const auto jobs = read_jobs("a\nb", "l").jobs;
  const std::vector<JobRecord> records{{.outcome = JobOutcome::cancelled}, {.why = "the run was ended before its turn"}};
  CHECK(summary_lines(jobs, records, {}) ==
        std::vector<std::string>{
            "2 jobs: 0 made, 1 not finished (the run was stopped), 1 not begun; 0 attempts, 0.0 s waited in all, 0.0 s",
            "Not begun: the run was ended before its turn.",
            "Run it again to make what is missing; what is made is kept.",
        });
}
