// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock::detail {

inline constexpr std::string_view base64_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  const auto byte = [bytes](std::size_t at) { return at < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])) : 0U; };
  for (std::size_t in = 0, out = 0; in < bytes.size(); in += 3, out += 4) {
    const std::uint32_t three = byte(in) << 16U | byte(in + 1) << 8U | byte(in + 2);
    text[out] = base64_letters[three >> 18U & 63U];
    text[out + 1] = base64_letters[three >> 12U & 63U];
    if (in + 1 < bytes.size()) text[out + 2] = base64_letters[three >> 6U & 63U];
    if (in + 2 < bytes.size()) text[out + 3] = base64_letters[three & 63U];
  }
  return text;
}

/// Takes both alphabets, padded or not, as the service does; none when a letter is foreign or one is left over.
inline std::optional<std::string> from_base64(std::string_view text) {
  static constexpr auto values = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < base64_letters.size(); ++i) table[static_cast<unsigned char>(base64_letters[i])] = static_cast<std::int8_t>(i);
    table['-'] = 62;
    table['_'] = 63;
    return table;
  }();
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char letter : text) {
    const std::int8_t value = values[static_cast<unsigned char>(letter)];
    if (value < 0) return std::nullopt;
    held = held << 6U | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) bytes.push_back(static_cast<char>(held >> (bits -= 8) & 255U));
  }
  return bytes;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
