// SPDX-License-Identifier: BSL-1.0
#pragma once

// One attempt, over whatever transport: what is sent, and what is made of what came of it.
#include <ductile/core/failure.hpp>    // Cause, Failure
#include <ductile/core/kind.hpp>       // Sent
#include <ductile/core/result.hpp>     // Result
#include <ductile/core/transport.hpp>  // HttpRequest, HttpResponse, TransportError, TransportFault, TransportLimits, TransportResult
#include <ductile/gemini/api_key.hpp>
#include <ductile/gemini/blocked_prompts.hpp>
#include <ductile/gemini/classification.hpp>  // AnswerContext, Classification
#include <ductile/gemini/classifier.hpp>      // classify, read_answer
#include <ductile/gemini/models.hpp>          // ImageSize
#include <ductile/gemini/redact.hpp>
#include <ductile/gemini/request.hpp>   // ImageRequest
#include <ductile/gemini/response.hpp>  // ImageReply, ReplyExpectation, ReplyPart
#include <ductile/gemini/stream_reader.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini::detail {

inline constexpr std::size_t kept_body = std::size_t{64} * 1024;  // of an answer that failed, for who wants to see it

// A request on its way, and what its answer is held against. A class with a constructor: g++ 12 destroys an aggregate twice in a coroutine.
struct Asked {
  Asked(HttpRequest request, const TransportLimits& may_take, std::string_view asked_model, const ImageRequest& image, ApiKey secret)
      : http(std::move(request)),
        limits(may_take),
        model(asked_model),
        aspect_ratio(image.aspect_ratio),
        image_size(image.image_size),
        key(std::move(secret)) {}

  [[nodiscard]] ReplyExpectation expected() const noexcept { return {model, aspect_ratio, image_size}; }
  [[nodiscard]] AnswerContext context() const noexcept { return {model, key.reveal()}; }

  HttpRequest http;
  TransportLimits limits;
  std::string model;
  std::string aspect_ratio;
  std::optional<ImageSize> image_size;
  ApiKey key;
  std::string rewording;  // what was done to the prompt
  std::optional<ImageSize> downsized_to;
  BlockedPrompts* blocked = nullptr;  // where to take note of a refusal
  BlockedPrompts::Key content{};
};

[[nodiscard]] inline Failure failure(Classification classification, Cause cause, const Asked& asked) {
  if (asked.blocked) asked.blocked->remember(asked.content, classification.verdict);
  return Failure{classification.verdict, std::move(classification.message), std::move(classification.evidence), std::move(cause)};
}

[[nodiscard]] inline Cause kept(TransportError error, const ApiKey& key) {
  error.message = redacted(std::move(error.message), key.reveal());
  return Cause::of(std::move(error));
}

[[nodiscard]] inline Cause kept(HttpResponse response, const ApiKey& key) {
  if (response.body.size() > kept_body) response.body.resize(kept_body);
  response.body.shrink_to_fit();
  response.body = redacted(std::move(response.body), key.reveal());
  for (HttpHeader& field : response.headers) field.value = redacted(std::move(field.value), key.reveal());
  return Cause::of(std::move(response));
}

// What came of an answer in one piece.
[[nodiscard]] inline Result<ImageReply> read(TransportResult result, const Asked& asked) {
  if (auto* error = std::get_if<TransportError>(&result)) {
    const Classification classification = classify(*error, asked.context());
    return failure(classification, kept(std::move(*error), asked.key), asked);
  }
  HttpResponse& response = std::get<HttpResponse>(result);
  auto answer = read_answer(response, asked.expected(), asked.context());
  if (auto* reply = std::get_if<ImageReply>(&answer)) {
    reply->rewording = asked.rewording;
    reply->downsized_to = asked.downsized_to;
    return std::move(*reply);
  }
  return failure(std::get<Classification>(std::move(answer)), kept(std::move(response), asked.key), asked);
}

// Where the parts of a stream go: to the caller, who is told in the end how it ended.
template <class OnPart>
class HandedOut {
 public:
  using Value = StreamEnd;
  static constexpr bool hands_out = true;

  explicit HandedOut(OnPart on_part) : on_part_(std::forward<OnPart>(on_part)) {}

  void operator()(StreamPart&& part) { on_part_(std::move(part)); }
  [[nodiscard]] static Result<StreamEnd> end(Result<StreamEnd> end) { return end; }

 private:
  OnPart on_part_;
};

// Or they are kept back until they are a whole reply.
class KeptBack {
 public:
  using Value = ImageReply;
  static constexpr bool hands_out = false;

  void operator()(StreamPart&& part) {
    const bool image = part.image();
    if (image) {
      std::erase_if(reply_.parts, [](const ReplyPart& known) { return known.image; });  // the last one is the result
      reply_.bytes = std::move(part.bytes);
      reply_.format = part.format;
      reply_.width = part.width;
      reply_.height = part.height;
    }
    reply_.text.append(part.text);
    reply_.parts.push_back({std::move(part.text), image, std::move(part.thought_signature)});
  }

  [[nodiscard]] Result<ImageReply> end(Result<StreamEnd> end) {
    if (!end) return std::move(end).error();
    reply_.usage = end.value().usage;
    reply_.model_version = std::move(end.value().model_version);
    reply_.model_substituted = end.value().model_substituted;
    reply_.response_id = std::move(end.value().response_id);
    reply_.rewording = std::move(end.value().rewording);
    reply_.downsized_to = end.value().downsized_to;
    return std::move(reply_);
  }

 private:
  ImageReply reply_;
};

// An answer in pieces, which it takes as they arrive; and in the end how the exchange ended. `Parts` is one of the two above.
template <class Parts>
class StreamExchange {
 public:
  using Reply = Result<typename Parts::Value>;

  StreamExchange(Asked asked, Parts parts)
      : asked_(std::move(asked)),
        parts_(std::move(parts)),
        reader_(asked_.expected(), asked_.context(), asked_.limits.max_response_bytes) {}
  StreamExchange(const StreamExchange&) = delete;  // the reader views what was asked
  StreamExchange& operator=(const StreamExchange&) = delete;

  [[nodiscard]] Asked& asked() noexcept { return asked_; }
  [[nodiscard]] bool hands_out_already() const noexcept { return Parts::hands_out && reader_.parts() > 0; }

  // Whether to go on.
  bool operator()(std::string_view piece) {
    came_ = true;
    return reader_.feed(piece, parts_);
  }

  // For a caller who wants no more.
  void stop() noexcept { reader_.stop(); }

  [[nodiscard]] Reply end(TransportResult result) { return parts_.end(judged(std::move(result))); }

 private:
  [[nodiscard]] Result<StreamEnd> judged(TransportResult&& result) {
    auto* response = std::get_if<HttpResponse>(&result);
    if (response && !came_) {  // in one piece: from a transport that has no others, or no stream at all
      if (response->status / 100 == 2 && !response->body.empty()) {
        static_cast<void>((*this)(response->body));
      } else {
        auto answer = read_answer(*response, {}, asked_.context());
        if (auto* said = std::get_if<Classification>(&answer))
          return failure(std::move(*said), kept(std::move(*response), asked_.key), asked_);
      }
    }
    const bool failed = reader_.failed();  // by what it says: then how the exchange broke says nothing
    auto* error = std::get_if<TransportError>(&result);
    auto end = reader_.finish(parts_, error);
    if (auto* whole = std::get_if<StreamEnd>(&end)) {
      whole->rewording = asked_.rewording;
      whole->downsized_to = asked_.downsized_to;
      return std::move(*whole);
    }
    Classification& said = std::get<Classification>(end);
    if (hands_out_already()) said.verdict.sent = Sent::delivered;
    if (response) return failure(std::move(said), kept(std::move(*response), asked_.key), asked_);
    return failure(std::move(said), failed ? Cause{} : kept(std::move(*error), asked_.key), asked_);
  }

  Asked asked_;
  Parts parts_;
  StreamReader reader_;
  bool came_ = false;
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini::detail
