// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/failure.hpp>    // Cause, Failure
#include <ductile/core/result.hpp>     // Result
#include <ductile/core/stop.hpp>       // StopToken
#include <ductile/core/transport.hpp>  // AsyncTransport, HttpRequest, HttpResponse, StopView, Transport, TransportError, TransportLimits
#include <ductile/core/verdict.hpp>    // Duration, Verdict
#include <ductile/detail/ascii.hpp>    // is_digit, is_letter
#include <ductile/gemini/api_key.hpp>
#include <ductile/gemini/classifier.hpp>
#include <ductile/gemini/failures.hpp>  // find_failure, verdict_of
#include <ductile/gemini/redact.hpp>
#include <ductile/gemini/request.hpp>
#include <ductile/gemini/response.hpp>
#include <ductile/gemini/stream_reader.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
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
  std::optional<Duration> timeout{};  ///< Of the call's clock, for the whole attempt; none: as `suggested_timeout` says.
  StopView stop{};                    ///< Ends the attempt soon after it is requested.
  std::string_view base_url{};        ///< Empty: the client's. Must outlive the attempt.
  const ApiKey* api_key = nullptr;    ///< Null: the client's. Must outlive the attempt.
};

/// How long the service is told that it may work: whole seconds, never less than 10, so that no request is given up before it began.
[[nodiscard]] constexpr std::chrono::seconds server_timeout(Duration timeout) noexcept {
  constexpr std::chrono::seconds least{10};
  constexpr std::chrono::seconds most{3600};
  return std::clamp(std::chrono::ceil<std::chrono::seconds>(timeout), least, most);
}

namespace detail {

inline constexpr std::size_t kept_body = std::size_t{64} * 1024;  // of an answer that failed, for who wants to see it

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

// A request on its way, and what its answer is held against. A class with a constructor: g++ 12 destroys an aggregate twice in a coroutine.
struct Asked {
  Asked(HttpRequest request, const TransportLimits& may_take, std::string_view asked_model, const ImageRequest& image, ApiKey secret)
      : http(std::move(request)),
        limits(may_take),
        model(asked_model),
        aspect_ratio(image.aspect_ratio),
        image_size(image.image_size),
        key(std::move(secret)) {}

  HttpRequest http;
  TransportLimits limits;
  std::string model;
  std::string aspect_ratio;
  std::optional<ImageSize> image_size;
  ApiKey key;
};

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

  /// Why the model is not asked for that image; none when it can be.
  [[nodiscard]] std::optional<Failure> refused(const ImageRequest& request, std::string_view model) const {
    auto problem = check(request, model);
    return problem ? std::optional{refusal(*std::move(problem))} : std::nullopt;
  }

  /// One attempt to make the image.
  [[nodiscard]] Result<ImageReply> generate(const ImageRequest& request, std::string_view model, const GenerateOptions& how = {}) const
    requires Transport<T>
  {
    auto asked = ask(request, model, how);
    if (auto* refused = std::get_if<Failure>(&asked)) return std::move(*refused);
    const auto& sent = std::get<detail::Asked>(asked);
    return read(transport_->send(sent.http, sent.limits), sent);
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
    return streamed(request, model, on_part, how, true);
  }

  /// As `generate`, but over a stream: a connection that stalls or breaks shows as soon as it does, not at the end of the attempt.
  [[nodiscard]] Result<ImageReply> generate_buffered(const ImageRequest& request, std::string_view model,
                                                     const GenerateOptions& how = {}) const
    requires Transport<T>
  {
    ImageReply reply;
    const auto collect = [&reply](StreamPart&& part) {
      const bool image = part.image();
      if (image) {
        std::erase_if(reply.parts, [](const ReplyPart& known) { return known.image; });  // the last one is the result
        reply.bytes = std::move(part.bytes);
        reply.format = part.format;
        reply.width = part.width;
        reply.height = part.height;
      }
      reply.text.append(part.text);
      reply.parts.push_back({std::move(part.text), image, std::move(part.thought_signature)});
    };
    auto end = streamed(request, model, collect, how, false);
    if (!end) return std::move(end).error();
    reply.usage = end.value().usage;
    reply.model_version = std::move(end.value().model_version);
    reply.model_substituted = end.value().model_substituted;
    reply.response_id = std::move(end.value().response_id);
    return reply;
  }

  /// The same as an asynchronous operation, in <ductile/gemini/async.hpp>. The client may go meanwhile, the transport not.
  ///
  /// Completes with  `void(Result<ImageReply>)`, on the token's executor, which it must have.
  /// Cancellation  As the transport's.
  template <class Token>
  auto async_generate(const ImageRequest& request, std::string_view model, const GenerateOptions& how, Token&& token) const
    requires AsyncTransport<T>;

 private:
  // What is to be sent; or why nothing is.
  [[nodiscard]] std::variant<detail::Asked, Failure> ask(const ImageRequest& request, std::string_view model, const GenerateOptions& how,
                                                         std::string_view method = "generateContent") const {
    const ApiKey& key = how.api_key ? *how.api_key : options_.api_key;
    const std::string_view base = how.base_url.empty() ? std::string_view{options_.base_url} : how.base_url;
    if (const auto problem = key.problem(); !problem.empty()) return refusal({"key-missing", std::string{problem}});
    if (auto problem = problem_beside_key(base); !problem.empty()) return refusal({"invalid-argument-generic", std::move(problem)});
    if (auto problem = check(request, model)) return refusal(*std::move(problem));

    const Duration timeout = how.timeout.value_or(suggested_timeout(request));
    return detail::Asked{http_request(request, model, method, base, key, timeout), limits(timeout, how), model, request, key};
  }

  // What came of it.
  [[nodiscard]] static Result<ImageReply> read(TransportResult result, const detail::Asked& asked) {
    const AnswerContext context{asked.model, asked.key.reveal()};
    if (auto* error = std::get_if<TransportError>(&result)) {
      const Classification classification = classify(*error, context);
      return failure(classification, kept(std::move(*error), asked.key));
    }
    HttpResponse& response = std::get<HttpResponse>(result);
    auto answer = read_answer(response, {asked.model, asked.aspect_ratio, asked.image_size}, context);
    if (auto* reply = std::get_if<ImageReply>(&answer)) return std::move(*reply);
    return failure(std::get<Classification>(std::move(answer)), kept(std::move(response), asked.key));
  }

  template <class OnPart>
  [[nodiscard]] Result<StreamEnd> streamed(const ImageRequest& request, std::string_view model, OnPart& on_part, const GenerateOptions& how,
                                           bool hands_out) const {
    auto asked = ask(request, model, how, "streamGenerateContent?alt=sse");
    if (auto* refused = std::get_if<Failure>(&asked)) return std::move(*refused);
    auto& sent = std::get<detail::Asked>(asked);
    const AnswerContext context{sent.model, sent.key.reveal()};
    StreamReader reader{{sent.model, sent.aspect_ratio, sent.image_size}, context, options_.max_response_bytes};
    bool came = false;
    const auto take = [&](std::string_view piece) {
      came = true;
      return reader.feed(piece, on_part);
    };
    sent.limits.body = BodyReceiver{take};
    TransportResult result = transport_->send(sent.http, sent.limits);
    auto* error = std::get_if<TransportError>(&result);
    auto* response = std::get_if<HttpResponse>(&result);
    if (response && !came) {  // in one piece: from a transport that has no others, or no stream at all
      if (response->status / 100 == 2 && !response->body.empty()) {
        static_cast<void>(take(response->body));
      } else {
        auto answer = read_answer(*response, {}, context);
        if (auto* said = std::get_if<Classification>(&answer)) return failure(std::move(*said), kept(std::move(*response), sent.key));
      }
    }
    const bool stopped = reader.failed();  // by us: then how the exchange broke says nothing
    auto end = reader.finish(on_part, error);
    if (auto* whole = std::get_if<StreamEnd>(&end)) return std::move(*whole);
    Classification& said = std::get<Classification>(end);
    if (hands_out && reader.parts() > 0) said.verdict.sent = Sent::delivered;
    if (response) return failure(std::move(said), kept(std::move(*response), sent.key));
    return failure(std::move(said), stopped ? Cause{} : kept(std::move(*error), sent.key));
  }

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

  // A request that is not sent: the caller's own mistake, as the service would put it.
  [[nodiscard]] static Failure refusal(RequestProblem problem) {
    Verdict verdict;
    verdict.kind = Kind::bad_request;
    if (const FailureRow* row = find_failure(problem.id.text())) verdict = verdict_of(*row);
    verdict.says = Says::operation;
    verdict.sent = Sent::no;
    verdict.billed = Billed::no;
    return Failure{verdict, std::move(problem.text), {{"request", "checked before it was sent"}}};
  }

  [[nodiscard]] static Failure failure(Classification classification, Cause cause) {
    return Failure{classification.verdict, std::move(classification.message), std::move(classification.evidence), std::move(cause)};
  }

  [[nodiscard]] static Cause kept(TransportError error, const ApiKey& key) {
    error.message = redacted(std::move(error.message), key.reveal());
    return Cause::of(std::move(error));
  }

  [[nodiscard]] static Cause kept(HttpResponse response, const ApiKey& key) {
    if (response.body.size() > detail::kept_body) response.body.resize(detail::kept_body);
    response.body.shrink_to_fit();
    response.body = redacted(std::move(response.body), key.reveal());
    for (HttpHeader& field : response.headers) field.value = redacted(std::move(field.value), key.reveal());
    return Cause::of(std::move(response));
  }

  T* transport_;
  ClientOptions options_;
};

}  // namespace ductile::inline DUCTILE_VERSION::gemini
