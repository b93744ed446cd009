// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/call_options.hpp>       // CallOptions, ForcedFailure, failure_of, is_forced
#include <ductile/core/gate.hpp>               // Gate, Grant, Waiter
#include <ductile/core/machine.hpp>            // Asks, Machine, Walk
#include <ductile/core/operation.hpp>          // attempt_unguarded, lost_answer
#include <ductile/detail/asio_executor.hpp>    // may_have_own_executor
#include <ductile/drivers/asio_operation.hpp>  // AsioFormOf, completed_with, failure_from_operation, initiate
#include <ductile/drivers/asio_timer.hpp>      // AsioTimerOf
#include <ductile/drivers/detail/asio_race.hpp>
#include <ductile/drivers/detail/asio_steps.hpp>
#include <ductile/drivers/detail/begin_call.hpp>
#include <ductile/drivers/detail/gate_visit.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// Not a future's, which would run a step where it stands, or on a hidden thread.
template <class Handler, class Executor>
using StepExecutorOf = std::conditional_t<may_have_own_executor<Handler>, boost::asio::associated_executor_t<Handler, Executor>, Executor>;

template <class T, class Executor, class Handler>
using AsioStepsOf = AsioSteps<T, StepExecutorOf<Handler, Executor>, boost::asio::associated_allocator_t<Handler>>;

// One call: shared by what it waits for, which is how it goes when their context goes. All of its steps run on the handler's executor, one
// at a time (a strand, or a context run by one thread), but for a gate's grant.
template <class Body, class Operation, class T, class Classifier, class C, class Executor, class Handler>
class AsioCall final : public AsioStepsOf<T, Executor, Handler> {
  using Steps = AsioStepsOf<T, Executor, Handler>;
  using StepsShare = typename Steps::Share;
  using Share = AsioShare<AsioCall>;
  using L = typename Body::LayersType;
  using Obs = typename Body::ObserversType;
  using F = Untagged<Operation>;
  using Timer = typename AsioTimerOf<std::remove_const_t<C>, Executor>::type;
  using StepExecutor = StepExecutorOf<Handler, Executor>;
  using Allocator = boost::asio::associated_allocator_t<Handler>;
  using Slot = boost::asio::associated_cancellation_slot_t<Handler>;

  using Branch =
      AsioCall<BranchOf<typename PipelineOf<Body>::type>, Operation&, T, const Classifier&, C, Executor, AsioBranchEnd<AsioCall>>;
  using RaceOf = AsioRace<AsioCall, Machine<L, T, Obs>, T, Branch>;

  template <class>
  friend class AsioShare;
  template <class>
  friend class AsioBranchEnd;
  template <class, class, class, class>
  friend class AsioRace;

  struct NoWork {
    explicit NoWork(const Executor&) noexcept {}
  };
  // Where the handler may have a context of its own the timers' one stays until the call is over, too: while an attempt is under way no
  // wait holds it.
  using TimerWork = std::conditional_t<may_have_own_executor<Handler> && !L::is_branch, boost::asio::executor_work_guard<Executor>, NoWork>;

  // In a stage without a comment a cancellation is only noted, for the step that is under way to find.
  enum class Stage : std::uint8_t {
    between,
    beginning,  // the operation's initiation is under way: it may not listen to its slot yet
    attempt,    // cancelled through the operation's slot
    sleep,      // ends at once
    gate,       // likewise
    ending
  };

  // What the caller's cancellation slot holds. It and the call know of each other, since either may go first.
  class Cancellation {
   public:
    explicit Cancellation(AsioCall& call) noexcept : call_(&call) { call.cancellation_ = this; }
    Cancellation(const Cancellation&) = delete;
    Cancellation& operator=(const Cancellation&) = delete;
    ~Cancellation() {
      if (call_) call_->cancellation_ = nullptr;
    }
    void operator()(boost::asio::cancellation_type_t type) {
      if (call_ && type != boost::asio::cancellation_type::none) AsioCall::cancel(Share{*call_});
    }
    void forget() noexcept { call_ = nullptr; }

   private:
    AsioCall* call_;
  };

 public:
  // Begins a call. Its first step runs at once where the caller stands on the handler's executor.
  static void initiate(Handler handler, KeptBody<Body> body, Operation operation, Classifier classifier, C& clock,
                       const CallOptions& options, const Executor& executor) {
    Share call{make(std::move(handler), body, std::move(operation), std::move(classifier), clock, options.forced, executor)};
    Slot slot = boost::asio::get_associated_cancellation_slot(call->handler_);
    if (slot.is_connected()) slot.template emplace<Cancellation>(*call);
    boost::asio::dispatch(executor, typename Steps::Start{StepsShare{std::move(call)}, options});
  }

  AsioCall(const AsioCall&) = delete;
  AsioCall& operator=(const AsioCall&) = delete;

  // While one waits at a gate the timer's wait holds a share.
  void granted(Grant grant) noexcept override {
    visit_.tell(grant, [this] { plan<typename Steps::StepFromAnywhere>(AsioPlan::gate_answers); });
  }

 private:
  static AsioCall& make(Handler&& handler, KeptBody<Body> body, Operation&& operation, Classifier&& classifier, C& clock,
                        const ForcedFailure& forced, const Executor& executor) {
    using Frames = typename std::allocator_traits<Allocator>::template rebind_alloc<AsioCall>;
    Frames frames{boost::asio::get_associated_allocator(handler)};
    AsioCall* const memory = std::allocator_traits<Frames>::allocate(frames, 1);
    AsioCall* call = nullptr;
    try {
      call = ::new (static_cast<void*>(memory)) AsioCall(std::move(handler), body, std::forward<Operation>(operation),
                                                         std::forward<Classifier>(classifier), clock, forced, executor);
    } catch (...) {
      std::allocator_traits<Frames>::deallocate(frames, memory, 1);
      throw;
    }
    if constexpr (!L::is_branch) pipeline_of(body).calls().begin();
    return *call;
  }

  AsioCall(Handler&& handler, KeptBody<Body> body, Operation&& operation, Classifier&& classifier, C& clock, const ForcedFailure& forced,
           const Executor& executor)
      : Steps(boost::asio::executor_work_guard<StepExecutor>{step_executor(handler, executor)},
              boost::asio::get_associated_allocator(handler)),
        body_(body),
        clock_(clock),
        operation_(std::forward<Operation>(operation)),
        classifier_(std::forward<Classifier>(classifier)),
        forced_(forced),
        timer_(clock, executor),
        timer_work_(executor),
        handler_(std::move(handler)) {}  // last: what fails before leaves it with the caller, and with it the memory that it may own

  ~AsioCall() {
    this->stop_attempt_.slot().clear();  // what an operation left in it may know the operation
    if (cancellation_) cancellation_->forget();
    // What was granted is the policy's to take, or nobody would settle it.
    if (stage_ == Stage::gate) static_cast<void>(machine_->granted(visit_.grant()));
  }

  static StepExecutor step_executor(const Handler& handler, const Executor& executor) noexcept {
    if constexpr (may_have_own_executor<Handler>)
      return boost::asio::get_associated_executor(handler, executor);
    else
      return executor;
  }

  // The handler goes last: it may own what its allocator hands out.
  void destroy() noexcept override {
    using Frames = typename std::allocator_traits<Allocator>::template rebind_alloc<AsioCall>;
    Frames frames{this->allocator_};
    [[maybe_unused]] auto& pipeline = pipeline_of(body_);
    [[maybe_unused]] Handler handler = std::move(handler_);
    if constexpr (L::is_branch) handler.branch_goes();
    this->~AsioCall();
    std::allocator_traits<Frames>::deallocate(frames, this, 1);
    if constexpr (!L::is_branch) pipeline.calls().end();  // a branch goes before its race
  }

  template <class From>
  void plan(AsioPlan what) {
    boost::asio::post(timer_.get_executor(), typename Steps::template Planned<From>{StepsShare{*this}, what});
  }

  // Who calls it has a share.
  void begin(const CallOptions& options) override {
    make_machine(options);
    const Asks asks = cancelled_ ? machine_->cancel() : detail::begin(*machine_, options);
    go_on(Share{*this}, asks);
  }

  void go_on_as_planned(StepsShare&& given, AsioPlan plan) override {
    Share call{std::move(given)};
    switch (plan) {
      case AsioPlan::gate_answers: return gate_answered(std::move(call));
      case AsioPlan::race_ends:
        if constexpr (L::races) RaceOf::end(std::move(call));
        return;
      case AsioPlan::call_ends: return finish(std::move(call));
    }
  }

  void make_machine(const CallOptions& options) {
    Now now = clock_.now();
    const Walk<L> walk = begin_walk(body_, now, options);
    machine_.emplace(body_.layers(), body_.observers(), now, repetition_of<Operation>, walk);
  }

  static void go_on(Share&& given, Asks asks) {
    Share call = std::move(given);
    while (true) {
      if (call->cancelled_ && asks != Asks::finish) asks = call->machine_->cancel();
      switch (asks) {
        case Asks::attempt: {
          if constexpr (L::races) {
            return call->race_.begin(*call);
          } else {
            if constexpr (L::is_branch) {
              if (!call->handler_.may_attempt(*call->machine_)) {
                asks = call->machine_->cancel();
                continue;
              }
            }
            const Attempt& attempt = call->machine_->begin_attempt();
            if (call->cancelled_) {  // by who was told of it
              asks = call->machine_->cancel(Sent::no);
              continue;
            }
            if (is_forced(call->forced_, attempt)) {
              asks = call->machine_->completed(failure_of(call->forced_));
              continue;
            }
            if constexpr (L::is_branch) {
              Handler race{call->handler_};
              {
                const Share attempted{std::move(call)};  // gone before the race hears of it
                make_attempt(attempted, attempt);
              }
              return race.attempt_began();
            } else {
              return make_attempt(call, attempt);
            }
          }
        }
        case Asks::wake: call->stage_ = Stage::sleep; return call->arm(call->machine_->wake_at());
        case Asks::gate: return call->enter_gate();
        case Asks::finish: return end(std::move(call));
      }
    }
  }

  void arm(Time time) {
    timer_.async_wait(time, typename Steps::TimerEnd{StepsShare{*this}, ++wait_});
    ++waits_out_;
  }
  void disarm() {
    ++wait_;
    if (waits_out_ > 0) timer_.cancel();
  }

  static void make_attempt(const Share& call, const Attempt& attempt) {
    call->stage_ = Stage::beginning;
    call->out_of_time_ = false;
    if (attempt.deadline != end_of_time) call->arm(attempt.deadline);
    const std::uint32_t ended = call->attempts_ended_;
    initiate_attempt(call, attempt);
    if (call->attempts_ended_ != ended) return;
    call->stage_ = Stage::attempt;
    if (call->cancelled_) call->stop_attempt_.emit(boost::asio::cancellation_type::terminal);
  }

  static void initiate_attempt(const Share& call, const Attempt& attempt) {
    F& operation = untagged(call->operation_);
    const std::uint32_t ended = call->attempts_ended_;
    try {
      if constexpr (AsioFormOf<F>::form == AsioForm::takes_token) {
        using Completion = typename AsioFormOf<F>::Completion;
        detail::initiate(operation, attempt,
                         typename Steps::template AttemptEnd<Completion>{StepsShare{*call}, Classified<Completion>::of});
      } else if constexpr (AsioFormOf<F>::form == AsioForm::coroutine) {
        auto coroutine = awaited(detail::call(operation, attempt), *call);
        using CoroutineExecutor = typename decltype(coroutine)::executor_type;
        if constexpr (std::is_convertible_v<StepExecutor, CoroutineExecutor>) {
          boost::asio::co_spawn(CoroutineExecutor{call->work_.get_executor()}, std::move(coroutine),
                                typename Steps::CoroutineEnd{StepsShare{*call}});
        } else {
          boost::asio::co_spawn(call->timer_.get_executor(), std::move(coroutine), typename Steps::CoroutineEnd{StepsShare{*call}});
        }
      } else {
        boost::asio::post(operation.executor(), [call = Share{call}, guard = call->work_, &operation, &attempt]() mutable {
          Result<T> result = blocking_attempt(operation.operation(), attempt, call->classifier_);
          post_end(std::move(call), std::move(result));
        });
      }
    } catch (...) {
      if (call->attempts_ended_ != ended) throw;  // it has ended, and what followed threw
      // It did not begin. Nothing goes on inside the function that began the call.
      post_end(Share{call}, call->failure_of_operation(std::current_exception()));
    }
  }

  static void post_end(Share&& call, Result<T>&& result) {
    const Executor executor = call->timer_.get_executor();
    boost::asio::post(executor, typename Steps::ReadyEnd{StepsShare{std::move(call)}, std::move(result)});
  }

  // What the classifier throws is as if the operation had thrown it.
  template <class Completion>
  struct Classified;
  template <class... Arguments>
  struct Classified<CompletesWith<Arguments...>> {
    static Result<T> of(Steps& steps, Arguments&&... arguments) {
      const AsioCall& call = static_cast<AsioCall&>(steps);
      try {
        return completed_with<T>(call.classifier_, std::move(arguments)...);
      } catch (...) {
        return call.failure_of_operation(std::current_exception());
      }
    }
  };

  [[nodiscard]] Failure failure_of_operation(const std::exception_ptr& thrown) const override {
    return failure_from_operation(classifier_, thrown);
  }

  // What `co_spawn` hands over has a default; a Result has none.
  template <class R, class E>
  static boost::asio::awaitable<std::optional<Result<T>>, E> awaited(boost::asio::awaitable<R, E> attempt, AsioCall& call) {
    if constexpr (std::is_void_v<R>) {
      co_await std::move(attempt);
      co_return completed_with<T>(call.classifier_);
    } else {
      co_return completed_with<T>(call.classifier_, co_await std::move(attempt));
    }
  }

  template <class G>
  static Result<T> blocking_attempt(G& operation, const Attempt& attempt, const Classifier& classifier) {
    try {
      return attempt_unguarded<T>(operation, attempt, classifier);
    } catch (...) {
      return failure_from_operation(classifier, std::current_exception());
    }
  }

  void attempt_ended(StepsShare&& given, Result<T>&& result) override {
    Share call{std::move(given)};
    ++attempts_ended_;
    disarm();
    this->stop_attempt_.slot().clear();
    stage_ = Stage::between;
    const Asks asks = after_attempt(std::move(result));
    go_on(std::move(call), asks);
  }

  // A failure that we caused is neither classified nor retried.
  Asks after_attempt(Result<T>&& result) {
    if (!result) {
      const Sent sent = sent_without_answer(result.error());
      if (cancelled_) return machine_->cancel(sent);
      if (out_of_time_) return machine_->completed(lost_answer(sent));
      if (is_unclaimed_exception(result.error())) return machine_->end_with(std::move(result).error(), sent);
    }
    return machine_->completed(std::move(result));
  }

  void enter_gate() {
    visit_.begin();
    this->ask_for(machine_->ticket());
    stage_ = Stage::gate;
    machine_->gate().enter(*this);  // first, as in the other drivers: so a tie with what the gate plans ends there as here
    arm(machine_->wake_at());       // also when that is never: the context must own the call
  }

  // Whether the call has left the gate without a grant. If not, the next step is planned.
  bool leave_gate() noexcept {
    if (!visit_.leave(machine_->gate(), *this)) return false;
    stage_ = Stage::between;
    return true;
  }

  void wait_goes() noexcept override {
    if (stage_ == Stage::gate) leave_gate();
  }

  static void gate_answered(Share&& given) {
    Share call = std::move(given);
    call->disarm();
    call->stage_ = Stage::between;
    Asks asks = call->machine_->granted(call->visit_.grant());
    if (call->cancelled_) asks = call->machine_->cancel();  // also where the grant led to the end
    go_on(std::move(call), asks);
  }

  void timer_ended(StepsShare&& given, std::uint32_t wait) override {
    Share call{std::move(given)};
    --waits_out_;
    if (stage_ == Stage::ending) return end(std::move(call));
    if (wait != wait_) return;
    switch (stage_) {
      case Stage::sleep: stage_ = Stage::between; return go_on(std::move(call), machine_->woken());
      case Stage::attempt:
        if constexpr (L::races) return race_.hedge_is_due(*call);
        out_of_time_ = true;
        return this->stop_attempt_.emit(boost::asio::cancellation_type::terminal);
      case Stage::gate:
        if (!leave_gate()) return;
        return go_on(std::move(call), machine_->gate_timed_out());
      default: return;
    }
  }

  static void stop(AsioCall& call) { cancel(Share{call}); }

  static void cancel(Share call) {
    if (std::exchange(call->cancelled_, true)) return;
    switch (call->stage_) {
      case Stage::attempt:
        if constexpr (L::races) return call->race_.stop(*call);
        return call->stop_attempt_.emit(boost::asio::cancellation_type::terminal);
      case Stage::gate:
        if (!call->leave_gate()) return;
        [[fallthrough]];
      case Stage::sleep:
        call->stage_ = Stage::between;
        call->disarm();
        return go_on(std::move(call), Asks::wake);
      default: return;
    }
  }

  // Where somebody else has a share, such as one of our functions that still stands on the stack, the call ends in a step to come.
  static void end(Share&& given) {
    Share call = std::move(given);
    if constexpr (L::is_branch)
      if (call->stage_ != Stage::ending) call->handler_.take_end(*call->machine_);  // now, so that no hedge begins meanwhile
    call->stage_ = Stage::ending;
    if (call->waits_out_ > 0) return;  // a cancelled wait comes back at once, and ends the call
    if (!call.is_last()) return call->template plan<typename Steps::Step>(AsioPlan::call_ends);
    finish(std::move(call));
  }

  // The memory goes first, and before it what was armed: then the handler may use it again.
  static void finish(Share&& given) {
    Share call = std::move(given);
    Slot slot = boost::asio::get_associated_cancellation_slot(call->handler_);
    if (slot.is_connected()) slot.clear();
    auto result = finished(*call);
    const auto work = std::move(call->work_);
    Handler handler = std::move(call->handler_);
    {
      const Share last = std::move(call);
    }
    std::move(handler)(std::move(result));
  }

  // A branch has no result of its own: the race has taken what it needs.
  static auto finished(AsioCall& call) {
    if constexpr (L::is_branch)
      return NoState{};
    else
      return call.machine_->finish();
  }

  KeptBody<Body> body_;
  C& clock_;
  [[no_unique_address]] Operation operation_;
  [[no_unique_address]] Classifier classifier_;
  ForcedFailure forced_;
  Timer timer_;
  [[no_unique_address]] TimerWork timer_work_;
  [[no_unique_address]] Handler handler_;
  Cancellation* cancellation_ = nullptr;
  std::optional<Machine<L, T, Obs>> machine_;
  GateVisit visit_;
  std::uint32_t wait_ = 0;       // which wait is not out of date
  std::uint32_t waits_out_ = 0;  // waits that have not come back
  std::uint32_t attempts_ended_ = 0;
  Stage stage_ = Stage::between;
  bool cancelled_ = false;
  bool out_of_time_ = false;
  [[no_unique_address]] std::conditional_t<L::races, RaceOf, NoState> race_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
