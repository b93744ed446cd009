// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/kind.hpp>          // Kind
#include <ductile/core/policy.hpp>        // Admission, Attempt, Now, Reaction, Role, Verdict
#include <ductile/core/trail.hpp>         // WaitSource
#include <ductile/core/worst_case.hpp>
#include <ductile/detail/min_max.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

struct OffPeakOptions {
  /// Share of calls that meet an overloaded service, by hour of the day in UTC, each 0 to 1. The default is what users of Gemini's image
  /// models report: well at night, nearly every second call at 10 to 13.
  std::array<double, 24> overload{0.06, 0.05, 0.05, 0.05, 0.06, 0.07, 0.10, 0.15, 0.22, 0.32, 0.40, 0.45,
                                  0.45, 0.42, 0.33, 0.27, 0.23, 0.20, 0.18, 0.16, 0.14, 0.12, 0.10, 0.08};
  double well = 0.06;                          ///< In an hour with no higher share a call goes at once, 0 to 1.
  Duration reserve = std::chrono::hours{2};    ///< How much of a call's time must be left when its wait ends, 1 s to 30 days.
  Duration spread = std::chrono::minutes{10};  ///< Waits for one hour end within so much of its begin, 0 to 1 hour.
  /// How many attempts of an hour weigh as much as the table's word on it, 1 to 1'000'000; 0: the table stays as it is.
  std::uint32_t learns_from = 0;
};

/// Lets a call that has the time wait for an hour in which the service is well: fewer calls are wasted, and more images come from the model
/// that was asked first.
///
/// A call that comes in a bad hour waits for the next hour whose share of overload is at most `well`, if `reserve` of its time is left
/// then; else it goes at once. So does a call without a deadline: nobody has said that it may wait. With `learns_from` the shares follow
/// what calls meet: an attempt after whose overload another one is made, or a call that fails so, counts against its hour, and a call that
/// succeeds for it; what is old fades as new ones come. An hour that all calls avoid teaches nothing.
/// Order: inside `Deadline`, outside everything else (E0218).
///
/// Errors   `ConfigError` when an option is out of range.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines.
/// Cost     A call with no more than `reserve` of time: a compare beside the clock reading that all layers share. Else one reading of the
///          calendar. With `learns_from` one more, and a compare-exchange, for each success and each overload.
class OffPeak {
 public:
  static constexpr Role role = Role::off_peak;
  static constexpr bool reads_time = true;

  /// What attempts have met, by the hour.
  class State {
   private:
    friend class OffPeak;
    // Of an hour the attempts (upper half) and how many of them met overload: one word, so that no thread sees half of a change.
    std::array<std::atomic<std::uint64_t>, 24> hours_{};
  };

  template <class Rules>
  static constexpr void check(const OffPeakOptions& options, Rules& rules) {
    using Seconds = std::chrono::duration<double>;
    for (const double share : options.overload)
      rules.require(share >= 0.0 && share <= 1.0, "OffPeak: overload must be from 0 to 1 in each hour", share);
    rules.require(options.well >= 0.0 && options.well <= 1.0, "OffPeak: well must be from 0 to 1", options.well);
    rules.require(options.reserve >= std::chrono::seconds{1} && options.reserve <= std::chrono::hours{24 * 30},
                  "OffPeak: reserve must be from 1 to 2592000 s", Seconds(options.reserve).count());
    rules.require(options.spread >= Duration::zero() && options.spread <= std::chrono::hours{1}, "OffPeak: spread must be from 0 to 3600 s",
                  Seconds(options.spread).count());
    rules.require(options.learns_from <= 1'000'000, "OffPeak: learns_from must be from 0 to 1000000", options.learns_from);
  }

  // After `check`: clang knows a constexpr template in a class only from there on.
  constexpr explicit OffPeak(OffPeakOptions options = {}) : options_(options) {
    RefusingRules rules;
    check(options_, rules);
  }

  [[nodiscard]] constexpr const OffPeakOptions& options() const noexcept { return options_; }

  /// No longer than to the same hour of the next day, and never without a deadline that leaves `reserve` beyond it. One that learns may
  /// find after its wait that the hour has become a bad one, and wait for the next.
  [[nodiscard]] constexpr WorstCase worst_case(const WorstCase& inside) const noexcept {
    if (inside.deadline == forever || inside.deadline <= options_.reserve) return inside;
    const Duration longest = inside.deadline - options_.reserve;
    return inside.after(options_.learns_from > 0 ? longest : detail::min<Duration>(longest, std::chrono::hours{hours}));
  }

  /// The share of overload that is expected in an hour of the day, 0 to 23 UTC.
  [[nodiscard]] double share(const State& state, std::size_t hour) const noexcept {
    const double table = options_.overload[hour % hours];
    if (options_.learns_from == 0) return table;
    const std::uint64_t met = state.hours_[hour % hours].load(std::memory_order_relaxed);
    const double weight = options_.learns_from;
    return (table * weight + overloads(met)) / (weight + attempts(met));
  }

  [[nodiscard, gnu::always_inline]] Admission admit(State& state, NoCall&, Now now, const Attempt& attempt) const noexcept {
    if (attempt.deadline == end_of_time || attempt.remaining(now()) <= options_.reserve) [[likely]]
      return Admission::go();
    return admit_when_well(state, now, attempt.deadline);
  }

  [[nodiscard, gnu::always_inline]] Reaction settle(State& state, NoCall&, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if (options_.learns_from > 0 && (verdict.ok() || is_overload(verdict))) learn(state, now, !verdict.ok());
    return Reaction::pass();
  }

  /// Never refuses: hears of the overload after which a layer inside makes another attempt.
  [[nodiscard]] bool extra(State& state, NoCall&, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if (options_.learns_from > 0 && is_overload(verdict)) learn(state, now, true);
    return true;
  }

 private:
  static constexpr std::size_t hours = 24;
  static constexpr std::uint64_t one_attempt = std::uint64_t{1} << 32U;

  [[nodiscard]] static std::uint32_t attempts(std::uint64_t met) noexcept { return static_cast<std::uint32_t>(met >> 32U); }
  [[nodiscard]] static std::uint32_t overloads(std::uint64_t met) noexcept { return static_cast<std::uint32_t>(met); }

  // Of whoever has met it; a policy that speaks of it has met nothing.
  [[nodiscard]] static bool is_overload(const Verdict& verdict) noexcept {
    return verdict.kind == Kind::overload && verdict.says != Says::policy;
  }

  [[nodiscard]] static Duration since_midnight(Now now) noexcept {
    const WallTime at = now.wall();
    return at - std::chrono::floor<std::chrono::days>(at);
  }
  [[nodiscard]] static std::size_t hour_of(Duration since_midnight) noexcept {
    return static_cast<std::size_t>(since_midnight / std::chrono::hours{1});
  }

  [[nodiscard, gnu::cold, gnu::noinline]] Admission admit_when_well(const State& state, Now now, Time deadline) const noexcept {
    const Duration today = since_midnight(now);
    const std::size_t hour = hour_of(today);
    if (share(state, hour) <= options_.well) return Admission::go();
    const Time at = now();
    Duration wait = std::chrono::hours{1} - today % std::chrono::hours{1};
    for (std::size_t later = 1; later < hours; ++later, wait += std::chrono::hours{1}) {
      if (share(state, hour + later) > options_.well) continue;
      const Duration spare = deadline - at - options_.reserve - wait;
      if (spare < Duration::zero()) break;
      const auto most = static_cast<double>(detail::min(options_.spread, spare).count());
      return Admission::ask_at(at + wait + Duration{static_cast<Duration::rep>(now.uniform() * most)}, Kind::deadline,
                               WaitSource::off_peak);
    }
    return Admission::go();
  }

  [[gnu::noinline]] void learn(State& state, Now now, bool overloaded) const noexcept {
    std::atomic<std::uint64_t>& hour = state.hours_[hour_of(since_midnight(now))];
    std::uint64_t met = hour.load(std::memory_order_relaxed);
    std::uint64_t learnt = 0;
    do {
      learnt = met + one_attempt + (overloaded ? 1U : 0U);
      // Four times the table's weight is enough; then both are halved, and what is old fades.
      if (attempts(learnt) >= 4 * options_.learns_from) learnt = (attempts(learnt) / 2 * one_attempt) | overloads(learnt) / 2;
    } while (!hour.compare_exchange_weak(met, learnt, std::memory_order_relaxed));
  }

  OffPeakOptions options_;
};

}  // namespace ductile::inline DUCTILE_VERSION
