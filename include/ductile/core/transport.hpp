// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>     // Sent
#include <ductile/core/now.hpp>      // WallTime
#include <ductile/core/stop.hpp>     // StopToken
#include <ductile/core/verdict.hpp>  // Duration

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace ductile::inline DUCTILE_VERSION {

struct HttpHeader {
  std::string name;
  std::string value;
};

/// The value of the first header of that name; names are compared without regard to case. Empty when there is none.
[[nodiscard]] inline std::string_view header(const std::vector<HttpHeader>& headers, std::string_view name) noexcept {
  const auto lower = [](char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; };
  for (const HttpHeader& candidate : headers) {
    if (candidate.name.size() != name.size()) continue;
    bool same = true;
    for (std::size_t i = 0; same && i < name.size(); ++i) same = lower(candidate.name[i]) == lower(name[i]);
    if (same) return candidate.value;
  }
  return {};
}

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< Absolute: "https://host[:port]/path?query".
  std::vector<HttpHeader> headers;
  std::string body;
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;  ///< Decoded from its transfer and content coding.
  /// When it came, by the wall clock, as the transport saw it: what a Retry-After date is held against where the answer has no Date.
  std::optional<WallTime> received{};
};

/// How an exchange broke: a closed set, so that a classifier can say what each means.
enum class TransportFault : std::uint8_t {
  resolve,          ///< The name has no address.
  refused,          ///< Nothing listens there.
  connect_timeout,  ///< No connection within its limit.
  tls,              ///< No trusted connection: handshake or certificate.
  reset,            ///< The connection was torn down.
  closed,           ///< The connection was closed in order, without an answer.
  idle_timeout,     ///< No byte for the whole idle limit.
  total_timeout,    ///< The exchange took longer than its total limit.
  too_large,        ///< The answer is larger than the caller takes.
  truncated,        ///< The answer ended before its announced end.
  cancelled,        ///< The caller asked for the end.
  other
};

/// The fault's name: "connect_timeout".
[[nodiscard]] constexpr std::string_view name(TransportFault fault) noexcept {
  constexpr std::array<std::string_view, 12> names{"resolve",      "refused",       "connect_timeout", "tls",       "reset",     "closed",
                                                   "idle_timeout", "total_timeout", "too_large",       "truncated", "cancelled", "other"};
  const auto index = static_cast<std::size_t>(fault);
  return index < names.size() ? names[index] : std::string_view{"other"};
}

/// Why there is no response.
struct TransportError {
  TransportFault what = TransportFault::other;
  Sent sent = Sent::unknown;    ///< `no` only when the other side cannot have received the whole request.
  std::string message;          ///< For people; holds no header and no query of the request.
  int status = 0;               ///< The status line, when one arrived before the fault.
  std::size_t received = 0;     ///< Bytes of the body that arrived before the fault.
  bool stale = false;           ///< A kept connection broke before anything of an answer came: most likely the other side had given it up.
  std::exception_ptr thrown{};  ///< What the receiver of the body threw, where no caller was there to throw it to: `cancelled`.
};

/// Asks a stop token that lives elsewhere, whatever its type. Must not outlive it.
class StopView {
 public:
  constexpr StopView() noexcept = default;  ///< Nobody stops.

  template <StopToken Stop>
    requires(!std::same_as<Stop, StopView>)
  constexpr explicit StopView(const Stop& stop) noexcept
      : token_(&stop), ask_([](const void* token) { return static_cast<bool>(static_cast<const Stop*>(token)->stop_requested()); }) {}

  [[nodiscard]] bool stop_requested() const { return ask_ && ask_(token_); }
  [[nodiscard]] explicit operator bool() const noexcept { return ask_ != nullptr; }

 private:
  const void* token_ = nullptr;
  bool (*ask_)(const void*) = nullptr;
};

/// Hands the body of an answer on as it arrives, to a callable that lives elsewhere: `bool(std::string_view piece)`, where false ends the
/// exchange. Must not outlive it.
class BodyReceiver {
 public:
  constexpr BodyReceiver() noexcept = default;  ///< The body is wanted whole.

  template <class Receiver>
    requires(!std::same_as<std::remove_const_t<Receiver>, BodyReceiver> &&
             requires(Receiver& receiver, std::string_view piece) {
               { receiver(piece) } -> std::convertible_to<bool>;
             })
  constexpr explicit BodyReceiver(Receiver& receiver) noexcept
      : receiver_(&receiver), give_([](const void* object, std::string_view piece) -> bool {
          return (*static_cast<Receiver*>(const_cast<void*>(object)))(piece);  // const where it was: `Receiver` says so
        }) {}

  /// Whether to go on.
  [[nodiscard]] bool operator()(std::string_view piece) const { return give_(receiver_, piece); }
  [[nodiscard]] explicit operator bool() const noexcept { return give_ != nullptr; }

 private:
  const void* receiver_ = nullptr;
  bool (*give_)(const void*, std::string_view) = nullptr;
};

/// What one exchange may take. Each part of it has its limit, and `total` ends it in every part.
struct TransportLimits {
  Duration connect = std::chrono::seconds{10};                     ///< To be connected. A short limit tells "unreachable" from "slow".
  Duration idle = std::chrono::seconds{300};                       ///< Between two bytes of the answer.
  Duration total = std::chrono::seconds{600};                      ///< For the whole exchange.
  std::size_t max_response_bytes = std::size_t{64} * 1024 * 1024;  ///< For the body, after decoding.
  StopView stop{};                                                 ///< Ends the exchange soon after it is requested.
  std::optional<Duration> first_byte{};  ///< From the request's end to the answer's first byte, where a transport can tell; none: `idle`.
  /// Takes the body of a 2xx answer as it arrives (`alt=sse`), decoded, in pieces of any size, in the exchange's own thread or executor.
  /// What a transport cannot hand over in pieces is in `HttpResponse::body` at the end, and so are the bodies of all other answers.
  /// What it throws ends the exchange: it leaves `send`, and `async_send` tells it as `cancelled`, with what was `thrown`.
  BodyReceiver body{};
};

/// What became of one exchange. Any status is a response; redirects are not followed (a key must not travel to another host).
using TransportResult = std::variant<HttpResponse, TransportError>;

/// Carries one request and gives one response or an error; never throws for what the network does.
///
/// A third party's transport is one function: translate the request, call the client, translate its errors. `AsyncTransport` is the
/// concept of those that block nobody.
template <class T>
concept Transport = requires(T& transport, const HttpRequest& request, const TransportLimits& limits) {
  { transport.send(request, limits) } -> std::same_as<TransportResult>;
};

namespace detail {
// A completion handler of the plainest form, to ask a transport whether it takes one.
struct TransportHandler {
  void operator()(const TransportResult&) const noexcept {}
};
}  // namespace detail

/// Carries one request as an asynchronous operation: `async_send(request, limits, token)` completes with `void(TransportResult)`, whatever
/// the network does, and means by limits and faults what `send` means. A transport may have one of the two, or both.
///
/// Its handler is called on the handler's executor, and never inside `async_send`. What the receiver of the limits refers to outlives the
/// exchange.
///
/// A template says the type that it returns (`-> decltype(...)`): where it is found out, to ask whether this is a transport compiles the
/// body for a handler that has no executor.
///
/// Cancellation  By the handler's cancellation slot, in every part of the exchange and at once: `TransportFault::cancelled`. `limits.stop`
///               is heeded too, as soon as it is looked at.
template <class T>
concept AsyncTransport = requires(T& transport, HttpRequest request, const TransportLimits& limits, detail::TransportHandler handler) {
  transport.async_send(std::move(request), limits, handler);
};

}  // namespace ductile::inline DUCTILE_VERSION
