// SPDX-License-Identifier: BSL-1.0
//
// The circuit that threads share, under relacy: the library's own code in every interleaving of two or three threads, with every value that
// the orders of memory allow. scripts/check_races builds and runs it, and once for each fault below.
//
// planted: policies/detail/shared_circuit.hpp | const std::lock_guard lock{mutex_}; |
// weakened: policies/detail/shared_circuit.hpp | word_.load(std::memory_order_acquire)
// weakened: policies/detail/shared_circuit.hpp | word_.store(after, std::memory_order_release)
#include <ductile/core/config_error.hpp>  // before the others: relacy knows no atomic pointer to a function

#include "watched_std.hpp"

#include <ductile/policies/circuit_breaker.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

using namespace ::std::chrono_literals;

namespace {

using namespace ductile;
using detail::CircuitWord;
using detail::News;

// Consecutive failures, counted where relacy sees who reads and writes: what the lock guards.
struct WatchedFailures {
  static constexpr bool counts_successes = false;
  struct Window {
    rl::var<unsigned> failures;

    Window() { failures($) = 0; }
    Window(const Window& other) { failures($) = static_cast<unsigned>(other.failures($)); }
    Window& operator=(const Window& other) {
      failures($) = static_cast<unsigned>(other.failures($));
      return *this;
    }
    ~Window() = default;
  };

  unsigned failures = 2;

  bool add(Window& window, const CallEnd& end) const noexcept {
    const unsigned seen = end.failed ? static_cast<unsigned>(window.failures($)) + 1 : 0;
    window.failures($) = seen;
    return seen >= failures;
  }
};

class StillClock : private TimeSource {
 public:
  Now at(Duration time) noexcept {
    time_ = Time{time};
    return Now{*this}.read();
  }

 private:
  Time steady() noexcept override { return time_; }
  WallTime wall() noexcept override { return WallTime{}; }
  ::std::uint64_t random() noexcept override { return 0; }
  Time time_{};
};

StillClock still_clock;
Now at(Duration time) { return still_clock.at(time); }

using Options = CircuitBreakerOptions<WatchedFailures>;
const Options options{.trip = {}, .open_for = 10s};

// One thread's dealings with the circuit.
class Caller {
 public:
  explicit Caller(detail::SharedCircuit<Options>& circuit) : circuit_(circuit) {}

  bool admitted(Duration time) {
    const Admission admission = circuit_.admit(options, permit_, at(time), Attempt{});
    signal_ = admission.signal();
    earliest_ = admission.at();
    rejected_for_ = admission.id();
    return admission.form() == Admission::Form::go;
  }
  // As `CircuitBreaker::settle` does it.
  Signal settle(Duration time, News news) {
    if (news == News::good && circuit_.stays_well(permit_)) return Signal::none;
    return circuit_.settle(options, permit_, at(time), Time{}, news).signal();
  }
  [[nodiscard]] Signal signal() const { return signal_; }
  [[nodiscard]] Time earliest() const { return earliest_; }
  [[nodiscard]] FailureId rejected_for() const { return rejected_for_; }

 private:
  detail::SharedCircuit<Options>& circuit_;
  ::std::uint64_t permit_ = 0;
  Signal signal_ = Signal::none;
  Time earliest_{};
  FailureId rejected_for_{};
};

template <class Scene, int Threads>
struct SceneOf : rl::test_suite<Scene, Threads> {
  detail::SharedCircuit<Options> circuit{};
  ::std::array<Signal, Threads> told{};

  // How many threads were told of it.
  [[nodiscard]] int times(Signal signal) const {
    int count = 0;
    for (const Signal one : told) count += one == signal ? 1 : 0;
    return count;
  }
  void trip(Duration time) {
    for (int i = 0; i < 2; ++i) {
      Caller caller{circuit};
      RL_ASSERT(caller.admitted(time));
      caller.settle(time, News::bad);
    }
  }
};

// Two failures at once open it, once; whoever is rejected is told until when.
struct TwoFailures : SceneOf<TwoFailures, 3> {
  void thread(unsigned index) {
    Caller caller{circuit};
    if (index == 2) {
      if (!caller.admitted(1s)) {
        RL_ASSERT(caller.earliest() == Time{11s});
      }
      return;
    }
    RL_ASSERT(caller.admitted(1s));
    told[index] = caller.settle(1s, News::bad);
  }
  void after() {
    RL_ASSERT(times(Signal::circuit_opened) == 1);
    RL_ASSERT(circuit.mode() == CircuitMode::open);
    RL_ASSERT(circuit.open_until() == Time{11s});
  }
};

// A success that ends beside a failure never leaves a failure that later successes do not see.
struct SuccessBesideFailure : SceneOf<SuccessBesideFailure, 2> {
  void thread(unsigned index) {
    Caller caller{circuit};
    RL_ASSERT(caller.admitted(1s));
    told[index] = caller.settle(1s, index == 0 ? News::bad : News::good);
  }
  void after() {
    RL_ASSERT(times(Signal::none) == 2);
    for (const News news : {News::good, News::bad}) {
      Caller caller{circuit};
      RL_ASSERT(caller.admitted(2s));
      caller.settle(2s, news);
    }
    RL_ASSERT(circuit.mode() == CircuitMode::closed);
  }
};

// After the open time one caller is the probe, and tells that the circuit is half-open.
struct OneProbe : SceneOf<OneProbe, 2> {
  ::std::array<bool, 2> went{};
  void before() { trip(1s); }
  void thread(unsigned index) {
    Caller caller{circuit};
    went[index] = caller.admitted(11s);
    told[index] = caller.signal();
  }
  void after() {
    RL_ASSERT(went[0] != went[1]);
    RL_ASSERT(times(Signal::circuit_half_opened) == 1);
    RL_ASSERT(circuit.mode() == CircuitMode::half_open);
  }
};

// A failure from before the circuit opened, and the probe that closes it.
struct LateFailure : SceneOf<LateFailure, 2> {
  ::std::optional<Caller> late{};
  void before() {
    late.emplace(circuit);
    RL_ASSERT(late->admitted(1s));
    trip(1s);
  }
  void thread(unsigned index) {
    if (index == 0) {
      told[index] = late->settle(11s, News::bad);
      return;
    }
    Caller probe{circuit};
    RL_ASSERT(probe.admitted(11s));
    told[index] = probe.settle(11s, News::good);
  }
  void after() {
    RL_ASSERT(told[0] == Signal::none);
    RL_ASSERT(told[1] == Signal::circuit_closed);
    Caller caller{circuit};
    RL_ASSERT(caller.admitted(12s));
    caller.settle(12s, News::bad);
    RL_ASSERT(circuit.mode() == CircuitMode::closed);  // one failure: the late one was not counted
  }
};

// Isolated and reset by hand, while another one calls.
struct ByHand : SceneOf<ByHand, 2> {
  void thread(unsigned index) {
    if (index == 0) {
      circuit.isolate();
      circuit.reset();
      return;
    }
    Caller caller{circuit};
    if (caller.admitted(1s)) {
      RL_ASSERT(caller.settle(1s, News::good) == Signal::none);
    } else {
      RL_ASSERT(caller.earliest() == end_of_time);
    }
    told[index] = caller.signal();
  }
  void after() {
    RL_ASSERT(circuit.mode() == CircuitMode::closed);
    Caller last{circuit};
    RL_ASSERT(last.admitted(2s));
    RL_ASSERT((told[1] == Signal::circuit_closed) != (last.signal() == Signal::circuit_closed));  // told once
  }
};

// A probe that fails: whoever has seen it under way, and is rejected for an open circuit, is told until when it is open now.
struct OpenedAgain : SceneOf<OpenedAgain, 2> {
  void before() { trip(1s); }
  void thread(unsigned index) {
    Caller caller{circuit};
    if (index == 0) {
      RL_ASSERT(caller.admitted(11s));
      caller.settle(11s, News::bad);
    } else if (circuit.mode() == CircuitMode::half_open) {
      RL_ASSERT(!caller.admitted(10s));
      RL_ASSERT(caller.earliest() == Time{21s} || !(caller.rejected_for() == "circuit-open"));
    }
  }
};

}  // namespace

int main(int count, char** arguments) {
  races::begin(count, arguments);
  bool ok = races::holds<TwoFailures>("two failures at once");
  ok = races::holds<SuccessBesideFailure>("a success beside a failure") && ok;
  ok = races::holds<OneProbe>("one probe") && ok;
  ok = races::holds<LateFailure>("a late failure and a probe") && ok;
  ok = races::holds<ByHand>("isolated and reset by hand") && ok;
  ok = races::holds<OpenedAgain>("a probe that fails") && ok;
  return ok ? 0 : 1;
}
