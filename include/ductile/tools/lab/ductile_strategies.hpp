// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/tools/lab/world.hpp>  // World

#include <array>
#include <string>
#include <string_view>

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
  std::string_view name;  ///< "-breaker"; several may be given, with a space between them.
  std::string_view what;
};

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

/// The client without those parts; the processes share the quota where `shared`.
///
/// Errors   `ConfigError` that names the known ones.
void play_ablated(World& world, std::string_view ablations, bool shared);

}  // namespace ductile::inline DUCTILE_VERSION::tools::lab
