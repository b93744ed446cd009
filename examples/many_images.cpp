// SPDX-License-Identifier: BSL-1.0
//
// Thirty images at once in one thread, through the same client as a blocking program's.
#include <ductile/mock/server.hpp>

#include <ductile/gemini/async.hpp>
#include <ductile/transports/beast.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>
#include <string>

namespace asio = boost::asio;

int draw_all(const ductile::gemini::ClientOptions& options, int images) {
  // [usage]
  ductile::BeastTransport transport;
  auto client = ductile::gemini::resilient(transport, options);
  asio::io_context context;  // after the client: it goes first

  int made = 0;
  for (int i = 0; i < images; ++i)
    client.async_generate({.prompt = "balloon " + std::to_string(i)},
                          asio::bind_executor(context, [&made](ductile::Result<ductile::gemini::ImageReply> image) {
                            if (!image) std::cerr << image.error() << '\n';
                            made += image ? 1 : 0;
                          }));
  context.run();
  // [/usage]
  return made;
}

int main() {
  ductile::mock::Server service;
  ductile::gemini::ClientOptions options;
  options.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};
  options.base_url = service.url();
  return draw_all(options, 30) == 30 ? 0 : 1;
}
