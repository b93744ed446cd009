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
#include <ductile/drivers/detail/begin_call.hpp>
#include <ductile/drivers/detail/gate_visit.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// One call: shared by what it waits for, which is how it goes when their context goes. All of its steps run on the handler's executor, one
// at a time (a strand, or a context run by one thread), but for a gate's grant.
template <class Body, class Operation, class T, class Classifier, class C, class Executor, class Handler>
class AsioCall final : public Waiter {
  using L = typename Body::LayersType;
  using Obs = typename Body::ObserversType;
  using F = Untagged<Operation>;
  using Timer = typename AsioTimerOf<std::remove_const_t<C>, Executor>::type;
  // Not a future's, which would run a step where it stands, or on a hidden thread.
  using StepExecutor = std::conditional_t<may_have_own_executor<Handler>, boost::asio::associated_executor_t<Handler, Executor>, Executor>;
  using Allocator = boost::asio::associated_allocator_t<Handler>;
  using Slot = boost::asio::associated_cancellation_slot_t<Handler>;

  using Branch =
      AsioCall<BranchOf<typename PipelineOf<Body>::type>, Operation&, T, const Classifier&, C, Executor, AsioBranchEnd<AsioCall>>;
  using RaceOf = AsioRace<AsioCall, Machine<L, T, Obs>, T, Branch>;

  template <class>
  friend class AsioBranchEnd;
  template <class>
  friend class AsioRaceEnd;
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

  // A share in the call.
  class Share {
   public:
    explicit Share(AsioCall& call) noexcept : call_(&call) { call.shares_.fetch_add(1, std::memory_order_relaxed); }
    Share(Share&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
    Share(const Share& other) noexcept : Share(*other.call_) {}
    Share& operator=(Share other) noexcept {
      std::swap(call_, other.call_);
      return *this;
    }
    ~Share() {
      if (call_ && call_->shares_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(*call_);
    }

    [[nodiscard]] explicit operator bool() const noexcept { return call_ != nullptr; }
    AsioCall* operator->() const noexcept { return call_; }
    AsioCall& operator*() const noexcept { return *call_; }

   private:
    AsioCall* call_;
  };

  // Something that goes on with the call, planned by whatever thread: bound to the executor of the caller's handler, and not to its
  // allocator, which is that executor's alone.
  class StepFromAnywhere {
   public:
    using executor_type = StepExecutor;

    explicit StepFromAnywhere(Share share) noexcept : share_(std::move(share)) {}
    [[nodiscard]] executor_type get_executor() const noexcept { return share_->work_.get_executor(); }

   protected:
    Share share_;
  };

  // Planned by the call itself, and so with the memory of the handler's allocator.
  class Step : public StepFromAnywhere {
   public:
    using allocator_type = Allocator;

    using StepFromAnywhere::StepFromAnywhere;
    [[nodiscard]] allocator_type get_allocator() const noexcept { return this->share_->allocator_; }
  };

  class Start : public Step {
   public:
    Start(Share share, const CallOptions& options) noexcept : Step(std::move(share)), options_(options) {}
    void operator()() { AsioCall::begin(this->share_, options_); }

   private:
    CallOptions options_;
  };

  class TimerEnd : public Step {
   public:
    TimerEnd(Share share, std::uint32_t wait) noexcept : Step(std::move(share)), wait_(wait) {}
    TimerEnd(TimerEnd&&) = default;
    TimerEnd& operator=(TimerEnd&&) = default;
    ~TimerEnd() {
      if (this->share_) this->share_->wait_goes();
    }
    void operator()(const boost::system::error_code&) { AsioCall::timer_ended(std::move(this->share_), wait_); }

   private:
    std::uint32_t wait_;
  };

  class StoppableStep : public Step {
   public:
    using cancellation_slot_type = boost::asio::cancellation_slot;

    using Step::Step;
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return this->share_->stop_attempt_.slot(); }
  };

  template <class Completion>
  class AttemptEnd;
  template <class... Arguments>
  class AttemptEnd<CompletesWith<Arguments...>> : public StoppableStep {
   public:
    using StoppableStep::StoppableStep;
    void operator()(Arguments... arguments) {
      Result<T> result = classified(this->share_->classifier_, std::move(arguments)...);
      AsioCall::attempt_ended(std::move(this->share_), std::move(result));
    }

   private:
    // What the classifier throws is as if the operation had thrown it.
    static Result<T> classified(const Classifier& classifier, Arguments&&... arguments) {
      try {
        return completed_with<T>(classifier, std::move(arguments)...);
      } catch (...) {
        return failure_from_operation(classifier, std::current_exception());
      }
    }
  };

  class CoroutineEnd : public StoppableStep {
   public:
    using StoppableStep::StoppableStep;
    void operator()(std::exception_ptr thrown, std::optional<Result<T>> result) {
      if (thrown) result.emplace(failure_from_operation(this->share_->classifier_, thrown));
      AsioCall::attempt_ended(std::move(this->share_), *std::move(result));
    }
  };

  class ReadyEnd : public StepFromAnywhere {
   public:
    ReadyEnd(Share share, Result<T> result) noexcept : StepFromAnywhere(std::move(share)), result_(std::move(result)) {}
    void operator()() { AsioCall::attempt_ended(std::move(this->share_), std::move(result_)); }

   private:
    Result<T> result_;
  };

  class GateEnd : public StepFromAnywhere {
   public:
    using StepFromAnywhere::StepFromAnywhere;
    void operator()() { AsioCall::gate_answered(std::move(this->share_)); }
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
    boost::asio::dispatch(executor, Start{std::move(call), options});
  }

  AsioCall(const AsioCall&) = delete;
  AsioCall& operator=(const AsioCall&) = delete;

  // While one waits at a gate the timer's wait holds a share.
  void granted(Grant grant) noexcept override {
    visit_.tell(grant, [this] { boost::asio::post(timer_.get_executor(), GateEnd{Share{*this}}); });
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
      : body_(body),
        clock_(clock),
        operation_(std::forward<Operation>(operation)),
        classifier_(std::forward<Classifier>(classifier)),
        forced_(forced),
        timer_(clock, executor),
        work_(step_executor(handler, executor)),
        timer_work_(executor),
        allocator_(boost::asio::get_associated_allocator(handler)),
        handler_(std::move(handler)) {}  // last: what fails before leaves it with the caller, and with it the memory that it may own

  ~AsioCall() {
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
  static void destroy(AsioCall& call) noexcept {
    using Frames = typename std::allocator_traits<Allocator>::template rebind_alloc<AsioCall>;
    Frames frames{call.allocator_};
    [[maybe_unused]] auto& pipeline = pipeline_of(call.body_);
    [[maybe_unused]] Handler handler = std::move(call.handler_);
    if constexpr (L::is_branch) handler.branch_goes();
    call.~AsioCall();
    std::allocator_traits<Frames>::deallocate(frames, &call, 1);
    if constexpr (!L::is_branch) pipeline.calls().end();  // a branch goes before its race
  }

  static void begin(const Share& call, const CallOptions& options) {
    call->make_machine(options);
    const Asks asks = call->cancelled_ ? call->machine_->cancel() : detail::begin(*call->machine_, options);
    call->initiating_ = true;
    go_on(Share{call}, asks);
    call->initiating_ = false;
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
    timer_.async_wait(time, TimerEnd{Share{*this}, ++wait_});
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
        detail::initiate(operation, attempt, AttemptEnd<typename AsioFormOf<F>::Completion>{call});
      } else if constexpr (AsioFormOf<F>::form == AsioForm::coroutine) {
        auto coroutine = awaited(detail::call(operation, attempt), *call);
        using CoroutineExecutor = typename decltype(coroutine)::executor_type;
        if constexpr (std::is_convertible_v<StepExecutor, CoroutineExecutor>) {
          boost::asio::co_spawn(CoroutineExecutor{call->work_.get_executor()}, std::move(coroutine), CoroutineEnd{call});
        } else {
          boost::asio::co_spawn(call->timer_.get_executor(), std::move(coroutine), CoroutineEnd{call});
        }
      } else {
        boost::asio::post(operation.executor(), [call = Share{call}, guard = call->work_, &operation, &attempt]() mutable {
          Result<T> result = blocking_attempt(operation.operation(), attempt, call->classifier_);
          const Executor executor = call->timer_.get_executor();
          boost::asio::post(executor, ReadyEnd{std::move(call), std::move(result)});
        });
      }
    } catch (...) {
      if (call->attempts_ended_ != ended) throw;  // it has ended, and what followed threw
      // It did not begin. Nothing goes on inside the function that began the call.
      Result<T> failure = failure_from_operation(call->classifier_, std::current_exception());
      const Executor executor = call->timer_.get_executor();
      boost::asio::post(executor, ReadyEnd{std::move(call), std::move(failure)});
    }
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

  static void attempt_ended(Share&& given, Result<T> result) {
    Share call = std::move(given);
    ++call->attempts_ended_;
    call->disarm();
    call->stop_attempt_.slot().clear();
    call->stage_ = Stage::between;
    const Asks asks = call->after_attempt(std::move(result));
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

  // Before the context has gone: afterwards nobody may plan a step. Also where the wait could not begin.
  void wait_goes() noexcept {
    if (stage_ == Stage::gate) leave_gate();
  }

  static void gate_answered(Share call) {
    call->disarm();
    call->stage_ = Stage::between;
    Asks asks = call->machine_->granted(call->visit_.grant());
    if (call->cancelled_) asks = call->machine_->cancel();  // also where the grant led to the end
    go_on(std::move(call), asks);
  }

  static void timer_ended(Share call, std::uint32_t wait) {
    --call->waits_out_;
    if (call->stage_ == Stage::ending) return end(std::move(call));
    if (wait != call->wait_) return;
    switch (call->stage_) {
      case Stage::sleep: {
        call->stage_ = Stage::between;
        const Asks asks = call->machine_->woken();
        return go_on(std::move(call), asks);
      }
      case Stage::attempt:
        if constexpr (L::races) return call->race_.hedge_is_due(*call);
        call->out_of_time_ = true;
        return call->stop_attempt_.emit(boost::asio::cancellation_type::terminal);
      case Stage::gate:
        if (!call->leave_gate()) return;
        return go_on(std::move(call), call->machine_->gate_timed_out());
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

  // The memory goes first, and before it what was armed: then the handler may use it again. Where `begin` still stands on the stack it has
  // the last share, and the handler comes when it has returned.
  static void end(Share call) {
    if constexpr (L::is_branch)
      if (call->stage_ != Stage::ending) call->handler_.take_end(*call->machine_);  // now, so that no hedge begins meanwhile
    call->stage_ = Stage::ending;
    if (call->waits_out_ > 0) return;  // a cancelled wait comes back at once, and ends the call
    Slot slot = boost::asio::get_associated_cancellation_slot(call->handler_);
    if (slot.is_connected()) slot.clear();
    auto result = finished(*call);
    const auto work = std::move(call->work_);
    const Executor executor = call->timer_.get_executor();
    const bool initiating = call->initiating_;
    Handler handler = std::move(call->handler_);
    {
      const Share last = std::move(call);
    }
    if (initiating)
      boost::asio::post(executor, boost::asio::append(std::move(handler), std::move(result)));
    else
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
  boost::asio::executor_work_guard<StepExecutor> work_;
  [[no_unique_address]] TimerWork timer_work_;
  [[no_unique_address]] Allocator allocator_;  // for what comes when the handler has gone
  [[no_unique_address]] Handler handler_;
  boost::asio::cancellation_signal stop_attempt_;
  Cancellation* cancellation_ = nullptr;
  std::optional<Machine<L, T, Obs>> machine_;
  GateVisit visit_;
  std::atomic<std::uint32_t> shares_ = 0;
  std::uint32_t wait_ = 0;       // which wait is not out of date
  std::uint32_t waits_out_ = 0;  // waits that have not come back
  std::uint32_t attempts_ended_ = 0;
  Stage stage_ = Stage::between;
  bool cancelled_ = false;
  bool out_of_time_ = false;
  bool initiating_ = false;  // `begin` stands on the stack, and perhaps the caller's async_run
  [[no_unique_address]] std::conditional_t<L::races, RaceOf, NoState> race_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
