// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>  // header
#include <ductile/mock/ports/side_port.hpp>
#include <ductile/mock/reply.hpp>  // reply
#include <ductile/mock/scene.hpp>  // Scene

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// A proxy that wants a login and takes none (`proxy-auth-407`): answers whatever it is asked, `CONNECT` or a whole URL, with 407.
///
/// Errors   `std::runtime_error` when the port cannot be had.
class ProxyPort {
 public:
  ProxyPort(const std::string& host, int port)
      : listening_(host, port, [](const SidePort::Connection& connection) { serve(connection); }) {}

  [[nodiscard]] int port() const noexcept { return listening_.port(); }

 private:
  static constexpr std::size_t longest_head = 65'536;
  static constexpr std::chrono::seconds patience{30};

  static void serve(const SidePort::Connection& connection) {
    std::string head;
    std::array<char, 4096> buffer{};
    while (head.find("\r\n\r\n") == head.npos && head.size() < longest_head) {
      if (!connection.wait(patience)) return;
      const ssize_t got = ::recv(connection.socket(), buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      head.append(buffer.data(), static_cast<std::size_t>(got));
    }
    const Answer answer = reply("proxy-auth-407", Scene{});
    const std::string body = answer.body();
    std::string text = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Type: " + answer.content_type +
                       "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n";
    if (const std::string_view realm = header(answer.headers, "Proxy-Authenticate"); !realm.empty())
      text.append("Proxy-Authenticate: ").append(realm).append("\r\n");
    if (connection.send(text + "\r\n" + body)) ::shutdown(connection.socket(), SHUT_WR);
  }

  SidePort listening_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
