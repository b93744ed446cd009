// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/by_kind.hpp>       // ByKind
#include <ductile/core/config_error.hpp>  // RefusingRules
#include <ductile/core/policy.hpp>        // Admission, Attempt, Now, Reaction, Role, Verdict
#include <ductile/policies/trip.hpp>      // ConsecutiveFailures, FailureRatio

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace ductile::inline DUCTILE_VERSION {

template <class Trip = ConsecutiveFailures>
struct CircuitBreakerOptions {
  Trip trip{};                                   ///< When it opens: `consecutive(5)` or `ratio(0.6, {.of = 10, .within = 2min})`.
  Duration open_for = std::chrono::seconds{10};  ///< How long it stays open before it lets a probe through, 1 ms to 1 day.
  Duration longest_open{};          ///< Each failed probe doubles the open time up to this, 1 ms to 1 day; zero: it does not grow.
  unsigned probes = 1;              ///< Most probes out at once while half-open, 1 to 8.
  unsigned successes_to_close = 1;  ///< How many probes must succeed before it closes, 1 to 100.
  Duration probe_lease = std::chrono::minutes{5};  ///< A probe that has not reported for so long is given away, 1 ms to 1 day.
  /// Which failures count. The default: what says that the service itself is ill, and nothing that the caller could have caused.
  ByKind<bool> counts{false, {{Kind::overload, true}, {Kind::internal, true}, {Kind::timeout, true}, {Kind::network, true}}};
};

/// Stops calling what keeps failing, and finds out by single probes when it is well again.
///
/// Closed, it counts failures; when `trip` says so it opens and rejects (`Kind::circuit_open`, with the moment of the next probe). After
/// `open_for` it is half-open: up to `probes` calls go through, each with a lease. A success closes it, a failure opens it again; a probe
/// that ended in neither way is given to the next caller. A result that belongs to an earlier era does not count. Order: inside `Retry`
/// (E0201); inside a `FallbackChain` each target has its own state.
///
/// Errors   `ConfigError` when an option is out of range.
/// Threads  The policy is immutable; one `State` may serve any number of threads and pipelines.
/// Cost     Closed and well: one relaxed load to admit, one to settle; nothing shared is written by the consecutive rule. Open: one clock
///          reading. A failure, a probe, and every result under `ratio`: a short lock.
/// Source   Nygard, "Release It!" (2007); leases and eras against the half-open state that never ends, known from several libraries.
template <class Trip = ConsecutiveFailures>
class CircuitBreaker {
  enum class Mode : std::uint64_t { closed, open, half_open };

  // The word: mode in bits 0-1, "failures seen" in bit 2, the era in the rest. A closed breaker without failures is recognised, in one
  // comparison, by the word that the call saw when it was admitted.
  static constexpr std::uint64_t seen_failures = 4;
  static constexpr std::uint64_t mode_mask = 3;
  static constexpr unsigned era_shift = 3;

  static constexpr Mode mode_of(std::uint64_t word) noexcept { return static_cast<Mode>(word & mode_mask); }
  static constexpr std::uint64_t era_of(std::uint64_t word) noexcept { return word >> era_shift; }
  static constexpr std::uint64_t word_of(Mode mode, std::uint64_t era) noexcept {
    return era << era_shift | static_cast<std::uint64_t>(mode);
  }

  static constexpr unsigned most_probes = 8;

 public:
  static constexpr Role role = Role::circuit_breaker;

  /// What all calls to one protected thing share.
  class State {
   public:
    State() = default;

   private:
    friend class CircuitBreaker;
    struct Probe {
      std::uint64_t ticket = 0;  // 0: free
      Time lease_ends{};
    };

    alignas(64) std::atomic<std::uint64_t> word_{word_of(Mode::closed, 1)};  // alone on its line: every call reads it
    std::atomic<Duration::rep> open_until_{0};
    alignas(64) std::mutex mutex_;  // guards what follows, and every change of the word
    typename Trip::Window window_{};
    std::array<Probe, most_probes> probes_{};
    std::uint64_t tickets_ = 0;
    unsigned successes_ = 0;
    unsigned reopened_ = 0;  // by failed probes, since it was last closed
  };

  /// The permit: the word of the closed breaker as the call saw it, or a probe's ticket (in the place of the era, with the mode half-open).
  struct Call {
    std::uint64_t word = 0;
  };

  constexpr explicit CircuitBreaker(CircuitBreakerOptions<Trip> options = {}) : options_(options) {
    RefusingRules rules;
    check(options_, rules);
  }

  template <class Rules>
  static constexpr void check(const CircuitBreakerOptions<Trip>& options, Rules& rules) {
    using Seconds = std::chrono::duration<double>;
    constexpr Duration least = std::chrono::milliseconds{1};
    constexpr Duration day = std::chrono::hours{24};
    options.trip.check(rules);
    rules.require(options.open_for >= least && options.open_for <= day, "CircuitBreaker: open_for must be from 0.001 to 86400 s",
                  Seconds(options.open_for).count());
    rules.require(options.longest_open == Duration::zero() || (options.longest_open >= options.open_for && options.longest_open <= day),
                  "CircuitBreaker: longest_open must be from open_for to 86400 s, or 0", Seconds(options.longest_open).count());
    rules.require(options.probes >= 1 && options.probes <= most_probes, "CircuitBreaker: probes must be from 1 to 8", options.probes);
    rules.require(options.successes_to_close >= 1 && options.successes_to_close <= 100,
                  "CircuitBreaker: successes_to_close must be from 1 to 100", options.successes_to_close);
    rules.require(options.probe_lease >= least && options.probe_lease <= day, "CircuitBreaker: probe_lease must be from 0.001 to 86400 s",
                  Seconds(options.probe_lease).count());
  }

  [[nodiscard]] constexpr const CircuitBreakerOptions<Trip>& options() const noexcept { return options_; }

  [[nodiscard, gnu::always_inline]] Admission admit(State& state, Call& call, Now now, const Attempt&) const noexcept {
    const std::uint64_t word = state.word_.load(std::memory_order_acquire);  // acquire: `open_until_` was written before it
    call.word = word;
    if (mode_of(word) == Mode::closed) [[likely]]
      return Admission::go();
    const auto [admission, permit] = admit_when_not_closed(state, now, mode_of(word));
    call.word = permit;
    return admission;
  }

  [[gnu::always_inline]] Reaction settle(State& state, Call& call, Now now, const Attempt&, const Verdict& verdict) const noexcept {
    if constexpr (!Trip::counts_successes) {
      const std::uint64_t word = state.word_.load(std::memory_order_relaxed);
      if (verdict.ok() && word == call.word && (word & (seen_failures | mode_mask)) == 0) [[likely]]
        return Reaction::pass();
    }
    return settle_changing(state, call.word, now, news_of(verdict));
  }

 private:
  struct Admitted {
    Admission admission;
    std::uint64_t permit;
  };

  // By value and back, so that the happy path keeps its permit in a register.
  [[nodiscard, gnu::cold, gnu::noinline]] Admitted admit_when_not_closed(State& state, Now now, Mode seen) const noexcept {
    const Time at = now();
    if (seen == Mode::open) {
      const Time until{Duration{state.open_until_.load(std::memory_order_relaxed)}};
      if (at < until) return {Admission::reject(Kind::circuit_open, until, "circuit-open"), 0};
    }
    const std::lock_guard lock{state.mutex_};
    std::uint64_t word = state.word_.load(std::memory_order_relaxed);
    Signal signal = Signal::none;
    if (mode_of(word) == Mode::open) {
      const Time until{Duration{state.open_until_.load(std::memory_order_relaxed)}};
      if (at < until) return {Admission::reject(Kind::circuit_open, until, "circuit-open"), 0};
      word = change(state, Mode::half_open);
      state.successes_ = 0;
      state.probes_ = {};
      signal = Signal::circuit_half_opened;
    }
    if (mode_of(word) == Mode::closed) return {Admission::go(), word};
    for (auto& probe : state.probes_)
      if (probe.lease_ends <= at) probe.ticket = 0;
    for (unsigned i = 0; i < options_.probes; ++i) {
      auto& probe = state.probes_[i];
      if (probe.ticket != 0) continue;
      probe.ticket = ++state.tickets_;
      probe.lease_ends = later(at, options_.probe_lease);
      return {Admission::go().noting(signal), word_of(Mode::half_open, probe.ticket)};
    }
    // When the probes report is not known; a tenth of the open time is soon enough to look again.
    const Duration soon = std::clamp<Duration>(options_.open_for / 10, std::chrono::milliseconds{1}, std::chrono::seconds{5});
    return {Admission::reject(Kind::circuit_open, later(at, soon), "circuit-half-open"), 0};
  }

  // What an end says of the service. Decided before the cold path is entered, which then needs no verdict in memory.
  enum class News : std::uint8_t { good, bad, neither };

  [[nodiscard]] News news_of(const Verdict& verdict) const noexcept {
    if (verdict.ok()) return News::good;
    return verdict.says != Says::policy && options_.counts[verdict.kind] ? News::bad : News::neither;
  }

  [[gnu::noinline]] Reaction settle_changing(State& state, std::uint64_t permit, Now now, News news) const noexcept {
    const bool probe = mode_of(permit) == Mode::half_open;
    if (news == News::neither && !probe) return Reaction::pass();
    const Time at = news == News::bad || Trip::counts_successes ? now() : Time{};

    const std::lock_guard lock{state.mutex_};
    const std::uint64_t word = state.word_.load(std::memory_order_relaxed);
    if (probe) return settle_probe(state, era_of(permit), word, at, news);
    if (mode_of(word) != Mode::closed || era_of(word) != era_of(permit)) return Reaction::pass();  // of an earlier era
    if (news == News::bad) {
      if (options_.trip.failed(state.window_, at)) {
        open(state, at);
        return Reaction::pass().noting(Signal::circuit_opened);
      }
      state.word_.store(word | seen_failures, std::memory_order_release);
    } else {
      options_.trip.succeeded(state.window_, at);
      if constexpr (!Trip::counts_successes) state.word_.store(word & ~seen_failures, std::memory_order_release);
    }
    return Reaction::pass();
  }

  Reaction settle_probe(State& state, std::uint64_t ticket, std::uint64_t word, Time at, News news) const noexcept {
    const auto probe = std::find_if(state.probes_.begin(), state.probes_.end(), [&](const auto& out) { return out.ticket == ticket; });
    if (mode_of(word) != Mode::half_open || probe == state.probes_.end()) return Reaction::pass();  // its lease was given away
    probe->ticket = 0;
    if (news == News::bad) {
      if (state.reopened_ < 64) ++state.reopened_;
      open(state, at);
      return Reaction::pass().noting(Signal::circuit_opened);
    }
    if (news == News::good && ++state.successes_ >= options_.successes_to_close) {
      state.window_ = {};
      state.reopened_ = 0;
      change(state, Mode::closed);
      return Reaction::pass().noting(Signal::circuit_closed);
    }
    return Reaction::pass();
  }

  // The open time, doubled for each probe that failed.
  [[nodiscard]] Duration open_time(unsigned reopened) const noexcept {
    if (options_.longest_open == Duration::zero()) return options_.open_for;
    Duration time = options_.open_for;
    while (reopened-- > 0 && time < options_.longest_open) time *= 2;
    return std::min(time, options_.longest_open);
  }

  void open(State& state, Time at) const noexcept {
    const Duration::rep until = later(at, open_time(state.reopened_)).time_since_epoch().count();
    state.open_until_.store(std::max(until, state.open_until_.load(std::memory_order_relaxed)), std::memory_order_relaxed);
    state.window_ = {};
    change(state, Mode::open);
  }

  // Every change begins a new era, so that results of the old one are recognised.
  static std::uint64_t change(State& state, Mode mode) noexcept {
    const std::uint64_t word = word_of(mode, era_of(state.word_.load(std::memory_order_relaxed)) + 1);
    state.word_.store(word, std::memory_order_release);
    return word;
  }

  CircuitBreakerOptions<Trip> options_;
};

CircuitBreaker() -> CircuitBreaker<>;

}  // namespace ductile::inline DUCTILE_VERSION
