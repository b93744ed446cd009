// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/policy.hpp>        // Admission, Attempt, Kind, NoCall, Now, Reaction, Role, Verdict
#include <ductile/core/worst_case.hpp>
#include <ductile/policies/detail/places.hpp>  // Places

#include <chrono>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

struct BulkheadOptions {
  std::uint32_t in_flight = 10;                      ///< Most attempts inside at once, 1 to 1'000'000.
  std::uint32_t waiting = 100;                       ///< Most that wait in line for a place, 0 to 1'000'000.
  Duration longest_wait = std::chrono::seconds{30};  ///< How long one waits in line, 1 ms to 1 day.
};

/// Bounds how many attempts are in flight at once, so that one slow service cannot take all threads, sockets and memory of a program.
///
/// Who finds no place waits in line: first come, first served. Who finds the line full is rejected at once, and who has waited
/// `longest_wait` then: `Kind::bulkhead_full`. Who leaves the line earlier (stopped, or the deadline is too near) moves up those behind.
/// Order: inside `Retry` and `FallbackChain` (E0215), so that nobody keeps a place while it waits for the next attempt; outside
/// `AttemptTimeout` (E0216), so that the wait in line is not taken from the attempt's time. Inside a `FallbackChain` each target has its
/// own places.
///
/// Errors   `ConfigError` when an option is out of range; `Kind::bulkhead_full`, remedy `after_delay`, nothing sent.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines.
/// Cost     A place is free: one compare-exchange to take it, one to give it back. Else a lock. Never allocates.
/// Source   Nygard, "Release It!" (2007).
class Bulkhead {
 public:
  static constexpr Role role = Role::bulkhead;

  /// The places, and the line before them.
  class State {
   public:
    State() = default;

    /// How many attempts are inside.
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return places_.in_flight(); }
    /// How many wait in line.
    [[nodiscard]] std::uint32_t waiting() const noexcept { return places_.waiting(); }

   private:
    friend class Bulkhead;
    detail::Places places_;
  };

  template <class Rules>
  static constexpr void check(const BulkheadOptions& options, Rules& rules) {
    using Seconds = std::chrono::duration<double>;
    rules.require(options.in_flight >= 1 && options.in_flight <= 1'000'000, "Bulkhead: in_flight must be from 1 to 1000000",
                  options.in_flight);
    rules.require(options.waiting <= 1'000'000, "Bulkhead: waiting must be from 0 to 1000000", options.waiting);
    rules.require(options.longest_wait >= std::chrono::milliseconds{1} && options.longest_wait <= std::chrono::hours{24},
                  "Bulkhead: longest_wait must be from 0.001 to 86400 s", Seconds(options.longest_wait).count());
  }

  // After `check`: clang knows a constexpr template in a class only from there on.
  constexpr explicit Bulkhead(BulkheadOptions options = {}) : options_(options) {
    RefusingRules rules;
    check(options_, rules);
  }

  [[nodiscard]] constexpr const BulkheadOptions& options() const noexcept { return options_; }

  /// The whole wait in line comes before what stands inside.
  [[nodiscard]] constexpr WorstCase worst_case(const WorstCase& inside) const noexcept { return inside.after(options_.longest_wait); }

  [[nodiscard]] Admission admit(State& state, NoCall&, Now now, const Attempt&) const noexcept {
    if (state.places_.take(options_.in_flight)) [[likely]]
      return Admission::go();
    return wait_in_line(state, now);
  }

  [[nodiscard]] Reaction settle(State& state, NoCall&, Now, const Attempt&, const Verdict&) const noexcept {
    state.places_.give_back();
    return Reaction::pass();
  }

 private:
  // The line may be full by the time that the driver enters the gate; then the gate says so.
  [[nodiscard, gnu::cold, gnu::noinline]] Admission wait_in_line(State& state, Now now) const noexcept {
    if (state.places_.waiting() >= options_.waiting) return Admission::reject(Kind::bulkhead_full);
    const detail::Places::Limits limits{options_.in_flight, options_.waiting};
    return Admission::wait(state.places_, Kind::bulkhead_full, limits.packed(), later(now(), options_.longest_wait));
  }

  BulkheadOptions options_;
};

}  // namespace ductile::inline DUCTILE_VERSION
