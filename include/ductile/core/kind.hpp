// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION {

/// What can have happened to an attempt or a call: a closed set. What a classifier does not recognise is `other`.
///
/// The names are also the values of the metric label `error_type`. New kinds are appended.
enum class Kind : std::uint8_t {
  ok,
  // What the other side said.
  rate_limit,           ///< A short window (a minute, ten) is full.
  quota,                ///< A long window (a day, a balance) is spent, or the limit is zero.
  overload,             ///< The service has no capacity; not this caller's doing.
  internal,             ///< The service failed in itself.
  timeout,              ///< No answer in time, on either side.
  network,              ///< The transport broke, or something in between answered.
  auth,                 ///< The key or token is wrong.
  permission,           ///< The key is right and may not do this.
  failed_precondition,  ///< The account or the region does not allow it.
  bad_request,          ///< The request is malformed.
  payload_too_large,    ///< The request is too large.
  not_found,            ///< The model, file or path does not exist.
  cancelled,            ///< The call was cancelled: by the caller, or by the service.
  safety_prompt,        ///< The prompt was blocked before any work.
  safety_output,        ///< What was made was withheld.
  prohibited,           ///< Policy, not configurable.
  recitation,           ///< Too close to a source.
  no_image,             ///< An answer without the image that was asked for.
  max_tokens,           ///< The answer was cut before it held anything.
  other,                ///< Not recognised.
  // What our own policies said.
  circuit_open,       ///< The circuit breaker lets nothing through.
  bulkhead_full,      ///< Too many calls in flight.
  deadline,           ///< The call's own deadline passed, or a wait would not fit it.
  store_unavailable,  ///< The store that holds shared state did not answer, and the policy is to fail then.
  no_target,          ///< No target of the fallback chain may take this request.
  abandoned           ///< Nothing can be said: the call ended without a verdict (only ever seen by `settle`).
};

inline constexpr std::size_t kinds = 27;

/// What the caller can do about it, from the same closed set as the failure catalogue.
enum class Remedy : std::uint8_t {
  never,               ///< The same request will never succeed.
  immediately,         ///< Try again, with ordinary backoff.
  after_delay,         ///< Try again after the hint, or after a growing wait.
  next_day,            ///< A daily window is spent: it opens at midnight in its own zone.
  other_model,         ///< Another target may do it; this one will not.
  after_prompt_change  ///< Only a changed request can succeed.
};

inline constexpr std::size_t remedies = 6;

/// Who said it.
enum class Says : std::uint8_t {
  service,    ///< The other side, in its own words.
  transport,  ///< The transport, on this side.
  policy,     ///< A policy of the pipeline; nothing was sent for this verdict.
  operation,  ///< The caller's own operation (an exception, an empty optional).
  caller      ///< The caller asked for the end.
};

/// How far the attempt came: whether it left a mark on the other side, and on this one.
enum class Sent : std::uint8_t {
  no,        ///< Nothing left this side: a reservation can be refunded.
  yes,       ///< It was sent and answered.
  unknown,   ///< It was sent, or may have been, and the answer is lost: a repeat may do the work twice.
  delivered  ///< It broke after a part of the answer was handed to the caller. No pipeline repeats it: that would hand it out twice.
};

/// Whether the attempt costs money.
enum class Billed : std::uint8_t { no, yes, maybe, input, unknown };

/// The window of a quota that a verdict speaks of.
enum class QuotaDimension : std::uint8_t {
  none,
  requests_per_minute,
  tokens_per_minute,
  images_per_minute,
  requests_per_day,
  tokens_per_day,
  spend,
  other
};

namespace detail {
inline constexpr std::array<std::string_view, kinds> kind_names{"ok",
                                                                "rate_limit",
                                                                "quota",
                                                                "overload",
                                                                "internal",
                                                                "timeout",
                                                                "network",
                                                                "auth",
                                                                "permission",
                                                                "failed_precondition",
                                                                "bad_request",
                                                                "payload_too_large",
                                                                "not_found",
                                                                "cancelled",
                                                                "safety_prompt",
                                                                "safety_output",
                                                                "prohibited",
                                                                "recitation",
                                                                "no_image",
                                                                "max_tokens",
                                                                "other",
                                                                "circuit_open",
                                                                "bulkhead_full",
                                                                "deadline",
                                                                "store_unavailable",
                                                                "no_target",
                                                                "abandoned"};
inline constexpr std::array<std::string_view, remedies> remedy_names{"never",    "immediately", "after_delay",
                                                                     "next_day", "other_model", "after_prompt_change"};
inline constexpr std::array<std::string_view, 8> dimension_names{"none", "rpm", "tpm", "ipm", "rpd", "tpd", "spend", "other"};
}  // namespace detail

/// The kind's name, as in metrics and reports: "rate_limit".
[[nodiscard]] constexpr std::string_view name(Kind kind) noexcept {
  const auto index = static_cast<std::size_t>(kind);
  return index < kinds ? detail::kind_names[index] : std::string_view{"other"};
}

/// The remedy's name: "after_delay".
[[nodiscard]] constexpr std::string_view name(Remedy remedy) noexcept {
  const auto index = static_cast<std::size_t>(remedy);
  return index < remedies ? detail::remedy_names[index] : std::string_view{"never"};
}

/// The dimension's short name: "rpm", "tpm", "ipm", "rpd", "tpd", "spend".
[[nodiscard]] constexpr std::string_view name(QuotaDimension dimension) noexcept {
  const auto index = static_cast<std::size_t>(dimension);
  return index < detail::dimension_names.size() ? detail::dimension_names[index] : std::string_view{"other"};
}

/// Whether it is a verdict on what the request asks for: no other target will do it, and no other day.
[[nodiscard]] constexpr bool is_about_content(Kind kind) noexcept {
  return kind == Kind::safety_prompt || kind == Kind::safety_output || kind == Kind::prohibited;
}

/// Whether a caller can do more about a failure of the one kind than about one of the other: what is wrong with the request's content first
/// (no target will do it), then the key, what it may do, the request's form, a long quota; the rest is equal.
[[nodiscard]] constexpr bool more_actionable(Kind left, Kind right) noexcept {
  constexpr auto rank = [](Kind kind) {
    if (is_about_content(kind)) return 0;
    switch (kind) {
      case Kind::auth: return 1;
      case Kind::permission: return 2;
      case Kind::bad_request: return 3;
      case Kind::quota: return 4;
      default: return 5;
    }
  };
  return rank(left) < rank(right);
}

/// Who said it, as in reports: "service".
[[nodiscard]] constexpr std::string_view name(Says says) noexcept {
  switch (says) {
    case Says::service: return "service";
    case Says::transport: return "transport";
    case Says::policy: return "policy";
    case Says::operation: return "operation";
    case Says::caller: return "caller";
  }
  return "service";
}

/// Whether it costs money, as in reports: "maybe".
[[nodiscard]] constexpr std::string_view name(Billed billed) noexcept {
  switch (billed) {
    case Billed::no: return "no";
    case Billed::yes: return "yes";
    case Billed::maybe: return "maybe";
    case Billed::input: return "input";
    case Billed::unknown: return "unknown";
  }
  return "unknown";
}

}  // namespace ductile::inline DUCTILE_VERSION
