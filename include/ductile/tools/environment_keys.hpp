// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/detail/ascii.hpp>    // is_digit
#include <ductile/gemini/api_key.hpp>  // ApiKey
#include <ductile/tools/known_secrets.hpp>
#include <ductile/tools/problem.hpp>  // misuse

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The keys that the environment holds.
namespace ductile::inline DUCTILE_VERSION::tools {

/// The key of the variable that `--key-env` names.
///
/// Errors   `Problem` where it has none. The name is said only where it has the letters of one: what stands there may be the key itself.
[[nodiscard]] inline gemini::ApiKey key_of_variable(const std::string& name) {
  if (auto key = gemini::ApiKey::from_environment(name.c_str())) return *std::move(key);
  const auto of_name = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || ductile::detail::is_digit(c); };
  const bool is_name = std::ranges::all_of(name, of_name) && !ductile::detail::is_digit(name.front());
  throw misuse("--key-env: there is no key in the environment variable " + (is_name ? "'" + name + "'" : std::string{"that it names"}));
}

/// The keys of all variables in which the client looks for its own, whichever it takes.
[[nodiscard]] inline KnownSecrets keys_of_environment() {
  std::vector<std::string_view> keys;
  for (const char* const name : {"GOOGLE_API_KEY", "GEMINI_API_KEY"})
    if (const char* const key = std::getenv(name)) keys.emplace_back(key);
  return KnownSecrets{std::move(keys)};
}

}  // namespace ductile::inline DUCTILE_VERSION::tools
