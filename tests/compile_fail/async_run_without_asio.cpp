// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0131: async_run needs Boost.Asio; include <ductile/drivers/asio.hpp>
#ifdef MISUSE
#include <ductile/core/pipeline.hpp>  // the mistake: the core alone
#else
#include <ductile/drivers/asio.hpp>
#endif
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

int main() {
  boost::asio::io_context context;
  ductile::Pipeline pipeline{};
  const auto operation = [&context](auto token) { return boost::asio::post(context, std::move(token)); };
  pipeline.async_run(operation, context, boost::asio::detached);
}
