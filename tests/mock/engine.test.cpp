// SPDX-License-Identifier: BSL-1.0
#include <ductile/gemini/failures.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/models.hpp>
#include <ductile/mock/reply.hpp>
#include <ductile/mock/scenario_json.hpp>

#include "../support/catch.hpp"
#include "asking.hpp"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using ductile::Duration;
using ductile::WallTime;
using ductile::mock::Answer;
using ductile::mock::Engine;
using ductile::mock::EngineOptions;
using ductile::mock::Episode;
using ductile::mock::Request;
using ductile::mock::Scenario;

namespace {

constexpr WallTime start = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}} + 10h;

Engine engine_with(Scenario scenario) { return Engine{EngineOptions{.scenario = std::move(scenario), .start = start}}; }

Engine bad_day(std::uint64_t seed) {
  return Engine{EngineOptions{.scenario = ductile::mock::find_scenario("bad-day", seed).value(), .seed = seed, .start = start}};
}

// The row of the answer; "made" for an image in any of the forms in which one comes.
std::string ask(Engine& engine, const Request& request, WallTime now = start) {
  const std::string id = engine.answer(request, now).id;
  return id == "ok-image" || id == "ok-text-image" || id == "ok-thought-image" ? "made" : id;
}

Request with(Request request, std::string name, std::string value) {
  request.headers.push_back({std::move(name), std::move(value)});
  return request;
}

// A patient client with two models, in virtual time: four jobs at once, gives up on what will not change, waits else.
struct Run {
  std::map<std::string, bool> made;
  std::map<std::string, int> shown;
};

Run patient_client(Engine& engine, const std::vector<std::string>& prompts) {
  struct Job {
    WallTime next = start;
    int attempts = 0;
    bool over = false;
  };
  Run run;
  std::vector<Job> jobs(prompts.size());
  for (;;) {
    // The next of the first four jobs that are not over.
    std::vector<std::size_t> running;
    for (std::size_t i = 0; i < jobs.size() && running.size() < 4; ++i)
      if (!jobs[i].over) running.push_back(i);
    if (running.empty()) return run;
    const std::size_t i =
        *std::min_element(running.begin(), running.end(), [&](std::size_t a, std::size_t b) { return jobs[a].next < jobs[b].next; });
    Job& job = jobs[i];
    const bool primary = job.attempts % 2 == 0;
    const Answer answer = engine.answer(asking::for_image(prompts[i], primary ? "gemini-3-pro-image" : "gemini-nano-banana-2.1"), job.next);
    ++run.shown[answer.id];
    ++job.attempts;
    const ductile::gemini::FailureRow* failure = ductile::gemini::find_failure(answer.id);
    job.next += answer.latency + (failure && failure->kind == ductile::Kind::rate_limit ? Duration{61s} : Duration{5s});
    const bool hopeless = failure && (failure->remedy == ductile::Remedy::never || failure->remedy == ductile::Remedy::after_prompt_change);
    job.over = !failure || hopeless || job.attempts == 200 || (failure->id == "model-no-access" && job.attempts >= 2);
    if (job.over) run.made[prompts[i]] = !failure;
    // A job that starts when another has ended starts then.
    if (job.over)
      for (std::size_t later = 0; later < jobs.size(); ++later)
        if (jobs[later].attempts == 0) jobs[later].next = std::max(jobs[later].next, job.next);
  }
}

std::vector<std::string> two_dozen_prompts() {
  std::vector<std::string> prompts;
  for (const char* what :
       {"a lighthouse", "a red bicycle", "an old library", "a fox in the snow", "a harbour at dawn", "a bowl of oranges"})
    for (const char* how : {"in watercolour", "as a woodcut", "at night", "from above"}) prompts.push_back(std::string{what} + " " + how);
  return prompts;
}

}  // namespace

TEST_CASE("One request can ask for a row, by header, key or query, and gets it at once", "[mock]") {
  Engine engine = engine_with({});
  const Request plain = asking::for_image("a cat");
  CHECK(ask(engine, plain) == "made");
  CHECK(ask(engine, with(plain, "X-Ductile-Scenario", "high-demand")) == "high-demand");
  Request by_key = plain;
  by_key.headers = {{"x-goog-api-key", "scenario-rpd-free"}};
  CHECK(ask(engine, by_key) == "rpd-free");
  Request by_query_key = plain;
  by_query_key.headers.clear();
  by_query_key.query = {{"key", "scenario-ipm"}};
  CHECK(ask(engine, by_query_key) == "ipm");
  Request by_query = plain;
  by_query.query = {{"scenario", "deadline-504"}};
  const Answer late = engine.answer(by_query, start);
  CHECK(late.id == "deadline-504");
  CHECK(late.latency == 0s);
  CHECK(engine.answer(asking::for_row("idle-timeout"), start).latency >= 10s);
}

TEST_CASE("A row on demand stands above key, version, model, request and quota, and counts nowhere", "[mock]") {
  Scenario scenario;
  scenario.tier = {.name = "t", .requests_per_minute = 1};
  Engine engine = engine_with(scenario);
  Request request{.path = "/v1alpha/models/gemini-3-pro-image-preview:generateContent", .headers = {{"x-ductile-scenario", "ok-image"}}};
  for (int i = 0; i < 3; ++i) {
    const Answer answer = engine.answer(request, start);
    CHECK(answer.id == "ok-image");
    CHECK(asking::json_of(answer).at("modelVersion").as_string() == "gemini-3-pro-image-preview");
  }
  CHECK(ask(engine, asking::for_image("a cat")) == "made");
  CHECK(ask(engine, asking::for_image("a cat")) == "rpm-paid");
}

TEST_CASE("A client that follows a redirect on demand arrives, and one that continues gets to the end", "[mock]") {
  Engine engine = engine_with({});
  Request request = asking::for_image("a lighthouse");
  request.headers = {{"x-goog-api-key", "scenario-redirect-3xx"}};
  CHECK(ask(engine, request) == "redirect-3xx");
  request.method = "GET";
  request.path = "/sorry/index";
  CHECK(ask(engine, request) == "path-not-found-html");

  Request again = asking::for_image("a lighthouse");
  again.headers = {{"x-goog-api-key", "scenario-continuation"}};
  CHECK(ask(engine, again) == "continuation");
  again.body.insert(again.body.find('{') + 1, R"("continuationToken": "c2lnbmF0dXJl", )");
  CHECK(ask(engine, again) == "made");
}

TEST_CASE("On a good day counting, listing and getting answer for themselves", "[mock]") {
  Engine engine = engine_with({});
  Request count = asking::for_image("four words are five");
  count.path = "/v1/models/gemini-3-pro-image:countTokens";
  for (const bool on_demand : {false, true}) {
    const auto asked = [&](Request request) {
      return on_demand ? with(std::move(request), "x-ductile-scenario", "ok-text-only") : request;
    };
    CHECK(asking::json_of(engine.answer(asked(count), start)).at("totalTokens").as_int64() > 1);
    Request list{.method = "GET", .path = "/v1beta/models", .query = {{"pageSize", "2"}}, .headers = {{"x-goog-api-key", "k"}}};
    const auto first = asking::json_of(engine.answer(asked(list), start));
    CHECK(first.at("models").as_array().size() == 2);
    list.query.emplace_back("pageToken", std::string{first.at("nextPageToken").as_string()});
    const auto second = asking::json_of(engine.answer(asked(list), start));
    CHECK(second.at("models").at(0).at("name") != first.at("models").at(0).at("name"));
    const Request get{.method = "GET", .path = "/v1beta/models/gemini-3-pro-image", .headers = {{"x-goog-api-key", "k"}}};
    CHECK(asking::json_of(engine.answer(asked(get), start)).at("name").as_string() == "models/gemini-3-pro-image");
  }
  const Request unknown{.method = "GET", .path = "/v1beta/models/my-model", .headers = {{"x-goog-api-key", "k"}}};
  CHECK(ask(engine, unknown) == "model-not-found");
  CHECK(asking::json_of(engine.answer(with(unknown, "x-ductile-scenario", "ok-image"), start)).at("name").as_string() == "models/my-model");
}

TEST_CASE("A query is judged, too: its names in either spelling, and what pages a list has", "[mock]") {
  Engine engine = engine_with({});
  const auto listed = [&](std::vector<std::pair<std::string, std::string>> query) {
    const Request list{.method = "GET", .path = "/v1beta/models", .query = std::move(query), .headers = {{"x-goog-api-key", "k"}}};
    const Answer given = engine.answer(list, start);
    const auto body = asking::json_of(given);
    return given.status == 200 ? std::to_string(body.at("models").as_array().size())
                               : std::string{body.at("error").at("message").as_string()};
  };
  const std::string all = std::to_string(ductile::mock::listed_models().size());
  CHECK(listed({}) == all);
  CHECK(listed({{"pageSize", "0"}}) == all);
  CHECK(listed({{"page_size", "2"}, {"$alt", "json"}, {"prettyPrint", "false"}}) == "2");
  CHECK(listed({{"pageSize", "abc"}}) == "Invalid value at 'page_size' (TYPE_INT32), \"abc\"");
  CHECK(listed({{"pageSize", "-1"}}) == "Request contains an invalid argument.");
  CHECK(listed({{"pageToken", "bad"}}) == "Request contains an invalid argument.");
  const std::string foo =
      "Invalid JSON payload received. Unknown name \"foo\": Cannot bind query parameter. Field 'foo' could not be found in request "
      "message.";
  CHECK(listed({{"foo", "1"}}) == foo);
  Request draw = asking::for_image("a cat");
  draw.query = {{"alt", "json"}, {"foo", "1"}};
  CHECK(asking::json_of(engine.answer(draw, start)).at("error").at("message").as_string() == foo);
  draw.query = {{"pageSize", "2"}};
  CHECK(ask(engine, draw) == "unknown-field");
  draw.query = {{"alt", "json"}, {"key", "k"}};
  CHECK(ask(engine, draw) == "made");
}

TEST_CASE("A request goes the service's way: path, key, model, form", "[mock]") {
  Engine engine = engine_with({});
  const auto at_path = [](std::string path, std::string method = "POST") {
    Request request = asking::for_image("a cat");
    request.path = std::move(path);
    request.method = std::move(method);
    return request;
  };
  CHECK(ask(engine, at_path("/")) == "path-not-found-html");
  CHECK(ask(engine, at_path("/v1beta/v1beta/models/gemini-3-pro-image:generateContent")) == "path-not-found-html");
  CHECK(ask(engine, at_path("/v2/models/gemini-3-pro-image:generateContent")) == "path-not-found-html");
  CHECK(ask(engine, at_path("/v1beta/models/gemini-3-pro-image:imagine")) == "path-not-found-html");
  CHECK(ask(engine, at_path("/v1beta/models/gemini-3-pro-image:generateContent", "GET")) == "path-not-found-html");
  CHECK(ask(engine, at_path("/v1beta/models/gemini-2.0-flash:generateContent")) == "model-not-found");
  CHECK(ask(engine, at_path("/v1beta/models/gemini-3-pro-image-preview:generateContent")) == "model-not-found");
  CHECK(ask(engine, at_path("/v1beta/models/gemini-3.1-flash-image:generateContent")) == "model-retired-listed");
  for (const char* version : {"/v1", "/v1beta", "/v1alpha"})
    CHECK(ask(engine, at_path(std::string{version} + "/models/gemini-3-pro-image:generateContent")) == "made");

  const Answer missing = engine.answer(at_path("/v1/models/no-such-model:generateContent"), start);
  CHECK(missing.body().find("models/no-such-model is not found for API version v1,") != std::string::npos);
  Request anonymous = asking::for_image("a cat");
  anonymous.headers.clear();
  CHECK(ask(engine, anonymous) == "key-missing");
  Request malformed = asking::for_image("a cat");
  malformed.body = "{";
  CHECK(ask(engine, malformed) == "invalid-argument-generic");
}

TEST_CASE("A 400 lists what is wrong where the service does, and names no field for the request itself", "[mock]") {
  Engine engine = engine_with({});
  Request request = asking::for_image("a cat");
  request.path = "/v1/models/gemini-3-pro-image:generateContent";
  request.body = R"({"prompt": "x", "generationConfig": {"aspectRatio": "16:9", "responseFormat": {}}})";
  const Answer refused = engine.answer(request, start);
  CHECK(refused.id == "unknown-field");
  const auto details = asking::json_of(refused).at("error").at("details").as_array();
  REQUIRE(details.size() == 1);
  CHECK(details[0].at("@type").as_string() == "type.googleapis.com/google.rpc.BadRequest");
  const auto& violations = details[0].at("fieldViolations").as_array();
  REQUIRE(violations.size() == 3);
  CHECK_FALSE(violations[0].as_object().contains("field"));
  CHECK(violations[2].at("field").as_string() == "generation_config");
  CHECK(asking::json_of(refused).at("error").at("message").as_string().ends_with(
      "Unknown name \"responseFormat\" at 'generation_config': Cannot find field."));
  request.body = R"({"contents": [{"parts": [{"text": "x"}]}], "generationConfig": {"imageConfig": {"aspectRatio": "7:3"}}})";
  request.path = "/v1beta/models/gemini-nano-banana-2.1:generateContent";
  CHECK(asking::json_of(engine.answer(request, start)).at("error").at("message").as_string() ==
        "* GenerateContentRequest.generation_config.image_config.aspect_ratio: aspect_ratio must be one of '1:1', '1:4', '1:8', '2:3', "
        "'3:2', '3:4', '4:1', '4:3', '4:5', '5:4', '8:1', '9:16', '16:9', or '21:9'.\n");
}

TEST_CASE("A key is judged by its form, and a word of a test's own is one unless keys are strict", "[mock]") {
  const std::string letters(35, 'x');
  struct Case {
    std::string key;
    std::string_view id;
    std::string_view strictly;
  };
  const Case cases[] = {
      {"AIza" + letters, "made", "made"},
      {"AQ." + letters, "made", "made"},
      {"a-test.key_1", "made", "api-key-invalid"},
      {"a key of mine", "made", "api-key-invalid"},
      {"<your key>", "api-key-invalid", "api-key-invalid"},
      {"shared-key", "made", "made"},
      {"AIza" + letters + "x", "api-key-invalid", "api-key-invalid"},
      {"AIza" + letters.substr(1), "api-key-invalid", "api-key-invalid"},
      {"AIza" + letters.substr(1) + "!", "api-key-invalid", "api-key-invalid"},
      {"AQ.", "api-key-invalid", "api-key-invalid"},
      {"$GEMINI_API_KEY", "api-key-invalid", "api-key-invalid"},
      {"\"quoted\"", "api-key-invalid", "api-key-invalid"},
      {"", "key-missing", "key-missing"},
  };
  for (const bool strict : {false, true}) {
    Engine engine{EngineOptions{.start = start, .projects = {{"shared-key", "studio"}}, .strict_keys = strict}};
    for (const Case& each : cases) {
      INFO(each.key << " strict " << strict);
      Request request = asking::for_image("a cat");
      request.headers = {{"x-goog-api-key", each.key}};
      CHECK(ask(engine, request) == (strict ? each.strictly : each.id));
      const Request list{.method = "GET", .path = "/v1/models", .headers = request.headers};
      CHECK((engine.answer(list, start).status == 200) == ((strict ? each.strictly : each.id) == "made"));
    }
  }
}

TEST_CASE("Safety settings decide on the prompt's side, and nothing decides on the image's", "[mock]") {
  const auto with_settings = [](std::string prompt, std::vector<std::pair<const char*, const char*>> settings) {
    boost::json::array list;
    for (const auto& [category, threshold] : settings) list.push_back({{"category", category}, {"threshold", threshold}});
    Request request = asking::for_image(prompt);
    request.body.insert(1, "\"safetySettings\": " + boost::json::serialize(list) + ", ");
    return request;
  };
  const char* dangerous = "HARM_CATEGORY_DANGEROUS_CONTENT";
  Scenario scenario;
  scenario.episodes = {{.answer = "prompt-blocked-safety", .prompt = "knife"}, {.answer = "image-safety", .prompt = "crowd"}};
  Engine engine = engine_with(scenario);
  CHECK(ask(engine, asking::for_image("a knife")) == "prompt-blocked-safety");
  for (const char* threshold : {"BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "HARM_BLOCK_THRESHOLD_UNSPECIFIED"})
    CHECK(ask(engine, with_settings("a knife", {{dangerous, threshold}})) == "prompt-blocked-safety");
  CHECK(ask(engine, with_settings("a knife", {{"HARM_CATEGORY_HARASSMENT", "BLOCK_NONE"}})) == "prompt-blocked-safety");
  CHECK(ask(engine, with_settings("a knife", {{dangerous, "BLOCK_NONE"}})) == "made");
  CHECK(ask(engine, with_settings("a knife", {{dangerous, "OFF"}})) == "made");
  CHECK(ask(engine, with_settings("a crowd", {{dangerous, "OFF"}})) == "image-safety");
  CHECK(engine.journal().entries().back().episode == 1);

  // Of several answers that an episode draws from it is the one that the call cannot have.
  scenario.episodes = {{.answer = "prompt-blocked-safety", .prompt = "knife"},
                       {.prompt = "crowd", .mix = {{"image-safety", 1}, {"prompt-blocked-safety", 3}}}};
  Engine mixed = engine_with(scenario);
  std::map<std::string, int> drawn;
  for (int i = 0; i < 40; ++i) {
    const std::string prompt = "crowd " + std::to_string(i);
    ++drawn[ask(mixed, i < 20 ? asking::for_image(prompt) : with_settings(prompt, {{dangerous, "OFF"}}))];
  }
  CHECK(drawn["image-safety"] > 20);
  CHECK(drawn["prompt-blocked-safety"] > 10);
  CHECK(drawn["image-safety"] + drawn["prompt-blocked-safety"] == 40);
  CHECK(ask(mixed, with_settings("a knife", {{dangerous, "OFF"}})) == "made");
  CHECK(mixed.journal().entries().back().near_miss ==
        R"(episodes[0]: answer is "prompt-blocked-safety", and the call's safetySettings let the prompt pass)");

  // The service's own nature: what the filter sees in a prompt, and what no setting lets through.
  scenario.episodes.clear();
  scenario.model.filtered_share = 0.5;
  scenario.model.prohibited_share = 0.2;
  Engine nature = engine_with(scenario);
  std::map<std::string, int> by_default;
  int let_through = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string prompt = "prompt " + std::to_string(i);
    const Answer answer = nature.answer(asking::for_image(prompt), start);
    ++by_default[answer.id.starts_with("ok-") ? "made" : answer.id];
    CHECK(nature.makeable(prompt) == answer.id.starts_with("ok-"));
    Request open = with_settings(prompt, {{"HARM_CATEGORY_HARASSMENT", "OFF"},
                                          {"HARM_CATEGORY_HATE_SPEECH", "OFF"},
                                          {"HARM_CATEGORY_SEXUALLY_EXPLICIT", "OFF"},
                                          {dangerous, "OFF"}});
    const std::string opened = ask(nature, open);
    CHECK(opened != "prompt-blocked-safety");
    if (answer.id != "prompt-blocked-safety") CHECK((opened == "made") == answer.id.starts_with("ok-"));
    if (answer.id != "prompt-blocked-safety") continue;
    let_through += opened == "made" ? 1 : 0;
    const auto rating = asking::json_of(answer).at("promptFeedback").at("safetyRatings").at(0);
    const std::string category{rating.at("category").as_string()};
    CHECK(ask(nature, with_settings(prompt, {{category.c_str(), "BLOCK_NONE"}})) != "prompt-blocked-safety");
    CHECK((ask(nature, with_settings(prompt, {{category.c_str(), "BLOCK_ONLY_HIGH"}})) == "prompt-blocked-safety") ==
          (rating.at("probability").as_string() == "HIGH"));
  }
  CHECK(by_default["prompt-blocked-safety"] > 70);
  CHECK(by_default["made"] > 50);
  CHECK(let_through > 50);
  CHECK(by_default["prompt-blocked-prohibited"] + by_default["image-safety"] + by_default["image-safety-text"] > 5);
}

TEST_CASE("What the filter blocks takes none of the shared capacity, counts as served, and is not makeable", "[mock]") {
  Scenario scenario{.tier = {.name = "t", .requests_per_minute = 6}};
  scenario.model.filtered_share = 1;
  scenario.switches = {.count_failures = false, .shared_capacity = ductile::mock::SharedCapacity{.calls_per_minute = 0, .burst = 1}};
  Engine engine = engine_with(scenario);
  for (int i = 0; i < 6; ++i) {
    const std::string prompt = "prompt " + std::to_string(i);
    CHECK(ask(engine, asking::for_image(prompt)) == "prompt-blocked-safety");
    CHECK_FALSE(engine.makeable(prompt));
  }
  CHECK(engine.capacity_left(start).empty());
  CHECK(ask(engine, asking::for_image("a cat")) == "rpm-paid");
  scenario.model.filtered_share = 0;
  engine.play(scenario, start);
  CHECK(ask(engine, asking::for_image("a cat")) == "made");
  CHECK(engine.makeable("a cat"));
  CHECK(engine.answer(asking::for_image("a dog"), start).status == 503);
}

TEST_CASE("A model that only writes answers in words, whatever is left out of the request", "[mock]") {
  Engine engine = engine_with({});
  CHECK(ask(engine, asking::for_image("a cat", "gemini-3.8-flash")) == "ok-text-only");
}

TEST_CASE("Before its last day a model is served", "[mock]") {
  Engine engine = engine_with({});
  const Request request = asking::for_image("a cat", "gemini-3.1-flash-image");
  const WallTime last_day{std::chrono::sys_days{std::chrono::year{2026} / 10 / 28}};
  CHECK(ask(engine, request, last_day) == "made");
  CHECK(ask(engine, request, last_day + 24h) == "model-retired-listed");
}

TEST_CASE("A stall of a scenario comes after the first event of a stream, and an answer in one piece waits for it", "[mock]") {
  Engine engine{{.start = start}};
  engine.play({.episodes = {{.answer = "idle-timeout"}}}, start);
  Request stream = asking::for_image("a cat");
  CHECK(engine.answer(stream, start).latency == ductile::mock::silence_lasts);
  stream.path = "/v1beta/models/gemini-3-pro-image:streamGenerateContent";
  stream.query = {{"alt", "sse"}};
  const auto stalled = engine.answer(stream, start);
  CHECK(stalled.fault == ductile::mock::ByteFault::stall);
  CHECK(stalled.latency < 10s);
}

TEST_CASE("A stream without alt=sse and the other provider's path put their errors in an array", "[mock]") {
  Engine engine = engine_with({});
  Request stream = asking::for_row("high-demand");
  stream.path = "/v1beta/models/gemini-3-pro-image:streamGenerateContent";
  CHECK(asking::json_of(engine.answer(stream, start)).is_array());
  stream.query = {{"alt", "sse"}};
  CHECK(asking::json_of(engine.answer(stream, start)).is_object());
  Request other = asking::for_image("a cat");
  other.path = "/v1beta/openai/chat/completions";
  other.headers = {{"Authorization", "Bearer AQ.something"}};
  const Answer refused = engine.answer(other, start);
  CHECK(refused.status == 401);
  CHECK(asking::json_of(refused).at(0).at("error").at("code").as_int64() == 401);
}

TEST_CASE("A token in the place of a key is refused as one, and a form is taken for parameters", "[mock]") {
  Engine engine = engine_with({});
  Request with_token = asking::for_image("a cat");
  for (const std::string token : {"AIza0123456789", "ya29.something"}) {
    with_token.headers = {{"Authorization", "Bearer " + token}};
    const Answer refused = engine.answer(with_token, start);
    CHECK(refused.id == "access-token-type-unsupported");
    CHECK(refused.status == 401);
  }
  with_token.headers.push_back({"x-goog-api-key", "a-key"});
  CHECK(engine.answer(with_token, start).status == 200);
  with_token.headers = {{"Authorization", "Basic dTpw"}};
  CHECK(engine.answer(with_token, start).id == "key-missing");

  Request form = asking::for_image("a cat");
  form.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  const Answer refused = engine.answer(form, start);
  CHECK(refused.id == "unknown-field");
  const std::string message{asking::json_of(refused).at("error").at("message").as_string()};
  CHECK(message.starts_with(R"(Invalid JSON payload received. Unknown name "{"contents":)"));
  CHECK(message.find("Cannot bind query parameter") != message.npos);
  form.headers.back().value = "application/json";
  CHECK(engine.answer(form, start).status == 200);
}

TEST_CASE("A full window is answered with true figures, and opens when the body says", "[mock]") {
  Scenario scenario;
  scenario.tier = ductile::mock::find_tier("tier1").value();
  Engine engine = engine_with(scenario);
  for (int i = 0; i < 10; ++i) REQUIRE(engine.answer(asking::for_image("cat " + std::to_string(i)), start).status == 200);
  const Answer refused = engine.answer(asking::for_image("one more"), start);
  REQUIRE(refused.id == "ipm");
  const auto body = asking::json_of(refused);
  CHECK(body.at("error").at("details").at(1).at("violations").at(0).at("quotaValue").as_string() == "10");
  const ductile::mock::Journal journal = engine.journal();
  const Duration hint = journal.entries().back().hint;
  REQUIRE(hint > 0s);
  CHECK(ask(engine, asking::for_image("too soon"), start + hint - 1s) == "ipm");
  CHECK(ask(engine, asking::for_image("in time"), start + hint + 1s) == "made");
  CHECK(ask(engine, asking::for_image("elsewhere", "gemini-nano-banana-2.1")) == "made");
}

TEST_CASE("A spent day names a delay of seconds, which is a lie", "[mock]") {
  Scenario scenario;
  scenario.tier = {.name = "t", .requests_per_day = 1};
  Engine engine = engine_with(scenario);
  REQUIRE(ask(engine, asking::for_image("first")) == "made");
  REQUIRE(ask(engine, asking::for_image("second")) == "rpd-paid");
  const ductile::mock::Journal journal = engine.journal();
  CHECK(journal.entries().back().hint <= 60s);
  CHECK(ask(engine, asking::for_image("third"), start + 2min) == "rpd-paid");
  CHECK(ask(engine, asking::for_image("fourth"), start + 22h) == "made");
}

TEST_CASE("Where a body says nothing about the window, its sentence still tells a minute from a day", "[mock]") {
  Scenario scenario;
  scenario.model.quota_detail_present = 0;
  scenario.tier = {.name = "t", .requests_per_minute = 1};
  Engine minute = engine_with(scenario);
  REQUIRE(ask(minute, asking::for_image("first")) == "made");
  const Answer refused = minute.answer(asking::for_image("second"), start);
  CHECK(refused.id == "rate-generic");
  CHECK(refused.body().find("QuotaFailure") == std::string::npos);
  CHECK(refused.body().find("RetryInfo") != std::string::npos);
  scenario.tier = {.name = "t", .requests_per_day = 1};
  scenario.model.retry_info_present = 0;
  Engine day = engine_with(scenario);
  REQUIRE(ask(day, asking::for_image("first")) == "made");
  const Answer spent = day.answer(asking::for_image("second"), start);
  CHECK(spent.id == "quota-no-details");
  CHECK_FALSE(asking::json_of(spent).at("error").as_object().contains("details"));
}

TEST_CASE("Keys of one project share its quota", "[mock]") {
  Scenario scenario;
  scenario.tier = {.name = "t", .requests_per_minute = 1};
  Engine engine{EngineOptions{.scenario = scenario, .start = start, .projects = {{"one", "shared"}, {"two", "shared"}}}};
  const auto by = [&](const char* key) {
    Request request = asking::for_image("a cat");
    request.headers = {{"x-goog-api-key", key}};
    return ask(engine, request);
  };
  CHECK(by("one") == "made");
  CHECK(by("two") == "rpm-paid");
  CHECK(by("three") == "made");
}

TEST_CASE("An episode answers the calls that it was written for", "[mock]") {
  Scenario scenario;
  scenario.episodes = {{.answer = "high-demand", .model = "gemini-3-pro-image", .prompt = "cat", .after = 1, .calls = 2},
                       {.answer = "overloaded", .from = 1min, .until = 2min}};
  Engine engine = engine_with(scenario);
  CHECK(ask(engine, asking::for_image("a cat")) == "made");
  CHECK(ask(engine, asking::for_image("a dog")) == "made");
  CHECK(ask(engine, asking::for_image("a cat", "gemini-nano-banana-2.1")) == "made");
  CHECK(ask(engine, asking::for_image("a cat")) == "high-demand");
  CHECK(ask(engine, asking::for_image("two cats")) == "high-demand");
  CHECK(ask(engine, asking::for_image("a cat")) == "made");
  CHECK(ask(engine, asking::for_image("a dog"), start + 60s) == "overloaded");
  CHECK(ask(engine, asking::for_image("a dog"), start + 120s) == "made");
}

TEST_CASE("For half an hour every model is down", "[mock]") {
  const Scenario scenario = ductile::mock::find_scenario("outage-30min", 1).value();
  Engine engine{EngineOptions{.scenario = scenario, .start = *scenario.starts_at}};
  for (const char* model : {"gemini-3-pro-image", "gemini-nano-banana-2.1", "gemini-3.1-flash-lite-image"})
    for (Duration since = 1min; since < 31min; since += 1min)
      CHECK(engine.answer(asking::for_image("a cat", model), *scenario.starts_at + since).status == 503);
  int served = 0;
  for (Duration since = 31min; since < 90min; since += 1min)
    served += engine.answer(asking::for_image("a dog " + std::to_string(since.count())), *scenario.starts_at + since).status == 200 ? 1 : 0;
  CHECK(served > 30);
}

TEST_CASE("Of 10000 calls of the seed's mix half fail, in the seed's shares, and text models and countTokens stay well", "[mock]") {
  Engine engine{EngineOptions{.scenario = ductile::mock::find_scenario("seed-mix", 1).value(), .start = start}};
  std::map<int, int> of_status;
  for (int i = 0; i < 10'000; ++i) {
    const char* model = i % 2 == 0 ? "gemini-3-pro-image" : "gemini-nano-banana-2.1";
    ++of_status[engine.answer(with(asking::for_image("cat " + std::to_string(i / 4), model), "X-Server-Timeout", "600"), start).status];
  }
  const double failed = 10'000 - of_status[200];
  const auto share = [&](std::initializer_list<int> statuses) {
    double count = 0;
    for (const int status : statuses) count += of_status[status];
    return count / failed;
  };
  CHECK(failed == Catch::Approx(5000).margin(200));
  CHECK(share({429}) == Catch::Approx(0.70).margin(0.02));
  CHECK(share({502, 503}) == Catch::Approx(0.15).margin(0.015));
  CHECK(share({403}) == Catch::Approx(0.08).margin(0.012));
  CHECK(share({400, 404, 500, 504}) == Catch::Approx(0.07).margin(0.012));

  Request count = asking::for_image("how many tokens are these");
  count.path = "/v1beta/models/gemini-3-pro-image:countTokens";
  for (int i = 0; i < 200; ++i) {
    CHECK(engine.answer(asking::for_image("poem " + std::to_string(i), "gemini-3.8-flash"), start).status == 200);
    CHECK(engine.answer(count, start).status == 200);
  }
}

TEST_CASE("In the worst hour text models are not overloaded, and draw nothing", "[mock]") {
  Engine engine = bad_day(1);
  engine.play({.model = {}}, start);
  int overloaded = 0;
  for (int i = 0; i < 300; ++i) {
    const WallTime now = start + i * 20s;
    const std::string prompt = "poem " + std::to_string(i);
    overloaded += engine.answer(asking::for_image(prompt), now).status == 503 ? 1 : 0;
    const Answer words = engine.answer(asking::for_image(prompt, "gemini-3.8-flash"), now);
    CHECK(words.status != 503);
    CHECK(words.status != 504);
    CHECK(words.body().find("inlineData") == std::string::npos);
  }
  CHECK(overloaded > 60);
}

TEST_CASE("The scenario of every error shows each failure of the table once, in its order, and then images", "[mock]") {
  Engine engine{EngineOptions{.scenario = ductile::mock::find_scenario("every-error", 1).value(), .start = start}};
  for (const ductile::gemini::FailureRow& row : ductile::gemini::failures)
    CHECK(engine.answer(asking::for_image("a cat"), start).id == row.id.text());
  CHECK(ask(engine, asking::for_image("a cat")) == "made");
  const ductile::mock::Journal journal = engine.journal();
  for (const ductile::gemini::FailureRow& row : ductile::gemini::failures) CHECK(journal.count(row.id.text()) == 1);
}

TEST_CASE("A model retires a minute after the start, for good, and the others stay", "[mock]") {
  const Scenario scenario = ductile::mock::find_scenario("retired-model", 1).value();
  Engine engine{EngineOptions{.scenario = scenario, .start = *scenario.starts_at}};
  const WallTime then = *scenario.starts_at;
  CHECK(ask(engine, asking::for_image("a cat"), then + 59s) == "made");
  for (const auto& later : {60s, 3600s, 86'400s}) CHECK(ask(engine, asking::for_image("a cat"), then + later) == "model-retired-listed");
  CHECK(ask(engine, asking::for_image("a cat", "gemini-nano-banana-2.1"), then + 1h) == "made");
}

TEST_CASE("The free tier draws two images a minute and answers fifty requests a day", "[mock]") {
  Scenario scenario = ductile::mock::find_scenario("free-tier", 1).value();
  scenario.model = ductile::mock::calm_parameters();  // its quotas alone
  Engine engine{EngineOptions{.scenario = scenario, .start = *scenario.starts_at}};
  std::map<std::string, int> shown;
  for (int minute = 0; minute < 30; ++minute)
    for (int i = 0; i < 3; ++i)
      ++shown[ask(engine, asking::for_image("cat " + std::to_string(3 * minute + i)), *scenario.starts_at + minute * 60s)];
  CHECK(shown == std::map<std::string, int>{{"made", 50}, {"ipm", 24}, {"multi-violation", 1}, {"rpd-free", 15}});
}

TEST_CASE("Where safety is heavy two prompts of five are withheld for good, and some calls by chance", "[mock]") {
  Engine engine{EngineOptions{.scenario = ductile::mock::find_scenario("safety-heavy", 1).value(), .start = start}};
  int makeable = 0;
  int by_chance = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string prompt = "prompt " + std::to_string(i);
    const std::string first = ask(engine, asking::for_image(prompt));
    const bool can = engine.makeable(prompt);
    makeable += can ? 1 : 0;
    by_chance += can && first != "made" ? 1 : 0;
    CHECK((can || first != "made"));
    const auto* failure = ductile::gemini::find_failure(first);
    CHECK((first == "made" || failure->remedy == ductile::Remedy::after_prompt_change || failure->remedy == ductile::Remedy::never));
  }
  CHECK(makeable == Catch::Approx(595).margin(45));
  CHECK(by_chance == Catch::Approx(60).margin(25));
}

TEST_CASE("Calls that fail count in the quotas, unless the service is told otherwise", "[mock]") {
  for (const bool count : {true, false}) {
    INFO("count_failures " << count);
    Scenario scenario;
    scenario.tier = {.name = "t", .requests_per_day = 3};
    scenario.switches.count_failures = count;
    scenario.episodes = {{.answer = "internal", .calls = 1}, {.answer = "high-demand", .calls = 2}};
    Engine engine = engine_with(scenario);
    Request wrong = asking::for_image("a cat");
    wrong.body = "{}";
    CHECK(ask(engine, asking::for_image("a cat")) == "internal");
    CHECK(ask(engine, asking::for_image("a cat")) == "high-demand");
    CHECK(ask(engine, wrong) == "invalid-argument-generic");
    CHECK(ask(engine, asking::for_image("a cat")) == (count ? "rpd-paid" : "made"));
  }
  // By the service's nature as by what is written down.
  Scenario scenario;
  scenario.tier = {.name = "t", .requests_per_minute = 1};
  scenario.model.bad_request_share = 1;
  for (const bool count : {true, false}) {
    scenario.switches.count_failures = count;
    Engine engine = engine_with(scenario);
    CHECK(ask(engine, asking::for_image("a cat")) == "invalid-argument-generic");
    CHECK(ask(engine, asking::for_image("a cat")) == (count ? "rpm-paid" : "invalid-argument-generic"));
  }
}

TEST_CASE("Whether the hint of a full window is shorter than the wait that helps can be told", "[mock]") {
  const ductile::mock::Tier minute{.name = "minute", .requests_per_minute = 1};
  const ductile::mock::Tier day{.name = "day", .requests_per_day = 1};
  const ductile::mock::Tier nought{.name = "nought", .requests_per_day = 0};
  enum class Hint { none, shorter, right };
  struct Row {
    ductile::mock::Tier tier;
    std::optional<bool> lies;
    Hint hint;
  };
  const Row rows[] = {{minute, std::nullopt, Hint::right},   {minute, false, Hint::right}, {minute, true, Hint::shorter},
                      {day, std::nullopt, Hint::shorter},    {day, false, Hint::right},    {day, true, Hint::shorter},
                      {nought, std::nullopt, Hint::shorter}, {nought, false, Hint::none},  {nought, true, Hint::shorter}};
  for (const Row& row : rows) {
    INFO(row.tier.name << ", lying: " << (row.lies ? *row.lies ? "yes" : "no" : "as the service has it"));
    Scenario scenario;
    scenario.tier = row.tier;
    scenario.switches.lying_retry_info = row.lies;
    Engine engine = engine_with(scenario);
    if (row.tier.name != "nought") REQUIRE(ask(engine, asking::for_image("a cat")) == "made");
    const Answer refused = engine.answer(asking::for_image("a cat"), start);
    REQUIRE(refused.status == 429);
    const ductile::mock::Journal journal = engine.journal();
    const Duration hint = journal.entries().back().hint;
    CHECK((refused.body().find("RetryInfo") == std::string::npos) == (row.hint == Hint::none));
    if (row.hint == Hint::right) CHECK(engine.answer(asking::for_image("a dog"), start + hint - 1s).status == 429);
    const int after = engine.answer(asking::for_image("a cat"), start + hint + 1s).status;  // the detail has whole seconds
    CHECK(after == (row.hint == Hint::right ? 200 : 429));
  }
}

TEST_CASE("A shared capacity refuses a project within its quota for what the others ask", "[mock]") {
  Scenario scenario;
  scenario.switches.shared_capacity = ductile::mock::SharedCapacity{.calls_per_minute = 6, .burst = 4, .rejected_costs = 0.5};
  Engine engine = engine_with(scenario);
  const auto by = [&](int project, WallTime now, std::string_view model = "gemini-3-pro-image") {
    Request request = asking::for_image("a cat", model);
    request.headers = {{"x-goog-api-key", "key of project " + std::to_string(project)}};
    return engine.answer(request, now).status;
  };
  for (int project = 0; project < 4; ++project) CHECK(by(project, start) == 200);
  CHECK(by(4, start) == 503);  // has asked nothing before
  CHECK(by(4, start, "gemini-nano-banana-2.1") == 200);
  CHECK(by(4, start, "gemini-3.8-flash") == 200);
  CHECK(by(4, start + 10s) == 200);  // one call in ten seconds
  CHECK(by(4, start + 10s) == 503);
  // Turning calls away costs as well: who asks every second keeps the model down.
  int served = 0;
  for (int second = 11; second < 41; ++second) served += by(second, start + second * 1s) == 200 ? 1 : 0;
  CHECK(served == 0);
  CHECK(by(0, start + 41s + 1min) == 200);
  CHECK(engine.capacity_left(start + 1h).at("gemini-3-pro-image") == 4);
}

TEST_CASE("Two requests with the same last words are two jobs to the verdict when what stands before them differs", "[mock][verdict]") {
  Scenario scenario;
  scenario.episodes = {{.answer = "image-safety", .calls = 1}};
  const auto edit = [](std::string_view before, std::string_view model) {
    Request request = asking::for_image("", model);
    request.body = R"({"contents":[{"role":"user","parts":[{"text":")" + std::string{before} +
                   R"("}]},{"role":"user","parts":[{"text":"make it blue"}]}]})";
    return request;
  };
  for (const bool same : {false, true}) {
    INFO("the same: " << same);
    Engine engine = engine_with(scenario);
    REQUIRE(ask(engine, edit("a cat", "gemini-3-pro-image")) == "image-safety");
    CHECK(ask(engine, edit(same ? "a cat" : "a dog", "gemini-nano-banana-2.1"), start + 10min) == "made");
    CHECK(engine.verdict().count(ductile::mock::Fault::fell_back_on_safety) == (same ? 1U : 0U));
  }
}

TEST_CASE("A call of a model is a POST, and by any other method there is nothing", "[mock]") {
  Engine engine = engine_with({});
  for (const char* const method : {"GET", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    INFO(method);
    Request request = asking::for_image("a cat");
    request.method = method;
    CHECK(ask(engine, request) == "path-not-found-html");
  }
  CHECK(ask(engine, asking::for_image("a cat")) == "made");
}

TEST_CASE("A hint that is not to lie is right to whoever reads the detail alone", "[mock]") {
  Scenario scenario;
  scenario.tier = {.name = "minute", .requests_per_minute = 1};
  scenario.switches.lying_retry_info = false;
  for (std::uint64_t millisecond = 0; millisecond < 3000; millisecond += 271) {
    Engine engine = engine_with(scenario);
    const WallTime first = start + std::chrono::milliseconds{millisecond};
    CHECK(ask(engine, asking::for_image("a cat"), first) == "made");
    const WallTime second = first + 1234ms;
    const Answer refused = engine.answer(asking::for_image("a cat"), second);
    REQUIRE(refused.status == 429);
    const auto details = asking::json_of(refused).at("error").at("details").as_array();
    const std::string delay{details.back().at("retryDelay").as_string()};
    CHECK(delay.find('.') == std::string::npos);
    CHECK(ask(engine, asking::for_image("a cat"), second + std::chrono::seconds{std::stoi(delay)}) == "made");
  }
}

TEST_CASE("Spent capacity is answered as the overload that it is, never by a front end that knows nothing of it", "[mock]") {
  Scenario scenario;
  scenario.switches.shared_capacity = ductile::mock::SharedCapacity{.calls_per_minute = 0, .burst = 1};
  Engine engine = engine_with(scenario);
  CHECK(ask(engine, asking::for_image("a cat")) == "made");
  std::map<std::string, int> seen;
  for (int i = 0; i < 400; ++i) {
    const Answer refused = engine.answer(asking::for_image("a cat " + std::to_string(i)), start);
    ++seen[refused.id];
    CHECK(refused.status == 503);
    CHECK(ductile::gemini::find_failure(refused.id)->kind == ductile::Kind::overload);
  }
  CHECK(seen.size() == 3);
  CHECK(seen["high-demand"] == Catch::Approx(200).margin(40));
  CHECK(seen["overloaded"] == Catch::Approx(120).margin(40));
}

TEST_CASE("What an episode looks at, and how it goes on, is each its own", "[mock]") {
  const auto four_k = [](std::string_view prompt) {
    Request request = asking::for_image(prompt);
    request.body = asking::body_for(prompt, "4K");
    return request;
  };
  Scenario scenario;
  scenario.episodes = {{.answer = "deadline-504", .size = "4K"}, {.answer = "internal", .image = false}};
  Engine engine = engine_with(scenario);
  CHECK(ask(engine, four_k("a cat")) == "deadline-504");
  CHECK(ask(engine, asking::for_image("a cat")) == "made");
  CHECK(ask(engine, asking::for_image("a poem", "gemini-3.8-flash")) == "internal");

  SECTION("by chance, and by weight") {
    engine.play({.episodes = {{.mix = {{"internal", 3}, {"high-demand", 1}, {"overloaded", 0}}, .chance = 0.4}}}, start);
    std::map<std::string, int> shown;
    for (int i = 0; i < 2000; ++i) ++shown[ask(engine, asking::for_image("cat " + std::to_string(i)))];
    CHECK(shown["internal"] == Catch::Approx(600).margin(60));
    CHECK(shown["high-demand"] == Catch::Approx(200).margin(40));
    CHECK(shown["overloaded"] == 0);
    CHECK(shown["made"] == Catch::Approx(1200).margin(70));
  }
  SECTION("of a project, between two moments") {
    engine.play({.episodes = {{.answer = "internal", .from_moment = start + 1h, .until_moment = start + 2h, .project = "shop"}},
                 .projects = {{"key-of-the-shop", "shop"}}},
                start);
    const auto by = [](std::string_view key) {
      Request request = asking::for_image("a cat");
      request.headers = {{"x-goog-api-key", std::string{key}}};
      return request;
    };
    CHECK(ask(engine, by("key-of-the-shop"), start + 59min) == "made");
    CHECK(ask(engine, by("key-of-the-shop"), start + 1h) == "internal");
    CHECK(ask(engine, by("key-of-another"), start + 1h) == "made");
    CHECK(ask(engine, by("key-of-the-shop"), start + 2h) == "made");
  }
  SECTION("until a state, which an episode or a test enters") {
    engine.play({.episodes = {{.answer = "overloaded", .state = "down", .until_state = "mended"},
                              {.answer = "internal", .calls = 2, .state = "mended", .next_state = "up"}},
                 .state = "down"},
                start);
    for (int i = 0; i < 5; ++i) CHECK(ask(engine, asking::for_image("a cat")) == "overloaded");
    engine.enter("mended");
    CHECK(ask(engine, asking::for_image("a cat")) == "internal");
    CHECK(engine.state() == "mended");
    CHECK(ask(engine, asking::for_image("a cat")) == "internal");
    CHECK(engine.state() == "up");
    CHECK(ask(engine, asking::for_image("a cat")) == "made");
    engine.enter("down");  // it had been mended: until that is once
    CHECK(ask(engine, asking::for_image("a cat")) == "made");
    engine.reset(start);
    CHECK(ask(engine, asking::for_image("a cat")) == "overloaded");
  }
  SECTION("with a fault of the wire laid over its answer") {
    engine.play({.episodes = {{.answer = "high-demand", .calls = 1, .fault = "reset-mid-body"},
                              {.answer = "ok-image", .after = 1, .calls = 1, .fault = "truncated-json"},
                              {.answer = "ok-image", .after = 2, .fault = "client-deadline"}}},
                start);
    const Answer reset = engine.answer(asking::for_image("a cat"), start);
    CHECK(reset.id == "reset-mid-body");
    CHECK(reset.status == 503);
    CHECK(reset.fault == ductile::mock::ByteFault::reset_in_body);
    CHECK(reset.body().find("high demand") != std::string::npos);
    const Answer cut = engine.answer(asking::for_image("a cat"), start);
    CHECK(cut.id == "truncated-json");
    CHECK_THROWS(asking::json_of(cut));
    const Answer silent = engine.answer(asking::for_image("a cat"), start);
    CHECK(silent.fault == ductile::mock::ByteFault::silence);
    CHECK(silent.latency == ductile::mock::silence_lasts);
    CHECK(engine.journal().count("client-deadline") == 1);
  }
  SECTION("as an overload, which is as slow as the model's and hides no refusal") {
    Scenario scenario{.episodes = {{.answer = "high-demand"}}};
    scenario.episodes[0].as_overload = true;
    scenario.model.slow_overload_share = 1;
    scenario.model.slow_overload = {70, 90};
    engine.play(scenario, start);
    const auto latency = engine.answer(asking::for_image("a cat"), start).latency;
    CHECK(latency >= 70s);
    CHECK(latency <= 90s);
    scenario.model.bad_request_share = 1;
    engine.play(scenario, start);
    CHECK(engine.answer(asking::for_image("a cat"), start).status == 400);
  }
  SECTION("with latencies by percentiles") {
    engine.play({.episodes = {{.answer = "ok-image", .percentiles = ductile::mock::LatencyPercentiles{{{50, 10}, {90, 30}}}}}}, start);
    int longer_than_median = 0;
    int longer_than_most = 0;
    for (int i = 0; i < 1000; ++i) {
      const Duration latency = engine.answer(asking::for_image("cat " + std::to_string(i)), start).latency;
      longer_than_median += latency > 10s ? 1 : 0;
      longer_than_most += latency > 30s ? 1 : 0;
    }
    CHECK(longer_than_median == Catch::Approx(500).margin(60));
    CHECK(longer_than_most == Catch::Approx(100).margin(35));
  }
}

TEST_CASE("A call that no episode answers is told which came nearest, and what it lacked", "[mock]") {
  struct Row {
    const char* what;
    std::vector<Episode> episodes;
    const char* says;
  };
  const Row rows[] = {
      {"model",
       {{.answer = "internal", .model = "gemini-nano-banana-2.1"}},
       R"(episodes[0]: match.model is "gemini-nano-banana-2.1", and the call asks "gemini-3-pro-image")"},
      {"prompt", {{.answer = "internal", .prompt = "dog"}}, R"(episodes[0]: match.prompt is "dog", which the call's prompt does not hold)"},
      {"image", {{.answer = "internal", .image = false}}, "episodes[0]: match.image is false, and the call's model draws"},
      {"size", {{.answer = "internal", .size = "4K"}}, R"(episodes[0]: match.size is "4K", and the call asks for "")"},
      {"from", {{.answer = "internal", .from = 90s}}, "episodes[0]: from_s is 90, and the call came at 60"},
      {"until", {{.answer = "internal", .until = 30s}}, "episodes[0]: until_s is 30, and the call came at 60"},
      {"from a moment",
       {{.answer = "internal", .from_moment = start + 90s}},
       "episodes[0]: from is 2026-11-24T10:01:30Z, and the call came at 2026-11-24T10:01:00Z"},
      {"until a moment",
       {{.answer = "internal", .until_moment = start + 60s}},
       "episodes[0]: until is 2026-11-24T10:01:00Z, and the call came at 2026-11-24T10:01:00Z"},
      {"project",
       {{.answer = "internal", .project = "shop"}},
       R"(episodes[0]: match.project is "shop", and the call's key belongs to another)"},
      {"state", {{.answer = "internal", .state = "down"}}, R"(episodes[0]: state is "down", and the story is in "up")"},
      {"until a state", {{.answer = "internal", .until_state = "up"}}, R"(episodes[0]: until_state is "up", which the story has entered)"},
      {"after", {{.answer = "internal", .after = 4}}, "episodes[0]: after is 4, and this is call 1"},
      {"calls", {{.answer = "internal", .calls = 0}}, "episodes[0]: its calls, 0, are over"},
      {"chance", {{.answer = "internal", .chance = 0}}, "episodes[0]: chance is 0, and this call was left out"},
      {"the nearest of three",
       {{.answer = "internal", .model = "x", .prompt = "dog"},
        {.answer = "internal", .prompt = "cow"},
        {.answer = "internal", .prompt = "cow"}},
       R"(episodes[1]: match.prompt is "cow", which the call's prompt does not hold)"},
      {"two things",
       {{.answer = "internal", .prompt = "dog", .from = 90s}},
       R"(episodes[0]: match.prompt is "dog", which the call's prompt does not hold; from_s is 90, and the call came at 60)"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    Engine engine{EngineOptions{.scenario = {.episodes = row.episodes, .state = "up"}, .start = start}};
    const Answer plain = engine.answer(asking::for_image("a secret cat"), start + 1min);
    CHECK(engine.journal().entries().back().near_miss == row.says);
    CHECK(ductile::header(plain.headers, "x-ductile-near-miss").empty());
    engine.reset(start);
    const Answer told = engine.answer(with(asking::for_image("a secret cat"), "x-ductile-explain", "1"), start + 1min);
    CHECK(ductile::header(told.headers, "x-ductile-near-miss") == row.says);
  }
  Engine engine = engine_with({.episodes = {{.answer = "internal", .model = "x"}, {.answer = "internal"}}});
  const Answer told = engine.answer(with(asking::for_image("a cat"), "x-ductile-explain", "1"), start);
  CHECK(ductile::header(told.headers, "x-ductile-episode") == "1");
  CHECK(engine.journal().entries().back().near_miss.empty());
  Engine quiet = engine_with({});
  (void)quiet.answer(asking::for_image("a cat"), start);
  CHECK(quiet.journal().entries().back().near_miss.empty());
}

TEST_CASE("A scenario's seed is the day that it is played with, and the service's own comes back after it", "[mock]") {
  Engine engine{EngineOptions{.seed = 5, .start = start}};
  CHECK(engine.seed() == 5);
  engine.play({.seed = 9}, start);
  CHECK(engine.seed() == 9);
  const std::string body = engine.answer(asking::for_image("a cat"), start).body();
  engine.play({}, start);
  CHECK(engine.seed() == 5);
  CHECK(engine.answer(asking::for_image("a cat"), start).body() != body);
}

TEST_CASE("A project that spends too much in ten minutes is refused in the words of that limit", "[mock]") {
  Scenario scenario;
  scenario.tier = {.name = "t", .nanodollars_per_ten_minutes = 200'000'000};
  Engine engine = engine_with(scenario);
  CHECK(ask(engine, asking::for_image("a cat")) == "made");  // 0.134 dollars
  CHECK(ask(engine, asking::for_image("a dog")) == "made");
  CHECK(ask(engine, asking::for_image("a cow")) == "spend-rate");
  CHECK(ask(engine, asking::for_image("a cow"), start + 10min) == "made");
}

TEST_CASE("The free tier of 2026 draws nothing, says a limit of nought, and writes a little", "[mock]") {
  Scenario scenario;
  scenario.tier = ductile::mock::find_tier("free-2026").value();
  Engine engine = engine_with(scenario);
  CHECK(ask(engine, asking::for_image("a cat")) == "limit-zero");
  for (int i = 0; i < 5; ++i) CHECK(ask(engine, asking::for_image("a poem", "gemini-3.8-flash")) == "ok-text-only");
  CHECK(ask(engine, asking::for_image("a poem", "gemini-3.8-flash")) == "rpm-free");
}

TEST_CASE("A batch is asked for by a path of its own, and there is none", "[mock]") {
  Engine engine = engine_with({});
  Request asked{.method = "GET", .path = "/v1beta/batches/a-batch", .headers = {{"x-goog-api-key", "a-key"}}};
  CHECK(ask(engine, asked) == "entity-not-found");
  asked.headers.push_back({"x-ductile-scenario", "batch-get-503"});
  CHECK(ask(engine, asked) == "batch-get-503");
}

TEST_CASE("The service gives up at the deadline that the client has set for it", "[mock]") {
  Scenario scenario;
  scenario.episodes = {{.answer = "ok-image", .latency = 40s}};
  Engine engine = engine_with(scenario);
  const Answer hasty = engine.answer(with(asking::for_image("a cat"), "X-Server-Timeout", "9.5"), start);
  CHECK(hasty.id == "deadline-too-short");
  CHECK(hasty.body().find("Manually set deadline 9.5s is too short") != std::string::npos);
  const Answer patient = engine.answer(with(asking::for_image("a cat"), "X-Server-Timeout", "60"), start);
  CHECK(patient.id == "ok-image");
  CHECK(patient.latency == 40s);
  const Answer impatient = engine.answer(with(asking::for_image("a cat"), "X-Server-Timeout", "30"), start);
  CHECK(impatient.id == "deadline-504");
  CHECK(impatient.latency == 30s);
  engine.play({.episodes = {{.answer = "idle-timeout"}}}, start);
  CHECK(ask(engine, with(asking::for_image("a cat"), "X-Server-Timeout", "30")) == "idle-timeout");  // a dead line knows no deadline
}

TEST_CASE("A bad day shows every kind of trouble in a run of 24 prompts, and a patient client makes all that can be made", "[mock]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    Engine engine = bad_day(seed);
    const std::vector<std::string> prompts = two_dozen_prompts();
    const Run run = patient_client(engine, prompts);
    for (const char* id :
         {"ipm", "internal", "high-demand", "idle-timeout", "reset-before-headers", "reset-mid-body", "bad-gateway-html", "no-image"}) {
      INFO(id);
      CHECK(run.shown.contains(id));
    }
    CHECK((run.shown.contains("image-safety") || run.shown.contains("image-safety-text")));
    int makeable = 0;
    for (const std::string& prompt : prompts) {
      INFO(prompt);
      CHECK(run.made.at(prompt) == engine.makeable(prompt));
      makeable += engine.makeable(prompt) ? 1 : 0;
    }
    CHECK(makeable < 24);
    CHECK(makeable >= 20);
  }
}

TEST_CASE("Of the first prompts one is withheld and no more are hopeless than the scenario wants, whatever the model has", "[mock]") {
  struct Shares {
    double prohibited;
    double filtered;
  };
  for (const auto [prohibited, filtered] : {Shares{0, 0}, {0.5, 0}, {1, 0}, {0, 0.5}, {0.5, 0.5}, {0, 1}}) {
    INFO("share of prohibited prompts: " << prohibited << ", of those that the filter blocks: " << filtered);
    Scenario scenario;
    scenario.model.prohibited_share = prohibited;
    scenario.model.filtered_share = filtered;
    scenario.withheld_by = 10;
    scenario.hopeless_at_most = 4;
    Engine engine = engine_with(scenario);
    int drawn = 0;
    int withheld = 0;
    for (int i = 0; i < 24; ++i) {
      const std::string prompt = "prompt " + std::to_string(i);
      const std::string first = ask(engine, asking::for_image(prompt));
      drawn += first == "made" ? 1 : 0;
      withheld += first.starts_with("image-safety") ? 1 : 0;
      CHECK(engine.makeable(prompt) == (first == "made"));
      CHECK(ask(engine, asking::for_image(prompt, "gemini-nano-banana-2.1")).starts_with("made") == (first == "made"));
    }
    CHECK(withheld >= 1);
    CHECK(drawn >= 20);
    CHECK(drawn == (prohibited + filtered > 0 ? 20 : 23));
  }
}

TEST_CASE("The same seed and the same requests at the same moments give the same bytes", "[mock]") {
  const auto story = [](std::uint64_t seed) {
    Engine engine = bad_day(seed);
    std::string bytes;
    WallTime now = start;
    for (int i = 0; i < 40; ++i) {
      const Answer answer = engine.answer(asking::for_image("prompt " + std::to_string(i % 15)), now);
      bytes += answer.body() + std::to_string(answer.status) + std::to_string(answer.latency.count());
      for (const auto& header : answer.headers) bytes += header.name + header.value;
      now += 7s;
    }
    return bytes;
  };
  const std::string first = story(1);
  CHECK(first == story(1));
  CHECK(first != story(2));
}

TEST_CASE("The journal knows the wait that any answer asks for", "[mock]") {
  Engine engine{EngineOptions{.start = start}};
  for (const auto& [answer, hint] :
       {std::pair{"capacity-503", 40s}, std::pair{"user-quota-weekly", 581'981s}, std::pair{"high-demand", 0s}}) {
    INFO(answer);
    engine.play({.episodes = {{.answer = answer}}}, start);
    (void)engine.answer(asking::for_image("a cat"), start);
    CHECK(engine.journal().entries().back().hint == hint);
  }
}

TEST_CASE("What becomes of an answer from before a reset is nobody's fault after it", "[mock][verdict]") {
  Engine engine{EngineOptions{.start = start}};
  const Scenario silence{.episodes = {{.answer = "idle-timeout"}}};
  engine.play(silence, start);
  const Answer before = engine.answer(asking::for_image("a cat"), start);
  engine.play(silence, start);
  const Answer after = engine.answer(asking::for_image("a dog"), start);
  CHECK(before.number == after.number);
  engine.client_held(before, 6min);
  CHECK(engine.verdict().clean());
  engine.client_held(after, 6min);
  CHECK(engine.verdict().count(ductile::mock::Fault::no_read_timeout) == 1);
}

TEST_CASE("The journal counts what was shown and never knows a key", "[mock]") {
  Engine engine = engine_with({});
  Request request = asking::for_image("a private prompt");
  request.headers = {{"x-goog-api-key", "a-very-secret-key"}};
  (void)engine.answer(request, start);
  (void)engine.answer(asking::for_row("high-demand"), start);
  (void)engine.answer(asking::for_row("high-demand"), start);
  const ductile::mock::Journal journal = engine.journal();
  CHECK(journal.total() == 3);
  CHECK(journal.entries()[0].id.starts_with("ok-"));
  CHECK(journal.count("high-demand") == 2);
  CHECK(journal.by_status().at(503) == 2);
  CHECK(journal.entries()[0].key != 0);
  CHECK_FALSE(journal.entries()[0].asked_for);
  CHECK(journal.entries()[1].asked_for);
}

TEST_CASE("A new scenario begins at once and everything that was asked is forgotten", "[mock]") {
  Scenario scenario;
  scenario.tier = {.name = "t", .requests_per_minute = 1};
  scenario.episodes = {{.answer = "internal", .calls = 1}};
  Engine engine = engine_with(scenario);
  CHECK(ask(engine, asking::for_image("a cat")) == "internal");
  CHECK(ask(engine, asking::for_image("a cat")) == "rpm-paid");
  engine.reset(start + 5s);
  CHECK(engine.journal().total() == 0);
  CHECK(ask(engine, asking::for_image("a cat"), start + 5s) == "internal");
  engine.refill_quota();
  CHECK(ask(engine, asking::for_image("a cat"), start + 5s) == "made");
  engine.play({}, start + 6s);
  for (int i = 0; i < 5; ++i) CHECK(ask(engine, asking::for_image("a cat"), start + 6s) == "made");
}

TEST_CASE("Many parameters that no method takes are told of as far as a hundred, in UTF-8", "[mock]") {
  Engine engine{{}};
  Request request = asking::for_image("a cat");
  for (int i = 0; i < 3000; ++i) request.query.emplace_back("\xff" + std::to_string(i), "");
  const Answer answer = engine.answer(request, WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}});
  CHECK(answer.status == 400);
  CHECK(answer.body().size() < 100'000);
  CHECK(answer.body().find('\xff') == std::string::npos);
  CHECK(boost::json::parse(answer.body()).at("error").at("message").as_string().size() > 100);
}
