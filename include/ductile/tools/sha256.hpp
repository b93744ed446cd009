// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::tools {

/// The SHA-256 of some bytes, as 64 hexadecimal digits.
[[nodiscard]] inline std::string sha256(std::string_view bytes) {
  std::array<unsigned char, 32> sum{};
  if (EVP_Digest(bytes.data(), bytes.size(), sum.data(), nullptr, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error{"OpenSSL cannot compute a SHA-256"};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * sum.size());
  for (const unsigned char byte : sum) {
    text.push_back(digits[byte >> 4U]);
    text.push_back(digits[byte & 15U]);
  }
  return text;
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
