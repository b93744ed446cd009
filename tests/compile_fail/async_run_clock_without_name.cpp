// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0140: this clock would be gone before the call, which only refers to it; give it a name that outlives the
#include <ductile/drivers/asio.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

int main() {
  [[maybe_unused]] ductile::ScaledClock clock{60};
  boost::asio::io_context context;
  ductile::Pipeline pipeline{};
  const auto operation = []() -> boost::asio::awaitable<int> { co_return 1; };
  // [shown]
#ifdef MISUSE
  pipeline.async_run(operation, context, ductile::ScaledClock{60}, boost::asio::detached);  // the mistake: it ends with this line
#else
  pipeline.async_run(operation, context, clock, boost::asio::detached);
#endif
  // [/shown]
}
