// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/by_kind.hpp>                    // ByKind
#include <ductile/core/config_error.hpp>               // RefusingRules
#include <ductile/core/policy.hpp>                     // Admission, Attempt, Now, Reaction, Role, Verdict
#include <ductile/policies/detail/circuit.hpp>         // CircuitMode, News, most_probes
#include <ductile/policies/detail/shared_circuit.hpp>  // SharedCircuit
#include <ductile/policies/trip.hpp>                   // ConsecutiveFailures, FailureRatio, SlowCalls, Trips

#include <chrono>
#include <cstdint>
#include <type_traits>

namespace ductile::inline DUCTILE_VERSION {

template <class Trip = ConsecutiveFailures>
struct CircuitBreakerOptions {
  /// When it opens: `consecutive`, `ratio`, `ratio_over_time`, `slow_calls`, `either` of two, or any type that `Trips`.
  Trip trip{};
  Duration open_for = std::chrono::seconds{10};  ///< How long it stays open before it lets a probe through, 1 ms to 1 day.
  Duration longest_open{};          ///< Each failed probe doubles the open time up to this, 1 ms to 1 day; zero: it does not grow.
  unsigned probes = 1;              ///< Most probes out at once while half-open, 1 to 8.
  unsigned successes_to_close = 1;  ///< How many probes must succeed before it closes, 1 to 100.
  Duration probe_lease = std::chrono::minutes{5};  ///< A probe that has not reported for so long is given away, 1 ms to 1 day.
  /// Which failures count. The default: what says that the service itself is ill, and nothing that the caller could have caused.
  ByKind<bool> counts{false, {{Kind::overload, true}, {Kind::internal, true}, {Kind::timeout, true}, {Kind::network, true}}};
  /// The shortest time between two *last chances*, 1 ms to 1 day; zero: there are none. A call has a last chance when it has nowhere else
  /// to go and would be kept out until less than `open_for` before its deadline. Then it passes: one at a time, one in this time.
  Duration last_chance{};
};

/// Stops calling what keeps failing, and finds out by single probes when it is well again.
///
/// Closed, it looks at how calls end; when `trip` says so it opens and rejects (`Kind::circuit_open`, with the moment of the next probe).
/// After `open_for` it is half-open: up to `probes` calls go through, each with a lease. A success closes it, a failure opens it again; a
/// probe that ended in neither way is given to the next caller. A result that belongs to an earlier era does not count, and neither does
/// that of a last chance. By hand, `State::isolate` and `State::reset` open it until further notice, and close it.
///
/// Every change is told to the observers of the pipeline whose call made it, after the breaker's own lock was released; a change by hand
/// with the next call. Order: inside `Retry` (E0201); inside a `FallbackChain` each target has its own state.
///
/// Errors   `ConfigError` when an option is out of range.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines.
/// Cost     Closed and well: one relaxed load to admit, one to settle; nothing shared is written by the consecutive rule. Open: one clock
///          reading. A failure, a probe, and every result under another rule: a short lock. Slow calls: one clock reading more.
/// Source   Nygard, "Release It!" (2007); leases and eras against the half-open state that never ends, known from several libraries.
template <class Trip = ConsecutiveFailures>
class CircuitBreaker {
  static_assert(Trips<Trip>,
                "ductile E0115: the trip has the wrong form; give it a default constructible Window, static constexpr bool "
                "counts_successes, and bool add(Window&, const CallEnd&) const noexcept (docs/rules/E0115.md)");
  static constexpr bool times_calls = detail::times_calls<Trip>();

 public:
  static constexpr Role role = Role::circuit_breaker;
  static constexpr bool reads_time = times_calls;

  /// What all calls to one protected thing share.
  class State {
   public:
    State() = default;

    /// By hand: rejects every call from now on, until `reset`. What is under way goes on, and counts no more.
    /// \return Whether it was not isolated before.
    bool isolate() noexcept { return circuit_.isolate(); }
    /// By hand: closes it, whatever it was, and forgets what it has seen. What is under way counts no more.
    /// \return Whether it was not closed before.
    bool reset() noexcept { return circuit_.reset(); }

    /// For gauges. An open breaker is called open until a call comes that may be its probe.
    [[nodiscard]] CircuitMode mode() const noexcept { return circuit_.mode(); }
    /// When an open breaker lets the next probe through. Only `reset`, or a probe that closes it, brings this forward.
    [[nodiscard]] Time open_until() const noexcept { return circuit_.open_until(); }

   private:
    friend class CircuitBreaker;
    detail::SharedCircuit<CircuitBreakerOptions<Trip>> circuit_;
  };

  struct CallWithoutTime {
    std::uint64_t permit = 0;
  };
  struct TimedCall {
    std::uint64_t permit = 0;
    Time began{};
  };
  /// The permit; with the moment of admission where the trip asks for it.
  using Call = std::conditional_t<times_calls, TimedCall, CallWithoutTime>;

  constexpr explicit CircuitBreaker(CircuitBreakerOptions<Trip> options = {}) : options_(options) {
    RefusingRules rules;
    check(options_, rules);
  }

  template <class Rules>
  static constexpr void check(const CircuitBreakerOptions<Trip>& options, Rules& rules) {
    using Seconds = std::chrono::duration<double>;
    constexpr Duration least = std::chrono::milliseconds{1};
    constexpr Duration day = std::chrono::hours{24};
    if constexpr (requires { options.trip.check(rules); }) options.trip.check(rules);
    rules.require(options.open_for >= least && options.open_for <= day, "CircuitBreaker: open_for must be from 0.001 to 86400 s",
                  Seconds(options.open_for).count());
    rules.require(options.longest_open == Duration::zero() || (options.longest_open >= options.open_for && options.longest_open <= day),
                  "CircuitBreaker: longest_open must be from open_for to 86400 s, or 0", Seconds(options.longest_open).count());
    rules.require(options.probes >= 1 && options.probes <= detail::most_probes, "CircuitBreaker: probes must be from 1 to 8",
                  options.probes);
    rules.require(options.successes_to_close >= 1 && options.successes_to_close <= 100,
                  "CircuitBreaker: successes_to_close must be from 1 to 100", options.successes_to_close);
    rules.require(options.probe_lease >= least && options.probe_lease <= day, "CircuitBreaker: probe_lease must be from 0.001 to 86400 s",
                  Seconds(options.probe_lease).count());
    rules.require(options.last_chance == Duration::zero() || (options.last_chance >= least && options.last_chance <= day),
                  "CircuitBreaker: last_chance must be from 0.001 to 86400 s, or 0", Seconds(options.last_chance).count());
  }

  [[nodiscard]] constexpr const CircuitBreakerOptions<Trip>& options() const noexcept { return options_; }

  [[nodiscard, gnu::always_inline]] Admission admit(State& state, Call& call, Now now, const Attempt& attempt) const noexcept {
    if constexpr (times_calls) call.began = now();
    return state.circuit_.admit(options_, call.permit, now, attempt);
  }

  [[gnu::always_inline]] Reaction settle(State& state, Call& call, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if constexpr (!Trip::counts_successes)
      if (verdict.ok() && state.circuit_.stays_well(call.permit)) [[likely]]
        return Reaction::pass();
    return state.circuit_.settle(options_, call.permit, now, began(call), news_of(verdict));
  }

 private:
  static constexpr Time began([[maybe_unused]] const Call& call) noexcept {
    if constexpr (times_calls)
      return call.began;
    else
      return Time{};
  }

  [[nodiscard]] detail::News news_of(const Verdict& verdict) const noexcept {
    if (verdict.ok()) return detail::News::good;
    return verdict.says != Says::policy && options_.counts[verdict.kind] ? detail::News::bad : detail::News::neither;
  }

  CircuitBreakerOptions<Trip> options_;
};

CircuitBreaker() -> CircuitBreaker<>;

}  // namespace ductile::inline DUCTILE_VERSION
