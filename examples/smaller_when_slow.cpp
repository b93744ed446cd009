// SPDX-License-Identifier: BSL-1.0
//
// A picture in 4K that the service does not finish in time. What many programs do about it:
//
//     except DeadlineExceeded: return generate(prompt, size="4K")  # three minutes more, and again, and each may be billed
//     except DeadlineExceeded: return generate(prompt, size="1K")  # and nobody learns of it
//
// Here the first model stands in the chain once more, without the size that it cannot finish; and the reply says that the picture is
// smaller. In virtual time, against the mock.
#include <ductile/core/clock.hpp>
#include <ductile/gemini/resilient.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/engine_transport.hpp>

#include <iostream>

int main() {
  ductile::VirtualClock clock;
  ductile::mock::Engine service{{}};
  service.play({.episodes = {{.answer = "deadline-504", .size = "4K"}}}, clock.now().wall());
  ductile::mock::EngineTransport transport{service, clock};
  ductile::gemini::ClientOptions client_options;
  client_options.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};

  // [usage]
  ductile::gemini::ResilientOptions options;
  options.fallback.targets = {
      {.name = "pro", .model = "gemini-3-pro-image", .quota_group = "pro"},
      {.name = "pro-2k", .model = "gemini-3-pro-image", .sizes = {"1K", "2K"}, .quota_group = "pro"},  // the same model, the same quota
  };
  options.downsize = true;
  auto client = ductile::gemini::resilient(transport, client_options, options);
  const ductile::gemini::ImageRequest poster{.prompt = "a lighthouse", .image_size = ductile::gemini::ImageSize::four_k};
  const auto image = client.generate(poster, {}, ductile::NoStop{}, clock);
  if (image && image.value().downsized_to)
    std::cout << "only in " << ductile::gemini::name(*image.value().downsized_to) << ": " << ductile::name(ductile::why_not_first(image))
              << '\n';
  // [/usage]

  const bool smaller = image && image.value().downsized_to == ductile::gemini::ImageSize::two_k;
  return smaller && ductile::served_by(image) == 1 ? 0 : 1;
}
