// SPDX-License-Identifier: BSL-1.0

// Calls that wait at a gate - a bulkhead's line, a store's answer - and what ends that.

#include "../support/catch.hpp"
#include "../support/counting_allocator.hpp"
#include "../support/counting_policy.hpp"
#include "../support/late_store.hpp"
#include "async_operations.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/asio.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
using support::LateStore;
namespace asio = boost::asio;

namespace {

void until(const auto& condition) {
  while (!condition()) std::this_thread::yield();
}

using P = CountingPolicy;

// Calls that are made, and answered 30 ms later, in virtual time.
struct Gates {
  AsioVirtualClock clock{};
  LateStore store{clock};
  Count memory{};
  asio::cancellation_signal signal{};
  std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>();
  std::vector<std::optional<Result<int>>> heard{};
  std::vector<int> served{};  // which calls, in the order in which their attempts ended

  template <class Pipe>
  void call(Pipe& pipeline, const CallOptions& options = {}) {
    const std::size_t index = heard.size();
    heard.emplace_back();
    const SlowAnswer operation{clock, *context, 30ms, [this, index] {
                                 served.push_back(static_cast<int>(index));
                                 return Result<int>{1};
                               }};
    const auto hear = [this, index](Result<int> result) { heard[index].emplace(std::move(result)); };
    pipeline.async_run(operation, *context, clock, options,
                       asio::bind_allocator(Counting<void>{memory}, asio::bind_cancellation_slot(signal.slot(), hear)));
  }
  void run() { clock.run(*context); }
  void run_until(Duration time) { clock.run_until(*context, Time{time}); }

  [[nodiscard]] Kind kind(std::size_t index) const {
    if (!heard[index]) return Kind::abandoned;  // not yet
    return *heard[index] ? Kind::ok : heard[index]->error().kind();
  }
  [[nodiscard]] Time now() { return clock.now()(); }
};

auto stored(QuotaStore& store, StoreLoss loss = StoreLoss::fail_closed) {
  return QuotaTracker{QuotaOptions{.limits = {per_minute(2)}, .store = &store, .when_store_fails = loss}};
}

}  // namespace

TEST_CASE("A bulkhead's line is bounded in length and in time, and served in order", "[async][gates]") {
  Gates scene;
  const Bulkhead bulkhead{{.in_flight = 1, .waiting = 4, .longest_wait = 100ms}};
  Bulkhead::State state;
  Pipeline pipeline{P{}, with_state(bulkhead, state), P{}};
  for (int i = 0; i < 6; ++i) scene.call(pipeline);
  scene.run_until(0ms);
  CHECK(state.in_flight() == 1);
  CHECK(state.waiting() == 4);
  CHECK(scene.kind(5) == Kind::bulkhead_full);  // at once
  scene.run_until(89ms);
  CHECK(scene.served == std::vector{0, 1});
  scene.run();
  CHECK(scene.served == std::vector{0, 1, 2, 3});
  CHECK(scene.kind(3) == Kind::ok);
  CHECK(scene.kind(4) == Kind::bulkhead_full);  // after 100 ms, while the place was taken until 120 ms
  CHECK(scene.now() == Time{120ms});
  CHECK(state.in_flight() == 0);
  CHECK(state.waiting() == 0);
}

namespace {

// Time as another clock has it, with timers of which one may have no memory; and what happens before a timer's executor is told.
class HookedClock {
 public:
  explicit HookedClock(AsioVirtualClock& clock) noexcept : clock_(&clock) {}

  [[nodiscard]] Now now() noexcept { return clock_->now(); }
  void fail_next() noexcept { fails_ = true; }
  void before_executor(std::function<void()> action) { before_executor_ = std::move(action); }

  template <class Executor>
  class AsioTimer {
   public:
    AsioTimer(HookedClock& clock, const Executor& executor) : clock_(clock), timer_(*clock.clock_, executor) {}

    template <class Handler>
    void async_wait(Time time, Handler&& handler) {
      if (std::exchange(clock_.fails_, false)) throw std::bad_alloc{};
      timer_.async_wait(time, std::forward<Handler>(handler));
    }
    void cancel() { timer_.cancel(); }
    [[nodiscard]] Executor get_executor() noexcept {
      clock_.before_executor_();
      return timer_.get_executor();
    }

   private:
    HookedClock& clock_;
    AsioVirtualClock::AsioTimer<Executor> timer_;
  };

 private:
  AsioVirtualClock* clock_;
  bool fails_ = false;
  std::function<void()> before_executor_ = [] {};
};

}  // namespace

TEST_CASE("A call that cannot plan the end of its wait leaves the line, and no one else waits for it", "[async][gates][exactly_once]") {
  AsioVirtualClock virtual_clock;
  HookedClock clock{virtual_clock};
  Pipeline pipeline{P{}, Bulkhead{{.in_flight = 1, .waiting = 4}}, P{}};
  asio::io_context context;
  std::vector<int> heard;
  SlowAnswer operation{virtual_clock, context, 30ms, [] { return Result<int>{1}; }};
  const auto begin = [&](int number) {
    pipeline.async_run(operation, context, clock, [&heard, number](const Result<int>& result) {
      if (result) heard.push_back(number);
    });
  };
  begin(1);
  virtual_clock.run_until(context, Time{10ms});
  clock.fail_next();
  begin(2);
  CHECK_THROWS_AS(virtual_clock.run(context), std::bad_alloc);
  begin(3);
  virtual_clock.run(context);
  CHECK(heard == std::vector{1, 3});
  CHECK(Ledger::global().fault().empty());
}

TEST_CASE("Who leaves the line by his deadline or is cancelled lets those behind move up", "[async][gates]") {
  Gates scene;
  const Bulkhead bulkhead{{.in_flight = 1, .waiting = 4}};
  Bulkhead::State state;
  Pipeline pipeline{P{}, with_state(bulkhead, state), P{}};
  Gates other;  // whose calls are cancelled
  scene.call(pipeline);
  scene.run_until(0ms);
  scene.call(pipeline, CallOptions{.deadline = 10ms});
  other.call(pipeline);
  other.run_until(0ms);
  scene.call(pipeline);
  scene.run_until(9ms);
  CHECK(state.waiting() == 3);
  scene.run_until(10ms);
  CHECK(scene.kind(1) == Kind::bulkhead_full);
  CHECK(state.waiting() == 2);
  other.signal.emit(asio::cancellation_type::total);
  CHECK(state.waiting() == 1);
  other.run();
  CHECK(other.kind(0) == Kind::cancelled);
  scene.run();
  CHECK(scene.served == std::vector{0, 2});
  CHECK(scene.now() == Time{60ms});
  CHECK(state.in_flight() == 0);
}

TEST_CASE("Blocking and asynchronous callers stand in one line, first come, first served", "[async][gates]") {
  constexpr int waiters = 16;
  const Bulkhead bulkhead{{.in_flight = 1, .waiting = waiters}};
  Bulkhead::State state;
  Pipeline pipeline{P{}, with_state(bulkhead, state), P{}};
  std::vector<int> order;  // guarded by the one place
  std::atomic<int> ended = 0;
  std::latch go{1};
  asio::io_context context;
  auto work = asio::make_work_guard(context);
  std::thread loop{[&context] { context.run(); }};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    static_cast<void>(pipeline.run([&] {
      go.wait();
      return 1;
    }));
  });
  until([&] { return state.in_flight() == 1; });
  for (int i = 0; i < waiters; ++i) {
    const auto served = [&order, i] {
      order.push_back(i);
      return i;
    };
    if (i % 2 == 0) {
      threads.emplace_back([&, served] { ended += pipeline.run(served) ? 1 : 0; });
    } else {
      pipeline.async_run(
          [served](auto&& token) {
            return asio::async_initiate<decltype(token), void(int)>([served](auto handler) { std::move(handler)(served()); }, token);
          },
          context, [&ended](const Result<int>& result) { ended += result ? 1 : 0; });
    }
    until([&] { return state.waiting() == static_cast<std::uint32_t>(i + 1); });
  }
  go.count_down();
  for (std::thread& thread : threads) thread.join();
  until([&] { return ended == waiters; });
  work.reset();
  loop.join();
  std::vector<int> in_order;
  for (int i = 0; i < waiters; ++i) in_order.push_back(i);
  CHECK(order == in_order);
  CHECK(state.in_flight() == 0);
}

TEST_CASE("What a store answers, and when, decides when a call goes on and how it ends", "[async][gates]") {
  struct Row {
    const char* what;
    std::vector<LateStore::Answer> answers;
    StoreLoss loss;
    Kind kind;
    Duration at;
    std::size_t settled;
  };
  const auto row = GENERATE(values<Row>({
      {"granted from inside", {LateStore::grants()}, StoreLoss::fail_closed, Kind::ok, 30ms, 1},
      {"granted late", {LateStore::grants(20ms)}, StoreLoss::fail_closed, Kind::ok, 50ms, 1},
      {"later, then granted",
       {LateStore::says_later(Time{2s}, 20ms), LateStore::grants(20ms)},
       StoreLoss::fail_closed,
       Kind::ok,
       2'050ms,
       1},
      {"never, closed", {LateStore::is_silent()}, StoreLoss::fail_closed, Kind::store_unavailable, 250ms, 0},
      {"never, open", {LateStore::is_silent()}, StoreLoss::fail_open, Kind::ok, 280ms, 0},
      {"failed, closed", {LateStore::fails(20ms)}, StoreLoss::fail_closed, Kind::store_unavailable, 20ms, 0},
      {"failed, open", {LateStore::fails(20ms)}, StoreLoss::fail_open, Kind::ok, 50ms, 0},
      {"granted when the patience is over", {LateStore::grants(251ms)}, StoreLoss::fail_closed, Kind::store_unavailable, 250ms, 0},
      {"later than the deadline", {LateStore::says_later(Time{9s}, 20ms)}, StoreLoss::fail_closed, Kind::rate_limit, 20ms, 0},
  }));
  CAPTURE(row.what);
  Gates scene;
  scene.store.answers(row.answers);
  Pipeline pipeline{P{}, stored(scene.store, row.loss), P{}};
  scene.call(pipeline, CallOptions{.deadline = 5s});
  while (!scene.heard[0] && scene.clock.step(*scene.context)) {
  }
  CHECK(scene.kind(0) == row.kind);
  CHECK(scene.now() == Time{row.at});
  scene.run();
  CHECK(scene.store.settlements().size() == row.settled);
  CHECK(scene.store.granted() == row.settled);
  CHECK(scene.store.waiting() == 0);
}

TEST_CASE("A call that is cancelled or destroyed while a store is asked has left nothing there", "[async][gates]") {
  Gates scene;
  scene.store.answers({LateStore::grants(20ms)});
  Pipeline pipeline{P{}, stored(scene.store), P{}};
  scene.call(pipeline);
  SECTION("cancelled before the answer") {
    scene.run_until(10ms);
    scene.signal.emit(asio::cancellation_type::terminal);
    CHECK(scene.store.waiting() == 0);
    scene.run();
    CHECK(scene.kind(0) == Kind::cancelled);
    CHECK(scene.store.granted_unheard() == 1);
    CHECK(scene.store.settlements().empty());
  }
  SECTION("cancelled when the answer is there and not yet heard") {
    scene.run_until(0ms);
    scene.clock.at(Time{20ms}, [&] { scene.signal.emit(asio::cancellation_type::terminal); });  // behind the store's
    scene.run();
    CHECK(scene.kind(0) == Kind::cancelled);
    CHECK(scene.store.granted() == scene.store.settlements().size());
  }
  SECTION("destroyed before the answer") {
    scene.run_until(10ms);
    scene.context.reset();
    CHECK(scene.store.waiting() == 0);
    scene.clock.at(Time{1s}, [] {});
    asio::io_context other;
    scene.clock.run(other);
    CHECK(scene.store.granted_unheard() == 1);
    CHECK(scene.store.settlements().empty());
    CHECK_FALSE(scene.heard[0]);
  }
  SECTION("destroyed when the answer is there and not yet heard") {
    scene.run_until(0ms);
    while (scene.store.granted() == 0) REQUIRE(scene.clock.step(*scene.context));
    scene.context.reset();
    REQUIRE(scene.store.settlements().size() == 1);
    CHECK(scene.store.settlements()[0].counts == QuotaCost{.requests = 0});
    CHECK_FALSE(scene.heard[0]);
  }
  CHECK(scene.memory.held == 0);
}

TEST_CASE("A context that goes settles its calls in every state, and gives back their memory", "[async][gates]") {
  Gates scene;
  const Bulkhead bulkhead{{.in_flight = 2, .waiting = 4}};
  Bulkhead::State state;
  Pipeline sleeping{P{}, Retry{RetryOptions{.attempts = 3, .backoff = Constant{1h}}}, P{}};
  Pipeline in_line{P{}, with_state(bulkhead, state), P{}};
  Pipeline asking{P{}, stored(scene.store), P{}};
  Pipeline in_pool{P{}, with_state(bulkhead, state), P{}};
  scene.store.answers({LateStore::is_silent()});
  asio::thread_pool pool{1};
  std::latch go{1};
  std::atomic<bool> ran = false;

  const SlowAnswer failing{scene.clock, *scene.context, 1ms, [] { return Result<int>{Failure{Kind::overload}}; }};
  const auto blocking = blocking_on(pool.get_executor(), [&] {
    go.wait();
    ran = true;
    return 1;
  });
  int heard = 0;
  const auto hear = [&heard](const Result<int>&) { ++heard; };
  sleeping.async_run(failing, *scene.context, scene.clock, asio::bind_allocator(Counting<void>{scene.memory}, hear));
  in_pool.async_run(blocking, *scene.context, scene.clock, asio::bind_allocator(Counting<void>{scene.memory}, hear));
  scene.run_until(1ms);
  for (int i = 0; i < 4; ++i) scene.call(in_line);  // one in flight, three in line
  scene.call(asking);
  scene.run_until(2ms);
  scene.call(asking);  // has not begun
  CHECK(state.in_flight() == 2);
  CHECK(state.waiting() == 3);
  CHECK(scene.store.waiting() == 1);
  CHECK(scene.memory.held > 0);
  go.count_down();
  pool.join();
  CHECK(ran);
  scene.context.reset();
  CHECK(state.in_flight() == 0);
  CHECK(state.waiting() == 0);
  CHECK(scene.store.waiting() == 0);
  CHECK(heard == 0);
  for (const auto& result : scene.heard) CHECK_FALSE(result);
  CHECK(scene.memory.held == 0);
}

TEST_CASE("A context that goes waits for the thread that is bringing one of its calls a grant", "[async][gates]") {
  // Grants when it is told to, in a thread of its own; from then on the waiter cannot leave.
  class Bringing final : public Gate {
   public:
    void enter(Waiter& waiter) noexcept override { waiter_ = &waiter; }
    bool leave(Waiter&) noexcept override { return !(leaving = true); }
    void bring() { waiter_->granted({}); }
    std::atomic<bool> leaving = false;

   private:
    Waiter* waiter_ = nullptr;
  };
  Bringing gate;
  Count memory;
  AsioVirtualClock virtual_clock;
  HookedClock clock{virtual_clock};
  Pipeline pipeline{P{Admission::wait(gate, Kind::store_unavailable)}};
  auto context = std::make_unique<asio::io_context>();
  bool heard = false;
  SlowAnswer operation{virtual_clock, *context, 30ms, [] { return Result<int>{1}; }};
  pipeline.async_run(operation, *context, clock,
                     asio::bind_allocator(Counting<void>{memory}, [&heard](const Result<int>&) { heard = true; }));
  virtual_clock.run_until(*context, Time{});
  std::atomic<bool> bringing = false;
  std::atomic<bool> gone = false;
  clock.before_executor([&] {  // the thread is about to plan the call's next step
    bringing = true;
    until([&] { return gate.leaving || gone; });
  });
  std::thread bringer{[&gate] { gate.bring(); }};
  until([&] { return bringing.load(); });
  context.reset();
  gone = true;
  bringer.join();
  CHECK(gate.leaving);
  CHECK(memory.held == 0);
  CHECK_FALSE(heard);
}

TEST_CASE("Contexts that go at once, in threads of their own, hand the places on and lose none", "[async][gates]") {
  const Bulkhead bulkhead{{.in_flight = 1, .waiting = 1000}};
  Bulkhead::State state;
  Pipeline pipeline{P{}, with_state(bulkhead, state), P{}};
  for (int round = 0; round < 200; ++round) {
    std::latch both{2};
    const auto context_with_calls = [&] {
      Gates scene;
      for (int i = 0; i < 5; ++i) scene.call(pipeline);
      scene.run_until(0ms);
      both.arrive_and_wait();
      scene.context.reset();
    };
    std::thread first{context_with_calls};
    std::thread second{context_with_calls};
    first.join();
    second.join();
    REQUIRE(state.in_flight() == 0);
    REQUIRE(state.waiting() == 0);
  }
}
