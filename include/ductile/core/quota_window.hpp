// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>       // QuotaDimension
#include <ductile/core/quota_day.hpp>  // QuotaDay, pacific
#include <ductile/core/verdict.hpp>    // Duration, Verdict

#include <chrono>
#include <cstdint>
#include <optional>

namespace ductile::inline DUCTILE_VERSION {

/// What an attempt uses up, or is expected to.
struct QuotaCost {
  std::int32_t requests = 1;
  std::int32_t images = 0;
  std::int32_t tokens = 0;  ///< Input tokens.

  friend constexpr bool operator==(const QuotaCost&, const QuotaCost&) = default;
};

/// What a window counts.
enum class QuotaUnit : std::uint8_t { requests, images, tokens };

/// That part of the cost.
[[nodiscard]] constexpr std::int32_t amount(const QuotaCost& cost, QuotaUnit unit) noexcept {
  return unit == QuotaUnit::requests ? cost.requests : unit == QuotaUnit::images ? cost.images : cost.tokens;
}

/// At most `limit` units in any span of this length, or in a day that ends at a midnight.
struct QuotaWindow {
  QuotaDimension dimension = QuotaDimension::requests_per_minute;  ///< The name by which a verdict speaks of it.
  QuotaUnit unit = QuotaUnit::requests;
  std::optional<std::int64_t> limit{};      ///< 0 to 1'000'000'000; 0: closed. Empty: not known until the service names it.
  Duration span = std::chrono::minutes{1};  ///< 1 s to 24 h. Without meaning where `day` is given.
  std::optional<QuotaDay> day{};            ///< Given: the window is that day, and not a span.

  /// Whether it is a day, and no span.
  [[nodiscard]] constexpr bool daily() const noexcept { return day.has_value(); }

  friend constexpr bool operator==(const QuotaWindow&, const QuotaWindow&) = default;
};

/// At most `limit` requests in any 60 seconds; `std::nullopt`: learnt from the service.
[[nodiscard]] constexpr QuotaWindow per_minute(std::optional<std::int64_t> limit) noexcept {
  return {.dimension = QuotaDimension::requests_per_minute, .unit = QuotaUnit::requests, .limit = limit};
}
/// At most `limit` input tokens in any 60 seconds; `std::nullopt`: learnt from the service.
[[nodiscard]] constexpr QuotaWindow tokens_per_minute(std::optional<std::int64_t> limit) noexcept {
  return {.dimension = QuotaDimension::tokens_per_minute, .unit = QuotaUnit::tokens, .limit = limit};
}
/// At most `limit` images in any 60 seconds; `std::nullopt`: learnt from the service.
[[nodiscard]] constexpr QuotaWindow images_per_minute(std::optional<std::int64_t> limit) noexcept {
  return {.dimension = QuotaDimension::images_per_minute, .unit = QuotaUnit::images, .limit = limit};
}
/// At most `limit` requests a day; `std::nullopt`: learnt from the service.
[[nodiscard]] constexpr QuotaWindow per_day(std::optional<std::int64_t> limit, QuotaDay day = pacific) noexcept {
  return {.dimension = QuotaDimension::requests_per_day, .unit = QuotaUnit::requests, .limit = limit, .day = day};
}
/// At most `limit` input tokens a day; `std::nullopt`: learnt from the service.
[[nodiscard]] constexpr QuotaWindow tokens_per_day(std::optional<std::int64_t> limit, QuotaDay day = pacific) noexcept {
  return {.dimension = QuotaDimension::tokens_per_day, .unit = QuotaUnit::tokens, .limit = limit, .day = day};
}

/// What an attempt counts for, once it has ended: the rule of every window in one place.
///
/// Requests count even when they fail, except those that were refused at the door (429, 401, 403, 404) or never sent. Images count when
/// the service made some, withheld ones included, and when it may have (a lost answer, a timeout). Tokens count as the service counted
/// them; where it does not say, as reserved.
///
/// \param reserved What was set aside for the attempt, and stands in for what the verdict does not say.
/// \param count_refusals Whether a refusal counts like a failure.
[[nodiscard]] constexpr QuotaCost quota_cost(const Verdict& verdict, const QuotaCost& reserved, bool count_refusals = false) noexcept {
  if (verdict.sent == Sent::no) return {.requests = 0};
  const bool at_the_door = verdict.kind == Kind::rate_limit || verdict.kind == Kind::quota || verdict.kind == Kind::auth ||
                           verdict.kind == Kind::permission || verdict.kind == Kind::not_found;
  const bool refused = at_the_door && verdict.sent == Sent::yes && !count_refusals;
  const bool may_have_made_images = verdict.ok() || verdict.sent == Sent::unknown || verdict.kind == Kind::timeout;
  return {.requests = refused ? 0 : reserved.requests,
          .images = verdict.images > 0     ? verdict.images
                    : may_have_made_images ? reserved.images
                                           : 0,
          .tokens = verdict.tokens > 0 ? verdict.tokens
                    : refused          ? 0
                                       : reserved.tokens};
}

}  // namespace ductile::inline DUCTILE_VERSION
