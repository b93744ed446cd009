// SPDX-License-Identifier: BSL-1.0
//
// A service that answers in a millisecond, but every tenth request in two seconds. With a hedge no call waits for these.

#include <ductile/drivers/asio.hpp>
#include <ductile/ductile.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <exception>
#include <iostream>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

int requests = 0;
int hedges = 0;

asio::awaitable<ductile::Result<int>> look_up(const ductile::Attempt& attempt) {
  hedges += attempt.lane > 0 ? 1 : 0;
  asio::steady_timer network{co_await asio::this_coro::executor, ++requests % 10 == 0 ? 2000ms : 1ms};
  co_await network.async_wait(asio::use_awaitable);
  co_return 42;
}

}  // namespace

int main() {
  int answers = 0;
  // [usage]
  ductile::Pipeline pipeline{ductile::Deadline{30s}, ductile::RetryBudget{}, ductile::Retry{},
                             ductile::Hedge{ductile::HedgeOptions{.after = 50ms, .quantile = 0.9}}, ductile::AttemptTimeout{10s}};
  asio::io_context context;

  const auto calls = [&]() -> asio::awaitable<void> {
    const auto operation = ductile::repeatable(look_up);  // doing it twice is harmless
    for (int i = 0; i < 100; ++i) {
      const ductile::Result<int> answer = co_await pipeline.async_run(operation, asio::use_awaitable);
      if (answer) ++answers;
    }
  };
  // [/usage]
  asio::co_spawn(context, calls, [](std::exception_ptr thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
  const auto began = std::chrono::steady_clock::now();
  context.run();
  const auto took = std::chrono::steady_clock::now() - began;
  std::cout << answers << " answers, " << requests << " requests, of these " << hedges << " hedges, in "
            << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms\n";
  return answers == 100 && hedges >= 5 && took < 10s ? 0 : 1;  // alone, the slow ones take 20 s
}
