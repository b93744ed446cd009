// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/by_kind.hpp>       // ByKind
#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/kind.hpp>          // Kind, Says
#include <ductile/core/policy.hpp>        // Admission, Attempt, Grant, Now, Reaction, Role, Verdict
#include <ductile/core/worst_case.hpp>
#include <ductile/detail/min_max.hpp>
#include <ductile/policies/detail/ramp.hpp>  // Ramp

#include <chrono>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

struct SlowStartOptions {
  /// Attempts in flight when recovery begins, 1 to 10'000. What a lightly used service carries anyway. With very few a probe of the breaker
  /// that hangs keeps the next one out until it ends, whatever the `probe_lease`: 1 leaves no place beside it.
  double begin = 6.0;
  double step = 1.0;    ///< How many more for each round of successes, above 0, up to 10'000.
  double shrink = 0.8;  ///< What is left of that when one is refused because there were too many, 0.1 to 1; never less than `begin`.
  double end = 100.0;   ///< With so many in flight the service counts as recovered, `begin` to 1'000'000.
  Duration calm = std::chrono::minutes{2};           ///< And when for so long nobody had to wait, 1 ms to 1 day.
  Duration longest_wait = std::chrono::minutes{10};  ///< How long one waits in line, 1 ms to 1 day.
  /// Which failures say that there were too many.
  ByKind<bool> counts{false, {{Kind::overload, true}, {Kind::rate_limit, true}}};
};

/// Lets a service that was down come back slowly: few attempts in flight when its circuit closes, one more for each round of successes,
/// fewer after each refusal. Without it all calls that waited for the end of an outage come at once, and that is the next outage.
///
/// It begins when the `CircuitBreaker` inside it rejects, also one that is isolated by hand, and anew when that rejects again after a
/// success; those in flight from before count no more. Who finds no place waits in line: first come, first served; who would wait longer
/// than it may, by how long attempts took of late, is rejected at once, and goes to another target if there is one. Recovery is over when
/// `end` may be in flight, or nobody had to wait for `calm`.
/// Order: outside `CircuitBreaker`, of which it hears (E0219), inside `Retry` and `FallbackChain` (E0220), so that nobody keeps a place
/// while it waits for the next attempt; outside `AttemptTimeout` (E0221) and `QuotaTracker` (E0222), whose time and reservation would be
/// over when the place comes. Inside a `FallbackChain` each target has its own ramp.
///
/// Errors   `ConfigError` when an option is out of range; `Kind::circuit_open`, nothing sent: with the row "circuit-recovering" where the
///          line is too long or `longest_wait` is over, without where a deadline, or a chain's patience, ends the wait.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines.
/// Cost     While nothing recovers: one relaxed load. Else a short lock to enter and to leave. Never allocates.
/// Source   Additive increase, multiplicative decrease: Chiu and Jain (1989), as in TCP.
class SlowStart {
 public:
  static constexpr Role role = Role::slow_start;

  /// The places, and the line before them.
  class State {
   public:
    explicit State(const SlowStart& policy) noexcept : ramp_(policy.slope()) {}

    /// Whether the service is let come back slowly now.
    [[nodiscard]] bool recovering() const noexcept { return ramp_.on(); }
    /// How many attempts may be in flight; 0: as many as like.
    [[nodiscard]] std::uint32_t limit() const noexcept { return ramp_.limit(); }
    /// How many are, of those that count.
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return ramp_.in_flight(); }
    /// How many wait in line.
    [[nodiscard]] std::uint32_t waiting() const noexcept { return ramp_.waiting(); }

   private:
    friend class SlowStart;
    detail::Ramp ramp_;
  };

  /// The permit: since when, and in which recovery it counts.
  struct Call {
    Time began{};
    detail::Ramp::Era era = 0;
  };

  template <class Rules>
  static constexpr void check(const SlowStartOptions& options, Rules& rules) {
    using Seconds = std::chrono::duration<double>;
    const auto is_span = [](Duration span) { return span >= std::chrono::milliseconds{1} && span <= std::chrono::hours{24}; };
    rules.require(options.begin >= 1.0 && options.begin <= 10'000.0, "SlowStart: begin must be from 1 to 10000", options.begin);
    rules.require(options.step > 0.0 && options.step <= 10'000.0, "SlowStart: step must be above 0, up to 10000", options.step);
    rules.require(options.shrink >= 0.1 && options.shrink <= 1.0, "SlowStart: shrink must be from 0.1 to 1", options.shrink);
    rules.require(options.end >= options.begin && options.end <= 1e6, "SlowStart: end must be from begin to 1000000", options.end);
    rules.require(is_span(options.calm), "SlowStart: calm must be from 0.001 to 86400 s", Seconds(options.calm).count());
    rules.require(is_span(options.longest_wait), "SlowStart: longest_wait must be from 0.001 to 86400 s",
                  Seconds(options.longest_wait).count());
  }

  // After `check`: clang knows a constexpr template in a class only from there on.
  constexpr explicit SlowStart(SlowStartOptions options = {}) : options_(options) {
    RefusingRules rules;
    check(options_, rules);
  }

  [[nodiscard]] constexpr const SlowStartOptions& options() const noexcept { return options_; }

  /// The whole wait in line comes before what stands inside.
  [[nodiscard]] constexpr WorstCase worst_case(const WorstCase& inside) const noexcept { return inside.after(options_.longest_wait); }

  [[nodiscard, gnu::always_inline]] Admission admit(State& state, Call& call, Now now, const Attempt& attempt) const noexcept {
    if (!state.ramp_.on()) [[likely]]
      return Admission::go();
    const auto [admission, permit] = admit_slowly(state, now, detail::min(attempt.deadline, attempt.start_by));
    call = permit;
    return admission;
  }

  [[nodiscard]] Admission granted(State&, Call& call, Now now, const Attempt&, Grant grant) const noexcept {
    if (grant.status != Grant::Status::granted) return recovering();
    call = {now(), detail::Ramp::era_of(grant)};
    return Admission::go();
  }

  [[gnu::always_inline]] Reaction settle(State& state, Call& call, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if (call.era == 0 && verdict.ok()) [[likely]]
      return Reaction::pass();
    settle_slowly(state, call, now, verdict);
    return Reaction::pass();
  }

 private:
  struct Admitted {
    Admission admission;
    Call call;
  };

  [[nodiscard]] static Admission recovering() noexcept { return Admission::reject(Kind::circuit_open, end_of_time, "circuit-recovering"); }

  [[nodiscard]] constexpr detail::Ramp::Slope slope() const noexcept {
    return {options_.begin, options_.step, options_.shrink, options_.end, options_.calm};
  }

  // By value and back, so that the happy path keeps its permit in a register.
  [[nodiscard, gnu::cold, gnu::noinline]] Admitted admit_slowly(State& state, Now now, Time until) const noexcept {
    const Time at = now();
    const Time longest = later(at, options_.longest_wait);
    const auto [place, era] = state.ramp_.take(at, detail::min(until, longest));
    switch (place) {
      case detail::Ramp::Place::taken: return {Admission::go(), {at, era}};
      case detail::Ramp::Place::in_line: return {Admission::wait(state.ramp_, Kind::circuit_open, 0, longest), {}};
      case detail::Ramp::Place::none: break;
    }
    return {recovering(), {}};
  }

  [[gnu::cold, gnu::noinline]] void settle_slowly(State& state, Call call, Now now, const Verdict& verdict) const noexcept {
    using End = detail::Ramp::End;
    const bool shut = verdict.kind == Kind::circuit_open && verdict.says == Says::policy;
    if (!shut && call.era == 0) return;
    const Time at = now();
    if (shut) state.ramp_.begin(at);
    if (call.era == 0) return;
    const bool refused = verdict.says != Says::policy && options_.counts[verdict.kind];
    state.ramp_.give_back(call.era, verdict.ok() ? End::well : refused ? End::refused : End::neither, at - call.began, at);
  }

  SlowStartOptions options_;
};

static_assert(sizeof(SlowStart::Call) <= 16);

}  // namespace ductile::inline DUCTILE_VERSION
