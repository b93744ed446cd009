// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/progress.hpp>

#include "../support/catch.hpp"

#include <ductile/tools/live_block.hpp>
#include <ductile/tools/progress_lines.hpp>
#include <ductile/tools/prompts.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace ductile;
using namespace ductile::tools;
using namespace std::chrono_literals;

namespace {

constexpr Time at(Duration since_start) { return Time{since_start}; }

std::string seconds_text(Time time) {
  return "t" + std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

Verdict verdict_of(Kind kind, FailureId id, Duration hint = {}) {
  Verdict verdict;
  verdict.kind = kind;
  verdict.id = id;
  verdict.hint = hint;
  return verdict;
}

Attempt attempt_on(std::uint8_t target, std::uint32_t number) {
  Attempt attempt;
  attempt.target = target;
  attempt.number = number;
  return attempt;
}

struct Run {
  std::vector<Job> jobs = read_jobs("a cat\na dog\na cow", "l").jobs;
  std::vector<std::string> lines{};
  Progress progress{{{.name = "pro", .model = "model-a"}, {.name = "lite", .model = "model-b"}},
                    3,
                    10s,
                    seconds_text,
                    [this](const std::string& line, bool) { lines.push_back(line); }};

  std::vector<std::string> drawn(Time now, std::size_t width = 100, std::size_t height = 24) {
    return progress_lines(progress.view(), {.width = width, .height = height, .now = now, .title = "imagine", .time_of_day = seconds_text});
  }
};

}  // namespace

TEST_CASE("the picture shows targets, attempts and waits as the events tell them", "[tools]") {
  Run run;
  run.progress.begin(run.jobs[0]);
  run.progress.on(OperationBegan{1, at(0s)});
  run.progress.begin(run.jobs[1]);
  run.progress.on(OperationBegan{2, at(0s)});
  run.progress.on(AttemptBegan{1, at(0s), attempt_on(0, 1)});
  run.progress.received(503);
  run.progress.on(AttemptEnded{1, at(3s), attempt_on(0, 1), verdict_of(Kind::overload, "overloaded"), 3s});
  run.progress.on(CircuitChanged{1, at(3s), 0, Signal::circuit_opened});
  run.progress.on(AttemptBegan{1, at(4s), attempt_on(1, 2)});
  run.progress.on(WaitBegan{2, at(1s), at(65s), WaitSource::quota, Role::quota, Kind::rate_limit, 0});

  CHECK(run.drawn(at(10s)) == std::vector<std::string>{
                                  "imagine  0 made, 2 running, 1 to go of 3  t10",
                                  "  pro   open until t13          0 made, 1 failed attempts  model-a",
                                  "  lite  closed                  0 made, 0 failed attempts  model-b",
                                  "  001-a-cat                     attempt 2 after 503 on lite, 6.0 s",
                                  "  002-a-dog                     waiting until t65 (quota)",
                              });
  run.progress.on(CircuitChanged{1, at(14s), 0, Signal::circuit_half_opened});
  CHECK_THAT(run.drawn(at(14s))[1], Catch::Matchers::ContainsSubstring("half open, being tried"));
  run.progress.on(WaitEnded{2, at(65s), WaitSource::quota, 64s});
  CHECK_THAT(run.drawn(at(65s))[4], Catch::Matchers::ContainsSubstring("begins"));
}

TEST_CASE("a job that is over is counted, and its trail goes into its record", "[tools]") {
  Run run;
  run.progress.begin(run.jobs[0]);
  run.progress.on(OperationBegan{1, at(0s)});
  Trail trail;
  trail.add({.wait_ms = 500, .kind = Kind::overload, .number = 1});
  OperationEnded ended{1, at(9s)};
  ended.took = 9s;
  ended.trail = &trail;
  run.progress.on(ended);
  JobRecord record{.outcome = JobOutcome::ok, .kind = Kind::ok, .target = "lite", .attempts = 2, .file = ImageFile{"001-a-cat.png", 3}};
  run.progress.end(run.jobs[0], record);

  CHECK(record.took == 9s);
  REQUIRE(record.trail.size() == 1);
  CHECK(record.waited() == 500ms);
  const ProgressView view = run.progress.view();
  CHECK(view.made == 1);
  CHECK(view.running.empty());
  CHECK(view.to_go() == 2);
  CHECK(view.targets[1].made == 1);
  CHECK(run.lines == std::vector<std::string>{"001-a-cat.png: made by lite, 2 attempts, 9.0 s"});
}

TEST_CASE("a job that never reached the service takes no other job's trail", "[tools]") {
  Run run;
  run.progress.begin(run.jobs[0]);
  JobRecord record{.outcome = JobOutcome::kept, .kind = Kind::ok, .file = ImageFile{"x.png", 3}};
  run.progress.end(run.jobs[0], record);
  CHECK(record.trail.empty());
  CHECK(run.progress.view().kept == 1);
  CHECK(run.lines == std::vector<std::string>{"x.png: there already"});
}

TEST_CASE("each event of note is a line", "[tools]") {
  Run run;
  run.progress.begin(run.jobs[0]);
  run.progress.on(OperationBegan{1, at(0s)});
  run.progress.on(AttemptBegan{1, at(0s), attempt_on(0, 1)});
  run.progress.received(429);
  run.progress.on(AttemptEnded{1, at(1s), attempt_on(0, 1), verdict_of(Kind::rate_limit, "ipm", 32s), 1s});
  run.progress.on(WaitBegan{1, at(1s), at(33s), WaitSource::hint, Role::retry, Kind::rate_limit, 0});
  run.progress.on(WaitBegan{1, at(1s), at(1s) + 20ms, WaitSource::backoff, Role::retry, Kind::rate_limit, 0});  // too short for a line
  run.progress.on(TargetChanged{1, at(33s), 0, 1, Kind::rate_limit});
  run.progress.on(CircuitChanged{1, at(34s), 1, Signal::circuit_closed});
  run.progress.on(QuotaSurprise{1, at(34s), 0, QuotaDimension::images_per_minute});
  JobRecord record{.outcome = JobOutcome::failed,
                   .kind = Kind::safety_output,
                   .failure = "image-safety",
                   .why = "withheld",
                   .fix = "Reword it.",
                   .message = "Unable\x1b[31m to show",
                   .target = "lite",
                   .attempts = 1};
  run.progress.end(run.jobs[0], record);
  CHECK(run.lines ==
        std::vector<std::string>{
            "001-a-cat: attempt 1 on pro failed after 1.0 s: 429 rate_limit (ipm), asks for 32 s",
            "001-a-cat: waiting until t33 (as the service asks)",
            "001-a-cat: goes from pro to lite (rate_limit)",
            "lite: circuit closed: it is well again",
            "pro: its quota (ipm) is smaller than we knew",
            "001-a-cat: failed, safety_output (image-safety): withheld \"Unable [31m to show\"; 1 attempt, the last by lite. Reword it.",
        });
}

TEST_CASE("a failed attempt shows the status that was received, and none where none came", "[tools]") {
  struct Row {
    int status;
    Kind kind;
    FailureId id;
    std::string line;
    std::string after;
  };
  const auto row = GENERATE(values<Row>({
      {302, Kind::network, "redirect-3xx", "302 network (redirect-3xx)", "after 302"},  // the catalogue's row says 301
      {401, Kind::auth, {}, "401 auth", "after 401"},                                   // no row knows it
      {200, Kind::no_image, "no-image", "200 no_image (no-image)", "after no-image"},
      {0, Kind::network, "reset-mid-body", "network (reset-mid-body)", "after reset-mid-body"},
      {0, Kind::other, {}, "other", "after other"},
  }));
  Run run;
  run.progress.begin(run.jobs[0]);
  run.progress.on(OperationBegan{1, at(0s)});
  run.progress.received(500);  // of an attempt before
  run.progress.on(AttemptBegan{1, at(0s), attempt_on(0, 1)});
  if (row.status != 0) run.progress.received(row.status);
  run.progress.on(AttemptEnded{1, at(1s), attempt_on(0, 1), verdict_of(row.kind, row.id), 1s});
  run.progress.on(AttemptBegan{1, at(1s), attempt_on(0, 2)});
  CHECK(run.lines == std::vector<std::string>{"001-a-cat: attempt 1 on pro failed after 1.0 s: " + row.line});
  CHECK_THAT(run.drawn(at(2s))[3], Catch::Matchers::ContainsSubstring("attempt 2 " + row.after + " on pro"));
}

TEST_CASE("a job that finds every target closed says what closed them, until when, and how long that is", "[tools]") {
  Run run;
  run.progress.begin(run.jobs[0]);
  run.progress.on(OperationBegan{1, at(0s)});
  run.progress.on(AttemptBegan{1, at(0s), attempt_on(0, 1)});
  run.progress.on(AttemptEnded{1, at(1s), attempt_on(0, 1), verdict_of(Kind::rate_limit, "ipm", 7200s), 1s});
  run.progress.on(AttemptBegan{1, at(1s), attempt_on(1, 2)});
  run.progress.on(AttemptEnded{1, at(2s), attempt_on(1, 2), verdict_of(Kind::not_found, "model-not-found"), 1s});
  run.lines.clear();

  // Another job, which never asked anybody.
  run.progress.begin(run.jobs[1], 600s);
  run.progress.on(OperationBegan{2, at(10s)});
  OperationEnded ended{2, at(10s)};
  run.progress.on(ended);
  Failure failure{Kind::no_target, Remedy::after_delay, Says::policy};
  failure.add_note(Note::deadline_would_pass);
  failure.set_earliest_retry_at(at(7201s), at(10s));
  JobRecord record{.outcome = JobOutcome::failed};
  explain(failure, record);
  run.progress.end(run.jobs[1], record);
  CHECK(record.retry_in == 7191s);
  CHECK(
      run.lines ==
      std::vector<std::string>{
          "002-a-dog: failed, no_target: every target is closed for longer than its deadline (pro after rate_limit, lite after not_found); "
          "not before t7201, in 1 h 59 min. Run again later, or name more targets with --target."});
}

TEST_CASE("a job that its deadline broke off in the last attempt is told by what it met before", "[tools]") {
  Run run;
  run.progress.begin(run.jobs[0], 600s);
  run.progress.on(OperationBegan{1, at(0s)});
  Verdict full = verdict_of(Kind::overload, "high-demand");
  full.remedy = Remedy::after_delay;
  run.progress.on(AttemptEnded{1, at(500s), attempt_on(0, 1), full, 1s});
  Verdict cut = verdict_of(Kind::network, "connect-timeout");
  cut.remedy = Remedy::after_delay;
  cut.says = Says::transport;
  run.progress.on(AttemptEnded{1, at(600s), attempt_on(0, 2), cut, 1s});
  run.progress.on(OperationEnded{1, at(600s)});
  JobRecord record{.outcome = JobOutcome::failed};
  explain(Failure{cut}, record);
  run.progress.end(run.jobs[0], record);
  CHECK(record.kind == Kind::overload);
  CHECK(record.failure == "high-demand");
}

TEST_CASE("jobs that one thread has under way at once are told apart", "[tools]") {
  Run run;
  CHECK(run.progress.current() == nullptr);
  for (std::uint64_t call = 1; call <= 2; ++call) {
    run.progress.begin(run.jobs[call - 1]);
    run.progress.on(OperationBegan{call, at(0s)});
    run.progress.on(AttemptBegan{call, at(0s), attempt_on(0, 1)});
    CHECK(run.progress.current() == &run.jobs[call - 1]);
  }
  run.progress.received(&run.jobs[0], 503);
  run.progress.received(&run.jobs[1], 429);
  run.progress.on(AttemptEnded{1, at(3s), attempt_on(0, 1), verdict_of(Kind::overload, "overloaded"), 3s});
  run.progress.on(AttemptBegan{1, at(4s), attempt_on(1, 2)});
  CHECK(run.progress.current() == &run.jobs[0]);
  run.progress.on(AttemptEnded{2, at(5s), attempt_on(0, 1), verdict_of(Kind::rate_limit, "ipm"), 5s});
  REQUIRE(run.lines.size() == 2);
  CHECK_THAT(run.lines[0], Catch::Matchers::StartsWith("001-a-cat") && Catch::Matchers::ContainsSubstring(": 503 overload"));
  CHECK_THAT(run.lines[1], Catch::Matchers::StartsWith("002-a-dog") && Catch::Matchers::ContainsSubstring(": 429 rate_limit"));
  run.progress.on(OperationEnded{.call = 2, .at = at(5s), .took = 5s});
  run.progress.on(OperationEnded{.call = 1, .at = at(9s), .took = 9s});
  JobRecord first;
  JobRecord second;
  first.outcome = second.outcome = JobOutcome::failed;
  run.progress.end(run.jobs[0], first);
  run.progress.end(run.jobs[1], second);
  CHECK(first.took == 9s);
  CHECK(second.took == 5s);
}

TEST_CASE("the picture fits its canvas", "[tools]") {
  Run run;
  for (std::uint64_t call = 1; call <= 3; ++call) {
    run.progress.begin(run.jobs[call - 1]);
    run.progress.on(OperationBegan{call, at(0s)});
  }
  const auto lines = run.drawn(at(1s), 30, 6);
  REQUIRE(lines.size() == 5);
  for (const std::string& line : lines) CHECK(line.size() <= 30);
  CHECK(lines[0] == "imagine  0 made, 3 running, 0>");
  CHECK(lines[4] == "  and 2 more");
}

TEST_CASE("cutting never splits a character", "[tools]") {
  CHECK(tools::detail::cut("Bär", 2) == "B>");
  CHECK(tools::detail::cut("Bär", 3) == "Bär");
  CHECK(tools::detail::cut("\xE7\x8C\xAB\xE7\x8C\xAB\xE7\x8C\xAB", 2) == "\xE7\x8C\xAB>");
  CHECK(tools::detail::cut("abc", 0).empty());
}

TEST_CASE("the live block is drawn over itself, and lines pass above it", "[tools]") {
  LiveBlock block;
  CHECK(block.draw({}, {"one", "two"}) == "one\ntwo\n");
  CHECK(block.draw({"note"}, {"three"}) == "\x1b[2A\r\x1b[Jnote\nthree\n");
  CHECK(block.draw({}, {}) == "\x1b[1A\r\x1b[J");
  CHECK(block.draw({"after"}, {}) == "after\n");
}

TEST_CASE("an attempt that a stop breaks off is no failure of its target, nor of its job", "[tools]") {
  Run run;
  run.progress.begin(run.jobs[0]);
  run.progress.on(OperationBegan{1, at(0s)});
  run.progress.on(AttemptBegan{1, at(0s), attempt_on(0, 1)});
  run.progress.received(503);
  run.progress.on(AttemptEnded{1, at(3s), attempt_on(0, 1), verdict_of(Kind::overload, "overloaded"), 3s});
  run.progress.on(AttemptBegan{1, at(4s), attempt_on(0, 2)});
  run.progress.on(AttemptEnded{1, at(9s), attempt_on(0, 2), verdict_of(Kind::abandoned, {}), 5s});
  JobRecord record{.outcome = JobOutcome::cancelled, .kind = Kind::cancelled};
  run.progress.end(run.jobs[0], record);
  CHECK(run.progress.view().targets[0].failed == 1);
  CHECK(run.progress.view().targets[0].failed_with == Kind::overload);
  REQUIRE(run.lines.size() == 3);
  CHECK(run.lines[1] == "001-a-cat: attempt 2 on pro broken off after 5.0 s, for the run was stopped");
  CHECK(run.lines[2] == "001-a-cat: not finished, for the run was stopped");
}
