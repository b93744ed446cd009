// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>    // ConfigError
#include <ductile/detail/nearest_word.hpp>  // nearest_word
#include <ductile/gemini/redact.hpp>        // shortened
#include <ductile/tools/lab/baselines/dotnet.hpp>
#include <ductile/tools/lab/baselines/full_jitter.hpp>
#include <ductile/tools/lab/baselines/none.hpp>
#include <ductile/tools/lab/baselines/sdk_retries.hpp>
#include <ductile/tools/lab/baselines/seed_class.hpp>
#include <ductile/tools/lab/baselines/seed_retry.hpp>
#include <ductile/tools/lab/ductile_strategies.hpp>
#include <ductile/tools/lab/world.hpp>  // World

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// A way to get a world's jobs done.
struct Strategy {
  std::string_view name;
  std::string_view what;
  void (*play)(World& world);  ///< Asks, receives, and returns when nothing is under way any more.
};

/// All that are built in.
inline constexpr std::array<Strategy, 12> all_strategies{{
    {"none", "one call, as google-genai does by default", &no_retries},
    {"seed-retry", "five calls, only a 429 is tried again", &seed_retry},
    {"seed-class", "two models in turn and a breaker over the chain", &seed_class},
    {"sdk-retries", "google-genai with its retries on", &sdk_retries},
    {"sdk-retries-fallback", "the same, then the same at the other model", &sdk_retries_fallback},
    {"jitter5", "full jitter, five calls", &jitter5},
    {"jitter-deadline", "full jitter until the deadline", &jitter_deadline},
    {"jitter-both", "the same with two models in turn", &jitter_both},
    {"jitter-both-reword", "the same, and up to three rewordings", &jitter_both_reword},
    {"dotnet-long", ".NET's standard handler with 120 s and 300 s", &dotnet_long},
    {"ductile", "gemini::resilient with its defaults", &play_ductile},
    {"ductile-shared", "the same, and the processes share the quota", &play_ductile_shared},
}};

/// The strategy of that name.
///
/// \param what Where the name was given, for the error.
/// Errors   `ConfigError` that names the known ones.
[[nodiscard]] inline const Strategy& strategy_named(std::string_view name, std::string_view what = "--strategy") {
  const auto found = std::ranges::find(all_strategies, name, &Strategy::name);
  if (found != all_strategies.end()) return *found;
  std::string known;
  std::vector<std::string_view> names;
  for (const Strategy& each : all_strategies) {
    known.append(known.empty() ? "" : ", ").append(each.name);
    names.push_back(each.name);
  }
  const std::string_view nearest = ductile::detail::nearest_word(name, names);
  throw ConfigError{std::string{what} + " must be one of " + known + "; it is '" + gemini::shortened(name, 80) + "'" +
                    (nearest.empty() ? std::string{} : "; the nearest is '" + std::string{nearest} + "'")};
}

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
