// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/job_record.hpp>

#include "../support/catch.hpp"

#include <chrono>
#include <vector>

using namespace ductile;
using namespace ductile::tools;
using namespace std::chrono_literals;

namespace {
JobRecord made() { return {.outcome = JobOutcome::ok, .kind = Kind::ok}; }
JobRecord failed(Kind kind) { return {.outcome = JobOutcome::failed, .kind = kind}; }
}  // namespace

TEST_CASE("a run ends well when every job that could be made was made", "[tools]") {
  struct Row {
    std::vector<JobRecord> records;
    Ending wanted;
  };
  const auto row = GENERATE(values<Row>({
      {{made(), {.outcome = JobOutcome::kept, .kind = Kind::ok}}, Ending::ok},
      {{made(), failed(Kind::safety_output)}, Ending::ok},
      {{failed(Kind::prohibited)}, Ending::ok},
      {{made(), failed(Kind::overload)}, Ending::failed},
      {{made(), failed(Kind::deadline)}, Ending::failed},
      {{made(), failed(Kind::quota)}, Ending::failed},
      {{made(), failed(Kind::no_image)}, Ending::failed},
      {{made(), failed(Kind::auth)}, Ending::failed},
      {{made(), failed(Kind::other)}, Ending::failed},
      {{made(), {.outcome = JobOutcome::cancelled}}, Ending::failed},
      {{made(), {.outcome = JobOutcome::not_started}}, Ending::failed},
      // Turned away: the job's own doing where another one shows that the rest works.
      {{made(), failed(Kind::permission), failed(Kind::bad_request)}, Ending::ok},
      {{failed(Kind::permission), failed(Kind::permission)}, Ending::failed},
      {{failed(Kind::bad_request), failed(Kind::safety_prompt)}, Ending::failed},
  }));
  CHECK(ending_of(row.records) == row.wanted);
}

TEST_CASE("a failure of the catalogue is explained in its words", "[tools]") {
  JobRecord record;
  explain(Failure{Kind::auth, Remedy::never, Says::service, "api-key-invalid"}, record);
  CHECK(record.kind == Kind::auth);
  CHECK(record.failure == "api-key-invalid");
  CHECK(record.why == "wrong key (the service says 400, not 401)");
  CHECK(record.fix == "Replace the key.");
}

TEST_CASE("every kind of failure says why and what to do", "[tools]") {
  for (std::size_t kind = 1; kind < kinds; ++kind) {
    JobRecord record;
    explain(Failure{static_cast<Kind>(kind)}, record);
    INFO(name(record.kind));
    CHECK_FALSE(record.why.empty());
    CHECK_FALSE(record.fix.empty());
  }
}

TEST_CASE("a wait that did not fit the deadline is named beside the failure that led to it", "[tools]") {
  Failure failure{Kind::overload, Remedy::after_delay, Says::service, "overloaded"};
  failure.add_note(Note::deadline_would_pass);
  JobRecord record;
  explain(failure, record);
  CHECK_THAT(record.why, Catch::Matchers::EndsWith("; the next attempt did not fit its deadline"));
}

TEST_CASE("a failure that no catalogue knows is explained by its kind", "[tools]") {
  struct Row {
    Kind kind;
    const char* why;
    const char* fix;
  };
  const auto row = GENERATE(values<Row>({
      {Kind::auth, "the service does not take the key", "Check the key, and the variable that it comes from (--key-env)."},
      {Kind::permission, "the key may not do this", "Check what the key and its project may do, or take another model."},
      {Kind::bad_request, "the service does not take the request", "Change what the job asks for; the message says what it did not like."},
      {Kind::deadline, "its deadline passed before an image came",
       "Run again, what is made is kept; or give it more time with --deadline."},
      {Kind::circuit_open, "the service keeps failing and is not asked for a while", "Run again later; what is made is kept."},
      {Kind::no_target, "every target is closed for longer than its deadline", "Run again later, or name more targets with --target."},
      {Kind::other, "what happened is not in the catalogue", "Run again; if it stays so, report it with the message."},
  }));
  JobRecord record;
  explain(Failure{row.kind}, record);
  CHECK(record.why == row.why);
  CHECK(record.fix == row.fix);
}

namespace {

Verdict said(Kind kind, Remedy remedy, FailureId id, Says says = Says::service) {
  Verdict verdict;
  verdict.kind = kind;
  verdict.remedy = remedy;
  verdict.id = id;
  verdict.says = says;
  return verdict;
}

constexpr Time deadline = Time{10min};
const Verdict no_room = said(Kind::overload, Remedy::after_delay, "high-demand");
const Verdict cut = said(Kind::timeout, Remedy::immediately, "client-deadline", Says::transport);

// What a job tells that ended with `end`, after what it had heard.
JobRecord ended_with(const Failure& end, const Heard& heard) {
  JobRecord record{.outcome = JobOutcome::failed};
  explain(end, record);
  name_last_answer(heard, record);
  return record;
}

}  // namespace

TEST_CASE("a job that was rejected in the end is told by what the service had answered before", "[tools]") {
  const Failure rejected{Kind::circuit_open, Remedy::after_delay, Says::policy, "circuit-open"};
  Heard heard;
  SECTION("a failure that passes") {
    heard.add(no_room, Time{1min}, deadline);
    const JobRecord record = ended_with(rejected, heard);
    CHECK(record.kind == Kind::overload);
    CHECK(record.failure == "high-demand");
    CHECK_THAT(record.why, Catch::Matchers::EndsWith("; then the service keeps failing and is not asked for a while"));
  }
  SECTION("but not by an answer that another target would not have given") {
    heard.add(said(Kind::overload, Remedy::other_model, "high-demand"), Time{1min}, deadline);
    CHECK(ended_with(rejected, heard).kind == Kind::circuit_open);
  }
  SECTION("and not where the service itself had the last word") {
    heard.add(no_room, Time{1min}, deadline);
    heard.add(said(Kind::internal, Remedy::immediately, "internal"), Time{2min}, deadline);
    CHECK(ended_with(Failure{Kind::internal, Remedy::immediately, Says::service, "internal"}, heard).kind == Kind::internal);
  }
}

TEST_CASE("a job whose last attempt its own deadline broke off is told by what it had met before", "[tools]") {
  Failure end{cut, "total_timeout at http://127.0.0.1 after 3 ms"};
  end.add_note(Note::deadline_would_pass);
  Heard heard;
  heard.add(no_room, Time{9min}, deadline);

  SECTION("whatever the transport calls it, and though a socket may end a little early") {
    const auto [kind, at] = GENERATE(table<Kind, Time>(
        {{Kind::timeout, deadline}, {Kind::network, deadline}, {Kind::network, deadline - 600ms}, {Kind::timeout, deadline + 2s}}));
    heard.add(said(kind, Remedy::immediately, "half-close-no-reply", Says::transport), at, deadline);
    CHECK(heard.cut_off());
    const JobRecord record = ended_with(end, heard);
    CHECK(record.kind == Kind::overload);
    CHECK(record.failure == "high-demand");
    CHECK_THAT(record.why, Catch::Matchers::EndsWith("; then its deadline passed before an image came"));
    CHECK(record.fix == "Run again, what is made is kept; or give it more time with --deadline.");
    CHECK(record.message.empty());
  }
  SECTION("also when a policy refused the next attempt") {
    heard.add(cut, deadline, deadline);
    CHECK(ended_with(Failure{Kind::deadline, Remedy::never, Says::policy}, heard).kind == Kind::overload);
  }
  SECTION("but a fault while there was time is an answer") {
    heard.add(said(Kind::network, Remedy::immediately, "reset-before-headers", Says::transport), deadline - 2s, deadline);
    CHECK_FALSE(heard.cut_off());
    CHECK(ended_with(Failure{Kind::network, Remedy::immediately, Says::transport, "reset-before-headers"}, heard).kind == Kind::network);
  }
  SECTION("and so is what the service said at the last moment") {
    heard.add(said(Kind::timeout, Remedy::immediately, "deadline-504"), deadline, deadline);
    CHECK_FALSE(heard.cut_off());
  }
  SECTION("and without a deadline nothing is broken off") {
    heard.add(cut, deadline, end_of_time);
    CHECK_FALSE(heard.cut_off());
  }
}

TEST_CASE("a job that heard nothing before its deadline broke it off says that", "[tools]") {
  Heard heard;
  heard.add(cut, deadline, deadline);
  const JobRecord record = ended_with(Failure{cut}, heard);
  CHECK(record.kind == Kind::timeout);
  CHECK(record.failure == "client-deadline");
}
