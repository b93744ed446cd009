// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/classify/retry_after.hpp>
#include <ductile/core/kind.hpp>       // Billed, Kind, Remedy, Says, Sent
#include <ductile/core/transport.hpp>  // HttpResponse, TransportError, TransportFault
#include <ductile/core/verdict.hpp>    // Verdict

namespace ductile::inline DUCTILE_VERSION {

namespace detail {

struct KindAndRemedy {
  Kind kind;
  Remedy remedy;
};

[[nodiscard]] constexpr KindAndRemedy meaning_of(int status) noexcept {
  switch (status) {
    case 401: return {Kind::auth, Remedy::never};
    case 402: return {Kind::quota, Remedy::never};
    case 403: return {Kind::permission, Remedy::never};
    case 404:
    case 410: return {Kind::not_found, Remedy::other_model};
    case 407: return {Kind::network, Remedy::never};
    case 408: return {Kind::timeout, Remedy::immediately};
    case 409: return {Kind::other, Remedy::immediately};  // a conflict with another request: it may be gone
    case 413: return {Kind::payload_too_large, Remedy::never};
    case 425: return {Kind::overload, Remedy::after_delay};
    case 429: return {Kind::rate_limit, Remedy::after_delay};
    case 499: return {Kind::cancelled, Remedy::immediately};
    case 501:
    case 505: return {Kind::bad_request, Remedy::never};
    case 502: return {Kind::internal, Remedy::after_delay};
    case 503:
    case 529: return {Kind::overload, Remedy::after_delay};
    case 504:
    case 522:
    case 524: return {Kind::timeout, Remedy::after_delay};
    case 511:  // a network that wants a login
    case 525:
    case 526: return {Kind::network, Remedy::never};
    default: break;
  }
  if (status >= 200 && status < 300) return {Kind::ok, Remedy::never};
  if (status >= 300 && status < 400) return {Kind::network, Remedy::never};  // followed nowhere: a wrong address
  if (status >= 400 && status < 500) return {Kind::bad_request, Remedy::never};
  if (status >= 520 && status <= 530) return {Kind::network, Remedy::after_delay};  // a front end that could not reach the service
  if (status >= 500 && status < 600) return {Kind::internal, Remedy::immediately};
  return {Kind::other, Remedy::never};
}

[[nodiscard]] constexpr KindAndRemedy meaning_of(TransportFault fault) noexcept {
  switch (fault) {
    case TransportFault::resolve:
    case TransportFault::refused:
    case TransportFault::connect_timeout: return {Kind::network, Remedy::after_delay};
    case TransportFault::tls:
    case TransportFault::too_large: return {Kind::network, Remedy::never};
    case TransportFault::reset:
    case TransportFault::closed:
    case TransportFault::truncated:
    case TransportFault::other: return {Kind::network, Remedy::immediately};
    case TransportFault::idle_timeout:
    case TransportFault::total_timeout: return {Kind::timeout, Remedy::immediately};
    case TransportFault::cancelled: return {Kind::cancelled, Remedy::never};
  }
  return {Kind::network, Remedy::immediately};
}

}  // namespace detail

/// The `ErrorClassifier` of an ordinary HTTP service: judges a response by its status and its Retry-After, an exchange without one by how
/// it broke. Looks at no body; a service whose bodies say more deserves a classifier of its own.
///
/// It has no clock: a Retry-After that is a date is held against the answer's Date, or against `HttpResponse::received`, which a transport
/// fills in; where both are missing it says nothing.
///
/// Threads  Stateless.
/// Cost     A switch; never allocates.
/// Source   RFC 9110, section 15; RFC 6585; the statuses of Cloudflare (520 to 530) and of nginx (499).
class HttpStatusClassifier {
 public:
  [[nodiscard]] Verdict operator()(const HttpResponse& response) const noexcept {
    Verdict verdict;
    const auto [kind, remedy] = detail::meaning_of(response.status);
    verdict.kind = kind;
    verdict.remedy = remedy;
    if (verdict.ok()) return verdict;
    verdict.billed = response.status < 500 ? Billed::no : Billed::unknown;
    if (const auto hint = retry_after(response.headers, response.received)) verdict.hint = rounded_up(*hint);
    return verdict;
  }

  [[nodiscard]] Verdict operator()(const TransportError& error) const noexcept {
    Verdict verdict;
    const auto [kind, remedy] = detail::meaning_of(error.what);
    verdict.kind = kind;
    verdict.remedy = remedy;
    verdict.says = error.what == TransportFault::cancelled ? Says::caller : Says::transport;
    verdict.sent = error.sent;
    verdict.billed = error.sent == Sent::no ? Billed::no : Billed::maybe;
    return verdict;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION
