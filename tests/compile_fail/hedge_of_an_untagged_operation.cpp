// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0118: Hedge makes attempts of this operation side by side, and nothing says that doing it twice is harmless; pass
#include <ductile/drivers/asio.hpp>
#include <ductile/policies/hedge.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

int main() {
  boost::asio::io_context context;
  // [shown]
  ductile::Pipeline pipeline{ductile::Hedge{}};
  const auto operation = []() -> boost::asio::awaitable<int> { co_return 1; };
#ifdef MISUSE
  pipeline.async_run(operation, context, boost::asio::detached);  // the mistake: may it be done twice?
#else
  pipeline.async_run(ductile::repeatable(operation), context, boost::asio::detached);
#endif
  // [/shown]
}
