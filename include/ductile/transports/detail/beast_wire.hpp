// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/system/error_code.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::detail {

/// One connection, with encryption or without.
class BeastWire {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Error = boost::system::error_code;
  using Pieces = std::array<boost::asio::const_buffer, 2>;

  explicit BeastWire(const boost::asio::any_io_executor& executor) : socket_(executor) {}

  [[nodiscard]] Socket& socket() noexcept { return socket_; }

  /// Over the connection as it stands: asks for that host's certificate and verifies it.
  template <class Handler>
  void async_handshake(boost::asio::ssl::context& context, const std::string& host, Handler&& handler) {
    secure_.emplace(socket_, context);
    secure_->set_verify_mode(boost::asio::ssl::verify_peer);
    secure_->set_verify_callback(boost::asio::ssl::host_name_verification{host});
    Error is_a_name;
    boost::asio::ip::make_address(host, is_a_name);
    if (is_a_name) SSL_set_tlsext_host_name(secure_->native_handle(), host.c_str());
    secure_->async_handshake(boost::asio::ssl::stream_base::client, std::forward<Handler>(handler));
  }

  template <class Handler>
  void async_read_some(boost::asio::mutable_buffer into, Handler&& handler) {
    if (secure_)
      secure_->async_read_some(into, std::forward<Handler>(handler));
    else
      socket_.async_read_some(into, std::forward<Handler>(handler));
  }

  template <class Handler>
  void async_write_some(const Pieces& pieces, Handler&& handler) {
    if (secure_)
      secure_->async_write_some(pieces, std::forward<Handler>(handler));
    else
      socket_.async_write_some(pieces, std::forward<Handler>(handler));
  }

  /// Whether a connection that nobody reads from is still good: the other side has not closed it, nor said what nobody asked for.
  [[nodiscard]] bool is_quiet() {
    Error error;
    static_cast<void>(socket_.non_blocking(true, error));
    char byte = 0;
    if (!error) socket_.receive(boost::asio::buffer(&byte, 1), Socket::message_peek, error);
    return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
  }

  /// What waits for it ends soon, with an error.
  void close() noexcept {
    Error ignored;
    static_cast<void>(socket_.close(ignored));
  }

 private:
  Socket socket_;
  std::optional<boost::asio::ssl::stream<Socket&>> secure_;
};

}  // namespace ductile::inline DUCTILE_VERSION::detail
