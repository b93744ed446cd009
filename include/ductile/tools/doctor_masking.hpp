// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>        // find_word, is_digit, is_letter, is_space, lower
#include <ductile/gemini/base64.hpp>       // decode_base64
#include <ductile/gemini/redact.hpp>       // names_secret, redacted, redacted_mark
#include <ductile/tools/colour_codes.hpp>  // without_colours

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the doctor never prints, whatever was pasted: keys, tokens, cookies, and the bytes of images.
namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

// In the place of each longest run of such letters that `is_secret` says so of.
template <class OfRun, class Secret, class Replacement>
[[nodiscard]] std::string with_runs_replaced(std::string_view text, const OfRun& of_run, const Secret& is_secret,
                                             const Replacement& replacement) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && of_run(text[end])) ++end;
    const std::string_view run = text.substr(i, end - i);
    if (!run.empty() && is_secret(run, i))
      out += replacement(run);
    else
      out.append(run);
    if (end < text.size()) out += text[end];
    i = end + 1;
  }
  return out;
}

[[nodiscard]] constexpr bool is_base64_letter(char c) noexcept {
  return ductile::detail::is_letter(c) || ductile::detail::is_digit(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
}

/// Whether such a run is bytes, and no path and no name: long ones always, shorter ones by their mixture of letters and digits.
[[nodiscard]] inline bool is_base64(std::string_view run) noexcept {
  constexpr std::size_t surely = 120;
  constexpr std::size_t perhaps = 48;
  if (run.size() < perhaps || run.find("://") != run.npos) return false;
  if (run.size() >= surely) return true;
  const auto count = [run](auto fits) { return static_cast<std::size_t>(std::ranges::count_if(run, fits)); };
  const std::size_t digits = count([](char c) { return ductile::detail::is_digit(c); });
  const std::size_t slashes = count([](char c) { return c == '/'; });
  return digits >= 3 && slashes * 16 <= run.size() && count([](char c) { return c >= 'A' && c <= 'Z'; }) >= 3 &&
         count([](char c) { return c >= 'a' && c <= 'z'; }) >= 3;
}

/// The end of the value that begins at `at`: where its quote closes, else the line's end; of a parameter in an address its own end.
[[nodiscard]] inline std::size_t end_of_value(std::string_view text, std::size_t at, std::string_view quote, bool to_end_of_line) noexcept {
  if (!quote.empty()) {
    const std::size_t closes = text.find(quote, at);
    return closes == text.npos ? text.size() : closes;
  }
  const std::size_t end = text.find_first_of(to_end_of_line ? "\r\n\"'" : " \t\r\n\"'&;,)}]<", at);
  return end == text.npos ? text.size() : end;
}

/// The quote that a value at `at` begins with, escaped or not; steps behind it.
[[nodiscard]] inline std::string_view take_quote(std::string_view text, std::size_t& at) noexcept {
  const std::size_t begin = at;
  while (at < text.size() && text[at] == '\\') ++at;
  if (at < text.size() && (text[at] == '"' || text[at] == '\'')) return text.substr(begin, ++at - begin);
  at = begin;
  return {};
}

/// Where a value begins that YAML has put on the line after its name: one word alone there; npos where there is none.
[[nodiscard]] inline std::size_t value_on_next_line(std::string_view text, std::size_t at) noexcept {
  const std::size_t breaks = text.find_first_not_of(" |>-\r", at);
  if (breaks == text.npos || text[breaks] != '\n') return text.npos;
  const std::size_t begin = text.find_first_not_of(" \t", breaks + 1);
  if (begin == text.npos) return text.npos;
  const std::string_view line = ductile::detail::trimmed(text.substr(begin, text.find('\n', begin) - begin));
  if (line.starts_with(gemini::redacted_mark)) return begin;
  return line.empty() || line.find_first_of(" \t:{}[]") != line.npos ? text.npos : begin;
}

/// Steps over what stands between a name and its value: quotes, blanks, one `:` or `=`. False where there is no such mark.
[[nodiscard]] inline bool take_mark(std::string_view text, std::size_t& at) noexcept {
  while (at < text.size() && (text[at] == '\\' || text[at] == '"' || text[at] == '\'' || text[at] == ' ')) ++at;
  if (at == text.size() || (text[at] != ':' && text[at] != '=')) return false;
  ++at;
  if (at < text.size() && text[at] == '>') ++at;  // Ruby's and PHP's arrow
  if (const std::size_t next = value_on_next_line(text, at); next != text.npos) at = next;
  while (at < text.size() && text[at] == ' ') ++at;
  return true;
}

/// Whether what stands at `at` is a word that no sentence has: eight letters or more, with a figure among them.
[[nodiscard]] inline bool is_token(std::string_view text, std::size_t at) noexcept {
  constexpr std::size_t shortest = 8;
  std::size_t end = at;
  while (end < text.size() && is_base64_letter(text[end])) ++end;
  const std::string_view word = text.substr(at, end - at);
  return word.size() >= shortest && std::ranges::any_of(word, [](char c) { return ductile::detail::is_digit(c); });
}

/// Steps over the blank between a name and a value that is beyond doubt one: `X-Api-Key VALUE`. False where there is none.
[[nodiscard]] inline bool take_blank(std::string_view text, std::size_t& at) noexcept {
  if (at == text.size() || text[at] != ' ') return false;
  at = std::min(text.find_first_not_of(' ', at), text.size());
  return is_token(text, at);
}

/// Steps behind the name of an element: `<apiKey>VALUE</apiKey>`. False where it is none.
[[nodiscard]] inline bool take_element(std::string_view text, std::size_t begin, std::size_t& at) noexcept {
  if (begin == 0 || text[begin - 1] != '<' || at == text.size() || text[at] != '>') return false;
  ++at;
  return true;
}

/// Steps over the blank between a command's flag and its value: `--api-key VALUE`. False where `name` is no flag.
[[nodiscard]] inline bool take_flag(std::string_view text, std::string_view name, std::size_t& at) noexcept {
  if (!name.starts_with("--") || at == text.size() || text[at] != ' ') return false;
  at = std::min(text.find_first_not_of(' ', at), text.size());
  return at < text.size() && text[at] != '-';
}

/// Puts the mark in the place of the value, or of the list, that begins at `at`; gives back where it ends now.
inline std::size_t mask_value(std::string& text, std::size_t at, bool to_end_of_line) {
  constexpr std::string_view redacted = gemini::redacted_mark;
  const bool list = at < text.size() && text[at] == '[' && text.compare(at, redacted.size(), redacted) != 0;
  const std::string quote{list ? std::string_view{"]"} : take_quote(text, at)};
  if (list) at = std::min(text.find_first_not_of(' ', at + 1), text.size());
  if (text.compare(at, redacted.size(), redacted) == 0) return at + redacted.size();
  const std::size_t end = end_of_value(text, at, quote, to_end_of_line);
  const std::string_view value = std::string_view{text}.substr(at, end - at);
  if (value.empty() || value.starts_with('{') || value == "null") return end;
  text.replace(at, end - at, redacted);
  return at + redacted.size();
}

/// A header's value goes to the end of its line, and has blanks in it.
[[nodiscard]] inline bool is_header(std::string_view name) {
  const std::string plain = ductile::detail::lowered(name);
  return plain.ends_with("authorization") || plain.ends_with("cookie");
}

/// Whether a name is a secret's where a value is given to it outright (`token="..."`), and a word of every day elsewhere.
[[nodiscard]] inline bool names_secret_given(std::string_view name) {
  constexpr std::array<std::string_view, 4> names{"token", "session", "sessionid", "sid"};
  const std::string plain = ductile::detail::lowered(name.substr(std::min(name.find_first_not_of('-'), name.size())));
  return std::ranges::find(names, plain) != names.end();
}

/// Behind a name of a list of names and values, `('x-goog-api-key', 'VALUE')`: masks the value. Gives back where to go on.
inline std::size_t mask_next(std::string& text, std::size_t behind_name) {
  std::size_t at = behind_name;
  if (take_quote(text, at).empty()) return behind_name;
  const std::size_t comma = text.find_first_not_of(' ', at);
  if (comma == text.npos || text[comma] != ',') return behind_name;
  const std::size_t value = text.find_first_not_of(" \r\n\t", comma + 1);
  if (value == text.npos || text.compare(value, 4, "\"val") == 0) return behind_name;
  std::size_t quoted = value;
  return take_quote(text, quoted).empty() ? behind_name : mask_value(text, value, false);
}

/// Behind the name of `{"name": "cookie", "value": "..."}`: masks the value. Gives back where to go on.
inline std::size_t mask_pair(std::string& text, std::size_t behind_name) {
  constexpr std::string_view label{"value"};
  std::size_t at = behind_name;
  bool comma = false;
  for (; at < text.size() && ductile::detail::contains("\\\"', \r\n\t", std::string_view{text}.substr(at, 1)); ++at)
    comma = comma || text[at] == ',';
  if (!comma || text.compare(at, label.size(), label) != 0) return behind_name;
  at += label.size();
  return take_mark(text, at) ? mask_value(text, at, false) : behind_name;
}

/// Without the values of secrets that are called so: `x-goog-api-key: ...`, `"Cookie": "..."`, `&access_token=...`, and in an archive of
/// exchanges `{"name": "cookie", "value": "..."}`.
inline void mask_named(std::string& text) {
  const auto is_of_name = [](char c) { return ductile::detail::is_letter(c) || ductile::detail::is_digit(c) || c == '_' || c == '-'; };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_of_name(text[end])) ++end;
    const std::string name = text.substr(at, end - at);
    const std::size_t begin = std::exchange(at, end + (name.empty() ? 1 : 0));
    if (name.empty()) continue;
    std::size_t value = end;
    if (!gemini::names_secret(name)) {
      if (!names_secret_given(name)) continue;
      const bool given = value < text.size() && text[value] == '=' && take_mark(text, value);
      if (given || take_flag(text, name, value)) at = mask_value(text, value, false);
      continue;
    }
    bool given = take_mark(text, value);
    if (!given) {
      value = end;
      given = take_flag(text, name, value) || take_element(text, begin, value);
    }
    if (!given) {
      value = end;
      given = take_blank(text, value);
    }
    if (given) {
      at = mask_value(text, value, is_header(name));
    } else if (at = mask_pair(text, end); at == end) {
      at = mask_next(text, end);
    }
  }
  for (const std::string_view name : {"\"key\"", "\"token\""})  // of a query, where they are too short a name to be masked elsewhere
    for (std::size_t at = text.find(name); at != text.npos; at = text.find(name, mask_pair(text, at + name.size()))) {
    }
}

/// Without the values of an archive's lists of cookies, whatever they are called.
inline void mask_cookies(std::string& text) {
  constexpr std::string_view list{"\"cookies\""};
  constexpr std::string_view label{"\"value\""};
  for (std::size_t at = text.find(list); at != text.npos; at = text.find(list, at + 1)) {
    const std::size_t opens = text.find_first_not_of(" :\r\n\t", at + list.size());
    if (opens == text.npos || text[opens] != '[') continue;
    std::size_t value = text.find(label, opens);
    for (std::size_t behind = opens; value < text.find(']', behind); value = text.find(label, behind)) {
      behind = value + label.size();
      if (!take_mark(text, behind)) break;
      behind = mask_value(text, behind, false);
    }
  }
}

/// Without the inside of a private key or a certificate (PEM), its short last line too; of one that is cut what is left of it.
inline void mask_pem(std::string& text) {
  constexpr std::string_view begins{"-----BEGIN "};
  constexpr std::string_view dashes{"-----"};
  const auto is_between = [](char c) { return ductile::detail::is_space(c) || c == '\\'; };
  for (std::size_t at = text.find(begins); at != text.npos; at = text.find(begins, at + 1)) {
    const std::size_t label = text.find(dashes, at + begins.size());
    if (label == text.npos) return;
    const std::size_t inside = label + dashes.size();
    const std::size_t next = text.find(begins, inside);
    std::size_t end = text.find("-----END ", inside);
    if (end == text.npos || end > next) {
      std::size_t word = inside;
      for (end = inside; word < text.size(); end = word) {
        while (word < text.size() && is_between(text[word])) ++word;
        const std::size_t first = word;
        while (word < text.size() && is_base64_letter(text[word])) ++word;
        const std::string_view behind = std::string_view{text}.substr(word);
        if (word == first || !(behind.empty() || is_between(behind.front()) || behind.starts_with("..."))) break;
      }
    }
    if (end > inside) text.replace(inside, end - inside, gemini::redacted_mark);
  }
}

/// Without the last line of a private key or a certificate (PEM) whose first line is not there; those before it are long enough to be
/// known.
inline void mask_pem_end(std::string& text) {
  constexpr std::string_view ends{"-----END "};
  for (std::size_t at = text.find(ends); at != text.npos; at = text.find(ends, at + 1)) {
    const std::size_t label = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ", at + ends.size());
    if (label == text.npos || text[label] != '-') continue;
    std::size_t end = at;
    while (end > 0 && (ductile::detail::is_space(text[end - 1]) || (end > 1 && text.compare(end - 2, 2, "\\n") == 0)))
      end -= text[end - 1] == 'n' ? 2 : 1;
    std::size_t begin = end;
    while (begin > 0 && is_base64_letter(text[begin - 1])) --begin;
    if (begin > 0 && begin < end && text[begin - 1] == '\\') ++begin;  // the letter of an escaped line break
    if (begin == end) continue;
    text.replace(begin, end - begin, gemini::redacted_mark);
    at = begin + gemini::redacted_mark.size();
  }
}

/// Without what is left of one that has neither its first line nor its last: lines of 64 letters, or of 76, and the piece of a
/// line on each side.
inline void mask_pem_middle(std::string& text) {
  constexpr std::size_t width = 64;
  constexpr std::size_t width_of_mail = 76;
  struct Line {
    std::size_t begin;
    std::size_t size;
    bool is_word;
    bool is_full;
  };
  std::vector<Line> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = ductile::detail::trimmed(std::string_view{text}.substr(at, end - at));
    const bool is_word = !line.empty() && std::ranges::all_of(line, is_base64_letter);
    const bool is_full = is_word && (line.size() == width || line.size() == width_of_mail) && is_base64(line);
    lines.push_back({static_cast<std::size_t>(line.data() - text.data()), line.size(), is_word, is_full});
    at = end + 1;
  }
  for (std::size_t i = lines.size(); i-- > 0;) {
    const bool follows = i > 0 && lines[i - 1].is_full;
    const bool precedes = i == 0 && lines.size() > 1 && lines[1].is_full;
    if (lines[i].is_word && (lines[i].is_full || follows || precedes)) text.replace(lines[i].begin, lines[i].size, gemini::redacted_mark);
  }
}

/// Without the login that curl is given: `curl -u NAME:PASSWORD`, `--user`, `--proxy-user`.
inline void mask_logins_of_curl(std::string& text) {
  const std::size_t command = text.find("curl");
  if (command == text.npos) return;
  for (const std::string_view flag : {" -u", " -U", " --user", " --proxy-user"})
    for (std::size_t at = text.find(flag, command); at != text.npos; at = text.find(flag, at + 1)) {
      std::size_t value = at + flag.size();
      if (flag.size() > 3 && (value == text.size() || (text[value] != ' ' && text[value] != '='))) continue;
      while (value < text.size() && (text[value] == ' ' || text[value] == '=')) ++value;
      const std::string quote{take_quote(text, value)};
      const std::size_t end = end_of_value(text, value, quote, false);
      if (std::string_view{text}.substr(value, end - value).find(':') != text.npos) text.replace(value, end - value, gemini::redacted_mark);
    }
}

/// Without the login of `Basic bmFtZTpwYXNzd29yZA==`, whatever it is called: what stands there is a name, a colon and a password in base64.
inline void mask_basic(std::string& text) {
  constexpr std::string_view scheme{"basic "};
  for (std::size_t at = ductile::detail::find_word(text, scheme); at != text.npos; at = ductile::detail::find_word(text, scheme, at + 1)) {
    const std::size_t begin = at + scheme.size();
    std::size_t end = begin;
    while (end < text.size() && is_base64_letter(text[end])) ++end;
    const auto login = gemini::decode_base64(std::string_view{text}.substr(begin, end - begin));
    if (login && login->find(':') != login->npos) text.replace(begin, end - begin, gemini::redacted_mark);
  }
}

/// Without who logs in, and with what, in addresses: `http://NAME:PASSWORD@proxy:3128`.
inline void mask_logins(std::string& text) {
  constexpr std::string_view scheme{"://"};
  for (std::size_t at = text.find(scheme); at != text.npos; at = text.find(scheme, at + 1)) {
    const std::size_t begin = at + scheme.size();
    const std::size_t end = std::min(text.find_first_of("/?# \t\r\n\"'<>\\", begin), text.size());
    const std::size_t sign = std::string_view{text}.substr(begin, end - begin).rfind('@');
    if (sign != text.npos && sign > 0) text.replace(begin, sign, gemini::redacted_mark);
  }
  constexpr std::string_view proxy{"proxy="};  // an address without its scheme
  for (std::size_t at = ductile::detail::find_word(text, proxy); at != text.npos; at = ductile::detail::find_word(text, proxy, at + 1)) {
    const std::size_t begin = at + proxy.size();
    const std::size_t end = std::min(text.find_first_of("/ \t\r\n\"'", begin), text.size());
    const std::size_t sign = std::string_view{text}.substr(begin, end - begin).rfind('@');
    if (sign != text.npos && sign > 0) text.replace(begin, sign, gemini::redacted_mark);
  }
}

/// What tokens of other services begin with: a paste holds those of its surroundings, too.
inline constexpr std::array<std::string_view, 11> foreign_tokens{"ghp_",  "gho_",  "ghs_", "ghu_", "github_pat_", "glpat-",
                                                                 "xoxb-", "xoxp-", "AKIA", "hf_",  "npm_"};

[[nodiscard]] inline bool is_foreign_token(std::string_view run) noexcept {
  constexpr std::size_t least = 16;
  return std::ranges::any_of(foreign_tokens,
                             [run](std::string_view begins) { return run.starts_with(begins) && run.size() >= begins.size() + least; });
}

/// What follows `key=` in an address, however short, and a token in three pieces (JWT).
inline void mask_parameters(std::string& text) {
  for (const std::string_view parameter :
       {"?key=", "&key=", "?token=", "&token=", "&sig=", "&signature=", "?x-goog-signature=", "&x-goog-signature="})
    for (std::size_t at = ductile::detail::find_word(text, parameter); at != text.npos;
         at = ductile::detail::find_word(text, parameter, at + 1))
      mask_value(text, at + parameter.size(), false);
  const auto of_token = [](char c) { return gemini::detail::is_key_character(c); };
  text = with_runs_replaced(
      text, of_token,
      [](std::string_view run, std::size_t) { return is_foreign_token(run) || (run.starts_with("eyJ") && run.size() >= 24); },
      [](std::string_view) { return std::string{gemini::redacted_mark}; });
}

}  // namespace detail

/// A text without keys, tokens, cookies and base64; what names a person or a project stays.
///
/// Cost  Some passes over the text.
[[nodiscard]] inline std::string masked(std::string_view text, std::string_view secret = {}) {
  std::string plain = without_colours(text);
  detail::mask_pem(plain);
  detail::mask_pem_end(plain);
  detail::mask_pem_middle(plain);
  detail::mask_logins(plain);
  detail::mask_logins_of_curl(plain);
  detail::mask_basic(plain);
  plain = detail::with_runs_replaced(
      plain, detail::is_base64_letter, [](std::string_view run, std::size_t) { return detail::is_base64(run); },
      [](std::string_view run) { return "[base64, " + std::to_string(run.size()) + " letters]"; });
  detail::mask_named(plain);
  detail::mask_cookies(plain);
  detail::mask_parameters(plain);
  return gemini::redacted(std::move(plain), secret);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
