// SPDX-License-Identifier: BSL-1.0
#include <ductile/gemini/failures.hpp>
#include <ductile/mock/reply.hpp>
#include <ductile/mock/rows.hpp>

#include "../support/catch.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using ductile::mock::all_answers;
using ductile::mock::Answer;
using ductile::mock::ByteFault;
using ductile::mock::Delivery;
using ductile::mock::find_row;
using ductile::mock::Form;
using ductile::mock::Row;
using ductile::mock::Scene;
namespace json = boost::json;

namespace {

Answer answer(std::string_view id, Delivery delivery = Delivery::whole) {
  return ductile::mock::reply(id, Scene{.prompt = "a cat", .prompt_tokens = 2, .delivery = delivery});
}

json::object whole(std::string_view id) { return json::parse(answer(id).body()).as_object(); }

const json::object* detail(const json::object& body, std::string_view type) {
  const auto* details = body.at("error").as_object().if_contains("details");
  if (!details) return nullptr;
  for (const auto& each : details->as_array())
    if (each.at("@type").as_string() == "type.googleapis.com/google.rpc." + std::string{type}) return &each.as_object();
  return nullptr;
}

// The values that the service may put into finishReason and blockReason.
constexpr std::array<std::string_view, 19> finish_reasons{"STOP",
                                                          "MAX_TOKENS",
                                                          "SAFETY",
                                                          "RECITATION",
                                                          "OTHER",
                                                          "PROHIBITED_CONTENT",
                                                          "MALFORMED_FUNCTION_CALL",
                                                          "IMAGE_SAFETY",
                                                          "IMAGE_PROHIBITED_CONTENT",
                                                          "IMAGE_OTHER",
                                                          "NO_IMAGE",
                                                          "IMAGE_RECITATION",
                                                          "UNEXPECTED_TOOL_CALL",
                                                          "MISSING_THOUGHT_SIGNATURE",
                                                          "MALFORMED_RESPONSE",
                                                          "ESCALATION",
                                                          "PUP_LIMITED_DISABLED",
                                                          "CONTINUATION",
                                                          "SOMETHING_NEW"};
constexpr std::array<std::string_view, 5> block_reasons{"SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"};

}  // namespace

TEST_CASE("Every row of the truth table can be answered, with its status, and nothing is answered that is not in the table", "[mock]") {
  std::set<std::string_view> known{"ok-image",           "ok-text-image",         "ok-text-only", "ok-thought-image",
                                   "ok-byte-order-mark", "ok-wrong-content-type", "ok-http-1.0",  "ok-image-30-mb"};
  for (const auto& row : ductile::gemini::failures) {
    INFO(row.id.text());
    known.insert(row.id.text());
    REQUIRE(ductile::mock::can_answer(row.id.text()));
    const Answer given = answer(row.id.text());
    CHECK(given.id == row.id.text());
    const bool stream_turns_bad = row.id.text().starts_with("sse-error");  // in one piece it is an error from the start
    if (row.http_status != 0 && !stream_turns_bad) CHECK(given.status == row.http_status);
  }
  for (const std::string_view id : all_answers()) {
    INFO(id);
    CHECK(known.contains(id));
  }
  CHECK(all_answers().size() == known.size());
}

TEST_CASE("The envelope's status is the truth table's", "[mock]") {
  for (const auto& row : ductile::gemini::failures) {
    const Row* words = find_row(row.id.text());
    if (!words || words->form != Form::error || row.id == "upstream-error-json-in-string") continue;  // a proxy's own word
    INFO(row.id.text());
    CHECK(words->grpc == row.grpc_status);
  }
}

TEST_CASE("Every reason to finish without an image and every reason to block is shown by some row", "[mock]") {
  std::set<std::string> finished;
  std::set<std::string> blocked;
  for (const Row& row : ductile::mock::bad_answer_rows) {
    if (row.form != Form::answer) continue;
    const Answer given = answer(row.id, Delivery::array);
    const json::value pieces = json::parse(given.body());
    for (const auto& piece : pieces.as_array()) {
      if (const auto* feedback = piece.as_object().if_contains("promptFeedback"))
        blocked.insert(std::string{feedback->at("blockReason").as_string()});
      const auto* candidates = piece.as_object().if_contains("candidates");
      if (!candidates || candidates->as_array().empty()) continue;
      if (const auto* reason = candidates->as_array()[0].as_object().if_contains("finishReason")) {
        INFO(row.id);
        REQUIRE(reason->is_string());
        finished.insert(std::string{reason->as_string()});
      }
    }
  }
  for (const std::string_view reason : finish_reasons) CHECK(finished.contains(std::string{reason}));
  for (const std::string_view reason : block_reasons) CHECK(blocked.contains(std::string{reason}));
}

TEST_CASE("Every 200 carries a bill and the model that was asked", "[mock]") {
  for (const std::string_view id : all_answers()) {
    const Row* row = find_row(id);
    if (!row || row->form != Form::answer || row->fault != ByteFault::none) continue;
    for (const Delivery delivery : {Delivery::whole, Delivery::array}) {
      const Answer given = answer(id, delivery);
      if (given.status != 200) continue;
      json::value body = json::parse(given.body());
      if (!body.is_array()) body = json::array{body};
      for (const auto& piece : body.as_array()) {
        if (piece.as_object().contains("error")) continue;
        INFO(id);
        const auto& usage = piece.at("usageMetadata");
        CHECK(usage.at("promptTokenCount").as_int64() > 0);
        CHECK(usage.at("totalTokenCount").as_int64() >= usage.at("promptTokenCount").as_int64());
        CHECK(piece.at("modelVersion").as_string() == (id == "model-substituted" ? "gemini-3.8-flash" : "gemini-3-pro-image"));
      }
    }
  }
}

TEST_CASE("A 429 about a quota says where to read, which window, and how long", "[mock]") {
  for (const std::string_view id : ductile::mock::detail::quota_row_ids) {
    INFO(id);
    const json::object body = whole(id);
    CHECK(body.at("error").at("code").as_int64() == 429);
    CHECK(std::string{body.at("error").at("message").as_string()}.find("You exceeded your current quota") == 0);
    REQUIRE(detail(body, "Help"));
    REQUIRE(detail(body, "QuotaFailure"));
    REQUIRE(detail(body, "RetryInfo"));
  }
  const json::object ipm = whole("ipm");
  const std::string quota_id{detail(ipm, "QuotaFailure")->at("violations").at(0).at("quotaId").as_string()};
  CHECK(quota_id.find("Images") != quota_id.npos);
  CHECK(quota_id.find("Minute") != quota_id.npos);
}

TEST_CASE("A limit of nought is left away where proto3 drops it, and written where it was seen written", "[mock]") {
  const json::object implied = whole("limit-zero");
  for (const auto& violation : detail(implied, "QuotaFailure")->at("violations").as_array())
    CHECK_FALSE(violation.as_object().contains("quotaValue"));
  CHECK(std::string{implied.at("error").at("message").as_string()}.find("limit: 0") != std::string::npos);
  const json::object written = whole("limit-zero-explicit");
  CHECK(detail(written, "QuotaFailure")->at("violations").at(0).at("quotaValue").as_string() == "0");
}

TEST_CASE("A filtered answer names one blocked rating", "[mock]") {
  const json::object body = whole("safety-finish");
  const auto& candidate = body.at("candidates").at(0);
  CHECK(candidate.at("finishReason").as_string() == "SAFETY");
  int blocked = 0;
  for (const auto& rating : candidate.at("safetyRatings").as_array()) {
    const auto* flag = rating.as_object().if_contains("blocked");
    blocked += flag && flag->as_bool() ? 1 : 0;
  }
  CHECK(blocked == 1);
}

TEST_CASE("An error is one object in a plain answer, and an array in a stream that is one and in the other provider's manner", "[mock]") {
  for (const std::string_view id : all_answers()) {
    const Row* row = find_row(id);
    const bool envelope = !row || row->form == Form::error || row->form == Form::json;
    if (!envelope) continue;
    INFO(id);
    CHECK(json::parse(answer(id).body()).is_object());
    if (row && row->form == Form::json) continue;
    CHECK(json::parse(answer(id, Delivery::array).body()).is_array());
    CHECK(json::parse(answer(id, Delivery::openai).body()).is_array());
    CHECK(json::parse(answer(id, Delivery::events).body()).is_object());
  }
}

TEST_CASE("A stream of events ends as its row says", "[mock]") {
  const auto pieces = [](std::string_view id) { return answer(id, Delivery::events).pieces; };

  const auto text_then_image = pieces("ok-text-image");
  REQUIRE(text_then_image.size() == 3);
  for (const std::string& piece : text_then_image) {
    CHECK(piece.starts_with("data: {"));
    CHECK(piece.ends_with("}\n\n"));
  }
  CHECK(text_then_image[0].find("\"text\"") != std::string::npos);
  CHECK(text_then_image[2].find("\"inlineData\"") != std::string::npos);
  CHECK(text_then_image[2].find("\"STOP\"") != std::string::npos);

  const auto error_event = pieces("sse-error-event");
  CHECK(error_event.front().find("\"text\"") != std::string::npos);
  CHECK(error_event.front().find("usageMetadata") != std::string::npos);
  CHECK(error_event.back().starts_with("data: {\"error\":{\"code\":503"));
  CHECK(error_event.back().find("UNAVAILABLE") != std::string::npos);

  CHECK(pieces("sse-error-tail-raw").back().starts_with("{\n  \"error\""));
  for (const std::string& piece : pieces("sse-no-finish")) CHECK(piece.find("finishReason") == std::string::npos);

  const auto cut = pieces("truncated-json");
  REQUIRE(cut.size() == 1);
  CHECK(cut.front().starts_with("data: {"));
  CHECK_FALSE(cut.front().ends_with("\n\n"));
}

TEST_CASE("A stream stalls after its first event where an answer in one piece is silent", "[mock]") {
  for (const Delivery delivery : {Delivery::events, Delivery::array}) {
    const Answer stalled = answer("idle-timeout", delivery);
    CHECK(stalled.fault == ByteFault::stall);
    CHECK(stalled.streamed);
    REQUIRE(stalled.pieces.size() == 1);
    CHECK(stalled.pieces.front().find("Here is ") != std::string::npos);
    CHECK(stalled.latency == ductile::Duration{});
  }
  const Answer silent = answer("idle-timeout");
  CHECK(silent.fault == ByteFault::silence);
  CHECK(silent.latency == ductile::mock::silence_lasts);
  CHECK(silent.body().empty());
}

TEST_CASE("A model's name cannot break the JSON that repeats it", "[mock]") {
  const std::string model = "x\"},{\"y\\${png}";
  const Answer given = ductile::mock::reply("model-not-found", Scene{.model = model});
  CHECK(std::string{json::parse(given.body()).at("error").at("message").as_string()}.starts_with("models/" + model + " is not found"));
}

TEST_CASE("A row that is no answer has no status to list", "[mock]") {
  std::set<std::string_view> without;
  for (const std::string_view id : ductile::mock::all_answers())
    if (!ductile::mock::status_of_row(id)) without.insert(id);
  CHECK(without == std::set<std::string_view>{"dns-failure", "connect-refused", "connect-timeout", "tls-failure", "reset-before-headers",
                                              "client-deadline", "half-close-no-reply", "h2-goaway", "half-status-line"});
  CHECK(ductile::mock::status_of_row("overloaded") == 503);
  CHECK(ductile::mock::status_of_row("rpd-paid") == 429);
  CHECK(ductile::mock::status_of_row("reset-mid-body") == 200);
}

TEST_CASE("Unknown rows are refused in the mock's own name", "[mock]") {
  const Answer given = answer("no-such-row");
  CHECK(given.status == 400);
  CHECK(given.body().find("ductile mock: there is no scenario 'no-such-row'; `ductile mock --list` has them all") != std::string::npos);
  CHECK(answer("overloded").body().find("there is no scenario 'overloded'; the nearest is 'overloaded'; `ductile mock --list`") !=
        std::string::npos);
  CHECK(answer("rpd-piad").body().find("the nearest is 'rpd-paid'") != std::string::npos);
}

TEST_CASE("Dates and durations are written as the service writes them", "[mock]") {
  using namespace std::chrono_literals;
  const ductile::WallTime time = ductile::WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 4}} + 7h + 8min + 9s;
  CHECK(ductile::mock::http_date(time) == "Wed, 04 Nov 2026 07:08:09 GMT");
  CHECK(ductile::mock::iso_time(time) == "2026-11-04T07:08:09Z");
  CHECK(ductile::mock::duration_text(19'369'401'572ns) == "19.369401572s");
  CHECK(ductile::mock::duration_text(34'400ms) == "34.4s");
  CHECK(ductile::mock::duration_text(60s) == "60s");
  CHECK(ductile::mock::duration_text(0s) == "0s");
}
