// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>

namespace ductile::inline DUCTILE_VERSION::detail {

/// Tells how much of a connection's bytes its owner has read, to a thread that is not the owner: by a handle of its own, so that it never
/// asks about a socket that has the same number by now.
///
/// cpp-httplib takes a head line by line, without a limit, and shows nothing of it before its end.
class HttplibTap {
 public:
  HttplibTap() = default;
  HttplibTap(const HttplibTap&) = delete;
  HttplibTap& operator=(const HttplibTap&) = delete;
  ~HttplibTap() { close(); }

  /// From now on it is about that socket, a new one.
  void follow(int socket) {
    const std::lock_guard lock{mutex_};  // its own: cpp-httplib calls this under a lock that the watch needs to stop an exchange
    close();
    socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    before_ = 0;
  }

  /// From now on it counts anew.
  void begin() {
    const std::lock_guard lock{mutex_};
    before_ = total();
  }

  /// Bytes read since then, encryption included; 0 where the system does not say (Linux does).
  [[nodiscard]] std::uint64_t bytes_read() const {
    const std::lock_guard lock{mutex_};
    const std::uint64_t read = total();
    return read - std::min(read, before_);
  }

 private:
  // Since the connection stands.
  [[nodiscard]] std::uint64_t total() const noexcept {
#ifdef __linux__
    if (socket_ < 0) return 0;
    // tcpi_bytes_received, by its place: linux/tcp.h, which names it, cannot be included beside netinet/tcp.h, which does not.
    constexpr std::size_t place = 128;
    std::array<unsigned char, place + sizeof(std::uint64_t)> facts{};
    socklen_t size = facts.size();
    std::uint64_t received = 0;
    if (::getsockopt(socket_, IPPROTO_TCP, TCP_INFO, facts.data(), &size) != 0 || size < facts.size()) return 0;
    std::memcpy(&received, facts.data() + place, sizeof received);
    int unread = 0;  // asked second: what arrives in between makes the answer too small, never too large
    if (::ioctl(socket_, FIONREAD, &unread) != 0 || unread < 0) return 0;
    return received - std::min(received, static_cast<std::uint64_t>(unread));
#else
    return 0;
#endif
  }

  void close() noexcept {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  mutable std::mutex mutex_;
  int socket_ = -1;
  std::uint64_t before_ = 0;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
