// SPDX-License-Identifier: BSL-1.0

// What 100 000 calls that wait for their next attempt cost in resident memory with Boost.Asio.
#include "measure.hpp"

#include <boost/asio.hpp>

#include <memory>
#include <stdexcept>
#include <string_view>

namespace asio = boost::asio;
constexpr int held = 100'000;

asio::awaitable<int> attempt() {
  throw std::runtime_error{"fails"};
  co_return 0;
}

asio::awaitable<void> coroutine() {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  for (int left = 4; left > 0; --left) {
    try {
      co_await attempt();
      co_return;
    } catch (std::runtime_error const&) {
    }
    timer.expires_after(std::chrono::hours{1});
    co_await timer.async_wait(asio::use_awaitable);
  }
}

struct Callback : std::enable_shared_from_this<Callback> {
  explicit Callback(asio::io_context& context) : timer{context} {}
  void start() {
    timer.expires_after(std::chrono::hours{1});
    timer.async_wait([self = shared_from_this()](boost::system::error_code) { self->start(); });
  }
  asio::steady_timer timer;
};

int main(int, char** arguments) {
  std::string_view const form = arguments[2];
  asio::io_context context{1};
  double const before = measure::resident_bytes();
  for (int i = 0; i < held; ++i)
    if (form == "coroutine")
      asio::co_spawn(context, coroutine(), asio::detached);
    else
      std::make_shared<Callback>(context)->start();
  context.run_for(std::chrono::seconds{2});
  std::printf("asio %s\tj waiting call, RSS bytes\t%.0f\n", arguments[2], (measure::resident_bytes() - before) / held);
  std::fflush(stdout);
  std::_Exit(0);
}
