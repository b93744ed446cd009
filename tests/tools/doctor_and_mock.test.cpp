// SPDX-License-Identifier: BSL-1.0

// The doctor on what the mock answers: the two know nothing of one another but the table of failures.
#include "../../tools/failure_pages/specimen.hpp"
#include "../../tools/failure_pages/what_follows.hpp"
#include "../support/catch.hpp"

#include <ductile/core/now.hpp>
#include <ductile/core/verdict.hpp>
#include <ductile/gemini/explanation.hpp>
#include <ductile/gemini/failures.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/provenance.hpp>
#include <ductile/mock/reply.hpp>
#include <ductile/mock/scenario.hpp>
#include <ductile/mock/scenario_json.hpp>
#include <ductile/tools/doctor_diagnosis.hpp>
#include <ductile/tools/doctor_input.hpp>
#include <ductile/tools/doctor_repro.hpp>

#include <boost/json.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace ductile;
using namespace ductile::tools;

using ductile::failure_pages::python;

namespace {

namespace json = boost::json;

Diagnosis diagnosed(std::string_view paste) {
  const auto answers = answers_of(paste);
  REQUIRE(answers.size() == 1);
  return diagnose(answers.front());
}

// As Go's %v prints maps and lists, without any quote.
std::string go(const json::value& value) {
  std::string out;
  if (const auto* object = value.if_object()) {
    for (const auto& [name, member] : *object) out.append(out.empty() ? "" : " ").append(name).append(":").append(go(member));
    return "map[" + out + "]";
  }
  if (const auto* array = value.if_array()) {
    for (const auto& each : *array) out.append(out.empty() ? "" : " ").append(go(each));
    return "[" + out + "]";
  }
  return value.is_string() ? std::string{value.as_string()} : json::serialize(value);
}

std::string in_envelope(const std::string& inner, int status) {
  return json::serialize(json::object{{"error", json::object{{"message", inner}, {"code", status}, {"status", "Too Many Requests"}}}});
}

struct Spoken {
  std::string_view by;
  std::string text;
};

// What the four SDKs print of an answer that is the service's own envelope.
std::vector<Spoken> in_the_sdks(const mock::Answer& answer) {
  boost::system::error_code bad;
  const json::value body = json::parse(answer.body(), bad);
  const json::object* const error =
      bad || !body.is_object() || !body.as_object().contains("error") ? nullptr : body.at("error").if_object();
  if (!error || !error->contains("status") || !error->at("status").is_string() || !error->contains("message")) return {};
  const std::string status{error->at("status").as_string()};
  const std::string message{error->at("message").as_string()};
  const std::string code = std::to_string(answer.status);
  const json::value* const details = error->if_contains("details");
  std::string java;
  if (details && details->is_array())
    for (const json::value& item : details->as_array()) java.append(java.empty() ? "\nDetails: " : "\n").append(json::serialize(item));
  const bool client = answer.status < 500;
  std::string nested = answer.body();
  for (int level = 1; level < 4; ++level) nested = in_envelope(nested, answer.status);
  return {{"Python", "Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\ngoogle.genai.errors." +
                         std::string{client ? "ClientError: " : "ServerError: "} + code + " " + status + ". " + python(body)},
          {"JavaScript",
           "ApiError: " + json::serialize(body) + "\n    at throwErrorIfNotOK (file:///a/index.mjs:1:2) {\n  status: " + code + "\n}"},
          {"JavaScript, the old one", "got status: " + code + " . " + in_envelope(answer.body(), answer.status)},
          {"Go", "Error " + code + ", Message: " + message + ", Status: " + status + ", Details: " + (details ? go(*details) : "[]")},
          {"Java", "com.google.genai.errors." + std::string{client ? "ClientException: " : "ServerException: "} + code + " " + status +
                       ". " + message + java + "\n\tat com.google.genai.HttpApiClient.request(HttpApiClient.java:1)"},
          {"four levels", "ApiError: " + nested}};
}

}  // namespace

TEST_CASE("What the four SDKs print of an error is the error itself, up to four levels of JSON in strings", "[doctor][mock]") {
  std::size_t told = 0;
  for (const gemini::FailureRow& row : gemini::failures) {
    const mock::Answer answer = mock::reply(row.id.text(), {});
    if (answer.status < 400 || answer.fault != mock::ByteFault::none) continue;
    const Diagnosis whole = diagnose({answer.status, answer.headers, answer.body()});
    for (const Spoken& spoken : in_the_sdks(answer)) {
      ++told;
      CAPTURE(row.id.text(), spoken.by, spoken.text);
      const Diagnosis said = diagnosed(spoken.text);
      CHECK(said.said.verdict.id.text() == whole.said.verdict.id.text());
    }
  }
  CHECK(told > 500);
}

TEST_CASE("Whether a failure counts as a request, the table, its page and the mock say alike", "[doctor][mock]") {
  const WallTime now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24};
  const mock::Request request{.path = "/v1beta/models/gemini-3-pro-image:generateContent",
                              .headers = {{"x-goog-api-key", "a-key"}},
                              .body = R"({"contents":[{"role":"user","parts":[{"text":"a cat"}]}]})"};
  std::size_t counted = 0;
  for (const gemini::FailureRow& row : gemini::failures) {
    CAPTURE(row.id.text());
    const gemini::Explanation said = gemini::explain(verdict_of(row));
    counted += said.counts ? 1 : 0;

    const auto specimen = failure_pages::specimen_of(row);
    const Verdict seen = specimen.said.ok() ? verdict_of(row) : specimen.said.verdict;
    if (specimen.said.ok() || seen.id == row.id) {
      const auto follows = failure_pages::what_follows(seen);
      CHECK(follows.counts_request == said.counts);
      CHECK(follows.counts_tokens == said.counts);
    }

    mock::Scenario scenario;
    scenario.tier = {.name = "one a minute", .requests_per_minute = 1};
    scenario.episodes = {{.answer = std::string{row.id.text()}, .calls = 1}};
    mock::Engine engine{{.scenario = scenario, .start = now}};
    REQUIRE(engine.answer(request, now).id == row.id.text());
    CHECK((engine.answer(request, now).id == "rpm-paid") == said.counts);
  }
  CHECK(counted > 100);
  CHECK(counted < gemini::failures.size());
  CHECK(gemini::explain(verdict_of(*gemini::find_failure("account-limited"))).counts);  // it is let in, and told so in a 200
}

TEST_CASE("What the doctor was shown, the mock does again by the scenario that the doctor wrote, and it is the same to the doctor",
          "[doctor][mock]") {
  const auto asked = [](mock::Engine& engine) {
    return engine.answer({.path = "/v1beta/models/gemini-3-pro-image:generateContent",
                          .headers = {{"x-goog-api-key", "a-key"}},
                          .body = R"({"contents":[{"role":"user","parts":[{"text":"a cat"}]}]})"},
                         std::chrono::sys_days{std::chrono::year{2026} / 11 / 24});
  };
  const auto engine_of = [](const std::string& scenario) {
    return mock::Engine{{.scenario = mock::read_scenario(scenario, 1), .start = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}}};
  };
  std::size_t reproduced = 0;
  for (const gemini::FailureRow& row : gemini::failures) {
    const mock::Answer first = mock::reply(row.id.text(), {});
    CAPTURE(row.id.text());
    const bool by_another_way = mock::way_to_ask(row.id.text()) != mock::way_to_ask("overloaded") && row.http_status == 0;
    Diagnosis shown;
    shown.said.verdict = gemini::verdict_of(row);  // what broke below HTTP has no body to show
    if (first.fault == mock::ByteFault::none || first.fault == mock::ByteFault::cut_body)
      shown = diagnose({first.status, first.headers, first.body()});
    const Reproduction made = reproduce({shown});
    CHECK(made.scenario.empty() == by_another_way);
    CHECK(made.left_out.empty() != by_another_way);
    if (made.scenario.empty()) continue;
    mock::Engine engine = engine_of(made.scenario);
    const mock::Answer again = asked(engine);
    ++reproduced;
    if (again.fault != mock::ByteFault::none && again.fault != mock::ByteFault::cut_body) {
      CHECK(again.id == row.id.text());
      continue;
    }
    const Diagnosis said = diagnose({again.status, again.headers, again.body()});
    CHECK(said.said.ok() == shown.said.ok());
    CHECK(said.said.verdict.id.text() == shown.said.verdict.id.text());
  }
  CHECK(reproduced == gemini::failures.size() - 5);

  // Several come in their order, each so many times; then all is well.
  std::vector<Diagnosis> mix;
  for (const std::string_view paste : {"503 overloaded", "503 overloaded", "quota", "hello"}) mix.push_back(diagnosed(paste));
  const Reproduction several = reproduce(mix);
  CHECK(several.left_out == std::vector<std::string>{"what is not recognised"});
  mock::Engine engine = engine_of(several.scenario);
  for (const std::string_view id : {"overloaded", "overloaded", "quota-no-details"}) CHECK(asked(engine).id == id);
  CHECK(asked(engine).status == 200);
  CHECK(reproduce({}).scenario.empty());
}
