// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>    // Evidence
#include <ductile/core/kind.hpp>       // Billed, Kind, name, Remedy
#include <ductile/core/now.hpp>        // WallTime
#include <ductile/core/quota_day.hpp>  // pacific
#include <ductile/detail/iso_time.hpp>
#include <ductile/detail/nearest_word.hpp>     // nearest_word
#include <ductile/gemini/classification.hpp>   // AnswerContext, Classification, name
#include <ductile/gemini/explanation.hpp>      // explain, Explanation, name
#include <ductile/gemini/failures.hpp>         // FailureRow, failures, find_failure, Fixer
#include <ductile/gemini/models.hpp>           // successor_of
#include <ductile/gemini/redact.hpp>           // shortened
#include <ductile/tools/doctor_diagnosis.hpp>  // Diagnosis
#include <ductile/tools/duration_text.hpp>     // duration_text
#include <ductile/tools/known_secrets.hpp>
#include <ductile/tools/local_time.hpp>  // local_time_text
#include <ductile/tools/masked.hpp>
#include <ductile/tools/number_text.hpp>  // number_text

#include <boost/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the doctor says: of an answer, and of a row of the table of failures. Nothing that looks like a key is ever said.
namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

/// One line of UTF-8, whatever was pasted, without secrets.
[[nodiscard]] inline std::string one_line(std::string_view text, const KnownSecrets& secrets) {
  constexpr std::size_t longest = 2000;
  return gemini::shortened(masked(text, secrets), longest);
}

[[nodiscard]] inline std::string quoted(std::string_view text, const KnownSecrets& secrets = {}) {
  return boost::json::serialize(boost::json::string{one_line(text, secrets)});
}

/// A flat JSON object on one line, its members in the order in which they are added; numbers as people write them.
class JsonLine {
 public:
  explicit JsonLine(KnownSecrets secrets = {}) : secrets_(std::move(secrets)) {}

  /// `json` is written as it stands.
  void add(std::string_view name, std::string_view json) {
    text_.append(text_.empty() ? "{" : ", ").append("\"").append(name).append("\": ").append(json);
  }
  void add_text(std::string_view name, std::string_view value) { add(name, value.empty() ? "null" : quoted(value, secrets_)); }
  void add_flag(std::string_view name, std::optional<bool> value) { add(name, !value ? "null" : *value ? "true" : "false"); }
  template <class Number>
  void add_number(std::string_view name, std::optional<Number> value) {
    add(name, value ? number_text(static_cast<double>(*value)) : "null");
  }

  [[nodiscard]] std::string text() && { return std::move(text_) + "}"; }

 private:
  KnownSecrets secrets_;
  std::string text_;
};

[[nodiscard]] inline std::string_view dimension_of(const Verdict& verdict) noexcept {
  return verdict.dimension == QuotaDimension::none ? std::string_view{} : name(verdict.dimension);
}

/// What happened and what to do: in the answer's own case, else as the row says, else what holds for the kind.
[[nodiscard]] inline gemini::Advice advice_of(const gemini::Classification& said) noexcept {
  if (!said.advice.cause.empty()) return said.advice;
  if (const gemini::FailureRow* row = gemini::find_failure(said.verdict.id.text())) return {row->cause, row->fix};
  switch (said.verdict.kind) {
    case Kind::auth: return {"the key or token was not accepted", "Check the key or token, and that it is one of this service."};
    case Kind::permission: return {"the key may not do this", "Check what the key and its project may do."};
    case Kind::bad_request: return {"the request was not accepted", "Compare the request with the service's documentation."};
    default: return {"not recognised", "Look at the evidence; give the HTTP status with --status, if it is known."};
  }
}

/// What to do, in order: as the row says, and then what holds for the kind; in a case of the answer's own only what is of that case.
[[nodiscard]] inline std::vector<std::string_view> actions_of(const gemini::Advice& advice, const gemini::Explanation& explained) {
  std::vector<std::string_view> actions{advice.fix};
  if (advice.cause != explained.cause) return actions;
  for (const std::string_view action : explained.actions)
    if (action != advice.fix) actions.push_back(action);
  return actions;
}

/// `outside`: what must change is not in the request.
[[nodiscard]] inline std::string_view when_to_retry(Remedy remedy, bool outside) noexcept {
  switch (remedy) {
    case Remedy::never:
      return outside ? "not before that is done; then the same request may succeed" : "no, the same request will not succeed";
    case Remedy::immediately: return "yes, with ordinary backoff";
    case Remedy::after_delay: return "yes, after a wait";
    case Remedy::next_day: return "not before midnight in California, when the day's quota opens again";
    case Remedy::other_model: return "not here; another model may do it";
    case Remedy::after_prompt_change: return "only with a changed prompt";
  }
  return "no";
}

/// Whether an account, a key or a network is to be mended, and the request may stay as it is.
[[nodiscard]] inline bool mended_outside(const Verdict& verdict, const gemini::FailureRow* row) noexcept {
  return row ? gemini::is_mended_outside(*row) : verdict.kind == Kind::auth || verdict.kind == Kind::permission;
}

/// ["Retry once.", "Then stop."]
[[nodiscard]] inline std::string quoted_list(const std::vector<std::string_view>& sentences) {
  std::string list;
  for (const std::string_view sentence : sentences) list.append(list.empty() ? "" : ", ").append(quoted(sentence));
  return "[" + list + "]";
}

/// What the service's windows make of it.
[[nodiscard]] inline std::string_view counting(const gemini::Explanation& explained) noexcept {
  return explained.counts ? "counts as a request" : "counts as nothing";
}

/// Where the project's documentation tells all that is known of the row.
[[nodiscard]] inline std::string page_of(const gemini::FailureRow& row) { return "docs/failures/" + std::string{row.id.text()} + ".md"; }

/// When trying again can help: at the moment that the answer names; else, if `now` is known, after what it asks for, or at the next
/// midnight in California.
[[nodiscard]] inline std::optional<WallTime> retry_at(const Diagnosis& diagnosis, std::optional<WallTime> now) noexcept {
  const gemini::Classification& said = diagnosis.said;
  switch (said.verdict.remedy) {
    case Remedy::next_day: return now ? std::optional{pacific.next_midnight(*now)} : std::nullopt;
    case Remedy::immediately:
    case Remedy::after_delay:
      if (diagnosis.asks_until) return diagnosis.asks_until;
      return now && said.retry_after ? std::optional{*now + *said.retry_after} : std::nullopt;
    default: return std::nullopt;
  }
}

inline void add_line(std::string& text, std::string_view label, std::string_view words) {
  constexpr std::size_t width = 10;
  text.append("  ").append(label).append(label.size() < width ? width - label.size() : 1, ' ');
  text.append(words).append("\n");
}

}  // namespace detail

/// One object on one line: the same keys in every record, null where nothing is known. `now`: when the answer came, for a moment from which
/// trying again can help.
[[nodiscard]] inline std::string diagnosis_json(const Diagnosis& diagnosis, const KnownSecrets& secrets = {},
                                                std::optional<WallTime> now = {}) {
  const gemini::Classification& said = diagnosis.said;
  const Verdict& verdict = said.verdict;
  const gemini::Explanation explained = gemini::explain(verdict);
  detail::JsonLine line{secrets};
  line.add_text("category", name(verdict.kind));
  line.add_text("kind", name(verdict.kind));
  line.add_text("id", verdict.ok() ? "ok" : verdict.id.text());
  line.add_text("retryable", verdict.ok() ? std::string_view{} : name(verdict.remedy));
  line.add_number("http_status", said.http_status != 0 ? std::optional{said.http_status} : std::nullopt);
  line.add_text("grpc_status", said.grpc_status);
  line.add_text("dimension", detail::dimension_of(verdict));
  line.add_text("quota_scope", name(said.scope));
  line.add_flag("free_tier", said.free_tier);
  line.add_number("limit_value", said.limit_value);
  line.add_flag("limit_zero", said.limit_zero);
  line.add_number("retry_after_s",
                  said.retry_after ? std::optional{std::chrono::duration<double>{*said.retry_after}.count()} : std::nullopt);
  line.add_text("model", said.model);
  line.add_text("billed", name(verdict.billed));
  line.add_text("confidence", name(said.confidence));
  line.add_text("runner_up", diagnosis.runner_up);
  line.add_text("nearest", diagnosis.nearest);
  line.add_text("message", said.message);
  std::string evidence;
  for (const Evidence& item : said.evidence) {
    detail::JsonLine entry{secrets};
    entry.add_text("where", item.where);
    entry.add_text("what", item.what);
    evidence.append(evidence.empty() ? "" : ", ").append(std::move(entry).text());
  }
  line.add("evidence", "[" + evidence + "]");
  const gemini::Advice advice = detail::advice_of(said);
  line.add_text("cause", verdict.ok() ? std::string_view{} : advice.cause);
  line.add_text("layer", verdict.ok() ? std::string_view{} : name(explained.layer));
  const bool is_known = !verdict.ok() && gemini::find_failure(verdict.id.text());
  line.add_text("who", is_known ? name(explained.who) : std::string_view{});
  line.add_flag("counted", is_known ? std::optional{explained.counts} : std::nullopt);
  const auto at = detail::retry_at(diagnosis, now);
  line.add_text("retry_at", at ? ductile::detail::iso_time(*at) : std::string{});
  line.add_text("successor", gemini::successor_of(said.model));
  line.add("actions", verdict.ok() ? std::string{"[]"} : detail::quoted_list(detail::actions_of(advice, explained)));
  return std::move(line).text();
}

/// The same for people: what it is, what to do, when, and what says so.
[[nodiscard]] inline std::string diagnosis_text(const Diagnosis& diagnosis, const KnownSecrets& secrets = {},
                                                std::optional<WallTime> now = {}) {
  const gemini::Classification& said = diagnosis.said;
  const Verdict& verdict = said.verdict;
  if (verdict.ok()) return "ok: an image, whole\n";
  const gemini::Advice advice = detail::advice_of(said);
  const gemini::Explanation explained = gemini::explain(verdict);
  std::string text = std::string{name(verdict.kind)} + " (" + std::string{verdict.id.text()} + "): ";
  text.append(advice.cause).append("\n");
  std::string_view step = "do";
  if (const std::string_view successor = gemini::successor_of(said.model); verdict.kind == Kind::not_found && !successor.empty())
    detail::add_line(text, std::exchange(step, ""), "Ask for " + std::string{successor} + " instead.");
  for (const std::string_view action : detail::actions_of(advice, explained)) detail::add_line(text, std::exchange(step, ""), action);
  const bool is_unknown = verdict.kind == Kind::other && verdict.remedy == Remedy::never;
  const gemini::FailureRow* row = gemini::find_failure(verdict.id.text());
  std::string when{is_unknown ? "nobody knows; to be safe, no"
                              : detail::when_to_retry(verdict.remedy, detail::mended_outside(verdict, row))};
  const bool heeded = verdict.remedy == Remedy::after_delay || verdict.remedy == Remedy::immediately;
  if (said.retry_after && heeded) when += "; the answer asks for " + duration_text(*said.retry_after);
  if (const auto at = detail::retry_at(diagnosis, now))
    when += ": " + ductile::detail::iso_time(*at) + ", " + local_time_text(*at) + " here";
  if (said.retry_after && !heeded) when += "; the answer's hint does not help: " + duration_text(*said.retry_after);
  detail::add_line(text, "again", when);
  if (row) detail::add_line(text, "who", name(row->fixer));
  detail::add_line(text, "layer", name(explained.layer));
  detail::add_line(text, "billed", name(verdict.billed));
  if (row) detail::add_line(text, "quota", detail::counting(explained));
  std::string limit{detail::dimension_of(verdict)};
  if (said.limit_value) limit += (limit.empty() ? "" : ", ") + std::string{"limit "} + std::to_string(*said.limit_value);
  if (said.free_tier) limit += (limit.empty() ? "" : ", ") + std::string{*said.free_tier ? "free tier" : "paid tier"};
  if (said.scope != gemini::QuotaScope::unknown) limit += (limit.empty() ? "" : ", ") + std::string{name(said.scope)};
  if (!limit.empty()) detail::add_line(text, "limit", limit);
  if (!said.model.empty()) detail::add_line(text, "model", detail::one_line(said.model, secrets));
  if (!said.message.empty()) detail::add_line(text, "it says", detail::one_line(said.message, secrets));
  std::string_view label = "because";
  for (const Evidence& item : said.evidence)
    detail::add_line(text, std::exchange(label, ""), item.where + ": " + detail::one_line(item.what, secrets));
  detail::add_line(text, "certainty", name(said.confidence));
  const auto with_cause = [](std::string_view id) { return std::string{id} + ": " + std::string{gemini::find_failure(id)->cause}; };
  if (!diagnosis.runner_up.empty()) detail::add_line(text, "or else", with_cause(diagnosis.runner_up));
  if (!diagnosis.nearest.empty())
    detail::add_line(text, "nearest", with_cause(diagnosis.nearest) + " (by its words; no more than a guess)");
  if (!diagnosis.is_known()) detail::add_line(text, "report", "ductile doctor --redact prints the input as it may be shown to others.");
  return text;
}

/// What an input holds, for people: one diagnosis for each sort of failure, in the order in which they first came, with how many there are
/// of it.
[[nodiscard]] inline std::string diagnoses_text(const std::vector<Diagnosis>& diagnoses, const KnownSecrets& secrets = {},
                                                std::optional<WallTime> now = {}) {
  const auto id_of = [](const Diagnosis& diagnosis) { return diagnosis.said.ok() ? FailureId{"ok"} : diagnosis.said.verdict.id; };
  const auto same = [&](const Diagnosis& a, const Diagnosis& b) {
    return id_of(a) == id_of(b) && a.said.verdict.kind == b.said.verdict.kind;
  };
  std::string text;
  for (auto each = diagnoses.begin(); each != diagnoses.end(); ++each) {
    const auto is_same = [&](const Diagnosis& other) { return same(*each, other); };
    if (std::find_if(diagnoses.begin(), each, is_same) != each) continue;
    text.append(text.empty() ? "" : "\n").append(diagnosis_text(*each, secrets, now));
    if (const auto count = std::count_if(each, diagnoses.end(), is_same); count > 1)
      detail::add_line(text, "seen",
                       std::to_string(count) + " times, of " + std::to_string(diagnoses.size()) + " records; this is the first");
  }
  return text;
}

/// One row of the table of failures, as one JSON object on one line.
[[nodiscard]] inline std::string failure_json(const gemini::FailureRow& row) {
  detail::JsonLine line;
  line.add_text("id", row.id.text());
  line.add_text("category", name(row.kind));
  line.add_text("kind", name(row.kind));
  line.add_text("retryable", name(row.remedy));
  line.add_number("http_status", row.http_status != 0 ? std::optional{row.http_status} : std::nullopt);
  line.add_text("grpc_status", row.grpc_status);
  line.add_text("billed", name(row.billed));
  line.add_text("who", name(row.fixer));
  const gemini::Explanation explained = gemini::explain(verdict_of(row));
  line.add_text("cause", row.cause);
  line.add_text("layer", name(explained.layer));
  line.add_flag("counted", explained.counts);
  line.add_text("fix", row.fix);
  line.add("actions", detail::quoted_list(explained.actions));
  line.add_text("page", detail::page_of(row));
  return std::move(line).text();
}

/// The same for people.
[[nodiscard]] inline std::string failure_text(const gemini::FailureRow& row) {
  const gemini::Explanation explained = gemini::explain(verdict_of(row));
  std::string text = std::string{row.id.text()} + ": " + std::string{row.cause} + "\n";
  std::string_view step = "do";
  for (const std::string_view action : explained.actions) detail::add_line(text, std::exchange(step, ""), action);
  detail::add_line(text, "again", detail::when_to_retry(row.remedy, detail::mended_outside(verdict_of(row), &row)));
  detail::add_line(text, "who", name(row.fixer));
  detail::add_line(text, "layer", name(explained.layer));
  detail::add_line(text, "kind", name(row.kind));
  const std::string status = row.http_status != 0 ? std::to_string(row.http_status) : std::string{"no answer, or any"};
  detail::add_line(text, "status", row.grpc_status.empty() ? status : status + " " + std::string{row.grpc_status});
  detail::add_line(text, "billed", name(row.billed));
  detail::add_line(text, "quota", detail::counting(explained));
  detail::add_line(text, "page", detail::page_of(row));
  return text;
}

/// All rows, one a line, in columns: id, kind, remedy, status, cause.
[[nodiscard]] inline std::string failures_text() {
  std::string text;
  const auto column = [&text](std::string_view words, std::size_t width) {
    text.append(words).append(words.size() < width ? width - words.size() : 1, ' ');
  };
  for (const gemini::FailureRow& row : gemini::failures) {
    column(row.id.text(), 34);
    column(name(row.kind), 20);
    column(name(row.remedy), 20);
    column(row.http_status != 0 ? std::to_string(row.http_status) : "-", 4);
    text.append(row.cause).append("\n");
  }
  return text;
}

/// The id of the table that is most like `wrong`: for "did you mean". Empty when none is near.
[[nodiscard]] inline std::string_view nearest_failure(std::string_view wrong) {
  std::vector<std::string_view> ids;
  for (const gemini::FailureRow& row : gemini::failures) ids.push_back(row.id.text());
  return ductile::detail::nearest_word(wrong, ids);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
