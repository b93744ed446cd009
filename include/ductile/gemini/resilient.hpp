// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/backoff/exponential.hpp>  // Exponential
#include <ductile/core/attempt.hpp>         // Attempt
#include <ductile/core/call_options.hpp>    // CallOptions
#include <ductile/core/clock.hpp>           // Clock, SystemClock
#include <ductile/core/config_error.hpp>    // CollectedRules, RefusingRules
#include <ductile/core/failure.hpp>         // Failure
#include <ductile/core/misfits.hpp>
#include <ductile/core/now.hpp>        // Time
#include <ductile/core/observer.hpp>   // Observe
#include <ductile/core/operation.hpp>  // repeatable
#include <ductile/core/pipeline.hpp>   // Pipeline
#include <ductile/core/result.hpp>     // Result
#include <ductile/core/stop.hpp>       // NoStop, StopToken
#include <ductile/core/target.hpp>     // Target
#include <ductile/core/transport.hpp>  // AsyncTransport, Transport
#include <ductile/drivers/blocking.hpp>
#include <ductile/gemini/client.hpp>
#include <ductile/gemini/models.hpp>    // find_model, ImageSize
#include <ductile/gemini/request.hpp>   // check, ImageRequest
#include <ductile/gemini/response.hpp>  // ImageReply
#include <ductile/policies/circuit_breaker.hpp>
#include <ductile/policies/fallback_chain.hpp>
#include <ductile/policies/quota_tracker.hpp>
#include <ductile/policies/retry.hpp>
#include <ductile/policies/timeout.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::gemini {

/// The default chain: the model that makes the best images, the one that Google recommends, and the fast one. The last makes 1K only, and
/// is left out for a request that asks for more.
[[nodiscard]] inline std::vector<Target> image_targets() {
  return {{.name = "pro", .model = "gemini-3-pro-image"},
          {.name = "banana", .model = "gemini-nano-banana-2.1"},
          {.name = "lite", .model = "gemini-3.1-flash-lite-image"}};
}

/// What one image of that request costs at the target, in USD: the target's own price where it has one, else the table's for the size; none
/// when it is not known. Without a size the service makes 1K.
[[nodiscard]] inline std::optional<double> price_of(const Target& target, const ImageRequest& request) {
  if (target.price) return target.price;
  const ImageModel* model = find_model(target.model);
  const double dollars = model ? model->dollars_per_image[static_cast<std::size_t>(request.image_size.value_or(ImageSize::one_k))] : 0.0;
  return dollars > 0.0 ? std::optional{dollars} : std::nullopt;
}

/// All numbers of a resilient image client. Each default has its reason; `describe(options)` prints both.
struct ResilientOptions {
  Duration deadline = std::chrono::minutes{10};  ///< Of one image, waits included. Ten times a slow image, and a few minutes of overload.
  FallbackOptions fallback{.targets = image_targets()};
  /// Up to 3, then up to 60 s, never less than 1: overload lasts minutes, and a call that comes back within a second meets it again - and
  /// counts against the day. What is not recognised is tried again once: it cost something, and nobody knows what.
  RetryOptions<Exponential> retry{
      .attempts = 5,
      .backoff = {.base = std::chrono::seconds{3}, .cap = std::chrono::seconds{60}, .floor = std::chrono::seconds{1}},
      .attempts_by_kind = {0, {{Kind::recitation, 2}, {Kind::no_image, 2}, {Kind::auth, 2}, {Kind::other, 2}}},
      .squeeze_to = std::chrono::seconds{1}};
  /// Two failures that are 60 % of the last ten within two minutes: at one image every half minute a longer count would notice too late.
  CircuitBreakerOptions<FailureRatio> breaker{.trip = ratio(0.6, {.of = 10, .within = std::chrono::minutes{2}, .at_least = 2}),
                                              .open_for = std::chrono::seconds{10},
                                              .probes = 2,
                                              .last_chance = std::chrono::milliseconds{500}};
  QuotaOptions<6> quota = learning();  ///< Limits differ by project and are published nowhere: learnt from the refusals.
  /// A bound for what asks for more time than `suggested_timeout` of its request.
  Duration attempt_timeout = std::chrono::minutes{5};
};

/// What the article did whose sample code many programs carry: 5 attempts of 1 to 32 s, a breaker that opens for 5 minutes after 3
/// failures, a target that rests 15 minutes after a 500 that did not pass, and the end after 30 minutes of one error. To compare with, not
/// to recommend: docs/gemini/defaults.md tells what each of these numbers costs.
[[nodiscard]] inline ResilientOptions seed_defaults() {
  using namespace std::chrono_literals;
  ResilientOptions options;
  options.deadline = 31min;  // so that the half hour decides
  options.retry = {.attempts = 5, .backoff = {.base = 1s, .cap = 32s}};
  options.fallback.table.set(Kind::internal, {Next::here, 5}).set(Kind::overload, {Next::here, 5});
  options.fallback.rest.set(Kind::internal, 15min);
  for (const Kind kind : {Kind::rate_limit, Kind::overload, Kind::internal, Kind::timeout, Kind::network})
    options.fallback.give_up_after.set(kind, 30min);
  options.breaker = {.trip = ratio(1.0, {.of = 3, .within = 24h, .at_least = 3}), .open_for = 5min};
  return options;
}

namespace detail {
[[nodiscard]] inline std::string ceiling(std::optional<double> most) {
  if (!most) return "the first target's";
  char text[32];
  std::snprintf(text, sizeof text, "%g USD", *most);
  return *most == any_price ? "anything" : text;
}
}  // namespace detail

/// What of the options cannot be: a number that is out of range, else attempts that have no time to begin when all take as long as they
/// may. A sentence each, which says what to change; none for the defaults.
///
/// \param attempt How long the client lets one attempt take at most; unless named, as long as a picture of the usual size.
[[nodiscard]] inline std::vector<std::string> misfits(const ResilientOptions& options, Duration attempt = suggested_timeout({})) {
  FallbackOptions fallback = options.fallback;
  CollectedRules rules;
  fallback.check(rules);
  Deadline::check(options.deadline, rules);
  Retry<Exponential>::check(options.retry, rules);
  CircuitBreaker<FailureRatio>::check(options.breaker, rules);
  QuotaTracker<6>::check(options.quota, rules);
  AttemptTimeout::check(options.attempt_timeout, rules);
  if (!rules.broken.empty()) return {rules.broken};
  fallback.price_ceiling = any_price;  // which of the targets a request can pay is known with the request
  return ductile::misfits(Deadline{options.deadline}, FallbackChain{std::move(fallback)}, Retry{options.retry},
                          AttemptTimeout{std::min(options.attempt_timeout, attempt)});
}

/// The options with their reasons, a line each, for a log or a person. Last, what of them cannot be: `misfits`.
[[nodiscard]] inline std::string describe(const ResilientOptions& options) {
  const auto seconds = [](Duration span) {
    const auto whole = std::chrono::round<std::chrono::seconds>(span).count();
    return whole % 60 == 0 && whole > 60 ? std::to_string(whole / 60) + " min" : std::to_string(whole) + " s";
  };
  std::string text;
  const auto line = [&text](const std::string& what, const char* why) { text.append(what).append(" - ").append(why).append("\n"); };
  std::string targets;
  for (const Target& target : options.fallback.targets)
    targets.append(targets.empty() ? "" : " -> ").append(target.name + "=" + target.model);
  line("targets " + targets, "in this order; one that cannot make the asked size is left out for that call");
  line("deadline " + seconds(options.deadline), "for one image, all attempts and waits together");
  line("attempts " + std::to_string(options.retry.attempts) + " a target, waits from " + seconds(options.retry.backoff.base) + " to " +
           seconds(options.retry.backoff.cap),
       "overload lasts minutes, and each failed call counts against the day's quota; while another target is left, fewer");
  line("breaker opens at " + std::to_string(static_cast<int>(options.breaker.trip.share * 100)) + " % of the last " +
           std::to_string(options.breaker.trip.window.of) + " within " + seconds(options.breaker.trip.window.within) + ", for " +
           seconds(options.breaker.open_for),
       "a model in a burst of overload is left alone, and asked again by single probes");
  line("patience " + std::to_string(static_cast<int>(options.fallback.patience * 100)) + " % of the time left (" +
           std::to_string(static_cast<int>(options.fallback.patience_when_long * 100)) + " % of more than " +
           seconds(options.fallback.long_slack) + ")",
       "how long a target may make a call wait while another is left");
  line("price at most " + detail::ceiling(options.fallback.price_ceiling),
       "of an image of the asked size; a fallback that costs more would be a surprise");
  line("quota learnt from refusals", "limits differ by project; a day that is spent stays closed until midnight in California");
  line("attempt at most " + seconds(options.attempt_timeout), "and no longer than its size needs: 120 s, 180 s for 4K");
  for (const std::string& misfit : misfits(options)) text.append(misfit).append("\n");
  return text;
}

namespace detail {
template <class... Os>
using ResilientPipeline =
    Pipeline<Deadline, FallbackChain, Retry<Exponential>, CircuitBreaker<FailureRatio>, QuotaTracker<6>, AttemptTimeout, Observe<Os>...>;
}  // namespace detail

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
      : client_(transport, std::move(client)),
        targets_(options.fallback.targets),
        price_ceiling_(options.fallback.price_ceiling),
        pipeline_(Deadline{options.deadline}, FallbackChain{without_ceiling(std::move(options.fallback))}, Retry{options.retry},
                  CircuitBreaker{options.breaker}, QuotaTracker{options.quota}, AttemptTimeout{options.attempt_timeout},
                  Observe<Os>{observers}...) {}

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
    if (auto nobody = choose_targets(request, options)) return *std::move(nobody);
    return pipeline_.run(repeatable(operation(request, attempt, stop, clock)), options, stop, clock);
  }

  /// Makes the image and hands its parts to `on_part(StreamPart&&)` as they arrive: see `Client::stream`. Until the first part was handed
  /// out a failure is tried again as `generate` would; after it the call fails, with the note `not_repeatable`.
  template <class OnPart, StopToken Stop = NoStop, Clock C = const SystemClock>
  [[nodiscard]] Result<StreamEnd> stream(const ImageRequest& request, OnPart&& on_part, CallOptions options = {}, const Stop& stop = {},
                                         C& clock = system_clock)
    requires Transport<T>
  {
    const auto attempt = [&](std::string_view model, const GenerateOptions& how) { return client_.stream(request, model, on_part, how); };
    if (auto nobody = choose_targets(request, options)) return *std::move(nobody);
    return pipeline_.run(operation(request, attempt, stop, clock), options, stop, clock);
  }

  /// As `generate`, but each attempt over a stream whose parts are kept back until it is whole, so that any failure may be tried again: see
  /// `Client::generate_buffered`.
  template <StopToken Stop = NoStop, Clock C = const SystemClock>
  [[nodiscard]] Result<ImageReply> generate_buffered(const ImageRequest& request, CallOptions options = {}, const Stop& stop = {},
                                                     C& clock = system_clock)
    requires Transport<T>
  {
    const auto attempt = [&](std::string_view model, const GenerateOptions& how) { return client_.generate_buffered(request, model, how); };
    if (auto nobody = choose_targets(request, options)) return *std::move(nobody);
    return pipeline_.run(repeatable(operation(request, attempt, stop, clock)), options, stop, clock);
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

  [[nodiscard]] const std::vector<Target>& targets() const noexcept { return targets_; }
  [[nodiscard]] const Client<T>& client() const noexcept { return client_; }
  /// The pipeline, to look at its states: `pipeline().template state<3>(target)` is the breaker of that target.
  [[nodiscard]] auto& pipeline() noexcept { return pipeline_; }

 private:
  static constexpr SystemClock system_clock{};

  // The ceiling depends on the size that a request asks for, so it is applied here, to each request, and not by the chain.
  static FallbackOptions without_ceiling(FallbackOptions options) {
    RefusingRules rules;
    options.check_ceiling(rules);
    options.price_ceiling = any_price;
    return options;
  }

  // One attempt at a target of the chain; all that it refers to outlives the call.
  template <class Try, class Stop, class C>
  [[nodiscard]] auto operation(const ImageRequest& request, const Try& attempt_at, const Stop& stop, C& clock) const {
    return [&](const Attempt& attempt) {
      GenerateOptions how = how_to_ask(request, attempt, clock.now()());
      if constexpr (!std::same_as<Stop, NoStop>) how.stop = StopView{stop};
      return attempt_at(targets_[attempt.target].model, how);
    };
  }

  template <class Value, class Request, class Token, class Operation, class C>
  auto async_call(std::optional<Failure> nobody, Operation operation, const CallOptions& options, C& clock, Token& token)
    requires AsyncTransport<T>;

  enum class Obstacle : std::uint8_t { not_wanted, size_or_ratio, price };

  // Why the target is not offered the request: the call excludes it, it cannot make the size or the ratio, or it is too dear.
  [[nodiscard]] std::optional<Obstacle> obstacle(const Target& target, const ImageRequest& request, TargetSet wanted) const {
    const auto index = static_cast<std::size_t>(&target - targets_.data());
    if (wanted != 0 && (wanted >> index & 1U) == 0) return Obstacle::not_wanted;
    const std::string_view size = request.image_size ? name(*request.image_size) : std::string_view{};
    if (!can_make(target, size, request.aspect_ratio) || check(request, target.model)) return Obstacle::size_or_ratio;
    const auto price = price_of(target, request);
    const auto first = price_of(targets_.front(), request);
    const bool dear = price_ceiling_ ? price.value_or(any_price) > *price_ceiling_ : first && price && *price > *first;
    return dear ? std::optional{Obstacle::price} : std::nullopt;
  }

  static const char* words(Obstacle obstacle) {
    switch (obstacle) {
      case Obstacle::not_wanted: return " is excluded by the call";
      case Obstacle::size_or_ratio: return " does not make this size or ratio";
      case Obstacle::price: return " costs more than is allowed";
    }
    return "";
  }

  // Leaves the call to the targets that can take the request. None: then nothing is sent, and this is why.
  [[nodiscard]] std::optional<Failure> choose_targets(const ImageRequest& request, CallOptions& options) const {
    const auto able = ductile::able_targets(targets_, [&](const Target& target) { return !obstacle(target, request, options.targets); });
    if (!able) return no_target(request, options.targets);
    options.targets = *able;
    return std::nullopt;
  }

  [[nodiscard]] GenerateOptions how_to_ask(const ImageRequest& request, const Attempt& attempt, Time now) const {
    GenerateOptions how;
    how.timeout = std::min(suggested_timeout(request), attempt.remaining(now));
    how.base_url = targets_[attempt.target].base_url;
    return how;
  }

  // The request is wrong for every model, or nobody is left who may take it.
  [[nodiscard]] Failure no_target(const ImageRequest& request, TargetSet wanted) const {
    Verdict verdict;
    verdict.kind = Kind::no_target;
    verdict.says = Says::policy;
    verdict.sent = Sent::no;
    verdict.billed = Billed::no;
    verdict.id = "no-target";
    std::string message;
    for (const Target& target : targets_) {
      const auto why = obstacle(target, request, wanted);
      if (why == Obstacle::size_or_ratio)
        if (auto refused = client_.refused(request, target.model)) return *std::move(refused);
      if (why == Obstacle::price) verdict.id = "price-ceiling";
      message.append(message.empty() ? "" : "; ").append(target.name);
      message.append(why ? words(*why) : "");
    }
    return Failure{verdict, std::move(message)};
  }

  Client<T> client_;
  std::vector<Target> targets_;
  std::optional<double> price_ceiling_;
  detail::ResilientPipeline<Os...> pipeline_;
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
