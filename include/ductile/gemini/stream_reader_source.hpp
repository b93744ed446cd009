// SPDX-License-Identifier: BSL-1.0
#pragma once

// What stream_reader.hpp declares; see source.hpp.
#include <ductile/classify/event_stream.hpp>  // StreamEvent
#include <ductile/core/kind.hpp>              // Sent
#include <ductile/core/transport.hpp>         // TransportError, TransportFault
#include <ductile/gemini/classification.hpp>
#include <ductile/gemini/classifier_source.hpp>  // detail::classification_of
#include <ductile/gemini/detail/facts.hpp>       // plain_reason
#include <ductile/gemini/detail/reply_json.hpp>
#include <ductile/gemini/failures.hpp>  // withholds
#include <ductile/gemini/response.hpp>  // ReplyFault
#include <ductile/gemini/stream_reader.hpp>

#include <boost/json/array.hpp>
#include <boost/json/error.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// NOLINTBEGIN(misc-definitions-in-headers): meant for one unit
namespace ductile::inline DUCTILE_VERSION::gemini {

namespace detail {

inline constexpr int status_of_streams = 200;  // another status is an answer in one piece

// A reason for finishing or blocking, which may be a number; empty when none is named.
[[nodiscard]] inline std::string reason_member(const boost::json::object& object, std::string_view camel, std::string_view snake) {
  const boost::json::value* reason = member(object, camel, snake);
  if (!reason) return {};
  const std::string said = reason->is_string() ? plain_reason(text_member(object, camel, snake)) : boost::json::serialize(*reason);
  return names_nothing(said) ? std::string{} : said;
}

[[nodiscard]] inline std::string finish_reason(const boost::json::object& candidate) {
  return reason_member(candidate, "finishReason", "finish_reason");
}

[[nodiscard]] inline bool is_withheld(const boost::json::object& candidate) {
  constexpr bool of_vertex = false;  // a number is read again by the judge of the whole
  return withholds(finish_reason(candidate), of_vertex);
}

// Whether an event tells an error: gateways send the member with every event, empty where there is none.
[[nodiscard]] inline bool says_anything(const boost::json::value& value) {
  if (value.is_object()) return std::ranges::any_of(value.get_object(), [](const auto& member) { return says_anything(member.value()); });
  if (value.is_array()) return std::ranges::any_of(value.get_array(), [](const auto& element) { return says_anything(element); });
  if (value.is_string()) return !names_nothing(std::string_view{value.get_string().data(), value.get_string().size()});
  return !value.is_null() && value != false && value != 0;
}

}  // namespace detail

// Of the whole answer what its verdict rests on.
struct StreamReader::Heard {
  boost::json::object root;
  boost::json::object candidate;
  boost::json::object withheld;  // another candidate of which something was
};

StreamReader::StreamReader(const ReplyExpectation& expected, const AnswerContext& context, std::size_t most_of_an_event)
    : expected_(expected), context_(context), events_(most_of_an_event), heard_(std::make_unique<Heard>()) {}
StreamReader::StreamReader(StreamReader&& other) noexcept = default;
StreamReader& StreamReader::operator=(StreamReader&& other) noexcept = default;
StreamReader::~StreamReader() = default;

std::vector<StreamPart> StreamReader::read(const StreamEvent& event) {
  namespace json = boost::json;
  std::vector<StreamPart> parts;
  if (over()) return parts;
  json::monotonic_resource memory;
  boost::system::error_code error;
  const json::value root = json::parse({event.data.data(), event.data.size()}, error, &memory);
  if (error && !event.whole) {
    cut_ = true;
  } else if (error) {
    fail({"inline-data-corrupt", "event", "no JSON: " + error.message()});
  } else if (root.is_array()) {
    for (const json::value& element : root.get_array()) read(element, event, parts);
  } else {
    read(root, event, parts);
  }
  return parts;
}

void StreamReader::read(const boost::json::value& root, const StreamEvent& event, std::vector<StreamPart>& parts) {
  if (failed_) return;
  if (!root.is_object()) return fail({"inline-data-corrupt", "event", "no object"});
  if (root.get_object().empty()) return;
  const boost::json::value* error = root.get_object().if_contains("error");
  const boost::json::object& object = detail::without_wrapping(root.get_object());
  if ((error && detail::says_anything(*error)) || !detail::speaks_of_an_answer(object)) {
    failed_ = as_text(event);
    return;
  }
  remember(object);
  const boost::json::array* found = detail::parts_of(object);
  if (!found) return;
  for (const boost::json::value& part : *found)
    if (part.is_object() && !failed_) keep(part.get_object(), parts);
}

void StreamReader::keep(const boost::json::object& object, std::vector<StreamPart>& parts) {
  const detail::RawPart raw = detail::raw_part(object);
  if (raw.thought) {
    draft_seen_ = draft_seen_ || raw.image;
    return;
  }
  StreamPart part;
  part.thought_signature = raw.signature;
  if (raw.image) {
    auto checked = detail::checked_image(raw.data);
    if (auto* fault = std::get_if<ReplyFault>(&checked)) return fail(*fault);
    auto& image = std::get<detail::CheckedImage>(checked);
    if (auto fault = detail::size_fault(image.facts.width, image.facts.height, expected_)) return fail(*fault);
    part.bytes = std::move(image.bytes);
    part.format = image.facts.format;
    part.width = image.facts.width;
    part.height = image.facts.height;
    ++images_;
  } else {
    if (raw.text.empty() && raw.signature.empty()) return;
    part.text = raw.text;
    text_seen_ = text_seen_ || !raw.text.empty();
  }
  parts.push_back(std::move(part));
}

// An error, in the shape in which it came: what follows the last event of a stream says so by its place.
Classification StreamReader::as_text(const StreamEvent& event) const {
  std::string text;
  if (!event.bare) text = "data: ";
  if (event.bare && events_.has_fields()) text = "data: {}\n\n";
  Classification said = classify_text(text.append(event.data), detail::status_of_streams, context_);
  if (said.ok()) return detail::classification_of({"sse-no-finish", "event", "holds no candidates"}, std::move(said));
  if (candidates_seen_ && said.verdict.billed == Billed::no) said.verdict.billed = Billed::unknown;  // what was made before it
  return said;
}

// Later events say more than earlier ones.
void StreamReader::remember(const boost::json::object& object) {
  const auto keep = [](boost::json::object& into, const boost::json::object& from, std::string_view camel, std::string_view snake) {
    if (const boost::json::value* found = detail::member(from, camel, snake)) into[camel] = *found;
  };
  keep(heard_->root, object, "promptFeedback", "prompt_feedback");
  keep(heard_->root, object, "usageMetadata", "usage_metadata");
  keep(heard_->root, object, "modelVersion", "model_version");
  keep(heard_->root, object, "responseId", "response_id");
  const boost::json::value* candidates = object.if_contains("candidates");
  if (!candidates || !candidates->is_array()) return;
  candidates_seen_ = true;
  if (candidates->get_array().empty() || !candidates->get_array()[0].is_object()) return;
  const boost::json::object& candidate = candidates->get_array()[0].get_object();
  if (!detail::is_withheld(heard_->candidate)) {  // that stays so, whatever comes after it
    if (!detail::finish_reason(candidate).empty()) keep(heard_->candidate, candidate, "finishReason", "finish_reason");
    keep(heard_->candidate, candidate, "finishMessage", "finish_message");
  }
  for (const boost::json::value& other : candidates->get_array())
    if (other.is_object() && &other.get_object() != &candidate && detail::is_withheld(other.get_object()))
      keep(heard_->withheld, other.get_object(), "finishReason", "finish_reason");
  candidate_seen_ = true;
  content_seen_ = content_seen_ || candidate.contains("content");
}

bool StreamReader::ended() const {
  if (heard_->candidate.contains("finishReason")) return true;
  const boost::json::value* feedback = heard_->root.if_contains("promptFeedback");
  return feedback && feedback->is_object() && !detail::reason_member(feedback->get_object(), "blockReason", "block_reason").empty();
}

std::variant<StreamEnd, Classification> StreamReader::end(const TransportError* broken) {
  Classification result = failed_ ? *std::move(failed_) : judged(broken);
  if (!result.ok()) return with_costs(std::move(result));
  return account();
}

Classification StreamReader::judged(const TransportError* broken) const {
  Classification said = classify_text(summary(), detail::status_of_streams, context_);
  if (ended() && !withheld_) return said;
  if (broken) return classify(*broken, context_);
  if (!events_.stray().empty() && !candidates_seen_ && heard_->root.empty()) {  // no stream at all: a page, a sentence
    Classification stray = classify_text(events_.stray(), detail::status_of_streams, context_);
    if (!stray.ok()) return stray;
  }
  if (cut_ || events_.unfinished()) return detail::classification_of({"truncated-json", "stream", "ends within an event"}, std::move(said));
  return detail::classification_of({"sse-no-finish", "candidates[0].finishReason", "missing"}, std::move(said));
}

// The answer in one piece and in short, each kind of part once, so that one judge reads both.
std::string StreamReader::summary() const {
  namespace json = boost::json;
  json::object whole = heard_->root;
  if (!candidates_seen_) return json::serialize(whole);
  json::array candidates;
  if (candidate_seen_) {
    json::object candidate = heard_->candidate;
    if (content_seen_) {
      const json::object image{{"data", "AA=="}, {"mimeType", "image/png"}};
      json::array parts;
      if (draft_seen_) parts.push_back(json::object{{"inlineData", image}, {"thought", true}});
      if (text_seen_) parts.push_back(json::object{{"text", "..."}});
      if (images_ > 0) parts.push_back(json::object{{"inlineData", image}});
      candidate["content"] = json::object{{"role", "model"}, {"parts", std::move(parts)}};
    }
    candidates.push_back(std::move(candidate));
  }
  if (!heard_->withheld.empty()) candidates.push_back(heard_->withheld);
  whole["candidates"] = std::move(candidates);
  return json::serialize(whole);
}

StreamEnd StreamReader::account() const {
  StreamEnd end;
  detail::read_account(end, heard_->root, expected_.model);
  end.parts = parts_;
  end.images = images_;
  return end;
}

// What was made before it failed was made.
Classification StreamReader::with_costs(Classification said) const {
  const Cost cost = account().cost();
  said.verdict.images = std::max(said.verdict.images, cost.images);
  if (said.verdict.tokens == 0) said.verdict.tokens = cost.tokens;
  return said;
}

void StreamReader::fail(const ReplyFault& fault) {
  failed_ = detail::classification_of(fault, classify_text(summary(), detail::status_of_streams, context_));
}

void StreamReader::fail_as_too_large() {
  if (failed_) return;
  failed_ = classify(
      TransportError{TransportFault::too_large, Sent::yes, "an event of the stream is larger than is taken", detail::status_of_streams},
      context_);
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
// NOLINTEND(misc-definitions-in-headers)
