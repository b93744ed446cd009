// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>  // QuotaDimension
#include <ductile/detail/ascii.hpp>
#include <ductile/gemini/classification.hpp>  // QuotaScope
#include <ductile/gemini/wordings.hpp>        // words_for_months

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What the name of a quota says. Names are read by their parts, never compared whole: new ones are made of the old parts.
//   GenerateRequests | GenerateContentInputTokens | ...  then PerDay | PerMinute, PerProject, PerModel | PerRegion in any order, then
//   -FreeTier | -SharedProject; metrics say the same in small letters: generate_requests_per_model_per_day
namespace ductile::inline DUCTILE_VERSION::gemini::detail {

using namespace ductile::detail;  // the ASCII helpers

enum class Window : std::uint8_t { unknown, second, minute, hour, day, month };  // the longer, the later it opens; a week is as a month

struct QuotaName {
  Window window = Window::unknown;
  bool tokens = false;
  bool images = false;
  bool spend = false;
  bool at_once = false;  // counts what is under way, in no window at all
  bool shared_project = false;
  QuotaScope scope = QuotaScope::unknown;
  std::optional<bool> free_tier;

  [[nodiscard]] QuotaDimension dimension() const noexcept {
    if (spend) return QuotaDimension::spend;
    if (at_once || window == Window::second || window == Window::hour || window == Window::month) return QuotaDimension::other;
    if (window == Window::day)
      return tokens ? QuotaDimension::tokens_per_day : images ? QuotaDimension::other : QuotaDimension::requests_per_day;
    return tokens ? QuotaDimension::tokens_per_minute : images ? QuotaDimension::images_per_minute : QuotaDimension::requests_per_minute;
  }
};

/// Reads a name in any case, its words joined, or parted by underscores or blanks.
[[nodiscard]] inline QuotaName quota_name(std::string_view written) {
  const std::string text = lowered(written);
  const auto has = [&text](std::string_view joined, std::string_view parted, std::string_view spaced) {
    return contains(text, joined) || contains(text, parted) || contains(text, spaced);
  };
  QuotaName name;
  if (has("perday", "per_day", "per day") || contains(text, "per-day")) {
    name.window = Window::day;
  } else if (has("perminute", "per_minute", "per minute") || contains(text, "per-min")) {
    name.window = Window::minute;
  } else if (has("permonth", "per_month", "per month") || has("perweek", "per_week", "per week")) {
    name.window = Window::month;
  } else if (has("perhour", "per_hour", "per hour")) {
    name.window = Window::hour;
  } else if (has("persecond", "per_second", "per second")) {
    name.window = Window::second;
  } else if (std::ranges::any_of(words_for_months, [&text](std::string_view span) { return contains(text, span); })) {
    name.window = Window::month;
  }
  // Vertex counts these by the minute and does not say so in the name.
  if (name.window == Window::unknown && (contains(text, "online_prediction") || contains(text, "online prediction")))
    name.window = Window::minute;
  name.tokens = contains(text, "token");
  name.images = contains(text, "images");
  name.spend = contains(text, "spend");
  name.at_once = contains(text, "concurrent") || contains(text, "enqueued");
  name.shared_project = has("sharedproject", "shared_project", "shared project");
  if (has("perregion", "per_region", "for a region") || contains(text, "regional_")) {
    name.scope = QuotaScope::per_region;
  } else if (has("permodel", "per_model", "per model") || has("perbasemodel", "per_base_model", "per base model")) {
    name.scope = QuotaScope::per_project_per_model;
  } else if (has("peruser", "per_user", "per user")) {
    name.scope = QuotaScope::per_user;
  } else if (has("perproject", "per_project", "per project")) {
    name.scope = QuotaScope::per_project;
  } else if (contains(text, "googleapis.com/generate_content")) {
    name.scope = QuotaScope::per_project_per_model;  // the Gemini API counts per project and model, says it or not
  }
  if (has("freetier", "free_tier", "free tier")) name.free_tier = true;
  if (has("paidtier", "paid_tier", "paid tier")) name.free_tier = false;
  return name;
}

/// "rpm", "tpd": what the documentation calls its limits. `word` is in lower case.
[[nodiscard]] constexpr std::optional<QuotaName> quota_of_initials(std::string_view word) noexcept {
  constexpr std::string_view counted{"rti"};  // requests, tokens, images
  if (word.size() != 3 || word[1] != 'p' || !contains(counted, word.substr(0, 1)) || (word[2] != 'm' && word[2] != 'd'))
    return std::nullopt;
  QuotaName name;
  name.window = word[2] == 'd' ? Window::day : Window::minute;
  name.tokens = word[0] == 't';
  name.images = word[0] == 'i';
  return name;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini::detail
