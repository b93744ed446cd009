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
#include <boost/system/error_code.hpp>

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

// What a client would know of a request: the model that was asked, where a report names it and the body does not.
Classification judged(const corpus::Body& body) {
  AnswerContext context;
  context.model = body.asked;
  return classify_text(body.body, body.http_status, context);
}

bool is_disputed(const corpus::Body& body, std::string_view field) {
  return std::ranges::any_of(disputed, [&](const Disputed& one) { return one.id == body.id && one.field == field; });
}

// How many fields of the labels agree; each that does not is a failure, unless it is disputed.
void check_labels(const std::vector<corpus::Body>& bodies) {
  for (const corpus::Body& body : bodies) {
    const Classification result = judged(body);
    for (const auto& [field, labelled] : body.label) {
      const boost::json::value said = corpus::said(result, field);
      CAPTURE(body.id, body.http_status, std::string{field}, boost::json::serialize(labelled), boost::json::serialize(said));
      CHECK(corpus::same(said, labelled) != is_disputed(body, field));
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

TEST_CASE("A model is read from every body that names one, and taken from the request only where the body names none", "[gemini][corpus]") {
  std::size_t read = 0;
  std::size_t asked = 0;
  for (const corpus::Body& body : corpus::read()) {
    const std::string model = body.text("model");
    const std::string other = "gemini-of-another-request";
    AnswerContext context;
    context.model = other;
    const std::string said = classify_text(body.body, body.http_status, context).model;
    CAPTURE(body.id, model, said);
    if (body.asked.empty() && !model.empty()) {
      CHECK(said == model);
      ++read;
    } else {
      CHECK(said == other);
      CHECK(classify_text(body.body, body.http_status).model.empty());
      CHECK(ductile::detail::find_word(body.body, ductile::detail::lowered(body.asked)) == (body.asked.empty() ? 0 : std::string::npos));
    }
    asked += body.asked.empty() ? 0 : 1;
  }
  CHECK(read == 39);
  CHECK(asked == 18);
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
  boost::system::error_code error;
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

// White space between the tokens of JSON; what is in a string stays.
std::string spread(const std::string& body) {
  std::string text;
  bool quoted = false;
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    text += c;
    if (quoted && c == '\\' && at + 1 < body.size()) text += body[++at];
    if (c == '"') quoted = !quoted;
    if (!quoted && std::string_view{"{}[],:"}.find(c) != std::string_view::npos) text += "\n\t   \r\n ";
  }
  return text;
}

// Each blank as `wide`, every `count` of them.
std::string widened(const std::string& body, std::string_view wide, int count = 1) {
  std::string text;
  int blanks = 0;
  for (const char c : body) text.append(c == ' ' && ++blanks % count == 0 ? wide : std::string_view{&c, 1});
  return text;
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
         boost::system::error_code error;
         const boost::json::value value = boost::json::parse(body, error);
         return error ? body : boost::json::serialize(reversed(value));
       }},
      {"no white space",
       [](const std::string& body) {
         boost::system::error_code error;
         const boost::json::value value = boost::json::parse(body, error);
         return error ? body : boost::json::serialize(value);
       }},
      {"white space between all tokens",
       [](const std::string& body) {
         boost::system::error_code error;
         (void)boost::json::parse(body, error);
         return error ? body : spread(body);
       }},
      {"white space before and behind", [](const std::string& body) { return " \r\n\t\n  " + body + "\n\n\t  \r\n"; }},
      {"two blanks for one", [](const std::string& body) { return widened(body, "  "); }},
      {"tabs", [](const std::string& body) { return widened(body, "\t"); }},
      {"lines wrapped at blanks", [](const std::string& body) { return widened(body, "\n", 7); }},
      {"lines wrapped at blanks and indented", [](const std::string& body) { return widened(body, "\r\n        ", 3); }},
      {"a prefix", [](const std::string& body) { return "2026-11-24T10:00:00Z ERROR request 17 failed: " + body; }},
      {"a prefix in brackets", [](const std::string& body) { return "[2026-11-24 10:00:00] [worker-3] {req-17} " + body; }},
      {"lines before and behind",
       [](const std::string& body) {
         return "Traceback (most recent call last):\n  File \"main.py\", line 7\n" + body + "\nDone in 3 ms.\n";
       }},
      {"a suffix", [](const std::string& body) { return body + " (request id: 20260101000000000000000abcdefgh)"; }},
      {"an array around it", [](const std::string& body) { return body.find_first_of("{[") == 0 ? "[" + body + "]\n" : body; }},
      {"an array around it, with white space",
       [](const std::string& body) { return body.find_first_of("{[") == 0 ? " [\n  " + body + "\n , \n]" : body; }},
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

namespace {

// Of a file with many texts every third pair of a text and a mutation is tried.
void check_mutations(const std::vector<corpus::Body>& bodies, bool labelled_alone) {
  const std::size_t stride = bodies.size() > 200 ? 3 : 1;
  std::size_t turn = 0;
  for (const corpus::Body& body : bodies) {
    if (body.body.empty()) continue;  // with something around it it is another answer
    const Classification before = judged(body);
    AnswerContext context;
    context.model = body.asked;
    for (const NamedMutation& mutation : mutations()) {
      if (++turn % stride != 0) continue;
      const Classification after = classify_text(mutation.apply(body.body), body.http_status, context);
      CAPTURE(body.id, mutation.name);
      for (const auto& [field, labelled] : body.label) {
        const boost::json::value expected = is_disputed(body, field) ? corpus::said(before, field) : labelled;
        CAPTURE(std::string{field}, boost::json::serialize(expected), boost::json::serialize(corpus::said(after, field)));
        CHECK(corpus::same(corpus::said(after, field), expected));
      }
      if (labelled_alone) continue;
      CAPTURE(before.verdict.id, after.verdict.id);
      CHECK(after.verdict == before.verdict);
      CHECK(after.confidence == before.confidence);
      CHECK((after.ok() || !after.evidence.empty()));
    }
  }
}

}  // namespace

TEST_CASE("What stands around a body, and how it is written, does not change the verdict", "[gemini][corpus]") {
  check_mutations(corpus::read(), false);
}

TEST_CASE("What stands around a text gathered later, and how it is written, does not change the verdict", "[gemini][corpus]") {
  check_mutations(corpus::read("field_more.jsonl"), true);
}

TEST_CASE("What stands around a written text, and how it is written, does not change the verdict", "[gemini][corpus]") {
  check_mutations(corpus::read("forms.jsonl"), true);
}

TEST_CASE("A body that is cut after what decides keeps its verdict, and what is lost is unknown", "[gemini][corpus]") {
  std::size_t tried = 0;
  for (const corpus::Body& body : corpus::read()) {
    if (body.decides.empty()) continue;  // something is missing in it, and in its pieces something else is
    const std::size_t decided = body.body.find(body.decides);
    CAPTURE(body.id, body.decides);
    REQUIRE(decided != std::string::npos);
    ++tried;
    const Classification whole = judged(body);
    const bool plain_text = body.body.find('{') == std::string::npos;
    const std::size_t first = decided + body.decides.size();
    for (std::size_t length = first; length <= body.body.size(); length += length < first + 64 ? 1 : 5) {
      // Half a word is another word, and nothing but an open bracket shows that there was more of it.
      if (plain_text && length < body.body.size() && body.body[length] != ' ') continue;
      const Classification cut = classify_text(std::string_view{body.body}.substr(0, length), body.http_status);
      CAPTURE(length, body.body.size(), cut.verdict.id);
      for (const std::string_view field : {"category", "retryable", "dimension"}) {
        CAPTURE(field, boost::json::serialize(corpus::said(cut, field)));
        CHECK(corpus::same(corpus::said(cut, field), body.label.at(field)));
      }
      CHECK((cut.verdict.billed == whole.verdict.billed || cut.verdict.billed == Billed::maybe));
      CHECK_FALSE(cut.evidence.empty());
      for (const std::string_view field : {"grpc_status", "quota_scope", "free_tier", "limit_value", "retry_after_s", "model"}) {
        const boost::json::value said = corpus::said(cut, field);
        CAPTURE(field, boost::json::serialize(said));
        if (said.is_null() || is_disputed(body, field)) continue;
        if (field == "retry_after_s") {  // a sentence says it more coarsely than the field that is lost: to a second, or a percent
          const double labelled = body.label.at(field).to_number<double>();
          CHECK(std::abs(said.to_number<double>() - labelled) < std::max(1.0, labelled / 100));
        } else {
          CHECK(corpus::same(said, body.label.at(field)));
        }
      }
    }
  }
  CHECK(tried == 129);
}

TEST_CASE("What the sentence told of a quota no cut within the violation behind it overturns", "[gemini][corpus]") {
  struct Quota {
    std::string_view metric;
    std::string_view id;
    std::string_view limit;
    std::string_view delay;
  };
  for (const Quota& quota :
       {Quota{"generate_content_free_tier_requests", "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "250", "41.9s"},
        Quota{"generate_content_free_tier_requests", "GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "10", "41.9s"},
        Quota{"generate_content_free_tier_requests", "GenerateRequestsPerDayPerProjectPerModel-FreeTier", "0", "41.9s"},
        Quota{"generate_requests_per_model_per_day", "GenerateRequestsPerDayPerProjectPerModel", "250", "7h12m4.331s"},
        Quota{"generate_content_paid_tier_input_token_count", "GenerateContentPaidTierInputTokensPerModelPerMinute", "1000000", "41.9s"}}) {
    const std::string metric = "generativelanguage.googleapis.com/" + std::string{quota.metric};
    const std::string body = R"({"error":{"code":429,"message":"You exceeded your current quota.\n* Quota exceeded for metric: )" + metric +
                             ", limit: " + std::string{quota.limit} + R"(, model: gemini-2.5-flash-image\nPlease retry in )" +
                             std::string{quota.delay} +
                             R"(.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.Help","links":[]},)" +
                             R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":")" + metric +
                             R"(","quotaId":")" + std::string{quota.id} + R"(","quotaDimensions":{"model":"gemini-2.5-flash-image"}}]}]}})";
    const Classification whole = classify_text(body, 429);
    for (std::size_t length = body.find("Please retry in ") + 16; length < body.size(); ++length) {
      const Classification cut = classify_text(std::string_view{body}.substr(0, length), 429);
      if (length < body.find("\",\"status") && quota.metric.find("token") != std::string_view::npos)
        continue;  // its hint speaks for a minute
      CAPTURE(length, body.substr(length - 20, 20), cut.verdict.id, whole.verdict.id);
      CHECK(cut.verdict.id == whole.verdict.id);
      CHECK(cut.verdict.remedy == whole.verdict.remedy);
      CHECK((quota.limit == "0" || cut.verdict.dimension == whole.verdict.dimension));  // a limit of nought needs none
      CHECK((cut.limit_value == whole.limit_value || !cut.limit_value));
      CHECK((!cut.retry_after || *cut.retry_after == *whole.retry_after));
    }
  }
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
