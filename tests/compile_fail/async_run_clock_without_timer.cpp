// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0136: this clock cannot wait on Boost.Asio; give async_run a SystemClock, a ScaledClock or, in a test, an
#include <ductile/drivers/asio.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

int main() {
  boost::asio::io_context context;
  ductile::Pipeline pipeline{};
  const auto operation = []() -> boost::asio::awaitable<int> { co_return 1; };
  // [shown]
#ifdef MISUSE
  ductile::VirtualClock clock;  // the mistake: it moves only where somebody waits in it
#else
  ductile::ScaledClock clock{60};
#endif
  pipeline.async_run(operation, context, clock, boost::asio::detached);
  // [/shown]
}
