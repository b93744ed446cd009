// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/clock.hpp>      // Clock
#include <ductile/core/gate.hpp>       // BlockingWaiter
#include <ductile/core/machine.hpp>    // Machine, Walk
#include <ductile/core/operation.hpp>  // make_attempt
#include <ductile/core/pipeline.hpp>   // Pipeline

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// One call in the caller's thread: a straight path for the call that meets no deviation, and the machine for the rest.
//
// What keeps the straight path straight, on g++ 12: whatever a cold function sees by reference lives in memory on the hot path too, so it
// gets everything by value; and a Result is built in place only where a function returns a prvalue or one name of its outermost block.
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
    Path path;
    if constexpr (timed) {
      now = now.read();
      path.began = now();
    }
    if (options.deadline) {
      path.first.deadline = later(now(), *options.deadline);
      path.first.own_deadline = true;
    }
    path.first.attempts = options.attempts;
    path.first.targets = options.targets;
    if constexpr (Obs::observed) {
      path.call = body.observers().next_call();
      body.observers().tell(OperationBegan{path.call, path.began});
    }
    const Context<F, Classifier, C, Stop> context{body, operation, classifier, clock, stop};
    if (stop.stop_requested() || (options.deadline && *options.deadline <= Duration::zero())) [[unlikely]]
      return refuse<Tag>(context, path);
    return descend<0, Tag>(context, path, now, path.first);
  }

 private:
  static constexpr bool timed = L::any_reads_time || Obs::observed;
  struct Times {
    Time began{};  // the reading that the layers shared
    std::uint64_t call = 0;
  };
  struct NoTimes {
    static constexpr Time began{};
    static constexpr std::uint64_t call = 0;
  };

  // The call so far: what the machine needs to go on from here. An attempt is kept where a layer may edit it; elsewhere it is the one
  // before.
  //
  // With a constructor of its own, which sets one field after the other: g++ 12 makes an aggregate whole, in memory, and clears it before.
  struct Path : std::conditional_t<timed, Times, NoTimes> {
    Path() noexcept : calls(), first() {}

    typename L::Calls calls;
    std::array<Attempt, L::editing> edited;
    Attempt first;
  };

  // What the caller gave; all references, to what outlives the call.
  template <class F, class Classifier, class C, class Stop>
  struct Context {
    Body& body;
    F& operation;
    const Classifier& classifier;
    C& clock;
    const Stop& stop;
  };

  // `attempt` is what reaches layer I.
  template <std::size_t I, Repetition Tag, class Ctx>
  [[gnu::always_inline]] static Result<T> descend(const Ctx& context, Path& path, Now now, const Attempt& attempt) {
    if constexpr (I == count) {
      if constexpr (L::any_edits_deadline)
        if ((L::any_reads_time || attempt.deadline != end_of_time) && attempt.deadline <= now()) [[unlikely]]
          return begin_late<Tag>(Ctx{context}, path);
      return attempt_and_settle<Tag>(context, path, now, attempt);
    } else {
      const Admission admission = context.body.layers().template admit<I>(std::get<I>(path.calls), now, attempt);
      if (admission.form() != Admission::Form::go || (Obs::observed && admission.signal() != Signal::none)) [[unlikely]]
        return deviate<Tag>(Ctx{context}, path, I, admission);
      if constexpr (edits_of<typename L::template PolicyAt<I>>() != 0) {
        Attempt& edited = path.edited[L::template edits_before<I>];
        edited = L::template edited<I>(attempt, admission);
        return descend<I + 1, Tag>(context, path, now, edited);
      } else {
        return descend<I + 1, Tag>(context, path, now, attempt);
      }
    }
  }

  template <Repetition Tag, class Ctx>
  [[gnu::always_inline]] static Result<T> attempt_and_settle(const Ctx& context, Path& path, Now now, const Attempt& attempt) {
    if constexpr (Obs::observed) context.body.observers().tell(AttemptBegan{path.call, path.began, attempt});
    Result<T> result = straight_attempt<Tag>(context, path, now, attempt);
    if (!Obs::observed && result) [[likely]] {
      settle_all<count>(context.body.layers(), path, now.afresh(), attempt, verdict_on_success(result));
      if constexpr (L::any_edits_target) {
        if (attempt.target != 0) set_provenance(result, attempt.target, 1);
      }
    } else if constexpr (std::is_move_assignable_v<Result<T>>) {  // with observers the machine ends every call, for it knows what to tell
      result = go_on<Tag>(Ctx{context}, path, std::move(result));
    } else {  // two returns cost the happy path a move
      return go_on<Tag>(Ctx{context}, path, std::move(result));
    }
    return result;
  }

  template <Repetition Tag, class Ctx>
  [[gnu::always_inline]] static Result<T> straight_attempt(const Ctx& context, Path& path, Now now, const Attempt& attempt) {
#if defined(__cpp_exceptions)
    try {
      return make_attempt<T>(context.operation, attempt, context.classifier);
    } catch (...) {
      settle_thrown<Tag>(context.body, path, now);
      throw;
    }
#else
    static_cast<void>(path);
    static_cast<void>(now);
    return make_attempt<T>(context.operation, attempt, context.classifier);
#endif
  }

  // `let_in` is what layer I - 1 let in.
  template <std::size_t I>
  [[gnu::always_inline]] static void settle_all(L& layers, Path& path, Now now, const Attempt& let_in, const Verdict& verdict) noexcept {
    if constexpr (I > 0) {
      const Attempt& reached = reached_by<I - 1>(path);
      if constexpr (L::template settles_success<I - 1>)
        static_cast<void>(layers.template settle<I - 1>(std::get<I - 1>(path.calls), now, reached.target, let_in, verdict));
      settle_all<I - 1>(layers, path, now, reached, verdict);
    }
  }

  template <std::size_t I>
  [[gnu::always_inline]] static const Attempt& reached_by(const Path& path) noexcept {
    if constexpr (L::template edits_before<I> == 0)
      return path.first;
    else
      return path.edited[L::template edits_before<I> - 1];
  }

  template <std::size_t... Is>
  static Walk<L> walk_from(const Path& path, std::index_sequence<Is...>) noexcept {
    return Walk<L>{path.calls, {reached_by<Is>(path)...}, path.began, path.call};
  }
  static Walk<L> walk_from(const Path& path) noexcept { return walk_from(path, std::make_index_sequence<count + 1>{}); }

  template <Repetition Tag>
  [[gnu::cold, gnu::noinline]] static void settle_thrown(Body& body, Path path, Now now) noexcept {
    M machine{body.layers(), body.observers(), now, Tag, walk_from(path)};
    machine.take_over_running();
  }

  template <Repetition Tag, class Ctx>
  [[gnu::cold, gnu::noinline]] static Result<T> refuse(Ctx context, Path path) {
    M machine{context.body.layers(), context.body.observers(), context.clock.now(), Tag, walk_from(path)};
    static_cast<void>(context.stop.stop_requested() ? machine.cancel() : machine.refuse(Kind::deadline));
    return machine.finish();
  }

  template <Repetition Tag, class Ctx>
  [[gnu::cold, gnu::noinline]] static Result<T> deviate(Ctx context, Path path, std::size_t admitted, Admission admission) {
    M machine{context.body.layers(), context.body.observers(), context.clock.now(), Tag, walk_from(path)};
    return drive(machine, machine.resume_admission(admitted, admission), context);
  }

  // All layers said go, to an attempt whose deadline has passed already.
  template <Repetition Tag, class Ctx>
  [[gnu::cold, gnu::noinline]] static Result<T> begin_late(Ctx context, Path path) {
    M machine{context.body.layers(), context.body.observers(), context.clock.now(), Tag, walk_from(path)};
    return drive(machine, machine.resume_attempt(), context);
  }

  template <Repetition Tag, class Ctx>
  [[gnu::cold, gnu::noinline]] static Result<T> go_on(Ctx context, Path path, Result<T>&& ended) {
    M machine{context.body.layers(), context.body.observers(), context.clock.now(), Tag, walk_from(path)};
    machine.take_over_running();
    return drive(machine, ended_or_stopped(machine, std::move(ended), context.stop), context);
  }

  // A failure after the caller asked for the end is our own doing: neither classified nor retried.
  template <class Stop>
  static Asks ended_or_stopped(M& machine, Result<T>&& result, const Stop& stop) {
    return !result && stop.stop_requested() ? machine.cancel() : machine.completed(std::move(result));
  }

  template <class Ctx>
  static Result<T> drive(M& machine, Asks asks, const Ctx& context) {
    auto& [body, operation, classifier, clock, stop] = context;
    static_cast<void>(body);
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

  // A visit at a gate. Whatever ends it, a clock that throws too: the gate forgets the waiter, and what it grants all the same the machine
  // takes, so that it is settled.
  class Visit {
   public:
    explicit Visit(M& machine) : machine_(machine), gate_(machine.gate()), waiter_(machine.ticket()) { gate_.enter(waiter_); }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    ~Visit() {
      if (!over_ && answered()) static_cast<void>(machine_.granted(waiter_.wait()));
    }

    [[nodiscard]] BlockingWaiter& waiter() noexcept { return waiter_; }
    [[nodiscard]] Asks end(bool stopped) {
      over_ = true;
      if (!answered()) return stopped ? machine_.cancel() : machine_.gate_timed_out();
      const Asks asks = machine_.granted(waiter_.wait());
      return stopped ? machine_.cancel() : asks;
    }

   private:
    [[nodiscard]] bool answered() { return waiter_.done() || !gate_.leave(waiter_); }

    M& machine_;
    Gate& gate_;
    BlockingWaiter waiter_;
    bool over_ = false;
  };

  template <class C, class Stop>
  static Asks pass_gate(M& machine, C& clock, const Stop& stop) {
    Visit visit{machine};
    clock.wait_until(visit.waiter(), machine.wake_at(), stop);
    return visit.end(stop.stop_requested());
  }
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
