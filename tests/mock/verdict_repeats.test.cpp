// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/verdict/judge.hpp>

#include "../support/catch.hpp"
#include "history.hpp"

#include <chrono>
#include <vector>

using namespace history;
using namespace std::chrono_literals;

namespace {

void check_repeats(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    INFO(each.what);
    CHECK(findings(each.entries) == each.found);
  }
}

const std::string flash_model = "gemini-nano-banana-2.1";

}  // namespace

TEST_CASE("A client that waits, changes its target and gives up in time is clean", "[mock][verdict]") {
  check_repeats({{"waits that grow", {asked(0s, "high-demand"), asked(5s, "high-demand"), asked(20s, "ok-image")}, ""},
                 {"another model while this one is full", {asked(0s, "rpm-paid") | hint(30s), asked(1s, "ok-image") | to(flash_model)}, ""},
                 {"the hint is waited out", {asked(0s, "rpm-paid") | hint(30s), asked(30s, "ok-image")}, ""},
                 {"two prompts that are withheld", {asked(0s, "image-safety"), asked(1s, "image-safety") | for_job(2)}, ""},
                 {"nothing at all", {}, ""}});
}

TEST_CASE("Sending the same again after what will never change is found", "[mock][verdict]") {
  check_repeats(
      {{"a wrong key", {asked(0s, "api-key-invalid"), asked(9s, "api-key-invalid")}, "retried_non_retryable 2<1"},
       {"a model that is gone", {asked(0s, "model-retired-listed"), asked(9s, "model-retired-listed")}, "retried_non_retryable 2<1"},
       {"each time counts", {asked(0s, "limit-zero"), asked(9s, "limit-zero"), asked(19s, "limit-zero")}, "retried_non_retryable 2<1, 3<2"},
       {"what was turned away before its prompt was read is told by its body",
        {asked(0s, "unknown-field") | [](Entry& entry) { entry.job = 0; },
         asked(9s, "unknown-field") | [](Entry& entry) { entry.job = 0; }},
        "retried_non_retryable 2<1"},
       // Near misses.
       {"another key", {asked(0s, "api-key-invalid"), asked(9s, "ok-image") | with_key(8)}, ""},
       {"another body", {asked(0s, "aspect-ratio-invalid"), asked(9s, "ok-image") | in_other_words()}, ""},
       {"another model", {asked(0s, "limit-zero"), asked(9s, "limit-zero") | to(flash_model)}, ""},
       {"another project of the same prompt", {asked(0s, "billing-disabled"), asked(9s, "ok-image") | of_project(8)}, ""},
       {"the answer was still on its way", {asked(0s, "api-key-invalid") | takes(10s), asked(9s, "api-key-invalid")}, ""},
       {"what passes may be asked again", {asked(0s, "internal"), asked(9s, "ok-image")}, ""}});
}

TEST_CASE("An answer of another tier or model that has its image is what was asked for", "[mock][verdict]") {
  for (const char* const id : {"tier-downgraded", "model-substituted"}) {
    CAPTURE(id);
    check_repeats({{"again", {asked(0s, id) | with_image(), asked(30s, id) | with_image()}, ""},
                   {"without the image it is none", {asked(0s, id), asked(30s, id)}, "retried_non_retryable 2<1"}});
    const ductile::mock::Entry kept = asked(0s, id) | with_image();
    CHECK(ductile::mock::answered(kept).good);
    CHECK(ductile::mock::waste_of(kept).nanodollars == 0);
  }
}

TEST_CASE("Asking on a day that is spent is found, and told apart from coming too early to the next one", "[mock][verdict]") {
  // It is 10:00 in California; midnight is in 14 hours.
  check_repeats({{"an hour later", {asked(0s, "rpd-free"), asked(1h, "rpd-free")}, "retried_spent_day 2<1"},
                 {"after the lie of seconds", {asked(0s, "rpd-free") | hint(9s), asked(10s, "rpd-free")}, "retried_spent_day 2<1"},
                 {"every five minutes to the end of the day",
                  {asked(13h + 40min, "rpd-free"), asked(13h + 45min, "rpd-free"), asked(13h + 50min, "rpd-free")},
                  "retried_spent_day 2<1, 3<2"},
                 {"a minute before midnight, from half an hour before",
                  {asked(13h + 30min, "rpd-free"), asked(13h + 59min, "rpd-free")},
                  "crossed_reset_early 2<1"},
                 {"two seconds before midnight", {asked(0s, "rpd-paid"), asked(14h - 2s, "rpd-paid")}, "crossed_reset_early 2<1"},
                 {"an hour too early, by the other half of the year",
                  {asked(0s, "tpd-free"), asked(13h + 1s, "tpd-free")},
                  "crossed_reset_early 2<1"},
                 {"at midnight in London", {asked(0s, "rpd-free"), asked(6h, "rpd-free")}, "retried_spent_day 2<1"},
                 // Near misses.
                 {"two seconds after midnight", {asked(0s, "rpd-free"), asked(14h + 2s, "ok-image")}, ""},
                 {"another model", {asked(0s, "rpd-free"), asked(1h, "ok-image") | to(flash_model)}, ""},
                 {"another prompt, whose program need not know", {asked(0s, "rpd-free"), asked(1h, "rpd-free") | for_job(2)}, ""}});
}

TEST_CASE("Coming before the hint is found, on the model that gave it", "[mock][verdict]") {
  check_repeats({{"a second too early", {asked(0s, "ipm") | hint(30s), asked(29s, "ok-image")}, "retry_before_hint 2<1"},
                 {"it counts from the answer, not from the request",
                  {asked(0s, "ipm") | hint(30s) | takes(5s), asked(34s, "ok-image")},
                  "retry_before_hint 2<1"},
                 // Near misses.
                 {"at the second", {asked(0s, "ipm") | hint(30s), asked(30s, "ok-image")}, ""},
                 {"meanwhile another model",
                  {asked(0s, "ipm") | hint(30s), asked(5s, "high-demand") | to(flash_model), asked(40s, "ok-image")},
                  ""}});
}

TEST_CASE("Taking a limit to another key of its project is found", "[mock][verdict]") {
  check_repeats(
      {{"within the minute", {asked(0s, "rpm-paid"), asked(5s, "ok-image") | with_key(8)}, "switched_key_same_project 2<1"},
       {"before the hint", {asked(0s, "rpm-paid") | hint(3min), asked(2min, "ok-image") | with_key(8)}, "switched_key_same_project 2<1"},
       {"on the same day", {asked(0s, "rpd-paid"), asked(3h, "rpd-paid") | with_key(8)}, "switched_key_same_project 2<1"},
       {"a limit of zero", {asked(0s, "limit-zero"), asked(30h, "limit-zero") | with_key(8)}, "switched_key_same_project 2<1"},
       // Near misses.
       {"the hint is over", {asked(0s, "rpm-paid") | hint(20s), asked(20s, "ok-image") | with_key(8)}, ""},
       {"the minute is over", {asked(0s, "rpm-paid"), asked(61s, "ok-image") | with_key(8)}, ""},
       {"a day later", {asked(0s, "rpd-paid"), asked(15h, "ok-image") | with_key(8)}, ""},
       {"a key of another project", {asked(0s, "rpd-paid"), asked(5s, "ok-image") | with_key(8) | of_project(8)}, ""},
       {"overload is no limit", {asked(0s, "high-demand"), asked(5s, "ok-image") | with_key(8)}, ""}});
}

TEST_CASE("Taking to another model what one has refused for its content is found", "[mock][verdict]") {
  check_repeats(
      {{"withheld", {asked(0s, "image-safety"), asked(1s, "ok-image") | to(flash_model)}, "fell_back_on_safety 2<1"},
       {"prohibited", {asked(0s, "prompt-blocked-prohibited"), asked(1s, "ok-image") | to(flash_model)}, "fell_back_on_safety 2<1"},
       {"one fault a request, however many have refused",
        {asked(0s, "image-safety"), asked(1s, "image-safety") | to(flash_model), asked(2s, "ok-image") | to("gemini-3.1-flash-image")},
        "fell_back_on_safety 2<1, 3<1"},
       // Near misses.
       {"no verdict on the content", {asked(0s, "no-image"), asked(1s, "ok-image") | to(flash_model)}, ""},
       {"another prompt", {asked(0s, "image-safety"), asked(1s, "ok-image") | to(flash_model) | for_job(2)}, ""},
       {"both were asked at once", {asked(0s, "image-safety") | takes(20s), asked(1s, "ok-image") | to(flash_model)}, ""}});
}

TEST_CASE("Paying again for a prompt that was blocked or withheld is found", "[mock][verdict]") {
  check_repeats(
      {{"withheld", {asked(0s, "image-safety"), asked(9s, "image-safety")}, "paid_twice_for_blocked_prompt 2<1"},
       {"blocked, whatever comes of it", {asked(0s, "prompt-blocked-safety"), asked(9s, "ok-image")}, "paid_twice_for_blocked_prompt 2<1"},
       // Near misses.
       {"with other safety settings", {asked(0s, "prompt-blocked-safety"), asked(9s, "ok-image") | in_other_words()}, ""},
       {"recitation may be rolled again", {asked(0s, "recitation"), asked(9s, "ok-image")}, ""}});
}

TEST_CASE("What a request asked for itself is no fault of the client, and costs nothing", "[mock][verdict]") {
  const ClientVerdict seen = verdict({asked(0s, "api-key-invalid") | on_demand(), asked(1s, "api-key-invalid") | on_demand()});
  CHECK(findings(seen).empty());
  CHECK(seen.wasted == ductile::mock::Price{});
}
