// SPDX-License-Identifier: BSL-1.0
//
// A 429 means many things. What many programs carry for it is a loop of this kind:
//
//     for attempt in range(5):
//         try: return client.generate(prompt)
//         except Exception as error:
//             if "429" not in str(error): raise
//             sleep(2 ** attempt + random())
//
// What is wrong with it:
// - It looks for digits in a text. A model that is called "gemini-429-image" and does not exist is asked for five times.
// - A spent day and a limit of zero are 429 too. No wait of seconds opens them, whatever hint they carry, and each try may cost a call.
// - The answer says how long to wait. Who comes back before that is refused again.
// - A 503 or a broken connection leaves the loop, though these are what a second try cures best.
//
// Here the verdict decides: it is made from the reasons that the answer names, not from its words.
#include <ductile/ductile.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>
#include <ductile/transports/httplib.hpp>

#include <chrono>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

int main() {
  // The service in this process, where a minute lasts half a second. The prompts decide what goes wrong.
  constexpr double scale = 120;
  ductile::mock::Server service{{.time_scale = scale}};
  service.engine().play({.episodes = {{.answer = "ipm", .prompt = "minute", .calls = 1}, {.answer = "rpd-paid", .prompt = "day"}}},
                        service.clock().now());

  ductile::HttplibTransport transport;
  ductile::gemini::ClientOptions options;
  options.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};
  options.base_url = service.url();
  options.pace = scale;
  const ductile::gemini::Client client{transport, options};
  ductile::ScaledClock clock{scale, service.clock().now()};

  // [usage]
  // One pipeline for one model: its ledger is that model's. (A FallbackChain keeps one for each target.)
  ductile::Pipeline pipeline{ductile::Deadline{10min}, ductile::Retry{}, ductile::QuotaTracker{}, ductile::AttemptTimeout{2min}};

  const auto draw = [&](const std::string& prompt, const std::string& model) {
    return pipeline.run([&] { return client.generate({.prompt = prompt}, model); }, clock);
  };
  // [/usage]

  // A full minute: waits for as long as the answer says, then has its image.
  const ductile::Time began = clock.now()();
  const auto minute = draw("a full minute", "gemini-3-pro-image");
  const ductile::Duration waited = clock.now()() - began;
  if (!minute) std::cerr << ductile::describe(minute.error(), clock.now()()) << '\n';
  std::cout << "a full minute: " << waited / 1s << " s for " << ductile::trips(minute) << " attempts\n";

  // A model that does not exist, with the digits in its name: one call.
  const auto absent = draw("a boat", "gemini-429-image");
  // A spent day, whose answer asks for a wait of seconds: not believed. The next call is refused here, without a request.
  const auto day = draw("a spent day", "gemini-3-pro-image");
  const auto same_day = draw("the same day", "gemini-3-pro-image");
  if (absent || day || same_day) return 1;
  for (const auto* result : {&absent, &day, &same_day}) std::cout << ductile::describe(result->error(), clock.now()()) << '\n';

  const auto requests = service.engine().journal().total();
  const bool right = minute && ductile::trips(minute) == 2 && waited >= 31s &&                                //
                     day.error().remedy() == ductile::Remedy::next_day && day.error().attempts() == 1 &&      //
                     same_day.error().says() == ductile::Says::policy && same_day.error().attempts() == 0 &&  //
                     absent.error().kind() == ductile::Kind::not_found && absent.error().attempts() == 1 &&   //
                     requests == 4 && service.engine().verdict().clean();
  return right ? 0 : 1;
}
