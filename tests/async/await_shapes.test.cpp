// SPDX-License-Identifier: BSL-1.0

// g++ 12 destroys some temporaries twice when their full expression holds a `co_await`. What it does wrong, so that we notice when that
// changes; and the shapes that are safe with every compiler, the documented way of calling `async_run` among them.

#include "../support/catch.hpp"

#include <ductile/drivers/asio.hpp>
#include <ductile/policies/retry.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

using namespace ductile;
namespace asio = boost::asio;
using asio::use_awaitable;

namespace {

// How many were made and are not yet destroyed: below zero where one was destroyed twice.
class Counted {
 public:
  static inline int alive = 0;

  Counted() noexcept { ++alive; }
  Counted(const Counted&) noexcept { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
  ~Counted() { --alive; }
};

struct Aggregate {
  Counted counted;
  int number = 0;
};
struct WithConstructor {
  explicit WithConstructor(int given) : number(given) {}
  Counted counted;
  int number;
};

asio::awaitable<int> by_value(Aggregate aggregate) { co_return aggregate.number; }
asio::awaitable<int> with_constructor(WithConstructor given) { co_return given.number; }
asio::awaitable<int> one() { co_return 1; }
asio::awaitable<int> of_counted(Counted) { co_return 1; }

asio::awaitable<int> by_reference(const Aggregate& aggregate) { co_return aggregate.number; }
Verdict always_ok(int) noexcept { return {}; }

template <class Token>
auto initiated(Counted counted, Token&& token) {
  return asio::async_initiate<Token, void(int)>([counted](auto handler) { std::move(handler)(1); }, token);
}

Pipeline<Retry<>> pipeline{Retry{}};

using Shape = asio::awaitable<int> (*)();

struct Row {
  const char* shape;
  Shape make;
};

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines)
const Row wrong_on_gcc_12[] = {
    {"an aggregate made in the expression, by value",
     []() -> asio::awaitable<int> { co_return co_await by_value(Aggregate{Counted{}, 1}); }},
    {"an aggregate made in the expression, by reference (as a request of the Gemini client: E0134)",
     []() -> asio::awaitable<int> { co_return co_await by_reference(Aggregate{Counted{}, 1}); }},
    {"an aggregate that awaits while it is made",
     []() -> asio::awaitable<int> { co_return Aggregate{.counted = Counted{}, .number = co_await one()}.number; }},
    {"a closure made in the expression, of a coroutine",
     []() -> asio::awaitable<int> {
       const Counted counted;
       co_return co_await [counted]() -> asio::awaitable<int> { co_return 1; }();
     }},
    {"a closure made in the expression, for co_spawn",
     []() -> asio::awaitable<int> {
       const Counted counted;
       const auto executor = co_await asio::this_coro::executor;
       co_return co_await asio::co_spawn(executor, [counted]() -> asio::awaitable<int> { co_return 1; }, use_awaitable);
     }},
    {"async_run with a closure made in the expression, deferred (with use_awaitable it is refused: E0134)",
     []() -> asio::awaitable<int> {
       const Counted counted;
       const auto executor = co_await asio::this_coro::executor;
       const auto result = co_await pipeline.async_run([counted]() -> asio::awaitable<int> { co_return 1; }, executor, asio::deferred);
       co_return result.value();
     }},
    {"async_run with a classifier made in the expression, deferred (with use_awaitable it is refused: E0134)",
     []() -> asio::awaitable<int> {
       const Counted counted;
       const auto executor = co_await asio::this_coro::executor;
       const auto result = co_await pipeline.async_run(one, [counted](int answer) { return always_ok(answer); }, executor, asio::deferred);
       co_return result.value();
     }},
};

const Row safe[] = {
    {"a class with a constructor, by value", []() -> asio::awaitable<int> { co_return co_await with_constructor(WithConstructor{1}); }},
    {"a class that is no aggregate, by value", []() -> asio::awaitable<int> { co_return co_await of_counted(Counted{}); }},
    {"a named aggregate",
     []() -> asio::awaitable<int> {
       const Aggregate aggregate{Counted{}, 1};
       co_return co_await by_value(aggregate);
     }},
    {"a named aggregate, by reference",
     []() -> asio::awaitable<int> {
       const Aggregate aggregate{Counted{}, 1};
       co_return co_await by_reference(aggregate);
     }},
    {"a closure inside a function that is no coroutine",
     []() -> asio::awaitable<int> { co_return co_await initiated(Counted{}, use_awaitable); }},
    {"a closure that captures by reference",
     []() -> asio::awaitable<int> {
       const Counted counted;
       co_return co_await [&counted]() -> asio::awaitable<int> {
         static_cast<void>(counted);
         co_return 1;
       }();
     }},
    {"async_run with a named operation, as documented",
     []() -> asio::awaitable<int> {
       const Counted counted;
       const auto operation = [counted]() -> asio::awaitable<int> { co_return 1; };
       const auto result = co_await pipeline.async_run(operation, use_awaitable);
       co_return result.value();
     }},
    {"async_run with a named classifier",
     []() -> asio::awaitable<int> {
       const Counted counted;
       const auto classifier = [counted](int answer) { return always_ok(answer); };
       const auto result = co_await pipeline.async_run(one, classifier, use_awaitable);
       co_return result.value();
     }},
    {"async_run with a named operation that is moved",
     []() -> asio::awaitable<int> {
       const Counted counted;
       auto operation = [counted]() -> asio::awaitable<int> { co_return 1; };
       const auto result = co_await pipeline.async_run(moved(operation), use_awaitable);
       co_return result.value();
     }},
    {"async_run with a named operation, deferred",
     []() -> asio::awaitable<int> {
       const Counted counted;
       const auto operation = [counted]() -> asio::awaitable<int> { co_return 1; };
       const auto executor = co_await asio::this_coro::executor;
       const auto result = co_await pipeline.async_run(operation, executor, asio::deferred);
       co_return result.value();
     }},
    {"async_run as a named deferred operation",
     []() -> asio::awaitable<int> {
       const Counted counted;
       const auto executor = co_await asio::this_coro::executor;
       auto run = pipeline.async_run([counted]() -> asio::awaitable<int> { co_return 1; }, executor, asio::deferred);
       const auto result = co_await std::move(run)(use_awaitable);
       co_return result.value();
     }},
    {"async_run with a function of a token",
     []() -> asio::awaitable<int> {
       const Counted counted;
       const auto operation = [counted](auto&& token) { return initiated(counted, std::forward<decltype(token)>(token)); };
       const auto result = co_await pipeline.async_run(operation, use_awaitable);
       co_return result.value();
     }},
};
// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)

// How many are left alive when it has run.
int left_by(Shape shape) {
  Counted::alive = 0;
  asio::io_context context;
  int answer = 0;
  asio::co_spawn(context, [&]() -> asio::awaitable<void> { answer = co_await shape(); }, asio::detached);
  context.run();
  CHECK(answer == 1);
  return Counted::alive;
}

}  // namespace

TEST_CASE("The documented ways of awaiting destroy everything exactly once", "[async]") {
  for (const Row& row : safe) {
    CAPTURE(row.shape);
    CHECK(left_by(row.make) == 0);
  }
}

TEST_CASE("What g++ 12 destroys twice in an awaiting expression, other compilers destroy once", "[async]") {
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
  constexpr bool twice = true;
#else
  constexpr bool twice = false;
#endif
  for (const Row& row : wrong_on_gcc_12) {
    CAPTURE(row.shape);
    CHECK((left_by(row.make) < 0) == twice);
  }
}
