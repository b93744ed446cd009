// SPDX-License-Identifier: BSL-1.0
//
// A transport of your own: one function that carries a request and says what came of it. This one (engine_transport.hpp) carries it to the
// mock's engine, without a socket and in virtual time: two dozen images of a bad day are made in a moment.
#include "engine_transport.hpp"

#include <ductile/ductile.hpp>
#include <ductile/gemini/resilient.hpp>
#include <ductile/mock/engine.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

int main() {
  const auto day = ductile::mock::find_scenario("bad-day", 1).value();
  ductile::mock::Engine engine{{.scenario = day, .seed = 1, .start = day.starts_at.value()}};
  ductile::VirtualClock clock{day.starts_at.value()};

  // [usage]
  EngineTransport transport{engine, clock};
  ductile::gemini::ClientOptions options;
  options.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};
  auto client = ductile::gemini::resilient(transport, options);
  // [/usage]

  int delivered = 0;
  int makeable = 0;
  for (int job = 1; job <= 24; ++job) {
    const std::string prompt = "a lighthouse, number " + std::to_string(job);
    const auto image = client.generate({.prompt = prompt}, {}, ductile::NoStop{}, clock);
    if (image) ++delivered;
    if (engine.makeable(prompt)) ++makeable;
    if (!image) std::cout << prompt << ": " << ductile::describe(image.error(), clock.now()()) << '\n';
  }
  std::cout << delivered << " of " << makeable << " images in " << clock.now()().time_since_epoch() / 1min << " minutes with "
            << engine.journal().total() << " calls\n";
  return makeable >= 20 && delivered == makeable ? 0 : 1;
}
