// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/detail/nearest_word.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using ductile::detail::letters_between;
using ductile::detail::nearest_word;

namespace {

constexpr std::array<std::string_view, 5> known{"overload", "rate_limit", "image-safety", "image-safety-text", "ok"};

}  // namespace

TEST_CASE("Letters that are put in, left out, changed or exchanged with their neighbour are wrong, in any case", "[core]") {
  struct Row {
    std::string_view left;
    std::string_view right;
    std::size_t wrong;
  };
  for (const auto& [left, right, wrong] : {Row{"", "", 0}, Row{"", "abc", 3}, Row{"abc", "", 3}, Row{"Overload", "oVERLOAD", 0},
                                           Row{"overlod", "overload", 1}, Row{"overlooad", "overload", 1}, Row{"ovarload", "overload", 1},
                                           Row{"voerload", "overload", 1}, Row{"rate-limits", "rate_limit", 2}}) {
    CAPTURE(left, right);
    CHECK(letters_between(left, right) == wrong);
    CHECK(letters_between(right, left) == wrong);
  }
}

TEST_CASE("The nearest word is one of which half the letters are right, or of which it is the beginning", "[core]") {
  struct Row {
    std::string_view wrong;
    std::string_view nearest;
  };
  for (const auto& [wrong, nearest] :
       {Row{"overlaod", "overload"}, Row{"rate", "rate_limit"}, Row{"image-safety-txt", "image-safety-text"}, Row{"image", "image-safety"},
        Row{"ko", "ok"}, Row{"ra", ""}, Row{"quota", ""}, Row{"", ""}, Row{"something entirely different", ""}}) {
    CAPTURE(wrong);
    CHECK(nearest_word(wrong, known) == nearest);
  }
}

TEST_CASE("A word as long as a file is near to none, and found so at once", "[core]") {
  const std::vector<std::string_view> many(250, "image-prohibited-after-thoughts");
  CHECK(nearest_word(std::string(4'000'000, 'i'), many).empty());  // letter by letter it would take minutes
}
