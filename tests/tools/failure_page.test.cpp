// SPDX-License-Identifier: BSL-1.0
#include "../../tools/failure_pages/index.hpp"
#include "../../tools/failure_pages/page.hpp"
#include "../../tools/failure_pages/transport_words.hpp"
#include "../../tools/failure_pages/what_follows.hpp"
#include "../support/catch.hpp"

#include <ductile/core/kind.hpp>
#include <ductile/gemini/failures.hpp>
#include <ductile/gemini/kind_advice.hpp>
#include <ductile/gemini/redact.hpp>

#include <chrono>
#include <string>
#include <string_view>

using namespace ductile;
using namespace ductile::failure_pages;
using namespace std::chrono_literals;

namespace {

gemini::FailureRow row_of(std::string_view id) { return *gemini::find_failure(id); }

std::string page_of(std::string_view id) { return failure_page(row_of(id)); }

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string without(std::string page, std::string_view begin, std::string_view end) {
  const std::size_t from = page.find(begin) + begin.size();
  return page.erase(from, page.find(end, from) - from);
}

}  // namespace

TEST_CASE("Each failure has a page on which nothing is missing, and the index leads to it", "[docs]") {
  const std::string index = failure_index();
  for (const gemini::FailureRow& row : gemini::failures) {
    CAPTURE(row.id.text());
    CHECK(joined(faults_of_page(failure_page(row))).empty());
    CHECK(index.find("(" + std::string{row.id.text()} + ".md)") != std::string::npos);
  }
}

TEST_CASE("A row with an empty field makes a page with a fault", "[docs]") {
  for (const std::string_view id : {"rpd-free", "image-safety", "dns-failure", "overloaded"}) {
    CAPTURE(id);
    gemini::FailureRow row = row_of(id);
    row.cause = "";
    CHECK(joined(faults_of_page(failure_page(row))).find("the first sentence is not whole") != std::string::npos);
    row = row_of(id);
    row.fix = "";
    CHECK(joined(faults_of_page(failure_page(row))).find("step 1 is empty") != std::string::npos);
  }
}

TEST_CASE("A page without a section, or with an empty one, has a fault", "[docs]") {
  const std::string page = page_of("rpd-free");
  REQUIRE(faults_of_page(page).empty());
  CHECK(joined(faults_of_page(without(page, "## Why\n", "## What to do"))) == "the section 'Why' is empty\n");
  CHECK(joined(faults_of_page(without(page, "## Reproduce\n", "[All failures]"))) == "the section 'Reproduce' is empty\n");
  CHECK(joined(faults_of_page(without(page, "## What to do\n", "## Reproduce"))).find("in their order") != std::string::npos);
  CHECK(joined(faults_of_page(without(page, "| 429 RESOURCE_EXHAUSTED |", " `next_day`"))).find("a cell is empty") == std::string::npos);
  CHECK(joined(faults_of_page(without(page, "| 429 RESOURCE_EXHAUSTED | `", "` | `next_day`"))).find("a cell is empty") !=
        std::string::npos);
}

TEST_CASE("The links of a page lead to other failures, to the index, or to what the index leads to", "[docs]") {
  for (const gemini::FailureRow& row : gemini::failures) {
    CAPTURE(row.id.text());
    const std::string page = failure_page(row);
    std::size_t links = 0;
    for (std::size_t at = page.find("]("); at != std::string::npos; at = page.find("](", at + 1)) {
      const std::string link = page.substr(at + 2, page.find(')', at) - at - 2);
      CAPTURE(link);
      ++links;
      const bool of_failure = link.ends_with(".md") && gemini::find_failure(std::string_view{link}.substr(0, link.size() - 3));
      CHECK((of_failure || link == "README.md" || link == "../sdk-retries.md"));
    }
    CHECK(links >= 1);
  }
}

TEST_CASE("A failure below HTTP has its words, and no other has", "[docs]") {
  for (const TransportWords& words : transport_words) {
    CAPTURE(words.id);
    REQUIRE(gemini::find_failure(words.id));
    CHECK(row_of(words.id).group == 'G');
  }
}

TEST_CASE("No page holds what looks like a key, and none says how to get something past a filter", "[docs]") {
  for (const gemini::FailureRow& row : gemini::failures) {
    CAPTURE(row.id.text());
    const std::string page = failure_page(row);
    CHECK(gemini::redacted(page) == page);
    if (!is_about_content(row.kind)) continue;
    const std::string_view advice =
        std::string_view{page}.substr(page.find("## What to do"), page.find("## What ductile") - page.find("## What to do"));
    for (const std::string_view word : {"loosen", "BLOCK_NONE", "eword", "ephrase", "another provider", "ynonym", "ircumvent", "ypass"}) {
      CAPTURE(word);
      CHECK(advice.find(word) == std::string_view::npos);
    }
    CHECK(advice.find("another model") == advice.rfind("another model"));  // once, where it says not to
  }
}

TEST_CASE("A page that says not to try again has no step that waits for another try to pass", "[docs]") {
  std::size_t stay = 0;
  for (const gemini::FailureRow& row : gemini::failures) {
    CAPTURE(row.id.text());
    const std::string page = failure_page(row);
    const auto& advice = gemini::advice_for(row.kind);
    for (const std::string_view step : advice.where_it_passes) {
      if (step.empty()) continue;
      stay += row.remedy == Remedy::never ? 1 : 0;
      CHECK((page.find(step) == std::string::npos) == (row.remedy == Remedy::never));
    }
  }
  CHECK(stay > 5);
}

TEST_CASE("A page shows the answer to the command that it gives, and a batch is asked for by its own path", "[docs]") {
  CHECK(page_of("stop-no-parts").find("\"promptTokenCount\": 3,") != std::string::npos);  // "A lighthouse"
  const std::string batch = page_of("batch-get-503");
  CHECK(batch.find("curl -i 'http://127.0.0.1:8080/v1beta/batches/a-batch' \\\n  -H 'x-ductile-scenario: batch-get-503'\n") !=
        std::string::npos);
  CHECK(batch.find("Kind `timeout`, remedy `never`") != std::string::npos);
  CHECK(batch.find("takes it for the other") != std::string::npos);
}

TEST_CASE("The questions lead to every status of an error", "[docs]") {
  const std::string index = failure_index();
  const std::string questions = index.substr(0, index.find("## By status"));
  for (const gemini::FailureRow& row : gemini::failures) {
    CAPTURE(row.id.text());
    if (row.http_status >= 400) CHECK(questions.find(std::to_string(row.http_status)) != std::string::npos);
  }
}

TEST_CASE("What follows is read from the policies", "[docs]") {
  const auto follows = [](std::string_view id) { return what_follows(verdict_of(row_of(id))); };

  const WhatFollows full = follows("overloaded");
  CHECK(full.tries_with_another_left == 2);
  CHECK(full.tries_on_the_last == 5);
  CHECK(full.asks_the_next);
  CHECK(full.begins_anew);
  CHECK(full.breaker_counts);
  CHECK(full.counts_request);
  CHECK_FALSE(full.counts_image);

  const WhatFollows withheld = follows("prompt-blocked-safety");
  CHECK(withheld.tries_with_another_left == 1);
  CHECK_FALSE(withheld.asks_the_next);
  CHECK_FALSE(withheld.begins_anew);
  CHECK_FALSE(withheld.breaker_counts);

  CHECK_FALSE(follows("spend-cap-monthly").asks_the_next);
  CHECK(follows("limit-zero").asks_the_next);
}

TEST_CASE("What one call learnt of a target keeps the others from it, as long as the policies say", "[docs]") {
  Verdict spent = verdict_of(row_of("rpd-free"));
  spent.dimension = QuotaDimension::requests_per_day;
  spent.limit = 20;
  REQUIRE(what_follows(spent).closed_for);
  CHECK(*what_follows(spent).closed_for > 10h);  // from noon in Greenwich to midnight in California

  Verdict hinted = verdict_of(row_of("overloaded"));
  hinted.hint = 40s;
  REQUIRE(what_follows(hinted).closed_for);
  CHECK(*what_follows(hinted).closed_for <= 40s);
  CHECK_FALSE(what_follows(verdict_of(row_of("overloaded"))).closed_for);
}
