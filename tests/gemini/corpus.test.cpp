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

// Where the classifier says another thing than the label, and why.
struct Disputed {
  std::string_view id;
  std::string_view field;
  std::string_view why;
};
constexpr std::array<Disputed, 1> disputed{
    {{"field-0032", "grpc_status",
      "the label has none, because the outer envelope is a proxy's; but its message quotes the service's own, whole, and that names "
      "PERMISSION_DENIED; every other body that quotes one (field-0045, field-0055) is labelled with the quoted status"}}};
static_assert(disputed.size() <= 5);

// A label's model that the body does not name is the one that was asked, as the report says.
std::string asked_model(const corpus::Body& body) {
  const std::string model = body.text("model");
  return ductile::detail::find_word(body.body, ductile::detail::lowered(model)) != std::string::npos ? std::string{} : model;
}

Classification judged(const corpus::Body& body) {
  const std::string model = asked_model(body);
  AnswerContext context;
  context.model = model;
  return classify_text(body.body, body.http_status, context);
}

// How many fields of the labels agree; each that does not is a failure, unless it is disputed.
void check_labels(const std::vector<corpus::Body>& bodies) {
  for (const corpus::Body& body : bodies) {
    const Classification result = judged(body);
    for (const auto& [field, labelled] : body.label) {
      const boost::json::value said = corpus::said(result, field);
      const bool argued =
          std::ranges::any_of(disputed, [&](const Disputed& one) { return one.id == body.id && one.field == std::string_view{field}; });
      CAPTURE(body.id, body.http_status, std::string{field}, boost::json::serialize(labelled), boost::json::serialize(said));
      CHECK(corpus::same(said, labelled) != argued);
    }
    CAPTURE(body.id);
    CHECK((result.ok() || !result.evidence.empty()));
  }
}

}  // namespace

TEST_CASE("Every body of the corpus gets what its label says in every field", "[gemini][corpus]") {
  const auto bodies = corpus::read();
  REQUIRE(bodies.size() == 133);
  for (const corpus::Body& body : bodies) REQUIRE(body.label.size() == 10);
  check_labels(bodies);
}

TEST_CASE("Every text that was gathered later gets what its label says", "[gemini][corpus]") {
  const auto bodies = corpus::read("field_more.jsonl");
  REQUIRE(bodies.size() >= 60);
  check_labels(bodies);
}

TEST_CASE("Every text written after the forms of clients, gateways and pages gets what its label says", "[gemini][corpus]") {
  const auto bodies = corpus::read("forms.jsonl");
  REQUIRE(bodies.size() >= 300);
  check_labels(bodies);
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

// As Python prints a value: single quotes, True, None.
void print_python(const boost::json::value& value, std::string& text) {
  if (value.is_object()) {
    text += '{';
    for (const char* between = ""; const auto& [name, member] : value.get_object()) {
      text.append(between).append("'").append(name).append("': ");
      print_python(member, text);
      between = ", ";
    }
    text += '}';
  } else if (value.is_array()) {
    text += '[';
    for (const char* between = ""; const auto& element : value.get_array()) {
      text.append(between);
      print_python(element, text);
      between = ", ";
    }
    text += ']';
  } else if (value.is_string()) {
    const std::string_view words = value.get_string();
    const bool doubled = words.find('\'') != std::string_view::npos && words.find('"') == std::string_view::npos;
    const char quote = doubled ? '"' : '\'';
    text += quote;
    for (const char c : words) {
      if (c == '\n') text += "\\n";
      if (c == '\t') text += "\\t";
      if (c == '\r') text += "\\r";
      if (c == quote || c == '\\') text += '\\';
      if (c != '\n' && c != '\t' && c != '\r') text += c;
    }
    text += quote;
  } else {
    text += value.is_null() ? "None" : value.is_bool() ? (value.get_bool() ? "True" : "False") : boost::json::serialize(value);
  }
}

std::string as_python_prints(const std::string& body) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(body, error);
  if (error) return body;
  std::string text;
  print_python(value, text);
  return text;
}

std::string quoted_by_mail(const std::string& body) {
  std::string text{"> "};
  for (const char c : body) text.append(c == '\n' ? "\n> " : std::string(1, c));
  return text;
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
      {"in three gateways' messages", [](const std::string& body) { return within_a_message(within_a_message(within_a_message(body))); }},
      {"as Python prints it", as_python_prints},
      {"in the text of an exception", [](const std::string& body) { return "google.genai.errors.APIError: " + as_python_prints(body); }},
      {"in the text of an exception in a gateway's message",
       [](const std::string& body) { return within_a_message("litellm.APIError: GeminiException - " + as_python_prints(body)); }},
      {"in a client's brackets, with a stack",
       [](const std::string& body) {
         return "[API Error: " + body + "]\n    at throwErrorIfNotOK (file:///app/index.mjs:11423:24)\n    at async main (main.js:7:3)";
       }},
      {"in a log's object",
       [](const std::string& body) {
         return boost::json::serialize(boost::json::object{{"level", "error"}, {"msg", "call failed"}, {"err", body}});
       }},
      {"in a mail's quotation", quoted_by_mail},
      {"between code fences", [](const std::string& body) { return "```json\n" + body + "\n```"; }},
      {"in red", [](const std::string& body) { return "\x1b[31m" + body + "\x1b[0m"; }},
      {"after a byte order mark", [](const std::string& body) { return "\xEF\xBB\xBF" + body; }},
      {"as a string in a string",
       [](const std::string& body) {
         return boost::json::serialize(boost::json::string{boost::json::serialize(boost::json::string{body})});
       }},
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
      for (const std::string_view field :
           {"category", "retryable", "dimension", "quota_scope", "free_tier", "limit_value", "limit_zero", "retry_after_s", "model"}) {
        CAPTURE(std::string{field});
        CHECK(corpus::same(corpus::said(after, field), corpus::said(before, field)));
      }
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
