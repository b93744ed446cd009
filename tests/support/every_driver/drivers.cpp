// SPDX-License-Identifier: BSL-1.0

// The three drivers of the common fixture. Those that are given a `DrivenCall` drive a pipeline of one layer, which stands for whatever
// the call's own pipeline is: its machine is the call's.

#include "../../async/async_operations.hpp"
#include "../every_driver.hpp"

#include <ductile/drivers/asio.hpp>
#include <ductile/drivers/simulate.hpp>
#include <ductile/testing/asio_virtual_clock.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

using namespace std::chrono_literals;

namespace ductile_test {

// The layer that stands for those of a call.
struct Standing {
  struct State {
    explicit State(const Standing& policy) : call(policy.call) {}
    DrivenCall* call;
  };
  DrivenCall* call;
  ductile::Admission admit(State&, ductile::NoCall&, ductile::Now, const ductile::Attempt&) const noexcept {
    return ductile::Admission::go();
  }
};

using StandingLayers = ductile::detail::PipelineBody<true, Standing>::LayersType;
using StandingObservers = ductile::detail::PipelineBody<true, Standing>::ObserversType;

}  // namespace ductile_test

namespace ductile::inline DUCTILE_VERSION::detail {

template <>
class Machine<ductile_test::StandingLayers, int, ductile_test::StandingObservers> {
 public:
  Machine(ductile_test::StandingLayers& layers, ductile_test::StandingObservers&, Now now, Repetition,
          const Walk<ductile_test::StandingLayers>& walk)
      : call_(*layers.state<0>(0).call) {
    call_.make_machine(now, walk.attempts[0]);
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() { call_.destroy_machine(); }

  [[nodiscard]] Asks start() { return call_.start(); }
  [[nodiscard]] Asks refuse(Kind why) { return call_.refuse(why); }
  [[nodiscard]] const Attempt& begin_attempt() { return call_.begin_attempt(); }
  [[nodiscard]] Asks completed(Result<int>&& result) { return result ? call_.succeeded() : call_.failed(std::move(result).error()); }
  [[nodiscard]] Asks woken() { return call_.woken(); }
  [[nodiscard]] Asks granted(Grant grant) { return call_.granted(grant); }
  [[nodiscard]] Asks gate_timed_out() { return call_.gate_timed_out(); }
  [[nodiscard]] Asks cancel(Sent sent = Sent::unknown) { return call_.cancel(sent); }
  [[nodiscard]] Asks end_with(Failure&& failure, Sent sent = Sent::unknown) { return call_.end_with(std::move(failure), sent); }
  [[nodiscard]] Time wake_at() const noexcept { return call_.wake_at(); }
  [[nodiscard]] Gate& gate() const noexcept { return call_.gate(); }
  [[nodiscard]] std::uint64_t ticket() const noexcept { return call_.ticket(); }
  [[nodiscard]] Result<int> finish() {
    call_.finish();
    return 0;  // what it came to is the call's
  }

 private:
  ductile_test::DrivenCall& call_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail

namespace ductile_test {

namespace {

namespace asio = boost::asio;
using ductile::Result;

constexpr ductile::WallTime start{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h};
constexpr const char* never_ends = "nothing is left to happen, and the call has not ended";

class Blocking final : public Driver {
 public:
  explicit Blocking(std::uint64_t seed) : clock_(start, seed) {}
  [[nodiscard]] std::unique_ptr<Driver> another(std::uint64_t seed) const override { return blocking_driver(seed); }
  [[nodiscard]] ductile::Now now() override { return clock_.now(); }
  void at(ductile::Time time, std::function<void()> action) override { clock_.at(time, std::move(action)); }
  void advance(ductile::Duration span) override { clock_.advance(span); }
  void stop() override { stop_.requested = true; }

 private:
  void drive(DrivenCall&) override { throw std::logic_error{"the blocking driver takes the pipeline itself"}; }
  ductile::VirtualClock* blocking() override { return &clock_; }

  ductile::VirtualClock clock_;
};

class Simulated final : public Driver {
 public:
  explicit Simulated(std::uint64_t seed) : simulation_(start, seed) {}
  [[nodiscard]] std::unique_ptr<Driver> another(std::uint64_t seed) const override { return simulated_driver(seed); }
  [[nodiscard]] ductile::Now now() override { return simulation_.now(); }
  void at(ductile::Time time, std::function<void()> action) override { simulation_.at(time, std::move(action)); }
  void advance(ductile::Duration span) override { simulation_.run_until(simulation_.now()() + span); }
  void stop() override {
    stop_.requested = running_ == nullptr;
    if (running_) running_->cancel();
  }

 private:
  void drive(DrivenCall& call) override {
    ductile::Pipeline pipeline{Standing{&call}};
    const bool stopped = std::exchange(stop_.requested, false);
    const ductile::Time when = simulation_.now()() + (stopped ? 1ns : 0ns);
    ductile::Simulation::Call made = simulation_.call(
        pipeline, [&call](const ductile::Attempt& attempt) { return call.attempt(attempt); }, [](const Result<int>&) {}, when,
        call.options());
    if (stopped) made.cancel();
    const Running running{running_, made};
    while (!made.ended() && simulation_.step()) {
    }
    if (made.ended()) return;
    made.cancel();
    simulation_.run();
    throw std::logic_error{never_ends};
  }

  // A call inside another's operation is the one that runs.
  class Running {
   public:
    Running(ductile::Simulation::Call*& running, ductile::Simulation::Call& call)
        : running_(running), before_(std::exchange(running, &call)) {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { running_ = before_; }

   private:
    ductile::Simulation::Call*& running_;
    ductile::Simulation::Call* before_;
  };

  ductile::Simulation simulation_;
  ductile::Simulation::Call* running_ = nullptr;
};

class Asynchronous final : public Driver {
 public:
  explicit Asynchronous(std::uint64_t seed) : clock_(start, seed) {}
  [[nodiscard]] std::unique_ptr<Driver> another(std::uint64_t seed) const override { return asynchronous_driver(seed); }
  [[nodiscard]] ductile::Now now() override { return clock_.now(); }
  void at(ductile::Time time, std::function<void()> action) override { clock_.at(time, std::move(action)); }
  void advance(ductile::Duration span) override { clock_.run_until(context_, clock_.now()() + span); }
  void stop() override {
    stop_.requested = running_ == nullptr;
    if (running_) running_->emit(asio::cancellation_type::terminal);
  }

 private:
  // An answer that has come; the last attempt's, since attempts of a call come one after the other.
  struct Answer {
    std::optional<Result<int>>* answer;
    Result<int> operator()() const { return **answer; }
  };

  // Kept by the call, which moves it to where it stays.
  class Operation {
   public:
    Operation(Asynchronous& driver, DrivenCall& call) : driver_(&driver), call_(&call) {}

    template <class Token>
    auto operator()(const ductile::Attempt& attempt, Token&& token) {
      auto [takes, answer] = call_->attempt(attempt);
      answer_.emplace(std::move(answer));
      slow_.emplace(driver_->clock_, driver_->context_, takes, Answer{&answer_});
      return (*slow_)(attempt, std::forward<Token>(token));
    }

   private:
    Asynchronous* driver_;
    DrivenCall* call_;
    std::optional<Result<int>> answer_;
    std::optional<SlowAnswer<Answer>> slow_;
  };

  void drive(DrivenCall& call) override {
    ductile::Pipeline pipeline{Standing{&call}};
    asio::cancellation_signal signal;
    bool ended = false;
    pipeline.async_run(Operation{*this, call}, context_, clock_, call.options(),
                       asio::bind_cancellation_slot(signal.slot(), [&](const Result<int>&) { ended = true; }));
    asio::cancellation_signal* const before = std::exchange(running_, &signal);
    if (std::exchange(stop_.requested, false)) signal.emit(asio::cancellation_type::terminal);
    while (!ended && clock_.step(context_)) {
    }
    running_ = before;
    if (ended) return;
    signal.emit(asio::cancellation_type::terminal);
    clock_.run(context_);
    throw std::logic_error{never_ends};
  }

  ductile::AsioVirtualClock clock_;
  asio::io_context context_;
  asio::cancellation_signal* running_ = nullptr;
};

}  // namespace

std::unique_ptr<Driver> blocking_driver(std::uint64_t seed) { return std::make_unique<Blocking>(seed); }
std::unique_ptr<Driver> simulated_driver(std::uint64_t seed) { return std::make_unique<Simulated>(seed); }
std::unique_ptr<Driver> asynchronous_driver(std::uint64_t seed) { return std::make_unique<Asynchronous>(seed); }

}  // namespace ductile_test
