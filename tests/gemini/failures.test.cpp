// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/gemini/failures.hpp>
#include <ductile/gemini/names.hpp>
#include <ductile/gemini/wordings.hpp>

#include <array>
#include <set>
#include <string>
#include <string_view>

using namespace ductile;
using namespace ductile::gemini;

TEST_CASE("The failure table has each id once, with words for people", "[gemini]") {
  std::set<std::string_view> ids;
  for (const FailureRow& row : failures) {
    CAPTURE(row.id.text());
    CHECK(ids.insert(row.id.text()).second);
    CHECK(row.kind != Kind::ok);
    CHECK(row.cause.size() > 4);
    CHECK(row.fix.ends_with('.'));
    CHECK((row.grpc_status.empty() || is_grpc_status(row.grpc_status)));
    CHECK((row.group >= 'A' && row.group <= 'G'));
  }
  CHECK(ids.size() == 192);
}

TEST_CASE("A row is found by its id, and nothing else is", "[gemini]") {
  REQUIRE(find_failure("rpd-free"));
  CHECK(find_failure("rpd-free")->kind == Kind::quota);
  CHECK(find_failure("rpd-free")->remedy == Remedy::next_day);
  CHECK_FALSE(find_failure("unknown"));
  CHECK_FALSE(find_failure(""));
  CHECK_FALSE(find_failure("RPD-FREE"));
}

TEST_CASE("Whatever the classifier's tables name is a row", "[gemini]") {
  const auto check = [](std::string_view id) {
    CAPTURE(id);
    CHECK((id.empty() || find_failure(id)));
  };
  for (const NamedFailure& reason : error_reasons) check(reason.id);
  for (const NamedFailure& word : code_words) check(word.id);
  for (const FinishReason& reason : finish_reasons) check(reason.id);
  for (const BlockReason& reason : block_reasons) check(reason.id);
  for (const Wording& wording : wordings) check(wording.id);
}

TEST_CASE("A phrase is short, in lower case, has a source, and stands once", "[gemini]") {
  std::set<std::string_view> phrases;
  for (const Wording& wording : wordings) {
    CAPTURE(wording.phrase);
    CHECK(wording.phrase.size() <= longest_phrase);
    CHECK(wording.phrase.size() >= 5);
    CHECK_FALSE(wording.source.empty());
    CHECK(phrases.insert(wording.phrase).second);
    for (const char c : wording.phrase) CHECK_FALSE((c >= 'A' && c <= 'Z'));
  }
}

TEST_CASE("A phrase that says a kind alone is short, in lower case, has a source, and is no phrase with a row", "[gemini]") {
  std::set<std::string_view> phrases;
  for (const Wording& wording : wordings) phrases.insert(wording.phrase);
  for (const KindWording& wording : kind_wordings) {
    CAPTURE(wording.phrase);
    CHECK(wording.phrase.size() <= longest_phrase);
    CHECK_FALSE(wording.source.empty());
    CHECK(phrases.insert(wording.phrase).second);
    for (const char c : wording.phrase) CHECK_FALSE((c >= 'A' && c <= 'Z'));
  }
}

TEST_CASE("A verdict from a row carries what the row says", "[gemini]") {
  const Verdict verdict = verdict_of(*find_failure("deadline-504"));
  CHECK(verdict.kind == Kind::timeout);
  CHECK(verdict.remedy == Remedy::immediately);
  CHECK(verdict.billed == Billed::maybe);
  CHECK(verdict.id == FailureId{"deadline-504"});
  CHECK(verdict.says == Says::service);
}
