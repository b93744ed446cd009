// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/classify/event_stream.hpp>
#include <ductile/core/error_classifier.hpp>  // Cost
#include <ductile/core/transport.hpp>         // HttpResponse, TransportError
#include <ductile/gemini/classification.hpp>
#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/image_file.hpp>
#include <ductile/gemini/response.hpp>

#include <boost/json/array.hpp>
#include <boost/json/error.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// A part of a streamed answer: words, or an image that was checked from its header to its end. Drafts are left out.
struct StreamPart {
  std::string text;
  std::string bytes;  ///< The image file; empty for words.
  ImageFormat format = ImageFormat::png;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::string thought_signature;

  [[nodiscard]] bool image() const noexcept { return !bytes.empty(); }
};

/// How a stream ended that came to its end.
struct StreamEnd {
  std::size_t parts = 0;  ///< That were handed out.
  std::size_t images = 0;
  Usage usage;
  std::string model_version;       ///< Which model served.
  bool model_substituted = false;  ///< Another model than the one that was asked; its price counts.
  std::string response_id;

  /// What the attempt cost, for a quota ledger.
  [[nodiscard]] Cost cost() const noexcept {
    return {static_cast<std::int32_t>(std::clamp<std::int64_t>(usage.prompt, 0, std::numeric_limits<std::int32_t>::max())),
            static_cast<std::int8_t>(std::min<std::size_t>(images, 100))};
  }
};

/// Reads the body of a streamGenerateContent answer as it arrives, with `alt=sse` or without, split anywhere, and hands out its parts.
///
/// Where the answer ends, its finish reason says, not the connection: without one it is a failure, and with one a connection that breaks
/// afterwards is none. What the end is worth is judged as a generateContent answer is: STOP with an image is a success, a reason that is
/// not known is a failure. So is an error among the events, or after them without `data:`. After a failure nothing more is handed out.
///
/// Errors   Never throws for what a stream holds; what `on_part` throws goes through.
/// Threads  One at a time. What `expected` and `context` view must outlive it.
/// Cost     One event is kept, no more than `most_of_an_event` bytes of it; parsed, about 2 ms for an image of 2 MB.
class StreamReader {
 public:
  explicit StreamReader(const ReplyExpectation& expected = {}, const AnswerContext& context = {},
                        std::size_t most_of_an_event = std::size_t{64} * 1024 * 1024)
      : expected_(expected), context_(context), events_(most_of_an_event) {}

  /// Reads on, and calls `on_part(StreamPart&&)` for each part that is complete. False: the stream is a failure already, and the rest of it
  /// says nothing more.
  template <class OnPart>
  bool feed(std::string_view bytes, OnPart&& on_part) {
    if (failed_) return false;
    if (!events_.feed(bytes, [&](const StreamEvent& event) { read(event, on_part); }) && !failed_)
      failed_ = classify(TransportError{TransportFault::too_large, Sent::yes, "an event of the stream is larger than is taken", status},
                         context_);
    return !failed_;
  }

  /// The end, or what went wrong. Call once, when the body has ended; `broken` is how, where it did not end in order.
  template <class OnPart>
  [[nodiscard]] std::variant<StreamEnd, Classification> finish(OnPart&& on_part, const TransportError* broken = nullptr) {
    if (!failed_) events_.finish([&](const StreamEvent& event) { read(event, on_part); });
    Classification result = failed_ ? *std::move(failed_) : judged(broken);
    if (!result.ok()) return with_costs(std::move(result));
    StreamEnd end = account();
    end.parts = parts_;
    end.images = images_;
    return end;
  }

  /// Whether it is a failure already.
  [[nodiscard]] bool failed() const noexcept { return failed_.has_value(); }
  /// How many parts were handed out.
  [[nodiscard]] std::size_t parts() const noexcept { return parts_; }

 private:
  static constexpr int status = 200;  // of any stream; another status is an answer in one piece

  template <class OnPart>
  void read(const StreamEvent& event, OnPart& on_part) {
    namespace json = boost::json;
    if (failed_) return;
    json::monotonic_resource memory;
    json::error_code error;
    const json::value root = json::parse({event.data.data(), event.data.size()}, error, &memory);
    if (error && !event.whole) {
      cut_ = true;
    } else if (error) {
      fail({"inline-data-corrupt", "event", "no JSON: " + error.message()});
    } else if (root.is_array()) {
      for (const json::value& element : root.get_array()) read(element, event, on_part);
    } else {
      read(root, event, on_part);
    }
  }

  template <class OnPart>
  void read(const boost::json::value& root, const StreamEvent& event, OnPart& on_part) {
    if (failed_) return;
    if (!root.is_object()) return fail({"inline-data-corrupt", "event", "no object"});
    const boost::json::object& object = root.get_object();
    if (object.empty()) return;
    if (object.contains("error") || !speaks_of_an_answer(object)) return fail(as_text(event));
    remember(object);
    const boost::json::array* parts = detail::parts_of(object);
    if (!parts) return;
    for (const boost::json::value& part : *parts)
      if (part.is_object() && !failed_) hand_out(detail::raw_part(part.get_object()), on_part);
  }

  [[nodiscard]] static bool speaks_of_an_answer(const boost::json::object& object) {
    return object.contains("candidates") || detail::member(object, "promptFeedback", "prompt_feedback") ||
           detail::member(object, "usageMetadata", "usage_metadata") || detail::member(object, "modelVersion", "model_version") ||
           detail::member(object, "responseId", "response_id");
  }

  // An error, in the shape in which it came: what follows the last event of a stream says so by its place.
  [[nodiscard]] Classification as_text(const StreamEvent& event) const {
    std::string text;
    if (!event.bare) text = "data: ";
    if (event.bare && events_.has_fields()) text = "data: {}\n\n";
    Classification said = classify_text(text.append(event.data), status, context_);
    return said.ok() ? detail::classification_of({"sse-no-finish", "event", "holds no candidates"}, std::move(said)) : said;
  }

  // Of the whole answer what its verdict rests on; later events say more than earlier ones.
  void remember(const boost::json::object& object) {
    const auto keep = [](boost::json::object& into, const boost::json::object& from, std::string_view camel, std::string_view snake) {
      const boost::json::value* found = detail::member(from, camel, snake);
      if (found && !found->is_null()) into[camel] = *found;
    };
    keep(root_, object, "promptFeedback", "prompt_feedback");
    keep(root_, object, "usageMetadata", "usage_metadata");
    keep(root_, object, "modelVersion", "model_version");
    keep(root_, object, "responseId", "response_id");
    const boost::json::value* candidates = object.if_contains("candidates");
    if (!candidates || !candidates->is_array()) return;
    candidates_seen_ = true;
    if (candidates->get_array().empty() || !candidates->get_array()[0].is_object()) return;
    const boost::json::object& candidate = candidates->get_array()[0].get_object();
    keep(candidate_, candidate, "finishReason", "finish_reason");
    keep(candidate_, candidate, "finishMessage", "finish_message");
    candidate_seen_ = true;
    content_seen_ = content_seen_ || candidate.contains("content");
  }

  template <class OnPart>
  void hand_out(const detail::RawPart& raw, OnPart& on_part) {
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
    ++parts_;
    on_part(std::move(part));
  }

  [[nodiscard]] bool ended() const {
    if (candidate_.contains("finishReason")) return true;
    const boost::json::value* feedback = root_.if_contains("promptFeedback");
    return feedback && feedback->is_object() && detail::member(feedback->get_object(), "blockReason", "block_reason");
  }

  [[nodiscard]] Classification judged(const TransportError* broken) const {
    Classification said = classify_text(summary(), status, context_);
    if (ended()) return said;
    if (broken) return classify(*broken, context_);
    if (!events_.stray().empty() && !candidates_seen_ && root_.empty()) {  // no stream at all: a page, a sentence
      Classification stray = classify_text(events_.stray(), status, context_);
      if (!stray.ok()) return stray;
    }
    if (cut_ || events_.unfinished())
      return detail::classification_of({"truncated-json", "stream", "ends within an event"}, std::move(said));
    return detail::classification_of({"sse-no-finish", "candidates[0].finishReason", "missing"}, std::move(said));
  }

  // The answer in one piece and in short, each kind of part once, so that one judge reads both.
  [[nodiscard]] std::string summary() const {
    namespace json = boost::json;
    json::object whole = root_;
    if (!candidates_seen_) return json::serialize(whole);
    json::array candidates;
    if (candidate_seen_) {
      json::object candidate = candidate_;
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
    whole["candidates"] = std::move(candidates);
    return json::serialize(whole);
  }

  [[nodiscard]] StreamEnd account() const {
    StreamEnd end;
    detail::read_account(end, root_, expected_.model);
    return end;
  }

  // What was made before it failed was made.
  [[nodiscard]] Classification with_costs(Classification said) const {
    const Cost cost = [this] {
      StreamEnd end = account();
      end.images = images_;
      return end.cost();
    }();
    said.verdict.images = std::max(said.verdict.images, cost.images);
    if (said.verdict.tokens == 0) said.verdict.tokens = cost.tokens;
    return said;
  }

  void fail(const ReplyFault& fault) { failed_ = detail::classification_of(fault, classify_text(summary(), status, context_)); }
  void fail(Classification said) { failed_ = std::move(said); }

  ReplyExpectation expected_;
  AnswerContext context_;
  EventStream events_;
  std::optional<Classification> failed_;
  boost::json::object root_;
  boost::json::object candidate_;
  std::size_t parts_ = 0;
  std::size_t images_ = 0;
  bool candidates_seen_ = false;
  bool candidate_seen_ = false;
  bool content_seen_ = false;
  bool text_seen_ = false;
  bool draft_seen_ = false;
  bool cut_ = false;
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini
