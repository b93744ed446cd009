// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/verdict/judge.hpp>

#include "../support/catch.hpp"
#include "history.hpp"

#include <chrono>
#include <vector>

using namespace history;
using namespace std::chrono_literals;

namespace {

void check_endings(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    INFO(each.what);
    CHECK(findings(each.entries) == each.found);
  }
}

Entry numbered(Entry entry, std::uint64_t number) {
  entry.number = number;
  return entry;
}

const std::string other_model = "gemini-nano-banana-2.1";

}  // namespace

TEST_CASE("Stopping early at what waiting cures is found once the run is over", "[mock][verdict]") {
  check_endings({{"once, and never again", {asked(0s, "high-demand")}, "gave_up_early 1"},
                 {"once, and it took three minutes", {asked(0s, "deadline-504") | takes(3min)}, "gave_up_early 1"},
                 {"three times in three seconds", {asked(0s, "internal"), asked(1s, "internal"), asked(3s, "internal")}, "gave_up_early 3"},
                 {"a full minute", {asked(0s, "rpm-paid") | hint(20s)}, "gave_up_early 1"},
                 {"one job after the other",
                  {asked(0s, "high-demand"), asked(1s, "high-demand") | for_job(2), asked(60s, "high-demand") | for_job(3)},
                  "gave_up_early 1, 2, 3"},
                 {"each job by itself", {asked(0s, "high-demand"), asked(0s, "high-demand") | for_job(2)}, "gave_up_early 1, 2"},
                 {"one project after the other, in three seconds",
                  {asked(0s, "high-demand"), asked(1s, "rpm-paid") | of_project(8), asked(2s, "internal") | of_project(9)},
                  "gave_up_early 3"},
                 // Near misses.
                 {"another project drew it", {asked(0s, "rpm-paid"), asked(1s, "ok-image") | of_project(8)}, ""},
                 {"another project had drawn it", {asked(0s, "ok-image") | of_project(8), asked(1s, "high-demand")}, ""},
                 {"another project withheld it", {asked(0s, "high-demand"), asked(1s, "image-safety") | of_project(8)}, ""},
                 {"it tried for ten seconds, with two projects", {asked(0s, "internal"), asked(10s, "internal") | of_project(8)}, ""},
                 {"it tried for ten seconds", {asked(0s, "internal"), asked(3s, "internal"), asked(10s, "internal")}, ""},
                 {"it may wait its turn, while a job beside it goes on",
                  {asked(0s, "high-demand") | for_job(2), asked(1s, "high-demand"), asked(61s, "ok-image") | for_job(2)},
                  ""},
                 {"or it has waited less than that",
                  {asked(0s, "high-demand") | for_job(2), asked(1s, "high-demand"), asked(60s, "ok-image") | for_job(2)},
                  "gave_up_early 2"},
                 {"it was drawn in the end", {asked(0s, "high-demand"), asked(3s, "ok-image")}, ""},
                 {"another model drew it", {asked(0s, "high-demand"), asked(1s, "ok-image") | to(other_model)}, ""},
                 {"no waiting cures it", {asked(0s, "api-key-invalid")}, ""},
                 {"tomorrow is not now", {asked(0s, "rpd-free")}, ""},
                 {"it was withheld", {asked(0s, "high-demand"), asked(3s, "image-safety")}, ""},
                 {"a picture that was rolled twice", {asked(0s, "no-image"), asked(3s, "no-image")}, ""}});
}

TEST_CASE("Taking a cut answer for a whole one is found once the run is over", "[mock][verdict]") {
  check_endings(
      {{"half a body", {asked(0s, "truncated-json")}, "accepted_truncated_stream 1"},
       {"no finish reason", {asked(0s, "high-demand"), asked(20s, "sse-no-finish")}, "accepted_truncated_stream 2"},
       {"an error at the end of a 200", {asked(0s, "sse-error-tail-raw")}, "accepted_truncated_stream 1"},
       // Near misses.
       {"it asked again", {asked(0s, "truncated-json"), asked(3s, "ok-image")}, ""},
       {"it asked another project", {asked(0s, "truncated-json"), asked(3s, "ok-image") | of_project(8)}, ""},
       {"and knows such answers from there", {asked(0s, "truncated-json"), asked(3s, "sse-no-finish") | of_project(8)}, ""},
       {"it gave up, but it knows such answers", {asked(0s, "sse-no-finish"), asked(3s, "sse-no-finish"), asked(20s, "sse-no-finish")}, ""},
       {"the same error with its own status was seen by everybody",
        {asked(0s, "sse-error-event") | [](Entry& entry) { entry.status = 503; }},
        "gave_up_early 1"},
       {"a reset is seen by everybody", {asked(0s, "reset-mid-body")}, "gave_up_early 1"}});
}

TEST_CASE("Taking an answer without an image for one is found once the run is over", "[mock][verdict]") {
  check_endings(
      {{"nothing in it", {asked(0s, "candidates-empty")}, "accepted_no_image 1"},
       {"a finish reason that says so", {asked(0s, "no-image")}, "accepted_no_image 1"},
       {"words instead", {asked(0s, "text-only-stop")}, "accepted_no_image 1"},
       {"words, as if they had been asked for", {asked(0s, "ok-text-only")}, "accepted_no_image 1"},
       // Near misses.
       {"it asked again", {asked(0s, "no-image"), asked(3s, "ok-image")}, ""},
       {"it asked another project", {asked(0s, "text-only-stop"), asked(3s, "ok-image") | of_project(8)}, ""},
       {"it may wait its turn", {asked(0s, "high-demand") | for_job(2), asked(1s, "no-image"), asked(2min, "ok-image") | for_job(2)}, ""},
       {"it answered in the same chat", {asked(0s, "text-only-stop"), asked(3s, "ok-image") | for_job(2) | after_job(1)}, ""},
       {"it answered, and gets words again",
        {asked(0s, "text-only-stop"), asked(3s, "ok-text-only") | for_job(2) | after_job(1)},
        "accepted_no_image 2"},
       {"another chat went on", {asked(0s, "text-only-stop"), asked(3s, "ok-image") | for_job(2) | after_job(3)}, "accepted_no_image 1"},
       {"somebody of another project went on",
        {asked(0s, "text-only-stop"), asked(3s, "ok-image") | for_job(2) | after_job(1) | of_project(8)},
        "accepted_no_image 1"},
       {"words were asked for", {asked(0s, "ok-text-only") | words_only()}, ""},
       {"what was withheld is no oversight", {asked(0s, "image-safety")}, ""},
       {"nor what no repeat changes", {asked(0s, "max-tokens-no-image")}, ""}});
}

TEST_CASE("Holding a silent answer for more than five minutes is found, and a client that leaves before is not accused of anything",
          "[mock][verdict]") {
  Entry silent = numbered(asked(0s, "idle-timeout") | takes(3min), 1);
  silent.silent = true;
  Judge judge;
  judge.see(silent);
  judge.held(silent, 5min + 1s);  // the limit that is advised, and how late it fires
  judge.left(silent);
  CHECK(findings(judge.verdict()).empty());
  judge.held(silent, 5min + 30s);
  CHECK(findings(judge.verdict()) == "no_read_timeout 1");
}

TEST_CASE("A client that broke off knows nothing of the answer, and need not heed it", "[mock][verdict]") {
  const Entry slow = numbered(asked(0s, "api-key-invalid") | takes(1min), 1);
  const Entry again = numbered(asked(2min, "ok-image"), 2);
  Judge gone;
  gone.see(slow);
  gone.left(slow);
  gone.see(again);
  CHECK(findings(gone.verdict()).empty());
  CHECK(findings({slow, again}) == "retried_non_retryable 2<1");
}

TEST_CASE("An image that comes back without its thought signature is found", "[mock][verdict]") {
  const auto lost = [](Entry& entry) { entry.lost_signature = true; };
  check_endings({{"it was refused for it", {asked(0s, "thought-signature-missing") | lost}, "lost_thought_signature 1"},
                 {"it was served all the same", {asked(0s, "ok-image") | lost}, "lost_thought_signature 1"},
                 {"it is there", {asked(0s, "ok-image")}, ""}});
}
