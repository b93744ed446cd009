// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0135: async_run takes at most one CallOptions, one executor or context, one classifier and one clock
#include <ductile/drivers/asio.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

int main() {
  boost::asio::io_context context;
  boost::asio::io_context other;
  ductile::Pipeline pipeline{};
  const auto operation = []() -> boost::asio::awaitable<int> { co_return 1; };
#ifdef MISUSE
  pipeline.async_run(operation, context, other, boost::asio::detached);  // the mistake: which?
#else
  pipeline.async_run(operation, context, boost::asio::detached);
#endif
}
