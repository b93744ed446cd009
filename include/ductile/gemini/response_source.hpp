// SPDX-License-Identifier: BSL-1.0
#pragma once

// What response.hpp declares; see source.hpp.
#include <ductile/classify/event_stream.hpp>
#include <ductile/gemini/base64.hpp>
#include <ductile/gemini/detail/reply_json.hpp>
#include <ductile/gemini/request.hpp>  // Turn
#include <ductile/gemini/response.hpp>

#include <boost/json/array.hpp>
#include <boost/json/error.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/storage_ptr.hpp>
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// NOLINTBEGIN(misc-definitions-in-headers): meant for one unit
namespace ductile::inline DUCTILE_VERSION::gemini {

Turn ImageReply::turn() const {
  namespace json = boost::json;
  json::array quoted;
  for (const ReplyPart& part : parts) {
    json::object object;
    if (part.image) {
      object["inlineData"] = json::object{{"mimeType", json::string{mime_type()}}, {"data", encode_base64(bytes)}};
    } else {
      object["text"] = part.text;
    }
    if (!part.thought_signature.empty()) object["thoughtSignature"] = part.thought_signature;
    quoted.push_back(std::move(object));
  }
  return {json::serialize(json::object{{"role", "model"}, {"parts", std::move(quoted)}})};
}

namespace detail {

// The answer, or, of a stream that was taken in one piece, what its events hold.
[[nodiscard]] inline std::variant<boost::json::value, ReplyFault> parsed(std::string_view body, const boost::json::storage_ptr& memory) {
  namespace json = boost::json;
  constexpr std::string_view byte_order_mark{"\xEF\xBB\xBF"};
  if (body.starts_with(byte_order_mark)) body.remove_prefix(byte_order_mark.size());
  boost::system::error_code error;
  json::value root = json::parse({body.data(), body.size()}, error, memory);
  if (error == json::error::incomplete) return ReplyFault{"truncated-json", "body", "ends within an object"};
  if (!error) return root;
  json::array pieces(memory);
  EventStream events{body.size()};
  error = {};
  bool cut = false;
  const auto take = [&](const StreamEvent& event) {
    cut = cut || !event.whole;
    if (!error && !cut) pieces.push_back(json::parse({event.data.data(), event.data.size()}, error, memory));
  };
  events.feed(body, take);
  events.finish(take);
  if (cut) return ReplyFault{"truncated-json", "body", "ends within an event"};
  if (error || pieces.empty())
    return ReplyFault{"inline-data-corrupt", "body", "no JSON" + (error ? ": " + error.message() : std::string{})};
  return json::value(std::move(pieces));
}

// `roots` is the answer, or its pieces in their order.
[[nodiscard]] inline std::variant<ImageReply, ReplyFault> read_parts(std::span<const boost::json::value> roots) {
  const std::string where = "candidates[0].content.parts";
  ImageReply reply;
  std::string_view data;
  bool parts_seen = false;
  int images = 0;
  bool draft_seen = false;
  const auto read = [&](const RawPart& part) {
    if (part.thought) {
      draft_seen = draft_seen || part.image;
      return;
    }
    ReplyPart kept;
    kept.thought_signature = part.signature;
    if (part.image) {
      ++images;
      data = part.data;
      std::erase_if(reply.parts, [](const ReplyPart& known) { return known.image; });  // the last one is the result
      kept.image = true;
    } else {
      kept.text = part.text;
      if (kept.text.empty() && kept.thought_signature.empty()) return;
      reply.text.append(kept.text);
    }
    reply.parts.push_back(std::move(kept));
  };
  for (const boost::json::value& root : roots) {
    if (!root.is_object()) return ReplyFault{"body-empty-object", "body", "no object"};
    const boost::json::array* parts = parts_of(without_wrapping(root.get_object()));
    if (!parts) continue;
    parts_seen = true;
    for (const boost::json::value& part : *parts)
      if (part.is_object()) read(raw_part(part.get_object()));
  }
  if (!parts_seen) return ReplyFault{"stop-no-parts", where, "missing"};
  if (images == 0 && draft_seen) return ReplyFault{"only-thought-image", where, "drafts alone"};
  if (images == 0)
    return ReplyFault{reply.text.empty() ? "stop-no-parts" : "text-only-stop", where, reply.text.empty() ? "empty" : "text alone"};
  auto checked = checked_image(data);
  if (auto* fault = std::get_if<ReplyFault>(&checked)) return std::move(*fault);
  CheckedImage& image = std::get<CheckedImage>(checked);
  reply.bytes = std::move(image.bytes);
  reply.format = image.facts.format;
  reply.width = image.facts.width;
  reply.height = image.facts.height;
  reply.images = static_cast<std::int8_t>(std::min<int>(images, std::numeric_limits<std::int8_t>::max()));
  return reply;
}

}  // namespace detail

std::variant<ImageReply, ReplyFault> read_reply(std::string_view body, const ReplyExpectation& expected) {
  boost::json::monotonic_resource memory;
  const auto parsed = detail::parsed(body, &memory);
  if (const auto* fault = std::get_if<ReplyFault>(&parsed)) return *fault;
  const auto& root = std::get<boost::json::value>(parsed);
  std::span<const boost::json::value> roots{&root, 1};
  if (root.is_array()) roots = {root.get_array().data(), root.get_array().size()};
  if (roots.empty()) return ReplyFault{"body-empty-object", "body", "an empty array"};
  auto read = detail::read_parts(roots);
  ImageReply* reply = std::get_if<ImageReply>(&read);
  if (!reply) return read;
  if (auto fault = detail::size_fault(reply->width, reply->height, expected)) return *std::move(fault);
  for (const boost::json::value& piece : roots) detail::read_account(*reply, detail::without_wrapping(piece.get_object()), expected.model);
  return read;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
// NOLINTEND(misc-definitions-in-headers)
