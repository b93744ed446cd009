// SPDX-License-Identifier: BSL-1.0
#pragma once

// `Client` and `ResilientClient` over an asynchronous transport, on Boost.Asio: the same requests, the same reading of answers.
#include <ductile/core/call_options.hpp>  // CallOptions
#include <ductile/core/failure.hpp>       // Failure
#include <ductile/core/operation.hpp>     // repeatable
#include <ductile/core/result.hpp>        // Result
#include <ductile/core/transport.hpp>     // AsyncTransport, TransportResult
#include <ductile/drivers/asio.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/gemini/detail/async_stream.hpp>
#include <ductile/gemini/detail/exchange.hpp>
#include <ductile/gemini/resilient.hpp>
#include <ductile/gemini/response.hpp>       // ImageReply
#include <ductile/gemini/stream_reader.hpp>  // StreamEnd, StreamPart

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/post.hpp>

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace ductile::inline DUCTILE_VERSION::gemini {

namespace detail {

// Goes on with the caller's handler, with all that is associated with it.
template <class Handler, class Read>
struct AnswerReader {
  void operator()(TransportResult result) { std::move(handler)(read(std::move(result))); }

  Handler handler;
  Read read;
};

// What is known before anything is sent; not inside the call, for all that.
template <class Value, class Handler>
void complete_soon(Handler&& handler, Failure failure) {
  const auto executor = boost::asio::get_associated_executor(handler);
  const auto allocator = boost::asio::get_associated_allocator(handler);
  auto complete = [kept = std::forward<Handler>(handler), failure = std::move(failure)]() mutable {
    std::move(kept)(Result<Value>{std::move(failure)});
  };
  boost::asio::post(executor, boost::asio::bind_allocator(allocator, std::move(complete)));
}

}  // namespace detail

template <class T>
  requires(Transport<T> || AsyncTransport<T>)
template <RequestLike Request, class Token>
auto Client<T>::async_generate(Request&& request, std::string_view model, const GenerateOptions& how, Token&& token) const
  requires AsyncTransport<T>
{
  static_cast<void>(ductile::detail::explain_destroyed_twice<Token, void(Result<ImageReply>), Request>());
  return boost::asio::async_initiate<Token, void(Result<ImageReply>)>(
      [transport = transport_](auto&& handler, std::variant<detail::Asked, Failure> asked) {
        using Handler = std::decay_t<decltype(handler)>;
        if constexpr (ductile::detail::explain_executor<Handler, ductile::detail::NoExecutor>()) {
          if (auto* refused = std::get_if<Failure>(&asked))
            return detail::complete_soon<ImageReply>(std::forward<Handler>(handler), std::move(*refused));
          auto& to_send = std::get<detail::Asked>(asked);
          HttpRequest http = std::move(to_send.http);
          const TransportLimits limits = to_send.limits;
          auto read = [sent = std::move(to_send)](TransportResult result) { return detail::read(std::move(result), sent); };
          transport->async_send(std::move(http), limits,
                                detail::AnswerReader<Handler, decltype(read)>{std::forward<Handler>(handler), std::move(read)});
        }
      },
      token, ask(request, model, how));
}

template <class T>
  requires(Transport<T> || AsyncTransport<T>)
template <RequestLike Request, class OnPart, class Token>
auto Client<T>::async_stream(Request&& request, std::string_view model, OnPart&& on_part, const GenerateOptions& how, Token&& token) const
  requires AsyncTransport<T>
{
  using Parts = detail::HandedOut<std::decay_t<OnPart>>;
  return async_streamed<Request, Token>(ask(request, model, how, stream_method), Parts{std::forward<OnPart>(on_part)}, token);
}

template <class T>
  requires(Transport<T> || AsyncTransport<T>)
template <RequestLike Request, class Token>
auto Client<T>::async_generate_buffered(Request&& request, std::string_view model, const GenerateOptions& how, Token&& token) const
  requires AsyncTransport<T>
{
  return async_streamed<Request, Token>(ask(request, model, how, stream_method), detail::KeptBack{}, token);
}

template <class T>
  requires(Transport<T> || AsyncTransport<T>)
template <class Request, class Token, class Parts>
auto Client<T>::async_streamed(std::variant<detail::Asked, Failure> asked, Parts parts, Token& token) const
  requires AsyncTransport<T>
{
  using Value = typename Parts::Value;
  static_cast<void>(ductile::detail::explain_destroyed_twice<Token, void(Result<Value>), Request>());
  return boost::asio::async_initiate<Token, void(Result<Value>)>(
      [transport = transport_](auto&& handler, std::variant<detail::Asked, Failure> to_send, Parts to_whom) {
        using Handler = std::decay_t<decltype(handler)>;
        if constexpr (ductile::detail::explain_executor<Handler, ductile::detail::NoExecutor>()) {
          if (auto* refused = std::get_if<Failure>(&to_send))
            return detail::complete_soon<Value>(std::forward<Handler>(handler), std::move(*refused));
          detail::begin_stream(*transport, std::get<detail::Asked>(std::move(to_send)), std::move(to_whom),
                               Handler(std::forward<Handler>(handler)));
        }
      },
      token, std::move(asked), std::move(parts));
}

template <class T, class... Os>
  requires(Transport<T> || AsyncTransport<T>)
template <RequestLike Request, class Token, class C>
auto ResilientClient<T, Os...>::async_generate(Request&& request, const CallOptions& options, C& clock, Token&& token)
  requires AsyncTransport<T>
{
  CallOptions call = options;
  auto nobody = pipeline_.fit(request, call);
  auto operation = [this, wanted = ImageRequest(std::forward<Request>(request)), at = &clock](const Attempt& attempt, auto&& next) {
    return pipeline_.ask(wanted, attempt, at->now()(), [&](std::string_view model, const GenerateOptions& how) {
      return client_.async_generate(wanted, model, how, std::forward<decltype(next)>(next));
    });
  };
  return async_call<ImageReply, Request, Token>(std::move(nobody), repeatable(std::move(operation)), call, clock, token);
}

template <class T, class... Os>
  requires(Transport<T> || AsyncTransport<T>)
template <RequestLike Request, class Token>
auto ResilientClient<T, Os...>::async_generate(Request&& request, Token&& token)
  requires AsyncTransport<T>
{
  return async_generate(std::forward<Request>(request), CallOptions{}, system_clock, std::forward<Token>(token));
}

template <class T, class... Os>
  requires(Transport<T> || AsyncTransport<T>)
template <RequestLike Request, class OnPart, class Token, class C>
auto ResilientClient<T, Os...>::async_stream(Request&& request, OnPart&& on_part, const CallOptions& options, C& clock, Token&& token)
  requires AsyncTransport<T>
{
  CallOptions call = options;
  auto nobody = pipeline_.fit(request, call);
  auto operation = [this, wanted = ImageRequest(std::forward<Request>(request)), to = std::decay_t<OnPart>(std::forward<OnPart>(on_part)),
                    at = &clock](const Attempt& attempt, auto&& next) mutable {
    const auto hand_on = [&to](StreamPart&& part) { to(std::move(part)); };  // the call keeps it for all its attempts
    return pipeline_.ask(wanted, attempt, at->now()(), [&](std::string_view model, const GenerateOptions& how) {
      return client_.async_stream(wanted, model, hand_on, how, std::forward<decltype(next)>(next));
    });
  };
  return async_call<StreamEnd, Request, Token>(std::move(nobody), std::move(operation), call, clock, token);
}

template <class T, class... Os>
  requires(Transport<T> || AsyncTransport<T>)
template <RequestLike Request, class OnPart, class Token>
auto ResilientClient<T, Os...>::async_stream(Request&& request, OnPart&& on_part, Token&& token)
  requires AsyncTransport<T>
{
  return async_stream(std::forward<Request>(request), std::forward<OnPart>(on_part), CallOptions{}, system_clock,
                      std::forward<Token>(token));
}

template <class T, class... Os>
  requires(Transport<T> || AsyncTransport<T>)
template <RequestLike Request, class Token, class C>
auto ResilientClient<T, Os...>::async_generate_buffered(Request&& request, const CallOptions& options, C& clock, Token&& token)
  requires AsyncTransport<T>
{
  CallOptions call = options;
  auto nobody = pipeline_.fit(request, call);
  auto operation = [this, wanted = ImageRequest(std::forward<Request>(request)), at = &clock](const Attempt& attempt, auto&& next) {
    return pipeline_.ask(wanted, attempt, at->now()(), [&](std::string_view model, const GenerateOptions& how) {
      return client_.async_generate_buffered(wanted, model, how, std::forward<decltype(next)>(next));
    });
  };
  return async_call<ImageReply, Request, Token>(std::move(nobody), repeatable(std::move(operation)), call, clock, token);
}

template <class T, class... Os>
  requires(Transport<T> || AsyncTransport<T>)
template <RequestLike Request, class Token>
auto ResilientClient<T, Os...>::async_generate_buffered(Request&& request, Token&& token)
  requires AsyncTransport<T>
{
  return async_generate_buffered(std::forward<Request>(request), CallOptions{}, system_clock, std::forward<Token>(token));
}

template <class T, class... Os>
  requires(Transport<T> || AsyncTransport<T>)
template <class Value, class Request, class Token, class Operation, class C>
auto ResilientClient<T, Os...>::async_call(std::optional<Failure> nobody, Operation operation, const CallOptions& options, C& clock,
                                           Token& token)
  requires AsyncTransport<T>
{
  static_cast<void>(ductile::detail::explain_destroyed_twice<Token, void(Result<Value>), Request>());
  return boost::asio::async_initiate<Token, void(Result<Value>)>(
      [this](auto&& handler, std::optional<Failure> refused, Operation attempts, const CallOptions& call, C* at) {
        using Handler = std::decay_t<decltype(handler)>;
        if constexpr (ductile::detail::explain_executor<Handler, ductile::detail::NoExecutor>()) {
          if (refused) return detail::complete_soon<Value>(std::forward<Handler>(handler), *std::move(refused));
          pipeline_.policies().async_run(std::move(attempts), call, *at, std::forward<Handler>(handler));
        }
      },
      token, std::move(nobody), std::move(operation), options, &clock);
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini

template <template <class, class> class Associator, class Handler, class Read, class Default>
struct boost::asio::associator<Associator, ductile::gemini::detail::AnswerReader<Handler, Read>, Default> : Associator<Handler, Default> {
  using Reader = ductile::gemini::detail::AnswerReader<Handler, Read>;

  static typename Associator<Handler, Default>::type get(const Reader& reader) noexcept {
    return Associator<Handler, Default>::get(reader.handler);
  }
  static auto get(const Reader& reader, const Default& otherwise) noexcept
      -> decltype(Associator<Handler, Default>::get(reader.handler, otherwise)) {
    return Associator<Handler, Default>::get(reader.handler, otherwise);
  }
};
