// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// The formats that the service sends.
enum class ImageFormat : std::uint8_t { png, jpeg, webp };

[[nodiscard]] constexpr std::string_view mime_type(ImageFormat format) noexcept {
  return format == ImageFormat::png ? "image/png" : format == ImageFormat::jpeg ? "image/jpeg" : "image/webp";
}

/// With the dot: ".png".
[[nodiscard]] constexpr std::string_view file_extension(ImageFormat format) noexcept {
  return format == ImageFormat::png ? ".png" : format == ImageFormat::jpeg ? ".jpg" : ".webp";
}

/// What an image file says of itself.
struct ImageFacts {
  ImageFormat format = ImageFormat::png;
  std::uint32_t width = 0;   ///< Pixels, at least 1.
  std::uint32_t height = 0;  ///< Pixels, at least 1.
};

namespace detail {

/// Reads numbers out of bytes; beyond the end it reads zeros and remembers that it did.
class ByteReader {
 public:
  explicit constexpr ByteReader(std::string_view bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] constexpr std::size_t left() const noexcept { return bytes_.size(); }
  [[nodiscard]] constexpr bool good() const noexcept { return good_; }

  constexpr std::uint32_t byte() noexcept {
    if (bytes_.empty()) {
      good_ = false;
      return 0;
    }
    const auto value = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }
  constexpr std::uint32_t big(int count) noexcept {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8U | byte();
    return value;
  }
  constexpr std::uint32_t little(int count) noexcept {
    std::uint32_t value = 0;
    for (int i = 0; i < count; ++i) value |= byte() << static_cast<unsigned>(8 * i);
    return value;
  }
  constexpr std::string_view take(std::size_t count) noexcept {
    if (count > bytes_.size()) {
      good_ = false;
      count = bytes_.size();
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

// Slicing by eight: 0.4 ms for a megabyte; byte by byte it takes three.
inline constexpr auto crc_tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t n = 0; n < 256; ++n) {
    std::uint32_t value = n;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1U) : value >> 1U;
    tables[0][n] = value;
  }
  for (std::size_t t = 1; t < tables.size(); ++t)
    for (std::size_t n = 0; n < 256; ++n) tables[t][n] = tables[0][tables[t - 1][n] & 0xFFU] ^ (tables[t - 1][n] >> 8U);
  return tables;
}();

/// CRC-32 as in PNG, zip and Ethernet.
[[nodiscard]] constexpr std::uint32_t crc32(std::string_view bytes) noexcept {
  std::uint32_t sum = 0xFFFFFFFFU;
  const auto at = [&bytes](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    const std::uint32_t low = sum ^ (at(0) | at(1) << 8U | at(2) << 16U | at(3) << 24U);
    sum = crc_tables[7][low & 0xFFU] ^ crc_tables[6][(low >> 8U) & 0xFFU] ^ crc_tables[5][(low >> 16U) & 0xFFU] ^
          crc_tables[4][low >> 24U] ^ crc_tables[3][at(4)] ^ crc_tables[2][at(5)] ^ crc_tables[1][at(6)] ^ crc_tables[0][at(7)];
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) sum = crc_tables[0][(sum ^ at(i)) & 0xFFU] ^ (sum >> 8U);
  return sum ^ 0xFFFFFFFFU;
}

inline constexpr std::string_view png_signature{"\x89PNG\r\n\x1A\n"};

// Every chunk with its sum, IHDR first, pixels before IEND, nothing after it.
[[nodiscard]] constexpr std::optional<ImageFacts> check_png(std::string_view bytes) noexcept {
  ByteReader reader{bytes};
  reader.take(png_signature.size());
  ImageFacts facts{ImageFormat::png};
  bool pixels = false;
  for (bool first = true; reader.good(); first = false) {
    const std::uint32_t length = reader.big(4);
    if (length > reader.left()) return std::nullopt;
    const std::string_view chunk = reader.take(std::size_t{length} + 4);  // the type, then the data
    const std::uint32_t sum = reader.big(4);
    if (!reader.good() || crc32(chunk) != sum) return std::nullopt;
    const std::string_view type = chunk.substr(0, 4);
    if (first != (type == "IHDR")) return std::nullopt;
    if (first) {
      if (length != 13) return std::nullopt;
      ByteReader header{chunk.substr(4)};
      facts.width = header.big(4);
      facts.height = header.big(4);
    }
    pixels = pixels || (type == "IDAT" && length > 0);
    if (type == "IEND") return pixels && reader.left() == 0 && facts.width > 0 && facts.height > 0 ? std::optional{facts} : std::nullopt;
  }
  return std::nullopt;
}

// The next marker: at once, or after the entropy-coded data of a scan, in which a stuffed 0 and restarts are none. 0 when there is none.
[[nodiscard]] constexpr std::uint32_t next_jpeg_marker(ByteReader& reader, bool in_scan) noexcept {
  while (reader.good()) {
    std::uint32_t byte = reader.byte();
    if (byte != 0xFFU) {
      if (!in_scan) return 0;
      continue;
    }
    while (byte == 0xFFU) byte = reader.byte();  // fill bytes
    const bool within_data = byte == 0 || (byte >= 0xD0U && byte <= 0xD7U);
    if (!in_scan || !within_data) return byte;
  }
  return 0;
}

// Every marker segment, a frame header, at least one scan, EOI. (What follows EOI is tolerated: some encoders pad.)
[[nodiscard]] constexpr std::optional<ImageFacts> check_jpeg(std::string_view bytes) noexcept {
  constexpr std::uint32_t end_of_image = 0xD9;
  constexpr std::uint32_t start_of_scan = 0xDA;
  ByteReader reader{bytes};
  reader.take(2);  // SOI
  ImageFacts facts{ImageFormat::jpeg};
  bool scan = false;
  bool in_scan = false;
  while (const std::uint32_t marker = next_jpeg_marker(reader, in_scan)) {
    if (marker == end_of_image) return scan && facts.width > 0 && facts.height > 0 ? std::optional{facts} : std::nullopt;
    const std::uint32_t length = reader.big(2);
    if (length < 2) return std::nullopt;
    ByteReader segment{reader.take(length - 2)};
    const bool frame = marker >= 0xC0U && marker <= 0xCFU && marker != 0xC4U && marker != 0xC8U && marker != 0xCCU;
    if (frame) {
      segment.byte();  // precision
      facts.height = segment.big(2);
      facts.width = segment.big(2);
      if (!segment.good()) return std::nullopt;
    }
    in_scan = marker == start_of_scan;
    scan = scan || in_scan;
  }
  return std::nullopt;
}

// RIFF with the length of the file, chunks within it, the size from the first that has it.
[[nodiscard]] constexpr std::optional<ImageFacts> check_webp(std::string_view bytes) noexcept {
  ByteReader reader{bytes};
  reader.take(4);
  const std::uint32_t size = reader.little(4);
  if (size < 4 || std::size_t{size} > reader.left()) return std::nullopt;
  reader.take(4);  // "WEBP"
  ImageFacts facts{ImageFormat::webp};
  bool pixels = false;
  for (std::size_t left = size - 4; left >= 8;) {
    const std::string_view type = reader.take(4);
    const std::uint32_t length = reader.little(4);
    left -= 8;
    const std::size_t padded = std::size_t{length} + (length & 1U);
    if (padded > left) return std::nullopt;
    ByteReader chunk{reader.take(padded).substr(0, length)};
    left -= padded;
    if (type == "VP8X") {
      chunk.take(4);
      facts.width = chunk.little(3) + 1;
      facts.height = chunk.little(3) + 1;
      if (!chunk.good()) return std::nullopt;
    } else if (type == "VP8 ") {
      chunk.take(3);
      const bool start = chunk.take(3) == "\x9D\x01\x2A";
      const std::uint32_t width = chunk.little(2) & 0x3FFFU;
      const std::uint32_t height = chunk.little(2) & 0x3FFFU;
      if (!start || !chunk.good()) return std::nullopt;
      if (facts.width == 0) facts = {ImageFormat::webp, width, height};
      pixels = true;
    } else if (type == "VP8L") {
      const bool start = chunk.byte() == 0x2FU;
      const std::uint32_t bits = chunk.little(4);
      if (!start || !chunk.good()) return std::nullopt;
      if (facts.width == 0) facts = {ImageFormat::webp, (bits & 0x3FFFU) + 1, ((bits >> 14U) & 0x3FFFU) + 1};
      pixels = true;
    } else if (type == "ANMF") {
      pixels = true;
    }
  }
  return pixels && facts.width > 0 && facts.height > 0 ? std::optional{facts} : std::nullopt;
}

}  // namespace detail

/// The format that the first bytes show; none when they show none that we know.
[[nodiscard]] constexpr std::optional<ImageFormat> sniff_image(std::string_view bytes) noexcept {
  if (bytes.starts_with(detail::png_signature)) return ImageFormat::png;
  if (bytes.starts_with("\xFF\xD8\xFF")) return ImageFormat::jpeg;
  if (bytes.size() >= 12 && bytes.starts_with("RIFF") && bytes.substr(8, 4) == "WEBP") return ImageFormat::webp;
  return std::nullopt;
}

/// Checks an image file from its header to its end, without decoding pixels: a file that is cut or (in PNG) has a wrong byte is none.
///
/// Cost     One pass; never allocates.
/// Source   PNG: ISO/IEC 15948; JPEG: ITU T.81 annex B; WebP: RFC 9649.
[[nodiscard]] constexpr std::optional<ImageFacts> check_image(std::string_view bytes) noexcept {
  const auto format = sniff_image(bytes);
  if (!format) return std::nullopt;
  return *format == ImageFormat::png    ? detail::check_png(bytes)
         : *format == ImageFormat::jpeg ? detail::check_jpeg(bytes)
                                        : detail::check_webp(bytes);
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
