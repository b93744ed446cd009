// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/failures.hpp>
#include <ductile/gemini/stream_reader.hpp>
#include <ductile/mock/reply.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

using namespace ductile;
using namespace ductile::gemini;

namespace {

HttpResponse received(const mock::Answer& answer) {
  HttpResponse response{answer.status, {}, answer.body()};
  for (const auto& header : answer.headers) response.headers.push_back({header.name, header.value});
  if (!answer.content_type.empty()) response.headers.push_back({"Content-Type", answer.content_type});
  return response;
}

mock::Scene scene_of(mock::Delivery delivery) {
  mock::Scene scene;
  scene.size = "2K";
  scene.ratio = "16:9";
  scene.delivery = delivery;
  scene.method = delivery == mock::Delivery::whole ? "generateContent" : "streamGenerateContent";
  return scene;
}

Classification judged(std::string_view id, mock::Delivery delivery) {
  const HttpResponse response = received(mock::reply(id, scene_of(delivery)));
  auto answer = read_answer(response, {"gemini-3-pro-image", "16:9", ImageSize::two_k}, {"gemini-3-pro-image", {}});
  if (auto* failed = std::get_if<Classification>(&answer)) return *failed;
  return Classification{};
}

// Images that are whole and were asked for, with something to warn of; an outage that only the path asked for makes something else; what
// broke below HTTP, or breaks when it is decoded.
bool no_failure_of_a_body(const FailureRow& row) {
  if (row.id == FailureId{"batch-get-503"} || row.id == FailureId{"gzip-that-is-not"}) return true;
  if (row.id == FailureId{"model-substituted"} || row.id == FailureId{"tier-downgraded"}) return true;
  const mock::Row* known = mock::find_row(row.id.text());
  return known && known->fault != mock::ByteFault::none && known->fault != mock::ByteFault::cut_body;
}

}  // namespace

TEST_CASE("Every row that the mock can show in one piece is classified as what the table says", "[gemini][mock]") {
  for (const FailureRow& row : failures) {
    if (no_failure_of_a_body(row)) continue;
    CAPTURE(row.id.text());
    REQUIRE(mock::can_answer(row.id.text()));
    const Classification said = judged(row.id.text(), mock::Delivery::whole);
    CAPTURE(said.verdict.id.text(), said.message);
    CHECK(name(said.verdict.kind) == name(row.kind));
    CHECK(name(said.verdict.remedy) == name(row.remedy));
    CHECK_FALSE(said.evidence.empty());
  }
}

TEST_CASE("Errors that come in an array or as a stream are the same errors", "[gemini][mock]") {
  for (const mock::Delivery delivery : {mock::Delivery::events, mock::Delivery::array, mock::Delivery::openai})
    for (const FailureRow& row : failures) {
      if (no_failure_of_a_body(row) || row.group == 'G') continue;
      // A streamed image is no answer of generateContent, which alone is read for images.
      if (row.id == FailureId{"image-dimensions-mismatch"} || row.id == FailureId{"inline-data-corrupt"}) continue;
      CAPTURE(row.id.text(), static_cast<int>(delivery));
      const Classification said = judged(row.id.text(), delivery);
      CAPTURE(said.verdict.id.text(), said.message);
      CHECK(name(said.verdict.kind) == name(row.kind));
      CHECK(name(said.verdict.remedy) == name(row.remedy));
    }
}

TEST_CASE("A stream read piece by piece is what the table says, with events and in an array", "[gemini][mock][stream]") {
  for (const mock::Delivery delivery : {mock::Delivery::events, mock::Delivery::array})
    for (const FailureRow& row : failures) {
      if (no_failure_of_a_body(row) || row.id == FailureId{"candidates-empty"}) continue;
      if (row.id == FailureId{"body-empty"} || row.id == FailureId{"body-empty-object"}) continue;  // a stream without a finish
      const mock::Answer answer = mock::reply(row.id.text(), scene_of(delivery));
      if (answer.status != 200) continue;  // no stream
      CAPTURE(row.id.text(), static_cast<int>(delivery));
      StreamReader reader{{"gemini-3-pro-image", "16:9", ImageSize::two_k}, {"gemini-3-pro-image", {}}};
      const auto ignore = [](StreamPart&&) {};
      for (const std::string& piece : answer.pieces) {
        (void)reader.feed(std::string_view{piece}.substr(0, piece.size() / 3), ignore);
        (void)reader.feed(std::string_view{piece}.substr(piece.size() / 3), ignore);
      }
      const auto end = reader.finish(ignore);
      const auto* said = std::get_if<Classification>(&end);
      REQUIRE(said);
      CAPTURE(said->verdict.id.text(), said->message);
      CHECK(name(said->verdict.kind) == name(row.kind));
      CHECK(name(said->verdict.remedy) == name(row.remedy));
    }
}

TEST_CASE("The mock's images are successes", "[gemini][mock]") {
  for (const char* id : {"ok-image", "ok-text-image", "ok-thought-image", "model-substituted", "tier-downgraded"}) {
    CAPTURE(id);
    const HttpResponse response = received(mock::reply(id, scene_of(mock::Delivery::whole)));
    auto answer = read_answer(response, {"gemini-3-pro-image", "16:9", ImageSize::two_k});
    const auto* reply = std::get_if<ImageReply>(&answer);
    REQUIRE(reply);
    CHECK(reply->width == 2752);
    CHECK(reply->height == 1536);
    CHECK(reply->cost().images == 1);
    CHECK(reply->model_substituted == (std::string_view{id} == "model-substituted"));
  }
}
