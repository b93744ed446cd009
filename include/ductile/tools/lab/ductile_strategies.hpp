// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // ConfigError
#include <ductile/gemini/redact.hpp>      // shortened
#include <ductile/tools/lab/world.hpp>    // World

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

// Our own client in the lab. A program defines these functions in one unit, by <ductile/tools/lab/ductile_strategies_source.hpp>.
namespace ductile::inline DUCTILE_VERSION::tools::lab {

/// `ductile`: `gemini::resilient` with its defaults and the day's two models; a client for each process. Its calls may wait for a better
/// hour (`OffPeak`), which a job of minutes never does.
void play_ductile(World& world);

/// `ductile-shared`: the same, and all processes share the ledgers of the quota.
void play_ductile_shared(World& world);

/// Every option of `ductile`, as `options_text` writes them.
[[nodiscard]] std::string ductile_options();

/// A part of the client that can be taken out, or set otherwise.
struct Ablation {
  std::string_view name;  ///< "-breaker".
  std::string_view what;
};

/// The whole client.
inline constexpr std::string_view no_ablation = "nothing";

inline constexpr std::array<Ablation, 18> all_ablations{{
    {"configured", "the quota's limits are known at the start"},
    {"+downsize", "the primary model in 2K as a third target, for who asks for 4K"},
    {"+patience", "25 % of the slack everywhere"},
    {"-patience", "none"},
    {"-tracker", "no quota ledger"},
    {"-hints", "what the service asks to wait is not read"},
    {"-day", "a spent day is taken for a full minute"},
    {"-breaker", "no circuit breaker, and no slow start, which hears of it"},
    {"-suspect", "one failure at low traffic does not open the breaker"},
    {"-fallback", "the primary model alone"},
    {"-last-chance", "an open breaker keeps out a call whose deadline is near"},
    {"-ramp", "no slow start after an outage"},
    {"-lease", "a probe that hangs is waited for, five minutes"},
    {"-timeout", "an attempt takes as long as it takes"},
    {"+least", "no attempt begins with less than 10 s left"},
    {"-reword", "no other words"},
    {"-deferral", "no waiting for a better hour"},
    {"-squeeze", "waits are not shortened before a deadline"},
}};

/// Those that set the same option, each in its own way.
inline constexpr std::array<std::array<std::string_view, 2>, 3> ablations_at_odds{
    {{"configured", "-tracker"}, {"+patience", "-patience"}, {"-breaker", "-suspect"}}};

/// The ablations of "-breaker -hints"; none of "nothing".
///
/// Errors   `ConfigError` for one that is not known, with those that are, for one that comes twice, and for two at odds.
[[nodiscard]] inline std::vector<std::string_view> ablations_of(std::string_view text) {
  std::vector<std::string_view> chosen;
  if (text == no_ablation) return chosen;
  const auto has = [&chosen](std::string_view name) { return std::ranges::find(chosen, name) != chosen.end(); };
  for (std::string_view left = text; !left.empty();) {
    const std::string_view name = left.substr(0, left.find(' '));
    left.remove_prefix(std::min(left.size(), name.size() + 1));
    if (name.empty()) continue;
    if (std::ranges::find(all_ablations, name, &Ablation::name) == all_ablations.end()) {
      std::string known;
      for (const Ablation& each : all_ablations) known.append(", ").append(each.name);
      throw ConfigError{"--ablations must be " + std::string{no_ablation} + ", or of" + known.substr(1) + "; one is '" +
                        gemini::shortened(name, 80) + "'"};
    }
    if (has(name)) throw ConfigError{"--ablations must take out each part once; '" + std::string{name} + "' comes twice in one"};
    chosen.push_back(name);
  }
  for (const auto& [one, other] : ablations_at_odds)
    if (has(one) && has(other))
      throw ConfigError{"--ablations must not set one option in two ways; '" + std::string{one} + "' and '" + std::string{other} + "' do"};
  return chosen;
}

/// The client without those parts; the processes share the quota where `shared`.
///
/// Errors   As `ablations_of`.
void play_ablated(World& world, std::string_view ablations, bool shared);

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
