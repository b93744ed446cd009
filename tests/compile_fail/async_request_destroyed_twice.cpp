// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0134: g++ 12 destroys twice what is made in a co_await expression; give the operation, the classifier or the request a
// name
#include <ductile/gemini/async.hpp>

#include <boost/asio/use_awaitable.hpp>

struct Transport {
  template <class Token>
  auto async_send(ductile::HttpRequest, const ductile::TransportLimits&, Token&& token) {
    return boost::asio::async_initiate<Token, void(ductile::TransportResult)>([](auto&&) {}, token);
  }
};

Transport transport;
auto client = ductile::gemini::resilient(transport, {});

boost::asio::awaitable<bool> paint() {
#ifdef MISUSE
  const auto image = co_await client.async_generate({.prompt = "a cat"}, boost::asio::use_awaitable);  // the mistake: no name
#else
  const ductile::gemini::ImageRequest request{.prompt = "a cat"};
  const auto image = co_await client.async_generate(request, boost::asio::use_awaitable);
#endif
  co_return image.has_value();
}

int main() {}
