// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/call_options.hpp>  // CallOptions, failure_of, first_attempt, is_forced
#include <ductile/core/clock.hpp>         // Clock
#include <ductile/core/gate.hpp>          // BlockingWaiter
#include <ductile/core/machine.hpp>       // Machine, Walk
#include <ductile/core/operation.hpp>     // make_attempt
#include <ductile/core/pipeline.hpp>      // Pipeline
#include <ductile/core/stop.hpp>          // NoStop

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// One call in the caller's thread: a straight path for the call that meets no deviation, and the machine for the rest.
//
// What keeps the straight path straight: whatever a cold function sees by reference lives in memory on the hot path too, so each sees a
// copy, put together where it is called; and a Result is built in place only where a function returns a prvalue or one name
// of its outermost block. For g++ 12 each thing that a layer leaves is a variable of its own, neither constant nor cleared with others: it
// would stay in memory.
template <class T, class Body>
struct BlockingCall {
  using L = typename Body::LayersType;
  using Obs = typename Body::ObserversType;
  using M = Machine<L, T, Obs>;
  static constexpr std::size_t count = L::count;

  template <Manner How, class F, class Classifier, class C, class Stop>
  [[nodiscard]] static Result<T> run(Body& body, F& operation, const Classifier& classifier, C& clock, const Stop& stop,
                                     const CallOptions& options) {
    Now now = clock.now();
    Start start;
    if constexpr (L::any_reads_time || Obs::observed) {
      now = now.read();
      start.began = now();
    }
    if (options.deadline) start.deadline = later(now(), *options.deadline);
    if constexpr (Obs::observed) {
      start.call = body.observers().next_call();
      body.observers().tell(OperationBegan{start.call, start.began});
    }
    const Context<F, Classifier, C, Stop> context{body, operation, classifier, clock, stop, options};
    if (stop.stop_requested() || (options.deadline && *options.deadline <= Duration::zero())) [[unlikely]]
      return refuse<How>(body, operation, classifier, clock, stop, options, path_of(start));
    return descend<How>(context, start, now, first_attempt(options, start.deadline));
  }

 private:
  struct Start {
    Time deadline = end_of_time;  // the caller's own
    Time began{};                 // the reading that the layers share; the epoch when none was taken
    std::uint64_t call = 0;       // for observers
  };

  struct Nothing {};

  // What a layer that went on leaves: its permit, if it has been asked, and what it let in, if that is not what reached it.
  template <std::size_t I>
  struct Held {
    static constexpr bool asked = Admits<typename L::template PolicyAt<I>>;
    static constexpr bool edits = edits_of<typename L::template PolicyAt<I>>() != 0;
    [[no_unique_address]] std::conditional_t<asked, typename L::template CallAt<I>, Nothing> call{};
    [[no_unique_address]] std::conditional_t<edits, Attempt, Nothing> let_in{};
  };

  // The call so far: what the machine needs to go on from here. Of the attempts only what the layers edited.
  struct Path {
    typename L::Calls calls{};
    std::array<Edit, L::reaching[count]> edits{};
    Start start;
  };

  // What the caller gave; all references, to what outlives the call.
  template <class F, class Classifier, class C, class Stop>
  struct Context {
    Body& body;
    F& operation;
    const Classifier& classifier;
    C& clock;
    const Stop& stop;
    const CallOptions& options;
  };

  template <Manner How, class F, class Classifier>
  [[gnu::always_inline]] static Result<T> make(F& operation, const Attempt& attempt, const Classifier& classifier,
                                               [[maybe_unused]] const CallOptions& options) {
    if constexpr (How.has_options)
      if (is_forced(options.forced, attempt)) [[unlikely]]
        return failure_of(options.forced);
    return make_attempt<T>(operation, attempt, classifier);
  }

  // The layers that went on have left `held`; `attempt` is what the last of them let in.
  template <Manner How, class Ctx, class... Helds>
  [[gnu::always_inline]] static Result<T> descend(const Ctx& context, const Start& start, Now now, const Attempt& attempt, Helds&... held) {
    constexpr std::size_t I = sizeof...(Helds);
    if constexpr (I == count) {
      if constexpr (L::any_edits_deadline)
        if ((L::any_reads_time || attempt.deadline != end_of_time) && attempt.deadline <= now()) [[unlikely]]
          return begin_late<How>(context.body, context.operation, context.classifier, context.clock, context.stop, context.options,
                                 path_of(start, held...));
      return attempt_and_settle<How>(context, start, now, attempt, held...);
    } else {
      Held<I> layer;
      if constexpr (Held<I>::asked) {
        Admission admission = context.body.layers().template admit<I>(layer.call, now, attempt);
        if (admission.form() != Admission::Form::go || (Obs::observed && admission.signal() != Signal::none)) [[unlikely]]
          return deviate<How>(context.body, context.operation, context.classifier, context.clock, context.stop, context.options,
                              path_of(start, held..., layer), I, Admission{admission});
        if constexpr (Held<I>::edits) {
          layer.let_in = L::template edited<I>(attempt, admission);
          return descend<How>(context, start, now, layer.let_in, held..., layer);
        }
      }
      return descend<How>(context, start, now, attempt, held..., layer);
    }
  }

  template <Manner How, class Ctx, class... Helds>
  [[gnu::always_inline]] static Result<T> attempt_and_settle(const Ctx& context, const Start& start, Now now, const Attempt& attempt,
                                                             Helds&... held) {
    if constexpr (Obs::observed) {
      context.body.observers().tell(AttemptBegan{start.call, start.began, attempt});
      if constexpr (!std::is_same_v<decltype(context.stop), const NoStop&>)  // also a return that never happens costs the others a move
        if (context.stop.stop_requested()) [[unlikely]]
          return stop_before<How>(context.body, context.clock, context.options, path_of(start, held...));
    }
    Result<T> result = straight_attempt<How>(context, start, now, attempt, held...);
    if (!Obs::observed && result) [[likely]] {
      settle_all(context.body.layers(), now.afresh(), verdict_on_success(result), first_attempt(context.options, start.deadline), held...);
      if constexpr (L::any_edits_target) {
        if (attempt.target != 0) set_provenance(result, attempt.target, 1, Kind::no_target);  // nobody was passed over: excluded
      }
    } else if constexpr (std::is_move_assignable_v<Result<T>>) {  // with observers the machine ends every call, for it knows what to tell
      result = go_on<How>(context.body, context.operation, context.classifier, context.clock, context.stop, context.options,
                          path_of(start, held...), std::move(result));
    } else {  // two returns cost the happy path a move
      return go_on<How>(context.body, context.operation, context.classifier, context.clock, context.stop, context.options,
                        path_of(start, held...), std::move(result));
    }
    return result;
  }

  template <Manner How, class Ctx, class... Helds>
  [[gnu::always_inline]] static Result<T> straight_attempt(const Ctx& context, [[maybe_unused]] const Start& start,
                                                           [[maybe_unused]] Now now, const Attempt& attempt,
                                                           [[maybe_unused]] Helds&... held) {
#if defined(__cpp_exceptions)
    try {
      return make<How>(context.operation, attempt, context.classifier, context.options);
    } catch (...) {
      settle_thrown<How>(context.body, context.options, path_of(start, held...), now);
      throw;
    }
#else
    return make<How>(context.operation, attempt, context.classifier, context.options);
#endif
  }

  // From the inside out. `reached` is what reached the outermost of these layers.
  template <std::size_t I, class... Inner>
  [[gnu::always_inline]] static void settle_all(L& layers, Now now, const Verdict& verdict, const Attempt& reached, Held<I>& layer,
                                                Inner&... inner) noexcept {
    if constexpr (Held<I>::edits)
      settle_one(layers, now, verdict, reached, layer.let_in, layer, inner...);
    else
      settle_one(layers, now, verdict, reached, reached, layer, inner...);
  }
  template <std::size_t I, class... Inner>
  [[gnu::always_inline]] static void settle_one(L& layers, Now now, const Verdict& verdict, const Attempt& reached, const Attempt& let_in,
                                                Held<I>& layer, Inner&... inner) noexcept {
    settle_all(layers, now, verdict, let_in, inner...);
    if constexpr (L::template settles_success<I>) {
      if constexpr (Held<I>::asked) {
        static_cast<void>(layers.template settle<I>(layer.call, now, reached.target, let_in, verdict));
      } else {
        typename L::template CallAt<I> call{};
        static_cast<void>(layers.template settle<I>(call, now, reached.target, let_in, verdict));
      }
    }
  }
  static void settle_all(L&, Now, const Verdict&, const Attempt&) noexcept {}

  template <class... Helds>
  [[gnu::always_inline]] static Path path_of(const Start& start, const Helds&... held) noexcept {
    Path path;
    path.start.deadline = start.deadline;  // one by one: clang keeps a copied whole in memory
    path.start.began = start.began;
    path.start.call = start.call;
    keep_from<0>(path, held...);
    return path;
  }
  template <std::size_t I, class... Inner>
  [[gnu::always_inline]] static void keep_from(Path& path, const Held<I>& layer, const Inner&... inner) noexcept {
    if constexpr (Held<I>::asked) std::get<I>(path.calls) = layer.call;
    if constexpr (Held<I>::edits) path.edits[L::reaching[I]] = edit_of(layer.let_in);
    if constexpr (sizeof...(Inner) > 0) keep_from<I + 1>(path, inner...);
  }
  template <std::size_t I>
  static void keep_from(Path&) noexcept {}

  static Walk<L> walk_from(const Path& path, const CallOptions& options) noexcept {
    Walk<L> walk{path.calls, {first_attempt(options, path.start.deadline)}, path.start.began, path.start.call};
    let_in_all(path, walk, std::make_index_sequence<count>{});
    return walk;
  }
  template <std::size_t... Is>
  static void let_in_all(const Path& path, Walk<L>& walk, std::index_sequence<Is...>) noexcept {
    [[maybe_unused]] const auto let_in = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
      if constexpr (Held<I>::edits) {
        walk.attempts[L::reaching[I + 1]] = walk.attempts[L::reaching[I]];
        apply(path.edits[L::reaching[I]], walk.attempts[L::reaching[I + 1]]);
      }
    };
    (let_in(std::integral_constant<std::size_t, Is>{}), ...);
  }

  template <Manner How>
  [[gnu::cold, gnu::noinline]] static void settle_thrown(Body& body, const CallOptions& options, const Path& path, Now now) noexcept {
    M machine{body.layers(), body.observers(), now, How.repetition, walk_from(path, options)};
    machine.take_over_running();
  }

  // Who was told of the first attempt wants the end.
  template <Manner How, class C>
  [[gnu::cold, gnu::noinline]] static Result<T> stop_before(Body& body, C& clock, const CallOptions& options, const Path& path) {
    M machine{body.layers(), body.observers(), clock.now(), How.repetition, walk_from(path, options)};
    machine.take_over_running();
    static_cast<void>(machine.cancel(Sent::no));
    return machine.finish();
  }

  template <Manner How, class F, class Classifier, class C, class Stop>
  [[gnu::cold, gnu::noinline]] static Result<T> refuse(Body& body, F&, const Classifier&, C& clock, const Stop& stop,
                                                       const CallOptions& options, const Path& path) {
    M machine{body.layers(), body.observers(), clock.now(), How.repetition, walk_from(path, options)};
    static_cast<void>(stop.stop_requested() ? machine.cancel() : machine.refuse(Kind::deadline));
    return machine.finish();
  }

  template <Manner How, class F, class Classifier, class C, class Stop>
  [[gnu::cold, gnu::noinline]] static Result<T> deviate(Body& body, F& operation, const Classifier& classifier, C& clock, const Stop& stop,
                                                        const CallOptions& options, const Path& path, std::size_t admitted,
                                                        const Admission& admission) {
    M machine{body.layers(), body.observers(), clock.now(), How.repetition, walk_from(path, options)};
    return drive<How>(machine, machine.resume_admission(admitted, admission), operation, classifier, clock, stop, options);
  }

  // All layers said go, to an attempt whose deadline has passed already.
  template <Manner How, class F, class Classifier, class C, class Stop>
  [[gnu::cold, gnu::noinline]] static Result<T> begin_late(Body& body, F& operation, const Classifier& classifier, C& clock,
                                                           const Stop& stop, const CallOptions& options, const Path& path) {
    M machine{body.layers(), body.observers(), clock.now(), How.repetition, walk_from(path, options)};
    return drive<How>(machine, machine.resume_attempt(), operation, classifier, clock, stop, options);
  }

  // Not cold, as the others are: compilers make such a function small instead of fast, and failures are what this library is for.
  template <Manner How, class F, class Classifier, class C, class Stop>
  [[gnu::noinline]] static Result<T> go_on(Body& body, F& operation, const Classifier& classifier, C& clock, const Stop& stop,
                                           const CallOptions& options, const Path& path, Result<T>&& ended) {
    M machine{body.layers(), body.observers(), clock.now(), How.repetition, walk_from(path, options)};
    machine.take_over_running();
    return drive<How>(machine, ended_or_stopped(machine, std::move(ended), stop), operation, classifier, clock, stop, options);
  }

  // A failure after the caller asked for the end is our own doing: neither classified nor retried.
  template <class Stop>
  static Asks ended_or_stopped(M& machine, Result<T>&& result, const Stop& stop) {
    return !result && stop.stop_requested() ? machine.cancel(sent_without_answer(result.error())) : machine.completed(std::move(result));
  }

  template <Manner How, class F, class Classifier, class C, class Stop>
  static Result<T> drive(M& machine, Asks asks, F& operation, const Classifier& classifier, C& clock, const Stop& stop,
                         const CallOptions& options) {
    while (asks != Asks::finish) {
      if (stop.stop_requested()) {
        asks = machine.cancel();
        break;
      }
      switch (asks) {
        case Asks::attempt: {
          const Attempt& attempt = machine.begin_attempt();
          if constexpr (Obs::observed) {
            if (stop.stop_requested()) {  // by who was told of it
              asks = machine.cancel(Sent::no);
              break;
            }
          }
          Result<T> result = make<How>(operation, attempt, classifier, options);
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
