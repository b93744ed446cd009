// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// A secret that does not print itself: there is no conversion and no operator for a stream. Only the one who sends it calls `reveal()`.
class ApiKey {
 public:
  ApiKey() = default;
  explicit ApiKey(std::string secret) noexcept : secret_(std::move(secret)) {}

  /// The key of an environment variable; none when it is unset or empty.
  [[nodiscard]] static std::optional<ApiKey> from_environment(const char* name) {
    const char* value = std::getenv(name);
    if (!value || *value == '\0') return std::nullopt;
    return ApiKey{value};
  }

  /// The key where the service's own clients look for it: GOOGLE_API_KEY, else GEMINI_API_KEY.
  [[nodiscard]] static std::optional<ApiKey> from_environment() {
    auto key = from_environment("GOOGLE_API_KEY");
    return key ? key : from_environment("GEMINI_API_KEY");
  }

  [[nodiscard]] bool empty() const noexcept { return secret_.empty(); }
  [[nodiscard]] std::string_view reveal() const noexcept { return secret_; }

  /// Why it cannot stand in a header; empty when it can. Its format is not judged: keys come in several, and gateways have their own.
  [[nodiscard]] std::string_view problem() const noexcept {
    if (secret_.empty()) return "api_key: is empty";
    for (const char c : secret_)
      if (static_cast<unsigned char>(c) <= 0x20U || c == 0x7F) return "api_key: has a blank, a line break or a control character";
    return {};
  }

 private:
  std::string secret_;
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini
