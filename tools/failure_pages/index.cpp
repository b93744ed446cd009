// SPDX-License-Identifier: BSL-1.0
#include "index.hpp"

#include "page.hpp"
#include "specimen.hpp"

#include <ductile/core/kind.hpp>        // kinds, name
#include <ductile/gemini/failures.hpp>  // failures, find_failure

#include <algorithm>
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::failure_pages {

namespace {

// Questions whose answers are on the page, from the outside in. `[id]` becomes the link to that page.
constexpr std::string_view tree = R"(1. **Is there an HTTP status at all?** No:
   - the name was not found: [dns-failure]; nobody listens: [connect-refused]; no connection: [connect-timeout]
   - a certificate or the handshake: [tls-failure]
   - cut off before an answer: [reset-before-headers], in order: [half-close-no-reply], on HTTP/2: [h2-goaway]
   - silence: [idle-timeout]; your own time was over: [client-deadline]
2. **Is the body a web page, or empty?** Then the service itself did not answer.
   - 200: [captive-200-html]; 3xx: [redirect-3xx]; 407: [proxy-auth-407]; 403: [proxy-block-page-403]
   - 404: [path-not-found-html]; 413: [body-too-large-413-html]; 502: [bad-gateway-html]; 524: [cloudflare-524]; empty 400: [empty-400]
3. **Is it a 200?** Then look into it, in this order:
   - it ends in the middle: [truncated-json], [reset-mid-body], [wrong-content-length], [bad-chunk-size]; it trickles: [slow-drip]
   - `promptFeedback.blockReason`: `SAFETY` [prompt-blocked-safety], `PROHIBITED_CONTENT` [prompt-blocked-prohibited],
     `IMAGE_SAFETY` [prompt-blocked-image-safety], `BLOCKLIST` [prompt-blocked-blocklist], `OTHER` [prompt-blocked-other]
   - `finishReason` that withholds: `IMAGE_SAFETY` [image-safety], `SAFETY` [safety-finish], `IMAGE_PROHIBITED_CONTENT` [image-prohibited]
     (with "third-party": [image-third-party]), `RECITATION` [recitation], `IMAGE_RECITATION` [image-recitation]
   - `finishReason` without an image: `NO_IMAGE` [no-image], `IMAGE_OTHER` [image-other], `MAX_TOKENS` [max-tokens-no-image]
   - `STOP`, and only words: [text-only-stop]; nothing at all: [stop-no-parts], [body-empty]; only a draft: [only-thought-image]
   - an image, but not the one asked for: [image-dimensions-mismatch], [model-substituted], [inline-data-corrupt]
   - a stream: an error in it [sse-error-event], after it [sse-error-tail-raw]; no finish reason [sse-no-finish]
4. **Is it a 429?** Read `details[].violations[].quotaId`, not the sentence: that is the same for a minute and a day.
   - `PerMinute`: [rpm-free], [rpm-paid], [tpm-free], [tpm-paid], [ipm]
   - `PerDay`: [rpd-free], [rpd-paid], [tpd-free]; several at once: [multi-violation]
   - `limit: 0`: [limit-zero], [limit-zero-paid]; in words: [limit-zero-words]
   - money: a cap [spend-cap-monthly], credit [prepay-depleted-429], spend in ten minutes [spend-rate]
   - "No capacity" or Vertex's "Resource exhausted": not your quota, [capacity-429], [vertex-dsq]
   - no details: [rate-generic], [quota-no-details], [rate-no-details-2026]
   - Chinese words, "Provider returned error": a gateway, [gateway-saturated], [openrouter-upstream]
5. **Is it a 5xx?**
   - 503 with "overloaded" or "high demand": no room, [overloaded], [high-demand]; with "Deadline expired": [deadline-503]
   - 503 without JSON: [envoy-503]; a 503 that never ends: [retired-503-gateway]
   - 500: [internal]; from a proxy: [gateway-hides-429]; 504: [deadline-504]; 501: [unimplemented-501]
6. **Is it a 400?** `API_KEY_INVALID` in it is the key, not the request: [api-key-invalid], [api-key-expired].
   - "location is not supported": [location-unsupported], without a billing account: [free-tier-region]
   - a field is named: [unknown-field], [aspect-ratio-invalid], [image-size-invalid], [base64-data-url]
   - "Request contains an invalid argument": [invalid-argument-generic]
7. **401, 402, 403?** The key is missing [key-missing], leaked [key-leaked], of the wrong sort [oauth-expected]; the API is off
   [service-disabled]; no money [prepay-depleted-402], [billing-disabled]; the project is suspended [consumer-suspended].
8. **404?** A model [model-not-found], one that was retired [model-retired-listed], something else [entity-not-found].
9. **Another 4xx?** 408, too slow an upload: [request-timeout-408]; 409: [aborted-409]; 413, too large: [body-too-large-413];
   414, the prompt in the URL: [uri-too-long-414]; 416: [out-of-range-416]; 499, the client or the service gave up: [cancelled-499].
)";

std::string link(std::string_view id) { return "[`" + std::string{id} + "`](" + std::string{id} + ".md)"; }

std::string with_links(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t open = text.find('[');
    out.append(text.substr(0, open));
    if (open == text.npos) return out;
    text.remove_prefix(open + 1);
    const std::string_view id = text.substr(0, text.find(']'));
    if (id.empty()) {  // "details[]"
      out += '[';
      continue;
    }
    if (!gemini::find_failure(id)) throw std::logic_error{"the tree of questions names no failure: " + std::string{id}};
    out += link(id);
    text.remove_prefix(id.size() + 1);
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*' || c == '_' || c == '`') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string by_status() {
  std::map<int, std::vector<const gemini::FailureRow*>> rows;
  for (const gemini::FailureRow& row : gemini::failures) rows[row.http_status].push_back(&row);
  std::string text;
  for (const auto& [status, each] : rows) {
    text.append("\n### ").append(status != 0 ? std::to_string(status) : "No status, or any").append("\n\n");
    text.append("| page | what it is | again? |\n|---|---|---|\n");
    for (const gemini::FailureRow* row : each)
      text.append("| ")
          .append(link(row->id.text()))
          .append(" | ")
          .append(escaped(row->cause))
          .append(" | ")
          .append(advice_in_a_word(*row))
          .append(" |\n");
  }
  return text;
}

std::string by_symptom() {
  std::map<std::string, std::vector<std::string_view>> pages;
  for (const gemini::FailureRow& row : gemini::failures)
    for (const std::string& symptom : symptoms_of(row, specimen_of(row))) pages[symptom].push_back(row.id.text());
  std::string text = "\n| what is seen | pages |\n|---|---|\n";
  for (const auto& [symptom, ids] : pages) {
    text.append("| ").append(escaped(symptom)).append(" | ");
    for (std::size_t i = 0; i < ids.size(); ++i) text.append(i == 0 ? "" : ", ").append(link(ids[i]));
    text.append(" |\n");
  }
  return text;
}

std::string by_kind() {
  std::string text = "\n| kind | pages |\n|---|---|\n";
  for (std::size_t i = 0; i < kinds; ++i) {
    std::string ids;
    for (const gemini::FailureRow& row : gemini::failures)
      if (row.kind == static_cast<Kind>(i)) ids.append(ids.empty() ? "" : ", ").append(link(row.id.text()));
    if (!ids.empty()) text.append("| `").append(name(static_cast<Kind>(i))).append("` | ").append(ids).append(" |\n");
  }
  return text;
}

}  // namespace

std::string failure_index() {
  std::string text =
      "<!-- SPDX-License-Identifier: BSL-1.0 -->\n<!-- Written by scripts/failure_pages, from the table of failures. -->\n"
      "# Failures of the image service\n\n"
      "A page for each of the " +
      std::to_string(gemini::failures.size()) +
      " ways in which the Gemini image service, or what stands before it, answers badly: what arrives, why, what to\ndo, what ductile "
      "does, "
      "and how to see it without the service. With the answer at hand, `ductile doctor answer.txt` finds the page.\n\n"
      "- [Find your failure in 30 seconds](#find-your-failure-in-30-seconds)\n- [By status](#by-status)\n- [By symptom](#by-symptom)\n"
      "- [By kind](#by-kind)\n- [Switches that turn off the retries of SDKs](../sdk-retries.md)\n\n"
      "## Find your failure in 30 seconds\n\n";
  text += with_links(tree);
  text += "\nNothing fits: search below for the words that you see, or for the kind that a log of ductile names.\n\n## By status\n";
  text += by_status();
  text +=
      "\n## By symptom\n\nThe first words of the message, the quota or reason that it names, the title of a page, or what curl says. "
      "`gemini-3-pro-image` "
      "stands for any model.\n";
  text += by_symptom();
  text += "\n## By kind\n\nThe kind is what policies decide by, and the label `error_type`.\n";
  return text += by_kind();
}

}  // namespace ductile::failure_pages
