// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // ConfigError
#include <ductile/gemini/redact.hpp>      // shortened
#include <ductile/mock/json_reading.hpp>  // Member, read_members, written_members
#include <ductile/mock/quota.hpp>         // find_tier, known_tiers, TextLimits, Tier

#include <boost/json.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

template <class T, std::int64_t T::* member>
constexpr Member<T> limit(std::string_view name) {
  return {
      name,
      [](const Json& value, const std::string& path, T& into) { into.*member = static_cast<std::int64_t>(whole(value, path, 0, 1e12)); },
      [](const T& from) -> Json { return from.*member; }};
}

inline constexpr std::array text_limit_members{limit<TextLimits, &TextLimits::requests_per_minute>("rpm"),
                                               limit<TextLimits, &TextLimits::tokens_per_minute>("tpm"),
                                               limit<TextLimits, &TextLimits::requests_per_day>("rpd")};

inline constexpr std::array tier_members{
    Member<Tier>{"name", [](const Json& value, const std::string& path, Tier& into) { into.name = text(value, path); },
                 [](const Tier& from) -> Json { return boost::json::string(from.name); }},
    limit<Tier, &Tier::requests_per_minute>("rpm"),
    limit<Tier, &Tier::tokens_per_minute>("tpm"),
    limit<Tier, &Tier::images_per_minute>("ipm"),
    limit<Tier, &Tier::requests_per_day>("rpd"),
    limit<Tier, &Tier::tokens_per_day>("tpd"),
    Member<Tier>{"dollars_per_ten_minutes",
                 [](const Json& value, const std::string& path, Tier& into) {
                   into.nanodollars_per_ten_minutes = std::llround(number(value, path, 0, 1e6) * 1e9);
                 },
                 [](const Tier& from) -> Json { return static_cast<double>(from.nanodollars_per_ten_minutes) / 1e9; }},
    Member<Tier>{"text",
                 [](const Json& value, const std::string& path, Tier& into) {
                   read_members<TextLimits>(object(value, path), path, text_limit_members, into.text.emplace());
                 },
                 [](const Tier& from) -> Json {
                   if (!from.text) return nullptr;
                   return written_members<TextLimits>(*from.text, {}, text_limit_members);
                 }}};

}  // namespace detail

/// The tier of that name. \param path What names it, for the refusal.
///
/// Errors   `ConfigError` that names the known ones.
[[nodiscard]] inline Tier tier_named(std::string_view name, std::string_view path = "tier") {
  if (auto tier = find_tier(name)) return *std::move(tier);
  std::string known;
  std::vector<std::string> names;
  for (Tier& tier : known_tiers()) {
    known += (known.empty() ? "" : ", ") + tier.name;
    names.push_back(std::move(tier.name));
  }
  throw ConfigError{std::string{path} + " must be one of " + known + "; it is '" + gemini::shortened(name, 80) + "'" +
                    detail::nearest_of(name, names)};
}

/// The tier of a JSON object of limits, or the known one of that name. \param path Where it stands in its file, for refusals.
[[nodiscard]] inline Tier read_tier(const boost::json::value& value, const std::string& path) {
  if (value.is_string()) return tier_named(detail::text(value, path), path);
  if (!value.is_object()) detail::refuse_json(path + " must be a tier's name, or an object of limits; it is " + detail::quoted(value));
  Tier tier{.name = "custom"};
  detail::read_members<Tier>(value.as_object(), path, detail::tier_members, tier);
  return tier;
}

/// What `read_tier` reads back.
[[nodiscard]] inline boost::json::value written_tier(const Tier& tier) {
  using detail::tier_members;
  const auto known = find_tier(tier.name);
  if (known && detail::written_members<Tier>(tier, *known, tier_members).empty()) return boost::json::string(tier.name);
  return detail::written_members<Tier>(tier, Tier{.name = "custom"}, tier_members);
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
