// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>   // find_word, is_digit, is_letter, lowered
#include <ductile/gemini/redact.hpp>  // detail::is_key_character
#include <ductile/tools/masking/hidden_parts.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

// What is known by its looks: the bytes of images, and tokens, of other services too: a paste holds those of its surroundings.
namespace ductile::inline DUCTILE_VERSION::tools::masking {

/// Calls `read` with each longest run of such letters.
template <class OfRun, class Read>
void for_each_run(std::string_view text, const OfRun& of_run, const Read& read) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t begin = at;
    while (at < text.size() && of_run(text[at])) ++at;
    if (at > begin) read(Part{begin, at});
  }
}

[[nodiscard]] constexpr bool is_base64_letter(char c) noexcept {
  return ductile::detail::is_letter(c) || ductile::detail::is_digit(c) || c == '+' || c == '/' || c == '=' || c == '-' || c == '_';
}

/// Whether such a run is bytes, and no path and no name: long ones always, shorter ones by their mixture of letters and digits.
[[nodiscard]] inline bool is_base64(std::string_view run) noexcept {
  constexpr std::size_t surely = 120;
  constexpr std::size_t perhaps = 48;
  if (run.size() < perhaps) return false;
  if (run.size() >= surely) return true;
  const auto count = [run](auto fits) { return static_cast<std::size_t>(std::ranges::count_if(run, fits)); };
  const std::size_t digits = count([](char c) { return ductile::detail::is_digit(c); });
  const std::size_t slashes = count([](char c) { return c == '/'; });
  return digits >= 3 && slashes * 16 <= run.size() && count([](char c) { return c >= 'A' && c <= 'Z'; }) >= 3 &&
         count([](char c) { return c >= 'a' && c <= 'z'; }) >= 3;
}

/// What tokens of other services begin with.
inline constexpr std::array<std::string_view, 24> foreign_tokens{
    "ghp_", "gho_", "ghs_", "ghu_", "ghr_",     "github_pat_", "glpat-",   "xoxb-",    "xoxp-", "xoxa-", "xapp-", "AKIA",
    "ASIA", "hf_",  "npm_", "gsk_", "sk_live_", "sk_test_",    "rk_live_", "rk_test_", "xai-",  "r8_",   "pplx-", "nvapi-"};

/// Whether a run of letters is a token: by its beginning, with a figure in it, which names of functions rarely have; or in three pieces
/// (JWT).
[[nodiscard]] inline bool is_known_token(std::string_view run) noexcept {
  constexpr std::size_t least = 16;
  constexpr std::size_t least_of_pieces = 24;
  if (run.starts_with("eyJ")) return run.size() >= least_of_pieces;
  return std::ranges::any_of(foreign_tokens, [run](std::string_view begins) {
    return run.starts_with(begins) && run.size() >= begins.size() + least &&
           std::ranges::any_of(run.substr(begins.size()), ductile::detail::is_digit);
  });
}

inline void hide_tokens(HiddenParts& parts) {
  const std::string_view text = parts.text();
  for_each_run(text, is_base64_letter, [&](Part run) {
    if (is_base64(run.of(text))) parts.hide(run, "[base64, " + std::to_string(run.end - run.begin) + " letters]");
  });
  for_each_run(text, gemini::detail::is_key_character, [&](Part run) {
    if (is_known_token(run.of(text))) parts.hide(run);
  });
}

/// Hides a secret that is known, in any case, and what a cut has left of it at the end of a text.
inline void hide_known(HiddenParts& parts, std::string_view secret) {
  constexpr std::size_t shortest = 4;
  constexpr std::string_view cut{"..."};
  if (secret.size() < shortest) return;
  const std::string_view text = parts.text();
  const std::string wanted = ductile::detail::lowered(secret);
  for (std::size_t at = ductile::detail::find_word(text, wanted); at != text.npos;
       at = ductile::detail::find_word(text, wanted, at + wanted.size()))
    parts.hide({at, at + wanted.size()});
  if (!text.ends_with(cut)) return;
  const std::size_t end = text.size() - cut.size();
  for (std::size_t size = std::min(wanted.size() - 1, end); size >= shortest; --size)
    if (ductile::detail::same_word(text.substr(end - size, size), std::string_view{wanted}.substr(0, size)))
      return parts.hide({end - size, end});
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::masking
