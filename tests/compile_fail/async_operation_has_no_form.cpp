// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0132: async_run can do nothing with this operation; make it a coroutine
#include <ductile/drivers/asio.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

int main() {
  boost::asio::io_context context;
  ductile::Pipeline pipeline{};
  // [shown]
#ifdef MISUSE
  const auto operation = [] { return 1; };  // the mistake: it would block the context's thread
#else
  const auto operation = []() -> boost::asio::awaitable<int> { co_return 1; };
#endif
  pipeline.async_run(operation, context, boost::asio::detached);
  // [/shown]
}
