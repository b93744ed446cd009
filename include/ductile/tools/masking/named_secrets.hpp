// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>  // same_word
#include <ductile/tools/masking/cookies.hpp>
#include <ductile/tools/masking/hidden_parts.hpp>
#include <ductile/tools/masking/secret_names.hpp>
#include <ductile/tools/masking/values.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools::masking {

/// Finds the values of secrets that are called so, name by name, front to back: `x-goog-api-key: ...`, `"Cookie": "..."`,
/// `&access_token=...`, `--api-key ...`, `<apiKey>...</apiKey>`, `('x-goog-api-key', '...')`, `{"name": "cookie", "value": "..."}`.
class NamedSecrets {
 public:
  explicit NamedSecrets(HiddenParts& parts) noexcept : parts_(parts), text_(parts.text()) {}

  void hide() {
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t end = end_of_name(text_, at);
      at = end > at ? read_name({at, end}) : read_sign(at);
    }
  }

 private:
  // Where a name stands that is a value itself, the value that belongs to it is its neighbour's: of the members of one object the last
  // `value` so far, and whether a name was a secret's.
  struct Pair {
    std::optional<std::size_t> value;
    std::size_t value_end = 0;  // of a string, which may hold braces
    std::string_view name;
    Secrecy secrecy = Secrecy::none;
  };

  std::size_t read_sign(std::size_t at) noexcept {
    const std::string_view rest = text_.substr(at);
    const bool ends_pair = rest[0] == '{' || rest[0] == '}' || rest.starts_with("/>") || rest.starts_with("\n\n");
    if (ends_pair && at >= pair_.value_end) pair_ = {};
    return at + 1;
  }

  // Gives back where to go on, as all below: behind what was hidden, else behind the name.
  std::size_t read_name(Part part) {
    const std::string_view name = part.of(text_);
    const std::string_view before = std::exchange(before_, name);
    if (name == "-" && part.begin >= pair_.value_end) pair_ = {};  // the next of a list in YAML
    const Secrecy secrecy = name == "token" && ductile::detail::same_word(before, "unexpected") ? Secrecy::none : secrecy_of(name);
    if (secrecy != Secrecy::none)
      if (const auto end = hide_value_of(part, secrecy, before)) return *end;
    if (names_cookies(name))
      if (const auto end = hide_cookies_of(part)) return *end;
    if (gemini::detail::name_ends_with(name, "value")) return read_value_of_pair(part);
    if (gemini::detail::name_ends_with(name, "name") || gemini::detail::name_ends_with(name, "key"))
      if (const auto mark = mark_behind(text_, part.end)) label_end_ = behind(blanks, text_, mark->end);
    return part.end;
  }

  std::optional<std::size_t> hide_value_of(Part name, Secrecy secrecy, std::string_view before) {
    if (const auto mark = mark_behind(text_, name.end)) return hide_marked(name, secrecy, *mark);
    if (const auto end = hide_behind_blank(name, secrecy, before)) return end;
    if (const auto end = hide_in_brackets(name, secrecy)) return end;
    return hide_neighbour(name, secrecy);
  }

  bool hide_scalar(std::string_view name, Secrecy secrecy, Given given, const Scalar& value) {
    const bool secret = is_secret(secrecy, name, given, value.part.of(text_));
    if (secret) parts_.hide(value.part);
    return secret;
  }

  /// `name: value`
  std::optional<std::size_t> hide_marked(Part part, Secrecy secrecy, const Mark& mark) {
    const std::string_view name = part.of(text_);
    const auto begin = value_behind(text_, mark);
    if (!begin) return std::nullopt;
    const bool is_marked = text_.substr(*begin).starts_with(gemini::redacted_mark);
    if (names_cookies(name) && holds_objects(*begin)) return std::nullopt;
    constexpr std::string_view list_of_go{"[]string"};
    const std::size_t list = *begin + (text_.substr(*begin).starts_with(list_of_go) ? list_of_go.size() : 0);
    const bool is_list = text_[*begin] == '[' && list < text_.size() && (text_[list] == '[' || text_[list] == '{');
    if (is_list && !is_marked && secrecy == Secrecy::certain) return hide_list(parts_, list);
    const bool is_line = gemini::detail::name_ends_with(name, "authorization") || gemini::detail::name_ends_with(name, "cookie") ||
                         gemini::detail::name_ends_with(name, "passphrase");
    const Reach reach = is_line ? Reach::line : Reach::word;
    const auto around = mark.name_is_quoted ? std::nullopt : quote_before(text_, part.begin);
    const bool is_parameter = part.begin > 0 && (text_[part.begin - 1] == '?' || text_[part.begin - 1] == '&') && mark.sign == '=';
    if (is_parameter && secrecy == Secrecy::if_long) secrecy = Secrecy::if_given;
    if (secrecy != Secrecy::certain) {  // its first letters decide, so that what is none costs no more
      const auto first = scalar_at(text_.substr(0, *begin + telling), *begin, reach, around);
      if (!first) return std::nullopt;
      const Given given = given_by(mark, name, *begin, first->is_quoted);
      if (!is_secret(secrecy, name, given, first->part.of(text_))) return std::nullopt;
    }
    const auto value = scalar_at(text_, *begin, reach, around);
    if (!value || value->part.empty()) return std::nullopt;
    parts_.hide(value->part);
    return value->part.end;
  }

  // In code anything is given by ` = `.
  [[nodiscard]] static Given given_by(const Mark& mark, std::string_view name, std::size_t value, bool is_string) noexcept {
    const bool is_variable = std::ranges::none_of(name, [](char c) { return c >= 'a' && c <= 'z'; });
    if (mark.sign == '=') return is_string || is_variable || value == mark.end ? Given::outright : Given::said;
    return is_string && mark.name_is_quoted ? Given::quoted : Given::said;
  }

  [[nodiscard]] bool holds_objects(std::size_t at) const noexcept {
    if (text_[at] == '{') return true;
    const std::size_t inside = behind(blanks_and_breaks, text_, at + 1);
    return text_[at] == '[' && inside < text_.size() && text_[inside] == '{';
  }

  /// `--api-key VALUE`, `setx GEMINI_API_KEY VALUE`, and where the value is beyond doubt one `X-Api-Key VALUE`.
  std::optional<std::size_t> hide_behind_blank(Part part, Secrecy secrecy, std::string_view before) {
    constexpr std::array<std::string_view, 6> commands{"setx", "setenv", "ENV", "-x", "-gx", "-Ux"};
    const std::size_t begin = behind(blanks, text_, part.end);
    if (begin == part.end || begin == text_.size()) return std::nullopt;
    const std::string_view name = part.of(text_);
    if (secrecy == Secrecy::certain && part.begin > 0 && text_[part.begin - 1] == '<') return hide_in_angles(begin);
    const auto first = scalar_at(text_.substr(0, begin + telling), begin, Reach::word);
    if (!first) return std::nullopt;
    const bool is_flag = name.starts_with('-') && text_[begin] != '-';
    const bool is_set = std::ranges::find(commands, before) != commands.end();
    const bool is_given = is_flag || is_set || (secrecy == Secrecy::certain && is_token(first->part.of(text_)));
    if (!is_given || !is_secret(secrecy, name, Given::outright, first->part.of(text_))) return std::nullopt;
    const auto value = scalar_at(text_, begin, Reach::word);
    if (!value) return std::nullopt;
    parts_.hide(value->part);
    return value->part.end;
  }

  /// `<Cookie SID=... for .example.com/>`, as Python's requests prints it.
  std::optional<std::size_t> hide_in_angles(std::size_t begin) {
    const std::size_t end = std::min(text_.find_first_of(">\r\n", begin), text_.size());
    if (text_.substr(begin, end_of_name(text_, begin) - begin).empty() || !mark_behind(text_, end_of_name(text_, begin)))
      return std::nullopt;
    parts_.hide({begin, end});
    return end;
  }

  /// `<apiKey>VALUE</apiKey>`, `<string name="api_key">VALUE</string>`, `<td>password</td><td>VALUE</td>`, `password("VALUE")`
  std::optional<std::size_t> hide_in_brackets(Part part, Secrecy secrecy) {
    const std::size_t end = part.end + closing_size(text_, part.end);
    if (end == text_.size() || secrecy != Secrecy::certain) return std::nullopt;
    if (const auto begin = neighbouring_element(part.end)) return hide_element(*begin);
    const bool is_element = text_[end] == '>' && part.begin > 0 && (text_[part.begin - 1] == '<' || end > part.end);
    if (is_element) return hide_element(end + 1);
    const bool is_call = end == part.end && text_[end] == '(' && (names_cookies(part.of(text_)) || string_at(text_, end + 1));
    return is_call ? std::optional{hide_list(parts_, end)} : std::nullopt;
  }

  std::size_t hide_element(std::size_t begin) {
    constexpr std::string_view verbatim{"<![CDATA["};
    if (text_.substr(begin).starts_with(verbatim)) begin += verbatim.size();
    const Part value{begin, std::min(text_.find_first_of("<\r\n", begin), text_.size())};
    parts_.hide(value);
    return value.end;
  }

  // Where the text begins of the element behind the one that holds a name: of a table, a list of terms or of properties.
  [[nodiscard]] std::optional<std::size_t> neighbouring_element(std::size_t at) const noexcept {
    constexpr std::array<std::string_view, 5> ends{"</td>", "</th>", "</dt>", "</key>", "</name>"};
    at = behind(blanks_and_breaks, text_, at);
    for (const std::string_view end : ends) {
      if (!text_.substr(at).starts_with(end)) continue;
      const std::size_t next = behind(blanks_and_breaks, text_, at + end.size());
      const std::size_t opened = text_.find_first_of("<>\r\n", next + 1);
      const bool is_element = text_.substr(next).starts_with('<') && opened != text_.npos && text_[opened] == '>';
      return is_element ? std::optional{behind(blanks_and_breaks, text_, opened + 1)} : std::nullopt;
    }
    return std::nullopt;
  }

  /// The name is a value itself: `('x-goog-api-key', 'VALUE')`, `{"name": "x-goog-api-key", "value": "VALUE"}`, in either order.
  std::optional<std::size_t> hide_neighbour(Part part, Secrecy secrecy) {
    const std::size_t closed = part.end + closing_size(text_, part.end);
    const bool is_quoted = closed > part.end && (secrecy == Secrecy::certain || quote_before(text_, part.begin));
    const bool is_labelled =
        label_end_ == part.begin && (closed == text_.size() || std::string_view{"\r\n,}"}.find(text_[closed]) != std::string_view::npos);
    if (!is_quoted && !is_labelled) return std::nullopt;
    const std::string_view name = part.of(text_);
    const std::size_t comma = behind(blanks_and_breaks, text_, closed);
    if (is_quoted && comma < text_.size() && text_[comma] == ',') {
      const auto next = string_at(text_, behind(blanks_and_breaks, text_, comma + 1));
      if (next && !mark_behind(text_, next->inside.end))
        return hide_scalar(name, secrecy, Given::said, {next->inside, true}) ? std::optional{next->end} : std::nullopt;
    }
    if (ductile::detail::same_word(name, "key")) secrecy = Secrecy::if_given;  // of a query
    const auto value = pair_.value ? scalar_at(text_, *pair_.value, Reach::word) : std::nullopt;
    if (value) hide_scalar(name, secrecy, Given::quoted, *value);
    pair_ = {.value = {}, .name = name, .secrecy = value ? Secrecy::none : secrecy};
    return closed;
  }

  /// `"value": "..."` of a pair.
  std::size_t read_value_of_pair(Part part) {
    const bool is_element = part.begin > 0 && text_[part.begin - 1] == '<' && part.end < text_.size() && text_[part.end] == '>';
    const auto mark = is_element ? std::optional{Mark{part.end + 1}} : mark_behind(text_, part.end);
    const auto begin = mark ? value_behind(text_, *mark) : std::nullopt;
    if (!begin) return part.end;
    const Pair pair = std::exchange(pair_, {.value = begin, .value_end = *begin, .name = {}});
    if (const auto string = string_at(text_, *begin)) pair_.value_end = string->end;
    if (pair.secrecy == Secrecy::none) return part.end;
    pair_ = {};
    const bool is_line = mark->sign == ':' && !is_element && begins_line(part.begin);  // YAML
    const auto value = scalar_at(text_, *begin, is_line ? Reach::line : Reach::word);
    return value && hide_scalar(pair.name, pair.secrecy, Given::quoted, *value) ? value->part.end : part.end;
  }

  [[nodiscard]] bool begins_line(std::size_t at) const noexcept {
    while (at > 0 && blanks.find(text_[at - 1]) != blanks.npos) --at;
    return at == 0 || text_[at - 1] == '\n';
  }

  std::optional<std::size_t> hide_cookies_of(Part part) {
    const auto mark = mark_behind(text_, part.end);
    const auto begin = mark ? value_behind(text_, *mark) : std::nullopt;
    if (!begin) return std::nullopt;
    if (holds_objects(*begin) || string_at(text_, behind(blanks_and_breaks, text_, *begin + 1))) {
      if (*begin >= cookies_end_) cookies_end_ = hide_cookies(parts_, *begin);
      return std::nullopt;  // what else they hold is read, too
    }
    if (text_[*begin] == '[' && !text_.substr(*begin).starts_with(gemini::redacted_mark)) return hide_list(parts_, *begin);
    const auto first = scalar_at(text_.substr(0, *begin + telling), *begin, Reach::word);
    if (!first || first->part.of(text_).find('=') == std::string_view::npos) return std::nullopt;
    const auto value = scalar_at(text_, *begin, Reach::line, mark->name_is_quoted ? std::nullopt : quote_before(text_, part.begin));
    if (!value) return std::nullopt;
    parts_.hide(value->part);
    return value->part.end;
  }

  static constexpr std::size_t telling = 512;  // letters of a value that may be a secret

  HiddenParts& parts_;
  std::string_view text_;
  std::string_view before_;      // the name before this one
  std::size_t label_end_ = 0;    // where the value begins that the last `name:` has
  std::size_t cookies_end_ = 0;  // where the list of cookies ends that was read
  Pair pair_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools::masking
