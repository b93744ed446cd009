// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"

#include <ductile/tools/as_utf8.hpp>

#include <cstddef>
#include <string>
#include <string_view>

using namespace ductile::tools;
using namespace std::string_literals;

namespace {

// A text as another program would have written it.
std::string written(std::u32string_view text, std::size_t width, bool big_endian) {
  std::string bytes;
  const auto put = [&](char32_t unit) {
    for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>((unit >> (8 * (big_endian ? width - 1 - i : i))) & 0xFF);
  };
  for (const char32_t code : text)
    if (width == 2 && code > 0xFFFF) {
      put(0xD800 + ((code - 0x10000) >> 10));
      put(0xDC00 + ((code - 0x10000) & 0x3FF));
    } else {
      put(code);
    }
  return bytes;
}

}  // namespace

TEST_CASE("A text in UTF-16 or UTF-32 is read as what it says, with a mark or without", "[doctor]") {
  const std::u32string said = U"{\r\n  \"error\": {\"code\": 503, \"message\": \"Überlastet 😀\"}\r\n}\r\n";
  const std::string expected = "{\r\n  \"error\": {\"code\": 503, \"message\": \"Überlastet 😀\"}\r\n}\r\n";
  for (const std::size_t width : {2U, 4U})
    for (const bool big_endian : {false, true}) {
      CAPTURE(width, big_endian);
      CHECK(as_utf8(written(said, width, big_endian)) == expected);
      CHECK(as_utf8(written(U"\uFEFF" + said, width, big_endian)) == expected);
      CHECK(as_utf8(written(U"\uFEFF日本", width, big_endian)) == "日本");
    }
  CHECK(as_utf8("\xEF\xBB\xBF" + expected) == expected);
}

TEST_CASE("What is in no such encoding stays as it is, and what is cut in one loses half a letter", "[doctor]") {
  for (const std::string& text :
       {""s, "\0"s, "a"s, "503"s, std::string(64, '\0'), "{\"error\":{}}"s, "日本語のエラー"s, "\x89PNG\r\n\x1A\n\0\0\0\rIHDR"s}) {
    CAPTURE(text);
    CHECK(as_utf8(text) == text);
  }
  CHECK(as_utf8("\xFF\xFE"
                "4\0"
                "0\0"
                "4"s) == "40");
}
