// SPDX-License-Identifier: BSL-1.0
//
// A model without capacity, and another one beside it. What many programs carry for it:
//
//     for model in ["pro", "flash"]:
//         try: return client.generate(prompt, model)
//         except Exception as error:
//             if "503" in str(error): continue
//             raise
//
// What is wrong with it:
// - It leaves the better model at the first 503, without a second try, though overload often passes within seconds.
// - Each call begins at the overloaded model again and waits for the same refusal: nothing is remembered.
// - When both fail it fails, although a wait would have made the image. It never comes back to the first model.
// - A prompt that one model withholds for its content must not be carried to another, and an empty account is empty for all models.
//   The sample gets this right only because it tells nothing but 503 apart; so a retired model, which another could replace, ends it.
//
// Here the chain's table decides after each failure, in one place: again here, the next target, or stop.
#include <ductile/ductile.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>
#include <ductile/transports/httplib.hpp>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

int main() {
  constexpr double scale = 200;
  ductile::mock::Server service{{.time_scale = scale}};
  // "brief": one 503. "no pro": the better model has no capacity for any of these. "both": neither has, for seven calls.
  service.engine().play({.episodes = {{.answer = "high-demand", .prompt = "brief", .calls = 1, .latency = 1s},
                                      {.answer = "high-demand", .model = "gemini-3-pro-image", .prompt = "no pro", .latency = 1s},
                                      {.answer = "high-demand", .prompt = "both", .calls = 7, .latency = 1s},
                                      {.answer = "image-safety", .prompt = "withheld"}}},
                        service.clock().now());

  ductile::HttplibTransport transport;
  ductile::gemini::ClientOptions options;
  options.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};
  options.base_url = service.url();
  options.pace = scale;
  const ductile::gemini::Client client{transport, options};
  ductile::ScaledClock clock{scale, service.clock().now()};

  // [usage]
  const std::vector<ductile::Target> targets{{.name = "pro", .model = "gemini-3-pro-image"},
                                             {.name = "banana", .model = "gemini-nano-banana-2.1"}};
  ductile::Pipeline pipeline{
      ductile::Deadline{10min}, ductile::FallbackChain{ductile::FallbackOptions{.targets = targets}},
      ductile::Retry{ductile::RetryOptions{.backoff = ductile::Exponential{.base = 3s, .floor = 1s}}},  // anew for each target
      ductile::AttemptTimeout{2min}};

  const auto draw = [&](const std::string& prompt) {
    return pipeline.run([&](const ductile::Attempt& attempt) { return client.generate({.prompt = prompt}, targets[attempt.target].model); },
                        clock);
  };
  // [/usage]

  bool right = true;
  const auto expect = [&](const char* prompt, unsigned target, unsigned attempts) {
    const auto image = draw(prompt);
    if (!image) std::cerr << ductile::describe(image.error(), clock.now()()) << '\n';
    const bool as_expected = image && ductile::served_by(image) == target && ductile::trips(image) == attempts;
    if (image) std::cout << prompt << ": by " << targets[ductile::served_by(image)].name << ", attempt " << ductile::trips(image) << '\n';
    right = right && as_expected;
  };
  expect("a brief overload", 0, 2);     // the same model, a moment later
  expect("no pro today", 1, 3);         // two tries, then the other one
  expect("both are overloaded", 0, 8);  // two tries here, five there, where no other is left; a wait, and back to the first

  const auto withheld = draw("a withheld picture");  // asked once, of one model
  right = right && !withheld && withheld.error().kind() == ductile::Kind::safety_output && withheld.error().attempts() == 1;
  if (!withheld) std::cout << ductile::describe(withheld.error(), clock.now()()) << '\n';
  return right && service.engine().verdict().clean() ? 0 : 1;
}
