// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/redact.hpp>  // redacted_mark

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::masking {

/// A part of a text.
struct Part {
  std::size_t begin = 0;
  std::size_t end = 0;  ///< Behind its last letter.

  [[nodiscard]] constexpr bool empty() const noexcept { return begin >= end; }
  [[nodiscard]] constexpr std::string_view of(std::string_view text) const noexcept { return text.substr(begin, end - begin); }
};

/// The parts of a text that are not to be shown. They are found in the text as it stands, in any order and by whoever knows of one, and it
/// is written once, front to back.
class HiddenParts {
 public:
  /// \param text Must outlive this.
  explicit HiddenParts(std::string_view text) noexcept : text_(text) {}

  [[nodiscard]] std::string_view text() const noexcept { return text_; }

  /// \param mark What is to stand in its place. Of parts that overlap it is that of the one which begins first, of these the longest.
  void hide(Part part, std::string_view mark = gemini::redacted_mark) {
    if (!part.empty()) hidden_.push_back({part, std::string{mark}});
  }

  /// The text with marks in the place of its hidden parts; those that touch have one.
  [[nodiscard]] std::string shown() && {
    std::ranges::sort(hidden_, [](const Hidden& left, const Hidden& right) {
      if (left.part.begin != right.part.begin) return left.part.begin < right.part.begin;
      if (left.part.end != right.part.end) return left.part.end > right.part.end;
      return left.mark > right.mark;  // of equals any, but always the same
    });
    std::string shown;
    shown.reserve(text_.size());
    std::size_t written = 0;
    for (const auto& [part, mark] : hidden_) {
      const bool touches = written > 0 && part.begin <= written;
      if (!touches) shown.append(text_.substr(written, part.begin - written)).append(mark);
      written = std::max(written, part.end);
    }
    return shown.append(text_.substr(written));
  }

 private:
  struct Hidden {
    Part part;
    std::string mark;
  };

  std::string_view text_;
  std::vector<Hidden> hidden_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::masking
