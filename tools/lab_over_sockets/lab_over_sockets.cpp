// SPDX-License-Identifier: BSL-1.0
//
// A scenario of the lab over sockets: the real mock behind a port, `gemini::resilient` over cpp-httplib, a thread a job, the service's time
// so many times as fast. scripts/check-lab-sockets holds it against the simulator.
//
//     lab_over_sockets scenarios.json W1 SEED TIME_SCALE
//
// The jobs of a seed come at the same moments as in the simulator and the bursts are the same; what becomes of a job is drawn by its
// prompt, so that the two agree as two days do that differ in the jobs' luck alone.
#include <ductile/core/clock.hpp>
#include <ductile/core/kind.hpp>
#include <ductile/gemini/declare_art_style.hpp>
#include <ductile/gemini/resilient.hpp>
#include <ductile/mock/engine.hpp>
#include <ductile/mock/server.hpp>
#include <ductile/mock/service_clock.hpp>
#include <ductile/tools/lab/bound.hpp>
#include <ductile/tools/lab/day_json.hpp>
#include <ductile/tools/lab/ductile_setup.hpp>
#include <ductile/tools/lab/world.hpp>
#include <ductile/tools/whole_file.hpp>
#include <ductile/transports/httplib.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace lab = ductile::tools::lab;
using ductile::Time;

std::string prompt_of(const lab::Job& job, std::uint64_t seed) {
  return "job " + std::to_string(job.number) + " of day " + std::to_string(seed);
}

// Whether a call that ended so was refused for what it asked, in whatever words: for the mock other words are another prompt, with a luck
// of its own in this, too.
bool is_refused_for_itself(ductile::Kind kind) {
  return kind == ductile::Kind::bad_request || kind == ductile::Kind::permission || kind == ductile::Kind::not_found ||
         kind == ductile::Kind::prohibited;
}

// Whether the client could ever get this image, in one of its wordings.
bool makeable(ductile::mock::Server& service, const std::string& prompt) {
  for (unsigned revision = 0; revision <= ductile::gemini::art_styles; ++revision)
    if (service.engine().makeable(ductile::gemini::declare_art_style(prompt, revision).prompt)) return true;
  return false;
}

int play(const char* file, const std::string& name, std::uint64_t seed, double time_scale) {
  const auto text = ductile::tools::read_file(file);
  if (!text) return std::fprintf(stderr, "%s cannot be read\n", file), 64;
  const lab::Day day = lab::read_day(*text);
  const lab::Scenario& scenario = day.scenarios.at(name);
  lab::World world{day, scenario, seed};  // for its jobs and its bound

  ductile::mock::Server service{{.seed = seed, .time_scale = time_scale, .at = day.midnight + scenario.from}};
  service.engine().play(lab::service_scenario(day, scenario), service.clock().now());
  ductile::ScaledClock clock{time_scale, service.clock().now()};
  const Time begin = clock.now()();
  const auto moment = [&](Time since_midnight) { return begin + (since_midnight.time_since_epoch() - scenario.from); };

  ductile::HttplibTransport transport;
  ductile::gemini::ClientOptions who;
  who.api_key = ductile::gemini::ApiKey{"a-key-for-the-mock"};
  who.base_url = service.url();
  who.pace = time_scale;
  auto client = ductile::gemini::resilient(transport, who, lab::default_setup().options);

  std::vector<ductile::Kind> ends(world.jobs().size(), ductile::Kind::ok);  // each thread has a place of its own
  std::atomic<std::size_t> delivered{0};
  std::atomic<std::size_t> by_primary{0};
  std::vector<std::thread> threads;
  for (const lab::Job& job : world.jobs()) {
    clock.sleep_until(moment(job.arrives), ductile::NoStop{});
    threads.emplace_back([&, wanted = &job] {
      const auto left = moment(wanted->deadline) - clock.now()();
      const auto image = client.generate(lab::request_of(*wanted, prompt_of(*wanted, seed)), {.deadline = left}, ductile::NoStop{}, clock);
      if (!image) ends[wanted->number] = image.error().kind();
      if (!image || clock.now()() > moment(wanted->deadline)) return;
      ++delivered;
      if (served_by(image) == 0) ++by_primary;
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::size_t possible = 0;
  for (const lab::Job& job : world.jobs()) possible += !is_refused_for_itself(ends[job.number]) && makeable(service, prompt_of(job, seed));
  const ductile::mock::Journal journal = service.engine().journal(1);
  const auto found = journal.by_status().find(429);
  const std::uint64_t refused = found != journal.by_status().end() ? found->second : 0;
  std::printf(
      "{\"scenario\": \"%s\", \"seed\": %llu, \"jobs\": %zu, \"makeable\": %zu, \"delivered\": %zu, \"calls\": %llu, \"refused\": %llu, "
      "\"by_primary\": %zu}\n",
      name.c_str(), static_cast<unsigned long long>(seed), world.jobs().size(), possible, delivered.load(),
      static_cast<unsigned long long>(journal.total()), static_cast<unsigned long long>(refused), by_primary.load());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    std::fprintf(stderr, "usage: %s scenarios.json SCENARIO SEED TIME_SCALE\n", arguments[0]);
    return 64;
  }
  try {
    return play(arguments[1], arguments[2], std::strtoull(arguments[3], nullptr, 10), std::strtod(arguments[4], nullptr));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
