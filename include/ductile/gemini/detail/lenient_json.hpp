// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>
#include <ductile/detail/ascii.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// A reader for answers that are JSON, hold JSON, or once were JSON. A quarter of the error bodies that people paste is cut, has raw line
// breaks in its strings or words around it: what a strict parser refuses still says "PerDay". It makes no tree, allocates nothing, and
// goes over its input once; a hundred megabytes of brackets cost time alone.
namespace ductile::inline DUCTILE_VERSION::gemini::detail {

using namespace ductile::detail;  // the ASCII helpers

/// How many characters of white space of one kind stand at `at`; 0: none. Bytes printed by Python or a shell have their line breaks as two
/// characters (in capitals where somebody made capitals of everything), and what was copied from a terminal's window has its frame between
/// the lines.
[[nodiscard]] constexpr std::size_t gap_length(std::string_view text, std::size_t at) noexcept {
  constexpr std::string_view frame{"\xE2\x94\x82"};
  if (at >= text.size()) return 0;
  if (is_space(text[at])) return 1;
  const std::string_view rest = text.substr(at);
  if (rest.size() > 1 && rest[0] == '\\' && (lower(rest[1]) == 'n' || lower(rest[1]) == 'r' || lower(rest[1]) == 't')) return 2;
  return rest.starts_with(frame) ? frame.size() : 0;
}

/// The name of "name=" or "name = ", with which a text begins; empty when it does not.
[[nodiscard]] constexpr std::string_view assigned_name(std::string_view text) noexcept {
  constexpr std::size_t longest = 48;
  std::size_t end = 0;
  while (end < text.size() && end < longest && (is_letter(text[end]) || is_digit(text[end]) || text[end] == '_' || text[end] == '@')) ++end;
  std::size_t sign = end;
  while (sign < text.size() && sign < end + 4 && is_space(text[sign])) ++sign;
  const std::string_view behind = text.substr(sign, 2);
  return end > 0 && !is_digit(text[0]) && behind.starts_with('=') && behind != "=>" ? text.substr(0, end) : std::string_view{};
}

/// "503", and "503.0" as programs print it that know numbers with a fraction only.
[[nodiscard]] constexpr std::optional<std::int64_t> whole_figure(std::string_view written) noexcept {
  const std::size_t point = written.find('.');
  if (point != std::string_view::npos && point + 1 < written.size() && written.find_first_not_of('0', point + 1) == std::string_view::npos)
    written = written.substr(0, point);
  return whole_number(written);
}

/// A scalar as it stands in the text.
struct LenientValue {
  enum class Type : std::uint8_t { string, number, word };
  Type type = Type::word;
  std::string_view raw;  ///< Without quotes, escapes not yet decoded.
  bool cut = false;      ///< The text ended inside it.
};

/// Where in the text a value stands: the names around it, the innermost last.
class LenientPath {
 public:
  static constexpr std::size_t deepest = 48;  // an answer that says something is not deeper than 12

  /// The name of the value itself, or of the array that it stands in.
  [[nodiscard]] std::string_view name() const noexcept { return ancestor(0); }

  /// The `distance`-th name outwards; array elements have none and are left out. Empty beyond the outermost.
  [[nodiscard]] std::string_view ancestor(std::size_t distance) const noexcept {
    if (!key_.empty() && distance-- == 0) return key_;
    for (std::size_t i = depth_; i-- > 0;)
      if (!frames_[i].key.empty() && distance-- == 0) return frames_[i].key;
    return {};
  }

  /// How many objects and arrays are around the value.
  [[nodiscard]] std::size_t depth() const noexcept { return depth_; }

  /// Where the innermost object that is named `key`, or is an element of an array of that name, begins in the text; npos when there is
  /// none. Two values with the same answer belong to the same element.
  [[nodiscard]] std::size_t element_of(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < depth_; ++i)
      if (same_name(frames_[i].key, key)) return i + 1 < depth_ && !frames_[i].object ? frames_[i + 1].begin : frames_[i].begin;
    return std::string_view::npos;
  }

  /// Whether one of the names around the value, its own included, is `key`.
  [[nodiscard]] bool within(std::string_view key) const noexcept {
    if (same_name(key_, key)) return true;
    for (std::size_t i = 0; i < depth_; ++i)
      if (same_name(frames_[i].key, key)) return true;
    return false;
  }

  /// Whether the member (of an array's element the array) stands in an object that is itself the member `key`.
  [[nodiscard]] bool member_of(std::string_view key) const noexcept {
    std::size_t holder = depth_;
    while (key_.empty() && holder > 0 && frames_[holder - 1].key.empty()) --holder;
    if (key_.empty() && holder > 0) --holder;  // the array's own frame has the name
    return holder > 0 && frames_[holder - 1].object && same_name(frames_[holder - 1].key, key);
  }

  /// Compares a name as written (quotaId, quota_id, " @type") with `plain`, which is lower case without underscores.
  [[nodiscard]] static constexpr bool same_name(std::string_view written, std::string_view plain) noexcept {
    std::size_t at = 0;
    for (const char c : written) {
      if (c == '_' || c == '-' || is_space(c)) continue;
      if (at == plain.size() || lower(c) != plain[at]) return false;
      ++at;
    }
    return at == plain.size() && !plain.empty();
  }

 private:
  template <class Visitor>
  friend class LenientReader;

  struct Frame {
    std::string_view key;
    std::size_t begin = 0;
    bool object = false;
  };
  std::array<Frame, deepest> frames_{};
  std::size_t depth_ = 0;
  std::string_view key_;
};

/// Goes over a text and tells `visitor`:
/// `value(const LenientPath&, const LenientValue&)` each scalar; `opened(const LenientPath&, bool object)` and
/// `closed(const LenientPath&, bool object)` each object and array; `outside(std::string_view)` each stretch that is in no bracket.
template <class Visitor>
class LenientReader {
 public:
  LenientReader(std::string_view text, Visitor& visitor) noexcept : text_(text), visitor_(visitor) {}

  void read() {
    std::size_t outside = 0;  // where the stretch outside of brackets began
    while (at_ < text_.size()) {
      if (path_.depth_ == 0 && too_deep_ == 0) {
        if (!opens_here()) continue;
        const std::string_view before = text_.substr(outside, at_ - outside);
        if (!before.empty()) visitor_.outside(before);
        if (text_[at_] == '{') path_.key_ = trailing_name(before);
      }
      step();
      if (path_.depth_ == 0 && too_deep_ == 0) outside = at_;
    }
    if (path_.depth_ == 0 && too_deep_ == 0) {
      if (outside < text_.size()) visitor_.outside(text_.substr(outside));
    } else {
      complete_ = false;
    }
  }

  /// Every bracket that was opened was closed again.
  [[nodiscard]] bool complete() const noexcept { return complete_; }

 private:
  static constexpr std::size_t most_values = 100'000;  // what an answer has to say it says before that

  // Text has brackets too: "[429 Too Many Requests]", "{0}". An array of interest begins with an object or a string, an object with a name.
  // Where nothing opens, goes past what was looked at, so that no run of brackets is looked at twice.
  bool opens_here() noexcept {
    std::size_t at = at_;
    while (at < text_.size() && text_[at] == '[') at = skip_space(at + 1);
    const bool array = at > at_;
    bool opens = array && (at == text_.size() || contains("\"']", text_.substr(at, 1)));
    if (at < text_.size() && text_[at] == '{') {
      const std::size_t next = skip_space(at + 1);
      opens = next == text_.size() || contains("\"'}", text_.substr(next, 1)) || is_letter(text_[next]);
    }
    if (!opens) at_ = at + 1;
    return opens;
  }

  // In protobuf's text form a name stands before its object: "retry_delay { seconds: 30 }".
  [[nodiscard]] static std::string_view trailing_name(std::string_view text) noexcept {
    text = trimmed(text.substr(text.size() - (text.size() < 64 ? text.size() : 64)));
    std::size_t length = 0;
    while (length < text.size() && (is_letter(text[text.size() - 1 - length]) || text[text.size() - 1 - length] == '_')) ++length;
    return text.substr(text.size() - length);
  }

  [[nodiscard]] std::size_t skip_space(std::size_t at) const noexcept {
    while (const std::size_t length = space_length(at)) at += length;
    return at;
  }

  [[nodiscard]] std::size_t space_length(std::size_t at) const noexcept { return gap_length(text_, at); }

  // ":", and "=>" as Ruby prints a hash; 0: neither.
  [[nodiscard]] std::size_t colon_length(std::size_t at) const noexcept {
    const std::string_view rest = text_.substr(at < text_.size() ? at : text_.size());
    return rest.starts_with(':') ? 1 : rest.starts_with("=>") ? 2 : 0;
  }

  void step() {
    const char c = text_[at_];
    if (c == '{' || c == '[') {
      open(c == '{');
    } else if (c == '}' || c == ']') {
      close(c == '}');
    } else if (c == '"' || (c == '\'' && (before_ == '{' || before_ == '[' || before_ == ',' || before_ == ':'))) {
      string(c);
    } else if (c == ',' || c == ':') {
      if (c == ',') path_.key_ = {};
      before_ = c;
      ++at_;
    } else if (const std::size_t space = space_length(at_)) {
      at_ += space;
    } else if (const std::string_view name = begins_member() ? assigned_name(text_.substr(at_)) : std::string_view{}; !name.empty()) {
      assignment(name);
    } else {
      word();
    }
  }

  [[nodiscard]] bool begins_member() const noexcept {
    return path_.depth_ > 0 && path_.frames_[path_.depth_ - 1].object && (before_ == '{' || before_ == ',');
  }

  // A member as Java prints a map's ("{code=429, message=Quota exceeded, limit: 20, status=...}") and C# a record's: nothing is in quotes,
  // so that a text ends where the next member begins, or the object ends.
  void assignment(std::string_view name) {
    path_.key_ = name;
    before_ = ':';
    at_ = skip_space(text_.find('=', at_) + 1);
    if (at_ == text_.size() || contains("{[\"", text_.substr(at_, 1))) return;
    std::size_t end = at_;
    for (end = text_.find_first_of(",}", at_); end < text_.size() && text_[end] == ','; end = text_.find_first_of(",}", end + 1))
      if (!assigned_name(text_.substr(skip_space(end + 1))).empty()) break;
    const std::string_view raw = trimmed(text_.substr(at_, end == std::string_view::npos ? end : end - at_));
    const bool cut = end == std::string_view::npos;
    at_ = cut ? text_.size() : end;
    take({whole_figure(raw) ? LenientValue::Type::number : LenientValue::Type::string, raw, cut});
  }

  void open(bool object) {
    if (path_.depth_ == LenientPath::deepest || too_deep_ > 0) {
      ++too_deep_;
    } else {
      visitor_.opened(path_, object);
      path_.frames_[path_.depth_++] = {path_.key_, at_, object};
      path_.key_ = {};
    }
    before_ = text_[at_++];
  }

  void close(bool object) {
    if (too_deep_ > 0) {
      --too_deep_;
    } else {
      // A bracket of the wrong kind closes what it fits, so that one lost bracket does not swallow the rest.
      std::size_t fitting = path_.depth_;
      while (fitting > 0 && path_.frames_[fitting - 1].object != object) --fitting;
      if (fitting > 0) {
        path_.depth_ = fitting - 1;
        path_.key_ = path_.frames_[path_.depth_].key;
        visitor_.closed(path_, object);
        path_.key_ = {};
      }
    }
    before_ = text_[at_++];
  }

  void string(char quote) {
    const std::size_t begin = ++at_;
    std::size_t end = begin;
    while (true) {
      end = text_.find(quote, end);  // a memchr: a two-megabyte image passes at the speed of memory
      if (end == std::string_view::npos) break;
      std::size_t backslashes = 0;
      while (end - backslashes > begin && text_[end - 1 - backslashes] == '\\') ++backslashes;
      if (backslashes % 2 == 0) break;
      ++end;
    }
    const bool cut = end == std::string_view::npos;
    const std::string_view raw = text_.substr(begin, cut ? std::string_view::npos : end - begin);
    at_ = cut ? text_.size() : end + 1;
    take({LenientValue::Type::string, raw, cut});
  }

  void word() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && space_length(at_) == 0 && !contains("{}[],:\"\\", text_.substr(at_, 1)) && colon_length(at_) == 0) ++at_;
    if (at_ == begin) ++at_;
    const std::string_view raw = text_.substr(begin, at_ - begin);
    const bool number = is_digit(raw.front()) || (raw.front() == '-' && raw.size() > 1 && is_digit(raw[1]));
    take({number ? LenientValue::Type::number : LenientValue::Type::word, raw, at_ == text_.size()});
  }

  // In an object whatever stands before a colon is a name, and so is a string with which the text ends before its colon came.
  void take(const LenientValue& value) {
    if (too_deep_ == 0 && path_.depth_ > 0) {
      const bool named = path_.frames_[path_.depth_ - 1].object;
      const std::size_t next = skip_space(at_);
      const std::size_t colon = colon_length(next);
      const bool brace = next < text_.size() && text_[next] == '{' && value.type == LenientValue::Type::word;  // protobuf's text form
      const bool ends = next == text_.size() && value.type == LenientValue::Type::string;
      if (named && before_ != ':' && (colon > 0 || brace || ends)) {
        path_.key_ = value.raw;
        if (colon > 1) {
          at_ = next + colon;
          before_ = ':';
          return;
        }
      } else {
        if (values_++ < most_values) visitor_.value(path_, value);
        path_.key_ = {};
      }
    }
    before_ = 'v';
  }

  std::string_view text_;
  Visitor& visitor_;
  LenientPath path_;
  std::size_t at_ = 0;
  std::size_t too_deep_ = 0;
  std::size_t values_ = 0;
  char before_ = 0;  // the last character that was neither space nor part of a value
  bool complete_ = true;
};

/// Decodes the escapes of a JSON string, at most `limit` bytes of it. Wrong escapes stay as they stand.
[[nodiscard]] inline std::string unescaped(std::string_view raw, std::size_t limit) {
  std::string text;
  text.reserve(raw.size() < limit ? raw.size() : limit);
  const auto hex = [&raw](std::size_t at) -> std::int32_t {
    if (at + 4 > raw.size()) return -1;
    std::int32_t code = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
      const char c = lower(raw[i]);
      if (!is_digit(c) && (c < 'a' || c > 'f')) return -1;
      code = code * 16 + (is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return code;
  };
  const auto append = [&text](std::int32_t code) {
    const auto byte = [&text](std::int32_t value) { text.push_back(static_cast<char>(static_cast<unsigned char>(value))); };
    if (code < 0x80) {
      byte(code);
    } else if (code < 0x800) {
      byte(0xC0 | (code >> 6));
      byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      byte(0xE0 | (code >> 12));
      byte(0x80 | ((code >> 6) & 0x3F));
      byte(0x80 | (code & 0x3F));
    } else {
      byte(0xF0 | (code >> 18));
      byte(0x80 | ((code >> 12) & 0x3F));
      byte(0x80 | ((code >> 6) & 0x3F));
      byte(0x80 | (code & 0x3F));
    }
  };
  for (std::size_t i = 0; i < raw.size() && text.size() < limit; ++i) {
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      text.push_back(raw[i]);
      continue;
    }
    const char escape = raw[++i];
    switch (escape) {
      case 'n': text.push_back('\n'); break;
      case 't': text.push_back('\t'); break;
      case 'r': text.push_back('\r'); break;
      case 'b':
      case 'f': text.push_back(' '); break;
      case '"':
      case '\'':
      case '\\':
      case '/': text.push_back(escape); break;
      case 'u': {
        std::int32_t code = hex(i + 1);
        if (code < 0) {
          text.append("\\u");
          break;
        }
        i += 4;
        if (code >= 0xD800 && code < 0xDC00 && i + 2 < raw.size() && raw[i + 1] == '\\' && raw[i + 2] == 'u') {
          const std::int32_t low = hex(i + 3);
          if (low >= 0xDC00 && low < 0xE000) {
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            i += 6;
          }
        }
        append(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
        break;
      }
      default:
        text.push_back('\\');
        text.push_back(escape);
        break;
    }
  }
  return text;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini::detail
