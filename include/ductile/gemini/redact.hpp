// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>
#include <ductile/detail/ascii.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// What stands in the place of a secret.
inline constexpr std::string_view redacted_mark{"[redacted]"};

namespace detail {

// In any case: answers are compared in lower case, and what they say may be quoted so.
inline void replace_all(std::string& text, std::string_view part, std::string_view by) {
  const std::string wanted = ductile::detail::lowered(part);
  for (std::size_t at = ductile::detail::find_word(text, wanted); at != std::string::npos;
       at = ductile::detail::find_word(text, wanted, at + by.size()))
    text.replace(at, part.size(), by);
}

// What a key looks like from its beginning on: the service quotes keys in its messages, other people's too.
struct SecretPrefix {
  std::string_view text;  // in lower case
  std::size_t least;      // characters after it that make it a secret and not a word
};
inline constexpr std::array<SecretPrefix, 6> secret_prefixes{
    {{"aiza", 16}, {"aq.", 16}, {"ya29.", 8}, {"sk-", 16}, {"bearer ", 8}, {"key=", 8}}};

[[nodiscard]] constexpr bool is_key_character(char c) noexcept {
  return ductile::detail::is_letter(c) || ductile::detail::is_digit(c) || c == '_' || c == '-' || c == '.';
}

}  // namespace detail

/// Whether what is called so is a secret: the name of a header, a member, a parameter, a variable or a flag, in any spelling
/// ("GEMINI_API_KEY", "apiKey", "--api-key", "aws_secret_access_key").
[[nodiscard]] inline bool names_secret(std::string_view name) {
  constexpr std::array<std::string_view, 16> ends{
      "apikey",      "accesskey", "secretkey",    "privatekey",   "privatekeyid", "authorization", "authorizationtoken", "cookie",
      "accesstoken", "idtoken",   "refreshtoken", "sessiontoken", "authtoken",    "secret",        "password",           "passwd"};
  std::string plain;
  for (const char c : name)
    if (c != '_' && c != '-' && c != ' ') plain.push_back(ductile::detail::lower(c));
  return std::ranges::any_of(ends, [&plain](std::string_view end) { return plain.ends_with(end); });
}

/// `text` without `secret` (when it is not empty) and without whatever looks like an API key or a token.
[[nodiscard]] inline std::string redacted(std::string text, std::string_view secret = {}) {
  if (secret.size() >= 4) detail::replace_all(text, secret, redacted_mark);
  for (const detail::SecretPrefix& prefix : detail::secret_prefixes)
    for (std::size_t at = ductile::detail::find_word(text, prefix.text); at != std::string::npos;
         at = ductile::detail::find_word(text, prefix.text, at + 1)) {
      if (at > 0 && detail::is_key_character(text[at - 1]) && prefix.text != "aiza") continue;
      const std::size_t begin = at + prefix.text.size();
      std::size_t end = begin;
      while (end < text.size() && detail::is_key_character(text[end])) ++end;
      if (end - begin < prefix.least) continue;
      const bool label = prefix.text == "bearer " || prefix.text == "key=";
      const std::size_t from = label ? begin : at;
      text.replace(from, end - from, redacted_mark);
    }
  return text;
}

namespace detail {
/// How many bytes the well-formed UTF-8 character at the beginning of `text` has; 0 when there is none.
[[nodiscard]] constexpr std::size_t character_length(std::string_view text) noexcept {
  const auto byte = [text](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
  const auto follows = [&byte](std::size_t at) { return (byte(at) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (text.empty()) return 0;
  if (first < 0x80U) return 1;
  if (first >= 0xC2U && first < 0xE0U) return follows(1) ? 2 : 0;
  if (first >= 0xE0U && first < 0xF0U) {
    const bool overlong_or_surrogate = (first == 0xE0U && byte(1) < 0xA0U) || (first == 0xEDU && byte(1) >= 0xA0U);
    return follows(1) && follows(2) && !overlong_or_surrogate ? 3 : 0;
  }
  if (first >= 0xF0U && first < 0xF5U) {
    const bool overlong_or_beyond = (first == 0xF0U && byte(1) < 0x90U) || (first == 0xF4U && byte(1) >= 0x90U);
    return follows(1) && follows(2) && follows(3) && !overlong_or_beyond ? 4 : 0;
  }
  return 0;
}
}  // namespace detail

/// At most `limit` bytes of `text` and a mark where it was cut; control characters become blanks, what is no UTF-8 becomes '?': safe for a
/// log line and for JSON.
[[nodiscard]] inline std::string shortened(std::string_view text, std::size_t limit) {
  text = ductile::detail::trimmed(text);
  std::string result;
  while (!text.empty()) {
    const std::size_t length = detail::character_length(text);
    if (result.size() + std::max<std::size_t>(length, 1) > limit) return result.append("...");
    const auto first = static_cast<unsigned char>(text.front());
    if (length == 0) {
      result.push_back('?');
    } else if (first < 0x20U || first == 0x7FU) {
      result.push_back(' ');
    } else {
      result.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
