// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>  // HttpResponse, TransportError
#include <ductile/core/verdict.hpp>
#include <ductile/gemini/classification.hpp>
#include <ductile/gemini/response.hpp>  // ImageReply, ReplyExpectation

#include <string_view>
#include <variant>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// What a text says that is, holds or once was an answer of the service: a body, a log line, an exception's text, a piece of any.
/// `http_status` is 0 where it is not known. Evidence is weighed, not matched: a lack of room before quotas, a limit of nought and spent
/// money before every hint, names (reasons, quota ids) before sentences, sentences before statuses. An unknown finish reason is a failure.
///
/// `ok()` means here that the answer claims to hold an image; `read_answer` looks at it.
///
/// Threads  Pure.
/// Cost     One pass: 32 us for an ordinary error on a busy machine, 0.2 ms for a 2 MB image. Memory bounded by some 200 KiB whatever the
///          size.
[[nodiscard]] Classification classify_text(std::string_view text, int http_status = 0, const AnswerContext& context = {});

/// The image that an answer holds, or what it says instead.
///
/// Errors   Never throws for what an answer holds. A body of any size and depth, invalid UTF-8 and wrong base64 have a kind.
/// Threads  Pure.
[[nodiscard]] std::variant<ImageReply, Classification> read_answer(const HttpResponse& response, const ReplyExpectation& expected = {},
                                                                   const AnswerContext& context = {});

/// What an answer is; a success when it holds a whole image.
[[nodiscard]] Classification classify(const HttpResponse& response, const AnswerContext& context = {});

/// What a broken exchange is.
[[nodiscard]] Classification classify(const TransportError& error, const AnswerContext& context = {});

/// The service's `ErrorClassifier`: for operations that return an `HttpResponse` or fail with a `TransportError`.
class Classifier {
 public:
  [[nodiscard]] Verdict operator()(const HttpResponse& response) const { return classify(response).verdict; }
  [[nodiscard]] Verdict operator()(const TransportError& error) const { return classify(error).verdict; }
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini
