// SPDX-License-Identifier: BSL-1.0
#include <ductile/mock/image.hpp>
#include <ductile/mock/models.hpp>

#include "../support/catch.hpp"

#include <png.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using ductile::gemini::Pixels;
using ductile::mock::draw_png;
using ductile::mock::image_pixels;

namespace {

// Reads a file to its end with libpng's own reader, which checks every length and every sum.
struct Decoded {
  Pixels size{};
  std::vector<png_byte> pixels{};
};

Decoded decoded(const std::string& file) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&image, file.data(), file.size()));
  image.format = PNG_FORMAT_RGB;
  Decoded read{{image.width, image.height}, std::vector<png_byte>(PNG_IMAGE_SIZE(image))};
  REQUIRE(png_image_finish_read(&image, nullptr, read.pixels.data(), 0, nullptr));
  return read;
}

}  // namespace

TEST_CASE("A drawn image is a whole PNG of exactly the size that was asked for", "[mock]") {
  struct Case {
    std::string_view model, size, ratio;
    Pixels pixels;
  };
  const Case cases[] = {
      {"gemini-3-pro-image", "", "", {1024, 1024}},          {"gemini-3-pro-image", "2K", "", {2048, 2048}},
      {"gemini-3-pro-image", "1K", "16:9", {1376, 768}},     {"gemini-3-pro-image", "4K", "16:9", {5504, 3072}},
      {"gemini-3.1-flash-image", "512", "21:9", {792, 168}}, {"gemini-3.1-flash-image", "512", "2:3", {424, 632}},
      {"gemini-nano-banana-2.1", "1K", "1:8", {384, 3072}},  {"gemini-2.5-flash-image", "", "16:9", {1344, 768}},
      {"gemini-3-pro-image", "1K", "7:3", {1024, 1024}},
  };
  for (const Case& each : cases) {
    INFO(each.model << " " << each.size << " " << each.ratio);
    const Pixels pixels = image_pixels(each.model, each.size, each.ratio);
    CHECK(pixels == each.pixels);
    CHECK(decoded(draw_png("a cat", 1, pixels)).size == each.pixels);
  }
  CHECK(decoded(draw_png("a cat", 1, {1, 1})).size == Pixels{1, 1});
  CHECK(decoded(draw_png("a cat", 1, {7, 33})).size == Pixels{7, 33});
}

TEST_CASE("The same prompt, seed and size give the same bytes, another prompt or seed another picture", "[mock]") {
  const Pixels size{256, 256};
  const std::string cat = draw_png("a cat", 1, size);
  CHECK(cat == draw_png("a cat", 1, size));
  CHECK(decoded(cat).pixels != decoded(draw_png("a dog", 1, size)).pixels);
  CHECK(decoded(cat).pixels != decoded(draw_png("a cat", 2, size)).pixels);
}

TEST_CASE("Drawing is cheap: a 4K image is a small file", "[mock]") { CHECK(draw_png("a cat", 1, {4096, 4096}).size() < 100'000); }

TEST_CASE("A size that no file can have is refused", "[mock]") { CHECK_THROWS_AS(draw_png("a cat", 1, {0, 10}), std::runtime_error); }
