// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/result.hpp>              // Failure, Result, Verdict
#include <ductile/policies/fallback_chain.hpp>  // FallbackOptions

#include <string>

// What the tests of the chain call.
namespace support {

// Targets "a", "b", ...
inline ductile::FallbackOptions targets(unsigned count) {
  ductile::FallbackOptions options;
  options.rest_jitter = 0.0;
  for (unsigned i = 0; i < count; ++i) options.targets.push_back({.name = std::string(1, static_cast<char>('a' + i))});
  return options;
}

inline ductile::Result<int> fails(const ductile::Verdict& verdict) { return ductile::Failure{verdict}; }

}  // namespace support
