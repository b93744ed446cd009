// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>          // all_digits, is_digit, is_letter
#include <ductile/tools/doctor_masking.hpp>  // masked

#include <cstddef>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools {

/// A paste as it may be shown to others: without keys, tokens and cookies, without the bytes of images, and without what names a project or
/// a person (what follows `projects/` and `project=`, a number behind `project`, and an address of mail).
///
/// Cost  Some passes over the text.
[[nodiscard]] inline std::string redacted_paste(std::string_view text, std::string_view secret = {}) {
  namespace ascii = ductile::detail;
  const std::string plain = masked(text, secret);
  const auto is_name = [](char c) { return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_' || c == '.'; };
  const std::string_view whole = plain;
  const std::string without_projects = detail::with_runs_replaced(
      plain, is_name,
      [whole](std::string_view run, std::size_t at) {
        const std::string_view before = whole.substr(0, at);
        const bool numbered = run.size() >= 6 && ascii::all_digits(run.substr(0, run.find_last_not_of('.') + 1));
        return before.ends_with("projects/") || before.ends_with("?project=") || before.ends_with("&project=") ||
               (numbered && (before.ends_with("project ") || before.ends_with("project #")));
      },
      [](std::string_view) { return std::string{"[project]"}; });
  const auto is_mail = [](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_' || c == '.' || c == '+' || c == '@';
  };
  return detail::with_runs_replaced(
      without_projects, is_mail,
      [](std::string_view run, std::size_t) {
        const std::size_t sign = run.find('@');
        return sign != run.npos && sign > 0 && run.find('.', sign) != run.npos && run.find('@', sign + 1) == run.npos;
      },
      [](std::string_view) { return std::string{"[address]"}; });
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
