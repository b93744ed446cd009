// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/detail/listening_socket.hpp>

#include <fcntl.h>

#include <memory>
#include <string>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// A port on which no connection opens (`connect-timeout`): its queue is full, and nobody takes anything out of it, so that the kernel
/// drops who knocks as a firewall would. As long as it lives.
///
/// Errors   `std::runtime_error` when the port cannot be had.
/// Threads  None of its own.
class FullPort {
 public:
  FullPort(const std::string& host, int port) : listening_(host, port, 0) {
    // A queue of nought holds one; the others are there for kernels that count otherwise.
    const detail::SocketAddress address{host, listening_.port()};
    for (int i = 0; i < knocking; ++i) {
      queue_.push_back(std::make_unique<detail::OwnedSocket>(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
      static_cast<void>(::connect(queue_.back()->get(), address.get(), address.size()));
    }
  }

  [[nodiscard]] int port() const noexcept { return listening_.port(); }

 private:
  static constexpr int knocking = 4;

  detail::ListeningSocket listening_;
  std::vector<std::unique_ptr<detail::OwnedSocket>> queue_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
