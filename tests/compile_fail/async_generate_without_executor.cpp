// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0133: the call knows no executor: its completion token has none; bind one to it
#include <ductile/gemini/async.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

struct Transport {
  template <class Token>
  auto async_send(ductile::HttpRequest, const ductile::TransportLimits&, Token&& token) {
    return boost::asio::async_initiate<Token, void(ductile::TransportResult)>([](auto&&) {}, token);
  }
};

int main() {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::cancellation_signal stop;
  Transport transport;
  auto client = ductile::gemini::resilient(transport, {});
#ifdef MISUSE
  auto token = asio::bind_cancellation_slot(stop.slot(), asio::use_future);  // the mistake: a future's executor is the system's
#else
  auto token = asio::bind_cancellation_slot(stop.slot(), asio::bind_executor(context, asio::use_future));
#endif
  auto image = client.async_generate({.prompt = "a cat"}, token);
  (void)image;
}
