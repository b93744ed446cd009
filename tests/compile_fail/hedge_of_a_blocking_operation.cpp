// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0138: Hedge cannot end an attempt of blocking_on, so the call would last as long as the slowest; give it an operation
#include <ductile/drivers/asio.hpp>
#include <ductile/policies/hedge.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

int main() {
  boost::asio::thread_pool pool{1};
  boost::asio::io_context context;
  // [shown]
#ifdef MISUSE
  ductile::Pipeline pipeline{ductile::Hedge{}};  // the mistake: who ends the slower one?
#else
  ductile::Pipeline pipeline{};
#endif
  const auto operation = ductile::blocking_on(pool.get_executor(), [] { return 1; });
  pipeline.async_run(ductile::repeatable(operation), context, boost::asio::detached);
  // [/shown]
}
