// SPDX-License-Identifier: BSL-1.0
#include <ductile/core/config_error.hpp>
#include <ductile/core/kind.hpp>
#include <ductile/mock/rows.hpp>
#include <ductile/tools/lab/incident.hpp>
#include <ductile/tools/lab/incident_json.hpp>
#include <ductile/tools/lab/replay.hpp>
#include <ductile/tools/lab/run.hpp>
#include <ductile/tools/lab/strategies.hpp>
#include <ductile/tools/lab/world.hpp>

#include "../support/catch.hpp"
#include "lab_for_test.hpp"

#include <chrono>
#include <string>

using namespace std::chrono_literals;
namespace lab = ductile::tools::lab;
using ductile::Kind;

namespace {

lab::Incident played(const char* scenario, const char* strategy, std::uint64_t seed = 3) {
  lab::World world{lab_for_test::day(), lab_for_test::day().scenarios.at(scenario), seed};
  lab::strategy_named(strategy).play(world);
  return lab::incident_of(world);
}

// A job a line; each has what a line must have.
std::string job_line(const std::string& began, const std::string& outcome, const std::string& trail, const std::string& target = "pro") {
  return R"({"began": "2026-11-24T10:)" + began + R"(Z", "deadline_ms": 600000, "took_ms": 30000, "target": ")" + target +
         R"(", "outcome": ")" + outcome + R"(", "trail": [)" + trail + "]}\n";
}

std::string call(const std::string& kind, const std::string& target = "pro", int at_ms = 0) {
  return R"({"target": ")" + target + R"(", "kind": ")" + kind + R"(", "sent": true, "at_ms": )" + std::to_string(at_ms) +
         R"(, "ms": 1000})";
}

}  // namespace

TEST_CASE("A log that the lab wrote reads as what was played", "[lab]") {
  const lab::Incident was = played("W1", "jitter-both-reword");
  const lab::Incident read = lab::read_incident(lab::log_text(was), "the log");
  CHECK(read.targets == was.targets);
  CHECK(read.jobs.size() == was.jobs.size());
  REQUIRE(read.calls.size() == was.calls.size());
  const lab::Metrics one = lab::metrics_of(was);
  const lab::Metrics other = lab::metrics_of(read);
  CHECK(other.delivered == one.delivered);
  CHECK(other.quota_429 == one.quota_429);
  CHECK(other.primary_share == one.primary_share);
  CHECK(other.p95_s == Catch::Approx(one.p95_s).margin(0.01));
}

TEST_CASE("Replayed, the strategy of the log comes out as it was, and another about as in the world that the log is of", "[lab]") {
  lab::Scenario six_hours = lab_for_test::day().scenarios.at("W3");
  six_hours.from = 9h;
  six_hours.until = 15h;
  const auto log_of = [&six_hours](const char* strategy) {
    lab::World world{lab_for_test::day(), six_hours, 3};
    lab::strategy_named(strategy).play(world);
    return lab::read_incident(lab::log_text(lab::incident_of(world)), "the log");
  };
  struct Case {
    const char* logged;
    const char* replayed;
    double within;  // of the share of jobs delivered
  };
  for (const Case& each : {Case{"none", "none", 0.001}, Case{"none", "sdk-retries", 0.04}, Case{"jitter-both", "jitter-both", 0.01},
                           Case{"jitter-both", "none", 0.001}, Case{"seed-class", "jitter-both", 0.03}}) {
    INFO(each.replayed << " in the log of " << each.logged);
    const double real = lab::metrics_of(log_of(each.replayed)).ratio;
    CHECK(lab::replay(log_of(each.logged), lab::strategy_named(each.replayed), 1).metrics.ratio == Catch::Approx(real).margin(each.within));
  }
  // Of the second target this log says nothing: that it fails whenever the first one does is the worst that it can be.
  const lab::Replayed unseen = lab::replay(log_of("none"), lab::strategy_named("jitter-both"), 1);
  CHECK(unseen.sureness.other_target > 0);
  CHECK(unseen.metrics.ratio > lab::metrics_of(log_of("none")).ratio);
  CHECK(unseen.metrics.ratio < lab::metrics_of(log_of("jitter-both")).ratio);
}

TEST_CASE("A replay says how much of its answers the log has seen", "[lab]") {
  const lab::Incident log =
      lab::read_incident(job_line("00:00", "failed", call("overload")) + job_line("20:30", "ok", call("ok")), "the log");
  const lab::Replayed none = lab::replay(log, lab::strategy_named("none"), 1);
  CHECK(none.sureness.logged == 2);
  CHECK(none.sureness.calls() == 2);

  const lab::Replayed fallback = lab::replay(log, lab::strategy_named("jitter-both"), 1);
  CHECK(fallback.sureness.logged == 2);
  CHECK(fallback.sureness.other_target > 0);

  const lab::Replayed patient = lab::replay(log, lab::strategy_named("jitter-deadline"), 1);
  CHECK(patient.sureness.same_minute > 0);
  CHECK(patient.sureness.other_minute > 0);
  CHECK(patient.sureness.farthest >= 1min);
  CHECK(patient.sureness.farthest <= 20min);
}

TEST_CASE("What is refused for itself stays refused in a replay, at every target", "[lab]") {
  for (const char* kind : {"safety_prompt", "prohibited", "recitation", "bad_request", "not_found"}) {
    INFO(kind);
    const std::string text = job_line("00:00", "failed", call(kind) + "," + call("overload", "lite", 2000)) +
                             job_line("00:10", "ok", call("ok")) + job_line("00:20", "ok", call("ok", "lite"), "lite");
    const lab::Incident log = lab::read_incident(text, "the log");
    CHECK(lab::replay(log, lab::strategy_named("jitter-both"), 1).metrics.delivered == 2);
  }
}

TEST_CASE("Other words help in a replay where they have helped in the log", "[lab]") {
  const std::string withheld = job_line("00:00", "ok", call("safety_output") + "," + call("ok", "pro", 2000));
  const lab::Incident log = lab::read_incident(withheld + job_line("00:40", "ok", call("ok")), "the log");
  CHECK(lab::replay(log, lab::strategy_named("jitter-both"), 1).metrics.delivered == 1);
  CHECK(lab::replay(log, lab::strategy_named("jitter-both-reword"), 1).metrics.delivered == 2);
}

TEST_CASE("A report of imagine is a log: its first two targets, what was cut short left out, a job without a trail one call", "[lab]") {
  const lab::Incident log = lab::read_incident(R"({"began": "2026-11-24T10:00:00Z",
 "targets": [{"name": "pro"}, {"name": "lite"}, {"name": "old"}],
 "jobs": [
  {"outcome": "ok", "began": "2026-11-24T10:00:05.250Z", "deadline_ms": 60000, "took_ms": 30000, "target": "lite", "size": "4K", "trail": []},
  {"outcome": "failed", "began": "2026-11-24T10:00:01Z", "deadline_ms": 60000, "took_ms": 4000, "target": "old", "size": null, "trail": [
    {"target": "pro", "kind": "rate_limit", "sent": true, "at_ms": 0, "ms": 1000, "billed": "no"},
    {"target": "lite", "kind": "circuit_open", "sent": false, "at_ms": 1000, "ms": 0},
    {"target": "old", "kind": "internal", "sent": true, "at_ms": 1000, "ms": 3000}]},
  {"outcome": "kept", "began": null}, {"outcome": "not_started"}]})",
                                               "the report");
  CHECK(log.targets == std::vector<std::string>{"pro", "lite"});
  CHECK(log.jobs_left_out == 2);
  CHECK(log.calls_left_out == 1);
  REQUIRE(log.jobs.size() == 2);
  CHECK(log.jobs[1].arrives - log.jobs[0].arrives == 4250ms);
  CHECK(log.jobs[1].size == "4K");
  REQUIRE(log.calls.size() == 2);
  CHECK(log.calls[0].status == 429);
  CHECK(log.calls[1].model == lab::Model::fallback);
  CHECK(log.calls[1].takes == 30s);
  CHECK(lab::metrics_of(log).delivered == 1);
  CHECK(lab::metrics_of(log).quota_429 == 50);
}

TEST_CASE("A log that cannot be replayed is refused by member and value", "[lab]") {
  struct Case {
    std::string text;
    const char* words;
  };
  for (const Case& each :
       {Case{"", "is not JSON"}, Case{"[]", "must be an object"}, Case{"{\"jobs\": 3}", "must be a report with its jobs"},
        Case{job_line("00:00", "okay", call("ok")), "line 1.outcome must be ok, kept, failed, cancelled or not_started; it is \"okay\""},
        Case{job_line("00:00", "ok", call("ok")) + job_line("00:00", "failed", call("overlord")), "line 2.trail[0].kind must be"},
        Case{job_line("00:0x", "ok", call("ok")), "line 1.began must look like"},
        Case{R"({"outcome": "ok", "began": null})", "line 1.began is missing"},
        Case{job_line("00:00", "failed", call("ok", "pro", -1)), "line 1.trail[0].at_ms must be a number from 0 to"},
        Case{job_line("00:00", "failed", ""), "nothing to replay"},
        Case{job_line("00:00", "ok", call("ok")) + R"({"size": "8K", )" + job_line("00:01", "ok", call("ok")).substr(1),
             "line 2.size must be 512, 1K, 2K, 4K or null; it is \"8K\""},
        Case{R"({"size": 2, )" + job_line("00:00", "ok", call("ok")).substr(1), "line 1.size must be 512, 1K, 2K, 4K or null; it is 2"},
        Case{job_line("00:00", "ok", call("overload", "lite") + "," + call("ok"), "lite"),
             "line 1.target must be who made the image in its trail, pro; it is \"lite\""},
        Case{job_line("00:00", "ok", call("overload") + "," + call("overload", "lite"), "old"),
             "line 1.target must be who made the image in its trail, pro, lite; it is \"old\""},
        Case{R"({"targets": [{"name": "pro"}, {"name": "lite"}], "jobs": [)" + job_line("00:00", "ok", call("ok", "old"), "pro") + "]}",
             "jobs[0].trail[0].target must be one of the report's targets, pro, lite; it is \"old\""},
        Case{job_line("00:00", "ok", call("ok")) + "{\"outcome\": ok}\n", "the log is not JSON: syntax error in line 2, column 13"},
        Case{job_line("00:00", "ok", call("ok")) + R"({"outcome": "ok", "outcome": "ok"})",
             "the log has the member 'outcome' twice in one object in line 2"},
        Case{job_line("00:00", "failed", call("bad_request")), "the log has no call that says how the service was"}}) {
    INFO(each.text);
    CHECK_THROWS_WITH(lab::read_incident(each.text, "the log"), Catch::Matchers::ContainsSubstring(each.words));
  }
}

TEST_CASE("A size that the service has is one of the lab's, and a trail that ends before the image has another call", "[lab]") {
  const auto sized = [](const std::string& size) {
    return "{\"size\": " + size + ", " + job_line("00:00", "ok", call("overload")).substr(1);
  };
  struct Case {
    const char* size;
    const char* expected;
  };
  for (const Case& each : {Case{"null", "1K"}, Case{"\"512\"", "1K"}, Case{"\"1K\"", "1K"}, Case{"\"2K\"", "2K"}, Case{"\"4K\"", "4K"}}) {
    INFO(each.size);
    const lab::Incident log = lab::read_incident(sized(each.size), "the log");
    CHECK(log.jobs.at(0).size == each.expected);
    REQUIRE(log.calls.size() == 2);
    CHECK(lab::kind_of(log.calls[1].id) == Kind::ok);
  }
}

TEST_CASE("The log of a client that gave up has its own patience, not the answer that it did not see", "[lab]") {
  const lab::Scenario& scenario = lab_for_test::day().scenarios.at("W3");
  lab::World world{lab_for_test::day(), scenario, 3};
  lab::strategy_named("dotnet-long").play(world);
  const lab::Incident log = lab::incident_of(world);
  std::size_t given_up = 0;
  for (const lab::CallRecord& call : log.calls) {
    CHECK(call.takes <= 120s);  // its attempt timeout
    given_up += call.given_up_after ? 1 : 0;
    if (!call.given_up_after) continue;
    CHECK(lab::kind_of(call.id) == Kind::timeout);
    CHECK(call.status == 0);
  }
  CHECK(given_up > 10);
  for (const lab::Job& job : log.jobs) {
    if (log.deliveries[job.number]) continue;
    for (const lab::CallRecord& call : log.calls)
      if (call.job == job.number) REQUIRE(lab::kind_of(call.id) != Kind::ok);
  }
}

TEST_CASE("Every kind of answer has a row that the mock can say it with", "[lab]") {
  for (std::size_t i = 0; i < ductile::kinds; ++i) {
    const auto kind = static_cast<Kind>(i);
    const std::string_view row = lab::row_of(kind);
    INFO(name(kind));
    CHECK(row.empty() == (kind >= Kind::circuit_open || kind == Kind::cancelled));
    if (!row.empty()) CHECK(ductile::mock::can_answer(row));
  }
  for (const Kind kind : {Kind::ok, Kind::rate_limit, Kind::quota, Kind::overload, Kind::internal, Kind::timeout, Kind::permission,
                          Kind::bad_request, Kind::not_found, Kind::prohibited, Kind::recitation, Kind::no_image})
    CHECK(lab::kind_of(lab::row_of(kind)) == kind);
}
