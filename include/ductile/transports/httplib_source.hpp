// SPDX-License-Identifier: BSL-1.0
#pragma once

// The transport of httplib.hpp itself. Belongs to a program exactly once: the CMake target ductile::httplib sees to that; who builds
// without it includes this header in one unit. It is most of what cpp-httplib costs to compile.
//
// cpp-httplib's flags change the size of its classes: two units with different flags in one program are undefined behaviour.
#ifndef DUCTILE_HTTPLIB_FROM_TARGET
#error "ductile: link the CMake target ductile::httplib (it brings cpp-httplib and the flags that it was built with)"
#endif

#include <ductile/core/config_error.hpp>  // refuse
#include <ductile/core/now.hpp>           // steady_time, wall_time
#include <ductile/core/transport.hpp>     // HttpHeader, HttpRequest, HttpResponse, TransportError, TransportFault, TransportLimits
#include <ductile/transports/detail/httplib_tap.hpp>
#include <ductile/transports/detail/httplib_watch.hpp>
#include <ductile/transports/detail/idle_connections.hpp>
#include <ductile/transports/detail/request_check.hpp>
#include <ductile/transports/detail/url.hpp>
#include <ductile/transports/httplib.hpp>

#include <httplib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

// NOLINTBEGIN(misc-definitions-in-headers): meant for one unit
namespace ductile::inline DUCTILE_VERSION {

class HttplibTransport::Engine {
 public:
  explicit Engine(HttplibOptions options) : options_(checked(std::move(options))) {}

  [[nodiscard]] TransportResult send(const HttpRequest& request, const TransportLimits& limits) {
    const auto url = detail::parse_url(request.url);
    if (auto error = detail::unsendable(request, url, limits)) return *std::move(error);
    Exchange exchange{*this, *url, limits};
    return exchange.run(request);
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Connection {
    std::unique_ptr<httplib::Client> client;
    std::unique_ptr<detail::HttplibTap> tap = std::make_unique<detail::HttplibTap>();
  };

  // One exchange: what happened on the way, so that a fault can be named.
  class Exchange {
   public:
    Exchange(Engine& engine, const detail::Url& url, const TransportLimits& limits)
        : engine_(engine), url_(url), limits_(limits), connection_(engine.borrow(url)) {}

    static constexpr std::chrono::milliseconds grain{5};  // by which the system's waits are inexact

    TransportResult run(const HttpRequest& request) {
      prepare();
      httplib::Request out = outgoing(request);
      httplib::Response in;
      httplib::Error error = httplib::Error::Success;
      bool done = false;
      int system_error = 0;
      {
        const detail::HttplibWatch::Guard guard{engine_.watch_, watched_};
        errno = 0;
        done = connection_.client->send(out, in, error);
        system_error = errno;
      }  // nobody watches a connection that is given back
      if (done && !too_large_) return answer(in);
      return fault(error, system_error);
    }

   private:
    void prepare() {
      started_ = last_byte_ = Clock::now();
      watched_.client = connection_.client.get();
      const Duration total = std::min<Duration>(limits_.total, std::chrono::hours{24 * 365});
      watched_.deadline = started_ + total;
      watched_.stop = limits_.stop;
      watched_.tap = connection_.tap.get();
      connection_.tap->begin();
      watched_.secure = url_.secure;
      watched_.most_of_body = std::min<std::uint64_t>(limits_.max_response_bytes, std::uint64_t{1} << 60U);
      const auto within = [](Duration limit, Duration most) {
        return std::chrono::ceil<std::chrono::microseconds>(std::min(std::max<Duration>(limit, std::chrono::milliseconds{1}), most));
      };
      connection_.client->set_connection_timeout(within(limits_.connect, total));
      // A silence that lasts to the end of the exchange is for the watch to end: poll counts whole milliseconds, and would be early.
      connection_.client->set_read_timeout(within(limits_.idle, total + grain));
      connection_.client->set_write_timeout(within(limits_.idle, total + grain));
      connection_.client->set_socket_options([this](socket_t socket) {
        resolved_ = true;  // no socket is made for a name without an address
        connection_.tap->follow(socket);
      });
    }

    // The body goes through a provider: its first call says that the connection stands, its last that the request has left.
    httplib::Request outgoing(const HttpRequest& request) {
      httplib::Request out;
      out.method = request.method;
      out.path = url_.target;
      for (const HttpHeader& header : request.headers) out.headers.emplace(header.name, header.value);
      if (!out.has_header("User-Agent")) out.headers.emplace("User-Agent", engine_.options_.user_agent);
      if (!out.has_header("Accept")) out.headers.emplace("Accept", "*/*");
      if (request.body.empty()) {
        all_sent_ = true;  // nothing can be said of a request without a body: it may have left
      } else {
        out.content_length_ = request.body.size();
        out.content_provider_ = [this, &request](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
          watched_.connected = true;
          const bool written = sink.write(request.body.data() + offset, length);
          all_sent_ = written && offset + length >= request.body.size();
          return written;
        };
      }
      out.response_handler = [this](const httplib::Response& response) {
        watched_.connected = true;
        watched_.head_read = true;
        status_ = response.status;
        last_byte_ = Clock::now();
        const std::string length = response.get_header_value("Content-Length");
        const auto announced = detail::whole_number(length);
        too_large_ = announced && static_cast<std::size_t>(*announced) > limits_.max_response_bytes;
        return !too_large_;
      };
      out.content_receiver = [this](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
        last_byte_ = Clock::now();
        too_large_ = size > limits_.max_response_bytes - received_;
        if (too_large_) return false;
        received_ += size;
        if (!limits_.body || status_ / 100 != 2) {
          body_.append(data, size);
          return true;
        }
        has_enough_ = !limits_.body({data, size});
        return !has_enough_;
      };
      return out;
    }

    HttpResponse answer(const httplib::Response& in) {
      HttpResponse response;
      response.status = in.status;
      response.received = detail::wall_time();
      for (const auto& [name, value] : in.headers) response.headers.push_back({name, value});
      response.body = std::move(body_);
      const bool closes = detail::same_word(in.get_header_value("Connection"), "close");
      if (!closes) engine_.idle_.give_back(url_.origin(), std::move(connection_), detail::steady_time());
      return response;
    }

    TransportError fault(httplib::Error error, int system_error) const {
      TransportError result;
      result.what = named(error, system_error);
      result.sent = all_sent_ || status_ != 0 ? Sent::unknown : Sent::no;
      result.status = status_;
      result.received = received_;
      result.message = std::string{name(result.what)} + " at " + url_.origin() + " after " +
                       std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_).count()) + " ms" +
                       " (cpp-httplib: " + httplib::to_string(error) + ")";
      return result;
    }

    [[nodiscard]] TransportFault named(httplib::Error error, int system_error) const {
      const auto verdict = watched_.verdict.load();
      if (has_enough_ || verdict == detail::HttplibWatch::Verdict::cancelled || limits_.stop.stop_requested())
        return TransportFault::cancelled;
      if (verdict == detail::HttplibWatch::Verdict::total_timeout) return TransportFault::total_timeout;
      if (too_large_ || verdict == detail::HttplibWatch::Verdict::too_large) return TransportFault::too_large;
      const Duration idle = Clock::now() - last_byte_;
      // A connection that had no more time than the whole exchange took all of it, though the system may tell so a little early.
      const bool total_over =
          Clock::now() >= watched_.deadline || (error == httplib::Error::ConnectionTimeout && limits_.connect >= limits_.total);
      switch (error) {
        case httplib::Error::Connection: return resolved_ ? TransportFault::refused : TransportFault::resolve;
        case httplib::Error::ConnectionTimeout: return total_over ? TransportFault::total_timeout : TransportFault::connect_timeout;
        case httplib::Error::SSLConnection:
        case httplib::Error::SSLLoadingCerts:
        case httplib::Error::SSLServerVerification: return TransportFault::tls;
        default: break;
      }
      if (total_over) return TransportFault::total_timeout;
      // cpp-httplib says no more than "Read". Of a connection that was torn down the first call after the read, which shuts it down, says
      // so.
      if (system_error == ECONNRESET || system_error == EPIPE || system_error == ENOTCONN) return TransportFault::reset;
      // A read ends without a fault of the system in two ways: the limit, or the other side's orderly end.
      if (idle + grain >= limits_.idle) return TransportFault::idle_timeout;
      if (error == httplib::Error::Read) return status_ == 0 ? TransportFault::closed : TransportFault::truncated;
      return error == httplib::Error::Write ? TransportFault::reset : TransportFault::other;
    }

    Engine& engine_;
    const detail::Url& url_;
    const TransportLimits& limits_;
    Connection connection_;
    detail::HttplibWatch::Exchange watched_;
    Clock::time_point started_;
    Clock::time_point last_byte_;
    std::string body_;
    std::size_t received_ = 0;
    int status_ = 0;
    bool resolved_ = false;
    bool all_sent_ = false;
    bool too_large_ = false;
    bool has_enough_ = false;
  };

  static HttplibOptions checked(HttplibOptions options) {
    if (detail::has_line_end(options.user_agent)) refuse("HttplibTransport: user_agent must not have a line end");
    if (options.idle_connections > 1000)
      refuse("HttplibTransport: idle_connections must be from 0 to 1000", static_cast<double>(options.idle_connections));
    if (options.idle_for <= Duration::zero())
      refuse("HttplibTransport: idle_for must be more than 0 s", std::chrono::duration<double>(options.idle_for).count());
    return options;
  }

  [[nodiscard]] Connection borrow(const detail::Url& url) {
    if (std::optional<Connection> kept = idle_.take(url.origin(), detail::steady_time())) return *std::move(kept);
    auto client = std::make_unique<httplib::Client>(url.origin());
    client->set_keep_alive(options_.idle_connections > 0);
    client->set_tcp_nodelay(true);
    client->set_follow_location(false);
    client->set_url_encode(false);
    if (!options_.ca_file.empty()) client->set_ca_cert_path(options_.ca_file.c_str());
    client->enable_server_certificate_verification(true);
    return {std::move(client)};
  }

  HttplibOptions options_;
  detail::IdleConnections<Connection> idle_{options_.idle_connections, options_.idle_for};
  detail::HttplibWatch watch_;
};

HttplibTransport::HttplibTransport(HttplibOptions options) : engine_(std::make_unique<Engine>(std::move(options))) {}
HttplibTransport::~HttplibTransport() = default;

TransportResult HttplibTransport::send(const HttpRequest& request, const TransportLimits& limits) { return engine_->send(request, limits); }

}  // namespace ductile::inline DUCTILE_VERSION
// NOLINTEND(misc-definitions-in-headers)
