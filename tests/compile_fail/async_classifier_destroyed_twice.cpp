// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0134: g++ 12 destroys twice what is made in a co_await expression; give the operation, the classifier or the request a
// name
#include <ductile/drivers/asio.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <string>

ductile::Pipeline<> pipeline{};

boost::asio::awaitable<int> ask() { co_return 200; }

boost::asio::awaitable<int> send(std::string good) {
#ifdef MISUSE
  const ductile::Result<int> result = co_await pipeline.async_run(  // the mistake: the classifier has no name
      &ask, [good](int status) { return ductile::Verdict{std::to_string(status) == good ? ductile::Kind::ok : ductile::Kind::other}; },
      boost::asio::use_awaitable);
#else
  const auto classifier = [good](int status) {
    return ductile::Verdict{std::to_string(status) == good ? ductile::Kind::ok : ductile::Kind::other};
  };
  const ductile::Result<int> result = co_await pipeline.async_run(&ask, classifier, boost::asio::use_awaitable);
#endif
  co_return result.value();
}

int main() {}
