// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>  // TargetSet

#include <concepts>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// One place that an operation can go to. Policies look only at its price; its limits choose the targets of a call (`able_targets`), and
/// the rest is for the operation.
struct Target {
  std::string name;  ///< How reports and metrics call it: never a URL or a key.
  std::string model{};
  std::string base_url{};
  std::string project{};   ///< Whose quota it is.
  std::string key_name{};  ///< Which key the transport takes (the name of an environment variable, not the key).
  std::string region{};
  std::vector<std::string> sizes{};   ///< Image sizes it can make ("1K"); empty: any.
  std::optional<double> price{};      ///< USD for one request of the ordinary size, not below 0; none: not known.
  std::vector<std::string> ratios{};  ///< Aspect ratios it can make ("16:9"); empty: any.
  std::string quota_group{};          ///< Targets with the same one share a ledger and rests for quota; empty: by project, else key.
};

/// A `FallbackOptions::price_ceiling` that no price is above.
inline constexpr double any_price = std::numeric_limits<double>::infinity();

/// Whether the target's limits allow a request of that size and ratio; an empty one is not asked for.
[[nodiscard]] inline bool can_make(const Target& target, std::string_view size, std::string_view ratio) {
  const auto allows = [](const std::vector<std::string>& limits, std::string_view asked) {
    bool found = asked.empty() || limits.empty();
    for (const std::string& limit : limits) found = found || limit == asked;
    return found;
  };
  return allows(target.sizes, size) && allows(target.ratios, ratio);
}

/// The targets that `is_able(target)` holds for, for `CallOptions::targets`; none when it holds for no target, since there an empty set
/// means all.
template <std::predicate<const Target&> Predicate>
[[nodiscard]] std::optional<TargetSet> able_targets(std::span<const Target> targets, const Predicate& is_able) {
  TargetSet able = 0;
  for (std::size_t i = 0; i < targets.size() && i < most_targets; ++i)
    if (is_able(targets[i])) able = static_cast<TargetSet>(able | (1U << i));
  return able != 0 ? std::optional{able} : std::nullopt;
}

/// The targets whose limits allow a request of that size and ratio.
[[nodiscard]] inline std::optional<TargetSet> able_targets(std::span<const Target> targets, std::string_view size,
                                                           std::string_view ratio = {}) {
  return able_targets(targets, [&](const Target& target) { return can_make(target, size, ratio); });
}

}  // namespace ductile::inline DUCTILE_VERSION
