// SPDX-License-Identifier: BSL-1.0
#include "commands.hpp"

#include <ductile/mock/engine.hpp>           // Engine
#include <ductile/mock/provenance.hpp>       // provenance_of, way_to_ask
#include <ductile/mock/rows.hpp>             // all_answers, status_of_row
#include <ductile/mock/scenario_json.hpp>    // parse_time
#include <ductile/mock/scenario_schema.hpp>  // scenario_schema_text
#include <ductile/mock/server.hpp>           // Server, SidePortNumbers
#include <ductile/mock/verdict/verdict_json.hpp>
#include <ductile/tools/problem.hpp>    // misuse
#include <ductile/tools/stop_flag.hpp>  // StopFlag
#include <ductile/tools/verdict_text.hpp>

#include <fmt/format.h>
#include <boost/json.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace ductile::tools {

namespace {

// Every answer that the mock can give, a line each.
void list_answers(bool as_json) {
  for (const std::string_view id : mock::all_answers()) {
    const std::optional<int> status = mock::status_of_row(id);
    const std::string_view words = name(mock::provenance_of(id));
    if (as_json)
      fmt::print(
          "{}\n",
          boost::json::serialize(boost::json::object{
              {"id", id}, {"status", status ? boost::json::value(*status) : nullptr}, {"words", words}, {"ask", mock::way_to_ask(id)}}));
    else
      fmt::print("{:<32} {:<4} {:<11} {}\n", id, status ? std::to_string(*status) : "-", words, mock::way_to_ask(id));
  }
}

void write_certificate(const mock::Server& server, const std::string& path) {
  std::ofstream file{path};
  file << server.certificate();
  if (!file.flush()) throw misuse("--certificate: the file " + path + " cannot be written");
}

void tell_ports(const mock::Server& server, std::uint64_t seed, const MockFlags& flags) {
  const mock::SidePortNumbers ports = server.side_ports();
  struct Told {
    const char* name;
    const char* words;
    int port;
  };
  const std::array<Told, 4> all{{{"tls", "the same under TLS", ports.tls},
                                 {"goaway", "HTTP/2 that goes away", ports.goaway},
                                 {"proxy", "a proxy that wants a login", ports.proxy},
                                 {"full", "no connection opens", ports.full}}};
  if (flags.json) {
    boost::json::object first{{"listening", server.url()}, {"seed", seed}};
    for (const Told& told : all)
      if (told.port > 0) first[told.name] = told.port;
    fmt::print("{}\n", boost::json::serialize(first));
  } else {
    fmt::print("listening on {}\n", server.url());
    for (const Told& told : all)
      if (told.port > 0) fmt::print("port {}: {}\n", told.port, told.words);
  }
  std::fflush(stdout);
}

// glibc gives many threads heaps of their own, and the mock has a thread for each connection: in pieces that no other thread uses, the
// memory of a million requests would be a fifth more than that of a hundred thousand. They take turns at the engine anyway.
void share_one_heap() {
#ifdef __GLIBC__
  ::mallopt(M_ARENA_MAX, 1);
#endif
}

}  // namespace

Ending mock_service(const MockFlags& flags) {
  if (flags.list) {
    list_answers(flags.json);
    return Ending::ok;
  }
  if (flags.schema) {
    fmt::print("{}", mock::scenario_schema_text());
    return Ending::ok;
  }
  if (!flags.certificate.empty() && !flags.tls_port && !flags.goaway_port)
    throw misuse("--certificate: there is none without --tls-port or --goaway-port");
  mock::ServerOptions options{
      .host = flags.host, .port = flags.port, .scenario = flags.scenario, .seed = flags.seed, .time_scale = flags.time_scale};
  options.strict_keys = flags.strict_keys;
  options.tls_port = flags.tls_port;
  options.goaway_port = flags.goaway_port;
  options.proxy_port = flags.proxy_port;
  options.full_port = flags.full_port;
  options.count_failures = flags.count_failures;
  options.lying_retry_info = flags.lying_retry_info;
  options.shared_capacity = flags.shared_capacity;
  if (!flags.tier.empty()) options.tier = flags.tier;
  if (!flags.at.empty()) {
    options.at = mock::parse_time(flags.at);
    if (!options.at) throw misuse("--at must look like 2026-11-24T10:00:00Z or 2026-11-24, from 1970 to 2199; it is '" + flags.at + "'");
  }

  StopFlag::listen();
  share_one_heap();
  mock::Server server{options};
  if (!flags.certificate.empty()) write_certificate(server, flags.certificate);
  tell_ports(server, server.engine().seed(), flags);
  while (!StopFlag::stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds{50});
  server.stop();
  if (!flags.fail_on_findings) return Ending::ok;
  const mock::ClientVerdict verdict = server.engine().verdict();
  fmt::print("{}", flags.json ? boost::json::serialize(mock::verdict_json(verdict)) + '\n' : verdict_text(verdict));
  return verdict.clean() ? Ending::ok : Ending::failed;
}

}  // namespace ductile::tools
