// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace ductile::inline DUCTILE_VERSION::mock::detail {

/// A socket that is closed with its owner.
class OwnedSocket {
 public:
  OwnedSocket() noexcept = default;
  explicit OwnedSocket(int socket) noexcept : socket_(socket) {}
  OwnedSocket(const OwnedSocket&) = delete;
  OwnedSocket& operator=(const OwnedSocket&) = delete;
  ~OwnedSocket() {
    if (socket_ >= 0) ::close(socket_);
  }

  [[nodiscard]] int get() const noexcept { return socket_; }

 private:
  int socket_ = -1;
};

/// An address to bind or to connect to.
class SocketAddress {
 public:
  SocketAddress(const std::string& host, int port) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0 || !found)
      throw std::runtime_error{"mock: there is no address " + host};
    found_.reset(found);
  }

  [[nodiscard]] int family() const noexcept { return found_->ai_family; }
  [[nodiscard]] const sockaddr* get() const noexcept { return found_->ai_addr; }
  [[nodiscard]] socklen_t size() const noexcept { return found_->ai_addrlen; }

 private:
  struct Free {
    void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
  };
  std::unique_ptr<addrinfo, Free> found_;
};

/// A port that is listened on. `port` 0: any that is free.
///
/// Errors   `std::runtime_error` when the port cannot be had.
class ListeningSocket {
 public:
  ListeningSocket(const std::string& host, int port, int backlog) : ListeningSocket(SocketAddress{host, port}, host, port, backlog) {}

  [[nodiscard]] int get() const noexcept { return socket_.get(); }
  [[nodiscard]] int port() const noexcept { return port_; }

 private:
  ListeningSocket(const SocketAddress& address, const std::string& host, int port, int backlog)
      : socket_(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    ::setsockopt(get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::bind(get(), address.get(), address.size()) != 0 || ::listen(get(), backlog) != 0 ||
        ::getsockname(get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
      throw std::runtime_error{"mock: cannot listen on " + host + " port " + std::to_string(port)};
    port_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                              : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
  }

  OwnedSocket socket_;
  int port_ = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock::detail
