// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/error_classifier.hpp>  // Cost
#include <ductile/core/verdict.hpp>           // FailureId
#include <ductile/gemini/image_file.hpp>      // ImageFormat
#include <ductile/gemini/models.hpp>          // ImageSize
#include <ductile/gemini/request.hpp>         // Turn

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// Tokens, as the service counted them; 0 where it did not say.
struct Usage {
  std::int64_t prompt = 0;
  std::int64_t output = 0;
  std::int64_t thoughts = 0;
  std::int64_t total = 0;
};

/// One part of an answer that is no thought: words, or the image. The signature must go back with it in a later turn.
struct ReplyPart {
  std::string text;
  bool image = false;
  std::string thought_signature;
};

/// An answer with an image that was checked from its header to its end.
struct ImageReply {
  std::string bytes;  ///< The image file.
  ImageFormat format = ImageFormat::png;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::string text;              ///< What the model said beside it.
  std::vector<ReplyPart> parts;  ///< What a later turn must quote; drafts are left out.
  Usage usage;
  std::string model_version;       ///< Which model served.
  bool model_substituted = false;  ///< Another model than the one that was asked; its price counts.
  std::string response_id;
  std::int8_t images = 1;   ///< How many were made, of which `bytes` is the last; each is charged. Drafts do not count. At most 127.
  std::string rewording{};  ///< What was done to the prompt (`Rewording::what`); empty: it was sent as written.
  std::optional<ImageSize> downsized_to{};  ///< The smaller size that was asked for; none: that of the request.

  [[nodiscard]] std::string_view mime_type() const noexcept { return gemini::mime_type(format); }

  /// The signature of the image part; empty when it has none.
  [[nodiscard]] std::string_view thought_signature() const noexcept {
    const auto image = std::ranges::find(parts, true, &ReplyPart::image);
    return image == parts.end() ? std::string_view{} : std::string_view{image->thought_signature};
  }

  /// What the attempt cost, for a quota ledger.
  [[nodiscard]] Cost cost() const noexcept {
    return {static_cast<std::int32_t>(std::clamp<std::int64_t>(usage.prompt, 0, std::numeric_limits<std::int32_t>::max())), images};
  }

  /// This answer as a turn of a conversation, for `ImageRequest::history` (after the turn of the prompt that led to it).
  [[nodiscard]] Turn turn() const;
};

/// What was asked, so that the answer can be held against it. Empty fields are not checked.
struct ReplyExpectation {
  std::string_view model;
  std::string_view aspect_ratio;
  std::optional<ImageSize> image_size;
};

/// Why an answer that claims to hold an image does not.
struct ReplyFault {
  FailureId id;
  std::string where;
  std::string what;
};

/// Reads a generateContent answer that claims to hold an image: parsed strictly, drafts dropped, base64 decoded, the file checked to its
/// end, its pixels held against what was asked. An answer that came in the pieces of a stream, as an array or as events, is put together. A
/// byte order mark is passed over. The mime type is the one that the bytes show, not the one that stands beside them.
///
/// Errors   The row that says what is wrong: cut JSON, no image, damaged image, wrong size.
/// Cost     A pass each for JSON, base64 and the file: about 2 ms for a 2 MB answer.
[[nodiscard]] std::variant<ImageReply, ReplyFault> read_reply(std::string_view body, const ReplyExpectation& expected = {});

}  // namespace ductile::inline DUCTILE_VERSION::gemini
