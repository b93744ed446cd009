// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/kind.hpp>          // Kind
#include <ductile/core/policy.hpp>        // Admission, Attempt, Now, Reaction, Role, Verdict
#include <ductile/core/trail.hpp>         // WaitSource

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
  /// How many calls of an hour weigh as much as the table's word on it, 1 to 1'000'000; 0: the table stays as it is.
  std::uint32_t learns_from = 0;
};

/// Lets a call that has the time wait for an hour in which the service is well: fewer calls are wasted, and more images come from the model
/// that was asked first.
///
/// A call that comes in a bad hour waits for the next hour whose share of overload is at most `well`, if `reserve` of its time is left
/// then; else it goes at once. So does a call without a deadline: nobody has said that it may wait. With `learns_from` the shares follow
/// what calls meet: an attempt that is tried again for overload, or a call that fails so, counts against its hour, and a call that succeeds
/// for it; what is old fades.
/// Order: inside `Deadline`, outside everything else (E0218).
///
/// Errors   `ConfigError` when an option is out of range.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines.
/// Cost     One reading of the calendar a call. With `learns_from` an atomic addition for each call and each overload.
class OffPeak {
 public:
  static constexpr Role role = Role::off_peak;
  static constexpr bool settles_failures_only = false;

  /// What calls have met, by the hour.
  class State {
   public:
    State() = default;
    /// For building pipelines: not while calls are under way.
    State(const State&) noexcept {}
    State& operator=(const State&) = delete;
    ~State() = default;

   private:
    friend class OffPeak;
    struct Hour {
      std::atomic<std::uint32_t> calls{0};
      std::atomic<std::uint32_t> overloads{0};
    };
    std::array<Hour, 24> hours_{};
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

  /// The share of overload that is expected in an hour of the day, 0 to 23 UTC.
  [[nodiscard]] double share(const State& state, std::size_t hour) const noexcept {
    const double table = options_.overload[hour % hours];
    if (options_.learns_from == 0) return table;
    const State::Hour& met = state.hours_[hour % hours];
    const double weight = options_.learns_from;
    return (table * weight + met.overloads.load(std::memory_order_relaxed)) / (weight + met.calls.load(std::memory_order_relaxed));
  }

  [[nodiscard]] Admission admit(State& state, NoCall&, Now now, const Attempt& attempt) const noexcept {
    if (attempt.deadline == end_of_time) return Admission::go();
    const Duration since_midnight = now.wall().time_since_epoch() % std::chrono::hours{24};
    const auto hour = static_cast<std::size_t>(since_midnight / std::chrono::hours{1});
    if (share(state, hour) <= options_.well) return Admission::go();
    return wait_for_better(state, now, attempt, hour, std::chrono::hours{1} - since_midnight % std::chrono::hours{1});
  }

  [[nodiscard]] Reaction settle(State& state, NoCall&, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if (verdict.ok() || (verdict.kind == Kind::overload && verdict.says == Says::service)) learn(state, now, !verdict.ok());
    return Reaction::pass();
  }

  /// Never refuses: hears of the overload that a layer inside tries again.
  [[nodiscard]] bool extra(State& state, NoCall&, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if (verdict.kind == Kind::overload && verdict.says == Says::service) learn(state, now, true);
    return true;
  }

 private:
  static constexpr std::size_t hours = 24;

  [[nodiscard]] Admission wait_for_better(const State& state, Now now, const Attempt& attempt, std::size_t hour,
                                          Duration wait) const noexcept {
    const Time at = now();
    for (std::size_t later = 1; later < hours; ++later, wait += std::chrono::hours{1}) {
      if (share(state, hour + later) > options_.well) continue;
      if (attempt.remaining(at) < wait + options_.reserve) break;
      const Duration spread{static_cast<Duration::rep>(now.uniform() * static_cast<double>(options_.spread.count()))};
      return Admission::ask_at(at + wait + spread, Kind::deadline, WaitSource::off_peak);
    }
    return Admission::go();
  }

  void learn(State& state, Now now, bool overloaded) const noexcept {
    if (options_.learns_from == 0) return;
    const Duration since_midnight = now.wall().time_since_epoch() % std::chrono::hours{24};
    State::Hour& met = state.hours_[static_cast<std::size_t>(since_midnight / std::chrono::hours{1})];
    if (overloaded) met.overloads.fetch_add(1, std::memory_order_relaxed);
    // Four times the table's weight is enough; then both are halved, and what is old fades.
    if (met.calls.fetch_add(1, std::memory_order_relaxed) + 1 < 4 * options_.learns_from) return;
    met.calls.store(met.calls.load(std::memory_order_relaxed) / 2, std::memory_order_relaxed);
    met.overloads.store(met.overloads.load(std::memory_order_relaxed) / 2, std::memory_order_relaxed);
  }

  OffPeakOptions options_;
};

}  // namespace ductile::inline DUCTILE_VERSION
