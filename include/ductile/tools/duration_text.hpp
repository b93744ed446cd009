// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/detail/ascii.hpp>  // is_digit

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools {

/// A span as people write it: "10m", "90s", "1h30m", "1.5h", "500ms", "2d". None for anything else: a number without a unit, a sign, more
/// than 10 years.
[[nodiscard]] inline std::optional<Duration> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  constexpr std::array<Unit, 5> units{{{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}}};
  constexpr double most = 10.0 * 365 * 86'400;

  if (text.empty()) return std::nullopt;
  double seconds = 0;
  while (!text.empty()) {
    double value = 0;
    double place = 0;  // 0 before the point, then a tenth, a hundredth, ...
    bool digits = false;
    while (!text.empty() && (ductile::detail::is_digit(text.front()) || (text.front() == '.' && place == 0))) {
      if (text.front() == '.') {
        place = 1;
      } else {
        const int digit = text.front() - '0';
        value = place == 0 ? value * 10 + digit : value + digit * (place /= 10);
        digits = true;
      }
      text.remove_prefix(1);
    }
    if (!digits) return std::nullopt;
    std::size_t letters = 0;
    while (letters < text.size() && ductile::detail::is_letter(text[letters])) ++letters;
    const Unit* unit = nullptr;
    for (const Unit& candidate : units)
      if (candidate.name == text.substr(0, letters)) unit = &candidate;
    if (!unit) return std::nullopt;
    text.remove_prefix(letters);
    seconds += value * unit->seconds;
    if (!(seconds <= most)) return std::nullopt;
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

/// A span for people, in two units at most: "0.4 s", "41 s", "3 min 20 s", "2 h 5 min", "3 d 4 h".
[[nodiscard]] inline std::string duration_text(Duration span) {
  using std::chrono::seconds;
  if (span < Duration::zero()) span = Duration::zero();
  std::array<char, 48> text{};
  if (span < seconds{10}) {
    std::snprintf(text.data(), text.size(), "%.1f s", std::chrono::duration<double>(span).count());
    return text.data();
  }
  const long long whole = std::chrono::round<seconds>(span).count();
  const auto two = [&](long long big, const char* big_name, long long small, const char* small_name) {
    if (small == 0)
      std::snprintf(text.data(), text.size(), "%lld %s", big, big_name);
    else
      std::snprintf(text.data(), text.size(), "%lld %s %lld %s", big, big_name, small, small_name);
  };
  if (whole < 60)
    std::snprintf(text.data(), text.size(), "%lld s", whole);
  else if (whole < 3600)
    two(whole / 60, "min", whole % 60, "s");
  else if (whole < 86'400)
    two(whole / 3600, "h", whole % 3600 / 60, "min");
  else
    two(whole / 86'400, "d", whole % 86'400 / 3600, "h");
  return text.data();
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
