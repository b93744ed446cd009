// SPDX-License-Identifier: BSL-1.0
// expect: ductile E0141: async_send knows no executor: its completion token has none; bind one to it
#include <ductile/transports/beast.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

void ask(ductile::BeastTransport& transport, const ductile::HttpRequest& request) {
  const auto end = [](const ductile::TransportResult&) {};
#ifdef MISUSE
  transport.async_send(request, {}, end);  // the mistake: where should it run?
#else
  boost::asio::io_context context;
  transport.async_send(request, {}, boost::asio::bind_executor(context, end));
#endif
}

int main() {}
