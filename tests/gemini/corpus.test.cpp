// SPDX-License-Identifier: BSL-1.0
#include "corpus.hpp"
#include "../support/catch.hpp"

#include <ductile/detail/ascii.hpp>
#include <ductile/gemini/classifier.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

using namespace ductile;
using namespace ductile::gemini;

namespace {

// Where the body alone does not say what its label says, and why. (At most five.)
struct Disputed {
  std::string_view id;
  std::string_view why;
};
constexpr std::array<Disputed, 1> disputed{
    {{"field-0096",
      "cut before its quotaId: the same sentence comes with minutes and with days, and the hint of 59 s speaks for a minute"}}};

std::string text_of(const std::optional<std::string>& text) { return text.value_or(""); }

// A label's model that the body does not name is the one that was asked, as the report says.
std::string asked_model(const corpus::Body& body) {
  const bool named =
      body.label.model && ductile::detail::find_word(body.body, ductile::detail::lowered(*body.label.model)) != std::string::npos;
  return named ? std::string{} : text_of(body.label.model);
}

Classification judged(const corpus::Body& body) {
  const std::string model = asked_model(body);
  AnswerContext context;
  context.model = model;
  return classify_text(body.body, body.http_status, context);
}

double seconds(std::optional<Duration> duration) { return duration ? std::chrono::duration<double>(*duration).count() : -1; }

}  // namespace

TEST_CASE("Every body of the corpus gets its labelled kind, remedy, dimension, scope, limit, wait and model", "[gemini][corpus]") {
  const auto bodies = corpus::read();
  REQUIRE(bodies.size() == 133);
  std::size_t right = 0;
  for (const corpus::Body& body : bodies) {
    const Classification said = judged(body);
    const corpus::Label& label = body.label;
    const bool agrees = name(said.verdict.kind) == label.category && name(said.verdict.remedy) == label.retryable &&
                        (said.verdict.dimension == QuotaDimension::none ? std::string{} : std::string{name(said.verdict.dimension)}) ==
                            text_of(label.dimension) &&
                        name(said.scope) == text_of(label.scope) && said.free_tier == label.free_tier &&
                        said.limit_value == label.limit_value && said.limit_zero == label.limit_zero &&
                        std::abs(seconds(said.retry_after) - label.retry_after_seconds.value_or(-1)) < 1e-6 &&
                        said.model == text_of(label.model);
    right += agrees ? 1 : 0;
    if (std::ranges::find(disputed, body.id, &Disputed::id) != disputed.end()) continue;
    CAPTURE(body.id, body.http_status, said.verdict.id.text());
    CHECK(name(said.verdict.kind) == label.category);
    CHECK(name(said.verdict.remedy) == label.retryable);
    CHECK((said.verdict.dimension == QuotaDimension::none ? "" : name(said.verdict.dimension)) == text_of(label.dimension));
    CHECK(name(said.scope) == text_of(label.scope));
    CHECK(said.free_tier == label.free_tier);
    CHECK(said.limit_value == label.limit_value);
    CHECK(said.limit_zero == label.limit_zero);
    CHECK(seconds(said.retry_after) == Catch::Approx(label.retry_after_seconds.value_or(-1)).margin(1e-6));
    CHECK(said.model == text_of(label.model));
    CHECK_FALSE(said.evidence.empty());
  }
  CHECK(right >= bodies.size() - disputed.size());
}

TEST_CASE("A hint in a verdict is never shorter than what the body says", "[gemini][corpus]") {
  for (const corpus::Body& body : corpus::read()) {
    const Classification said = judged(body);
    CAPTURE(body.id);
    if (said.retry_after) CHECK(said.verdict.hint >= *said.retry_after);
    if (!said.retry_after) CHECK(said.verdict.hint == Duration::zero());
  }
}

namespace {

boost::json::value reversed(const boost::json::value& value) {
  if (value.is_object()) {
    boost::json::object result;
    std::vector<const boost::json::key_value_pair*> members;
    for (const auto& member : value.get_object()) members.push_back(&member);
    for (auto member = members.rbegin(); member != members.rend(); ++member) result[(*member)->key()] = reversed((*member)->value());
    return result;
  }
  if (value.is_array()) {
    boost::json::array result;
    for (const auto& element : value.get_array()) result.push_back(reversed(element));
    return result;
  }
  return value;
}

// The body in a gateway's error, as its message.
std::string within_a_message(const std::string& body) {
  return boost::json::serialize(boost::json::object{{"error", boost::json::object{{"message", body}, {"type", "upstream_error"}}}});
}

std::string each(std::string text, char (*change)(char)) {
  std::ranges::transform(text, text.begin(), change);
  return text;
}

using Mutation = std::function<std::string(const std::string&)>;

struct NamedMutation {
  std::string_view name;
  Mutation apply;
};

const std::vector<NamedMutation>& mutations() {
  static const std::vector<NamedMutation> all{
      {"upper case",
       [](const std::string& body) { return each(body, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }); }},
      {"lower case",
       [](const std::string& body) { return each(body, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }); }},
      {"CRLF",
       [](const std::string& body) {
         std::string result;
         for (const char c : body) result.append(c == '\n' ? "\r\n" : std::string(1, c));
         return result;
       }},
      {"key order",
       [](const std::string& body) {
         boost::json::error_code error;
         const boost::json::value value = boost::json::parse(body, error);
         return error ? body : boost::json::serialize(reversed(value));
       }},
      {"no white space",
       [](const std::string& body) {
         boost::json::error_code error;
         const boost::json::value value = boost::json::parse(body, error);
         return error ? body : boost::json::serialize(value);
       }},
      {"a prefix", [](const std::string& body) { return "2026-11-24T10:00:00Z ERROR request 17 failed: " + body; }},
      {"a suffix", [](const std::string& body) { return body + " (request id: 20260101000000000000000abcdefgh)"; }},
      {"an array around it", [](const std::string& body) { return body.find_first_of("{[") == 0 ? "[" + body + "]\n" : body; }},
      {"in a gateway's message", within_a_message},
      {"in a gateway's message in a gateway's message", [](const std::string& body) { return within_a_message(within_a_message(body)); }},
      {"as a quoted string", [](const std::string& body) { return boost::json::serialize(boost::json::string{body}); }},
  };
  return all;
}

}  // namespace

TEST_CASE("What stands around a body, and how it is written, does not change the verdict", "[gemini][corpus]") {
  for (const corpus::Body& body : corpus::read()) {
    if (body.body.empty()) continue;  // with something around it it is another answer
    const Classification before = judged(body);
    const std::string model = asked_model(body);
    AnswerContext context;
    context.model = model;
    for (const NamedMutation& mutation : mutations()) {
      const Classification after = classify_text(mutation.apply(body.body), body.http_status, context);
      CAPTURE(body.id, mutation.name, before.verdict.id.text(), after.verdict.id.text());
      CHECK(name(after.verdict.kind) == name(before.verdict.kind));
      CHECK(name(after.verdict.remedy) == name(before.verdict.remedy));
      CHECK(name(after.verdict.dimension) == name(before.verdict.dimension));
      CHECK(after.scope == before.scope);
      CHECK(after.limit_value == before.limit_value);
      CHECK(after.limit_zero == before.limit_zero);
      CHECK(after.retry_after == before.retry_after);
      CHECK(after.model == before.model);
    }
  }
}

TEST_CASE("A body that is cut after what decided keeps its verdict", "[gemini][corpus]") {
  std::size_t tried = 0;
  for (const corpus::Body& body : corpus::read()) {
    const Classification whole = judged(body);
    // The end of the last of the strongest names; what follows may be lost.
    std::size_t decided = std::string::npos;
    for (const std::string_view label :
         {"quotaId", "finishReason", "blockReason", "\"reason\": \"API", "\"reason\": \"MODEL", "Support code"})
      if (const std::size_t at = body.body.rfind(label); at != std::string::npos) {
        const std::size_t end = body.body.find_first_of(",}\n", at);
        decided = decided == std::string::npos ? end : std::max(decided, end);
      }
    // A zero and a "STOP" do not decide where they stand: the one needs the message, the other the parts.
    if (decided == std::string::npos || whole.limit_zero || whole.verdict.id == FailureId{"text-only-stop"}) continue;
    ++tried;
    const Classification cut = classify_text(body.body.substr(0, decided + 1), body.http_status);
    CAPTURE(body.id, decided, cut.verdict.id.text());
    CHECK(name(cut.verdict.kind) == name(whole.verdict.kind));
    CHECK(name(cut.verdict.remedy) == name(whole.verdict.remedy));
    CHECK(name(cut.verdict.dimension) == name(whole.verdict.dimension));
  }
  CHECK(tried >= 40);
}

TEST_CASE("No cut of any body makes the classifier stumble", "[gemini][corpus]") {
  std::size_t judged_cuts = 0;
  for (const corpus::Body& body : corpus::read())
    for (std::size_t length = 0; length < body.body.size(); length += 7) {
      const Classification said = classify_text(std::string_view{body.body}.substr(0, length), body.http_status);
      if (body.http_status != 200) REQUIRE_FALSE(said.ok());
      ++judged_cuts;
    }
  CHECK(judged_cuts > 5000);
}
