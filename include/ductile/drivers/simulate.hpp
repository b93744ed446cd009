// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/call_options.hpp>  // CallOptions
#include <ductile/core/gate.hpp>          // Gate, Grant, Waiter
#include <ductile/core/machine.hpp>       // Asks, Machine, Walk
#include <ductile/core/now.hpp>           // Now, SplitMix64, Time, TimeSource, WallTime
#include <ductile/core/operation.hpp>     // make_attempt
#include <ductile/core/pipeline.hpp>      // Pipeline
#include <ductile/detail/min_max.hpp>
#include <ductile/detail/owned.hpp>
#include <ductile/detail/schedule.hpp>
#include <ductile/drivers/detail/begin_call.hpp>
#include <ductile/drivers/detail/simulated_race.hpp>
#include <ductile/drivers/simulated.hpp>  // Simulated, SimulatedOperation

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

/// Runs any number of calls, interleaved, in time that passes only here: for tests of pipelines, and for models of whole days.
///
/// Each call goes through the machine from its start. Time stands at zero at first, the wall clock at `start`; the dice are seeded: the
/// same program with the same seed tells the same story. What is planned for the end of time never happens: a call whose operation never
/// answers, and that has no deadline, stays until it is cancelled or the simulation is destroyed.
///
/// Errors   What an operation throws and no classifier claims leaves `run` as it was, after its call has been settled; so does what a
///          `done` throws. The simulation can go on.
/// Threads  One thread; gates must grant in it.
/// Cost     A frame with the operation for each call, a node for each thing that is planned. Of a call that has ended a pointer remains.
class Simulation : private TimeSource {
  class Frame;
  template <class Body, class Operation, class Classifier, class Done>
  class FrameOf;

 public:
  /// A call that was begun. Stays valid when the call has ended, not when the simulation has.
  class Call {
   public:
    /// Asks for the end of the call: it ends at the present moment, after everything that is already planned for it.
    void cancel();
    [[nodiscard]] bool ended() const noexcept { return !simulation_->frames_[number_]; }

   private:
    friend class Simulation;
    Call(Simulation& simulation, std::size_t number) : simulation_(&simulation), number_(number) {}
    Simulation* simulation_;
    std::size_t number_;
  };

  explicit Simulation(WallTime start = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours{12}},
                      std::uint64_t seed = 1) noexcept
      : wall_start_(start), random_(seed) {}
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Settles every call that has not ended, as abandoned. Its `done` is not called.
  ~Simulation() {
    for (std::size_t i = 0; i < frames_.size(); ++i) forget(i);
  }

  [[nodiscard]] Now now() noexcept { return Now{*this}; }

  /// How many calls have not ended.
  [[nodiscard]] std::size_t calls() const noexcept { return calls_; }

  /// Plans a call.
  ///
  /// \param pipeline Must outlive the call.
  /// \param operation A `SimulatedOperation` (E0126), called at the beginning of each attempt. With a `Hedge` in the pipeline it is tagged
  ///   `repeatable` (E0118). An attempt that takes longer than its deadline ends there, as a `timeout` whose answer is lost.
  /// \param done Called with the `Result` when the call has ended.
  /// \param when When the call begins; a moment that has passed stands for now.
  template <class... Elements, class Operation, class Done, class Classifier = Unclassified>
  Call call(Pipeline<Elements...>& pipeline, Operation operation, Done done, Time when = {}, const CallOptions& options = {},
            Classifier classifier = {});

  /// Plans `action` for `time`; a moment that has passed stands for now. What is planned for one moment happens in the order of planning.
  template <std::invocable Action>
  void at(Time time, Action action) {
    planned_.add(detail::max(time, time_), std::move(action));
  }

  /// Lets time pass until nothing is planned any more.
  void run() {
    while (step()) {
    }
  }

  /// Lets the next thing that is planned happen.
  /// \return Whether there was one.
  bool step() {
    if (!planned_.has_next()) return false;
    happen();
    return true;
  }

  /// Lets time pass until `time`, what is planned for that moment included.
  void run_until(Time time) {
    while (planned_.has_next() && planned_.next() <= time) happen();
    time_ = detail::max(time_, time);
  }

 private:
  Time steady() noexcept override { return time_; }
  WallTime wall() noexcept override { return wall_start_ + time_.time_since_epoch(); }
  std::uint64_t random() noexcept override { return random_(); }

  void happen() {
    time_ = planned_.next();
    planned_.take()->happen();
  }

  // The call has ended, or must.
  void forget(std::size_t number) {
    if (!frames_[number]) return;
    --calls_;
    const detail::Owned<Frame> ending = std::move(frames_[number]);
  }

  template <class Step>
  void guarded(Frame& frame, Step step);

  Time time_{};
  WallTime wall_start_;
  SplitMix64 random_;
  detail::Schedule planned_;
  std::vector<detail::Owned<Frame>> frames_;  // by the numbers of their calls
  std::size_t calls_ = 0;                     // that have not ended
};

// A call, whatever its types. At most one thing is planned for it.
class Simulation::Frame {
 public:
  Frame(Simulation& simulation, std::size_t number) noexcept : simulation_(simulation), number_(number) {}
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  virtual ~Frame() { unplan(); }

  virtual void step() = 0;    // what was planned has come
  virtual void cancel() = 0;  // the caller wants the end

  [[nodiscard]] std::size_t number() const noexcept { return number_; }
  [[nodiscard]] bool over() const noexcept { return over_; }

  void plan(Time time) {
    if (time == end_of_time) return;
    planned_ = &simulation_.planned_.add(detail::max(time, simulation_.time_), [this] {
      planned_ = nullptr;
      simulation_.guarded(*this, [this] { step(); });
    });
  }

 protected:
  void unplan() noexcept {
    if (planned_) planned_->withdraw();
    planned_ = nullptr;
  }

  Simulation& simulation_;
  bool over_ = false;

 private:
  std::size_t number_;
  detail::Plan* planned_ = nullptr;
};

template <class Body, class Operation, class Classifier, class Done>
class Simulation::FrameOf final : public Simulation::Frame {
  using L = typename Body::LayersType;
  using Obs = typename Body::ObserversType;
  using R = typename detail::SimulatedValue<detail::CallResult<detail::Untagged<Operation>>>::type;
  using T = typename detail::ValueOf<R, Classifier>::type;
  using Asks = detail::Asks;

  using M = detail::Machine<L, T, Obs>;
  using RaceOf = detail::SimulatedRace<FrameOf, M, T, Frame>;

  template <class>
  friend class detail::SimulatedBranchEnd;
  template <class, class, class, class>
  friend class detail::SimulatedRace;

  enum class Stage : std::uint8_t { planned, attempt, sleep, gate, between };

  class GateWaiter final : public Waiter {
   public:
    GateWaiter(FrameOf& frame, std::uint64_t ticket) noexcept : Waiter(ticket), frame_(frame) {}
    void granted(Grant grant) noexcept override { frame_.told(grant); }

   private:
    FrameOf& frame_;
  };

 public:
  FrameOf(Simulation& simulation, std::size_t number, detail::KeptBody<Body> body, Operation&& operation, Done done,
          const CallOptions& options, Classifier&& classifier)
      : Frame(simulation, number),
        body_(body),
        operation_(std::forward<Operation>(operation)),
        done_(std::move(done)),
        classifier_(std::forward<Classifier>(classifier)),
        options_(options) {}

  ~FrameOf() override {
    if (machine_) leave_gate();  // then the machine's destructor settles
  }

  void step() override {
    switch (stage_) {
      case Stage::planned: go_on(begin()); break;
      case Stage::attempt:
        if constexpr (L::races)
          race_.step(*this);
        else
          go_on(machine_->completed(std::move(*answer_)));
        break;
      case Stage::sleep: go_on(machine_->woken()); break;
      case Stage::gate: go_on(gate_answers() ? machine_->granted(*grant_) : machine_->gate_timed_out()); break;
      case Stage::between: break;
    }
  }

  void cancel() override {
    unplan();
    if (!machine_) make_machine();
    if constexpr (L::races) {
      if (stage_ == Stage::attempt) return race_.cancel(*this);
    }
    leave_gate();
    go_on(machine_->cancel());
  }

 private:
  void make_machine() {
    Now now = simulation_.now();
    const detail::Walk<L> walk = detail::begin_walk(body_, now, options_);
    machine_.emplace(body_.layers(), body_.observers(), now, detail::repetition_of<Operation>, walk);
  }

  Asks begin() {
    make_machine();
    return detail::begin(*machine_, options_);
  }

  void go_on(Asks asks) {
    switch (asks) {
      case Asks::attempt: begin_attempt(); break;
      case Asks::wake:
        stage_ = Stage::sleep;
        plan(machine_->wake_at());
        break;
      case Asks::gate: enter_gate(); break;
      case Asks::finish:
        if constexpr (L::is_branch) {
          done_.take_end(*machine_);
        } else {
          over_ = true;
          done_(machine_->finish());
        }
        break;
    }
  }

  void begin_attempt() {
    if constexpr (L::races) {
      stage_ = Stage::attempt;
      race_.begin(*this);
    } else if constexpr (L::is_branch) {
      if (!done_.may_attempt(*machine_)) return go_on(machine_->cancel());
      attempt();
      done_.attempt_began();
    } else {
      attempt();
    }
  }

  [[nodiscard]] Time now() const noexcept { return simulation_.time_; }
  [[nodiscard]] Frame* new_branch(const Attempt& attempt) {
    using Branch = FrameOf<detail::BranchOf<typename detail::PipelineOf<Body>::type>, Operation&, const Classifier&,
                           detail::SimulatedBranchEnd<FrameOf>>;
    return new Branch(simulation_, number(), {body_.pipeline(), attempt, machine_->call()}, operation_, {*this, attempt}, options_,
                      classifier_);
  }

  void attempt() {
    const Attempt& attempt = machine_->begin_attempt();
    stage_ = Stage::attempt;
    Duration takes{};
    auto once = [&](const Attempt& made) -> R {
      auto simulated = detail::call(detail::untagged(operation_), made);
      takes = detail::max(simulated.takes, Duration::zero());
      if constexpr (!std::is_void_v<R>) return std::move(simulated.value);
    };
    answer_.reset();
    if (detail::is_forced(options_.forced, attempt))
      answer_.emplace(detail::failure_of(options_.forced));
    else
      answer_.emplace(detail::make_attempt<T>(once, attempt, classifier_));
    Time end = later(simulation_.time_, takes);
    if (end > attempt.deadline) {
      end = attempt.deadline;
      answer_.reset();
      answer_.emplace(detail::lost_answer());
    }
    plan(end);
  }

  void enter_gate() {
    stage_ = Stage::gate;
    gate_ = &machine_->gate();
    grant_.reset();
    waiter_.emplace(*this, machine_->ticket());
    gate_->enter(*waiter_);
    if (!grant_) plan(machine_->wake_at());
  }

  void told(Grant grant) noexcept {
    grant_ = grant;
    unplan();
    plan({});
  }

  // Whether the gate has answered, or answers in the very moment in which we leave it.
  bool gate_answers() {
    const bool answers = grant_ || !gate_->leave(*waiter_);
    unplan();
    stage_ = Stage::between;
    return answers;
  }

  // Before the end: what was granted is the policy's to take, or nobody would settle it.
  void leave_gate() {
    if (stage_ == Stage::gate && gate_answers()) static_cast<void>(machine_->granted(*grant_));
  }

  detail::KeptBody<Body> body_;
  Operation operation_;
  Done done_;
  Classifier classifier_;
  CallOptions options_;
  Stage stage_ = Stage::planned;
  std::optional<M> machine_;
  std::optional<Result<T>> answer_;  // of the attempt that is under way
  Gate* gate_ = nullptr;
  std::optional<Grant> grant_;
  std::optional<GateWaiter> waiter_;
  [[no_unique_address]] std::conditional_t<L::races, RaceOf, NoState> race_;  // goes before the machine
};

// Whatever leaves the step, a call that is over or that has thrown is forgotten, and with that settled.
template <class Step>
void Simulation::guarded(Frame& frame, Step step) {
  struct Forget {
    Simulation& simulation;
    Frame& frame;
    bool thrown = true;
    ~Forget() {
      if (thrown || frame.over()) simulation.forget(frame.number());
    }
  } forget{*this, frame};
  step();
  forget.thrown = false;
}

template <class... Elements, class Operation, class Done, class Classifier>
Simulation::Call Simulation::call(Pipeline<Elements...>& pipeline, Operation operation, Done done, Time when, const CallOptions& options,
                                  Classifier classifier) {
  const std::size_t number = frames_.size();
  if constexpr (detail::explain_pipeline<Elements...>() && detail::explain_simulated<Operation>()) {
    using Body = detail::PipelineBody<true, Elements...>;
    static_cast<void>(detail::explain_hedge<Body, Operation>());
    frames_.push_back(detail::Owned<Frame>{new FrameOf<detail::DrivenBody<Body>, Operation, Classifier, Done>(
        *this, number, detail::driven<Body>(pipeline), std::move(operation), std::move(done), options, std::move(classifier))});
    ++calls_;
    frames_.back()->plan(when);
  }
  return Call{*this, number};
}

inline void Simulation::Call::cancel() {
  simulation_->at(simulation_->time_, [simulation = simulation_, number = number_] {
    Frame* const frame = simulation->frames_[number].get();
    if (frame) simulation->guarded(*frame, [frame] { frame->cancel(); });
  });
}

}  // namespace ductile::inline DUCTILE_VERSION
