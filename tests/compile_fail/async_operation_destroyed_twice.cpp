// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0134: g++ 12 destroys twice what is made in a co_await expression; give the operation, the classifier or the request a
// name
#include <ductile/drivers/asio.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <string>

ductile::Pipeline<> pipeline{};

boost::asio::awaitable<int> send(std::string key) {
#ifdef MISUSE
  const ductile::Result<int> result =  // the mistake: the closure has no name
      co_await pipeline.async_run([key]() -> boost::asio::awaitable<int> { co_return 1; }, boost::asio::use_awaitable);
#else
  const auto operation = [key]() -> boost::asio::awaitable<int> { co_return 1; };
  const ductile::Result<int> result = co_await pipeline.async_run(operation, boost::asio::use_awaitable);
#endif
  co_return result.value();
}

int main() {}
