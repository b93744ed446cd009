// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/answer.hpp>  // Admission, Signal
#include <ductile/core/kind.hpp>    // Kind
#include <ductile/core/now.hpp>     // Duration, Time, end_of_time, later
#include <ductile/detail/min_max.hpp>
#include <ductile/policies/trip.hpp>  // CallEnd, Trips, is_ill

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ductile::inline DUCTILE_VERSION {

/// What a circuit breaker does with calls.
enum class CircuitMode : std::uint8_t {
  closed,     ///< Lets all through.
  open,       ///< Rejects until a moment that it knows.
  half_open,  ///< Lets a few through, to see.
  isolated    ///< Rejects until it is reset by hand.
};

/// The mode's name, as in metrics.
[[nodiscard]] constexpr const char* name(CircuitMode mode) noexcept {
  switch (mode) {
    case CircuitMode::closed: return "closed";
    case CircuitMode::open: return "open";
    case CircuitMode::half_open: return "half_open";
    case CircuitMode::isolated: return "isolated";
  }
  return "closed";
}

namespace detail {

inline constexpr std::size_t most_probes = 8;

// What everybody sees of a circuit, in 64 bits. A call keeps one as its permit: the word as it was when a closed circuit let it in; or,
// with the number of a lease in the place of the era, half-open for a probe and open for a last chance.
class CircuitWord {
 public:
  constexpr CircuitWord() noexcept = default;
  constexpr explicit CircuitWord(std::uint64_t bits) noexcept : bits_(bits) {}
  constexpr CircuitWord(CircuitMode mode, std::uint64_t era, bool untold = false, bool failures = false) noexcept
      : bits_(era << era_shift | (failures ? failures_bit : 0) | (untold ? untold_bit : 0) | static_cast<std::uint64_t>(mode)) {}

  [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_; }
  [[nodiscard]] constexpr CircuitMode mode() const noexcept { return static_cast<CircuitMode>(bits_ & mode_mask); }
  [[nodiscard]] constexpr std::uint64_t era() const noexcept { return bits_ >> era_shift; }
  // Closed, and nothing to tell.
  [[nodiscard]] constexpr bool lets_all_through() const noexcept { return (bits_ & (mode_mask | untold_bit)) == 0; }
  // The same, and no failure since the last success.
  [[nodiscard]] constexpr bool is_well() const noexcept { return (bits_ & (mode_mask | untold_bit | failures_bit)) == 0; }
  [[nodiscard]] constexpr bool is_isolated_and_told() const noexcept {
    return (bits_ & (mode_mask | untold_bit)) == static_cast<std::uint64_t>(CircuitMode::isolated);
  }

  friend constexpr bool operator==(CircuitWord, CircuitWord) = default;

 private:
  static constexpr std::uint64_t mode_mask = 3;
  static constexpr std::uint64_t untold_bit = 4;
  static constexpr std::uint64_t failures_bit = 8;
  static constexpr unsigned era_shift = 4;
  std::uint64_t bits_ = 1U << era_shift;
};

// What an end says of the service.
enum class News : std::uint8_t { good, bad, neither };

// The finite automaton behind a circuit breaker: plain data, for one thread at a time. The numbers come with each question, since several
// pipelines may share it, each with its own. A test walks through all of its states.
template <class Options>
struct Circuit {
  using Trip = decltype(Options::trip);

  struct Lease {
    std::uint64_t ticket = 0;  // 0: free
    Time ends{};
    friend constexpr bool operator==(const Lease&, const Lease&) = default;
  };
  struct Admitted {
    Admission admission;
    CircuitWord permit;
  };

  CircuitMode mode = CircuitMode::closed;
  bool untold = false;         // changed by hand, and no observer has heard of it
  bool seen_failures = false;  // since the last success
  std::uint64_t era = 1;       // begins anew with each change, so that results of the old one are recognised
  Time open_until{};
  typename Trip::Window window{};
  std::array<Lease, most_probes> probes{};
  Lease last_chance{};
  Time next_last_chance{};
  std::uint64_t tickets = 0;
  unsigned successes = 0;  // of probes
  unsigned reopened = 0;   // by failed probes, since it was last closed

  [[nodiscard]] CircuitWord word() const noexcept { return CircuitWord{mode, era, untold, seen_failures}; }

  // `deadline` of a call that has nowhere else to go; of any other, `end_of_time`.
  [[nodiscard]] Admitted admit(const Options& options, Time at, Time deadline) noexcept {
    Signal signal = told_by_hand();
    if (mode == CircuitMode::isolated)
      return {Admission::reject(Kind::circuit_open, end_of_time, "circuit-isolated").noting(signal), CircuitWord{}};
    if (mode == CircuitMode::open && at >= open_until) {
      change(CircuitMode::half_open);
      successes = 0;
      probes = {};
      signal = Signal::circuit_half_opened;
    }
    if (mode == CircuitMode::closed) return {Admission::go().noting(signal), word()};
    if (mode == CircuitMode::half_open) {
      for (Lease& probe : probes) end_if_late(probe, at);
      for (unsigned i = 0; i < options.probes; ++i)
        if (take(probes[i], at, options)) return {Admission::go().noting(signal), CircuitWord{CircuitMode::half_open, tickets}};
    }
    return last_chance_or_reject(options, at, deadline);
  }

  [[nodiscard]] Signal settle(const Options& options, CircuitWord permit, News news, const CallEnd& end) noexcept {
    switch (permit.mode()) {
      case CircuitMode::half_open: return settle_probe(options, permit.era(), news, end);
      case CircuitMode::open:  // says nothing: it went because of its deadline, not because it was time to look
        if (last_chance.ticket == permit.era()) last_chance = {};
        return Signal::none;
      default: break;
    }
    if (mode != CircuitMode::closed || era != permit.era() || news == News::neither) return Signal::none;  // or of an earlier era
    if (options.trip.add(window, end)) {
      open(options, end.at);
      return Signal::circuit_opened;
    }
    if constexpr (!Trip::counts_successes) seen_failures = end.failed;
    return Signal::none;
  }

  // Both by hand; true when that changed the mode.
  bool isolate() noexcept {
    if (mode == CircuitMode::isolated) return false;
    change(CircuitMode::isolated);
    untold = true;
    return true;
  }
  bool reset() noexcept {
    const bool changed = mode != CircuitMode::closed;
    close();
    untold = changed;
    return changed;
  }

  // The moment until which a rejected call should stay away; while it is half-open, a guess: when the probes report is not known.
  [[nodiscard]] static Time look_again(const Options& options, Time at) noexcept {
    return later(at, detail::clamp<Duration>(options.open_for / 10, std::chrono::milliseconds{1}, std::chrono::seconds{5}));
  }

  // Whether a call that is kept out until `until` would come too late to be kept out once more.
  [[nodiscard]] static bool is_last_chance(const Options& options, Time until, Time deadline) noexcept {
    return options.last_chance > Duration::zero() && deadline < later(until, options.open_for);
  }

  // All that it holds, for tests.
  friend bool operator==(const Circuit&, const Circuit&) = default;

 private:
  [[nodiscard]] Signal told_by_hand() noexcept {
    if (!untold) return Signal::none;
    untold = false;
    return mode == CircuitMode::isolated ? Signal::circuit_isolated : Signal::circuit_closed;
  }

  static void end_if_late(Lease& lease, Time at) noexcept {
    if (lease.ends <= at) lease = {};
  }
  bool take(Lease& lease, Time at, const Options& options) noexcept {
    if (lease.ticket != 0) return false;
    lease = {++tickets, later(at, options.probe_lease)};
    return true;
  }

  [[nodiscard]] Admitted last_chance_or_reject(const Options& options, Time at, Time deadline) noexcept {
    Time until = mode == CircuitMode::open ? open_until : look_again(options, at);
    if (is_last_chance(options, until, deadline)) {
      end_if_late(last_chance, at);
      if (at >= next_last_chance && take(last_chance, at, options)) {
        next_last_chance = later(at, options.last_chance);
        return {Admission::go(), CircuitWord{CircuitMode::open, tickets}};
      }
      until = detail::min(until, at < next_last_chance ? next_last_chance : look_again(options, at));
    }
    return {Admission::reject(Kind::circuit_open, until, mode == CircuitMode::open ? "circuit-open" : "circuit-half-open"), CircuitWord{}};
  }

  [[nodiscard]] Signal settle_probe(const Options& options, std::uint64_t ticket, News news, const CallEnd& end) noexcept {
    auto probe = probes.begin();
    while (probe != probes.end() && probe->ticket != ticket) ++probe;
    if (mode != CircuitMode::half_open || probe == probes.end()) return Signal::none;  // its lease was given away, or its era is over
    *probe = {};
    if (news == News::neither) return Signal::none;
    if (is_ill(options.trip, end)) {
      if (reopened < 64) ++reopened;
      open(options, end.at);
      return Signal::circuit_opened;
    }
    if (++successes < options.successes_to_close) return Signal::none;
    close();
    return Signal::circuit_closed;
  }

  // The open time, doubled for each probe that failed.
  [[nodiscard]] Duration open_time(const Options& options) const noexcept {
    if (options.longest_open == Duration::zero()) return options.open_for;
    Duration time = options.open_for;
    for (unsigned i = 0; i < reopened && time < options.longest_open; ++i) time *= 2;
    return detail::min(time, options.longest_open);
  }

  void open(const Options& options, Time at) noexcept {
    open_until = later(at, open_time(options));  // never earlier than before: who opens it has seen the last open time end
    next_last_chance = detail::max(next_last_chance, later(at, options.last_chance));
    window = {};
    change(CircuitMode::open);
  }

  void close() noexcept {
    open_until = {};
    window = {};
    reopened = 0;
    change(CircuitMode::closed);
  }

  void change(CircuitMode to) noexcept {
    mode = to;
    ++era;
    untold = false;
    seen_failures = false;
  }
};

}  // namespace detail

}  // namespace ductile::inline DUCTILE_VERSION
