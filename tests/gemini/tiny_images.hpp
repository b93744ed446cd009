// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/gemini/base64.hpp>
#include <ductile/gemini/image_file.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Image files with a true frame and no picture in it: what a check of the frame needs.
namespace tiny {

inline std::string big(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes; i-- > 0;) text.push_back(static_cast<char>(static_cast<unsigned char>(value >> static_cast<unsigned>(8 * i))));
  return text;
}

inline std::string little(std::uint32_t value, int bytes) {
  const std::string reversed = big(value, bytes);
  return {reversed.rbegin(), reversed.rend()};
}

inline std::string chunk(std::string_view type, std::string_view data) {
  const std::string summed = std::string{type} + std::string{data};
  return big(static_cast<std::uint32_t>(data.size()), 4) + summed + big(ductile::gemini::detail::crc32(summed), 4);
}

inline std::string png(std::uint32_t width, std::uint32_t height, std::size_t pixels = 64) {
  return std::string{"\x89PNG\r\n\x1A\n"} + chunk("IHDR", big(width, 4) + big(height, 4) + std::string{"\x08\x02\0\0\0", 5}) +
         chunk("IDAT", std::string(pixels, 'p')) + chunk("IEND", "");
}

inline std::string jpeg(std::uint32_t width, std::uint32_t height) {
  const std::string frame = std::string{"\x08"} + big(height, 2) + big(width, 2) + "\x01\x01\x11" + std::string(1, '\0');
  return std::string{"\xFF\xD8\xFF\xE0"} + big(16, 2) + std::string("JFIF\0\1\1\0\0\1\0\1\0\0", 14) + "\xFF\xC0" +
         big(static_cast<std::uint32_t>(frame.size() + 2), 2) + frame + "\xFF\xDA" + big(8, 2) + std::string("\1\1\0\0\77\0", 6) +
         std::string("data\xFF\0data\xFF\xD0rest", 15) + "\xFF\xD9";
}

inline std::string webp(std::uint32_t width, std::uint32_t height) {
  const std::string data = std::string{"\x2F"} + little((width - 1) | (height - 1) << 14U, 4) + "xyz";
  const std::string body = "WEBPVP8L" + little(static_cast<std::uint32_t>(data.size()), 4) + data;
  return "RIFF" + little(static_cast<std::uint32_t>(body.size()), 4) + body;
}

/// A whole answer with that image, as the service writes it.
inline std::string answer(std::string_view image, std::string_view mime = "image/png") {
  return R"({"candidates":[{"content":{"role":"model","parts":[{"text":"**Planning**","thought":true},)"
         R"({"inlineData":{"mimeType":"image/png","data":"ZHJhZnQ="},"thought":true},{"text":"Here you are."},)"
         R"({"inlineData":{"mimeType":")" +
         std::string{mime} + R"(","data":")" + ductile::gemini::encode_base64(image) +
         R"("},"thoughtSignature":"c2lnbmVk"}]},"finishReason":"STOP","index":0}],)"
         R"("usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1120,"thoughtsTokenCount":240,"totalTokenCount":1369},)"
         R"("modelVersion":"gemini-3-pro-image","responseId":"abc"})";
}

}  // namespace tiny
