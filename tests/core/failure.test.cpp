// SPDX-License-Identifier: BSL-1.0

// The error channel: Failure, its cause, its trail, its words, and Result.

#include "../support/catch.hpp"

#include <ductile/core/result.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>

using namespace ductile;
using namespace std::chrono_literals;

TEST_CASE("A failure of a known kind has the kind's ordinary remedy", "[core][failure]") {
  struct Row {
    Kind kind;
    Remedy remedy;
  };
  const auto row = GENERATE(
      Row{Kind::rate_limit, Remedy::after_delay}, Row{Kind::quota, Remedy::never}, Row{Kind::overload, Remedy::after_delay},
      Row{Kind::internal, Remedy::immediately}, Row{Kind::timeout, Remedy::immediately}, Row{Kind::network, Remedy::immediately},
      Row{Kind::auth, Remedy::never}, Row{Kind::permission, Remedy::never}, Row{Kind::failed_precondition, Remedy::never},
      Row{Kind::bad_request, Remedy::never}, Row{Kind::payload_too_large, Remedy::never}, Row{Kind::not_found, Remedy::other_model},
      Row{Kind::cancelled, Remedy::never}, Row{Kind::safety_prompt, Remedy::after_prompt_change},
      Row{Kind::safety_output, Remedy::after_prompt_change}, Row{Kind::prohibited, Remedy::never},
      Row{Kind::recitation, Remedy::immediately}, Row{Kind::no_image, Remedy::immediately}, Row{Kind::max_tokens, Remedy::never},
      Row{Kind::other, Remedy::never}, Row{Kind::circuit_open, Remedy::after_delay}, Row{Kind::bulkhead_full, Remedy::after_delay});
  CAPTURE(name(row.kind));
  CHECK(Failure{row.kind}.remedy() == row.remedy);
  CHECK(Failure{row.kind}.says() == Says::operation);
}

TEST_CASE("A failure of which nobody said whether it was sent is judged by its kind", "[core][failure]") {
  CHECK(Failure{Kind::overload}.verdict().sent == Sent::yes);
  CHECK(Failure{Kind::timeout}.verdict().sent == Sent::unknown);
  CHECK(Failure{Kind::network}.verdict().sent == Sent::unknown);
  CHECK(Failure{Kind::circuit_open, Remedy::after_delay, Says::policy}.verdict().sent == Sent::no);
}

TEST_CASE("A copy of a failure has everything and shares nothing but the raw cause", "[core][failure]") {
  Verdict verdict;
  verdict.kind = Kind::quota;
  verdict.id = "rpd-free";
  Failure original{verdict, "quota exceeded", {{"error.code", "429"}}, Cause::of(std::string{"the body"})};
  original.add_note(Note::attempts_spent);
  original.set_earliest_retry_at(Time{5s}, Time{2s});
  original.set_provenance(2, 7);
  Trail trail;
  trail.add({.kind = Kind::quota, .number = 7});
  original.set_trail(std::move(trail));

  Failure copy{Kind::other};
  copy = original;
  original = Failure{Kind::auth};
  CHECK(copy.verdict() == verdict);
  CHECK(copy.id() == FailureId{"rpd-free"});
  CHECK(copy.message() == "quota exceeded");
  CHECK(copy.evidence()[0].where == "error.code");
  CHECK(copy.notes() == Note::attempts_spent);
  CHECK(copy.earliest_retry_at() == Time{5s});
  CHECK(copy.retry_after() == Duration{3s});
  CHECK(copy.target() == 2);
  CHECK(copy.attempts() == 7);
  CHECK(copy.trail()[0].number == 7);
  REQUIRE(copy.cause().get<std::string>());
  CHECK(*copy.cause().get<std::string>() == "the body");
  CHECK(original.message().empty());
  CHECK(original.trail().size() == 0);
}

TEST_CASE("Attempts are counted up to what fits", "[core][failure]") {
  Failure failure{Kind::other};
  failure.set_provenance(1, 70'000);
  CHECK(failure.attempts() == 65'535);
}

TEST_CASE("A cause gives its value to who names its type, and only to them", "[core][failure]") {
  const Cause nothing;
  CHECK_FALSE(nothing);
  CHECK(nothing.get<int>() == nullptr);
  const Cause cause = Cause::of(42);
  CHECK(cause);
  CHECK(*cause.get<int>() == 42);
  CHECK(cause.get<unsigned>() == nullptr);
  CHECK(cause.get<long>() == nullptr);
  struct Twin {
    int value;
  };
  CHECK(cause.get<Twin>() == nullptr);
  const Cause pointer = Cause::of(std::make_unique<int>(3));  // need not be copyable
  const Cause shared = pointer;
  CHECK(shared.get<std::unique_ptr<int>>() == pointer.get<std::unique_ptr<int>>());
}

TEST_CASE("A failure says in one line what happened, whose fault it is, what to do and when", "[core][failure]") {
  Verdict verdict;
  verdict.kind = Kind::quota;
  verdict.remedy = Remedy::next_day;
  verdict.id = "rpd-free";
  Failure failure{verdict, "You exceeded your current quota"};
  failure.set_provenance(0, 3);
  failure.set_earliest_retry_at(Time{100s}, Time{10s});
  failure.add_note(Note::attempts_spent);
  CHECK(
      describe(failure, Time{39'500ms}) ==
      "quota (rpd-free), said by the service: You exceeded your current quota; may be tried again when the day's window opens, not before "
      "61 s from now; attempts: 3; no attempt is left");
  CHECK(describe(failure, Time{200s}).find("not before 0 s from now") != std::string::npos);
}

TEST_CASE("Each remedy and each note has words of its own", "[core][failure]") {
  const auto remedy =
      GENERATE(as<std::pair<Remedy, const char*>>{}, std::pair{Remedy::never, "the same request will not succeed"},
               std::pair{Remedy::immediately, "may be tried again"}, std::pair{Remedy::after_delay, "may be tried again later"},
               std::pair{Remedy::other_model, "another model or target may do it"},
               std::pair{Remedy::after_prompt_change, "only a changed request can succeed"});
  CHECK(describe(Failure{Kind::other, remedy.first}, Time{}) == std::string{"other, said by the operation; "} + remedy.second);

  Failure elsewhere{Kind::other, remedy.first};  // of a chain, in which another target may help then
  elsewhere.set_earliest_retry_at(Time{7s}, Time{});
  const bool is_final = remedy.first == Remedy::never || remedy.first == Remedy::after_prompt_change;
  CHECK(describe(elsewhere) == std::string{"other, said by the operation; "} + remedy.second +
                                   (is_final ? "; another target not before 7 s" : ", not before 7 s") + " after the failure");

  CHECK(describe(Failure{Kind::cancelled, Remedy::never, Says::caller}, Time{}) ==
        "cancelled, said by the caller; the caller ended the call");  // which says nothing of the request

  Failure failure{Kind::timeout};
  const std::string plain = describe(failure, Time{});
  for (const Note note : {Note::attempts_spent, Note::deadline_would_pass, Note::outer_layer_refused, Note::not_repeatable,
                          Note::time_spent, Note::retry_budget_spent, Note::hint_too_long}) {
    Failure noted = failure;
    noted.add_note(note);
    CAPTURE(static_cast<int>(note));
    CHECK(describe(noted, Time{}).size() > plain.size());
  }
}

TEST_CASE("A failure prints itself", "[core][failure]") {
  std::ostringstream stream;
  stream << Failure{Kind::overload} << '!';
  CHECK(stream.str() == "overload, said by the operation; may be tried again later!");
}

TEST_CASE("A printed failure counts from itself on, so no clock and no delay makes it wrong", "[core][failure]") {
  Failure failure{Kind::overload};
  const auto printed = [&] {
    std::ostringstream stream;
    stream << failure;
    CHECK(stream.str() == FailureError{failure}.what());
    return stream.str();
  };
  CHECK_FALSE(failure.retry_after());
  failure.set_earliest_retry_at(Time{100s}, Time{87'500ms});
  CHECK(failure.retry_after() == Duration{12'500ms});
  CHECK(printed() == "overload, said by the operation; may be tried again later, not before 13 s after the failure");
  failure.set_earliest_retry_at(Time{100s}, Time{200s});
  CHECK(printed() == "overload, said by the operation; may be tried again later, not before 0 s after the failure");
}

TEST_CASE("A failure's id prints its name", "[core][failure]") {
  std::ostringstream stream;
  stream << FailureId{"rpd-free"} << ' ' << FailureId{};
  CHECK(stream.str() == "rpd-free unknown");
}

TEST_CASE("Notes are bits", "[core][failure]") {
  const Note both = Note::attempts_spent | Note::time_spent;
  CHECK(has(both, Note::attempts_spent));
  CHECK(has(both, Note::time_spent));
  CHECK_FALSE(has(both, Note::not_repeatable));
}

TEST_CASE("The value of a failure is an exception that carries it", "[core][failure]") {
  const Result<int> failed{Failure{Kind::auth, Remedy::never, Says::service, "key-invalid"}};
  try {
    static_cast<void>(failed.value());
    FAIL("there is no value");
  } catch (const std::exception& error) {
    CHECK(std::string{error.what()}.rfind("auth (key-invalid), said by the service", 0) == 0);
    const auto* carrier = dynamic_cast<const FailureError*>(&error);
    REQUIRE(carrier);
    CHECK(carrier->failure().kind() == Kind::auth);
  }
  CHECK(failed.error().kind() == Kind::auth);  // it was copied out, not moved
}

// --- the trail

TEST_CASE("A trail keeps 256 entries, five of them without memory of their own, and counts on", "[core][failure]") {
  Trail trail;
  for (unsigned i = 1; i <= 300; ++i) {
    TrailEntry entry;
    entry.number = static_cast<std::uint16_t>(i);
    trail.add(entry);
    REQUIRE(trail.size() == i);
    REQUIRE(trail.kept() == std::min(i, 256U));
    REQUIRE(trail[std::min(i, 256U) - 1].number == std::min(i, 256U));
  }
  const Trail copy = trail;
  for (unsigned i = 0; i < 256; ++i) REQUIRE(copy[i].number == i + 1);
}

TEST_CASE("A span in a trail is rounded up to milliseconds and bounded", "[core][failure]") {
  CHECK(trail_milliseconds(0ns) == 0);
  CHECK(trail_milliseconds(1ns) == 1);
  CHECK(trail_milliseconds(1500us) == 2);
  CHECK(trail_milliseconds(-5s) == 0);
  CHECK(trail_milliseconds(Duration::max()) == 0xFFFFFFFF);
}
