// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>   // is_digit, is_letter, lower
#include <ductile/gemini/models.hpp>  // ImageSize
#include <ductile/tools/sha256.hpp>   // sha256

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// One image that is to be made.
struct Job {
  std::string prompt;
  std::optional<gemini::ImageSize> size{};  ///< None: none is asked for.
  std::string ratio{};                      ///< "16:9"; empty: none is asked for.
  std::optional<std::int64_t> seed{};       ///< Of the generation, 0 to 2147483647; none: the service's choice.
  std::string id{};                         ///< How the report calls it; unique in its list.
  std::size_t number = 1;                   ///< Its place in the list, from 1.
  std::string mark{};                       ///< Twelve digits that follow from what is asked for: the same in every run.
  std::string stem{};                       ///< The name of its image, without extension: the place, a few words, the mark.
  bool reword = false;                      ///< Where its prompt is refused for its content, another art style may be declared.
  std::vector<std::string> passed_over{};   ///< Members of its line that are not known, and have no effect.
};

/// A few words of a text for a file name: small letters and digits of ASCII with hyphens between them, at most 32; "image" when nothing
/// is left.
[[nodiscard]] inline std::string slug(std::string_view text) {
  constexpr std::size_t most = 32;
  std::string words;
  for (const char letter : text) {
    if (ductile::detail::is_letter(letter) || ductile::detail::is_digit(letter))
      words.push_back(ductile::detail::lower(letter));
    else if (!words.empty() && words.back() != '-')
      words.push_back('-');
  }
  if (words.size() > most) {
    const std::size_t end = words.rfind('-', most);
    words.resize(end == std::string::npos || end < most / 2 ? most : end);
  }
  while (!words.empty() && words.back() == '-') words.pop_back();
  return words.empty() ? "image" : words;
}

/// Gives a job its mark and its names. `repetition` tells jobs apart that ask for the same: how many such stand before it.
///
/// The place in the list is not in the mark, so that a line put into the list leaves the other jobs what they were. Nor is whether it may
/// be reworded: who allows that after a run asks for nothing that was made.
inline void name_job(Job& job, std::size_t repetition) {
  constexpr char end = '\0';
  std::string asked = job.prompt + end;
  if (job.size) asked += gemini::name(*job.size);
  asked.append(1, end).append(job.ratio).append(1, end);
  if (job.seed) asked += std::to_string(*job.seed);
  asked.append(1, end).append(job.id).append(1, end).append(std::to_string(repetition));
  job.mark = sha256(asked).substr(0, 12);

  const std::string place = std::to_string(job.number);
  job.stem =
      std::string(place.size() < 3 ? 3 - place.size() : 0, '0') + place + "-" + slug(job.id.empty() ? job.prompt : job.id) + "-" + job.mark;
  if (job.id.empty()) job.id = job.stem;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
