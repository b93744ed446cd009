// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/pipeline.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/drivers/detail/begin_call.hpp>
#include <ductile/drivers/simulated.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace ductile_test {

/// A call for a driver that knows neither its pipeline nor its operation: the machine and its operation, behind virtual functions.
///
/// So the drivers without a straight path are compiled once, in drivers.cpp, and not for each pipeline of each test: that would cost
/// 1.2 CPU seconds for each. What depends on the types of an operation is tested in values.test.cpp of each driver.
class DrivenCall {
 public:
  using Asks = ductile::detail::Asks;

  DrivenCall() = default;
  DrivenCall(const DrivenCall&) = delete;
  DrivenCall& operator=(const DrivenCall&) = delete;
  virtual ~DrivenCall() = default;

  [[nodiscard]] virtual const ductile::CallOptions& options() const noexcept = 0;

  /// Makes the attempt, and keeps its answer. An answer that failed is the driver's to hand back.
  virtual ductile::Simulated<ductile::Result<int>> attempt(const ductile::Attempt& attempt) = 0;

  virtual void make_machine(ductile::Now now, const ductile::Attempt& first) = 0;
  virtual void destroy_machine() noexcept = 0;

  // As `Machine`.
  virtual Asks start() = 0;
  virtual Asks refuse(ductile::Kind why) = 0;
  virtual const ductile::Attempt& begin_attempt() = 0;
  virtual Asks succeeded() = 0;
  virtual Asks failed(ductile::Failure&& failure) = 0;
  virtual Asks woken() = 0;
  virtual Asks granted(ductile::Grant grant) = 0;
  virtual Asks gate_timed_out() = 0;
  virtual Asks cancel(ductile::Sent sent) = 0;
  virtual Asks end_with(ductile::Failure&& failure, ductile::Sent sent) = 0;
  [[nodiscard]] virtual ductile::Time wake_at() const noexcept = 0;
  [[nodiscard]] virtual ductile::Gate& gate() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t ticket() const noexcept = 0;
  virtual void finish() = 0;  ///< Keeps the result.
};

namespace inner {

template <bool Valid, class... Elements>
ductile::detail::PipelineBody<Valid, Elements...> body_of(const ductile::detail::PipelineBody<Valid, Elements...>&);

template <class R>
struct Unsimulated {
  using type = R;
  static constexpr bool takes_time = false;
};
template <class R>
struct Unsimulated<ductile::Simulated<R>> {
  using type = R;
  static constexpr bool takes_time = true;
};

// An operation as every driver is given it: what it returns is known, how it does it is not.
template <class T>
class AnyOperation {
 public:
  AnyOperation() = default;
  AnyOperation(const AnyOperation&) = delete;
  AnyOperation& operator=(const AnyOperation&) = delete;
  virtual ~AnyOperation() = default;
  virtual ductile::Simulated<ductile::Result<T>> make(const ductile::Attempt& attempt) = 0;
};

template <class T, class F, class Classifier>
class AnyOperationOf final : public AnyOperation<T> {
 public:
  AnyOperationOf(F& operation, const Classifier& classifier) : operation_(operation), classifier_(classifier) {}

  ductile::Simulated<ductile::Result<T>> make(const ductile::Attempt& attempt) override {
    ductile::Duration takes{};
    auto once = [&](const ductile::Attempt& made) -> typename Unsimulated<ductile::detail::CallResult<F>>::type {
      if constexpr (Unsimulated<ductile::detail::CallResult<F>>::takes_time) {
        auto simulated = ductile::detail::call(operation_, made);
        takes = simulated.takes;
        return std::move(simulated.value);
      } else {
        return ductile::detail::call(operation_, made);
      }
    };
    auto value = ductile::detail::make_attempt<T>(once, attempt, classifier_);
    return {takes, std::move(value)};
  }

 private:
  F& operation_;
  const Classifier& classifier_;
};

template <class Body, class T>
class DrivenCallOf final : public DrivenCall {
  using Machine = ductile::detail::Machine<typename Body::LayersType, T, typename Body::ObserversType>;

 public:
  DrivenCallOf(Body& body, AnyOperation<T>& operation, ductile::Repetition repetition, const ductile::CallOptions& options)
      : body_(body), operation_(operation), repetition_(repetition), options_(options) {}

  [[nodiscard]] const ductile::CallOptions& options() const noexcept override { return options_; }

  ductile::Simulated<ductile::Result<int>> attempt(const ductile::Attempt& attempt) override {
    auto [takes, answer] = operation_.make(attempt);
    if (!answer) return {takes, std::move(answer).error()};
    answer_.emplace(std::move(answer));
    return {takes, 0};
  }

  void make_machine(ductile::Now now, const ductile::Attempt& first) override {
    auto walk = ductile::detail::begin_walk(body_, now, options_);
    walk.attempts[0] = first;
    machine_.emplace(body_.layers(), body_.observers(), now, repetition_, walk);
  }
  void destroy_machine() noexcept override { machine_.reset(); }

  Asks start() override { return machine_->start(); }
  Asks refuse(ductile::Kind why) override { return machine_->refuse(why); }
  const ductile::Attempt& begin_attempt() override { return machine_->begin_attempt(); }
  Asks succeeded() override { return machine_->completed(*std::move(answer_)); }
  Asks failed(ductile::Failure&& failure) override { return machine_->completed(std::move(failure)); }
  Asks woken() override { return machine_->woken(); }
  Asks granted(ductile::Grant grant) override { return machine_->granted(grant); }
  Asks gate_timed_out() override { return machine_->gate_timed_out(); }
  Asks cancel(ductile::Sent sent) override { return machine_->cancel(sent); }
  Asks end_with(ductile::Failure&& failure, ductile::Sent sent) override { return machine_->end_with(std::move(failure), sent); }
  [[nodiscard]] ductile::Time wake_at() const noexcept override { return machine_->wake_at(); }
  [[nodiscard]] ductile::Gate& gate() const noexcept override { return machine_->gate(); }
  [[nodiscard]] std::uint64_t ticket() const noexcept override { return machine_->ticket(); }
  void finish() override { result_.emplace(machine_->finish()); }

  // What ended by an exception throws it, as `run` does.
  [[nodiscard]] ductile::Result<T> result() && {
    if (!*result_ && result_->error().id() == ductile::FailureId{"exception"})
      std::rethrow_exception(*result_->error().cause().template get<std::exception_ptr>());
    return *std::move(result_);
  }

 private:
  Body& body_;
  AnyOperation<T>& operation_;
  ductile::Repetition repetition_;
  ductile::CallOptions options_;
  std::optional<ductile::Result<T>> answer_;
  std::optional<Machine> machine_;
  std::optional<ductile::Result<T>> result_;
};

}  // namespace inner

/// What a test of a pipeline runs its calls with, one after the other, in virtual time that begins at zero.
class Driver {
 public:
  Driver() = default;
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;
  virtual ~Driver() = default;

  /// One of the same kind, whose clock begins at zero; `seed` is that of the dice.
  [[nodiscard]] virtual std::unique_ptr<Driver> another(std::uint64_t seed = 1) const = 0;

  [[nodiscard]] virtual ductile::Now now() = 0;
  /// Plans `action` for `time`. It happens in a call that waits so long, or in `advance`.
  virtual void at(ductile::Time time, std::function<void()> action) = 0;
  /// Lets `span` pass; not while a call runs.
  virtual void advance(ductile::Duration span) = 0;
  /// The caller wants the end of the call that runs, or else of the next one.
  virtual void stop() = 0;

  /// Runs a call to its end.
  ///
  /// \param operation As for `Pipeline::run`; or it returns `Simulated<R>`, and so says how long its attempt takes.
  /// \param arguments As for `Pipeline::run`, a `CallOptions` and a classifier; clock and stop token are the driver's.
  /// \return Or it throws what the operation threw: `async_run`'s failure by an exception becomes that exception again.
  template <class Pipe, class Operation, class... Arguments>
  auto run(Pipe& pipeline, Operation&& operation, const Arguments&... arguments);

 protected:
  struct Stop {
    bool requested = false;
    [[nodiscard]] bool stop_requested() const noexcept { return requested; }
  };

  /// Drives the call to its end.
  virtual void drive(DrivenCall& call) = 0;
  /// The driver that keeps its straight path knows the types of a call.
  virtual ductile::VirtualClock* blocking() { return nullptr; }
  Stop stop_;

 private:
  template <ductile::Repetition Tag, class T, class Pipe, class... Arguments>
  ductile::Result<T> run_blocking(ductile::VirtualClock& clock, Pipe& pipeline, inner::AnyOperation<T>& operation,
                                  const Arguments&... options);
};

/// `seed` is that of the dice.
[[nodiscard]] std::unique_ptr<Driver> blocking_driver(std::uint64_t seed = 1);
[[nodiscard]] std::unique_ptr<Driver> simulated_driver(std::uint64_t seed = 1);
[[nodiscard]] std::unique_ptr<Driver> asynchronous_driver(std::uint64_t seed = 1);

template <class Pipe, class Operation, class... Arguments>
auto Driver::run(Pipe& pipeline, Operation&& operation, const Arguments&... arguments) {
  using Tagged = std::remove_reference_t<Operation>;
  using F = ductile::detail::Untagged<Tagged>;
  using Classifier = ductile::detail::ClassifierAmong<const Arguments...>;
  using T = typename ductile::detail::ValueOf<typename inner::Unsimulated<ductile::detail::CallResult<F>>::type, Classifier>::type;
  constexpr ductile::Repetition repetition = ductile::detail::repetition_of<std::remove_const_t<Tagged>>;
  const auto& classifier = ductile::detail::pick<ductile::detail::IsClassifier>(ductile::detail::no_classifier, arguments...);
  inner::AnyOperationOf<T, F, Classifier> any{ductile::detail::untagged(operation), classifier};
  if (ductile::VirtualClock* const clock = blocking()) {
    if constexpr (ductile::detail::how_many<ductile::detail::IsOptions, const Arguments...> > 0)
      return run_blocking<repetition, T>(*clock, pipeline, any,
                                         ductile::detail::pick<ductile::detail::IsOptions>(ductile::detail::no_options, arguments...));
    else
      return run_blocking<repetition, T>(*clock, pipeline, any);
  }
  inner::DrivenCallOf<decltype(inner::body_of(pipeline)), T> call{
      pipeline, any, repetition, ductile::detail::pick<ductile::detail::IsOptions>(ductile::detail::no_options, arguments...)};
  drive(call);
  return std::move(call).result();
}

template <ductile::Repetition Tag, class T, class Pipe, class... Arguments>
ductile::Result<T> Driver::run_blocking(ductile::VirtualClock& clock, Pipe& pipeline, inner::AnyOperation<T>& operation,
                                        const Arguments&... options) {
  struct Forget {
    Stop& stop;
    ~Forget() { stop.requested = false; }
  } forget{stop_};
  const auto attempt = [&](const ductile::Attempt& made) -> ductile::Result<T> {
    auto [takes, answer] = operation.make(made);
    if (takes <= ductile::Duration::zero()) return std::move(answer);
    const ductile::Time end = ductile::later(clock.now()(), takes);
    clock.sleep_until(std::min(end, made.deadline), stop_);
    if (stop_.stop_requested() || end > made.deadline) return ductile::detail::lost_answer();
    return std::move(answer);
  };
  if constexpr (Tag == ductile::Repetition::never)
    return pipeline.run(ductile::never_repeated(attempt), clock, stop_, options...);
  else
    return pipeline.run(attempt, clock, stop_, options...);
}

}  // namespace ductile_test

#define DUCTILE_TEST_JOIN_2(one, other) one##other
#define DUCTILE_TEST_JOIN(one, other) DUCTILE_TEST_JOIN_2(one, other)

/// A test case in every driver: its body is given a `Driver& driver` with a clock at zero.
#define EVERY_DRIVER(name, tags) DUCTILE_TEST_IN_EVERY_DRIVER(DUCTILE_TEST_JOIN(in_every_driver_, __COUNTER__), name, tags)

#define DUCTILE_TEST_IN_EVERY_DRIVER(body, name, tags) \
  static void body(ductile_test::Driver&);             \
  DUCTILE_TEST_IN(body, name, tags, blocking)          \
  DUCTILE_TEST_IN(body, name, tags, simulated)         \
  DUCTILE_TEST_IN(body, name, tags, asynchronous)      \
  static void body([[maybe_unused]] ductile_test::Driver& driver)

/// As `EVERY_DRIVER`, in two of them: the third cannot take it, and a comment says why.
#define TWO_DRIVERS(one, other, name, tags) \
  DUCTILE_TEST_IN_TWO_DRIVERS(DUCTILE_TEST_JOIN(in_two_drivers_, __COUNTER__), one, other, name, tags)

#define DUCTILE_TEST_IN_TWO_DRIVERS(body, one, other, name, tags) \
  static void body(ductile_test::Driver&);                        \
  DUCTILE_TEST_IN(body, name, tags, one)                          \
  DUCTILE_TEST_IN(body, name, tags, other)                        \
  static void body([[maybe_unused]] ductile_test::Driver& driver)

#define DUCTILE_TEST_IN(body, name, tags, which)        \
  TEST_CASE(name " (" #which ")", tags) {               \
    const auto driver = ductile_test::which##_driver(); \
    body(*driver);                                      \
  }
