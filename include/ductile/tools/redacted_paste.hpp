// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>   // all_digits, is_digit
#include <ductile/gemini/redact.hpp>  // detail::name_ends_with
#include <ductile/tools/known_secrets.hpp>
#include <ductile/tools/masked.hpp>
#include <ductile/tools/masking/hidden_parts.hpp>
#include <ductile/tools/masking/tokens.hpp>  // for_each_run
#include <ductile/tools/masking/values.hpp>  // mark_behind, scalar_at, value_behind

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::tools {

namespace masking {

/// What is given to a name of a project: outright, in quotes, or in the letters that a project's id has.
[[nodiscard]] inline std::optional<Part> project_given(std::string_view text, Part name) {
  constexpr std::array<std::string_view, 3> ends{"project", "projectid", "projectnumber"};
  const std::string_view plain = name.of(text);
  if (std::ranges::none_of(ends, [plain](std::string_view end) { return gemini::detail::name_ends_with(plain, end); })) return std::nullopt;
  const auto mark = mark_behind(text, name.end);
  const std::size_t blank = behind(blanks, text, name.end);
  const bool is_flag = !mark && plain.starts_with('-') && blank > name.end && blank < text.size() && text[blank] != '-';
  const auto begin = mark ? value_behind(text, *mark) : is_flag ? std::optional{blank} : std::nullopt;
  const auto value = begin ? scalar_at(text, *begin, Reach::word, quote_before(text, name.begin)) : std::nullopt;
  if (!value || value->part.empty()) return std::nullopt;
  const std::string_view said = value->part.of(text);
  const auto of_id = [](char c) { return (c >= 'a' && c <= 'z') || ductile::detail::is_digit(c) || c == '-'; };
  const bool is_id = said.size() >= 6 && std::ranges::all_of(said, of_id) && !std::ranges::all_of(said, ductile::detail::is_letter);
  const bool is_string = value->is_quoted && text[*begin] != '`';
  const bool is_given = is_flag || is_string || (mark->sign == '=' && *begin == mark->end) || is_id;
  return is_given && !said.starts_with("projects/") && !said.starts_with("[") ? std::optional{value->part} : std::nullopt;
}

inline void hide_projects(HiddenParts& parts) {
  constexpr std::string_view mark{"[project]"};
  constexpr std::size_t shortest_number = 6;
  const std::string_view text = parts.text();
  for_each_run(text, is_name_character, [&](Part run) {
    const std::string_view before = text.substr(0, run.begin);
    const std::string_view word = run.of(text);
    const bool is_number = word.size() >= shortest_number && ductile::detail::all_digits(word.substr(0, word.find_last_not_of('.') + 1));
    if (before.ends_with("projects/") || (is_number && (before.ends_with("project ") || before.ends_with("project #"))))
      parts.hide(run, mark);
    else if (const auto value = project_given(text, run))
      parts.hide(*value, mark);
  });
}

inline void hide_addresses_of_mail(HiddenParts& parts) {
  const std::string_view text = parts.text();
  const auto is_mail = [](char c) { return is_name_character(c) || c == '+' || c == '@'; };
  for_each_run(text, is_mail, [&](Part run) {
    const std::string_view word = run.of(text);
    const std::size_t sign = word.find('@');
    if (sign != word.npos && sign > 0 && word.find('.', sign) != word.npos && word.find('@', sign + 1) == word.npos)
      parts.hide(run, "[address]");
  });
}

}  // namespace masking

/// A paste as it may be shown to others: without keys, tokens, passwords and cookies, without the bytes of images, and without what names a
/// project or a person: what follows `projects/`, the value of a name that ends with `project`, `project_id` or `project_number`
/// (`--project=...`, `"projectId": "..."`), a number behind `project`, and an address of mail.
///
/// Cost  Some passes over the text.
[[nodiscard]] inline std::string redacted_paste(std::string_view text, const KnownSecrets& secrets = {}) {
  const std::string plain = masked(text, secrets);
  masking::HiddenParts parts{plain};
  masking::hide_projects(parts);
  masking::hide_addresses_of_mail(parts);
  return std::move(parts).shown();
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
