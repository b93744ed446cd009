// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/attempt.hpp>       // Attempt
#include <ductile/core/call_options.hpp>  // CallOptions
#include <ductile/core/clock.hpp>         // Clock, SystemClock
#include <ductile/core/failure.hpp>       // Failure
#include <ductile/core/operation.hpp>     // repeatable
#include <ductile/core/result.hpp>        // Result
#include <ductile/core/stop.hpp>          // NoStop, StopToken
#include <ductile/core/target.hpp>        // Target
#include <ductile/core/transport.hpp>     // AsyncTransport, Transport
#include <ductile/drivers/blocking.hpp>
#include <ductile/gemini/blocked_prompts.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/gemini/request.hpp>  // ImageRequest
#include <ductile/gemini/resilient_options.hpp>
#include <ductile/gemini/resilient_pipeline.hpp>
#include <ductile/gemini/response.hpp>  // ImageReply
#include <ductile/policies/target_rests.hpp>

#include <concepts>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// An image client that bends and does not break: asks, waits, falls back and gives up as `ResilientOptions` say. Made by `resilient`.
///
/// Errors   As `Client`'s, with the trail of all attempts. A request that no target can take fails before anything is sent.
/// Threads  Any number of threads may call `generate`; they share breakers, quota ledgers and rests, one of each for every target.
/// Cost     Beside the exchange itself nothing that can be measured.
template <class T, class... Os>
  requires(Transport<T> || AsyncTransport<T>)
class ResilientClient {
 public:
  ResilientClient(T& transport, ClientOptions client, ResilientOptions options, Os&... observers)
      : client_(transport, std::move(client)), pipeline_(std::move(options), observers...) {}

  /// Makes the image, however many attempts it takes.
  ///
  /// \param options What this call does differently. Its `targets` are limited further to those that can take the request.
  /// \param stop Ends the call soon after it is requested, in a wait or in the exchange: `Kind::cancelled`.
  /// \param clock What the call waits on; give `ClientOptions::pace` the factor of a `ScaledClock`.
  template <StopToken Stop = NoStop, Clock C = const SystemClock>
  [[nodiscard]] Result<ImageReply> generate(const ImageRequest& request, CallOptions options = {}, const Stop& stop = {},
                                            C& clock = system_clock)
    requires Transport<T>
  {
    const auto attempt = [&](std::string_view model, const GenerateOptions& how) { return client_.generate(request, model, how); };
    if (auto nobody = pipeline_.fit(request, options)) return *std::move(nobody);
    return pipeline_.policies().run(repeatable(operation(request, attempt, stop, clock)), options, stop, clock);
  }

  /// Makes the image and hands its parts to `on_part(StreamPart&&)` as they arrive: see `Client::stream`. Until the first part was handed
  /// out a failure is tried again as `generate` would; after it the call fails, with the note `not_repeatable`.
  template <class OnPart, StopToken Stop = NoStop, Clock C = const SystemClock>
  [[nodiscard]] Result<StreamEnd> stream(const ImageRequest& request, OnPart&& on_part, CallOptions options = {}, const Stop& stop = {},
                                         C& clock = system_clock)
    requires Transport<T>
  {
    const auto attempt = [&](std::string_view model, const GenerateOptions& how) { return client_.stream(request, model, on_part, how); };
    if (auto nobody = pipeline_.fit(request, options)) return *std::move(nobody);
    return pipeline_.policies().run(operation(request, attempt, stop, clock), options, stop, clock);
  }

  /// As `generate`, but each attempt over a stream whose parts are kept back until it is whole, so that any failure may be tried again: see
  /// `Client::generate_buffered`.
  template <StopToken Stop = NoStop, Clock C = const SystemClock>
  [[nodiscard]] Result<ImageReply> generate_buffered(const ImageRequest& request, CallOptions options = {}, const Stop& stop = {},
                                                     C& clock = system_clock)
    requires Transport<T>
  {
    const auto attempt = [&](std::string_view model, const GenerateOptions& how) { return client_.generate_buffered(request, model, how); };
    if (auto nobody = pipeline_.fit(request, options)) return *std::move(nobody);
    return pipeline_.policies().run(repeatable(operation(request, attempt, stop, clock)), options, stop, clock);
  }

  /// `generate` as an asynchronous operation, in <ductile/gemini/async.hpp>. The client outlives the context.
  ///
  /// \param clock What the call waits on; it must outlive the call.
  /// Completes with  `void(Result<ImageReply>)`, on the token's executor, which it must have: `asio::bind_executor(context, token)`.
  /// Cancellation  In a wait, in a line and in an exchange, at once: `Kind::cancelled`.
  template <RequestLike Request = ImageRequest, class Token, class C>
  auto async_generate(Request&& request, const CallOptions& options, C& clock, Token&& token)
    requires AsyncTransport<T>;
  template <RequestLike Request = ImageRequest, class Token>
  auto async_generate(Request&& request, Token&& token)
    requires AsyncTransport<T>;

  /// `stream` as an asynchronous operation, likewise: `on_part` is kept until the end, and called as `Client::async_stream` says, by one
  /// attempt at a time. What it throws ends the call.
  ///
  /// Completes with  `void(Result<StreamEnd>)`, on the token's executor, which it must have.
  /// Cancellation  As `async_generate`'s; and nothing more is handed out, from that moment on.
  template <RequestLike Request = ImageRequest, class OnPart, class Token, class C>
  auto async_stream(Request&& request, OnPart&& on_part, const CallOptions& options, C& clock, Token&& token)
    requires AsyncTransport<T>;
  template <RequestLike Request = ImageRequest, class OnPart, class Token>
  auto async_stream(Request&& request, OnPart&& on_part, Token&& token)
    requires AsyncTransport<T>;

  /// `generate_buffered` as an asynchronous operation, in all else as `async_generate`.
  template <RequestLike Request = ImageRequest, class Token, class C>
  auto async_generate_buffered(Request&& request, const CallOptions& options, C& clock, Token&& token)
    requires AsyncTransport<T>;
  template <RequestLike Request = ImageRequest, class Token>
  auto async_generate_buffered(Request&& request, Token&& token)
    requires AsyncTransport<T>;

  [[nodiscard]] const std::vector<Target>& targets() const noexcept { return pipeline_.targets(); }
  [[nodiscard]] const Client<T>& client() const noexcept { return client_; }
  /// The pipeline, to look at the states of its layers.
  [[nodiscard]] auto& pipeline() noexcept { return pipeline_.policies(); }
  /// Which targets rest, and until when.
  [[nodiscard]] TargetRests& rests() noexcept { return pipeline_.rests(); }
  /// What was refused for its content, and is not sent again.
  [[nodiscard]] BlockedPrompts& blocked() noexcept { return pipeline_.blocked(); }
  /// The breaker of a target, by its number.
  [[nodiscard]] auto& breaker(unsigned target) noexcept { return pipeline_.breaker(target); }

 private:
  static constexpr SystemClock system_clock{};

  // One attempt at a target of the chain; all that it refers to outlives the call.
  template <class Try, class Stop, class C>
  [[nodiscard]] auto operation(const ImageRequest& request, const Try& attempt_at, const Stop& stop, C& clock) {
    return [&](const Attempt& attempt) {
      return pipeline_.ask(request, attempt, clock.now()(), [&](std::string_view model, GenerateOptions how) {
        if constexpr (!std::same_as<Stop, NoStop>) how.stop = StopView{stop};
        return attempt_at(model, how);
      });
    };
  }

  template <class Value, class Request, class Token, class Operation, class C>
  auto async_call(std::optional<Failure> nobody, Operation operation, const CallOptions& options, C& clock, Token& token)
    requires AsyncTransport<T>;

  Client<T> client_;
  ResilientPipeline<Os...> pipeline_;
};

/// A resilient image client over any transport: `auto client = gemini::resilient(transport, {.api_key = key});`
///
/// The transport and the observers must outlive it. Over an `AsyncTransport` the image is made by `async_generate` and its like.
/// Errors   `ConfigError` when an option is out of range.
template <class T, class... Os>
  requires(Transport<T> || AsyncTransport<T>)
[[nodiscard]] ResilientClient<T, Os...> resilient(T& transport, ClientOptions client, ResilientOptions options = {}, Os&... observers) {
  return ResilientClient<T, Os...>{transport, std::move(client), std::move(options), observers...};
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
