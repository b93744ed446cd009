// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/classify/body_shape.hpp>
#include <ductile/classify/retry_after.hpp>  // rounded_up
#include <ductile/core/verdict.hpp>
#include <ductile/gemini/classification.hpp>
#include <ductile/gemini/detail/facts.hpp>
#include <ductile/gemini/detail/quota_window.hpp>
#include <ductile/gemini/failures.hpp>
#include <ductile/gemini/names.hpp>
#include <ductile/gemini/redact.hpp>
#include <ductile/gemini/wordings.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::gemini::detail {

inline constexpr std::size_t longest_message = 500;
inline constexpr std::size_t longest_evidence = 120;

/// Whose fault it is, the service's own status says. What else a refusal speaks of may be the caller's words, which it repeats, so of
/// limits and overload only names and figures count there, and no sentence.
[[nodiscard]] constexpr bool is_refusal(std::string_view status) noexcept {
  constexpr std::array<std::string_view, 5> statuses{"INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED", "UNAUTHENTICATED",
                                                     "FAILED_PRECONDITION"};
  return std::ranges::find(statuses, status) != statuses.end();
}

/// Weighs the facts of one answer. The steps stand in the order of their weight, each with its reason; the first that decides ends it.
class Judge {
 public:
  /// `text` is the answer as it came.
  Judge(const Facts& facts, std::string_view text, int http_status, const AnswerContext& context)
      : facts_(facts), text_(text), http_(http_status), context_(context), refuses_(is_refusal(facts.status)) {
    // The innermost envelope is the service's own word: a gateway may send it under another status. Of a status in running text the
    // connection's own is the better witness.
    status_ = facts.code >= 400 && !facts.code_in_text ? facts.code : http_ >= 300 ? http_ : facts.code;
    if (status_ < 300) status_ = status_of_rpc();
    if (status_ == 0 && (facts.shape == BodyShape::html || facts.markup_in_json)) status_ = status_of_page();
  }

  /// Whether it claims success and is no answer of the service's at all: what it says may be told in another interface's shape.
  [[nodiscard]] bool holds_no_answer() const noexcept {
    return claims_success() && facts_.shape != BodyShape::empty && facts_.shape != BodyShape::html && !facts_.page_in_json &&
           !facts_.candidates_seen && facts_.finish_reason.empty() && facts_.block_reason.empty() && facts_.parts.empty() &&
           !facts_.filtered;
  }

  /// The whole judgement. `ok` means: it claims to hold an image; whether it does is for who decodes it.
  [[nodiscard]] Classification judge() && {
    if (claims_success()) {
      answer();
    } else {
      error();
    }
    finish();
    return std::move(result_);
  }

 private:
  // ---- what kind of answer it is

  [[nodiscard]] bool claims_success() const noexcept {
    if (status_ >= 300 || facts_.error_seen || facts_.told || !facts_.status.empty() || !facts_.reasons.empty()) return false;
    const bool reason = !facts_.finish_reason.empty() && !(facts_.finish_in_words && ends_plainly());
    return (http_ >= 200 && http_ < 300) || facts_.candidates_seen || facts_.usage_seen || reason || !facts_.block_reason.empty();
  }

  [[nodiscard]] int status_of_rpc() const noexcept {
    for (const GrpcStatus& known : grpc_statuses)
      if (known.name == facts_.status || (facts_.status.empty() && facts_.rpc_code != 0 && known.number == facts_.rpc_code))
        return known.http >= 300 ? known.http : 0;
    return 0;
  }

  // A page says its status in its title, or in its first words.
  [[nodiscard]] int status_of_page() const {
    const std::string_view title = page_title();
    // A title may begin with a redirect's status, too; those above 308 nobody has given a meaning, and firewalls are called 360.
    if (const auto number = whole_number(leading_name(title));
        number && *number >= 300 && *number <= 308 && leading_name(title).size() == 3)
      return static_cast<int>(*number);
    return find_status(title.empty() ? std::string_view{facts_.words}.substr(0, 256) : title,
                       [](std::string_view, std::string_view) { return true; });
  }

  // A piece of the words; empty when the page has no title.
  [[nodiscard]] std::string_view page_title() const noexcept {
    constexpr std::string_view opens{"<title>"};
    const std::string_view words = facts_.words;
    const std::size_t begin = words.find(opens);
    const std::size_t end = words.find("</title>");
    if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
    return words.substr(begin + opens.size(), end - begin - opens.size());
  }

  // ---- decisions

  bool decide(std::string_view id, Confidence confidence, std::string where, std::string_view what) {
    add_evidence(std::move(where), what);
    result_.advice = {};
    result_.confidence = confidence;
    if (const FailureRow* row = find_failure(id)) {
      result_.verdict = verdict_of(*row);
    } else {
      decide_kind(Kind::other);
    }
    return true;
  }

  // A kind that is certain without a row of the table.
  bool decide_kind(Kind kind) {
    result_.advice = {};
    result_.verdict = Verdict{};
    result_.verdict.kind = kind;
    result_.verdict.remedy = default_remedy(kind);
    result_.verdict.billed = status_ >= 400 ? Billed::no : Billed::unknown;
    return true;
  }

  // What a message says is shown as it stood there.
  void add_evidence(std::string where, std::string_view what) {
    if (where == in_message)
      if (const std::size_t at = facts_.words.find(what); at != std::string::npos)
        what = facts_.written(std::string_view{facts_.words}.substr(at, what.size()));
    Evidence item{std::move(where),
                  shortened(redacted(std::string{what.substr(0, 4 * longest_evidence)}, context_.secret), longest_evidence)};
    const auto same = [&item](const Evidence& known) { return known.where == item.where && known.what == item.what; };
    if (std::ranges::none_of(result_.evidence, same)) result_.evidence.push_back(std::move(item));
  }

  // ---- a 200: the image is there, or a reason why not

  void answer() {
    if ((facts_.shape == BodyShape::html || (facts_.page_in_json && !facts_.candidates_seen)) && !facts_.error_seen) {
      decide("captive-200-html", Confidence::certain, "body", "a web page where an answer was expected");
      return;
    }
    if (facts_.shape == BodyShape::empty) {
      decide("body-empty", Confidence::certain, "body", "empty");
      return;
    }
    if (finish_reason()) return;
    const BlockReason* known = find_block_reason(facts_.block_reason);
    if (const bool unset = known && known->number == 0; !facts_.block_reason.empty() && !(unset && final_image(true))) {
      const bool forbidden = contains(facts_.block_reason, "PROHIBITED");
      decide(known       ? known->id
             : forbidden ? "prompt-blocked-prohibited"
                         : "prompt-blocked-other",
             known ? Confidence::certain : Confidence::guess, "promptFeedback.blockReason", facts_.block_reason);
      return;
    }
    if (facts_.filtered && !final_image(true)) {
      decide("image-safety", Confidence::certain, "raiFilteredReason", facts_.message.empty() ? facts_.words : facts_.message);
      return;
    }
    if (final_image(true) && facts_.complete && facts_.shape == BodyShape::sse && facts_.finish_reason.empty()) {
      decide("sse-no-finish", Confidence::certain, "candidates[0].finishReason", "missing");
      result_.verdict.images = final_images();
      return;
    }
    if (final_image(true) && facts_.complete) {
      result_.verdict.kind = Kind::ok;
      result_.verdict.billed = Billed::yes;
      result_.verdict.images = final_images();
      return;
    }
    no_image();
  }

  // Whether the finish reason decides. STOP and the like decide nothing: what counts is the image.
  bool finish_reason() {
    const std::string_view reason = deciding_finish_reason();
    if (reason.empty()) return false;
    const char* const where = reason == facts_.finish_reason ? "candidates[0].finishReason" : "candidates[].finishReason";
    const FinishReason* known = find_finish_reason(reason, speaks_for_vertex());
    if (!known) return unknown_finish_reason(where, reason);
    std::string_view id = known->id;
    const bool text = std::ranges::any_of(facts_.parts, [](const PartSeen& part) { return part.text && !part.thought; });
    if (id.empty()) return false;
    if (id == "max-tokens-no-image" && final_image(true)) return false;
    if (id == "image-prohibited") {
      if (facts_.says("third-party content")) {
        id = "image-third-party";
      } else if (facts_.thought_tokens > 0) {
        id = "image-prohibited-after-thoughts";
      }
    } else if (id == "image-safety" && text) {
      id = "image-safety-text";
    } else if (id == "no-image" && text) {
      id = "no-image-text";
    } else if (id == "image-other" && !facts_.content_seen) {
      id = "image-other-bare";
    }
    // A word in small letters may be one of every day.
    const bool word = facts_.finish_in_words && !whole_number(reason) && !contains(facts_.as_said, reason);
    decide(id, word ? Confidence::likely : Confidence::certain, where, reason);
    if (result_.verdict.kind == Kind::safety_output) result_.verdict.images = 1;               // made, then withheld
    if (id == "image-prohibited" && !facts_.complete) result_.verdict.billed = Billed::maybe;  // whether it thought, a cut may have taken
    return true;
  }

  [[nodiscard]] bool ends_plainly() const noexcept {
    const FinishReason* known = find_finish_reason(facts_.finish_reason, speaks_for_vertex());
    return known && known->id.empty();
  }

  // A new name is read by its parts: what a filter withholds must not be tried elsewhere because its name is new.
  bool unknown_finish_reason(const char* where, std::string_view name) {
    if (!withholds_by_name(name)) {
      return decide("finish-unknown", facts_.finish_in_words ? Confidence::guess : Confidence::certain, where, name);
    }
    return decide(contains(name, "PROHIBITED") || contains(name, "BLOCK") ? "image-prohibited" : "image-safety", Confidence::likely, where,
                  name);
  }

  // Of several reasons one that withholds something decides, whatever came after it: that must not be tried elsewhere. What was withheld
  // of another candidate counts where the first has no image.
  [[nodiscard]] std::string_view deciding_finish_reason() const {
    const bool vertex = speaks_for_vertex();
    const bool image = final_image(true);
    if (withholds(facts_.finish_reason, vertex)) return facts_.finish_reason;
    const auto decides = [=](const FinishSeen& seen) { return (seen.of_first || !image) && withholds(seen.reason, vertex); };
    const auto found = std::ranges::find_if(facts_.finish_reasons, decides);
    return found == facts_.finish_reasons.end() ? std::string_view{facts_.finish_reason} : std::string_view{found->reason};
  }

  [[nodiscard]] bool final_image(bool with_bytes) const noexcept {
    return std::ranges::any_of(facts_.parts,
                               [=](const PartSeen& part) { return part.image && !part.thought && (part.data || !with_bytes); });
  }

  [[nodiscard]] std::int8_t final_images() const noexcept {
    static_assert(most_items <= std::numeric_limits<std::int8_t>::max());
    return static_cast<std::int8_t>(
        std::ranges::count_if(facts_.parts, [](const PartSeen& part) { return part.image && part.data && !part.thought; }));
  }

  void no_image() {
    const auto any = [this](auto&& fits) { return std::ranges::any_of(facts_.parts, fits); };
    if (!facts_.complete && (facts_.finish_reason.empty() || !facts_.parts.empty())) {
      decide("truncated-json", Confidence::certain, "body", "ends within an object");
    } else if (facts_.finish_reason.empty() && !final_image(false) &&
               (facts_.content_seen || (facts_.shape == BodyShape::sse && !facts_.candidates_seen))) {
      decide("sse-no-finish", Confidence::certain, "candidates[0].finishReason", "missing");
    } else if (final_image(false)) {
      decide("inline-data-empty", Confidence::certain, "candidates[0].content.parts[].inlineData.data", "empty");
    } else if (any([](const PartSeen& part) { return part.image; })) {
      decide("only-thought-image", Confidence::certain, "candidates[0].content.parts[].thought", "true for every image");
    } else if (any([](const PartSeen& part) { return part.text && !part.thought; })) {
      decide("text-only-stop", Confidence::certain, "candidates[0].content.parts", "text alone");
    } else if (facts_.candidate_seen || facts_.content_seen) {
      decide("stop-no-parts", Confidence::certain, "candidates[0].content", "no parts");
    } else if (facts_.candidates_seen) {
      decide("candidates-empty", Confidence::certain, "candidates", "empty");
    } else if (facts_.shape == BodyShape::json && facts_.member_seen) {
      decide("candidates-empty", Confidence::likely, "body", "no candidates");
      for (const std::string_view member : {"\"totalTokens\"", "\"supportedGenerationMethods\""})
        if (contains(text_, member)) result_.advice = another_question;
    } else if (facts_.shape == BodyShape::json) {
      decide("body-empty-object", Confidence::certain, "body", "an empty object");
    } else {
      add_evidence("body", "neither JSON nor a page");
      decide_kind(Kind::other);
    }
  }

  // ---- an error

  void error() {
    if (facts_.shape == BodyShape::html && page()) return;
    const bool quoted_page = facts_.page_in_json || (facts_.markup_in_json && facts_.author != PageAuthor::unknown);
    if (quoted_page && facts_.status.empty() && page()) return;
    if (facts_.markup_in_json && facts_.status.empty()) {
      decide("region-blocked-html-fragment", Confidence::likely, "error.details", "a piece of a web page");
      return;
    }
    // A lack of room on the other side may come as a 429 with quota words around it: it is no limit of the caller's.
    if (facts_.has_reason("model_capacity_exhausted")) {
      capacity("capacity-503", Confidence::certain, "error.details[].reason", "MODEL_CAPACITY_EXHAUSTED");
      return;
    }
    // (Vertex links to a page on its shared capacity from every 429; a named quota says more.)
    if (const Wording* said = wording(Topic::capacity); said && !(said->id == "vertex-dsq" && deciding_violation())) {
      capacity(said->id, Confidence::likely, "error.message", said->phrase);
      return;
    }
    if (money() || zero() || reason() || quota() || quoted_answer() || withheld() || month_in_words() || day_in_words()) return;
    for (const Topic topic : {Topic::rate, Topic::access, Topic::model, Topic::request, Topic::server, Topic::transport}) {
      if (topic == Topic::transport && refused()) continue;
      if (topic == Topic::server && !refused() && tunnel()) return;
      if (const Wording* said = wording(topic)) {
        if (said->id == "invalid-argument-generic" && (filtered() || refused_field())) return;           // the sentence says more
        if (topic == Topic::server && said->id == "rate-generic" && facts_.says(spent_quota)) continue;  // the sentence says more
        sentence(*said);
        return;
      }
      if (topic == Topic::access && shut_out()) return;
      if (topic == Topic::model && missing_model()) return;
      if (topic == Topic::request && (filtered() || refused_field())) return;
    }
    if (code_word() || plain_quota() || kind_in_words() || by_status()) return;
    if (const Wording* said = wording(Topic::general)) {
      sentence(*said);
      result_.confidence = Confidence::guess;
      return;
    }
    if (facts_.told && status_ < 300 && facts_.shape == BodyShape::json) {
      decide("candidates-empty", Confidence::likely, "body", "no candidates");
      return;
    }
    add_evidence("body", "not recognised");
    decide_kind(Kind::other);
  }

  [[nodiscard]] const Wording* wording(Topic topic) const noexcept {
    if (refuses_ && topic != Topic::access && topic != Topic::model && topic != Topic::request && topic != Topic::general) return nullptr;
    const auto found =
        std::ranges::find_if(wordings, [&](const Wording& known) { return known.topic == topic && facts_.says(known.phrase); });
    return found == wordings.end() ? nullptr : &*found;
  }

  // A page is never the service's own answer: its status says what happened, its author who says it.
  bool page() {
    constexpr std::array<std::pair<int, std::string_view>, 5> pages{{{403, "proxy-block-page-403"},
                                                                     {404, "path-not-found-html"},
                                                                     {413, "body-too-large-413-html"},
                                                                     {503, "temporarily-unavailable"},
                                                                     {504, "cloudflare-524"}}};
    // A proxy that could not reach the service says so under a status of its own choice.
    constexpr std::string_view not_retrieved{"url could not be retrieved"};
    if (status_ >= 500 && facts_.says(not_retrieved)) return decide("envoy-503", Confidence::likely, "body", not_retrieved);
    if (status_ == 0) {
      for (const std::string_view check : robot_checks)
        if (facts_.says(check)) {
          decide("proxy-block-page-403", Confidence::likely, "body", check);
          result_.advice = taken_for_a_robot;
          return true;
        }
      if (facts_.says(proxy_asks_for_login)) return decide("proxy-auth-407", Confidence::likely, "body", proxy_asks_for_login);
      for (const std::string_view page : block_pages)
        if (facts_.says(page)) return decide("proxy-block-page-403", Confidence::likely, "body", page);
    }
    if (const Wording* said = status_ == 0 ? wording(Topic::server) : nullptr)
      return decide(said->id, Confidence::likely, "body", said->phrase);
    if (status_ == 0) return decide("captive-200-html", Confidence::likely, "body", "a web page where an answer was expected");
    const std::string where = "HTTP status of a page";
    const auto known = std::ranges::find(pages, status_, &std::pair<int, std::string_view>::first);
    if (known != pages.end()) return decide(known->second, Confidence::certain, where, std::to_string(status_));
    if (named_by_http(where, Confidence::certain)) return true;
    return decide("proxy-block-page-403", Confidence::likely, where, std::to_string(status_));
  }

  void capacity(std::string_view id, Confidence confidence, std::string where, std::string_view what) {
    if (id == "capacity-503" && status_ == 429) id = "capacity-429";
    if (id == "service-unavailable" && context_.of_batch) id = "batch-get-503";
    if (id == "gateway-saturated") {
      if (facts_.code_named("rate_limit_exceeded")) id = "gateway-saturated-rate";
      if (facts_.code_named("insufficient_quota")) id = "gateway-saturated-contradictory";
    }
    if (breaks_off()) id = facts_.tail_error ? "sse-error-tail-raw" : "sse-error-event";
    decide(id, confidence, std::move(where), what);
  }

  // Whether it is an error within a stream that had begun well, sent as events or as an array. Where nobody says the status, the pieces of
  // an answer before the error do.
  [[nodiscard]] bool breaks_off() const noexcept {
    const bool is_well = http_ == 0 ? facts_.candidates_seen : http_ >= 200 && http_ < 300;
    return is_well && (facts_.shape == BodyShape::sse || (facts_.candidates_seen && trimmed(text_).starts_with('[')));
  }

  bool money() {
    if (facts_.has_reason("insufficient_g1_credits_balance")) {
      decide("credits-g1-empty", Confidence::certain, "error.details[].reason", "INSUFFICIENT_G1_CREDITS_BALANCE");
      result_.scope = QuotaScope::per_user;
      result_.verdict.dimension = QuotaDimension::spend;
      return true;
    }
    const Wording* said = wording(Topic::money);
    const std::string_view month = said ? std::string_view{} : months_spend();
    if (!said && month.empty() && status_ != 402) return false;
    if (!month.empty()) {
      decide("spend-cap-monthly", Confidence::likely, std::string{in_message}, month);
    } else if (said) {
      decide(said->id == "prepay-depleted-429" && status_ == 402 ? "prepay-depleted-402" : said->id, Confidence::likely, "error.message",
             said->phrase);
    } else {
      decide("prepay-depleted-402", Confidence::likely, "HTTP status", "402");
    }
    result_.scope = QuotaScope::per_project;
    result_.free_tier = false;
    result_.verdict.dimension = QuotaDimension::spend;
    return true;
  }

  // A sentence about a limit of what is spent or used that names a month: no limit of some minutes.
  [[nodiscard]] std::string_view months_spend() const noexcept {
    if (refuses_) return {};
    const auto any = [](std::string_view sentence, auto... words) { return (contains(sentence, words) || ...); };
    return months_sentence([any](std::string_view sentence) {
      if (any(sentence, "weekly")) return false;  // the cap is a month's
      return any(sentence, "budget") ||
             (any(sentence, " cap", "limit") && any(sentence, "spend", "usage", "tier 1", "tier 2", "tier 3", "billing limit", "$"));
    });
  }

  // The first sentence that names a span of months and that `fits` takes; empty when there is none.
  template <class Fits>
  [[nodiscard]] std::string_view months_sentence(Fits fits) const noexcept {
    for (const std::string_view span : words_for_months)
      if (const std::string_view sentence = first_sentence(span, fits); !sentence.empty()) return sentence;
    return {};
  }

  // The first sentence that holds a phrase and that `fits` takes.
  template <class Fits>
  [[nodiscard]] std::string_view first_sentence(std::string_view phrase, Fits fits) const {
    for (std::size_t at = facts_.words.find(phrase); at != std::string::npos; at = facts_.words.find(phrase, at + 1))
      if (const std::string_view sentence = sentence_with(phrase, at); fits(sentence)) return sentence;
    return {};
  }

  // The sentence that the first of these words stands in, or the part of a long one; empty when it is nowhere said.
  [[nodiscard]] std::string_view sentence_with(std::string_view phrase, std::size_t from = 0) const noexcept {
    constexpr std::size_t around = 80;
    constexpr std::size_t behind = 120;  // an address may stand between the name and what is said of it
    const std::string_view words = facts_.words;
    const std::size_t at = words.find(phrase, from);
    if (at == std::string_view::npos) return {};
    std::size_t begin = at < around ? 0 : at - around;
    if (const std::size_t stop = words.substr(begin, at - begin).rfind(". "); stop != std::string_view::npos) begin += stop + 2;
    std::size_t end = std::min(words.size(), at + phrase.size() + behind);
    end = std::min(end, words.substr(0, end).find(". ", at));
    return whole_words(begin, end);
  }

  // A piece of the words from blank to blank: half a key would not be known for one.
  [[nodiscard]] std::string_view whole_words(std::size_t begin, std::size_t end) const noexcept {
    const std::string_view words = facts_.words;
    while (begin > 0 && begin < end && words[begin - 1] != ' ') ++begin;
    if (end < words.size() && !words.substr(end).starts_with(". "))
      while (end > begin && words[end] != ' ') --end;
    return words.substr(begin, end - begin);
  }

  // ---- quotas

  // The violation that decides is the one whose window opens last.
  [[nodiscard]] const Violation* deciding_violation() const {
    const Violation* longest = nullptr;
    for (const Violation& candidate : facts_.violations)
      if (!candidate.id.empty() || !candidate.metric.empty())
        if (!longest || window_of(candidate).window > window_of(*longest).window) longest = &candidate;
    return longest;
  }

  [[nodiscard]] static QuotaName window_of(const Violation& violation) {
    QuotaName name = quota_name(violation.id);  // a metric alone has no tier at its end
    const QuotaName metric = quota_name(violation.metric);
    if (name.window == Window::unknown) name.window = metric.window;
    if (!name.free_tier) name.free_tier = metric.free_tier;
    if (name.scope == QuotaScope::unknown) name.scope = metric.scope;
    name.tokens = name.tokens || metric.tokens;
    name.images = name.images || metric.images;
    name.at_once = name.at_once || metric.at_once;
    // An id without a tier is one of the paid tiers', unless it counts for a region or a shared project.
    const bool whole = !violation.cut;  // of a cut one the tier, at its end, is what was lost
    if (whole && !name.free_tier && !name.shared_project && name.scope != QuotaScope::per_region && name.window != Window::unknown)
      name.free_tier = false;
    return name;
  }

  // The limit that an ErrorInfo names. What a cut took from the name, or from before it, the sentence may say.
  [[nodiscard]] QuotaName limit_of_metadata() const {
    QuotaName name = quota_name(facts_.quota_limit);
    if (!facts_.quota_limit_cut && (!facts_.quota_limit.empty() || !facts_.quota_limit_value)) return name;
    QuotaName said = quota_name(quota_in_words());
    if (said.window == Window::unknown) said.window = name.window;
    said.tokens = said.tokens || name.tokens;
    said.images = said.images || name.images;
    return said;  // of scope and tier, which stand at a name's end, half a name says nothing
  }

  // A limit of nought needs no window: it says that no request will ever pass, and with it that every hint is meaningless.
  bool zero() {
    const Violation* violation = deciding_violation();
    const bool line = !refuses_ && std::ranges::any_of(facts_.limits, [](const LimitLine& said) { return said.limit == 0; });
    const bool value = std::ranges::any_of(facts_.violations, [](const Violation& said) { return said.value == 0; });
    const bool metadata = facts_.quota_limit_value == 0;
    const Wording* said = wording(Topic::zero);
    if (!line && !value && !metadata && !said) return false;

    const QuotaName name = violation ? window_of(*violation) : limit_of_metadata();
    std::string_view id = "limit-zero";
    if (metadata) id = find_word(facts_.quota_limit, "apirequests") != std::string::npos ? "region-api-requests-zero" : "region-limit-zero";
    if (value && !line) id = "limit-zero-explicit";
    if (line && !value && tier(name) == false) id = "limit-zero-paid";
    if (said && !line && !value && !metadata) id = said->id;
    if (line) {
      decide(id, Confidence::certain, "error.message", "limit: 0");
    } else if (value) {
      decide(id, Confidence::certain, "error.details[].violations[].quotaValue", "0");
    } else if (metadata) {
      decide(id, Confidence::certain, "error.details[].metadata.quota_limit_value", "0");
    } else {
      decide(id, Confidence::likely, "error.message", said->phrase);
    }
    if (name.window != Window::unknown) result_.verdict.dimension = name.dimension();
    result_.scope = name.scope != QuotaScope::unknown ? name.scope : QuotaScope::per_project_per_model;
    result_.free_tier = said ? std::optional{true} : tier(name);
    result_.limit_value = 0;
    result_.limit_zero = true;
    return true;
  }

  [[nodiscard]] std::optional<bool> tier(const QuotaName& name) const {
    if (name.free_tier) return name.free_tier;
    for (const LimitLine& line : facts_.limits)
      if (const auto said = quota_name(line.metric).free_tier) return said;
    return facts_.limits.empty() || name.shared_project || name.scope == QuotaScope::per_region ? std::nullopt : std::optional{false};
  }

  bool reason() {
    for (const NamedFailure& known : error_reasons) {
      if (known.id.empty() || !facts_.has_reason(known.name)) continue;
      std::string_view id = known.id;
      if (id == "api-key-invalid" && facts_.says("expired")) id = "api-key-expired";
      if (id == "api-key-invalid" && facts_.says("key not found")) id = "api-key-not-found";
      decide(id, Confidence::certain, "error.details[].reason", uppered(known.name));
      if (id == "user-quota-weekly") result_.scope = QuotaScope::per_user;
      return true;
    }
    return false;
  }

  bool quota() {
    const Violation* violation = deciding_violation();
    QuotaName name;
    std::string where;
    std::string what;
    Confidence confidence = Confidence::certain;
    if (violation) {
      name = window_of(*violation);
      where = violation->id.empty() ? "error.details[].violations[].quotaMetric" : "error.details[].violations[].quotaId";
      what = violation->id.empty() ? violation->metric : violation->id;
      if (violation->value) result_.limit_value = violation->value;
    } else if (!facts_.quota_limit.empty()) {
      name = limit_of_metadata();
      where = "error.details[].metadata.quota_limit";
      what = facts_.quota_limit;
    } else if (const std::string_view said = quota_in_words(); !said.empty()) {
      name = quota_name(said);
      confidence = Confidence::likely;
      where = "error.message";
      what = said;
    } else {
      return false;
    }
    if (name.window == Window::unknown) {
      name.window = window_of_figures(name);
      if (name.window != Window::unknown) confidence = Confidence::guess;
    }
    // Several metrics without a window between them leave the dimension open.
    const bool several =
        !violation && std::ranges::adjacent_find(facts_.limits, std::ranges::not_equal_to{}, &LimitLine::metric) != facts_.limits.end();
    if (name.window == Window::unknown && confidence == Confidence::likely) confidence = Confidence::guess;
    if (!result_.limit_value) result_.limit_value = facts_.quota_limit_value;
    if (!result_.limit_value && !several)
      for (const LimitLine& line : facts_.limits)
        if (!violation || violation->metric.empty() || line.metric.empty() || violation->metric == line.metric)
          result_.limit_value = line.limit;

    decide(quota_id(name, several), confidence, std::move(where), what);
    if (name.at_once) result_.advice = name.tokens ? too_much_queued : too_many_at_once;
    if (name.window == Window::day && name.images && !name.tokens) result_.advice = days_images;
    if (name.window == Window::day && name.tokens && !name.free_tier.value_or(false)) {  // no row of the table is a paid tier's
      result_.advice = days_limit;
      result_.verdict.remedy = Remedy::next_day;
    }
    if (name.window == Window::second || name.window == Window::hour || name.window == Window::month) result_.advice = other_span;
    if (!several && (name.window != Window::unknown || name.at_once || hint())) result_.verdict.dimension = name.dimension();
    result_.scope = name.scope;
    result_.free_tier = name.free_tier;
    return true;
  }

  // The same sentence comes with minutes and with days, and the hint does not tell them apart: it is a minute's for both. The figure does:
  // the free tier has never had more than 15 requests a minute on a model that makes images (30 and 60 on retired ones), nor less than 20 a
  // day.
  [[nodiscard]] Window window_of_figures(const QuotaName& name) const noexcept {
    constexpr std::int64_t least_of_a_day = 20;
    if (!name.free_tier.value_or(false) || name.tokens || name.images || facts_.limits.empty()) return Window::unknown;
    const auto all = [this](auto&& fits) {
      return std::ranges::all_of(facts_.limits,
                                 [&](const LimitLine& line) { return contains(line.metric, "free_tier_requests") && fits(line.limit); });
    };
    if (all([](std::int64_t limit) { return limit >= least_of_a_day && limit != 30 && limit != 60; })) return Window::day;
    return all([](std::int64_t limit) { return limit < least_of_a_day; }) ? Window::minute : Window::unknown;
  }

  [[nodiscard]] std::string_view quota_id(const QuotaName& name, bool several) const {
    const bool free = name.free_tier.value_or(false);
    if (name.shared_project) return "shared-project-rpm";
    if (name.spend) return "spend-rate";
    if (name.at_once) return name.tokens ? "quota-no-details" : "rate-generic";
    if (name.window == Window::second || name.window == Window::hour) return "rate-generic";
    if (name.window == Window::month) return "quota-no-details";
    if (name.window == Window::day) {
      const auto another = [decides = name.dimension()](const Violation& violation) {
        const QuotaName other = window_of(violation);
        return other.window != Window::unknown && other.dimension() != decides;
      };
      if (std::ranges::any_of(facts_.violations, another)) return "multi-violation";
      if (name.tokens && !free) return "quota-no-details";
      return name.tokens ? "tpd-free" : free ? "rpd-free" : "rpd-paid";
    }
    // Without a window: a hint speaks for a short one.
    if (name.window == Window::unknown && (several || !hint())) return "quota-no-details";
    if (name.scope == QuotaScope::per_region) return facts_.says("embed") ? "region-rate-embed" : "region-rate";
    if (name.images) return "ipm";
    if (name.tokens) return facts_.says("per_base_model") ? "vertex-tpm" : free ? "tpm-free" : "tpm-paid";
    return free ? "rpm-free" : "rpm-paid";
  }

  // "Quota exceeded for metric: X, limit: 2", "Quota exceeded for quota metric 'X' and limit 'Y per minute for a region'": what follows.
  // "free-models-per-day" behind a rate limit is a name that says its window; else what follows is more of the sentence.
  [[nodiscard]] std::string_view quota_in_words() const noexcept {
    if (refuses_) return {};
    constexpr std::string_view of_quota{"quota exceeded for "};
    constexpr std::string_view of_rate{"rate limit exceeded: "};
    const std::string_view words = facts_.words;
    if (const std::size_t at = words.find(of_quota); at != std::string_view::npos && at + of_quota.size() < words.size()) {
      constexpr std::size_t before = 40;                                        // "... request quota exceeded for": what is counted
      const std::size_t stop = words.substr(0, at).find_last_of(".:*,;(") + 1;  // 0 without one
      return said_from(std::max(stop, at - std::min(at, before)));
    }
    const std::size_t at = words.find(of_rate);
    const std::string_view said = at == std::string_view::npos ? std::string_view{} : said_from(at + of_rate.size());
    return quota_name(leading_name(said)).window == Window::unknown ? std::string_view{} : said;
  }

  [[nodiscard]] std::string_view said_from(std::size_t begin) const noexcept {
    constexpr std::size_t enough = 240;
    const std::string_view said = whole_words(begin, std::min(facts_.words.size(), begin + enough));
    return trimmed(said.substr(0, said.find("please retry")));
  }

  // A limit that is told in a sentence of no known form: what it counts, and for how long, may stand there all the same.
  void name_window() {
    for (const std::string_view at_once : {"enqueued", "concurrent", "simultaneous", "in flight"})
      if (const std::string_view said = sentence_with(at_once); !said.empty()) {
        const bool queued = at_once == "enqueued";
        decide(queued ? "quota-no-details" : "rate-generic", Confidence::likely, std::string{in_message}, said);
        result_.verdict.dimension = QuotaDimension::other;
        result_.advice = queued ? too_much_queued : too_many_at_once;
        return;
      }
    constexpr std::array<std::pair<std::string_view, Window>, 11> spans{{{"per minute", Window::minute},
                                                                         {"per-minute", Window::minute},
                                                                         {"per min ", Window::minute},
                                                                         {"per 1 minute", Window::minute},
                                                                         {"per day", Window::day},
                                                                         {"per-day", Window::day},
                                                                         {"per 1 day", Window::day},
                                                                         {"per hour", Window::hour},
                                                                         {"per 1 hour", Window::hour},
                                                                         {"per second", Window::second},
                                                                         {"per 1 second", Window::second}}};
    constexpr std::size_t before = 32;
    for (const auto& [span, window] : spans) {
      const std::size_t at = facts_.words.find(span);
      if (at == std::string::npos) continue;
      const std::size_t begin = at < before ? 0 : at - before;
      const std::string_view counted = std::string_view{facts_.words}.substr(begin, at - begin);
      QuotaName name = quota_name(counted);
      name.window = window;
      name.images = contains(counted, "image");
      const std::string_view said = whole_words(begin, std::min(facts_.words.size(), facts_.words.find(' ', at + span.size() - 1)));
      spent_window(name, contains(counted, "request"), said);
      return;
    }
    // "RPD limit exceeded". Of several initials none is the one.
    QuotaName name;
    std::string_view said;
    for (std::string_view rest = facts_.words; !rest.empty();) {
      const std::string_view word = leading_name(rest);
      if (const auto known = quota_of_initials(word)) {
        if (!said.empty() && said != word) return;
        name = *known;
        said = word;
      }
      rest.remove_prefix(std::max<std::size_t>(word.size(), 1));
    }
    if (!said.empty()) spent_window(name, true, said);
  }

  // A limit of that window; `requests`: where nothing else is counted, these are, and that is said.
  void spent_window(const QuotaName& name, bool requests, std::string_view said) {
    const bool other = name.window == Window::hour || name.window == Window::second;
    const bool told = other || name.tokens || name.images || requests;  // what is counted
    if (name.window == Window::day) {
      spent_day(name, in_message, said);
      if (!told) result_.verdict.dimension = QuotaDimension::none;
      return;
    }
    if (!told) return;
    decide(name.free_tier || name.images ? quota_id(name, false) : "rate-generic", Confidence::likely, std::string{in_message}, said);
    if (other) {
      result_.advice = other_span;
    } else if (!name.free_tier && !name.images) {
      result_.advice = minutes_limit;
    }
    result_.verdict.dimension = name.dimension();
    result_.scope = name.scope;
    result_.free_tier = name.free_tier;
  }

  // A day's limit of which no quota is named: the tier is known only where it is said. ("Upgrade to a paid tier" says no more than "free".)
  void spent_day(QuotaName name, std::string_view where, std::string_view what) {
    name.window = Window::day;
    for (const std::string_view free : {std::string_view{"free tier"}, std::string_view{"free-tier"}, std::string_view{"free plan"}})
      if (facts_.says(free)) name.free_tier = true;
    decide(name.free_tier ? quota_id(name, false) : "quota-no-details", Confidence::likely, std::string{where}, what);
    if (!name.free_tier) result_.advice = name.images ? days_images : days_limit;
    result_.verdict.remedy = Remedy::next_day;
    result_.verdict.dimension = name.dimension();
    result_.free_tier = name.free_tier;
    result_.scope = name.scope;
  }

  // A limit of what is used in a month, told in a sentence: none of some minutes.
  bool month_in_words() {
    if (refuses_) return false;
    const std::string_view said =
        months_sentence([](std::string_view sentence) { return contains(sentence, "quota") || contains(sentence, "limit"); });
    if (said.empty()) return false;
    decide("quota-no-details", Confidence::likely, std::string{in_message}, said);
    result_.verdict.dimension = QuotaDimension::other;
    result_.advice = other_span;
    return true;
  }

  bool day_in_words() {
    const Wording* said = wording(Topic::day);
    if (!said) return false;
    const std::string_view sentence = sentence_with(said->phrase);
    const QuotaName name = quota_name(sentence);
    spent_day(name, in_message, said->phrase);
    if (!name.tokens && !name.images && !contains(sentence, "request")) result_.verdict.dimension = QuotaDimension::none;
    return true;
  }

  // ---- sentences, code words, statuses

  struct SaidOf {
    std::string_view id;
    std::string_view sentence;
  };

  template <std::size_t size>
  [[nodiscard]] static bool says_one(std::string_view sentence, const std::array<std::string_view, size>& words) noexcept {
    return std::ranges::any_of(words, [sentence](std::string_view word) { return contains(sentence, word); });
  }

  // The first sentence that names one of `subjects` and says one of `predicates`; empty when there is none.
  template <std::size_t many, std::size_t... sizes>
  [[nodiscard]] SaidOf said_of(const std::array<Subject, many>& subjects,
                               const std::array<std::string_view, sizes>&... predicates) const noexcept {
    const auto fits = [&](std::string_view sentence) { return (says_one(sentence, predicates) && ...); };
    for (const Subject& subject : subjects)
      if (const std::string_view sentence = first_sentence(subject.named, fits); !sentence.empty()) return {subject.id, sentence};
    return {};
  }

  // An account or a project that is shut out for what it did: the sentence speaks of policies, and of no prompt.
  bool shut_out() {
    const SaidOf said = said_of(members, exclusions, offences);
    return !said.id.empty() && decide(said.id, Confidence::likely, std::string{in_message}, said.sentence);
  }

  // A proxy that does not let the call through answers with a status of its own, which is not the service's.
  bool tunnel() {
    constexpr std::size_t before = 48;
    constexpr std::size_t behind = 96;
    const auto no_port = [](std::string_view front, std::string_view) { return !front.ends_with("port=") && !front.ends_with(':'); };
    for (const std::string_view mark : tunnels)
      for (std::size_t at = facts_.words.find(mark); at != std::string::npos; at = facts_.words.find(mark, at + 1)) {
        const std::string_view said = whole_words(at - std::min(at, before), std::min(facts_.words.size(), at + behind));
        const int status = find_status(said, no_port);
        if (status == 0 || status == 408 || status == 429) continue;
        const std::string_view id = status == 407 ? "proxy-auth-407" : status < 500 ? "proxy-block-page-403" : "envoy-503";
        return decide(id, Confidence::likely, std::string{in_message}, said);
      }
    return false;
  }

  // A sentence that names a field of the request and says that its value is refused.
  bool refused_field() {
    if (status_ != 0 && status_ != 400 && status_ != 422) return false;
    const SaidOf said = said_of(fields, refusals);
    return !said.id.empty() && decide(said.id, Confidence::likely, std::string{in_message}, said.sentence);
  }

  // A sentence that names a filter and says that it withheld something: under whatever status, that goes to no other target.
  bool filtered() {
    const SaidOf said = said_of(filters, withholdings);
    if (said.id.empty()) return false;
    const bool made = said.id == "prompt-blocked-safety" && says_one(said.sentence, outputs) && !says_one(said.sentence, inputs);
    return decide(made ? "image-safety" : said.id, Confidence::likely, std::string{in_message}, said.sentence);
  }

  // A gateway that puts an answer without an image into an error of its own.
  bool quoted_answer() {
    if (!facts_.status.empty() || !facts_.reasons.empty()) return false;
    if (facts_.finish_reason.empty() && facts_.block_reason.empty() && !facts_.candidates_seen) return false;
    if (facts_.finish_in_words && facts_.block_reason.empty() && ends_plainly()) return false;  // the sentence around it says what is wrong
    answer();
    if (result_.ok()) decide("finish-unknown", Confidence::guess, "error.message", "an answer within an error");
    return true;
  }

  void sentence(const Wording& said) {
    std::string_view id = said.id;
    if (id == "sdk-stand-in-400" && status_ > 400 && by_status()) return;  // the library's words say nothing; the status does
    if (id == "deadline-504" && status_ == 503) id = "deadline-503";
    if (id == "user-quota-short") {
      const bool long_one = hint().value_or(Duration::zero()) >= std::chrono::hours{1} && !facts_.has_reason("rate_limit_exceeded");
      if (long_one) id = "user-quota-weekly";
    }
    const bool is_feature = said.topic == Topic::model && said.phrase.starts_with("is not enabled for ");
    const std::string_view feature = is_feature ? front_of(said.phrase) : std::string_view{};
    if (is_feature && contains(feature, "image size"))
      id = "image-size-invalid";
    else if (is_feature && contains(feature, "aspect ratio"))
      id = "aspect-ratio-invalid";
    else if (is_feature && (contains(feature, "modal") || contains(feature, "image")))
      id = "modality-unsupported";
    if (id == "connect-timeout" && facts_.says("read tcp ")) id = "idle-timeout";  // Go: the connection stood, and the request was out
    if (id == "model-not-found" && status_ == 503) id = "retired-503-gateway";
    if (id == "model-not-found" && facts_.shape == BodyShape::sse) id = "model-not-found-sse";
    decide(id, Confidence::likely, "error.message", said.phrase);
    if (is_feature && id != "modality-unsupported") {
      const bool of_all = contains(feature, "candidate");  // no image model makes several
      result_.verdict.remedy = of_all ? Remedy::never : Remedy::other_model;
      result_.advice = of_all ? one_candidate : not_of_this_model;
    }
    if (said.phrase == file_in_work) {
      result_.verdict.remedy = Remedy::after_delay;
      result_.advice = file_not_ready;
    }
    if (said.phrase == models_that_are_allowed) result_.advice = policy_of_the_organisation;
    if (std::ranges::find(nothing_of_json, said.phrase) != nothing_of_json.end()) {
      result_.confidence = Confidence::guess;
      result_.verdict.billed = Billed::unknown;
      result_.advice = answer_without_json;
    }
    if (said.phrase == larger_than_the_client_takes) {
      result_.verdict.billed = Billed::yes;
      result_.advice = too_large_for_the_client;
    }
    if (said.topic == Topic::rate && said.phrase == "quota will reset after") result_.scope = QuotaScope::per_user;
    if (id == "openrouter-upstream") result_.scope = QuotaScope::shared_capacity;
    if (id == "spend-rate") result_.verdict.dimension = QuotaDimension::spend;
    if (id == "free-tier-region" || id == "free-tier-region-new-text" || id == "billing-required-imagen") result_.free_tier = true;
  }

  // Of the sentence with a phrase what stands before it.
  [[nodiscard]] std::string_view front_of(std::string_view phrase) const noexcept {
    const std::string_view sentence = sentence_with(phrase);
    return sentence.substr(0, std::min(sentence.find(phrase), sentence.size()));
  }

  // "model 'gemini-...' not found", in whatever words.
  bool missing_model() {
    for (const Absence& absence : absences)
      if (status_ == 404 || !absence.under_404)
        if (const std::string_view said = first_sentence(absence.said, speaks_of_model); !said.empty())
          return decide(facts_.says("publisher model") ? "vertex-model-not-found" : absence.id, Confidence::likely, std::string{in_message},
                        said);
    return false;
  }

  // Whether a sentence is about a model: it has a name of the service's, or calls something one ("model zai-4 ...", "this model is ...").
  // In an address ("models/NAME:method") the method may be what is missing.
  [[nodiscard]] static bool speaks_of_model(std::string_view sentence) {
    constexpr std::string_view folder{"models/"};
    if (const std::size_t at = sentence.find(folder); at != std::string_view::npos) {
      const std::string_view rest = sentence.substr(at + folder.size());
      const std::string_view behind = rest.substr(leading_name(rest).size());
      if (behind.size() > 1 && behind.front() == ':' && is_letter(behind[1])) return false;
    }
    for (std::size_t at = 0; at < sentence.size();) {
      const std::string_view name = leading_name(sentence.substr(at));
      if (is_model_name(name)) return true;
      at += std::max<std::size_t>(name.size(), 1);
    }
    constexpr std::string_view label{"model"};
    for (std::size_t at = sentence.find(label); at != std::string_view::npos; at = sentence.find(label, at + 1)) {
      const std::string_view rest = sentence.substr(at + label.size());
      if (rest.starts_with("s/")) return true;
      const std::string_view next = leading_name(rest.substr(std::min<std::size_t>(1, rest.size())));
      constexpr std::array<std::string_view, 6> verbs{"is", "was", "has", "had", "does", "not"};
      if (next.empty() || std::ranges::find(verbs, next) != verbs.end() || std::ranges::any_of(next, is_digit)) return true;
    }
    return false;
  }

  bool code_word() {
    for (const NamedFailure& known : code_words) {
      const std::string* written = facts_.code_named(known.name);
      if (!written) continue;
      if (known.id == "gateway-hides-429" && status_ != 500) continue;
      // A gateway's default for all errors: believed where the status does not say another thing.
      if (known.id == "invalid-argument-generic" && status_ >= 400 && status_ != 400 && status_ != 422) continue;
      if (known.id.empty()) {
        add_evidence("error.code", *written);
        result_.confidence = Confidence::likely;
        return decide_kind(contains(known.name, "authenticat") ? Kind::auth : Kind::permission);
      }
      if (known.name == "quota_exceeded" || known.name.starts_with("daily")) {
        spent_day({}, "error.code", *written);
        return true;
      }
      return decide(known.id, Confidence::likely, "error.code", *written);
    }
    return false;
  }

  // An answer that refuses the request is no trouble with the connection, whatever it speaks of.
  [[nodiscard]] bool refused() const noexcept {
    return status_ >= 400 && status_ < 499 && status_ != 407 && status_ != 408 && !facts_.code_in_text;
  }

  bool kind_in_words() {
    for (const KindWording& known : kind_wordings) {
      if (!facts_.says(known.phrase) && !facts_.has_reason(known.phrase)) continue;
      if (!facts_.status.empty() && known.kind != kind_of_status()) continue;
      if (status_ >= 500 && known.advice.cause.empty()) continue;  // a word of every day, of a file's rights for example
      add_evidence(std::string{in_message}, known.phrase);
      result_.confidence = Confidence::likely;
      decide_kind(known.kind);
      result_.advice = known.advice;
      return true;
    }
    return false;
  }

  static constexpr std::string_view spent_quota{"exceeded your current quota"};

  bool plain_quota() {
    if (refuses_ || !facts_.says(spent_quota)) return false;
    decide("quota-no-details", Confidence::likely, std::string{in_message}, spent_quota);
    name_window();
    return true;
  }

  // Gateways turn a finish reason into an error and keep its name. Only names that are no words of every day count.
  bool withheld() {
    if (refuses_) return false;
    for (const FinishReason& known : finish_reasons) {
      if (known.id.empty() || !contains(known.name, "_") || known.name == "MAX_TOKENS") continue;
      if (!facts_.says(lowered(known.name))) continue;
      std::string_view id = known.id;
      const bool is_clients = facts_.says("finishreason." + lowered(known.name));  // as a client prints the enumeration
      if (id == "image-safety" && !is_clients) id = "gateway-image-safety";
      // The longer name holds the shorter one.
      if (id == "sse-blocked-mid" && facts_.says("image_prohibited_content")) id = "image-prohibited";
      if (id == "sse-blocked-mid" && facts_.says("prompt was blocked")) id = "prompt-blocked-prohibited";
      return decide(id, Confidence::likely, "error.message", known.name);
    }
    return false;
  }

  [[nodiscard]] Kind kind_of_status() const noexcept {
    return facts_.status == "UNAUTHENTICATED" ? Kind::auth : facts_.status == "PERMISSION_DENIED" ? Kind::permission : Kind::other;
  }

  // The enumerations of the two interfaces number the same names differently.
  [[nodiscard]] bool speaks_for_vertex() const noexcept {
    constexpr std::array<std::string_view, 4> marks{"vertexai", "vertex ai", "aiplatform", "did not complete successfully"};
    return std::ranges::any_of(marks, [this](std::string_view mark) { return facts_.says(mark); });
  }

  bool by_status() {
    // These two are of HTTP alone, and nothing but a size is said by them; the RPC's status beside them is a stand-in.
    if (status_ == 413 || status_ == 414) return by_http_status();
    if (facts_.shape == BodyShape::empty && status_ == 400) return decide("empty-400", Confidence::likely, "body", "empty");
    if (!facts_.status.empty() && by_grpc_status()) return true;
    return by_http_status();
  }

  bool by_grpc_status() {
    constexpr std::array<NamedFailure, 14> rows{{{"INVALID_ARGUMENT", "invalid-argument-generic"},
                                                 {"NOT_FOUND", "entity-not-found"},
                                                 {"RESOURCE_EXHAUSTED", "rate-generic"},
                                                 {"FAILED_PRECONDITION", "precondition-check-failed"},
                                                 {"INTERNAL", "internal"},
                                                 {"UNKNOWN", "unknown-500"},
                                                 {"DATA_LOSS", "unknown-500"},
                                                 {"UNAVAILABLE", "service-unavailable"},
                                                 {"DEADLINE_EXCEEDED", "deadline-504"},
                                                 {"CANCELLED", "cancelled-499"},
                                                 {"ABORTED", "aborted-409"},
                                                 {"ALREADY_EXISTS", "aborted-409"},
                                                 {"OUT_OF_RANGE", "out-of-range-416"},
                                                 {"UNIMPLEMENTED", "unimplemented-501"}}};
    for (const NamedFailure& row : rows)
      if (row.name == facts_.status) {
        if (row.id == "service-unavailable") {
          capacity(row.id, Confidence::guess, "error.status", row.name);
          return true;
        }
        return decide(row.id, Confidence::guess, "error.status", row.name);
      }
    if (kind_of_status() == Kind::other) return false;
    add_evidence("error.status", facts_.status);
    return decide_kind(kind_of_status());
  }

  bool by_http_status() {
    if (named_by_http("HTTP status", Confidence::guess)) return true;
    if (status_ < 400 || status_ >= 500) return false;
    add_evidence("HTTP status", std::to_string(status_));
    return decide_kind(status_ == 403 ? Kind::permission : Kind::bad_request);
  }

  // What a status says that has a meaning of its own.
  bool named_by_http(std::string where, Confidence confidence) {
    constexpr std::array<std::pair<int, std::string_view>, 26> rows{{{400, "invalid-argument-generic"},
                                                                     {402, "prepay-depleted-402"},
                                                                     {404, "entity-not-found"},
                                                                     {405, "invalid-argument-generic"},
                                                                     {407, "proxy-auth-407"},
                                                                     {408, "request-timeout-408"},
                                                                     {409, "aborted-409"},
                                                                     {410, "model-retired-listed"},
                                                                     {411, "invalid-argument-generic"},
                                                                     {413, "body-too-large-413"},
                                                                     {414, "uri-too-long-414"},
                                                                     {415, "invalid-argument-generic"},
                                                                     {416, "out-of-range-416"},
                                                                     {422, "invalid-argument-generic"},
                                                                     {429, "rate-generic"},
                                                                     {431, "invalid-argument-generic"},
                                                                     {499, "cancelled-499"},
                                                                     {501, "unimplemented-501"},
                                                                     {502, "bad-gateway-html"},
                                                                     {503, "service-unavailable"},
                                                                     {504, "deadline-504"},
                                                                     {505, "unimplemented-501"},
                                                                     {511, "captive-200-html"},
                                                                     {522, "cloudflare-524"},
                                                                     {524, "cloudflare-524"},
                                                                     {529, "overloaded"}}};
    const std::string status = std::to_string(status_);
    const auto known = std::ranges::find(rows, status_, &std::pair<int, std::string_view>::first);
    if (known != rows.end()) {
      decide(known->second, confidence, std::move(where), status);
      if (status_ == 522) {
        result_.advice = origin_not_reached;
        result_.verdict.billed = Billed::no;
      }
      return true;
    }
    if (status_ >= 300 && status_ < 400) {
      decide("redirect-3xx", Confidence::certain, std::move(where), status);
      if (status_ == 304) result_.advice = kept_by_a_cache;
      return true;
    }
    if (status_ >= 520 && status_ <= 530) {
      decide("envoy-503", confidence, std::move(where), status);
      if (status_ == 525 || status_ == 526) {  // a certificate behind the proxy
        result_.verdict.remedy = Remedy::never;
        result_.advice = untrusted_origin;
      }
      return true;
    }
    if (status_ >= 500 && status_ < 600) return decide("unknown-500", confidence, std::move(where), status);
    if (status_ != 401 && status_ != 425) return false;
    add_evidence(std::move(where), status);
    result_.confidence = confidence;
    return decide_kind(status_ == 401 ? Kind::auth : Kind::overload);  // too early in a connection; later it is none
  }

  // ---- what is told beside the verdict

  [[nodiscard]] std::optional<Duration> hint() const noexcept {
    std::optional<Duration> longest = facts_.structured_delay;
    keep_longest(longest, facts_.retry_in);
    // A reset in words is the structured one, more coarsely.
    return longest ? longest : facts_.reset_after;
  }

  [[nodiscard]] std::string model() const {
    if (const Violation* violation = deciding_violation(); violation && !violation->model.empty()) return violation->model;
    for (const Violation& violation : facts_.violations)
      if (!violation.model.empty()) return violation.model;
    if (!facts_.model.empty()) return facts_.model;
    for (const LimitLine& line : facts_.limits)
      if (!line.model.empty()) return line.model;
    if (!facts_.model_version.empty()) return facts_.model_version;
    if (!facts_.url_model.empty()) return facts_.url_model;
    if (std::string named = model_in_words(); !named.empty()) return named;
    return std::string{context_.model};
  }

  [[nodiscard]] std::string model_in_words() const {
    const std::string_view words = facts_.words;
    const auto after = [this, words](std::string_view label) -> std::string_view {
      const std::size_t at = words.find(label);
      return at == std::string_view::npos ? std::string_view{} : facts_.whole(leading_name(words.substr(at + label.size())));
    };
    for (const std::string_view label : {std::string_view{"base model: "}, std::string_view{"models/"}})
      if (const std::string_view name = after(label); !name.empty()) return std::string{name};
    constexpr std::string_view capacity_label{"available for model "};
    if (const std::string_view name = after(capacity_label); !name.empty() && facts_.says(std::string{name} + " on the server"))
      return std::string{name};
    if (const std::size_t end = words.find(" is temporarily rate-limited"); end != std::string_view::npos)
      return std::string{words.substr(words.rfind(' ', end - 1) + 1, end - words.rfind(' ', end - 1) - 1)};
    constexpr std::array<std::string_view, 8> labels{"model ",  "model `",      "model '",       "模型 ",
                                                     "google/", "reached for ", "exceeded for ", "image with "};
    for (const std::string_view label : labels)
      if (const std::string_view name = after(label); is_model_name(name)) return std::string{name};
    for (const std::string_view label : {" model has ", " model is ", " model was "})  // "the gemini-... model has been retired"
      if (const std::string_view front = words.substr(0, words.find(label)); front.size() < words.size())
        if (const std::string_view name = front.substr(front.rfind(' ') + 1); is_model_name(name)) return std::string{name};
    return family_in_words();
  }

  // "Gemini 9 Pro Preview doesn't have" a tier: quotas are counted under the family's name, which has no "-preview".
  [[nodiscard]] std::string family_in_words() const {
    const std::size_t end = facts_.words.find(" doesn");
    const std::size_t begin = facts_.words.rfind("gemini ", end);
    if (!wording(Topic::zero) || end == std::string::npos || begin == std::string::npos || end - begin > 48) return {};
    std::string name = facts_.words.substr(begin, end - begin);
    std::ranges::replace(name, ' ', '-');
    constexpr std::string_view preview{"-preview"};
    if (name.ends_with(preview)) name.resize(name.size() - preview.size());
    return name;
  }

  // Only the service itself speaks of its quotas by name; of a cut answer that is enough to know the status.
  [[nodiscard]] bool speaks_of_quota() const {
    return !facts_.status_is_number && (deciding_violation() || !facts_.limits.empty() || !facts_.quota_limit.empty() ||
                                        !quota_in_words().empty() || facts_.has_reason("quota_exhausted"));
  }

  void finish() {
    Verdict& verdict = result_.verdict;
    result_.http_status = http_ != 0 ? http_ : status_;
    result_.grpc_status = facts_.status.empty() && speaks_of_quota() ? "RESOURCE_EXHAUSTED" : facts_.status;
    result_.model = model();
    if (verdict.id == FailureId{"rate-generic"}) name_window();
    // What was made before it broke off may be paid for, whatever the error is.
    if (facts_.error_seen && facts_.candidates_seen && verdict.billed == Billed::no && breaks_off()) verdict.billed = Billed::unknown;
    // The service's own word on this very answer outranks what is usual.
    if (!verdict.ok() && facts_.says("will not be charged")) verdict.billed = Billed::no;
    // The control plane's outage is the one overload that is not a matter of room.
    if (verdict.kind == Kind::overload && verdict.id != FailureId{"visibility-check"}) result_.scope = QuotaScope::shared_capacity;
    // A gateway answered, whatever it could not reach.
    if (http_ != 0 && !is_answered_before_the_service(verdict.id.text())) verdict.sent = Sent::yes;
    // A page says its status itself; what an error in a body says is not what the transport saw.
    if (const int status = facts_.shape == BodyShape::html ? result_.http_status : http_; status != 0)
      verdict.reclassified = !verdict.ok() && status >= 200 && status < 300;
    result_.retry_after = hint();
    if (!verdict.ok() && result_.retry_after) {
      verdict.hint = rounded_up(*result_.retry_after);
      add_evidence("retry hint", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(verdict.hint).count()) + " s");
    }
    if (!verdict.ok() && !facts_.status.empty()) add_evidence("error.status", facts_.status);
    if (!verdict.ok() && http_ != 0) add_evidence("HTTP status", std::to_string(http_));
    if (result_.limit_value)
      verdict.limit = static_cast<std::int32_t>(std::min<std::int64_t>(*result_.limit_value, std::numeric_limits<std::int32_t>::max()));
    verdict.tokens = static_cast<std::int32_t>(std::min<std::int64_t>(facts_.prompt_tokens, std::numeric_limits<std::int32_t>::max()));
    result_.message = shortened(redacted(facts_.message.empty() ? plain_message() : facts_.message, context_.secret), longest_message);
  }

  [[nodiscard]] std::string plain_message() const {
    if (facts_.shape == BodyShape::html) {
      const std::string_view title = page_title();
      return std::string{title.empty() ? std::string_view{"a web page"} : facts_.written(title)};
    }
    if (facts_.shape == BodyShape::text) return std::string{trimmed(text_).substr(0, 4 * longest_message)};
    return facts_.shape == BodyShape::sse ? std::string{} : facts_.as_said.substr(0, 2 * longest_message);
  }

  static constexpr std::string_view in_message{"error.message"};

  // Where an answer says more, or less, than the row that it comes to.
  static constexpr Advice days_limit{
      "a day's quota is spent; of which tier, the answer does not say",
      "Wait for Pacific midnight (a gateway may have one of its own), change the model, or raise the quota."};
  static constexpr Advice days_images{"images per day are spent", "Wait for Pacific midnight, change the model, or raise the quota."};
  static constexpr Advice minutes_limit{"a limit per minute is reached", "Wait as long as the answer asks, else for the next minute."};
  static constexpr Advice other_span{"a limit of another span than a minute or a day is reached",
                                     "Wait as long as the answer asks, else as long as the quota's name says; raise the quota."};
  static constexpr Advice not_of_this_model{"the request asks for something that this model does not have",
                                            "Leave it away, or ask a model that has it; the sentence names it."};
  static constexpr Advice one_candidate{"several answers to one request, which this model does not make",
                                        "Ask for one candidate, and send as many requests as you want images."};
  static constexpr Advice policy_of_the_organisation{
      "a policy of the organisation (constraints/vertexai.allowedModels) does not allow this model",
      "Whoever runs the organisation must allow it; or ask a model that is allowed."};
  static constexpr Advice file_not_ready{"the uploaded file is still being processed",
                                         "Ask for the file until its state is ACTIVE, some seconds; then send the request again."};
  static constexpr Advice too_large_for_the_client{
      "the answer is larger than the client takes (gRPC: 4 MiB, where nothing else was set)",
      "Raise the client's limit (max_receive_message_length); an image has several MB. Each try is paid for."};
  static constexpr Advice another_question{"the answer to another question: a count of tokens, or what models there are",
                                           "Where that was asked, nothing is wrong. Images come from generateContent."};
  static constexpr Advice kept_by_a_cache{"a cache holds what was asked for, and nothing came",
                                          "Look at the answer before it; ask without If-None-Match and If-Modified-Since."};
  static constexpr Advice answer_without_json{"an answer came that holds no JSON: an empty one, or a page",
                                              "Look at its status and its first bytes. Retry once."};
  static constexpr Advice origin_not_reached{"the front end of a gateway could not reach what stands behind it",
                                             "Wait, then retry; ask whoever runs the gateway. The image was not begun."};
  static constexpr Advice untrusted_origin{"the front end of a gateway has no trusted connection to what stands behind it",
                                           "Whoever runs the gateway must mend its certificate."};
  static constexpr Advice taken_for_a_robot{"the front end takes the address that the call comes from for a robot",
                                            "Change egress, or send less from this one."};
  static constexpr Advice too_many_at_once{"too many requests at once: what is under way counts, not what was sent in a minute",
                                           "Keep fewer calls in flight (a Bulkhead), and try again when one has ended."};
  static constexpr Advice too_much_queued{"too much work is queued for batches",
                                          "Wait until earlier batch jobs have ended, or cancel some."};

  const Facts& facts_;
  std::string_view text_;
  int http_;
  const AnswerContext& context_;
  bool refuses_;
  int status_ = 0;
  Classification result_;
};

inline constexpr std::size_t largest_quotation = std::size_t{256} * 1024;

/// Whether a text is one string in quotes, with quotes in it.
[[nodiscard]] constexpr bool is_string_literal(std::string_view text) noexcept {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  bool escapes = false;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    if (text[at] == '"') return false;
    if (text[at] != '\\') continue;
    escapes = escapes || text[at + 1] == '"';
    ++at;
  }
  return escapes;
}

/// A text that was quoted as mails and issues quote, without its marks; empty when it was not: each line begins with "> ".
[[nodiscard]] inline std::string without_quote_marks(std::string_view text) {
  std::string plain;
  for (text = trimmed(text); !text.empty();) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (!line.starts_with('>')) return {};
    plain.append(line.substr(line.starts_with("> ") ? 2 : 1)).push_back('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return plain;
}

/// Whether a piece of an object ends where a member's string begins: `{ status: 429, body: "`.
[[nodiscard]] constexpr bool opens_member_string(std::string_view piece) noexcept {
  if (!piece.ends_with('"') || contains(piece, "}")) return false;
  piece.remove_suffix(1);
  return trimmed(piece).ends_with(':');
}

/// Whether the whole answer was put into a string: its first object begins with an escaped quote. Where that string is a member's, as Rust
/// prints one (`{ status: 429, body: "{\"error\"...`), it is read where it stands.
[[nodiscard]] inline bool is_quoted(std::string_view text) noexcept {
  if (text.size() > largest_quotation) return false;
  if (is_string_literal(trimmed(text))) return true;
  std::size_t members = std::string_view::npos;  // where an object whose names are in no quotes began
  for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1))
    for (std::size_t at = open + 1; at < text.size(); ++at) {
      const std::string_view rest = text.substr(at);
      if (rest.starts_with("\\\"")) return members > open || !opens_member_string(text.substr(members, open - members));
      if (rest.front() == '"') return false;
      if (rest.starts_with("\\n") || rest.starts_with("\\r") || rest.starts_with("\\t")) {
        ++at;
      } else if (rest.front() != '\\' && !is_space(rest.front())) {
        const std::string_view name = leading_name(rest);
        const std::string_view behind = rest.substr(name.size());
        if (!name.empty() && behind.size() > 1 && behind.front() == ':' && is_space(behind[1])) members = open;
        break;  // a brace of running text
      }
    }
  return false;
}

/// What a body says, whatever shape it has.
[[nodiscard]] inline Facts facts_of(std::string_view body, Reading reading = Reading::all, int refusal_level = -1) {
  Facts facts;
  facts.shape = body_shape(body);
  facts.author = page_author(body);
  // A page's rules of style look like objects; what a page says stands in its first part.
  if (facts.shape == BodyShape::html) body = body.substr(0, longest_text);
  std::string decoded = body.size() <= largest_quotation ? without_quote_marks(body) : std::string{};
  if (!decoded.empty()) body = decoded;
  for (int times = 0; times < deepest_nesting && is_quoted(body); ++times) {
    body = trimmed(body);
    if (body.starts_with('"')) body = body.substr(1, body.size() - (body.ends_with('"') ? 2 : 1));
    decoded = unescaped(body, largest_quotation);  // the old text lives until the new one is whole
    body = decoded;
  }
  const std::string straight = body.size() <= largest_quotation ? with_straight_quotes(body) : std::string{};
  if (!straight.empty()) body = straight;
  FactsCollector collector{facts, 0, reading, refusal_level};
  LenientReader reader{body, collector};
  reader.read();
  collector.finish();
  // Where nothing but its name tells of a quota, the name does; not in a refusal, which repeats what it was sent.
  if (facts.violations.empty() && !facts.bare_quota.id.empty() && !is_refusal(facts.status)) facts.violations.push_back(facts.bare_quota);
  facts.complete = facts.complete && reader.complete();  // a quoted answer may be cut within a whole envelope
  return facts;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini::detail
