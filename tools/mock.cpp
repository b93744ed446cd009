// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"

#include <ductile/mock/scenario_json.hpp>  // parse_time
#include <ductile/mock/server.hpp>         // Server
#include <ductile/tools/problem.hpp>       // misuse
#include <ductile/tools/stop_flag.hpp>     // StopFlag

#include <fmt/format.h>
#include <boost/json.hpp>

#include <chrono>
#include <cstdio>
#include <thread>

namespace ductile::tools {

Ending mock_service(const MockFlags& flags) {
  mock::ServerOptions options{
      .host = flags.host, .port = flags.port, .scenario = flags.scenario, .seed = flags.seed, .time_scale = flags.time_scale};
  if (!flags.tier.empty()) options.tier = flags.tier;
  if (!flags.at.empty()) {
    options.at = mock::parse_time(flags.at);
    if (!options.at) throw misuse("--at must look like 2026-11-24T10:00:00Z or 2026-11-24, from 1970 to 2199; it is '" + flags.at + "'");
  }

  StopFlag::listen();
  mock::Server server{options};
  if (flags.json)
    fmt::print("{}\n", boost::json::serialize(boost::json::object{{"listening", server.url()}, {"seed", flags.seed}}));
  else
    fmt::print("listening on {}\n", server.url());
  std::fflush(stdout);
  while (!StopFlag::stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds{50});
  server.stop();
  return Ending::ok;
}

}  // namespace ductile::tools
