// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>   // is_digit, is_letter
#include <ductile/gemini/redact.hpp>  // redacted

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools {

namespace detail {

// In the place of each longest run of such letters that `is_secret` says so of.
template <class OfRun, class Secret, class Replacement>
[[nodiscard]] std::string with_runs_replaced(std::string_view text, const OfRun& of_run, const Secret& is_secret,
                                             const Replacement& replacement) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && of_run(text[end])) ++end;
    const std::string_view run = text.substr(i, end - i);
    if (!run.empty() && is_secret(run, i))
      out += replacement(run);
    else
      out.append(run);
    if (end < text.size()) out += text[end];
    i = end + 1;
  }
  return out;
}

}  // namespace detail

/// A paste as it may be shown to others: without keys and tokens, without the bytes of images, and without what names a project or a person
/// (what follows `projects/` or `consumer` and an address of mail).
///
/// Cost  Some passes over the text.
[[nodiscard]] inline std::string redacted_paste(std::string_view text, std::string_view secret = {}) {
  namespace ascii = ductile::detail;
  const auto is_base64 = [](char c) {
    return ascii::is_letter(c) || ascii::is_digit(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
  };
  constexpr std::size_t shortest_image = 120;
  const std::string without_images = detail::with_runs_replaced(
      text, is_base64, [](std::string_view run, std::size_t) { return run.size() >= shortest_image && run.find("://") == run.npos; },
      [](std::string_view run) { return "[base64, " + std::to_string(run.size()) + " letters]"; });
  std::string plain = gemini::redacted(without_images, secret);
  const auto is_name = [](char c) { return ascii::is_letter(c) || ascii::is_digit(c) || c == '-' || c == '_' || c == '.'; };
  const std::string_view whole = plain;
  const std::string without_projects = detail::with_runs_replaced(
      plain, is_name, [whole](std::string_view, std::size_t at) { return whole.substr(0, at).ends_with("projects/"); },
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
