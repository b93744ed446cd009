// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/price.hpp>            // Price
#include <ductile/mock/verdict/finding.hpp>  // Finding

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What a server can say about its client: the faults that it saw, and what the run cost.
struct ClientVerdict {
  std::vector<Finding> findings{};  ///< In the order of `Fault`.
  Price useful{};                   ///< Of the requests that got what they asked for.
  Price wasted{};                   ///< Of the others, whoever's fault it was.

  [[nodiscard]] bool clean() const noexcept { return findings.empty(); }

  /// How often the fault of that name was seen: "retried_non_retryable".
  [[nodiscard]] std::uint64_t count(std::string_view name) const noexcept {
    const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) { return finding.name() == name; });
    return found == findings.end() ? 0 : found->count;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
