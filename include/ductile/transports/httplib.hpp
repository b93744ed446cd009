// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>  // HttpRequest, TransportLimits, TransportResult
#include <ductile/core/verdict.hpp>    // Duration

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace ductile::inline DUCTILE_VERSION {

struct HttplibOptions {
  std::string ca_file{};               ///< Certificates to trust, PEM; empty: the system's.
  std::size_t idle_connections = 8;    ///< Kept open for each host, 0 to 1000; 0: a connection for each exchange.
  std::string user_agent = "ductile";  ///< Sent when the request names none. Without a line end.
  /// How long a connection is kept, more than zero: the next exchange, with whatever host, closes it.
  Duration idle_for = std::chrono::seconds{30};
};

/// Carries requests by cpp-httplib, blocking. Connections are verified (https), kept open and reused, sent without delay; redirects are not
/// followed; a body larger than the limit ends the exchange. So does a head of more than 1 MiB, and an answer that takes more than twice
/// the body's limit on the way: cpp-httplib keeps what a hostile server sends as head lines and chunk lines, and what it keeps is looked at
/// every 100 ms. (On Linux; elsewhere the total limit alone ends these.)
///
/// Errors   Each fault of the network as a `TransportError`; a wrong URL, a method or a header that could end its line as `other`.
///          `sent` is `no` until the whole request was handed to the connection. Resolving a name has no limit but the system's
///          (resolv.conf: `timeout` and `attempts`), and is not counted among the time of the connection: a total limit ends it only
///          afterwards. For `first_byte` it takes `idle`.
///          What the receiver of the body throws leaves `send`. `ConfigError` for an option out of its range.
/// Threads  Any number at once; each exchange has a connection to itself. Must outlive its exchanges.
/// Cost     A lock for each exchange; one thread for the whole transport.
class HttplibTransport {
 public:
  explicit HttplibTransport(HttplibOptions options = {});
  HttplibTransport(const HttplibTransport&) = delete;
  HttplibTransport& operator=(const HttplibTransport&) = delete;
  ~HttplibTransport();

  [[nodiscard]] TransportResult send(const HttpRequest& request, const TransportLimits& limits);

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace ductile::inline DUCTILE_VERSION
