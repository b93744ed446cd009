// SPDX-License-Identifier: BSL-1.0
//
// The parts of an answer as they arrive, from the mock in this program.
#include <ductile/gemini/resilient.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/transports/httplib.hpp>

#include <iostream>

int main() {
  ductile::mock::Server service;
  ductile::HttplibTransport transport;
  ductile::gemini::ClientOptions options;
  options.api_key = ductile::gemini::ApiKey{"scenario-ok-text-image"};
  options.base_url = service.url();

  // [stream]
  auto client = ductile::gemini::resilient(transport, options);
  const auto end = client.stream({.prompt = "a red balloon"}, [](ductile::gemini::StreamPart&& part) {
    if (part.image())
      std::cout << "\n" << part.width << " x " << part.height << " pixels\n";
    else
      std::cout << part.text << std::flush;
  });
  if (!end) std::cerr << describe(end.error()) << "\n";
  // [/stream]
  return end && end.value().parts == 3 ? 0 : 1;
}
