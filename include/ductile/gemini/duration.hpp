// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/classify/retry_after.hpp>  // longest_hint
#include <ductile/core/verdict.hpp>          // Duration
#include <ductile/detail/ascii.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// A span of time at the beginning of a text.
struct LeadingDuration {
  Duration value{};
  std::size_t length = 0;  ///< How many characters it takes.
};

namespace detail {

using namespace ductile::detail;  // the ASCII helpers

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

inline constexpr std::array<Unit, 22> units{{{"s", 1'000'000'000},
                                             {"ms", 1'000'000},
                                             {"m", 60'000'000'000},
                                             {"h", 3'600'000'000'000},
                                             {"us", 1'000},
                                             {"ns", 1},
                                             {"d", 86'400'000'000'000},
                                             {"sec", 1'000'000'000},
                                             {"secs", 1'000'000'000},
                                             {"second", 1'000'000'000},
                                             {"seconds", 1'000'000'000},
                                             {"min", 60'000'000'000},
                                             {"mins", 60'000'000'000},
                                             {"minute", 60'000'000'000},
                                             {"minutes", 60'000'000'000},
                                             {"hr", 3'600'000'000'000},
                                             {"hour", 3'600'000'000'000},
                                             {"hours", 3'600'000'000'000},
                                             {"day", 86'400'000'000'000},
                                             {"days", 86'400'000'000'000},
                                             {"millisecond", 1'000'000},
                                             {"milliseconds", 1'000'000}}};

// `whole` and `fraction` (nine digits) of a unit, at most `longest_hint`. Every unit of a second or more is a multiple of one.
[[nodiscard]] constexpr Duration span(std::int64_t whole, std::int64_t fraction, std::int64_t unit) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  if (whole >= longest_hint.count() / unit) return longest_hint;
  return Duration{whole * unit + (unit >= second ? fraction * (unit / second) : fraction * unit / second)};
}

}  // namespace detail

/// Reads the span of time that a text begins with: "36s", "34.4s", "900.2ms", "161h39m41.3s", "30 seconds". None when it begins with no
/// number and unit. What is longer than `longest_hint` is cut to it.
[[nodiscard]] constexpr std::optional<LeadingDuration> leading_duration(std::string_view text) noexcept {
  LeadingDuration sum;
  bool found = false;
  std::size_t at = 0;
  while (at < text.size() && detail::is_digit(text[at])) {
    std::int64_t whole = 0;
    for (; at < text.size() && detail::is_digit(text[at]); ++at)
      whole = whole > longest_hint.count() / 10 ? whole : whole * 10 + (text[at] - '0');  // so long a number is cut by any unit
    std::int64_t fraction = 0;
    if (at + 1 < text.size() && text[at] == '.' && detail::is_digit(text[at + 1])) {
      std::int64_t weight = 100'000'000;
      for (++at; at < text.size() && detail::is_digit(text[at]); ++at, weight /= 10) fraction += (text[at] - '0') * weight;
    }
    std::size_t begin = at;
    while (begin < text.size() && text[begin] == ' ') ++begin;
    std::size_t end = begin;
    while (end < text.size() && detail::is_letter(text[end])) ++end;
    const auto unit = std::ranges::find_if(
        detail::units, [&](const detail::Unit& known) { return detail::same_word(known.name, text.substr(begin, end - begin)); });
    if (unit == detail::units.end()) break;
    sum.value = std::min<Duration>(sum.value + detail::span(whole, fraction, unit->nanoseconds), longest_hint);
    sum.length = at = end;
    found = true;
  }
  return found ? std::optional{sum} : std::nullopt;
}

/// Reads a span of time that is written as by a clock, as .NET prints one: "02:18:35".
[[nodiscard]] constexpr std::optional<LeadingDuration> leading_clock(std::string_view text) noexcept {
  constexpr std::size_t length = 8;
  if (text.size() < length || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hours = detail::whole_number(text.substr(0, 2));
  const auto minutes = detail::whole_number(text.substr(3, 2));
  const auto seconds = detail::whole_number(text.substr(6, 2));
  if (!hours || !minutes || !seconds || *minutes > 59 || *seconds > 59) return std::nullopt;
  return LeadingDuration{std::chrono::hours{*hours} + std::chrono::minutes{*minutes} + std::chrono::seconds{*seconds}, length};
}

/// Reads a whole text as a span of time; none when anything else stands in it, a minus sign too.
[[nodiscard]] constexpr std::optional<Duration> parse_duration(std::string_view text) noexcept {
  text = detail::trimmed(text);
  const auto leading = leading_duration(text);
  return leading && leading->length == text.size() ? std::optional{leading->value} : std::nullopt;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
