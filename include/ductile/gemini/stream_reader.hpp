// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/classify/event_stream.hpp>
#include <ductile/core/error_classifier.hpp>  // Cost
#include <ductile/core/transport.hpp>         // TransportError
#include <ductile/gemini/classification.hpp>
#include <ductile/gemini/image_file.hpp>  // ImageFormat
#include <ductile/gemini/models.hpp>      // ImageSize
#include <ductile/gemini/response.hpp>    // ReplyExpectation, ReplyFault, Usage

#include <boost/json/fwd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

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
  std::string rewording{};                  ///< What was done to the prompt (`Rewording::what`); empty: it was sent as written.
  std::optional<ImageSize> downsized_to{};  ///< The smaller size that was asked for; none: that of the request.

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
                        std::size_t most_of_an_event = std::size_t{64} * 1024 * 1024);
  StreamReader(StreamReader&& other) noexcept;
  StreamReader& operator=(StreamReader&& other) noexcept;
  ~StreamReader();

  /// Reads on, and calls `on_part(StreamPart&&)` for each part that is complete. False: the stream is a failure already, and the rest of it
  /// says nothing more.
  template <class OnPart>
  bool feed(std::string_view bytes, OnPart&& on_part) {
    if (over()) return false;
    if (!events_.feed(bytes, [&](const StreamEvent& event) { hand_out(event, on_part); })) fail_as_too_large();
    return !over();
  }

  /// The end, or what went wrong. Call once, when the body has ended; `broken` is how, where it did not end in order.
  template <class OnPart>
  [[nodiscard]] std::variant<StreamEnd, Classification> finish(OnPart&& on_part, const TransportError* broken = nullptr) {
    if (!over()) events_.finish([&](const StreamEvent& event) { hand_out(event, on_part); });
    return end(broken);
  }

  /// Hands out nothing more, for a caller who wants nothing more; also from within `on_part`. It then ended well if its finish reason had
  /// come and all before it was handed out; else as `broken` says.
  void stop() noexcept { stopped_ = true; }

  /// Whether it is a failure already.
  [[nodiscard]] bool failed() const noexcept { return failed_.has_value(); }
  /// How many parts were handed out.
  [[nodiscard]] std::size_t parts() const noexcept { return parts_; }

 private:
  struct Heard;  // in JSON, whose headers would cost each user of this one more than the rest of it

  template <class OnPart>
  void hand_out(const StreamEvent& event, OnPart& on_part) {
    for (StreamPart& part : read(event)) {
      if (stopped_) {
        withheld_ = true;
        return;
      }
      ++parts_;
      on_part(std::move(part));
    }
  }

  // The parts that an event completes; where it is a failure, those before it.
  [[nodiscard]] std::vector<StreamPart> read(const StreamEvent& event);
  void read(const boost::json::value& root, const StreamEvent& event, std::vector<StreamPart>& parts);
  void keep(const boost::json::object& part, std::vector<StreamPart>& parts);
  [[nodiscard]] Classification as_text(const StreamEvent& event) const;
  void remember(const boost::json::object& object);
  [[nodiscard]] bool over() const noexcept { return failed_ || stopped_; }
  [[nodiscard]] bool ended() const;
  [[nodiscard]] Classification judged(const TransportError* broken) const;
  [[nodiscard]] std::string summary() const;
  [[nodiscard]] StreamEnd account() const;
  [[nodiscard]] Classification with_costs(Classification said) const;
  [[nodiscard]] std::variant<StreamEnd, Classification> end(const TransportError* broken);
  void fail(const ReplyFault& fault);
  void fail_as_too_large();

  ReplyExpectation expected_;
  AnswerContext context_;
  EventStream events_;
  std::optional<Classification> failed_;
  std::unique_ptr<Heard> heard_;
  std::size_t parts_ = 0;
  std::size_t images_ = 0;
  bool candidates_seen_ = false;
  bool candidate_seen_ = false;
  bool content_seen_ = false;
  bool text_seen_ = false;
  bool draft_seen_ = false;
  bool cut_ = false;
  bool stopped_ = false;
  bool withheld_ = false;  // a part, since it was stopped
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini
