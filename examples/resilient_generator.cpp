// SPDX-License-Identifier: BSL-1.0
//
// A batch of images through two minutes in which no model has capacity. What many programs carry for it is a class with a breaker for
// everything, in short:
//
//     class ResilientImageGenerator:
//         def generate(self, prompt):
//             if self.open_until > now(): raise CircuitOpen
//             for model in self.models:
//                 try: result = self.with_five_tries(prompt, model); self.failures = 0; return result
//                 except Exception: continue
//             self.failures += 1
//             if self.failures >= 3: self.open_until = now() + 300
//             raise AllModelsFailed
//
// What is wrong with it:
// - An open breaker is an error for the caller. A queue of jobs runs into it and is lost within a second: each fails at once, for five
//   minutes, though nobody was in a hurry.
// - One breaker for all models: the healthy one is closed off with the ill one.
// - Five minutes are longer than most overloads last, and nobody asks in between.
// - Every failure counts. Three prompts that the service withholds stop everybody else's.
//
// Here each target has a breaker of its own, which counts only what says that the service is ill and asks again by single probes; and a
// call outwaits it, until its deadline.
#include <ductile/ductile.hpp>
#include <ductile/gemini/resilient.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>
#include <ductile/transports/httplib.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

namespace {

constexpr int jobs = 8;
constexpr double scale = 200;

struct Batch {
  int delivered = 0;
  ductile::Duration took{};
  unsigned long long calls = 0;
};

Batch draw_batch(const char* name, const ductile::gemini::ResilientOptions& how) {
  ductile::mock::Server service{{.time_scale = scale}};
  service.engine().play({.episodes = {{.answer = "high-demand", .until = 2min, .latency = 2s}}}, service.clock().now());
  ductile::ScaledClock clock{scale, service.clock().now()};
  const ductile::Time began = clock.now()();

  // [usage]
  ductile::HttplibTransport transport;
  ductile::gemini::ClientOptions options;
  options.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};
  options.base_url = service.url();  // leave it out for the service itself
  options.pace = scale;              // and this
  auto client = ductile::gemini::resilient(transport, options, how);

  Batch batch;
  for (int job = 1; job <= jobs; ++job) {
    const auto image = client.generate({.prompt = "a lighthouse, number " + std::to_string(job)}, {}, ductile::NoStop{}, clock);
    if (image) ++batch.delivered;
  }
  // [/usage]

  batch.took = clock.now()() - began;
  batch.calls = service.engine().journal().total();
  std::cout << name << ": " << batch.delivered << " of " << jobs << " images in " << batch.took / 1s << " s with " << batch.calls
            << " calls\n";
  return batch;
}

}  // namespace

int main() {
  // The sample's numbers, and its way with an open breaker: an error.
  ductile::gemini::ResilientOptions as_in_the_sample = ductile::gemini::seed_defaults();
  as_in_the_sample.fallback.on_all_open = ductile::OnAllOpen::fail;

  const Batch sample = draw_batch("the sample", as_in_the_sample);
  const Batch waiting = draw_batch("its numbers, waiting", ductile::gemini::seed_defaults());
  const Batch ours = draw_batch("the defaults", {});

  const bool right = sample.delivered == 0 && waiting.delivered == jobs && waiting.took >= 5min &&  //
                     ours.delivered == jobs && ours.took < waiting.took;
  return right ? 0 : 1;
}
