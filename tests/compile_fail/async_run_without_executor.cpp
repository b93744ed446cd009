// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0133: the call knows no executor: its completion token has none; bind one to it
#include <ductile/drivers/asio.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

int main() {
  boost::asio::io_context context;
  ductile::Pipeline pipeline{};
  const auto operation = []() -> boost::asio::awaitable<int> { co_return 1; };
#ifdef MISUSE
  pipeline.async_run(operation, boost::asio::detached);  // the mistake: where should it run?
#else
  pipeline.async_run(operation, context, boost::asio::detached);
#endif
}
