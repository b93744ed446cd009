// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/price.hpp>            // Price
#include <ductile/mock/verdict/finding.hpp>  // Fault, Finding

#include <algorithm>
#include <cstdint>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What a server can say about its client: the faults that it saw, and what the run cost.
struct ClientVerdict {
  std::vector<Finding> findings{};  ///< In the order of `Fault`.
  Price useful{};                   ///< Of the requests that got what they asked for.
  Price wasted{};                   ///< Of the others, whoever's fault it was.

  [[nodiscard]] bool clean() const noexcept { return findings.empty(); }

  /// How often that fault was seen.
  [[nodiscard]] std::uint64_t count(Fault fault) const noexcept {
    const auto found = std::find_if(findings.begin(), findings.end(), [fault](const Finding& finding) { return finding.fault == fault; });
    return found == findings.end() ? 0 : found->count;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
