// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/price.hpp>

#include <ductile/gemini/base64.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/image.hpp>
#include <ductile/mock/verdict/judge.hpp>
#include <ductile/mock/verdict/signatures.hpp>
#include <ductile/mock/verdict/verdict_json.hpp>

#include "../support/catch.hpp"
#include "asking.hpp"
#include "history.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <cstdint>
#include <string>

using namespace history;
using namespace std::chrono_literals;
using ductile::Billed;
using ductile::mock::Engine;
using ductile::mock::EngineOptions;
using ductile::mock::Price;
using ductile::mock::price_of;
using ductile::mock::Usage;

namespace {

constexpr std::int64_t dollar = 1'000'000'000;

// What the answer `id` to one request costs.
Price price_in_the_mock(const std::string& id, ductile::mock::Request request, const char* tier = "tier1") {
  Engine engine{EngineOptions{.start = start, .tier = ductile::mock::find_tier(tier)}};
  engine.play({.tier = ductile::mock::find_tier(tier).value(), .episodes = {{.answer = id}}}, start);
  (void)engine.answer(request, start);
  return engine.journal().entries().front().price;
}

ductile::mock::Request sized(const char* size) {
  ductile::mock::Request request = asking::for_image("a cat");
  request.body = asking::body_for("a cat", size);
  return request;
}

}  // namespace

TEST_CASE("An answer costs what the service's price list says, to the last billionth", "[mock][verdict]") {
  const Usage image{.input_tokens = 100, .text_tokens = 10, .image_tokens = 1120, .images = 1};
  CHECK(price_of("gemini-3-pro-image", "2K", image, true, Billed::yes) == Price{1, 1230, 134'320'000, 134'320'000});
  CHECK(price_of("gemini-3-pro-image", "4K", image, true, Billed::yes).nanodollars == 240'320'000);
  CHECK(price_of("gemini-3-pro-image-preview", "", image, true, Billed::yes).nanodollars == 134'320'000);
  CHECK(price_of("gemini-nano-banana-2.1", "", image, true, Billed::yes).nanodollars == 33'600'000 + 150'000 + 75'000);
  CHECK(price_of("gemini-3.1-flash-lite-image", "", image, true, Billed::yes).nanodollars == 34'000'000 + 25'000 + 15'000);

  const Usage words{.input_tokens = 100};
  CHECK(price_of("gemini-3-pro-image", "", words, true, Billed::no) == Price{1, 0, 0, 0});
  CHECK(price_of("gemini-3-pro-image", "", words, true, Billed::input) == Price{1, 100, 200'000, 200'000});
  CHECK(price_of("gemini-3-pro-image", "", words, true, Billed::maybe) == Price{1, 0, 0, 134'200'000});
  CHECK(price_of("gemini-3-pro-image", "", words, false, Billed::unknown) == Price{1, 0, 0, 200'000});
  CHECK(price_of("a-model-of-nobody", "4K", image, true, Billed::yes) == Price{1, 1230, 0, 0});
}

TEST_CASE("The mock's answers are billed as their row says", "[mock][verdict]") {
  // "a cat" is one token of input.
  CHECK(price_in_the_mock("ok-image", sized("1K")) == Price{1, 1121, 134'002'000, 134'002'000});
  CHECK(price_in_the_mock("ok-image", sized("4K")) == Price{1, 2001, 240'002'000, 240'002'000});
  CHECK(price_in_the_mock("ok-thought-image", sized("1K")) == Price{1, 1361, 136'882'000, 136'882'000});  // 240 tokens of thoughts
  CHECK(price_in_the_mock("truncated-json", sized("1K")) == Price{1, 1121, 134'002'000, 134'002'000});
  CHECK(price_in_the_mock("prompt-blocked-safety", sized("1K")) == Price{1, 1, 2000, 2000});
  CHECK(price_in_the_mock("image-safety", sized("4K")) == Price{1, 0, 0, 240'002'000});
  CHECK(price_in_the_mock("deadline-504", sized("1K")) == Price{1, 0, 0, 134'002'000});
  CHECK(price_in_the_mock("high-demand", sized("1K")) == Price{1, 0, 0, 0});
  CHECK(price_in_the_mock("ok-image", sized("1K"), "free") == Price{1, 0, 0, 0});
}

TEST_CASE("A finding costs what its requests cost, good answers apart, and the run is useful or wasted", "[mock][verdict]") {
  const ClientVerdict seen = verdict(
      {asked(0s, "image-safety"), asked(9s, "image-safety"), asked(19s, "image-safety"), asked(29s, "ok-image") | in_other_words()});
  REQUIRE(seen.findings.size() == 1);
  CHECK(seen.findings[0].price == Price{2, 20, 2000, 6000});
  CHECK(seen.useful == Price{1, 10, 1000, 3000});
  CHECK(seen.wasted == Price{3, 30, 3000, 9000});
  const ClientVerdict served = verdict({asked(0s, "ipm") | hint(30s), asked(1s, "ok-image")});
  REQUIRE(served.findings.size() == 1);
  CHECK(served.findings[0].price == Price{1, 0, 0, 0});
  const ClientVerdict bought = verdict({asked(0s, "image-safety"), asked(1s, "ok-image") | to("gemini-nano-banana-2.1")});
  REQUIRE(bought.findings.size() == 1);
  CHECK(bought.findings[0].price == Price{1, 10, 1000, 3000});  // an image that nobody should have asked for
}

TEST_CASE("The verdict's page tells names, meanings, requests and dollars", "[mock][verdict]") {
  ClientVerdict seen = verdict({asked(0s, "prompt-blocked-safety"), asked(9s, "prompt-blocked-safety")});
  seen.findings[0].price.nanodollars = 134 * dollar / 1000;
  const auto page = ductile::mock::verdict_json(seen);
  CHECK_FALSE(page.at("clean").as_bool());
  const auto& finding = page.at("findings").at(0);
  CHECK(finding.at("name") == "paid_twice_for_blocked_prompt");
  CHECK(finding.at("meaning").as_string().ends_with("."));
  CHECK(finding.at("count") == 1);
  CHECK(finding.at("requests").at(0).at("number") == 2);
  CHECK(finding.at("requests").at(0).at("after") == 1);
  CHECK(finding.at("price").at("dollars").as_double() == 0.134);
  CHECK(page.at("totals").at("requests") == 2);
  CHECK(page.at("totals").at("wasted").at("tokens") == 20);
  CHECK(ductile::mock::verdict_json(verdict({})).at("clean").as_bool());
}

TEST_CASE("Memory is bounded and counts are not: proofs, jobs and images are forgotten, what was found stays", "[mock][verdict]") {
  Judge judge{10};
  std::uint64_t number = 0;
  const auto see = [&](Entry entry) {
    entry.number = ++number;
    judge.see(entry);
  };
  for (int i = 0; i < 500; ++i) see(asked(i * 1min, "api-key-invalid"));
  CHECK(judge.verdict().count(ductile::mock::Fault::retried_non_retryable) == 499);
  CHECK(judge.verdict().findings[0].proofs.size() == ductile::mock::Finding::most_proofs);
  CHECK(judge.verdict().findings[0].proofs.front() == ductile::mock::Proof{2, 1});
  CHECK(judge.verdict().findings[0].price.requests == 499);

  for (std::uint64_t job = 2; job <= 1000; ++job) see(asked(10h, "high-demand") | for_job(job));
  CHECK(judge.verdict().count(ductile::mock::Fault::gave_up_early) == 10);  // of the jobs that are remembered
  see(asked(600min, "api-key-invalid"));                                    // the first one is forgotten: this is a new one
  CHECK(judge.verdict().count(ductile::mock::Fault::retried_non_retryable) == 499);
  for (int model = 0; model < 100; ++model) see(asked(11h, "model-not-found") | to("model-" + std::to_string(model)));
  CHECK(judge.verdict().wasted.requests == number);

  ductile::mock::Signatures signatures{10};
  for (std::uint64_t picture = 1; picture <= 11; ++picture) signatures.give(picture, picture);
  CHECK_FALSE(signatures.belies(1, 99));  // forgotten
  CHECK(signatures.belies(2, 99));
  CHECK_FALSE(signatures.belies(2, 2));
  CHECK_FALSE(signatures.belies(77, 99));  // never given: from the real service, or another day
  for (std::uint64_t signature = 100; signature < 200; ++signature) signatures.give(11, signature);
  CHECK_FALSE(signatures.belies(11, 5));  // given with more than are kept
}

TEST_CASE("The engine knows an image that comes back without its signature, or with another's", "[mock][verdict]") {
  const auto conversation = [](const boost::json::value& picture, const std::string& signature) {
    ductile::mock::Request request = asking::for_image("a cat");
    boost::json::object part{{"inlineData", {{"mimeType", "image/png"}, {"data", picture}}}};
    if (!signature.empty()) part["thoughtSignature"] = signature;
    const auto words = [](const char* text) {
      return boost::json::object{{"role", "user"}, {"parts", boost::json::array{boost::json::object{{"text", text}}}}};
    };
    request.body = boost::json::serialize(boost::json::object{
        {"contents", boost::json::array{words("a cat"), boost::json::object{{"role", "model"}, {"parts", boost::json::array{part}}},
                                        words("make it bluer")}}});
    return request;
  };
  Engine engine{EngineOptions{.start = start}};
  const auto drawn = asking::json_of(engine.answer(asking::for_image("a cat"), start));
  const auto& part = drawn.at("candidates").at(0).at("content").at("parts").at(0);
  const auto& picture = part.at("inlineData").at("data");
  const auto lost_after = [&](const ductile::mock::Request& request) {
    (void)engine.answer(request, start + 1min);
    return engine.verdict().count(ductile::mock::Fault::lost_thought_signature);
  };
  CHECK(lost_after(conversation(picture, std::string{part.at("thoughtSignature").as_string()})) == 0);
  CHECK(lost_after(conversation(picture, "c29tZXRoaW5nIGVsc2U=")) == 1);
  CHECK(lost_after(conversation(picture, "")) == 2);
  const auto elsewhere = ductile::gemini::encode_base64(ductile::mock::draw_png("a dog", 99, {64, 64}));
  CHECK(lost_after(conversation(boost::json::string{elsewhere}, "ZnJvbSBlbHNld2hlcmU=")) == 2);
  CHECK(lost_after(conversation(boost::json::string{elsewhere}, "")) == 2);  // refused, but not an image of the mock's
}
