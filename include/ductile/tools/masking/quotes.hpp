// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

// Where a string in a text begins and ends, as programs, shells, tables and pages quote it.
namespace ductile::inline DUCTILE_VERSION::tools::masking {

/// What a string begins with, and what ends it.
struct Quote {
  std::string_view opens;
  std::string_view closes;
  std::size_t backslashes = 0;  ///< Before each, as a string within a string has them.

  [[nodiscard]] constexpr std::size_t size() const noexcept { return backslashes + opens.size(); }
};

inline constexpr std::array<Quote, 8> quotes{{{"\"", "\""},
                                              {"'", "'"},
                                              {"`", "`"},
                                              {"&quot;", "&quot;"},
                                              {"&#34;", "&#34;"},
                                              {"&#39;", "&#39;"},
                                              {"\xE2\x80\x9C", "\xE2\x80\x9D"},
                                              {"\xE2\x80\x98", "\xE2\x80\x99"}}};

/// How many letters from `at` on are among `letters`.
[[nodiscard]] constexpr std::size_t count_of(std::string_view letters, std::string_view text, std::size_t at) noexcept {
  return std::min(text.find_first_not_of(letters, at), text.size()) - std::min(at, text.size());
}

/// The quote with which a string begins at `at`. A table doubles its quotes, and three of them are Python's; two are an empty string where
/// nothing but its end can follow.
[[nodiscard]] inline std::optional<Quote> quote_at(std::string_view text, std::size_t at) noexcept {
  constexpr std::string_view behind_string{" \t\r\n,;:)]}>&|.+\\"};
  const std::size_t backslashes = count_of("\\", text, at);
  const std::string_view rest = text.substr(std::min(at + backslashes, text.size()));
  for (const Quote& quote : quotes) {
    if (!rest.starts_with(quote.opens)) continue;
    const std::size_t marks = quote.opens.size() > 1 ? 1 : std::min<std::size_t>(count_of(quote.opens, rest, 0), 3);
    const bool is_empty = marks == 2 && (rest.size() == 2 || behind_string.find(rest[2]) != behind_string.npos);
    if (marks == 1 || is_empty) return Quote{quote.opens, quote.closes, backslashes};
    const std::string_view several = rest.substr(0, marks);
    return Quote{several, several, backslashes};
  }
  return std::nullopt;
}

/// How long the quote is that ends a name at `at`; 0 where none does. A grave is none: prose sets names in them.
[[nodiscard]] inline std::size_t closing_size(std::string_view text, std::size_t at) noexcept {
  const std::size_t backslashes = count_of("\\", text, at);
  const std::string_view rest = text.substr(std::min(at + backslashes, text.size()));
  for (const Quote& quote : quotes)
    for (const std::string_view mark : {quote.closes, quote.opens})
      if (mark != "`" && rest.starts_with(mark)) return backslashes + mark.size();
  return 0;
}

/// Where the string ends in which `at` stands: before the first quote like its own, with as many backslashes before it. One with fewer ends
/// the string around it. The text's end where there is none.
[[nodiscard]] inline std::size_t end_of_string(std::string_view text, const Quote& quote, std::size_t at) noexcept {
  for (std::size_t found = text.find(quote.closes, at); found != text.npos;) {
    std::size_t begin = found;
    if (begin > at && text[begin - 1] == '^') --begin;  // as Windows' shell escapes
    const std::size_t escaped = begin;
    while (begin > at && text[begin - 1] == '\\') --begin;
    const std::string_view rest = text.substr(found);
    std::size_t of_string = quote.closes.size();  // what does not end it
    if (escaped - begin <= quote.backslashes) {
      if (rest.starts_with("'\\''"))
        of_string = 4;  // a shell's way to write a quote within quotes
      else if (rest.starts_with("'\"'\"'"))
        of_string = 5;
      else if (found == begin && quote.closes.size() == 1 && rest.size() > 1 && rest[1] == rest[0])
        of_string = 2;  // a table's
      else
        return begin;
    }
    found = text.find(quote.closes, found + of_string);
  }
  return text.size();
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::masking
