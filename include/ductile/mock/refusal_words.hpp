// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/mock/detail/seconds.hpp>
#include <ductile/mock/dice.hpp>                // Dice
#include <ductile/mock/quota.hpp>               // QuotaViolation
#include <ductile/mock/quota_errors.hpp>        // only_minutes, QuotaWords
#include <ductile/mock/service_parameters.hpp>  // ServiceParameters

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// How much the 429 of a full window says, and what of it is true.
///
/// \param lies Whether the hint is shorter than the wait that helps; none: as the service has it, true for a minute and seconds for a day.
/// Where it is not to lie and no wait helps, there is no hint.
/// \param dice This call's own.
[[nodiscard]] inline QuotaWords refusal_words(const std::vector<QuotaViolation>& full, bool free, const ServiceParameters& parameters,
                                              std::optional<bool> lies, Dice dice) {
  QuotaWords said{.free = free};
  if (dice.with("detail").chance(parameters.quota_detail_present)) said.violations = full;
  if (!dice.with("hint").chance(parameters.retry_info_present)) return said;
  Duration longest{};
  for (const QuotaViolation& violation : full) longest = std::max(longest, violation.opens_in);
  if (lies.value_or(!only_minutes(full))) {
    const Duration part = detail::from_seconds(dice.with("part").between(0.1, 0.6) * detail::in_seconds(longest));
    const Duration lie = detail::from_seconds(dice.with("lie").between(parameters.daily_hint.low, parameters.daily_hint.high));
    said.hint = only_minutes(full) ? part : std::min(lie, part);
  } else if (std::none_of(full.begin(), full.end(), [](const QuotaViolation& violation) { return violation.limit == 0; })) {
    // The detail drops a fraction of a second, which would be a lie again.
    said.hint = lies ? Duration{std::chrono::ceil<std::chrono::seconds>(longest)} : longest;
  }
  return said;
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
