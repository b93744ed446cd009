// SPDX-License-Identifier: BSL-1.0

// Whose memory a call lives in: the handler's allocator's, which the handler may own, and which is asked by the executor's thread alone.

#include "../support/catch.hpp"
#include "../support/counting_allocator.hpp"
#include "async_operations.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/drivers/asio.hpp>
#include <ductile/drivers/blocking.hpp>
#include <ductile/policies/bulkhead.hpp>
#include <ductile/policies/hedge.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <boost/asio/append.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <latch>
#include <memory>
#include <new>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

using namespace ductile;
using namespace ductile_test;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// Outlives all, so that a fault is counted and not a crash.
struct Books : Count {
  std::optional<std::size_t> out_when_its_owner_went;
};

// Owns the memory that its allocator hands out, as the session in Asio's example of allocation does.
class Owner {
 public:
  using allocator_type = Counting<void>;

  Owner(Books& books, bool& heard) : books_(&books), heard_(&heard) {}

  void operator()(const Result<int>&) { *heard_ = true; }
  [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type{*books_}; }

 private:
  struct Goes {
    void operator()(Books* books) const noexcept { books->out_when_its_owner_went = books->held.load(); }
  };

  std::unique_ptr<Books, Goes> books_;
  bool* heard_;
};

// Two calls, of which one waits for the other where there is one place; the context goes after so many steps. Whether there were so many.
template <class Pipe>
bool goes_after(int steps, Pipe& pipeline) {
  AsioVirtualClock clock;
  Books books[2];
  bool heard[2] = {};
  auto context = std::make_unique<asio::io_context>();
  int attempts = 0;
  auto operation = repeatable(SlowAnswer{
      clock, *context, 30ms, [&attempts] { return ++attempts % 3 != 0 ? Result<int>{Failure{Kind::overload}} : Result<int>{7}; }});
  for (int i = 0; i < 2; ++i) pipeline.async_run(operation, *context, clock, Owner{books[i], heard[i]});
  bool made = true;
  for (; made && steps > 0; --steps) made = clock.step(*context);
  context.reset();
  for (int i = 0; i < 2; ++i) {
    CHECK(books[i].held == 0);
    REQUIRE(books[i].out_when_its_owner_went);
    CHECK(*books[i].out_when_its_owner_went == 0);
    if (!made) CHECK(heard[i]);
  }
  return made;
}

template <class Pipe>
void goes_after_every_step(Pipe& pipeline) {
  for (int steps = 0;; ++steps) {
    CAPTURE(steps);
    if (!goes_after(steps, pipeline)) return;
    REQUIRE(steps < 1000);
  }
}

}  // namespace

TEST_CASE("A handler may own the memory of its call, also when the context goes", "[async]") {
  Pipeline pipeline{Retry{RetryOptions{.attempts = 4, .backoff = Constant{50ms}}}, Bulkhead{{.in_flight = 1, .waiting = 4}},
                    AttemptTimeout{1s}};
  goes_after_every_step(pipeline);
}

TEST_CASE("A handler may own the memory of its call and of the branches of its race, also when the context goes", "[async]") {
  Pipeline pipeline{Retry{RetryOptions{.attempts = 4, .backoff = Constant{50ms}}}, Hedge{HedgeOptions{.after = 8ms, .hedges = 2}},
                    Bulkhead{{.in_flight = 2, .waiting = 8}}, AttemptTimeout{1s}};
  goes_after_every_step(pipeline);
}

TEST_CASE("A handler may own the memory of a race that another attempt has won when the last one goes without a word", "[async]") {
  AsioVirtualClock clock;
  Books books;
  bool heard = false;
  Pipeline pipeline{Hedge{HedgeOptions{.after = 8ms}}};
  auto gone = std::make_unique<asio::io_context>();
  asio::io_context context;
  const auto answer = [] { return Result<int>{2}; };
  SlowAnswer never{clock, *gone, 1h, answer};
  SlowAnswer soon{clock, context, 1ms, answer};
  const auto operation = [&](const Attempt& attempt, auto&& token) {
    return (attempt.lane == 0 ? never : soon)(attempt, std::forward<decltype(token)>(token));
  };
  pipeline.async_run(repeatable(operation), context, clock, Owner{books, heard});
  clock.run_until(context, Time{1s});
  CHECK_FALSE(heard);
  gone.reset();
  CHECK_FALSE(books.out_when_its_owner_went);
  clock.run(context);
  CHECK(heard);
  CHECK(books.out_when_its_owner_went == 0);
}

namespace {

// An allocator that fails once, when it has been asked so often.
template <class T>
struct FailsOnce {
  using value_type = T;
  explicit FailsOnce(int& given) noexcept : left(&given) {}
  template <class U>
  explicit(false) FailsOnce(const FailsOnce<U>& other) noexcept : left(other.left) {}
  T* allocate(std::size_t n) {
    if ((*left)-- == 0) throw std::bad_alloc{};
    return std::allocator<T>{}.allocate(n);
  }
  void deallocate(T* memory, std::size_t n) noexcept { std::allocator<T>{}.deallocate(memory, n); }
  template <class U>
  bool operator==(const FailsOnce<U>& other) const noexcept {
    return left == other.left;
  }
  int* left;
};

// Ends where it is cancelled, on its handler's executor.
struct EndsInItsSlot {
  template <class Token>
  auto operator()(const Attempt&, Token&& token) const {
    return asio::async_initiate<Token, void(Result<int>)>(
        [](auto handler) {
          auto slot = asio::get_associated_cancellation_slot(handler);
          slot.assign([kept = std::make_shared<decltype(handler)>(std::move(handler))](asio::cancellation_type) {
            auto ended = std::move(*kept);
            asio::dispatch(asio::append(std::move(ended), Result<int>{Failure{Kind::overload}}));
          });
        },
        token);
  }
};

// Its timers find no memory when they have taken their handler away, and give back what they have by the one that is left.
struct TimersWithoutMemory {
  Now now() noexcept { return clock.now(); }

  template <class Executor>
  class AsioTimer {
   public:
    AsioTimer(const TimersWithoutMemory&, const Executor& executor) : executor_(executor) {}
    template <class Handler>
    void async_wait(Time, Handler&& handler) {
      using Allocator = asio::associated_allocator_t<std::remove_cvref_t<Handler>>;
      using Bytes = typename std::allocator_traits<Allocator>::template rebind_alloc<char>;
      Bytes bytes{asio::get_associated_allocator(handler)};
      char* const memory = bytes.allocate(1);
      const auto taken = std::move(handler);
      Bytes{asio::get_associated_allocator(handler)}.deallocate(memory, 1);
      throw std::bad_alloc{};
    }
    void cancel() noexcept {}
    [[nodiscard]] Executor get_executor() noexcept { return executor_; }

   private:
    Executor executor_;
  };

  VirtualClock clock{};
};

}  // namespace

TEST_CASE("The memory has gone when the handler is called, also where an attempt ends within our own functions", "[async]") {
  AsioVirtualClock clock;
  asio::io_context context;
  Books books;
  bool heard = false;
  const auto check = [&] {
    CHECK(heard);
    CHECK(books.out_when_its_owner_went == 0);
  };
  SECTION("where it is begun for the second time") {
    Pipeline pipeline{Retry{RetryOptions{.attempts = 2, .backoff = Constant{1s}}}};
    const auto cached = [](const Attempt& attempt, auto token) {
      return asio::dispatch(asio::append(std::move(token), attempt.number == 1 ? Result<int>{Failure{Kind::overload}} : Result<int>{1}));
    };
    pipeline.async_run(cached, context, clock, Owner{books, heard});
    clock.run(context);
    check();
  }
  SECTION("where its time is over") {
    Pipeline pipeline{AttemptTimeout{1s}};
    pipeline.async_run(EndsInItsSlot{}, context, clock, Owner{books, heard});
    clock.run(context);
    check();
  }
  SECTION("where the call is cancelled") {
    asio::cancellation_signal signal;
    Pipeline pipeline{Retry{}};
    pipeline.async_run(EndsInItsSlot{}, context, clock, asio::bind_cancellation_slot(signal.slot(), Owner{books, heard}));
    clock.run(context);
    REQUIRE_FALSE(heard);
    asio::post(context, [&signal] { signal.emit(asio::cancellation_type::terminal); });
    context.restart();
    clock.run(context);
    check();
  }
}

TEST_CASE("Where memory fails in the midst of a race the call ends once and nothing goes on for ever", "[async]") {
  int fails_at = 0;
  for (int left = 0; left <= 0; ++fails_at) {
    left = fails_at;
    AsioVirtualClock clock;
    asio::io_context context;
    Pipeline pipeline{Hedge{HedgeOptions{.after = 1s}}};
    const auto operation = repeatable([](auto token) { return asio::post(asio::append(std::move(token), 1)); });
    int heard = 0;
    bool threw = false;
    try {
      pipeline.async_run(operation, context, clock, asio::bind_allocator(FailsOnce<void>{left}, [&](const Result<int>&) { ++heard; }));
    } catch (const std::bad_alloc&) {
      threw = true;
    }
    int steps = 0;
    for (bool goes_on = true; goes_on && steps < 1000; ++steps) {
      try {
        goes_on = clock.step(context);
      } catch (const std::bad_alloc&) {
        threw = true;
      }
    }
    CAPTURE(fails_at);
    CHECK(steps < 1000);
    CHECK(heard <= 1);
    CHECK((heard == 1 || threw));
  }
  CHECK(fails_at > 5);  // so often is it asked
}

TEST_CASE("A timer that fails when it has taken a step away gives its memory back by the step that is left", "[async]") {
  TimersWithoutMemory clock;
  Books books;
  bool heard = false;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 2, .backoff = Constant{1s}}}};
  auto context = std::make_unique<asio::io_context>();
  const auto fails = [](auto token) { return asio::post(asio::append(std::move(token), Result<int>{Failure{Kind::overload}})); };
  pipeline.async_run(fails, *context, clock, Owner{books, heard});
  CHECK_THROWS_AS(context->run(), std::bad_alloc);
  context.reset();
  CHECK_FALSE(heard);
  CHECK(books.held == 0);
  CHECK(books.out_when_its_owner_went == 0);
}

TEST_CASE("The handler's allocator is asked by the executor's thread alone when another gives a place to the call", "[async]") {
  Books books;
  bool heard = false;
  Pipeline pipeline{Bulkhead{{.in_flight = 1, .waiting = 1}}};
  std::latch has_place{1};
  std::latch go{1};
  std::thread other{[&] {
    const Result<int> result = pipeline.run([&] {
      has_place.count_down();
      go.wait();
      return 1;
    });
    CHECK(result.has_value());
  }};
  has_place.wait();
  asio::io_context context;
  const auto operation = []() -> asio::awaitable<int> { co_return 1; };
  pipeline.async_run(operation, context,
                     asio::bind_allocator(Counting<void>{books}, [&heard](const Result<int>& result) { heard = result.has_value(); }));
  context.poll();  // it waits for the place
  go.count_down();
  other.join();
  context.run();
  CHECK(heard);
  CHECK(books.made > 0);
  CHECK(books.asked_elsewhere == 0);
  CHECK(books.held == 0);
}

TEST_CASE("The handler's allocator is asked by the executor's thread alone when the operation blocks a pool", "[async]") {
  Books books;
  bool heard = false;
  Pipeline pipeline{Retry{RetryOptions{.attempts = 2, .backoff = Constant{1ms}}}};
  asio::io_context context;
  asio::thread_pool pool{1};
  const auto operation = blocking_on(pool.get_executor(), [](const Attempt& attempt) {
    return attempt.number == 1 ? Result<int>{Failure{Kind::overload}} : Result<int>{7};
  });
  pipeline.async_run(operation, context,
                     asio::bind_allocator(Counting<void>{books}, [&heard](const Result<int>& result) { heard = result.has_value(); }));
  context.run();
  pool.join();
  CHECK(heard);
  CHECK(books.made > 0);
  CHECK(books.asked_elsewhere == 0);
  CHECK(books.held == 0);
}

namespace ductile_test {

// Runs each function in a thread of its own, and keeps it until `over`.
struct Keeping {
  std::thread* thread;
  std::latch* over;

  template <class Function>
  void execute(Function function) const {
    *thread = std::thread{[run = std::move(function), until = over]() mutable {
      run();
      until->wait();
    }};
  }
  [[nodiscard]] Keeping require(asio::execution::blocking_t::never_t) const noexcept { return *this; }
  friend bool operator==(const Keeping&, const Keeping&) = default;
};

}  // namespace ductile_test

TEST_CASE("A function that has run in a pool holds nothing of its call, however long the pool keeps it", "[async]") {
  Books books;
  bool heard = false;
  Pipeline pipeline{Retry{}};
  asio::io_context context;
  std::thread thread;
  std::latch over{1};
  const auto operation = blocking_on(Keeping{&thread, &over}, [](const Attempt&) { return 7; });
  pipeline.async_run(operation, context,
                     asio::bind_allocator(Counting<void>{books}, [&heard](const Result<int>& result) { heard = result.has_value(); }));
  while (!heard) context.run_one();
  CHECK(books.held == 0);
  over.count_down();
  thread.join();
  CHECK(books.asked_elsewhere == 0);
}
