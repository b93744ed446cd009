// SPDX-License-Identifier: BSL-1.0
#include "page.hpp"

#include "specimen.hpp"
#include "transport_words.hpp"
#include "what_follows.hpp"

#include <ductile/core/kind.hpp>            // is_about_content
#include <ductile/gemini/kind_advice.hpp>   // actions_for, advice_for
#include <ductile/gemini/models.hpp>        // image_models
#include <ductile/gemini/redact.hpp>        // redacted, shortened
#include <ductile/gemini/resilient.hpp>     // ResilientOptions
#include <ductile/mock/provenance.hpp>      // provenance_of
#include <ductile/tools/duration_text.hpp>  // duration_text

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace ductile::failure_pages {

namespace {

constexpr std::array<std::string_view, 5> headings{"What arrives", "Why", "What to do", "What ductile does", "Reproduce"};

std::string capital(std::string_view text) {
  std::string out{text};
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z') out.front() = static_cast<char>(out.front() - 'a' + 'A');
  return out;
}

std::string sentence(std::string_view text) {
  std::string out = capital(text);
  if (!out.empty() && out.back() != '.') out.push_back('.');
  return out;
}

std::string code(std::string_view text) {
  // A text with backticks in it needs more of them around it.
  const bool has_one = text.find('`') != std::string_view::npos;
  return has_one ? "`` " + std::string{text} + " ``" : "`" + std::string{text} + "`";
}

// "3 s", "10 min"; what is no whole number of seconds as the doctor says it.
std::string plain(Duration time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  if (seconds != time) return tools::duration_text(time);
  const auto count = seconds.count();
  return count > 60 && count % 60 == 0 ? std::to_string(count / 60) + " min" : std::to_string(count) + " s";
}

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string_view who(gemini::Fixer fixer) {
  switch (fixer) {
    case gemini::Fixer::owner: return "The owner of the project, the key or the bill can mend it.";
    case gemini::Fixer::developer: return "Who wrote the request can mend it.";
    case gemini::Fixer::user: return "Only who wrote the prompt can say what is to be done.";
    case gemini::Fixer::operations: return "Who runs the network, the proxy or the gateway can mend it.";
    case gemini::Fixer::client: return "The program itself can mend it, by waiting or by a longer limit.";
    case gemini::Fixer::nobody: return "Nobody on your side can mend it: it passes, or it does not.";
  }
  return "";
}

std::string_view bill(Billed billed) {
  switch (billed) {
    case Billed::no: return "It costs no money.";
    case Billed::yes: return "It is billed all the same.";
    case Billed::maybe: return "It may be billed: the image may have been made.";
    case Billed::input: return "The prompt's tokens are billed, no image.";
    case Billed::unknown: return "Whether it is billed is not known.";
  }
  return "";
}

bool is_an_image_after_all(const gemini::FailureRow& row) {
  return row.group == 'F' && row.kind == Kind::other && row.remedy == Remedy::never;
}

// The statuses that the SDKs try again by themselves, once they are told to retry at all: docs/sdk-retries.md.
bool is_retried_by_sdks(int status) {
  constexpr std::array<int, 6> statuses{408, 429, 500, 502, 503, 504};
  return std::ranges::find(statuses, status) != statuses.end();
}

bool is_worth_a_retry(Remedy remedy) { return remedy == Remedy::immediately || remedy == Remedy::after_delay; }

// What policies decide on: the row's verdict as the classifier completes it, or that of the row for which it takes the answer.
Verdict verdict_seen(const gemini::FailureRow& row, const Specimen& specimen) {
  return specimen.said.ok() ? verdict_of(row) : specimen.said.verdict;
}

// ---- the sections

// Of a row whose answer, by itself, is another row's.
std::string looks_like(const gemini::FailureRow& row, const Verdict& said) {
  const std::string other{said.id.text()};
  const std::string page = "[" + other + "](" + other + ".md)";
  if (said.kind == row.kind && said.remedy == row.remedy) return "\nDuctile calls it " + page + ", which is treated alike.\n";
  return "\nAlone it cannot be told from " + page + ", and ductile takes it for that. What happened around it tells them apart.\n";
}

std::string what_arrives(const gemini::FailureRow& row, const Specimen& specimen) {
  const TransportWords* broken = find_transport_words(row.id.text());
  std::string text;
  if (broken) {
    text.append(broken->arrives).append("\n\n- curl: ").append(broken->curl).append("\n");
    if (specimen.fault) text.append("- A transport of ductile: ").append(code(name(*specimen.fault))).append("\n");
  }
  if (const std::string block = shown(specimen); !block.empty()) {
    text.append(broken ? "\n" : "").append("```text\n").append(block).append("```\n");
  }
  if (row.http_status == 0 && !broken) text.append("\nOther statuses are seen with it, too.\n");
  switch (mock::provenance_of(row.id.text())) {
    case mock::Provenance::guessed: text.append("\nNobody has shown a real one: this is a guess, after the pattern of others.\n"); break;
    case mock::Provenance::documented: text.append("\nIt is made from the service's documentation. Nobody has shown a real one.\n"); break;
    case mock::Provenance::seen:
    case mock::Provenance::wire: break;
  }
  if (!specimen.said.ok() && !broken) {
    std::size_t told = 0;
    for (const Evidence& item : specimen.said.evidence) {
      if (told == 2) break;
      if (told > 0 && item.where == "HTTP status") continue;
      ++told;
      text.append(told == 1 ? "\nWhat gives it away:\n\n- " : "- ").append(code(item.where)).append(": ");
      text.append(code(gemini::shortened(gemini::redacted(item.what), 140))).append("\n");
    }
  }
  if (specimen.said.ok())
    text.append("\nBy itself it is a success, with a whole image. Only a comparison with what was asked shows the rest.\n");
  else if (!(specimen.said.verdict.id == row.id) && !broken)
    text.append(looks_like(row, specimen.said.verdict));
  if (is_of_batch(row))
    text.append(
        "\nIts words are those of [service-unavailable](service-unavailable.md). Only the path tells the two apart: this one answers "
        "`batches.get`, a minute after it was asked. `ductile doctor` sees no path in a body, and takes it for the other.\n");
  if (const std::string list = in_the_sdks(row, specimen); !list.empty())
    text.append("\nIn the service's own SDKs:\n\n").append(list);
  else if (row.group == 'F')
    text.append(
        "\nThe SDKs for Python and JavaScript throw nothing: the answer is handed out as any other. Look at the prompt feedback's block "
        "reason, at "
        "the candidate's finish reason, and whether a part holds an image.\n");
  return text;
}

std::string why(const gemini::FailureRow& row) {
  std::string text = sentence(row.cause) + " " + std::string{gemini::advice_for(row.kind).means} + "\n";
  const bool by_another = row.grpc_status.empty() && row.http_status >= 400;
  if (by_another)
    text.append(
        "\nIt has no gRPC status: a front end, a proxy or a gateway answered, in words of its own, or with the service's words in another "
        "shape.\n");
  text.append("\n").append(who(row.fixer)).append(" ").append(bill(row.billed)).append("\n");
  return text;
}

std::string successors() {
  std::string text = "\n| retired, or soon to be | ask instead |\n|---|---|\n";
  for (const gemini::ImageModel& model : gemini::image_models)
    if (!model.successor.empty()) text.append("| ").append(code(model.id)).append(" | ").append(code(model.successor)).append(" |\n");
  return text;
}

std::string retry_step(const gemini::FailureRow& row, const WhatFollows& follows) {
  const bool says_retry = holds(row.fix, "etry");
  const bool says_wait = holds(row.fix, "Wait") || holds(row.fix, "ack off") || holds(row.fix, "backoff");
  const bool costs = row.billed == Billed::yes || row.billed == Billed::maybe;
  switch (row.remedy) {
    case Remedy::never:
      if (is_an_image_after_all(row)) return "Keep the image: asking again gives no other.";
      if (holds(row.fix, "stop sending")) return "";
      return gemini::is_mended_outside(row) ? "Stop sending until that is done. Then the same request may succeed."
                                            : "Do not send it again as it is.";
    case Remedy::immediately:
      if (says_retry && !costs) return "";
      if (follows.tries_on_the_last == 2)
        return costs ? "More than one repeat rarely helps, and each may be billed." : "More than one repeat rarely helps.";
      return costs ? "Try again a few times at most: each try may be billed." : "Try again a few times, with growing waits.";
    case Remedy::after_delay:
      return says_wait ? "" : "Wait as long as the answer asks, else 3 s, doubling to 60 s, with jitter. Then try again.";
    case Remedy::next_day:
      return "Send nothing more to this model before that: every try is refused. When it comes back every day, make fewer images or ask "
             "for a "
             "higher limit.";
    case Remedy::other_model:
      return row.kind == Kind::not_found ? "Do not ask for this model again." : "Do not send it to this model again.";
    case Remedy::after_prompt_change: return is_about_content(row.kind) ? "" : "Do not send it again unchanged.";
  }
  return "";
}

std::string what_to_do(const gemini::FailureRow& row, const Specimen& specimen, const WhatFollows& follows) {
  std::vector<std::string> steps{std::string{row.fix}};
  if (std::string step = retry_step(row, follows); !step.empty()) steps.push_back(std::move(step));
  if (row.kind == Kind::quota && !(follows.asks_the_next && holds(row.fix, "model")))
    steps.emplace_back(follows.asks_the_next ? "Another model has a quota of its own: ask it meanwhile."
                                             : "Every model of the account is closed: stop the job.");
  for (const std::string_view step : gemini::actions_for(row.kind, row.remedy)) steps.emplace_back(step);
  if (is_retried_by_sdks(specimen.answer.status) && !is_worth_a_retry(row.remedy))
    steps.emplace_back("An SDK that retries by itself sends it again in vain: [turn that off](../sdk-retries.md).");
  std::string text;
  for (std::size_t i = 0; i < steps.size(); ++i) text.append(std::to_string(i + 1)).append(". ").append(steps[i]).append("\n");
  if (row.kind == Kind::not_found && row.remedy == Remedy::other_model) text.append(successors());
  return text;
}

std::string tries(std::size_t count) { return std::to_string(count) + (count == 1 ? " try" : " tries"); }

std::string ledger(const WhatFollows& follows) {
  std::vector<std::string_view> counted;
  if (follows.counts_request) counted.emplace_back("a request");
  if (follows.counts_tokens) counted.emplace_back("the prompt's tokens");
  if (follows.counts_image) counted.emplace_back("an image");
  if (counted.empty()) return "The quota ledger counts nothing for it.";
  std::string text = "For each try the quota ledger counts ";
  for (std::size_t i = 0; i < counted.size(); ++i) text.append(i == 0 ? "" : i + 1 == counted.size() ? " and " : ", ").append(counted[i]);
  return text + ".";
}

std::string what_ductile_does(const gemini::FailureRow& row, const Specimen& specimen, const WhatFollows& follows) {
  const gemini::ResilientOptions options;
  const Verdict verdict = verdict_seen(row, specimen);
  std::string text =
      "Kind " + code(name(verdict.kind)) + ", remedy " + code(name(verdict.remedy)) + ". By default `gemini::resilient` does this:\n\n";
  if (specimen.said.ok() && is_an_image_after_all(row)) {
    return text.append("- It hands out the image: for the pipeline the call succeeded. Nothing is tried again.\n");
  }
  const bool waits = is_worth_a_retry(verdict.remedy) && follows.tries_on_the_last > 1;
  text.append(follows.asks_the_next ? "- While another target is left: " : "- ").append(tries(follows.tries_with_another_left));
  text.append(follows.asks_the_next ? ", then the next target.\n"
                                    : ", then the call ends. No other target is asked, also where one is left.\n");
  if (follows.asks_the_next) {
    text.append("- At the last target: ").append(tries(follows.tries_on_the_last)).append(". ");
    text.append(follows.begins_anew ? "When all targets failed so, the call waits " + plain(options.fallback.between_rounds.base) + " to " +
                                          plain(options.fallback.between_rounds.cap) + " and begins anew, until its deadline (" +
                                          plain(options.deadline) + ").\n"
                                    : "When all targets failed so, the call ends.\n");
  }
  if (waits)
    text.append("- Between two tries at one target: ")
        .append(plain(options.retry.backoff.base))
        .append(", doubling to ")
        .append(plain(options.retry.backoff.cap) + ", with full jitter. A longer hint in the answer takes its place, up to " +
                plain(options.retry.longest_hint) + ".\n");
  if (specimen.said.retry_after)
    text.append("- The hint of this answer, ")
        .append(plain(*specimen.said.retry_after))
        .append(is_worth_a_retry(row.remedy)     ? ", is heeded.\n"
                : row.remedy == Remedy::next_day ? ", is not heeded: it is about another window.\n"
                                                 : ", is not heeded: no wait helps.\n");
  if (follows.closed_for && *follows.closed_for > Duration::zero()) {
    text.append("- Other calls leave this target alone ");
    text.append(row.remedy == Remedy::next_day ? "until midnight in California.\n"
                                               : "for " + plain(*follows.closed_for) + ": what one call learnt holds for all.\n");
  }
  text.append(follows.breaker_counts ? "- The circuit breaker counts it. " : "- The circuit breaker does not count it. ");
  text.append(ledger(follows)).append("\n");
  return text;
}

std::string reproduce(const gemini::FailureRow& row, const Specimen& specimen) {
  const std::string id{row.id.text()};
  const std::string asked = body_asking(specimen.scene);
  const std::string_view unpacks = row.id == FailureId{"gzip-that-is-not"} ? " --compressed" : "";
  std::string text = "In one terminal `ductile mock --port 8080`, in another:\n\n```sh\ncurl -i" + std::string{unpacks} +
                     " 'http://127.0.0.1:8080" + path_of(specimen.scene) + "' \\\n  -H 'x-ductile-scenario: " + id + "'" +
                     (asked.empty() ? std::string{} : " -H 'Content-Type: application/json' \\\n  -d '" + asked + "'") + "\n```\n";
  const TransportWords* broken = find_transport_words(row.id.text());
  if (broken && !broken->for_real.empty())
    text.append("\nIt happens below HTTP. Asked for so, the mock shows the nearest thing. The thing itself:\n\n```sh\n")
        .append(broken->for_real)
        .append("\n```\n");
  if (row.id == FailureId{"proxy-auth-407"})
    text.append(
        "\nThe mock answers so in the service's place. The thing itself, which is the client's own proxy:\n\n```sh\n"
        "ductile mock --proxy-port 8081 & sleep 1\ncurl -i -x http://127.0.0.1:8081 http://service.invalid/\n```\n");
  text.append("\nWhat is known of it without a network: `ductile doctor explain ")
      .append(id)
      .append("`. Pipe what you have seen into `ductile doctor`.\n");
  return text;
}

}  // namespace

std::string_view advice_in_a_word(const gemini::FailureRow& row) {
  switch (row.remedy) {
    case Remedy::never:
      if (is_an_image_after_all(row)) return "Keep the image, do not try again";
      if (is_about_content(row.kind)) return "Stop, do not try again";
      return gemini::is_mended_outside(row) ? "Do not try again before it is mended" : "Do not try again with the same request";
    case Remedy::immediately: return what_follows(verdict_of(row)).tries_on_the_last == 2 ? "Try again once" : "Try again";
    case Remedy::after_delay: return "Wait, then try again";
    case Remedy::next_day: return "Do not try again before midnight in California";
    case Remedy::other_model: return "Not again with this model; another may do it";
    case Remedy::after_prompt_change:
      return is_about_content(row.kind) || row.kind == Kind::recitation ? "Do not send the same prompt again"
                                                                        : "Do not send it again unchanged";
  }
  return "";
}

std::string failure_page(const gemini::FailureRow& row) {
  const Specimen specimen = specimen_of(row);
  const WhatFollows follows = what_follows(verdict_seen(row, specimen));
  std::string status = row.http_status != 0 ? std::to_string(row.http_status) : std::string{"none, or any"};
  if (!row.grpc_status.empty()) status.append(" ").append(row.grpc_status);

  std::string text =
      "<!-- SPDX-License-Identifier: BSL-1.0 -->\n<!-- Written by scripts/failure_pages, from the table of failures. -->\n# ";
  text.append(row.id.text()).append("\n\n**").append(advice_in_a_word(row)).append("**: ").append(row.cause).append(".\n\n");
  text.append("| status | kind | remedy | who can mend it | billed |\n|---|---|---|---|---|\n| ").append(status).append(" | ");
  text.append(code(name(row.kind))).append(" | ").append(code(name(row.remedy))).append(" | ").append(name(row.fixer)).append(" | ");
  text.append(name(row.billed)).append(" |\n");
  const std::array<std::string, 5> sections{what_arrives(row, specimen), why(row), what_to_do(row, specimen, follows),
                                            what_ductile_does(row, specimen, follows), reproduce(row, specimen)};
  for (std::size_t i = 0; i < sections.size(); ++i) text.append("\n## ").append(headings[i]).append("\n\n").append(sections[i]);
  return text.append("\n[All failures](README.md)\n");
}

std::vector<std::string> faults_of_page(std::string_view page) {
  std::vector<std::string> faults;
  const auto complain = [&faults](std::string what) { faults.push_back(std::move(what)); };
  std::size_t next = 0;  // the heading that is to come
  bool in_code = false;
  bool is_empty = false;  // the section, so far
  const auto end_section = [&] {
    if (next > 0 && is_empty) complain("the section '" + std::string{headings[next - 1]} + "' is empty");
  };
  while (!page.empty()) {
    const std::string_view line = page.substr(0, page.find('\n'));
    page.remove_prefix(std::min(line.size() + 1, page.size()));
    if (line.starts_with("```")) in_code = !in_code;
    if (in_code) continue;
    if (line.starts_with("## ")) {
      end_section();
      if (next == headings.size() || line.substr(3) != headings[next])
        return {"there must be the headings of the other pages, in their order"};
      ++next;
      is_empty = true;
      continue;
    }
    if (line.starts_with("# ") && line.size() == 2) complain("the title is empty");
    if (line.starts_with("**") && (line.starts_with("****") || line.ends_with("**: ."))) complain("the first sentence is not whole");
    if (line.starts_with("|") && (holds(line, "|  |") || holds(line, "``"))) complain("a cell is empty: " + std::string{line});
    const std::size_t dot = line.find_first_not_of("0123456789");
    if (dot != std::string_view::npos && dot > 0 && line.substr(dot) == ". ")
      complain("step " + std::string{line.substr(0, dot)} + " is empty");
    if (line.starts_with(" ")) complain("a sentence is missing before:" + std::string{line});
    if (!line.empty() && !line.starts_with("[All failures]")) is_empty = false;
  }
  end_section();
  if (next != headings.size()) complain("there must be the headings of the other pages, in their order");
  return faults;
}

}  // namespace ductile::failure_pages
