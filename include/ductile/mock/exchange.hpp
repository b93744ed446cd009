// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <ductile/core/transport.hpp>  // HttpHeader, header
#include <ductile/core/verdict.hpp>    // Duration
#include <ductile/mock/rows/row.hpp>   // ByteFault

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ductile::inline DUCTILE_VERSION::mock {

/// A request as the engine takes it: out of its socket already, nothing judged yet.
struct Request {
  std::string method = "POST";
  std::string path{};                                        ///< Without the query, decoded.
  std::vector<std::pair<std::string, std::string>> query{};  ///< Decoded.
  std::vector<HttpHeader> headers{};
  std::string body{};

  /// The first query value of that name; empty when there is none.
  [[nodiscard]] std::string_view query_value(std::string_view name) const noexcept {
    for (const auto& [key, value] : query)
      if (key == name) return value;
    return {};
  }
};

/// What the model took and made for an answer, as its `usageMetadata` says.
struct Usage {
  std::int64_t input_tokens = 0;
  std::int64_t text_tokens = 0;  ///< Thoughts included.
  std::int64_t image_tokens = 0;
  std::int64_t images = 0;
};

/// What the engine answers: when, which bytes, and what is to happen to them on the way. All spans are of the service's time.
struct Answer {
  std::string id{};  ///< The catalogue row, or `ok-image` and the like; empty for the mock's own pages.
  int status = 200;
  std::vector<HttpHeader> headers{};
  std::string content_type{};
  std::vector<std::string> pieces{};  ///< The body; more than one piece is a stream.
  bool streamed = false;
  Duration latency{};  ///< Before the first byte.
  Duration between{};  ///< Between two pieces.
  ByteFault fault = ByteFault::none;
  Duration at_least{};  ///< The least latency by the computer's clock, however fast the service's time runs.
  Usage usage{};
  std::uint64_t picture = 0;    ///< Hash of the image's data as the answer writes it; 0: there is none.
  std::uint64_t signature = 0;  ///< Hash of the thought signature beside it; 0: there is none.
  std::uint64_t number = 0;     ///< Of the request in the journal, from 1; 0: one of the mock's own pages.
  std::uint64_t run = 0;        ///< Which journal that is: after a reset numbers begin anew.

  /// The whole body.
  [[nodiscard]] std::string body() const {
    std::string whole;
    for (const std::string& piece : pieces) whole += piece;
    return whole;
  }
};

}  // namespace ductile::inline DUCTILE_VERSION::mock
