// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/kind.hpp>     // Sent
#include <ductile/core/stop.hpp>     // StopToken
#include <ductile/core/verdict.hpp>  // Duration

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
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
  Sent sent = Sent::unknown;  ///< `no` only when the other side cannot have received the whole request.
  std::string message;        ///< For people; holds no header and no query of the request.
  int status = 0;             ///< The status line, when one arrived before the fault.
  std::size_t received = 0;   ///< Bytes of the body that arrived before the fault.
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

/// What one exchange may take.
struct TransportLimits {
  Duration connect = std::chrono::seconds{10};                     ///< To be connected. A short limit tells "unreachable" from "slow".
  Duration idle = std::chrono::seconds{300};                       ///< Between two bytes of the answer.
  Duration total = std::chrono::seconds{600};                      ///< For the whole exchange.
  std::size_t max_response_bytes = std::size_t{64} * 1024 * 1024;  ///< For the body, after decoding.
  StopView stop{};                                                 ///< Ends the exchange soon after it is requested.
};

/// What became of one exchange. Any status is a response; redirects are not followed (a key must not travel to another host).
using TransportResult = std::variant<HttpResponse, TransportError>;

/// Carries one request and gives one response or an error; never throws for what the network does.
///
/// A third party's transport is one function: translate the request, call the client, translate its errors.
template <class T>
concept Transport = requires(T& transport, const HttpRequest& request, const TransportLimits& limits) {
  { transport.send(request, limits) } -> std::same_as<TransportResult>;
};

/// Takes the body of an answer piece by piece, whatever takes it. Must not outlive it.
class BodySink {
 public:
  template <class Take>
    requires(!std::same_as<Take, BodySink>) && requires(Take& take, std::string_view piece) {
      { take(piece) } -> std::convertible_to<bool>;
    }
  constexpr explicit BodySink(Take& take) noexcept
      : taker_(const_cast<void*>(static_cast<const void*>(&take))),
        take_([](void* taker, std::string_view piece) { return static_cast<bool>((*static_cast<Take*>(taker))(piece)); }) {}

  /// Hands a piece over; false: no more is wanted, and the exchange may end.
  [[nodiscard]] bool operator()(std::string_view piece) const { return take_(taker_, piece); }

 private:
  void* taker_;
  bool (*take_)(void*, std::string_view);
};

/// A transport that can hand the body of a good answer (a status from 200 to 299) to a sink as it arrives, in any pieces, instead of
/// keeping it; the body of any other answer stands in the response as ever. When the sink wants no more, the exchange ends with
/// `cancelled`.
template <class T>
concept StreamingTransport =
    Transport<T> && requires(T& transport, const HttpRequest& request, const TransportLimits& limits, BodySink sink) {
      { transport.send(request, limits, sink) } -> std::same_as<TransportResult>;
    };

}  // namespace ductile::inline DUCTILE_VERSION
