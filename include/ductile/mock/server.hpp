// SPDX-License-Identifier: BSL-1.0
#pragma once

// What a test includes. The server itself, and with it cpp-httplib and the whole model of the service, is server_source.hpp: it belongs to
// a program exactly once, and the CMake target ductile::mock sees to that.
#include <ductile/core/now.hpp>  // WallTime

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace ductile::inline DUCTILE_VERSION::mock {

class Engine;
class ServiceClock;

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 0;                         ///< 0: any that is free.
  std::string scenario = "calm";        ///< One of `scenario_names()`, or the path of a scenario file.
  std::optional<std::string> tier{};    ///< Quotas of this tier instead of the scenario's.
  std::optional<std::uint64_t> seed{};  ///< Which day it is; none: the scenario file's, else 1.
  double time_scale = 1;                ///< The service's time runs so many times as fast: 0.001 to 100000.
  std::optional<WallTime> at{};         ///< The service's time at the start, instead of the scenario's.

  /// Keys that share a project. A key that is not named is a project of its own.
  std::map<std::string, std::string, std::less<>> projects{};

  // Ports for failures that are no answer of the service's own; none: there is no such port, 0: any that is free.
  std::optional<int> tls_port{};     ///< The service under TLS, by a certificate that nobody has signed.
  std::optional<int> goaway_port{};  ///< HTTP/2 under TLS that goes away.
  std::optional<int> proxy_port{};   ///< A proxy that wants a login.
  std::optional<int> full_port{};    ///< A port on which no connection opens.

  // Switches of the service's counting, instead of the scenario's; what they mean is in switches.hpp.
  std::optional<bool> count_failures{};
  std::optional<bool> lying_retry_info{};
  std::optional<double> shared_capacity{};  ///< Calls a minute that each image model can serve, for all projects together: 0 to 1000000.

  /// Only keys of the service's own forms, and those that share a project, are keys. Else a word of a test's own is one, too.
  bool strict_keys = false;
};

/// Where the ports beside the service's own are; 0: there is none.
struct SidePortNumbers {
  int tls = 0;
  int goaway = 0;
  int proxy = 0;
  int full = 0;
};

/// The service in a box: listens from construction on, on threads of its own, until it is stopped or destroyed.
///
///     ductile::mock::Server service{{.scenario = "bad-day", .seed = 7, .time_scale = 60}};
///     my_client.base_url = service.url();   // "http://127.0.0.1:43121"
///
/// Errors   `ConfigError` for an option out of range or an unknown scenario or tier, `std::runtime_error` when the port cannot be had.
/// Threads  Any number may ask it and stop it. Stopping takes milliseconds, whatever is being answered.
/// Cost     A thread for each connection.
class Server {
 public:
  explicit Server(const ServerOptions& options = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  [[nodiscard]] int port() const noexcept;

  /// The base URL, without a slash at its end.
  [[nodiscard]] std::string url() const;

  [[nodiscard]] SidePortNumbers side_ports() const noexcept;

  /// The certificate of the ports under TLS, PEM, for a client that shall trust it; empty without such a port.
  [[nodiscard]] std::string certificate() const;

  /// What answers; its members are in engine.hpp.
  [[nodiscard]] Engine& engine() noexcept;

  /// The service's time; its members are in service_clock.hpp.
  [[nodiscard]] ServiceClock& clock() noexcept;

  /// Ends every answer that is under way, closes the port. Again does nothing.
  void stop();

  /// Returns when the server has been stopped, by another thread.
  void wait();

 private:
  class Listening;

  std::unique_ptr<Listening> listening_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
