// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>    // Failure
#include <ductile/core/result.hpp>     // Result
#include <ductile/core/stop.hpp>       // StopToken
#include <ductile/core/transport.hpp>  // AsyncTransport, BodyReceiver, HttpRequest, StopView, Transport, TransportLimits
#include <ductile/core/verdict.hpp>    // Duration
#include <ductile/detail/ascii.hpp>    // is_digit, is_letter
#include <ductile/gemini/api_key.hpp>
#include <ductile/gemini/blocked_prompts.hpp>
#include <ductile/gemini/detail/exchange.hpp>
#include <ductile/gemini/detail/refusal.hpp>
#include <ductile/gemini/redact.hpp>
#include <ductile/gemini/request.hpp>
#include <ductile/gemini/response.hpp>
#include <ductile/gemini/stream_reader.hpp>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace ductile::inline DUCTILE_VERSION::gemini {

struct ClientOptions {
  ApiKey api_key{};
  std::string base_url = "https://generativelanguage.googleapis.com";  ///< Without a version; "/v1beta/..." is appended.
  std::string api_version = "v1beta";                                  ///< v1 lags behind in what it knows of images.
  Duration connect_limit = std::chrono::seconds{10};                   ///< More than zero.
  Duration idle_limit = std::chrono::seconds{300};                     ///< More than zero. Minutes of silence are usual before an image.
  std::size_t max_response_bytes = std::size_t{64} * 1024 * 1024;      ///< 1 KiB or more. A 4K image is some 20 MB in base64.
  double pace = 1.0;  ///< Seconds of the call's clock in a real one: `ScaledClock`'s factor.
};

/// Options as the service's own clients take them from the environment: the key from GOOGLE_API_KEY or GEMINI_API_KEY, the base URL from
/// GOOGLE_GEMINI_BASE_URL, the version from GOOGLE_GENAI_API_VERSION ("beta" means v1beta). What is not set keeps its default.
[[nodiscard]] inline ClientOptions client_options_from_environment() {
  ClientOptions options;
  if (auto key = ApiKey::from_environment()) options.api_key = *std::move(key);
  if (const char* url = std::getenv("GOOGLE_GEMINI_BASE_URL"); url && *url != '\0') options.base_url = url;
  if (const char* version = std::getenv("GOOGLE_GENAI_API_VERSION"); version && *version != '\0')
    options.api_version = std::string_view{version} == "beta" ? "v1beta" : version;
  return options;
}

/// What one attempt may take, and where it goes when not to the client's own place.
struct GenerateOptions {
  std::optional<Duration> timeout{};       ///< Of the call's clock, for the whole attempt; none: as `suggested_timeout` says.
  StopView stop{};                         ///< Ends the attempt soon after it is requested.
  std::string_view base_url{};             ///< Empty: the client's. Must outlive the attempt.
  const ApiKey* api_key = nullptr;         ///< Null: the client's. Must outlive the attempt.
  const Rewording* rewording = nullptr;    ///< Other words to send; null: the request's. Must last until the attempt has begun.
  std::optional<ImageSize> downsize_to{};  ///< A smaller size to ask for; none: the request's. The answer tells.
  /// What was refused for its content is not sent again, and what is refused is taken note of; null: neither. Must outlive the attempt.
  BlockedPrompts* blocked = nullptr;
};

/// What the asynchronous functions take for a request: an `ImageRequest`, with a name or in braces. Their parameter is a reference of
/// either kind, so that g++ 12 can refuse the braces in a `co_await` expression, where it would destroy the request twice (E0134).
template <class Request>
concept RequestLike = std::convertible_to<Request, const ImageRequest&>;

/// How long the service is told that it may work: whole seconds, never less than 10, so that no request is given up before it began.
[[nodiscard]] constexpr std::chrono::seconds server_timeout(Duration timeout) noexcept {
  constexpr std::chrono::seconds least{10};
  constexpr std::chrono::seconds most{3600};
  return std::clamp(std::chrono::ceil<std::chrono::seconds>(timeout), least, most);
}

namespace detail {

/// A name as a segment of a path.
[[nodiscard]] inline std::string path_segment(std::string_view text) {
  constexpr std::string_view digits{"0123456789ABCDEF"};
  std::string segment;
  for (const char c : text) {
    if (ductile::detail::is_letter(c) || ductile::detail::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      segment.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      segment.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    }
  }
  return segment;
}

/// What is wrong with a base URL; empty when nothing is.
[[nodiscard]] inline std::string base_url_problem(std::string_view url) {
  const std::string said = "; it is \"" + shortened(redacted(std::string{url}), 120) + "\"";
  if (!url.starts_with("https://") && !url.starts_with("http://")) return "base_url: must begin with https:// or http://" + said;
  if (url.find_first_of("?#") != std::string_view::npos) return "base_url: must have no query and no fragment" + said;
  if (url.find('@') != std::string_view::npos) return "base_url: must have no name and no password";
  return {};
}

}  // namespace detail

/// Asks the image API over any transport, blocking or asynchronous, one attempt a call. To repeat, wait and fall back is the business of a
/// pipeline around it.
///
/// Sends generateContent, and streamGenerateContent where it is asked to stream, and nothing else; the key travels in the header
/// x-goog-api-key only, and is taken out of every text that a failure carries. A 200 is a success only with a whole image in it.
///
/// Errors   Every failure is a `Failure` with a verdict, the service's words, the evidence, and as cause the `HttpResponse` (its body cut
///          to 64 KiB) or the `TransportError`. A request or an option that is wrong fails before anything is sent.
/// Threads  As many as the transport allows; the client itself is immutable. The transport must outlive it.
/// Cost     Besides the exchange: about 2 ms for a 2 MB answer.
template <class T>
  requires(Transport<T> || AsyncTransport<T>)
class Client {
 public:
  explicit Client(T& transport, ClientOptions options) : transport_(&transport), options_(std::move(options)) {}

  [[nodiscard]] const ClientOptions& options() const noexcept { return options_; }

  /// What is wrong with the options, as a sentence that names field, range and value; empty when nothing is. `generate` fails with it too.
  [[nodiscard]] std::string problem() const {
    if (const auto key = options_.api_key.problem(); !key.empty()) return std::string{key};
    return problem_beside_key(options_.base_url);
  }

  /// One attempt to make the image.
  [[nodiscard]] Result<ImageReply> generate(const ImageRequest& request, std::string_view model, const GenerateOptions& how = {}) const
    requires Transport<T>
  {
    auto asked = ask(request, model, how);
    if (auto* refused = std::get_if<Failure>(&asked)) return std::move(*refused);
    const auto& sent = std::get<detail::Asked>(asked);
    return detail::read(transport_->send(sent.http, sent.limits), sent);
  }

  /// One attempt to make the image, whose parts are handed to `on_part(StreamPart&&)` as they arrive, on the thread of the transport. Over
  /// a transport that has no pieces they come all at the end.
  ///
  /// Once a part was handed out, a failure is `Sent::delivered`, and no pipeline repeats the attempt: the caller would get the part again.
  /// `generate_buffered` keeps the parts back, and may be repeated.
  ///
  /// Errors   As `generate`'s, and those of `StreamReader`. What `on_part` throws goes through, after the exchange was ended.
  template <class OnPart>
  [[nodiscard]] Result<StreamEnd> stream(const ImageRequest& request, std::string_view model, OnPart&& on_part,
                                         const GenerateOptions& how = {}) const
    requires Transport<T>
  {
    return streamed(ask(request, model, how, stream_method), detail::HandedOut<OnPart&>{on_part});
  }

  /// As `generate`, but over a stream: a connection that stalls or breaks shows as soon as it does, not at the end of the attempt.
  [[nodiscard]] Result<ImageReply> generate_buffered(const ImageRequest& request, std::string_view model,
                                                     const GenerateOptions& how = {}) const
    requires Transport<T>
  {
    return streamed(ask(request, model, how, stream_method), detail::KeptBack{});
  }

  /// `generate` as an asynchronous operation, in <ductile/gemini/async.hpp>. The client may go meanwhile, the transport not.
  ///
  /// Completes with  `void(Result<ImageReply>)`, on the token's executor, which it must have.
  /// Cancellation  As the transport's.
  template <RequestLike Request = ImageRequest, class Token>
  auto async_generate(Request&& request, std::string_view model, const GenerateOptions& how, Token&& token) const
    requires AsyncTransport<T>;

  /// `stream` as an asynchronous operation, likewise.
  ///
  /// `on_part` is kept until the end, and called on the token's executor, wherever the transport reads: in order, never inside this
  /// function, never after the completion. That executor runs one thing at a time: a strand, or a context that one thread runs. What
  /// `on_part` throws ends the exchange; the failure has the id `exception`, and the `std::exception_ptr` as its cause.
  ///
  /// Completes with  `void(Result<StreamEnd>)`, on the token's executor, which it must have.
  /// Cancellation  As the transport's; and nothing more is handed out, from that moment on.
  template <RequestLike Request = ImageRequest, class OnPart, class Token>
  auto async_stream(Request&& request, std::string_view model, OnPart&& on_part, const GenerateOptions& how, Token&& token) const
    requires AsyncTransport<T>;

  /// `generate_buffered` as an asynchronous operation, likewise.
  ///
  /// Completes with  `void(Result<ImageReply>)`, on the token's executor, which it must have and which runs one thing at a time.
  /// Cancellation  As the transport's.
  template <RequestLike Request = ImageRequest, class Token>
  auto async_generate_buffered(Request&& request, std::string_view model, const GenerateOptions& how, Token&& token) const
    requires AsyncTransport<T>;

 private:
  static constexpr std::string_view stream_method = "streamGenerateContent?alt=sse";

  // What is to be sent; or why nothing is.
  [[nodiscard]] std::variant<detail::Asked, Failure> ask_as_it_stands(const ImageRequest& request, std::string_view model,
                                                                      const GenerateOptions& how, std::string_view method) const {
    const ApiKey& key = how.api_key ? *how.api_key : options_.api_key;
    const std::string_view base = how.base_url.empty() ? std::string_view{options_.base_url} : how.base_url;
    if (const auto problem = key.problem(); !problem.empty()) return detail::refusal({"key-missing", std::string{problem}});
    if (auto problem = problem_beside_key(base); !problem.empty()) return detail::refusal({"invalid-argument-generic", std::move(problem)});
    if (auto refused = detail::refused(request, model)) return *std::move(refused);
    BlockedPrompts::Key content{};
    if (how.blocked) {
      content = BlockedPrompts::key_of(request);
      if (auto refused = how.blocked->refusal(content)) return *std::move(refused);
    }

    const Duration timeout = how.timeout.value_or(suggested_timeout(request));
    detail::Asked asked{http_request(request, model, method, base, key, timeout), limits(timeout, how), model, request, key};
    asked.blocked = how.blocked;
    asked.content = content;
    return asked;
  }

  // The same with other words and a smaller size in the place of the request's, where there are some.
  [[nodiscard]] std::variant<detail::Asked, Failure> ask(const ImageRequest& request, std::string_view model, const GenerateOptions& how,
                                                         std::string_view method = "generateContent") const {
    if (!how.rewording && !how.downsize_to) return ask_as_it_stands(request, model, how, method);
    ImageRequest changed = request;
    if (how.rewording) changed.prompt = how.rewording->prompt;
    if (how.downsize_to) changed.image_size = how.downsize_to;
    auto asked = ask_as_it_stands(changed, model, how, method);
    if (auto* to_send = std::get_if<detail::Asked>(&asked)) {
      if (how.rewording) to_send->rewording = how.rewording->what.empty() ? "said in other words" : how.rewording->what;
      to_send->downsized_to = how.downsize_to;
    }
    return asked;
  }

  // What came of it, for who waits for it.
  template <class Parts>
  [[nodiscard]] typename detail::StreamExchange<Parts>::Reply streamed(std::variant<detail::Asked, Failure> asked, Parts parts) const {
    if (auto* refused = std::get_if<Failure>(&asked)) return std::move(*refused);
    detail::StreamExchange<Parts> exchange{std::get<detail::Asked>(std::move(asked)), std::move(parts)};
    const detail::Asked& sent = exchange.asked();
    TransportLimits limits = sent.limits;
    limits.body = BodyReceiver{exchange};
    return exchange.end(transport_->send(sent.http, limits));
  }

  template <class Request, class Token, class Parts>
  auto async_streamed(std::variant<detail::Asked, Failure> asked, Parts parts, Token& token) const
    requires AsyncTransport<T>;

  [[nodiscard]] std::string problem_beside_key(std::string_view base) const {
    if (auto problem = detail::base_url_problem(base); !problem.empty()) return problem;
    if (options_.api_version.empty() || detail::path_segment(options_.api_version) != options_.api_version)
      return "api_version: must be letters and digits, such as v1beta; it is \"" + shortened(options_.api_version, 40) + "\"";
    if (options_.connect_limit <= Duration::zero()) return "connect_limit: must be more than zero";
    if (options_.idle_limit <= Duration::zero()) return "idle_limit: must be more than zero";
    if (options_.max_response_bytes < 1024)
      return "max_response_bytes: must be 1024 or more; it is " + std::to_string(options_.max_response_bytes);
    if (!(options_.pace >= 0.001 && options_.pace <= 100'000.0))
      return "pace: must be from 0.001 to 100000; it is " + std::to_string(options_.pace);
    return {};
  }

  [[nodiscard]] HttpRequest http_request(const ImageRequest& request, std::string_view model, std::string_view method,
                                         std::string_view base, const ApiKey& key, Duration timeout) const {
    while (base.ends_with('/')) base.remove_suffix(1);
    constexpr std::string_view prefix{"models/"};
    if (model.starts_with(prefix)) model.remove_prefix(prefix.size());
    HttpRequest out;
    out.method = "POST";
    out.url = std::string{base} + "/" + options_.api_version + "/models/" + detail::path_segment(model) + ":";
    out.url.append(method);
    out.headers = {{"x-goog-api-key", std::string{key.reveal()}},
                   {"Content-Type", "application/json"},
                   {"X-Server-Timeout", std::to_string(server_timeout(timeout).count())}};
    out.body = to_json(request);
    return out;
  }

  [[nodiscard]] TransportLimits limits(Duration timeout, const GenerateOptions& how) const {
    const auto real = [this](Duration span) {
      return options_.pace == 1.0 ? span : Duration{static_cast<Duration::rep>(static_cast<double>(span.count()) / options_.pace)};
    };
    TransportLimits limits;
    limits.connect = options_.connect_limit;
    limits.idle = std::max<Duration>(real(options_.idle_limit), std::chrono::milliseconds{1});
    limits.total = real(timeout);
    limits.max_response_bytes = options_.max_response_bytes;
    limits.stop = how.stop;
    return limits;
  }

  T* transport_;
  ClientOptions options_;
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini
