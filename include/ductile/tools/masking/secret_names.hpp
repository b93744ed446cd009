// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>
#include <ductile/gemini/redact.hpp>  // names_secret, detail::name_ends_with

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

// Which names are those of secrets, and which may be: then the value decides.
namespace ductile::inline DUCTILE_VERSION::tools::masking {

enum class Secrecy {
  none,
  certain,   ///< Whatever it is, its value is a secret.
  if_given,  ///< A word of every day, and a secret where a value is given to it outright (`token=...`) or looks like one.
  if_long    ///< Some key: a secret where the value is one that no person made up.
};

/// A word that no sentence has: eight letters or more, with a figure among them.
[[nodiscard]] inline bool is_token(std::string_view word) noexcept {
  constexpr std::size_t shortest = 8;
  const auto of_token = [](char c) { return gemini::detail::is_key_character(c) || c == '+' || c == '/' || c == '='; };
  return word.size() >= shortest && std::ranges::all_of(word, of_token) && std::ranges::any_of(word, ductile::detail::is_digit);
}

/// Whether a value has sixteen letters and figures in a row, as hexadecimal and base64 do, and no name of a model.
[[nodiscard]] inline bool is_long_token(std::string_view value) noexcept {
  constexpr std::size_t shortest = 16;
  std::size_t letters = 0;
  bool has_digit = false;
  for (const char c : value) {
    const bool digit = ductile::detail::is_digit(c);
    letters = digit || ductile::detail::is_letter(c) ? letters + 1 : 0;
    has_digit = letters > 0 && (digit || has_digit);
    if (letters >= shortest && has_digit) return true;
  }
  return false;
}

/// Whether the last word of a name is `word`, which is in lower case: "DB_PASS" and "dbPass" end with "pass", "compass" does not.
[[nodiscard]] inline bool has_last_word(std::string_view name, std::string_view word) noexcept {
  if (!ductile::detail::same_word(name.substr(name.size() - std::min(name.size(), word.size())), word)) return false;
  const std::size_t begin = name.size() - word.size();
  if (begin == 0 || !ductile::detail::is_letter(name[begin - 1])) return true;
  const auto is_small = [name](std::size_t at) { return name[at] == ductile::detail::lower(name[at]); };
  return !is_small(begin) && is_small(begin - 1) && is_small(name.size() - 1);
}

/// What a name says of its value.
[[nodiscard]] inline Secrecy secrecy_of(std::string_view name) noexcept {
  using gemini::detail::name_ends_with;
  constexpr std::array<std::string_view, 9> of_texts{"pagetoken", "continuationtoken", "eostoken", "bostoken", "padtoken",
                                                     "unktoken",  "stoptoken",         "maxtoken", "pertoken"};
  constexpr std::array<std::string_view, 6> words{"session", "sid", "sig", "signature", "pass", "pwd"};
  const auto is_end = [name](std::string_view end) { return name_ends_with(name, end); };
  const auto is_word = [name](std::string_view word) { return has_last_word(name, word); };
  const bool is_plural = name.ends_with('s') || name.ends_with('S');
  const bool is_secrets = is_plural && !is_end("cookies") && !is_end("tokens") && gemini::names_secret(name.substr(0, name.size() - 1));
  if (gemini::names_secret(name) || is_secrets || is_end("secretkeybase")) return Secrecy::certain;
  if (name.starts_with("__Secure-") || name.starts_with("__Host-")) return Secrecy::if_given;  // cookies
  if (is_end("token")) return std::ranges::any_of(of_texts, is_end) ? Secrecy::none : Secrecy::if_given;
  if (is_end("thoughtsignature")) return Secrecy::none;
  if (is_end("sessionid") || std::ranges::any_of(words, is_word)) return Secrecy::if_given;
  if (is_end("key")) return is_end("idempotencykey") ? Secrecy::none : Secrecy::if_long;
  return Secrecy::none;
}

/// How a value is given to a name.
enum class Given {
  outright,  ///< `name=...`, or behind a flag.
  quoted,    ///< Both in quotes: `"name": "..."`, `('name', '...')`.
  said       ///< `name: ...`, which sentences have, too.
};

/// Whether a value that is given so to such a name is a secret.
[[nodiscard]] inline bool is_secret(Secrecy secrecy, std::string_view name, Given given, std::string_view value) noexcept {
  if (value.empty() || secrecy == Secrecy::none) return false;
  if (secrecy == Secrecy::certain) return true;
  if (secrecy == Secrecy::if_long) return is_long_token(value);
  const bool is_path = value.front() == '/' || value.front() == '~' || value.front() == '.' || value.substr(1).starts_with(":\\");
  if (has_last_word(name, "pwd") && is_path) return false;                                           // a shell's working directory
  if (ductile::detail::same_word(name, "pass") && ductile::detail::all_digits(value)) return false;  // a count of tests
  return given != Given::said || is_token(value);
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::masking
