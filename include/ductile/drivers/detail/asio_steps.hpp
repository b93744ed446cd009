// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/call_options.hpp>       // CallOptions
#include <ductile/core/gate.hpp>               // Waiter
#include <ductile/core/result.hpp>             // Failure, Result
#include <ductile/drivers/asio_operation.hpp>  // CompletesWith

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

// A share in a call: what the call waits for has one each, and the last to go destroys it. As a call's own or as its steps'.
template <class Call>
class AsioShare {
 public:
  explicit AsioShare(Call& call) noexcept : call_(&call) { call.shares_.fetch_add(1, std::memory_order_relaxed); }
  AsioShare(AsioShare&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  AsioShare(const AsioShare& other) noexcept : AsioShare(*other.call_) {}
  template <class Other>
  explicit AsioShare(AsioShare<Other>&& other) noexcept : call_(static_cast<Call*>(std::exchange(other.call_, nullptr))) {}
  AsioShare& operator=(AsioShare other) noexcept {
    std::swap(call_, other.call_);
    return *this;
  }
  ~AsioShare() {
    if (call_ && call_->shares_.fetch_sub(1, std::memory_order_acq_rel) == 1) call_->destroy();
  }

  [[nodiscard]] explicit operator bool() const noexcept { return call_ != nullptr; }
  [[nodiscard]] bool is_last() const noexcept { return call_->shares_.load(std::memory_order_acquire) == 1; }
  Call* operator->() const noexcept { return call_; }
  Call& operator*() const noexcept { return *call_; }

 private:
  template <class>
  friend class AsioShare;

  Call* call_;
};

// What a call plans at an executor besides its beginning and what it waits for.
enum class AsioPlan : std::uint8_t { gate_answers, race_ends, call_ends };

// The handlers by which a call goes on. They know of it no more than the type of its value and the executor and the allocator of its steps:
// what Asio makes of a handler is half of what an asynchronous call costs to compile, and so is compiled once for many pipelines.
//
// A handler hands on its share, so that nothing of it is left where the caller's handler is called.
template <class T, class Executor, class Allocator>
class AsioSteps : public Waiter {
 public:
  using Share = AsioShare<AsioSteps>;

  // Something that goes on with the call, planned by whatever thread: bound to the executor of the caller's handler, and not to its
  // allocator, which is that executor's alone.
  class StepFromAnywhere {
   public:
    using executor_type = Executor;

    explicit StepFromAnywhere(Share share) noexcept : share_(std::move(share)) {}
    [[nodiscard]] executor_type get_executor() const noexcept { return share_->work_.get_executor(); }

   protected:
    Share share_;
  };

  // Planned by the call itself, and so with the memory of the handler's allocator. It keeps that: what fails when it has taken the step
  // away gives its memory back by the one that was moved from.
  class Step : public StepFromAnywhere {
   public:
    using allocator_type = Allocator;

    explicit Step(Share share) noexcept : StepFromAnywhere(std::move(share)), allocator_(this->share_->allocator_) {}
    [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_; }

   private:
    [[no_unique_address]] Allocator allocator_;
  };

  class StoppableStep : public Step {
   public:
    using cancellation_slot_type = boost::asio::cancellation_slot;

    using Step::Step;
    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept { return this->share_->stop_attempt_.slot(); }
  };

  class Start : public Step {
   public:
    Start(Share share, const CallOptions& options) noexcept : Step(std::move(share)), options_(options) {}
    void operator()() { this->share_->begin(options_); }

   private:
    CallOptions options_;
  };

  template <class From>
  class Planned : public From {
   public:
    Planned(Share share, AsioPlan plan) noexcept : From(std::move(share)), plan_(plan) {}
    void operator()() { this->share_->go_on_as_planned(std::move(this->share_), plan_); }

   private:
    AsioPlan plan_;
  };

  class TimerEnd : public Step {
   public:
    TimerEnd(Share share, std::uint32_t wait) noexcept : Step(std::move(share)), wait_(wait) {}
    TimerEnd(TimerEnd&&) = default;
    TimerEnd& operator=(TimerEnd&&) = default;
    ~TimerEnd() {
      if (this->share_) this->share_->wait_goes();
    }
    void operator()(const boost::system::error_code&) { this->share_->timer_ended(std::move(this->share_), wait_); }

   private:
    std::uint32_t wait_;
  };

  // What an operation that takes a token completes with is classified by the call.
  template <class Completion>
  class AttemptEnd;
  template <class... Arguments>
  class AttemptEnd<CompletesWith<Arguments...>> : public StoppableStep {
   public:
    using Classify = Result<T>(AsioSteps&, Arguments&&...);

    AttemptEnd(Share share, Classify& classify) noexcept : StoppableStep(std::move(share)), classify_(&classify) {}
    void operator()(Arguments... arguments) {  // NOLINT(performance-unnecessary-value-param): they are moved
      this->share_->attempt_ended(std::move(this->share_), classify_(*this->share_, std::move(arguments)...));
    }

   private:
    Classify* classify_;
  };

  class CoroutineEnd : public StoppableStep {
   public:
    using StoppableStep::StoppableStep;
    void operator()(std::exception_ptr thrown, std::optional<Result<T>> result) {
      if (thrown) result.emplace(this->share_->failure_of_operation(thrown));
      this->share_->attempt_ended(std::move(this->share_), *std::move(result));
    }
  };

  class ReadyEnd : public StepFromAnywhere {
   public:
    ReadyEnd(Share share, Result<T> result) noexcept : StepFromAnywhere(std::move(share)), result_(std::move(result)) {}
    void operator()() { this->share_->attempt_ended(std::move(this->share_), std::move(result_)); }

   private:
    Result<T> result_;
  };

 protected:
  AsioSteps(boost::asio::executor_work_guard<Executor> work, const Allocator& allocator) : work_(std::move(work)), allocator_(allocator) {}
  ~AsioSteps() = default;

  virtual void begin(const CallOptions& options) = 0;
  virtual void go_on_as_planned(Share&& share, AsioPlan plan) = 0;
  virtual void timer_ended(Share&& share, std::uint32_t wait) = 0;
  // Before the context has gone: afterwards nobody may plan a step. Also where the wait could not begin.
  virtual void wait_goes() noexcept = 0;
  virtual void attempt_ended(Share&& share, Result<T>&& result) = 0;
  [[nodiscard]] virtual Failure failure_of_operation(const std::exception_ptr& thrown) const = 0;
  virtual void destroy() noexcept = 0;

  boost::asio::executor_work_guard<Executor> work_;
  [[no_unique_address]] Allocator allocator_;  // for what comes when the handler has gone
  boost::asio::cancellation_signal stop_attempt_;

 private:
  template <class>
  friend class AsioShare;

  std::atomic<std::uint32_t> shares_ = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
