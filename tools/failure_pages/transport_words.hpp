// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>  // TransportFault

#include <array>
#include <string_view>

namespace ductile::failure_pages {

/// What is seen of a failure below HTTP, where there is no answer to show.
struct TransportWords {
  std::string_view id;
  TransportFault fault;       ///< As a transport of ductile reports it.
  int status;                 ///< The status line that came before it; 0: none.
  std::size_t received;       ///< Bytes of the body that came before it.
  std::string_view arrives;   ///< A sentence.
  std::string_view curl;      ///< What `curl` says, with its exit status.
  std::string_view for_real;  ///< Commands that show the thing itself, where a header cannot ask for it; else empty.
};

// clang-format off
inline constexpr std::array<TransportWords, 17> transport_words{{
    {"dns-failure", TransportFault::resolve, 0, 0,
     "Nothing: the name has no address, so nothing was sent.",
     "(6) Could not resolve host", "curl -i https://service.invalid/"},
    {"connect-refused", TransportFault::refused, 0, 0,
     "Nothing: the machine is there, and nobody listens at that port. Nothing was sent.",
     "(7) Failed to connect", "curl -i http://127.0.0.1:1/"},
    {"connect-timeout", TransportFault::connect_timeout, 0, 0,
     "Nothing: no connection came about within its limit. Nothing was sent.",
     "(28) Failed to connect", "ductile mock --full-port 8081 & sleep 1\ncurl -i --connect-timeout 5 http://127.0.0.1:8081/"},
    {"tls-failure", TransportFault::tls, 0, 0,
     "No answer: the handshake failed, or the certificate is not trusted. The request was not sent.",
     "(60) SSL certificate problem, or (35) SSL connect error", "ductile mock --tls-port 8081 & sleep 1\ncurl -i https://127.0.0.1:8081/"},
    {"reset-before-headers", TransportFault::reset, 0, 0,
     "No answer: the connection was torn down (RST) before the first byte of one.",
     "(56) Recv failure: Connection reset by peer", ""},
    {"reset-mid-body", TransportFault::reset, 200, 1,
     "A head with status 200, half of the body, then the connection was torn down (RST).",
     "(56) Recv failure: Connection reset by peer", ""},
    {"truncated-json", TransportFault::truncated, 200, 1,
     "A whole HTTP answer with status 200 whose JSON ends in the middle. Where the length was announced, it fits.",
     "no error: the answer looks whole until it is parsed", ""},
    {"idle-timeout", TransportFault::idle_timeout, 0, 0,
     "No byte for as long as the client waits for one. A stream may have begun.",
     "(28) Operation timed out, when it was given --max-time or --speed-time", ""},
    {"client-deadline", TransportFault::total_timeout, 0, 0,
     "No answer within the time that the caller gave the whole call.",
     "(28) Operation timed out, when it was given --max-time", ""},
    {"slow-drip", TransportFault::total_timeout, 200, 1,
     "A head with status 200, then the body a byte a second: never silent, and never done.",
     "no error without --max-time: it goes on for hours", ""},
    {"half-close-no-reply", TransportFault::closed, 0, 0,
     "No answer: the connection was closed in order (FIN) before the status line.",
     "(52) Empty reply from server", ""},
    {"h2-goaway", TransportFault::closed, 0, 0,
     "On HTTP/2 a GOAWAY or REFUSED_STREAM frame instead of an answer.",
     "(16) Error in the HTTP2 framing layer, when nothing of an answer has come; in the midst of one (92) or (56)", "ductile mock --goaway-port 8081 & sleep 1\ncurl -ik --http2 https://127.0.0.1:8081/"},
    {"wrong-content-length", TransportFault::truncated, 200, 1,
     "A head with status 200 that announces more bytes than come before the connection is closed.",
     "(18) transfer closed with bytes remaining to read", ""},
    {"body-longer-than-announced", TransportFault::truncated, 200, 1,
     "A head with status 200 that announces half of what comes. A client reads that half: JSON that ends in the middle.",
     "no error: the answer looks whole until it is parsed", ""},
    {"bad-chunk-size", TransportFault::truncated, 200, 1,
     "A head with status 200 and a body in chunks, one of which begins with no length.",
     "(56) Illegal or missing hexadecimal sequence in chunked-encoding", ""},
    {"half-status-line", TransportFault::closed, 0, 0,
     "The first bytes of a status line, then the connection is closed.",
     "(52) Empty reply from server", ""},
    {"gzip-that-is-not", TransportFault::other, 200, 1,
     "A head with status 200 and `Content-Encoding: gzip`, and a body that is not compressed.",
     "(61) Error while processing content unencoding, with --compressed; else no error", ""},
}};
// clang-format on

[[nodiscard]] constexpr const TransportWords* find_transport_words(std::string_view id) noexcept {
  for (const TransportWords& words : transport_words)
    if (words.id == id) return &words;
  return nullptr;
}

}  // namespace ductile::failure_pages
