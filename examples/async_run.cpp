// SPDX-License-Identifier: BSL-1.0
//
// The pipeline of a blocking program in an asynchronous one: a thousand calls wait in one thread.

#include <ductile/drivers/asio.hpp>
#include <ductile/ductile.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using namespace std::chrono_literals;

// [operation]
// The other side has no room at the first attempt. `attempt.deadline` is what a socket would be given; a coroutine is also cancelled there.
asio::awaitable<ductile::Result<std::string>> ask(const ductile::Attempt& attempt) {
  asio::steady_timer network{co_await asio::this_coro::executor, 1ms};
  co_await network.async_wait(asio::use_awaitable);
  if (attempt.number == 1) co_return ductile::Failure{ductile::Kind::overload};
  co_return "42";
}
// [/operation]

// [blocking]
// An old function that blocks: it gets threads of its own.
ductile::Result<int> measure(const ductile::Attempt& attempt) {
  if (attempt.number == 1) return ductile::Failure{ductile::Kind::timeout};
  return 42;
}
// [/blocking]

int main() {
  // [usage]
  ductile::Pipeline pipeline{ductile::Deadline{10s},
                             ductile::Retry{ductile::RetryOptions{.attempts = 5, .backoff = ductile::Exponential{.base = 10ms}}},
                             ductile::Bulkhead{ductile::BulkheadOptions{.in_flight = 100, .waiting = 1000}}, ductile::AttemptTimeout{2s}};
  asio::io_context context;   // after the pipeline: it goes before it
  asio::thread_pool pool{1};  // after the context: it goes first, with what is still in it, also where something is thrown

  int answers = 0;
  for (int i = 0; i < 1000; ++i)
    pipeline.async_run(ask, context, [&answers](ductile::Result<std::string> answer) {
      if (answer && answer.value() == "42") ++answers;
    });

  const auto both = [&]() -> asio::awaitable<void> {
    const auto answer = co_await pipeline.async_run(ask, asio::use_awaitable);
    const auto blocking = ductile::blocking_on(pool.get_executor(), measure);
    const auto measured = co_await pipeline.async_run(blocking, asio::use_awaitable);
    if (answer && measured && measured.value() == 42) ++answers;
  };
  asio::co_spawn(context, both, [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });

  context.run();
  // [/usage]
  std::cout << answers << " answers\n";
  return answers == 1001 ? 0 : 1;
}
