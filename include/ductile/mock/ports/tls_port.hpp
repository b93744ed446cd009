// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/verdict.hpp>  // Duration
#include <ductile/mock/detail/listening_socket.hpp>
#include <ductile/mock/ports/certificate.hpp>
#include <ductile/mock/ports/side_port.hpp>

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

/// The server's side of a TLS connection.
class SecureServer {
 public:
  SecureServer(SSL_CTX* context, const SidePort::Connection& connection) : connection_(connection), secure_(SSL_new(context), &SSL_free) {
    const timeval tick{0, 100'000};  // what waits looks around at times
    ::setsockopt(connection.socket(), SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
    SSL_set_fd(secure_.get(), connection.socket());
    int accepted = -1;
    while ((accepted = SSL_accept(secure_.get())) != 1 && again(accepted)) {
    }
    open_ = accepted == 1;
  }

  [[nodiscard]] bool open() const noexcept { return open_; }
  [[nodiscard]] bool has_more() const noexcept { return SSL_pending(secure_.get()) > 0; }

  /// Some bytes, if there are any by now.
  [[nodiscard]] std::string_view read(std::array<char, 16384>& into) {
    const int got = SSL_read(secure_.get(), into.data(), static_cast<int>(into.size()));
    if (got > 0) return {into.data(), static_cast<std::size_t>(got)};
    open_ = again(got);
    return {};
  }

  [[nodiscard]] bool write(std::string_view bytes) {
    while (open_ && !bytes.empty()) {
      const int sent = SSL_write(secure_.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (sent > 0)
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      else
        open_ = again(sent);
    }
    return open_;
  }

  /// Says that nothing more comes.
  void say_end() {
    if (open_) SSL_shutdown(secure_.get());
  }

 private:
  [[nodiscard]] bool again(int result) const {
    const int why = SSL_get_error(secure_.get(), result);
    return (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) && !connection_.stopping();
  }

  const SidePort::Connection& connection_;
  std::unique_ptr<SSL, decltype(&SSL_free)> secure_;
  bool open_ = false;
};

/// What a server under TLS needs: the certificate, and the one protocol that it agrees to.
class SecureContext {
 public:
  SecureContext(const Certificate& certificate, std::string_view protocol) : protocol_(protocol) {
    if (!context_) throw std::runtime_error{"mock: OpenSSL does not start"};
    certificate.give_to(context_.get());
    SSL_CTX_set_alpn_select_cb(
        context_.get(),
        [](SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned offered_size, void* wanted) {
          const std::string_view name = *static_cast<std::string_view*>(wanted);
          for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
            const std::string_view offer{reinterpret_cast<const char*>(offered) + at + 1, offered[at]};
            if (offer != name) continue;
            *chosen = offered + at + 1;
            *size = offered[at];
            return SSL_TLSEXT_ERR_OK;
          }
          return SSL_TLSEXT_ERR_NOACK;
        },
        &protocol_);
  }
  SecureContext(const SecureContext&) = delete;
  SecureContext& operator=(const SecureContext&) = delete;

  [[nodiscard]] SSL_CTX* get() const noexcept { return context_.get(); }

 private:
  std::string_view protocol_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
};

}  // namespace detail

/// The service under TLS, with a certificate that no client trusts unless it is told to (`tls-failure`): hands the bytes of a connection on
/// to the service's own port, and back.
///
/// Errors   `std::runtime_error` when the port cannot be had.
class TlsPort {
 public:
  TlsPort(const std::string& host, int port, const Certificate& certificate, int service)
      : context_(certificate, "http/1.1"),
        service_(host, service),
        listening_(host, port, [this](const SidePort::Connection& connection) { serve(connection); }) {}

  [[nodiscard]] int port() const noexcept { return listening_.port(); }

 private:
  static constexpr std::chrono::minutes longest_silence{10};

  void serve(const SidePort::Connection& connection) const {
    detail::SecureServer client{context_.get(), connection};
    if (!client.open()) return;
    const detail::OwnedSocket service{::socket(service_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (::connect(service.get(), service_.get(), service_.size()) != 0) return;
    std::array<char, 16384> buffer{};
    while (client.open() && (client.has_more() || connection.wait(longest_silence, service.get()))) {
      const ssize_t got = ::recv(service.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) {
        if (!client.write({buffer.data(), static_cast<std::size_t>(got)})) return;
        continue;
      }
      if (got == 0) return client.say_end();
      if (errno != EAGAIN && errno != EWOULDBLOCK) return reset(connection.socket());
      std::string_view bytes = client.read(buffer);
      while (!bytes.empty()) {
        const ssize_t sent = ::send(service.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      }
    }
  }

  // As the service's own connection was.
  static void reset(int socket) {
    const linger at_once{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

  detail::SecureContext context_;
  detail::SocketAddress service_;
  SidePort listening_;
};

/// A port that speaks HTTP/2 under TLS just long enough to say that it goes away (`h2-goaway`), as a front end does that drains its
/// connections. Who does not offer HTTP/2 gets the same bytes.
///
/// Errors   `std::runtime_error` when the port cannot be had.
/// Source   RFC 9113, sections 6.5 and 6.8.
class GoingAwayPort {
 public:
  GoingAwayPort(const std::string& host, int port, const Certificate& certificate)
      : context_(certificate, "h2"), listening_(host, port, [this](const SidePort::Connection& connection) { serve(connection); }) {}

  [[nodiscard]] int port() const noexcept { return listening_.port(); }

 private:
  void serve(const SidePort::Connection& connection) const {
    using namespace std::string_view_literals;
    constexpr std::string_view settings = "\0\0\0\x04\0\0\0\0\0"sv;                  // none
    constexpr std::string_view goaway = "\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\0"sv;  // no stream was looked at, no error
    detail::SecureServer client{context_.get(), connection};
    std::array<char, 16384> buffer{};
    while (client.open() && client.read(buffer).empty()) {
    }
    if (!client.write(settings) || !client.write(goaway)) return;
    client.say_end();
    // A socket that is closed over bytes that nobody read resets the connection, and the client may never see what was said.
    for (Duration waited{}; client.open() && waited < longest_parting; waited += std::chrono::milliseconds{100}) (void)client.read(buffer);
  }

  static constexpr std::chrono::seconds longest_parting{5};

  detail::SecureContext context_;
  SidePort listening_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
