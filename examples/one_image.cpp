// SPDX-License-Identifier: BSL-1.0
//
// One image from Gemini, with all that the defaults do about its failures. The key and, here, the mock's URL come from the environment.
#include <ductile/mock/server.hpp>

// [usage]
#include <ductile/gemini/resilient.hpp>
#include <ductile/transports/httplib.hpp>
#include <fstream>
#include <iostream>

bool draw(const char* prompt, const char* file) {
  ductile::HttplibTransport transport;
  auto client = ductile::gemini::resilient(transport, ductile::gemini::client_options_from_environment());

  const auto image = client.generate({.prompt = prompt, .aspect_ratio = "16:9"});
  if (!image) std::cerr << image.error() << '\n';
  return image && std::ofstream{file, std::ios::binary} << image.value().bytes;
}
// [/usage]

#include <cstdlib>
#include <filesystem>

int main() {
  ductile::mock::Server service;
  setenv("GEMINI_API_KEY", "a-key-for-the-mock", 1);
  setenv("GOOGLE_GEMINI_BASE_URL", service.url().c_str(), 1);

  const char* const file = "one_image.png";
  const bool drawn = draw("a lighthouse in a storm", file) && std::filesystem::file_size(file) > 1000;
  std::filesystem::remove(file);
  return drawn ? 0 : 1;
}
