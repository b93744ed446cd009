// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <boost/locale/utf.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

// How many bytes a unit of a text has, and whether its first byte is the highest.
struct Encoding {
  std::size_t width = 1;
  bool big_endian = false;
  std::size_t mark = 0;  // bytes of the byte order mark
};

[[nodiscard]] inline Encoding encoding_of(std::string_view text) {
  using namespace std::string_view_literals;
  for (const auto& [mark, encoding] : {std::pair{"\xEF\xBB\xBF"sv, Encoding{1, false, 3}},
                                       {"\xFF\xFE\0\0"sv, Encoding{4, false, 4}},
                                       {"\0\0\xFE\xFF"sv, Encoding{4, true, 4}},
                                       {"\xFF\xFE"sv, Encoding{2, false, 2}},
                                       {"\xFE\xFF"sv, Encoding{2, true, 2}}})
    if (text.starts_with(mark)) return encoding;
  // Without a mark: what people paste is mostly ASCII, of which each unit has one byte, at its end or at its beginning, that is not zero.
  const std::size_t looked_at = std::min<std::size_t>(text.size(), 1024) / 4 * 4;
  std::array<std::size_t, 4> written{};
  for (std::size_t i = 0; i < looked_at; ++i)
    if (text[i] != '\0') ++written[i % 4];
  const std::size_t units = looked_at / 4;
  const auto mostly = [units](std::size_t count) { return units >= 2 && count * 10 >= units * 9; };
  const auto hardly = [units](std::size_t count) { return count * 10 <= units; };
  if (mostly(written[0]) && hardly(written[1]) && hardly(written[3]))
    return mostly(written[2]) ? Encoding{2, false} : hardly(written[2]) ? Encoding{4, false} : Encoding{};
  if (mostly(written[3]) && hardly(written[0]) && hardly(written[2]))
    return mostly(written[1]) ? Encoding{2, true} : hardly(written[1]) ? Encoding{4, true} : Encoding{};
  return {};
}

template <class Unit>
[[nodiscard]] std::string utf8_of(std::string_view bytes, bool big_endian) {
  namespace utf = boost::locale::utf;
  std::vector<Unit> units(bytes.size() / sizeof(Unit));
  for (std::size_t i = 0; i < units.size(); ++i) {
    char32_t unit = 0;
    for (std::size_t byte = 0; byte < sizeof(Unit); ++byte) {
      const std::size_t at = big_endian ? byte : sizeof(Unit) - 1 - byte;
      unit = unit << 8U | static_cast<unsigned char>(bytes[i * sizeof(Unit) + at]);
    }
    units[i] = static_cast<Unit>(unit);
  }
  constexpr utf::code_point replacement = 0xFFFD;
  std::string text;
  for (auto at = units.cbegin(); at != units.cend();) {
    const utf::code_point read = utf::utf_traits<Unit>::decode(at, units.cend());
    utf::utf_traits<char>::encode(utf::is_valid_codepoint(read) ? read : replacement, std::back_inserter(text));
  }
  return text;
}

}  // namespace detail

/// A text that a user gives, in UTF-8 and without a byte order mark: Windows' shells write UTF-16. What is neither that nor UTF-32 is
/// returned as it is.
[[nodiscard]] inline std::string as_utf8(std::string text) {
  const auto [width, big_endian, mark] = detail::encoding_of(text);
  const std::string_view behind = std::string_view{text}.substr(mark);
  if (width == 2) return detail::utf8_of<char16_t>(behind, big_endian);
  if (width == 4) return detail::utf8_of<char32_t>(behind, big_endian);
  text.erase(0, mark);
  return text;
}

/// Whether a text of which this is the first byte may be in another encoding than UTF-8, by its byte order mark.
[[nodiscard]] constexpr bool begins_with_mark_of_utf16(int first) noexcept { return first == 0xFF || first == 0xFE; }

}  // namespace ductile::inline DUCTILE_VERSION::tools
