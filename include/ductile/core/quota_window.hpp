// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>       // QuotaDimension
#include <ductile/core/quota_day.hpp>  // QuotaDay, pacific
#include <ductile/core/verdict.hpp>    // Duration, Verdict
#include <ductile/detail/min_max.hpp>
#include <ductile/detail/nearest.hpp>  // nearest

#include <chrono>
#include <cstdint>
#include <optional>

namespace ductile::inline DUCTILE_VERSION {

/// What an attempt uses up, or is expected to.
struct QuotaCost {
  std::int32_t requests = 1;
  std::int32_t images = 0;
  std::int32_t tokens = 0;        ///< Input tokens.
  std::int64_t microdollars = 0;  ///< Millionths of a US dollar.

  friend constexpr bool operator==(const QuotaCost&, const QuotaCost&) = default;
};

/// What a window counts.
enum class QuotaUnit : std::uint8_t { requests, images, tokens, microdollars };

/// That part of the cost.
[[nodiscard]] constexpr std::int64_t amount(const QuotaCost& cost, QuotaUnit unit) noexcept {
  switch (unit) {
    case QuotaUnit::requests: return cost.requests;
    case QuotaUnit::images: return cost.images;
    case QuotaUnit::tokens: return cost.tokens;
    case QuotaUnit::microdollars: return cost.microdollars;
  }
  return 0;
}

/// Which attempts count in a window. Before it has ended each counts as reserved.
enum class QuotaCounts : std::uint8_t {
  sent,      ///< All that were sent, failed ones too, but for those that were turned away at the door: 401, 403, 404, 429.
  all_sent,  ///< Those as well.
  delivered  ///< Successes alone.
};

/// What the service charges, for windows that count money.
struct QuotaPrices {
  double image = 0.0;           ///< US dollars for one image, 0 to 1000. With several targets: of the dearest.
  double million_tokens = 0.0;  ///< US dollars for a million input tokens, 0 to 1000.

  /// The price of so many, in millionths of a US dollar, rounded up.
  [[nodiscard]] constexpr std::int64_t of(std::int32_t images, std::int32_t tokens) const noexcept {
    constexpr double most = 1e15;  // far above what prices in their range come to
    const double sum = detail::min(image * 1e6 * images + million_tokens * tokens, most);
    const auto whole = static_cast<std::int64_t>(sum);
    return sum - static_cast<double>(whole) > 1e-6 ? whole + 1 : whole;  // one more for a millionth of it would be the arithmetic's
  }

  friend constexpr bool operator==(const QuotaPrices&, const QuotaPrices&) = default;
};

/// At most `limit` units in any span of this length, or in a day that ends at a midnight.
struct QuotaWindow {
  QuotaDimension dimension = QuotaDimension::requests_per_minute;  ///< The name by which a verdict speaks of it.
  QuotaUnit unit = QuotaUnit::requests;
  std::optional<std::int64_t> limit{};      ///< 0 to 1'000'000'000 (of money to 1'000'000'000'000); 0: closed. Empty: not known until the
                                            ///< service names it.
  Duration span = std::chrono::minutes{1};  ///< 1 s to 24 h. Without meaning where `day` is given.
  std::optional<QuotaDay> day{};            ///< Given: the window is that day, and not a span.
  QuotaCounts counts = QuotaCounts::sent;
  bool fixed = false;  ///< Whether the span begins anew at each full one of the calendar (UTC), and does not slide.

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

/// At most so many US dollars in any ten minutes, 0 to 1'000'000, to a millionth; `std::nullopt`: learnt from the service. What an attempt
/// costs says `QuotaOptions::prices`.
[[nodiscard]] constexpr QuotaWindow spend_per_ten_minutes(std::optional<double> dollars) noexcept {
  QuotaWindow window{.dimension = QuotaDimension::spend, .unit = QuotaUnit::microdollars, .span = std::chrono::minutes{10}};
  // What is no number, below zero or fits no integer becomes -1, which the policy refuses as it does all that is out of range.
  if (dollars) window.limit = *dollars >= 0.0 && *dollars <= 1e12 ? detail::nearest(*dollars * 1e6) : -1;
  return window;
}

/// The same window, counting only those: `counting(QuotaCounts::delivered, images_per_minute(10))`.
[[nodiscard]] constexpr QuotaWindow counting(QuotaCounts counts, QuotaWindow window) noexcept {
  window.counts = counts;
  return window;
}

/// The same window, not sliding but fixed to the calendar: `fixed(per_minute(15))` begins anew with each full minute. For services that say
/// so; twice the limit can fall into a span that holds such a moment. A day is fixed anyway, and stays as it is.
[[nodiscard]] constexpr QuotaWindow fixed(QuotaWindow window) noexcept {
  window.fixed = true;
  return window;
}

/// What an attempt counts for, once it has ended: the rule of every window in one place.
///
/// Requests count even when they fail, except those that were refused at the door (429, 401, 403, 404) or never sent. What came as a
/// success and was none was let in, whoever it says may not enter. Images count when
/// the service made some, withheld ones included, and when it may have (an answer that was lost or broke off, a timeout). Tokens count as
/// the service counted them; where it does not say, as reserved. Money counts as images and tokens do, unless the attempt is known to be
/// free.
///
/// \param reserved What was set aside for the attempt, and stands in for what the verdict does not say.
/// \param counts Which attempts count at all.
[[nodiscard]] constexpr QuotaCost quota_cost(const Verdict& verdict, const QuotaCost& reserved, QuotaCounts counts = QuotaCounts::sent,
                                             const QuotaPrices& prices = {}) noexcept {
  if (verdict.sent == Sent::no || (counts == QuotaCounts::delivered && !verdict.ok())) return {.requests = 0};
  const bool is_not_let_in = verdict.kind == Kind::auth || verdict.kind == Kind::permission || verdict.kind == Kind::not_found;
  const bool at_the_door = verdict.kind == Kind::rate_limit || verdict.kind == Kind::quota || (is_not_let_in && !verdict.reclassified);
  const bool refused = at_the_door && verdict.sent == Sent::yes && counts != QuotaCounts::all_sent;
  const bool may_have_made_images =
      verdict.ok() || verdict.sent == Sent::unknown || verdict.sent == Sent::delivered || verdict.kind == Kind::timeout;
  QuotaCost cost{.requests = refused ? 0 : reserved.requests,
                 .images = verdict.images > 0     ? verdict.images
                           : may_have_made_images ? reserved.images
                                                  : 0,
                 .tokens = verdict.tokens > 0 ? verdict.tokens
                           : refused          ? 0
                                              : reserved.tokens};
  if (verdict.billed != Billed::no) cost.microdollars = prices.of(verdict.billed == Billed::input ? 0 : cost.images, cost.tokens);
  return cost;
}

}  // namespace ductile::inline DUCTILE_VERSION
