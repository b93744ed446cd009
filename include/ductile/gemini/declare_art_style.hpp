// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>    // trimmed
#include <ductile/gemini/request.hpp>  // Rewording

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// How many wordings `declare_art_style` knows.
inline constexpr unsigned art_styles = 3;

/// The prompt with a declaration before it that this is art, of a scene that was made up: for `ImageRequest::reword`.
///
///     gemini::ImageRequest request{.prompt = prompt, .reword = gemini::declare_art_style};
///
/// It changes the picture, and says how. No word of the prompt itself is taken away, and a declaration of its own that the prompt has
/// already makes way for the new one. The declarations are in English, whatever the prompt's language.
///
/// \param revision 0: the prompt as it stands; 1: a digital illustration; 2: a watercolour of a scene in a picture book; 3 and more: a
///   still of an animated film in an imaginary place, without real people and brands.
/// \return A prompt without a word in it comes back as it stands.
/// Source   docs/gemini/rewording.md: users report that it helps. Nobody has published how often.
[[nodiscard]] inline Rewording declare_art_style(std::string_view prompt, unsigned revision) {
  struct ArtStyle {
    std::string_view declaration;
    std::string_view what;
  };
  static constexpr std::array<ArtStyle, art_styles> styles{{
      {"A digital illustration. ", "declared a digital illustration"},
      {"A watercolour painting of a made-up scene from a picture book. ", "declared a watercolour of a made-up scene in a picture book"},
      {"A stylised still from an animated film that is set in an imaginary place, without real people, known characters or brands. ",
       "declared a still of an animated film in an imaginary place, without real people, known characters or brands"},
  }};
  for (bool declared = true; declared;) {
    declared = false;
    for (const ArtStyle& style : styles) {
      if (!prompt.starts_with(style.declaration)) continue;
      prompt.remove_prefix(style.declaration.size());
      declared = true;
    }
  }
  if (revision == 0 || ductile::detail::trimmed(prompt).empty()) return {std::string{prompt}, {}};
  const ArtStyle& style = styles[std::min<std::size_t>(revision, styles.size()) - 1];
  return {std::string{style.declaration}.append(prompt), std::string{style.what}};
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
