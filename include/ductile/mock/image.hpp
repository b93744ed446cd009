// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/models.hpp>  // Pixels
#include <ductile/mock/dice.hpp>      // Dice

#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

inline constexpr std::uint32_t picture_columns = 16;  // of tiles; mirrored, so that it looks like something
inline constexpr std::uint32_t picture_rows = 12;

// 16 shades from one colour to another: the sky is the first ten, the figure the rest.
inline std::array<png_color, 16> palette(Dice dice) {
  const auto colour = [&](std::string_view what, std::size_t channel) { return dice.with(what).with(channel).between(40, 255); };
  std::array<png_color, 16> shades{};
  for (std::size_t shade = 0; shade < shades.size(); ++shade) {
    const bool sky = shade < 10;
    const double way = sky ? static_cast<double>(shade) / 9 : static_cast<double>(shade - 10) / 5;
    const auto mixed = [&](std::size_t channel) {
      const double from = colour(sky ? "sky" : "figure", channel);
      const double to = colour(sky ? "horizon" : "light", channel);
      return static_cast<png_byte>(from + (to - from) * way);
    };
    shades[shade] = {mixed(0), mixed(1), mixed(2)};
  }
  return shades;
}

// One line of four-bit pixels through this row of tiles.
inline std::vector<png_byte> picture_line(Dice dice, std::uint32_t row, std::uint32_t width) {
  std::array<png_byte, picture_columns> shades{};
  for (std::uint32_t column = 0; column < picture_columns; ++column) {
    const std::uint32_t half = std::min(column, picture_columns - 1 - column);
    const Dice tile = dice.with("tile").with(row).with(half);
    const bool figure = half >= 3 && row >= 2 && row + 2 < picture_rows && tile.chance(0.55);
    shades[column] = static_cast<png_byte>(figure ? 10 + tile.bits() % 6 : std::min<std::uint32_t>(row * 10 / picture_rows, 9));
  }
  std::vector<png_byte> line((width + 1) / 2);
  for (std::uint32_t x = 0; x < width; ++x) {
    const png_byte shade = shades[static_cast<std::size_t>(std::uint64_t{x} * picture_columns / width)];
    line[x / 2] = static_cast<png_byte>(line[x / 2] | (x % 2 == 0 ? shade << 4 : shade));
  }
  return line;
}

}  // namespace detail

/// A PNG file of exactly this size, drawn from the prompt: the same prompt, seed and size give the same bytes, another prompt another
/// picture. `at_least`: so many bytes, by a chunk that no reader looks at.
///
/// Errors   `std::runtime_error` when libpng fails, which it does for sizes of zero or beyond a million pixels a side.
/// Threads  Any number.
/// Cost     Sixteen colours in tiles and the fastest compression: 1K about a millisecond, 4K tens.
[[nodiscard]] inline std::string draw_png(std::string_view prompt, std::uint64_t seed, gemini::Pixels size, std::size_t at_least = 0) {
  const Dice dice = Dice{seed}.with("picture").with(prompt);
  std::string file;

  const auto fail = [](png_structp, png_const_charp what) { throw std::runtime_error{std::string{"mock: libpng: "} + what}; };
  const auto append = [](png_structp png, png_bytep bytes, std::size_t count) {
    static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(bytes), count);
  };
  struct Writer {  // libpng's two structures, freed whatever happens
    png_structp png;
    png_infop info;
    ~Writer() { png_destroy_write_struct(&png, &info); }
  };
  Writer writer{png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, fail, [](png_structp, png_const_charp) {}), nullptr};
  if (!writer.png) throw std::runtime_error{"mock: libpng does not start"};
  writer.info = png_create_info_struct(writer.png);
  if (!writer.info) throw std::runtime_error{"mock: libpng does not start"};

  png_set_write_fn(writer.png, &file, append, nullptr);
  png_set_compression_level(writer.png, 1);
  png_set_compression_strategy(writer.png, Z_RLE);  // tiles are runs
  png_set_filter(writer.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  png_set_IHDR(writer.png, writer.info, size.width, size.height, 4, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_BASE,
               PNG_FILTER_TYPE_BASE);
  const auto colours = detail::palette(dice);
  png_set_PLTE(writer.png, writer.info, colours.data(), static_cast<int>(colours.size()));
  png_write_info(writer.png, writer.info);
  std::uint32_t drawn = detail::picture_rows;
  std::vector<png_byte> line;
  for (std::uint32_t y = 0; y < size.height; ++y) {
    const auto row = static_cast<std::uint32_t>(std::uint64_t{y} * detail::picture_rows / size.height);
    if (row != drawn) line = detail::picture_line(dice, drawn = row, size.width);
    png_write_row(writer.png, line.data());
  }
  if (at_least > file.size()) {
    static constexpr std::array<png_byte, 5> name{'p', 'a', 'D', 'd', 0};  // by its letters ancillary, private, safe to copy
    const std::vector<png_byte> padding(at_least - file.size());
    png_write_chunk(writer.png, name.data(), padding.data(), padding.size());
  }
  png_write_end(writer.png, nullptr);
  return file;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
