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

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
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
