// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/job_record.hpp>

#include "../support/catch.hpp"

#include <vector>

using namespace ductile;
using namespace ductile::tools;

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

TEST_CASE("a job that was rejected in the end is told by what the service had answered before", "[tools]") {
  JobRecord record{.outcome = JobOutcome::failed};
  explain(Failure{Kind::circuit_open, Remedy::after_delay, Says::policy, "circuit-open"}, record);
  Verdict last;
  last.kind = Kind::overload;
  last.remedy = Remedy::after_delay;
  last.id = "high-demand";
  name_last_answer(last, record);
  CHECK(record.kind == Kind::overload);
  CHECK(record.failure == "high-demand");
  CHECK_THAT(record.why, Catch::Matchers::EndsWith("; then the service keeps failing and is not asked for a while"));

  SECTION("but not by an answer that another target would not have given") {
    explain(Failure{Kind::circuit_open, Remedy::after_delay, Says::policy, "circuit-open"}, record);
    last.remedy = Remedy::other_model;
    name_last_answer(last, record);
    CHECK(record.kind == Kind::circuit_open);
  }
  SECTION("and not where the service itself had the last word") {
    explain(Failure{Kind::internal, Remedy::immediately, Says::service, "internal"}, record);
    name_last_answer(last, record);
    CHECK(record.kind == Kind::internal);
  }
}
