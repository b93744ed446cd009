// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/version.hpp>

#include <cstdint>
#include <string_view>

namespace ductile::inline DUCTILE_VERSION::mock {

/// What an answer's body is.
enum class Form : std::uint8_t {
  error,   ///< The service's envelope: {"error": {code, message, status, errors[], details[]}}.
  answer,  ///< A 200 of generateContent: a JSON array of the pieces that a stream sends one by one.
  json,    ///< JSON of another shape, as gateways and proxies write it.
  text,    ///< Plain text.
  html     ///< A page.
};

/// What happens to the bytes of an answer on their way; done below the HTTP server.
enum class ByteFault : std::uint8_t {
  none,
  reset_before_head,  ///< The connection is reset (RST) before a byte is sent.
  reset_in_body,      ///< It is reset after half of the body.
  close_before_head,  ///< It is closed in order (FIN) before a byte is sent.
  close_in_body,      ///< It is closed after half of the body; the head has announced all of it.
  close_in_head,      ///< It is closed within the status line.
  cut_body,           ///< Half of the body is sent as if it were all: good HTTP, broken JSON.
  short_length,       ///< The head announces half of the body; the rest comes all the same, then the end.
  bad_chunk,          ///< The body comes in chunks, the second of which begins with no length.
  byte_order_mark,    ///< No fault: three bytes before the body that some editors put there.
  plain_http_1_0,     ///< No fault: HTTP/1.0, whose body ends with the connection.
  silence,            ///< Nothing for minutes, then closed.
  stall,              ///< The first piece of a stream, nothing for minutes, then closed.
  drip,               ///< The body comes a byte a second.
  garbage             ///< Bytes that are no HTTP at all, then closed.
};

/// How one row of the failure catalogue looks on the wire. Texts are templates: `${model}` and the like are filled in for each request.
///
/// Kept apart from the truth table of kinds and remedies on purpose, and away from the classifier: these are the other side's words.
struct Row {
  std::string_view id;
  int status = 200;
  Form form = Form::error;
  std::string_view grpc{};     ///< The envelope's status: "RESOURCE_EXHAUSTED".
  std::string_view text{};     ///< The envelope's message, or the whole body.
  std::string_view details{};  ///< The envelope's details, JSON without the outer brackets; `@type` without its prefix.
  std::string_view legacy{};   ///< Reason in the old `errors` list, for front ends that still send it.
  std::string_view header{};   ///< One header more: "name: value".
  ByteFault fault = ByteFault::none;
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
