// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/classify/body_shape.hpp>
#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/gemini/detail/lenient_json.hpp>
#include <ductile/gemini/duration.hpp>
#include <ductile/gemini/names.hpp>   // find_finish_reason, is_grpc_status, known_reason
#include <ductile/gemini/redact.hpp>  // names_secret

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What an answer says, taken out of whatever shape it came in: an envelope, an envelope in an array, in a string, in a gateway's own
// envelope, a stream of events, a log line, a piece of any of these. No judgement is made here.
namespace ductile::inline DUCTILE_VERSION::gemini::detail {

/// One entry of QuotaFailure.violations; each field may be missing.
struct Violation {
  std::size_t element = 0;  // where it begins: its fields come in any order
  int level = 0;
  std::string id;      // as it stands
  std::string metric;  // in lower case
  std::string model;   // the same
  std::optional<std::int64_t> value;
  bool cut = false;  // the id ends with the text
};

/// One "limit: N" of a message, with what stands around it.
struct LimitLine {
  std::string metric;
  std::string model;
  std::int64_t limit = 0;
};

/// One entry of candidates[].content.parts.
struct PartSeen {
  std::size_t element = 0;
  bool text = false;
  bool image = false;
  bool data = false;  // an image that has bytes
  bool thought = false;
};

/// One finish reason, in upper case; a number stays one.
struct FinishSeen {
  std::string reason;
  bool of_first = false;  // of the first candidate
};

struct Facts {
  BodyShape shape = BodyShape::empty;
  PageAuthor author = PageAuthor::unknown;
  bool complete = true;  // every bracket was closed

  // The error envelope; the innermost one is Google's, those around it are gateways'.
  bool error_seen = false;
  bool told = false;                 // only where errors are told in other shapes; see Reading
  bool code_in_text = false;         // only running text names the code
  bool status_is_number = false;     // a gateway's habit
  int code = 0;                      // the HTTP status that the answer names
  int rpc_code = 0;                  // 1 to 16
  std::string status;                // a google.rpc.Code name
  int status_level = -1;             // in how many strings the envelope is that has it as a member
  std::vector<std::string> reasons;  // ErrorInfo.reason and the like, in lower case
  std::vector<std::string> codes;    // codes and types that are words, as they stand: another provider's, a gateway's, Interactions'
  std::vector<Violation> violations;
  Violation bare_quota;  // a quota's id that stands alone in a sentence
  std::vector<LimitLine> limits;
  std::string quota_limit;  // ErrorInfo.metadata, as it stands
  bool quota_limit_cut = false;
  std::optional<std::int64_t> quota_limit_value;
  std::optional<Duration> structured_delay;  // RetryInfo.retryDelay, quotaResetDelay: the longest
  std::optional<Duration> retry_in;          // "Please retry in 58.9s": the longest
  std::optional<Duration> reset_after;       // "will reset after 161h39m41s": the longest
  bool markup_in_json = false;               // a value is a piece of a web page
  bool page_in_json = false;                 // a value is nothing but a web page

  // The answer of generateContent.
  bool member_seen = false;  // of whatever name
  bool candidates_seen = false;
  bool usage_seen = false;  // of tokens, which only an answer has
  bool candidate_seen = false;
  bool content_seen = false;
  bool feedback_seen = false;
  bool tail_error = false;                 // an error in a stream that is no event
  bool filtered = false;                   // Imagen's raiFilteredReason: an image was made and withheld
  bool finish_in_words = false;            // only running text names the finish reason
  std::string block_reason;                // in upper case
  std::string finish_reason;               // in upper case; a number stays one
  std::vector<FinishSeen> finish_reasons;  // every one but plain ends
  std::vector<PartSeen> parts;
  std::int64_t prompt_tokens = 0;
  std::int64_t thought_tokens = 0;
  std::string model_version;
  std::string model;                       // as the answer names it
  std::string url_model;                   // of an address that was called
  std::string message;                     // the words for people, as they stand
  std::string words;                       // all words, in lower case, each white space one blank
  std::string as_said;                     // the same, character by character, as they stand
  std::size_t cut_at = std::string::npos;  // where in the words a value ended because the text did

  [[nodiscard]] bool says(std::string_view phrase) const noexcept { return contains(words, phrase); }
  [[nodiscard]] bool has_reason(std::string_view reason) const noexcept { return std::ranges::find(reasons, reason) != reasons.end(); }
  [[nodiscard]] const std::string* code_named(std::string_view word) const noexcept {
    const auto found = std::ranges::find_if(codes, [word](const std::string& written) { return same_word(written, word); });
    return found == codes.end() ? nullptr : &*found;
  }
  /// A name that stands in `words`; empty when a cut runs through it: half a name is another name.
  [[nodiscard]] std::string_view whole(std::string_view name) const noexcept {
    if (cut_at == std::string::npos) return name;
    const std::string_view before_cut = std::string_view{words}.substr(0, cut_at);
    const std::string_view last = before_cut.substr(0, before_cut.find_last_not_of('.') + 1);
    return name.data() + name.size() == last.data() + last.size() ? std::string_view{} : name;
  }
  /// What stands where `words` has `part`, which is a piece of `words`.
  [[nodiscard]] std::string_view written(std::string_view part) const noexcept {
    return std::string_view{as_said}.substr(static_cast<std::size_t>(part.data() - words.data()), part.size());
  }
};

inline constexpr std::size_t most_words = std::size_t{48} * 1024;    // of all texts together
inline constexpr std::size_t longest_text = std::size_t{16} * 1024;  // of one
inline constexpr std::size_t most_items = 64;                        // of anything that is collected
inline constexpr int deepest_nesting = 5;                            // JSON in a string in JSON; three levels were seen

[[nodiscard]] inline std::string uppered(std::string_view text) {
  std::string result{text};
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

/// Lower case beside the text as it stands, with one blank for each stretch of white space.
inline void append_words(Facts& facts, std::string_view text) {
  std::string& words = facts.words;
  const auto append = [&](char c) {
    words.push_back(lower(c));
    facts.as_said.push_back(c);
  };
  if (!words.empty() && words.back() != ' ') append(' ');
  for (std::size_t i = 0; i < text.size() && words.size() < most_words; ++i) {
    const std::size_t gap = gap_length(text, i);
    if (gap == 0) {
      append(text[i]);
    } else {
      if (words.empty() || words.back() != ' ') append(' ');
      i += gap - 1;
    }
  }
}

/// The null of JSON, and of the languages in which clients and gateways are written.
[[nodiscard]] constexpr bool is_null(std::string_view raw) noexcept {
  constexpr std::array<std::string_view, 4> words{"null", "none", "nil", "undefined"};
  return std::ranges::any_of(words, [raw](std::string_view word) { return same_word(raw, word); });
}

/// Whether what stands in the place of a name is none.
[[nodiscard]] constexpr bool names_nothing(std::string_view raw) noexcept { return raw.empty() || same_word(raw, "false") || is_null(raw); }

/// "IMAGE_SAFETY" from "FinishReason.IMAGE_SAFETY", "FINISH_REASON_STOP", "image_safety", "ImageSafety".
[[nodiscard]] inline std::string plain_reason(std::string_view reason) {
  if (const auto point = reason.rfind('.'); point != std::string_view::npos) reason.remove_prefix(point + 1);
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  std::string plain;
  for (std::size_t i = 0; i < reason.size(); ++i) {
    if (i > 0 && is_capital(reason[i]) && is_letter(reason[i - 1]) && !is_capital(reason[i - 1])) plain.push_back('_');
    plain.push_back(reason[i]);
  }
  plain = uppered(plain);
  constexpr std::string_view prefix{"FINISH_REASON_"};
  if (plain.starts_with(prefix) && plain != "FINISH_REASON_UNSPECIFIED") plain.erase(0, prefix.size());
  return plain;
}

[[nodiscard]] constexpr bool is_name_character(char c) noexcept { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; }

/// The name (letters, digits, "_-.") that `text` begins with, without a full stop at its end.
[[nodiscard]] constexpr std::string_view leading_name(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size() && is_name_character(text[length])) ++length;
  while (length > 0 && text[length - 1] == '.') --length;
  return text.substr(0, length);
}

/// The text behind the wrappings in which Swift and Rust print a value: `Optional(BlockReason(rawValue: "SAFETY"))`, `Some("SAFETY")`. In
/// lower case.
[[nodiscard]] constexpr std::string_view without_wrappings(std::string_view text) noexcept {
  for (std::string_view name = leading_name(text); !name.empty(); name = leading_name(text)) {
    const std::string_view rest = text.substr(name.size());
    if (!rest.starts_with('(') && !(name == "rawvalue" && rest.starts_with(':'))) break;
    text = rest.substr(std::min(rest.find_first_not_of("(: \\\"'"), rest.size()));
  }
  return text;
}

/// The first number from 400 to 599 that stands alone in `words` and that `fits(before, behind)` takes; 0 when there is none.
template <class Fits>
[[nodiscard]] int find_status(std::string_view words, Fits fits) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (!is_name_character(words[at])) continue;
    const std::string_view name = leading_name(words.substr(at));
    const auto number = name.size() == 3 ? whole_number(name) : std::nullopt;
    if (number && *number >= 400 && *number < 600 && fits(words.substr(0, at), words.substr(at + name.size())))
      return static_cast<int>(*number);
    at += std::max<std::size_t>(name.size(), 1) - 1;
  }
  return 0;
}

/// The model of ".../models/NAME:generateContent"; empty when the address is another one.
[[nodiscard]] inline std::string model_of_url(std::string_view words) {
  constexpr std::string_view folder{"/models/"};
  for (std::size_t at = words.find(folder); at != std::string_view::npos; at = words.find(folder, at + 1)) {
    const std::string_view name = leading_name(words.substr(at + folder.size()));
    if (words.substr(at + folder.size() + name.size()).starts_with(':') && !name.empty()) return std::string{name};
  }
  return {};
}

/// Whether a name (in lower case) is beyond doubt one of a model of the service's.
[[nodiscard]] constexpr bool is_model_name(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 4> families{"gemini-", "imagen-", "nano-banana", "gemma-"};
  return std::ranges::any_of(families, [name](std::string_view family) { return name.starts_with(family); });
}

inline void keep_longest(std::optional<Duration>& kept, std::optional<Duration> said) {
  if (said && (!kept || *said > *kept)) kept = said;
}

/// A text whose quotes a word processor or a forum has made curly, with straight ones; empty when its first object does not begin with
/// such a quote.
[[nodiscard]] inline std::string with_straight_quotes(std::string_view text) {
  const auto is_curly = [text](std::size_t at) {
    const std::string_view rest = text.substr(at);
    return rest.size() >= 3 && rest.starts_with("\xE2\x80") && rest[2] >= '\x98' && rest[2] <= '\x9F';
  };
  bool named = false;
  for (std::size_t open = text.find('{'); open != std::string_view::npos && !named; open = text.find('{', open + 1)) {
    std::size_t at = open + 1;
    while (const std::size_t length = gap_length(text, at)) at += length;
    if (at == text.size() || contains("\"'\\", text.substr(at, 1))) return {};
    named = is_curly(at);
  }
  if (!named) return {};
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool curly = is_curly(at);
    plain.push_back(!curly ? text[at] : text[at + 2] < '\x9C' ? '\'' : '"');
    at += curly ? 2 : 0;
  }
  return plain;
}

/// Which sentences of an answer are read. Of one that claims success and holds no candidates only those that stand where other
/// interfaces tell their errors: others may be the caller's own words.
enum class Reading : std::uint8_t { all, told };

/// Behind which words clients, and sentences, tell a finish reason, and a reason for blocking a prompt.
///
/// Source   The client libraries for Python, JavaScript ("Candidate was blocked due to", of a prompt "Response was blocked due to") and
/// Android, Vertex AI's ("finish reason:"), LangChain.
inline constexpr std::array<std::string_view, 8> finish_labels{
    "finishreason",     "finish_reason",       "finishreason) is", "finish reason:",
    "finish reason is", "generation stopped:", "stopped. reason:", "candidate was blocked due to "};
inline constexpr std::array<std::string_view, 3> block_labels{"response was blocked due to ",
                                                              "prompt was blocked: ", "request was blocked. reason:"};

class FactsCollector {
 public:
  /// `refusal_level` is the level of an envelope that is a refusal: what is quoted in its sentences is not read.
  FactsCollector(Facts& facts, int level, Reading reading = Reading::all, int refusal_level = -1) noexcept
      : facts_(facts), level_(level), reading_(reading), refusal_level_(refusal_level) {}

  void opened(const LenientPath& path, bool object) {
    if (echoes(path)) return;
    const std::string_view name = path.name();
    facts_.member_seen = facts_.member_seen || !name.empty();
    if (LenientPath::same_name(name, "errors") && object && reading_ == Reading::told) facts_.told = true;
    if (LenientPath::same_name(name, "candidates")) {
      facts_.candidates_seen = true;
      if (object) facts_.candidate_seen = true;
      if (object) count_candidate(path.element_of("candidates"));
    } else if (LenientPath::same_name(name, "content")) {
      facts_.content_seen = true;
    } else if (LenientPath::same_name(name, "promptfeedback")) {
      facts_.feedback_seen = true;
    } else if (LenientPath::same_name(name, "usagemetadata")) {
      facts_.usage_seen = true;
    }
  }

  void closed(const LenientPath&, bool) const noexcept {}

  /// After all of the text.
  void finish() {
    const bool said = !facts_.message.empty() && facts_.cut_at == std::string::npos;
    if (!debug_.raw.empty() && !said) text_value("detail", debug_);
  }

  void outside(std::string_view text) {
    outside_of_events_ = !ends_event_field(text);
    echo_follows_ = is_echo_in_words(name_before_value(text));
    facts_.told = facts_.told || (reading_ == Reading::told && facts_.shape == BodyShape::text);
    take_text(text.substr(0, longest_text), text.size() > longest_text);
  }

  void value(const LenientPath& path, const LenientValue& value) {
    facts_.member_seen = true;
    if (value.type == LenientValue::Type::word && is_null(value.raw)) return;  // as if the member were not there
    if (echoes(path)) return asked(path, value);
    if (debugs(path)) {
      debug_ = value;
      return;
    }
    if (path.within("error") && !path.within("parts") && !names_nothing(value.raw) && value.raw != "0") {
      facts_.error_seen = true;
      facts_.tail_error = facts_.tail_error || outside_of_events_;
    }
    std::string_view name = path.name();
    const auto named = [&name](std::string_view plain) { return LenientPath::same_name(name, plain); };
    if (candidate_ > 0 && path.within("candidates")) {  // the first is the answer; of the others it counts what withholds an image
      if (named("finishreason") && names_reason(value)) finished(value, false);
      return;
    }
    // Protobuf's text form writes a map as pairs: quota_dimensions { key: "model" value: "..." }.
    if (path.within("metadata") || path.within("quotadimensions")) {
      if (named("key")) {
        pair_key_ = value.raw;
        return;
      }
      if (named("value") && !pair_key_.empty()) name = std::exchange(pair_key_, {});
    }
    if (path.within("parts") && !path.within("error")) {
      part(path, value);
    } else if (named("content") && path.within("choices") && value.type == LenientValue::Type::string && !value.raw.empty()) {
      facts_.parts.push_back({.element = std::string_view::npos, .text = true});  // as the OpenAI-compatible endpoint says it
    } else if (named("code") || named("statuscode") || named("httpstatus")) {
      code(value);
    } else if (named("status")) {
      status(value);
    } else if (named("type") && value.type == LenientValue::Type::string) {
      word_code(value.raw);
    } else if (named("reason") && path.within("errors") && find_code_word(value.raw)) {
      word_code(value.raw);
    } else if (named("quotaid") || named("quotametric") || named("quotavalue")) {
      if (!path.within("metadata") || !named("quotametric")) violation(path, value);
    } else if (path.within("quotadimensions")) {
      if (named("model") && !value.cut) violation(path, value);
    } else if (named("quotalimit")) {
      facts_.quota_limit = value.raw.substr(0, 256);
      facts_.quota_limit_cut = value.cut;
    } else if (named("quotalimitvalue")) {
      if (!value.cut) facts_.quota_limit_value = whole_figure(value.raw);
    } else if (named("retrydelay") || named("quotaresetdelay")) {
      if (!value.cut || value.raw.ends_with('s')) keep_longest(facts_.structured_delay, parse_duration(value.raw));
    } else if ((named("seconds") || named("nanos")) && LenientPath::same_name(path.ancestor(1), "retrydelay")) {
      if (const auto number = whole_number(value.raw); number && !value.cut)
        delay_part(path.element_of("retrydelay"), named("seconds"), *number);
    } else if (named("retryafter") || named("retryafterseconds") || named("resetseconds") || named("resetsinseconds")) {
      if (!value.cut) keep_longest(facts_.structured_delay, figure_or_duration(value.raw, "s"));
    } else if (named("retryafterms")) {
      if (!value.cut) keep_longest(facts_.structured_delay, figure_or_duration(value.raw, "ms"));
    } else if (named("raifilteredreason")) {
      facts_.filtered = facts_.filtered || !value.raw.empty();
      text_value(name, value);
    } else if (asks(path, value)) {
      asked(path, value);
    } else if (named("success")) {
      facts_.error_seen = facts_.error_seen || same_word(value.raw, "false");
    } else if (named("finishreason")) {
      if (!names_reason(value) || same_word(value.raw, "error")) return;  // a gateway's: what happened stands elsewhere
      if (provider_named_reason_) return;
      finished(value, true);
      if (facts_.finish_reason.empty() || value.raw.size() > 1) facts_.finish_reason = plain_reason(value.raw.substr(0, 64));
      facts_.finish_in_words = false;
      facts_.candidate_seen = true;
    } else if (named("nativefinishreason") || named("stopreason")) {
      if (names_reason(value)) providers_reason(plain_reason(value.raw.substr(0, 64)));
    } else if (named("refusal")) {
      if (names_nothing(value.raw)) return;
      providers_reason("REFUSAL");
      if (facts_.message.empty()) facts_.message = unescaped(value.raw, longest_text);
    } else if (named("blockreason")) {
      const bool half_a_word = value.cut && value.type == LenientValue::Type::word;  // of null
      if (!names_nothing(value.raw) && !half_a_word)
        facts_.block_reason = plain_reason(value.raw.substr(0, 64));  // half a reason blocks, too
    } else if (named("modelversion")) {
      if (!value.cut) facts_.model_version = lowered(value.raw.substr(0, 128));
    } else if (named("prompttokencount")) {
      facts_.prompt_tokens = whole_figure(value.raw).value_or(0);
    } else if (named("thoughtstokencount")) {
      facts_.thought_tokens = whole_figure(value.raw).value_or(0);
    } else if (named("model") && path.within("metadata")) {
      if (!value.cut && facts_.model.empty()) facts_.model = lowered(value.raw.substr(0, 128));
    } else if (value.type == LenientValue::Type::string && !about_something_else(path) && !is_secret(path, value.raw)) {
      if (reading_ == Reading::told && !tells_an_error(path)) return;
      facts_.told = facts_.told || reading_ == Reading::told;
      text_value(name, value);
    } else if (value.type == LenientValue::Type::word && (facts_.shape == BodyShape::text || level_ > 0)) {
      append_words(facts_, value.raw);  // braces of running text
    }
  }

 private:
  // What the caller wrote decides nothing: whether the value is in, or is, a member that repeats the request. Of that, the address and the
  // model are read all the same: they are what was asked.
  [[nodiscard]] bool echoes(const LenientPath& path) noexcept {
    if (path.depth() <= echo_depth_) echo_depth_ = no_echo;
    const bool here = path.depth() == 0 ? is_echo_in_words(path.name()) || std::exchange(echo_follows_, false)
                                        : is_echo(path.name()) && !path.member_of("errors");  // of each field, what is wrong with it
    if (here && echo_depth_ == no_echo) echo_depth_ = path.depth();
    return echo_depth_ != no_echo;
  }

  // A member that says which model was asked: by its name, or in the address.
  [[nodiscard]] static bool asks(const LenientPath& path, const LenientValue& value) {
    const std::string_view name = path.name();
    const bool model = LenientPath::same_name(name, "model") || LenientPath::same_name(name, "modelid");
    if (model && !path.within("metadata")) return is_model_name(lowered(value.raw.substr(0, 128)));
    return LenientPath::same_name(name, "url");
  }

  void asked(const LenientPath& path, const LenientValue& value) {
    if (!asks(path, value)) return;
    if (LenientPath::same_name(path.name(), "url")) {
      if (facts_.url_model.empty()) facts_.url_model = model_of_url(lowered(value.raw.substr(0, 512)));
    } else if (!value.cut && facts_.model_version.empty()) {
      facts_.model_version = lowered(value.raw.substr(0, 128));
    }
  }

  // A DebugInfo (its `detail` is in `details`) is for programmers: it repeats the sentence, and the prompt with it. What it says counts
  // where nothing else says it whole.
  [[nodiscard]] static bool debugs(const LenientPath& path) noexcept {
    return LenientPath::same_name(path.name(), "detail") && LenientPath::same_name(path.ancestor(1), "details");
  }

  // "requestBodyValues" of "requestBodyValues: ", which stands before an object or a string of running text.
  [[nodiscard]] static std::string_view name_before_value(std::string_view text) noexcept {
    text = text.substr(text.size() - std::min<std::size_t>(text.size(), 64));
    const auto strip = [&text](std::string_view marks) { text = text.substr(0, text.find_last_not_of(marks) + 1); };
    strip(" \n\r\t\"'`\\");
    if (!text.ends_with(':') && !text.ends_with('=')) return {};
    text.remove_suffix(1);
    strip("\"'`\\");
    std::size_t length = 0;
    while (length < text.size() && is_name_character(text[text.size() - 1 - length])) ++length;
    const std::string_view name = text.substr(text.size() - length);
    const bool escaped = length < text.size() && gap_length(text, text.size() - length - 1) == 2;  // "\nMessages: ["
    return name.substr(escaped ? 1 : 0);
  }

  // Links, addresses and the like name many things that did not happen. Of an ErrorInfo's metadata the named fields count, read above;
  // but gateways put the raw answer there.
  [[nodiscard]] static bool about_something_else(const LenientPath& path) noexcept {
    constexpr std::array<std::string_view, 6> names{"@type", "url", "locale", "role", "modality", "responseid"};
    return path.within("links") || path.within("quotadimensions") || path.within("safetyratings") ||
           (path.within("metadata") && !path.within("raw")) ||
           std::ranges::any_of(names, [&path](std::string_view name) { return LenientPath::same_name(path.name(), name); });
  }

  // A key is one word. Validators that report by field say of it, in a sentence, what is wrong with it.
  [[nodiscard]] static bool is_secret(const LenientPath& path, std::string_view value) noexcept {
    return names_secret(path.name()) && trimmed(value).find(' ') == std::string_view::npos;
  }

  [[nodiscard]] static bool tells_an_error(const LenientPath& path) noexcept {
    return path.within("errors") ||
           std::ranges::any_of(error_members, [&path](std::string_view member) { return LenientPath::same_name(path.name(), member); });
  }

  // In a stream an event begins with "data:"; an object before which nothing of the kind stands is a raw tail.
  [[nodiscard]] bool ends_event_field(std::string_view text) const noexcept {
    const std::string_view before = trimmed(text);
    return facts_.shape != BodyShape::sse || (before.size() >= 5 && same_word(before.substr(before.size() - 5), "data:"));
  }

  void count_candidate(std::size_t array) noexcept {
    candidate_ = array == candidates_ ? candidate_ + 1 : 0;
    candidates_ = array;
  }

  // Half a name is another name, unless it is one already.
  [[nodiscard]] static bool names_reason(const LenientValue& value) {
    const std::string reason = plain_reason(value.raw.substr(0, 64));
    return !names_nothing(value.raw) && (!value.cut || find_finish_reason(reason, false) || withholds_by_name(reason));
  }

  // Beside the reason in a gateway's own words stands the provider's, which says more. It may have any provider's words: what is not known
  // says nothing.
  void providers_reason(const std::string& reason) {
    const FinishReason* known = find_finish_reason(reason, false);
    if (known ? known->id.empty() : !withholds_by_name(reason)) return;
    facts_.finish_reason = reason;
    facts_.finish_in_words = false;
    facts_.finish_reasons.assign(1, {reason, true});
    facts_.candidate_seen = true;
    provider_named_reason_ = true;
  }

  void finished(const LenientValue& value, bool of_first) {
    if (value.raw == "STOP" || facts_.finish_reasons.size() == most_items) return;
    facts_.finish_reasons.push_back({plain_reason(value.raw.substr(0, 64)), of_first});
  }

  void part(const LenientPath& path, const LenientValue& value) {
    const std::size_t element = path.element_of("parts");
    if (facts_.parts.empty() || facts_.parts.back().element != element) {
      if (facts_.parts.size() == most_items) return;
      facts_.parts.push_back({});
      facts_.parts.back().element = element;
    }
    PartSeen& seen = facts_.parts.back();
    const std::string_view name = path.name();
    if (LenientPath::same_name(name, "text")) {
      seen.text = seen.text || !value.raw.empty();
    } else if (path.within("inlinedata")) {
      seen.image = true;
      if (LenientPath::same_name(name, "data")) seen.data = !value.raw.empty();
    } else if (LenientPath::same_name(name, "thought")) {
      seen.thought = same_word(value.raw, "true");
    }
  }

  // {"seconds": 3, "nanos": 500000000}: a Duration whose parts come one by one.
  void delay_part(std::size_t element, bool seconds, std::int64_t number) {
    if (delay_.element != element) delay_ = {.element = element};
    if (seconds) {
      delay_.whole = std::chrono::seconds{std::min<std::int64_t>(number, longest_hint / std::chrono::seconds{1})};
    } else {
      delay_.fraction = std::chrono::nanoseconds{std::min<std::int64_t>(number, 999'999'999)};
    }
    keep_longest(facts_.structured_delay, std::min<Duration>(delay_.whole + delay_.fraction, longest_hint));
  }

  // "37s" with its unit; "37", "2.5" and "3.7e1" in `unit`. A number as long as a date's is a moment, and no span.
  [[nodiscard]] static std::optional<Duration> figure_or_duration(std::string_view written, std::string_view unit) {
    if (const auto with_unit = parse_duration(written)) return with_unit;
    written = trimmed(written);
    const std::size_t exponent = written.find_first_of("eE");
    auto span = parse_duration(std::string{written.substr(0, exponent)}.append(unit));
    if (exponent != std::string_view::npos) {
      const auto tens = whole_number(written.substr(exponent + 1));
      if (!tens || *tens > 6) return std::nullopt;
      for (std::int64_t i = 0; span && i < *tens; ++i) span = std::min<Duration>(*span * 10, longest_hint);
    }
    return span && *span < longest_hint ? span : std::nullopt;
  }

  void code(const LenientValue& value) {
    if (const int known = value.cut ? 0 : http_of_json_rpc(value.raw)) {
      numeric_code(known);
    } else if (const auto number = whole_figure(value.raw); number && !value.cut) {
      numeric_code(*number);
    } else if (value.type == LenientValue::Type::string) {
      word_code(value.raw);
    }
  }

  void numeric_code(std::int64_t number) {
    if (number >= 100 && number < 600 && level_ > code_level_) {
      facts_.code = static_cast<int>(number);
      facts_.code_in_text = false;
      code_level_ = level_;
      facts_.error_seen = facts_.error_seen || number >= 400;
    } else if (number > 0 && number <= 16 && facts_.rpc_code == 0) {
      facts_.rpc_code = static_cast<int>(number);
    }
  }

  void word_code(std::string_view raw) {
    if (raw.empty() || raw.size() > 64 || facts_.codes.size() == most_items) return;
    facts_.codes.emplace_back(raw);
  }

  void status(const LenientValue& value) {
    if (const auto number = whole_figure(value.raw)) {
      facts_.status_is_number = true;
      if (facts_.code == 0) numeric_code(*number);
      return;
    }
    // Vertex puts the error of a line of a batch into its status.
    if (value.type == LenientValue::Type::string && value.raw.find('{') != std::string_view::npos) return text_value("status", value);
    const std::string upper = uppered(value.raw.substr(0, 64));
    if (is_grpc_status(upper) && level_ > facts_.status_level) {
      facts_.status = upper;
      facts_.status_level = level_;
      facts_.error_seen = facts_.error_seen || upper != "OK";
    }
  }

  void violation(const LenientPath& path, const LenientValue& value) {
    const bool metric = LenientPath::same_name(path.name(), "quotametric");
    if (value.raw.empty() || (metric && value.cut)) return;  // half a metric is another one; the sentence may name the whole
    const std::size_t element = path.element_of("violations");
    auto found =
        std::ranges::find_if(facts_.violations, [&](const Violation& known) { return known.element == element && known.level == level_; });
    if (found == facts_.violations.end()) {
      if (facts_.violations.size() == most_items) return;
      found = facts_.violations.insert(found, Violation{});
      found->element = element;
      found->level = level_;
    }
    const std::string_view raw = value.raw.substr(0, 256);
    if (LenientPath::same_name(path.name(), "quotaid")) {
      found->id = raw;
      found->cut = value.cut;
    } else if (metric) {
      found->metric = lowered(raw);
    } else if (LenientPath::same_name(path.name(), "quotavalue")) {
      if (!value.cut) found->value = whole_figure(raw);
    } else {
      found->model = lowered(raw);
    }
  }

  void text_value(std::string_view name, const LenientValue& value) {
    const std::string written = unescaped(value.raw, longest_text);
    const std::string text = level_ == refusal_level_ ? without_quotations(written) : written;
    const bool is_name = contains(text, "_") && !contains(text, " ");
    if (known_reason(text) || (LenientPath::same_name(name, "reason") && is_name)) {
      if (facts_.reasons.size() < most_items) facts_.reasons.push_back(lowered(text.substr(0, 64)));
      return;
    }
    const bool for_people = LenientPath::same_name(name, "message") || LenientPath::same_name(name, "finishmessage") ||
                            LenientPath::same_name(name, "blockreasonmessage") || LenientPath::same_name(name, "raw");
    if (for_people && (facts_.message.empty() || level_ > message_level_)) {
      facts_.message = written;
      message_level_ = level_;
    }
    const bool html = body_shape(text) == BodyShape::html;
    const bool page = html && (trimmed(text).starts_with('<') || !may_hold_json(text));
    if (level_ < deepest_nesting && !page) {
      if (const std::string straight = with_straight_quotes(text); !straight.empty()) return nested(straight);
      if (may_hold_json(text)) return nested(text);
    }
    if (html || looks_like_style(text)) {
      facts_.markup_in_json = true;
      facts_.page_in_json = facts_.page_in_json || page;
      if (facts_.author == PageAuthor::unknown) facts_.author = page_author(text);
    }
    take_text(text, value.cut);
  }

  [[nodiscard]] static bool may_hold_json(std::string_view text) noexcept {
    const std::size_t open = text.find_first_of("{[");
    for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1))
      if (!assigned_name(trimmed(text.substr(at + 1, 64))).empty()) return true;
    if (open == std::string_view::npos || !contains(text, ":")) return false;
    return text.find_first_of("\"'", open) != std::string_view::npos || find_word(text, "retry_delay {") != std::string_view::npos;
  }

  [[nodiscard]] static bool looks_like_style(std::string_view text) noexcept {
    return find_word(text, "{display:") != std::string_view::npos && contains(text, "}.");
  }

  void nested(std::string_view text) {
    FactsCollector inner{facts_, level_ + 1, Reading::all, refusal_level_};
    inner.code_level_ = code_level_;
    inner.message_level_ = message_level_;
    const bool held_already = facts_.candidates_seen;
    LenientReader reader{text, inner};
    reader.read();
    inner.finish();
    if (facts_.candidates_seen && !held_already && !reader.complete()) facts_.complete = false;
    code_level_ = inner.code_level_;
    message_level_ = inner.message_level_;
  }

  // A single word in quotes may be a field's name or value.
  [[nodiscard]] static bool is_more_than_a_word(std::string_view quoted) noexcept {
    for (std::size_t at = 0; at < quoted.size(); ++at)
      if (gap_length(quoted, at) != 0) return true;
    return false;
  }

  // What the caller wrote and a refusal repeats, taken out of its text: of `Invalid value at 'contents' (type), "..."` the sentence in
  // quotes, and of a request that is no JSON the piece before the caret.
  [[nodiscard]] static std::string without_echo(std::string_view text, bool cut) {
    std::string own{text};
    constexpr std::string_view no_json{"invalid json payload received. "};
    if (const std::size_t at = find_word(own, no_json); at != std::string::npos) {
      const std::size_t stop = own.find('.', at + no_json.size());
      const std::size_t caret = own.rfind('^');
      const bool ends = stop != std::string::npos && stop + 1 < own.size() && is_space(own[stop + 1]);
      if (ends && ((caret != std::string::npos && caret > stop) || cut)) own.erase(stop + 1, cut ? std::string::npos : caret - stop);
    }
    constexpr std::string_view bad_value{"invalid value at '"};
    for (std::size_t at = find_word(own, bad_value); at != std::string::npos; at = find_word(own, bad_value, at + bad_value.size())) {
      const std::size_t next = std::min(find_word(own, bad_value, at + bad_value.size()), own.size());
      const std::size_t open = own.find("), \"", at);
      if (open == std::string::npos || open >= next) continue;
      const std::size_t begin = open + 4;
      std::size_t end = own.rfind('"', next - 1);
      if (end < begin) end = next;
      if (is_more_than_a_word(std::string_view{own}.substr(begin, end - begin))) own.erase(begin, end - begin);
    }
    return own;
  }

  // Running text without what it has in quotes behind the name of an echo: `prompt="..."`.
  [[nodiscard]] static std::string without_echoes(std::string_view text) {
    std::string own;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t open = text.find_first_of("\"'", at);
      if (open == std::string_view::npos || !is_echo_in_words(name_before_value(text.substr(0, open)))) {
        own.append(text.substr(at, open == std::string_view::npos ? open : open + 1 - at));
        at = open == std::string_view::npos ? text.size() : open + 1;
        continue;
      }
      std::size_t end = text.find(text[open], open + 1);
      while (end < text.size() && end + 1 < text.size() && (is_letter(text[end + 1]) || text[end - 1] == '\\'))
        end = text.find(text[open], end + 1);
      own.append(text.substr(at, open + 1 - at));
      at = std::min(end, text.size());  // the quote at its end is handed on, so that it opens nothing
      if (at < text.size()) own.push_back(text[at++]);
    }
    return own;
  }

  // Of a refusal's sentence what stands in quotes and is more than a word is the caller's.
  [[nodiscard]] static std::string without_quotations(std::string_view text) {
    const auto joins = [](char c) { return is_letter(c) || is_digit(c); };  // of "isn't"
    std::array<bool, 2> closed{true, true};  // false: no quote of that form closes any more, and each is looked for once
    std::string own;
    for (std::size_t at = 0; at < text.size();) {
      const bool doubled = text[at] == '"';
      std::size_t end = at + 1;
      if ((doubled || (text[at] == '\'' && closed[0])) && (at == 0 || !joins(text[at - 1]))) {
        end = closed[doubled] ? text.find(text[at], end) : std::string_view::npos;
        while (end < text.size() && end + 1 < text.size() && joins(text[end + 1])) end = text.find(text[at], end + 1);
        closed[doubled] = end < text.size();
        end = closed[doubled] ? end + 1 : doubled ? text.size() : at + 1;
      }
      const std::string_view piece = text.substr(at, end - at);
      own.append(end > at + 1 && is_more_than_a_word(piece) ? std::string_view{"\"\""} : piece);
      at = end;
    }
    return own;
  }

  // Running text: what other programs made of an answer.
  void take_text(std::string_view text, bool cut) {
    const std::size_t begin = facts_.words.size();
    const std::string own = without_echoes(text);
    text = own;
    if (find_word(text, "invalid ") == std::string_view::npos) {
      append_words(facts_, text);
    } else {
      append_words(facts_, without_echo(text, cut));
    }
    const std::string_view words = std::string_view{facts_.words}.substr(begin);
    if (trimmed(words).empty()) return;
    if (cut) facts_.cut_at = facts_.words.size();
    delays(words, cut);
    delays_in_chinese(words);
    limit_lines(words, cut);
    loose_fields(words, cut);
  }

  void delays(std::string_view words, bool cut) {
    struct Phrase {
      std::string_view words;
      bool reset;
    };
    constexpr std::array<Phrase, 12> phrases{{{"retry in ", false},
                                              {"please wait ", false},
                                              {"must wait ", false},
                                              {"need to wait ", false},
                                              {"replenished in ", true},
                                              {"again in ", false},
                                              {"again after ", false},
                                              {"retry after ", false},
                                              {"reset after ", true},
                                              {"resets after ", true},
                                              {"reset in ", true},
                                              {"resets in ", true}}};
    for (const Phrase& phrase : phrases)
      for (std::size_t at = words.find(phrase.words); at != std::string_view::npos; at = words.find(phrase.words, at + 1)) {
        std::string_view rest = words.substr(at + phrase.words.size());
        for (const std::string_view filler : {"for ", "about ", "another ", "at least "})
          if (rest.starts_with(filler)) rest.remove_prefix(filler.size());
        for (const std::string_view article : {"a ", "an ", "one "})
          if (rest.starts_with(article))
            keep_longest(phrase.reset ? facts_.reset_after : facts_.retry_in, one_of(rest.substr(article.size())));
        auto said = leading_duration(rest);
        if (!said && phrase.words.ends_with("in ")) said = leading_clock(rest);  // behind "after" it would be a moment
        if (said && !(cut && ends_in_figure(rest.substr(said->length))))
          keep_longest(phrase.reset ? facts_.reset_after : facts_.retry_in, said->value);
      }
  }

  // "minute" of "again in a minute". ("in a few minutes" says nothing exact.)
  [[nodiscard]] static std::optional<Duration> one_of(std::string_view text) {
    const auto said = leading_duration(std::string{"1 "}.append(text.substr(0, 8)));
    return said ? std::optional{said->value} : std::nullopt;
  }

  // "30 秒后再试", "45秒後に再試行", "2 分鐘後重試": a span, "after", "again".
  void delays_in_chinese(std::string_view words) {
    constexpr std::array<std::pair<std::string_view, int>, 7> spans{
        {{"秒", 1}, {"秒钟", 1}, {"分", 60}, {"分钟", 60}, {"分鐘", 60}, {"小时", 3600}, {"小時", 3600}}};
    const auto starts_with_one_of = [](std::string_view text, auto... parts) { return (text.starts_with(parts) || ...); };
    for (const std::string_view after : {"后", "後"})
      for (std::size_t at = words.find(after); at != std::string_view::npos; at = words.find(after, at + 1)) {
        const std::string_view behind = trimmed(words.substr(at + after.size()));
        if (!starts_with_one_of(behind, "再", "重", "に再", "请再", "请重", "請再", "請重")) continue;
        for (const auto& [unit, seconds] : spans) {
          std::string_view before = trimmed(words.substr(0, at));
          if (!before.ends_with(unit)) continue;
          before = trimmed(before.substr(0, before.size() - unit.size()));
          if (const auto number = whole_number(before.substr(before.find_last_not_of("0123456789") + 1)))
            keep_longest(facts_.retry_in,
                         std::min<Duration>(std::chrono::seconds{std::min<std::int64_t>(*number, 1'000'000) * seconds}, longest_hint));
        }
      }
  }

  // Of "7h12m4.3s" a cut leaves "7h12m", "7h1", "7h12m4.".
  [[nodiscard]] static bool ends_in_figure(std::string_view behind) noexcept {
    return behind.empty() || (is_digit(behind.front()) && behind.find_first_not_of("0123456789.") == std::string_view::npos);
  }

  void limit_lines(std::string_view words, bool cut) {
    constexpr std::string_view label{"limit: "};
    for (std::size_t at = words.find(label); at != std::string_view::npos; at = words.find(label, at + 1)) {
      if (facts_.limits.size() == most_items) return;
      std::string_view rest = words.substr(at + label.size());
      std::size_t digits = 0;
      while (digits < rest.size() && is_digit(rest[digits])) ++digits;
      const auto limit = whole_number(rest.substr(0, digits));
      if (!limit || (cut && digits == rest.size() && *limit != 0)) continue;  // of "limit: 25" a cut may leave "limit: 2"
      if (digits + 1 < rest.size() && rest[digits] == '.' && is_digit(rest[digits + 1])) continue;
      LimitLine line;
      line.limit = *limit;
      constexpr std::string_view metric{"metric"};
      if (const auto before = words.rfind(metric, at); before != std::string_view::npos) {
        std::string_view said = words.substr(before + metric.size(), at - before - metric.size());
        said.remove_prefix(std::min(said.size(), said.find_first_not_of(":= '`\"")));
        line.metric = said.substr(0, said.find_first_of(", '`\"()"));
      }
      rest.remove_prefix(digits);
      constexpr std::string_view model{", model: "};
      // Where none is named, the next sentence's first word follows.
      if (const auto name = rest.starts_with(model) ? leading_name(rest.substr(model.size())) : std::string_view{};
          !std::ranges::all_of(name, is_letter))
        line.model = facts_.whole(name);
      facts_.limits.push_back(std::move(line));
    }
  }

  // "500 Server Error", "exception: 503 The service": a status with its reason, or behind what names an error.
  [[nodiscard]] static int status_in_words(std::string_view words) {
    constexpr std::array<std::string_view, 14> reasons{" client error", " server error", " too many requests", " service",   " internal",
                                                       " bad ",         " unauthorized", " forbidden",         " not found", " gateway",
                                                       " post http",    " get http",     " unavailable",       " resource"};
    constexpr std::array<std::string_view, 11> heads{
        "error: ", "status of ", "exception: ", "exhausted: ", "unavailable: ", "denied: ", "argument: ", "gemini: ", "success: ",
        "失败: ",  "("};
    return find_status(words, [&](std::string_view before, std::string_view behind) {
      return std::ranges::any_of(reasons, [behind](std::string_view reason) { return behind.starts_with(reason); }) ||
             std::ranges::any_of(heads, [before](std::string_view head) { return before.ends_with(head); });
    });
  }

  // "GenerateRequestsPerDayPerProject...": one word that names what is counted, for how long and for whom.
  [[nodiscard]] static bool is_quota_id(std::string_view name) {
    if (!contains(name, "per") || contains(name, "_") || contains(name, ".")) return false;
    const std::size_t window = std::min({name.find("perday"), name.find("perminute"), name.find("permonth")});
    return window != std::string_view::npos && window > 0 && (contains(name, "perproject") || contains(name, "permodel"));
  }

  // A reason as a sentence tells it: "finish_reason is 2", "finishReason of candidate 0 was MAX_TOKENS". Directly behind the label and a
  // mark it may be a known name in any case; behind linking words only a number, or a name in capitals or with an underscore, is one.
  [[nodiscard]] std::string reason_behind(std::string_view words, std::string_view label) const {
    constexpr std::array<std::string_view, 9> links{"is", "was", "of", "for", "the", "candidate", "equals", "were", "finishreason"};
    constexpr std::string_view marks{" :=\"'<>-\\`()*,]"};
    const std::size_t at = words.find(label);
    if (at == std::string_view::npos) return {};
    std::string_view rest = words.substr(at + label.size());
    bool linked = false;
    for (std::size_t steps = 0; steps < links.size(); ++steps) {
      const std::size_t begin = rest.find_first_not_of(marks);
      if (begin > 5) return {};  // or there is none
      const bool marked = label.ends_with(':') || rest.substr(0, begin).find_first_not_of(' ') != std::string_view::npos;
      const bool glued = begin == 0 && steps == 0 && is_letter(label.back());  // "finish_reasons"
      rest = without_wrappings(rest.substr(begin));
      const std::string_view name = leading_name(rest);
      if (name.empty() || glued || names_nothing(name)) return {};
      const bool link = std::ranges::find(links, name) != links.end();
      if (link || (whole_number(name) && rest.substr(name.size()).starts_with(" is "))) {
        linked = true;
        rest.remove_prefix(name.size());
        continue;
      }
      const std::string_view written = facts_.written(name.substr(name.rfind('.') + 1));
      std::string reason = plain_reason(written);
      if (whole_number(name)) return name.size() <= 2 ? reason : std::string{};
      if (written.size() > 2 && std::ranges::all_of(written, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; })) return reason;
      const bool everyday = linked || !marked;  // there a word may be one of every day, unless it has an underscore
      const bool known = find_finish_reason(reason, false) || withholds_by_name(reason);
      return known && (!everyday || contains(name, "_")) ? reason : std::string{};
    }
    return {};
  }

  // "503 UNAVAILABLE. ": as the client library for Python begins what it raises.
  [[nodiscard]] std::string_view status_behind_code(std::string_view words) const {
    std::string_view found;
    (void)find_status(words, [&](std::string_view, std::string_view behind) {
      if (!behind.starts_with(' ')) return false;
      const std::string_view name = leading_name(behind.substr(1));
      const bool ends = behind.substr(1 + name.size()).starts_with('.');
      if (!ends || grpc_status_of(name).empty()) return false;
      found = name;
      return true;
    });
    return found;
  }

  // "model=gemini-...", "model_name: gemini-...", "model_version='gemini-...'": only names that are a model's beyond doubt.
  [[nodiscard]] std::string model_in_fields(std::string_view words) const {
    constexpr std::string_view label{"model"};
    for (std::size_t at = words.find(label); at != std::string_view::npos; at = words.find(label, at + 1)) {
      std::string_view rest = words.substr(at + label.size());
      for (const std::string_view end : {"_name", "_version", "version", "name"})
        if (rest.starts_with(end)) {
          rest.remove_prefix(end.size());
          break;
        }
      const std::string_view marked = rest;
      while (!rest.empty() && marked.size() - rest.size() < 3 && contains(" :='\"", rest.substr(0, 1))) rest.remove_prefix(1);
      const bool assigned = contains(marked.substr(0, marked.size() - rest.size()), ":") || contains(marked.substr(0, 3), "=");
      if (!assigned) continue;
      if (const std::string_view name = facts_.whole(leading_name(rest)); is_model_name(name)) return std::string{name};
    }
    return {};
  }

  // "Status: PERMISSION_DENIED", "quotaId:GenerateRequestsPerDay...", "finish_reason=<FinishReason.STOP: ...": names and values
  // as printed by clients, without the brackets that the reader follows.
  void loose_fields(std::string_view words, bool cut) {
    const auto after = [words](std::string_view label) -> std::string_view {
      const std::size_t at = words.find(label);
      if (at == std::string_view::npos) return {};
      std::size_t begin = at + label.size();
      const std::size_t most = std::min(words.size(), begin + 5);  // PHP has "] => "
      while (begin < most && contains(" :=\"'<>\\]", words.substr(begin, 1))) ++begin;
      const std::string_view name = begin == at + label.size() ? std::string_view{} : leading_name(without_wrappings(words.substr(begin)));
      return names_nothing(name) ? std::string_view{} : name;
    };
    const auto first = [&after](std::string_view one, std::string_view other) {
      const std::string_view found = after(one);
      return found.empty() ? after(other) : found;
    };
    if (const auto id = first("quotaid", "quota_id"); !id.empty() && facts_.violations.size() < most_items) {
      Violation found;
      found.element = std::string_view::npos;
      found.level = level_;
      found.id = facts_.written(id);
      found.metric = first("quotametric", "quota_metric");
      if (!cut) found.value = whole_number(first("quotavalue", "quota_value"));
      facts_.violations.push_back(std::move(found));
    }
    if (const auto delay = first("retrydelay", "retry_delay"); !delay.empty()) keep_longest(facts_.structured_delay, parse_duration(delay));
    for (const std::string_view label : {"retryafter", "retry_after", "retry-after"})
      if (const auto delay = after(label); !delay.empty() && (!cut || !words.ends_with(delay)))
        keep_longest(facts_.structured_delay, figure_or_duration(delay, "s"));
    for (const std::string_view label : {"retryafterms", "retry_after_ms", "retry-after-ms"})
      if (const auto delay = after(label); !delay.empty() && (!cut || !words.ends_with(delay)))
        keep_longest(facts_.structured_delay, figure_or_duration(delay, "ms"));
    for (const std::string_view label : finish_labels)
      if (facts_.finish_reason.empty()) {
        facts_.finish_reason = reason_behind(words, label);
        facts_.finish_in_words = !facts_.finish_reason.empty();
      }
    for (const std::string_view label : {"blockreason", "block_reason", "blocked by gemini api"})
      if (const auto reason = after(label); !reason.empty() && facts_.block_reason.empty())
        facts_.block_reason = plain_reason(facts_.written(reason));
    for (const std::string_view label : block_labels)
      if (const std::string reason = reason_behind(words, label); facts_.block_reason.empty() && find_block_reason(reason))
        facts_.block_reason = reason;
    if (facts_.code == 0) {
      constexpr std::array<std::string_view, 16> labels{
          "<code>",  "http/1.1\" ", "http/2.0\" ", "error code: ", "code: ", "status code ", "status: ", "http/1.1 ",
          "http/2 ", "http ",       "status ",     "error ",       "[",      "status=",      "code=",    "status code of "};
      for (const std::string_view label : labels)
        for (std::size_t at = words.find(label); at != std::string_view::npos && facts_.code == 0; at = words.find(label, at + 1)) {
          const std::string_view name = leading_name(words.substr(at + label.size()));
          const auto number = name.size() == 3 ? whole_number(name) : std::nullopt;
          if (number && *number >= 400 && *number < 600) {
            facts_.code = static_cast<int>(*number);
            facts_.code_in_text = true;
          }
        }
    }
    if (facts_.code == 0) {
      facts_.code = status_in_words(words);
      facts_.code_in_text = facts_.code != 0;
    }
    // Names with an underscore stand for themselves; "internal" and "unavailable" are words of every day, except after such a label.
    const auto status = [this](std::string_view name) {
      if (facts_.status.empty()) facts_.status = grpc_status_of(name);
    };
    for (const std::string_view label : {"rpc error: code", "statusruntimeexception", "status"}) status(after(label));
    status(status_behind_code(words));
    if (facts_.model.empty()) facts_.model = model_in_fields(words);
    for (std::size_t at = 0; at < words.size();) {
      const std::string_view name = leading_name(words.substr(at));
      if (name.size() >= 5 && contains(name, "_")) {
        status(name);
        if (known_reason(name) && facts_.reasons.size() < most_items) facts_.reasons.emplace_back(name);
      }
      if (facts_.bare_quota.id.empty() && is_quota_id(name)) {
        facts_.bare_quota.id = facts_.written(name);
        facts_.bare_quota.cut = words.ends_with(name) && !name.ends_with("tier");  // the tier stands at its end
      }
      at += std::max<std::size_t>(name.size(), 1);
    }
  }

  Facts& facts_;
  int level_;
  Reading reading_;
  int refusal_level_;
  int code_level_ = -1;
  int message_level_ = -1;
  std::string_view pair_key_;
  struct {
    std::size_t element = std::string_view::npos;
    Duration whole{};
    Duration fraction{};
  } delay_;
  std::size_t candidates_ = std::string_view::npos - 1;  // where the array began that holds the candidate
  std::size_t candidate_ = 0;                            // which of its elements that is
  static constexpr std::size_t no_echo = std::string_view::npos;
  std::size_t echo_depth_ = no_echo;  // how deep the echo stands that is being gone over
  LenientValue debug_;
  bool echo_follows_ = false;
  bool outside_of_events_ = false;
  bool provider_named_reason_ = false;
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini::detail
