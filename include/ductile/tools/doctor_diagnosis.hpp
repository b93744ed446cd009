// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/classify/retry_after.hpp>    // parse_http_date
#include <ductile/core/kind.hpp>               // Kind
#include <ductile/core/now.hpp>                // WallTime
#include <ductile/core/transport.hpp>          // header, HttpResponse
#include <ductile/detail/ascii.hpp>            // find_word, is_letter, lowered
#include <ductile/gemini/classification.hpp>   // Classification, Confidence
#include <ductile/gemini/classifier.hpp>       // classify
#include <ductile/gemini/failures.hpp>         // FailureRow, failures, find_failure
#include <ductile/tools/doctor_shorthand.hpp>  // read_shorthand

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// What the doctor makes of one answer: the classifier's word on it, and how sure that is.
struct Diagnosis {
  gemini::Classification said;
  std::string_view runner_up{};  ///< What it would be without the strongest evidence; empty where that is a name of the service's own.
  std::string_view nearest{};    ///< Of what has no row: the row that is most like it. Empty when none is.
  std::optional<WallTime> asks_until{};  ///< The moment that a Retry-After names; none where it is a span, or is not there.

  [[nodiscard]] bool is_known() const noexcept { return said.ok() || gemini::find_failure(said.verdict.id.text()) != nullptr; }
};

namespace detail {

/// Blanks in the place of what an evidence quotes; false when it is not there.
[[nodiscard]] inline bool blank_out(std::string& text, std::string_view what) {
  constexpr std::string_view cut{"..."};
  if (what.ends_with(cut)) what.remove_suffix(cut.size());
  const std::string words = ductile::detail::lowered(what);
  if (words.empty()) return false;
  bool found = false;
  for (std::size_t at = ductile::detail::find_word(text, words); at != text.npos; at = ductile::detail::find_word(text, words, at)) {
    text.replace(at, words.size(), words.size(), ' ');
    found = true;
  }
  return found;
}

/// What is often behind a guess, beside what was guessed: of a status that stands alone, and of a prompt that was withheld.
[[nodiscard]] inline std::string_view rival_of(const gemini::Classification& said) noexcept {
  if (said.verdict.kind == Kind::safety_prompt) return "image-safety";
  if (said.grpc_status == "FAILED_PRECONDITION") return "location-unsupported";
  switch (said.http_status) {
    case 400: return "api-key-invalid";
    case 401: return "access-token-expired";
    case 403: return "service-disabled";
    case 404: return "model-not-found";
    case 429: return "rpd-free";
    case 500: return "internal";
    case 503: return "high-demand";
    case 504: return "cloudflare-524";
    default: return {};
  }
}

[[nodiscard]] inline std::string_view runner_up_of(const HttpResponse& answer, const gemini::Classification& said) {
  using gemini::Confidence;
  if (said.ok() || said.confidence == Confidence::certain) return {};
  HttpResponse rest = answer;
  gemini::Classification now = said;
  for (int evidence = 0; evidence < 4 && !now.evidence.empty(); ++evidence) {
    const bool by_status = now.evidence.front().where.starts_with("HTTP status") && rest.status != 0;
    if (by_status) rest.status = 0;
    if (!by_status && !blank_out(rest.body, now.evidence.front().what)) break;
    now = gemini::classify(rest);
    if (now.ok() || !gemini::find_failure(now.verdict.id.text())) break;
    if (now.verdict.id != said.verdict.id) return gemini::find_failure(now.verdict.id.text())->id.text();
  }
  const std::string_view rival = said.confidence == Confidence::guess ? rival_of(said) : std::string_view{};
  return rival == said.verdict.id.text() ? std::string_view{} : rival;
}

using Words = std::set<std::string, std::less<>>;

/// The words of a text that are long enough to mean something, in lower case.
[[nodiscard]] inline Words telling_words(std::string_view text) {
  constexpr std::size_t shortest = 5;
  Words words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && ductile::detail::is_letter(text[end])) ++end;
    if (end - at >= shortest) words.insert(ductile::detail::lowered(text.substr(at, end - at)));
    at = end + 1;
  }
  return words;
}

/// Where a word stands in the table of failures.
struct Occurrence {
  std::size_t row = 0;
  bool in_id = false;
  bool in_cause = false;
};

/// Every telling word of the table's ids and causes, with the rows that have it.
[[nodiscard]] inline const std::map<std::string, std::vector<Occurrence>, std::less<>>& words_of_failures() {
  static const auto index = [] {
    std::map<std::string, std::vector<Occurrence>, std::less<>> made;
    for (std::size_t row = 0; row < gemini::failures.size(); ++row) {
      const Words of_id = telling_words(gemini::failures[row].id.text());
      const Words of_cause = telling_words(gemini::failures[row].cause);
      for (const std::string& word : of_id) made[word].push_back({row, true, of_cause.contains(word)});
      for (const std::string& word : of_cause)
        if (!of_id.contains(word)) made[word].push_back({row, false, true});
    }
    return made;
  }();
  return index;
}

/// The row whose id and cause share most with a text: a word counts the more, the fewer rows have it. Empty where that is a single word of
/// a cause, which says nothing.
[[nodiscard]] inline std::string_view nearest_in_words(std::string_view text) {
  constexpr std::size_t looked_at = std::size_t{8} * 1024;
  constexpr double enough = 0.4;
  struct Shared {
    double weight = 0;
    int of_cause = 0;
    bool of_id = false;
  };
  std::map<std::size_t, Shared> rows;
  for (const std::string& word : telling_words(text.substr(0, looked_at)))
    if (const auto found = words_of_failures().find(word); found != words_of_failures().end())
      for (const Occurrence& seen : found->second) {
        Shared& shared = rows[seen.row];
        shared.weight += 1.0 / static_cast<double>(found->second.size());
        shared.of_cause += seen.in_cause ? 1 : 0;
        shared.of_id = shared.of_id || seen.in_id;
      }
  std::string_view nearest;
  double most = enough;
  for (const auto& [row, shared] : rows) {
    if (shared.weight < most || (!shared.of_id && shared.of_cause < 2)) continue;
    most = shared.weight;
    nearest = gemini::failures[row].id.text();
  }
  return nearest;
}

}  // namespace detail

/// Asks the classifier, and where it knows nothing a reader of what people write by hand.
///
/// Cost  Up to five classifications; one where the service names the failure itself.
[[nodiscard]] inline Diagnosis diagnose(const HttpResponse& answer, std::string_view secret = {}) {
  const gemini::AnswerContext context{.model = {}, .secret = secret};
  Diagnosis diagnosis{.said = gemini::classify(answer, context)};
  diagnosis.asks_until = parse_http_date(header(answer.headers, "retry-after"));
  const Verdict& verdict = diagnosis.said.verdict;
  if (answer.status == 0 && verdict.kind == Kind::other && !diagnosis.is_known())
    if (auto guess = read_shorthand(answer.body, context)) diagnosis.said = *std::move(guess);
  diagnosis.runner_up = detail::runner_up_of(answer, diagnosis.said);
  if (diagnosis.is_known()) return diagnosis;
  diagnosis.nearest = detail::nearest_in_words(answer.body);
  if (diagnosis.nearest.empty()) diagnosis.nearest = detail::rival_of(diagnosis.said);
  return diagnosis;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
