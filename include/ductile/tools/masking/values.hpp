// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>   // is_digit, is_letter, same_word, trimmed
#include <ductile/gemini/redact.hpp>  // detail::is_key_character, redacted_mark
#include <ductile/tools/masking/hidden_parts.hpp>
#include <ductile/tools/masking/quotes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

// What stands behind a name: its mark, the blanks, and the value with its quotes and its end.
namespace ductile::inline DUCTILE_VERSION::tools::masking {

inline constexpr std::string_view blanks{" \t"};
inline constexpr std::string_view blanks_and_breaks{" \t\r\n"};

/// How far a value without quotes reaches.
enum class Reach {
  word,  ///< To a blank, or to what can only be the end of it.
  line   ///< To the line's end, whatever it holds, as a header's.
};

[[nodiscard]] constexpr bool is_name_character(char c) noexcept { return gemini::detail::is_key_character(c); }

[[nodiscard]] constexpr std::size_t behind(std::string_view letters, std::string_view text, std::size_t at) noexcept {
  return at + count_of(letters, text, at);
}

[[nodiscard]] constexpr std::size_t end_of_name(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && is_name_character(text[at])) ++at;
  return at;
}

/// What stands between a name and its value.
struct Mark {
  std::size_t end = 0;          ///< Behind it.
  char sign = ':';              ///< `:` or `=`, of arrows and the like too.
  bool name_is_quoted = false;  ///< Or rather was: its quote ends before the mark.
};

/// The mark behind a name that ends at `at`: `name: `, `"name" : `, `name = `, `name => `, `['name'] = `, `name: str = `.
[[nodiscard]] inline std::optional<Mark> mark_behind(std::string_view text, std::size_t at) noexcept {
  constexpr std::array<std::string_view, 5> types{"str ", "string ", "String ", "&str ", "SecretStr "};
  Mark mark;
  for (std::size_t quote = closing_size(text, at); quote > 0; quote = closing_size(text, at)) {
    mark.name_is_quoted = true;
    at += quote;
  }
  if (mark.name_is_quoted && at < text.size() && text[at] == ']') ++at;
  at = behind(mark.name_is_quoted ? blanks_and_breaks : blanks, text, at);
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("%3D") || rest.starts_with("%3d")) return Mark{at + 3, '=', mark.name_is_quoted};
  const bool is_long = rest.size() > 1 && rest[1] == '=' && std::string_view{":+?"}.find(rest[0]) != std::string_view::npos;
  if (rest.empty() || rest.starts_with("::") || (rest[0] != ':' && rest[0] != '=' && !is_long)) return std::nullopt;
  mark.sign = is_long ? '=' : rest[0];
  mark.end = behind("=>~", text, at + 1);
  if (mark.sign == '=') return mark;
  const std::size_t begin = behind(blanks, text, mark.end);
  for (const std::string_view type : types) {
    if (!text.substr(begin).starts_with(type)) continue;
    const std::size_t equals = behind(blanks, text, begin + type.size());
    if (text.substr(equals).starts_with("= ")) return Mark{equals + 1, '=', false};
  }
  return mark;
}

/// A string in quotes.
struct String {
  Part inside;
  std::size_t end = 0;  ///< Behind the quote that ends it.
};

/// The string that begins at `at`, after what languages put before a quote (`b'...'`, `$'...'`); none where none begins there.
[[nodiscard]] inline std::optional<String> string_at(std::string_view text, std::size_t at) noexcept {
  const std::size_t prefix = std::min<std::size_t>(count_of("bBfFrRuUL$@^", text, at), 3);
  const auto quote = prefix < 3 ? quote_at(text, at + prefix) : std::nullopt;
  if (!quote) return std::nullopt;
  const std::size_t begin = at + prefix + quote->size();
  const std::size_t end = end_of_string(text, *quote, begin);
  return String{{begin, end}, std::min(behind("\\^", text, end) + quote->closes.size(), text.size())};
}

/// Where a value without quotes ends that is a word: before a blank, and before a comma, a quote or the like where what follows shows that
/// they do not belong to it.
[[nodiscard]] inline std::size_t end_of_word(std::string_view text, std::size_t at) noexcept {
  constexpr std::string_view punctuation{"&;,)}]<>\"'`"};
  constexpr std::string_view strings{"\"'`"};
  while (true) {
    at = text.find_first_of(" \t\r\n\\&;,)}]<>\"'`", at);
    if (at == text.npos) return text.size();
    if (text[at] == '\\') {
      if (closing_size(text, at) > 0) return at;
      at = behind("\\", text, at);
      continue;
    }
    const bool of_call =
        at > 0 && (text[at - 1] == '(' || text[at - 1] == '{') && strings.find(text[at]) != strings.npos;  // SecretStr('...')
    if (of_call) {
      at = string_at(text, at)->end;
      continue;
    }
    const std::size_t next = behind(punctuation, text, at);
    const bool has_quote = text.substr(at, next - at).find_first_of(strings) != text.npos && next - at > 1;
    if (next == at || next == text.size() || has_quote || text[at] == '<' || text[at] == '>' || !is_name_character(text[next])) return at;
    if (mark_behind(text, end_of_name(text, next))) return at;
    at = next;
  }
}

/// Where a value without quotes ends that goes to the end of its line: there, or where a string has an escaped line break. `around` is the
/// quote with which the string began that holds the line.
[[nodiscard]] inline std::size_t end_of_line(std::string_view text, std::size_t at, const std::optional<Quote>& around) noexcept {
  const auto is_next_header = [text](std::size_t begin) {
    const std::size_t end = end_of_name(text, begin);
    return end > begin && end < text.size() && text[end] == ':';
  };
  while (at < text.size() && text[at] != '\r' && text[at] != '\n') {
    const std::size_t escaped = behind("\\", text, at);
    const std::string_view rest = text.substr(escaped);
    const std::size_t caret = rest.starts_with('^') ? 1 : 0;  // as Windows' shell escapes
    const bool is_quote = around && rest.substr(caret).starts_with(around->closes);
    if (is_quote && escaped - at <= around->backslashes) {
      if (!rest.starts_with("'\\''")) return at;
      at = escaped + 4;
      continue;
    }
    if (escaped > at && (rest.starts_with("r\\") || (rest.starts_with('n') && is_next_header(escaped + 1)))) return at;
    at = escaped + 1 + (is_quote ? caret : 0);
  }
  return std::min(at, text.size());
}

/// The quote that stands directly before a name: its string holds the value, too, unless it ends before the mark.
[[nodiscard]] inline std::optional<Quote> quote_before(std::string_view text, std::size_t name) noexcept {
  for (const Quote& quote : quotes) {
    if (!text.substr(0, name).ends_with(quote.opens)) continue;
    const std::size_t end = name - quote.opens.size();
    std::size_t begin = end;
    while (begin > 0 && text[begin - 1] == '\\') --begin;
    return Quote{quote.opens, quote.closes, end - begin};
  }
  return std::nullopt;
}

/// Where the value behind a mark begins: on the same line, or further down where it is a string, a list or, as YAML has it, one word on the
/// next line. None where there is none.
[[nodiscard]] inline std::optional<std::size_t> value_behind(std::string_view text, const Mark& mark) noexcept {
  const std::size_t begin = behind(blanks, text, mark.end);
  std::size_t line_end = begin;
  if (line_end < text.size() && (text[line_end] == '|' || text[line_end] == '>')) line_end = behind("|>+- \t", text, line_end);
  const std::size_t below = behind(blanks_and_breaks, text, line_end);
  const std::string_view between = text.substr(line_end, below - line_end);
  if (!between.starts_with('\r') && !between.starts_with('\n')) return begin < text.size() ? std::optional{begin} : std::nullopt;
  if (below == text.size()) return std::nullopt;
  if (const auto string = string_at(text, below)) {
    const std::size_t next = behind(blanks, text, string->end);
    return next < text.size() && text[next] == ':' ? std::nullopt : std::optional{below};  // a name
  }
  if (text[below] == '[' || text[below] == '{') return mark.name_is_quoted ? std::optional{below} : std::nullopt;
  const std::string_view word = ductile::detail::trimmed(text.substr(below, text.find('\n', below) - below));
  const bool is_next_line = std::ranges::count(between, '\n') == 1;
  return is_next_line && word.find_first_of(" \t:{}[]") == word.npos ? std::optional{below} : std::nullopt;
}

/// A value that is one string or one word, or a line.
struct Scalar {
  Part part;
  bool is_quoted = false;
};

/// The value at `at`. None where it says that there is none, or where an object or a list begins.
[[nodiscard]] inline std::optional<Scalar> scalar_at(std::string_view text, std::size_t at, Reach reach,
                                                     const std::optional<Quote>& around = std::nullopt) noexcept {
  constexpr std::array<std::string_view, 6> nothing{"null", "none", "nil", "undefined", "true", "false"};
  if (at >= text.size()) return std::nullopt;
  const bool is_prose = text[at] == '`' && ((around && around->opens == "`") || behind(" \t\r\n,.;:)|", text, at + 1) > at + 1);
  if (is_prose) return std::nullopt;  // the end of a name that prose sets with its sign: `password=`
  if (const auto string = string_at(text, at)) return Scalar{string->inside, true};
  const std::size_t begin = text.substr(at).starts_with(gemini::redacted_mark) ? at + gemini::redacted_mark.size() : at;
  if (text[at] == '{') {
    const std::size_t inside = behind(blanks, text, at + 1);
    const bool is_object = inside == text.size() || std::string_view{"\r\n{}"}.find(text[inside]) != std::string_view::npos ||
                           closing_size(text, inside) > 0 || mark_behind(text, end_of_name(text, inside));
    if (is_object) return std::nullopt;
  }
  if (text[at] == '[' && begin == at) return std::nullopt;
  const Part part{at, reach == Reach::line ? end_of_line(text, begin, around) : end_of_word(text, begin)};
  const std::string_view value = part.of(text);
  if (value.find_first_not_of("*.") == value.npos) return std::nullopt;
  if (std::ranges::any_of(nothing, [value](std::string_view word) { return ductile::detail::same_word(value, word); })) return std::nullopt;
  return Scalar{part, false};
}

/// Hides the strings and words of the list whose bracket stands at `at`; one that is cut ends where something else begins. Gives back where
/// it ends.
inline std::size_t hide_list(HiddenParts& parts, std::size_t at) {
  const std::string_view text = parts.text();
  std::size_t depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '[' && text.substr(at).starts_with(gemini::redacted_mark)) {
      at += gemini::redacted_mark.size();
    } else if (c == '[' || c == '(' || (c == '{' && depth == 0)) {
      ++depth;
      ++at;
    } else if (c == ']' || c == ')' || (c == '}' && depth == 1)) {
      ++at;
      if (--depth == 0) return at;
    } else if (const auto string = string_at(text, at)) {
      const auto mark = mark_behind(text, string->inside.end);
      if (mark && mark->sign == ':') return at;  // the name of a member
      parts.hide(string->inside);
      at = string->end;
    } else if (c == '{' || c == '}') {
      return at;
    } else if (c == ',' || blanks_and_breaks.find(c) != blanks_and_breaks.npos) {
      ++at;
    } else {
      const std::size_t end = std::min(text.find_first_of("])}\r\n\"'", at), text.size());
      if (end == at) return at;
      parts.hide({at, end});
      at = end;
    }
  }
  return at;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::masking
