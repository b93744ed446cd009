// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/fault_stream.hpp>  // FaultStream; first: it says where cpp-httplib's flags come from

#include <ductile/mock/detail/thread_per_connection.hpp>
#include <ductile/mock/rows/row.hpp>       // ByteFault
#include <ductile/mock/service_clock.hpp>  // ServiceClock

#include <httplib.h>

#include <sys/socket.h>

#include <chrono>
#include <cstddef>

namespace ductile::inline DUCTILE_VERSION::mock {

/// cpp-httplib's server with our stream under each connection.
class FaultServer final : public httplib::Server {
 public:
  explicit FaultServer(const ServiceClock& clock) : clock_(clock) {
    set_tcp_nodelay(true);
    // cpp-httplib would let two servers share a port without a word.
    set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    set_keep_alive_max_count(most_requests_a_connection);
    set_keep_alive_timeout(keep_alive.count());
    set_payload_max_length(std::size_t{128} << 20U);
    new_task_queue = [] { return new detail::ThreadPerConnection; };
  }

  /// More clients may knock at once than the five that cpp-httplib's own `listen` lets queue.
  void widen_backlog() { ::listen(svr_sock_, 1024); }

  /// The connection that the calling handler answers on.
  [[nodiscard]] static FaultStream& current_stream() { return *stream_of_this_thread(); }

 private:
  static constexpr std::size_t most_requests_a_connection = 10'000;
  static constexpr std::chrono::seconds keep_alive{60};

  static FaultStream*& stream_of_this_thread() {
    thread_local FaultStream* stream = nullptr;
    return stream;
  }

  bool process_and_close_socket(socket_t socket) override {
    FaultStream stream{socket, clock_};
    stream_of_this_thread() = &stream;
    bool good = true;
    for (std::size_t left = most_requests_a_connection; good && left > 0 && stream.wait_for_request(keep_alive); --left) {
      bool closed = false;
      // What is sent must be what was written: no compression, no ranges. And a request that announces no body has none (RFC 9112, 6.3);
      // cpp-httplib would wait for one until the connection ends.
      const auto plainly = [](httplib::Request& request) {
        request.headers.erase("Accept-Encoding");
        request.ranges.clear();
        if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding")) request.set_header("Content-Length", "0");
      };
      stream.arm(ByteFault::none, 0);
      good = process_request(stream, left == 1, closed, plainly) && !closed && !stream.broken();
    }
    stream_of_this_thread() = nullptr;
    return good;
  }

  const ServiceClock& clock_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
