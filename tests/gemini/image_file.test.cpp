// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "tiny_images.hpp"

#include <ductile/gemini/base64.hpp>
#include <ductile/gemini/image_file.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace ductile::gemini;

TEST_CASE("A whole image says its format and its size", "[gemini]") {
  const auto png = check_image(tiny::png(1376, 768));
  REQUIRE(png);
  CHECK(png->format == ImageFormat::png);
  CHECK(png->width == 1376);
  CHECK(png->height == 768);

  const auto jpeg = check_image(tiny::jpeg(928, 1152));
  REQUIRE(jpeg);
  CHECK(jpeg->format == ImageFormat::jpeg);
  CHECK(jpeg->width == 928);
  CHECK(jpeg->height == 1152);

  const auto webp = check_image(tiny::webp(1584, 672));
  REQUIRE(webp);
  CHECK(webp->format == ImageFormat::webp);
  CHECK(webp->width == 1584);
  CHECK(webp->height == 672);
}

TEST_CASE("No part of an image passes for the whole", "[gemini]") {
  for (const std::string& image : {tiny::png(64, 64), tiny::jpeg(64, 64), tiny::webp(64, 64)})
    for (std::size_t length = 0; length < image.size(); ++length) {
      CAPTURE(image.substr(1, 3), length, image.size());
      CHECK_FALSE(check_image(std::string_view{image}.substr(0, length)));
    }
}

TEST_CASE("Any wrong bit of a PNG file is found", "[gemini]") {
  const std::string image = tiny::png(64, 64);
  for (std::size_t at = 0; at < image.size(); ++at)
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = image;
      damaged[at] = static_cast<char>(static_cast<unsigned char>(damaged[at]) ^ (1U << bit));
      CAPTURE(at, bit);
      CHECK_FALSE(check_image(damaged));
    }
}

TEST_CASE("What has no picture in it is no image", "[gemini]") {
  const std::string signature{"\x89PNG\r\n\x1A\n"};
  const std::string header = tiny::chunk("IHDR", tiny::big(8, 4) + tiny::big(8, 4) + std::string{"\x08\x02\0\0\0", 5});
  CHECK_FALSE(check_image(signature + header + tiny::chunk("IEND", "")));
  CHECK_FALSE(check_image(signature + tiny::chunk("IDAT", "pixels") + tiny::chunk("IEND", "")));
  CHECK_FALSE(check_image(tiny::png(0, 64)));
  CHECK_FALSE(check_image(tiny::png(64, 64) + "more"));
  CHECK_FALSE(check_image("\xFF\xD8\xFF\xD9"));
  CHECK_FALSE(check_image("GIF89a..........................."));
  CHECK_FALSE(check_image(""));
}

TEST_CASE("CRC-32 is the one of PNG", "[gemini]") {
  CHECK(gemini::detail::crc32("123456789") == 0xCBF43926U);
  CHECK(gemini::detail::crc32("") == 0);
  CHECK(gemini::detail::crc32("IEND") == 0xAE426082U);
}

TEST_CASE("Base64 of every length goes there and back", "[gemini]") {
  std::string bytes;
  for (int length = 0; length < 260; ++length) {
    const std::string text = encode_base64(bytes);
    CHECK(text.size() % 4 == 0);
    CHECK(decode_base64(text) == bytes);
    bytes.push_back(static_cast<char>(length * 37));
  }
  CHECK(encode_base64("foobar") == "Zm9vYmFy");
  CHECK(encode_base64("foob") == "Zm9vYg==");
  CHECK(encode_base64("fooba") == "Zm9vYmE=");
}

TEST_CASE("Wrong base64 is refused, not mended", "[gemini]") {
  for (const char* text : {"Zm9", "Zm9v\n", "Zm9vYg=", "Zm9vYg===", "=m9v", "Zm=v", "Z===", "====", "Zm9vYh==", "Zm9vYmF=", "Zm9-", "Zm9_",
                           "Zm 9", "data:image/png;base64,Zm9v", "Zm9vYg==Zm9v", "Zm9\xFF"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text));
  }
}
