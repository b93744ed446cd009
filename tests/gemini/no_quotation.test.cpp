// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "corpus.hpp"

#include <ductile/gemini/wordings.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

// A classifier that knows its test bodies by heart would score well and know nothing. So its sources may hold no long piece of any.

namespace {

constexpr std::size_t too_long = ductile::gemini::longest_phrase + 1;

std::vector<std::string> classifier_sources() {
  std::vector<std::string> sources;
  for (const char* folder : {"/../../include/ductile/gemini", "/../../include/ductile/classify"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator{DUCTILE_TEST_DATA + std::string{folder}}) {
      std::ifstream file{entry.path()};
      // The client has the service's address, which answers quote.
      const bool judges = entry.path().filename() != "client.hpp" && entry.path().filename() != "resilient.hpp";
      if (entry.is_regular_file() && judges) sources.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
    }
  return sources;
}

std::unordered_set<std::string_view> pieces_of(const std::vector<std::string>& texts) {
  std::unordered_set<std::string_view> pieces;
  for (const std::string& text : texts)
    for (std::size_t at = 0; at + too_long <= text.size(); ++at) pieces.insert(std::string_view{text}.substr(at, too_long));
  return pieces;
}

}  // namespace

TEST_CASE("The classifier's sources hold no long piece of a body of the corpus and no id of one", "[gemini][corpus]") {
  const std::vector<std::string> sources = classifier_sources();
  REQUIRE(sources.size() > 15);
  const std::unordered_set<std::string_view> pieces = pieces_of(sources);
  std::vector<corpus::Body> bodies = corpus::read();
  for (const char* file : {"field_more.jsonl", "forms.jsonl"})
    for (corpus::Body& body : corpus::read(file)) bodies.push_back(std::move(body));
  for (const corpus::Body& body : bodies) {
    CAPTURE(body.id);
    for (const std::string& source : sources) CHECK(source.find(body.id) == std::string::npos);
    for (std::size_t at = 0; at + too_long <= body.body.size(); ++at) {
      const std::string_view piece = std::string_view{body.body}.substr(at, too_long);
      const bool blank = std::ranges::count(piece, ' ') > static_cast<std::ptrdiff_t>(too_long / 2);
      if (!blank && pieces.contains(piece)) FAIL_CHECK("quoted: " << piece);
    }
  }
}

TEST_CASE("The check for quotations finds one", "[gemini][corpus]") {
  const std::vector<std::string> planted{"  if (text == \"You exceeded your current quota, please check your plan and\") return;"};
  const std::unordered_set<std::string_view> pieces = pieces_of(planted);
  std::size_t found = 0;
  for (const corpus::Body& body : corpus::read())
    for (std::size_t at = 0; at + too_long <= body.body.size(); ++at)
      found += pieces.contains(std::string_view{body.body}.substr(at, too_long)) ? 1 : 0;
  CHECK(found > 0);
}
