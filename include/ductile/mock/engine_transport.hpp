// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/clock.hpp>                  // Clock
#include <ductile/core/now.hpp>                    // Time
#include <ductile/core/transport.hpp>              // HttpRequest, HttpResponse, Transport, TransportError, TransportFault, TransportLimits
#include <ductile/core/verdict.hpp>                // Duration
#include <ductile/mock/detail/request_target.hpp>  // read_target
#include <ductile/mock/engine.hpp>                 // Engine
#include <ductile/mock/exchange.hpp>               // Answer, Request
#include <ductile/mock/reply.hpp>                  // silence_lasts
#include <ductile/mock/rows/row.hpp>               // ByteFault

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ductile::inline DUCTILE_VERSION::mock {

namespace detail {

/// One exchange with the engine, as a client sees it that is in no network: what the bytes do on their way is told at once, how long they
/// take passes on the clock.
template <Clock C>
class EngineExchange {
 public:
  EngineExchange(Engine& engine, C& clock, const TransportLimits& limits)
      : engine_(engine), clock_(clock), limits_(limits), begun_(clock.now()()) {}

  [[nodiscard]] TransportResult run(const Request& request) {
    answer_ = engine_.answer(request, clock_.now().wall());
    if (const auto fault = unconnected()) {
      if (*fault == TransportFault::connect_timeout) (void)wait(limits_.connect, limits_.connect);
      return error(*fault, Sent::no);
    }
    if (const auto fault = begin()) return error(*fault, Sent::unknown);
    response_.status = answer_.status;
    response_.headers = answer_.headers;
    if (!answer_.content_type.empty()) response_.headers.push_back({"Content-Type", answer_.content_type});
    if (const auto fault = receive()) return error(*fault, Sent::unknown);
    response_.received = clock_.now().wall();
    return std::move(response_);
  }

 private:
  // What befalls a client before there is a connection.
  [[nodiscard]] std::optional<TransportFault> unconnected() const {
    if (answer_.id == "dns-failure") return TransportFault::resolve;
    if (answer_.id == "connect-refused") return TransportFault::refused;
    if (answer_.id == "connect-timeout") return TransportFault::connect_timeout;
    if (answer_.id == "tls-failure") return TransportFault::tls;
    return std::nullopt;
  }

  // To the answer's head.
  [[nodiscard]] std::optional<TransportFault> begin() {
    if (const auto fault = wait(answer_.latency, limits_.first_byte.value_or(limits_.idle))) return fault;
    switch (answer_.fault) {
      case ByteFault::reset_before_head: return TransportFault::reset;
      case ByteFault::close_before_head:
      case ByteFault::close_in_head:
      case ByteFault::silence: return TransportFault::closed;
      case ByteFault::garbage: return answer_.id == "h2-goaway" ? TransportFault::reset : TransportFault::closed;
      default: return std::nullopt;
    }
  }

  // From there to its end.
  [[nodiscard]] std::optional<TransportFault> receive() {
    if (header(answer_.headers, "content-encoding") == "gzip") return TransportFault::truncated;  // no row's body is
    switch (answer_.fault) {
      case ByteFault::reset_in_body: return first_half().value_or(TransportFault::reset);
      case ByteFault::close_in_body:
      case ByteFault::bad_chunk: return first_half().value_or(TransportFault::truncated);
      case ByteFault::short_length: return first_half();
      case ByteFault::drip: {
        const std::string body = answer_.body();
        for (const char& byte : body) {
          if (const auto fault = take({&byte, 1})) return fault;
          if (const auto fault = wait(std::chrono::seconds{1}, limits_.idle)) return fault;
        }
        return std::nullopt;
      }
      default: break;
    }
    bool first = true;
    for (const std::string& piece : answer_.pieces) {
      if (!std::exchange(first, false))
        if (const auto fault = wait(answer_.between, limits_.idle)) return fault;
      if (const auto fault = take(piece)) return fault;
    }
    if (answer_.fault == ByteFault::stall) return wait(silence_lasts, limits_.idle).value_or(TransportFault::truncated);
    return std::nullopt;
  }

  [[nodiscard]] std::optional<TransportFault> first_half() {
    const std::string body = answer_.body();
    return take(std::string_view{body}.substr(0, body.size() / 2));
  }

  [[nodiscard]] std::optional<TransportFault> take(std::string_view piece) {
    if (piece.size() > limits_.max_response_bytes - received_) return TransportFault::too_large;
    received_ += piece.size();
    if (!limits_.body || response_.status / 100 != 2) {
      response_.body += piece;
      return std::nullopt;
    }
    return limits_.body(piece) ? std::nullopt : std::optional{TransportFault::cancelled};
  }

  // Lets `span` pass, in which nothing comes; or what ends the exchange before it has.
  [[nodiscard]] std::optional<TransportFault> wait(Duration span, Duration silence) {
    const Time now = clock_.now()();
    const Duration left = begun_ + limits_.total - now;
    if (span > Duration::zero()) clock_.sleep_until(now + std::min({span, silence, left}), limits_.stop);
    const bool silent = answer_.fault == ByteFault::silence || answer_.fault == ByteFault::stall;
    if (silent) engine_.client_held(answer_, clock_.now()() - now);
    if (limits_.stop.stop_requested()) return TransportFault::cancelled;
    if (span <= std::min(silence, left)) return std::nullopt;
    return left <= silence ? TransportFault::total_timeout : TransportFault::idle_timeout;
  }

  [[nodiscard]] TransportError error(TransportFault fault, Sent sent) {
    const bool left = fault == TransportFault::cancelled || fault == TransportFault::idle_timeout ||
                      fault == TransportFault::total_timeout || fault == TransportFault::too_large;
    if (left) engine_.client_left(answer_);
    return {.what = fault,
            .sent = sent,
            .message = std::string{name(fault)} + " in the mock, which was told to answer " + answer_.id,
            .status = response_.status,
            .received = received_};
  }

  Engine& engine_;
  C& clock_;
  const TransportLimits& limits_;
  Time begun_;
  Answer answer_;
  HttpResponse response_;
  std::size_t received_ = 0;
};

}  // namespace detail

/// The mock without a port: carries requests to an engine, and lets their time pass on a clock. With a `VirtualClock` a unit test goes
/// through an outage of half an hour, or over midnight, in milliseconds.
///
/// The same engine answers as behind a `Server`, so the scenarios are the same, the journal and the verdict. The host of the URL is not
/// looked at. What on a port wants another one (a name without an address, a connection that never opens, TLS that nobody has signed) is
/// told here as it is.
///
/// Errors   Each fault of the network that a row has as a `TransportError`, and the limits as with any transport; what the receiver of the
///          body throws leaves `send`.
/// Threads  As many as the clock allows: a `VirtualClock` one. Engine and clock must outlive it.
/// Cost     What the engine's answer costs; with an image 1 ms and more.
template <Clock C>
class EngineTransport {
 public:
  EngineTransport(Engine& engine, C& clock) : engine_(&engine), clock_(&clock) {}

  [[nodiscard]] TransportResult send(const HttpRequest& request, const TransportLimits& limits) {
    const std::size_t scheme = request.url.find("://");
    if (scheme == std::string::npos)
      return TransportError{.what = TransportFault::other, .sent = Sent::no, .message = "the URL must begin with http:// or https://"};
    const std::size_t target = request.url.find('/', scheme + 3);
    Request asked{.method = request.method, .headers = request.headers, .body = request.body};
    detail::read_target(target == std::string::npos ? "/" : std::string_view{request.url}.substr(target), asked);
    return detail::EngineExchange{*engine_, *clock_, limits}.run(asked);
  }

 private:
  Engine* engine_;
  C* clock_;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
