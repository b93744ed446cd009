// SPDX-License-Identifier: BSL-1.0
#include <ductile/tools/doctor_policy.hpp>

#include "../support/catch.hpp"

#include <ductile/ductile.hpp>
#include <ductile/gemini/failures.hpp>
#include <ductile/tools/doctor_diagnosis.hpp>
#include <ductile/tools/doctor_input.hpp>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Every pipeline that the doctor can print, but for names of models and figures: compiled here, and compared below with what it prints.
#include "doctor_policies.inc"

using namespace ductile;
using namespace ductile::tools;

namespace {

std::vector<PolicyNeeds> all_needs() {
  std::vector<PolicyNeeds> all;
  for (const bool targets : {false, true})
    for (const bool quota : {false, true})
      for (const int retry : {0, 1, 2}) all.push_back({.retry = retry > 0, .breaker = retry > 1, .quota = quota, .targets = targets});
  return all;
}

std::string printed() {
  FailureMix mix;
  mix.add(
      diagnose(answers_of("Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 15, "
                          "model: gemini-3-pro-image\nquotaId: GenerateRequestsPerMinutePerProjectPerModel-FreeTier")
                   .front()));
  std::string text;
  std::size_t number = 0;
  for (const PolicyNeeds& needs : all_needs())
    text += "namespace printed_" + std::to_string(++number) + " {\n" + tools::detail::pipeline_text(needs, mix) + "}\n";
  return text;
}

FailureMix mix_of_pastes(const std::vector<std::string_view>& pastes) {
  FailureMix mix;
  for (const std::string_view paste : pastes) mix.add(diagnose(answers_of(paste).front()));
  return mix;
}

}  // namespace

TEST_CASE("What the doctor prints as a pipeline compiles, and its options are in their ranges", "[doctor]") {
  const std::string path = DUCTILE_TEST_DATA "/../tools/doctor_policies.inc";
  if (std::getenv("DUCTILE_WRITE_POLICIES")) std::ofstream{path} << printed();
  std::ifstream file{path};
  INFO("run this case with DUCTILE_WRITE_POLICIES=1 in the environment, and build again");
  CHECK(std::string{std::istreambuf_iterator<char>{file}, {}} == printed());
  CHECK_NOTHROW((printed_1::make_pipeline(), printed_2::make_pipeline(), printed_3::make_pipeline(), printed_4::make_pipeline(),
                 printed_5::make_pipeline(), printed_6::make_pipeline(), printed_7::make_pipeline(), printed_8::make_pipeline(),
                 printed_9::make_pipeline(), printed_10::make_pipeline(), printed_11::make_pipeline(), printed_12::make_pipeline()));
}

TEST_CASE("Every failure of the table leads to one of these pipelines, and what is withheld to none that repeats it", "[doctor]") {
  const auto known = all_needs();
  for (const gemini::FailureRow& row : gemini::failures) {
    CAPTURE(row.id.text());
    const PolicyNeeds needs = needs_of(row.kind, row.remedy);
    CHECK(std::ranges::find(known, needs) != known.end());
    if (is_about_content(row.kind) && row.remedy != Remedy::immediately) CHECK_FALSE(needs.any());
    if (row.remedy == Remedy::never) CHECK_FALSE(needs.retry);
  }
}

TEST_CASE("A mix is answered by its parts, with figures where they were told, and says what no policy mends", "[doctor]") {
  const std::string text = policy_text(mix_of_pastes(
      {"503 overloaded", "503 overloaded", "API key not valid",
       R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":)"
       R"("GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"50","quotaDimensions":{"model":"gemini-3-pro-image"}}]}]}})"}));
  using Catch::Matchers::ContainsSubstring;
  CHECK_THAT(text, ContainsSubstring("//   2 overloaded: FallbackChain, Retry, CircuitBreaker\n"));
  CHECK_THAT(text, ContainsSubstring("//   1 rpd-free: FallbackChain, QuotaTracker\n"));
  CHECK_THAT(text, ContainsSubstring("does not repeat:\n//   1 api-key-invalid: Replace the key.\n"));
  CHECK_THAT(text, ContainsSubstring("ductile::per_day(50, ductile::pacific)"));
  CHECK_THAT(text, ContainsSubstring("ductile::per_minute(std::nullopt)"));
  CHECK_THAT(text, ContainsSubstring(".targets = {{.name = \"gemini-3-pro-image\""));

  const std::string none = policy_text(mix_of_pastes({"API key not valid"}));
  for (const std::string_view policy : {"Retry{", "FallbackChain{", "CircuitBreaker{", "QuotaTracker{"})
    CHECK(none.find(policy) == std::string::npos);
  CHECK_THAT(none, ContainsSubstring("ductile::AttemptTimeout{180s}"));
}

TEST_CASE("Of a log's records only those count that tell of a failure", "[doctor]") {
  std::string log;
  for (int i = 0; i < 20; ++i) log += "2026-11-29T08:00:02Z INFO image-worker[2] HTTP 200 OK 8123 ms saved out.png\n";
  for (const std::string_view innocent :
       {"order 503 shipped", "read 429 bytes in 500 ms", "quota page opened by user", "safety training at 4:00", "timeout=30 retries=3",
        "GET /blocked 200 12ms", "model gemini-3-pro-image overloaded=false", "no error", "0 failures, 404 users",
        "finish_reason=STOP images=1"})
    log += "2026-11-29 08:00:00 INFO " + std::string{innocent} + "\n";
  CHECK(mix_of(answers_of(log)).sorts().empty());
  log += "2026-11-29 08:00:01 ERROR 503 UNAVAILABLE. The model is overloaded. Please try again later.\n";
  const auto sorts = mix_of(answers_of(log)).sorts();
  REQUIRE(sorts.size() == 1);
  CHECK(sorts[0].id == "overloaded");
  CHECK(mix_of(answers_of("503 overloaded")).is_known());
}
