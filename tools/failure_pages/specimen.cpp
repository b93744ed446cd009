// SPDX-License-Identifier: BSL-1.0
#include "specimen.hpp"

#include "sdk_words.hpp"
#include "transport_words.hpp"

#include <ductile/gemini/classifier.hpp>      // read_answer
#include <ductile/gemini/redact.hpp>          // redacted
#include <ductile/mock/detail/json_text.hpp>  // json_text
#include <ductile/mock/models.hpp>            // find_served_model
#include <ductile/mock/reply.hpp>             // reply
#include <ductile/mock/request_check.hpp>     // Asked, check_request

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <variant>

namespace ductile::failure_pages {

std::string python(const boost::json::value& value) {
  std::string out;
  if (const auto* object = value.if_object()) {
    for (const auto& [name, member] : *object)
      out.append(out.empty() ? "" : ", ").append("'").append(name).append("': ").append(python(member));
    return "{" + out + "}";
  }
  if (const auto* array = value.if_array()) {
    for (const auto& each : *array) out.append(out.empty() ? "" : ", ").append(python(each));
    return "[" + out + "]";
  }
  if (const auto* text = value.if_string()) {
    const char quote = text->find('\'') != boost::json::string::npos && text->find('"') == boost::json::string::npos ? '"' : '\'';
    out.push_back(quote);
    for (const char c : *text) {
      if (c == '\n')
        out += "\\n";
      else if (c == '\t')
        out += "\\t";
      else if (c == quote || c == '\\')
        out.append("\\").push_back(c);
      else
        out.push_back(c);
    }
    out.push_back(quote);
    return out;
  }
  if (value.is_bool()) return value.as_bool() ? "True" : "False";
  return value.is_null() ? "None" : boost::json::serialize(value);
}

namespace {

namespace json = boost::json;

mock::Scene scene_of(const gemini::FailureRow& row) {
  mock::Scene scene;
  scene.prompt = "A lighthouse";
  scene.time = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours{12};
  const bool of_a_model = row.kind == Kind::not_found && row.remedy == Remedy::other_model;
  if (of_a_model) scene.model = "gemini-3.1-flash-image";  // retired
  if (row.id.text().find("sse") != std::string_view::npos) scene.delivery = mock::Delivery::events;
  if (row.id == FailureId{"internal-array"}) scene.delivery = mock::Delivery::openai;
  if (scene.delivery == mock::Delivery::events) scene.method = "streamGenerateContent";
  if (row.id == FailureId{"image-dimensions-mismatch"}) scene.ratio = "16:9";
  if (row.id == FailureId{"tier-downgraded"}) scene.service_tier = "priority";
  if (is_of_batch(row)) scene.method = "getBatch";
  scene.path = "/v1beta/v1beta/models/" + scene.model + ":" + scene.method;  // as the page of a wrong path quotes it
  const mock::Scene usual{.prompt = scene.prompt};
  scene.prompt_tokens = std::get<mock::Asked>(mock::check_request(body_asking(usual), *mock::find_served_model(usual.model))).tokens;
  return scene;
}

// What of the body comes through.
std::string arrived(const mock::Answer& answer) {
  std::string body = answer.body();
  const bool breaks = answer.fault == mock::ByteFault::reset_in_body || answer.fault == mock::ByteFault::close_in_body ||
                      answer.fault == mock::ByteFault::short_length || answer.fault == mock::ByteFault::bad_chunk;
  if (breaks) body.resize(body.size() / 2);
  return body;
}

// A client reads it to its end, and only then sees that it is none.
bool is_good_http(mock::ByteFault fault) { return fault == mock::ByteFault::cut_body || fault == mock::ByteFault::short_length; }

gemini::Classification judged(const gemini::FailureRow& row, const mock::Scene& scene, const mock::Answer& answer) {
  const TransportWords* broken = find_transport_words(row.id.text());
  if (broken && !is_good_http(answer.fault)) {
    const Sent sent = gemini::never_arrives(row.id.text()) ? Sent::no : Sent::unknown;
    return gemini::classify(TransportError{broken->fault, sent, {}, broken->status, broken->received});
  }
  HttpResponse response{answer.status, answer.headers, arrived(answer)};
  response.headers.push_back({"Content-Type", answer.content_type});
  const std::string_view asked = row.id == FailureId{"model-substituted"} ? std::string_view{} : scene.model;
  auto read =
      gemini::read_answer(response, {asked, scene.ratio, std::nullopt}, {.model = scene.model, .secret = {}, .of_batch = is_of_batch(row)});
  auto* failed = std::get_if<gemini::Classification>(&read);
  return failed ? std::move(*failed) : gemini::Classification{};
}

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

// An image's bytes are of no use to a reader, and not the same with every libpng.
std::string without_bytes(std::string_view text) {
  constexpr std::size_t longest = 120;
  constexpr std::size_t kept = 36;
  std::string out;
  while (!text.empty()) {
    std::size_t run = 0;
    while (run < text.size() && is_base64(text[run])) ++run;
    out.append(text.substr(0, run > longest ? kept : run)).append(run > longest ? "..." : "");
    text.remove_prefix(run);
    if (!text.empty()) {
      out.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string body_of(const mock::Answer& answer) {
  const std::string body = arrived(answer);
  boost::system::error_code bad;
  const json::value parsed = json::parse(body, bad);
  const std::string text = bad || answer.streamed ? body : mock::detail::json_text(parsed);
  return gemini::redacted(without_bytes(text));
}

const json::object* envelope_of(const json::value& body) {
  const auto* list = body.if_array();
  const auto* whole = list && !list->empty() ? list->front().if_object() : body.if_object();
  const auto* error = whole ? whole->if_contains("error") : nullptr;
  return error ? error->if_object() : nullptr;
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(name);
  return member && member->is_string() ? std::string_view{member->as_string()} : std::string_view{};
}

std::string cut(std::string_view text) { return gemini::shortened(gemini::redacted(std::string{text}), 150); }

std::string line(std::string_view language, std::string_view text) {
  return std::string{"- "}.append(language).append(": `").append(text).append("`\n");
}

// As the exceptions' sources make their texts of an answer: errors.py, index.mjs, api_client.go, ApiException.java.
std::string error_in_the_sdks(const mock::Answer& answer) {
  boost::system::error_code bad;
  const std::string text = answer.body();
  const json::value body = json::parse(text, bad);
  const std::string status = std::to_string(answer.status);
  const bool of_client = answer.status < 500;
  const json::object* error = bad ? nullptr : envelope_of(body);
  const json::value stand_in{{"error", {{"message", text}, {"code", answer.status}, {"status", "<reason phrase>"}}}};
  const json::value* word = error ? error->if_contains("status") : nullptr;
  const std::string python_status = !error              ? "<reason phrase>"
                                    : !word             ? "None"
                                    : word->is_string() ? std::string{word->as_string()}
                                                        : json::serialize(*word);
  const json::value python_body = error ? body : json::value{{"message", text}, {"status", "<reason phrase>"}};
  std::string list = line("Python", cut(std::string{"google.genai.errors."} + (of_client ? "ClientError: " : "ServerError: ") + status +
                                        " " + python_status + ". " + python(python_body)));
  const bool is_read_as_json = error && answer.content_type.starts_with("application/json");
  list += line("JavaScript", cut("ApiError: " + json::serialize(is_read_as_json ? body : stand_in)));
  if (!word || !word->is_string()) return list;  // the other two read the service's own envelope alone
  const std::string name{word->as_string()};
  const std::string message{text_of(*error, "message")};
  list += line("Go", cut("Error " + status + ", Message: " + message + ", Status: " + name +
                         (error->contains("details") ? ", Details: [...]" : ", Details: []")));
  list += line("Java", cut(std::string{"com.google.genai.errors."} + (of_client ? "ClientException: " : "ServerException: ") + status +
                           " " + name + ". " + message));
  return list;
}

// The different values of all members of that name, wherever they stand.
std::vector<std::string> members_of(std::string_view text, std::string_view name) {
  const std::string label = '"' + std::string{name} + '"';
  std::vector<std::string> values;
  for (std::size_t at = text.find(label); at != text.npos; at = text.find(label, at)) {
    at = text.find_first_not_of(": ", at + label.size());
    if (at == text.npos || text[at] != '"') continue;
    std::string value{text.substr(at + 1, text.find('"', at + 1) - at - 1)};
    if (std::ranges::find(values, value) == values.end()) values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

Specimen specimen_of(const gemini::FailureRow& row) {
  Specimen specimen{.scene = scene_of(row), .answer = {}, .said = {}};
  specimen.answer = mock::reply(row.id.text(), specimen.scene);
  specimen.said = judged(row, specimen.scene, specimen.answer);
  const TransportWords* broken = find_transport_words(row.id.text());
  if (broken && specimen.said.verdict.id == row.id && !is_good_http(specimen.answer.fault)) specimen.fault = broken->fault;
  return specimen;
}

bool is_of_batch(const gemini::FailureRow& row) { return row.id == FailureId{"batch-get-503"}; }

std::string body_asking(const mock::Scene& scene) {
  if (scene.method == "getBatch") return {};
  if (scene.delivery == mock::Delivery::openai)
    return R"({"model": ")" + scene.model + R"(", "messages": [{"role": "user", "content": ")" + scene.prompt + R"("}]})";
  return R"({"contents": [{"parts": [{"text": ")" + scene.prompt + R"("}]}]})";
}

std::string path_of(const mock::Scene& scene) {
  if (scene.method == "getBatch") return "/v1beta/batches/a-batch";
  if (scene.delivery == mock::Delivery::openai) return "/v1beta/openai/chat/completions";
  return "/v1beta/models/" + scene.model + ":" + scene.method + (scene.delivery == mock::Delivery::events ? "?alt=sse" : "");
}

std::string shown(const Specimen& specimen) {
  const mock::Answer& answer = specimen.answer;
  const TransportWords* broken = find_transport_words(answer.id);
  if (broken && broken->status == 0) return {};
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + "\n";
  text.append("Content-Type: ").append(answer.content_type).append("\n");
  constexpr std::array<std::string_view, 6> telling{"x-gemini-service-tier", "Content-Encoding", "Location",
                                                    "Proxy-Authenticate",    "Retry-After",      "Server"};
  for (const HttpHeader& header : answer.headers)
    for (const std::string_view name : telling)
      if (header.name == name && header.value != "standard" && header.value != "scaffolding on HTTPServer2")
        text.append(header.name).append(": ").append(header.value).append("\n");
  const std::string body = body_of(answer);
  return text.append("\n").append(body).append(body.ends_with('\n') ? "" : "\n");
}

std::vector<std::string> symptoms_of(const gemini::FailureRow& row, const Specimen& specimen) {
  constexpr std::size_t longest = 110;
  const auto one_line = [](std::string_view text) { return gemini::shortened(gemini::redacted(std::string{text}), longest); };
  if (const TransportWords* broken = find_transport_words(row.id.text()))
    return {broken->curl.starts_with('(') ? "curl: " + std::string{broken->curl} : std::string{row.cause}};
  const std::string body = specimen.answer.body();
  boost::system::error_code bad;
  const json::value parsed = json::parse(body, bad);
  std::vector<std::string> symptoms;
  if (const json::object* error = bad ? nullptr : envelope_of(parsed)) {
    const std::string_view message = text_of(*error, "message");
    for (const std::string& quota : members_of(body, "quotaId")) symptoms.push_back("quotaId " + quota);
    if (symptoms.empty()) symptoms.push_back(one_line(message.empty() ? text_of(*error, "details") : message));
    for (const std::string& reason : members_of(body, "reason")) symptoms.push_back("reason " + reason);
    return symptoms;
  }
  if (row.http_status == 200 && row.group == 'F') {
    for (const std::string_view name : {std::string_view{"blockReason"}, std::string_view{"finishReason"}})
      for (const std::string& value : members_of(body, name))
        if (value != "STOP") symptoms.push_back(std::string{name} + " " + value);
    if (body.find("\"error\"") != std::string::npos) symptoms.emplace_back("an error among the events of a stream that began with 200");
  }
  for (const std::string_view tag : {std::string_view{"<title>"}, std::string_view{"<h1>"}})
    if (const std::size_t at = body.find(tag); at != std::string::npos && symptoms.empty()) {
      const std::size_t begin = at + tag.size();
      symptoms.push_back("a page: " + body.substr(begin, body.find('<', begin) - begin));
    }
  const bool is_text = !body.empty() && body.front() != '{' && body.front() != '[' && !body.starts_with("data:");
  if (symptoms.empty() && is_text) symptoms.push_back(one_line(body));
  if (symptoms.empty()) symptoms.emplace_back(row.cause);
  return symptoms;
}

std::string in_the_sdks(const gemini::FailureRow& row, const Specimen& specimen) {
  if (const SdkWords* words = find_sdk_words(row.id.text()))
    return "- Python: " + std::string{words->python} + "\n- JavaScript: " + std::string{words->javascript} + "\n";
  const bool by_another_path = specimen.scene.delivery == mock::Delivery::openai;
  return specimen.answer.status >= 400 && !by_another_path ? error_in_the_sdks(specimen.answer) : std::string{};
}

}  // namespace ductile::failure_pages
