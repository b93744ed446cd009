// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>
#include <ductile/mock/dice.hpp>  // Dice

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What an API key is by its form.
enum class KeyForm : std::uint8_t {
  standard,       ///< `AIza` and 35 letters, digits, `_` or `-`.
  authorization,  ///< `AQ.` and such letters: bound to a service account, what new keys are.
  stand_in,       ///< A word of a test's own. The service would not know it.
  broken          ///< Begins as a key does and is none, or holds a quote, `$` or `<`, as one that was never filled in does.
};

[[nodiscard]] constexpr KeyForm form_of_key(std::string_view key) noexcept {
  constexpr std::size_t standard_length = 39;
  const auto is_word = [](std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
      return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == '_' ||
             letter == '-';
    });
  };
  if (key.starts_with("AIza")) return key.size() == standard_length && is_word(key) ? KeyForm::standard : KeyForm::broken;
  if (key.starts_with("AQ.")) return is_word(key.substr(3)) ? KeyForm::authorization : KeyForm::broken;
  return key.find_first_of("\"'$<") == key.npos ? KeyForm::stand_in : KeyForm::broken;
}

/// A number for a key, which does not say what it is.
[[nodiscard]] constexpr std::uint64_t hash_of_key(std::string_view key) noexcept { return Dice{Dice::hash(key)}.bits(); }

/// Sixteen digits.
[[nodiscard]] inline std::string hex_digits(std::uint64_t number) {
  std::string digits(16, '0');
  for (std::size_t i = digits.size(); i-- > 0; number >>= 4U) digits[i] = "0123456789abcdef"[number & 15U];
  return digits;
}

/// What the key of that number is called where it must not be shown: `#` and 16 digits.
[[nodiscard]] inline std::string name_of_key(std::uint64_t hash) { return "#" + hex_digits(hash); }

/// The same of a key. A name is its own.
[[nodiscard]] inline std::string name_of_key(std::string_view key) {
  const bool is_name = key.size() == 17 && key.starts_with('#') && key.find_first_not_of("0123456789abcdef", 1) == key.npos;
  return is_name ? std::string{key} : name_of_key(hash_of_key(key));
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
