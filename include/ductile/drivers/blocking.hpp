// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/clock.hpp>      // Clock
#include <ductile/core/gate.hpp>       // BlockingWaiter
#include <ductile/core/machine.hpp>    // Machine, Walk
#include <ductile/core/operation.hpp>  // make_attempt
#include <ductile/core/pipeline.hpp>   // Pipeline

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// One call in the caller's thread: a straight path for the call that meets no deviation, and the machine for the rest. What the straight
// path hands to the machine it hands by value, so that its own copy can live in registers.
template <class T, class Body>
struct BlockingCall {
  using L = typename Body::LayersType;
  using Obs = typename Body::ObserversType;
  using M = Machine<L, T, Obs>;
  static constexpr std::size_t count = L::count;

  template <Repetition Tag, class F, class Classifier, class C, class Stop>
  [[nodiscard]] static Result<T> run(Body& body, F& operation, const Classifier& classifier, C& clock, const Stop& stop,
                                     const CallOptions& options) {
    Now now = clock.now();
    Walk<L> walk;
    if constexpr (L::any_reads_time || Obs::observed) {
      now = now.read();
      walk.began = now();
    }
    Attempt& first = walk.attempts[0];
    if (options.deadline) {
      first.deadline = later(now(), *options.deadline);
      first.own_deadline = true;
    }
    first.attempts = options.attempts;
    first.targets = options.targets;
    if constexpr (Obs::observed) {
      walk.call = body.observers().next_call();
      body.observers().tell(OperationBegan{walk.call, walk.began});
    }

    // Every function that returns a Result returns one name of its outermost block, or a prvalue: only then does g++ 12 build it in place.
    Admission admission = Admission::go();
    const std::size_t admitted =
        stop.stop_requested() || has_no_time(options) ? count + 1 : admit_all<0>(body.layers(), walk, now, admission);
    Result<T> result = admitted == count ? straight_attempt<Tag>(body, walk, now, operation, classifier)
                                         : deviate<Tag>(body, walk, admitted, admission, operation, classifier, clock, stop);
    if (admitted == count) {
      if (!Obs::observed && result) [[likely]]
        settle_all<count>(body.layers(), walk, now.afresh(), verdict_on(result));
      else  // with observers the machine ends every call, for it knows what to tell
        result = go_on<Tag>(body, walk, std::move(result), operation, classifier, clock, stop);
    }
    return result;
  }

 private:
  static constexpr bool has_no_time(const CallOptions& options) noexcept {
    return options.deadline && *options.deadline <= Duration::zero();
  }

  // How many layers said go; the admission of the one that did not is left in `deviation`.
  template <std::size_t I>
  [[gnu::always_inline]] static std::size_t admit_all(L& layers, Walk<L>& walk, Now now, Admission& deviation) noexcept {
    if constexpr (I == count) {
      return count;
    } else {
      const Admission admission = layers.template admit<I>(std::get<I>(walk.calls), now, walk.attempts[I]);
      if (admission.form() != Admission::Form::go || (Obs::observed && admission.signal() != Signal::none)) [[unlikely]] {
        deviation = admission;
        return I;
      }
      walk.attempts[I + 1] = L::template edited<I>(walk.attempts[I], admission);
      return admit_all<I + 1>(layers, walk, now, deviation);
    }
  }

  template <Repetition Tag, class F, class Classifier>
  [[gnu::always_inline]] static Result<T> straight_attempt(Body& body, Walk<L>& walk, Now now, F& operation, const Classifier& classifier) {
    if constexpr (Obs::observed) body.observers().tell(AttemptBegan{walk.call, walk.began, walk.attempts[count]});
#if defined(__cpp_exceptions)
    try {
      return make_attempt<T>(operation, walk.attempts[count], classifier);
    } catch (...) {
      settle_thrown<Tag>(body, walk, now);
      throw;
    }
#else
    static_cast<void>(now);
    return make_attempt<T>(operation, walk.attempts[count], classifier);
#endif
  }

  template <std::size_t I>
  [[gnu::always_inline]] static void settle_all(L& layers, Walk<L>& walk, Now now, const Verdict& verdict) noexcept {
    if constexpr (I > 0) {
      if constexpr (L::template settles_success<I - 1>)
        static_cast<void>(
            layers.template settle<I - 1>(std::get<I - 1>(walk.calls), now, walk.attempts[I - 1].target, walk.attempts[I], verdict));
      settle_all<I - 1>(layers, walk, now, verdict);
    }
  }

  template <Repetition Tag>
  [[gnu::cold, gnu::noinline]] static void settle_thrown(Body& body, Walk<L> walk, Now now) noexcept {
    M machine{body.layers(), body.observers(), now, Tag, walk};
    machine.take_over_running();
  }

  template <Repetition Tag, class F, class Classifier, class C, class Stop>
  [[gnu::cold, gnu::noinline]] static Result<T> deviate(Body& body, Walk<L> walk, std::size_t admitted, Admission admission, F& operation,
                                                        const Classifier& classifier, C& clock, const Stop& stop) {
    M machine{body.layers(), body.observers(), clock.now(), Tag, walk};
    if (admitted > count) {  // stopped, or without time, before anything was asked
      static_cast<void>(stop.stop_requested() ? machine.cancel() : machine.refuse(Kind::deadline));
      return machine.finish();
    }
    return drive(machine, machine.resume_admission(admitted, admission), operation, classifier, clock, stop);
  }

  template <Repetition Tag, class F, class Classifier, class C, class Stop>
  [[gnu::cold, gnu::noinline]] static Result<T> go_on(Body& body, Walk<L> walk, Result<T>&& ended, F& operation,
                                                      const Classifier& classifier, C& clock, const Stop& stop) {
    M machine{body.layers(), body.observers(), clock.now(), Tag, walk};
    machine.take_over_running();  // before anything that may throw: from here on the machine settles
    return drive(machine, ended_or_stopped(machine, std::move(ended), stop), operation, classifier, clock, stop);
  }

  // What a stop request broke off is our own doing: neither classified nor retried.
  template <class Stop>
  static Asks ended_or_stopped(M& machine, Result<T>&& result, const Stop& stop) {
    return !result && stop.stop_requested() ? machine.cancel() : machine.completed(std::move(result));
  }

  template <class F, class Classifier, class C, class Stop>
  static Result<T> drive(M& machine, Asks asks, F& operation, const Classifier& classifier, C& clock, const Stop& stop) {
    while (asks != Asks::finish) {
      if (stop.stop_requested()) {
        asks = machine.cancel();
        break;
      }
      switch (asks) {
        case Asks::attempt: {
          Result<T> result = make_attempt<T>(operation, machine.begin_attempt(), classifier);
          asks = ended_or_stopped(machine, std::move(result), stop);
          break;
        }
        case Asks::wake:
          clock.sleep_until(machine.wake_at(), stop);
          asks = stop.stop_requested() ? machine.cancel() : machine.woken();
          break;
        case Asks::gate: asks = pass_gate(machine, clock, stop); break;
        case Asks::finish: break;
      }
    }
    return machine.finish();
  }

  template <class C, class Stop>
  static Asks pass_gate(M& machine, C& clock, const Stop& stop) {
    Gate& gate = machine.gate();
    BlockingWaiter waiter{machine.ticket()};
    gate.enter(waiter);
    clock.wait_until(waiter, machine.wake_at(), stop);
    if (waiter.done() || !gate.leave(waiter)) return machine.granted(waiter.wait());
    return stop.stop_requested() ? machine.cancel() : machine.gate_timed_out();
  }
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
