// SPDX-License-Identifier: BSL-1.0

// What docs/asynchronous.md shows of tests, and of coroutines that throw what they await.

#include "../support/catch.hpp"

#include <ductile/backoff/constant.hpp>
#include <ductile/core/pipeline.hpp>
#include <ductile/drivers/asio.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>
#include <ductile/testing/asio_virtual_clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>

namespace asio = boost::asio;
using namespace std::chrono_literals;

TEST_CASE("An operation waits in virtual time", "[async]") {
  // [usage]
  ductile::Pipeline pipeline{ductile::Retry{ductile::RetryOptions{.attempts = 3, .backoff = ductile::Constant{.wait = 1min}}},
                             ductile::AttemptTimeout{20s}};
  asio::io_context context;
  ductile::AsioVirtualClock clock;

  // The first attempt hangs for an hour, and is cut off after 20 seconds; the next one takes two.
  const auto ask = [&clock](const ductile::Attempt& attempt) -> asio::awaitable<ductile::Result<int>> {
    ductile::AsioVirtualClock::AsioTimer<asio::any_io_executor> timer{clock, co_await asio::this_coro::executor};
    const ductile::Time done = clock.now()() + (attempt.number == 1 ? 1h : 2s);
    co_await timer.async_wait(done, asio::as_tuple(asio::use_awaitable));
    if (clock.now()() < done) co_return ductile::Failure{ductile::Kind::cancelled};
    co_return 42;
  };

  std::optional<ductile::Result<int>> answer;
  pipeline.async_run(ask, context, clock, [&answer](ductile::Result<int> result) { answer = std::move(result); });
  clock.run(context);
  CHECK(answer->value() == 42);
  CHECK(clock.now()().time_since_epoch() == 20s + 1min + 2s);
  // [/usage]
}

TEST_CASE("A code that a coroutine throws is a failure of the network, as if it had completed with the code", "[async]") {
  const auto [number_of_codes, attempts] = GENERATE(table<int, unsigned>({{0, 1}, {1, 3}}));
  ductile::Pipeline pipeline{ductile::Retry{ductile::RetryOptions{.attempts = 3, .backoff = ductile::Constant{.wait = 1s}}}};
  asio::io_context context;
  ductile::AsioVirtualClock clock;
  const auto throws = [&, codes = number_of_codes]() -> asio::awaitable<int> {
    if (codes > 0) throw boost::system::system_error{asio::error::connection_refused};
    throw std::runtime_error{"no code"};
    co_return 1;
  };
  std::optional<ductile::Result<int>> answer;
  pipeline.async_run(throws, context, clock, [&answer](ductile::Result<int> result) { answer = std::move(result); });
  clock.run(context);
  REQUIRE(answer);
  REQUIRE_FALSE(*answer);
  CHECK(answer->error().attempts() == attempts);
  CHECK(answer->error().kind() == (number_of_codes > 0 ? ductile::Kind::network : ductile::Kind::other));
  const auto* code = answer->error().cause().get<boost::system::error_code>();
  CHECK((code != nullptr) == (number_of_codes > 0));
  if (code) CHECK(*code == asio::error::connection_refused);
}
