// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <concepts>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools {

/// Secrets that must not be said, whatever they look like: views of what must live longer. None, one, or a list.
class KnownSecrets {
 public:
  KnownSecrets() = default;
  template <std::convertible_to<std::string_view> Secret>
  KnownSecrets(const Secret& secret) : secrets_{std::string_view{secret}} {}
  explicit KnownSecrets(std::vector<std::string_view> secrets) noexcept : secrets_(std::move(secrets)) {}

  /// The first of them, for what knows of one alone; empty where there is none.
  [[nodiscard]] std::string_view first() const noexcept { return secrets_.empty() ? std::string_view{} : secrets_.front(); }

  [[nodiscard]] auto begin() const noexcept { return secrets_.begin(); }
  [[nodiscard]] auto end() const noexcept { return secrets_.end(); }

 private:
  std::vector<std::string_view> secrets_;
};

}  // namespace ductile::inline DUCTILE_VERSION::tools
