// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/mock/detail/thread_per_connection.hpp>  // first: it says where cpp-httplib's flags come from

#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/mock/detail/listening_socket.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock {

/// A port beside the service's own: whoever connects is served by a function, in a thread of its own.
///
/// Errors   `std::runtime_error` when the port cannot be had.
/// Threads  One that listens and one for each connection; all have ended when it is destroyed.
class SidePort {
 public:
  /// One connection, as the function sees it.
  class Connection {
   public:
    Connection(int socket, const std::atomic<bool>& stopping) : socket_(socket), stopping_(stopping) {}

    [[nodiscard]] int socket() const noexcept { return socket_.get(); }
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }

    /// Waits for one of the two to be readable; false when there was nothing within `patience` or the port goes.
    [[nodiscard]] bool wait(Duration patience, int other = -1) const { return wait_for(POLLIN, socket_.get(), other, patience, stopping_); }

    /// Sends all of it; false when the other side is gone, or does not take it for half a minute.
    [[nodiscard]] bool send(std::string_view bytes) const {
      while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0)
          bytes.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno == EAGAIN || errno == EWOULDBLOCK ? !wait_for(POLLOUT, socket_.get(), -1, longest_send, stopping_) : errno != EINTR)
          return false;
      }
      return true;
    }

   private:
    static constexpr std::chrono::seconds longest_send{30};

    detail::OwnedSocket socket_;
    const std::atomic<bool>& stopping_;
  };

  using Serve = std::function<void(const Connection&)>;

  SidePort(const std::string& host, int port, Serve serve)
      : serve_(std::move(serve)), listening_(host, port, backlog), listener_([this] { listen(); }) {}
  SidePort(const SidePort&) = delete;
  SidePort& operator=(const SidePort&) = delete;
  ~SidePort() {
    stopping_ = true;
    listener_.join();
  }

  [[nodiscard]] int port() const noexcept { return listening_.port(); }

 private:
  static constexpr int backlog = 1024;

  // In slices, so that the port can go while somebody waits.
  static bool wait_for(short what, int socket, int other, Duration patience, const std::atomic<bool>& stopping) {
    constexpr std::chrono::milliseconds slice{20};
    for (Duration waited{}; !stopping && waited < patience; waited += slice) {
      pollfd watched[]{{socket, what, 0}, {other, what, 0}};
      if (::poll(watched, 2, static_cast<int>(slice.count())) > 0) return true;
    }
    return false;
  }

  void listen() {
    while (!stopping_) {
      if (!wait_for(POLLIN, listening_.get(), -1, std::chrono::seconds{1}, stopping_)) continue;
      const int socket = ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      connections_.enqueue([this, socket] { serve_(Connection{socket, stopping_}); });
    }
  }

  Serve serve_;
  detail::ListeningSocket listening_;
  std::atomic<bool> stopping_ = false;
  detail::ThreadPerConnection connections_;
  std::thread listener_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
