// SPDX-License-Identifier: BSL-1.0
#pragma once

// What is needed to use the transport. How it works stands in beast_source.hpp, which one unit of a program compiles: the target
// ductile::beast brings it along.
#include <ductile/core/config_error.hpp>                // refuse
#include <ductile/core/transport.hpp>                   // HttpRequest, TransportLimits, TransportResult
#include <ductile/core/verdict.hpp>                     // Duration
#include <ductile/detail/asio_executor.hpp>             // has_own_executor
#include <ductile/transports/detail/request_check.hpp>  // has_line_end

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace ductile::inline DUCTILE_VERSION {

struct BeastOptions {
  std::string ca_file{};              ///< Certificates to trust, PEM; empty: the system's.
  std::size_t connections = 256;      ///< In use at once for each host, 1 to 100000; who comes later waits for one, in line.
  std::size_t idle_connections = 64;  ///< Kept open for each host, 0 to 10000; 0: a connection for each exchange.
  Duration idle_for =
      std::chrono::seconds{30};        ///< How long a connection is kept, more than zero. Services close theirs after a minute or so.
  std::string user_agent = "ductile";  ///< Sent when the request names none. Without a line end.
};

namespace detail {

using TransportCompletion = boost::asio::any_completion_handler<void(TransportResult)>;

class BeastEngine {
 public:
  BeastEngine() = default;
  BeastEngine(const BeastEngine&) = delete;
  BeastEngine& operator=(const BeastEngine&) = delete;
  virtual ~BeastEngine() = default;

  virtual void send(const boost::asio::any_io_executor& executor, HttpRequest request, const TransportLimits& limits,
                    TransportCompletion handler) = 0;
};

// In beast_source.hpp.
[[nodiscard]] std::shared_ptr<BeastEngine> make_beast_engine(BeastOptions options);

struct BeastInitiation {
  template <class Handler>
  void operator()(Handler&& handler, HttpRequest request, const TransportLimits& limits) const {
    constexpr bool knows_executor = has_own_executor<std::decay_t<Handler>>;
    static_assert(knows_executor,
                  "ductile E0141: async_send knows no executor: its completion token has none; bind one to it with "
                  "asio::bind_executor(context, token) (docs/rules/E0141.md)");
    if constexpr (knows_executor) {
      const boost::asio::any_io_executor executor{boost::asio::get_associated_executor(handler)};
      // Not by the handler's allocator, whose memory may go with the handler: Asio gives back what it took for it afterwards.
      engine->send(executor, std::move(request), limits,
                   boost::asio::bind_allocator(boost::asio::recycling_allocator<void>{}, std::forward<Handler>(handler)));
    }
  }

  BeastEngine* engine;
};

}  // namespace detail

/// Carries requests by Boost.Beast's parser over Asio, asynchronously, http and https (OpenSSL; certificate and host name are verified, SNI
/// is sent). Connections are kept and reused, sent without delay; redirects are not followed.
///
///     ductile::BeastTransport transport;
///     transport.async_send(request, limits, asio::bind_executor(context, [](ductile::TransportResult result) { ... }));
///
/// Everything that an exchange needs, its connection too, lives in the context of its handler's executor, so that the transport may outlive
/// the context, as a pipeline must. A kept connection that is found to be closed is replaced. One that breaks while a request is on its
/// way, before anything of an answer came, is replaced too where that can do no harm: the request had not left whole, or its method is
/// safe. Else the fault is told with `stale`.
///
/// Limits   `connect` is for name, connection and handshake together, and leaves each address of a host a share; `idle` is for each piece
///          that is written or read, `first_byte` for the wait between; `total` counts from the call and for the wait in line too.
/// Errors   Each fault of the network as a `TransportError`; a wrong URL, a header with a line end, an answer in a coding that nobody asked
///          for as `other`. `sent` is `no` until the whole request was handed to the connection. A head of more than 64 KiB is
///          `too_large`. What the receiver of the body throws is told as `cancelled`, in `thrown`. `ConfigError` for an option out of its
///          range.
/// Threads  Any number at once. The exchanges of one context run on a strand of it, so encryption takes one core a transport.
/// Cost     A buffer of 32 KiB an exchange, and what OpenSSL takes for a connection; no thread but Asio's for names, which an address does
///          not need.
class BeastTransport {
 public:
  explicit BeastTransport(BeastOptions options = {}) : engine_(detail::make_beast_engine(checked(std::move(options)))) {}

  /// One exchange. With g++ 12 name request and token before a `co_await`: it destroys what is made in such an expression twice.
  ///
  /// \param limits What its `stop` and `body` refer to must outlive the exchange. `body` is called on the strand of the exchanges, which is
  ///               not the handler's executor.
  /// Completes with  `void(TransportResult)`, on the handler's executor.
  /// Cancellation  Every kind, in every part of it, at once. A name that is being resolved is left to Asio's thread, which `run` waits for.
  template <class Token>
  auto async_send(HttpRequest request, const TransportLimits& limits, Token&& token)
      -> decltype(boost::asio::async_initiate<Token, void(TransportResult)>(std::declval<detail::BeastInitiation>(), token,
                                                                            std::move(request), limits)) {
    return boost::asio::async_initiate<Token, void(TransportResult)>(detail::BeastInitiation{engine_.get()}, token, std::move(request),
                                                                     limits);
  }

 private:
  static BeastOptions checked(BeastOptions options) {
    if (options.connections < 1 || options.connections > 100'000)
      refuse("BeastTransport: connections must be from 1 to 100000", static_cast<double>(options.connections));
    if (options.idle_connections > 10'000)
      refuse("BeastTransport: idle_connections must be from 0 to 10000", static_cast<double>(options.idle_connections));
    if (options.idle_for <= Duration::zero())
      refuse("BeastTransport: idle_for must be more than 0 s", std::chrono::duration<double>(options.idle_for).count());
    if (detail::has_line_end(options.user_agent)) refuse("BeastTransport: user_agent must not have a line end");
    return options;
  }

  std::shared_ptr<detail::BeastEngine> engine_;
};

}  // namespace ductile::inline DUCTILE_VERSION
