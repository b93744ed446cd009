// SPDX-License-Identifier: BSL-1.0
#include "../support/catch.hpp"
#include "../support/counting_allocator.hpp"
#include "../support/counting_policy.hpp"
#include "async_operations.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/asio.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#if __has_include(<boost/asio/cancel_after.hpp>)  // Boost 1.86
#include <boost/asio/cancel_after.hpp>
#endif
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/consign.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// A token of an adapter that wants the executor of what it begins, as `cancel_after` does for its timer.
template <class Executor>
struct AsksForExecutor {
  std::optional<Executor>* answer;
};

}  // namespace

template <class Executor, class Signature>
class boost::asio::async_result<AsksForExecutor<Executor>, Signature> {
 public:
  template <class Initiation, class... Given>
  static void initiate(Initiation&& initiation, AsksForExecutor<Executor> token, Given&&...) {
    token.answer->emplace(initiation.get_executor());
  }
};

namespace {

// Fails once, then gives 42.
struct SecondTime {
  asio::awaitable<Result<int>> operator()(const Attempt& attempt) const {
    if (attempt.number == 1) co_return Failure{Kind::overload};
    co_return 42;
  }
};

Retry<Constant> patient(std::uint16_t attempts = 3) { return Retry{RetryOptions{.attempts = attempts, .backoff = Constant{50ms}}}; }

// Cancels the call when it hears of that event. Chosen at run time: each pipeline's asynchronous call costs a second or two to compile.
struct CancelsOn {
  template <class Event>
  void on(const Event&) const {
    if (typeid(Event) == *event) signal->emit(asio::cancellation_type::terminal);
  }
  const std::type_info* event;
  asio::cancellation_signal* signal;
};

// Of a call whose attempts fail, and which waits for an hour after the first one. Its breaker opens at the first failure.
std::optional<Result<int>> cancelled_on(const std::type_info& event, int& attempts) {
  AsioVirtualClock clock;
  asio::cancellation_signal signal;
  CancelsOn observer{&event, &signal};
  Pipeline pipeline{Observe{observer}, CountingPolicy{}, Retry{RetryOptions{.attempts = 2, .backoff = Constant{1h}}}, CountingPolicy{},
                    CircuitBreaker{CircuitBreakerOptions{.trip = consecutive(1), .open_for = 1min}}};
  asio::io_context context;
  SlowAnswer operation{clock, context, 1min, [&attempts] {
                         ++attempts;
                         return Result<int>{Failure{Kind::overload}};
                       }};
  std::optional<Result<int>> heard;
  pipeline.async_run(operation, context, clock,
                     asio::bind_cancellation_slot(signal.slot(), [&heard](Result<int> result) { heard.emplace(std::move(result)); }));
  clock.run(context);
  return heard;
}

}  // namespace

TEST_CASE("A call completes through every kind of token", "[async]") {
  AsioVirtualClock clock;
  asio::io_context context;
  Pipeline pipeline{patient()};
  const SecondTime operation;
  std::optional<Result<int>> heard;
  const auto hear = [&heard](Result<int> result) { heard.emplace(std::move(result)); };
  const auto answer = [&] {
    clock.run(context);
    return heard ? heard->value() : 0;
  };

  SECTION("a callback") {
    pipeline.async_run(operation, context, clock, hear);
    CHECK(answer() == 42);
  }
  SECTION("a callback with an executor of its own") {
    pipeline.async_run(operation, clock, asio::bind_executor(context.get_executor(), hear));
    CHECK(answer() == 42);
  }
  SECTION("deferred") {
    auto deferred = pipeline.async_run(operation, context, clock, asio::deferred);
    CHECK(answer() == 0);  // it has not begun
    std::move(deferred)(hear);
    CHECK(answer() == 42);
  }
  SECTION("any_completion_handler") {
    asio::any_completion_handler<void(Result<int>)> handler{hear};
    pipeline.async_run(operation, context, clock, std::move(handler));
    CHECK(answer() == 42);
  }
  SECTION("use_awaitable") {
    asio::co_spawn(
        context, [&]() -> asio::awaitable<void> { heard.emplace(co_await pipeline.async_run(operation, clock, asio::use_awaitable)); },
        asio::detached);
    CHECK(answer() == 42);
  }
  SECTION("as_tuple") {
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
          auto [result] = co_await pipeline.async_run(operation, clock, asio::as_tuple(asio::use_awaitable));
          heard.emplace(std::move(result));
        },
        asio::detached);
    CHECK(answer() == 42);
  }
  SECTION("use_future") {
    std::future<Result<int>> future = pipeline.async_run(operation, context, clock, asio::use_future);
    clock.run(context);
    CHECK(future.get().value() == 42);
  }
  SECTION("one that asks for the executor") {
    std::optional<asio::io_context::executor_type> executor;
    pipeline.async_run(operation, context, clock, AsksForExecutor<asio::io_context::executor_type>{&executor});
    CHECK(executor == context.get_executor());
  }
#if __has_include(<boost/asio/cancel_after.hpp>)
  SECTION("cancel_after") {
    SlowAnswer slow{clock, context, 1h, [] { return Result<int>{1}; }};
    pipeline.async_run(slow, context, clock, asio::cancel_after(1ms, hear));
    context.run();
    REQUIRE(heard);
    REQUIRE(heard->has_error());
    CHECK(heard->error().kind() == Kind::cancelled);
  }
#endif
  SECTION("detached") {
    int calls = 0;
    const auto counted = [&calls](const Attempt&) -> asio::awaitable<int> { co_return ++calls; };
    pipeline.async_run(counted, context, clock, asio::detached);
    clock.run(context);
    CHECK(calls == 1);
  }
}

TEST_CASE("The context of the timers has work to do until the call is over, whatever context the handler is of", "[async]") {
  AsioVirtualClock clock;
  asio::io_context timers;
  asio::io_context handlers;
  Pipeline pipeline{patient()};
  int attempts = 0;
  const auto second_time = [&](const Attempt&, auto&& token) {
    ++attempts;
    return asio::post(handlers, asio::append(std::forward<decltype(token)>(token),
                                             attempts == 1 ? Result<int>{Failure{Kind::overload}} : Result<int>{attempts}));
  };
  std::optional<Result<int>> heard;
  pipeline.async_run(second_time, timers, clock,
                     asio::bind_executor(handlers, [&heard](Result<int> result) { heard = std::move(result); }));
  timers.poll();
  handlers.poll_one();
  REQUIRE(attempts == 1);
  REQUIRE_FALSE(timers.stopped());
  while (!heard) {
    handlers.poll();
    clock.run_until(timers, clock.now()() + 1s);
  }
  CHECK(heard->value() == 2);
  timers.restart();
  timers.poll();
  CHECK(timers.stopped());
}

TEST_CASE("An operation may be a coroutine, a function of a token, or a blocking one in a pool", "[async]") {
  AsioVirtualClock clock;
  asio::io_context context;
  Pipeline pipeline{patient()};
  const auto answer = [&](auto&& operation) {
    std::string heard;
    pipeline.async_run(std::forward<decltype(operation)>(operation), context, clock, [&heard](auto result) {
      if constexpr (std::is_same_v<decltype(result), Result<void>>)
        heard = result ? "void" : "failed";
      else if constexpr (std::is_same_v<decltype(result), Result<int>>)
        heard = std::to_string(result.value());
      else
        heard = result.value();
    });
    clock.run(context);
    return heard;
  };

  SECTION("a coroutine of nothing") {
    CHECK(answer([]() -> asio::awaitable<std::string> { co_return "coroutine"; }) == "coroutine");
  }
  SECTION("a coroutine without a value") {
    CHECK(answer([](const Attempt&) -> asio::awaitable<void> { co_return; }) == "void");
  }
  SECTION("a function of a token") {
    CHECK(answer([&context](auto&& token) { return asio::post(context, std::forward<decltype(token)>(token)); }) == "void");
  }
  SECTION("a function of the attempt and a token") {
    CHECK(answer(SlowAnswer{clock, context, 1s, [] { return Result<int>{7}; }}) == "7");
    CHECK(clock.now()() == Time{1s});
  }
  SECTION("one that can only be moved") {
    auto operation = [text = std::make_unique<std::string>("moved")](const Attempt&) -> asio::awaitable<std::string> { co_return *text; };
    CHECK(answer(moved(operation)) == "moved");
  }
  SECTION("a blocking one") {
    asio::thread_pool pool{1};
    std::thread::id ran_in;
    const auto operation = blocking_on(pool.get_executor(), [&ran_in] {
      ran_in = std::this_thread::get_id();
      return 3;
    });
    int heard = 0;
    pipeline.async_run(operation, context, [&heard](const Result<int>& result) { heard = result.value(); });
    context.run();  // the call is work, though all that happens is elsewhere
    pool.join();
    CHECK(heard == 3);
    CHECK(ran_in != std::this_thread::get_id());
  }
}

TEST_CASE("What an operation throws and nobody claims ends the call as a failure that holds the exception", "[async]") {
  AsioVirtualClock clock;
  asio::io_context context;
  Pipeline pipeline{patient()};
  int attempts = 0;
  std::optional<Result<int>> heard;
  const auto hear = [&heard](Result<int> result) { heard.emplace(std::move(result)); };
  const auto late = [&attempts]() -> asio::awaitable<int> {
    ++attempts;
    throw std::runtime_error{"the operation"};
    co_return 1;
  };
  const auto early = [&attempts](const Attempt&, auto&& token) {
    ++attempts;
    if (attempts > 0) throw std::runtime_error{"the operation"};
    return asio::async_initiate<decltype(token), void(int)>([](auto handler) { std::move(handler)(1); }, token);
  };
  const auto expect_the_exception = [&] {
    clock.run(context);
    REQUIRE(heard);
    REQUIRE(heard->has_error());
    CHECK(attempts == 1);
    CHECK(heard->error().id() == FailureId{"exception"});
    const auto* thrown = heard->error().cause().get<std::exception_ptr>();
    REQUIRE(thrown);
    CHECK_THROWS_WITH(std::rethrow_exception(*thrown), "the operation");
  };
  SECTION("while it runs") {
    pipeline.async_run(late, context, clock, hear);
    expect_the_exception();
  }
  SECTION("before it began") {
    pipeline.async_run(early, context, clock, hear);
    expect_the_exception();
  }
}

TEST_CASE("An error code is a failure of the network", "[async]") {
  AsioVirtualClock clock;
  asio::io_context context;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 2, .backoff = Constant{50ms}}}};
  const auto operation = [](const Attempt& attempt, auto&& token) {
    return asio::async_initiate<decltype(token), void(boost::system::error_code, int)>(
        [number = attempt.number](auto handler) {
          const auto executor = asio::get_associated_executor(handler);
          asio::post(executor,
                     asio::append(std::move(handler), number == 1 ? asio::error::connection_reset : boost::system::error_code{}, 5));
        },
        token);
  };
  std::optional<Result<int>> heard;
  pipeline.async_run(operation, context, clock, [&heard](Result<int> result) { heard.emplace(std::move(result)); });
  clock.run(context);
  REQUIRE(heard);
  CHECK(heard->value() == 5);
  CHECK(clock.now()() == Time{50ms});
}

TEST_CASE("The handler is never called from inside the initiating function", "[async]") {
  asio::io_context context;
  Pipeline pipeline{patient()};
  bool initiating = true;
  bool inside = false;
  bool called = false;
  asio::post(context, [&] {  // on the executor, where the first step runs at once
    const auto operation = []() -> asio::awaitable<int> { co_return 1; };
    pipeline.async_run(operation, context, CallOptions{.deadline = 0s}, [&](Result<int> result) {
      inside = initiating;
      called = !result;
    });
    initiating = false;
  });
  context.run();
  CHECK(called);
  CHECK_FALSE(inside);
}

TEST_CASE("The handler is not called from inside the initiating function when the operation throws before it begins", "[async]") {
  asio::io_context context;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 1}}};
  bool initiating = true;
  bool inside = false;
  int called = 0;
  asio::post(context, [&] {
    const auto operation = [](auto token) {
      return asio::async_initiate<decltype(token), void(Result<int>)>([](auto) { throw std::runtime_error{"no"}; }, token);
    };
    pipeline.async_run(operation, context, [&](const Result<int>&) {
      inside = initiating;
      ++called;
    });
    initiating = false;
  });
  context.run();
  CHECK(called == 1);
  CHECK_FALSE(inside);
}

TEST_CASE("The handler is not called from inside the initiating function when the operation completes at once", "[async]") {
  const bool dispatches = GENERATE(true, false);
  const bool hedged = GENERATE(false, true);
  const bool fails_first = GENERATE(false, true);
  CAPTURE(dispatches, hedged, fails_first);
  asio::io_context context;
  Pipeline plain{Retry{RetryOptions{.attempts = 3, .backoff = Constant{0s}}}};
  Pipeline races{Retry{RetryOptions{.attempts = 3, .backoff = Constant{0s}}}, Hedge{HedgeOptions{.after = 1h}}};
  bool initiating = true;
  bool inside = false;
  int called = 0;
  // What is kept in a cache: on the handler's executor it is there at once.
  const auto operation = repeatable([=](const Attempt& attempt, auto token) {
    return asio::async_initiate<decltype(token), void(Result<int>)>(
        [=](auto handler, bool fails) {
          const Result<int> result = fails ? Result<int>{Failure{Kind::overload}} : Result<int>{1};
          const auto executor = asio::get_associated_executor(handler);
          if (dispatches)
            asio::dispatch(executor, asio::append(std::move(handler), result));
          else
            std::move(handler)(result);
        },
        token, fails_first && attempt.number == 1);
  });
  const auto hear = [&](const Result<int>& result) {
    inside = initiating;
    if (result) ++called;
  };
  asio::post(context, [&] {  // on the executor, where the first step runs at once
    if (hedged)
      races.async_run(operation, context, hear);
    else
      plain.async_run(operation, context, hear);
    initiating = false;
  });
  context.run();
  CHECK(called == 1);
  CHECK_FALSE(inside);
}

TEST_CASE("Calls that complete at once, one after the other in a coroutine, do not grow the stack", "[async]") {
  asio::io_context context;
  Pipeline pipeline{patient()};
  int inside = 0;  // of the operation, one in the other
  int deepest = 0;
  const auto cached = [&](auto token) {
    struct Leaves {
      int& inside;
      ~Leaves() { --inside; }
    };
    const Leaves leaves{++inside};
    deepest = std::max(deepest, inside);
    return asio::dispatch(asio::append(std::move(token), 1));
  };
  int ended = 0;
  const auto loop = [&]() -> asio::awaitable<void> {
    for (int i = 0; i < 100; ++i) {
      const Result<int> result = co_await pipeline.async_run(cached, asio::use_awaitable);
      if (result) ++ended;
    }
  };
  asio::co_spawn(context, loop, asio::detached);
  context.run();
  CHECK(ended == 100);
  CHECK(deepest == 1);
}

TEST_CASE("What a handler throws leaves the context once, also after an operation that completes where it begins", "[async]") {
  asio::io_context context;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 3, .backoff = Constant{0s}}}};
  int called = 0;
  const auto operation = [](auto token) {  // which breaks Asio's rule
    return asio::async_initiate<decltype(token), void(Result<int>)>([](auto handler) { std::move(handler)(Result<int>{1}); }, token);
  };
  pipeline.async_run(operation, context, [&called](const Result<int>&) {
    ++called;
    throw std::runtime_error{"mine"};
  });
  CHECK_THROWS_AS(context.run(), std::runtime_error);
  context.restart();
  context.run();
  CHECK(called == 1);
}

TEST_CASE("Every step runs on the handler's executor", "[async]") {
  asio::thread_pool pool{2};
  auto strand = asio::make_strand(pool);
  Pipeline pipeline{Retry{RetryOptions{.attempts = 3, .backoff = Constant{1ms}}}};
  std::atomic<int> elsewhere = 0;
  const auto operation = [&](const Attempt& attempt, auto&& token) {
    if (!strand.running_in_this_thread()) ++elsewhere;
    return asio::async_initiate<decltype(token), void(Result<int>)>(
        [&pool, last = attempt.number == 3](auto handler) {  // completes in a thread of its own choice
          const auto executor = asio::get_associated_executor(handler, pool.get_executor());
          asio::post(executor, asio::append(std::move(handler), last ? Result<int>{1} : Result<int>{Failure{Kind::overload}}));
        },
        token);
  };
  std::promise<bool> ended;
  pipeline.async_run(operation, asio::bind_executor(strand, [&](Result<int> result) {
                       if (!strand.running_in_this_thread()) ++elsewhere;
                       ended.set_value(result.has_value());
                     }));
  CHECK(ended.get_future().get());
  pool.join();
  CHECK(elsewhere == 0);
}

TEST_CASE("A future has no executor of its own, through whatever adapters", "[async]") {
  asio::io_context context;
  asio::cancellation_signal stop;
  boost::system::error_code code;
  const auto has_executor = [](auto token) {
    bool has = false;
    const auto initiate = [&has](auto handler) { has = ductile::detail::has_own_executor<decltype(handler)>; };
    asio::async_initiate<decltype(token), void(boost::system::error_code, int)>(initiate, token);
    return has;
  };
  const auto through_adapters = [&](auto token) {
    return std::vector<bool>{has_executor(token),
                             has_executor(asio::bind_cancellation_slot(stop.slot(), token)),
                             has_executor(asio::bind_allocator(std::allocator<void>{}, token)),
                             has_executor(asio::append(token, 1)),
                             has_executor(asio::consign(token, 1)),
                             has_executor(asio::redirect_error(token, code)),
                             has_executor(asio::bind_cancellation_slot(stop.slot(), asio::bind_allocator(std::allocator<void>{}, token)))};
  };
  const auto hear = [](auto&&...) {};
  CHECK(through_adapters(asio::use_future) == std::vector<bool>(7, false));
  CHECK(through_adapters(hear) == std::vector<bool>(7, false));
  CHECK_FALSE(has_executor(asio::use_future(hear)));
  CHECK_FALSE(has_executor(asio::bind_executor(asio::system_executor{}, hear)));
  CHECK(through_adapters(asio::bind_executor(context, asio::use_future)) == std::vector<bool>(7, true));
  CHECK(through_adapters(asio::bind_executor(context, hear)) == std::vector<bool>(7, true));
}

TEST_CASE("What is in an any_completion_handler may have an executor: none is relied on, and one is heeded", "[async]") {
  using Erased = asio::any_completion_handler<void(Result<int>)>;
  STATIC_REQUIRE_FALSE(ductile::detail::has_own_executor<Erased>);
  STATIC_REQUIRE(ductile::detail::has_own_executor<asio::executor_binder<Erased, asio::io_context::executor_type>>);
  asio::io_context context;
  asio::io_context own;
  Pipeline pipeline{patient()};
  const SecondTime operation;
  int heard = 0;
  std::thread::id heard_in;
  auto timers = asio::make_work_guard(context);
  pipeline.async_run(operation, context, Erased{asio::bind_executor(own, [&](const Result<int>& result) {
                       heard = result.value();
                       heard_in = std::this_thread::get_id();
                       timers.reset();
                     })});
  std::thread other{[&context] { context.run(); }};
  own.run();
  other.join();
  CHECK(heard == 42);
  CHECK(heard_in == std::this_thread::get_id());
}

TEST_CASE("A future's call runs where async_run is told, and no step of it on a hidden thread", "[async]") {
  asio::io_context context;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 2, .backoff = Constant{1ms}}}};
  std::vector<std::thread::id> seen;
  const auto hops = [&seen](const Attempt& attempt, auto&& token) {
    seen.push_back(std::this_thread::get_id());
    return asio::async_initiate<decltype(token), void(Result<int>)>(
        [&seen, first = attempt.number == 1](auto handler) {
          const auto executor = asio::get_associated_executor(handler);
          asio::post(executor, [&seen, first, kept = std::move(handler)]() mutable {  // an intermediate step, as in async_compose
            seen.push_back(std::this_thread::get_id());
            std::move(kept)(first ? Result<int>{Failure{Kind::overload}} : Result<int>{7});
          });
        },
        token);
  };

  asio::cancellation_signal stop;
  std::future<Result<int>> answer;
  const bool is_adapted = GENERATE(false, true);
  if (is_adapted)
    answer = pipeline.async_run(hops, context, asio::bind_cancellation_slot(stop.slot(), asio::use_future));
  else
    answer = pipeline.async_run(hops, context, asio::use_future);
  context.run();
  CHECK(answer.get().value() == 7);
  CHECK(seen == std::vector<std::thread::id>(4, std::this_thread::get_id()));
}

TEST_CASE("All memory is the handler's allocator's, and is given back before the handler is called", "[async]") {
  AsioVirtualClock clock;
  asio::io_context context;
  Pipeline pipeline{Deadline{10s}, patient(), AttemptTimeout{1s}};
  Count memory;
  std::size_t when_called = 1;
  SlowAnswer operation{clock, context, 10ms,
                       [calls = 0]() mutable { return ++calls < 3 ? Result<int>{Failure{Kind::overload}} : Result<int>{7}; }};
  pipeline.async_run(operation, context, clock, asio::bind_allocator(Counting<char>{memory}, [&](Result<int> result) {
                       when_called = result ? memory.held.load() : 1;
                     }));
  CHECK(memory.held > 0);
  clock.run(context);
  CHECK(when_called == 0);
  CHECK(memory.held == 0);
}

// Its resident memory (docs/performance.md, where the design's bound is 768) is this, and what the system's allocator and Asio's queue of
// timers add. Counted on 2026-11-30: 656 and 736.
TEST_CASE("A call that waits for its next attempt holds few bytes", "[async]") {
  const auto held = [](auto& pipeline) {
    Count memory;
    asio::io_context context;
    const auto fails = [](const Attempt&, auto token) { return asio::post(asio::append(token, Result<int>{Failure{Kind::internal}})); };
    pipeline.async_run(fails, context, asio::bind_allocator(Counting<char>{memory}, [](Result<int>) {}));
    context.poll();
    return memory.held.load();
  };
  Pipeline plain{Retry{RetryOptions{.backoff = Constant{1h}}}};
  Pipeline bounded{Deadline{24h}, Retry{RetryOptions{.backoff = Constant{1h}}}, CircuitBreaker{}, Bulkhead{}, AttemptTimeout{1min}};
  CHECK(held(plain) > 0);
  CHECK(held(plain) <= 664);
  CHECK(held(bounded) <= 744);
}

TEST_CASE("An attempt that is out of time is cancelled, and has ended before the next one begins", "[async]") {
  AsioVirtualClock clock;
  asio::io_context context;
  Pipeline pipeline{patient(), AttemptTimeout{100ms}};
  std::vector<Time> begun;
  std::vector<Time> ended;
  // Does not hear of a cancellation: takes 130 ms, and at the third time 10 ms.
  const auto operation = [&](const Attempt& attempt, auto&& token) {
    begun.push_back(clock.now()());
    return asio::async_initiate<decltype(token), void(Result<int>)>(
        [&, last = attempt.number == 3](auto handler) {
          auto timer = std::make_shared<VirtualTimer>(clock, asio::any_io_executor{context.get_executor()});
          VirtualTimer& waited = *timer;
          waited.async_wait(clock.now()() + (last ? 10ms : 130ms),
                            [&, last, timer = std::move(timer), handler = std::move(handler)](boost::system::error_code) mutable {
                              ended.push_back(clock.now()());
                              timer.reset();
                              std::move(handler)(last ? Result<int>{9} : Result<int>{Failure{Kind::overload}});
                            });
        },
        token);
  };
  std::optional<Result<int>> heard;
  pipeline.async_run(operation, context, clock, [&heard](Result<int> result) { heard.emplace(std::move(result)); });
  clock.run(context);
  REQUIRE(heard);
  CHECK(heard->value() == 9);
  CHECK(begun == std::vector{Time{}, Time{180ms}, Time{360ms}});
  CHECK(ended == std::vector{Time{130ms}, Time{310ms}, Time{370ms}});
}

TEST_CASE("An attempt that its time limit cut off counts as a lost answer", "[async]") {
  AsioVirtualClock clock;
  asio::io_context context;
  Pipeline pipeline{patient(2), AttemptTimeout{100ms}};
  SlowAnswer operation{clock, context, 10s, [] { return Result<int>{1}; }};
  std::optional<Result<int>> heard;
  pipeline.async_run(operation, context, clock, [&heard](Result<int> result) { heard.emplace(std::move(result)); });
  clock.run(context);
  REQUIRE(heard);
  CHECK(heard->error().kind() == Kind::timeout);  // and not `cancelled`, which the operation said
  CHECK(heard->error().says() == Says::transport);
  CHECK(clock.now()() == Time{250ms});
}

TEST_CASE("An attempt that its time limit cut off after it handed out a part is not repeated", "[async]") {
  AsioVirtualClock clock;
  asio::io_context context;
  Pipeline pipeline{patient(2), AttemptTimeout{100ms}};
  int calls = 0;
  // Ends late, as the end of its cancellation, and says what it had handed out.
  const auto operation = [&](auto&& token) {
    ++calls;
    return asio::async_initiate<decltype(token), void(Result<int>)>(
        [&](auto handler) {
          auto timer = std::make_shared<VirtualTimer>(clock, asio::any_io_executor{context.get_executor()});
          VirtualTimer& waited = *timer;
          waited.async_wait(clock.now()() + 130ms,
                            [timer = std::move(timer), handler = std::move(handler)](boost::system::error_code) mutable {
                              timer.reset();
                              Verdict broken{.kind = Kind::cancelled};
                              broken.sent = Sent::delivered;
                              std::move(handler)(Result<int>{Failure{broken}});
                            });
        },
        token);
  };
  std::optional<Result<int>> heard;
  pipeline.async_run(operation, context, clock, [&heard](Result<int> result) { heard.emplace(std::move(result)); });
  clock.run(context);
  REQUIRE(heard);
  CHECK(calls == 1);
  CHECK(heard->error().kind() == Kind::timeout);
  CHECK(heard->error().verdict().sent == Sent::delivered);
  CHECK(has(heard->error().notes(), Note::not_repeatable));
}

TEST_CASE("A call that an observer cancels ends at once, whatever it was told of", "[async][exactly_once]") {
  struct Case {
    const std::type_info& event;
    int attempts;
  };
  for (const Case& c : {Case{typeid(OperationBegan), 0}, Case{typeid(AttemptBegan), 0}, Case{typeid(AttemptEnded), 1},
                        Case{typeid(CircuitChanged), 1}, Case{typeid(WaitBegan), 1}, Case{typeid(WaitEnded), 1}}) {
    CAPTURE(c.event.name());
    int attempts = 0;
    const std::optional<Result<int>> heard = cancelled_on(c.event, attempts);
    REQUIRE(heard);
    REQUIRE(heard->has_error());
    CHECK(heard->error().kind() == Kind::cancelled);
    CHECK(attempts == c.attempts);
    CHECK(Ledger::global().fault().empty());
  }
}

TEST_CASE("A cancellation that comes while the operation is being initiated reaches it", "[async]") {
  AsioVirtualClock clock;
  asio::cancellation_signal signal;
  Pipeline pipeline{patient()};
  asio::io_context context;
  SlowAnswer slow{clock, context, 1h, [] { return Result<int>{1}; }};
  std::optional<Result<int>> heard;
  auto handler = asio::bind_cancellation_slot(signal.slot(), [&heard](Result<int> result) { heard.emplace(std::move(result)); });
  const auto expect_the_end = [&] {
    clock.run(context);
    REQUIRE(heard);
    REQUIRE(heard->has_error());
    CHECK(heard->error().kind() == Kind::cancelled);
    CHECK(clock.now()() == Time{});
  };
  SECTION("a function of a token, before it listens") {
    const auto operation = [&](const Attempt& attempt, auto&& token) {
      signal.emit(asio::cancellation_type::total);
      return slow(attempt, std::forward<decltype(token)>(token));
    };
    pipeline.async_run(operation, context, clock, handler);
    expect_the_end();
  }
  SECTION("a coroutine, before it waits") {
    const auto operation = [&](const Attempt& attempt) -> asio::awaitable<Result<int>> {
      signal.emit(asio::cancellation_type::total);
      co_return co_await slow(attempt, asio::use_awaitable);
    };
    pipeline.async_run(operation, context, clock, handler);
    expect_the_end();
  }
  SECTION("one that throws") {
    const auto operation = [&](const Attempt&, auto&& token) {
      signal.emit(asio::cancellation_type::total);
      if (!heard) throw std::runtime_error{"no"};
      return asio::async_initiate<decltype(token), void(int)>([](auto end) { std::move(end)(1); }, token);
    };
    pipeline.async_run(operation, context, clock, handler);
    expect_the_end();
  }
}

TEST_CASE("A call waits at the pace of a ScaledClock", "[async]") {
  ScaledClock clock{100'000};  // a minute in 0.6 ms; in real time this case would last longer than it may
  asio::io_context context;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 3, .backoff = Constant{1min}}}};
  std::vector<Time> begun;
  std::optional<Result<int>> heard;
  const auto third_time = [&](const Attempt& attempt) -> asio::awaitable<Result<int>> {
    begun.push_back(clock.now()());
    if (attempt.number < 3) co_return Failure{Kind::overload};
    co_return 7;
  };
  pipeline.async_run(third_time, context, clock, CallOptions{.deadline = 1h},
                     [&heard](Result<int> result) { heard.emplace(std::move(result)); });
  context.run();
  REQUIRE(heard);
  CHECK(heard->value() == 7);
  REQUIRE(begun.size() == 3);
  CHECK(begun[1] - begun[0] >= 1min);
  CHECK(begun[2] - begun[1] >= 1min);
}

TEST_CASE("A call whose executor is stopped does nothing, and its admissions are settled when the context goes", "[async]") {
  Pipeline pipeline{patient(), CircuitBreaker{}};
  int attempts = 0;
  bool called = false;
  {
    asio::io_context context;
    context.stop();
    const auto operation = [&attempts]() -> asio::awaitable<int> { co_return ++attempts; };
    pipeline.async_run(operation, context, [&called](const Result<int>&) { called = true; });
    context.run();
  }
  CHECK(attempts == 0);
  CHECK_FALSE(called);
}

TEST_CASE("Blocking and asynchronous calls in several threads share places, and every one gets its turn", "[async]") {
  constexpr int threads = 2;
  constexpr int calls_each = 200;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 2, .backoff = Constant{1ms}}},
                    Bulkhead{BulkheadOptions{.in_flight = 2, .waiting = 10'000, .longest_wait = 1min}}};
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::atomic<int> ended = 0;
  const auto enter = [&] {
    const int now = ++inside;
    int seen = most.load();
    while (now > seen && !most.compare_exchange_weak(seen, now)) {
    }
  };
  asio::thread_pool pool{threads};
  const auto operation = [&](const Attempt&, auto&& token) {
    enter();
    return asio::async_initiate<decltype(token), void(int)>(
        [&](auto handler) {
          const auto executor = asio::get_associated_executor(handler, pool.get_executor());
          asio::post(executor, [&inside, handler = std::move(handler)]() mutable {
            --inside;
            std::move(handler)(1);
          });
        },
        token);
  };
  for (int i = 0; i < calls_each * threads; ++i)
    pipeline.async_run(operation, asio::bind_executor(asio::make_strand(pool), [&ended](const Result<int>& result) {
                         if (result) ++ended;
                       }));
  std::vector<std::thread> blocking;
  for (int thread = 0; thread < threads; ++thread)
    blocking.emplace_back([&] {
      for (int i = 0; i < calls_each; ++i) {
        const Result<int> result = pipeline.run([&] {
          enter();
          --inside;
          return 1;
        });
        if (result) ++ended;
      }
    });
  for (std::thread& thread : blocking) thread.join();
  pool.join();
  CHECK(ended == 2 * calls_each * threads);
  CHECK(most <= 2);
}

#ifndef NDEBUG
namespace {

// The signal that ends a process of its own in which `action` happens; 0 when it comes to its end.
template <class Action>
int signal_of(Action action) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);
    ::close(STDERR_FILENO);
    action();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

}  // namespace

TEST_CASE("A pipeline that goes before one of its calls is an assertion that fails", "[async]") {
  const bool context_goes_first = GENERATE(true, false);
  const bool call_ends = GENERATE(true, false);
  CAPTURE(context_goes_first, call_ends);
  const int ended_by = signal_of([&] {
    AsioVirtualClock clock;
    auto context = std::make_unique<asio::io_context>();
    auto pipeline = std::make_unique<Pipeline<Retry<Constant>>>(patient());
    const auto operation = [](const Attempt&) -> asio::awaitable<Result<int>> { co_return Failure{Kind::overload}; };
    pipeline->async_run(operation, *context, clock, [](const Result<int>&) {});
    if (call_ends)
      clock.run(*context);
    else
      clock.run_until(*context, Time{10ms});  // it waits for its next attempt
    if (context_goes_first) context.reset();
    pipeline.reset();
  });
  CHECK(ended_by == (context_goes_first || call_ends ? 0 : SIGABRT));
}
#endif
