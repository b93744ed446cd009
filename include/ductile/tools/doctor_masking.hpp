// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>   // find_word, is_digit, is_letter, is_space
#include <ductile/gemini/redact.hpp>  // redacted, redacted_mark

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

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

/// Names, in lower case, whose value is a secret: of a header, a member, a parameter, a variable.
inline constexpr std::array<std::string_view, 19> secret_names{"x-goog-api-key",
                                                               "x-api-key",
                                                               "api-key",
                                                               "api_key",
                                                               "apikey",
                                                               "authorization",
                                                               "cookie",
                                                               "access_token",
                                                               "id_token",
                                                               "refresh_token",
                                                               "client_secret",
                                                               "private_key",
                                                               "private_key_id",
                                                               "password",
                                                               "passwd",
                                                               "secret",
                                                               "session_token",
                                                               "set-cookie",
                                                               "x-goog-iam-authorization-token"};

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

/// Steps over what stands between a name and its value: quotes, blanks, one `:` or `=`. False where there is no such mark.
[[nodiscard]] inline bool take_mark(std::string_view text, std::size_t& at) noexcept {
  while (at < text.size() && (text[at] == '\\' || text[at] == '"' || text[at] == '\'' || text[at] == ' ')) ++at;
  if (at == text.size() || (text[at] != ':' && text[at] != '=')) return false;
  ++at;
  if (at < text.size() && text[at] == '>') ++at;  // Ruby's and PHP's arrow
  while (at < text.size() && text[at] == ' ') ++at;
  return true;
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
[[nodiscard]] constexpr bool is_header(std::string_view name) noexcept { return name == "authorization" || name.ends_with("cookie"); }

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
  for (const std::string_view name : secret_names)
    for (std::size_t at = ductile::detail::find_word(text, name); at != text.npos;) {
      const bool whole = at == 0 || !(ductile::detail::is_letter(text[at - 1]) || ductile::detail::is_digit(text[at - 1]));
      std::size_t next = at + name.size();
      if (std::size_t value = next; whole) next = take_mark(text, value) ? mask_value(text, value, is_header(name)) : mask_pair(text, next);
      at = ductile::detail::find_word(text, name, next);
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

/// What follows `key=` in an address, however short, and a token in three pieces (JWT).
inline void mask_parameters(std::string& text) {
  for (const std::string_view parameter : {"?key=", "&key=", "?token=", "&token=", "&sig=", "&signature="})
    for (std::size_t at = ductile::detail::find_word(text, parameter); at != text.npos;
         at = ductile::detail::find_word(text, parameter, at + 1))
      mask_value(text, at + parameter.size(), false);
  const auto of_token = [](char c) { return gemini::detail::is_key_character(c); };
  text = with_runs_replaced(
      text, of_token, [](std::string_view run, std::size_t) { return run.starts_with("eyJ") && run.size() >= 24; },
      [](std::string_view) { return std::string{gemini::redacted_mark}; });
}

}  // namespace detail

/// A text without keys, tokens, cookies and base64; what names a person or a project stays.
///
/// Cost  Some passes over the text.
[[nodiscard]] inline std::string masked(std::string_view text, std::string_view secret = {}) {
  std::string plain = detail::with_runs_replaced(
      text, detail::is_base64_letter, [](std::string_view run, std::size_t) { return detail::is_base64(run); },
      [](std::string_view run) { return "[base64, " + std::to_string(run.size()) + " letters]"; });
  detail::mask_named(plain);
  detail::mask_cookies(plain);
  detail::mask_parameters(plain);
  return gemini::redacted(std::move(plain), secret);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
