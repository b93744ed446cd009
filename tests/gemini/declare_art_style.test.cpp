// SPDX-License-Identifier: BSL-1.0
#include <ductile/gemini/declare_art_style.hpp>

#include "../support/catch.hpp"

#include <set>
#include <string>

using namespace ductile::gemini;

TEST_CASE("A declared art style stands before the prompt, which keeps every word, and says what it is", "[gemini][reword]") {
  for (const std::string prompt : {"a red balloon", "Ein Bär – 熊 – 🐻", "A cat.\nIn the rain.", "  x  "}) {
    CAPTURE(prompt);
    std::set<std::string> prompts;
    std::set<std::string> said;
    for (unsigned revision = 1; revision <= art_styles; ++revision) {
      const Rewording rewording = declare_art_style(prompt, revision);
      CHECK(rewording.prompt.ends_with(". " + prompt));
      CHECK_FALSE(rewording.what.empty());
      prompts.insert(rewording.prompt);
      said.insert(rewording.what);
    }
    CHECK(prompts.size() == art_styles);
    CHECK(said.size() == art_styles);
    CHECK(declare_art_style(prompt, 0).prompt == prompt);
    CHECK(declare_art_style(prompt, 0).what.empty());
    CHECK(declare_art_style(prompt, 99).prompt == declare_art_style(prompt, art_styles).prompt);
  }
}

TEST_CASE("The three declarations are a digital illustration, a watercolour with its scene, and a film still without real people",
          "[gemini][reword]") {
  CHECK(declare_art_style("a cat", 1).prompt == "A digital illustration. a cat");
  CHECK(declare_art_style("a cat", 2).prompt == "A watercolour painting of a made-up scene from a picture book. a cat");
  CHECK(declare_art_style("a cat", 3).prompt ==
        "A stylised still from an animated film that is set in an imaginary place, without real people, known characters or brands. a cat");
  CHECK(declare_art_style("a cat", 1).what == "declared a digital illustration");
}

TEST_CASE("Declarations do not pile up", "[gemini][reword]") {
  for (unsigned before = 0; before <= art_styles; ++before)
    for (unsigned revision = 0; revision <= art_styles; ++revision) {
      CAPTURE(before, revision);
      const std::string once = declare_art_style("a cat", before).prompt;
      CHECK(declare_art_style(once, revision).prompt ==
            (revision == 0 ? std::string{"a cat"} : declare_art_style("a cat", revision).prompt));
    }
}

TEST_CASE("A prompt without a word gets no declaration", "[gemini][reword]") {
  for (const std::string prompt : {"", " ", "\n\t "})
    for (unsigned revision = 0; revision <= art_styles; ++revision) {
      CHECK(declare_art_style(prompt, revision).prompt == prompt);
      CHECK(declare_art_style(prompt, revision).what.empty());
    }
}
