// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/every_driver.hpp"
#include "../support/verdicts.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// A chain is modelled by itself, and Retry too. What they promise together: of random calls through both, every attempt is one that the
// chain's table, its time and the attempts of Retry allow after the failure before it, and a call that fails says what it can do most
// about.

using namespace ductile;
using namespace std::chrono_literals;
using ductile_test::Driver;
using support::said;

namespace {

struct Made {
  Time at{};
  unsigned target = 0;
  Verdict verdict{};  // a success: the last one
};

struct Setting {
  FallbackOptions chain;
  RetryOptions<Constant> retry;

  static Setting drawn(SplitMix64& draws) {
    const auto below = [&](std::uint64_t bound) { return draws() % bound; };
    Setting setting;
    for (std::uint64_t i = 0; i <= below(3); ++i) setting.chain.targets.push_back({.name = std::string(1, static_cast<char>('a' + i))});
    setting.chain.between_rounds = {.base = 20s, .cap = 20s, .jitter = Jitter::none};
    setting.chain.rest_jitter = 0.0;
    for (const Kind kind : {Kind::overload, Kind::internal, Kind::timeout})
      if (below(2) == 0) setting.chain.table.set(kind, {Next::here, static_cast<std::uint8_t>(1 + below(6))});
    if (below(4) == 0) setting.chain.table.set(Kind::timeout, {Next::target});
    for (const Kind kind : {Kind::overload, Kind::internal})
      if (below(2) == 0) setting.chain.give_up_after.set(kind, std::chrono::seconds{1 + below(90)});
    setting.retry = {.attempts = 1 + static_cast<unsigned>(below(6)), .backoff = Constant{std::chrono::seconds{below(8)}}};
    return setting;
  }
};

Verdict drawn_failure(SplitMix64& draws) {
  switch (draws() % 24) {
    case 0: return said(Kind::bad_request, Remedy::never);
    case 1: return said(Kind::safety_output, Remedy::after_prompt_change);
    case 2: return said(Kind::not_found, Remedy::other_model);
    case 3: return said(Kind::quota, Remedy::next_day);
    case 4: return said(Kind::quota, Remedy::after_delay);
    default: break;
  }
  constexpr std::array passing{Kind::overload, Kind::internal, Kind::timeout};
  return said(passing[draws() % passing.size()]);
}

// What the call fails with: of what each target said last, what the caller can do most about, and of equals the latest.
const Made& leading(const std::vector<Made>& made) {
  const Made* lead = nullptr;
  for (std::size_t i = made.size(); i-- > 0;) {
    const bool is_last_word = std::none_of(made.begin() + static_cast<std::ptrdiff_t>(i) + 1, made.end(),
                                           [&](const Made& later) { return later.target == made[i].target; });
    if (is_last_word && (!lead || more_actionable(made[i].verdict.kind, lead->verdict.kind))) lead = &made[i];
  }
  return *lead;
}

// Why the second of two attempts in a row must not have been made; empty: it may.
std::string forbidden(const Setting& setting, const std::vector<Made>& made, std::size_t second) {
  const Made& failed = made[second - 1];
  const Made& again = made[second];
  const NextStep step = setting.chain.table(failed.verdict);
  if (step.next == Next::stop) return "after a verdict that ends the call";
  const Duration patience = setting.chain.give_up_after[failed.verdict.kind];
  if (patience > 0s && failed.at - made.front().at >= patience) return "after a failure that has lasted too long";

  const bool same_stay = again.target == failed.target && again.at - failed.at < 20s;
  if (!same_stay)
    return again.target == failed.target && setting.chain.targets.size() > 1 && second == 1 ? "a round without the others" : "";
  if (step.next != Next::here) return "on a target that the table leaves";
  if (again.at - failed.at != setting.retry.backoff.wait) return "not after the wait of Retry";
  std::size_t stay = 1;
  while (stay < second && made[second - stay - 1].target == failed.target && made[second - stay].at - made[second - stay - 1].at < 20s)
    ++stay;
  if (stay >= setting.retry.attempts) return "beyond the attempts of Retry";
  // The first target is left early, for on the first stay nobody else has failed or rests.
  if (stay == second && setting.chain.targets.size() > 1 && stay >= step.attempts) return "beyond the attempts of the table";
  return "";
}

}  // namespace

EVERY_DRIVER("A chain and Retry together make no attempt that one of them forbids, and fail with the last word that says most",
             "[properties]") {
  int attempts = 0;
  int gave_up = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SplitMix64 draws{seed};
    const Setting setting = Setting::drawn(draws);
    Pipeline pipeline{Deadline{10min}, FallbackChain{setting.chain}, Retry{setting.retry}};
    std::vector<Made> made;
    const auto result = driver.run(pipeline, [&](const Attempt& attempt) -> Result<int> {
      made.push_back({driver.now()(), attempt.target, {}});
      if (draws() % 12 == 0) return 7;
      made.back().verdict = drawn_failure(draws);
      return Failure{made.back().verdict};
    });
    for (std::size_t i = 1; i < made.size(); ++i) {
      CAPTURE(seed, i);
      if (const std::string why = forbidden(setting, made, i); !why.empty()) FAIL(why);
    }
    if (!result) {
      CAPTURE(seed, made.size());
      CHECK(result.error().kind() == leading(made).verdict.kind);
      CHECK(result.error().target() == leading(made).target);
    }
    attempts += static_cast<int>(made.size());
    const bool is_spent = !result && made.back().at - made.front().at >= setting.chain.give_up_after[made.back().verdict.kind];
    gave_up += is_spent && setting.chain.give_up_after[made.back().verdict.kind] > 0s ? 1 : 0;
  }
  CHECK(attempts > 3000);
  CHECK(gave_up > 50);
}
