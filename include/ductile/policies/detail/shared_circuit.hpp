// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/answer.hpp>              // Admission, Reaction, Signal
#include <ductile/core/attempt.hpp>             // Attempt
#include <ductile/core/now.hpp>                 // Duration, Now, Time, end_of_time
#include <ductile/policies/detail/circuit.hpp>  // Circuit, CircuitMode, CircuitWord, News
#include <ductile/policies/trip.hpp>            // CallEnd, times_calls

#include <atomic>
#include <cstdint>
#include <mutex>

namespace ductile::inline DUCTILE_VERSION::detail {

// A circuit for any number of threads: the automaton behind a lock, and outside of it the two words that let calls pass a closed circuit,
// end well, and be rejected by an open one without the lock.
template <class Options>
class SharedCircuit {
  using Automaton = Circuit<Options>;
  using Trip = typename Automaton::Trip;

 public:
  [[nodiscard, gnu::always_inline]] Admission admit(const Options& options, std::uint64_t& permit, Now now,
                                                    const Attempt& attempt) noexcept {
    const std::uint64_t word = word_.load(std::memory_order_acquire);  // acquire: `open_until_` was written before it
    permit = word;
    if (CircuitWord{word}.lets_all_through()) [[likely]]
      return Admission::go();
    // Nothing better is left, unless a person has forbidden it: of no era, for it says nothing of the service's getting well.
    if (attempt.insists && CircuitWord{word}.mode() != CircuitMode::isolated) {
      permit = CircuitWord{CircuitMode::closed, 0}.bits();
      return Admission::go();
    }
    // Who has until `start_by` to wait has another place to go to, if one is free.
    const Time deadline = attempt.start_by == end_of_time || attempt.nowhere_else ? attempt.deadline : end_of_time;
    const auto [admission, given] = admit_slowly(options, now, deadline, CircuitWord{word});
    permit = given.bits();
    return admission;
  }

  // True when a call that ended well changes nothing.
  [[nodiscard, gnu::always_inline]] bool stays_well(std::uint64_t permit) const noexcept {
    const std::uint64_t word = word_.load(std::memory_order_relaxed);
    return word == permit && CircuitWord{word}.is_well();
  }

  [[gnu::noinline]] Reaction settle(const Options& options, std::uint64_t permit, Now now, Time began, News news) noexcept {
    const CircuitWord given{permit};
    if (news == News::neither && given.mode() == CircuitMode::closed) return Reaction::pass();
    CallEnd end;
    end.failed = news == News::bad;
    if (end.failed || Trip::counts_successes) end.at = now();
    if constexpr (times_calls<Trip>()) end.took = end.at - began;
    Signal signal = Signal::none;
    change([&] { signal = circuit_.settle(options, given, news, end); });
    return Reaction::pass().noting(signal);
  }

  bool isolate() noexcept {
    bool changed = false;
    change([&] { changed = circuit_.isolate(); });
    return changed;
  }
  bool reset() noexcept {
    bool changed = false;
    change([&] { changed = circuit_.reset(); });
    return changed;
  }

  [[nodiscard]] CircuitMode mode() const noexcept { return CircuitWord{word_.load(std::memory_order_relaxed)}.mode(); }
  [[nodiscard]] Time open_until() const noexcept { return Time{Duration{open_until_.load(std::memory_order_relaxed)}}; }

 private:
  // By value and back, so that the happy path keeps its permit in a register.
  [[nodiscard, gnu::cold, gnu::noinline]] typename Automaton::Admitted admit_slowly(const Options& options, Now now, Time deadline,
                                                                                    CircuitWord seen) noexcept {
    if (seen.is_isolated_and_told()) return {Admission::reject(Kind::circuit_open, end_of_time, "circuit-isolated"), CircuitWord{}};
    const Time at = now();
    if (seen.mode() == CircuitMode::open) {
      const Time until = open_until();
      if (at < until && !Automaton::is_last_chance(options, until, deadline))
        return {Admission::reject(Kind::circuit_open, until, "circuit-open"), CircuitWord{}};
    }
    typename Automaton::Admitted admitted{Admission::go(), CircuitWord{}};
    change([&] { admitted = circuit_.admit(options, at, deadline); });
    return admitted;
  }

  // Whoever sees the new word also sees `open_until_`. Unchanged, the word is not written: others read its line with every call.
  template <class Change>
  void change(Change what) noexcept {
    const std::lock_guard lock{mutex_};
    const std::uint64_t before = circuit_.word().bits();
    what();
    const std::uint64_t after = circuit_.word().bits();
    if (after == before) return;
    open_until_.store(circuit_.open_until.time_since_epoch().count(), std::memory_order_relaxed);
    word_.store(after, std::memory_order_release);
  }

  alignas(64) std::atomic<std::uint64_t> word_{CircuitWord{}.bits()};  // alone on its line: every call reads it
  std::atomic<Duration::rep> open_until_{0};
  alignas(64) std::mutex mutex_;  // guards what follows, and every change of the words
  Automaton circuit_{};
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
