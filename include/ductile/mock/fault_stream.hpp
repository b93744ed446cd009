// SPDX-License-Identifier: BSL-1.0
#pragma once

#ifndef DUCTILE_HTTPLIB_FROM_TARGET
#error "ductile: link the CMake target ductile::mock; cpp-httplib's flags change the size of its classes and must come from there"
#endif

#include <ductile/core/verdict.hpp>        // Duration
#include <ductile/mock/rows/row.hpp>       // ByteFault
#include <ductile/mock/service_clock.hpp>  // ServiceClock

#include <httplib.h>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock {

/// One connection's bytes, below the HTTP server: passes them on, or does to them what an HTTP server never would.
///
/// The server's handler arms a fault for the answer that it is about to give; the fault then happens while cpp-httplib believes that it
/// writes. POSIX sockets.
///
/// Threads  The connection's own.
class FaultStream final : public httplib::Stream {
 public:
  FaultStream(socket_t socket, const ServiceClock& clock) : socket_(socket), clock_(clock) {}
  FaultStream(const FaultStream&) = delete;
  FaultStream& operator=(const FaultStream&) = delete;

  ~FaultStream() override {
    if (reset_) {  // a close that lingers for no time at all sends RST
      const linger at_once{1, 0};
      ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    } else {
      ::shutdown(socket_, SHUT_RDWR);
    }
    ::close(socket_);
  }

  /// Arms a fault for the next answer, whose body has so many bytes. `garbage` is what is sent instead of HTTP.
  void arm(ByteFault fault, std::size_t body_bytes, std::string garbage = {}) {
    fault_ = fault;
    half_ = body_bytes / 2;
    body_left_ = fault == ByteFault::short_length || fault == ByteFault::plain_http_1_0 ? body_bytes : half_;
    garbage_ = std::move(garbage);
    head_.clear();
    in_head_ = true;
  }

  /// Whether nothing more may be sent: the fault has happened, or the other side is gone. cpp-httplib does not ask what became of its
  /// writes.
  [[nodiscard]] bool broken() const noexcept { return broken_; }

  /// Waits for the next request of the connection; false when there is none within `patience` or the server stops.
  [[nodiscard]] bool wait_for_request(Duration patience) const { return begin_ < end_ || wait(POLLIN, patience); }

  /// Whether the other side has gone away.
  [[nodiscard]] bool peer_gone() const {
    char byte = 0;
    const ssize_t got = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  }

  bool is_readable() const override { return wait(POLLIN, std::chrono::seconds{30}); }
  bool is_writable() const override { return wait(POLLOUT, std::chrono::seconds{30}); }

  ssize_t read(char* into, std::size_t size) override {
    if (begin_ == end_) {
      if (!is_readable()) return -1;
      const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
      if (got <= 0) return got;
      begin_ = 0;
      end_ = static_cast<std::size_t>(got);
    }
    const std::size_t taken = std::min(size, end_ - begin_);
    std::copy_n(buffer_.data() + begin_, taken, into);
    begin_ += taken;
    return static_cast<ssize_t>(taken);
  }

  ssize_t write(const char* bytes, std::size_t size) override {
    if (!broken_) broken_ = !passed({bytes, size});
    return broken_ ? -1 : static_cast<ssize_t>(size);
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = "127.0.0.1";  // nobody asks; a lookup for each request would be for nothing
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override { get_remote_ip_and_port(ip, port); }
  socket_t socket() const override { return socket_; }

 private:
  // Long enough for the other side to have read what came before a reset, which would otherwise seem to come first.
  static constexpr std::chrono::milliseconds settle{20};

  // In slices, so that a server can stop while connections wait.
  [[nodiscard]] bool wait(short what, Duration patience) const {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!clock_.stopped()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      pollfd watched{socket_, what, 0};
      const int ready = ::poll(&watched, 1, static_cast<int>(std::min<long long>(left, 20)));
      if (ready > 0) return true;
      if (ready < 0 && errno != EINTR) return false;
    }
    return false;
  }

  [[nodiscard]] bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        if (!is_writable()) return false;
      } else if (sent < 0 && errno != EINTR) {
        return false;
      }
    }
    return true;
  }

  // The head that the fault makes of the server's, which announces a length.
  [[nodiscard]] std::string rewritten(std::string head) const {
    const std::size_t line = head.find("Content-Length: ");
    if (line == head.npos) return head;
    const std::size_t after = head.find("\r\n", line) + 2;
    switch (fault_) {
      case ByteFault::short_length: return head.replace(line, after - line, "Content-Length: " + std::to_string(half_) + "\r\n");
      case ByteFault::bad_chunk: return head.replace(line, after - line, "Transfer-Encoding: chunked\r\n");
      default: return head.erase(line, after - line).replace(0, 8, "HTTP/1.0");
    }
  }

  // The connection ends with the body.
  [[nodiscard]] bool passed_with_another_head(std::string_view bytes) {
    if (in_head_) {
      head_.append(bytes);
      const std::size_t end = head_.find("\r\n\r\n");
      if (end == head_.npos) return true;
      in_head_ = false;
      const std::string body = head_.substr(end + 4);
      if (!send(rewritten(head_.substr(0, end + 4)))) return false;
      if (fault_ == ByteFault::bad_chunk) {
        std::array<char, 24> length{};
        std::snprintf(length.data(), length.size(), "%zx\r\n", half_);
        if (!send(length.data())) return false;
      }
      return body.empty() || passed_with_another_head(body);
    }
    const std::size_t part = std::min(bytes.size(), body_left_);
    if (!send(bytes.substr(0, part))) return false;
    body_left_ -= part;
    if (body_left_ > 0) return true;
    if (fault_ == ByteFault::bad_chunk) static_cast<void>(send("\r\nno length\r\n"));
    return false;
  }

  // Passes bytes on as far as the fault lets them; false when the connection is over.
  [[nodiscard]] bool passed(std::string_view bytes) {
    switch (fault_) {
      case ByteFault::none:
      case ByteFault::stall:
      case ByteFault::cut_body:
      case ByteFault::byte_order_mark: return send(bytes);
      case ByteFault::reset_before_head: reset_ = true; return false;
      case ByteFault::close_before_head:
      case ByteFault::silence: return false;
      case ByteFault::garbage: return send(garbage_) && false;
      case ByteFault::close_in_head: return send("HTTP/1.1 20") && false;
      case ByteFault::short_length:
      case ByteFault::bad_chunk:
      case ByteFault::plain_http_1_0: return passed_with_another_head(bytes);
      case ByteFault::reset_in_body:
      case ByteFault::close_in_body:
      case ByteFault::drip: break;
    }
    if (in_head_) {
      const std::size_t end = bytes.find("\r\n\r\n");
      const std::size_t head = end == bytes.npos ? bytes.size() : end + 4;
      if (!send(bytes.substr(0, head))) return false;
      in_head_ = end == bytes.npos;
      bytes.remove_prefix(head);
    }
    if (fault_ == ByteFault::drip) return drip(bytes);
    const std::size_t part = std::min(bytes.size(), body_left_);
    if (!send(bytes.substr(0, part))) return false;
    body_left_ -= part;
    if (in_head_ || body_left_ > 0) return true;
    if (fault_ == ByteFault::reset_in_body) {
      std::this_thread::sleep_for(settle);
      reset_ = true;
    }
    return false;
  }

  [[nodiscard]] bool drip(std::string_view bytes) {
    for (const char& byte : bytes) {
      if (!send({&byte, 1})) return false;
      if (!clock_.wait_until(clock_.now() + std::chrono::seconds{1}, [this] { return peer_gone(); })) return false;
    }
    return true;
  }

  socket_t socket_;
  const ServiceClock& clock_;
  std::array<char, 16384> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  ByteFault fault_ = ByteFault::none;
  std::string garbage_;
  std::string head_;           // as far as the server has written it, where it is rewritten
  std::size_t half_ = 0;       // of the body
  std::size_t body_left_ = 0;  // until the fault, or the end of the connection
  bool in_head_ = true;
  bool broken_ = false;
  bool reset_ = false;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
