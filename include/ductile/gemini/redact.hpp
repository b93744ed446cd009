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

/// `text` with `by` in the place of each `part`, in any case: answers are compared in lower case, and what they say may be quoted so.
[[nodiscard]] inline std::string with_replaced(std::string_view text, std::string_view part, std::string_view by) {
  const std::string wanted = ductile::detail::lowered(part);
  std::string result;
  std::size_t written = 0;
  for (std::size_t at = ductile::detail::find_word(text, wanted); at != text.npos; at = ductile::detail::find_word(text, wanted, written)) {
    result.append(text.substr(written, at - written)).append(by);
    written = at + part.size();
  }
  return result.append(text.substr(written));
}

// What a key looks like from its beginning on: the service quotes keys in its messages, other people's too.
struct SecretPrefix {
  std::string_view text;  // in lower case
  std::size_t least;      // characters after it that make it a secret and not a word
  bool is_label = false;  // it stays
};
inline constexpr std::array<SecretPrefix, 6> secret_prefixes{
    {{"aiza", 16}, {"aq.", 16}, {"ya29.", 8}, {"sk-", 16}, {"bearer ", 8, true}, {"key=", 8, true}}};

[[nodiscard]] constexpr bool is_key_character(char c) noexcept {
  return ductile::detail::is_letter(c) || ductile::detail::is_digit(c) || c == '_' || c == '-' || c == '.';
}

struct SecretPart {
  std::size_t begin = 0;
  std::size_t end = 0;

  [[nodiscard]] constexpr bool empty() const noexcept { return begin >= end; }
};

/// What looks like a secret and begins at `at`, itself or its label; empty where nothing does.
[[nodiscard]] constexpr SecretPart secret_at(std::string_view text, std::size_t at) noexcept {
  for (const SecretPrefix& prefix : secret_prefixes) {
    if (!ductile::detail::same_word(text.substr(at, prefix.text.size()), prefix.text)) continue;
    if (at > 0 && is_key_character(text[at - 1]) && prefix.text != "aiza") continue;
    const std::size_t begin = at + prefix.text.size();
    std::size_t end = begin;
    while (end < text.size() && is_key_character(text[end])) ++end;
    if (end - begin >= prefix.least) return {prefix.is_label ? begin : at, end};
  }
  return {};
}

/// Whether a name ends with `end`, which is in lower case: in any case, and whatever stands between its words.
[[nodiscard]] constexpr bool name_ends_with(std::string_view name, std::string_view end) noexcept {
  while (!end.empty()) {
    if (name.empty()) return false;
    const char c = name.back();
    name.remove_suffix(1);
    if (c == '_' || c == '-' || c == '.' || c == ' ') continue;
    if (ductile::detail::lower(c) != end.back()) return false;
    end.remove_suffix(1);
  }
  return true;
}

}  // namespace detail

/// Whether what is called so is a secret: the name of a header, a member, a parameter, a variable or a flag, in any spelling
/// ("GEMINI_API_KEY", "apiKey", "--api-key", "aws_secret_access_key", "gemini.api.key").
[[nodiscard]] constexpr bool names_secret(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 24> ends{"apikey",    "accesskey",   "secretkey",   "privatekey",      "privatekeyid",
                                                  "authkey",   "accountkey",  "signingkey",  "subscriptionkey", "authorization",
                                                  "cookie",    "accesstoken", "idtoken",     "refreshtoken",    "sessiontoken",
                                                  "authtoken", "apitoken",    "bearertoken", "securitytoken",   "authorizationtoken",
                                                  "secret",    "password",    "passwd",      "passphrase"};
  return std::ranges::any_of(ends, [name](std::string_view end) { return detail::name_ends_with(name, end); });
}

/// `text` without `secret` (when it has four letters or more) and without whatever looks like an API key or a token.
///
/// Cost  Two passes over the text.
[[nodiscard]] inline std::string redacted(std::string text, std::string_view secret = {}) {
  if (secret.size() >= 4) text = detail::with_replaced(text, secret, redacted_mark);
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const detail::SecretPart part = detail::secret_at(text, at);
    if (part.empty()) {
      result.push_back(text[at++]);
      continue;
    }
    result.append(text, at, part.begin - at).append(redacted_mark);
    at = part.end;
  }
  return result;
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
