// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/run_jobs.hpp>

#include "../support/catch.hpp"
#include "folder_for_test.hpp"

#include <ductile/tools/prompts.hpp>
#include <ductile/tools/report.hpp>

#include <boost/json.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

using namespace ductile;
using namespace ductile::tools;

namespace {

struct Flag {
  std::atomic<bool> set{false};
  [[nodiscard]] bool stop_requested() const noexcept { return set; }
};

Result<gemini::ImageReply> image(std::string_view prompt) {
  gemini::ImageReply reply;
  reply.bytes = png_for_test(prompt);
  reply.format = gemini::ImageFormat::png;
  return reply;
}

struct Fixture {
  FolderForTest folder{};
  std::vector<Target> targets{{.name = "pro", .model = "gemini-3-pro-image"}};
  Flag stop{};
  std::vector<std::string> ended{};

  // One thread, so that the order is the list's.
  std::vector<JobRecord> run(const std::vector<Job>& jobs, const JobRun::Generate& generate, unsigned concurrency = 1) {
    const ImageFolder images{folder.path()};
    Progress progress{targets, jobs.size(), std::chrono::seconds{10}, [](Time) { return std::string{}; }, {}};
    JobRun work{jobs, targets, images, StopView{stop}, progress, {.concurrency = concurrency}, [this](const Job& job, const JobRecord&) {
                  ended.push_back(job.id);
                }};
    work.run(generate);
    return work.records();
  }
};

}  // namespace

TEST_CASE("a run makes what is missing, and the next one makes nothing", "[tools]") {
  Fixture fixture;
  const auto jobs = read_jobs("a cat\na dog\na cow", "l").jobs;
  std::atomic<int> asked{0};
  const auto generate = [&](const gemini::ImageRequest& request, const CallOptions&) {
    ++asked;
    return image(request.prompt);
  };
  for (const JobRecord& record : fixture.run(jobs, generate, 4)) {
    CHECK(record.outcome == JobOutcome::ok);
    CHECK(record.target == "pro");
    REQUIRE(record.file);
    CHECK(std::filesystem::file_size(fixture.folder / record.file->name) == record.file->bytes);
  }
  CHECK(fixture.ended.size() == 3);
  std::filesystem::remove(fixture.folder / (jobs[1].stem + ".png"));
  const auto second = fixture.run(jobs, generate);
  CHECK(asked == 4);
  CHECK(second[0].outcome == JobOutcome::kept);
  CHECK(second[1].outcome == JobOutcome::ok);
  CHECK(second[2].outcome == JobOutcome::kept);
  CHECK(second[2].file->sha256 == sha256(png_for_test("a cow")));
}

TEST_CASE("a job asks for what it says and for nothing more", "[tools]") {
  Fixture fixture;
  std::vector<gemini::ImageRequest> requests;
  fixture.run(read_jobs("plain\n{\"prompt\": \"p\", \"size\": \"2K\", \"ratio\": \"16:9\", \"seed\": 3, \"reword\": true}", "l").jobs,
              [&](const gemini::ImageRequest& request, const CallOptions&) {
                requests.push_back(request);
                return image(request.prompt);
              });
  REQUIRE(requests.size() == 2);
  CHECK_FALSE(requests[0].image_size);
  CHECK(requests[0].aspect_ratio.empty());
  CHECK_FALSE(requests[0].seed);
  CHECK(requests[1].image_size == gemini::ImageSize::two_k);
  CHECK(requests[1].aspect_ratio == "16:9");
  CHECK(requests[1].seed == 3);
  CHECK_FALSE(requests[0].reword);
  REQUIRE(requests[1].reword);
  CHECK(requests[1].reword("p", 1).what == gemini::declare_art_style("p", 1).what);
}

TEST_CASE("a job that cannot be made says why and holds up no other", "[tools]") {
  Fixture fixture;
  const auto records = fixture.run(read_jobs("a cat\nbad\na cow", "l").jobs, [](const gemini::ImageRequest& request, const CallOptions&) {
    if (request.prompt != "bad") return image(request.prompt);
    return Result<gemini::ImageReply>{Failure{Kind::prohibited, Remedy::never, Says::service, "prompt-blocked-prohibited"}};
  });
  CHECK(records[0].outcome == JobOutcome::ok);
  CHECK(records[1].outcome == JobOutcome::failed);
  CHECK(records[1].kind == Kind::prohibited);
  CHECK_FALSE(records[1].why.empty());
  CHECK_FALSE(records[1].fix.empty());
  CHECK(records[2].outcome == JobOutcome::ok);
  CHECK(ending_of(records) == Ending::ok);
}

TEST_CASE("a key that is refused for three jobs is not tried for the rest", "[tools]") {
  Fixture fixture;
  int asked = 0;
  const auto records = fixture.run(read_jobs("a\nb\nc\nd\ne", "l").jobs, [&](const gemini::ImageRequest&, const CallOptions&) {
    ++asked;
    return Result<gemini::ImageReply>{Failure{Kind::auth, Remedy::never, Says::service, "api-key-invalid"}};
  });
  CHECK(asked == 3);
  CHECK(records[4].outcome == JobOutcome::not_started);
  CHECK(records[4].kind == Kind::auth);
  CHECK_THAT(records[4].why, Catch::Matchers::ContainsSubstring("wrong key"));
  CHECK(fixture.ended.size() == 5);
  CHECK(ending_of(records) == Ending::failed);
}

TEST_CASE("a key that has worked is not given up", "[tools]") {
  Fixture fixture;
  int asked = 0;
  fixture.run(read_jobs("a\nb\nc\nd\ne\nf", "l").jobs, [&](const gemini::ImageRequest& request, const CallOptions&) {
    return ++asked == 1 ? image(request.prompt) : Result<gemini::ImageReply>{Failure{Kind::auth, Remedy::never}};
  });
  CHECK(asked == 6);
}

TEST_CASE("an image that cannot be written ends the run: the next one would be paid for, too", "[tools]") {
  Fixture fixture;
  const auto jobs = read_jobs("a\nb\nc", "l").jobs;
  int asked = 0;
  const auto records = fixture.run(jobs, [&](const gemini::ImageRequest& request, const CallOptions&) {
    if (++asked == 2) std::filesystem::remove_all(fixture.folder.path());
    return image(request.prompt);
  });
  CHECK(asked == 2);
  CHECK(records[1].outcome == JobOutcome::failed);
  CHECK_THAT(records[1].why, Catch::Matchers::ContainsSubstring("cannot write"));
  CHECK(records[2].outcome == JobOutcome::not_started);
}

TEST_CASE("a run that is told to stop begins nothing more and keeps what is finished", "[tools]") {
  Fixture fixture;
  const auto records = fixture.run(read_jobs("a\nb\nc", "l").jobs, [&](const gemini::ImageRequest& request, const CallOptions&) {
    if (request.prompt == "a") return image("a");
    fixture.stop.set = true;
    return Result<gemini::ImageReply>{Failure{Kind::cancelled, Remedy::never, Says::caller}};
  });
  CHECK(records[0].outcome == JobOutcome::ok);
  CHECK(records[1].outcome == JobOutcome::cancelled);
  CHECK(records[1].failure.empty());
  CHECK(records[1].why == "not finished, for the run was stopped");
  CHECK(records[2].outcome == JobOutcome::not_started);
  CHECK(fixture.folder.names().size() == 1);
}

TEST_CASE("what a call throws is that job's failure", "[tools]") {
  Fixture fixture;
  const auto records = fixture.run(read_jobs("a\nb", "l").jobs, [&](const gemini::ImageRequest& request, const CallOptions&) {
    if (request.prompt == "a") throw std::runtime_error{"broken"};
    return image(request.prompt);
  });
  CHECK(records[0].outcome == JobOutcome::failed);
  CHECK(records[0].why == "broken");
  CHECK(records[1].outcome == JobOutcome::ok);
}

TEST_CASE("a run refuses a number of threads out of range", "[tools]") {
  Fixture fixture;
  const auto jobs = read_jobs("a", "l").jobs;
  const auto generate = [](const gemini::ImageRequest& request, const CallOptions&) { return image(request.prompt); };
  CHECK_THROWS_WITH(fixture.run(jobs, generate, 0), "concurrency must be from 1 to 256; it is 0");
  CHECK_THROWS_AS(fixture.run(jobs, generate, 257), ConfigError);
}

TEST_CASE("what was done to a prompt stands in the record and the report of its job", "[tools]") {
  Fixture fixture;
  const auto jobs = read_jobs("a cat\na dog", "l").jobs;
  const auto records = fixture.run(jobs, [](const gemini::ImageRequest& request, const CallOptions&) {
    auto reply = image(request.prompt);
    if (request.prompt == "a cat") reply.value().rewording = "declared a digital illustration";
    return reply;
  });
  CHECK(records[0].rewording == "declared a digital illustration");
  CHECK(job_json(jobs[0], records[0], {.targets = fixture.targets}).at("rewording") == "declared a digital illustration");
  CHECK(job_json(jobs[1], records[1], {.targets = fixture.targets}).at("rewording").is_null());
}

TEST_CASE("the report names each job with outcome, waits, file and sum", "[tools]") {
  const auto jobs = read_jobs("a cat\n{\"prompt\": \"a dog\", \"id\": \"dog\", \"size\": \"1K\", \"sed\": 7}", "l").jobs;
  std::vector<JobRecord> records(2);
  records[0] = {.outcome = JobOutcome::ok, .kind = Kind::ok, .target = "lite", .attempts = 2, .file = ImageFile{"001.png", 3, "abc"}};
  records[0].trail = {
      {.duration_ms = 100, .kind = Kind::internal, .sent = Sent::yes, .billed = Billed::unknown, .number = 1},
      {.duration_ms = 900, .wait_ms = 4000, .kind = Kind::ok, .target = 1, .wait = WaitSource::hint, .billed = Billed::yes, .number = 2}};
  records[0].took = std::chrono::seconds{5};
  records[0].began = Time{std::chrono::milliseconds{5250}};
  records[0].deadline = std::chrono::minutes{1};
  records[1] = {.outcome = JobOutcome::failed, .kind = Kind::overload, .failure = "overloaded", .why = "no room", .fix = "Wait."};
  const RunFacts facts{.targets = {{.name = "pro", .model = "a"}, {.name = "lite", .model = "b"}},
                       .began = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}},
                       .began_at = Time{std::chrono::seconds{3}},
                       .time_scale = 60};

  const boost::json::value report = boost::json::parse(report_text(jobs, records, facts));
  CHECK(report.at("time_scale") == 60);
  CHECK(report.at("totals").at("ok") == 1);
  CHECK(report.at("totals").at("failed") == 1);
  CHECK(report.at("totals").at("unfinished") == 1);
  CHECK(report.at("totals").at("maybe_billed_attempts") == 1);
  CHECK(report.at("totals").at("billed_attempts") == 1);
  CHECK(report.at("totals").at("exit") == 1);
  const auto& made = report.at("jobs").at(0);
  CHECK(made.at("outcome") == "ok");
  CHECK(made.at("target") == "lite");
  CHECK(made.at("waits").at(0) == boost::json::parse(R"({"ms": 4000, "source": "hint", "before_attempt": 2, "target": "lite"})"));
  CHECK(made.at("waited_ms") == 4000);
  CHECK(made.at("began") == "2026-11-24T00:00:02.250Z");
  CHECK(made.at("deadline_ms") == 60'000);
  CHECK(made.at("trail").at(0).at("at_ms") == 0);
  CHECK(made.at("trail").at(1).at("at_ms") == 4100);
  CHECK(made.at("trail").at(1).at("sent") == true);
  CHECK(report.at("jobs").at(1).at("began").is_null());
  CHECK(made.at("file") == "001.png");
  CHECK(made.at("bytes") == 3);
  CHECK(made.at("sha256") == "abc");
  CHECK(made.at("failure").is_null());
  const auto& failed = report.at("jobs").at(1);
  CHECK(failed.at("id") == "dog");
  CHECK(failed.at("size") == "1K");
  CHECK(failed.at("passed_over") == boost::json::array{"sed"});
  CHECK(made.at("passed_over").as_array().empty());
  CHECK(failed.at("kind") == "overload");
  CHECK(failed.at("fix") == "Wait.");
  CHECK(failed.at("file").is_null());
}
