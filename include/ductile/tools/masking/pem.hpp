// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>  // is_space, trimmed
#include <ductile/tools/masking/hidden_parts.hpp>
#include <ductile/tools/masking/tokens.hpp>  // is_base64, is_base64_letter

#include <algorithm>
#include <cstddef>
#include <string_view>

// Private keys and certificates (PEM), whole or what a cut has left of them.
namespace ductile::inline DUCTILE_VERSION::tools::masking {

namespace pem {

inline constexpr std::string_view begins{"-----BEGIN "};
inline constexpr std::string_view ends{"-----END "};
inline constexpr std::string_view dashes{"-----"};
inline constexpr std::string_view label_letters{"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "};

/// Where the last of the words of base64 ends that follow from `at` on.
[[nodiscard]] inline std::size_t end_of_words(std::string_view text, std::size_t at) noexcept {
  const auto is_between = [](char c) { return ductile::detail::is_space(c) || c == '\\'; };
  for (std::size_t end = at;;) {
    std::size_t word = end;
    while (word < text.size() && is_between(text[word])) ++word;
    const std::size_t first = word;
    while (word < text.size() && is_base64_letter(text[word])) ++word;
    const std::string_view behind = text.substr(word);
    if (word == first || !(behind.empty() || is_between(behind.front()) || behind.starts_with("..."))) return end;
    end = word;
  }
}

}  // namespace pem

/// Hides what stands between the first line and the last, its short last line too; where the last is missing, what is left.
inline void hide_pem(HiddenParts& parts) {
  const std::string_view text = parts.text();
  std::size_t last = 0;
  for (std::size_t at = text.find(pem::begins); at != text.npos;) {
    const std::size_t label = std::min(text.find_first_not_of(pem::label_letters, at + pem::begins.size()), text.size());
    const std::size_t next = text.find(pem::begins, label);
    at = next;
    if (!text.substr(label).starts_with(pem::dashes)) continue;
    const std::size_t inside = label + pem::dashes.size();
    if (last < inside) last = text.find(pem::ends, inside);
    const std::string_view own = text.substr(0, next);
    parts.hide({inside, last < own.size() ? last : pem::end_of_words(own, inside)});
  }
}

/// Hides the last line where the first is missing; those before it are long enough to be known.
inline void hide_pem_end(HiddenParts& parts) {
  const std::string_view text = parts.text();
  for (std::size_t at = text.find(pem::ends); at != text.npos; at = text.find(pem::ends, at + 1)) {
    const std::size_t label = text.find_first_not_of(pem::label_letters, at + pem::ends.size());
    if (label == text.npos || text[label] != '-') continue;
    std::size_t end = at;
    while (end > 0 && (ductile::detail::is_space(text[end - 1]) || text.substr(0, end).ends_with("\\n")))
      end -= text[end - 1] == 'n' ? 2 : 1;
    std::size_t begin = end;
    while (begin > 0 && is_base64_letter(text[begin - 1])) --begin;
    if (begin > 0 && begin < end && text[begin - 1] == '\\') ++begin;  // the letter of an escaped line break
    parts.hide({begin, end});
  }
}

/// Hides what is left of one that has neither its first line nor its last: lines of 64 letters, or of 76, and the piece of a line on each
/// side.
inline void hide_pem_middle(HiddenParts& parts) {
  constexpr std::size_t width = 64;
  constexpr std::size_t width_of_mail = 76;
  const std::string_view text = parts.text();
  Part first;  // the text's first line, where it is a word
  bool follows = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = ductile::detail::trimmed(text.substr(at, end - at));
    const auto begin = static_cast<std::size_t>(line.data() - text.data());
    const bool is_word = !line.empty() && std::ranges::all_of(line, is_base64_letter);
    const bool is_full = is_word && (line.size() == width || line.size() == width_of_mail) && is_base64(line);
    const Part part{begin, begin + line.size()};
    if (is_word && (is_full || follows)) parts.hide(part);
    if (is_full) parts.hide(first);
    first = at == 0 && is_word ? part : Part{};
    follows = is_full;
    at = end + 1;
  }
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::masking
