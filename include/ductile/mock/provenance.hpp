// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// Where the words of an answer come from.
enum class Provenance : std::uint8_t {
  seen,        ///< A body, or a page or line that quotes one.
  documented,  ///< The service's documentation, or the types of its SDKs; no body is known.
  guessed,     ///< After the pattern of others; no body is known.
  wire         ///< It has no words of the service's: what matters happens to the connection or to the bytes.
};

/// "seen", "documented", "guessed", "wire".
[[nodiscard]] constexpr std::string_view name(Provenance provenance) noexcept {
  switch (provenance) {
    case Provenance::seen: return "seen";
    case Provenance::documented: return "documented";
    case Provenance::guessed: return "guessed";
    case Provenance::wire: return "wire";
  }
  return "seen";
}

namespace detail {

inline constexpr auto documented_rows = std::to_array<std::string_view>(
    {"payload-too-large-400", "out-of-range-416", "deadline-504-doc-text", "prompt-blocked-safety", "prompt-blocked-other",
     "prompt-blocked-blocklist", "image-recitation", "malformed-response", "missing-thought-signature", "account-limited", "escalation",
     "continuation", "sse-error-event", "model-substituted", "tier-downgraded"});

inline constexpr auto guessed_rows = std::to_array<std::string_view>({"image-size-invalid",
                                                                      "path-not-found-html",
                                                                      "request-timeout-408",
                                                                      "aborted-409",
                                                                      "body-too-large-413-html",
                                                                      "uri-too-long-414",
                                                                      "access-token-expired",
                                                                      "rpm-paid",
                                                                      "tpd-free",
                                                                      "ipm",
                                                                      "spend-rate",
                                                                      "unknown-500",
                                                                      "unimplemented-501",
                                                                      "retired-503-gateway",
                                                                      "body-empty",
                                                                      "body-empty-object",
                                                                      "inline-data-empty",
                                                                      "inline-data-corrupt",
                                                                      "inline-data-cut",
                                                                      "finish-unknown",
                                                                      "sse-no-finish",
                                                                      "redirect-3xx",
                                                                      "captive-200-html",
                                                                      "proxy-auth-407"});

inline constexpr auto wire_rows = std::to_array<std::string_view>(
    {"dns-failure", "connect-refused", "connect-timeout", "tls-failure", "reset-before-headers", "reset-mid-body", "truncated-json",
     "idle-timeout", "client-deadline", "slow-drip", "half-close-no-reply", "h2-goaway", "wrong-content-length",
     "body-longer-than-announced", "bad-chunk-size", "half-status-line", "gzip-that-is-not"});

}  // namespace detail

/// Where the words of the row of that id come from.
[[nodiscard]] constexpr Provenance provenance_of(std::string_view id) noexcept {
  const auto among = [id](const auto& rows) { return std::find(rows.begin(), rows.end(), id) != rows.end(); };
  if (among(detail::wire_rows)) return Provenance::wire;
  if (among(detail::guessed_rows)) return Provenance::guessed;
  return among(detail::documented_rows) ? Provenance::documented : Provenance::seen;
}

/// How one asks the mock for a row, in words: a header of the request, for those that are no answer of the service's port another way.
[[nodiscard]] constexpr std::string_view way_to_ask(std::string_view id) noexcept {
  struct Way {
    std::string_view id;
    std::string_view words;
  };
  constexpr auto ways = std::to_array<Way>({{"dns-failure", "ask a host that ends in .invalid"},
                                            {"connect-refused", "ask a port on which nothing listens"},
                                            {"connect-timeout", "--full-port, and ask that port"},
                                            {"tls-failure", "--tls-port, and ask it by https without its certificate"},
                                            {"h2-goaway", "--goaway-port, and ask it by https and HTTP/2 with its certificate"},
                                            {"proxy-auth-407", "--proxy-port, as the proxy of the client"}});
  for (const Way& way : ways)
    if (way.id == id) return way.words;
  return "x-ductile-scenario: ID";
}

}  // namespace ductile::inline DUCTILE_VERSION::mock
