// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"

#include <ductile/gemini/failures.hpp>   // FailureRow, failures, find_failure
#include <ductile/gemini/resilient.hpp>  // ResilientOptions, and the policies

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// docs/gemini/what-happens.md is the specification: each of its rows is compared with what the policies do, in virtual time.

using namespace ductile;
using ductile_test::Driver;
using namespace std::chrono_literals;

namespace {

// ---- what the policies do

// Our own refusals are no answers of a service: they are given by a policy, and nothing is sent.
bool is_our_own(Kind kind) { return kind >= Kind::circuit_open; }

Verdict verdict_of(Kind kind, Remedy remedy, FailureId id = {}) {
  Verdict verdict = Failure{kind, remedy, Says::service, id}.verdict();
  if (kind == Kind::safety_output) verdict.images = 1;  // as the classifier says: it was made, and withheld
  return verdict;
}

// Stands for any policy that refuses: a full bulkhead, a lost store.
struct Refusing {
  const Verdict* said;
  TargetSet on;

  Admission admit(NoState&, NoCall&, Now, const Attempt& attempt) const noexcept {
    const bool refuses = is_our_own(said->kind) && (on & (1U << attempt.target)) != 0;
    return refuses ? Admission::reject(said->kind).with(said->remedy) : Admission::go();
  }
};

// The targets that were tried, as letters; what Retry waited for; whether a breaker opened.
struct SeenEvents {
  std::string went_to;
  WaitSource wait = WaitSource::none;
  bool opened = false;

  void on(const AttemptBegan& event) { went_to.push_back(letter(event.attempt.target)); }
  void on(const Rejected& event) {
    if (event.by == Role::other) went_to.push_back(letter(event.target));
  }
  void on(const WaitBegan& event) {
    if (event.by == Role::retry && wait == WaitSource::none) wait = event.source;
  }
  void on(const CircuitChanged& event) { opened = opened || event.what == Signal::circuit_opened; }

  static char letter(std::uint8_t target) { return static_cast<char>('a' + target); }

  [[nodiscard]] std::size_t tries_on_first() const { return std::min(went_to.find_first_not_of('a'), went_to.size()); }
  [[nodiscard]] bool reached_second() const { return went_to.find('b') != std::string::npos; }
};

constexpr TargetSet first = 0b001;
constexpr TargetSet all = 0b111;

struct Setting {
  TargetSet failing = all;
  CallOptions call{};
  OnAllOpen on_all_open = OnAllOpen::wait;
  bool opens_at_once = false;  // the breaker at its first failure; else never
  FallbackTable table{};
};

struct Story {
  SeenEvents seen;
  std::array<QuotaUsage, 6> used;  // of the first target
};

// One call of a resilient image client whose targets fail in one way, from the first to the last.
Story call_with(const Driver& like, const Verdict& verdict, const Setting& setting) {
  gemini::ResilientOptions options;
  options.fallback.on_all_open = setting.on_all_open;
  options.fallback.table = setting.table;
  const QuotaTracker quota{options.quota};
  Story story;
  const auto driver = like.another();
  Pipeline pipeline{
      Observe{story.seen},
      Deadline{options.deadline},
      FallbackChain{options.fallback},
      Retry{options.retry},
      CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(setting.opens_at_once ? 1 : 1'000'000), .counts = options.breaker.counts}},
      quota,
      Refusing{&verdict, setting.failing}};
  const auto operation = [&](const Attempt& attempt) -> Result<int> {
    if ((setting.failing & (1U << attempt.target)) != 0) return Failure{verdict};
    return 7;
  };
  static_cast<void>(driver->run(pipeline, operation, setting.call));
  story.used = quota.usage(pipeline.state<4>(), driver->now());
  return story;
}

Story call_with_another_left(const Driver& like, const Verdict& verdict) { return call_with(like, verdict, {.failing = first}); }

std::string yes_or_no(bool yes) { return yes ? "yes" : "no"; }

// Which windows count one attempt that ended so: requests, tokens and images a minute, and the two of the day.
std::vector<std::string> counts(const Driver& like, const Verdict& verdict) {
  const Story once =
      call_with(like, verdict, {.call = {.attempts = 1, .targets = first}, .on_all_open = OnAllOpen::fail, .opens_at_once = true});
  const auto counted = [&](std::size_t window) { return once.used[window].used > 0; };
  const std::string day = counted(3) == counted(4) ? yes_or_no(counted(3)) : counted(3) ? "requests" : "tokens";
  return {yes_or_no(once.seen.opened), yes_or_no(counted(0)), yes_or_no(counted(1)), yes_or_no(counted(2)), day};
}

// A row of the page, without the cells that name the failure.
std::vector<std::string> what_happens(const Driver& like, const Verdict& verdict) {
  Verdict hinted = verdict;
  hinted.hint = 10s;  // longer than the first backoff, shorter than the patience

  const SeenEvents left = call_with_another_left(like, verdict).seen;
  const SeenEvents left_with_hint = call_with_another_left(like, hinted).seen;
  const SeenEvents last = call_with(like, verdict, {.call = {.targets = first}, .on_all_open = OnAllOpen::fail}).seen;
  const SeenEvents all_failed = call_with(like, verdict, {}).seen;

  const bool waits = left.wait != WaitSource::none || left_with_hint.wait != WaitSource::none;
  std::vector<std::string> cells{std::to_string(left.tries_on_first()), std::to_string(last.tries_on_first()),
                                 waits ? std::string{name(left.wait)} + " or " + name(left_with_hint.wait) : "none",
                                 left.reached_second() ? "next" : "stop",
                                 all_failed.went_to.find("ca") != std::string::npos ? "anew" : "end"};
  for (std::string& cell : counts(like, verdict)) cells.push_back(std::move(cell));
  return cells;
}

// In one word, what a reader who looks up an answer wants to know.
std::string step_after(const Driver& like, const Verdict& verdict) {
  const SeenEvents seen = call_with_another_left(like, verdict).seen;
  return seen.tries_on_first() > 1 ? "again" : seen.reached_second() ? "next" : "stop";
}

// ---- what the page says

using Row = std::vector<std::string>;

std::string without_marks(std::string_view text) {
  std::string plain;
  for (const char c : text)
    if (c != '`') plain.push_back(c);
  plain.erase(0, plain.find_first_not_of(' '));
  plain.erase(plain.find_last_not_of(' ') + 1);
  return plain;
}

Row split(const std::string& text, char separator) {
  Row parts;
  std::size_t from = 0;
  for (std::size_t to = 0; to != std::string::npos; from = to + 1) {
    to = text.find(separator, from);
    parts.push_back(without_marks(std::string_view{text}.substr(from, to - from)));
  }
  return parts;
}

// The rows of the one table under a heading, without its head.
std::vector<Row> table_under(std::string_view heading) {
  std::ifstream file{DUCTILE_TEST_DATA "/../../docs/gemini/what-happens.md"};
  if (!file) throw std::runtime_error{"docs/gemini/what-happens.md cannot be read"};
  std::vector<Row> rows;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) inside = line == heading;
    if (!inside || !line.starts_with("| ") || !line.ends_with(" |")) continue;
    rows.push_back(split(line.substr(1, line.size() - 2), '|'));
  }
  if (rows.size() < 2) throw std::runtime_error{"docs/gemini/what-happens.md has no table under: " + std::string{heading}};
  rows.erase(rows.begin());
  return rows;
}

std::string joined(const Row& cells) {
  std::string line;
  for (const std::string& cell : cells) line.append(line.empty() ? "" : " | ").append(cell);
  return line;
}

Row rest_of(const Row& row, std::size_t begin) {
  return begin < row.size() ? Row{row.begin() + static_cast<std::ptrdiff_t>(begin), row.end()} : Row{};
}

template <class Word>
std::optional<Word> named(std::string_view text, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    if (name(static_cast<Word>(i)) == text) return static_cast<Word>(i);
  return std::nullopt;
}

std::vector<Kind> kinds_in(const std::string& cell) {
  std::vector<Kind> found;
  for (const std::string& word : split(cell, ',')) {
    CAPTURE(word);
    const auto kind = named<Kind>(word, kinds);
    REQUIRE(kind);
    found.push_back(*kind);
  }
  return found;
}

std::vector<Remedy> remedies_in(const std::string& cell) {
  std::vector<Remedy> found;
  if (cell == "any") {
    for (std::size_t i = 0; i < remedies; ++i) found.push_back(static_cast<Remedy>(i));
    return found;
  }
  for (const std::string& word : split(cell, ',')) {
    CAPTURE(word);
    const auto remedy = named<Remedy>(word, remedies);
    REQUIRE(remedy);
    found.push_back(*remedy);
  }
  return found;
}

}  // namespace

EVERY_DRIVER("What happens after a failure is what the page says, for every kind and remedy", "[gemini]") {
  std::set<std::pair<Kind, Remedy>> told;
  for (const Row& row : table_under("## By kind and remedy")) {
    REQUIRE(row.size() == 12);
    for (const Kind kind : kinds_in(row[0]))
      for (const Remedy remedy : remedies_in(row[1])) {
        CAPTURE(name(kind), name(remedy));
        CHECK(told.insert({kind, remedy}).second);
        CHECK(joined(rest_of(row, 2)) == joined(what_happens(driver, verdict_of(kind, remedy))));
      }
  }
  for (std::size_t kind = 0; kind < kinds; ++kind)
    for (std::size_t remedy = 0; remedy < remedies; ++remedy) {
      const auto combination = std::pair{static_cast<Kind>(kind), static_cast<Remedy>(remedy)};
      CAPTURE(name(combination.first), name(combination.second));
      const bool can_fail_a_call = combination.first != Kind::ok && combination.first != Kind::abandoned;
      CHECK((told.count(combination) == 1) == can_fail_a_call);
    }
}

EVERY_DRIVER("What happens by id is what the page says, and no other row of the catalogue is an exception", "[gemini]") {
  std::map<std::string, Row> exceptions;
  for (const Row& row : table_under("## By catalogue id")) {
    REQUIRE(row.size() == 12);
    CAPTURE(row[0]);
    const gemini::FailureRow* known = gemini::find_failure(row[0]);
    REQUIRE(known);
    CHECK(row[1] == std::string{name(known->kind)}.append(", ").append(name(known->remedy)));
    CHECK(exceptions.emplace(row[0], rest_of(row, 2)).second);
  }
  std::map<std::pair<Kind, Remedy>, std::string> ordinary;
  for (const gemini::FailureRow& row : gemini::failures) {
    CAPTURE(row.id.text());
    std::string& as_its_kind = ordinary[{row.kind, row.remedy}];
    if (as_its_kind.empty()) as_its_kind = joined(what_happens(driver, verdict_of(row.kind, row.remedy)));
    const std::string real = joined(what_happens(driver, verdict_of(row.kind, row.remedy, row.id)));
    const auto exception = exceptions.find(std::string{row.id.text()});
    if (exception == exceptions.end()) {
      CHECK(real == as_its_kind);
    } else {
      CHECK(real == joined(exception->second));
      CHECK(real != as_its_kind);
    }
  }
}

EVERY_DRIVER("Every row of the catalogue leads to the step that the page says", "[gemini]") {
  std::vector<std::string> page;
  for (const Row& row : table_under("## The catalogue")) page.push_back(joined(row));
  REQUIRE(page.size() == gemini::failures.size());
  for (std::size_t i = 0; i < page.size(); ++i) {
    const gemini::FailureRow& row = gemini::failures[i];
    const std::string step = step_after(driver, verdict_of(row.kind, row.remedy, row.id));
    CHECK(page[i] == joined({std::string{row.id.text()}, std::string{name(row.kind)}, std::string{name(row.remedy)}, step}));
  }
}

EVERY_DRIVER("No safety verdict of the catalogue reaches a second target, or is tried again", "[gemini]") {
  std::size_t met = 0;
  for (const gemini::FailureRow& row : gemini::failures) {
    if (row.kind != Kind::safety_prompt && row.kind != Kind::safety_output && row.kind != Kind::prohibited) continue;
    CAPTURE(row.id.text());
    ++met;
    CHECK(call_with(driver, verdict_of(row.kind, row.remedy, row.id), {}).seen.went_to == "a");
  }
  CHECK(met >= 15);
}

EVERY_DRIVER("What the catalogue says of a retry is what the defaults do", "[gemini]") {
  std::size_t met = 0;
  for (const gemini::FailureRow& row : gemini::failures) {
    const bool speaks_of_it = row.fix.find("etry") != std::string_view::npos;
    const bool once = row.fix.find("etry once") != std::string_view::npos || row.fix.find("once, then retry") != std::string_view::npos;
    CAPTURE(row.id.text(), row.fix);
    if (!speaks_of_it) continue;
    ++met;
    const std::string alone = call_with(driver, verdict_of(row.kind, row.remedy, row.id), {}).seen.went_to;
    CHECK(alone.starts_with("aa"));
    if (once) CHECK(alone == "aabbcc");
  }
  CHECK(met >= 30);
}

EVERY_DRIVER("A withheld image is offered to another model when the table says so, and never drawn again by the same one", "[gemini]") {
  const gemini::FailureRow& row = *gemini::find_failure("image-safety");
  const Setting setting{.table = FallbackTable{}.set(Kind::safety_output, {Next::target})};
  CHECK(call_with(driver, verdict_of(row.kind, row.remedy, row.id), setting).seen.went_to == "abc");
}

EVERY_DRIVER("The last target of a chain gets as many tries as an only one that begin before the first may be asked anew", "[gemini]") {
  for (const auto& [kind, remedy] : {std::pair{Kind::overload, Remedy::after_delay}, {Kind::internal, Remedy::immediately}}) {
    const std::string went_to = call_with(driver, verdict_of(kind, remedy), {}).seen.went_to;
    CAPTURE(went_to);
    CHECK(went_to.starts_with("aabbcccc"));
    CHECK(went_to.find("aabbcccccaabb") != std::string::npos);
    CHECK(went_to.find("cccccc") == std::string::npos);
  }
  CHECK(call_with(driver, verdict_of(Kind::no_image, Remedy::immediately), {}).seen.went_to == "aabbcc");
}

EVERY_DRIVER("A bad gateway's page is treated as overload", "[gemini]") {
  const gemini::FailureRow& row = *gemini::find_failure("bad-gateway-html");
  CHECK(row.kind == Kind::internal);
  CHECK(joined(what_happens(driver, verdict_of(row.kind, row.remedy, row.id))) ==
        joined(what_happens(driver, verdict_of(Kind::overload, Remedy::after_delay))));
}

EVERY_DRIVER("What an attempt that brought no answer counts depends on what was sent", "[gemini]") {
  Verdict verdict = verdict_of(Kind::network, Remedy::after_delay);
  CHECK(joined(counts(driver, verdict)) == "yes | yes | yes | yes | yes");  // lost: it may have made an image
  verdict.sent = Sent::yes;
  CHECK(joined(counts(driver, verdict)) == "yes | yes | yes | no | yes");  // somebody in between answered
  verdict.sent = Sent::no;
  CHECK(joined(counts(driver, verdict)) == "yes | no | no | no | no");  // the breaker counts it all the same
}

EVERY_DRIVER("A recitation is tried once more, and a changed prompt's need is not", "[gemini]") {
  CHECK(call_with_another_left(driver, verdict_of(Kind::recitation, Remedy::immediately)).seen.went_to == "aab");
  CHECK(call_with_another_left(driver, verdict_of(Kind::recitation, Remedy::after_prompt_change)).seen.went_to == "a");
}

EVERY_DRIVER("A cancellation is tried again only when the service says that it helps", "[gemini]") {
  CHECK(call_with_another_left(driver, verdict_of(Kind::cancelled, Remedy::immediately)).seen.went_to == "aab");
  CHECK(call_with_another_left(driver, Failure{Kind::cancelled}.verdict()).seen.went_to == "a");
}
