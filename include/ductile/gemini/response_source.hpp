// SPDX-License-Identifier: BSL-1.0
#pragma once

// What response.hpp declares; see source.hpp.
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
#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>

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

[[nodiscard]] inline std::variant<ImageReply, ReplyFault> read_parts(const boost::json::array& parts) {
  ImageReply reply;
  std::string_view data;
  bool image_seen = false;
  bool draft_seen = false;
  for (const boost::json::value& element : parts) {
    if (!element.is_object()) continue;
    const RawPart part = raw_part(element.get_object());
    if (part.thought) {
      draft_seen = draft_seen || part.image;
      continue;
    }
    ReplyPart kept;
    kept.thought_signature = part.signature;
    if (part.image) {
      image_seen = true;
      data = part.data;
      std::erase_if(reply.parts, [](const ReplyPart& known) { return known.image; });  // the last one is the result
      kept.image = true;
    } else {
      kept.text = part.text;
      if (kept.text.empty() && kept.thought_signature.empty()) continue;
      reply.text.append(kept.text);
    }
    reply.parts.push_back(std::move(kept));
  }
  const std::string where = "candidates[0].content.parts";
  if (!image_seen && draft_seen) return ReplyFault{"only-thought-image", where, "drafts alone"};
  if (!image_seen)
    return ReplyFault{reply.text.empty() ? "stop-no-parts" : "text-only-stop", where, reply.text.empty() ? "empty" : "text alone"};
  auto checked = checked_image(data);
  if (auto* fault = std::get_if<ReplyFault>(&checked)) return std::move(*fault);
  CheckedImage& image = std::get<CheckedImage>(checked);
  reply.bytes = std::move(image.bytes);
  reply.format = image.facts.format;
  reply.width = image.facts.width;
  reply.height = image.facts.height;
  return reply;
}

}  // namespace detail

std::variant<ImageReply, ReplyFault> read_reply(std::string_view body, const ReplyExpectation& expected) {
  namespace json = boost::json;
  json::monotonic_resource memory;
  boost::system::error_code error;
  const json::value root = json::parse({body.data(), body.size()}, error, &memory);
  if (error == json::error::incomplete) return ReplyFault{"truncated-json", "body", "ends within an object"};
  if (error) return ReplyFault{"inline-data-corrupt", "body", "no JSON: " + error.message()};
  if (!root.is_object()) return ReplyFault{"body-empty-object", "body", "no object"};

  const json::array* parts = detail::parts_of(root.get_object());
  auto read = parts ? detail::read_parts(*parts) : ReplyFault{"stop-no-parts", "candidates[0].content.parts", "missing"};
  ImageReply* reply = std::get_if<ImageReply>(&read);
  if (!reply) return read;
  if (auto fault = detail::size_fault(reply->width, reply->height, expected)) return *std::move(fault);
  detail::read_account(*reply, root.get_object(), expected.model);
  return read;
}

}  // namespace ductile::inline DUCTILE_VERSION::gemini
// NOLINTEND(misc-definitions-in-headers)
