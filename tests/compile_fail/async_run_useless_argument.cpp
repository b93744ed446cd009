// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0137: an argument of async_run is no CallOptions, no executor or context and no clock, and as a classifier it claims
// neither what the operation completes with nor exceptions; leave it out, or make it one of these
#include <ductile/drivers/asio.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>

int main() {
  using namespace std::chrono_literals;
  boost::asio::io_context context;
  ductile::Pipeline pipeline{};
  const auto operation = []() -> boost::asio::awaitable<int> { co_return 1; };
#ifdef MISUSE
  pipeline.async_run(operation, context, 30s, boost::asio::detached);  // the mistake: a deadline is an option
#else
  pipeline.async_run(operation, context, ductile::CallOptions{.deadline = 30s}, boost::asio::detached);
#endif
}
