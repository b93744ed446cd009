// SPDX-License-Identifier: BSL-1.0

// Names, answers and the small types that everything speaks in.

#include "../support/catch.hpp"

#include <ductile/core/answer.hpp>
#include <ductile/core/by_kind.hpp>
#include <ductile/core/config_error.hpp>
#include <ductile/core/event.hpp>
#include <ductile/core/kind.hpp>
#include <ductile/core/policy.hpp>
#include <ductile/core/transport.hpp>
#include <ductile/core/verdict.hpp>

#include <chrono>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace ductile;
using namespace std::chrono_literals;

namespace {

// The names of the enumerators 0 to count - 1.
template <class Enum>
std::set<std::string> names(unsigned count) {
  std::set<std::string> found;
  for (unsigned i = 0; i < count; ++i) found.insert(std::string{name(static_cast<Enum>(i))});
  return found;
}

}  // namespace

TEST_CASE("Every enumerator has a name of its own", "[core][vocabulary]") {
  CHECK(names<Kind>(kinds).size() == kinds);
  CHECK(names<Remedy>(remedies).size() == remedies);
  CHECK(names<QuotaDimension>(8).size() == 8);
  CHECK(names<Says>(5).size() == 5);
  CHECK(names<Billed>(5).size() == 5);
  CHECK(names<WaitSource>(7).size() == 7);
  CHECK(names<Role>(10).size() == 10);
  CHECK(names<Signal>(5).size() == 5);
  CHECK(names<Outcome>(8).size() == 8);
  CHECK(names<TransportFault>(12).size() == 12);
}

TEST_CASE("The number of kinds is the last kind's number and one", "[core][vocabulary]") {
  CHECK(static_cast<std::size_t>(Kind::abandoned) + 1 == kinds);
  CHECK(static_cast<std::size_t>(Remedy::after_prompt_change) + 1 == remedies);
}

TEST_CASE("A value that is no enumerator has a harmless name", "[core][vocabulary]") {
  CHECK(name(static_cast<Kind>(200)) == "other");
  CHECK(name(static_cast<Remedy>(200)) == "never");
  CHECK(name(static_cast<QuotaDimension>(200)) == "other");
  CHECK(name(static_cast<TransportFault>(200)) == "other");
}

TEST_CASE("The names are those of the catalogue and of metrics", "[core][vocabulary]") {
  CHECK(name(Kind::rate_limit) == "rate_limit");
  CHECK(name(Kind::safety_prompt) == "safety_prompt");
  CHECK(name(Remedy::after_prompt_change) == "after_prompt_change");
  CHECK(name(QuotaDimension::requests_per_day) == "rpd");
  CHECK(std::string_view{name(Role::circuit_breaker)} == "circuit_breaker");
}

TEST_CASE("Ids are compared by their text", "[core][vocabulary]") {
  const char spelled[] = {'r', 'p', 'd', '\0'};
  static const std::string elsewhere{spelled};
  CHECK(FailureId{"rpd"} == FailureId{elsewhere.c_str()});
  CHECK_FALSE(FailureId{"rpd"} == FailureId{"rpm"});
  CHECK(FailureId{}.text() == "unknown");
}

TEST_CASE("An admission is what it was made, with its edits", "[core][vocabulary]") {
  constexpr Admission edited =
      Admission::go_at(Time{2s}, Kind::quota, WaitSource::quota).until(Time{9s}).on(3).revised(2).noting(Signal::quota_surprise);
  STATIC_REQUIRE(edited.form() == Admission::Form::go_at);
  STATIC_REQUIRE(edited.at() == Time{2s});
  STATIC_REQUIRE(edited.why() == Kind::quota);
  STATIC_REQUIRE(edited.deadline() == Time{9s});
  STATIC_REQUIRE(edited.target() == 3);
  STATIC_REQUIRE(edited.revision() == 2);
  STATIC_REQUIRE(edited.signal() == Signal::quota_surprise);
  CHECK(Admission::go() == Admission::go());
  CHECK_FALSE(Admission::go() == Admission::go().on(1));
  CHECK_FALSE(Admission::go() == Admission::reject(Kind::ok));
}

TEST_CASE("A rejection is curable by waiting when it says until when, else as its kind is", "[core][vocabulary]") {
  CHECK(Admission::reject(Kind::quota).remedy() == Remedy::never);
  CHECK(Admission::reject(Kind::quota, Time{1h}).remedy() == Remedy::after_delay);
  CHECK(Admission::reject(Kind::quota, Time{1h}).with(Remedy::next_day).remedy() == Remedy::next_day);
  CHECK(Admission::reject(Kind::circuit_open).remedy() == Remedy::after_delay);
}

TEST_CASE("A reaction is what it was made", "[core][vocabulary]") {
  CHECK_FALSE(Reaction::pass().again());
  CHECK(Reaction::again_now().again());
  CHECK(Reaction::again_now().at() == Time{});
  CHECK(Reaction::again_at(Time{3s}, WaitSource::hint).at() == Time{3s});
  CHECK(Reaction::pass().because(Note::time_spent).note() == Note::time_spent);
  CHECK(Reaction::pass().earliest(Time{4s}).earliest() == Time{4s});
  CHECK(Reaction::pass() == Reaction::pass());
  CHECK_FALSE(Reaction::pass() == Reaction::again_now());
}

TEST_CASE("A table by kind has its values, and the same one elsewhere", "[core][vocabulary]") {
  ByKind<int> table{7, {{Kind::overload, 3}, {Kind::abandoned, 1}}};
  CHECK(table[Kind::overload] == 3);
  CHECK(table[Kind::abandoned] == 1);
  CHECK(table[Kind::ok] == 7);
  table.set(Kind::ok, 0);
  CHECK(table[Kind::ok] == 0);
  CHECK(std::distance(table.begin(), table.end()) == static_cast<std::ptrdiff_t>(kinds));
}

// --- options

TEST_CASE("A refused option throws a sentence with the value", "[core][vocabulary]") {
  CHECK_THROWS_WITH(refuse("Retry: attempts must be from 1 to 1000", 0), "Retry: attempts must be from 1 to 1000; it is 0");
  CHECK_THROWS_WITH(refuse("A: b must be from 0 to 1", 1.5), "A: b must be from 0 to 1; it is 1.5");
  CHECK_THROWS_WITH(refuse("A: b must be from 0 to 1", -2e18), "A: b must be from 0 to 1; it is -2e+18");
  CHECK_THROWS_WITH(refuse("A: b must be from 0 to 1", std::numeric_limits<double>::quiet_NaN()), Catch::Matchers::Contains("nan"));
  CHECK_THROWS_AS(refuse("A", 0), ConfigError);
}

TEST_CASE("Collected rules remember the first that was broken", "[core][vocabulary]") {
  CollectedRules rules;
  rules.require(true, "fine", 1);
  CHECK(rules.broken.empty());
  rules.require(false, "first", 2);
  rules.require(false, "second", 3);
  rules.refuse("third");
  CHECK(rules.broken == "first; it is 2");
  CollectedRules other;
  other.refuse("in other words");
  CHECK(other.broken == "in other words");
}

TEST_CASE("Refusing rules throw at the first that is broken", "[core][vocabulary]") {
  const RefusingRules rules;
  CHECK_NOTHROW(rules.require(true, "fine", 1));
  CHECK_THROWS_AS(rules.require(false, "broken", 1), ConfigError);
  CHECK_THROWS_WITH(rules.refuse("in other words"), "in other words");
}

TEST_CASE("The handler for builds without exceptions can be replaced and put back", "[core][vocabulary]") {
  const ConfigErrorHandler mine = [](const char*) {};
  const ConfigErrorHandler before = set_config_error_handler(mine);
  CHECK(set_config_error_handler(before) == mine);
}

// --- transport

TEST_CASE("A header is found whatever its case, the first of several", "[core][vocabulary]") {
  const std::vector<HttpHeader> headers{{"Content-Type", "image/png"}, {"Retry-After", "3"}, {"retry-after", "9"}};
  CHECK(header(headers, "retry-after") == "3");
  CHECK(header(headers, "CONTENT-TYPE") == "image/png");
  CHECK(header(headers, "Retry").empty());
  CHECK(header({}, "x").empty());
}

TEST_CASE("A stop view asks the token that it was given", "[core][vocabulary]") {
  struct Flag {
    bool set = false;
    [[nodiscard]] bool stop_requested() const { return set; }
  } flag;
  const StopView nobody;
  CHECK_FALSE(nobody);
  CHECK_FALSE(nobody.stop_requested());
  const StopView view{flag};
  CHECK(view);
  CHECK_FALSE(view.stop_requested());
  flag.set = true;
  CHECK(view.stop_requested());
}
