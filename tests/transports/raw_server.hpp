// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

/// A server of raw bytes on the loopback: a script says what it does with each connection, in a thread of its own. What an HTTP server
/// would not do wrong, it can.
class RawServer {
 public:
  /// One connection, as the script sees it.
  class Connection {
   public:
    Connection(int socket, const std::atomic<bool>& ending) : socket_(socket), ending_(ending) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
      if (socket_ >= 0) ::close(socket_);
    }

    [[nodiscard]] int socket() const noexcept { return socket_; }

    /// Reads one request, head and body; empty when the client closed.
    std::string request() {
      std::string text;
      std::size_t needed = std::string::npos;
      while (text.size() < needed) {
        char buffer[4096];
        const ssize_t got = ::recv(socket_, buffer, sizeof buffer, 0);
        if (got <= 0) return {};
        text.append(buffer, static_cast<std::size_t>(got));
        const std::size_t end = text.find("\r\n\r\n");
        if (needed == std::string::npos && end != std::string::npos) {
          const std::size_t at = text.find("Content-Length: ");
          needed = end + 4 + (at < end ? std::stoul(text.substr(at + 16)) : 0);
        }
      }
      return text;
    }

    void write(std::string_view text) {
      while (!text.empty()) {
        const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(sent));
      }
    }

    /// Writes the text again and again, as fast as the client takes it, until it goes or the server ends.
    void flood(std::string_view text) {
      while (!ending_ && !client_gone())
        if (::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0) pause();  // full: nothing is owed to a client
    }

    /// Sends RST in place of an orderly end.
    void reset() {
      const linger hard{1, 0};
      ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      ::close(std::exchange(socket_, -1));
    }

    /// Says that nothing more comes, and leaves the other way open.
    void say_end() { ::shutdown(socket_, SHUT_WR); }

    /// Does nothing until the client goes or the server ends.
    void keep_silent() {
      while (!ending_ && !client_gone()) pause();
    }

    /// Reads nothing and says nothing until the server ends.
    void sleep_until_end() const {
      while (!ending_) pause();
    }

    /// Writes a byte at a time until the client goes or the server ends.
    void drip(char byte) {
      while (!ending_) {
        if (::send(socket_, &byte, 1, MSG_NOSIGNAL) <= 0) return;
        pause();
      }
    }

   private:
    [[nodiscard]] bool client_gone() const {
      char byte = 0;
      const ssize_t got = ::recv(socket_, &byte, 1, MSG_DONTWAIT);
      return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
    }

    static void pause() { std::this_thread::sleep_for(std::chrono::milliseconds{5}); }

    int socket_;
    const std::atomic<bool>& ending_;
  };

  using Script = std::function<void(Connection&)>;

  explicit RawServer(Script script) : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) != 0)
      throw std::runtime_error{"the test's server cannot listen"};
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer() {
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (std::thread& script : scripts_) script.join();
    ::close(listener_);
  }

  /// Who comes now is refused.
  void stop_listening() { ::shutdown(listener_, SHUT_RDWR); }

  [[nodiscard]] std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string{path};
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int connections() const noexcept { return connections_; }

 private:
  void serve() {
    while (!ending_) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      ++connections_;
      scripts_.emplace_back([this, socket] {
        Connection connection{socket, ending_};
        script_(connection);
      });
    }
  }

  Script script_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
  std::vector<std::thread> scripts_;
};
