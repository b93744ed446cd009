// SPDX-License-Identifier: BSL-1.0
//
// What reads an answer of 200, whole and as a stream, however it is cut into pieces.
#include "input.hpp"

#include <ductile/gemini/response.hpp>
#include <ductile/gemini/stream_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

using namespace ductile;

namespace {

struct Read {
  std::size_t parts = 0;
  std::size_t bytes = 0;
  std::string end;

  friend bool operator==(const Read&, const Read&) = default;
};

Read read_in_pieces(std::string_view body, std::size_t piece) {
  Read read;
  gemini::StreamReader reader{{"gemini-3-pro-image", {}, {}}, {"gemini-3-pro-image", {}}};
  const auto on_part = [&](gemini::StreamPart&& part) {
    ++read.parts;
    read.bytes += part.text.size() + part.bytes.size();
  };
  for (std::string_view left = body; !left.empty(); left.remove_prefix(std::min(piece, left.size())))
    if (!reader.feed(left.substr(0, piece), on_part)) break;
  const auto end = reader.finish(on_part);
  const auto* failed = std::get_if<gemini::Classification>(&end);
  read.end = failed ? std::string{failed->verdict.id.text()} : "ended";
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzInput input{data, size};
  const std::size_t piece = 1 + input.choice(64);
  const std::string_view body = input.rest();
  const auto whole = gemini::read_reply(body, {"gemini-3-pro-image", "16:9", gemini::ImageSize::two_k});
  if (const auto* reply = std::get_if<gemini::ImageReply>(&whole)) must(!reply->bytes.empty(), "a success has an image");
  must(read_in_pieces(body, piece) == read_in_pieces(body, body.size() + 1), "a stream is what it is, however it is cut");
  return 0;
}
