// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <array>
#include <string_view>

namespace ductile::failure_pages {

/// What two of the service's SDKs say where it is not made of the body alone. Seen with google-genai 3.6.1 (Python) and @google/genai 3.3.0
/// (JavaScript), against the mock.
struct SdkWords {
  std::string_view id;
  std::string_view python;
  std::string_view javascript;
};

// clang-format off
inline constexpr std::array<SdkWords, 17> sdk_words{{
    {"dns-failure", "`ConnectError: [Errno -2] Name or service not known` of httpx2", "`TypeError: fetch failed`"},
    {"connect-refused", "`ConnectError: [Errno 111] Connection refused` of httpx2", "`TypeError: fetch failed`"},
    {"tls-failure", "`ConnectError: [SSL: ...]` of httpx2", "`TypeError: fetch failed`"},
    {"reset-before-headers", "`ReadError: [Errno 104] Connection reset by peer` of httpx2", "`TypeError: fetch failed`"},
    {"reset-mid-body", "`ReadError: [Errno 104] Connection reset by peer` of httpx2", "`TypeError: terminated`"},
    {"truncated-json", "`json.decoder.JSONDecodeError: Unterminated string starting at: ...`", "`SyntaxError: Unterminated string in JSON at position ...`"},
    {"idle-timeout", "`ReadTimeout: timed out` of httpx2, if the client was given a timeout; else nothing, ever", "`AbortError: This operation was aborted`, if the client was given a timeout; else nothing, ever"},
    {"client-deadline", "`ReadTimeout: timed out` of httpx2, if the client was given a timeout", "`AbortError: This operation was aborted`, if the client was given a timeout"},
    {"slow-drip", "nothing: its timeout begins anew with each byte", "`AbortError: This operation was aborted`, if the client was given a timeout"},
    {"half-close-no-reply", "`RemoteProtocolError: Server disconnected without sending a response.` of httpx2", "`TypeError: fetch failed`"},
    {"wrong-content-length", "`RemoteProtocolError: peer closed connection without sending complete message body ...` of httpx2", "`TypeError: terminated`"},
    {"captive-200-html", "`json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)`", "`SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON`"},
    {"redirect-3xx", "it follows; at last `TooManyRedirects: Exceeded maximum allowed redirects.` of httpx2", "it follows; at last `TypeError: fetch failed`"},
    {"proxy-auth-407", "`google.genai.errors.ClientError: 407 Proxy Authentication Required. ...`", "`TypeError: fetch failed`"},
    {"sse-error-event", "`google.genai.errors.ServerError: 503 UNAVAILABLE. {'error': {'code': 503, ...`, while the stream is read", "`ApiError: got status: UNAVAILABLE. {\"error\":{\"code\":503, ...`, while the stream is read"},
    {"sse-error-tail-raw", "`google.genai.errors.ServerError: 503 UNAVAILABLE. {'error': {'code': 503, ...`, while the stream is read", "`Error: Incomplete JSON segment at the end`: the service's words are lost"},
    {"continuation", "no error: it asks again by itself, without a bound: 924 requests in 8 s were seen", "no error: it asks again by itself, without a bound: 2691 requests in 9 s were seen"},
}};
// clang-format on

[[nodiscard]] constexpr const SdkWords* find_sdk_words(std::string_view id) noexcept {
  for (const SdkWords& words : sdk_words)
    if (words.id == id) return &words;
  return nullptr;
}

}  // namespace ductile::failure_pages
